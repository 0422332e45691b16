"""What extracts stand on: the keys that seal them, with the first of them, and lineage as known at a changeset."""

from importlib.resources import files

from alembic import op

from gis.store.signing import new_pair

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    for name in ("signing.sql", "lineage.sql"):
        text = (files("gis.store") / "ddl" / name).read_text(encoding="utf-8")
        op.get_bind().exec_driver_sql(text.replace("%", "%%"))
    op.get_bind().exec_driver_sql(
        "INSERT INTO landmap.signing_key (kid, public, private, created_by) VALUES (%s, %s, %s, 'landmap')", new_pair()
    )

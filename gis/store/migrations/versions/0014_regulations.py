"""Rule packs and what else laws say, known at each changeset."""

from importlib.resources import files

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    text = (files("gis.store") / "ddl" / "regulations.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(text.replace("%", "%%"))

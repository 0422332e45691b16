"""Sources in a table of their own; what changesets and stages knew of theirs moves there."""

from importlib.resources import files

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    text = (files("gis.store") / "ddl" / "source.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(text.replace("%", "%%"))

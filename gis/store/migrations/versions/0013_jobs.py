"""Jobs: what was asked for and is answered later."""

from importlib.resources import files

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    text = (files("gis.store") / "ddl" / "jobs.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(text.replace("%", "%%"))

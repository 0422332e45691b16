"""Applications for permits with their events, and answers kept for requests that are repeated."""

from importlib.resources import files

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    text = (files("gis.store") / "ddl" / "cases.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(text.replace("%", "%%"))

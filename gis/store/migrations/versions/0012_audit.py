"""The record of who looked at what, usage, and grants to read restricted fields."""

from importlib.resources import files

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    text = (files("gis.store") / "ddl" / "audit.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(text.replace("%", "%%"))

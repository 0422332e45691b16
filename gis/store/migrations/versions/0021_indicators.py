"""When the indicators by ward were computed, and from which data."""

from importlib.resources import files

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    text = (files("gis.store") / "ddl" / "indicators.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(text.replace("%", "%%"))

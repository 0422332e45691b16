"""The order of texts, and the words that they are searched by."""

from importlib.resources import files

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    text = (files("gis.store") / "ddl" / "search.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(text.replace("%", "%%"))

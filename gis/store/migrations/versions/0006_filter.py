"""Functions of filters: folding of texts, arithmetic without errors."""

from importlib.resources import files

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    text = (files("gis.store") / "ddl" / "filter.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(text.replace("%", "%%"))

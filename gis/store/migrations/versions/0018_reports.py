"""Reports of citizens: what everybody may see of them, and apart from it what they told."""

from importlib.resources import files

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    text = (files("gis.store") / "ddl" / "reports.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(text.replace("%", "%%"))

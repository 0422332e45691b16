"""Rights without PUBLIC, a role for editors, and the bounds that the clock passes."""

from importlib.resources import files

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    text = (files("gis.store") / "ddl" / "rights.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(text.replace("%", "%%"))

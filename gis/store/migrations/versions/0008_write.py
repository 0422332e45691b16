"""Writes of the service: a login of its own that names the actor, and edits that hold from another day."""

from importlib.resources import files

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    text = (files("gis.store") / "ddl" / "write.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(text.replace("%", "%%"))

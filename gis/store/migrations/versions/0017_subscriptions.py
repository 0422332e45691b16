"""Subscriptions: who wants to be told what changes where, and what was told."""

from importlib.resources import files

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    text = (files("gis.store") / "ddl" / "subscriptions.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(text.replace("%", "%%"))

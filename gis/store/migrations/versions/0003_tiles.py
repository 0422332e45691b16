"""Which tiles a changeset touched, and the cells that stand for features at low zooms."""

from importlib.resources import files

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    text = (files("gis.store") / "ddl" / "tiles.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(text.replace("%", "%%"))

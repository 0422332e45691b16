"""Jobs call those who asked, and keep their finished parts."""

from importlib.resources import files

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    text = (files("gis.store") / "ddl" / "job_runs.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(text.replace("%", "%%"))

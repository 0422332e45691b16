"""What is told of a version's time; the indexes of changesets become exact."""

from importlib.resources import files

from alembic import op

revision = "0011"
down_revision = "0009"


def upgrade() -> None:
    text = (files("gis.store") / "ddl" / "statement.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(text.replace("%", "%%"))

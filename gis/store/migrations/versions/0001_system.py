"""The fixed system tables: changesets, stages, valid bounds, lineage, coverage, codelists, quarantine."""

from importlib.resources import files

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    connection = op.get_bind()
    for name in ("system.sql", "sort_key.sql", "edit.sql"):
        connection.exec_driver_sql((files("gis.store") / "ddl" / name).read_text(encoding="utf-8").replace("%", "%%"))

"""Alembic entry: runs on the connection that `gis.store.database` hands over."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table="schema_version",
    version_table_schema="landmap",
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()

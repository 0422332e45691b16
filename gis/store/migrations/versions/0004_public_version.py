"""An index to the last changeset of which the public sees something: every public answer asks for it."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("CREATE INDEX valid_bound_seen ON landmap.valid_bound (layer, changeset) WHERE shown >= 1")

"""The rights on a layer's tables and view; those on the fixed tables and functions are in ddl/rights.sql.

`landmap_public` reads the public columns of the history, `landmap_staff` all of it; `landmap_keeper` restricted tables; `landmap_writer` edits through the view
for the service, and reads beside; `landmap_editor` is a group of people who log in as themselves, and edits through the view.
"""

from __future__ import annotations

from gis.model.layer import Layer
from gis.store.sql import quoted
from gis.store.tables import HISTORY, RESTRICTED, SYSTEM_COLUMNS, restricted_tables

_KEPT = ("version", "id", "valid", "valid_from_known", "from_changeset", "to_changeset", "shown", "geom")
"""What finds the version whose restricted fields are read."""


def grants(layer: Layer) -> list[str]:
    """Statements that give each role what it may have, and take from it what it may not have any more."""
    public = [*SYSTEM_COLUMNS, *(f.name for f in layer.public)]
    table, view = f"{HISTORY}.{quoted(layer.id)}", f"land.{quoted(layer.id)}"
    restricted = [f"{RESTRICTED}.{quoted(t.name)}" for t in restricted_tables(layer).values()]
    kept = ", ".join(quoted(c) for c in _KEPT)
    return [
        f"REVOKE ALL ON FUNCTION land.{quoted(layer.id + '_edit')}() FROM PUBLIC",
        f"REVOKE ALL ON {table} FROM landmap_public",
        f"GRANT SELECT ({', '.join(quoted(c) for c in public)}) ON {table} TO landmap_public",
        f"GRANT SELECT ON {table}, {view} TO landmap_staff",
        f"GRANT SELECT ON {table} TO landmap_writer",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {view} TO landmap_editor, landmap_writer",
        *(f"REVOKE ALL ON {name} FROM landmap_public, landmap_staff" for name in restricted),
        *(f"GRANT SELECT ({kept}) ON {table} TO landmap_keeper" for _ in restricted[:1]),
        *(f"GRANT SELECT ON {name} TO landmap_keeper" for name in restricted),
    ]

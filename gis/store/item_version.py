"""Which version of a feature an answer shows, so that a change can name the one that it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Uuid, bindparam, case, func, literal_column, select

from gis.model.layer import Layer
from gis.store import levels, snapshot
from gis.store.tables import history_table

if TYPE_CHECKING:
    from gis.store.question import QueryShape


def shown_version(layer: Layer, shape: QueryShape, state: Any) -> Any:
    """The number of the version that answers, for a statement that selects from `snapshot.state` and binds `id`.

    Null where there is none, and where the caller sees it in part only, as the public does: what happens to the rest is
    not told.
    """
    found = []
    for then in snapshot.arms(shape.known, state):
        h = history_table(layer).alias("v")
        told = levels.level(shape.decision, h) >= literal_column(str(levels.AGENCY))
        conditions = [then(h), snapshot.holds(h, interval=shape.interval), h.c.id == bindparam("id", type_=Uuid())]
        version = select(case((told, h.c.version))).where(*conditions)
        found.append(version.order_by(func.lower(h.c.valid).desc()).limit(1).scalar_subquery())
    return func.coalesce(*found) if len(found) > 1 else found[0]

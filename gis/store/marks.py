"""Marks: which changeset was the last to touch a tile, so that a cached one is made anew only when it must be.

Every changeset marks its tiles in its own transaction (`landmap.mark_tiles` in ddl/tiles.sql), whichever way it was written.
A tile was touched when it is marked itself, which covers what lies inside it, or when a tile around it is marked as a whole.

Of now, a tile changes without being touched only when the clock passes a bound of what it shows. Such a bound lay ahead
when its changeset was recorded (`valid_bound.ahead`): where an undated change or one of the past begins to hold, the clock
was already. So two answers about now have the same tile if mark and last bound of that kind are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import DateTime, Integer, ScalarSelect, select, text

from gis.model.access import Decision
from gis.model.layer import Layer
from gis.model.query import ItemQuery
from gis.store import snapshot
from gis.store.sql import Sql, Statement, compiled
from gis.store.tile import Tile

_DEEPEST = 16


def state_sql(layer: Layer, places: Sequence[Tile], query: ItemQuery, decision: Decision) -> Sql:
    """The state of the layer (see `items.state_sql`), `passed` and `marks`.

    `marks`: for each place, the last changeset that touched it (0: none). For the public, rows whose place it does not see
    mark nothing. The marks are those of now, whatever the query knows. `passed`: see there.
    """
    known = snapshot.known_mode(query)
    return _state(layer, known, decision.pool == "public").bind(snapshot.time_values(query) | values(places))


@lru_cache(maxsize=256)
def _state(layer: Layer, known: str, public: bool) -> Statement:
    state = snapshot.state(layer, known=known, public=public)
    return compiled(select(*state.c, *columns(layer, public)).select_from(state))


def columns(layer: Layer, public: bool) -> list[Any]:
    """The columns `passed` and `marks` of a statement that selects from `snapshot.state`."""
    return [passed(layer, public).label("passed"), marks(layer, public).label("marks")]


def passed(layer: Layer, public: bool) -> ScalarSelect[datetime]:
    """The last bound that the clock has passed after it was recorded (year 1: none), for questions about now.

    Null where the service's clock is not past the last changeset: it runs behind the database's, and will still pass
    bounds that are no more ahead of that one.
    """
    seen = "AND b.shown >= 1" if public else ""
    return (
        text(f"""SELECT CASE WHEN state.changeset = 0 OR state.committed_at <= cast(:at AS timestamptz) THEN coalesce((
                SELECT max(b.at) FROM landmap.valid_bound b
                WHERE b.layer = '{layer.id}' AND b.ahead AND b.at <= cast(:at AS timestamptz) {seen}),
            timestamptz '0001-01-01 00:00:00+00') END""")
        .columns(passed=DateTime(timezone=True))
        .scalar_subquery()
    )


def values(places: Sequence[Tile]) -> dict[str, object]:
    """Values of the parameters of `marks`: each place with the tiles around it."""
    found = [(i, *part, part[0] == min(place.z, _DEEPEST)) for i, place in enumerate(places) for part in _around(place)]
    names = ("mark_place", "mark_zoom", "mark_x", "mark_y", "mark_self")
    return dict(zip(names, (list(column) for column in zip(*found, strict=True)), strict=True))


def marks(layer: Layer, public: bool) -> ScalarSelect[object]:
    """One value: an array with the last changeset that touched each place, in their order."""
    prefix = "public_" if public else ""
    # A tile below the deepest that is marked has the marks of that one.
    return (
        text(f"""SELECT array_agg(mark ORDER BY place) FROM (
            SELECT p.place, coalesce(max(CASE WHEN p.self THEN m.{prefix}below ELSE m.{prefix}whole END), 0) AS mark
            FROM unnest(cast(:mark_place AS integer[]), cast(:mark_zoom AS integer[]), cast(:mark_x AS integer[]),
                        cast(:mark_y AS integer[]), cast(:mark_self AS boolean[])) AS p(place, zoom, x, y, self)
            LEFT JOIN landmap.tile_mark m ON m.layer = '{layer.id}' AND m.zoom = p.zoom AND m.x = p.x AND m.y = p.y
            GROUP BY p.place) marked""")
        .columns(marks=Integer)
        .scalar_subquery()
    )


def _around(place: Tile) -> list[tuple[int, int, int]]:
    """The place itself, or the deepest that is marked and holds it, and all that hold it."""
    return [
        (zoom, place.x >> (place.z - zoom), place.y >> (place.z - zoom)) for zoom in range(min(place.z, _DEEPEST) + 1)
    ]

"""Extent of a layer, in space and time."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Double, Select, func, literal_column, select, union_all
from sqlalchemy import cast as sql_cast

from gis.model.layer import Layer
from gis.store.snapshot import BOUND
from gis.store.sql import Sql, compiled
from gis.store.tables import REDUCED_WITH_PLACE, SHOWN, history_table

_EDGES = ("-180 -90,-180 90", "-180 -90,180 -90", "180 -90,180 90", "-180 90,180 90")
"""The edges of the world (longitude and latitude): the index tells what is nearest to each without a look at all the rest. It rounds
boxes outwards, to about a metre, and keeps their order: the outermost of all is among those that are as near as the nearest."""


def extent_sql(layer: Layer) -> Sql:
    """One row: `west, south, east, north` (CRS84, of what the public sees now; null if nothing), `begins` (first bound of what is shown in full)."""
    outermost = union_all(*(_nearest(layer, edge).subquery().select() for edge in _EDGES)).subquery()
    box = select(func.ST_Extent(outermost.c.geom_84).label("box")).subquery()
    corners = {"west": func.ST_XMin, "south": func.ST_YMin, "east": func.ST_XMax, "north": func.ST_YMax}
    begins = select(func.min(BOUND.c.at)).where(BOUND.c.layer == layer.id, BOUND.c.shown >= SHOWN).scalar_subquery()
    columns = [sql_cast(f(box.c.box), Double).label(name) for name, f in corners.items()]
    return compiled(select(*columns, begins.label("begins")).select_from(box)).bind({})


def _nearest(layer: Layer, edge: str) -> Select[tuple[object]]:
    versions = history_table(layer)
    line: ColumnElement[object] = literal_column(f"'SRID=4326;LINESTRING({edge})'::geometry")
    return (
        select(versions.c.geom_84)
        .where(versions.c.to_changeset.is_(None), versions.c.shown >= literal_column(str(REDUCED_WITH_PLACE)))
        .where(versions.c.geom_84.is_not(None))
        .order_by(versions.c.geom_84.op("<#>")(line))
        .fetch(literal_column("1"), with_ties=True)
    )

"""Extent of a layer, in space and time, and how many features hold now."""

from __future__ import annotations

from sqlalchemy import Double, func, literal_column, select
from sqlalchemy import cast as sql_cast

from gis.model.layer import Layer
from gis.store.snapshot import BOUND
from gis.store.sql import Sql, compiled
from gis.store.tables import REDUCED_WITH_PLACE, SHOWN, history_table


def extent_sql(layer: Layer) -> Sql:
    """One row: `west, south, east, north` (CRS84, of what the public sees now; null if nothing), `begins` (first bound of what is shown in full)."""
    versions = history_table(layer)
    box = (
        select(func.ST_Extent(versions.c.geom_84).label("box"))
        .where(versions.c.to_changeset.is_(None), versions.c.shown >= literal_column(str(REDUCED_WITH_PLACE)))
        .subquery()
    )
    corners = {"west": func.ST_XMin, "south": func.ST_YMin, "east": func.ST_XMax, "north": func.ST_YMax}
    begins = select(func.min(BOUND.c.at)).where(BOUND.c.layer == layer.id, BOUND.c.shown >= SHOWN).scalar_subquery()
    columns = [sql_cast(f(box.c.box), Double).label(name) for name, f in corners.items()]
    return compiled(select(*columns, begins.label("begins")).select_from(box)).bind({})

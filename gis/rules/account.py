"""The account of one lot: what roads take of it, what of it lies in which features of a layer. Pure.

It stands on the same land of roads, the same pieces and the same tolerance as the rules, so that an extract and a check never
tell different areas.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely

from gis.model.layer import Text
from gis.ops.overlay import Standing, overlay
from gis.ops.pieces import TOLERANCE, polygonal, slivers, wholes
from gis.ops.table import objects
from gis.rules.facts import NONE, Rows, inputs_of
from gis.rules.roads import Shown, roads
from gis.rules.table import table_of
from gis.rules.themes import Theme


@dataclass(frozen=True, slots=True)
class Hit:
    """A feature of the layer, by its position, and the part of the lot in it, m2 (0 for a line or a point)."""

    feature: int
    area: float


@dataclass(frozen=True, slots=True)
class Share:
    """What a layer takes of the lot: `area` m2 where features lie, counted once, `bare` m2 where none does, and `unknown` m2
    of these where nobody knows whether one does. The largest hits come first. It stands as NO_DATA where nothing was found and
    the data are not complete on the whole of the lot."""

    standing: Standing
    area: float
    bare: float
    unknown: float
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Front:
    """A road that the lot fronts: its frontage and width, m; None where it is not known."""

    road: str
    length: float
    width: float | None


@dataclass(frozen=True, slots=True, eq=False)
class RoadPart:
    """The part of the lot in land of roads, m2, of which `lined` m2 between their red lines and the rest in zones that a plan
    gives to roads; and what is left of the lot (storage CRS).

    `missing` says what is not known about it: then the part may be larger. `lines_known`: nothing of it is about the lines.
    """

    standing: Standing
    area: float
    lined: float
    land: shapely.Geometry
    conforming: shapely.Geometry
    missing: tuple[Text, ...]
    lines_known: bool
    fronts: tuple[Front, ...]


def share(lot: shapely.Geometry, theme: Theme) -> Share:
    """What the features of the theme take of the lot."""
    laid = overlay(lot, table_of(theme.features).geometry, theme.complete)
    standing = Standing.NO_DATA if laid.standing is Standing.PARTIAL else laid.standing
    hits = tuple(Hit(int(row), float(area)) for row, area in zip(laid.feature, laid.area, strict=True))
    return Share(standing, laid.hit, laid.free + laid.unknown, laid.unknown, hits)


def road_part(lot: shapely.Geometry, themes: Mapping[str, Theme]) -> RoadPart:
    """What the roads of the themes of road lines and zones take of the lot, and which it fronts."""
    nothing = np.array([None], dtype=object)
    inputs = inputs_of((), ())
    found = roads(Shown(objects([lot]), nothing, nothing), themes, nothing, inputs)
    conforming = found.conforming[0]
    taken = polygonal(objects([shapely.difference(lot, conforming)]))
    thin = bool(slivers(wholes(taken))[0])
    missing = tuple(inputs.titles[name] for name in inputs.missing(int(found.uncertain[0])))
    standing = Standing.CONCERNED if not thin else Standing.NO_DATA if missing else Standing.NOT_CONCERNED
    known, fronts = not found.unlined[0], _fronts(found.rows)
    if thin:
        return RoadPart(standing, 0.0, 0.0, shapely.Polygon(), lot, missing, known, fronts)
    return RoadPart(
        standing, float(found.taken[0]), float(found.lined[0]), taken[0], conforming, missing, known, fronts
    )


def with_road_land(lines: Share, road: RoadPart) -> Share:
    """The share of the layer of road lines with the land between them: the lines themselves have no area."""
    if lines.hits or road.lined >= TOLERANCE.area:
        return Share(Standing.CONCERNED, road.lined, lines.bare, lines.unknown, lines.hits)
    standing = Standing.NOT_CONCERNED if road.lines_known else Standing.NO_DATA
    return Share(standing, 0.0, lines.bare, lines.unknown, ())


def _fronts(rows: Rows) -> tuple[Front, ...]:
    """The fronts of known length, the longest first."""
    width, length = rows.numbers["front.width_m"], rows.numbers["front.length_m"]
    told = [
        Front(str(rows.subject[i]), float(length.known[i]), None if np.isnan(width.known[i]) else float(width.known[i]))
        for i in range(len(rows.subject))
        if rows.subject[i] is not None and length.missing[i] == NONE
    ]
    return tuple(sorted(told, key=lambda front: (-front.length, front.road)))

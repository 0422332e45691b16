"""The map of a lot as extracts and check sheets show it: what is read for it, and how it is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from gis.errors import TooMuch
from gis.formats.parcel_map import Ground, Titles, drawing
from gis.formats.sheet_map import Drawing, Window, sheet_map
from gis.model.access import Decision
from gis.model.layer import Catalog, Layer
from gis.rules.situation import ROAD_REACH, ROADS
from gis.rules.table import table_of
from gis.store.pools import Snapshot
from gis.store.vicinity import Moment, Vicinity, vicinity
from services.permits import extract_words as words
from services.permits.extract_content import themes_at

DRAWN = ("parcels", "buildings", "permits", "plans", "zones", "road_lines")
"""The layers that a map shows, or needs for what it shows."""

ALONE = 2.0
"""Metres around a lot of which nothing else is drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What a map is drawn from, storage CRS. `id`: of the parcel, empty where the lot is none; `road_land`: its part in road
    land. `planned`: outlines of a building; `conflicts`: where rules are broken, each ground with its number from 1. `crowded`:
    there is too much around to be drawn."""

    lot: Any
    road_land: Any
    id: str
    around: Vicinity
    window: Window
    planned: Sequence[Any] = ()
    conflicts: Sequence[Any] = ()
    crowded: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """What lies around a lot; `crowded`: that was too much to draw, and here is what the lot itself meets."""

    near: Vicinity
    crowded: bool


async def around(
    source: Snapshot, wanted: Sequence[tuple[Layer, Decision]], lot: Any, reach: float, moment: Moment
) -> Surroundings:
    """What lies within reach; where that is too much to draw, what the lot itself meets. Road lines from farther away: of a
    broad road the middle is far from the land that it takes."""
    crowded = False
    try:
        found = await vicinity(source, wanted, lot, reach, moment)
    except TooMuch:
        found, crowded = await vicinity(source, wanted, lot, ALONE, moment), True
    roads = [(layer, decision) for layer, decision in wanted if layer.id == ROADS]
    if not roads:
        return Surroundings(found, crowded)
    far = await vicinity(source, roads, lot, max(reach, ROAD_REACH), Moment(found.instant, moment.known))
    return Surroundings(replace(found, layers=MappingProxyType({**found.layers, **far.layers})), crowded)


def lot_map(scene: Scene, catalog: Catalog, language: str) -> str:
    """The map as SVG."""
    return sheet_map(scene.window, drawing_of(scene, catalog, language))


def drawing_of(scene: Scene, catalog: Catalog, language: str) -> Drawing:
    """What the map shows, whatever it is drawn with."""
    layers = {name: near.found for name, near in scene.around.layers.items()}
    layers |= {name: table_of(theme.features) for name, theme in themes_at(scene.around).items()}
    ground = Ground(scene.lot, scene.road_land, scene.id, layers, scene.planned, scene.conflicts)
    titles = Titles(
        own=words.OWN_PARCEL[language],
        neighbours=(words.WORDS["parcel"] if scene.lot.is_empty else words.NEIGHBOURS)[language],
        road_land=words.ROAD_LAND[language],
        buildings=words.BUILDINGS[language],
        permits=words.PERMITS[language],
        zone=words.ZONE_OF_UNKNOWN_FUNCTION[language],
        planned=words.PLANNED[language],
        conflict=words.CONFLICT[language],
        words=words.map_words(language),
    )
    return drawing(ground, scene.window, catalog, language, titles)

"""The map of a parcel: what lies around it, drawn in the colours of the codelists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from gis.formats.sheet_map import Caption, Drawing, Drawn, Look, Window, Words
from gis.model.layer import Catalog, Code
from gis.ops.table import Table, objects

_LINES = {
    "CENTRELINE": Look(line="#6b7280", width=0.2, dashes=(3, 0.8, 0.4, 0.8)),
    "RED_LINE": Look(line="#e3000f", width=0.4),
    "BUILDING_LINE": Look(line="#1d4ed8", width=0.3, dashes=(1.6, 0.8)),
    "CORRIDOR": Look(line="#b45309", width=0.3, dashes=(1, 0.5, 0.25, 0.5)),
}
_NEIGHBOUR = Look(line="#4b5563", width=0.12)
_OWN = Look(fill="#facc15", opacity=0.22, line="#111827", width=0.7)
_ROAD_LAND = Look(fill="#e3000f", opacity=0.45)
_BUILDING = Look(fill="#475569", opacity=0.35, line="#334155", width=0.12)
_PERMIT = Look(fill="#7c3aed", opacity=0.35, line="#6d28d9", width=0.25)
_BUILDING_PLANNED = Look(fill="#0369a1", opacity=0.3, line="#075985", width=0.4)
_CONFLICT = Look(fill="#be123c", opacity=0.7, line="#881337", width=0.3)
_UNKNOWN = "#d1d5db"
_GROUND_OF_A_NAME = 1_500  # mm2 of the frame for each name of a road, at most


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What there is to draw, storage CRS, easting first: the parcel's outline (empty for a map of no parcel), its part in road
    land, by layer what lies around; the outlines of a building that is planned, and where rules are broken: each ground has its number from 1."""

    lot: shapely.Geometry
    road_land: shapely.Geometry | None
    id: str
    layers: Mapping[str, Table]
    planned: Sequence[shapely.Geometry] = ()
    conflicts: Sequence[shapely.Geometry] = ()


@dataclass(frozen=True, slots=True)
class Titles:
    """What the legend calls things; `zone` those of unknown function."""

    own: str
    neighbours: str
    road_land: str
    buildings: str
    permits: str
    zone: str
    planned: str
    conflict: str
    words: Words


def drawing(ground: Ground, window: Window, catalog: Catalog, language: str, titles: Titles) -> Drawing:
    """What the map shows, whatever it is drawn with."""
    drawn = [
        *_zones(ground, catalog, language, titles),
        *_whole(ground, "buildings", titles.buildings, _BUILDING),
        *_neighbours(ground, titles),
        Drawn(titles.road_land, objects([ground.road_land]), _ROAD_LAND),
        *_road_lines(ground, catalog, language),
        *_whole(ground, "permits", titles.permits, _PERMIT),
        Drawn(titles.own, objects([ground.lot]), _OWN),
        Drawn(titles.planned, objects(ground.planned), _BUILDING_PLANNED),
        Drawn(titles.conflict, objects(ground.conflicts), _CONFLICT),
    ]
    return Drawing(drawn, list(_captions(ground, window)), titles.words)


def _zones(ground: Ground, catalog: Catalog, language: str, titles: Titles) -> Iterator[Drawn]:
    """One kind of drawing for each function, in the order of the codelist."""
    frame = ground.layers.get("zones")
    if frame is None or not len(frame):
        return
    codes = _codes(catalog, "land_function")
    functions = frame.column("function")
    shapes = frame.geometry
    for code in [*codes, None]:
        rows = [i for i, found in enumerate(functions) if (found if found in codes else None) == code]
        if rows:
            known = codes.get(code) if code else None
            fill = (known.color if known else None) or _UNKNOWN
            title = known.title[language] if known else titles.zone
            yield Drawn(title, shapes[rows], Look(fill=fill, opacity=0.4, line="#1f2937", width=0.18))


def _road_lines(ground: Ground, catalog: Catalog, language: str) -> Iterator[Drawn]:
    frame = ground.layers.get("road_lines")
    if frame is None or not len(frame):
        return
    codes = _codes(catalog, "road_line_kind")
    kinds, shapes = frame.column("kind"), frame.geometry
    for kind, look in _LINES.items():
        rows = np.flatnonzero(kinds == kind)
        if len(rows):
            yield Drawn(codes[kind].title[language] if kind in codes else kind, shapes[rows], look)


def _whole(ground: Ground, layer: str, title: str, look: Look) -> Iterator[Drawn]:
    frame = ground.layers.get(layer)
    if frame is not None and len(frame):
        yield Drawn(title, frame.geometry, look)


def _neighbours(ground: Ground, titles: Titles) -> Iterator[Drawn]:
    frame = ground.layers.get("parcels")
    if frame is not None:
        shapes = frame.geometry[_others(ground, frame)]
        if len(shapes):
            yield Drawn(titles.neighbours, shapes, _NEIGHBOUR)


def _captions(ground: Ground, window: Window) -> Iterator[Caption]:
    """Numbers of conflicts first, then the parcel's own, codes of zones, names of roads, numbers of neighbours: what finds no
    room is left out."""
    for number, shape in enumerate(ground.conflicts, 1):
        yield _caption(f"({number})", shape, 2.8, bold=True)
    frame = ground.layers.get("parcels")
    numbers = None if frame is None else frame.column("parcel")
    if frame is not None and numbers is not None:
        own = next((number for number, other in zip(numbers, _others(ground, frame), strict=True) if not other), None)
        if own is not None:
            yield _caption(str(own), ground.lot, 3.0, bold=True)
    yield from _zone_codes(ground, window)
    roads = ground.layers.get("road_lines")
    if roads is not None and "name" in roads:
        yield from _road_names(roads, window, ground.lot)
    if frame is None or numbers is None:
        return
    for number, shape, other in zip(numbers, frame.geometry, _others(ground, frame), strict=True):
        if other and number is not None and window.shows(shape, 5.0):
            yield _caption(str(number), shape, 1.9)


def _zone_codes(ground: Ground, window: Window) -> Iterator[Caption]:
    """The codes of zones, each in the largest part of it that the window shows beside the lot."""
    frame = ground.layers.get("zones")
    if frame is None or "code" not in frame:
        return
    rest = shapely.difference(shapely.box(window.west, window.south, window.east, window.north), ground.lot)
    for code, shape in zip(frame.column("code"), shapely.intersection(frame.geometry, rest), strict=True):
        parts = shapely.get_parts(shape)
        if code is not None and len(parts) and shapely.area(parts).max() > 0:
            yield _caption(str(code), parts[int(np.argmax(shapely.area(parts)))], 2.2, bold=True)


def _road_names(roads: Table, window: Window, lot: shapely.Geometry) -> Iterator[Caption]:
    """One name for each road, in the middle of what the window shows of it; the nearest roads only."""
    names, kinds = roads.column("name"), roads.column("kind")
    box = shapely.box(window.west, window.south, window.east, window.north)
    middle = kinds == "CENTRELINE"
    away = np.asarray(shapely.distance(box.centroid if lot.is_empty else lot, roads.geometry), dtype=np.float64)
    most = int(window.frame.width * window.frame.height / _GROUND_OF_A_NAME)
    nearest = {str(names[row]): row for row in np.argsort(-away, kind="stable") if middle[row] and names[row]}
    for name, _ in sorted(nearest.items(), key=lambda one: (away[one[1]], one[0]))[:most]:
        rows = np.flatnonzero((names == name) & middle)
        inside = shapely.intersection(shapely.union_all(roads.geometry[rows]), box)
        parts = shapely.get_parts(inside)
        lines = parts[shapely.length(parts) > 0]
        if len(lines):
            longest = lines[int(np.argmax(shapely.length(lines)))]
            at = shapely.line_interpolate_point(longest, 0.5, normalized=True)
            yield Caption(name, shapely.get_x(at), shapely.get_y(at), 2.2)


def _caption(text: str, shape: shapely.Geometry, size: float, *, bold: bool = False) -> Caption:
    at = shapely.point_on_surface(shape)
    return Caption(text, shapely.get_x(at), shapely.get_y(at), size, bold)


def _others(ground: Ground, frame: Table) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.array([str(one) != ground.id for one in frame.column("id")], dtype=np.bool_)


def _codes(catalog: Catalog, name: str) -> dict[str, Code]:
    codelist = catalog.codelists.get(name)
    return {} if codelist is None else {code.code: code for code in codelist.codes}

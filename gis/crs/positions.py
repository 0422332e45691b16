"""Positions nested as GeoJSON nests them: found with their places, transformed, and put back the same way."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gis.crs.area import area_of, outside
from gis.crs.registry import crs
from gis.crs.transform import transform
from gis.errors import InvalidCrs, InvalidParameter, TooLarge

type Nested = float | list[Nested]
type Geometry = Mapping[str, object]

DEPTHS = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
"""How deep lists of positions are nested in the coordinates of each geometry."""

MAX_POSITIONS = 10_000
_DECIMALS = {"deg": 9, "m": 4}
"""A tenth of a millimetre."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A CRS and the order of the two numbers: `north_first` as surveyors write them on paper, X and then Y."""

    code: int
    north_first: bool


@dataclass(frozen=True, slots=True)
class Move:
    """From one frame to the other. `where` names the place of what is moved, for errors."""

    source: Frame
    target: Frame
    where: str

    def positions(self, coordinates: object, depth: int = 1) -> list[Nested]:
        """Lists of positions, nested `depth` deep, moved. InvalidParameter, InvalidCrs and TooLarge name the position."""
        found = list(_found(coordinates, depth, self.where))
        return _rebuilt(coordinates, depth, iter(self._moved(found)))

    def geometry(self, geometry: Geometry) -> dict[str, object]:
        """A GeoJSON geometry, moved; collections of geometries too."""
        parts = list(_parts(geometry, self.where))
        found = [
            one for part, depth, where in parts for one in _found(part["coordinates"], depth, f"{where}.coordinates")
        ]
        return _refilled(geometry, iter(self._moved(found)))

    def _moved(self, found: Sequence[tuple[str, float, float]]) -> list[list[Nested]]:
        if len(found) > MAX_POSITIONS:
            raise TooLarge(
                f"{self.where}: has {len(found):,} positions; send {MAX_POSITIONS:,} at most.",
                f"{self.where}: có {len(found)} điểm; chỉ nhận nhiều nhất {MAX_POSITIONS} điểm.",
                where=self.where,
            )
        given = np.array([(a, b) for _, a, b in found], dtype=np.float64).reshape(-1, 2)
        coords = given[:, ::-1] if self.source.north_first else given
        for code in (self.source.code, self.target.code):
            out = outside(coords, self.source.code, code)
            if out.any():
                raise self._outside(code, found[int(np.argmax(out))], coords, out)
        moved = np.round(transform(coords, self.source.code, self.target.code), _DECIMALS[crs(self.target.code).unit])
        ordered = moved[:, ::-1] if self.target.north_first else moved
        return [list(pair) for pair in ordered.tolist()]

    def _outside(self, code: int, one: tuple[str, float, float], coords: np.ndarray, out: np.ndarray) -> InvalidCrs:
        where, first, second = one
        west, south, east, north = area_of(code)
        index = int(np.argmax(out))
        swapped = not outside(coords[index : index + 1, ::-1], self.source.code, code).any()
        en = (
            f"{where}: ({first:.12g}, {second:.12g}) does not lie in the area of {crs(code).curie} "
            f"(longitude {west:g} to {east:g}, latitude {south:g} to {north:g})."
        )
        vi = (
            f"{where}: ({first:.12g}, {second:.12g}) nằm ngoài phạm vi của {crs(code).curie} "
            f"(kinh độ {west:g} đến {east:g}, vĩ độ {south:g} đến {north:g})."
        )
        if swapped:
            en += " With the two numbers exchanged it does: on Vietnamese maps X is the northing and Y the easting."
            vi += " Nếu đổi chỗ hai số thì nằm trong phạm vi: trên bản đồ Việt Nam, X là hướng Bắc và Y là hướng Đông."
        return InvalidCrs(en, vi, where=where)


def _parts(geometry: Geometry, where: str) -> Iterator[tuple[Geometry, int, str]]:
    kind = geometry.get("type")
    if kind == "GeometryCollection":
        members = geometry.get("geometries")
        if not isinstance(members, list):
            raise _wrong(f"{where}.geometries", "a list of geometries", "danh sách hình học")
        for index, member in enumerate(members):
            place = f"{where}.geometries[{index}]"
            if not isinstance(member, Mapping) or member.get("type") not in DEPTHS:
                raise _wrong(place, "a GeoJSON geometry that is no collection", "hình học GeoJSON đơn")
            yield from _parts(member, place)
        return
    if kind not in DEPTHS:
        raise _wrong(f"{where}.type", f"one of {', '.join(DEPTHS)}", f"một trong: {', '.join(DEPTHS)}")
    if "coordinates" not in geometry:
        raise _wrong(where, "a geometry with coordinates", "hình học có 'coordinates'")
    yield geometry, DEPTHS[str(kind)], where


def _found(coordinates: object, depth: int, where: str) -> Iterator[tuple[str, float, float]]:
    """Each position with its place, in reading order."""
    if not isinstance(coordinates, list):
        raise _wrong(where, "a list", "danh sách")
    if depth == 0:
        if len(coordinates) != 2 or not all(map(_is_number, coordinates)):
            raise _wrong(where, "two numbers, without a height", "hai số, không kèm độ cao")
        yield where, float(coordinates[0]), float(coordinates[1])
        return
    for index, member in enumerate(coordinates):
        yield from _found(member, depth - 1, f"{where}[{index}]")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _rebuilt(coordinates: object, depth: int, moved: Iterator[list[Nested]]) -> list[Nested]:
    if depth == 0:
        return next(moved)
    return [_rebuilt(member, depth - 1, moved) for member in coordinates]  # type: ignore[attr-defined]


def _refilled(geometry: Geometry, moved: Iterator[list[Nested]]) -> dict[str, object]:
    if geometry["type"] == "GeometryCollection":
        members: Sequence[Geometry] = geometry["geometries"]  # type: ignore[assignment]
        return {"type": "GeometryCollection", "geometries": [_refilled(member, moved) for member in members]}
    kind = str(geometry["type"])
    return {"type": kind, "coordinates": _rebuilt(geometry["coordinates"], DEPTHS[kind], moved)}


def _wrong(where: str, en: str, vi: str) -> InvalidParameter:
    return InvalidParameter(f"{where}: has to be {en}.", f"{where}: phải là {vi}.", where=where)

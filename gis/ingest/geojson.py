"""Feature members as JSON has them: values of fields and geometries, read strictly and with a reason for what is wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from itertools import chain
from types import MappingProxyType
from typing import Any, cast
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gis.model.layer import Field, FieldType, Text

MAX_TEXT = 10_000
_MAX_LIST = 1_000
_MAX_EXACT = 2**53
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DEPTHS = MappingProxyType(
    {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
)
"""How deep lists of positions are nested in each geometry."""


class Misread(Exception):
    """What was sent is not what the place takes; `text` says what it takes."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


def read_value(field: Field, value: object) -> object:
    """The value of a field, None for null: dates as date, timestamps as aware datetime. Misread for another type."""
    return None if value is None else _READERS[field.type](value)


def read_since(value: object, zone: str) -> datetime:
    """`valid_from`: an instant, or a date: the beginning of that local day. In UTC."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        return datetime.combine(_date(value), time(), ZoneInfo(zone)).astimezone(UTC)
    return _timestamp(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _takes("text", "văn bản")
    if "\x00" in value or len(value) > MAX_TEXT:
        raise _takes(f"text of at most {MAX_TEXT} characters", f"văn bản không quá {MAX_TEXT} ký tự")
    return value


def _integer(value: object) -> int:
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if isinstance(value, bool) or not whole or abs(value) > _MAX_EXACT:  # type: ignore[arg-type]
        raise _takes("a whole number", "số nguyên")
    return int(value)  # type: ignore[call-overload, no-any-return]


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _takes("a number", "số")
    return float(value)


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise _takes("true or false", "true hoặc false")
    return value


def _date(value: object) -> date:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise _takes("a date such as 2026-11-22", "ngày, ví dụ 2026-11-22")


def _timestamp(value: object) -> datetime:
    wrong = _takes(
        "an instant with its zone such as 2026-11-22T07:00:00+07:00",
        "thời điểm có múi giờ, ví dụ 2026-11-22T07:00:00+07:00",
    )
    if not isinstance(value, str) or len(value) > 40 or "T" not in value.upper():
        raise wrong
    try:
        found = datetime.fromisoformat(value)
        if found.tzinfo is None or not 1 < found.year < 9999:
            raise wrong
        return found.astimezone(UTC)
    except ValueError as error:
        raise wrong from error


def _texts(value: object) -> list[str]:
    if not isinstance(value, list) or len(value) > _MAX_LIST:
        raise _takes("a list of texts", "danh sách văn bản")
    return [_text(one) for one in value]


_READERS: Mapping[FieldType, Callable[[object], object]] = MappingProxyType(
    {
        FieldType.TEXT: _text,
        FieldType.INTEGER: _integer,
        FieldType.NUMBER: _number,
        FieldType.BOOLEAN: _boolean,
        FieldType.DATE: _date,
        FieldType.TIMESTAMP: _timestamp,
        FieldType.TEXT_LIST: _texts,
    }
)


def read_geometry(value: object, *, flipped: bool) -> BaseGeometry | None:
    """A GeoJSON geometry object as shapely, x first; None for null. Heights are left out.

    `flipped`: the CRS has its y (latitude, northing) first. Misread where it is none.
    """
    if value is None:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("type"), str) or value["type"] not in _DEPTHS:
        raise _takes(
            f"a GeoJSON geometry: {', '.join(_DEPTHS)}",
            f"hình học GeoJSON thuộc một trong các loại {', '.join(_DEPTHS)}",
        )
    kind = str(value["type"])
    nested = _nested(value.get("coordinates"), _DEPTHS[kind], flipped)
    for ring in _rings(kind, nested):
        if len(ring) < 4 or ring[0] != ring[-1]:
            raise _takes(
                "rings of at least four positions that end where they begin",
                "vòng khép kín có ít nhất bốn điểm, điểm cuối trùng điểm đầu",
            )
    if any(len(line) < 2 for line in _lines(kind, nested)):
        raise _takes("lines of at least two positions", "đường có ít nhất hai điểm")
    return shapely.geometry.shape({"type": kind, "coordinates": nested})


def plain_polygons(values: Sequence[object]) -> NDArray[np.object_]:
    """Of each value (n,) the Polygon, or MultiPolygon of one, that it is if it has one ring of positions of two numbers, x
    first, as nearly all have: read together, many times faster than one by one. None for all others, which are for
    `read_geometry` to read or refuse."""
    found = np.full(len(values), None, dtype=object)
    rings = {row: ring for row, value in enumerate(values) if (ring := _plain_ring(value)) is not None}
    if rings:
        several = np.array(
            [cast("Mapping[str, object]", values[row])["type"] != "Polygon" for row in rings], dtype=bool
        )
        lengths = np.array([len(ring) // 2 for ring in rings.values()])
        numbers = np.fromiter(chain.from_iterable(rings.values()), np.float64, count=2 * int(lengths.sum()))
        parts = shapely.linearrings(numbers.reshape(-1, 2), indices=np.repeat(np.arange(len(rings)), lengths))
        polygons = shapely.polygons(parts)
        polygons[several] = shapely.multipolygons(polygons[several, np.newaxis])
        found[list(rings)] = polygons
    return found


_PAIR, _LISTS, _NUMBERS = frozenset({2}), frozenset({list}), frozenset({int, float})


def _plain_ring(value: object) -> list[float] | None:
    """The numbers of the only ring of a polygon, one after the other."""
    if not isinstance(value, dict) or value.get("type") not in ("Polygon", "MultiPolygon"):
        return None
    rings = value.get("coordinates")
    if value["type"] == "MultiPolygon":
        if not isinstance(rings, list) or len(rings) != 1:
            return None
        (rings,) = rings
    if not isinstance(rings, list) or len(rings) != 1 or not isinstance(rings[0], list) or len(rings[0]) < 4:
        return None
    ring = rings[0]
    if not _LISTS.issuperset(map(type, ring)) or not _PAIR.issuperset(map(len, ring)) or ring[0] != ring[-1]:
        return None
    numbers = list(chain.from_iterable(ring))
    sound = _NUMBERS.issuperset(map(type, numbers)) and max(map(abs, numbers)) < _MAX_EXACT
    return numbers if sound else None


def _nested(part: object, depth: int, flipped: bool) -> list[Any] | tuple[float, float]:
    if not isinstance(part, list) or not part:
        raise _positions()
    if depth:
        return [_nested(inner, depth - 1, flipped) for inner in part]
    if len(part) not in (2, 3, 4) or not all(type(number) in (int, float) for number in part):
        raise _positions()
    try:
        x, y = float(part[0]), float(part[1])
    except OverflowError as error:
        raise _positions() from error
    return (y, x) if flipped else (x, y)


def _rings(kind: str, nested: Any) -> list[Any]:
    if kind == "Polygon":
        return list(nested)
    return [ring for part in nested for ring in part] if kind == "MultiPolygon" else []


def _lines(kind: str, nested: Any) -> list[Any]:
    if kind == "LineString":
        return [nested]
    return list(nested) if kind == "MultiLineString" else []


def _positions() -> Misread:
    return _takes(
        "positions of two or three numbers, nested as the geometry needs",
        "các điểm gồm hai hoặc ba số, lồng nhau đúng theo loại hình",
    )


def _takes(en: str, vi: str) -> Misread:
    return Misread(Text(vi, en))

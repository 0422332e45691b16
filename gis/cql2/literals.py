"""Constants of a filter, the same from text and from JSON: texts, numbers, dates, instants and geometries."""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from typing import Any

from gis.cql2.limits import mistake, shown
from gis.errors import InvalidParameter
from gis.model.filter import Geometry, Interval, Node, Value
from gis.model.layer import Text

OPEN = ".."

DEPTHS = {"Point": 0, "LineString": 1, "Polygon": 2, "MultiPoint": 1, "MultiLineString": 2, "MultiPolygon": 3}
"""How deep lists of positions are nested in each geometry."""

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIMESTAMP = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:)([0-9]{2})(?:\.([0-9]{1,12}))?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


def text_value(text: str, place: Text) -> Value:
    """A text in NFC, as texts are kept. JSON can spell the NUL that no text in the database has."""
    if "\x00" in text:
        raise mistake(
            "the text has a character that no text can have; remove it.",
            "chuỗi có ký tự không hợp lệ; hãy bỏ ký tự đó.",
            place,
        )
    return Value(unicodedata.normalize("NFC", text))


def number_value(text: str, place: Text) -> Value:
    """A whole number that fits 64 bits as int, any other as float."""
    if text.isdigit() and len(text) < 19:
        return Value(int(text))
    number = float(text)
    if not math.isfinite(number):
        raise mistake("the number is too large.", "số quá lớn.", place)
    return Value(number)


def date_value(text: str, place: Text) -> Value:
    """`YYYY-MM-DD`."""
    if not _DATE.fullmatch(text):
        raise _no_time(text, place, "DATE('2026-11-22')")
    try:
        return Value(date.fromisoformat(text))
    except ValueError as error:
        raise _no_time(text, place, "DATE('2026-11-22')") from error


def timestamp_value(text: str, place: Text) -> Value:
    """RFC 3339 with its zone, to the microsecond, in UTC. A leap second is the next second."""
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        raise _no_time(text, place, "TIMESTAMP('2026-11-22T07:00:00Z')")
    leap = match[3] == "60"
    micros = (match[4] or "0").ljust(6, "0")[:6]
    try:
        found = datetime.fromisoformat(
            f"{match[1]}T{match[2]}{'59' if leap else match[3]}.{micros}{match[5].replace('z', 'Z')}"
        ).astimezone(UTC)
        return Value(found + timedelta(seconds=leap))
    except (ValueError, OverflowError) as error:
        raise _no_time(text, place, "TIMESTAMP('2026-11-22T07:00:00Z')") from error


def interval_end(text: str, place: Text) -> Value | None:
    """A date, an instant, or None for `..`."""
    if text == OPEN:
        return None
    return date_value(text, place) if _DATE.fullmatch(text) else timestamp_value(text, place)


def interval(start: Node | None, end: Node | None, place: Text) -> Interval:
    """An interval that does not end before it begins, as far as constants tell."""
    if isinstance(start, Value) and isinstance(end, Value) and _after(start.value, end.value):
        raise mistake(
            "the interval ends before it begins; exchange its ends.",
            "khoảng thời gian kết thúc trước khi bắt đầu; hãy đổi chỗ hai đầu.",
            place,
        )
    return Interval(start, end)


def geometry(kind: str, coordinates: object, place: Text) -> Geometry:
    """A geometry of one of the types of DEPTHS from nested lists; its rings are closed and its lines have two points."""
    nested = _nested(coordinates, DEPTHS[kind], place)
    if not nested:
        raise mistake("the geometry is empty.", "hình rỗng.", place)
    for line in _lines(kind, nested):
        if kind.endswith("Polygon") and (len(line) < 4 or line[0] != line[-1]):
            raise mistake(
                "a ring needs four points, the last the same as the first.",
                "vòng khép kín phải có ít nhất bốn điểm, điểm cuối trùng điểm đầu.",
                place,
            )
        if len(line) < 2:
            raise mistake("a line needs two points.", "đường phải có ít nhất hai điểm.", place)
    return Geometry(kind, nested)


def _lines(kind: str, nested: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """The lines or rings of a geometry, where points stand in order."""
    if kind == "LineString":
        return [nested]
    if kind in ("MultiLineString", "Polygon"):
        return list(nested)
    return [ring for part in nested for ring in part] if kind == "MultiPolygon" else []


def box(numbers: list[object], place: Text) -> Geometry:
    """A bounding box of four numbers, or of six with heights."""
    if len(numbers) not in (4, 6):
        raise mistake("BBOX takes four or six numbers.", "BBOX phải gồm bốn hoặc sáu số.", place)
    return Geometry("BBox", tuple(_finite(number, place) for number in numbers))


def _nested(part: object, depth: int, place: Text) -> tuple[object, ...]:
    if not isinstance(part, list | tuple):
        raise _not_positions(place)
    if depth:
        return tuple(_nested(inner, depth - 1, place) for inner in part)
    if len(part) not in (2, 3):
        raise _not_positions(place)
    return tuple(_finite(number, place) for number in part)


def _finite(number: object, place: Text) -> float:
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        raise _not_positions(place)
    return float(number)


def _not_positions(place: Text) -> InvalidParameter:
    return mistake(
        "the coordinates are not positions of two or three numbers, nested as the geometry needs.",
        "toạ độ phải là các điểm gồm hai hoặc ba số, lồng nhau đúng theo loại hình.",
        place,
    )


def _after(start: object, end: object) -> bool:
    if type(start) is not type(end):
        return False
    return bool(start > end)  # type: ignore[operator]


def _no_time(text: str, place: Text, example: str) -> InvalidParameter:
    return mistake(
        f"'{shown(text)}' is no time of the calendar; write {example}.",
        f"'{shown(text)}' không phải là thời gian hợp lệ; hãy ghi {example}.",
        place,
    )

"""CQL2 JSON to the tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import orjson

from gis.cql2.limits import check_text, check_tree, mistake, shown
from gis.cql2.literals import (
    DEPTHS,
    box,
    date_value,
    geometry,
    interval,
    interval_end,
    text_value,
    timestamp_value,
)
from gis.cql2.tokens import place_of
from gis.errors import InvalidParameter
from gis.model.filter import (
    ACCENTI,
    AND,
    ARITHMETIC,
    ARRAY,
    BETWEEN,
    CASEI,
    COMPARISONS,
    FUNCTIONS,
    IN,
    IS_NULL,
    LIKE,
    NOT,
    OR,
    SPATIAL,
    TEMPORAL,
    Call,
    Geometry,
    Interval,
    Items,
    Node,
    Property,
    Value,
)
from gis.model.layer import Text

_LEAST_MOST = MappingProxyType(
    {AND: (2, None), OR: (2, None), NOT: (1, 1), LIKE: (2, 2), BETWEEN: (3, 3), IN: (2, 2), IS_NULL: (1, 1)}
    | dict.fromkeys((*COMPARISONS, *ARITHMETIC), (2, 2))
)
_OPS = MappingProxyType(
    {name.lower(): name for name in (*_LEAST_MOST, *SPATIAL, *TEMPORAL, *ARRAY, CASEI, ACCENTI, *FUNCTIONS)}
)


def parse_json(text: str) -> Node:
    """The tree of a filter in CQL2 JSON. InvalidParameter says what is wrong, and where: `args[0].args[1]`."""
    check_text(text)
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise mistake(
            "this is no JSON; give a CQL2 JSON object, or filter-lang=cql2-text.",
            "không phải là JSON; hãy ghi một đối tượng CQL2 JSON, hoặc filter-lang=cql2-text.",
            place_of(error.pos + 1),
        ) from error
    tree = _node(found, "")
    check_tree(tree)
    return tree


def _node(found: object, path: str) -> Node:
    if isinstance(found, bool | int | float):
        return Value(_number(found))
    if isinstance(found, str):
        return text_value(found, _place(path))
    if isinstance(found, list):
        return Items(tuple(_node(item, f"{path}[{i}]") for i, item in enumerate(found)))
    if isinstance(found, dict):
        return _object(found, path)
    raise mistake("null is no value; use isNull.", "null không phải là giá trị; hãy dùng isNull.", _place(path))


def _number(found: bool | float) -> bool | int | float:
    """A whole number too large for the database's as float, as in text."""
    return float(found) if isinstance(found, int) and abs(found) >= 10**18 else found


def _object(found: dict[str, object], path: str) -> Node:
    if "op" in found:
        return _call(found, path)
    for member, read in _READERS.items():
        if member in found:
            return read(found[member], found, path)
    raise mistake(
        "an object has op and args, property, date, timestamp, interval, bbox, or is a GeoJSON geometry.",
        "đối tượng phải có op và args, property, date, timestamp, interval, bbox, hoặc là hình GeoJSON.",
        _place(path),
    )


def _call(found: dict[str, object], path: str) -> Call:
    op, args = found["op"], found.get("args")
    if not isinstance(op, str) or not isinstance(args, list):
        raise mistake("op is a text and args a list.", "op phải là chuỗi và args phải là danh sách.", _place(path))
    name = _OPS.get(op.lower(), op)
    least, most = _LEAST_MOST.get(name, (0, None))
    if len(args) < least or (most is not None and len(args) > most):
        wanted = f"{least}" if least == most else f"{least}+"
        raise mistake(
            f"'{shown(op)}' takes {wanted} args, not {len(args)}.",
            f"'{shown(op)}' cần {wanted} tham số, không phải {len(args)}.",
            _place(path),
        )
    inner = f"{path}.args" if path else "args"
    nodes = tuple(_node(arg, f"{inner}[{i}]") for i, arg in enumerate(args))
    if name == IN and not isinstance(nodes[1], Items):
        raise mistake("'in' takes a value and a list.", "'in' cần một giá trị và một danh sách.", _place(f"{inner}[1]"))
    return Call(name, nodes)


def _property(name: object, _: dict[str, object], path: str) -> Property:
    return Property(_text(name, path))


def _date(text: object, _: dict[str, object], path: str) -> Value:
    return date_value(_text(text, path), _place(path))


def _timestamp(text: object, _: dict[str, object], path: str) -> Value:
    return timestamp_value(_text(text, path), _place(path))


def _interval(ends: object, _: dict[str, object], path: str) -> Interval:
    if not isinstance(ends, list) or len(ends) != 2:
        raise mistake("an interval is a list of two ends.", "interval là danh sách gồm hai đầu.", _place(path))
    start, end = (_end(found, f"{path}.interval[{i}]") for i, found in enumerate(ends))
    return interval(start, end, _place(path))


def _end(found: object, path: str) -> Node | None:
    return interval_end(found, _place(path)) if isinstance(found, str) else _node(found, path)


def _bbox(numbers: object, _: dict[str, object], path: str) -> Geometry:
    return box(numbers if isinstance(numbers, list) else [], _place(path))


def _geometry(kind: object, found: dict[str, object], path: str) -> Geometry:
    if kind == "GeometryCollection":
        parts = found.get("geometries")
        if not isinstance(parts, list) or not parts or not all(isinstance(part, dict) for part in parts):
            raise _no_geometry(path)
        return Geometry(
            "GeometryCollection", tuple(_part(part, f"{path}.geometries[{i}]") for i, part in enumerate(parts))
        )
    if not isinstance(kind, str) or kind not in DEPTHS:
        raise _no_geometry(path)
    return geometry(kind, found.get("coordinates"), _place(path))


def _part(found: dict[str, object], path: str) -> Geometry:
    if found.get("type") == "GeometryCollection":
        raise _no_geometry(path)
    return _geometry(found.get("type"), found, path)


def _text(found: object, path: str) -> str:
    if not isinstance(found, str):
        raise mistake("this has to be a text.", "chỗ này phải là chuỗi.", _place(path))
    return found


def _no_geometry(path: str) -> InvalidParameter:
    return mistake(
        f"this is no GeoJSON geometry; the types are {', '.join(DEPTHS)} and GeometryCollection of these.",
        f"không phải là hình GeoJSON; các loại: {', '.join(DEPTHS)} và GeometryCollection gồm các loại này.",
        _place(path),
    )


def _place(path: str) -> Text:
    return Text(path or "gốc", path or "at the top")


_READERS: Mapping[str, Callable[[Any, dict[str, object], str], Node]] = MappingProxyType(
    {
        "property": _property,
        "date": _date,
        "timestamp": _timestamp,
        "interval": _interval,
        "bbox": _bbox,
        "type": _geometry,
    }
)

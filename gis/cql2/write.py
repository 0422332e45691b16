"""The tree as CQL2 text and as CQL2 JSON; reading them again gives the same tree."""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType

from gis.model.filter import (
    ACCENTI,
    AND,
    ARITHMETIC,
    ARRAY,
    BETWEEN,
    CASEI,
    COMPARISONS,
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

_BETWEEN_TWO = MappingProxyType({op: op.upper() for op in (*COMPARISONS, *ARITHMETIC, LIKE, AND, OR)})
_CALLED = MappingProxyType({op: op.upper() for op in (*SPATIAL, *TEMPORAL, *ARRAY, CASEI, ACCENTI)})


def write_text(node: Node) -> str:
    """CQL2 text, with parentheses around every operation inside another."""
    if isinstance(node, Property):
        return f'"{node.name}"'
    if isinstance(node, Value):
        return _value(node)
    if isinstance(node, Interval):
        return f"INTERVAL({_end(node.start)},{_end(node.end)})"
    if isinstance(node, Geometry):
        return _geometry(node)
    if isinstance(node, Items):
        return f"({','.join(write_text(item) for item in node.items)})"
    return _call(node)


def write_json(node: Node) -> object:
    """CQL2 JSON as objects and lists."""
    if isinstance(node, Property):
        return {"property": node.name}
    if isinstance(node, Value):
        return _json_value(node)
    if isinstance(node, Interval):
        return {"interval": [_json_end(node.start), _json_end(node.end)]}
    if isinstance(node, Geometry):
        return _json_geometry(node)
    if isinstance(node, Items):
        return [write_json(item) for item in node.items]
    return {"op": node.op, "args": [write_json(arg) for arg in node.args]}


def _call(node: Call) -> str:
    op, args = node.op, node.args
    if op == NOT:
        return f"NOT {_inner(args[0])}"
    if op == IS_NULL:
        return f"{_inner(args[0])} IS NULL"
    if op == BETWEEN:
        return f"{_inner(args[0])} BETWEEN {_inner(args[1])} AND {_inner(args[2])}"
    if op == IN:
        return f"{_inner(args[0])} IN {write_text(args[1])}"
    if op in _BETWEEN_TWO:
        return f" {_BETWEEN_TWO[op]} ".join(_inner(arg) for arg in args)
    return f"{_CALLED.get(op, op)}({','.join(write_text(arg) for arg in args)})"


def _inner(node: Node) -> str:
    """An operand; what has operators of its own stands in parentheses."""
    bare = not isinstance(node, Call) or not (node.op in _BETWEEN_TWO or node.op in (NOT, IS_NULL, BETWEEN, IN))
    return write_text(node) if bare else f"({write_text(node)})"


def _value(node: Value) -> str:
    value = node.value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, int | float):
        return repr(value)
    return f"{'TIMESTAMP' if isinstance(value, datetime) else 'DATE'}('{_time(value)}')"


def _time(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value)


def _end(node: Node | None) -> str:
    if node is None:
        return "'..'"
    return f"'{_time(node.value)}'" if isinstance(node, Value) else write_text(node)


def _geometry(node: Geometry) -> str:
    if node.type == "GeometryCollection":
        return f"GEOMETRYCOLLECTION({','.join(_geometry(part) for part in node.coordinates)})"  # type: ignore[arg-type]
    if node.type == "BBox":
        return f"BBOX({','.join(map(repr, node.coordinates))})"
    if node.type == "Point":
        return f"POINT({_positions(node.coordinates)})"
    return f"{node.type.upper()}{_positions(node.coordinates)}"


def _positions(part: tuple[object, ...]) -> str:
    if not isinstance(part[0], tuple):
        return " ".join(map(repr, part))
    return f"({','.join(_positions(inner) for inner in part)})"  # type: ignore[arg-type]


def _json_value(node: Value) -> object:
    value = node.value
    if isinstance(value, str | bool | int | float):
        return value
    return {"timestamp" if isinstance(value, datetime) else "date": _time(value)}


def _json_end(node: Node | None) -> object:
    if node is None:
        return ".."
    return _time(node.value) if isinstance(node, Value) else write_json(node)


def _json_geometry(node: Geometry) -> object:
    if node.type == "BBox":
        return {"bbox": list(node.coordinates)}
    if node.type == "GeometryCollection":
        return {"type": node.type, "geometries": [_json_geometry(part) for part in node.coordinates]}  # type: ignore[arg-type]
    return {"type": node.type, "coordinates": node.coordinates}

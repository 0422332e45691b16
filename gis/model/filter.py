"""A condition on features as a small typed tree: what CQL2, and equality parameters, come to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from gis.model.layer import FieldType


class Kind(StrEnum):
    """What an expression is."""

    BOOLEAN = "boolean"
    NUMBER = "number"
    TEXT = "text"
    ID = "id"
    DATE = "date"
    TIMESTAMP = "timestamp"
    INTERVAL = "interval"
    GEOMETRY = "geometry"
    LIST = "list"  # of texts


FIELD_KINDS = MappingProxyType(
    {
        FieldType.TEXT: Kind.TEXT,
        FieldType.INTEGER: Kind.NUMBER,
        FieldType.NUMBER: Kind.NUMBER,
        FieldType.BOOLEAN: Kind.BOOLEAN,
        FieldType.DATE: Kind.DATE,
        FieldType.TIMESTAMP: Kind.TIMESTAMP,
        FieldType.TEXT_LIST: Kind.LIST,
    }
)

GEOMETRY, ID, VALID_FROM, VALID_TO = "geometry", "id", "valid_from", "valid_to"
SYSTEM_KINDS = MappingProxyType(
    {ID: Kind.ID, GEOMETRY: Kind.GEOMETRY, VALID_FROM: Kind.TIMESTAMP, VALID_TO: Kind.TIMESTAMP}
)
"""What can be asked of the features of every layer besides its fields; no field may have these names."""


@dataclass(frozen=True, slots=True)
class Property:
    """The value that the feature has."""

    name: str


@dataclass(frozen=True, slots=True)
class Value:
    """A constant. Timestamps are aware and in UTC; texts are NFC."""

    value: bool | int | float | str | date | datetime


@dataclass(frozen=True, slots=True)
class Interval:
    """From `start` up to `end`, both included; None is open."""

    start: Node | None
    end: Node | None


@dataclass(frozen=True, slots=True)
class Geometry:
    """A constant geometry: a GeoJSON `type` with its coordinates as tuples, or `BBox` with four or six numbers.

    The parts of a GeometryCollection are geometries. Without a `crs` the coordinates stand as they were written; with
    one (EPSG code or CRS84) they are two, easting or longitude first.
    """

    type: str
    coordinates: tuple[object, ...]
    crs: int | None = None


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """An operator or a function by its CQL2 JSON name, and what it is applied to.

    `in` has the value and the Items, `between` value, lower and upper bound, `like` value and pattern.
    """

    op: str
    args: tuple[Node, ...]


type Node = Property | Value | Interval | Geometry | Items | Call

AND, OR, NOT = "and", "or", "not"
LIKE, BETWEEN, IN, IS_NULL = "like", "between", "in", "isNull"
CASEI, ACCENTI = "casei", "accenti"
COMPARISONS = ("=", "<>", "<", ">", "<=", ">=")
ARITHMETIC = ("+", "-", "*", "/", "%", "div", "^")
SPATIAL = ("s_intersects", "s_equals", "s_disjoint", "s_touches", "s_within", "s_overlaps", "s_crosses", "s_contains")
TEMPORAL = (
    *("t_after", "t_before", "t_contains", "t_disjoint", "t_during", "t_equals", "t_finishedBy", "t_finishes"),
    *("t_intersects", "t_meets", "t_metBy", "t_overlappedBy", "t_overlaps", "t_startedBy", "t_starts"),
)
ARRAY = ("a_equals", "a_contains", "a_containedBy", "a_overlaps")
FUNCTIONS = MappingProxyType(
    {
        "area": ((Kind.GEOMETRY,), Kind.NUMBER),
        "length": ((Kind.GEOMETRY,), Kind.NUMBER),
        "distance": ((Kind.GEOMETRY, Kind.GEOMETRY), Kind.NUMBER),
        "lower": ((Kind.TEXT,), Kind.TEXT),
        "upper": ((Kind.TEXT,), Kind.TEXT),
    }
)
"""What may be called, with the kinds of the arguments and of the answer. Metres and square metres of the storage CRS."""


def children(node: Node) -> tuple[Node, ...]:
    """What the node stands on."""
    if isinstance(node, Call):
        return node.args
    if isinstance(node, Items):
        return node.items
    if isinstance(node, Interval):
        return tuple(end for end in (node.start, node.end) if end is not None)
    return ()


def walk(tree: Node) -> Iterator[Node]:
    """Every node; without recursion, so that any tree can be walked."""
    left: list[Node] = [tree]
    while left:
        node = left.pop()
        yield node
        left.extend(children(node))


def properties(tree: Node) -> frozenset[str]:
    """The names of all that is asked about, wherever it stands."""
    return frozenset(node.name for node in walk(tree) if isinstance(node, Property))


def among(name: str, texts: Iterable[str]) -> Node:
    """The property is one of these."""
    return Call(IN, (Property(name), Items(tuple(map(Value, texts)))))


def conjunction(*conditions: Node | None) -> Node | None:
    """All of the conditions that there are; None if there is none."""
    parts: list[Node] = []
    for condition in conditions:
        if isinstance(condition, Call) and condition.op == AND:
            parts.extend(condition.args)
        elif condition is not None:
            parts.append(condition)
    return Call(AND, tuple(parts)) if len(parts) > 1 else next(iter(parts), None)


def renamed(tree: Node, names: Mapping[str, str]) -> Node:
    """The tree with each property by the name that `names` has for it, if it has one."""
    if isinstance(tree, Property):
        return Property(names.get(tree.name, tree.name))
    if isinstance(tree, Call):
        return Call(tree.op, tuple(renamed(arg, names) for arg in tree.args))
    if isinstance(tree, Items):
        return Items(tuple(renamed(item, names) for item in tree.items))
    if isinstance(tree, Interval):
        return Interval(*(None if end is None else renamed(end, names) for end in (tree.start, tree.end)))
    return tree

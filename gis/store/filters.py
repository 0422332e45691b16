"""A condition (gis.model.filter) → SQL: its form, which makes the text of the statement, and its constants, which are bound.

SQL has the three-valued logic that CQL2 asks for: what stands on a missing value is neither true nor false. Nothing in
it can fail on a row, for rows that the caller may not ask about are computed too. A date beside a timestamp is that
whole day in the time zone of the session, which is the territory's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Double,
    FromClause,
    LargeBinary,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
    func,
    literal_column,
    not_,
    null,
    or_,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.types import TypeEngine

from gis.model.access import Decision
from gis.model.filter import (
    ACCENTI,
    AND,
    ARITHMETIC,
    BETWEEN,
    CASEI,
    COMPARISONS,
    FIELD_KINDS,
    GEOMETRY,
    ID,
    IN,
    IS_NULL,
    LIKE,
    NOT,
    OR,
    SPATIAL,
    SYSTEM_KINDS,
    TEMPORAL,
    VALID_FROM,
    VALID_TO,
    Call,
    Geometry,
    Interval,
    Items,
    Kind,
    Node,
    Property,
    Value,
    properties,
    walk,
)
from gis.model.layer import Layer
from gis.store import filter_areas, filter_times, levels
from gis.store.area import Bounds
from gis.store.tables import SHOWN

_INSTANT = DateTime(timezone=True)
_TYPES: Mapping[str, TypeEngine[Any]] = MappingProxyType(
    {
        "boolean": Boolean(),
        "integer": BigInteger(),
        "number": Double(),
        "text": Text(),
        "id": Uuid(),
        "date": Date(),
        "timestamp": _INSTANT,
        "84": LargeBinary(),
        "storage": LargeBinary(),
    }
)
_SLOT_KINDS: Mapping[str, Kind] = MappingProxyType(
    {"boolean": Kind.BOOLEAN, "integer": Kind.NUMBER, "id": Kind.ID, "84": Kind.GEOMETRY, "storage": Kind.GEOMETRY}
    | {kind.value: kind for kind in (Kind.NUMBER, Kind.TEXT, Kind.DATE, Kind.TIMESTAMP)}
)


@dataclass(frozen=True, slots=True)
class Slot:
    """A constant, or a list of them, bound by `name`; `type` is a key of _TYPES."""

    name: str
    type: str
    many: bool = False


type Part = Property | Slot | Interval | Items | Call
"""A node with slots in the place of constants."""


@dataclass(frozen=True, slots=True)
class Form:
    """All of a condition that changes the text of its SQL. `ranged`: what meets it lies in known ranges of the sort key."""

    condition: Any
    names: tuple[str, ...]
    ranged: bool

    @property
    def timed(self) -> bool:
        """It asks when features hold."""
        return bool({VALID_FROM, VALID_TO} & set(self.names))

    def least(self, layer: Layer, decision: Decision, *, place: bool) -> int:
        """The level that a row needs to be asked by all that the condition names, wherever it names it."""
        fields = tuple(name for name in self.names if name not in SYSTEM_KINDS)
        level = levels.least(layer, decision, fields, place=place or GEOMETRY in self.names)
        if decision.everywhere or not self.timed:
            return level
        return max(level, SHOWN)


@dataclass(frozen=True, slots=True)
class Prepared:
    """The form of a condition, the values of its slots, and boxes in CRS84 that hold what meets it, if there are any."""

    form: Form
    values: Mapping[str, object]
    boxes: tuple[Bounds, ...] | None


def prepare(layer: Layer, condition: Node) -> Prepared:
    """InvalidCrs where a constant geometry does not lie in the area of its CRS."""
    values: dict[str, object] = {}
    bound = _Constants(layer, values).part(condition)
    boxes = filter_areas.boxes(condition)
    form = Form(bound, tuple(sorted(properties(condition))), boxes is not None)
    return Prepared(form, values, boxes)


def expression(
    layer: Layer, versions: FromClause, form: Form, valid: Callable[[], ColumnElement[Any]]
) -> list[ColumnElement[bool]]:
    """What has to hold together of the rows `versions`, a history table or an alias of it, which tell their `valid`."""
    writer = _Writer(layer, versions, valid)
    condition = form.condition
    parts = condition.args if isinstance(condition, Call) and condition.op == AND else (condition,)
    # Where ranges of the sort key hold the candidates, no spatial index shall lead the planner away from them: what may
    # be unknown is not led by any. Of what has to hold together, unknown is as good as false.
    return [
        writer.sql(part).is_(literal_column("true")) if form.ranged and _spatial(part) else writer.sql(part)
        for part in parts
    ]


def _spatial(part: Any) -> bool:
    return any(isinstance(node, Call) and node.op in SPATIAL for node in walk(part))


class _Constants:
    """Puts slots in the place of constants and collects their values."""

    def __init__(self, layer: Layer, values: dict[str, object]) -> None:
        self._layer = layer
        self._values = values

    def part(self, node: Node, *, metric: bool = False) -> Any:
        """The node with slots; geometries in the storage CRS where metres are asked for."""
        if isinstance(node, Value):
            return self._slot(_type(node.value), node.value)
        if isinstance(node, Geometry):
            target = "storage" if metric or not filter_areas.is_lon_lat(node) else "84"
            code = self._layer.storage_crs if target == "storage" else 4326
            return self._slot(target, filter_areas.ewkb(node, code))
        if isinstance(node, Interval):
            return Interval(*(None if end is None else self.part(end) for end in (node.start, node.end)))
        if isinstance(node, Items):
            return self._items(node)
        if isinstance(node, Call):
            node = _with_ids(node)
            if node.op == IN:
                value, items = node.args
                return Call(IN, (self.part(value), self._items(items, self._type_of(value))))
            return Call(node.op, tuple(self.part(arg, metric=node.op not in SPATIAL) for arg in node.args))
        return node

    def _items(self, node: Any, beside: str | None = None) -> Any:
        """One list where all are constants of a type, mixed numbers a list of doubles; days stay apart beside instants,
        and instants beside days."""
        constants = [item.value for item in node.items if isinstance(item, Value)]
        types = {_type(value) for value in constants} or {"text"}
        if types == {"integer", "number"}:
            constants, types = [float(value) for value in constants], {"number"}  # type: ignore[arg-type]
        apart = types & {"date", "timestamp"} and types != {beside}
        if len(constants) < len(node.items) or len(types) > 1 or apart:
            return Items(tuple(self.part(item) for item in node.items))
        return self._slot(types.pop(), constants, many=True)

    def _type_of(self, node: Node) -> str | None:
        """The type of a field or a constant."""
        if isinstance(node, Property):
            return SYSTEM_KINDS.get(node.name) or self._layer.field(node.name).type
        return _type(node.value) if isinstance(node, Value) else None

    def _slot(self, type_: str, value: object, *, many: bool = False) -> Slot:
        slot = Slot(f"filter_{len(self._values)}", type_, many)
        self._values[slot.name] = value
        return slot


def _with_ids(node: Call) -> Call:
    """Ids are compared as such where they are written as such; else as texts, which no id equals."""
    if node.op not in ("=", "<>", IN) or not any(isinstance(arg, Property) and arg.name == ID for arg in node.args):
        return node
    constants = [item for arg in node.args for item in (arg.items if isinstance(arg, Items) else (arg,))]
    constants = [item for item in constants if not (isinstance(item, Property) and item.name == ID)]
    if not all(isinstance(item, Value) and _is_id(item.value) for item in constants):
        return node

    def typed(arg: Node) -> Any:
        if isinstance(arg, Items):
            return Items(tuple(typed(item) for item in arg.items))
        return Value(UUID(arg.value)) if isinstance(arg, Value) else arg  # type: ignore[arg-type]

    return Call(node.op, tuple(typed(arg) for arg in node.args))


def _is_id(value: object) -> bool:
    try:
        return isinstance(value, str) and str(UUID(value)) == value.lower()
    except ValueError:
        return False


def _type(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    names: dict[type, str] = {int: "integer", float: "number", str: "text", UUID: "id", datetime: "timestamp"}
    return names.get(type(value), "date")


class _Writer:
    """SQL of the parts of one condition over one table."""

    def __init__(self, layer: Layer, versions: FromClause, valid: Callable[[], ColumnElement[Any]]) -> None:
        self._layer = layer
        self._versions = versions
        self._valid = valid
        self._calls: dict[str, Callable[..., Any]] = {
            AND: lambda *args: and_(*map(self.sql, args)),
            OR: lambda *args: or_(*map(self.sql, args)),
            NOT: lambda arg: not_(self.sql(arg)),
            LIKE: lambda value, pattern: self.sql(value).bool_op("LIKE")(self.sql(pattern)),
            BETWEEN: self._between,
            IN: self._in,
            IS_NULL: self._is_null,
            "area": lambda arg: func.ST_Area(self.sql(arg, geometry="geom")),
            "length": self._length,
            "distance": lambda *args: func.ST_Distance(*(self.sql(arg, geometry="geom") for arg in args)),
            "lower": lambda arg: func.lower(self.sql(arg)),
            "upper": lambda arg: func.upper(self.sql(arg)),
            "a_contains": lambda one, two: self.sql(one).bool_op("@>")(self.sql(two)),
            "a_containedBy": lambda one, two: self.sql(one).bool_op("<@")(self.sql(two)),
            "a_overlaps": lambda one, two: self.sql(one).bool_op("&&")(self.sql(two)),
            "a_equals": self._same_elements,
        }

    def sql(self, part: Any, *, geometry: str = "geom_84") -> Any:
        """The part as an expression; `geometry` is the column that stands for the geometry."""
        if isinstance(part, Property):
            return self._property(part.name, geometry)
        if isinstance(part, Slot):
            return _bound(part)
        if isinstance(part, Items):
            return cast(array([self.sql(item) for item in part.items]), ARRAY(Text()))
        op = part.op
        if op in COMPARISONS:
            return self._compare(op, *part.args)
        if op in SPATIAL:
            return self._meets(op, *part.args)
        if op in TEMPORAL:
            return self._temporal(op, *part.args)
        if op in ARITHMETIC:
            return self._calculated(op, *part.args)
        return self._folded(part) if op in (CASEI, ACCENTI) else self._calls[op](*part.args)

    def _property(self, name: str, geometry: str) -> Any:
        columns = self._versions.c
        if name == GEOMETRY:
            return columns[geometry]
        if name == ID:
            return cast(columns.id, Text)
        if name in (VALID_FROM, VALID_TO):
            return (func.lower if name == VALID_FROM else func.upper)(self._valid(), type_=_INSTANT)
        return columns[name]

    def _kind(self, part: Any) -> Kind | None:
        """What a property or a constant is; of calls nobody needs to know."""
        if isinstance(part, Property):
            return SYSTEM_KINDS.get(part.name) or FIELD_KINDS[self._layer.field(part.name).type]
        return _SLOT_KINDS[part.type] if isinstance(part, Slot) else None

    def _compare(self, op: str, left: Any, right: Any) -> Any:
        kinds = self._kind(left), self._kind(right)
        one, two = self.sql(left), self.sql(right)
        if kinds == (Kind.TIMESTAMP, Kind.DATE):
            return filter_times.beside_day(op, one, two)
        if kinds == (Kind.DATE, Kind.TIMESTAMP):
            return filter_times.beside_day(filter_times.MIRRORED[op], two, one)
        if kinds == (Kind.ID, Kind.ID):
            one, two = (self._versions.c.id if isinstance(part, Property) else self.sql(part) for part in (left, right))
        return one.bool_op(op)(two)

    def _between(self, value: Any, low: Any, high: Any) -> Any:
        return and_(self._compare(">=", value, low), self._compare("<=", value, high))

    def _in(self, value: Any, items: Any) -> Any:
        if isinstance(items, Items):
            return or_(*(self._compare("=", value, item) for item in items.items))
        one = self._versions.c.id if items.type == "id" else self.sql(value)
        return one.bool_op("=")(any_(_bound(items)))

    def _is_null(self, part: Any) -> Any:
        if isinstance(part, Interval):
            ends = [self.sql(end) for end in (part.start, part.end) if end is not None]
            return or_(literal_column("false"), *(end.is_(null()) for end in ends))
        return self.sql(part).is_(null())

    def _folded(self, part: Call) -> Any:
        """CASEI, ACCENTI or both; in whatever order both stand, the indexes on names know them."""
        folds: set[str] = set()
        inner: Any = part
        while isinstance(inner, Call) and inner.op in (CASEI, ACCENTI):
            folds.add(inner.op)
            inner = inner.args[0]
        name = {CASEI: "caseless", ACCENTI: "accentless"}[part.op] if len(folds) == 1 else "folded"
        return getattr(func.landmap, name)(self.sql(inner), type_=Text())

    def _calculated(self, op: str, left: Any, right: Any) -> Any:
        one, two = (cast(self.sql(arg), Double) for arg in (left, right))
        return func.landmap.calculated(one, literal_column(f"'{op}'"), two, type_=Double())

    def _length(self, part: Any) -> Any:
        """Of a line its length, of an area that of its boundary; each of the two is 0 for the other."""
        found = self.sql(part, geometry="geom")
        return func.ST_Length(found) + func.ST_Perimeter(found)

    def _same_elements(self, left: Any, right: Any) -> Any:
        """A list is a set here (CQL2, array functions)."""
        one, two = self.sql(left), self.sql(right)
        return and_(one.bool_op("@>")(two), one.bool_op("<@")(two))

    def _meets(self, op: str, left: Any, right: Any) -> Any:
        slots = [part for part in (left, right) if isinstance(part, Slot)]
        column = "geom" if any(slot.type == "storage" for slot in slots) else "geom_84"
        return getattr(func, f"ST_{op[2:].title()}")(*(self.sql(part, geometry=column) for part in (left, right)))

    def _temporal(self, op: str, left: Any, right: Any) -> Any:
        ends = [self._ends(part) for part in (left, right)]
        days = all(kind is not Kind.TIMESTAMP for pair in ends for _, kind in pair)
        return filter_times.RELATIONS[op](*(filter_times.span(pair, days=days) for pair in ends))

    def _ends(self, part: Any) -> tuple[tuple[Any, Kind | None], ...]:
        """Start and end with their kinds; an open end is None. Where a feature has no time, it holds without end."""
        if not isinstance(part, Interval):
            return ((self.sql(part), self._kind(part)),) * 2
        return tuple(
            (None, None)
            if end is None
            else (filter_times.unbounded(self.sql(end), lower=end == Property(VALID_FROM)), Kind.TIMESTAMP)
            if end in (Property(VALID_FROM), Property(VALID_TO))
            else (self.sql(end), self._kind(end))
            for end in (part.start, part.end)
        )


def _bound(slot: Slot) -> Any:
    type_ = _TYPES[slot.type]
    found = bindparam(slot.name, type_=ARRAY(type_) if slot.many else type_)
    return func.ST_GeomFromEWKB(found) if slot.type in ("84", "storage") else found

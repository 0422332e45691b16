"""Random filters over a small table of every kind of field, and what they mean, told by Python alone."""

from __future__ import annotations

import math
import operator
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import shapely
from hypothesis import strategies as st

from gis.model.filter import COMPARISONS, SPATIAL, TEMPORAL, Call, Geometry, Interval, Items, Node, Property, Value

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
TEXTS = (
    "a",
    "b",
    "A",
    "Bình Thạnh",
    "bình thạnh",
    "binh thanh",
    "Đường Hoà",
    "Đường Hòa",
    "50%",
    "x' OR 1=1 --",
    "",
    "a\\b",
)
NUMBERS = (-7, -2, 0, 1, 2, 3, 0.5, 2.5)
DATES = (date(2024, 7, 31), date(2024, 8, 1), date(2024, 8, 2))
INSTANTS = (
    *(datetime(2024, 7, 31, hour, tzinfo=UTC) for hour in (0, 16, 17, 18)),
    datetime(2024, 8, 1, 16, 59, 59, 999999, UTC),
    datetime(2024, 8, 1, 17, tzinfo=UTC),
)
LISTS = ((), ("a",), ("a", "b"), ("b", "a", "a"), ("c",))

KINDS_OF_FIELDS = {
    "t": "text", "u": "text", "i": "integer", "n": "number", "f": "boolean", "d": "date", "e": "date", "s": "timestamp",
    "z": "timestamp", "l": "text[]", "m": "text[]",
}  # fmt: skip


def rows() -> st.SearchStrategy[dict[str, Any]]:
    """A row; any value may be missing."""
    values = {"text": TEXTS, "integer": (-7, 0, 1, 2, 3), "number": NUMBERS, "boolean": (True, False)}
    values |= {"date": DATES, "timestamp": INSTANTS, "text[]": LISTS}  # type: ignore[dict-item]
    columns = {name: st.sampled_from((None, *values[kind])) for name, kind in KINDS_OF_FIELDS.items()}
    return st.fixed_dictionaries({**columns, "geometry": st.none() | shapes()})  # type: ignore[arg-type]


def shapes() -> st.SearchStrategy[Any]:
    """Geometries on a small grid, so that they touch, contain and cross each other."""
    at = st.integers(0, 4)
    size = st.integers(1, 3)
    points = st.builds(lambda x, y: shapely.Point(x, y), at, at)
    boxes = st.builds(lambda x, y, w, h: shapely.box(x, y, x + w, y + h), at, at, size, size)
    lines = st.builds(lambda x, y, w, h: shapely.LineString([(x, y), (x + w, y + h)]), at, at, size, size)
    return points | boxes | lines


def _constants(values: tuple[Any, ...]) -> st.SearchStrategy[Node]:
    return st.sampled_from(values).map(Value)


def _fields(*names: str) -> st.SearchStrategy[Node]:
    return st.sampled_from(names).map(Property)


def texts() -> st.SearchStrategy[Node]:
    bare = _constants(TEXTS) | _fields("t", "u")
    once = st.builds(lambda op, arg: Call(op, (arg,)), st.sampled_from(("casei", "accenti")), bare)
    return bare | once | st.builds(lambda op, arg: Call(op, (arg,)), st.sampled_from(("casei", "accenti")), once)


def numbers() -> st.SearchStrategy[Node]:
    whole = _constants((-3, -1, 0, 1, 2, 5)) | _fields("i")
    exact = st.builds(lambda op, a, b: Call(op, (a, b)), st.sampled_from(("%", "div", "^")), whole, whole)
    leaves = whole | exact | _constants(NUMBERS) | _fields("n")
    return st.recursive(
        leaves,
        lambda inner: st.builds(lambda op, a, b: Call(op, (a, b)), st.sampled_from("+-*/"), inner, inner),
        max_leaves=4,
    )


def times() -> st.SearchStrategy[Node]:
    return _constants(DATES) | _constants(INSTANTS) | _fields("d", "e", "s", "z")


def intervals() -> st.SearchStrategy[Node]:
    ends = st.none() | times()
    return st.builds(Interval, ends, ends).filter(_in_order)


def _in_order(found: Interval) -> bool:
    if not (isinstance(found.start, Value) and isinstance(found.end, Value)):
        return True
    a, b = found.start.value, found.end.value
    return type(a) is not type(b) or a <= b  # type: ignore[operator]


def geometries() -> st.SearchStrategy[Node]:
    def written(shape: Any) -> Geometry:
        found = shapely.geometry.mapping(shape)
        return Geometry(found["type"], _tuples(found["coordinates"]))

    boxes = st.builds(
        lambda x, y, w, h: Geometry("BBox", (float(x), float(y), float(x + w), float(y + h))),
        *(st.integers(0, 4), st.integers(0, 4), st.integers(0, 3), st.integers(0, 3)),
    )
    return shapes().map(written) | boxes


def _tuples(part: Any) -> Any:
    return tuple(map(_tuples, part)) if isinstance(part, tuple | list) else float(part)


def _not_one(node: Node) -> bool:
    """Text has no way to tell a list of one in parentheses from a value in parentheses."""
    return not (isinstance(node, Items) and len(node.items) == 1)


def lists() -> st.SearchStrategy[Node]:
    items = (_constants(("a", "b", "c")) | _fields("t")).map(lambda node: node)
    return _fields("l", "m") | st.lists(items, max_size=3).map(lambda found: Items(tuple(found)))


PATTERNS = ("%", "a%", "_", "B_nh%", "%Th%nh", "50\\%", "a\\\\b", "Đường Ho_", "a\\_", "")


def conditions() -> st.SearchStrategy[Node]:
    """Every predicate, alone and joined."""

    def call(ops: tuple[str, ...], *args: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        return st.builds(lambda op, *found: Call(op, found), st.sampled_from(ops), *args)

    def member(values: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        items = st.lists(values, min_size=1, max_size=3).map(lambda found: Items(tuple(found)))
        return call(("in",), values, items)

    pattern = _constants(PATTERNS)
    folded = st.builds(lambda op, found: Call(op, (found,)), st.sampled_from(("casei", "accenti")), pattern)
    whens = times() | intervals()
    place = st.just(Property("geometry"))
    predicate = st.one_of(
        *(call(COMPARISONS, kind, kind) for kind in (texts(), numbers(), times())),
        call(("=", "<>"), _fields("f"), _constants((True, False))),
        *(call(("between",), kind, kind, kind) for kind in (numbers(), times())),
        *(member(kind) for kind in (texts(), numbers(), times())),
        call(("like",), texts(), pattern | folded),
        call(("isNull",), texts() | numbers() | times() | intervals() | lists().filter(_not_one) | place),
        call(TEMPORAL, whens, whens),
        call(("a_equals", "a_contains", "a_containedBy", "a_overlaps"), lists(), lists()),
        call(SPATIAL, place, geometries()) | call(SPATIAL, geometries(), place),
        _constants((True, False)),
    )

    def joined(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        some = st.lists(inner, min_size=2, max_size=3).map(tuple)
        both = st.builds(lambda op, parts: Call(op, parts), st.sampled_from(("and", "or")), some)
        return both | st.builds(lambda part: Call("not", (part,)), inner)

    return st.recursive(predicate, joined, max_leaves=6)


# --- what they mean ----------------------------------------------------------------------------------------------


def meaning(node: Node, row: Mapping[str, Any]) -> Any:
    """The value of an expression for a row; None is unknown."""
    if isinstance(node, Property):
        return row[node.name]
    if isinstance(node, Value):
        return node.value
    if isinstance(node, Items):
        return tuple(meaning(item, row) for item in node.items)
    if isinstance(node, Geometry):
        return _shape(node)
    assert isinstance(node, Call)
    if node.op in ("and", "or"):
        return _logic(node.op, [meaning(arg, row) for arg in node.args])
    if node.op == "isNull":
        return _is_null(node.args[0], row)
    if node.op in TEMPORAL:
        return _temporal(node, row)
    args = [meaning(arg, row) for arg in node.args]
    if node.op in ("in", "between"):
        return _among(node.op, args)
    if any(arg is None for arg in args):
        return None
    return _OPERATIONS[node.op](*args)


def _among(op: str, args: list[Any]) -> bool | None:
    if op == "in":
        return _logic("or", [_compared("=", args[0], item) for item in args[1]])
    return _logic("and", [_compared(">=", args[0], args[1]), _compared("<=", args[0], args[2])])


def _is_null(node: Node, row: Mapping[str, Any]) -> bool:
    if isinstance(node, Interval):
        return any(end is not None and meaning(end, row) is None for end in (node.start, node.end))
    return meaning(node, row) is None


def _logic(op: str, values: list[Any]) -> bool | None:
    decisive = op == "or"
    if any(value is decisive for value in values):
        return decisive
    return None if any(value is None for value in values) else not decisive


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip


def _day(day: date) -> tuple[datetime, datetime]:
    begin = datetime.combine(day, time(), ZONE)
    return begin, begin + timedelta(days=1) - timedelta(microseconds=1)


def _compared(op: str, a: Any, b: Any) -> bool | None:
    """A day beside an instant is all its instants."""
    if a is None or b is None:
        return None
    if isinstance(b, date) and isinstance(a, datetime) and not isinstance(b, datetime):
        first, last = _day(b)
        if op in ("=", "<>"):
            return (first <= a <= last) is (op == "=")
        return _COMPARE[op](a, first if op in ("<", ">=") else last)
    if isinstance(b, datetime) and not isinstance(a, datetime):
        return _compared({"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(op, op), b, a)
    return _COMPARE[op](a, b)


def _temporal(node: Call, row: Mapping[str, Any]) -> bool | None:
    pairs = [
        tuple("open" if end is None else meaning(end, row) for end in (arg.start, arg.end))
        if isinstance(arg, Interval)
        else (meaning(arg, row),) * 2
        for arg in node.args
    ]
    # Whether these are days or instants is told by their fields, also where a row has no value.
    instants = any(_is_instant(end) for arg in node.args for end in _ends(arg))
    (a, b), (c, d) = ((_edge(pair[0], 0, instants=instants), _edge(pair[1], 1, instants=instants)) for pair in pairs)
    parts = _ALLEN[node.op](a, b, c, d)
    return _logic("or" if node.op == "t_disjoint" else "and", [_known(*part) for part in parts])


def _ends(arg: Node) -> tuple[Node | None, ...]:
    return (arg.start, arg.end) if isinstance(arg, Interval) else (arg,)


def _is_instant(end: Node | None) -> bool:
    if isinstance(end, Value):
        return isinstance(end.value, datetime)
    return isinstance(end, Property) and KINDS_OF_FIELDS[end.name] == "timestamp"


def _edge(value: Any, which: int, *, instants: bool) -> Any:
    if value == "open":
        first, last = (
            (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)) if instants else (date.min, date.max)
        )
        return last if which else first
    if instants and isinstance(value, date) and not isinstance(value, datetime):
        return _day(value)[which]
    return value


def _known(a: Any, op: str, b: Any) -> bool | None:
    return None if a is None or b is None else _COMPARE[op](a, b)


_ALLEN: dict[str, Callable[[Any, Any, Any, Any], list[tuple[Any, str, Any]]]] = {
    "t_after": lambda a, b, c, d: [(a, ">", d)],
    "t_before": lambda a, b, c, d: [(b, "<", c)],
    "t_contains": lambda a, b, c, d: [(a, "<", c), (b, ">", d)],
    "t_disjoint": lambda a, b, c, d: [(b, "<", c), (a, ">", d)],
    "t_during": lambda a, b, c, d: [(a, ">", c), (b, "<", d)],
    "t_equals": lambda a, b, c, d: [(a, "=", c), (b, "=", d)],
    "t_finishedBy": lambda a, b, c, d: [(a, "<", c), (b, "=", d)],
    "t_finishes": lambda a, b, c, d: [(a, ">", c), (b, "=", d)],
    "t_intersects": lambda a, b, c, d: [(a, "<=", d), (b, ">=", c)],
    "t_meets": lambda a, b, c, d: [(b, "=", c)],
    "t_metBy": lambda a, b, c, d: [(a, "=", d)],
    "t_overlappedBy": lambda a, b, c, d: [(a, ">", c), (a, "<", d), (b, ">", d)],
    "t_overlaps": lambda a, b, c, d: [(a, "<", c), (b, ">", c), (b, "<", d)],
    "t_startedBy": lambda a, b, c, d: [(a, "=", c), (b, ">", d)],
    "t_starts": lambda a, b, c, d: [(a, "=", c), (b, "<", d)],
}


def accentless(text: str) -> str:
    """Without combining marks; đ is a d."""
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", bare.replace("đ", "d").replace("Đ", "D"))


def _like(text: str, pattern: str) -> bool:
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    known = {"%": ".*", "_": "."}
    return re.fullmatch("".join(known.get(part) or re.escape(part[-1]) for part in parts), text, re.DOTALL) is not None


def _power(a: float, b: float) -> float | None:
    if (a == 0 and b < 0) or (a < 0 and b != int(b)):
        return None
    return float(a) ** float(b)


def _shape(node: Geometry) -> Any:
    if node.type != "BBox":
        return shapely.geometry.shape({"type": node.type, "coordinates": node.coordinates})
    west, south, east, north = node.coordinates  # type: ignore[misc]
    if west == east and south == north:
        return shapely.Point(west, south)
    return (
        shapely.box(west, south, east, north)
        if west < east and south < north
        else shapely.LineString([(west, south), (east, north)])
    )


def _related(how: str, a: Any, b: Any) -> bool:
    return bool(getattr(shapely, how)(a, b))


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "not": lambda a: not a,
    "like": _like,
    "casei": str.casefold,
    "accenti": accentless,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda a, b: None if b == 0 else a / b,
    "div": lambda a, b: None if b == 0 else math.trunc(a / b),
    "%": lambda a, b: None if b == 0 else math.fmod(a, b),
    "^": _power,
    "a_equals": lambda a, b: set(a) == set(b) and None not in a + b,  # a missing value in a list is like no other
    "a_contains": lambda a, b: set(a) >= set(b) and None not in b,
    "a_containedBy": lambda a, b: set(a) <= set(b) and None not in a,
    "a_overlaps": lambda a, b: bool(set(a) & set(b) - {None}),
    **{op: partial(_compared, op) for op in COMPARISONS},
    **{op: partial(_related, op[2:]) for op in SPATIAL},
}

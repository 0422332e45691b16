"""A tree as it was read to one that can be asked: names are known, kinds fit, geometries have a CRS."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

import shapely

from gis.cql2.limits import MAX_PATTERN, MAX_WILDCARDS, mistake, shown, too_large
from gis.cql2.write import write_text
from gis.crs.registry import crs as crs_of
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
    Kind,
    Node,
    Property,
    Value,
)

_TEXTS = (Kind.TEXT, Kind.ID)
_INSTANTS = (Kind.DATE, Kind.TIMESTAMP)
_SCALARS = (Kind.BOOLEAN, Kind.NUMBER, *_TEXTS, *_INSTANTS)
_ESCAPES = re.compile(r"(?:[^\\]|\\[%_\\])*+")

_WORDS: Mapping[Kind, tuple[str, str]] = MappingProxyType(
    {
        Kind.BOOLEAN: ("a condition (true or false)", "điều kiện (đúng hoặc sai)"),
        Kind.NUMBER: ("a number", "số"),
        Kind.TEXT: ("a text", "chuỗi"),
        Kind.ID: ("a text", "chuỗi"),
        Kind.DATE: ("a date", "ngày"),
        Kind.TIMESTAMP: ("a timestamp", "thời điểm"),
        Kind.INTERVAL: ("an interval", "khoảng thời gian"),
        Kind.GEOMETRY: ("a geometry", "hình"),
        Kind.LIST: ("a list of texts", "danh sách chuỗi"),
    }
)

_MOST_DEGREES = 360.0  # a box around the antimeridian may go beyond 180


def resolve(tree: Node, kinds: Mapping[str, Kind], crs: int) -> Node:
    """The condition with AND and OR made flat and constant geometries in `crs`, easting or longitude first.

    `kinds` are the properties that may be asked about; any other is unknown, whether it exists or not. InvalidParameter
    quotes the part that is wrong.
    """
    resolver = _Resolver(kinds, crs)
    found, kind = resolver.node(tree)
    if kind is not Kind.BOOLEAN:
        raise _unfit(tree, kind, (Kind.BOOLEAN,))
    return found


class _Resolver:
    """The names and the CRS that hold for one filter."""

    def __init__(self, kinds: Mapping[str, Kind], crs: int) -> None:
        self._kinds = kinds
        self._crs = crs

    def node(self, node: Node) -> tuple[Node, Kind]:
        """The node resolved, and what it is."""
        if isinstance(node, Property):
            return node, self._kind_of(node.name)
        if isinstance(node, Value):
            return node, _VALUE_KINDS[type(node.value)]
        if isinstance(node, Interval):
            return Interval(self._interval_end(node.start), self._interval_end(node.end)), Kind.INTERVAL
        if isinstance(node, Geometry):
            return _placed(node, self._crs), Kind.GEOMETRY
        if isinstance(node, Items):
            return Items(tuple(self._fit(item, _TEXTS) for item in node.items)), Kind.LIST
        return self._call(node)

    def _kind_of(self, name: str) -> Kind:
        kind = self._kinds.get(name)
        if kind is None:
            raise _unknown(name, self._kinds)
        return kind

    def _fit(self, node: Node, wanted: tuple[Kind, ...]) -> Node:
        found, kind = self.node(node)
        if kind not in wanted:
            raise _unfit(node, kind, wanted)
        return found

    def _interval_end(self, end: Node | None) -> Node | None:
        return None if end is None else self._fit(end, _INSTANTS)

    def _call(self, node: Call) -> tuple[Node, Kind]:
        special = {IN: self._in, LIKE: self._like, AND: self._logic, OR: self._logic}.get(node.op)
        if special is not None:
            return special(node), Kind.BOOLEAN
        if node.op in (*COMPARISONS, BETWEEN):
            return self._comparison(node), Kind.BOOLEAN
        if node.op == IS_NULL:
            return Call(IS_NULL, (self._any(node.args[0]),)), Kind.BOOLEAN
        wanted, kind = _signature(node)
        if len(node.args) != len(wanted):
            raise mistake(
                f"'{shown(node.op)}' takes {len(wanted)} arguments, not {len(node.args)}.",
                f"'{shown(node.op)}' cần {len(wanted)} tham số, không phải {len(node.args)}.",
            )
        args = tuple(self._fit(arg, kinds) for arg, kinds in zip(node.args, wanted, strict=True))
        return Call(node.op, args), kind

    def _any(self, node: Node) -> Node:
        return self.node(node)[0]

    def _logic(self, node: Call) -> Node:
        """`(a OR b) OR c` becomes `a OR b OR c`: QGIS nests what it joins."""
        parts: list[Node] = []
        for arg in node.args:
            found = self._fit(arg, (Kind.BOOLEAN,))
            parts.extend(found.args if isinstance(found, Call) and found.op == node.op else (found,))
        return Call(node.op, tuple(parts))

    def _comparison(self, node: Call) -> Node:
        first, kind = self.node(node.args[0])
        if kind not in _SCALARS:
            raise _not_comparable(node.args[0], kind)
        return Call(node.op, (first, *(self._fit_beside(arg, kind, node) for arg in node.args[1:])))

    def _in(self, node: Call) -> Node:
        value, items = node.args
        first, kind = self.node(value)
        if kind not in _SCALARS:
            raise _not_comparable(value, kind)
        if not isinstance(items, Items) or not items.items:
            raise mistake("IN takes a list of one value or more.", "IN cần danh sách có ít nhất một giá trị.")
        return Call(IN, (first, Items(tuple(self._fit_beside(item, kind, node) for item in items.items))))

    def _fit_beside(self, node: Node, kind: Kind, whole: Call) -> Node:
        """An operand that can be compared with one of `kind`."""
        if kind in _TEXTS and isinstance(node, Property) and node.name not in self._kinds:
            raise _unquoted(node.name)
        found, other = self.node(node)
        for group in (_TEXTS, _INSTANTS):
            if kind in group and other in group:
                return found
        if other is not kind:
            raise _unlike(whole, kind, other)
        return found

    def _like(self, node: Call) -> Node:
        value, pattern = self._fit(node.args[0], _TEXTS), node.args[1]
        _check_pattern(pattern)
        return Call(LIKE, (value, pattern))


_VALUE_KINDS: Mapping[type, Kind] = MappingProxyType(
    {
        bool: Kind.BOOLEAN,
        int: Kind.NUMBER,
        float: Kind.NUMBER,
        str: Kind.TEXT,
        date: Kind.DATE,
        datetime: Kind.TIMESTAMP,
    }
)


def _signature(node: Call) -> tuple[tuple[tuple[Kind, ...], ...], Kind]:
    """What the arguments may be, and what comes out."""
    op = node.op
    if op == NOT:
        return ((Kind.BOOLEAN,),), Kind.BOOLEAN
    if op in (CASEI, ACCENTI):
        return (_TEXTS,), Kind.TEXT
    if op in ARITHMETIC:
        return ((Kind.NUMBER,),) * 2, Kind.NUMBER
    if op in SPATIAL:
        return ((Kind.GEOMETRY,),) * 2, Kind.BOOLEAN
    if op in TEMPORAL:
        return ((*_INSTANTS, Kind.INTERVAL),) * 2, Kind.BOOLEAN
    if op in ARRAY:
        return ((Kind.LIST,),) * 2, Kind.BOOLEAN
    if op in FUNCTIONS:
        wanted, kind = FUNCTIONS[op]
        return tuple(_TEXTS if one is Kind.TEXT else (one,) for one in wanted), kind
    listed = ", ".join(FUNCTIONS)
    raise mistake(
        f"there is no function '{shown(op)}' here; there are {listed}.",
        f"không có hàm '{shown(op)}' ở đây; các hàm có thể dùng: {listed}.",
    )


def _check_pattern(pattern: Node) -> None:
    """A constant text, perhaps within CASEI and ACCENTI, with few wildcards, and the backslash only before one."""
    while isinstance(pattern, Call) and pattern.op in (CASEI, ACCENTI) and len(pattern.args) == 1:
        pattern = pattern.args[0]
    if not isinstance(pattern, Value) or not isinstance(pattern.value, str):
        raise mistake("LIKE takes a text as its pattern, such as 'Bình%'.", "LIKE cần mẫu là một chuỗi, ví dụ 'Bình%'.")
    text = pattern.value
    if len(text) > MAX_PATTERN or text.count("%") > MAX_WILDCARDS:
        raise too_large(
            f"a pattern longer than {MAX_PATTERN} characters or with more than {MAX_WILDCARDS} '%'",
            f"mẫu dài hơn {MAX_PATTERN} ký tự hoặc có hơn {MAX_WILDCARDS} dấu '%'",
        )
    if not _ESCAPES.fullmatch(text):
        raise mistake(
            f"in the pattern '{shown(text)}' a backslash stands alone; write \\\\ for one, \\% and \\_ for those signs.",
            f"trong mẫu '{shown(text)}' có dấu \\ đứng một mình; hãy ghi \\\\, hoặc \\% và \\_ cho hai dấu đó.",
        )


def _placed(geometry: Geometry, crs: int) -> Geometry:
    """The geometry in `crs`, easting or longitude first, without heights. A box is one; where west > east in degrees, two."""
    if geometry.type == "GeometryCollection":
        parts = tuple(_placed(part, crs) for part in geometry.coordinates if isinstance(part, Geometry))
        return Geometry(geometry.type, parts, crs)
    turned = crs_of(crs).axis == "yx"
    if geometry.type == "BBox":
        return _box(geometry, crs, turned=turned)
    found = Geometry(geometry.type, _two(geometry.coordinates, turned=turned), crs)
    shape = shapely.geometry.shape({"type": found.type, "coordinates": found.coordinates})
    _refuse_no_degrees(geometry, crs, shape.bounds)
    reason = shapely.is_valid_reason(shape)
    if reason != "Valid Geometry":
        quoted = shown(write_text(geometry))
        raise mistake(f"the geometry {quoted} is not valid: {reason}.", f"hình {quoted} không hợp lệ: {reason}.")
    return found


def _box(geometry: Geometry, crs: int, *, turned: bool) -> Geometry:
    numbers = geometry.coordinates
    half = len(numbers) // 2
    low, high = numbers[:2], numbers[half : half + 2]
    west, south, east, north = (low[1], low[0], high[1], high[0]) if turned else (*low, *high)
    if south > north or (west > east and not crs_of(crs).geographic):  # type: ignore[operator]
        quoted = write_text(geometry)
        raise mistake(
            f"{quoted} has its corners the wrong way round; the lower ones come first.",
            f"{quoted} bị ngược góc; phải ghi góc nhỏ trước, góc lớn sau.",
        )
    _refuse_no_degrees(geometry, crs, (west, south, east, north))  # type: ignore[arg-type]
    return Geometry("BBox", (west, south, east, north), crs)


def _refuse_no_degrees(geometry: Geometry, crs: int, bounds: tuple[float, ...]) -> None:
    """Numbers of metres in a CRS of degrees are a CRS forgotten, not a place (Features Part 3, /conf/filter/filter-crs-wgs84)."""
    if crs_of(crs).geographic and max(map(abs, bounds), default=0.0) > _MOST_DEGREES:
        quoted = shown(write_text(geometry))
        raise mistake(
            f"the geometry {quoted} has coordinates that are no degrees; name their CRS in filter-crs.",
            f"hình {quoted} có toạ độ không phải là độ; hãy ghi hệ toạ độ của hình trong filter-crs.",
        )


def _two(part: tuple[Any, ...], *, turned: bool) -> tuple[Any, ...]:
    """Positions of two numbers in the inner order."""
    if isinstance(part[0], tuple):
        return tuple(_two(inner, turned=turned) for inner in part)
    return (part[1], part[0]) if turned else part[:2]


def _unknown(name: str, known: Mapping[str, Kind]) -> InvalidParameter:
    """It says the same whether a field of that name is hidden or does not exist."""
    near = get_close_matches(name[:60].lower(), known, n=1, cutoff=0.6)
    if near:
        return mistake(
            f"there is no field '{shown(name)}' here; did you mean '{near[0]}'?",
            f"không có trường '{shown(name)}' ở đây; có phải ý bạn là '{near[0]}'?",
        )
    listed = ", ".join(sorted(known))
    return mistake(
        f"there is no field '{shown(name)}' here; there are: {listed}.",
        f"không có trường '{shown(name)}' ở đây; các trường có thể dùng: {listed}.",
    )


def _unquoted(name: str) -> InvalidParameter:
    """A name beside a text is more often a text without its quotes than a field. It tells of fields no more than _unknown."""
    said = shown(name)
    return mistake(
        f"there is no field '{said}' here; if it is a text, write it in single quotes: '{said}'.",
        f"không có trường '{said}' ở đây; nếu đây là chuỗi, hãy đặt trong nháy đơn: '{said}'.",
    )


def _unfit(node: Node, kind: Kind, wanted: tuple[Kind, ...]) -> InvalidParameter:
    quoted = shown(write_text(node))
    en = " or ".join(dict.fromkeys(_WORDS[one][0] for one in wanted))
    vi = " hoặc ".join(dict.fromkeys(_WORDS[one][1] for one in wanted))
    return mistake(
        f"{quoted} is {_WORDS[kind][0]}, where {en} is needed.{_advice(wanted)[0]}",
        f"{quoted} là {_WORDS[kind][1]}, ở chỗ cần {vi}.{_advice(wanted)[1]}",
    )


def _advice(wanted: tuple[Kind, ...]) -> tuple[str, str]:
    if wanted != (Kind.BOOLEAN,):
        return "", ""
    return " Compare it with a value.", " Hãy so sánh với một giá trị."


def _unlike(whole: Call, kind: Kind, other: Kind) -> InvalidParameter:
    quoted = shown(write_text(whole))
    en, vi = _EXAMPLES.get(kind, ("", ""))
    return mistake(
        f"{quoted} compares {_WORDS[kind][0]} with {_WORDS[other][0]}.{en}",
        f"{quoted} so sánh {_WORDS[kind][1]} với {_WORDS[other][1]}.{vi}",
    )


_EXAMPLES: Mapping[Kind, tuple[str, str]] = MappingProxyType(
    {
        Kind.TEXT: (" Texts stand in single quotes.", " Chuỗi đặt trong nháy đơn."),
        Kind.ID: (" Texts stand in single quotes.", " Chuỗi đặt trong nháy đơn."),
        Kind.NUMBER: (" Numbers stand without quotes.", " Số không đặt trong nháy."),
        Kind.BOOLEAN: (" Write TRUE or FALSE.", " Hãy ghi TRUE hoặc FALSE."),
        Kind.DATE: (" Write DATE('2026-11-22').", " Hãy ghi DATE('2026-11-22')."),
        Kind.TIMESTAMP: (
            " Write TIMESTAMP('2026-11-22T07:00:00Z').",
            " Hãy ghi TIMESTAMP('2026-11-22T07:00:00Z').",
        ),
    }
)


def _not_comparable(node: Node, kind: Kind) -> InvalidParameter:
    quoted = shown(write_text(node))
    instead = {Kind.GEOMETRY: "S_EQUALS, S_INTERSECTS …", Kind.INTERVAL: "T_EQUALS, T_INTERSECTS …"}.get(
        kind, "A_EQUALS, A_CONTAINS …"
    )
    return mistake(
        f"{quoted} is {_WORDS[kind][0]}; use {instead}.", f"{quoted} là {_WORDS[kind][1]}; hãy dùng {instead}."
    )

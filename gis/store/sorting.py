"""A question that is sorted by fields → SQL: which versions come, in which order.

Keys are what the row shows to the caller: a value that is hidden there sorts as one that is missing, last in either
direction. The id comes after the keys, in the direction of the last one. A page begins after the feature that the cursor
names; its keys are read again, as the caller sees them. So a cursor holds nothing that an edit moves which it does not see. The label has an index in the order of the alphabet, of which
values and missing values are walked one after the other; other keys are sorted, at the price of a look at all rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    LargeBinary,
    Select,
    Uuid,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
    union_all,
)

from gis.model.access import Decision
from gis.model.filter import VALID_FROM, VALID_TO
from gis.model.layer import FieldType, Layer
from gis.model.query import ItemQuery, SortKey
from gis.store import levels, snapshot
from gis.store.area import covers
from gis.store.feature import feature_text, utf8
from gis.store.question import QueryShape, asked, conditions, row_columns, unfiltered_count
from gis.store.sql import Sql, Statement, compiled
from gis.store.statements import axis, told
from gis.store.tables import SHOWN, history_table, in_alphabet, sort_text, sorted_label

_LIMIT = bindparam("limit", type_=BigInteger)
_BEYOND = bindparam("beyond", type_=BigInteger)
_AFTER = bindparam("after_id", type_=Uuid())
_NO_KEY = literal_column("0", BigInteger).label("last_key")


def ordered_sql(layer: Layer, query: ItemQuery, decision: Decision) -> Sql:
    """The versions of the whole answer in order: `versions`, eight bytes each, big end first; null where there are none."""
    shape, values = asked(layer, query, decision)
    return _ordered(layer, shape).bind(values)


@lru_cache(maxsize=512)
def page(layer: Layer, shape: QueryShape) -> Statement:
    """One page, with the columns of `items.page_sql`."""
    state = snapshot.state(layer, known=shape.known, public=shape.public)
    ordered = _found(layer, shape, state, _LIMIT + _BEYOND).cte("ordered").prefix_with("MATERIALIZED")
    versions = history_table(layer).alias("h")
    rows = told(
        layer,
        shape.decision,
        select(*row_columns(shape, versions))
        .select_from(ordered.join(versions, versions.c.version == ordered.c.version))
        .where(ordered.c.place <= _LIMIT)
        .order_by(ordered.c.place),
        axis(shape.known),
    )
    features = func.string_agg(feature_text(layer, shape, "picked"), literal_column("','"))
    written = select(func.count().cast(Integer).label("returned"), utf8(features).label("features")).select_from(rows)
    counted = select(func.count().label("found")).select_from(ordered).subquery("counted")
    last = select(_NO_KEY, ordered.c.id).where(ordered.c.place == _LIMIT, counted.c.found > _LIMIT)
    ends = last.lateral("last")
    every = case((counted.c.found < _LIMIT + _BEYOND, counted.c.found))
    matched = null() if shape.paged else every if shape.filtered else unfiltered_count(layer, shape)
    page_ = written.subquery("page")
    columns = (
        matched.label("matched"),
        page_.c.returned,
        page_.c.features,
        ends.c.last_key,
        ends.c.id.label("last_id"),
    )
    joined = state.join(page_, true()).join(counted, true()).outerjoin(ends, true())
    return compiled(select(*state.c, *columns).select_from(joined))


@lru_cache(maxsize=128)
def _ordered(layer: Layer, shape: QueryShape) -> Statement:
    state = snapshot.state(layer, known=shape.known, public=shape.public)
    rows = _found(layer, shape, state, _LIMIT).order_by("place").subquery("ordered")
    packed = func.string_agg(func.int8send(rows.c.version), literal_column("''::bytea"), type_=LargeBinary)
    return compiled(select(packed.label("versions")).select_from(rows))


@lru_cache(maxsize=128)
def page_end(layer: Layer, shape: QueryShape) -> Statement:
    """The id of the last row of the limit as `last_id`, null where none follows it; `last_key` says nothing."""
    state = snapshot.state(layer, known=shape.known, public=shape.public)
    rows = _found(layer, shape, state, _LIMIT + literal_column("1")).subquery("ordered")
    more = func.max(rows.c.place) > _LIMIT
    last = rows.c.place == _LIMIT
    return compiled(
        select(
            _NO_KEY,
            case((more, func.array_agg(rows.c.id).filter(last)[1])).label("last_id"),
        ).select_from(rows)
    )


def rows_of(layer: Layer, shape: QueryShape) -> Select[Any]:
    """The rows of the bound `versions`, whose order is their `place`."""
    wanted = func.unnest(bindparam("versions", type_=ARRAY(BigInteger)))
    listed = wanted.table_valued("version", with_ordinality="place").render_derived(name="listed")
    versions = history_table(layer).alias("h")
    joined = listed.join(versions, versions.c.version == listed.c.version)
    return select(*row_columns(shape, versions), listed.c.place).select_from(joined)


@dataclass(frozen=True, slots=True)
class _Keys:
    """The sort keys of the rows of one table or subquery: expressions, and which of them descend."""

    values: tuple[ColumnElement[Any], ...]
    descending: tuple[bool, ...]
    id: ColumnElement[Any]

    def order(self, *, complete: bool = False) -> list[ColumnElement[Any]]:
        """ORDER BY: what is missing last, then the id. Where the first key is `complete`, so that an index can be walked
        backwards, nothing is said of missing ones."""
        keys = [value.desc() if down else value.asc() for value, down in zip(self.values, self.descending, strict=True)]
        keys = [key if complete and not place else key.nulls_last() for place, key in enumerate(keys)]
        return [*keys, self.id.desc() if self.descending[-1] else self.id.asc()]

    def after(self, place: Sequence[ColumnElement[Any]], ident: ColumnElement[Any]) -> ColumnElement[bool]:
        """The row comes after the one that has the keys `place` and the id `ident`."""
        ways: list[ColumnElement[bool]] = []
        same: list[ColumnElement[bool]] = []
        for value, at, down in zip(self.values, place, self.descending, strict=True):
            beyond = value < at if down else value > at
            ways.append(and_(*same, at.is_not(None), or_(beyond, value.is_(None))))
            same.append(value.is_not_distinct_from(at))
        ways.append(and_(*same, self.id < ident if self.descending[-1] else self.id > ident))
        return or_(*ways)


def _found(layer: Layer, shape: QueryShape, state: CTE, most: ColumnElement[int]) -> Select[Any]:
    """`version`, `id` and `place` (1, 2 …) of the first `most` rows after the cursor."""
    begin = _begin(layer, shape, state) if shape.paged else None
    arms: list[Select[Any]] = []
    for then in snapshot.arms(shape.known, state):
        for part in _parts(layer, shape):
            arm, keys = _arm(layer, shape, then, begin, part)
            arms.append(arm.order_by(*keys.order(complete=part is True)).limit(most))
    both = arms[0] if len(arms) == 1 else union_all(*(arm.subquery().select() for arm in arms))
    rows = both.subquery("either")
    first = select(*rows.c).order_by(*_named(shape, rows).order()).limit(most).subquery("first")
    place = func.row_number().over(order_by=_named(shape, first).order()).label("place")
    return select(first.c.version, first.c.id, place)


def _named(shape: QueryShape, rows: FromClause) -> _Keys:
    values = tuple(rows.c[f"k{i}"] for i in range(len(shape.sort)))
    return _Keys(values, tuple(key.descending for key in shape.sort), rows.c.id)


def _value(layer: Layer, shape: QueryShape, rows: FromClause, key: SortKey) -> ColumnElement[Any]:
    """What the row shows to the caller, to be sorted by; `rows` are versions, or told if a key is a time."""
    if key.name in layer and _indexed(layer, shape, key) and "shown" in rows.c:
        return sort_text(layer, layer.field(key.name), rows.c)
    if key.name in (VALID_FROM, VALID_TO):
        value: Any = (func.lower if key.name == VALID_FROM else func.upper)(rows.c.valid)
        least = SHOWN if layer.rows.rules else 0
    else:
        value, least = rows.c[key.name], levels.needed(layer, key.name)
    shown = case((and_(*hidden), value)) if (hidden := _reached(shape, rows, least)) else value
    is_text = key.name in layer and layer.field(key.name).type is FieldType.TEXT
    return in_alphabet(shown) if is_text else shown


def _reached(shape: QueryShape, rows: FromClause, least: int) -> list[ColumnElement[bool]]:
    """The row shows what takes the level `least`."""
    if shape.decision.everywhere or not least:
        return []
    if "level" in rows.c:
        return [rows.c.level >= literal_column(str(least))]
    return levels.reaches(shape.decision, rows, least)


def _timed(shape: QueryShape) -> bool:
    """Sorted by times, which are those that are told: the bounds of a version may hold more than the caller may know."""
    return any(key.name in (VALID_FROM, VALID_TO) for key in shape.sort)


def _indexed(layer: Layer, shape: QueryShape, key: SortKey) -> bool:
    """The index on the label has what the row shows to the caller."""
    label = sorted_label(layer)
    if label is None or label.name != key.name:
        return False
    return not layer.rows.rules or (shape.public and shape.decision.area is None)


def _keyed(
    layer: Layer, shape: QueryShape, versions: FromClause, source: FromClause, wanted: list[ColumnElement[bool]]
) -> tuple[Select[Any], _Keys]:
    """`version`, `id` and the keys `k0`, `k1` … of the rows of `source`, which holds `versions`, that meet `wanted`."""
    rows = versions
    if _timed(shape):
        whole = select(*row_columns(shape, versions)).select_from(source).where(*wanted)
        rows = told(layer, shape.decision, whole, axis(shape.known))
        source, wanted = rows, []
    values = tuple(_value(layer, shape, rows, key) for key in shape.sort)
    named = [value.label(f"k{i}") for i, value in enumerate(values)]
    found = select(rows.c.version, rows.c.id, *named).select_from(source).where(*wanted)
    return found, _Keys(values, tuple(key.descending for key in shape.sort), rows.c.id)


type _Begin = tuple[tuple[ColumnElement[Any], ...], ColumnElement[Any]]


def _begin(layer: Layer, shape: QueryShape, state: CTE) -> _Begin:
    """Keys and id of the feature that the cursor names, if it is one of the answer; else nothing comes after it."""
    rows = []
    for then in snapshot.arms(shape.known, state):
        versions = history_table(layer).alias("h")
        wanted = [versions.c.id == _AFTER, *conditions(layer, shape, versions, then)]
        rows.append(_keyed(layer, shape, versions, versions, wanted)[0])
    either = union_all(*(row.subquery().select() for row in rows)).subquery("either")
    found = select(*either.c).limit(literal_column("1")).cte("begin").prefix_with("MATERIALIZED")
    ends = [select(found.c[f"k{i}"]).scalar_subquery() for i in range(len(shape.sort))]
    return tuple(ends), select(found.c.id).scalar_subquery()


def _parts(layer: Layer, shape: QueryShape) -> tuple[bool | None, ...]:
    """Rows with a value of the first key (True), and those without (False), apart where an index has them so."""
    apart = _indexed(layer, shape, shape.sort[0]) and not shape.ranged and not _timed(shape)
    return (True, False) if apart else (None,)


def _arm(
    layer: Layer, shape: QueryShape, then: Any, begin: _Begin | None, part: bool | None
) -> tuple[Select[Any], _Keys]:
    """The rows of one arm of the known axis, and of those that have a first key or have none."""
    versions = history_table(layer).alias("h")
    wanted = conditions(layer, shape, versions, then)
    source: FromClause = versions
    if shape.ranged:
        lows, highs = (bindparam(name, type_=ARRAY(BigInteger)) for name in ("lows", "highs"))
        ranges = func.unnest(lows, highs).table_valued("lo", "hi").render_derived(name="ranges")
        within = and_(versions.c.sort_key >= ranges.c.lo, versions.c.sort_key < ranges.c.hi)
        source = ranges.join(versions, within)
    if shape.area is not None:
        wanted.append(covers(layer, versions, shape.area))
    rows, keys = _keyed(layer, shape, versions, source, wanted)
    first = keys.values[0]
    if part is not None:
        rows = rows.where(first.is_not(None) if part else first.is_(None))
    if begin is not None:
        rows = rows.where(keys.after(*begin))
        if part:  # so that the walk of the index begins there
            at = begin[0][0]
            rows = rows.where(first <= at if keys.descending[0] else first >= at)
    return rows, keys

"""ItemQuery → SQL. PostGIS writes the GeoJSON; Python does not touch rows.

A page walks the sort key, so it stops after `limit` rows; a box becomes a few ranges of that key (gis.store.sort_key).
The state of the layer (changeset, effective instant) and the rows are read by one statement.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal_column,
    null,
    select,
    text,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import array

from gis.model.access import Decision
from gis.model.layer import FieldType, Layer
from gis.model.query import Interval, ItemQuery
from gis.store import snapshot
from gis.store.area import area_values, covers
from gis.store.feature import feature_text, utf8
from gis.store.sql import Sql, Statement, compiled
from gis.store.tables import history_table

LEAST_COUNTED, MOST_COUNTED = 1_000, 10_000
"""The walk of a first filtered page goes on to ten times its limit, within these bounds, and so counts what matches.

A count of its own would cost ten times a small page; clients that want to know more ask for a larger page."""

_LIMIT = bindparam("limit", type_=Integer)
_WALK = bindparam("walk", type_=Integer)


@dataclass(frozen=True, slots=True)
class _Shape:
    """All of a query that changes the text of its SQL; the rest is bound."""

    crs: int
    area: int | None
    interval: bool
    known: str
    filters: tuple[str, ...]
    paged: bool
    decision: Decision

    @property
    def public(self) -> bool:
        return self.decision.pool == "public"

    @property
    def filtered(self) -> bool:
        """Kept counts do not say how many match."""
        return bool(self.filters) or self.area is not None or self.interval


def page_sql(layer: Layer, query: ItemQuery, decision: Decision) -> Sql:
    """One page of features.

    One row: `changeset` (last of the layer, 0 if none), `committed_at`, `instant` (effective), `next_bound` (instant at
    which the answer changes by the clock, or null), `matched` (null on later pages, and of a filtered page where more match than are counted), `returned`,
    `features` (GeoJSON Feature objects joined by commas, UTF-8 bytes, null if there are none), `last_key` and `last_id` (null if this is
    the last page).
    """
    return _page(layer, _shape(query, decision)).bind(_values(query, decision))


def state_sql(layer: Layer, query: ItemQuery, decision: Decision, *, counted: bool = False) -> Sql:
    """State of the layer alone: `changeset`, `committed_at`, `instant`, `next_bound`; `matched` if `counted` and nothing is filtered."""
    return _state(layer, _shape(query, decision), counted).bind(_values(query, decision))


def item_sql(layer: Layer, id: UUID, query: ItemQuery, decision: Decision) -> Sql:
    """One feature: the state of the layer, `feature` (null if there is none then) and `known` (it is there at another time)."""
    return _item(layer, _shape(query, decision)).bind(_values(query, decision) | {"id": id})


def versions_sql(layer: Layer, id: UUID, query: ItemQuery, decision: Decision) -> Sql:
    """All versions of a feature, newest knowledge first: the state of the layer, `returned` and `features` as for a page."""
    return _versions(layer, _shape(query, decision)).bind(_values(query, decision) | {"id": id})


def _shape(query: ItemQuery, decision: Decision) -> _Shape:
    return _Shape(
        crs=query.crs,
        area=query.bbox.crs if query.bbox else None,
        interval=isinstance(snapshot.asked_at(query), Interval),
        known=snapshot.known_mode(query),
        filters=tuple(name for name, _ in query.filters),
        paged=query.cursor is not None,
        decision=decision,
    )


def _values(query: ItemQuery, decision: Decision) -> dict[str, object]:
    values = snapshot.time_values(query) | {"limit": query.limit, "walk": _walk_length(query)}
    values |= {f"filter_{i}": value for i, (_, value) in enumerate(query.filters)}
    if query.bbox:
        values |= area_values(query.bbox, hidden=decision.pool != "public")
    if query.cursor:
        values |= {"after_key": query.cursor.key, "after_id": query.cursor.id}
        values |= _trimmed(values, query.cursor.key)
    return values


def _walk_length(query: ItemQuery) -> int:
    """Rows to read for a page: its own, and on a first filtered page those that are counted."""
    filtered = query.filters or query.bbox or isinstance(query.at, Interval)
    if query.cursor or not filtered:
        return query.limit
    return max(query.limit, min(MOST_COUNTED, max(LEAST_COUNTED, 10 * query.limit)))


def _trimmed(values: dict[str, Any], key: int) -> dict[str, object]:
    """The ranges without those that earlier pages have read."""
    if "lows" not in values:
        return {}
    left = [(max(lo, key), hi) for lo, hi in zip(values["lows"], values["highs"], strict=True) if hi > key]
    return {"lows": [lo for lo, _ in left], "highs": [hi for _, hi in left]}


@lru_cache(maxsize=512)
def _state(layer: Layer, shape: _Shape, counted: bool) -> Statement:
    state = snapshot.state(layer, known=shape.known, public=shape.public)
    matched = _unfiltered_count(layer, shape) if counted else null()
    return compiled(select(*state.c, matched.label("matched")).select_from(state))


@lru_cache(maxsize=512)
def _page(layer: Layer, shape: _Shape) -> Statement:
    state = snapshot.state(layer, known=shape.known, public=shape.public)
    picked = _picked(layer, shape, state)
    wanted, last = picked.c.i <= _LIMIT, picked.c.i == _LIMIT
    more = func.count() > _LIMIT
    feature = feature_text(layer, shape.decision, shape.crs, "picked")
    page = select(
        func.count().filter(wanted).label("returned"),
        utf8(func.string_agg(feature, literal_column("','")).filter(wanted)).label("features"),
        case((more, func.max(picked.c.sort_key).filter(last))).label("last_key"),
        case((more, func.array_agg(picked.c.id).filter(last)[1])).label("last_id"),
        func.count().label("found"),
    ).select_from(picked)
    found = page.subquery("page")
    matched = _unfiltered_count(layer, shape) if not shape.filtered else case((found.c.found <= _WALK, found.c.found))
    columns = (found.c.returned, found.c.features, found.c.last_key, found.c.last_id)
    first = null() if shape.paged else matched
    return compiled(select(*state.c, first.label("matched"), *columns).select_from(state.join(found, true())))


def _picked(layer: Layer, shape: _Shape, state: FromClause) -> Any:
    """The rows of the page in key order and those after it that are counted, numbered by `i`."""
    number = func.row_number().over().label("i")
    if shape.area is None:
        walked = _walk(layer, shape, state).subquery("rows")
        return select(*walked.c, number).subquery("picked")
    lows = bindparam("lows", type_=ARRAY(BigInteger))
    highs = bindparam("highs", type_=ARRAY(BigInteger))
    ranges = func.unnest(lows, highs).table_valued("lo", "hi").render_derived(name="ranges")
    rows = _walk(layer, shape, state).lateral("rows")
    return select(*rows.c, number).select_from(ranges.join(rows, true())).limit(_WALK + 1).subquery("picked")


def _walk(layer: Layer, shape: _Shape, state: FromClause) -> Select[Any]:
    """Rows in key order, at most one more than the walk goes: of the open versions, and of those closed since if asked for."""
    arms = [
        _arm(layer, shape, then).order_by("sort_key", "id").limit(_WALK + 1)
        for then in snapshot.arms(shape.known, state)
    ]
    if len(arms) == 1:
        return arms[0]
    both = union_all(*(a.subquery().select() for a in arms)).subquery("both")
    return select(*both.c).order_by(both.c.sort_key, both.c.id).limit(_WALK + 1)


def _arm(layer: Layer, shape: _Shape, then: Any) -> Select[Any]:
    versions = history_table(layer).alias("h")
    conditions = _conditions(layer, shape, versions, then)
    if shape.area is not None:
        conditions += [
            versions.c.sort_key >= literal_column("ranges.lo"),
            versions.c.sort_key < literal_column("ranges.hi"),
        ]
        conditions.append(covers(layer, versions, shape.area))
    if shape.paged:
        after = tuple_(bindparam("after_key", type_=BigInteger), bindparam("after_id", type_=Uuid()))
        beyond = tuple_(versions.c.sort_key, versions.c.id) > after
        # With ranges the scan shall start at theirs, which are trimmed to the cursor already.
        conditions.append(beyond if shape.area is None else beyond.is_(true()))
    return select(*_needed(shape, versions)).where(*conditions)


def _needed(shape: _Shape, versions: FromClause) -> list[Any]:
    names = ("id", "valid", "valid_from_known", "from_changeset", "sort_key", "shown", "geom", "geom_84")
    return [versions.c[n] for n in (*names, *shape.decision.columns)]


def _conditions(layer: Layer, shape: _Shape, versions: FromClause, then: Any) -> list[ColumnElement[bool]]:
    """Both time axes, the rows that the caller may ask about, and the filters."""
    least = snapshot.least_shown(layer, shape.filters, shape.area is not None, shape.public)
    conditions = [then(versions), snapshot.holds(versions, interval=shape.interval)]
    if least > 0:
        conditions.append(versions.c.shown >= literal_column(str(least)))
    if shape.interval:
        known = None if shape.known == "now" else select(text("changeset")).select_from(text("state")).scalar_subquery()
        conditions.append(snapshot.latest_within(layer, versions, known))
    return conditions + [_equals(layer, versions, name, i) for i, name in enumerate(shape.filters)]


def _equals(layer: Layer, versions: FromClause, name: str, i: int) -> ColumnElement[bool]:
    column = versions.c[name]
    if layer.field(name).type is FieldType.TEXT_LIST:
        value = bindparam(f"filter_{i}", type_=column.type.item_type)  # type: ignore[attr-defined]
        return column.op("@>")(cast(array([value]), ARRAY(Text())))
    return column == bindparam(f"filter_{i}", type_=column.type)


def _unfiltered_count(layer: Layer, shape: _Shape) -> ColumnElement[Any]:
    if shape.filtered:
        return null()
    return snapshot.count(layer, snapshot.least_shown(layer, (), False, shape.public))


@lru_cache(maxsize=512)
def _item(layer: Layer, shape: _Shape) -> Statement:
    state = snapshot.state(layer, known=shape.known, public=shape.public)
    ident = bindparam("id", type_=Uuid())
    arms: list[Select[Any]] = []
    for then in snapshot.arms(shape.known, state):
        versions = history_table(layer).alias("h")
        conditions = [*_conditions(layer, shape, versions, then), versions.c.id == ident]
        arms.append(select(*_needed(shape, versions)).where(*conditions))
    rows = (arms[0] if len(arms) == 1 else union_all(*arms)).subquery("picked")
    feature = (
        select(utf8(feature_text(layer, shape.decision, shape.crs, "picked")))
        .select_from(rows)
        .limit(1)
        .scalar_subquery()
    )
    every = history_table(layer).alias("every")
    least = snapshot.least_shown(layer, (), False, shape.public)
    known = exists(select(true()).where(every.c.id == ident, every.c.shown >= least))
    return compiled(select(*state.c, feature.label("feature"), known.label("known")).select_from(state))


@lru_cache(maxsize=512)
def _versions(layer: Layer, shape: _Shape) -> Statement:
    state = snapshot.state(layer, known=shape.known, public=shape.public)
    versions = history_table(layer).alias("h")
    least = snapshot.least_shown(layer, (), False, shape.public)
    rows = (
        select(*_needed(shape, versions), versions.c.to_changeset)
        .where(versions.c.id == bindparam("id", type_=Uuid()), versions.c.shown >= least)
        .order_by(
            versions.c.to_changeset.desc().nulls_first(), func.lower(versions.c.valid).desc(), versions.c.version.desc()
        )
        .subquery("picked")
    )
    feature = feature_text(layer, shape.decision, shape.crs, "picked", closed=True)
    page = (
        select(func.count().label("returned"), utf8(func.string_agg(feature, literal_column("','"))).label("features"))
        .select_from(rows)
        .subquery("page")
    )
    return compiled(select(*state.c, *page.c).select_from(state.join(page, true())))

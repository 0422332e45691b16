"""ItemQuery → SQL. PostGIS writes the GeoJSON; Python does not touch rows.

A page walks the sort key, so it stops after `limit` rows; a box becomes a few ranges of that key (gis.store.sort_key).
The state of the layer (changeset, effective instant) and the rows are read by one statement.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Uuid,
    bindparam,
    case,
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

from gis.model.access import Decision
from gis.model.layer import Layer
from gis.model.query import Interval, ItemQuery
from gis.store import filters, levels, snapshot
from gis.store.area import Bounds, area_values, covers, key_values, lon_lat_boxes, smallest
from gis.store.feature import feature_text, utf8
from gis.store.sql import Sql, Statement, compiled
from gis.store.tables import history_table

LEAST_COUNTED, MOST_COUNTED = 1_000, 10_000
"""The walk of a first filtered page goes on to ten times its limit, within these bounds, and so counts what matches.

A count of its own would cost ten times a small page; clients that want to know more ask for a larger page."""

LIMIT = bindparam("limit", type_=Integer)
_BEYOND = bindparam("beyond", type_=Integer)


@dataclass(frozen=True, slots=True)
class QueryShape:
    """All of a query that changes the text of its SQL; the rest is bound."""

    crs: int
    area: int | None
    interval: bool
    known: str
    timed: bool
    form: filters.Form | None
    paged: bool
    decision: Decision

    @property
    def public(self) -> bool:
        return self.decision.pool == "public"

    @property
    def ranged(self) -> bool:
        """The rows lie in known ranges of the sort key."""
        return self.area is not None or (self.form is not None and self.form.ranged)

    @property
    def filtered(self) -> bool:
        """Kept counts do not say how many match."""
        return self.form is not None or self.area is not None or self.interval or self.decision.area is not None


def page_sql(layer: Layer, query: ItemQuery, decision: Decision) -> Sql:
    """One page of features.

    One row: `changeset` (last of the layer, 0 if none), `committed_at`, `instant` (effective), `next_bound` (instant at
    which the answer changes by the clock, or null), `matched` (null on later pages, and of a filtered page where more match than are counted), `returned`,
    `features` (GeoJSON Feature objects joined by commas, UTF-8 bytes, null if there are none), `last_key` and `last_id` (null if this is
    the last page).
    """
    shape, values = asked(layer, query, decision)
    return _page(layer, shape).bind(values)


def state_sql(layer: Layer, query: ItemQuery, decision: Decision, *, counted: bool = False) -> Sql:
    """State of the layer alone: `changeset`, `committed_at`, `instant`, `next_bound`; `matched` if `counted` and nothing is filtered."""
    shape, values = asked(layer, query, decision)
    return _state(layer, shape, counted).bind(values)


def item_sql(layer: Layer, id: UUID, query: ItemQuery, decision: Decision) -> Sql:
    """One feature: the state of the layer, `feature` (null if there is none then) and `known` (it is there at another time)."""
    shape, values = asked(layer, query, decision)
    return _item(layer, shape).bind(values | {"id": id})


def versions_sql(layer: Layer, id: UUID, query: ItemQuery, decision: Decision) -> Sql:
    """All versions of a feature, newest knowledge first: the state of the layer, `returned` and `features` as for a page."""
    shape, values = asked(layer, query, decision)
    return _versions(layer, shape).bind(values | {"id": id})


def asked(layer: Layer, query: ItemQuery, decision: Decision) -> tuple[QueryShape, dict[str, object]]:
    """The shape of a query, and the values to bind."""
    prepared = None if query.filter is None else filters.prepare(layer, query.filter)
    shape = QueryShape(
        crs=query.crs,
        area=query.bbox.crs if query.bbox else None,
        interval=isinstance(snapshot.asked_at(query), Interval),
        known=snapshot.known_mode(query),
        timed=query.at is not None or query.known is not None,
        form=prepared.form if prepared else None,
        paged=query.cursor is not None,
        decision=levels.kind(decision),
    )
    values = snapshot.time_values(query) | levels.values(decision)
    values |= {"limit": query.limit, "beyond": _beyond(query, shape)}
    areas: list[tuple[Bounds, ...]] = []
    if query.bbox:
        values |= area_values(query.bbox)
        areas.append(lon_lat_boxes(query.bbox.bounds, query.bbox.crs))
    if prepared:
        values |= prepared.values
        areas += [prepared.boxes] if prepared.boxes is not None else []
    if areas:
        values |= key_values(smallest(areas), hidden=not shape.public)
    if query.cursor:
        values |= {"after_key": query.cursor.key, "after_id": query.cursor.id}
    return shape, values


def _beyond(query: ItemQuery, shape: QueryShape) -> int:
    """Rows to look for behind a full page: one, and on a first filtered page those that are counted and one more."""
    if query.cursor or not shape.filtered:
        return 1
    return max(0, min(MOST_COUNTED, max(LEAST_COUNTED, 10 * query.limit)) - query.limit) + 1


@lru_cache(maxsize=512)
def _state(layer: Layer, shape: QueryShape, counted: bool) -> Statement:
    state = snapshot.state(layer, known=shape.known, public=shape.public)
    matched = _unfiltered_count(layer, shape) if counted else null()
    return compiled(select(*state.c, matched.label("matched")).select_from(state))


@lru_cache(maxsize=512)
def _page(layer: Layer, shape: QueryShape) -> Statement:
    state = snapshot.state(layer, known=shape.known, public=shape.public)
    first = cursor_place() if shape.paged else None
    picked = rows_of(layer, shape, state, Walk(LIMIT, first)).subquery("picked")
    feature = feature_text(layer, shape.decision, shape.crs, "picked")
    # Rows are picked in key order, so the last of the array is the last of the page.
    page = (
        select(
            func.count().cast(Integer).label("returned"),
            utf8(func.string_agg(feature, literal_column("','"))).label("features"),
            func.max(picked.c.sort_key).label("last_key"),
            func.array_agg(picked.c.id)[func.count().cast(Integer)].label("last_id"),
        )
        .select_from(picked)
        .cte("page")
        .prefix_with("MATERIALIZED")
    )
    rest = _rest(layer, shape, state, page).subquery("rest")
    every = case((rest.c.found < _BEYOND, page.c.returned + rest.c.found))
    matched = null() if shape.paged else every if shape.filtered else _unfiltered_count(layer, shape)
    more = rest.c.found > 0
    columns = (
        matched.label("matched"),
        page.c.returned,
        page.c.features,
        case((more, page.c.last_key)).label("last_key"),
        case((more, page.c.last_id)).label("last_id"),
    )
    return compiled(select(*state.c, *columns).select_from(state.join(page, true()).join(rest, true())))


@dataclass(frozen=True, slots=True)
class Walk:
    """How far a walk along the sort key goes, after which (key, id) it begins, and whether it needs no more than these."""

    limit: ColumnElement[int]
    after: tuple[ColumnElement[Any], ColumnElement[Any]] | None
    bare: bool = False


def cursor_place() -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    return bindparam("after_key", type_=BigInteger), bindparam("after_id", type_=Uuid())


def _rest(layer: Layer, shape: QueryShape, state: FromClause, page: CTE) -> Select[Any]:
    """How many rows follow a full page, as far as they are counted."""
    last = literal_column("page.last_key", BigInteger), literal_column("page.last_id", Uuid())
    walk = Walk(_BEYOND, last, bare=True)
    following = rows_of(layer, shape, state, walk).lateral("following")
    found = select(func.count().label("found")).select_from(page.join(following, true()))
    return found.where(page.c.returned == LIMIT)


def rows_of(layer: Layer, shape: QueryShape, state: FromClause, walk: Walk) -> Select[Any]:
    """The rows of a walk in key order: through the ranges of the boxes if there are any."""
    if not shape.ranged:
        return _walk(layer, shape, state, walk)
    lows = bindparam("lows", type_=ARRAY(BigInteger))
    highs = bindparam("highs", type_=ARRAY(BigInteger))
    ranges = func.unnest(lows, highs).table_valued("lo", "hi").render_derived(name="ranges")
    rows = _walk(layer, shape, state, walk).lateral("rows")
    ahead = true() if walk.after is None else literal_column("ranges.hi") > walk.after[0]
    return select(*rows.c).select_from(ranges.join(rows, true())).where(ahead).limit(walk.limit)


def _walk(layer: Layer, shape: QueryShape, state: FromClause, walk: Walk) -> Select[Any]:
    """Rows in key order: of the open versions, and of those closed since if asked for."""
    arms = [
        _arm(layer, shape, then, walk).order_by("sort_key", "id").limit(walk.limit)
        for then in snapshot.arms(shape.known, state)
    ]
    if len(arms) == 1:
        return arms[0]
    both = union_all(*(a.subquery().select() for a in arms)).subquery("both")
    return select(*both.c).order_by(both.c.sort_key, both.c.id).limit(walk.limit)


def _arm(layer: Layer, shape: QueryShape, then: Any, walk: Walk) -> Select[Any]:
    versions = history_table(layer).alias("h")
    conditions = _conditions(layer, shape, versions, then)
    low: ColumnElement[Any] = literal_column("ranges.lo")
    if walk.after is not None:
        beyond = tuple_(versions.c.sort_key, versions.c.id) > tuple_(*walk.after)
        # With ranges the scan shall start at theirs, which end beyond the cursor.
        conditions.append(beyond.is_(true()) if shape.ranged else beyond)
        low = func.greatest(low, walk.after[0])
    if shape.ranged:
        conditions += [versions.c.sort_key >= low, versions.c.sort_key < literal_column("ranges.hi")]
    if shape.area is not None:
        conditions.append(covers(layer, versions, shape.area))
    columns = [versions.c.sort_key, versions.c.id] if walk.bare else _needed(shape, versions)
    return select(*columns).where(*conditions)


def _needed(shape: QueryShape, versions: FromClause) -> list[Any]:
    names = ("id", "valid", "valid_from_known", "from_changeset", "sort_key", "geom", "geom_84")
    shown = levels.level(shape.decision, versions).label("level")
    return [shown, *(versions.c[n] for n in (*names, *shape.decision.columns))]


def _conditions(layer: Layer, shape: QueryShape, versions: FromClause, then: Any) -> list[ColumnElement[bool]]:
    """Both time axes, the rows that the caller may ask about, and the filter."""
    place, form = shape.area is not None, shape.form
    least = levels.least(layer, shape.decision, place=place, timed=shape.timed)
    if form is not None:
        least = max(least, form.least(layer, shape.decision, place=place))
    conditions = [then(versions), snapshot.holds(versions, interval=shape.interval)]
    conditions += levels.reaches(shape.decision, versions, least)
    if shape.interval:
        known = None if shape.known == "now" else select(text("changeset")).select_from(text("state")).scalar_subquery()
        seen = partial(levels.reaches, shape.decision, least=levels.least(layer, shape.decision, timed=True))
        conditions.append(snapshot.latest_within(layer, versions, known, seen))
    return conditions if form is None else conditions + filters.expression(layer, versions, form)


def _unfiltered_count(layer: Layer, shape: QueryShape) -> ColumnElement[Any]:
    if shape.filtered:
        return null()
    return snapshot.count(layer, levels.least(layer, shape.decision, timed=shape.timed))


@lru_cache(maxsize=512)
def _item(layer: Layer, shape: QueryShape) -> Statement:
    state = snapshot.state(layer, known=shape.known, public=shape.public)
    ident = bindparam("id", type_=Uuid())
    arms: list[Select[Any]] = []
    for then in snapshot.arms(shape.known, state):
        versions = history_table(layer).alias("h")
        conditions = [*_conditions(layer, shape, versions, then), versions.c.id == ident]
        arms.append(select(*_needed(shape, versions)).where(*conditions))
    rows = (arms[0] if len(arms) == 1 else union_all(*arms)).subquery("picked")
    feature = (
        select(utf8(feature_text(layer, shape.decision, shape.crs, "picked", alone=True)))
        .select_from(rows)
        .limit(1)
        .scalar_subquery()
    )
    every = history_table(layer).alias("every")
    seen = levels.reaches(shape.decision, every, levels.least(layer, shape.decision, timed=shape.timed))
    known = exists(select(true()).where(every.c.id == ident, *seen))
    return compiled(select(*state.c, feature.label("feature"), known.label("known")).select_from(state))


@lru_cache(maxsize=512)
def _versions(layer: Layer, shape: QueryShape) -> Statement:
    state = snapshot.state(layer, known=shape.known, public=shape.public)
    versions = history_table(layer).alias("h")
    seen = levels.reaches(shape.decision, versions, levels.least(layer, shape.decision, timed=True))
    rows = (
        select(*_needed(shape, versions), versions.c.to_changeset)
        .where(versions.c.id == bindparam("id", type_=Uuid()), *seen)
        .order_by(
            versions.c.to_changeset.desc().nulls_first(), func.lower(versions.c.valid).desc(), versions.c.version.desc()
        )
        .subquery("picked")
    )
    feature = feature_text(layer, shape.decision, shape.crs, "picked", alone=True, closed=True)
    page = (
        select(func.count().label("returned"), utf8(func.string_agg(feature, literal_column("','"))).label("features"))
        .select_from(rows)
        .subquery("page")
    )
    return compiled(select(*state.c, *page.c).select_from(state.join(page, true())))

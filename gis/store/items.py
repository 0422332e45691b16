"""ItemQuery → SQL. PostGIS writes the GeoJSON; Python does not touch rows.

A page walks the sort key, so it stops after `limit` rows; a box becomes a few ranges of that key (gis.store.sort_key).
The state of the layer (changeset, effective instant) and the rows are read by one statement.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
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
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import array

from gis.model.access import Decision
from gis.model.layer import Layer
from gis.model.query import ItemQuery, Match
from gis.store import levels, snapshot, sorting, terms
from gis.store.area import covers
from gis.store.feature import feature_text, utf8
from gis.store.item_version import shown_version
from gis.store.question import LEAST_COUNTED, QueryShape, asked, conditions, row_columns, unfiltered_count
from gis.store.sql import Sql, Statement, compiled
from gis.store.statements import axis, told
from gis.store.tables import history_table

type Named = Callable[[FromClause], ColumnElement[bool]]

LIMIT = bindparam("limit", type_=Integer)
_BEYOND = bindparam("beyond", type_=Integer)


def page_sql(layer: Layer, query: ItemQuery, decision: Decision) -> Sql:
    """One page of features.

    One row: `changeset` (last of the layer, 0 if none), `committed_at`, `instant` (effective), `next_bound` (instant at
    which the answer changes by the clock, or null), `matched` (null on later pages, and of a filtered page where more match than are counted), `returned`,
    `features` (GeoJSON Feature objects joined by commas, UTF-8 bytes, null if there are none), `last_key` and `last_id` (null if this is
    the last page; of a sorted page `last_key` says nothing).
    """
    shape, values = asked(layer, query, decision)
    return (sorting.page if shape.sort else _page)(layer, shape).bind(values)


def state_sql(layer: Layer, query: ItemQuery, decision: Decision, *, counted: bool = False) -> Sql:
    """State of the layer alone: `changeset`, `committed_at`, `instant`, `next_bound`; `matched` if `counted` and nothing is filtered."""
    shape, values = asked(layer, query, decision)
    return _state(layer, shape, counted).bind(values)


def item_sql(layer: Layer, id: UUID, query: ItemQuery, decision: Decision) -> Sql:
    """One feature: the state of the layer, `feature` (null if there is none then), `known` (it is there at another time)
    and `version` (see gis.store.item_version)."""
    shape, values = asked(layer, query, decision)
    return _item(layer, shape).bind(values | {"id": id})


def items_sql(layer: Layer, ids: Sequence[UUID], query: ItemQuery, decision: Decision) -> Sql:
    """Several features: `id` and `feature`, as `item_sql` tells it, of each that there is then; in no order."""
    shape, values = asked(layer, query, decision)
    return _items(layer, shape).bind(values | {"ids": list(ids)})


def found_sql(layer: Layer, query: ItemQuery, decision: Decision) -> Sql:
    """How many features are found how well by what was typed in `query.typed`, whatever match it asks for.

    One row: `matched`, the numbers of each Match in their order; null where more match than are counted.
    """
    if query.typed is None:
        raise ValueError("found_sql is asked of a typed text")
    shape, values = asked(layer, query, decision)
    bound = LEAST_COUNTED * len(Match) + 1
    return _found(layer, replace(shape, typed=None), len(query.typed.texts)).bind(values | {"beyond": bound})


@lru_cache(maxsize=512)
def _found(layer: Layer, shape: QueryShape, texts: int) -> Statement:
    state = snapshot.state(layer, known=shape.known, public=shape.public)
    walk = Walk(_BEYOND, None, bare=True, beside=lambda versions: terms.match(layer, versions, texts).label("match"))
    rows = rows_of(layer, shape, state, walk).subquery("rows")
    numbers = [func.count().filter(rows.c.match == literal_column(str(int(match)))) for match in Match]
    matched = case((func.count() < _BEYOND, array(numbers)))
    return compiled(select(matched.label("matched")).select_from(rows.join(state, true())))


@lru_cache(maxsize=512)
def _state(layer: Layer, shape: QueryShape, counted: bool) -> Statement:
    state = snapshot.state(layer, known=shape.known, public=shape.public)
    matched = unfiltered_count(layer, shape) if counted else null()
    return compiled(select(*state.c, matched.label("matched")).select_from(state))


@lru_cache(maxsize=512)
def _page(layer: Layer, shape: QueryShape) -> Statement:
    state = snapshot.state(layer, known=shape.known, public=shape.public)
    first = cursor_place() if shape.paged else None
    picked = told(layer, shape.decision, rows_of(layer, shape, state, Walk(LIMIT, first)), axis(shape.known))
    feature = feature_text(layer, shape, "picked")
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
    matched = null() if shape.paged else every if shape.filtered else unfiltered_count(layer, shape)
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
    """How far a walk along the sort key goes, after which (key, id) it begins, and whether it needs no more than these,
    and what is worked out of the version beside them."""

    limit: ColumnElement[int]
    after: tuple[ColumnElement[Any], ColumnElement[Any]] | None
    bare: bool = False
    beside: Callable[[FromClause], ColumnElement[Any]] | None = None


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
    wanted = conditions(layer, shape, versions, then)
    low: ColumnElement[Any] = literal_column("ranges.lo")
    if walk.after is not None:
        beyond = tuple_(versions.c.sort_key, versions.c.id) > tuple_(*walk.after)
        # With ranges the scan shall start at theirs, which end beyond the cursor.
        wanted.append(beyond.is_(true()) if shape.ranged else beyond)
        low = func.greatest(low, walk.after[0])
    if shape.ranged:
        wanted += [versions.c.sort_key >= low, versions.c.sort_key < literal_column("ranges.hi")]
    if shape.area is not None:
        wanted.append(covers(layer, versions, shape.area))
    columns = [versions.c.sort_key, versions.c.id] if walk.bare else row_columns(shape, versions)
    if walk.beside is not None:
        columns.append(walk.beside(versions))
    arm = select(*columns).where(*wanted)
    if not shape.terms or shape.ranged:
        return arm
    # OFFSET 0: words are found by their index and then put in order. A walk along the key that waits for rare words to
    # come by would read the whole layer, and the planner cannot know how rare they are.
    return select(*arm.offset(literal_column("0")).subquery("worded").c)


@lru_cache(maxsize=512)
def _item(layer: Layer, shape: QueryShape) -> Statement:
    state = snapshot.state(layer, known=shape.known, public=shape.public)
    ident = bindparam("id", type_=Uuid())
    rows = _named(layer, shape, state, lambda versions: versions.c.id == ident)
    feature = (
        select(utf8(feature_text(layer, shape, "picked", alone=True))).select_from(rows).limit(1).scalar_subquery()
    )
    every = history_table(layer).alias("every")
    seen = levels.reaches(shape.decision, every, levels.least(layer, shape.decision, timed=shape.timed))
    known = exists(select(true()).where(every.c.id == ident, *seen))
    version = shown_version(layer, shape, state).label("version")
    return compiled(select(*state.c, feature.label("feature"), known.label("known"), version).select_from(state))


@lru_cache(maxsize=64)
def _items(layer: Layer, shape: QueryShape) -> Statement:
    state = snapshot.state(layer, known=shape.known, public=shape.public)
    ids = bindparam("ids", type_=ARRAY(Uuid()))
    rows = _named(layer, shape, state, lambda versions: versions.c.id == func.any(ids))
    feature = utf8(feature_text(layer, shape, "picked", alone=True)).label("feature")
    return compiled(select(rows.c.id, feature).select_from(rows.join(state, true())))


def _named(layer: Layer, shape: QueryShape, state: FromClause, which: Named) -> FromClause:
    """The rows of the features that `which` names."""
    arms: list[Select[Any]] = []
    for then in snapshot.arms(shape.known, state):
        versions = history_table(layer).alias("h")
        wanted = [*conditions(layer, shape, versions, then), which(versions)]
        arms.append(select(*row_columns(shape, versions)).where(*wanted))
    found = arms[0] if len(arms) == 1 else select(*union_all(*arms).subquery("both").c)
    return told(layer, shape.decision, found, axis(shape.known))

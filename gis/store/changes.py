"""What changed between two states of a layer, as one caller sees them → SQL.

A state is a point on both axes: what was known at a changeset of what holds at an instant. A feature that the caller sees
in both, and that shows the same there, did not change. So nothing but visible content decides, and the order is that of
the ids: neither tells that something hidden changed.

Only features are looked at of which a version was written or ended after the first changeset, or began or ceased to hold
between the instants; that version must answer the question itself (rights, box, filter). They are found by the indexes
of changesets and bounds, up to FEW of them; beyond, so much of the layer changed that it is walked in the order of ids.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    DateTime,
    FromClause,
    Integer,
    Select,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    null,
    or_,
    select,
    text,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import distinct_on

from gis.model.access import Decision
from gis.model.filter import VALID_FROM, VALID_TO
from gis.model.layer import Layer
from gis.model.names import CHANGESET, VALID_FROM_KNOWN, name_of
from gis.model.query import ItemQuery
from gis.store import statements
from gis.store.area import covers
from gis.store.feature import feature_text, utf8
from gis.store.question import QueryShape, about, asked, row_columns
from gis.store.snapshot import BOUND, SEEN_BY_ALL, TOUCHED
from gis.store.snapshot import CHANGESET as CHANGESETS
from gis.store.sql import Sql, Statement, compiled
from gis.store.tables import SHOWN, history_table

CHANGE = "__change__"
"""The property of a feature that says what became of it: INSERT, UPDATE or DELETE (as the LINZ Data Service has it)."""

FEW = 20_000
"""So many touched versions are gathered and sorted for every page; the walk of more meets enough of them on its way."""

_AT_ONCE = 5_000
"""Features of which one statement looks at both states."""

_SINCE, _UNTIL = bindparam("since", type_=Integer), bindparam("until", type_=Integer)
_THEN, _AT = bindparam("then", type_=DateTime(timezone=True)), bindparam("upto", type_=DateTime(timezone=True))
_AFTER = bindparam("after", type_=Uuid())
_LIMIT = bindparam("limit", type_=Integer)


@dataclass(frozen=True, slots=True)
class Span:
    """From the state known at changeset `since` of the instant `then`, to the one known at `until` of the instant `at`."""

    since: int
    until: int
    then: datetime
    at: datetime


def span_sql(
    layer: Layer,
    decision: Decision,
    known: tuple[int | datetime, int | datetime | None],
    instants: tuple[datetime, datetime],
) -> Sql:
    """The changesets of the layer that `known` names, and the effective instants.

    One row: `newest` (last changeset of the layer, 0 if none), `since`, `until` (the last ones up to those numbers or
    instants; the newest for None), `committed_at` (of `until`), `first`, `instant`, `next_bound` (see `snapshot.state`).
    """
    values: dict[str, object] = {"then": instants[0], "upto": instants[1]}
    for name, one in zip(("since", "until"), known, strict=True):
        values |= {f"{name}_number": one if isinstance(one, int) else None}
        values |= {f"{name}_instant": one if isinstance(one, datetime) else None}
    return _span(layer, decision.pool == "public").bind(values)


def changes_sql(
    layer: Layer, query: ItemQuery, decision: Decision, span: Span, after: UUID | None, *, lines: bool = False
) -> Sql:
    """Changes in the order of ids, up to `query.limit` of them, behind `after`.

    One row: `returned`, `features` (GeoJSON joined by commas, or of a text sequence for `lines`; UTF-8 bytes, null if there
    are none), `last_id` (of the last of them), `more` (others follow), `looked_at` (where that is not known: the id up to
    which was looked, for the next statement; a caller may carry it, and not read it).
    """
    shape, values = asked(layer, replace(query, at=span.at, known=span.until, cursor=None), decision)
    values |= {"since": span.since, "until": span.until, "then": span.then, "upto": span.at, "after": after}
    return _changes(layer, shape, lines).bind(values | {"limit": query.limit})


@lru_cache(maxsize=256)
def _span(layer: Layer, public: bool) -> Statement:
    number: ColumnElement[int] = BOUND.c.changeset if public else TOUCHED.c.number
    of_layer = and_(BOUND.c.layer == layer.id, SEEN_BY_ALL) if public else TOUCHED.c.layer == layer.id
    bounds = and_(BOUND.c.layer == layer.id, SEEN_BY_ALL) if public else BOUND.c.layer == layer.id
    newest = func.coalesce(select(func.max(number)).where(of_layer).scalar_subquery(), 0)

    def known(name: str) -> ColumnElement[int]:
        by_number = bindparam(f"{name}_number", type_=Integer)
        instant = bindparam(f"{name}_instant", type_=DateTime(timezone=True))
        then = select(func.max(CHANGESETS.c.number)).where(CHANGESETS.c.committed_at <= instant).scalar_subquery()
        last = select(func.max(number)).where(of_layer, number <= func.coalesce(by_number, then, 0))
        named = or_(by_number.is_not(None), instant.is_not(None))
        return case((named, func.coalesce(last.scalar_subquery(), 0)), else_=newest)

    def bound(at: Any) -> ColumnElement[datetime]:
        last = select(func.max(BOUND.c.at)).where(bounds, BOUND.c.at <= at).scalar_subquery()
        return func.coalesce(last, at)

    following = select(func.min(BOUND.c.at)).where(bounds, BOUND.c.at > _AT).scalar_subquery()
    found = select(
        newest.label("newest"),
        known("since").label("since"),
        known("until").label("until"),
        bound(_THEN).label("first"),
        bound(_AT).label("instant"),
        following.label("next_bound"),
    ).subquery("found")
    return compiled(select(*found.c))


@lru_cache(maxsize=512)
def _changes(layer: Layer, shape: QueryShape, lines: bool) -> Statement:
    ids = _ids(layer, shape)
    pairs = _pairs(layer, shape, ids).cte("pairs").prefix_with("MATERIALIZED")
    picked = select(*pairs.c).order_by(pairs.c.feature).limit(_LIMIT).subquery("picked")
    ended = text(_ended(layer, shape)).columns(ended=Text).scalar_subquery()
    change: ColumnElement[Any] = case((picked.c.id.is_(None), ended), else_=_written(layer, shape))
    if lines:
        change = literal_column("chr(30)").op("||")(change).op("||")(literal_column("chr(10)"))
    joined = func.string_agg(change, literal_column("''" if lines else "','"))
    page = select(func.count().cast(Integer).label("returned"), utf8(joined).label("features")).select_from(picked)
    one = page.subquery("page")
    more = select(func.count()).select_from(pairs).scalar_subquery() > _LIMIT
    last = select(picked.c.feature).order_by(picked.c.feature.desc()).limit(1).scalar_subquery()
    looked = select(ids.c.id).order_by(ids.c.id.desc()).limit(1).scalar_subquery()
    every = select(func.count()).select_from(ids).scalar_subquery() < _number(_AT_ONCE)
    looked_at = case((or_(more, every), null()), else_=looked).label("looked_at")
    columns = (one.c.returned, one.c.features, last.label("last_id"), more.label("more"), looked_at)
    return compiled(select(*columns).select_from(one))


def _ids(layer: Layer, shape: QueryShape) -> CTE:
    """The next features of which a version that answers the question was touched."""
    few = _few(layer, shape).cte("few").prefix_with("MATERIALIZED")
    counted = select(func.count()).select_from(few).scalar_subquery()
    gathered = select(few.c.id).where(counted <= _number(FEW), _behind(few))
    versions = history_table(layer).alias("h")
    walk = select(versions.c.id).where(
        counted > _number(FEW), _behind(versions), or_(*_touched(versions)), *_may_answer(layer, shape, versions)
    )
    # DISTINCT ON keeps to the index: the walk ends after so many features, and not so many versions.
    walked = walk.ext(distinct_on(versions.c.id)).order_by(versions.c.id).limit(_number(_AT_ONCE)).subquery("walked")
    both = union_all(gathered, walked.select()).subquery("both")
    ids = select(both.c.id).distinct().order_by(both.c.id).limit(_number(_AT_ONCE))
    return ids.cte("ids").prefix_with("MATERIALIZED")


def _few(layer: Layer, shape: QueryShape) -> Select[Any]:
    arms = []
    for place in range(len(_touched(history_table(layer)))):
        versions = history_table(layer).alias("h")
        arms.append(select(versions.c.id).where(_touched(versions)[place], *_may_answer(layer, shape, versions)))
    touched = union_all(*arms).subquery("touched")
    return select(touched.c.id).limit(_number(FEW + 1))


def _touched(versions: FromClause) -> list[ColumnElement[bool]]:
    """A version was written, was ended, begins or ceases to hold on the way from one state to the other."""
    low, high = func.least(_THEN, _AT), func.greatest(_THEN, _AT)
    begins, ends = func.lower(versions.c.valid), func.upper(versions.c.valid)
    return [
        and_(versions.c.from_changeset > _SINCE, versions.c.from_changeset <= _UNTIL),
        and_(versions.c.to_changeset > _SINCE, versions.c.to_changeset <= _UNTIL),
        and_(begins > low, begins <= high),
        and_(ends > low, ends <= high),
    ]


def _behind(rows: FromClause) -> ColumnElement[bool]:
    return rows.c.id > func.coalesce(_AFTER, literal_column("'00000000-0000-0000-0000-000000000000'::uuid"))


def _may_answer(layer: Layer, shape: QueryShape, versions: FromClause) -> list[ColumnElement[bool]]:
    """Rights, filter and box, but for a filter that asks when features hold: that depends on what was known."""
    timed = shape.form is not None and shape.form.timed
    return _answers(layer, replace(shape, form=None) if timed else shape, versions, statements.NOW)


def _answers(layer: Layer, shape: QueryShape, versions: FromClause, known: str | None) -> list[ColumnElement[bool]]:
    """Rights, filter and box as known at `known`; not time."""
    place = [] if shape.area is None else [covers(layer, versions, shape.area)]
    return [*about(layer, shape, versions, known), *place]


def _pairs(layer: Layer, shape: QueryShape, ids: CTE) -> Select[Any]:
    """The features that differ, with what is shown of them afterwards; `id` is null where that is nothing."""
    each = select(ids.c.id).order_by(ids.c.id).subquery("each")
    before = _state(layer, shape, _SINCE, _THEN).lateral("before")
    after = _state(layer, shape, _UNTIL, _AT).lateral("after")
    both = each.outerjoin(before, true()).outerjoin(after, true())
    differs = or_(
        before.c.id.is_(None) != after.c.id.is_(None),
        before.c.content != after.c.content,
        and_(after.c.level >= _number(SHOWN), or_(*_other_times(shape, before, after))),
    )
    change = case((before.c.id.is_(None), "INSERT"), else_="UPDATE")
    kept = [column for column in after.c if column.name != "content"]
    found = select(each.c.id.label("feature"), change.label("change"), before.c.level.label("before"), *kept)
    return found.select_from(both).where(differs).order_by(each.c.id).limit(_LIMIT + literal_column("1"))


def _other_times(shape: QueryShape, before: FromClause, after: FromClause) -> list[ColumnElement[bool]]:
    """Of its times, those that the answer tells differ. The changeset follows from what else is shown."""
    told: dict[str, list[ColumnElement[Any]]] = {
        VALID_FROM: [func.lower(rows.c.valid) for rows in (before, after)],
        VALID_TO: [func.upper(rows.c.valid) for rows in (before, after)],
        VALID_FROM_KNOWN: [rows.c.valid_from_known for rows in (before, after)],
    }
    names = told if shape.shown.properties is None else [n for n in told if n in shape.shown.properties]
    return [told[n][0].is_distinct_from(told[n][1]) for n in names] or [literal_column("false")]


def _state(layer: Layer, shape: QueryShape, known: ColumnElement[int], at: ColumnElement[datetime]) -> Select[Any]:
    """The feature of `each` in one state, if the caller sees it there, with a digest of its content."""
    versions, then = history_table(layer).alias("h"), f"cast(:{known.key} AS integer)"
    rows = select(*row_columns(shape, versions)).where(
        versions.c.id == literal_column("each.id", Uuid()),
        versions.c.from_changeset <= known,
        or_(versions.c.to_changeset.is_(None), versions.c.to_changeset > known),
        versions.c.valid.op("@>")(at),
        *_answers(layer, shape, versions, then),
    )
    picked = statements.told(layer, shape.decision, rows, then)
    names = shape.decision.columns if shape.shown.properties is None else shape.shown.properties
    digest = statements.content(layer, shape.decision, "picked", names, place=shape.shown.geometry)
    return select(*picked.c, literal_column(digest, BigInteger).label("content")).select_from(picked)


def _written(layer: Layer, shape: QueryShape) -> ColumnElement[str]:
    """The feature as items show it, with its changeset's instant and what became of it."""
    whole = str(feature_text(layer, shape, "picked", alone=True))
    return literal_column(
        f"""(SELECT left(whole, -2) || CASE WHEN right(whole, 3) = '{{}}}}' THEN '' ELSE ',' END || '"{CHANGE}":"' || picked.change || '"}}}}'
             FROM (SELECT {whole} AS whole) w)""",
        Text,
    )


def _ended(layer: Layer, shape: QueryShape) -> str:
    """SQL of a feature that is not there afterwards: its id, and the last change that ended what held at that instant.

    Nothing of what it was: it may have been withdrawn, and whoever has it needs only its id.
    """
    known = statements.history(layer, shape.decision, "picked.feature", "cast(:until AS integer)", SHOWN)
    name = name_of(layer, CHANGESET, vietnamese=shape.shown.vietnamese)
    return f"""SELECT '{{"type":"Feature","id":"' || picked.feature || '",' || coalesce('"recordedAt":' || to_json(committed_at) || ',', '')
            || '"geometry"' || ':' || 'null,"properties":{{' || coalesce('"{name}":' || number || ',', '') || '"{CHANGE}":"DELETE"}}}}'
        FROM (SELECT) one LEFT JOIN LATERAL (
            SELECT c.number, c.committed_at FROM landmap.changeset c WHERE picked.before >= {SHOWN} AND c.number = (
                {known} SELECT max(coalesce(until, since)) FROM run WHERE tstzrange(lo, hi) @> cast(:upto AS timestamptz))) c ON true"""


def _number(value: int) -> ColumnElement[int]:
    return literal_column(str(value), Integer)

"""Which versions answer a question: both time axes, row access and the state of a layer, as SQLAlchemy expressions.

Named values bound by the callers: `at` (instant) or `starts`/`ends` (interval), `known` (changeset number).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    DateTime,
    FromClause,
    Integer,
    and_,
    bindparam,
    column,
    exists,
    func,
    literal_column,
    or_,
    select,
    table,
    text,
    true,
)

from gis.model.layer import Layer
from gis.model.query import Interval, ItemQuery
from gis.store.tables import REDUCED, history_table

CHANGESET = table("changeset", column("number"), column("committed_at"), schema="landmap")
TOUCHED = table("changeset_layer", column("layer"), column("number"), schema="landmap")
BOUND = table(
    "valid_bound",
    column("layer"),
    column("at"),
    column("changeset"),
    column("shown"),
    column("delta"),
    schema="landmap",
)
type Seen = Callable[[FromClause], list[ColumnElement[bool]]]
"""Conditions that leave versions out which the caller may not see."""

SEEN_BY_ALL = BOUND.c.shown >= literal_column(str(REDUCED))
"""A bound of rows of which the public sees something; literal, so that the partial index on it serves.

Every row that a changeset writes or closes leaves its bounds here, also where they add up to no more features: the
public's last changeset is the last one with such a bound."""

AT = bindparam("at", type_=DateTime(timezone=True))
STARTS = bindparam("starts", type_=DateTime(timezone=True))
ENDS = bindparam("ends", type_=DateTime(timezone=True))
KNOWN = bindparam("known", type_=Integer)
KNOWN_AT = bindparam("known_at", type_=DateTime(timezone=True))


def time_values(query: ItemQuery) -> dict[str, object]:
    """Values of the named parameters above for one query."""
    at = asked_at(query)
    values: dict[str, object] = {"known": None, "known_at": None, "starts": None, "ends": None}
    if isinstance(at, Interval):
        values |= {"starts": at.start, "ends": at.end, "at": at.end or datetime.now(UTC)}
    else:
        values["at"] = at or datetime.now(UTC)
    known = query.cursor.changeset if query.cursor else query.known
    values["known_at" if isinstance(known, datetime) else "known"] = known
    return values


def asked_at(query: ItemQuery) -> datetime | Interval | None:
    """The valid time of the question; a cursor pins an instant, an interval stays as it is."""
    if query.cursor and not isinstance(query.at, Interval):
        return query.cursor.instant
    return query.at


def state(layer: Layer, *, known: str, public: bool) -> CTE:
    """One row: last changeset of the layer (0 if none), when it was committed, effective instant and next bound.

    `known` is `now`, `number` or `instant`: how the known axis is asked for. For the public, changesets and bounds of
    hidden rows alone are as if they were not: they change nothing that it sees, and must not be told.
    """
    of_layer = and_(BOUND.c.layer == layer.id, SEEN_BY_ALL) if public else BOUND.c.layer == layer.id
    number = BOUND.c.changeset if public else TOUCHED.c.number
    last = select(func.max(number)).where(of_layer if public else TOUCHED.c.layer == layer.id)
    if known == "number":
        last = last.where(number <= KNOWN)
    if known == "instant":
        then = select(func.max(CHANGESET.c.number)).where(CHANGESET.c.committed_at <= KNOWN_AT).scalar_subquery()
        last = last.where(number <= then)
    newest = select(func.coalesce(last.scalar_subquery(), 0).label("changeset")).subquery("newest")
    bound = select(func.max(BOUND.c.at)).where(of_layer, BOUND.c.at <= AT).scalar_subquery()
    following = select(func.min(BOUND.c.at)).where(of_layer, BOUND.c.at > AT).scalar_subquery()
    committed = select(CHANGESET.c.committed_at).where(CHANGESET.c.number == newest.c.changeset).scalar_subquery()
    return (
        select(
            newest.c.changeset,
            committed.label("committed_at"),
            func.coalesce(bound, AT).label("instant"),
            following.label("next_bound"),
        )
        .select_from(newest)
        .cte("state")
        .prefix_with("MATERIALIZED")
    )


def count(layer: Layer, least: int) -> ColumnElement[int]:
    """Number of features that hold at the instant and are known at the state's changeset; rows shown at `least` so much."""
    changeset = select(literal_column("changeset", BigInteger)).select_from(text("state")).scalar_subquery()
    return (
        select(func.coalesce(func.sum(BOUND.c.delta), 0).cast(BigInteger))
        .where(BOUND.c.layer == layer.id, BOUND.c.at <= AT, BOUND.c.changeset <= changeset, BOUND.c.shown >= least)
        .scalar_subquery()
    )


def holds(versions: FromClause, *, interval: bool) -> ColumnElement[bool]:
    """The version holds at the instant, or within the interval."""
    if interval:
        return versions.c.valid.op("&&")(func.tstzrange(STARTS, ENDS, "[]"))
    return versions.c.valid.op("@>")(AT)


def open_now(versions: FromClause) -> ColumnElement[bool]:
    """Known now: the open part."""
    return versions.c.to_changeset.is_(None)


def open_then(versions: FromClause, known: Any) -> ColumnElement[bool]:
    """Open, and known already at changeset `known`."""
    return and_(versions.c.to_changeset.is_(None), versions.c.from_changeset <= known)


def closed_since(versions: FromClause, known: Any) -> ColumnElement[bool]:
    """Closed after changeset `known`, at which it was known."""
    return and_(
        versions.c.to_changeset.is_not(None), versions.c.to_changeset > known, versions.c.from_changeset <= known
    )


def arms(known: str, state: FromClause) -> list[Callable[[FromClause], ColumnElement[bool]]]:
    """For each arm of a question asked by `known` (see `state`), the condition on the known axis."""
    if known == "now":
        return [open_now]
    changeset = select(state.c.changeset).scalar_subquery()
    return [lambda v: open_then(v, changeset), lambda v: closed_since(v, changeset)]


def latest_within(layer: Layer, versions: FromClause, known: Any | None, seen: Seen) -> ColumnElement[bool]:
    """Of the versions of a feature that hold within the interval and that the caller may see, the latest."""
    later = history_table(layer).alias("later")
    then = open_now(later) if known is None else and_(
        later.c.from_changeset <= known, or_(later.c.to_changeset.is_(None), later.c.to_changeset > known)
    )  # fmt: skip
    return ~exists(
        select(true()).where(
            later.c.id == versions.c.id,
            then,
            holds(later, interval=True),
            *seen(later),
            func.lower(later.c.valid) > func.lower(versions.c.valid),
        )
    )


def known_mode(query: ItemQuery) -> str:
    """How the query asks for the known axis: `now`, `number` or `instant`."""
    if query.cursor:
        return "number"
    if query.known is None:
        return "now"
    return "instant" if isinstance(query.known, datetime) else "number"

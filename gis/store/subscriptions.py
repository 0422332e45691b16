"""Subscriptions: what somebody wants to be told of, up to which state that was done, and what was told.

A delivery is two states of a layer. It is written in one transaction with the step from the first to the second, under
the next number: so none is lost, none is there twice, and their order is that of the states, wherever a worker is killed.
Whoever looks after a subscription claims it; a claim that was taken over writes nothing more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from gis.model.layer import Text
from gis.rules.regulations import PACKS
from gis.store.changes import Span
from gis.store.sql import Lock, Sql

FEED, PENDING, DELIVERED, WITHHELD = "feed", "pending", "delivered", "withheld"
"""How a delivery stands: there is nobody to call; the receiver is still to be told; it was; there is nothing to tell it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A subscription that is asked for. `watch`: as it was sent; `question`: parameters of the change feed that ask the
    same; `token`: SHA-256 of the one that opens the feed. `places`: by layer, the state from which on it is told."""

    owner: str
    watch: Mapping[str, Any]
    question: Mapping[str, str]
    base: str
    language: str
    callback: str | None
    token: bytes
    places: Mapping[str, Place]


@dataclass(frozen=True, slots=True)
class Place:
    """Up to where a layer was looked at: the state `changeset`, `at` as the owner sees it, and what the layer had by then."""

    changeset: int
    at: datetime
    seen: int
    looked: datetime


@dataclass(frozen=True, slots=True)
class Subscription:
    """One subscription. `claim`: of whoever looks after it now."""

    id: UUID
    owner: str
    watch: Mapping[str, Any]
    question: Mapping[str, str]
    base: str
    language: str
    callback: str | None
    created: datetime
    number: int
    ended: datetime | None
    reason: Text | None
    claim: UUID | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery, `span` of `layer`; both None where it tells that the subscription ended."""

    number: int
    layer: str | None
    span: Span | None
    created: datetime
    status: str
    attempts: int
    tried: datetime | None
    answer: int | None
    problem: str | None


_COLUMNS = "id, owner, watch, question, base, language, callback, created, number, ended, reason, claim"
_TOLD = "number, layer, since, until, since_at, until_at, created, status, attempts, tried, answer, problem"
_MINE = "id = $1::uuid AND claim = $2::uuid"


def turn_sql() -> Sql:
    """Before `subscribe_sql`, in its transaction: who counts counts alone."""
    return Sql("SELECT pg_advisory_xact_lock($1)", (Lock.SUBSCRIPTIONS,))


def subscribe_sql(wish: Wish, most: int) -> Sql:
    """The new subscription; no row where the owner has `most` of them."""
    names = list(wish.places)
    places = [wish.places[name] for name in names]
    return Sql(
        f"""WITH made AS (
                INSERT INTO landmap.subscription (owner, watch, question, base, language, callback, token)
                SELECT $1::text, $2::jsonb, $3::jsonb, $4, $5, $6::text, $7::bytea
                WHERE (SELECT count(*) < $8::bigint FROM landmap.subscription WHERE owner = $1 AND ended IS NULL)
                RETURNING {_COLUMNS}),
            placed AS (
                INSERT INTO landmap.subscription_layer (subscription, layer, changeset, at, seen, looked)
                SELECT made.id, l.* FROM made, unnest($9::text[], $10::integer[], $11::timestamptz[], $12::integer[], $13::timestamptz[]) l)
            SELECT * FROM made""",
        (
            wish.owner,
            _json(wish.watch),
            _json(wish.question),
            wish.base,
            wish.language,
            wish.callback,
            wish.token,
            most,
            names,
            [one.changeset for one in places],
            [one.at for one in places],
            [one.seen for one in places],
            [one.looked for one in places],
        ),
    )


def horizon_sql(layer: str) -> Sql:
    """`seen`, the last changeset of the layer, and `looked`, the time: what is looked at afterwards shows both."""
    return Sql(
        """SELECT coalesce(max(number), 0) AS seen, clock_timestamp() AS looked
           FROM landmap.changeset_layer WHERE layer = $1""",
        (layer,),
    )


def rule_horizon_sql() -> Sql:
    """The same for what a rule says: any changeset may bring something."""
    return Sql("SELECT coalesce(max(number), 0) AS seen, clock_timestamp() AS looked FROM landmap.changeset", ())


def subscription_sql(id: UUID, owner: str | None) -> Sql:
    """The subscription, if it is the owner's (None: anybody's)."""
    return Sql(
        f"SELECT {_COLUMNS} FROM landmap.subscription WHERE id = $1::uuid AND ($2::text IS NULL OR owner = $2)",
        (id, owner),
    )


def opened_sql(id: UUID, token: bytes) -> Sql:
    """The subscription that the token (its SHA-256) opens."""
    return Sql(f"SELECT {_COLUMNS} FROM landmap.subscription WHERE id = $1::uuid AND token = $2::bytea", (id, token))


def list_sql(owner: str, limit: int) -> Sql:
    """The owner's subscriptions, the oldest first."""
    return Sql(
        f"SELECT {_COLUMNS} FROM landmap.subscription WHERE owner = $1 ORDER BY created, id LIMIT $2::bigint",
        (owner, limit),
    )


def token_sql(id: UUID, owner: str, token: bytes) -> Sql:
    """Another token opens the feed, and the one before does not any more."""
    return Sql(
        "UPDATE landmap.subscription SET token = $3::bytea WHERE id = $1::uuid AND owner = $2 RETURNING id",
        (id, owner, token),
    )


def unsubscribe_sql(id: UUID, owner: str) -> Sql:
    """Deletes it with its deliveries; no row where the owner has none."""
    return Sql("DELETE FROM landmap.subscription WHERE id = $1::uuid AND owner = $2 RETURNING id", (id, owner))


def deliveries_sql(id: UUID, before: int | None, limit: int) -> Sql:
    """The deliveries below number `before`, the newest first."""
    return Sql(
        f"""SELECT {_TOLD} FROM landmap.subscription_delivery
            WHERE subscription = $1::uuid AND ($2::integer IS NULL OR number < $2) ORDER BY number DESC LIMIT $3::bigint""",
        (id, before, limit),
    )


def claim_sql(lease: float) -> Sql:
    """Takes a subscription to look after for `lease` seconds: one of whose layers there may be news, or whose receiver is
    still to be told something. No row where there is none.

    What rules say may follow from any layer, and from the day: it is looked at after each changeset, and once a day.
    """
    return Sql(
        f"""UPDATE landmap.subscription SET claim = gen_random_uuid(), due = clock_timestamp() + make_interval(secs => $1::float8)
            WHERE id = (
                SELECT s.id FROM landmap.subscription s WHERE s.due <= clock_timestamp() AND (
                    s.ended IS NULL AND EXISTS (
                        SELECT FROM landmap.subscription_layer l WHERE l.subscription = s.id AND (
                            EXISTS (SELECT FROM landmap.changeset_layer c WHERE c.layer = l.layer AND c.number > l.seen)
                            OR EXISTS (SELECT FROM landmap.valid_bound b
                                       WHERE b.layer = l.layer AND b.at > l.looked AND b.at <= clock_timestamp())
                            OR starts_with(l.layer, '{PACKS}') AND (l.looked < date_trunc('day', clock_timestamp())
                                OR EXISTS (SELECT FROM landmap.changeset c WHERE c.number > l.seen))))
                    OR (s.retry IS NULL OR s.retry <= clock_timestamp()) AND EXISTS (
                        SELECT FROM landmap.subscription_delivery d WHERE d.subscription = s.id AND d.status = 'pending'))
                ORDER BY s.due, s.id LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING {_COLUMNS}""",
        (lease,),
    )


def hold_sql(one: Subscription, lease: float) -> Sql:
    """Renews the claim; no row where it was taken over, or the subscription is not there any more."""
    return Sql(
        f"UPDATE landmap.subscription SET due = clock_timestamp() + make_interval(secs => $3::float8) WHERE {_MINE} RETURNING id",
        (one.id, one.claim, lease),
    )


def release_sql(one: Subscription, pause: float) -> Sql:
    """Whoever looked after it is done; it is not looked after again for `pause` seconds."""
    return Sql(
        f"""UPDATE landmap.subscription SET claim = NULL, due = clock_timestamp() + make_interval(secs => $3::float8)
            WHERE {_MINE} RETURNING id""",
        (one.id, one.claim, pause),
    )


def places_sql(one: Subscription) -> Sql:
    """Where it stands in each layer."""
    return Sql(
        """SELECT layer, changeset, at, seen, looked FROM landmap.subscription_layer WHERE subscription = $1::uuid
           ORDER BY layer""",
        (one.id,),
    )


def looked_sql(one: Subscription, layer: str, place: Place) -> Sql:
    """There was nothing to tell up to there; no row where the claim was taken over."""
    return Sql(
        """UPDATE landmap.subscription_layer SET changeset = $4::integer, at = $5::timestamptz, seen = $6::integer,
               looked = $7::timestamptz
           WHERE subscription = $1::uuid AND layer = $3
             AND EXISTS (SELECT FROM landmap.subscription WHERE id = $1 AND claim = $2::uuid FOR UPDATE) RETURNING layer""",
        (one.id, one.claim, layer, place.changeset, place.at, place.seen, place.looked),
    )


def told_sql(one: Subscription, layer: str, span: Span) -> Sql:
    """A new delivery, in the transaction of `looked_sql`; no row where the claim was taken over."""
    return Sql(
        f"""WITH next AS (UPDATE landmap.subscription SET number = number + 1 WHERE {_MINE} RETURNING id, number, callback)
            INSERT INTO landmap.subscription_delivery (subscription, number, layer, since, until, since_at, until_at, status)
            SELECT id, number, $3, $4::integer, $5::integer, $6::timestamptz, $7::timestamptz,
                CASE WHEN callback IS NULL THEN 'feed' ELSE 'pending' END FROM next RETURNING number""",
        (one.id, one.claim, layer, span.since, span.until, span.then, span.at),
    )


def end_sql(one: Subscription, reason: Text) -> Sql:
    """It ended: what was still to be told is withheld. No row where the claim was taken over."""
    return Sql(
        f"""WITH closed AS (
                UPDATE landmap.subscription SET ended = clock_timestamp(), reason = $3::jsonb, retry = NULL
                WHERE {_MINE} AND ended IS NULL RETURNING id),
            withheld AS (
                UPDATE landmap.subscription_delivery d SET status = 'withheld' FROM closed
                WHERE d.subscription = closed.id AND d.status = 'pending')
            SELECT id FROM closed""",
        (one.id, one.claim, _json({"vi": reason.vi, "en": reason.en})),
    )


def farewell_sql(one: Subscription) -> Sql:
    """A last delivery that tells of the end, in the transaction of `end_sql`."""
    return Sql(
        f"""WITH next AS (UPDATE landmap.subscription SET number = number + 1 WHERE {_MINE} RETURNING id, number, callback)
            INSERT INTO landmap.subscription_delivery (subscription, number, status)
            SELECT id, number, CASE WHEN callback IS NULL THEN 'feed' ELSE 'pending' END FROM next RETURNING number""",
        (one.id, one.claim),
    )


def first_pending_sql(one: Subscription) -> Sql:
    """The next delivery of which the receiver is to be told, if it may be called already."""
    return Sql(
        f"""SELECT {_TOLD} FROM landmap.subscription_delivery WHERE subscription = $1::uuid AND status = 'pending'
              AND EXISTS (SELECT FROM landmap.subscription WHERE {_MINE} AND (retry IS NULL OR retry <= clock_timestamp()))
            ORDER BY number LIMIT 1""",
        (one.id, one.claim),
    )


def attempt_sql(one: Subscription, number: int, answer: int | None, problem: str | None, status: str) -> Sql:
    """The receiver was called, and how the delivery stands since; `withheld` where there was nothing to call it for."""
    return Sql(
        """UPDATE landmap.subscription_delivery SET attempts = attempts + ($6::text <> 'withheld')::integer,
               tried = clock_timestamp(), answer = $4::smallint, problem = $5::text, status = $6
           WHERE subscription = $1::uuid AND number = $3::integer AND status = 'pending'
             AND EXISTS (SELECT FROM landmap.subscription WHERE id = $1 AND claim = $2::uuid) RETURNING number""",
        (one.id, one.claim, number, answer, problem, status),
    )


def retry_sql(one: Subscription, seconds: float | None) -> Sql:
    """The receiver is not called for so many seconds; None: at once."""
    return Sql(
        f"UPDATE landmap.subscription SET retry = clock_timestamp() + make_interval(secs => $3::float8) WHERE {_MINE} RETURNING id",
        (one.id, one.claim, seconds),
    )


def expire_sql(days: float) -> Sql:
    """Deletes deliveries older than `days` that wait for nobody, and subscriptions that ended as long ago; a row for each."""
    return Sql(
        """WITH old AS (SELECT clock_timestamp() - make_interval(secs => $1::float8 * 86400) AS day),
               gone AS (DELETE FROM landmap.subscription USING old WHERE ended < day RETURNING id)
           DELETE FROM landmap.subscription_delivery d USING old
           WHERE d.created < day AND d.status <> 'pending' RETURNING d.number""",
        (days,),
    )


def as_subscription(row: Mapping[str, Any]) -> Subscription:
    """A row of either driver."""
    reason = _read(row["reason"])
    return Subscription(
        row["id"],
        row["owner"],
        _read(row["watch"]),
        _read(row["question"]),
        row["base"],
        row["language"],
        row["callback"],
        row["created"],
        row["number"],
        row["ended"],
        None if reason is None else Text(reason["vi"], reason["en"]),
        row["claim"],
    )


def as_delivery(row: Mapping[str, Any]) -> Delivery:
    """A row of either driver."""
    layer = row["layer"]
    span = None if layer is None else Span(row["since"], row["until"], row["since_at"], row["until_at"])
    told = ("created", "status", "attempts", "tried", "answer", "problem")
    return Delivery(row["number"], layer, span, *(row[name] for name in told))


def as_place(row: Mapping[str, Any]) -> Place:
    """A row of either driver."""
    return Place(row["changeset"], row["at"], row["seen"], row["looked"])


def _read(value: Any) -> Any:
    return orjson.loads(value) if isinstance(value, str) else value


def _json(value: object) -> str:
    return orjson.dumps(value).decode()

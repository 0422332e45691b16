"""Tells those who subscribed what changed: looks at what they watch, writes down what is to be told, calls who wants a call.

It may be killed anywhere. What is to be told is written with the step to the next state; the receiver is called for the
first delivery that is not told yet, again and again until it takes it, and only then for the next.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import orjson
import structlog

from gis.errors import LandmapError, RequestError, StoreError, Unauthenticated
from gis.model.actor import Actor
from gis.model.layer import Layer, Text
from gis.store.audit import Entry, Kind, append_sql
from gis.store.changes import Span
from gis.store.keeper import Keeper
from gis.store.pools import Pools, Row
from gis.store.sql import Sql
from gis.store.subscriptions import (
    DELIVERED,
    PENDING,
    WITHHELD,
    Delivery,
    Place,
    Subscription,
    as_delivery,
    as_place,
    as_subscription,
    attempt_sql,
    claim_sql,
    end_sql,
    expire_sql,
    farewell_sql,
    first_pending_sql,
    hold_sql,
    horizon_sql,
    looked_sql,
    places_sql,
    release_sql,
    retry_sql,
    rule_horizon_sql,
    subscription_sql,
    told_sql,
)
from services.auth.identify import owner_now
from services.auth.policy import pool_for
from services.ogc.datetimes import instant_text
from services.processes.calls import silent
from services.processes.process import Call
from services.processes.running import Workplace
from services.subscriptions.callbacks import Callbacks, secret_of, signed
from services.subscriptions.content import LARGEST, Eyes, newest, seen, told
from services.subscriptions.ruling import both_sides, is_rule, newest_rule, of_lot, ruling, told_rule

log = structlog.get_logger("landmap.subscriptions")

NO_RIGHTS = Text(
    "Khoá hoặc tài khoản đã đăng ký không còn hiệu lực, nên không gửi gì nữa.",
    "The key or account that subscribed opens nothing any more, so that nothing is told any longer.",
)
NO_QUESTION = Text("Điều kiện theo dõi không còn dùng được: {vi}", "What is watched can be asked about no longer: {en}")
NO_RECEIVER = Text(
    "Địa chỉ nhận không trả lời trong nhiều ngày, hoặc cho biết không còn nhận nữa.",
    "The receiver has not answered for days, or said that it takes no more.",
)
_GONE = 410


@dataclass(frozen=True, slots=True)
class Pace:
    """Times in seconds. `lease`: how long one is looked after without a word; `poll`: between two looks where there is
    nothing to do; `pause`: of one subscription after it was looked after; `backoff`: before the second call, each further
    one three times as long, up to `longest`; `patience`: for how long a delivery is tried; `clean`: between two cleanings.
    `at_once`: calls in a row for one subscription."""

    lease: float = 60.0
    poll: float = 2.0
    pause: float = 1.0
    broken: float = 300.0
    backoff: float = 10.0
    longest: float = 3_600.0
    patience: float = 3 * 86_400.0
    clean: float = 3_600.0
    at_once: int = 20


class LostError(Exception):
    """Somebody else looks after the subscription by now, or nobody is to."""


@asynccontextmanager
async def delivering(place: Workplace, pace: Pace | None = None) -> AsyncIterator[None]:
    """While this is open, subscriptions are looked after."""
    settings, zone = place.settings, place.catalog.territory.time_zone
    pools = await Pools.open(place.dsn, statement_timeout_ms=settings.statement_timeout_ms, time_zone=zone, size=2)
    courier = Courier(place, pools, pace or Pace())
    tasks = [asyncio.create_task(each) for each in (courier.work(), courier.clean())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await pools.close()


class Courier:
    """Looks after one subscription at a time."""

    def __init__(self, place: Workplace, pools: Pools, pace: Pace) -> None:
        self._place, self._pools, self._pace = place, pools, pace
        self._keeper: Keeper = place.keeper
        self._callbacks = Callbacks(place.settings.callback_hosts)

    async def work(self) -> None:
        """Until it is cancelled."""
        while True:
            try:
                if await self.once():
                    continue
            except StoreError as error:
                log.warning("subscriptions cannot be looked after", error=error.en)
            await asyncio.sleep(self._pace.poll)

    async def once(self) -> bool:
        """Looks after one subscription, if there is one to look after."""
        row = await self._written(claim_sql(self._pace.lease))
        if row is None:
            return False
        one, pause = as_subscription(row), self._pace.pause
        try:
            async with self._held(one):
                await self._tend(one)
        except LostError:
            log.info("a subscription was taken over", subscription=str(one.id))
            return True
        except StoreError:
            raise
        except Exception:
            log.exception("a subscription cannot be looked after", subscription=str(one.id))
            pause = self._pace.broken  # the others are not held up
        await self._written(release_sql(one, pause))
        return True

    async def clean(self) -> None:
        """Deletes what is old, now and then."""
        while True:
            try:
                await self._written(expire_sql(self._place.settings.subscription_days))
            except StoreError as error:
                log.warning("old deliveries cannot be deleted", error=error.en)
            await asyncio.sleep(self._pace.clean)

    async def _tend(self, one: Subscription) -> None:
        actor: Actor | None = None
        if one.ended is None:
            try:
                actor = await owner_now(self._keeper, one.owner)
                await self._look(one, actor)
            except Unauthenticated:
                await self._end(one, NO_RIGHTS)
                actor = None
            except RequestError as error:
                await self._end(one, Text(NO_QUESTION.vi.format(vi=error.vi), NO_QUESTION.en.format(en=error.en)))
                actor = None
        if one.callback is not None:
            await self._call(one, one.callback, actor)

    async def _look(self, one: Subscription, actor: Actor) -> None:
        """Writes down what is to be told of each layer or rule, and up to where that goes."""
        async with self._keeper.transaction() as work:
            places = {row["layer"]: as_place(row) for row in await work.rows(places_sql(one))}
        for name, place in places.items():
            now, news = await (self._ruled(one, actor, place) if is_rule(name) else self._seen(one, actor, name, place))
            span = Span(place.changeset, now.changeset, place.at, now.at)
            await self._step(one, name, now, span if news else None)

    async def _seen(self, one: Subscription, actor: Actor, name: str, place: Place) -> tuple[Place, bool]:
        """The last state of a layer, and whether there is news of it."""
        layer, eyes = self._layer(name), Eyes(self._pools, self._place.catalog, actor)
        row = await self._written(horizon_sql(name))
        assert row is not None
        now = await newest(eyes, layer, place, (row["seen"], row["looked"]))
        span = Span(place.changeset, now.changeset, place.at, now.at)
        moved = (span.since, span.then) != (span.until, span.at)
        return now, moved and (await seen(eyes, layer, one.question, span, most=1)).count > 0

    async def _ruled(self, one: Subscription, actor: Actor, place: Place) -> tuple[Place, bool]:
        """The last state of a rule, and whether it says something else."""
        run = self._run(one, actor)
        row = await self._written(rule_horizon_sql())
        assert row is not None
        now = await newest_rule(run, one.watch, place, (row["seen"], row["looked"]))
        found = await ruling(run, one.watch, Span(place.changeset, now.changeset, place.at, now.at))
        return now, bool(found.changed)

    def _run(self, one: Subscription, actor: Actor) -> Call:
        place = self._place
        return Call(
            catalog=place.catalog,
            pools=self._pools,
            keeper=self._keeper,
            settings=place.settings,
            secret=place.secret,
            actor=actor,
            base=one.base,
            language=one.language,
            progress=silent,
        )

    async def _step(self, one: Subscription, layer: str, place: Place, span: Span | None) -> None:
        async with self._keeper.transaction() as work:
            if await work.row(looked_sql(one, layer, place)) is None:
                raise LostError
            if span is not None and await work.row(told_sql(one, layer, span)) is None:
                raise LostError

    def _layer(self, name: str) -> Layer:
        layer = self._place.catalog.layers.get(name)
        if layer is None:
            raise RequestError(f"There is no layer '{name}' any more.", f"Không còn lớp '{name}'.")
        return layer

    async def _call(self, one: Subscription, callback: str, actor: Actor | None) -> None:
        """Calls the receiver for one delivery after the other, until it does not take one. `actor` None: only for the end."""
        for _ in range(self._pace.at_once):
            row = await self._written(first_pending_sql(one))
            if row is None:
                return
            delivery = as_delivery(row)
            body = await self._body(one, delivery, actor)
            if body is None:
                await self._mine(attempt_sql(one, delivery.number, None, None, WITHHELD))
            elif not await self._called(one, callback, delivery, body):
                return

    async def _called(self, one: Subscription, callback: str, delivery: Delivery, body: bytes) -> bool:
        """Whether the receiver took it."""
        await self._mine(hold_sql(one, self._pace.lease))
        secret = secret_of(self._place.secret, one.id.bytes)
        headers = signed(secret, f"{one.id}.{delivery.number}", int(time.time()), body)
        answer = await self._callbacks.post(
            callback, body, {"Content-Type": "application/json", "User-Agent": "Landmap", **headers}
        )
        status = DELIVERED if answer.taken else PENDING
        await self._mine(attempt_sql(one, delivery.number, answer.status, answer.problem, status))
        if answer.taken:
            return True
        late = datetime.now(UTC) - delivery.created > timedelta(seconds=self._pace.patience)
        if answer.status == _GONE or late:
            if one.ended is None:
                await self._end(one, NO_RECEIVER, farewell=False)
            await self._mine(attempt_sql(one, delivery.number, answer.status, answer.problem, WITHHELD), must=False)
        pause = min(self._pace.backoff * 3.0 ** min(delivery.attempts, 20), self._pace.longest)
        await self._mine(retry_sql(one, pause))
        return False

    async def _body(self, one: Subscription, delivery: Delivery, actor: Actor | None) -> bytes | None:
        """What the receiver is told, as the owner may see it now; None where that is nothing. What is read with the rights
        of an agency is on record before it is sent."""
        if delivery.layer is None or delivery.span is None:
            return await self._farewell(one, delivery)
        if actor is None:
            return None
        if is_rule(delivery.layer):
            return await self._rule_body(one, delivery, delivery.span, actor)
        eyes, layer = Eyes(self._pools, self._place.catalog, actor), self._layer(delivery.layer)
        found = await seen(eyes, layer, one.question, delivery.span)
        if not found.count:
            return None
        if len(found.features) > LARGEST:
            found = replace(found, features=b"", count=0, whole=False)
        if eyes.decision(layer).pool != "public":
            await self._written(append_sql([_entry(one, delivery, actor, found.count, len(found.features))]))
        head = orjson.dumps(told(one, delivery.number, delivery.created, (layer.id, delivery.span), found))
        return head[:-1] + b',"features":[' + found.features + b"]}"

    async def _rule_body(self, one: Subscription, delivery: Delivery, span: Span, actor: Actor) -> bytes | None:
        run = self._run(one, actor)
        found = await ruling(run, one.watch, span)
        if not found.changed:
            return None
        head = told_rule(one, delivery.number, delivery.created, span, found)
        sides = both_sides(found)
        body = orjson.dumps(head | {"complete": True} | sides)
        if len(body) > LARGEST:
            body = orjson.dumps(head | {"complete": False})
        if of_lot(one.watch) and pool_for(actor, run.catalog.layers.values()) != "public":
            findings = found.after.findings or ()
            await self._written(append_sql([_entry(one, delivery, actor, len(findings), len(body))]))
        return body

    async def _farewell(self, one: Subscription, delivery: Delivery) -> bytes:
        """The end, with its reason as it stands now."""
        row = await self._written(subscription_sql(one.id, None))
        reason = None if row is None else as_subscription(row).reason
        return orjson.dumps(
            {
                "type": "landmap.ended",
                "subscription": str(one.id),
                "number": delivery.number,
                "created": instant_text(delivery.created),
                "reason": None if reason is None else reason[one.language],
            }
        )

    async def _end(self, one: Subscription, reason: Text, *, farewell: bool = True) -> None:
        async with self._keeper.transaction() as work:
            if await work.row(end_sql(one, reason)) is None:
                raise LostError
            if farewell:
                await work.row(farewell_sql(one))
        log.info("a subscription ended", subscription=str(one.id), reason=reason.en)

    async def _mine(self, sql: Sql, *, must: bool = True) -> None:
        if await self._written(sql) is None and must:
            raise LostError

    async def _written(self, sql: Sql) -> Row | None:
        async with self._keeper.transaction() as work:
            return await work.row(sql)

    @asynccontextmanager
    async def _held(self, one: Subscription) -> AsyncIterator[None]:
        """The claim is renewed for as long as this is open; where that fails, whatever is written finds it out."""
        task = asyncio.create_task(self._renew(one))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _renew(self, one: Subscription) -> None:
        while True:
            await asyncio.sleep(self._pace.lease / 3)
            try:
                await self._written(hold_sql(one, self._pace.lease))
            except LandmapError as error:
                log.warning("the hold on a subscription cannot be renewed", error=error.en)


def _entry(one: Subscription, delivery: Delivery, actor: Actor, rows: int, size: int) -> Entry:
    return Entry(
        datetime.now(UTC),
        Kind.READ,
        actor.id,
        "subscription told",
        role=actor.role,
        agency=actor.agency,
        layer=delivery.layer,
        subject=str(one.id),
        detail={"number": delivery.number},
        rows=rows,
        bytes=size,
    )

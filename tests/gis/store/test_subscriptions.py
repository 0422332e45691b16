"""Subscriptions in the database: who looks after one, what is told once, and in which order."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest_asyncio

from gis.model.layer import Text
from gis.store.changes import Span
from gis.store.keeper import Keeper
from gis.store.pools import Row
from gis.store.sql import Sql
from gis.store.subscriptions import (
    DELIVERED,
    Place,
    Subscription,
    Wish,
    as_delivery,
    as_place,
    as_subscription,
    attempt_sql,
    claim_sql,
    deliveries_sql,
    end_sql,
    expire_sql,
    farewell_sql,
    first_pending_sql,
    horizon_sql,
    looked_sql,
    places_sql,
    release_sql,
    retry_sql,
    rule_horizon_sql,
    subscribe_sql,
    told_sql,
)
from tests.gis.store.conftest import Load, Parcel

THEN = datetime(2026, 1, 1, tzinfo=UTC)
SOON = 60.0


@pytest_asyncio.fixture
async def keeper(database: str) -> AsyncIterator[Keeper]:
    opened = await Keeper.open(database)
    yield opened
    await opened.close()


async def asked(keeper: Keeper, *statements: Sql) -> Row | None:
    """The row of the last, all in one transaction."""
    row = None
    async with keeper.transaction() as work:
        for statement in statements:
            row = await work.row(statement)
    return row


async def subscribed(
    keeper: Keeper, layer: str = "parcels", callback: str | None = "https://office.example.vn/"
) -> Subscription:
    places = {layer: Place(0, THEN, 0, datetime.now(UTC))}
    wish = Wish("key:a", {"parcel": "x"}, {"id": "x"}, "http://land.test", "vi", callback, b"token", places)
    row = await asked(keeper, subscribe_sql(wish, 5))
    assert row is not None
    return as_subscription(row)


async def claimed(keeper: Keeper) -> Subscription | None:
    row = await asked(keeper, claim_sql(SOON))
    return None if row is None else as_subscription(row)


async def told(keeper: Keeper, one: Subscription, until: int, layer: str = "parcels") -> Row | None:
    now = datetime.now(UTC)
    span = Span(0, until, THEN, now)
    return await asked(keeper, looked_sql(one, layer, Place(until, now, until, now)), told_sql(one, layer, span))


async def test_there_is_something_to_do_only_where_there_may_be_news(keeper: Keeper, load: Load) -> None:
    one = await subscribed(keeper)
    assert await claimed(keeper) is None
    load([Parcel("1", 0)])
    found = await claimed(keeper)
    assert found is not None and found.id == one.id and found.claim is not None
    assert await claimed(keeper) is None  # somebody has it


async def test_a_claim_that_was_taken_over_writes_nothing_more(
    keeper: Keeper, load: Load, db: psycopg.Connection
) -> None:
    await subscribed(keeper)
    number = load([Parcel("1", 0)])
    first = await claimed(keeper)
    assert first is not None
    db.execute("UPDATE landmap.subscription SET due = clock_timestamp()")
    second = await claimed(keeper)
    assert second is not None and second.claim != first.claim
    assert await told(keeper, first, number) is None
    assert await asked(keeper, end_sql(first, Text("a", "a"))) is None
    assert await asked(keeper, release_sql(first, 0.0)) is None
    written = await told(keeper, second, number)
    assert written is not None and written["number"] == 1


async def test_deliveries_are_numbered_and_the_receiver_is_told_of_the_first_that_it_has_not_taken(
    keeper: Keeper, load: Load
) -> None:
    await subscribed(keeper)
    one = None
    for number in range(2):
        changeset = load([Parcel(str(number), number)])
        one = one or await claimed(keeper)
        assert one is not None
        await told(keeper, one, changeset)
    assert one is not None
    row = await asked(keeper, first_pending_sql(one))
    assert row is not None and as_delivery(row).number == 1
    await asked(keeper, retry_sql(one, SOON))
    assert await asked(keeper, first_pending_sql(one)) is None
    await asked(keeper, retry_sql(one, None))
    await asked(keeper, attempt_sql(one, 1, 204, None, DELIVERED))
    row = await asked(keeper, first_pending_sql(one))
    assert row is not None and as_delivery(row).number == 2
    async with keeper.transaction() as work:
        found = [as_delivery(each) for each in await work.rows(deliveries_sql(one.id, None, 10))]
        (place,) = [as_place(each) for each in await work.rows(places_sql(one))]
    assert [(each.number, each.status, each.attempts) for each in found] == [(2, "pending", 0), (1, "delivered", 1)]
    assert place.changeset == changeset


async def test_the_end_withholds_what_was_not_told_and_tells_of_itself(keeper: Keeper, load: Load) -> None:
    await subscribed(keeper)
    number = load([Parcel("1", 0)])
    one = await claimed(keeper)
    assert one is not None
    await told(keeper, one, number)
    assert await asked(keeper, end_sql(one, Text("Đã thôi", "Ended"))) is not None
    assert await asked(keeper, end_sql(one, Text("Nữa", "Again"))) is None
    await asked(keeper, farewell_sql(one))
    async with keeper.transaction() as work:
        found = [as_delivery(each) for each in await work.rows(deliveries_sql(one.id, None, 10))]
    assert [(each.number, each.status, each.layer) for each in found] == [
        (2, "pending", None),
        (1, "withheld", "parcels"),
    ]


async def test_one_owner_has_no_more_than_may_be(keeper: Keeper) -> None:
    one = await subscribed(keeper)
    wish = Wish(one.owner, {}, {}, "http://land.test", "vi", None, b"t", {"parcels": Place(0, THEN, 0, THEN)})
    assert await asked(keeper, subscribe_sql(wish, 1)) is None
    assert await asked(keeper, subscribe_sql(replace(wish, owner="key:b"), 1)) is not None


async def test_what_is_old_and_waits_for_nobody_is_deleted(keeper: Keeper, load: Load, db: psycopg.Connection) -> None:
    await subscribed(keeper, callback=None)
    number = load([Parcel("1", 0)])
    one = await claimed(keeper)
    assert one is not None
    await told(keeper, one, number)
    assert await asked(keeper, expire_sql(30.0)) is None
    db.execute("UPDATE landmap.subscription_delivery SET created = created - interval '31 days'")
    assert await asked(keeper, expire_sql(30.0)) is not None


async def test_a_rule_is_looked_at_after_each_changeset_of_any_layer_and_once_a_day(
    keeper: Keeper, load: Load, db: psycopg.Connection
) -> None:
    before = await asked(keeper, rule_horizon_sql())
    assert before is not None
    one = await subscribed(keeper, "rules/qcvn-01-2021")
    db.execute("UPDATE landmap.subscription_layer SET seen = %s", (before["seen"],))
    assert await claimed(keeper) is None
    number = load([Parcel("1", 0)])
    after, of_layer = await asked(keeper, rule_horizon_sql()), await asked(keeper, horizon_sql("parcels"))
    assert after is not None and of_layer is not None and after["seen"] == of_layer["seen"] == number
    found = await claimed(keeper)
    assert found is not None and found.id == one.id
    now = datetime.now(UTC)
    await asked(
        keeper, looked_sql(found, "rules/qcvn-01-2021", Place(number, now, number, now)), release_sql(found, 0.0)
    )
    assert await claimed(keeper) is None
    db.execute("UPDATE landmap.subscription_layer SET looked = %s", (now - timedelta(days=1),))
    assert await claimed(keeper) is not None

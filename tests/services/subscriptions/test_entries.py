"""Entries of feeds: made once for what the owner may see, and a few for one request however often somebody asks."""

from __future__ import annotations

import asyncio
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import psycopg
import pytest

from gis.store.subscriptions import as_delivery, as_subscription, deliveries_sql, subscription_sql
from services.auth.identify import owner_now
from services.subscriptions import entries, ruling
from services.subscriptions.entries import DEAR, FEED, Entries
from tests.services.ogc.writing import parcel_id
from tests.services.permits.checking import GOOD, Checks
from tests.services.subscriptions.conftest import Town
from tests.services.subscriptions.test_ruling import HOUSE, STOREYS, widen

pytestmark = pytest.mark.asyncio(loop_scope="session")

ATOM = "{http://www.w3.org/2005/Atom}"
ONE = {"parcel": str(parcel_id(1))}
SOLDIERS = {"layer": "parcels", "filter": "sheet LIKE '%'"}
sheets = (str(number) for number in count(7_000))


async def read(town: Town, one: dict[str, Any]) -> list[str]:
    """The ids of the feed's entries, by its token."""
    answer = await town.client.get(one["feed"])
    assert answer.status_code == 200, answer.text
    return [str(entry.findtext(f"{ATOM}id")) for entry in ET.fromstring(answer.content).iter(f"{ATOM}entry")]


def repeat(town: Town, one: dict[str, Any], times: int) -> None:
    """The last delivery is told so many times more."""
    with psycopg.connect(town.land.dsn, autocommit=True) as db:
        db.execute(
            """INSERT INTO landmap.subscription_delivery (subscription, number, layer, since, until, since_at, until_at, status)
               SELECT subscription, number + n, layer, since, until, since_at, until_at, status
               FROM landmap.subscription_delivery, generate_series(1, %s) n WHERE subscription = %s""",
            (times, one["id"]),
        )


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One for each time that a rule is asked what it says of two states."""
    calls: list[int] = []
    real = ruling.ruling

    async def counted(*arguments: Any) -> Any:
        calls.append(1)
        return await real(*arguments)

    monkeypatch.setattr(entries, "ruling", counted)
    return calls


async def test_a_request_asks_a_rule_a_few_times_and_none_asks_it_again(
    watched: Town, checks: Checks, asked: list[int]
) -> None:
    one = await watched.subscribe("viewer", {"rule": STOREYS, "parcel": str(GOOD), "application": HOUSE})
    widen(checks, 20.0)
    try:
        await watched.round()
    finally:
        widen(checks, 12.0)
    repeat(watched, one, 2 * DEAR + 1)
    first = await read(watched, one)
    assert (len(first), len(asked)) == (DEAR, DEAR)
    second = await read(watched, one)
    assert (len(second), len(asked)) == (2 * DEAR, 2 * DEAR)
    assert second[:DEAR] == first  # the newest first, under ids that stay
    whole = await read(watched, one)
    assert len(whole) == len(asked) == 2 * DEAR + 2
    assert [await read(watched, one) for _ in range(3)] == [whole] * 3
    assert len(asked) == 2 * DEAR + 2


async def test_many_who_ask_at_once_do_not_make_an_entry_twice(watched: Town, checks: Checks, asked: list[int]) -> None:
    one = await watched.subscribe("viewer", {"rule": STOREYS, "parcel": str(GOOD), "application": HOUSE})
    widen(checks, 20.0)
    try:
        await watched.round()
    finally:
        widen(checks, 12.0)
    found = await asyncio.gather(*(read(watched, one) for _ in range(8)))
    assert {len(ids) for ids in found} == {1}
    assert len(asked) == 1


async def test_a_feed_that_takes_long_keeps_no_other_waiting(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    slow, quick = [await town.subscribe("viewer", ONE) for _ in range(2)]
    town.change(1, sheet=next(sheets))
    await town.round()
    begun, go_on = asyncio.Event(), asyncio.Event()
    said = entries._said

    async def held(services: Any, eyes: Any, one: Any, wanted: Any) -> Any:
        if str(one.id) == slow["id"]:
            begun.set()
            await go_on.wait()
        return await said(services, eyes, one, wanted)

    monkeypatch.setattr(entries, "_said", held)
    waiting = asyncio.create_task(read(town, slow))
    try:
        await asyncio.wait_for(begun.wait(), 20)
        assert len(await asyncio.wait_for(read(town, quick), 20)) == 1
        assert not waiting.done()
    finally:
        go_on.set()
        found = await waiting
    assert len(found) == 1


async def test_an_entry_is_looked_at_again_when_the_rights_of_the_owner_are_others(town: Town) -> None:
    """The third parcel is of the army: what was told with the rights of an agency is not kept beyond them."""
    one = await town.subscribe("viewer", SOLDIERS)
    town.change(3, sheet=next(sheets))
    await town.round()
    assert len(await read(town, one)) == 1
    with psycopg.connect(town.land.dsn, autocommit=True) as db:
        db.execute("UPDATE landmap.agency_layer SET layer = 'flood_' WHERE agency = 'so-dat' AND layer = 'parcels'")
        try:
            assert await read(town, one) == []
        finally:
            db.execute("UPDATE landmap.agency_layer SET layer = 'parcels' WHERE agency = 'so-dat' AND layer = 'flood_'")
    assert len(await read(town, one)) == 1


async def test_what_is_kept_is_bounded_and_made_again_when_it_went(town: Town) -> None:
    one = await town.subscribe("viewer", ONE)
    town.change(1, sheet=next(sheets))
    await town.round()
    repeat(town, one, FEED - 1)
    async with town.services.keeper.transaction() as work:
        row = await work.row(subscription_sql(one["id"], None))
        assert row is not None
        mine = as_subscription(row)
        found = [as_delivery(each) for each in await work.rows(deliveries_sql(mine.id, None, FEED))]
    actor = await owner_now(town.services.keeper, mine.owner)
    small = Entries(most=4)
    for _ in range(2):
        told: Sequence[Any] = await small.told(town.services, actor, mine, found)
        assert [each.delivery.number for each in told] == [each.number for each in found]
        assert len(small) == 4
    gone = [replace(each, layer="no_such_layer") for each in found[:2]]
    assert await small.told(town.services, actor, mine, gone) == []

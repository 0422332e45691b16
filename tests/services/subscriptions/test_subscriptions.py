"""Subscriptions from end to end: what is watched, what is told, to whom, in which order, and for how long."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import itertools
import os
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gis.model.actor import PUBLIC
from gis.store.changes import Span
from services.subscriptions.callbacks import MOST_SECONDS
from services.subscriptions.content import Eyes, newest, seen
from services.subscriptions.courier import Pace
from tests.services.ogc.writing import geometry, lot, parcel_id
from tests.services.subscriptions.conftest import Town

pytestmark = pytest.mark.asyncio(loop_scope="session")

ROOT = Path(__file__).resolve().parents[3]
ATOM = "{http://www.w3.org/2005/Atom}"
ONE = {"parcel": str(parcel_id(1))}
SOLDIERS = {"parcel": str(parcel_id(3))}

sheets = (str(number) for number in itertools.count(100))


def ids(body: dict[str, Any]) -> list[str]:
    return [feature["id"] for feature in body["features"]]


async def entries(town: Town, address: str) -> list[ET.Element]:
    answer = await town.client.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/atom+xml")
    return list(ET.fromstring(answer.content).iter(f"{ATOM}entry"))


async def test_a_parcel_that_changes_is_told_once_and_others_are_not(town: Town) -> None:
    one = await town.subscribe("viewer", ONE, call=True)
    town.change(1, sheet=next(sheets))
    town.change(2, sheet=next(sheets))
    await town.round()
    await town.round()
    (got,) = town.receiver.got
    assert ids(got.json) == [str(parcel_id(1))]
    assert (got.json["number"], got.json["complete"], got.json["layer"]) == (1, True, "parcels")
    (told,) = await town.deliveries("viewer", one)
    assert (told["status"], told["attempts"], told["answer"]) == ("delivered", 1, 204)


async def test_a_delivery_is_signed_with_a_secret_that_is_told_once(town: Town) -> None:
    one = await town.subscribe("viewer", ONE, call=True)
    town.change(1, sheet=next(sheets))
    await town.round()
    (got,) = town.receiver.got
    secret = base64.b64decode(one["secret"].removeprefix("whsec_"))
    text = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode() + got.body
    wanted = base64.b64encode(hmac.digest(secret, text, hashlib.sha256)).decode()
    assert got.headers["webhook-signature"] == f"v1,{wanted}"
    again = (await town.get("viewer", f"/subscriptions/{one['id']}")).json()
    assert "secret" not in again
    assert "feed" not in again


async def test_of_more_than_a_delivery_holds_it_tells_where_the_rest_is(town: Town) -> None:
    layer = town.land.catalog.layers["parcels"]
    eyes = Eyes(town.services.pools, town.land.catalog, PUBLIC)
    before = await newest(eyes, layer, None, (0, datetime.now(UTC)))
    for number in (1, 2):
        town.change(number, sheet=next(sheets))
    after = await newest(eyes, layer, before, (0, datetime.now(UTC)))
    span = Span(before.changeset, after.changeset, before.at, after.at)
    some, every = [await seen(eyes, layer, {}, span, most) for most in (1, 9)]
    assert [(found.count, found.whole) for found in (some, every)] == [(1, False), (2, True)]
    assert every.kinds()["UPDATE"] == [str(parcel_id(1)), str(parcel_id(2))]


async def test_a_polygon_watches_all_that_meets_it_in_its_layers(town: Town) -> None:
    place = geometry(lot(-1, -1, 7).buffer(1))
    await town.subscribe("viewer", {"polygon": place, "layers": ["parcels"]}, call=True)
    town.change(2, sheet=next(sheets))
    town.change(4, sheet=next(sheets))
    await town.round()
    assert [ids(got.json) for got in town.receiver.got] == [[str(parcel_id(2))]]


async def test_a_filter_tells_what_comes_to_meet_it_and_what_does_no_longer(town: Town) -> None:
    await town.subscribe("viewer", {"layer": "parcels", "filter": "sheet = 'WATCHED'"}, call=True)
    town.change(1, sheet="WATCHED")
    await town.round()
    town.change(1, sheet="12")
    await town.round()
    kinds = [got.json["features"][0]["properties"]["__change__"] for got in town.receiver.got]
    assert kinds == ["INSERT", "DELETE"]


async def test_deliveries_come_in_order_and_again_until_they_are_taken(town: Town) -> None:
    one = await town.subscribe("viewer", ONE, call=True)
    town.receiver.answers = [(500, None), (503, None)]
    for _ in range(2):
        town.change(1, sheet=next(sheets))
        assert await town.courier(at_once=0).once()  # looks, and does not call
    await town.round()
    assert [got.json["number"] for got in town.receiver.got] == [1, 1, 1, 2]
    newest, oldest = await town.deliveries("viewer", one)
    assert (oldest["status"], oldest["attempts"]) == ("delivered", 3)
    assert (newest["status"], newest["since"]) == ("delivered", oldest["until"])


async def test_between_attempts_there_is_a_pause_that_grows(town: Town) -> None:
    one = await town.subscribe("viewer", ONE, call=True)
    town.receiver.answers = [(500, None)]
    town.change(1, sheet=next(sheets))
    await town.round(backoff=600.0)
    assert len(town.receiver.got) == 1
    (told,) = await town.deliveries("viewer", one)
    assert (told["status"], told["problem"]) == ("pending", "HTTP 500")


async def test_a_receiver_that_never_answers_well_ends_its_subscription(town: Town) -> None:
    one = await town.subscribe("viewer", ONE, call=True)
    town.receiver.answers = [(500, None)]
    town.change(1, sheet=next(sheets))
    await town.round(patience=0.0)
    assert (await town.get("viewer", f"/subscriptions/{one['id']}")).json()["status"] == "ended"
    assert [told["status"] for told in await town.deliveries("viewer", one)] == ["withheld"]


async def test_a_receiver_that_is_gone_is_not_called_again(town: Town) -> None:
    one = await town.subscribe("viewer", ONE, call=True)
    town.receiver.answers = [(410, None)]
    town.change(1, sheet=next(sheets))
    await town.round()
    town.change(1, sheet=next(sheets))
    await town.round()
    assert len(town.receiver.got) == 1
    assert "reason" in (await town.get("viewer", f"/subscriptions/{one['id']}")).json()


async def test_a_redirect_is_not_followed(town: Town) -> None:
    one = await town.subscribe("viewer", ONE, call=True)
    town.receiver.answers = [(302, f"http://127.0.0.1:{town.receiver.port}/elsewhere")]
    town.change(1, sheet=next(sheets))
    await town.round(backoff=600.0)
    assert [got.path for got in town.receiver.got] == ["/in"]
    assert (await town.deliveries("viewer", one))[0]["answer"] == 302


async def test_what_the_owner_may_not_see_is_never_told_nor_counted(town: Town) -> None:
    """The third parcel is of the army: its place and fields are not for agencies without the layer."""
    hidden = await town.subscribe(
        "editor who does not own", {"layer": "parcels", "filter": "sheet LIKE '%'"}, call=True
    )
    town.change(3, address="Doanh trại mới")
    town.change(3, sheet=next(sheets))
    await town.round()
    assert town.receiver.got == []
    assert await town.deliveries("editor who does not own", hidden) == []
    seen = await town.subscribe("viewer", SOLDIERS)
    town.change(3, address="Doanh trại khác")
    await town.round()
    assert len(await town.deliveries("viewer", seen)) == 1
    town.change(1, sheet=next(sheets))
    await town.round()
    assert [ids(got.json) for got in town.receiver.got] == [[str(parcel_id(1))]]


async def test_rights_are_looked_at_again_when_a_delivery_is_tried_again(town: Town) -> None:
    """What was read for the first attempt is not what the second one sends."""
    one = await town.subscribe("viewer", SOLDIERS, call=True)
    town.receiver.answers = [(500, None)]
    town.change(3, sheet=next(sheets), address="BIMAT")
    await town.round(backoff=600.0)
    assert b"BIMAT" in town.receiver.got[0].body
    with psycopg.connect(town.land.dsn, autocommit=True) as db:
        db.execute("UPDATE landmap.subscription SET retry = NULL")
        db.execute("UPDATE landmap.agency_layer SET layer = 'flood_' WHERE agency = 'so-dat' AND layer = 'parcels'")
        try:
            await town.round()
        finally:
            db.execute("UPDATE landmap.agency_layer SET layer = 'parcels' WHERE agency = 'so-dat' AND layer = 'flood_'")
    assert all(b"BIMAT" not in got.body for got in town.receiver.got[1:])
    assert (await town.deliveries("viewer", one))[0]["status"] == "withheld"


async def test_a_key_that_is_revoked_ends_its_subscriptions_and_the_receiver_is_told(town: Town) -> None:
    one = await town.subscribe("editor of the ward", ONE, call=True)
    key = town.land.headers["editor of the ward"]["X-Api-Key"].split("_")[1]
    town.change(1, sheet=next(sheets), address="SAUKHITHUHOI")
    with psycopg.connect(town.land.dsn, autocommit=True) as db:
        db.execute("UPDATE landmap.api_key SET revoked_at = now(), revoked_by = 'tester' WHERE id = %s", (key,))
        try:
            await town.round()
            town.change(1, sheet=next(sheets))
            await town.round()
            (entry,) = await entries(town, one["feed"])
        finally:
            db.execute("UPDATE landmap.api_key SET revoked_at = NULL, revoked_by = NULL WHERE id = %s", (key,))
    (got,) = town.receiver.got
    assert got.json["type"] == "landmap.ended"
    assert got.json["reason"]
    assert "opens nothing" in "".join(entry.itertext())


async def test_the_feed_opens_with_its_token_only_and_a_new_one_closes_the_old(town: Town) -> None:
    one = await town.subscribe("viewer", ONE)
    assert (await town.client.get(one["feed"])).status_code == 200
    bare = one["feed"].split("?")[0]
    assert (await town.client.get(bare)).status_code == 404
    assert (await town.client.get(f"{bare}?token=guess")).status_code == 404
    assert (await town.get("admin", bare)).status_code == 404
    assert (await town.get("viewer", bare)).status_code == 200
    answer = await town.client.post(f"/subscriptions/{one['id']}/token", headers=town.land.headers["viewer"])
    assert (await town.client.get(one["feed"])).status_code == 404
    assert (await town.client.get(answer.json()["feed"])).status_code == 200


async def test_the_feed_is_atom_with_ids_that_stay(town: Town) -> None:
    one = await town.subscribe("viewer", ONE)
    town.change(1, sheet=next(sheets))
    await town.round()
    first = await entries(town, one["feed"])
    town.change(1, sheet=next(sheets))
    await town.round()
    later = await entries(town, one["feed"])
    assert [len(first), len(later)] == [1, 2]
    assert later[1].findtext(f"{ATOM}id") == first[0].findtext(f"{ATOM}id")
    answer = await town.client.get(one["feed"])
    root = ET.fromstring(answer.content)
    for parent in (root, *later):
        for name in ("id", "title", "updated"):
            assert parent.findtext(f"{ATOM}{name}")
    assert root.find(f"{ATOM}author/{ATOM}name") is not None
    (itself,) = [link for link in root.findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert itself.get("href") == one["feed"]
    assert str(parcel_id(1)) in (later[0].findtext(f"{ATOM}content") or "")
    kept = await town.client.get(one["feed"], headers={"If-None-Match": answer.headers["etag"]})
    assert kept.status_code == 304


async def test_what_is_read_by_token_with_the_rights_of_an_agency_is_on_record(town: Town) -> None:
    one = await town.subscribe("viewer", ONE)
    town.change(1, sheet=next(sheets))
    await town.round()
    await town.client.get(one["feed"])
    rows = town.land.table(
        "SELECT actor, rows FROM landmap.audit WHERE action = 'subscription_feed' AND subject = %s", one["id"]
    )
    assert [(actor.startswith("key:"), count) for actor, count in rows] == [(True, 1)]


async def test_a_subscription_is_its_owners_alone(town: Town) -> None:
    one = await town.subscribe("viewer", ONE)
    path = f"/subscriptions/{one['id']}"
    for who in ("publisher", "admin"):
        for address in (path, f"{path}/deliveries"):
            assert (await town.get(who, address)).status_code == 404
        assert (await town.client.delete(path, headers=town.land.headers[who])).status_code == 404
        assert (await town.get(who, "/subscriptions")).json()["subscriptions"] == []
    for address in ("/subscriptions", path, f"{path}/deliveries"):
        assert (await town.client.get(address)).status_code == 401
    assert [each["id"] for each in (await town.get("viewer", "/subscriptions")).json()["subscriptions"]] == [one["id"]]
    assert (await town.client.delete(path, headers=town.land.headers["viewer"])).status_code == 204
    assert (await town.get("viewer", path)).status_code == 404
    assert (await town.client.get(one["feed"])).status_code == 404


async def test_one_caller_has_so_many_and_no_more(town: Town) -> None:
    for _ in range(5):
        await town.subscribe("viewer", ONE)
    answer = await town.post("viewer", ONE)
    assert answer.status_code == 429
    await town.subscribe("publisher", ONE)


@pytest.mark.parametrize(
    "watch",
    [
        {},
        {"parcel": "1"},
        {"parcel": 36 * "-"},
        {"layer": "nowhere", "filter": "sheet = '1'"},
        {"layer": "parcels", "filter": "no_such_field = 1"},
        {"layer": "parcels", "filter": "holder_name = 'A'"},
        {"layer": "parcels"},
        {"polygon": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}},
        {"polygon": {"type": "Point", "coordinates": [106.7, 10.7]}},
        {"parcel": str(parcel_id(1)), "layers": ["zones"]},
    ],
)
async def test_what_cannot_be_watched_is_refused(town: Town, watch: dict[str, Any]) -> None:
    answer = await town.post("viewer", watch)
    assert answer.status_code == 400, answer.text


async def test_who_has_not_signed_in_cannot_subscribe(town: Town) -> None:
    assert (await town.post("public", ONE)).status_code == 401


async def test_the_landing_page_tells_of_subscriptions_to_who_can_have_them(town: Town) -> None:
    for who, told in (("viewer", True), ("public", False)):
        links = (await town.get(who, "/?f=json")).json()["links"]
        assert any(link["href"].endswith("/subscriptions") for link in links) is told


async def test_a_method_that_there_is_not_is_told_with_those_that_there_are(town: Town) -> None:
    answer = await town.client.put("/subscriptions", headers=town.land.headers["viewer"])
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS, POST")
    answer = await town.client.options(f"/subscriptions/{parcel_id(1)}")
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS"


PROGRAM = """
import asyncio
from gis.catalog.read import read_catalog
from gis.store.keeper import Keeper
from services.processes.running import Workplace
from services.settings import read_settings
from services.subscriptions.courier import Pace, delivering

async def main():
    settings = read_settings()
    dsn = settings.database_url.get_secret_value()
    keeper = await Keeper.open(dsn)
    place = Workplace(dsn, read_catalog(settings.layers, settings.territory), settings, await keeper.secret(), keeper, {})
    async with delivering(place, Pace(lease=1.5, poll=0.05, pause=0.0)):
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.slow
async def test_a_courier_that_is_killed_in_the_middle_of_a_call_loses_and_reorders_nothing(town: Town) -> None:
    one = await town.subscribe("viewer", ONE, call=True)
    for _ in range(3):
        town.change(1, sheet=next(sheets))
        await town.courier(at_once=0).once()
    town.receiver.go.clear()  # it takes the first and never answers
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LANDMAP_")}
    hosts = {"LANDMAP_CALLBACK_HOSTS": f"127.0.0.1:{town.receiver.port}"}
    process = subprocess.Popen(  # noqa: ASYNC220 (it is killed before anything else is awaited)
        [sys.executable, "-c", PROGRAM],
        env={**kept, **hosts, "LANDMAP_DATABASE_URL": town.land.dsn, "LANDMAP_LOG_LEVEL": "error"},
        cwd=ROOT,
    )
    try:
        assert town.receiver.arrived.wait(60)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    town.receiver.go.set()
    for _ in range(100):
        if all(told["status"] == "delivered" for told in await town.deliveries("viewer", one)):
            break
        await asyncio.sleep(0.1)
        await town.round()
    assert [got.json["number"] for got in town.receiver.got] == [1, 1, 2, 3]


async def test_the_pace_of_a_worker_leaves_a_receiver_time_within_its_lease() -> None:
    assert Pace().lease > 2 * MOST_SECONDS

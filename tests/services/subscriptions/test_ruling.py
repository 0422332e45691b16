"""Subscriptions to rules: told when the text of a pack is another one, and when a rule says something else of a lot."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import psycopg
import pytest

from gis.store import regulations
from tests.services.permits import checking
from tests.services.permits.checking import CUT, E0, GOOD, N0, Checks, geojson, rectangle
from tests.services.subscriptions.conftest import Town

pytestmark = pytest.mark.asyncio(loop_scope="session")

PACK = "qd-56-2021-pl18"
STOREYS = {"pack": PACK, "rule": "storeys"}
HOUSE = {
    "work": "NEW",
    "use": "HOUSE",
    "storeys": "trệt + 3 lầu",
    "facts": {"centre_district": True, "house_form": "townhouse"},
}
ROAD = 31


def widen(checks: Checks, width: float) -> None:
    """The street gets another right of way."""
    checks.edit("road_lines", [road(width)])


def road(width: float) -> checking.Row:
    told = {"kind": "CENTRELINE", "name": "Đường A", "code": "A", "right_of_way": width}
    shape = checking.shapely.MultiLineString([[(E0 - 500, N0 - 6), (E0 + 900, N0 - 6)]])
    return checking._id(ROAD), shape, told


def rewrite(checks: Checks, version: str) -> str:
    """Another text of the pack is published; the version that it had before."""
    path = f"rules/{PACK}.toml"
    text = checks.catalog.regulations[path]
    before = re.search(r'^version = "(.+)"$', text, re.MULTILINE)
    assert before is not None and before[1] != version
    with psycopg.connect(checks.dsn) as db:
        regulations.publish(
            db, {**checks.catalog.regulations, path: text.replace(before[0], f'version = "{version}"', 1)}
        )
    return before[1]


def restore(checks: Checks) -> None:
    with psycopg.connect(checks.dsn) as db:
        regulations.publish(db, checks.catalog.regulations)


async def test_a_new_text_of_a_pack_is_told_once_to_who_watches_it(watched: Town, checks: Checks) -> None:
    one = await watched.subscribe("viewer", {"rule": {"pack": PACK}}, call=True)
    other = await watched.subscribe("viewer", {"rule": {"pack": "hcmc-min-split"}})
    before = rewrite(checks, "99")
    try:
        await watched.round()
        await watched.round()
    finally:
        restore(checks)
    (got,) = watched.receiver.got
    assert (got.json["type"], got.json["rule"], got.json["changed"]) == ("landmap.rule", {"pack": PACK}, ["pack"])
    assert [got.json[side]["pack"]["version"] for side in ("before", "after")] == [before, "99"]
    assert got.json["before"]["findings"] is None
    assert got.json["pack"] == f"http://land.test/rules/{PACK}"
    (told,) = await watched.deliveries("viewer", one)
    assert (told["type"], told["status"], told["until"]) == ("landmap.rule", "delivered", got.json["until"])
    assert await watched.deliveries("viewer", other) == []


async def test_what_a_rule_says_of_a_parcel_is_told_when_its_road_gets_wider(watched: Town, checks: Checks) -> None:
    await watched.subscribe("officer", {"rule": STOREYS, "parcel": str(GOOD), "application": HOUSE}, call=True)
    widen(checks, 20.0)
    try:
        await watched.round()
        (got,) = watched.receiver.got
        assert got.json["changed"] == ["findings"]
        sides = [got.json[side]["findings"] for side in ("before", "after")]
        assert {finding["rule"] for side in sides for finding in side} == {"storeys"}
        before, after = ([finding.get("limit") for finding in side] for side in sides)
        assert before != after and max(after) > max(before)
        inputs = {"parcel": {"id": str(GOOD)}, **HOUSE, "knownAt": str(got.json["since"])}
        inputs["datetime"] = got.json["datetime"].split("/")[0]
        answer = await watched.client.post(
            "/processes/permit-check/execution",
            json={"inputs": inputs, "outputs": {"answer": {}}},
            headers=watched.land.headers["officer"],
        )
        assert answer.status_code == 200, answer.text
        replayed = [f.get("limit") for f in answer.json()["findings"] if f["pack"] == PACK and f["rule"] == "storeys"]
        assert replayed == before
    finally:
        widen(checks, 12.0)


async def test_a_change_that_the_rule_does_not_read_is_not_told(watched: Town, checks: Checks) -> None:
    one = await watched.subscribe("viewer", {"rule": STOREYS, "parcel": str(GOOD), "application": HOUSE}, call=True)
    checks.edit("parcels", [(CUT, checking.whole(rectangle(60, 0, 5, 16)), checking.told("2", address="7 Đường A"))])
    await watched.round()
    assert watched.receiver.got == []
    assert await watched.deliveries("viewer", one) == []


async def test_a_polygon_is_read_as_a_lot_and_its_feed_tells_what_the_rule_says(watched: Town, checks: Checks) -> None:
    place = geojson(rectangle(0, 0, 5, 16))
    watch = {"rule": STOREYS, "polygon": place, "crs": "EPSG:9210", "application": HOUSE}
    one = await watched.subscribe("viewer", watch)
    widen(checks, 30.0)
    try:
        await watched.round()
    finally:
        widen(checks, 12.0)
    answer = await watched.client.get(one["feed"])
    assert answer.status_code == 200, answer.text
    (entry,) = ET.fromstring(answer.content).iter("{http://www.w3.org/2005/Atom}entry")
    said = "".join(entry.itertext())
    assert f"{PACK}/storeys: the findings changed" in said
    assert "Storeys by road width" in said


async def test_a_day_that_passes_is_looked_at_although_nothing_was_published(watched: Town) -> None:
    await watched.subscribe("viewer", {"rule": {"pack": PACK}})
    await watched.round()
    with psycopg.connect(watched.land.dsn, autocommit=True) as db:
        db.execute("UPDATE landmap.subscription_layer SET looked = looked - interval '1 day'")
    assert await watched.courier().once()
    assert not await watched.courier().once()


async def test_a_pack_that_is_withdrawn_is_told_and_the_subscription_goes_on(watched: Town, checks: Checks) -> None:
    one = await watched.subscribe("viewer", {"rule": {"pack": "flood"}}, call=True)
    with psycopg.connect(checks.dsn) as db:
        regulations.publish(
            db, {path: text for path, text in checks.catalog.regulations.items() if path != "rules/flood.toml"}
        )
    try:
        await watched.round()
    finally:
        restore(checks)
    await watched.round()
    gone, back = watched.receiver.got
    assert (gone.json["after"]["pack"], back.json["before"]["pack"]) == (None, None)
    assert (await watched.get("viewer", f"/subscriptions/{one['id']}")).json()["status"] == "active"


async def test_what_is_read_with_the_rights_of_an_agency_is_on_record(watched: Town, checks: Checks) -> None:
    one = await watched.subscribe("officer", {"rule": STOREYS, "parcel": str(GOOD), "application": HOUSE}, call=True)
    widen(checks, 20.0)
    try:
        await watched.round()
    finally:
        widen(checks, 12.0)
    query = "SELECT count(*) FROM landmap.audit WHERE action = 'subscription told' AND subject = %s"
    assert watched.land.table(query, one["id"]) == [(1,)]


@pytest.mark.parametrize(
    ("watch", "status", "where"),
    [
        ({"rule": {"pack": "qd-56-2021"}}, 400, "rule.pack"),
        ({"rule": {"pack": PACK, "rule": "storey"}}, 400, "rule.rule"),
        ({"rule": {}}, 400, None),
        ({"rule": {"pack": PACK}, "parcel": str(GOOD), "polygon": {"type": "Polygon", "coordinates": []}}, 400, None),
        ({"rule": {"pack": PACK}, "application": HOUSE}, 400, None),
        ({"rule": {"pack": PACK}, "parcel": "not-an-id-but-as-long-as-one-of-them"}, 400, None),
        (
            {"rule": {"pack": PACK}, "polygon": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}},
            400,
            None,
        ),
    ],
)
async def test_rules_and_lots_that_there_are_not_are_refused(
    watched: Town, watch: dict[str, Any], status: int, where: str | None
) -> None:
    answer = await watched.post("viewer", watch)
    assert answer.status_code == status, answer.text
    assert where is None or answer.json()["where"] == where

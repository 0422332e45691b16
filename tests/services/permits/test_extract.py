"""Extracts over HTTP: what they say to whom, and that they say it again."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import psycopg
import pytest
import pytest_asyncio
from fastapi import FastAPI

from gis.model.layer import Catalog
from gis.store.vicinity import Vicinity, vicinity
from services.app import create_app
from services.auth.meter import Meter
from services.auth.recording import write_down
from services.permits import lot_map
from services.permits.extract_words import NOTICE, TITLE
from services.permits.seal import digest_of
from services.permits.verify import AROUND
from tests.services.permits import extracts
from tests.services.permits.extracts import (
    ADDRESS,
    ARMY,
    CHILD,
    FAR,
    HOLDER,
    HOLED,
    PARENT,
    PLAIN,
    Street,
    built,
    pages,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def street(make_database: Callable[..., str], catalog: Catalog) -> Street:
    return extracts.street(make_database, catalog)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def app(street: Street, settings_for: Callable[..., Any]) -> AsyncIterator[FastAPI]:
    app = create_app(settings_for(street.dsn))
    async with app.router.lifespan_context(app):
        yield app


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://land.test", headers={"Accept": "*/*"}) as opened:
        yield opened


async def extract_of(client: httpx.AsyncClient, parcel: UUID, **more: Any) -> dict[str, Any]:
    answer = await client.get(f"/parcels/{parcel}/extract.json", **more)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def theme(extract: dict[str, Any], layer: str) -> dict[str, Any]:
    return next(one for one in extract["themes"] if one["layer"] == layer)


async def test_an_extract_opens_with_area_road_land_and_what_conforms(client) -> None:
    told = await extract_of(client, PLAIN)
    assert told["title"] == TITLE.vi and told["notice"] == NOTICE.vi
    assert told["area"] == {
        "drawn_m2": 200.0,
        "measured_m2": 200.5,
        "conforming_m2": 160.0,
        "conformingPercent": 80.0,
        "conformingKnown": True,
    }
    assert (told["roadLand"]["standing"], told["roadLand"]["area_m2"], told["roadLand"]["percent"]) == (
        "concerned",
        40.0,
        20.0,
    )
    assert told["roadLand"]["fronts"] == [{"road": "Lê Lợi", "frontage_m": 10.0, "width_m": 16.0}]
    assert told["parcel"]["communeName"] == "Phường Sài Gòn"


@pytest.mark.parametrize(
    ("most", "names", "status", "asked"),
    [(20_000, True, 200, 2), (0, True, 400, 2), (20_000, False, 400, 1)],
)
async def test_only_what_is_too_much_is_asked_for_again_with_less_around(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, most: int, names: bool, status: int, asked: int
) -> None:
    """To draw, asked once for what is around and once for the roads; where that is too much, around the lot alone; what is wrong
    otherwise (here: no layer is named) is told at once."""
    reaches = []

    async def counted(source: Any, wanted: Any, place: Any, reach: float, moment: Any) -> Vicinity:
        reaches.append(reach)
        return await vicinity(source, wanted if names else [], place, reach, moment, most=most)

    monkeypatch.setattr(lot_map, "vicinity", counted)
    answer = await client.get(f"/parcels/{PLAIN}/extract.html")
    assert (answer.status_code, len(reaches)) == (status, asked)
    assert (lot_map.ALONE in reaches) == (most == 0)


async def test_each_zone_tells_its_part_and_its_decision_and_a_sliver_is_none(client) -> None:
    planning = (await extract_of(client, PLAIN))["planning"]
    assert [(part["zone"], part["area_m2"], part["percent"]) for part in planning] == [
        ("O-1", 120.0, 60.0),
        ("CX-1", 80.0, 40.0),
    ]
    first = planning[0]
    assert first["function"] == {"code": "DAT_O_Nhomnhao", "title": "Nhóm nhà ở"}
    assert (first["plan"]["decision"], first["plan"]["decidedOn"]) == ("6790/QĐ-UBND", "2012-12-31")
    assert first["limits"] == {"far_max": 3.5}  # what is missing is missing, not zero


async def test_land_that_a_plan_gives_to_a_road_does_not_conform_and_lacks_no_limits(client, street: Street) -> None:
    lot, zone = UUID(int=(0x40 << 120) | 90), UUID(int=(0x40 << 120) | 91)
    own = {"commune": "26740", "commune_old": "26734", "document_series": "BDDC", "sheet": "12", "parcel": "190"}
    street.load("parcels", [(lot, extracts.box(150, 0, 160, 20), own)])
    road = {"plan": "QP1", "code": "GT-1", "function": "DAT_HTKT_DuongGT"}
    street.load("zones", [(zone, extracts.box(148, -12, 162, 6), road)])
    told = await extract_of(client, lot)
    assert (told["roadLand"]["area_m2"], told["area"]["conforming_m2"]) == (60.0, 140.0)
    assert theme(told, "road_lines")["area_m2"] == 40.0
    given = next(part for part in told["planning"] if part["zone"] == "GT-1")
    assert (given["area_m2"], given["limits"], given["limitsApply"]) == (60.0, {}, False)
    assert all("limitsApply" not in part for part in told["planning"] if part["zone"] != "GT-1")
    page = (await client.get(f"/parcels/{lot}/extract.html", params={"lang": "vi"})).text
    assert page.count("không áp dụng (đất đường giao thông)") == 1
    inputs = {"parcel": {"id": str(lot)}, "work": "NEW", "use": "HOUSE"}
    body = {"inputs": inputs, "outputs": {"answer": {}}}
    checked = await client.post("/processes/permit-check/execution", json=body)
    assert checked.status_code == 200, checked.text
    place = checked.json()["place"]
    assert (place["in_road_m2"], place["conforming_m2"]) == (60, 140)


async def test_every_layer_is_told_and_no_data_is_not_no_hit(client, catalog) -> None:
    near, far = await extract_of(client, PLAIN), await extract_of(client, FAR)
    assert {one["layer"] for one in near["themes"]} == set(catalog.layers) - {"parcels", "indicators"}
    assert theme(near, "buildings")["standing"] == "concerned" and theme(near, "buildings")["area_m2"] == 60.0
    assert theme(near, "housing_projects")["standing"] == "no-data"  # nothing there, and only partly known
    assert {one["standing"] for one in far["themes"]} == {"no-data"}
    assert far["planning"] == [{"zone": None, "standing": "no-data", "area_m2": 200.0, "percent": 100.0}]
    assert far["roadLand"]["standing"] == "no-data" and far["roadLand"]["missing"]
    assert far["area"]["conformingKnown"] is False
    assert theme(await extract_of(client, CHILD), "buildings")["standing"] == "not-concerned"


async def test_the_public_sees_no_corner_no_legal_area_nobody_and_no_draft(client, street) -> None:
    answer = await client.get(f"/parcels/{PLAIN}/extract.json")
    page = await client.get(f"/parcels/{PLAIN}/extract.html")
    for text in (answer.text, page.text):
        assert not any(
            hidden in text for hidden in (HOLDER, ADDRESS, "199.9", "199,9", "88/GPXD", "Bản nháp kín", "legalArea")
        )
    told = answer.json()
    assert told["audience"] == "public" and "corners" not in told
    assert [plan["code"] for plan in told["pendingPlans"]] == ["QP2"]
    officer = await extract_of(client, PLAIN, headers=street.officer)
    assert officer["audience"] == "agency" and officer["legalArea_m2"] == 199.9
    assert {plan["code"] for plan in officer["pendingPlans"]} == {"QP2", "QP3"}
    assert HOLDER not in str(officer)


async def test_an_officers_corners_close_on_the_first_point_with_x_as_northing(client, street) -> None:
    (ring,) = (await extract_of(client, PLAIN, headers=street.officer))["corners"]
    assert [corner["point"] for corner in ring] == [1, 2, 3, 4, 1]
    assert (ring[0]["x"], ring[0]["y"], ring[0]["edge_m"]) == (1_191_820.0, 603_700.0, 10.0)
    assert (ring[-1]["x"], ring[-1]["y"], ring[-1]["edge_m"]) == (1_191_820.0, 603_700.0, None)
    rings = (await extract_of(client, HOLED, headers=street.officer))["corners"]
    assert len(rings) == 3 and [corner["point"] for corner in rings[2]] == [9, 10, 11, 12, 9]


async def test_land_of_the_army_tells_nothing_but_its_outline(client) -> None:
    told = await extract_of(client, ARMY)
    assert told["parcel"]["properties"] == {} and "validFrom" not in told["parcel"] and told["lineage"] == []


async def test_lineage_is_told_both_ways(client) -> None:
    child = await extract_of(client, CHILD)
    assert [(one["direction"], one["kind"], one["parcel"]) for one in child["lineage"]] == [("parent", "split", "5")]
    parent = await extract_of(client, PARENT, params={"datetime": "2023-06-01"})
    assert parent["lineage"] == []  # it had not been split yet
    gone = await client.get(f"/parcels/{PARENT}/extract.json")
    assert gone.status_code == 404


async def test_the_same_pins_give_the_same_bytes_after_later_edits(client, street) -> None:
    first = await client.get(f"/parcels/{PLAIN}/extract.json")
    canonical = first.json()["links"][0]["href"]
    street.load("buildings", [(UUID(int=77), extracts.box(60, 8, 61, 9), {"use": "HOUSE"})])
    again = await client.get(canonical)
    assert again.content == first.content
    assert (await client.get(f"/parcels/{PLAIN}/extract.json")).json()["dataVersion"] > first.json()["dataVersion"]


async def test_the_seal_is_over_the_content_that_is_sent(client) -> None:
    told = await extract_of(client, PLAIN)
    payload = told["seal"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["sha256"] == digest_of({name: value for name, value in told.items() if name not in AROUND})


async def test_who_has_the_extract_already_gets_304(client) -> None:
    first = await client.get(f"/parcels/{PLAIN}/extract.html")
    again = await client.get(f"/parcels/{PLAIN}/extract.html", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304 and not again.content


async def test_what_is_for_an_agency_is_not_for_caches(client, street) -> None:
    assert "public" in (await client.get(f"/parcels/{PLAIN}/extract.json")).headers["cache-control"]
    private = (await client.get(f"/parcels/{PLAIN}/extract.json", headers=street.officer)).headers["cache-control"]
    assert "public" not in private


async def test_an_officers_look_at_a_parcel_is_on_record(client, app, street) -> None:
    await extract_of(client, HOLED, headers=street.officer)
    services = app.state.services
    await write_down(services.keeper, services.trail, Meter((), ZoneInfo("UTC")))
    with psycopg.connect(street.dsn) as db:
        rows = db.execute("SELECT action, layer FROM landmap.audit WHERE feature = %s", (HOLED,)).fetchall()
    assert ("parcel_extract", "parcels") in rows


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/parcels/{UUID(int=9)}/extract.json", 404),
        ("/parcels/x/extract.json", 404),
        (f"/parcels/{PLAIN}/extract.docx", 404),
        (f"/parcels/{PLAIN}/extract.json?datetime=hôm nay", 400),
        (f"/parcels/{PLAIN}/extract.json?bbox=1,2,3,4", 400),
    ],
)
async def test_what_cannot_be_answered_says_so(client, path, status) -> None:
    assert (await client.get(path)).status_code == status


async def test_the_page_has_the_notice_the_map_and_no_script(client) -> None:
    page = (await client.get(f"/parcels/{PLAIN}/extract.html")).text
    assert NOTICE.vi in page and "<svg" in page and "1:500" in page
    assert "<script" not in page and "120,0" in page and "style=" not in page
    english = (await client.get(f"/parcels/{PLAIN}/extract.html?lang=en")).text
    assert TITLE.en in english and NOTICE.en in english


@built
async def test_a_pdf_is_one_to_three_pages_sealed_and_the_same_every_time(client) -> None:
    first = await client.get(f"/parcels/{PLAIN}/extract.pdf")
    assert first.headers["content-type"] == "application/pdf" and first.content.startswith(b"%PDF")
    again = await client.get(f"/parcels/{PLAIN}/extract.pdf")
    assert again.content == first.content
    assert 1 <= pages(first.content) <= 3
    found = await client.post("/verify?f=json", content=first.content)
    assert found.json()["genuine"] is True


async def test_the_process_finds_the_parcel_by_its_numbers_and_gives_the_same_extract(client) -> None:
    numbers = {"commune": "26740", "sheet": "12", "number": "2"}
    asked = {"inputs": {"parcel": numbers, "lang": "vi"}, "outputs": {"extract": {}}, "response": "raw"}
    answer = await client.post("/processes/parcel-extract/execution", json=asked)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    told = told.get("extract", told)
    assert told["seal"] == (await extract_of(client, HOLED))["seal"]


async def test_several_parcels_are_candidates_and_never_the_first(client, street) -> None:
    known = {"commune": "26740", "commune_old": "26734", "document_series": "BD299", "sheet": "12", "parcel": "2"}
    street.load("parcels", [(UUID(int=880), extracts.box(80, 10, 90, 20), {**known, "land_use": "ODT"})])
    asked = {"inputs": {"parcel": {"commune": "26740", "sheet": "12", "number": "2"}}, "outputs": {"extract": {}}}
    answer = await client.post("/processes/parcel-extract/execution", json=asked)
    assert answer.status_code == 409, answer.text
    assert answer.json()["type"].endswith("ambiguous-parcel")
    assert {one["id"] for one in answer.json()["candidates"]} == {str(HOLED), str(UUID(int=880))}

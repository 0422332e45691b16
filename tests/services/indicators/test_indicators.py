"""From counting to what everybody reads: the collection `indicators` and the process of that name, over HTTP."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import httpx
import psycopg
import pytest
import pytest_asyncio

from gis.model.disclosure import LEAST, SPREAD
from gis.model.layer import Catalog
from services.app import create_app
from services.indicators.compute import Computed, Order, compute
from services.settings import Settings
from tests.services.conftest import calling
from tests.services.indicators.district import (
    DAYS,
    EAST,
    FIELDS,
    HOUSES,
    ISSUED_EAST,
    ISSUED_WEST,
    OTHER,
    WEST,
    District,
    make_district,
    parcel,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")
BEFORE, REFORM, LATER, TODAY = (day.isoformat() for day in DAYS)


@pytest.fixture(scope="module")
def district(make_database: Callable[..., str], catalog: Catalog) -> District:
    return make_district(make_database, catalog)


@pytest.fixture(scope="module")
def settings(district: District, settings_for: Callable[..., Settings]) -> Settings:
    return settings_for(district.dsn)


def run(settings: Settings, district: District, surveys: int = 1) -> Computed:
    return compute(settings, district.dsn, district.catalog, Order(DAYS, surveys))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def computed(settings: Settings, district: District) -> Computed:
    return await asyncio.to_thread(run, settings, district)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(settings: Settings, computed: Computed) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings)
    async with app.router.lifespan_context(app), calling(app) as opened:
        yield opened


async def items(
    client: httpx.AsyncClient, headers: Mapping[str, str] | None = None, **asked: str
) -> list[dict[str, Any]]:
    answer = await client.get("/collections/indicators/items", params={"limit": "1000", **asked}, headers=headers)
    assert answer.status_code == 200, answer.text
    return [feature["properties"] for feature in answer.json()["features"]]


async def one(client: httpx.AsyncClient, headers: Mapping[str, str] | None = None, **asked: str) -> dict[str, Any]:
    found = await items(client, headers, **asked)
    assert len(found) == 1, found
    return found[0]


async def execute(client: httpx.AsyncClient, language: str = "vi", **inputs: Any) -> httpx.Response:
    return await client.post(
        "/processes/indicators/execution", json={"inputs": inputs}, headers={"Accept-Language": language}
    )


async def test_a_published_count_is_near_the_true_one_and_few_are_not_published(client: httpx.AsyncClient) -> None:
    west = {"indicator": "permits_issued", "ward_set": "NEW", "ward": WEST}
    many = await one(client, None, **west, observed_on=LATER)
    assert many["state"] == "SHOWN"
    assert abs(many["value"] - (ISSUED_WEST + ISSUED_EAST)) <= SPREAD
    few = await one(client, None, **west, observed_on=TODAY)
    assert (few["state"], few["value"]) == ("SUPPRESSED", None)
    none = await one(client, None, **west, observed_on=BEFORE)
    assert (none["state"], none["value"], none["complete"]) == ("SHOWN", 0, True)


async def test_a_former_ward_whose_neighbour_has_few_is_withheld_where_their_sum_is_published(
    client: httpx.AsyncClient, district: District
) -> None:
    """The ward that both became has 16 permits: 16 - 12 would tell of the 4."""
    asked = {"indicator": "permits_issued", "observed_on": LATER}
    assert (await one(client, None, **asked, ward_set="NEW", ward=WEST))["state"] == "SHOWN"
    west, east = await items(client, district.officer, **asked, ward_set="OLD", sortby="ward")
    assert (west["cases"], east["cases"]) == (ISSUED_WEST, ISSUED_EAST)
    assert (west["state"], west["value"], east["state"]) == ("SUPPRESSED", None, "SUPPRESSED")
    alone = await one(client, None, **asked | {"observed_on": REFORM}, ward_set="OLD", ward=WEST)
    assert alone["state"] == "SHOWN"  # then the neighbour had none


async def test_every_indicator_has_levels_and_a_unit_that_people_read(client: httpx.AsyncClient) -> None:
    for language, permits in (("vi", "giấy phép"), ("en", "permits")):
        told = (await execute(client, language, indicator="permits_issued")).json()
        assert (told["unit"], told["unit_title"]) == ("{permit}", permits)
        assert told["thresholds"] == [25, 50, 100, 250]
    floor = (await execute(client, indicator="permitted_floor_area", ward_set="OLD", date=BEFORE)).json()
    assert (floor["unit_title"], floor["thresholds"]) == ("m²", [5_000, 10_000, 20_000, 50_000])
    schema = (await client.get("/collections/indicators/schema", headers={"Accept-Language": "vi"})).json()
    assert {"const": "{permit}", "title": "giấy phép"}.items() <= _code(schema, "unit", "{permit}").items()


def _code(schema: dict[str, Any], field: str, code: str) -> dict[str, Any]:
    (found,) = [one for one in schema["properties"][field]["oneOf"] if one["const"] == code]
    return dict(found)


async def test_few_none_and_unknown_have_no_rank_and_stand_in_that_order(client: httpx.AsyncClient) -> None:
    told = (await execute(client, "en", indicator="permits_issued", date=TODAY)).json()
    assert [(ward["code"], ward["rank"], ward["state"]) for ward in told["wards"]] == [
        (WEST, None, "SUPPRESSED"),
        (OTHER, None, "NO_DATA"),
    ]
    assert told["ranked"] == 0
    before = (await execute(client, indicator="permits_issued", date=BEFORE)).json()
    assert [(ward["code"], ward["rank"], ward["value"]) for ward in before["wards"]] == [
        (WEST, None, 0),  # nothing is no first place
        (OTHER, None, None),
    ]
    old = (await execute(client, "en", indicator="permits_issued", date=LATER, ward_set="OLD")).json()
    assert "2 of 2 wards have too few cases to be published" in old["notes"][0]


async def test_nothing_found_where_the_source_is_not_complete_is_no_data(client: httpx.AsyncClient) -> None:
    found = await one(client, indicator="permits_issued", ward_set="NEW", ward=OTHER, observed_on=LATER)
    assert (found["state"], found["value"], found["complete"]) == ("NO_DATA", None, False)


async def test_nobody_but_agencies_sees_what_the_numbers_were_made_of(
    client: httpx.AsyncClient, district: District
) -> None:
    asked = {"indicator": "permits_issued", "ward_set": "NEW", "ward": WEST, "observed_on": TODAY}
    assert not {"exact", "cases"} & set(await one(client, None, **asked))
    officer = await one(client, district.officer, **asked)
    assert (officer["value"], officer["exact"], officer["cases"]) == (None, ISSUED_EAST + 1, ISSUED_EAST + 1)
    for question in ({"exact": "5"}, {"sortby": "cases"}, {"filter": "cases < 10"}):
        answer = await client.get("/collections/indicators/items", params=question)
        assert answer.status_code == 400


async def test_no_value_anywhere_stands_for_fewer_than_ten_cases(client: httpx.AsyncClient, district: District) -> None:
    for cell in await items(client, district.officer):
        if cell["indicator"] == "permits_issued" and cell["value"]:
            assert cell["value"] >= LEAST
            assert cell["cases"] >= LEAST
        if cell["state"] != "SHOWN":
            assert cell["value"] is None
        if cell["indicator"].startswith("share_") and cell["value"] is not None:
            assert cell["cases"] >= LEAST


async def test_a_share_has_the_noise_of_its_counts(client: httpx.AsyncClient) -> None:
    found = await one(client, indicator="share_residential", ward_set="NEW", ward=WEST, observed_on=LATER)
    least = 100 * (HOUSES - SPREAD) / (HOUSES - SPREAD + FIELDS + SPREAD)
    most = 100 * (HOUSES + SPREAD) / (HOUSES + SPREAD + FIELDS - SPREAD)
    assert least - 0.1 <= found["value"] <= most + 0.1
    all_houses = await one(client, indicator="share_residential", ward_set="NEW", ward=WEST, observed_on=TODAY)
    assert all_houses["value"] == 100


async def test_what_is_counted_in_boundaries_of_another_time_is_said_to_be_apportioned(
    client: httpx.AsyncClient,
) -> None:
    bases = {
        (cell["ward_set"], cell["observed_on"]): cell["basis"]
        for cell in await items(client, indicator="permits_issued", ward=WEST)
    }
    assert bases == {
        ("OLD", BEFORE): "COUNTED",
        ("OLD", REFORM): "APPORTIONED",
        ("OLD", LATER): "APPORTIONED",
        ("OLD", TODAY): "APPORTIONED",
        ("NEW", BEFORE): "APPORTIONED",
        ("NEW", REFORM): "COUNTED",
        ("NEW", LATER): "COUNTED",
        ("NEW", TODAY): "COUNTED",
    }


async def test_the_survey_of_buildings_is_of_the_last_day_and_of_wards_of_that_time(client: httpx.AsyncClient) -> None:
    cells = await items(client, indicator="over_density")
    assert {(cell["ward_set"], cell["observed_on"]) for cell in cells} == {("NEW", TODAY)}
    assert {cell["state"] for cell in cells} == {"NO_DATA"}  # there are no buildings


async def test_the_numbers_can_be_taken_away_as_a_table(client: httpx.AsyncClient) -> None:
    answer = await client.get(
        "/collections/indicators/items", params={"f": "csv", "indicator": "permits_issued", "ward_set": "NEW"}
    )
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert {row["ward"] for row in rows} == {WEST, OTHER}
    assert len(rows) == 2 * len(DAYS)
    assert {"exact", "cases"}.isdisjoint(rows[0])


async def test_who_computes_again_gets_the_same_numbers_and_writes_nothing(
    computed: Computed, settings: Settings, district: District, client: httpx.AsyncClient
) -> None:
    before = await items(client)
    again = await asyncio.to_thread(run, settings, district)
    assert computed.changeset is not None
    assert again.changeset is None
    assert again.states == computed.states
    assert await items(client) == before


async def test_the_process_ranks_wards_and_tells_how_they_came_there(client: httpx.AsyncClient) -> None:
    answer = await execute(client, indicator="permits_issued", date="2026-05-20")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["title"] == "Giấy phép xây dựng đã cấp, 12 tháng"
    assert (told["ward_set"], told["date"], told["boundaries_on"]) == ("NEW", LATER, TODAY)
    assert told["dates"] == [day.isoformat() for day in DAYS]
    first, last = told["wards"]
    assert (first["code"], first["rank"], first["state"], first["basis"]) == (WEST, 1, "SHOWN", "COUNTED")
    assert (last["code"], last["rank"], last["level"], last["value"]) == (OTHER, None, None, None)
    assert [cell["state"] for cell in first["series"]] == ["SHOWN", "SHOWN", "SHOWN", "SUPPRESSED"]
    assert all(cell["value"] is None or cell["level"] >= 1 for cell in first["series"])


async def test_the_process_says_when_values_are_apportioned(client: httpx.AsyncClient) -> None:
    then = (await execute(client, indicator="permits_issued", date=BEFORE)).json()
    assert any("phân bổ theo vị trí" in note for note in then["notes"])
    old = (await execute(client, "en", indicator="permits_issued", ward_set="OLD", date=LATER)).json()
    assert any("apportioned" in note for note in old["notes"])
    assert (old["boundaries_on"], old["ward_set_title"]) == ("2025-06-30", "Wards before 1 July 2025")
    assert [ward["code"] for ward in old["wards"]] == [WEST, EAST]
    now = (await execute(client, indicator="permits_issued", date=LATER)).json()
    assert not any("phân bổ" in note for note in now["notes"])


async def test_the_process_of_some_wards_has_the_thresholds_of_shares_for_all(client: httpx.AsyncClient) -> None:
    told = (await execute(client, indicator="share_residential", wards=[WEST])).json()
    assert told["thresholds"] == [10, 25, 50, 75]
    assert [(ward["code"], ward["level"]) for ward in told["wards"]] == [(WEST, 5)]


async def test_a_set_or_an_indicator_that_there_is_not_is_refused(client: httpx.AsyncClient) -> None:
    assert (await execute(client, indicator="permits_issued", ward_set="NOWHERE")).status_code == 400
    assert (await execute(client, indicator="secrets")).status_code == 400
    assert (await execute(client, indicator="permits_issued", date="2026-13-45")).status_code == 400


async def test_before_anything_is_computed_the_process_says_so(
    make_database: Callable[..., str], settings_for: Callable[..., Settings]
) -> None:
    app = create_app(settings_for(make_database()))
    async with app.router.lifespan_context(app), calling(app) as client:
        told = (await execute(client, indicator="permits_issued")).json()
    assert (told["date"], told["wards"], told["dates"]) == (None, [], [])
    assert told["notes"] == ["Chỉ số này chưa được tính cho bộ phường, xã này."]


async def test_only_what_changed_is_written_and_what_was_published_stays_known(
    make_database: Callable[..., str], catalog: Catalog, settings_for: Callable[..., Settings]
) -> None:
    district = make_district(make_database, catalog)
    settings = settings_for(district.dsn)
    first = await asyncio.to_thread(run, settings, district, 0)
    district.load("parcels", [parcel(950 + n, 10.0 * n, 300, "SKK") for n in range(12)])
    second = await asyncio.to_thread(run, settings, district, 0)
    assert first.changeset is not None
    assert second.changeset is not None
    with psycopg.connect(district.dsn) as db:
        rows = db.execute(
            "SELECT DISTINCT indicator FROM land_history.indicators WHERE from_changeset = %s", (second.changeset,)
        ).fetchall()
        open_twice = db.execute(
            """SELECT count(*) FROM (SELECT 1 FROM land_history.indicators WHERE to_changeset IS NULL
               GROUP BY ward_set, ward, indicator, observed_on HAVING count(*) > 1) twice"""
        ).fetchone()
        closed = db.execute(
            "SELECT count(*) > 0 FROM land_history.indicators WHERE to_changeset = %s", (second.changeset,)
        ).fetchone()
    written = {row[0] for row in rows}
    assert {"share_business", "parcels_without_use"} <= written
    assert not {"permits_issued", "permitted_floor_area", "coverage_parcels"} & written
    assert open_twice == (0,)
    assert closed == (True,)

"""Which parcel is meant: found by every way of naming one, and never the first of several."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from gis.model.layer import Catalog
from services.settings import Settings
from tests.services.processes.quarter import (
    ARMY,
    CORNER,
    FORMER,
    OTHER_SERIES,
    SERIES,
    TODAY,
    TWIN,
    Quarter,
    box,
    calling,
    degrees,
    geojson,
    lot,
    make_quarter,
    run,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def quarter(make_database: Callable[..., str], catalog: Catalog) -> Quarter:
    return make_quarter(make_database, catalog)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(quarter: Quarter, settings_for: Callable[..., Settings]) -> AsyncIterator[httpx.AsyncClient]:
    async with calling(quarter, settings_for) as opened:
        yield opened


@pytest.fixture(scope="module")
def found(client: httpx.AsyncClient) -> Callable[..., Any]:
    """`await found(selector, headers=None, **more)`: the id of the parcel, or the problem."""

    async def ask(selector: Mapping[str, Any], headers: Mapping[str, str] | None = None, **more: Any) -> Any:
        answer = await run(client, "intersect-layers", {"parcel": selector, "layers": ["wards"], **more}, headers)
        told = answer.json()
        return UUID(told["polygon"]["parcel"]) if answer.status_code == 200 else told

    return ask


def point(shape: Any) -> dict[str, float]:
    middle = degrees(shape).centroid
    return {"lon": middle.x, "lat": middle.y}


@pytest.mark.parametrize(
    "selector",
    [
        {"id": str(CORNER)},
        {"commune": "26734", "sheet": "1", "number": "1"},
        {"commune_old": "26734", "sheet": "1", "number": "1"},
        {"commune_old": "26734", "sheet": "01", "number": "001"},
        {"commune": "Bến Nghé", "sheet": "1", "number": "1"},
        {"commune": "phuong ben nghe", "sheet": "1", "number": "1"},
        {"commune": "Phường Bến Nghé, Quận 1", "sheet": "1", "number": "1"},
        {"point": point(lot(CORNER))},
        {"point": {"x": lot(CORNER).centroid.x, "y": lot(CORNER).centroid.y, "crs": "EPSG:9210"}},
        {"polygon": geojson(lot(CORNER))},
        {"polygon": geojson(box(2, 2, 3, 3))},
        {"polygon": {"type": "Feature", "properties": {}, "geometry": geojson(lot(CORNER))}},
    ],
)
async def test_one_parcel_is_found_by_each_way_of_naming_it(
    found: Callable[..., Any], selector: dict[str, Any]
) -> None:
    assert await found(selector) == CORNER


@pytest.mark.parametrize(
    ("selector", "candidates"),
    [
        ({"commune": "26740", "sheet": "1", "number": "1"}, {CORNER, TWIN}),
        ({"commune": "Phường Sài Gòn", "sheet": "1", "number": "1"}, {CORNER, TWIN}),
        ({"commune": "26737", "sheet": "2", "number": "5"}, {TODAY, FORMER}),  # one code, two communes
        ({"commune_old": "26734", "sheet": "3", "number": "7"}, {SERIES, OTHER_SERIES}),
        ({"address": "Lê Lợi"}, {CORNER, TWIN}),
        ({"polygon": geojson(box(0, 0, 30, 20))}, {CORNER, TWIN}),
    ],
)
async def test_several_matches_are_told_with_what_tells_them_apart(
    found: Callable[..., Any], selector: dict[str, Any], candidates: set[UUID]
) -> None:
    problem = await found(selector)
    assert (problem["type"], problem["status"]) == ("urn:landmap:problem:ambiguous-parcel", 409)
    assert {UUID(one["id"]) for one in problem["candidates"]} == candidates
    assert problem["numberMatched"] == len(candidates)
    for one in problem["candidates"]:
        assert one["label"] and one["commune"] and one["commune_old"]
        assert one["href"] == f"http://land.test/collections/parcels/items/{one['id']}"


@pytest.mark.parametrize(
    ("selector", "meant"),
    [
        ({"commune": "26734", "sheet": "2", "number": "5"}, TODAY),
        ({"commune_old": "26737", "sheet": "2", "number": "5"}, FORMER),
        ({"commune": "Đa Kao", "sheet": "2", "number": "5"}, FORMER),
        ({"commune": "Tân Định", "sheet": "2", "number": "5"}, TODAY),
        ({"commune_old": "26734", "sheet": "3", "number": "7", "document_series": "299TTG"}, OTHER_SERIES),
        ({"address": "Hai Bà Trưng, Phường Tân Định, TP.HCM"}, TODAY),
        ({"address": "Lê Lợi, Đa Kao"}, TWIN),
    ],
)
async def test_what_is_said_beside_tells_them_apart(
    found: Callable[..., Any], selector: dict[str, Any], meant: UUID
) -> None:
    assert await found(selector) == meant


async def test_a_code_that_was_used_twice_is_told_with_both_meanings(client: httpx.AsyncClient) -> None:
    answer = await run(
        client,
        "intersect-layers",
        {"parcel": {"commune": "26737", "sheet": "1", "number": "1"}, "layers": ["wards"]},
    )
    polygon = answer.json()["polygon"]
    assert UUID(polygon["parcel"]) == TWIN
    assert "26737 is Phường Tân Định today and was Phường Đa Kao, Quận 1" in polygon["notes"][0]


async def test_the_identifier_and_the_number_of_the_house_are_for_agencies(
    found: Callable[..., Any], quarter: Quarter
) -> None:
    assert await found({"identifier": "bcdfghjkmnpq"}, quarter.officer) == CORNER
    assert await found({"address": "14 Lê Lợi"}, quarter.officer) == TWIN
    for identifier in ("bcdfghjkmnpq", "zzzzzzzzzzzz"):
        problem = await found({"identifier": identifier})
        assert (problem["status"], problem["where"]) == (401, "identifier")
    for house in ("12", "14", "999"):
        problem = await found({"address": f"{house} Lê Lợi"})
        assert {UUID(one["id"]) for one in problem["candidates"]} == {CORNER, TWIN}
        assert "address" not in problem["candidates"][0]


@pytest.mark.parametrize("address", ["15 Lê Lợi", "999 Lê Lợi", "1 Hai Bà Trưng, Tân Định", "12 Tôn Đức Thắng"])
async def test_another_house_of_the_street_is_not_taken_for_the_one_that_is_asked_for(
    found: Callable[..., Any], quarter: Quarter, address: str
) -> None:
    problem = await found({"address": address}, quarter.officer)
    assert (problem["status"], problem["where"]) == (404, "address")
    assert "The street was found" in problem["detail"] and f"'{address.split(maxsplit=1)[0]}'" in problem["detail"]


async def test_a_parcel_of_which_only_the_outline_is_public_answers_to_its_place_alone(
    found: Callable[..., Any], quarter: Quarter
) -> None:
    assert await found({"point": point(lot(ARMY))}) == ARMY
    for selector in (
        {"commune_old": "26734", "sheet": "9", "number": "99"},
        {"address": "Tôn Đức Thắng"},
    ):
        assert (await found(selector))["status"] == 404
        assert await found(selector, quarter.officer) == ARMY


@pytest.mark.parametrize(
    ("selector", "where"),
    [
        ({"id": str(UUID(int=1))}, "id"),
        ({"commune": "26734", "sheet": "1", "number": "777"}, "commune"),
        ({"commune": "Không Có", "sheet": "1", "number": "1"}, "commune"),
        ({"point": point(box(-60, -60, 1, 1))}, "point"),
        ({"address": "Nguyễn Huệ"}, "address"),
    ],
)
async def test_what_is_not_there_is_not_found(found: Callable[..., Any], selector: dict[str, Any], where: str) -> None:
    problem = await found(selector)
    assert (problem["status"], problem["where"]) == (404, where)


async def test_a_point_on_the_line_between_two_lots_is_in_both(quarter: Quarter, found: Callable[..., Any]) -> None:
    wall = UUID(int=(0x72 << 120) | 1)
    row = {"id": wall, "commune": "26740", "commune_old": "26734", "sheet": "8", "parcel": "1"}
    quarter.publish("parcels", [box(-10, 0, 10, 20)], [row])
    problem = await found({"point": {"x": 603_700.0, "y": 1_191_810.0, "crs": "EPSG:9210"}})
    assert {UUID(one["id"]) for one in problem["candidates"]} == {CORNER, wall}


async def test_before_it_was_known_it_is_not_found(found: Callable[..., Any]) -> None:
    assert (await found({"id": str(CORNER)}, knownAt="2020-01-01"))["status"] == 404
    assert (await found({"id": str(CORNER)}, datetime="2010-01-01"))["status"] == 404


@pytest.mark.parametrize(
    ("selector", "advice"),
    [
        ({"point": {"lon": 10.77, "lat": 106.7}}, "exchanged"),
        ({"point": {"x": 1_191_810.0, "y": 603_700.0, "crs": "EPSG:9210"}}, "exchanged"),
        ({"point": {"lon": 179.999, "lat": 10.0}}, "does not lie in"),
        ({"point": {"x": 1e8, "y": -1e8, "crs": "EPSG:9210"}}, "does not lie in"),
        ({"point": {"x": 1.0, "y": 1.0, "crs": "EPSG:2154"}}, "is not served here"),
        ({"address": "12"}, "write the number and street"),
        ({"address": "!!!"}, "write the number and street"),
        ({"id": "x' OR 1=1 --"}, "UUID"),
    ],
)
async def test_what_cannot_be_read_is_told_with_the_mend(
    found: Callable[..., Any], selector: dict[str, Any], advice: str
) -> None:
    problem = await found(selector)
    assert problem["status"] == 400
    assert advice in str(problem)


@pytest.mark.parametrize(
    "selector",
    [{}, {"id": str(CORNER), "address": "x"}, {"sheet": "1", "number": "1"}, {"owner": "Nguyễn Văn Mật"}, {"id": 7}],
)
async def test_a_selector_names_a_parcel_in_one_way(found: Callable[..., Any], selector: dict[str, Any]) -> None:
    assert (await found(selector))["status"] == 400

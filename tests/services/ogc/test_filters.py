"""The parameters filter, filter-lang and filter-crs over HTTP, as QGIS and others send them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI

from tests.services.conftest import SOUTH, WEST, City

pytestmark = pytest.mark.asyncio(loop_scope="session")

ITEMS = "/collections/parcels/items"
STORAGE = "http://www.opengis.net/def/crs/EPSG/0/9210"


async def numbers(client: httpx.AsyncClient, text: str, **more: str) -> list[int]:
    response = await client.get(ITEMS, params={"filter": text, "limit": "100", **more})
    assert response.status_code == 200, response.text
    found = response.json()
    assert found["numberMatched"] == len(found["features"])
    return sorted(int(feature["properties"].get("parcel", 7)) for feature in found["features"])


async def refusal(client: httpx.AsyncClient, **parameters: str) -> dict[str, Any]:
    response = await client.get(ITEMS, params=parameters)
    assert response.status_code == 400, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    return found


SHOWN = [number for number in range(1, 49) if number not in (6, 7)]
"""6 has ended; 7 is the army's and answers about its place only."""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("((parcel = '12') AND (map_scale = 500))", [12]),
        ("((measured_area = 100.5) OR (map_scale = 1))", []),
        ("(NOT ((map_scale = 0)))", SHOWN),
        ("(map_scale <> 500)", []),
        ("map_scale IN (499,500)", SHOWN),
        ("map_scale NOT IN (500,4)", []),
        ("map_scale BETWEEN 500 AND 501", SHOWN),
        ("map_scale NOT BETWEEN 3 AND 4", SHOWN),
        ("(street IS NULL)", SHOWN),
        ("(map_scale IS NOT NULL)", SHOWN),
        ("(registered_on = DATE('2020-01-01'))", SHOWN),
        ("(registered_on <> DATE('2020-01-01'))", []),
        ("(valid_from = TIMESTAMP('2024-07-31T17:00:00.000Z'))", [5]),
        ("(valid_from >= DATE('2024-08-01'))", [5]),
        ("(parcel LIKE '4%')", [4, *range(40, 49)]),
        ("(parcel NOT LIKE '%')", []),
        ("(CASEI(land_use) LIKE CASEI('tm%'))", [5]),
        ("(CASEI(land_use) NOT LIKE CASEI('od%'))", [5]),
        ("S_INTERSECTS(geometry,BBOX(-180,-90,180,90)) AND (parcel = '3')", [3]),
        ("S_INTERSECTS(geometry,BBOX(106.5,10.5,106.9,10.9))", sorted([*SHOWN, 7])),
        ("((land_use <> 'x')) AND ((land_use = 'TMD'))", [5]),
        ("A_CONTAINS(land_uses, ('TMD'))", [5]),
        ("measured_area * 2 = 150 + 50", SHOWN),
        ("parcel\n=\t'9'", [9]),
    ],
)
async def test_filters_of_qgis_find_what_they_should(client: httpx.AsyncClient, text: str, expected: list[int]) -> None:
    assert await numbers(client, text, **{"filter-lang": "cql2-text"}) == expected


async def test_a_filter_in_json_is_the_same(client: httpx.AsyncClient) -> None:
    tree = {"op": "and", "args": [{"op": "in", "args": [{"property": "parcel"}, ["8", "9", "7"]]}, {"op": "=", "args": [{"property": "map_scale"}, 500]}]}  # fmt: skip
    assert await numbers(client, json.dumps(tree), **{"filter-lang": "cql2-json"}) == [8, 9]


async def test_coordinates_are_read_in_filter_crs(client: httpx.AsyncClient) -> None:
    point = f"S_INTERSECTS(geometry, POINT({WEST + 12} {SOUTH + 5}))"
    assert await numbers(client, point, **{"filter-crs": STORAGE, "crs": STORAGE}) == [3]
    assert await numbers(
        client, point.replace("POINT", "POINT Z").replace("))", " 4))"), **{"filter-crs": STORAGE}
    ) == [3]
    assert await numbers(client, "S_INTERSECTS(geometry, BBOX(10,106,11,107)) AND parcel='3'", **{"filter-crs": "http://www.opengis.net/def/crs/EPSG/0/4326"}) == [3]  # fmt: skip
    assert (await refusal(client, filter=point, **{"filter-crs": "EPSG:2154"}))["where"] == "filter-crs"


async def test_filter_bbox_time_and_equality_hold_together(client: httpx.AsyncClient) -> None:
    box = {"bbox": f"{WEST},{SOUTH},{WEST + 39},{SOUTH + 19}", "bbox-crs": STORAGE}
    assert await numbers(client, "parcel > '3'", **box) == [4, 5, 8]
    assert await numbers(client, "parcel > '3'", land_use="ODT", **box) == [4, 8]
    assert await numbers(client, "parcel > '3'", datetime="2021-01-01", **box) == [4, 5, 6, 8]


async def test_pages_of_a_filter_follow_each_other(client: httpx.AsyncClient) -> None:
    address = f"{ITEMS}?limit=4&filter={quote("parcel LIKE '4%' AND map_scale = 500")}"
    found: list[str] = []
    while address:
        page = (await client.get(address)).json()
        assert page["numberMatched"] == 10
        found += [feature["properties"]["parcel"] for feature in page["features"]]
        address = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")
    assert sorted(found) == sorted(["4", *map(str, range(40, 49))])
    other = {
        "cursor": (await client.get(f"{ITEMS}?limit=1&filter={quote('map_scale = 500')}"))
        .json()["links"][1]["href"]
        .split("cursor=")[1]
    }
    assert (await refusal(client, filter="map_scale = 501", limit="1", **other))["where"] == "cursor"


async def test_ids_and_times_are_equality_parameters_too(client: httpx.AsyncClient, city: City) -> None:
    one = (await client.get(ITEMS, params={"id": str(city.first)})).json()
    assert [feature["id"] for feature in one["features"]] == [str(city.first)]
    since = (await client.get(ITEMS, params={"valid_from": "2024-07-31T17:00:00Z"})).json()
    assert [feature["properties"]["parcel"] for feature in since["features"]] == ["5"]


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"filter": "parcell = '1'"}, "did you mean 'parcel'"),
        ({"filter": "holder_name = 'x'"}, "there is no field 'holder_name'"),
        ({"filter": "land_use = ODT"}, "'ODT'"),
        ({"filter": "so_to = '12'"}, "names=vi"),
        ({"filter": "dia_chi = '12'"}, "there is no field 'dia_chi'"),
        ({"filter": "parcel = "}, "character 10"),
        ({"filter": "parcel = 5"}, "Texts stand in single quotes"),
        ({"filter": '{"op":"="}', "filter-lang": "cql2-json"}, "args a list"),
        ({"filter": "parcel = '1'", "filter-lang": "sql"}, "choose cql2-text or cql2-json"),
        ({"filter": ""}, "the filter ends"),
    ],
)
async def test_a_mistake_is_a_problem_that_says_what_to_do(
    client: httpx.AsyncClient, parameters: dict[str, str], said: str
) -> None:
    problem = await refusal(client, **parameters)
    assert said in problem["detail"]
    assert problem["where"] in ("filter", "filter-lang")
    assert (await refusal(client, **parameters, lang="vi"))["detail"] != problem["detail"]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("cql2-text", "(" * 2_000 + "map_scale=1" + ")" * 2_000),
        ("cql2-text", "(true+and+" * 700 + "true" + ")" * 700),
        ("cql2-json", '{"op":"and","args":[true,' * 160 + "true" + "]}" * 160),
        ("cql2-text", "map_scale+IN+(" + ",".join(["1"] * 3_900) + ")"),
        ("cql2-text", "S_INTERSECTS(geometry,LINESTRING(" + ",".join(["1+2"] * 1_900) + "))"),
        ("cql2-text", "parcel = '\x00'"),
        ("cql2-json", '{"op":"=","args":[{"property":"parcel"},"\\u0000"]}'),
        ("cql2-json", '{"op":"=","args":[{"property":"parcel"},"\\ud800"]}'),
    ],
)
async def test_hostile_filters_are_refused_before_anything_is_asked(
    client: httpx.AsyncClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch, language: str, text: str
) -> None:
    """Each fits into a query string, so that it is the filter that is refused."""
    for name in ("row", "rows"):
        monkeypatch.setattr(app.state.services.pools, name, None)
    response = await client.get(f"{ITEMS}?filter-lang={language}&filter={quote(text, safe='+,()[]{}:=')}")
    assert (response.status_code, response.json()["where"]) == (400, "filter"), response.text


async def test_a_hidden_field_tells_nothing_by_words_counts_or_etags(client: httpx.AsyncClient) -> None:
    words = set()
    for name in ("holder_name", "holder_xxxx"):
        for text in (f"{name} = 'Nguyễn Văn Mật'", f"NOT ({name} IS NULL)", f"CASEI({name}) LIKE 'n%' OR TRUE"):
            problem = await refusal(client, filter=text)
            words.add(problem["detail"].replace(name, "…"))
    assert len(words) == 1
    for text in ("parcel = '7'", "NOT (parcel = '1')", "land_use <> 'ODT'", "measured_area > 0 OR parcel = '7'"):
        assert 7 not in await numbers(client, text)


async def test_the_document_and_the_queryables_describe_filters(client: httpx.AsyncClient) -> None:
    document = (await client.get("/api")).json()
    listed = [one.get("$ref", one.get("name")) for one in document["paths"][ITEMS]["get"]["parameters"]]
    assert {f"#/components/parameters/{name}" for name in ("filter", "filter-lang", "filter-crs")} <= set(listed)
    assert {"id", "valid_from", "valid_to", "parcel"} <= set(listed)
    assert document["components"]["parameters"]["filter-lang"]["schema"]["default"] == "cql2-text"
    found = (await client.get("/collections/parcels/queryables")).json()["properties"]
    assert found["geometry"] == {
        "format": "geometry-multipolygon",
        "title": "Geometry",
        "x-ogc-role": "primary-geometry",
        "x-ogc-propertySeq": 2,
    }
    assert {"id", "valid_from", "valid_to", "parcel"} <= set(found)
    assert "holder_name" not in found

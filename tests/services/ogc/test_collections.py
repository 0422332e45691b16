"""Collections, their schemas and queryables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

pytestmark = pytest.mark.asyncio(loop_scope="session")

COLLECTION = "/collections/parcels"


async def test_a_collection_says_where_when_how_many_and_under_which_licence(
    client: httpx.AsyncClient, golden: Callable[[str, httpx.Response], None]
) -> None:
    golden("collection", await client.get(COLLECTION))
    golden("collection.vi", await client.get(COLLECTION, headers={"Accept-Language": "vi"}))


async def test_an_empty_collection_has_the_extent_of_its_territory(client: httpx.AsyncClient, city: Any) -> None:
    found = (await client.get("/collections/road_lines")).json()
    assert found["itemCount"] == 0
    assert found["extent"]["spatial"]["bbox"] == [list(city.catalog.territory.bounds)]
    assert found["extent"]["temporal"]["interval"] == [[None, None]]


async def test_an_unknown_collection_is_told_with_those_that_are(client: httpx.AsyncClient) -> None:
    response = await client.get("/collections/parcel")
    assert response.status_code == 404
    assert "parcels" in response.json()["detail"]


async def test_the_schema_describes_what_features_have(client: httpx.AsyncClient, city: Any) -> None:
    response = await client.get(f"{COLLECTION}/schema", headers={"Accept": "application/schema+json"})
    assert response.headers["content-type"] == "application/schema+json"
    schema = response.json()
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"http://land.test{COLLECTION}/schema"
    assert schema["properties"]["geometry"]["format"] == "geometry-multipolygon"
    feature = (await client.get(f"{COLLECTION}/items/{city.first}")).json()
    assert set(feature["properties"]) <= set(schema["properties"])
    assert not {"holder_name", "address"} & set(schema["properties"])


async def test_codes_come_with_their_titles_in_the_language(client: httpx.AsyncClient) -> None:
    for language in ("vi", "en"):
        schema = (await client.get(f"{COLLECTION}/schema", headers={"Accept-Language": language})).json()
        codes = {one["const"]: one["title"] for one in schema["properties"]["land_use"]["oneOf"]}
        assert codes["ODT"]
        assert len(codes) == len(schema["properties"]["land_use"]["oneOf"])
        in_list = {one["const"] for one in schema["properties"]["land_uses"]["items"]["oneOf"]}
        assert in_list == set(codes)


async def test_the_schema_says_which_fields_name_features_of_other_collections(client: httpx.AsyncClient) -> None:
    parcels = (await client.get(f"{COLLECTION}/schema")).json()["properties"]
    assert parcels["commune"]["x-landmap-references"] == {"collectionId": "wards", "properties": ["code"]}
    assert "x-landmap-references" not in parcels["commune_old"]
    permits = (await client.get("/collections/permits/schema")).json()["properties"]
    whole = {"collectionId": "parcels", "properties": ["commune_old", "sheet", "parcel"]}
    assert permits["parcels"]["x-landmap-references"] == whole


async def test_queryables_are_the_parameters_of_items(client: httpx.AsyncClient) -> None:
    found = (await client.get(f"{COLLECTION}/queryables")).json()
    Draft202012Validator.check_schema(found)
    assert found["additionalProperties"] is False
    assert found["properties"].pop("geometry")["format"] == "geometry-multipolygon"  # for bbox and filter
    for name, schema in found["properties"].items():
        value = {"integer": "1", "number": "1", "boolean": "true"}.get(schema["type"], "x")
        value = {"date": "2024-01-01", "date-time": "2024-01-01T00:00:00Z"}.get(schema.get("format"), value)
        assert (await client.get(f"{COLLECTION}/items", params={name: value})).status_code == 200, name

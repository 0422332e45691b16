"""The OpenAPI document, as QGIS and the validators read it."""

from __future__ import annotations

from typing import Any

import httpx
import orjson
import pytest
from openapi_spec_validator import validate

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def document(client: httpx.AsyncClient, language: str = "en") -> dict[str, Any]:
    found: dict[str, Any] = (await client.get("/api", headers={"Accept-Language": language})).json()
    return found


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_the_document_is_valid_and_refers_to_nothing_outside(client: httpx.AsyncClient, language: str) -> None:
    found = await document(client, language)
    validate(found)
    assert b'"$ref":"http' not in orjson.dumps(found)


async def test_qgis_finds_page_size_contact_and_queryables(client: httpx.AsyncClient) -> None:
    found = await document(client)
    limit = found["components"]["parameters"]["limit"]["schema"]
    assert (limit["maximum"], limit["default"]) == (10_000, 10)
    assert found["info"]["contact"]["name"]
    parameters = found["paths"]["/collections/parcels/items"]["get"]["parameters"]
    names = {one.get("name") or one["$ref"].rsplit("/", 1)[1] for one in parameters}
    assert {"sheet", "parcel", "land_use", "bbox", "datetime", "knownAt", "crs"} <= names
    assert not {"holder_name", "address", "legal_area"} & names


async def test_every_parameter_of_the_document_is_taken(client: httpx.AsyncClient) -> None:
    found = await document(client)
    examples = {"integer": "1", "number": "1.5", "boolean": "true", "string": "x"}
    formats = {"date": "2024-01-01", "date-time": "2024-01-01T00:00:00Z"}
    for layer in ("parcels", "permits", "zones", "plans"):
        path = f"/collections/{layer}/items"
        for one in found["paths"][path]["get"]["parameters"]:
            if "$ref" in one:
                continue
            schema = one["schema"]
            if schema["type"] == "array":
                schema = {"type": "string", "enum": [{"parcels": "parcel", "permits": "number"}.get(layer, "code")]}
            value = schema.get("enum", [formats.get(schema.get("format", ""), examples[schema["type"]])])[0]
            response = await client.get(path, params={one["name"]: str(value)})
            assert response.status_code == 200, (one["name"], response.text)


async def test_what_writing_takes_is_described(client: httpx.AsyncClient) -> None:
    found = await document(client)
    components = found["components"]["parameters"]
    item = found["paths"]["/collections/parcels/items/{featureId}"]
    operations = {
        "POST": (found["paths"]["/collections/parcels/items"]["post"], {"Content-Crs", "Prefer", "crs", "lang", "f"}),
        "PUT": (item["put"], {"featureId", "If-Match", "Content-Crs", "Prefer", "crs", "lang", "f"}),
        "PATCH": (item["patch"], {"featureId", "If-Match", "Content-Crs", "Prefer", "crs", "lang", "f"}),
        "DELETE": (item["delete"], {"featureId", "If-Match", "datetime", "lang", "f"}),
        "transactions": (found["paths"]["/transactions"]["post"], {"Prefer", "lang", "f"}),
    }
    for name, (operation, expected) in operations.items():
        told = [components[one["$ref"].rsplit("/", 1)[1]] if "$ref" in one else one for one in operation["parameters"]]
        assert {one["name"] for one in told} == expected, name
    sent = next(one for one in operations["POST"][0]["parameters"] if one.get("name") == "Content-Crs")
    uris = components["crs"]["schema"]["enum"]
    assert set(sent["schema"]["enum"]) == {*uris, *(f"<{uri}>" for uri in uris)}


async def test_every_path_of_the_document_answers(client: httpx.AsyncClient, city: Any) -> None:
    found = await document(client)
    values = {
        "featureId": str(city.first),
        "codelistId": "land_use",
        "packId": "dossier",
        "tileMatrix": "15",
        "tileRow": "15395",
        "tileCol": "26095",
    }
    values |= {"version": str(city.version), "file": "parcels.csv", "caseId": str(city.first)}
    values |= {"id": str(city.first), "seal": "x"}
    values |= {
        "subscriptionId": str(city.first),
        "name": "s1",
        "number": "PA-00000000",
        "format": "json",
        "code": "land",
    }
    for path in found["paths"]:
        if path.endswith(("/requests/{number}.{format}", "/reports/{number}/photo")):
            continue  # there is none
        if ("{featureId}" in path or "{version}" in path) and "/parcels/" not in path:
            continue
        if "get" not in found["paths"][path] or "{jobId}" in path or path.endswith("/feed.atom"):
            continue
        needed = {"/coverage": {"point": "106.7,10.776"}, "/search": {"q": "12"}, "/verify": {"seal": "x"}}.get(path)
        needed = {"/map-sheet.pdf": {"center": "106.7,10.776"}, "/qr.svg": {"to": "/"}}.get(path, needed)
        needed = {"since": "0"} if path.endswith("/changes") else needed
        response = await client.get(path.format(**values), params=needed)
        if {} not in found["paths"][path].get("get", {}).get("security", found["security"]):
            assert response.status_code == 401, path  # it opens to nobody who has not signed in
            continue
        assert response.status_code in (200, 204), path


async def test_every_answer_fits_its_schema(client: httpx.AsyncClient, city: Any) -> None:
    from openapi_schema_validator import OAS30Validator

    found = await document(client)
    for path, url in {
        "/": "/",
        "/conformance": "/conformance",
        "/collections": "/collections",
        "/collections/parcels": "/collections/parcels",
        "/collections/parcels/items": "/collections/parcels/items",
        "/collections/permits/items": "/collections/permits/items",
        "/collections/parcels/items/{featureId}": f"/collections/parcels/items/{city.first}",
        "/collections/parcels/tiles": "/collections/parcels/tiles",
    }.items():
        content = found["paths"][path]["get"]["responses"]["200"]["content"]
        schema = next(iter(content.values()))["schema"]
        OAS30Validator({**schema, "components": found["components"]}).validate((await client.get(url)).json())


async def test_the_page_of_the_api_names_paths_and_parameters(client: httpx.AsyncClient) -> None:
    page = (await client.get("/api", params={"f": "html"})).text
    assert "/collections/parcels/items" in page
    assert "knownAt" in page

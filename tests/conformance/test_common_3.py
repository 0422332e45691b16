"""OGC API - Common - Part 3: Schemas (OGC 23-058r1, draft; also Features Part 5), Annex A.

Names: test_<class>__<abstract test>.
"""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from tests.conformance.asking import ITEMS, PARCELS, REL, collection_ids, get, links, read
from tests.services.ogc.writing import PARCELS as WRITABLE
from tests.services.ogc.writing import feature

pytestmark = pytest.mark.asyncio(loop_scope="session")

STANDARD = "http://www.opengis.net/spec/ogcapi-common-3/1.0/conf/"
SCHEMA = "application/schema+json"
RESOURCES = ("schema", "queryables", "sortables")
PROFILES = "http://www.opengis.net/def/profile/OGC/0/"
KEYWORDS = {
    *("title", "description", "type", "format", "items", "oneOf", "const", "enum", "pattern", "minimum", "maximum"),
    *("readOnly", "writeOnly"),
}


async def schemas(client: httpx.AsyncClient, *resources: str) -> list[dict[str, Any]]:
    """The schemas of all collections."""
    ids = await collection_ids(client)
    return [await read(client, f"/collections/{one}/{name}", SCHEMA) for one in ids for name in resources or RESOURCES]


def with_role(schema: dict[str, Any], role: str) -> list[dict[str, Any]]:
    return [one for one in schema["properties"].values() if one.get("x-ogc-role") == role]


def stated(schema: dict[str, Any], keyword: str) -> list[dict[str, Any]]:
    return [one for one in schema["properties"].values() if keyword in one]


async def declared(client: httpx.AsyncClient, *names: str) -> None:
    assert {STANDARD + name for name in names} <= set((await read(client, "/conformance"))["conformsTo"])


async def linked(client: httpx.AsyncClient, resource: str) -> None:
    """Each collection links to the resource, at its own address."""
    for collection in await collection_ids(client):
        found = links(await read(client, f"/collections/{collection}"), REL + resource)
        assert [httpx.URL(link["href"]).path for link in found] == [f"/collections/{collection}/{resource}"]
        await get(client, found[0]["href"], SCHEMA)


async def test_schemas__basic_schema_inspection(client: httpx.AsyncClient) -> None:
    for schema in await schemas(client):
        Draft202012Validator.check_schema(schema)
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema" and schema["type"] == "object"
        assert "?" not in schema["$id"] and (await read(client, schema["$id"], SCHEMA)) == schema
        for one in schema["properties"].values():
            assert "type" in one or one["format"].startswith("geometry-")
            assert all(word in KEYWORDS or word.startswith("x-") for word in one)


async def test_schemas__role(client: httpx.AsyncClient) -> None:
    for schema in await schemas(client):
        assert all(isinstance(one["x-ogc-role"], str) for one in stated(schema, "x-ogc-role"))


async def test_schemas__role_id(client: httpx.AsyncClient) -> None:
    for schema in await schemas(client, "schema", "queryables"):
        assert [one["type"] for one in with_role(schema, "id")] == ["string"]


async def test_schemas__property_seq(client: httpx.AsyncClient) -> None:
    for schema in await schemas(client):
        order = [one["x-ogc-propertySeq"] for one in stated(schema, "x-ogc-propertySeq")]
        assert order == list(range(1, len(schema["properties"]) + 1))


async def test_schemas__unit(client: httpx.AsyncClient) -> None:
    for schema in await schemas(client):
        for one in stated(schema, "x-ogc-unit"):
            assert one["type"] in ("number", "integer")
            assert one["x-ogc-unit"] in ("m", "m2", "km2", "har", "%", "kV") and one["x-ogc-unitLang"] == "UCUM"


async def test_schemas__definition(client: httpx.AsyncClient) -> None:
    for schema in await schemas(client):
        assert all(one["x-ogc-definition"].startswith("http") for one in stated(schema, "x-ogc-definition"))


async def test_advanced_property_roles__role_primary_geometry(client: httpx.AsyncClient) -> None:
    for schema in await schemas(client, "schema"):
        (one,) = with_role(schema, "primary-geometry")
        assert one["format"].startswith("geometry-") and not {"type", "$ref"} & set(one)


async def test_advanced_property_roles__role_primary_temporal(client: httpx.AsyncClient) -> None:
    for schema in await schemas(client, "schema"):
        assert not with_role(schema, "primary-instant") and not with_role(schema, "primary-interval")
        for role in ("primary-interval-start", "primary-interval-end"):
            (one,) = with_role(schema, role)
            assert (one["type"], one["format"]) == ("string", "date-time")


async def test_advanced_property_roles__role_type(client: httpx.AsyncClient) -> None:
    for schema in await schemas(client, "schema"):
        found = with_role(schema, "type")
        assert len(found) <= 1 and all(one["type"] == "string" for one in found)


async def test_returnables_and_receivables__get_conformance(client: httpx.AsyncClient) -> None:
    await declared(client, "schemas", "returnables-and-receivables")


async def test_returnables_and_receivables__link(client: httpx.AsyncClient) -> None:
    await linked(client, "schema")


async def test_returnables_and_receivables__op_and_response(client: httpx.AsyncClient) -> None:
    assert len(await schemas(client, "schema")) == len(await collection_ids(client))


async def test_returnables_and_receivables__response_1(client: httpx.AsyncClient) -> None:
    """Features are what the schema says, and have nothing that it does not say."""
    for collection in ("parcels", "permits"):
        schema = await read(client, f"/collections/{collection}/schema", SCHEMA)
        page = await read(client, f"/collections/{collection}/items", "application/geo+json", limit="100")
        one = await read(client, f"/collections/{collection}/items/{page['features'][0]['id']}")
        for told in (*page["features"], one):
            properties = {"id": told["id"], **{k: v for k, v in told["properties"].items() if v is not None}}
            named = {"type": "object", "properties": schema["properties"], "additionalProperties": False}
            Draft202012Validator(named).validate(properties)


async def test_returnables_and_receivables__response_2(writer: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/geo+json"}
    right = await writer.post(WRITABLE, json=feature("s1", 6_000), headers=headers)
    assert right.status_code == 201, right.text
    for wrong in ({"map_scale": "many"}, {"no_such_field": 1}):
        refused = await writer.post(WRITABLE, json=feature("s2", 6_010, **wrong), headers=headers)
        assert refused.status_code in (400, 422), wrong


async def test_queryables__get_conformance(client: httpx.AsyncClient) -> None:
    await declared(client, "schemas", "queryables")


async def test_queryables__link(client: httpx.AsyncClient) -> None:
    await linked(client, "queryables")


async def test_queryables__op_and_response(client: httpx.AsyncClient) -> None:
    for schema in await schemas(client, "queryables"):
        assert schema["additionalProperties"] is False
        assert [one for one in schema["properties"].values() if one.get("format", "").startswith("geometry-")]


async def test_sortables__get_conformance(client: httpx.AsyncClient) -> None:
    await declared(client, "schemas", "sortables")


async def test_sortables__link(client: httpx.AsyncClient) -> None:
    await linked(client, "sortables")


async def test_sortables__op_and_response(client: httpx.AsyncClient) -> None:
    for schema in await schemas(client, "sortables"):
        assert all(one["type"] not in ("array", "object") for one in schema["properties"].values())


async def test_profile_codelists__profiles(client: httpx.AsyncClient) -> None:
    """Codes stand in the schema, or behind the address that it names; the answer says which."""
    for asked in ("", "codelist-inline", "codelist-ref", f"{PROFILES}codelist-ref", "none-such"):
        answer = await get(client, f"{PARCELS}/schema", SCHEMA, **({"profile": asked} if asked else {}))
        used = "codelist-ref" if "codelist-ref" in asked else "codelist-inline"
        assert answer.links["profile"]["url"] == PROFILES + used
        land_use = answer.json()["properties"]["land_use"]
        assert ("oneOf" in land_use) is (used == "codelist-inline")
        codes = (await read(client, land_use["x-ogc-codelistUri"]))["codes"]
        assert "ODT" in str(codes)


async def test_profile_codelists__values(client: httpx.AsyncClient) -> None:
    """What features say is among the codes."""
    schema = await read(client, f"{PARCELS}/schema", SCHEMA)
    codes = {one["const"] for one in schema["properties"]["land_use"]["oneOf"]}
    page = await read(client, ITEMS, limit="100")
    assert {one["properties"].get("land_use", "ODT") for one in page["features"]} <= codes

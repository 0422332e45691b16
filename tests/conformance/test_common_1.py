"""OGC API - Common - Part 1: Core (OGC 19-072), Annex A. Names: test_<class>__<abstract test>."""

from __future__ import annotations

import re

import httpx
import pytest
from openapi_spec_validator import validate

from tests.conformance.asking import ITEMS, definition, get, links, operation, read, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

STANDARD = "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/"
METHODS = {"get", "put", "post", "patch", "delete"}
RESOURCES = ("/", "/api", "/conformance", "/collections")


async def test_core__http(client: httpx.AsyncClient) -> None:
    for path in (*RESOURCES, ITEMS):
        response = await get(client, path)
        assert response.http_version == "HTTP/1.1"
        assert (await client.head(path)).status_code == 200
        refusal = await client.request("TRACE", path)
        assert refusal.status_code == 405
        assert "GET" in refusal.headers["allow"].split(", ")
    assert (await client.get("/no/such/resource")).status_code == 404


async def test_core__query_param_invalid(client: httpx.AsyncClient) -> None:
    for path in RESOURCES:
        await refused(client, path, f="no-such-format")
        await refused(client, path, lang="xx")


async def test_landing_page__root_op(client: httpx.AsyncClient) -> None:
    await get(client, "/", "application/json")


async def test_landing_page__root_success(client: httpx.AsyncClient) -> None:
    landing = await read(client, "/")
    assert landing["title"] and landing["description"]
    for rel in ("self", "service-desc", "service-doc", "conformance"):
        assert links(landing, rel), rel
    for link in landing["links"]:
        await get(client, link["href"], link["type"])


async def test_landing_page__api_definition_op(client: httpx.AsyncClient) -> None:
    for rel in ("service-desc", "service-doc"):
        for link in links(await read(client, "/"), rel):
            await get(client, link["href"], link["type"])


async def test_landing_page__api_definition_success(client: httpx.AsyncClient) -> None:
    assert (await definition(client))["openapi"].startswith("3.0.")
    document = links(await read(client, "/"), "service-doc")[0]
    assert "/collections/parcels/items" in (await get(client, document["href"], "text/html")).text


async def test_landing_page__conformance_op(client: httpx.AsyncClient) -> None:
    link = links(await read(client, "/"), "conformance")[0]
    await get(client, link["href"], "application/json")


async def test_landing_page__conformance_success(client: httpx.AsyncClient) -> None:
    declared = (await read(client, "/conformance"))["conformsTo"]
    assert len(declared) == len(set(declared))
    assert all(
        re.fullmatch(r"https?://www\.opengis\.net/spec/[\w.-]+(/[\w.-]+)?/conf/[\w.-]+", uri) for uri in declared
    )


async def test_json__definition(client: httpx.AsyncClient) -> None:
    for path in RESOURCES:
        response = await client.get(path, headers={"Accept": "application/json"})
        assert response.headers["content-type"].split(";")[0] in (
            "application/json",
            "application/vnd.oai.openapi+json",
        )
        assert (await client.get(path, params={"f": "json"}, headers={"Accept": "text/html"})).json()


async def test_json__content(client: httpx.AsyncClient) -> None:
    from openapi_schema_validator import OAS30Validator

    document = await definition(client)
    for path in ("/", "/conformance", "/collections"):
        schema = operation(document, path)["responses"]["200"]["content"]["application/json"]["schema"]
        OAS30Validator({**schema, "components": document["components"]}).validate(await read(client, path))


async def test_html__definition(client: httpx.AsyncClient) -> None:
    for path in RESOURCES:
        if path != "/":  # there browsers get the map, and the API's page by the link
            await get(client, path, "text/html")
        await get(client, path, f="html")
    for link in links(await read(client, "/"), "alternate"):
        await get(client, link["href"], link["type"])


async def test_html__content(client: httpx.AsyncClient) -> None:
    for path in RESOURCES:
        page = (await get(client, path, f="html")).text
        assert page.lstrip().lower().startswith("<!doctype html>") and page.rstrip().endswith("</html>")
        assert "<a " in page


async def test_oas30__completeness(client: httpx.AsyncClient) -> None:
    described = [re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)) for path in (await definition(client))["paths"]]
    for link in (await read(client, "/"))["links"]:
        path = httpx.URL(link["href"]).path
        assert any(re.fullmatch(one, path) for one in described), path


async def test_oas30__definition_1(client: httpx.AsyncClient) -> None:
    link = links(await read(client, "/"), "service-desc")[0]
    assert link["type"] == "application/vnd.oai.openapi+json;version=3.0"
    response = await get(client, link["href"], link["type"])
    assert response.headers["content-type"] == link["type"]


async def test_oas30__definition_2(client: httpx.AsyncClient) -> None:
    validate(await definition(client))


async def test_oas30__oas_impl(client: httpx.AsyncClient) -> None:
    """What the definition says of its paths holds: each GET without a variable path answers as it says."""
    document = await definition(client)
    for path in document["paths"]:
        if "{" in path or "get" not in document["paths"][path]:
            continue
        one = operation(document, path)
        needed = {
            p["name"]: "106.7,10.776" if p["name"] == "point" else "0" for p in one["parameters"] if p["required"]
        }
        response = await client.get(path, params=needed)
        described = one["responses"].get(str(response.status_code), one["responses"].get("default"))
        media_type = response.headers["content-type"].split(";")[0]
        assert media_type in {name.split(";")[0] for name in described["content"]}, path


async def test_oas30__exception_codes(client: httpx.AsyncClient) -> None:
    for path, methods in (await definition(client))["paths"].items():
        for name in METHODS & set(methods):
            errors = [code for code in methods[name]["responses"] if code == "default" or code[0] in "45"]
            assert errors, f"{name} {path} says nothing of errors"


async def test_oas30__security(client: httpx.AsyncClient) -> None:
    document = await definition(client)
    schemes = document["components"]["securitySchemes"]
    assert {name for one in document["security"] for name in one} == set(schemes)
    assert {} in document["security"], "the public asks without credentials"

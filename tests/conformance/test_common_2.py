"""OGC API - Common - Part 2: Geospatial Data (OGC 20-024), Annex A. Names: test_<class>__<abstract test>."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from openapi_schema_validator import OAS30Validator

from tests.conformance.asking import collection_ids, definition, get, href, links, operation, read

pytestmark = pytest.mark.asyncio(loop_scope="session")

STANDARD = "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/"


async def test_collections__rc_md_op(client: httpx.AsyncClient) -> None:
    link = links(await read(client, "/"), "data")[0]
    await get(client, link["href"], link["type"])


async def test_collections__rc_md_success(client: httpx.AsyncClient, city: Any) -> None:
    listed = await read(client, "/collections")
    assert {"self", "alternate"} <= {link["rel"] for link in listed["links"]}
    assert all(link["type"] for link in listed["links"])
    assert [one["id"] for one in listed["collections"]] == list(city.catalog.layers)


async def test_collections__rc_md_items(client: httpx.AsyncClient) -> None:
    """What the list says of a collection is what the collection says of itself."""
    for one in (await read(client, "/collections"))["collections"]:
        alone = await read(client, href(one, "self") or "")
        assert {**alone, "links": None} == {**one, "links": None}
        for link in links(one, "items"):
            assert link["type"]


async def test_collections__src_md_op(client: httpx.AsyncClient) -> None:
    for collection in await collection_ids(client):
        await get(client, f"/collections/{collection}", "application/json")
    missing = await client.get("/collections/no-such-collection")
    assert missing.status_code == 404


async def test_collections__src_md_success(client: httpx.AsyncClient) -> None:
    document = await definition(client)
    for collection in await collection_ids(client):
        path = f"/collections/{collection}"
        schema = operation(document, path)["responses"]["200"]["content"]["application/json"]["schema"]
        described = await read(client, path)
        OAS30Validator({**schema, "components": document["components"]}).validate(described)
        assert described["id"] == collection
        west, south, east, north = described["extent"]["spatial"]["bbox"][0]
        assert -180 <= west <= east <= 180 and -90 <= south <= north <= 90
        begin, end = described["extent"]["temporal"]["interval"][0]
        assert begin is None or end is None or begin <= end

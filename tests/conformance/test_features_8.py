"""OGC API - Features - Part 8: Sorting (OGC 24-030, draft), Annex A. Names: test_<class>__<abstract test>."""

from __future__ import annotations

import httpx
import pytest

from tests.conformance.asking import ITEMS, REL, collection_ids, definition, found, get, links, parameter, read, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

STANDARD = "http://www.opengis.net/spec/ogcapi-features-8/1.0/conf/"
SCHEMA = "application/schema+json"


async def test_sortables__get_sortables_op(client: httpx.AsyncClient) -> None:
    for collection in await collection_ids(client):
        await get(client, f"/collections/{collection}/sortables", SCHEMA)


async def test_sortables__get_sortables_success(client: httpx.AsyncClient) -> None:
    for collection in await collection_ids(client):
        schema = await read(client, f"/collections/{collection}/sortables", SCHEMA)
        assert schema["type"] == "object" and schema["properties"]
        for name in schema["properties"]:
            await get(client, f"/collections/{collection}/items", "application/geo+json", sortby=name)


async def test_sortables__sortables_link(client: httpx.AsyncClient) -> None:
    for collection in await collection_ids(client):
        assert links(await read(client, f"/collections/{collection}"), f"{REL}sortables")
        items = await client.head(f"/collections/{collection}/items")
        assert f'rel="{REL}sortables"' in items.headers["link"]


async def test_sorting__sortby_definition(client: httpx.AsyncClient) -> None:
    one = parameter(await definition(client), ITEMS, "sortby")
    assert (one["in"], one["required"], one["style"], one["explode"]) == ("query", False, "form", False)
    assert (one["schema"]["type"], one["schema"]["items"]["type"]) == ("array", "string")


async def test_sorting__sortby_response(client: httpx.AsyncClient) -> None:
    for sortby, reverse in (("parcel", False), ("+parcel", False), ("-parcel", True)):
        page = await read(client, ITEMS, limit="100", sortby=sortby)
        numbers = [int(one["properties"]["parcel"]) for one in page["features"] if "parcel" in one["properties"]]
        assert len(numbers) == 46 and numbers == sorted(numbers, reverse=reverse)


async def test_sorting__sortby_invalid(client: httpx.AsyncClient) -> None:
    for wrong in (
        "this_is_not_a_sortable",
        "THIS IS NOT A SORTBY EXPRESSION",
        "",
        "--parcel",
        "geometry",
        "holder_name",
    ):
        await refused(client, ITEMS, sortby=wrong)


async def test_features_sorting__several_keys(client: httpx.AsyncClient) -> None:
    page = await read(client, ITEMS, limit="100", sortby="-land_use,parcel")
    keys = [
        (p["land_use"], -int(p["parcel"])) for p in (one["properties"] for one in page["features"]) if "parcel" in p
    ]
    assert keys == sorted(keys, reverse=True)


async def test_features_sorting__pages(client: httpx.AsyncClient) -> None:
    """Pages of sorted features leave none out and repeat none."""
    assert await found(client, sortby="-parcel", limit="5") == await found(client)

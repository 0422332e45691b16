"""OGC API - Features - Part 9: Text Search (draft): its requirements. Names: test_<class>__<requirement>."""

from __future__ import annotations

import httpx
import pytest

from tests.conformance.asking import ITEMS, definition, found, parameter, read

pytestmark = pytest.mark.asyncio(loop_scope="session")

STANDARD = "http://www.opengis.net/spec/ogcapi-features-9/1.0/conf/"


async def numbers(client: httpx.AsyncClient, q: str) -> set[str]:
    page = await read(client, ITEMS, limit="100", q=q)
    return {one["properties"]["parcel"] for one in page["features"]}


async def test_text_search__q_definition(client: httpx.AsyncClient) -> None:
    one = parameter(await definition(client), ITEMS, "q")
    assert (one["in"], one["required"]) == ("query", False)


async def test_text_search__q_response(client: httpx.AsyncClient) -> None:
    assert await numbers(client, "47") == {"47"}
    assert await numbers(client, "4") == {"4", *(str(number) for number in range(40, 49))}
    assert await numbers(client, "no such text") == set()


async def test_text_search__several_terms(client: httpx.AsyncClient) -> None:
    """Terms with commas between them: one is enough; with blanks: all, beside one another."""
    assert await numbers(client, "46,47") == {"46", "47"}
    assert await numbers(client, "46 47") == set()


async def test_features_text_search__with_other_parameters(client: httpx.AsyncClient) -> None:
    assert await found(client, q="47", bbox="0,0,1,1") == set()
    assert await found(client, q="47", filter="parcel = '46'") == set()
    assert len(await found(client, q="47", filter="parcel > '0'")) == 1

"""OGC API - Features - Part 6: Property Selection (OGC 24-019r1, draft), Annex A. Names: test_<class>__<abstract test>."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.conformance.asking import ITEMS, definition, parameter, read, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

STANDARD = "http://www.opengis.net/spec/ogcapi-features-6/1.0/conf/"


async def test_properties__definition(client: httpx.AsyncClient) -> None:
    document = await definition(client)
    for path in (ITEMS, f"{ITEMS}/{{featureId}}"):
        one = parameter(document, path, "properties")
        assert (one["in"], one["required"], one["style"], one["explode"]) == ("query", False, "form", False)
        assert (one["schema"]["type"], one["schema"]["items"]["type"]) == ("array", "string")


async def test_properties__response(client: httpx.AsyncClient, city: Any) -> None:
    for path in (ITEMS, f"{ITEMS}/{city.first}"):
        whole, some = await read(client, path), await read(client, path, properties="parcel,sheet")
        pairs = zip(whole.get("features", [whole]), some.get("features", [some]), strict=True)
        for full, chosen in pairs:
            assert chosen["id"] == full["id"]
            assert chosen["properties"] == {
                k: full["properties"][k] for k in ("parcel", "sheet") if k in full["properties"]
            }


async def test_properties__unknown(client: httpx.AsyncClient, city: Any) -> None:
    for path in (ITEMS, f"{ITEMS}/{city.first}"):
        await refused(client, path, properties="no_such_property")
        await refused(client, path, properties="parcel,holder_name")


async def test_properties_features__geometry(client: httpx.AsyncClient, city: Any) -> None:
    """The primary geometry is a property like the others."""
    for path in (ITEMS, f"{ITEMS}/{city.first}"):
        without = await read(client, path, properties="parcel")
        with_it = await read(client, path, properties="parcel,geometry")
        assert all(one["geometry"] is None for one in without.get("features", [without]))
        assert all(one["geometry"] for one in with_it.get("features", [with_it]))

"""OGC API - Features - Part 11: Transactions (draft): its requirements, as there is no abstract test suite yet.

Names: test_<class>__<requirement>.
"""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.services.ogc.writing import Land, feature

pytestmark = pytest.mark.asyncio(loop_scope="session")

STANDARD = "http://www.opengis.net/spec/ogcapi-features-11/1.0/conf/"
JSON = {"Content-Type": "application/ogc-tx+json"}


def insertion(*items: dict[str, Any]) -> dict[str, Any]:
    return {"action": "insert", "collection": "parcels", "items": list(items)}


async def sent(writer: httpx.AsyncClient, *actions: dict[str, Any]) -> httpx.Response:
    return await writer.post("/transactions", json={"semantic": "atomic", "transaction": list(actions)}, headers=JSON)


async def test_transactions__endpoint(writer: httpx.AsyncClient) -> None:
    options = await writer.options("/transactions")
    assert "POST" in options.headers["allow"].split(", ")
    refused = await writer.get("/transactions")
    assert (refused.status_code, refused.headers["allow"]) == (405, options.headers["allow"])


async def test_transactions__response(writer: httpx.AsyncClient) -> None:
    answer = await sent(writer, insertion(feature("t1", 5_000), feature("t2", 5_010)))
    assert answer.status_code == 200, answer.text
    assert answer.json()["summary"]["totalInserted"] == 2
    for address in answer.json()["insertResults"]:
        assert (await writer.get(address)).status_code == 200


async def test_atomic_transactions__all_or_nothing(writer: httpx.AsyncClient, land: Land) -> None:
    before = land.changesets()
    answer = await sent(writer, insertion(feature("t3", 5_020)), insertion(feature("t4", 5_030, sheet=None)))
    assert 400 <= answer.status_code < 500
    assert land.changesets() == before
    assert (await sent(writer, insertion(feature("t5", 5_040)), insertion(feature("t6", 5_050)))).status_code == 200
    assert land.changesets() == before + 1


async def test_json_transactions__document(writer: httpx.AsyncClient) -> None:
    unknown = {"transaction": [{"action": "no-such-action", "collection": "parcels"}]}
    wrongs: tuple[object, ...] = ({}, unknown, [])
    for wrong in wrongs:
        assert (await writer.post("/transactions", json=wrong, headers=JSON)).status_code in (400, 422)
    plain = {"Content-Type": "text/plain"}
    assert (await writer.post("/transactions", content=b"{}", headers=plain)).status_code in (400, 415)


async def test_features__actions(writer: httpx.AsyncClient) -> None:
    unknown = {**insertion(feature("t7", 5_060)), "collection": "no-such-collection"}
    assert (await sent(writer, unknown)).status_code in (400, 404)
    assert (await sent(writer, {"action": "delete", "collection": "parcels", "filter": "id = 'x'"})).status_code == 400

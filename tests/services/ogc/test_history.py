"""The versions of a feature: their addresses and links, and what is gone."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import psycopg
import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

ITEMS = "/collections/parcels/items"


def _links(found: dict[str, Any]) -> dict[str, str]:
    return {link["rel"]: link["href"] for link in found["links"]}


async def _read(client: httpx.AsyncClient, address: str, **parameters: object) -> dict[str, Any]:
    answer = await client.get(address, params=parameters or None)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_every_version_has_an_address_of_its_own(client: httpx.AsyncClient, city: Any) -> None:
    history = await _read(client, f"{ITEMS}/{city.reclassified}/versions")
    assert len(history["features"]) == 2
    for version in history["features"]:
        at = _links(version)["canonical"]
        assert "datetime=" in at and "knownAt=" in at
        item = await _read(client, at)
        for name in ("land_use", "valid_from", "valid_to", "changeset"):
            assert item["properties"][name] == version["properties"][name]
        assert _links(item)["canonical"] == at
        assert (await client.get(at)).headers["cache-control"] == "public, max-age=3600"


async def test_versions_lead_to_each_other(client: httpx.AsyncClient, city: Any) -> None:
    item = await client.get(f"{ITEMS}/{city.reclassified}")
    found = _links(item.json())
    assert found["original"] == found["latest-version"] == f"http://land.test{ITEMS}/{city.reclassified}"
    assert found["version-history"] == found["timemap"] == f"{found['original']}/versions"
    assert "successor-version" not in found
    before = await _read(client, found["predecessor-version"])
    assert before["properties"]["land_use"] == "ODT"
    assert _links(before)["successor-version"] == found["canonical"]
    assert "predecessor-version" not in _links(before)
    for rel in ("canonical", "predecessor-version", "version-history", "timemap", "latest-version", "original"):
        assert f'<{found[rel]}>; rel="{rel}"' in item.headers["link"]
    begins = datetime.fromisoformat(item.json()["properties"]["valid_from"])
    assert parsedate_to_datetime(item.headers["memento-datetime"]) == begins


async def test_the_history_is_a_time_map(client: httpx.AsyncClient, city: Any) -> None:
    history = await _read(client, f"{ITEMS}/{city.reclassified}/versions")
    mementos = [link for link in history["links"] if link["rel"] == "memento"]
    assert [link["href"] for link in mementos] == [_links(version)["canonical"] for version in history["features"]]
    instants = [parsedate_to_datetime(link["datetime"]) for link in mementos]
    assert instants == sorted(instants, reverse=True)
    assert (_links(history)["last"], _links(history)["first"]) == (mementos[0]["href"], mementos[-1]["href"])


async def test_what_is_gone_says_when_it_ended_and_where_it_is_told_of(client: httpx.AsyncClient, city: Any) -> None:
    answer = await client.get(f"{ITEMS}/{city.ended}")
    assert answer.status_code == 410
    gone = answer.json()
    assert datetime.fromisoformat(gone["ended"]) == datetime(2022, 12, 31, 17, tzinfo=UTC)
    assert (await client.get(_links(gone)["version-history"])).json()["numberReturned"] == 1
    latest = await _read(client, _links(gone)["latest-version"])
    assert latest["id"] == str(city.ended)


async def test_what_has_not_begun_is_not_there_either(client: httpx.AsyncClient, city: Any) -> None:
    early = await client.get(f"{ITEMS}/{city.ended}", params={"datetime": "2019-06-01"})
    assert (early.status_code, early.json()["begins"]) == (404, "2019-12-31T17:00:00Z")
    assert "in force from 2020-01-01" in early.json()["detail"]
    assert (await client.get(_links(early.json())["successor-version"])).json()["id"] == str(city.ended)
    unknown = await client.get(f"{ITEMS}/{city.ended}", params={"knownAt": city.version - 1})
    assert unknown.status_code == 404


async def test_a_feature_that_was_withdrawn_is_gone(client: httpx.AsyncClient, city: Any) -> None:
    """Deleted in the transaction after the one that made it, it never held a moment; it was known, though."""
    with psycopg.connect(city.dsn, autocommit=True) as db:
        row = db.execute(
            "INSERT INTO land.buildings (code, name, geom) VALUES ('W', 'W', ST_Multi(ST_MakeEnvelope(604300, 1191840, 604310, 1191850, 9210))) RETURNING id"
        ).fetchone()
        assert row is not None
        db.execute("DELETE FROM land.buildings WHERE id = %s", row)
    answer = await client.get(f"/collections/buildings/items/{row[0]}")
    assert answer.status_code == 410
    assert answer.json()["ended"] is not None

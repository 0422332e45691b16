"""What an extract says beside its numbers wherever it is read: a plan that is being revised, a map that leaves much out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from gis.model.actor import PUBLIC
from gis.model.layer import Catalog
from gis.store.vicinity import Vicinity, vicinity
from services.app import create_app
from services.permits import lot_map
from services.permits.extract import extract
from services.permits.extract_words import WORDS
from services.permits.sheet import sheet
from services.processes.calls import call_for
from services.processes.moments import moment_of
from tests.services.permits import extracts
from tests.services.permits.extracts import PLAIN, Street, box

pytestmark = pytest.mark.asyncio(loop_scope="module")

REVISED = UUID(int=(0x40 << 120) | 90)
PAGES = ("/parcels/{}/extract.html?lang={}", "/thua/{}?lang={}")


@pytest.fixture(scope="module")
def street(make_database: Callable[..., str], catalog: Catalog) -> Street:
    made = extracts.street(make_database, catalog)
    plan = {"code": "QP9", "name": "Phân khu 9", "kind": "QPK", "status": "REVISING"}
    zone = {"plan": "QP9", "code": "O-9", "function": "DAT_O_Nhomnhao", "far_max": 2.5}
    numbers = {"commune": "26740", "sheet": "12", "parcel": "90", "land_use": "ODT"}
    made.load("plans", [(UUID(int=(0x50 << 120) | 91), box(1000, 0, 1100, 100), plan)])
    made.load("zones", [(UUID(int=(0x50 << 120) | 92), box(1000, 0, 1100, 100), zone)])
    made.load("parcels", [(REVISED, box(1010, 10, 1020, 30), numbers)])
    return made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def app(street: Street, settings_for: Callable[..., Any]) -> AsyncIterator[FastAPI]:
    app = create_app(settings_for(street.dsn))
    async with app.router.lifespan_context(app):
        yield app


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://land.test", headers={"Accept": "*/*"}) as opened:
        yield opened


async def read(client: httpx.AsyncClient, app: FastAPI, parcel: UUID, language: str) -> list[str]:
    """The pages, and the sheet that becomes the PDF."""
    answers = [await client.get(page.format(parcel, language)) for page in PAGES]
    assert [answer.status_code for answer in answers] == [200, 200]
    services = app.state.services
    call = call_for(services, PUBLIC, "http://land.test", language)
    found = await extract(call, {"id": str(parcel)}, moment_of({}, services.catalog.territory), drawn=True)
    return [*(answer.text for answer in answers), sheet(found, services.catalog, "http://land.test")]


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_a_plan_that_is_being_revised_is_said_to_be_wherever_its_zone_is_told(
    client: httpx.AsyncClient, app: FastAPI, language: str
) -> None:
    told = (await client.get(f"/parcels/{REVISED}/extract.json", params={"lang": language})).json()
    assert [part["plan"]["status"]["code"] for part in told["planning"] if part["zone"]] == ["REVISING"]
    said = WORDS["revised"][language]
    for text in await read(client, app, REVISED, language):
        assert text.count(said) == 1 and "Phân khu 9" in text
    assert not any(said in text for text in await read(client, app, PLAIN, language))


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_a_map_that_leaves_out_what_is_around_says_so(
    client: httpx.AsyncClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    said = WORDS["crowded"][language]
    assert not any(said in text for text in await read(client, app, PLAIN, language))

    async def full(source: Any, wanted: Any, place: Any, reach: float, moment: Any) -> Vicinity:
        many = reach > lot_map.ALONE and len(wanted) > 1
        return await vicinity(source, wanted, place, reach, moment, most=0 if many else 2_000)

    monkeypatch.setattr(lot_map, "vicinity", full)
    assert all(text.count(said) == 1 for text in await read(client, app, PLAIN, language))

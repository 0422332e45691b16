"""Pictures and PDF files are dear to make: one address draws so many of them a minute, all kinds together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio

from gis.crs.transform import transform_geometries
from gis.model.layer import Catalog
from gis.ops.table import objects
from services.app import create_app
from tests.services.permits import extracts
from tests.services.permits.extracts import PLAIN, Street, built

pytestmark = [pytest.mark.asyncio(loop_scope="module"), built]


@pytest.fixture(scope="module")
def street(make_database: Callable[..., str], catalog: Catalog) -> Street:
    return extracts.street(make_database, catalog)


@pytest.fixture(scope="module")
def drawn() -> list[str]:
    here = transform_geometries(objects([extracts.box(0, 0, 10, 20)]), 9210, 4326)[0].centroid
    return [
        f"/thua/{PLAIN}/map.webp",
        f"/thua/{PLAIN}/preview.png",
        f"/parcels/{PLAIN}/extract.pdf",
        f"/map-sheet.pdf?center={here.x:.9f},{here.y:.9f}",
        "/qr.svg?to=/",
    ]


@pytest_asyncio.fixture(loop_scope="module")
async def hurried(street: Street, settings_for: Callable[..., Any]) -> AsyncIterator[httpx.AsyncClient]:
    """A service behind a proxy that draws five times a minute for one address."""
    app = create_app(settings_for(street.dsn, drawings_a_minute=5, trusted_proxies=("127.0.0.0/8",)))
    headers = {"Accept-Language": "vi", "X-Forwarded-For": "203.0.113.7"}
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://land.test", headers=headers) as opened,
    ):
        yield opened


async def test_an_address_that_has_too_much_drawn_waits_and_others_do_not(
    hurried: httpx.AsyncClient, drawn: list[str]
) -> None:
    assert [(await hurried.get(path)).status_code for path in drawn] == [200] * 5
    for path in drawn:
        await _spend(hurried)
        refused = await hurried.get(path)
        assert refused.status_code == 429, (path, refused.text)
        assert 1 <= int(refused.headers["retry-after"]) <= 12
        assert refused.json()["detail"].startswith("Địa chỉ của bạn gửi yêu cầu này quá nhanh; hãy thử lại sau")
        told = await hurried.get(path, headers={"Accept-Language": "en"})
        assert told.json()["detail"].startswith("This is asked too often from your address")
    assert (await hurried.get(drawn[0], headers={"X-Forwarded-For": "203.0.113.8"})).status_code == 200


async def _spend(client: httpx.AsyncClient) -> None:
    """Draws until it is refused: where the machine is slow, time gives one back meanwhile."""
    for _ in range(10):
        if (await client.get("/qr.svg?to=/")).status_code == 429:
            return


async def test_what_is_not_drawn_is_not_limited_and_what_is_wrong_costs_nothing(
    hurried: httpx.AsyncClient, drawn: list[str]
) -> None:
    for _ in range(6):
        assert (await hurried.get("/qr.svg?to=http://elsewhere.example")).status_code == 400
        assert (await hurried.get(f"/parcels/{PLAIN}/extract.json")).status_code == 200
    assert (await hurried.get(drawn[-1])).status_code == 200


async def test_who_is_no_trusted_proxy_cannot_take_another_address(
    street: Street, settings_for: Callable[..., Any]
) -> None:
    app = create_app(settings_for(street.dsn, drawings_a_minute=1))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://land.test") as opened,
    ):
        told = [await opened.get("/qr.svg?to=/", headers={"X-Forwarded-For": f"203.0.113.{n}"}) for n in range(2)]
    assert [one.status_code for one in told] == [200, 429]

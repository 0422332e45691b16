"""A database with agencies and a key for every kind of caller, and the application over it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest
import pytest_asyncio
from fastapi import FastAPI

from gis.model.actor import Role
from gis.model.layer import Catalog
from gis.store import access
from services.app import create_app
from tests.services.conftest import calling, settings_for

LAND, BUILDING = "so-nong-nghiep-moi-truong", "so-xay-dung"
CALLERS: dict[str, tuple[Role, str | None, tuple[str, ...] | None]] = {
    "editor": (Role.EDITOR, LAND, None),
    "publisher": (Role.PUBLISHER, LAND, None),
    "viewer": (Role.VIEWER, LAND, None),
    "editor with a key for one layer": (Role.EDITOR, LAND, ("parcels",)),
    "editor of another agency": (Role.EDITOR, BUILDING, None),
    "auditor": (Role.AUDITOR, None, None),
    "admin": (Role.ADMIN, None, None),
}

FORM = {
    "service_code": "land",
    "lat": "10.776891",
    "long": "106.700123",
    "description": "NOIDUNG lấn chiếm <b>đất</b> công",
    "first_name": "HOTEN",
    "phone": "0901 234 567",
    "email": "dan@example.vn",
    "address_string": "DIACHI 12 Lê Lợi",
}
SECRETS = ("NOIDUNG", "HOTEN", "0901", "dan@example.vn", "DIACHI", "10.776891", "106.700123")
"""What of the form nobody but the responsible agency may see."""

REQUESTS = "/open311/v2/requests.json"


@dataclass(frozen=True, slots=True)
class Office:
    dsn: str
    headers: dict[str, dict[str, str]]


@pytest.fixture(scope="session")
def office(make_database: Callable[..., str], catalog: Catalog) -> Office:
    dsn = make_database()
    with psycopg.connect(dsn, autocommit=True) as db:
        for name, title in ((LAND, "Sở Nông nghiệp và Môi trường"), (BUILDING, "Sở Xây dựng")):
            access.add_agency(db, name, title, "tester")
            access.set_layers(db, catalog, name, ["parcels"] if name == LAND else ["permits"], ["wards"], "tester")
        headers = {"public": dict[str, str]()}
        for name, (role, agency, layers) in CALLERS.items():
            grant = access.Grant(role, agency, datetime.now(UTC) + timedelta(days=1), layers)
            headers[name] = {"X-Api-Key": access.issue_key(db, catalog, grant, "test", "tester")}
    return Office(dsn, headers)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def reports_app(office: Office) -> AsyncIterator[FastAPI]:
    app = create_app(settings_for(office.dsn, callback_hosts=("127.0.0.1:9",), reports_of_address=5_000))
    async with app.router.lifespan_context(app):
        yield app


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def desk(reports_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with calling(reports_app) as client:
        yield client


type Send = Callable[..., Awaitable[str]]


@pytest.fixture
def send(desk: httpx.AsyncClient) -> Send:
    """`await send(**changes)`: the number of a new report."""

    async def sent(media: bytes | None = None, **changes: str) -> str:
        files = {"media": ("a.jpg", media, "image/jpeg")} if media is not None else None
        answer = await desk.post(REQUESTS, data={**FORM, **changes}, files=files)
        assert answer.status_code == 201, answer.text
        found: list[dict[str, Any]] = answer.json()
        return str(found[0]["service_request_id"])

    return sent

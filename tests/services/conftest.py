"""A small city in a real database, and the application over it, driven by HTTP."""

from __future__ import annotations

import atexit
import json
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import numpy as np
import psycopg
import pyarrow as pa
import pytest
import pytest_asyncio
import shapely
from fastapi import FastAPI
from pydantic import SecretStr

from gis.model.change import Provenance
from gis.model.layer import Catalog, GeometryType, Layer
from gis.store.embedded import ServerInfo
from gis.store.publish import publish
from gis.store.stage import Records, stage
from services.app import create_app
from services.settings import Settings
from tests.services.permits.checking import Checks
from tests.services.permits.surveys import street_of_buildings

OPEN_DATA = Path(tempfile.mkdtemp(prefix="landmap-open-data-"))
atexit.register(shutil.rmtree, OPEN_DATA, ignore_errors=True)
LAYERS = Path(__file__).resolve().parents[2] / "layers"
WEST, SOUTH = 603_700.0, 1_191_800.0
COLUMNS, ROWS = 8, 6
LOCAL_2020 = datetime(2019, 12, 31, 17, tzinfo=UTC)  # 00:00 on 1 January 2020 in Ho Chi Minh City
LOCAL_2023 = datetime(2022, 12, 31, 17, tzinfo=UTC)
LOCAL_AUGUST_2024 = datetime(2024, 7, 31, 17, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class City:
    """The database and the features that tests ask for by name. `version` is the changeset of the parcels."""

    dsn: str
    catalog: Catalog
    version: int
    reclassified: UUID
    ended: UUID
    military: UUID
    first: UUID

    def publish(self, layer: str, geometry: list[object], columns: dict[str, pa.Array]) -> int:
        """Publishes features; the number of the changeset."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            return _publish(connection, self.catalog.layers[layer], Records(np.array(geometry, dtype=object), columns))


def parcel_id(number: int) -> UUID:
    """The id of parcel `number`, 1 … 48."""
    return UUID(int=(0x10 << 120) | number)


def permit_id(number: int) -> UUID:
    return UUID(int=(0x20 << 120) | number)


def lot(number: int) -> shapely.MultiPolygon:
    """A lot of 5 m by 20 m in EPSG:9210."""
    column, row = (number - 1) % COLUMNS, (number - 1) // COLUMNS
    x, y = WEST + 5.0 * column, SOUTH + 20.0 * row
    return shapely.MultiPolygon([shapely.box(x, y, x + 5.0, y + 20.0)])


@pytest.fixture(scope="session")
def city(make_database: Callable[..., str], catalog: Catalog) -> City:
    """The city of `make_city`, for all tests of a run."""
    return make_city(make_database(), catalog)


def make_city(dsn: str, catalog: Catalog) -> City:
    """48 parcels, one of them reclassified in 2024, one ended in 2023, one of the army; four permits."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        version = _publish(connection, catalog.layers["parcels"], _parcels())
        _publish(connection, catalog.layers["permits"], _permits())
    return City(dsn, catalog, version, parcel_id(5), parcel_id(6), parcel_id(7), parcel_id(1))


def load_rows(connection: psycopg.Connection, catalog: Catalog, layer: str, **columns: list[Any]) -> None:
    """Publishes rows with these columns, each on a lot of its own; lines run around it."""
    definition = catalog.layers[layer]
    count = len(next(iter(columns.values())))
    lots = [lot(number) for number in range(1, count + 1)]
    lines = definition.geometry.type is GeometryType.MULTILINESTRING
    geometry = np.array([one.boundary for one in lots] if lines else lots, dtype=object)
    _publish(connection, definition, Records(geometry, {name: pa.array(values) for name, values in columns.items()}))


def _publish(connection: psycopg.Connection, layer: Layer, records: Records) -> int:
    number = publish(connection, stage(connection, layer, Provenance("test", f"Nạp {layer.id}"), [records]), layer)
    assert number is not None
    return number


def _parcels() -> Records:
    numbers = [*range(1, COLUMNS * ROWS + 1), 5]
    uses = ["ODT"] * len(numbers)
    uses[6], uses[-1] = "CQP", "TMD"
    starts, ends = [LOCAL_2020] * len(numbers), [None] * len(numbers)
    ends[4], starts[-1] = LOCAL_AUGUST_2024, LOCAL_AUGUST_2024  # type: ignore[call-overload]
    ends[5] = LOCAL_2023  # type: ignore[call-overload]
    count = len(numbers)
    return Records(
        np.array([lot(number) for number in numbers], dtype=object),
        {
            "id": pa.array([parcel_id(number).bytes for number in numbers], pa.binary()),
            "valid_from": pa.array(starts, pa.timestamp("us", tz="UTC")),
            "valid_to": pa.array(ends, pa.timestamp("us", tz="UTC")),
            "commune": pa.array(["26740"] * count),
            "commune_old": pa.array(["26734"] * count),
            "document_series": pa.array(["BDDC"] * count),
            "sheet": pa.array(["12"] * count),
            "parcel": pa.array([str(number) for number in numbers]),
            "land_use": pa.array(uses),
            "land_uses": pa.array([[use] for use in uses]),
            "map_scale": pa.array([500] * count),
            "measured_area": pa.array([100.0] * count),
            "registered_on": pa.array([date(2020, 1, 1)] * count),
            "address": pa.array(["12 Đường <b>Thử</b>"] * count),
            "holder_name": pa.array(["Nguyễn Văn Mật"] * count),
        },
    )


def _permits() -> Records:
    states = ["ISSUED", "IN_REVIEW", "DRAFT", "REVOKED"]
    point = shapely.Point(WEST + 2.0, SOUTH + 2.0)
    return Records(
        np.array([point] * 4, dtype=object),
        {
            "id": pa.array([permit_id(number).bytes for number in range(1, 5)], pa.binary()),
            "valid_from": pa.array([LOCAL_2020] * 4, pa.timestamp("us", tz="UTC")),
            "number": pa.array([f"{number}/GPXD <script>" for number in range(1, 5)]),
            "office": pa.array(["26740"] * 4),
            "status": pa.array(states),
        },
    )


def settings_for(dsn: str, **changes: object) -> Settings:
    """Settings of an application over the database."""
    ours = {"database_url": SecretStr(dsn), "layers": LAYERS, "log_level": "error", "open_data": OPEN_DATA}
    return Settings(**{**ours, **changes})  # type: ignore[arg-type]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def app(city: City) -> AsyncIterator[FastAPI]:
    """The running application."""
    app = create_app(settings_for(city.dsn))
    async with app.router.lifespan_context(app):
        yield app


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client that asks for JSON and speaks English, as a program does."""
    async with calling(app) as opened:
        yield opened


@asynccontextmanager
async def calling(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Such a client of a running application."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
    headers = {"Accept": "application/json, */*;q=0.1", "Accept-Language": "en"}
    async with httpx.AsyncClient(transport=transport, base_url="http://land.test", headers=headers) as opened:
        yield opened


GOLDEN = Path(__file__).parent / "golden"
_KEPT_HEADERS = ("content-type", "content-crs", "content-language", "cache-control", "landmap-data-version", "vary")
_MASKS = (
    (re.compile(r'"timeStamp": "[^"]+"'), '"timeStamp": "…"'),
    (re.compile(r'"recordedAt": "[^"]+"'), '"recordedAt": "…"'),
    (re.compile(r'"requestId": "[^"]+"'), '"requestId": "…"'),
    (re.compile(r"cursor=[A-Za-z0-9_\-]+"), "cursor=…"),
)


@pytest.fixture
def golden() -> Callable[[str, httpx.Response], None]:
    """`golden(name, response)`: the answer is the one kept as golden/<name>.txt. GOLDEN_RENEW=1 writes it anew."""
    return _check_golden


def _check_golden(name: str, response: httpx.Response) -> None:
    headers = [f"{key}: {response.headers[key]}" for key in _KEPT_HEADERS if key in response.headers]
    body = json.dumps(response.json(), ensure_ascii=False, indent=1)
    for pattern, mask in _MASKS:
        body = pattern.sub(mask, body)
    text = "\n".join([f"{response.status_code}", *headers, "", body, ""])
    kept = GOLDEN / f"{name}.txt"
    if os.environ.get("GOLDEN_RENEW"):
        kept.write_text(text, encoding="utf-8")
    assert kept.exists(), f"{kept} is missing: run with GOLDEN_RENEW=1 and look at it"
    assert text == kept.read_text(encoding="utf-8")


@pytest.fixture(name="settings_for", scope="session")
def settings_for_fixture() -> Callable[..., Settings]:
    """`settings_for(dsn, **changes)`: settings of an application of one's own."""
    return settings_for


@pytest.fixture(scope="session")
def surveyed_city(server: ServerInfo, tmp_path_factory: pytest.TempPathFactory) -> Checks:
    """A street of buildings, for surveys."""
    return street_of_buildings(server, tmp_path_factory.mktemp("surveys"), "surveys")

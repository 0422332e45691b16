"""A small database with permits and parcels on both sides of an agency's border, and a key for every kind of caller."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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

from gis.model.actor import Role
from gis.model.change import Provenance
from gis.model.layer import Catalog
from gis.store import access, restricted_grants
from gis.store.publish import publish
from gis.store.stage import Records, stage
from services.app import create_app

E0, N0 = 603_700.0, 1_191_800.0
SINCE = datetime(2020, 1, 1, tzinfo=UTC)
INSIDE, OUTSIDE = "IN", "OUT"
PLACES = {INSIDE: 0.0, OUTSIDE: 500.0}
STATES = ("ISSUED", "IN_REVIEW", "DRAFT")

CALLERS: dict[str, tuple[Role, str | None, tuple[str, ...] | None]] = {
    "viewer": (Role.VIEWER, "so-xd", None),
    "editor": (Role.EDITOR, "so-xd", None),
    "publisher": (Role.PUBLISHER, "so-xd", None),
    "viewer of the ward": (Role.VIEWER, "phuong-a", None),
    "editor of the ward": (Role.EDITOR, "phuong-a", None),
    "viewer of another agency": (Role.VIEWER, "so-khac", None),
    "viewer with a key for other layers": (Role.VIEWER, "so-xd", ("parcels",)),
    "auditor": (Role.AUDITOR, None, None),
    "auditor with a key for other layers": (Role.AUDITOR, None, ("wards",)),
    "admin": (Role.ADMIN, None, None),
    "viewer with applicants": (Role.VIEWER, "so-xd", None),
    "viewer of the ward with applicants": (Role.VIEWER, "phuong-a", None),
}
"""Who asks, besides the public."""


ENTRUSTED = ("viewer with applicants", "viewer of the ward with applicants")
"""Those of them to whom the applicants of permits were opened."""


def permit_id(state: str, place: str) -> UUID:
    return UUID(int=(0x40 << 120) | (STATES.index(state) * 2 + list(PLACES).index(place) + 1))


def number(state: str, place: str) -> str:
    """A public field of a permit: told wherever the row is shown in full."""
    return f"GPXD{state.replace('_', '')}{place}"


def address(state: str, place: str) -> str:
    """A field of agencies of the same permit."""
    return f"DIACHI{state.replace('_', '')}{place}"


HOLDER = "CHUSUDUNGDAT"
"""The beginning of every restricted value; no channel tells one to anybody but the resource made for it."""


def applicant(state: str, place: str) -> str:
    """A restricted field of a permit."""
    return f"{HOLDER}{state.replace('_', '')}{place}"


@dataclass(frozen=True, slots=True)
class Guarded:
    """The database, and the headers with which each kind of caller signs in."""

    dsn: str
    catalog: Catalog
    headers: dict[str, dict[str, str]]
    keys: dict[str, str]


@pytest.fixture(scope="session")
def guarded(make_database: Callable[..., str], catalog: Catalog) -> Guarded:
    dsn = make_database()
    with psycopg.connect(dsn, autocommit=True) as db:
        publish_records(db, catalog, "permits", _permits())
        publish_records(db, catalog, "parcels", _parcels())
        _agencies(db, catalog)
        keys = {name: _key(db, catalog, *said) for name, said in CALLERS.items()}
        for name in ENTRUSTED:
            entrust(db, catalog, keys[name], "permits", "applicants")
    headers = {name: {"X-Api-Key": key} for name, key in keys.items()} | {"public": {}}
    return Guarded(dsn, catalog, headers, keys)


def _key(
    db: psycopg.Connection, catalog: Catalog, role: Role, agency: str | None, layers: tuple[str, ...] | None
) -> str:
    grant = access.Grant(role, agency, datetime.now(UTC) + timedelta(days=1), layers)
    return access.issue_key(db, catalog, grant, "test", "tester")


def entrust(db: psycopg.Connection, catalog: Catalog, key: str, layer: str, *groups: str) -> int:
    """Opens restricted fields to a key; the number of the grant."""
    until = datetime.now(UTC) + timedelta(days=1)
    opening = restricted_grants.Opening(layer, groups, "QĐ 1/QĐ-UBND", until)
    return restricted_grants.grant(db, catalog, key.split("_")[1], opening, "tester")


def _agencies(db: psycopg.Connection, catalog: Catalog) -> None:
    for name, owns, reads in (
        ("so-xd", ["permits"], ["parcels"]),
        ("phuong-a", ["permits"], ["parcels"]),
        ("so-khac", ["wards"], []),
    ):
        access.add_agency(db, name, name, "tester")
        access.set_layers(db, catalog, name, owns, reads, "tester")
    ward = shapely.box(E0 - 50, N0 - 50, E0 + 50, N0 + 50)
    access.set_area(db, catalog, "phuong-a", ward, "test", "tester")


def publish_records(db: psycopg.Connection, catalog: Catalog, layer: str, records: Records) -> None:
    """Stage and publish, without matching."""
    definition = catalog.layers[layer]
    publish(db, stage(db, definition, Provenance("tester", "Test"), [records]), definition)


def _permits() -> Records:
    rows = [(state, place) for state in STATES for place in PLACES]
    columns: dict[str, pa.Array] = {
        "id": pa.array([permit_id(*row).bytes for row in rows], pa.binary()),
        "valid_from": pa.array([SINCE] * len(rows), pa.timestamp("us", tz="UTC")),
        "number": pa.array([number(*row) for row in rows]),
        "address": pa.array([address(*row) for row in rows]),
        "applicant_name": pa.array([applicant(*row) for row in rows]),
        "status": pa.array([state for state, _ in rows]),
    }
    return Records(np.array([shapely.Point(E0 + PLACES[place], N0) for _, place in rows], dtype=object), columns)


def _parcels() -> Records:
    boxes = [shapely.MultiPolygon([shapely.box(E0 + x, N0, E0 + x + 5, N0 + 20)]) for x in PLACES.values()]
    columns: dict[str, pa.Array] = {
        "valid_from": pa.array([SINCE] * 2, pa.timestamp("us", tz="UTC")),
        "commune_old": pa.array(["26734"] * 2),
        "sheet": pa.array(["12"] * 2),
        "parcel": pa.array(["1", "2"]),
        "address": pa.array(["DIACHITHUAIN", "DIACHITHUAOUT"]),
        "holder_name": pa.array([HOLDER] * 2),
    }
    return Records(np.array(boxes, dtype=object), columns)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def guarded_app(guarded: Guarded, settings_for: Any) -> AsyncIterator[FastAPI]:
    app = create_app(settings_for(guarded.dsn))
    async with app.router.lifespan_context(app):
        yield app


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def door(guarded_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client without credentials; each request says who asks by its headers."""
    transport = httpx.ASGITransport(app=guarded_app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://land.test") as opened:
        yield opened

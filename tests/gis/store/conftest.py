"""Small parcels for tests of the store: squares of 10 m in a row, east of the centre of Ho Chi Minh City."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pytest
import shapely
from psycopg.conninfo import make_conninfo

from gis.model.change import Provenance
from gis.model.layer import Catalog, Layer
from gis.store import stage
from gis.store.match import Matched, Scope, match
from gis.store.publish import publish

E0, N0 = 603_700.0, 1_191_840.0
WHO = Provenance("tester", "Test")


def square(i: float, size: float = 10.0, row: float = 0.0) -> shapely.MultiPolygon:
    """The i-th square of the row, in EPSG:9210; further rows lie north of the first."""
    east, north = E0 + 10 * i, N0 + 10 * row
    return shapely.MultiPolygon([shapely.box(east, north, east + size, north + size)])


@dataclass(frozen=True)
class Parcel:
    """One record: number in the row, and what differs from the usual."""

    number: str
    place: float
    sheet: str = "12"
    street: str | None = "Nguyễn Trãi"
    uses: tuple[str, ...] = ("ODT",)
    size: float = 10.0
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    holder: str | None = None
    row: float = 0.0


def records(parcels: list[Parcel]) -> stage.Records:
    """Parcels as cleaned records."""
    when = pa.timestamp("us", tz="UTC")
    columns: dict[str, pa.Array] = {
        "commune_old": pa.array(["26740"] * len(parcels)),
        "document_series": pa.array(["BDDC"] * len(parcels)),
        "sheet": pa.array([p.sheet for p in parcels]),
        "parcel": pa.array([p.number for p in parcels]),
        "street": pa.array([p.street for p in parcels], pa.string()),
        "land_uses": pa.array([list(p.uses) for p in parcels], pa.list_(pa.string())),
        "land_use": pa.array([p.uses[0] for p in parcels]),
        "holder_name": pa.array([p.holder for p in parcels], pa.string()),
        "valid_from": pa.array([p.valid_from for p in parcels], when),
        "valid_to": pa.array([p.valid_to for p in parcels], when),
    }
    geometry = np.array([square(p.place, p.size, p.row) for p in parcels], dtype=object)
    return stage.Records(geometry, columns)


@pytest.fixture
def parcels(catalog: Catalog) -> Layer:
    """The layer of the tests."""
    return catalog.layers["parcels"]


@pytest.fixture
def db(database: str) -> Iterator[psycopg.Connection]:
    """An autocommit connection as owner."""
    with psycopg.connect(database, autocommit=True) as opened:
        yield opened


@pytest.fixture
def editor(database: str) -> str:
    """URL of `database` for a person who may edit and has no other right."""
    with psycopg.connect(database, autocommit=True) as owner:
        if owner.execute("SELECT FROM pg_roles WHERE rolname = 'lan'").fetchone() is None:
            owner.execute("CREATE ROLE lan LOGIN IN ROLE landmap_editor")
    return make_conninfo(database, user="lan")


type Load = Callable[..., int]


@pytest.fixture
def load(db: psycopg.Connection, parcels: Layer) -> Load:
    """`load([Parcel, …], scope=None)`: stage, match and publish; the changeset's number."""

    def run(rows: list[Parcel], scope: Scope | None = None) -> int:
        stage_id = stage.stage(db, parcels, WHO, [records(rows)])
        match(db, stage_id, parcels, scope)
        number = publish(db, stage_id, parcels)
        assert number is not None
        return number

    return run


def staged(db: psycopg.Connection, layer: Layer, rows: list[Parcel], scope: Scope | None = None) -> tuple[int, Matched]:
    """Stage and match only."""
    stage_id = stage.stage(db, layer, WHO, [records(rows)])
    return stage_id, match(db, stage_id, layer, scope)


def table(db: psycopg.Connection, query: str, *params: Any) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    return db.execute(query, params).fetchall()  # type: ignore[call-overload, no-any-return]


WAITING = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
"""Sessions of the database that wait for a lock."""

RUNNING = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query = %s"
"""Sessions of the database in which the statement runs."""


def until(db: psycopg.Connection, count: int, query: str, *params: Any) -> None:
    """Returns once the query has `count` rows, which it must have within ten seconds."""
    deadline = time.monotonic() + 10
    while len(rows := table(db, query, *params)) != count:
        assert time.monotonic() < deadline, rows
        time.sleep(0.01)

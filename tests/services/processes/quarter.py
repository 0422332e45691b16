"""A few lots whose names are as hard to tell apart as real ones, with zones and declared coverage, for processes that look there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import numpy as np
import psycopg
import pyarrow as pa
import shapely

from gis.crs.transform import transform_geometries
from gis.model.actor import Role
from gis.model.change import Provenance
from gis.model.layer import Catalog
from gis.store import access, coverage
from gis.store.coverage import Declaration
from gis.store.publish import publish
from gis.store.stage import Records, stage
from services.app import create_app
from services.settings import Settings

E0, N0 = 603_700.0, 1_191_800.0
BEGUN, REFORM = datetime(2019, 12, 31, 17, tzinfo=UTC), datetime(2025, 6, 30, 17, tzinfo=UTC)
WHEN = pa.timestamp("us", tz="UTC")

CORNER, TWIN, TODAY, FORMER, ARMY, SERIES, OTHER_SERIES = (UUID(int=(0x70 << 120) | n) for n in range(1, 8))
PLACES = {lot: 20.0 * place for place, lot in enumerate((CORNER, TWIN, TODAY, FORMER, ARMY, SERIES, OTHER_SERIES))}

_PARCELS: tuple[tuple[UUID, dict[str, Any]], ...] = (
    (CORNER, {"commune": "26740", "commune_old": "26734", "sheet": "1", "parcel": "1", "street": "Lê Lợi",
              "address": "12 Lê Lợi, Phường Sài Gòn", "parcel_identifier": "bcdfghjkmnpq"}),
    (TWIN, {"commune": "26740", "commune_old": "26737", "sheet": "1", "parcel": "1", "street": "Lê Lợi",
            "address": "14 Lê Lợi, Phường Sài Gòn"}),
    (TODAY, {"commune": "26737", "commune_old": "26734", "sheet": "2", "parcel": "5", "street": "Hai Bà Trưng"}),
    (FORMER, {"commune": "26740", "commune_old": "26737", "sheet": "2", "parcel": "5", "street": "Đinh Tiên Hoàng"}),
    (ARMY, {"commune": "26740", "commune_old": "26734", "sheet": "9", "parcel": "99", "street": "Tôn Đức Thắng", "land_use": "CQP"}),
    (SERIES, {"commune": "26740", "commune_old": "26734", "sheet": "3", "parcel": "7"}),
    (OTHER_SERIES, {"commune": "26740", "commune_old": "26734", "sheet": "3", "parcel": "7", "document_series": "299TTG"}),
)  # fmt: skip

_WARDS = (
    ("26734", "Bến Nghé", "Phường Bến Nghé, Quận 1", BEGUN, REFORM),
    ("26737", "Đa Kao", "Phường Đa Kao, Quận 1", BEGUN, REFORM),
    ("26737", "Tân Định", "Phường Tân Định", REFORM, None),
    ("26740", "Sài Gòn", "Phường Sài Gòn", REFORM, None),
)


def lot(parcel: UUID) -> shapely.Polygon:
    """A lot of 10 m by 20 m; lots stand 20 m apart, from centre line to centre line."""
    return box(PLACES[parcel], 0, 10, 20)


def box(x: float, y: float, width: float, height: float) -> shapely.Polygon:
    """A rectangle in metres from the corner of the quarter, EPSG:9210."""
    return shapely.box(E0 + x, N0 + y, E0 + x + width, N0 + y + height)


def degrees(shape: shapely.Geometry) -> shapely.Geometry:
    return transform_geometries(np.array([shape], dtype=object), 9210, 84)[0]


def geojson(shape: shapely.Geometry) -> dict[str, Any]:
    """In lon/lat."""
    found: dict[str, Any] = shapely.geometry.mapping(degrees(shape))
    return found


@dataclass(frozen=True, slots=True)
class Quarter:
    """`officer`: headers of who sees all fields of parcels."""

    dsn: str
    catalog: Catalog
    officer: Mapping[str, str]

    def publish(self, layer: str, shapes: Sequence[shapely.Geometry], rows: Sequence[Mapping[str, Any]]) -> int:
        names = sorted({name for row in rows for name in row})
        columns = {name: _column(name, [row.get(name) for row in rows]) for name in names}
        columns.setdefault("valid_from", pa.array([BEGUN] * len(rows), WHEN))
        whole = [shapely.MultiPolygon([s]) if s.geom_type == "Polygon" else s for s in shapes]
        with psycopg.connect(self.dsn, autocommit=True) as db:
            found = self.catalog.layers[layer]
            records = Records(np.array(whole, dtype=object), columns)
            number = publish(db, stage(db, found, Provenance("test", "Test"), [records]), found)
        assert number is not None
        return number

    def declare(self, layer: str, area: shapely.Geometry, level: str) -> None:
        with psycopg.connect(self.dsn) as db:
            said = Declaration(degrees(area), level, date(2026, 1, 1), "Sở thử")
            coverage.declare(db, self.catalog.layers[layer], [said])


def _column(name: str, values: list[Any]) -> pa.Array:
    if name in ("valid_from", "valid_to"):
        return pa.array(values, WHEN)
    if name == "id":
        return pa.array([value.bytes for value in values], pa.binary())
    return pa.array(values)


def make_quarter(make_database: Callable[..., str], catalog: Catalog) -> Quarter:
    """Zones cover the west half of the first lot; a narrow strip of another one reaches into it. East of the second lot the
    zones are not known, and of buildings nothing is."""
    dsn = make_database()
    with psycopg.connect(dsn, autocommit=True) as db:
        access.add_agency(db, "so-dat", "Sở Đất", "test")
        access.set_layers(db, catalog, "so-dat", ("parcels",), (), "test")
        until = datetime.now(UTC) + timedelta(days=1)
        key = access.issue_key(db, catalog, access.Grant(Role.VIEWER, "so-dat", until), "test", "test")
    found = Quarter(dsn, catalog, {"X-Api-Key": key})
    usual = {"document_series": "BDDC", "land_use": "ODT", "street": None}
    parcels = [{"id": parcel, **usual, **row} for parcel, row in _PARCELS]
    found.publish("parcels", [lot(parcel) for parcel, _ in _PARCELS], parcels)
    wards = [
        {"id": UUID(int=(0x71 << 120) | i), "code": code, "name": name, "full_name": full, "valid_from": since, "valid_to": until}
        for i, (code, name, full, since, until) in enumerate(_WARDS)
    ]  # fmt: skip
    found.publish("wards", [box(-200, -200, 600, 600)] * len(wards), wards)
    zones = [{"code": "NO-1", "plan": "P", "function": "DAT_O_Nhomnhao"}, {"code": "GT-2", "plan": "P"}]
    found.publish("zones", [box(-50, -10, 55, 60), box(-50, 19.98, 70, 40)], zones)
    lines = [{"code": "L", "kind": "CENTRELINE", "name": "Lê Lợi", "right_of_way": 6.0}]
    found.publish("road_lines", [shapely.MultiLineString([[(E0 - 50, N0 + 10), (E0 + 50, N0 + 10)]])], lines)
    found.declare("zones", box(-100, -100, 125, 300), "complete")
    found.declare("parcels", box(-100, -100, 400, 300), "complete")
    found.declare("parcels", box(300, -100, 100, 300), "partial")
    found.declare("road_lines", box(-100, -100, 400, 300), "complete")
    found.declare("permits", box(-100, -100, 400, 300), "complete")
    found.declare("housing_projects", box(-100, -100, 105, 300), "complete")
    return found


@asynccontextmanager
async def calling(quarter: Quarter, settings_for: Callable[..., Settings]) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application over the quarter."""
    app = create_app(settings_for(quarter.dsn))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
        headers = {"Accept": "application/json", "Accept-Language": "en", "Accept-Encoding": "identity"}
        async with httpx.AsyncClient(transport=transport, base_url="http://land.test", headers=headers) as opened:
            yield opened


async def run(
    client: httpx.AsyncClient, process: str, inputs: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> httpx.Response:
    """One execution."""
    return await client.post(f"/processes/{process}/execution", json={"inputs": inputs}, headers=headers)

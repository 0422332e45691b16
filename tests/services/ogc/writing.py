"""A small database that tests may write to, and a client for every kind of caller."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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
from gis.store import access
from gis.store.publish import publish
from gis.store.stage import Records, stage

E0, N0 = 603_700.0, 1_191_800.0
SINCE = datetime(2019, 12, 31, 17, tzinfo=UTC)
PARCELS, PERMITS, PLANS = (f"/collections/{layer}/items" for layer in ("parcels", "permits", "plans"))
CALLERS: dict[str, tuple[Role, str | None, tuple[str, ...] | None]] = {
    "editor": (Role.EDITOR, "so-dat", None),
    "publisher": (Role.PUBLISHER, "so-dat", None),
    "viewer": (Role.VIEWER, "so-dat", None),
    "editor of the ward": (Role.EDITOR, "phuong-a", None),
    "editor who does not own": (Role.EDITOR, "so-khac", None),
    "editor with a key for other layers": (Role.EDITOR, "so-dat", ("permits",)),
    "auditor": (Role.AUDITOR, None, None),
    "admin": (Role.ADMIN, None, None),
}
HOLDER = "NGUOISUDUNGDAT"


@dataclass(frozen=True, slots=True)
class Land:
    """The database, and the headers with which each kind of caller signs in."""

    dsn: str
    catalog: Catalog
    headers: dict[str, dict[str, str]]

    def table(self, query: str, *params: Any) -> list[tuple[Any, ...]]:
        """All rows of a query, asked by the owner."""
        with psycopg.connect(self.dsn, autocommit=True) as db:
            return db.execute(query, params).fetchall()  # type: ignore[call-overload, no-any-return]

    def changesets(self) -> int:
        """How many there are."""
        return int(self.table("SELECT count(*) FROM landmap.changeset")[0][0])


def land(make_database: Callable[..., str], catalog: Catalog) -> Land:
    """Four parcels (the third is of the army, the fourth lies outside the ward), two permits, wards of one name."""
    dsn = make_database()
    with psycopg.connect(dsn, autocommit=True) as db:
        for layer, records in (("wards", _wards()), ("parcels", _parcels()), ("permits", _permits())):
            definition = catalog.layers[layer]
            publish(db, stage(db, definition, Provenance("tester", "Test"), [records]), definition)
        for name, owns in (
            ("so-dat", ["parcels", "permits", "plans"]),
            ("phuong-a", ["parcels", "permits"]),
            ("so-khac", ["wards"]),
        ):
            access.add_agency(db, name, name, "tester")
            access.set_layers(db, catalog, name, owns, [], "tester")
        access.set_area(db, catalog, "phuong-a", shapely.box(E0 - 50, N0 - 50, E0 + 150, N0 + 150), "test", "tester")
        until = datetime.now(UTC) + timedelta(days=1)
        keys = {
            name: access.issue_key(db, catalog, access.Grant(role, agency, until, layers), "test", "tester")
            for name, (role, agency, layers) in CALLERS.items()
        }
    return Land(dsn, catalog, {name: {"X-Api-Key": key} for name, key in keys.items()} | {"public": {}})


def parcel_id(number: int) -> UUID:
    return UUID(int=(0x50 << 120) | number)


def permit_id(number: int) -> UUID:
    return UUID(int=(0x60 << 120) | number)


def lot(x: float, y: float = 0.0, width: float = 5.0) -> shapely.Polygon:
    """A lot of `width` by 20 m in EPSG:9210, metres from the corner of the ward's first."""
    return shapely.box(E0 + x, N0 + y, E0 + x + width, N0 + y + 20)


def geometry(shape: shapely.Geometry, crs: int = 84, *, flipped: bool = False) -> dict[str, Any]:
    """GeoJSON of a shape of EPSG:9210 in another CRS."""
    moved = transform_geometries(np.array([shape], dtype=object), 9210, crs)[0]
    if flipped:
        moved = shapely.transform(moved, lambda xy: xy[:, ::-1])
    found: dict[str, Any] = shapely.geometry.mapping(moved)
    return found


def feature(parcel: str, x: float, **properties: Any) -> dict[str, Any]:
    """A parcel as a client sends it."""
    return {
        "type": "Feature",
        "geometry": geometry(lot(x)),
        "properties": {"sheet": "12", "parcel": parcel, "commune_old": "26734", "land_use_raw": "ODT", **properties},
    }


async def fetched(client: httpx.AsyncClient, path: str, **headers: str) -> tuple[dict[str, Any], str]:
    """The item and its tag."""
    answer = await client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found, answer.headers["etag"]


def _wards() -> Records:
    names = ["Bến Thành", "Tân Hoà", "Tân Hoà"]
    kinds, codes = ["PHUONG", "PHUONG", "XA"], ["26740", "26741", "26742"]
    shapes = [shapely.MultiPolygon([lot(1000.0 * i, 3000.0, 900.0)]) for i in range(3)]
    return Records(
        np.array(shapes, dtype=object),
        {
            "code": pa.array(codes),
            "name": pa.array(names),
            "kind": pa.array(kinds),
            "valid_from": pa.array([SINCE] * 3, pa.timestamp("us", tz="UTC")),
        },
    )


def _parcels() -> Records:
    xs, uses = [0.0, 5.0, 10.0, 500.0], ["ODT", "ODT", "CQP", "ODT"]
    return Records(
        np.array([shapely.MultiPolygon([lot(x)]) for x in xs], dtype=object),
        {
            "id": pa.array([parcel_id(i).bytes for i in range(1, 5)], pa.binary()),
            "valid_from": pa.array([SINCE] * 4, pa.timestamp("us", tz="UTC")),
            "commune": pa.array(["26740"] * 4),
            "commune_old": pa.array(["26734"] * 4),
            "document_series": pa.array(["BDDC"] * 4),
            "sheet": pa.array(["12"] * 4),
            "parcel": pa.array(["1", "2", "3", "4"]),
            "land_use_raw": pa.array(uses),
            "land_use": pa.array(uses),
            "land_uses": pa.array([[use] for use in uses]),
            "measured_area": pa.array([100.0] * 4),
            "address": pa.array(["12 Lê Lợi"] * 4),
            "holder_name": pa.array([HOLDER] * 4),
        },
    )


def _permits() -> Records:
    places = [shapely.Point(E0 + 2, N0 + 2), shapely.Point(E0 + 600, N0 + 2)]
    return Records(
        np.array(places, dtype=object),
        {
            "id": pa.array([permit_id(1).bytes, permit_id(2).bytes], pa.binary()),
            "number": pa.array(["1/GP", "2/GP"]),
            "status": pa.array(["ISSUED", "DRAFT"]),
        },
    )

"""Two former communes that became one ward, with parcels and permits that can be counted by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
import shapely

from gis.crs.transform import transform_geometries
from gis.model.actor import Role
from gis.model.layer import Catalog
from gis.store import access
from gis.store.coverage import Declaration, declare
from tests.services.permits.extracts import load

E0, N0 = 603_700.0, 1_191_800.0
REFORM = datetime(2025, 6, 30, 17, tzinfo=UTC)
TURNED = datetime(2026, 3, 31, 17, tzinfo=UTC)
"""On 1 April 2026 the parcels of the east became land for houses."""
WEST, EAST, OTHER = "26740", "26743", "26746"
DAYS = (date(2025, 1, 1), date(2025, 7, 1), date(2026, 1, 1), date(2026, 10, 1))
HOUSES, FIELDS, ARMY = 15, 12, 2
ISSUED_WEST, ISSUED_EAST = 12, 4
FLOOR = 150.0

type Row = tuple[UUID, Any, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class District:
    """The database, and the headers of an officer of an agency that has the layer of indicators."""

    dsn: str
    catalog: Catalog
    officer: Mapping[str, str]

    def load(self, layer: str, rows: list[Row]) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as db:
            load(db, self.catalog, layer, rows)


def box(x: float, y: float, width: float, depth: float) -> shapely.MultiPolygon:
    return shapely.MultiPolygon([shapely.box(E0 + x, N0 + y, E0 + x + width, N0 + y + depth)])


def id_of(kind: int, number: int) -> UUID:
    return UUID(int=(0x70 << 120) | (kind << 32) | number)


def make_district(make_database: Callable[..., str], catalog: Catalog) -> District:
    dsn = make_database()
    with psycopg.connect(dsn, autocommit=True) as db:
        for layer, rows in (("wards", _wards()), ("parcels", _parcels()), ("permits", _permits())):
            load(db, catalog, layer, rows)
        west = transform_geometries(np.array([box(0, 0, 400, 400)], dtype=object), 9210, 4326)[0]
        half = transform_geometries(np.array([box(0, 0, 200, 400)], dtype=object), 9210, 4326)[0]
        declare(db, catalog.layers["permits"], [Declaration(west, "complete", date(2026, 1, 1), "Sở Xây dựng")])
        declare(db, catalog.layers["parcels"], [Declaration(half, "complete", date(2025, 3, 1), "Sở Đất")])
        access.add_agency(db, "trung-tam", "Trung tâm dữ liệu", "test")
        access.set_layers(db, catalog, "trung-tam", ("indicators",), (), "test")
        until = datetime.now(UTC) + timedelta(days=1)
        key = access.issue_key(db, catalog, access.Grant(Role.VIEWER, "trung-tam", until), "test", "test")
    return District(dsn, catalog, {"X-Api-Key": key})


def _wards() -> list[Row]:
    def ward(number: int, place: Any, code: str, name: str, **when: Any) -> Row:
        return id_of(1, number), place, {"code": code, "name": name, "full_name": f"Phường {name}", **when}

    return [
        ward(1, box(0, 0, 200, 400), WEST, "Tây", valid_to=REFORM),
        ward(2, box(200, 0, 200, 400), EAST, "Đông", valid_to=REFORM),
        ward(3, box(0, 0, 400, 400), WEST, "Chung", valid_from=REFORM),  # the code of a former commune, another place
        ward(4, box(400, 0, 200, 400), OTHER, "Trống", valid_from=REFORM),
    ]


def parcel(number: int, x: float, y: float, use: str, **more: Any) -> Row:
    told = {"commune": WEST, "commune_old": WEST, "document_series": "BDDC", "sheet": "1", "parcel": str(number)}
    return id_of(2, number), box(x, y, 10, 10), {**told, "land_use": use, "measured_area": 100.0, **more}


def _parcels() -> list[Row]:
    houses = [parcel(n, 10.0 * n, 20, "ODT", measured_area=110.0 if n < 11 else 100.0) for n in range(HOUSES)]
    army = [parcel(100 + n, 10.0 * n, 60, "CQP") for n in range(ARMY)]
    fields = [parcel(200 + n, 200 + 10.0 * n, 20, "LUC", valid_to=TURNED) for n in range(FIELDS)]
    turned = [parcel(200 + n, 200 + 10.0 * n, 20, "ODT", valid_from=TURNED) for n in range(FIELDS)]
    return [*houses, *army, *fields, *turned]


def permit(number: int, x: float, status: str, issued: date | None, **more: Any) -> Row:
    told = {"number": f"{number}/GPXD", "office": WEST, "status": status, "issued_on": issued, "floor_area": FLOOR}
    return id_of(3, number), shapely.Point(E0 + x, N0 + 100), {**told, **more}


def _permits() -> list[Row]:
    west = [permit(n, 10, "ISSUED", date(2025, 3, 1)) for n in range(ISSUED_WEST)]
    # One of them was revoked later: it is no second permit.
    west[0] = (west[0][0], west[0][1], {**west[0][2], "valid_to": REFORM})
    revoked = permit(0, 10, "REVOKED", date(2025, 3, 1), valid_from=REFORM)
    east = [permit(100 + n, 250, "ISSUED", date(2025, 12, 31)) for n in range(ISSUED_EAST)]
    on_the_day = permit(150, 250, "ISSUED", date(2026, 1, 1))
    hidden = [
        permit(200 + n, 10, state, date(2025, 3, 1)) for n, state in enumerate(("DRAFT", "IN_REVIEW", "REJECTED"))
    ]
    return [*west, revoked, *east, on_the_day, *hidden]

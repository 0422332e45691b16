"""A small city for permit checks: a street of 12 m with lots on its north side, with all data that a check needs."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
import shapely

from gis.catalog.read import read_catalog
from gis.crs.transform import transform_geometries
from gis.model.actor import Role
from gis.model.layer import Catalog
from gis.store import access
from gis.store.coverage import Declaration, declare
from gis.store.database import prepare
from gis.store.embedded import ServerInfo
from tests.services.permits.extracts import load

LAYERS = Path(__file__).resolve().parents[3] / "layers"
E0, N0 = 603_000.0, 1_191_000.0
SINCE = datetime(2019, 12, 31, 17, tzinfo=UTC)
REFORM = datetime(2025, 6, 30, 17, tzinfo=UTC)
DAY = "2026-11-20"
GOOD, CUT, THREE, HOLED, PARTS, SLIVER, CORNER, LEGAL, BIG, OUT, PARENT, CHILD, EDITED, TEMPLE, BANK, LOW = (
    UUID(int=(0x60 << 120) | number) for number in range(1, 17)
)
NEXT = {
    parcel: 60.0 * place for place, parcel in enumerate((GOOD, CUT, THREE, HOLED, PARTS, SLIVER, CORNER, LEGAL, BIG))
}
"""Where the lots begin, metres east of the origin."""
GUARDED = {TEMPLE: -180.0, BANK: -240.0, LOW: -300.0}
"""The same of lots in a protected area of heritage, in a corridor, and where it floods."""

type Row = tuple[UUID, Any, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Checks:
    """The database with its folder of layers, and the headers of an officer who may attest and of one who may only read."""

    dsn: str
    layers: Path
    catalog: Catalog
    officer: Mapping[str, str]
    reader: Mapping[str, str]

    def edit(self, layer: str, rows: Sequence[Row]) -> None:
        """Features that are new, or take the place of those with the same identity."""
        with psycopg.connect(self.dsn, autocommit=True) as db:
            load(db, self.catalog, layer, rows, matched=True)


def rectangle(x: float, y: float, width: float, depth: float) -> shapely.Polygon:
    """Metres from the origin; the north red line of the street is y = 0."""
    return shapely.box(E0 + x, N0 + y, E0 + x + width, N0 + y + depth)


def geojson(shape: shapely.Geometry) -> dict[str, Any]:
    return dict(shapely.geometry.mapping(shape))


def question(of: UUID = GOOD, **changes: Any) -> dict[str, Any]:
    """A house of four storeys, 5 by 14.4 m, on the parcel `of`, with all that rules ask; None takes an input away."""
    x = (NEXT | GUARDED).get(of, 0.0)
    good = {
        "parcel": {"id": str(of)},
        "crs": "EPSG:9210",
        "footprint": geojson(rectangle(x, 0, 5, 14.4)),
        "work": "NEW",
        "use": "HOUSE",
        "storeys": "trệt + 3 lầu",
        "height_m": 15,
        "floor_areas": {"main": 288, "basement": 0},
        "cap_cong_trinh": "III",
        "facts": FACTS,
        "datetime": DAY,
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


FACTS: dict[str, Any] = {
    "house_form": "townhouse",
    "area_kind": "existing",
    "centre_district": True,
    "commercial_axis": False,
    "height_front_m": 15,
    "ground_floor_height_m": 4,
    "rear_setback_m": 2,
    "balcony_m": 0.9,
    "balcony_clear_m": 3.6,
    "sidewalk_m": 3,
}


def make_checks(server: ServerInfo, folder: Path, name: str = "checks") -> Checks:
    layers = folder / "layers"
    shutil.copytree(LAYERS, layers)
    catalog = read_catalog(layers, "hcmc")
    dsn = server.create_database(name)
    prepare(dsn, catalog)
    with psycopg.connect(dsn, autocommit=True) as db:
        for layer, rows in (("wards", _wards()), ("plans", [_plan()]), ("zones", _zones()), ("road_lines", _roads())):
            load(db, catalog, layer, rows)
        load(db, catalog, "parcels", _parcels())
        for layer, rows in _guarded().items():
            load(db, catalog, layer, rows)
        ground = transform_geometries(np.array([whole(rectangle(-2000, -2000, 4000, 4000))], dtype=object), 9210, 4326)
        for layer in catalog.layers.values():
            declare(db, layer, [Declaration(ground[0], "complete", date(2026, 1, 1), layer.owner)])
        access.add_agency(db, "so-xd", "Sở Xây dựng", "test")
        access.set_layers(db, catalog, "so-xd", ("permits", "parcels"), (), "test")
        until = datetime.now(UTC) + timedelta(days=1)
        keys = [
            access.issue_key(db, catalog, access.Grant(role, "so-xd", until), "test", "test")
            for role in (Role.EDITOR, Role.VIEWER)
        ]
    return Checks(dsn, layers, catalog, *({"X-Api-Key": key} for key in keys))


def _id(number: int) -> UUID:
    return UUID(int=(0x61 << 120) | number)


def whole(*parts: shapely.Polygon) -> shapely.MultiPolygon:
    return shapely.MultiPolygon(list(parts))


def _wards() -> list[Row]:
    everywhere = whole(rectangle(-2000, -2000, 4000, 4000))
    before = {"code": "26740", "name": "Bến Nghé", "full_name": "Phường Bến Nghé, Quận 1", "valid_to": REFORM}
    today = {"code": "26740", "name": "Sài Gòn", "full_name": "Phường Sài Gòn", "valid_from": REFORM}
    return [(_id(1), everywhere, before), (_id(2), everywhere, today)]


def _plan() -> Row:
    told = {"code": "QP1", "name": "Phân khu 1", "kind": "QPK", "status": "APPROVED", "decided_on": date(2020, 5, 1)}
    return _id(11), whole(rectangle(-2000, -2000, 4000, 4000)), told


ZONE: dict[str, Any] = {
    "plan": "QP1",
    "function": "DAT_O_Nhomnhao",
    "coverage_max": 95.0,
    "far_max": 5.0,
    "storeys_max": 6,
    "height_max": 22.0,
}


def _zones() -> list[Row]:
    """One zone for all but the lot of three zones and that with a sliver of another one."""
    three, sliver = NEXT[THREE], NEXT[SLIVER]
    green = {
        "function": "DAT_HTXH_Cayxanhcc",
        "coverage_max": 5.0,
        "far_max": 0.05,
        "storeys_max": 1,
        "height_max": 6.0,
    }
    cut = [rectangle(three, 5, 5, 6), rectangle(three, 11, 5, 10), rectangle(sliver, 15.97, 5, 0.03)]
    rest = shapely.difference(rectangle(-2000, -500, 4000, 1000), shapely.union_all(cut))
    return [
        zone(21, rest, code="I-1"),
        zone(22, cut[0], code="I-2", coverage_max=90.0),
        zone(23, cut[1], **green, code="CX-1"),
        zone(24, cut[2], **green, code="CX-2"),
    ]


def zone(number: int, shape: shapely.Polygon, **changes: Any) -> Row:
    return _id(number), whole(shape), ZONE | changes


def _roads() -> list[Row]:
    def line(number: int, *points: tuple[float, float], **told: Any) -> Row:
        shape = shapely.MultiLineString([[(E0 + x, N0 + y) for x, y in points]])
        return _id(number), shape, {"kind": "CENTRELINE", **told}

    side = NEXT[CORNER] + 5.0
    return [
        line(31, (-500, -6), (900, -6), name="Đường A", code="A", right_of_way=12.0),
        line(32, (side + 4, 0), (side + 4, 200), name="Hẻm B", code="B", right_of_way=8.0),
        # the back of the lot that is cut: a planned road takes its last two metres
        line(33, (NEXT[CUT] - 20, 20), (NEXT[CUT] + 25, 20), name="Đường C", code="C", right_of_way=12.0),
    ]


def told(number: str, **more: Any) -> dict[str, Any]:
    """The fields of a parcel."""
    return {
        "commune": "26740",
        "commune_old": "26740",
        "document_series": "BDDC",
        "sheet": "12",
        "parcel": number,
        "land_use": "ODT",
        "valid_from": SINCE,
        **more,
    }


def _parcels() -> list[Row]:
    def lot(parcel: UUID, number: str, *shapes: shapely.Polygon, **more: Any) -> Row:
        outline = shapes or (rectangle(NEXT[parcel], 0, 5, 16),)
        return parcel, whole(*outline), told(number, **more)

    holed = rectangle(NEXT[HOLED], 0, 10, 20).difference(rectangle(NEXT[HOLED] + 6, 12, 3, 3))
    parts = rectangle(NEXT[PARTS], 0, 5, 16), rectangle(NEXT[PARTS] + 8, 0, 5, 16)
    split = datetime(2023, 12, 31, 17, tzinfo=UTC)
    return [
        lot(GOOD, "1"),
        lot(CUT, "2"),
        lot(THREE, "3", rectangle(NEXT[THREE], 0, 5, 21)),
        lot(HOLED, "4", holed),
        lot(PARTS, "5", *parts),
        lot(SLIVER, "6"),
        lot(CORNER, "7"),
        lot(LEGAL, "8", legal_area=90.0),
        lot(BIG, "9", rectangle(NEXT[BIG], 0, 15, 30)),
        lot(OUT, "10", rectangle(0, 3000, 5, 16)),
        lot(PARENT, "11", rectangle(-60, 0, 10, 16), valid_to=split),
        lot(CHILD, "12", rectangle(-60, 0, 5, 16), valid_from=split),
        lot(EDITED, "13", rectangle(-120, 0, 5, 16)),
        *(lot(parcel, str(number), rectangle(x, 0, 5, 16)) for number, (parcel, x) in enumerate(GUARDED.items(), 14)),
    ]


def _guarded() -> dict[str, list[Row]]:
    """Zone I from 10 m into a lot, zone II over all of it; a corridor from 12 m on; a lot that floods."""
    temple, bank, low = (GUARDED[parcel] for parcel in (TEMPLE, BANK, LOW))
    core, around = rectangle(temple - 5, 10, 15, 20), rectangle(temple - 20, -5, 45, 50)
    site = {"code": "DT-1", "name": "Đình A", "rank": "CITY"}
    return {
        "heritage": [
            (_id(41), whole(core), {**site, "zone": "I"}),
            (_id(42), shapely.MultiPolygon([around.difference(core)]), {**site, "zone": "II"}),
        ],
        "corridors": [
            (_id(43), whole(rectangle(bank - 5, 12, 15, 20)), {"code": "HL-1", "kind": "CANAL", "width": 20.0})
        ],
        "flood": [(_id(44), whole(rectangle(low - 5, -5, 15, 30)), {"code": "N-1", "depth": "30_50"})],
    }

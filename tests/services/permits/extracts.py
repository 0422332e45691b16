"""A street of a few parcels that extracts are made of, in a database of its own."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
import pyarrow as pa
import pytest
import shapely

from gis.crs.transform import transform_geometries
from gis.model.actor import Role
from gis.model.change import Provenance
from gis.model.layer import Catalog
from gis.store import access, lineage
from gis.store.coverage import Declaration, declare
from gis.store.match import match
from gis.store.publish import publish
from gis.store.stage import Records, stage
from services.site import DIST

E0, N0 = 603_700.0, 1_191_800.0
SINCE = datetime(2019, 12, 31, 17, tzinfo=UTC)
SPLIT_AT = datetime(2023, 12, 31, 17, tzinfo=UTC)
HOLDER, ADDRESS = "Nguyễn Văn Mật", "12 Đường Bí Mật"
PLAIN, HOLED, ARMY, CHILD, PARENT, FAR = (UUID(int=(0x40 << 120) | number) for number in range(1, 7))


@dataclass(frozen=True, slots=True)
class Street:
    """The database, and the headers of an officer of the agency that owns parcels."""

    dsn: str
    catalog: Catalog
    officer: Mapping[str, str]

    def load(self, layer: str, rows: Sequence[tuple[UUID, Any, dict[str, Any]]]) -> int:
        """Publishes features: id, outline from the origin of the street, fields; the number of the changeset."""
        with psycopg.connect(self.dsn, autocommit=True) as db:
            return load(db, self.catalog, layer, rows)


def box(west: float, south: float, east: float, north: float) -> shapely.MultiPolygon:
    return shapely.MultiPolygon([shapely.box(E0 + west, N0 + south, E0 + east, N0 + north)])


def street(make_database: Callable[..., str], catalog: Catalog) -> Street:
    """Parcels along a road of 16 m: a plain one in two zones, one in two parts with a hole, one of the army, one that was
    split off, and one where nothing is known."""
    dsn = make_database()
    with psycopg.connect(dsn, autocommit=True) as db:
        load(
            db,
            catalog,
            "wards",
            [(_id(1), box(-500, -500, 500, 500), {"code": "26740", "name": "Sài Gòn", "full_name": "Phường Sài Gòn"})],
        )
        load(db, catalog, "plans", _plans())
        load(db, catalog, "zones", _zones())
        load(db, catalog, "road_lines", _roads())
        load(db, catalog, "parcels", _parcels(), [lineage.Descent(PARENT, CHILD, "split", SPLIT_AT)])
        load(
            db, catalog, "buildings", [(_id(50), box(2, 8, 8, 18), {"use": "HOUSE", "storeys": 3, "address": ADDRESS})]
        )
        load(db, catalog, "permits", _permits())
        _cover(db, catalog)
        access.add_agency(db, "so-dat", "Sở Đất", "test")
        access.set_layers(db, catalog, "so-dat", ("parcels",), ("permits", "plans"), "test")
        until = datetime.now(UTC) + timedelta(days=1)
        key = access.issue_key(db, catalog, access.Grant(Role.VIEWER, "so-dat", until), "test", "test")
    return Street(dsn, catalog, {"X-Api-Key": key})


def _id(number: int) -> UUID:
    return UUID(int=(0x50 << 120) | number)


def load(
    db: psycopg.Connection,
    catalog: Catalog,
    name: str,
    rows: Sequence[tuple[UUID, Any, dict[str, Any]]],
    descents: Sequence[lineage.Descent] = (),
    *,
    matched: bool = False,
) -> int:
    """Publishes the rows; `matched`: those that are there already take the place of what was."""
    layer = catalog.layers[name]
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [shape for _, shape, _ in rows]
    stamp = pa.timestamp("us", tz="UTC")
    columns = {
        "id": pa.array([one.bytes for one, _, _ in rows], pa.binary()),
        "valid_from": pa.array([values.get("valid_from", SINCE) for _, _, values in rows], stamp),
        "valid_to": pa.array([values.get("valid_to") for _, _, values in rows], stamp),
    }
    for field in sorted({field for _, _, values in rows for field in values} - {"valid_from", "valid_to"}):
        columns[field] = pa.array([values.get(field) for _, _, values in rows])
    number = stage(db, layer, Provenance("test", f"Nạp {name}"), [Records(shapes, columns)])
    if descents:
        lineage.stage(db, number, descents)
    if matched:
        match(db, number, layer)
    published = publish(db, number, layer)
    assert published is not None
    return published


def _plans() -> list[tuple[UUID, Any, dict[str, Any]]]:
    told = {"decision": "6790/QĐ-UBND", "decided_on": date(2012, 12, 31), "authority": "UBND Thành phố"}
    return [
        (_id(11), box(-200, -200, 200, 200), {"code": "QP1", "name": "Phân khu 1", "kind": "QPK", "status": "APPROVED", **told}),
        (_id(12), box(0, 0, 5, 20), {"code": "QP2", "name": "Phân khu mới", "kind": "QPK", "status": "CONSULTING"}),
        (_id(13), box(0, 0, 10, 20), {"code": "QP3", "name": "Bản nháp kín", "kind": "QPK", "status": "DRAFT"}),
    ]  # fmt: skip


def _zones() -> list[tuple[UUID, Any, dict[str, Any]]]:
    return [
        (
            _id(21),
            box(-200, -200, 6, 200),
            {"plan": "QP1", "code": "O-1", "function": "DAT_O_Nhomnhao", "far_max": 3.5},
        ),
        (_id(22), box(6, -200, 200, 200), {"plan": "QP1", "code": "CX-1", "function": "DAT_HTXH_Cayxanhcc"}),
        (_id(23), box(9.97, -200, 10.2, 200), {"plan": "QP1", "code": "SLIVER", "function": "DAT_Dichvu"}),
    ]


def _roads() -> list[tuple[UUID, Any, dict[str, Any]]]:
    middle = shapely.MultiLineString([[(E0 - 300, N0 - 4), (E0 + 300, N0 - 4)]])
    return [(_id(31), middle, {"kind": "CENTRELINE", "name": "Lê Lợi", "right_of_way": 16.0})]


def _parcels() -> list[tuple[UUID, Any, dict[str, Any]]]:
    def told(number: str, **more: Any) -> dict[str, Any]:
        known = {"commune": "26740", "commune_old": "26734", "document_series": "BDDC", "sheet": "12", "parcel": number}
        return {**known, "land_use": "ODT", "measured_area": 200.5, "legal_area": 199.9, "address": ADDRESS, "holder_name": HOLDER, **more}  # fmt: skip

    holed = shapely.MultiPolygon(
        [
            shapely.Polygon(
                shapely.box(E0 + 20, N0 + 10, E0 + 40, N0 + 30).exterior,
                [shapely.box(E0 + 25, N0 + 15, E0 + 30, N0 + 20).exterior],
            ),
            shapely.box(E0 + 50, N0 + 10, E0 + 55, N0 + 20),
        ]
    )
    return [
        (PLAIN, box(0, 0, 10, 20), told("1")),
        (HOLED, holed, told("2")),
        (ARMY, box(-20, 10, -10, 30), told("3", land_use="CQP")),
        (CHILD, box(-40, 10, -30, 20), told("4", valid_from=SPLIT_AT)),
        (PARENT, box(-40, 10, -30, 30), told("5", valid_to=SPLIT_AT)),
        (FAR, box(3000, 0, 3010, 20), told("6")),
    ]


def _permits() -> list[tuple[UUID, Any, dict[str, Any]]]:
    return [
        (_id(41), box(1, 5, 9, 19), {"number": "77/GPXD", "office": "26740", "status": "ISSUED", "permit_type": "MOI"}),
        (_id(42), box(1, 5, 9, 19), {"number": "88/GPXD", "office": "26740", "status": "DRAFT", "permit_type": "MOI"}),
    ]


def _cover(db: psycopg.Connection, catalog: Catalog) -> None:
    ground = transform_geometries(np.array([box(-500, -500, 500, 500)], dtype=object), 9210, 4326)[0]
    for layer in catalog.layers.values():
        level = "partial" if layer.id == "housing_projects" else "complete"
        declare(db, layer, [Declaration(ground, level, date(2026, 1, 1), layer.owner)])


built = pytest.mark.skipif(not (DIST / "index.html").exists(), reason="needs the fonts of the built web page")


def pages(pdf: bytes) -> int:
    """The pages of a PDF, whose objects lie in compressed streams."""
    streams = re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL)
    opened = b"".join(zlib.decompressobj().decompress(s) for s in streams if s[:1] == b"\x78")
    return len(re.findall(rb"/Type /Page\b", opened + pdf))

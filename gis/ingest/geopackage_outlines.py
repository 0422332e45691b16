"""Polygons of a GeoPackage that anybody may have sent, read with SQLite alone: plain tables, bounded, nothing is run."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

import shapely
from shapely.geometry.base import BaseGeometry

from gis.errors import InvalidParameter, TooLarge
from gis.ingest.geometry_bytes import is_polygonal

_STEPS = 2_000
"""So many times a thousand steps of the SQLite machine are enough for any table of outlines."""

_ENVELOPES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}
"""Bytes of the envelope in the header of a geometry, by its code."""

_HEADER = 8


def geopackage_outlines(
    content: bytes, layers: Sequence[str], name: str, most: int
) -> tuple[list[BaseGeometry], int | None]:
    """The polygons of the tables `layers` (the only one of features, if none is named) and their EPSG code, None where
    the file says none. InvalidParameter, TooLarge; `name` is the input, for messages."""
    with _opened(content, name) as file:
        known = _tables(file)
        wanted = list(layers) or list(known)
        if len(wanted) != 1 and not layers:
            raise wrong(
                name, f"say in 'layers' which of {_listed(known)}", f"hãy ghi ở 'layers' một trong {_listed(known)}"
            )
        missing = [table for table in wanted if table not in known]
        if missing:
            raise wrong(
                name,
                f"no features in '{missing[0][:60]}'; tables: {_listed(known)}",
                f"không có đối tượng trong '{missing[0][:60]}'; các bảng: {_listed(known)}",
            )
        codes = {known[table][1] for table in wanted}
        if len(codes) > 1:
            raise wrong(name, "its tables are in different CRSs", "các bảng ở những hệ toạ độ khác nhau")
        found = [shape for table in wanted for shape in _shapes(file, table, known[table][0], most)]
        if len(found) > most:
            raise TooLarge(
                f"{name}: at most {most} outlines are taken.", f"{name}: nhận nhiều nhất {most} đường bao.", where=name
            )
        outlines = [_polygon(blob, name) for blob in found]
        if not outlines:
            raise wrong(name, "the table has no geometry", "bảng không có hình")
        return outlines, codes.pop()


@contextmanager
def _opened(content: bytes, name: str) -> Iterator[sqlite3.Connection]:
    if content[:16] != b"SQLite format 3\0":
        raise wrong(name, "the file is no GeoPackage", "tệp không phải GeoPackage")
    steps = 0

    def stop() -> int:
        nonlocal steps
        steps += 1
        return int(steps > _STEPS)

    with closing(sqlite3.connect(":memory:")) as file:
        file.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 4 * len(content) + 1_000_000)
        file.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        file.set_progress_handler(stop, 1_000)
        try:
            # Write-ahead logging cannot be read from memory: bytes 18 and 19 say that the file uses it.
            file.deserialize(content[:18] + b"\x01\x01" + content[20:])
            file.execute("PRAGMA trusted_schema = OFF")
            file.execute("PRAGMA query_only = ON")
            yield file
        except (sqlite3.Error, ValueError, OverflowError) as error:
            raise wrong(name, "the GeoPackage cannot be read", "không đọc được GeoPackage") from error


def _tables(file: sqlite3.Connection) -> dict[str, tuple[str, int | None]]:
    """Tables of features with the column of their geometry and their EPSG code. Views and virtual tables are left out:
    reading those runs what somebody else wrote."""
    rows = file.execute(
        """SELECT g.table_name, g.column_name, s.organization, s.organization_coordsys_id
           FROM gpkg_geometry_columns g
           JOIN sqlite_master m ON m.name = g.table_name AND m.type = 'table' AND m.sql LIKE 'CREATE TABLE%'
           LEFT JOIN gpkg_spatial_ref_sys s ON s.srs_id = g.srs_id
           WHERE m.sql NOT LIKE '%GENERATED%' ORDER BY g.table_name LIMIT 200"""
    ).fetchall()
    return {
        str(table): (str(column), int(code) if str(organization).upper() == "EPSG" else None)
        for table, column, organization, code in rows
    }


def _shapes(file: sqlite3.Connection, table: str, column: str, most: int) -> list[bytes]:
    quoted = [part.replace('"', '""') for part in (column, table)]
    rows = file.execute(f'SELECT "{quoted[0]}" FROM "{quoted[1]}" WHERE "{quoted[0]}" IS NOT NULL LIMIT {most + 1}')
    return [row[0] for row in rows]


def _polygon(blob: object, name: str) -> BaseGeometry:
    """A geometry of GeoPackage: its header, then WKB with x first."""
    shape = None
    if isinstance(blob, bytes) and len(blob) > _HEADER and blob[:2] == b"GP":
        envelope = _ENVELOPES.get((blob[3] >> 1) & 0b111, 0)
        if not is_polygonal(blob[_HEADER + envelope :]):
            raise wrong(
                name,
                "outlines have to be polygons or multipolygons, whole and in well-known binary",
                "đường bao phải là hình vùng (polygon, multipolygon), còn nguyên vẹn",
            )
        try:
            shape = shapely.force_2d(shapely.from_wkb(blob[_HEADER + envelope :]))
        except shapely.GEOSException as error:
            raise wrong(name, "a geometry cannot be read", "có hình không đọc được") from error
    if shape is None or shape.is_empty or shape.geom_type not in ("Polygon", "MultiPolygon"):
        raise wrong(name, "outlines have to be polygons", "đường bao phải là hình vùng (polygon)")
    return shape


def _listed(known: dict[str, tuple[str, int | None]]) -> str:
    return ", ".join(f"'{table[:60]}'" for table in list(known)[:20]) or "—"


def wrong(name: str, en: str, vi: str) -> InvalidParameter:
    """The mistake of the input `name`."""
    return InvalidParameter(f"{name}: {en}.", f"{name}: {vi}.", where=name)

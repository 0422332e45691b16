"""Formats that GDAL reads, each by the driver that was chosen for it, as Arrow batches with WKB."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from gis.errors import IngestError, Undecided
from gis.ingest.opened import Opened

LATIN1 = "ISO-8859-1"
_BATCH = 65_536
_JSON = {"GeoJSON", "GeoJSONSeq"}

pyogrio.set_gdal_config_options(
    {
        "SHAPE_RESTORE_SHX": "NO",
        "OGR_GEOMETRY_ACCEPT_UNCLOSED_RING": "NO",
        "OGR_SQLITE_LOAD_EXTENSIONS": None,
        "GDAL_HTTP_MAX_RETRY": "0",
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    }
)


def open_gdal(path: Path, driver: str, layer: str | None) -> Opened:
    """A GeoPackage or FlatGeobuf. IngestError where it cannot be read, Undecided where it has several layers."""
    chosen = _layer(path, layer)
    return _open(path, str(path.resolve()), driver, layer=chosen)


def open_json(path: Path, *, lines: bool) -> Opened:
    """GeoJSON, or with `lines` one feature a line. The driver is forced by a prefix, so that no other looks at it."""
    driver = "GeoJSONSeq" if lines else "GeoJSON"
    opened = _open(path, f"{driver}:{path.resolve()}", driver)
    return opened if not lines else _with_lines_counted(path, opened)


def open_shapefile(path: Path, encoding: str | None) -> Opened:
    """A Shapefile with its companions. Without .cpg the bytes are taken as Latin-1, to be understood later."""
    index, table, declared = (_companion(path, ending) for ending in (".shx", ".dbf", ".cpg"))
    missing = [name for name, file in ((".shx", index), (".dbf", table)) if file is None]
    if missing or table is None:
        raise IngestError(
            f"{path.name} cannot be read without {' and '.join(missing)}: a Shapefile is .shp, .shx and .dbf together. "
            "Ask for all of its files, or for a GeoPackage.",
            f"Không đọc được {path.name} khi thiếu {' và '.join(missing)}: Shapefile gồm .shp, .shx và .dbf. Hãy xin đủ các tệp, hoặc xin GeoPackage.",
        )
    _whole_shapefile(path, table)
    given = encoding
    if given is None and declared is not None:
        given = declared.read_text("ascii", "replace").strip()[:40] or None
    raw = given is None or given.lower() in ("tcvn3", "vni")
    opened = _open(path, str(path.resolve()), "ESRI Shapefile", encoding=LATIN1 if raw else given)
    return Opened(
        opened.batches, opened.columns, opened.crs, None if raw else given, opened.geometry, opened.count, True
    )


def _open(path: Path, name: str, driver: str, layer: str | None = None, encoding: str | None = None) -> Opened:
    with _readable(path):
        info = pyogrio.read_info(name, layer=layer, encoding=encoding, force_feature_count=True)
    if info["driver"] != driver:
        raise IngestError(
            f"{path.name} is {info['driver']}, which is not read under this extension.",
            f"{path.name} thực ra là {info['driver']}, không đọc được với phần mở rộng này.",
        )
    if info["geometry_type"] is None:
        raise IngestError(
            f"{path.name} has no geometry column; give a layer that has one, or CSV with coordinates.",
            f"{path.name} không có cột hình học; hãy chọn lớp có hình học, hoặc CSV có toạ độ.",
        )

    def batches() -> Iterator[pa.RecordBatch]:
        with _readable(path):
            opened = pyogrio.raw.open_arrow(
                name, layer=layer, encoding=encoding, batch_size=_BATCH, use_pyarrow=True, datetime_as_string=True
            )
            with opened as (_, reader):
                yield from reader

    geometry = info["geometry_name"] or "wkb_geometry"
    count = int(info["features"])
    return Opened(
        batches, tuple(info["fields"]), info["crs"], info["encoding"], geometry, count if count >= 0 else None
    )


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Within it GDAL's failures are IngestErrors that name the file."""
    try:
        yield
    except (DataSourceError, DataLayerError, pa.ArrowException, OSError, RuntimeError) as error:
        raise IngestError(
            f"{path.name} cannot be read: {' '.join(str(error).split())[:300]}. "
            "Is the file complete, and is it what its extension says?",
            f"Không đọc được {path.name}: {' '.join(str(error).split())[:300]}. Tệp có đủ không, và có đúng phần mở rộng không?",
        ) from error


def _layer(path: Path, wanted: str | None) -> str | None:
    with _readable(path):
        layers = pyogrio.list_layers(path.resolve())
    names = [str(name) for name, kind in layers if kind is not None]
    if wanted is not None:
        if wanted not in names:
            raise IngestError(
                f"{path.name} has no layer '{wanted}' with geometry; it has {', '.join(names) or 'none'}.",
                f"{path.name} không có lớp '{wanted}' với hình học; các lớp là {', '.join(names) or 'không có'}.",
            )
        return wanted
    if not names:
        raise IngestError(f"{path.name} has no layer with geometry.", f"{path.name} không có lớp nào có hình học.")
    if len(names) > 1:
        raise Undecided(
            f"{path.name} has {len(names)} layers: {', '.join(names)}. Say which with --source-layer, "
            f"for example --source-layer {names[0]}.",
            f"{path.name} có {len(names)} lớp: {', '.join(names)}. Hãy chọn bằng --source-layer, ví dụ --source-layer {names[0]}.",
        )
    return names[0]


def _companion(path: Path, ending: str) -> Path | None:
    wanted = (path.stem + ending).casefold()
    return next((f for f in path.parent.iterdir() if f.name.casefold() == wanted), None)


def _whole_shapefile(path: Path, table: Path) -> None:
    """Neither the shapes nor the table are cut off: the headers say how long they are."""
    with path.open("rb") as file:
        header = file.read(28)
    if len(header) < 28 or 2 * struct.unpack(">i", header[24:28])[0] > path.stat().st_size:
        raise IngestError(
            f"{path.name} is cut off: it is shorter than its header says. Copy it again.",
            f"{path.name} bị cụt: ngắn hơn phần đầu tệp đã ghi. Hãy sao chép lại.",
        )
    with table.open("rb") as file:
        head = file.read(12)
    if len(head) < 12:
        raise IngestError(f"{table.name} is cut off. Copy it again.", f"{table.name} bị cụt. Hãy sao chép lại.")
    records, header_size, record_size = struct.unpack("<IHH", head[4:12])
    if header_size + records * record_size > table.stat().st_size:
        raise IngestError(
            f"{table.name} is cut off: it is shorter than its header says. Copy it again.",
            f"{table.name} bị cụt: ngắn hơn phần đầu tệp đã ghi. Hãy sao chép lại.",
        )


def _with_lines_counted(path: Path, opened: Opened) -> Opened:
    """GDAL leaves out lines that it cannot read; counted here, they are missed."""
    with path.open("rb") as file:
        lines = sum(1 for line in file if line.strip(b" \t\r\n\x1e"))
    return Opened(opened.batches, opened.columns, opened.crs, opened.encoding, opened.geometry, lines)

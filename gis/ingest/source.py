"""Opening a source: the only module of `gis.ingest` that takes a file name.

Which library reads a file is decided here from its extension and its first bytes, by a fixed list; GDAL is never
left to guess, since some of its drivers follow links into other files and onto the network.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from gis.errors import IngestError
from gis.ingest import gdal_source, table_source
from gis.ingest.archive import unpack
from gis.ingest.opened import Opened

FORMATS = {
    ".gpkg": "GeoPackage",
    ".shp": "Shapefile",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".geojsonl": "GeoJSONSeq",
    ".geojsons": "GeoJSONSeq",
    ".ndjson": "GeoJSONSeq",
    ".jsonl": "GeoJSONSeq",
    ".fgb": "FlatGeobuf",
    ".parquet": "GeoParquet",
    ".geoparquet": "GeoParquet",
    ".csv": "CSV",
    ".tsv": "CSV",
}
_ZIP = ".zip"
_READ = 65_536


@dataclass(frozen=True, slots=True)
class Source:
    """An opened source. `digest` is the SHA-256 of its bytes; `batches` are read once, in file order."""

    path: Path
    format: str
    digest: str
    opened: Opened

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.path.name

    @property
    def batches(self) -> Callable[[], Iterator[pa.RecordBatch]]:
        """Opens the stream of record batches."""
        return self.opened.batches


@contextmanager
def open_source(path: Path, layer: str | None = None, encoding: str | None = None) -> Iterator[Source]:
    """Open a file or a zip archive that holds one data set; what is unpacked is removed at the end.

    `layer` names the layer within a GeoPackage, `encoding` the bytes of a Shapefile or CSV. Raises IngestError where
    the file cannot be read, and Undecided where it holds several layers.
    """
    if not path.is_file():
        raise IngestError(f"There is no file {path}.", f"Không có tệp {path}.")
    if path.suffix.lower() != _ZIP:
        yield _open(path, path, layer, encoding)
        return
    expect_magic(path, _ZIP)
    with tempfile.TemporaryDirectory(prefix="landmap-") as place:
        inner = _data_set(path, unpack(path, Path(place)))
        yield _open(path, inner, layer, encoding)


def _open(path: Path, data: Path, layer: str | None, encoding: str | None) -> Source:
    extension = data.suffix.lower()
    format_ = FORMATS.get(extension)
    if format_ is None:
        raise IngestError(
            f"{data.name}: files of this kind are not read. Known are {', '.join(FORMATS)} and {_ZIP}.",
            f"{data.name}: không đọc được loại tệp này. Các loại đọc được: {', '.join(FORMATS)} và {_ZIP}.",
        )
    expect_magic(data, extension)
    match format_:
        case "GeoParquet":
            opened = table_source.open_parquet(data)
        case "CSV":
            opened = table_source.open_csv(data, encoding)
        case "GeoJSON":
            opened = gdal_source.open_json(data, lines=_is_lines(data))
        case "GeoJSONSeq":
            opened = gdal_source.open_json(data, lines=True)
        case "Shapefile":
            opened = gdal_source.open_shapefile(data, encoding)
        case "FlatGeobuf":
            opened = gdal_source.open_gdal(data, "FlatGeobuf", None)
        case _:
            opened = gdal_source.open_gdal(data, "GPKG", layer)
    return Source(path, format_, _digest(path), opened)


def _data_set(archive: Path, files: list[Path]) -> Path:
    found = [file for file in files if file.suffix.lower() in FORMATS]
    if len(found) == 1:
        return found[0]
    if not found:
        raise IngestError(
            f"{archive.name} holds no data set that can be read: {_names(files)}.",
            f"{archive.name} không chứa bộ dữ liệu nào đọc được: {_names(files)}.",
        )
    raise IngestError(
        f"{archive.name} holds several data sets ({_names(found)}); zip one at a time.",
        f"{archive.name} chứa nhiều bộ dữ liệu ({_names(found)}); hãy nén từng bộ một.",
    )


def _names(files: list[Path]) -> str:
    return ", ".join(sorted(file.name for file in files)[:10]) or "nothing"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def expect_magic(path: Path, extension: str) -> None:
    """The first bytes are those of the format that the extension promises; IngestError otherwise."""
    with path.open("rb") as file:
        head = file.read(_READ)
        file.seek(max(0, path.stat().st_size - 8))
        tail = file.read(8)
    if not head:
        raise IngestError(f"{path.name} is empty.", f"{path.name} rỗng.")
    if not _fits(extension, head):
        raise IngestError(
            f"{path.name} is not what its extension says: it begins like {_looks_like(head)}. "
            "Export it again in the format of its name.",
            f"{path.name} không đúng phần mở rộng: nội dung giống {_looks_like(head)}. Hãy xuất lại đúng định dạng.",
        )
    if extension in (".parquet", ".geoparquet") and not tail.endswith(b"PAR1"):
        raise IngestError(
            f"{path.name} is cut off: its end is missing. Copy it again.",
            f"{path.name} bị cụt: thiếu phần cuối. Hãy sao chép lại.",
        )


def _fits(extension: str, head: bytes) -> bool:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n\x1e")
    match FORMATS.get(extension, extension):
        case "GeoPackage":
            return head.startswith(b"SQLite format 3\0")
        case "Shapefile":
            return head.startswith(b"\x00\x00\x27\x0a")
        case "FlatGeobuf":
            return head[:3] == b"fgb" and head[4:7] == b"fgb"
        case "GeoParquet":
            return head.startswith(b"PAR1")
        case "GeoJSON" | "GeoJSONSeq":
            return text.startswith(b"{") and b"gdal_streamed_alg" not in head
        case "CSV":
            utf16 = head.startswith((b"\xff\xfe", b"\xfe\xff"))
            return utf16 or (b"\0" not in head and not text.startswith((b"<", b"{", b"PK\x03\x04")))
        case _:
            return head.startswith(b"PK\x03\x04")


def _looks_like(head: bytes) -> str:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    known = {
        b"<": "XML or HTML",
        b"SQLite": "SQLite",
        b"PK": "a zip archive or Excel file",
        b"{": "JSON",
        b"PAR1": "Parquet",
    }
    return next((name for start, name in known.items() if text.startswith(start)), "something else")


def _is_lines(path: Path) -> bool:
    """The first line alone is a whole JSON feature: one feature a line, whatever the extension."""
    with path.open("rb") as file:
        first, more = file.readline(1 << 20), file.read(1)
    if not more or not first.rstrip().endswith(b"}"):
        return False
    try:
        document = json.loads(first.decode("utf-8-sig").lstrip("\x1e"))
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and document.get("type") == "Feature"

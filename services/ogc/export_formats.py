"""The formats that a whole selection can be had in: what each is called, and what turns its rows into bytes."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from gis.crs.registry import crs
from gis.errors import InvalidParameter
from gis.formats.delimited import Csv, ExcelCsv
from gis.formats.geoparquet import GeoParquet
from gis.formats.gml import Gml
from gis.formats.spool import Spool
from gis.formats.workbook import Workbook
from gis.model.layer import GeometryType, Layer
from gis.model.query import CRS84
from gis.store.export import Line, Selection, Shape, arrow_schema, batches, lines
from gis.store.pools import Snapshot
from services.ogc.ask import Ask
from services.ogc.feature_answers import collection_head
from services.ogc.negotiation import (
    CSV,
    FLATGEOBUF,
    GEOJSON,
    GEOPACKAGE,
    GEOPARQUET,
    GEOSEQ,
    GML,
    JSONFG,
    XLSX,
    Offer,
)
from services.ogc.selecting import SELECTING

PROFILE = "http://www.opengis.net/def/profile/OGC/0/"
_JSONFG_CLASSES = [f"http://www.opengis.net/spec/json-fg-1/1.0/conf/{name}" for name in ("core", "types-schemas")]
_DIMENSIONS = {GeometryType.POINT: 0, GeometryType.MULTILINESTRING: 1, GeometryType.MULTIPOLYGON: 2}
_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class Export:
    """One download: the selection in `source`, and the request and data version that it answers."""

    asked: Ask
    selection: Selection
    source: Snapshot
    changeset: int
    following: str | None


class Writer(Protocol):
    """Turns batches into a format from front to back."""

    def open(self) -> bytes:
        """What stands before the first row."""

    def write(self, batch: pa.RecordBatch) -> bytes:
        """The rows of a batch; nothing yet where the format gathers more of them first."""

    def close(self) -> bytes:
        """What stands after the last row."""


@dataclass(frozen=True, slots=True)
class Format:
    """`offer` as it is negotiated, the ending of file names, and the bytes of an export. `profile` is its address."""

    offer: Offer
    ending: str
    chunks: Callable[[Export], AsyncGenerator[bytes]]
    profile: str | None = None


async def _texts(export: Export, line: Line, head: bytes, tail: bytes, skip: int) -> AsyncGenerator[bytes]:
    """Rows that the database has written as text; the first one without its `skip` leading bytes."""
    yield head
    async for text in lines(export.source, export.selection, line):
        yield text[skip:]
        skip = 0
    yield tail


def _sequence(export: Export) -> AsyncGenerator[bytes]:
    """RFC 8142: a record separator before each feature, a line feed behind it."""
    return _texts(export, Line.SEQUENCE, b"", b"", 0)


def _jsonfg(export: Export) -> AsyncGenerator[bytes]:
    """JSON-FG 1.0 (OGC 21-045r1): `geometry` in CRS84, `place` where another CRS was asked for."""
    asked, layer, code = export.asked, export.selection.layer, export.selection.query.crs
    links = [
        {"rel": "self", "type": GEOJSON.media_type, "href": asked.url},
        {"rel": "profile", "href": PROFILE + asked.offer.name.rsplit(";", 1)[-1]},
    ]
    if export.following is not None:
        links.append({"rel": "next", "type": GEOJSON.media_type, "href": export.following})
    members: dict[str, object] = {
        "conformsTo": _JSONFG_CLASSES,
        "featureType": layer.id,
        "featureSchema": _feature_schema(asked, layer),
        "dataVersion": export.changeset,
        "links": links,
    }
    if layer.geometry.type in _DIMENSIONS:
        members["geometryDimension"] = _DIMENSIONS[layer.geometry.type]
    if code != CRS84:
        members["coordRefSys"] = crs(code).uri
    return _texts(export, Line.JSONFG, collection_head(members) + b"\n", b"\n]}\n", 2)


def _feature_schema(asked: Ask, layer: Layer) -> str:
    """The schema that has the properties by the names of the request."""
    names = {name: asked.parameters[name] for name in ("names",) if name in asked.parameters}
    return asked.href(f"/collections/{layer.id}/schema", names)


async def _written(export: Export, shape: Shape, make: Callable[[Export, pa.Schema], Writer]) -> AsyncGenerator[bytes]:
    """Rows that a writer turns into bytes as they come, off the event loop."""
    writer = make(export, arrow_schema(export.selection, shape))
    yield writer.open()
    async for batch in batches(export.source, export.selection, shape):
        yield await asyncio.to_thread(writer.write, batch)
    yield await asyncio.to_thread(writer.close)


async def _spooled(export: Export, ending: str) -> AsyncGenerator[bytes]:
    """A file that is made whole first; nothing of it stays."""
    root, most = Path(tempfile.gettempdir()), export.asked.services.settings.export_megabytes << 20
    schema = arrow_schema(export.selection, Shape.WKB)
    with ExitStack() as stack:
        spool = Spool(ending, schema, root, most)
        stack.callback(spool.close)  # not awaited: where the client has left, nothing is
        async for batch in batches(export.source, export.selection, Shape.WKB):
            await asyncio.to_thread(spool.write, batch)
        file = stack.enter_context(await asyncio.to_thread(spool.finish))
        while data := await asyncio.to_thread(file.read, _CHUNK):
            yield data


def _csv(export: Export, schema: pa.Schema) -> Writer:
    return Csv(schema)


def _excel(export: Export, schema: pa.Schema) -> Writer:
    zone = export.asked.services.catalog.territory.time_zone
    return ExcelCsv(schema, zone, crs(export.selection.query.crs).geographic)


def _workbook(export: Export, schema: pa.Schema) -> Writer:
    zone = export.asked.services.catalog.territory.time_zone
    return Workbook(schema, zone, crs(export.selection.query.crs).geographic)


def _parquet(export: Export, schema: pa.Schema) -> Writer:
    return GeoParquet(schema)


def _gml(export: Export, schema: pa.Schema) -> Writer:
    namespace, location = gml_names(export.asked, export.selection.layer.id)
    return Gml(schema, namespace, location)


def gml_names(asked: Ask, layer: str) -> tuple[str, str]:
    """Namespace of a layer's application schema, and the address that it lies at: of these properties by these names."""
    selected = {name: asked.parameters[name] for name in SELECTING if name in asked.parameters}
    return asked.href(f"/collections/{layer}"), asked.href(f"/collections/{layer}/schema.xsd", selected)


_PLAIN = (
    Format(GEOSEQ, "geojsonl", _sequence),
    Format(JSONFG, "json", _jsonfg, PROFILE + "jsonfg"),
    Format(FLATGEOBUF, "fgb", partial(_spooled, ending="fgb")),
    Format(GEOPARQUET, "parquet", partial(_written, shape=Shape.WKB, make=_parquet)),
    Format(GEOPACKAGE, "gpkg", partial(_spooled, ending="gpkg")),
    Format(CSV, "csv", partial(_written, shape=Shape.WKT, make=_csv)),
    Format(XLSX, "xlsx", partial(_written, shape=Shape.POINT, make=_workbook)),
    Format(GML, "gml", partial(_written, shape=Shape.GML, make=_gml)),
)
_BY_NAME = {format_.offer.name: format_ for format_ in _PLAIN}
_PROFILES: dict[tuple[str, str], Format | None] = {
    ("json", "rfc7946"): None,
    **{
        (name, profile): Format(Offer(f"jsonfg;{profile}", JSONFG.media_type), "json", _jsonfg, PROFILE + profile)
        for name in ("json", "jsonfg")
        for profile in ("jsonfg", "jsonfg-plus")
    },
    ("csv", "excel-vi"): Format(
        Offer("csv;excel-vi", CSV.media_type), "csv", partial(_written, shape=Shape.POINT, make=_excel)
    ),
}
"""What `profile` makes of a format; None: the pages of GeoJSON."""

PROFILES = tuple(dict.fromkeys(profile for _, profile in _PROFILES))
OFFERS = tuple(format_.offer for format_ in _PLAIN)


def format_of(offer: Offer, profile: str | None) -> Format | None:
    """The download that `f` or Accept and `profile` name together, None where they name a page. InvalidParameter for a
    profile that the format does not have."""
    if profile is None:
        return _BY_NAME.get(offer.name)
    name = profile.rsplit("/", 1)[-1] if profile.lower().startswith(PROFILE.lower()) else profile
    if (offer.name, name) not in _PROFILES:
        known = ", ".join(f"f={of}&profile={each}" for of, each in _PROFILES)
        raise InvalidParameter(
            f"profile: '{profile[:60]}' does not go with f={offer.name}; there are: {known}.",
            f"profile: '{profile[:60]}' không dùng được với f={offer.name}; có thể chọn: {known}.",
            where="profile",
        )
    return _PROFILES[offer.name, name]

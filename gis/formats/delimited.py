"""CSV in UTF-8: plain for programs (RFC 4180), and as a Vietnamese Excel opens it with a double click."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from gis.formats.about import GEOMETRY, text_of
from gis.formats.cells import harmless, json_lists, moved, plain_lists, seconds, zulu

_BOM = b"\xef\xbb\xbf"


class Csv:
    """Numbers with a point, instants in UTC, lists as JSON, the geometry as WKT with x before y, last."""

    def __init__(self, schema: pa.Schema) -> None:
        self._header = _line([*(field.name for field in schema if field.name != GEOMETRY), "wkt"], ",")

    def open(self) -> bytes:
        """The header."""
        return self._header

    def write(self, batch: pa.RecordBatch) -> bytes:
        """The rows of one batch."""
        names, arrays = [], []
        for field, array in zip(batch.schema, batch.columns, strict=True):
            names.append(field.name)
            arrays.append(array if field.name == GEOMETRY else _plain(array))
        return _written(pa.RecordBatch.from_arrays(arrays, names=names), ",", "needed")

    def close(self) -> bytes:
        """Nothing follows the last row."""
        return b""


class ExcelCsv:
    """`;` between cells, decimal comma, dd/mm/yyyy, times of the territory, Vietnamese titles, a byte order mark.

    The place is a point on the feature as two columns, for cells hold no polygons.
    """

    def __init__(self, schema: pa.Schema, zone: str, geographic: bool) -> None:
        titles = [text_of(field, "title.vi") or field.name for field in schema if field.name != GEOMETRY]
        place = ["Kinh độ", "Vĩ độ"] if geographic else ["X (đông)", "Y (bắc)"]
        self._header = _BOM + _line([*titles, *place], ";")
        self._zone = zone

    def open(self) -> bytes:
        """Byte order mark and header."""
        return self._header

    def write(self, batch: pa.RecordBatch) -> bytes:
        """The rows of one batch."""
        arrays = [
            self._cell(array)
            for field, array in zip(batch.schema, batch.columns, strict=True)
            if field.name != GEOMETRY
        ]
        arrays += [_comma(number) for number in point_numbers(batch.column(GEOMETRY))]
        return _written(pa.RecordBatch.from_arrays(arrays, names=[str(i) for i in range(len(arrays))]), ";", "needed")

    def close(self) -> bytes:
        """Nothing follows the last row."""
        return b""

    def _cell(self, array: pa.Array) -> pa.Array:
        if pa.types.is_timestamp(array.type):
            return pc.strftime(seconds(moved(array, self._zone)), "%d/%m/%Y %H:%M:%S")
        if pa.types.is_date(array.type):
            return pc.strftime(array, "%d/%m/%Y")
        if pa.types.is_floating(array.type):
            return _comma(array.cast(pa.string()))
        if pa.types.is_boolean(array.type):
            return pc.if_else(array, pa.scalar("có"), pa.scalar("không"))
        if pa.types.is_list(array.type):
            return harmless(plain_lists(array))
        return harmless(array) if pa.types.is_string(array.type) else array


def point_numbers(points: pa.Array) -> list[pa.Array]:
    """x and y of points in WKT, as text; null where there is no place."""
    found = pc.extract_regex(points, r"^POINT\((?P<x>[^ ]+) (?P<y>[^ )]+)\)$")
    return [pc.struct_field(found, i) for i in (0, 1)]


def _plain(array: pa.Array) -> pa.Array:
    if pa.types.is_string(array.type):
        return harmless(array)
    if pa.types.is_list(array.type):
        return json_lists(array)
    return zulu(array) if pa.types.is_timestamp(array.type) else array


def _comma(numbers: pa.Array) -> pa.Array:
    return pc.replace_substring(numbers, ".", ",")


def _line(names: list[str], delimiter: str) -> bytes:
    quoted = ('"' + name.replace('"', '""') + '"' for name in names)
    return (delimiter.join(quoted) + "\r\n").encode()


def _written(batch: pa.RecordBatch, delimiter: str, quoting: str) -> bytes:
    sink = io.BytesIO()
    options = csv.WriteOptions(include_header=False, delimiter=delimiter, quoting_style=quoting, eol="\r\n")
    csv.write_csv(batch, sink, options)
    return sink.getvalue()

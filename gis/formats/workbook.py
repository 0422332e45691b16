"""XLSX as a stream: a sheet of features and a sheet that explains the columns, zipped on the way, nothing kept.

ECMA-376 Part 1 (SpreadsheetML). Texts are inline strings, which no program reads as formulas.
"""

from __future__ import annotations

import weakref
import zipfile
from datetime import date
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.compute as pc

from gis.errors import InvalidParameter
from gis.formats.about import GEOMETRY, about, text_of
from gis.formats.cells import joined, moved, plain_lists, seconds, whole
from gis.formats.delimited import point_numbers

MOST_ROWS = 1_048_575
"""Rows of a sheet under its header."""

_MOST_LETTERS = 32_767
_EXACT = 10**15  # Excel keeps fifteen digits
_DAY_0 = date(1899, 12, 30).toordinal() - date(1970, 1, 1).toordinal()
_FIRST_DAY = date(1900, 3, 1)  # before it Excel counts a day that never was
_DATE, _TIME = 1, 2  # styles
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_CONTROLS = [chr(code) for code in range(0x20) if chr(code) not in "\t\n"] + ["\ufffe", "\uffff"]


class _Tail:
    """A sink for zipfile that cannot go back, and hands over what was written since it was last asked."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        data, self._written = bytes(self._written), bytearray()
        return data


class Workbook:
    """Times as the clock of `zone` shows them; the place is a point on the feature, in the CRS that was asked for."""

    def __init__(self, schema: pa.Schema, zone: str, geographic: bool) -> None:
        self._schema = schema
        self._zone = zone
        self._place = ("lon", "lat") if geographic else ("x", "y")
        self._rows = 0
        self._tail = _Tail()
        self._zip = zipfile.ZipFile(self._tail, "w", zipfile.ZIP_DEFLATED, compresslevel=3)  # type: ignore[call-overload]
        self._sheet = self._zip.open("xl/worksheets/sheet1.xml", "w")
        weakref.finalize(
            self, self._sheet.close
        ).atexit = False  # a workbook given up half-way: zipfile minds open parts

    def open(self) -> bytes:
        """The sheet up to its header, which stays in sight."""
        names = [field.name for field in self._schema if field.name != GEOMETRY]
        freeze = '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        head = f'{_HEAD}<worksheet xmlns="{_MAIN}">{freeze}<sheetData>{_row([*names, *self._place])}'
        self._sheet.write(head.encode())
        return self._tail.taken()

    def write(self, batch: pa.RecordBatch) -> bytes:
        """The rows of one batch. InvalidParameter where they do not fit into the sheet."""
        self._rows += batch.num_rows
        if self._rows > MOST_ROWS:
            raise InvalidParameter(
                f"A sheet holds {MOST_ROWS} rows; ask for a smaller selection, or for CSV, GeoPackage or GeoParquet.",
                f"Một trang tính chứa tối đa {MOST_ROWS} dòng; hãy thu hẹp phạm vi, hoặc chọn CSV, GeoPackage, GeoParquet.",
                where="f",
            )
        cells = [
            self._cell(array) for name, array in zip(batch.schema.names, batch.columns, strict=True) if name != GEOMETRY
        ]
        cells += [_number(number) for number in point_numbers(batch.column(GEOMETRY))]
        filled = [pc.fill_null(cell, _EMPTY) for cell in cells]
        self._sheet.write(whole(joined(["<row>", *filled, "</row>"])))
        return self._tail.taken()

    def close(self) -> bytes:
        """The end of the sheet, the dictionary, and the parts that make a workbook of them."""
        self._sheet.write(b"</sheetData></worksheet>")
        self._sheet.close()
        found = about(self._schema)
        self._zip.writestr("xl/worksheets/sheet2.xml", _dictionary(self._schema))
        for name, text in _PARTS.items():
            self._zip.writestr(name, _HEAD + text)
        sheets = f'<sheet name="{escape(found.layer[:31])}" sheetId="1" r:id="rId1"/><sheet name="_dictionary" sheetId="2" r:id="rId2"/>'
        self._zip.writestr(
            "xl/workbook.xml", f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets>{sheets}</sheets></workbook>'
        )
        self._zip.close()
        return self._tail.taken()

    def _cell(self, array: pa.Array) -> pa.Array:
        kind = array.type
        if pa.types.is_timestamp(kind):
            return _day(moved(array, self._zone), _TIME)
        if pa.types.is_date(kind):
            return _day(array, _DATE)
        if pa.types.is_boolean(kind):
            return joined(['<c t="b"><v>', array.cast(pa.int8()).cast(pa.string()), "</v></c>"])
        if pa.types.is_integer(kind):
            exact = pc.less(pc.abs_checked(pc.max_element_wise(array, pa.scalar(-(2**63) + 1))), _EXACT)
            return pc.if_else(exact, _number(array.cast(pa.string())), _text(array.cast(pa.string())))
        if pa.types.is_floating(kind):
            return pc.if_else(pc.is_finite(array), _number(array.cast(pa.string())), _text(array.cast(pa.string())))
        return _text(plain_lists(array) if pa.types.is_list(kind) else array)


_EMPTY = "<c/>"


def _number(texts: pa.Array) -> pa.Array:
    return joined(["<c><v>", texts, "</v></c>"])


def _text(texts: pa.Array) -> pa.Array:
    """Inline strings. Signs that XML cannot hold are written `_x0001_`, and what looks like that gets its own first."""
    found = pc.replace_substring_regex(texts, r"_(x[0-9A-Fa-f]{4}_)", r"_x005F_\1")
    if pc.any(pc.match_substring_regex(found, r"[\x00-\x08\x0b-\x1f\x{FFFE}\x{FFFF}]")).as_py():
        for sign in _CONTROLS:
            found = pc.replace_substring(found, sign, f"_x{ord(sign):04X}_")
    if (pc.max(pc.utf8_length(found)).as_py() or 0) > _MOST_LETTERS:
        cut = joined([pc.utf8_slice_codeunits(found, 0, _MOST_LETTERS - 1), "…"])
        found = pc.if_else(pc.greater(pc.utf8_length(found), _MOST_LETTERS), cut, found)
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        found = pc.replace_substring(found, sign, entity)
    return joined(['<c t="inlineStr"><is><t xml:space="preserve">', found, "</t></is></c>"])


def _day(moments: pa.Array, style: int) -> pa.Array:
    """Days and times by Excel's count; what lies before it, as text."""
    if pa.types.is_date(moments.type):
        serial = pc.subtract(moments.cast(pa.int32()).cast(pa.float64()), float(_DAY_0))
        plain = pc.strftime(moments, "%Y-%m-%d")
    else:
        serial = pc.subtract(pc.divide(moments.cast(pa.int64()).cast(pa.float64()), 86_400e6), float(_DAY_0))
        plain = pc.strftime(seconds(moments), "%Y-%m-%d %H:%M:%S")
    countable = pc.greater_equal(serial, float(_FIRST_DAY.toordinal() - date(1970, 1, 1).toordinal() - _DAY_0))
    cell = joined([f'<c s="{style}"><v>', serial.cast(pa.string()), "</v></c>"])
    return pc.if_else(countable, cell, _text(plain))


def _row(texts: list[str]) -> str:
    cells = "".join(f'<c t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>' for text in texts)
    return f"<row>{cells}</row>"


def _dictionary(schema: pa.Schema) -> str:
    heads = ["name", "title.vi", "title.en", "description.vi", "description.en", "unit"]
    rows = [[field.name, *(text_of(field, name) for name in heads[1:])] for field in schema if field.name != GEOMETRY]
    return f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>{"".join(map(_row, [heads, *rows]))}</sheetData></worksheet>'


_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{_SHEET}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="{_SHEET}.styles+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_SHEET}.worksheet+xml"/><Override PartName="/xl/worksheets/sheet2.xml" ContentType="{_SHEET}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" Type="{_REL}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="{_REL}/worksheet" Target="worksheets/sheet2.xml"/><Relationship Id="rId3" Type="{_REL}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/><numFmt numFmtId="165" formatCode="dd/mm/yyyy\\ hh:mm:ss"/></numFmts><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf xfId="0"/><xf numFmtId="164" xfId="0" applyNumberFormat="1"/><xf numFmtId="165" xfId="0" applyNumberFormat="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}

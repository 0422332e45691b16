"""The data dictionary of an export: what each column means, and each code that may stand in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

import pyarrow as pa

from gis.formats.about import GEOMETRY, about, text_of
from gis.model.layer import Codelist, Text

_TEXTS = ("title.vi", "title.en", "description.vi", "description.en", "unit")
_HEADS = ("column", "type", "title_vi", "title_en", "description_vi", "description_en", "unit")
_CODE_HEADS = ("codelist", "code", "code_vi", "code_en", "code_valid_from", "code_valid_to")
_TYPES = {
    "string": "text",
    "int64": "integer",
    "double": "number",
    "bool": "boolean",
    "date32[day]": "date",
    "timestamp[us, tz=UTC]": "timestamp",
}
_PLACE = (
    "Hình thể",
    "Geometry",
    "Kinh độ trước, vĩ độ sau; trong tệp CSV là cột wkt",
    "Longitude before latitude; in the CSV file it is the column wkt",
    "",
)


def columns_of(schema: pa.Schema) -> list[dict[str, str]]:
    """Each column: name, type, titles and descriptions in both languages, unit (UCUM); empty where it has none."""
    return [dict(zip(_HEADS, (f.name, _type(f, schema), *_texts(f)), strict=True)) for f in schema]


def dictionary_csv(schema: pa.Schema, codes: Mapping[str, Codelist], notice: Text | None = None) -> bytes:
    """CSV (RFC 4180, UTF-8): a row for each column, and one for each code of those whose codelist is in `codes`.

    `notice` is of all the data, and a row before them that names no column.
    """
    sink = io.StringIO()
    rows = csv.DictWriter(sink, (*_HEADS, *_CODE_HEADS), restval="", lineterminator="\r\n")
    rows.writeheader()
    if notice is not None:
        rows.writerow({"description_vi": notice.vi, "description_en": notice.en})
    for column in columns_of(schema):
        codelist = codes.get(column["column"])
        if codelist is None:
            rows.writerow(column)
            continue
        rows.writerow({**column, "codelist": codelist.name})
        for code in codelist.codes:
            told = (codelist.name, code.code, code.title.vi, code.title.en, code.valid_from or "", code.valid_to or "")
            rows.writerow({"column": column["column"], **dict(zip(_CODE_HEADS, told, strict=True))})
    return sink.getvalue().encode()


def _texts(field: pa.Field) -> tuple[str, ...]:
    return _PLACE if field.name == GEOMETRY else tuple(text_of(field, text) for text in _TEXTS)


def _type(field: pa.Field, schema: pa.Schema) -> str:
    if field.name == GEOMETRY:
        return about(schema).geometry_type
    return "list of text" if pa.types.is_list(field.type) else _TYPES[str(field.type)]

"""Many cases of a permit check at once: features, or rows of a CSV or GeoParquet file, as columns of the rules.

A row has an `id` of its own, names its parcel (`parcel`: the id, or `commune` or `commune_old` with `sheet` and `number`),
and holds whatever columns of `gis.rules.vocabulary` are known of it; `storeys` may say them in words (`trệt + 3 lầu`),
`existing` what becomes of all buildings that stand on the parcel (kept, demolished, included).
The geometry is the outline of the building.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any, cast

import numpy as np
import shapely

from gis.crs.transform import transform_geometries
from gis.errors import InvalidParameter
from gis.ingest.case_parquet import read_parquet
from gis.ingest.geojson import Misread, plain_polygons, read_geometry
from gis.ingest.outline import Elsewhere, faults
from gis.model.layer import Territory, Text
from gis.model.query import CRS84
from gis.model.storeys import storeys
from gis.ops.table import objects
from gis.rules.columns import EXISTING
from gis.rules.facts import Objects
from gis.rules.standing import FATES
from gis.rules.vocabulary import Domain, Sort, columns

MOST_CASES = 100_000
CSV, PARQUET = "text/csv", "application/vnd.apache.parquet"
SELECTORS = ("parcel", "commune", "commune_old", "sheet", "number")
WKT = "wkt"
_WHERE = "cases"


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """n cases. `selectors`: of each how it names its parcel. `facts`: columns (n,) of the rules, None where missing.
    `footprint` (n,): outlines in the storage CRS, easting first, None where there is none. `problems`: what is wrong with
    an outline that was sent, by the position of its case."""

    ids: Sequence[str]
    selectors: Sequence[Mapping[str, str]]
    facts: Mapping[str, Sequence[Any]]
    footprint: Objects
    problems: Mapping[int, Text]

    def __len__(self) -> int:
        return len(self.ids)


def from_features(features: Sequence[object], territory: Territory) -> Cases:
    """GeoJSON features in CRS84. InvalidParameter names the feature that is wrong."""
    _count(len(features))
    rows = [_row(place, feature) for place, feature in enumerate(features)]
    drawn = [cast("dict[str, object]", feature).get("geometry") for feature in features]
    shapes = plain_polygons(drawn)
    for place in np.flatnonzero(shapely.is_missing(shapes)):
        try:
            shapes[place] = read_geometry(drawn[place], flipped=False)
        except Misread as error:
            where = f"cases.features[{place}].geometry"
            raise _wrong(where, f"has to be {error.text.en}", f"phải là {error.text.vi}") from error
    names = dict.fromkeys(chain.from_iterable(rows))
    table = {name: [row.get(name) for row in rows] for name in names}
    return _cases(table, _stored(shapes, CRS84, territory))


def _row(place: int, feature: object) -> dict[str, Any]:
    """The columns of a feature; its own id comes before one among its properties."""
    properties = feature.get("properties") or {} if isinstance(feature, dict) else None
    if not isinstance(feature, dict) or not isinstance(properties, dict):
        raise _wrong(f"cases.features[{place}]", "is no GeoJSON feature", "không phải đối tượng GeoJSON")
    return properties | {"id": feature["id"]} if "id" in feature else {"id": None} | properties


def from_file(media_type: str, content: bytes, crs: int, territory: Territory) -> Cases:
    """A CSV file (UTF-8, outlines as WKT in the column `wkt`, in `crs` with x first), or GeoParquet, which tells its CRS.

    InvalidParameter and InvalidCrs for what cannot be read.
    """
    table, shapes, code = read_parquet(content, _known(), MOST_CASES) if media_type == PARQUET else _csv(content, crs)
    return _cases(table, _stored(shapes, code, territory))


type _Read = tuple[dict[str, list[Any]], Objects, int]


def _csv(content: bytes, crs: int) -> _Read:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _wrong("cases", "the CSV is not UTF-8", "tệp CSV không phải UTF-8") from error
    head = text.split("\n", 1)[0]
    rows = csv.DictReader(io.StringIO(text), delimiter=";" if head.count(";") > head.count(",") else ",", strict=True)
    try:
        table = _columns(rows)
    except csv.Error as error:
        raise _wrong(
            f"cases (line {rows.line_num})", f"the CSV cannot be read: {error}", "không đọc được tệp CSV"
        ) from error
    count = len(next(iter(table.values()), []))
    _count(count)
    if any("collection" in value.casefold() for value in table.get(WKT, ())):  # GEOS follows a nest of them without end
        raise _wrong(f"cases.{WKT}", "has to be a polygon or multipolygon", "phải là polygon hoặc multipolygon")
    wkt = [value or None for value in table.pop(WKT, [None] * count)]
    try:
        shapes = objects(list(shapely.from_wkt(wkt)))
    except shapely.errors.GEOSException as error:
        raise _wrong(f"cases.{WKT}", f"is no WKT: {error}", "không phải WKT") from error
    return {name: [value or None for value in values] for name, values in table.items()}, shapes, crs


def _columns(rows: csv.DictReader[str]) -> dict[str, list[str]]:
    table: dict[str, list[str]] = {name: [] for name in rows.fieldnames or ()}
    for place, row in enumerate(rows):
        if None in row or None in row.values():
            raise csv.Error("a row has more or fewer cells than the header")
        if place == MOST_CASES:
            _count(MOST_CASES + 1)
        for name, value in row.items():
            table[name].append(value)
    return table


def _stored(shapes: Objects, crs: int, territory: Territory) -> tuple[Objects, dict[int, Text]]:
    """The outlines in the storage CRS, without those with which something is wrong, and what that is."""
    found = faults(shapes, crs, territory)
    problems = {
        row: one.text if isinstance(one, Elsewhere) else one for row, one in enumerate(found) if one is not None
    }
    sound = shapes.copy()
    sound[list(problems)] = None
    return transform_geometries(sound, crs, territory.storage_crs), problems


def _known() -> set[str]:
    """The columns that a case may have beside its outline."""
    return {"id", "storeys", EXISTING, *SELECTORS, *columns(Domain.CASE)}


def _cases(table: Mapping[str, list[Any]], outlines: tuple[Objects, dict[int, Text]]) -> Cases:
    footprint, problems = outlines
    facts = dict(columns(Domain.CASE))
    strange = [name for name in table if name not in _known()]
    if strange:
        there = ", ".join(sorted(_known()))
        raise _wrong(
            f"{_WHERE}.{strange[0][:60]}",
            f"is no column of a case; there are {there}",
            f"không phải cột của hồ sơ; hiện có {there}",
        )
    ids = _ids(table.get("id"), len(footprint))
    told = {name: _typed(name, table[name], facts[name].sort) for name in facts if name in table}
    if "storeys" in table:
        told |= _storeys(table["storeys"], told)
    if EXISTING in table:
        told[EXISTING] = _fates(table[EXISTING])
    selectors = [
        {name: str(table[name][row]) for name in SELECTORS if name in table and table[name][row] is not None}
        for row in range(len(ids))
    ]
    return Cases(ids, selectors, told, footprint, problems)


def _ids(values: list[Any] | None, count: int) -> list[str]:
    ids = ["" if value is None else str(value) for value in values or [None] * count]
    if not all(ids) or len(set(ids)) < len(ids):
        raise _wrong(f"{_WHERE}.id", "has to be there and be another one in each case", "phải có và không trùng nhau")
    return ids


def _typed(name: str, values: Iterable[Any], sort: Sort) -> list[Any]:
    read = _READERS[sort]
    typed = []
    for row, value in enumerate(values):
        try:
            typed.append(None if value is None else read(value))
        except (TypeError, ValueError, KeyError, OverflowError) as error:
            place = f"{_WHERE}.{name} (row {row + 1})"
            kind = ("a number", "một số") if sort is Sort.NUMBER else ("true or false", "true hoặc false")
            raise _wrong(place, f"has to be {kind[0]}", f"phải là {kind[1]}") from error
    return typed


def _fates(values: Sequence[Any]) -> list[Any]:
    for row, value in enumerate(values):
        if value is not None and value not in FATES:
            place, choice = f"{_WHERE}.{EXISTING} (row {row + 1})", ", ".join(FATES)
            raise _wrong(place, f"has to be one of {choice}", f"phải là một trong {choice}")
    return list(values)


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number


_FLAGS = {"true": True, "false": False, "1": True, "0": False, "có": True, "không": False}
_READERS: Mapping[Sort, Callable[[Any], Any]] = {
    Sort.NUMBER: _finite,
    Sort.TEXT: str,
    Sort.FLAG: lambda value: value if isinstance(value, bool) else _FLAGS[str(value).strip().casefold()],
}


def _storeys(said: Sequence[Any], told: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """The kinds of storeys that are said in words; a column of their own comes before them."""
    counted = []
    for row, text in enumerate(said):
        try:
            counted.append({} if text is None else _counted(str(text)))
        except InvalidParameter as error:
            raise _wrong(f"{_WHERE}.storeys (row {row + 1})", error.en, error.vi) from error
    kinds = dict.fromkeys(kind for one in counted for kind in one)
    return {f"storeys_{kind}": [one.get(kind) for one in counted] for kind in kinds if f"storeys_{kind}" not in told}


@lru_cache(maxsize=4096)
def _counted(text: str) -> Mapping[str, int]:
    return storeys(text)


def _count(count: int) -> None:
    if not 0 < count <= MOST_CASES:
        raise InvalidParameter(
            f"cases: there are {count}; send 1 to {MOST_CASES}.",
            f"cases: có {count} hồ sơ; hãy gửi từ 1 đến {MOST_CASES}.",
            where="cases",
        )


def _wrong(where: str, en: str, vi: str) -> InvalidParameter:
    return InvalidParameter(f"{where}: {en}.".replace("..", "."), f"{where}: {vi}.".replace("..", "."), where=where)

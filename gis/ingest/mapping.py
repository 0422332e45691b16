"""Which column of a source is which field of the layer."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gis.catalog.names import fold
from gis.errors import IngestError, Undecided
from gis.model.layer import Field, Layer, Role

FIXED = ("id", "valid_from", "valid_to", "geometry.x", "geometry.y", "geometry.wkt")
"""Targets beside the layer's fields: identity, validity, and where geometry stands in plain columns."""

READINGS = ("point", "comma", "dmy", "ymd", "epoch-ms", "epoch-s")
"""How `--map source=field:reading` says that a column is to be read."""

_GEOMETRY_ALIASES: dict[str, tuple[str, ...]] = {
    "geometry.x": ("lon", "long", "lng", "longitude", "kinh_do", "easting"),
    "geometry.y": ("lat", "latitude", "vi_do", "northing"),
    "geometry.wkt": ("wkt", "geom_wkt", "geometry_wkt", "wkt_geom", "the_geom", "geom", "geometry", "hinh_hoc"),
}
_DEGREES = {"lon", "long", "lng", "longitude", "kinhdo", "lat", "latitude", "vido"}
_TRUNCATED = 10


@dataclass(frozen=True, slots=True)
class Choice:
    """What the user asked for: `--map source=field[:reading]` (an empty field leaves the column out), `--set`."""

    columns: Mapping[str, str]
    readings: Mapping[str, str]
    constants: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Resolved:
    """`columns`: source column by target. `readings`: by target. `unmapped`: source columns that nothing takes."""

    columns: Mapping[str, str]
    readings: Mapping[str, str]
    constants: Mapping[str, str]
    unmapped: tuple[str, ...]

    @property
    def given(self) -> frozenset[str]:
        """The targets that the file or the user says something of."""
        return frozenset((*self.columns, *self.constants))

    @property
    def parts(self) -> Mapping[str, Mapping[str, str]]:
        """What became of columns, how they were read, and what was said for all records; by name of the part."""
        return {"columns": self.columns, "readings": self.readings, "constants": self.constants}


NO_CHOICE = Choice({}, {}, {})


def says_degrees(mapping: Resolved) -> bool:
    """The columns of coordinates are called longitude and latitude, which declares their CRS."""
    names = [mapping.columns.get(axis) for axis in ("geometry.x", "geometry.y")]
    return all(name is not None and fold(name) in _DEGREES for name in names)


def parse_choice(maps: Iterable[str], sets: Iterable[str]) -> Choice:
    """The values of `--map` and `--set`; IngestError for one that is not of the form `a=b`."""
    columns: dict[str, str] = {}
    readings: dict[str, str] = {}
    for text in maps:
        source, separator, target = text.rpartition("=")
        if not separator or not source:
            raise IngestError(
                f"--map {text}: write --map source=field, for example --map SoTo=sheet.",
                f"--map {text}: hãy viết --map cột=trường, ví dụ --map SoTo=sheet.",
            )
        field, _, reading = target.partition(":")
        if reading and reading not in READINGS:
            raise IngestError(
                f"--map {text}: '{reading}' is not a way to read; known are {', '.join(READINGS)}.",
                f"--map {text}: không biết cách đọc '{reading}'; có {', '.join(READINGS)}.",
            )
        columns[source] = field
        if reading:
            readings[field] = reading
    constants: dict[str, str] = {}
    for text in sets:
        field, separator, value = text.partition("=")
        if not separator or not field:
            raise IngestError(
                f"--set {text}: write --set field=value, for example --set state=ISSUED.",
                f"--set {text}: hãy viết --set trường=giá trị, ví dụ --set state=ISSUED.",
            )
        constants[field] = value
    return Choice(columns, readings, constants)


def resolve(
    layer: Layer,
    columns: tuple[str, ...],
    choice: Choice,
    *,
    truncated: bool = False,
    ids: frozenset[str] = frozenset(),
) -> Resolved:
    """Find the columns of a source by the layer's names and aliases, and by what the user chose.

    `truncated`: names of ten characters may have been cut off by the Shapefile format, so they may stand for a longer
    alias too. `ids`: columns that hold the database's own identities. Raises Undecided where two columns fit one
    field or one column two fields, IngestError where `choice` names a column or field that is not there.
    """
    _known(layer, columns, choice)
    taken = {**choice.columns}
    found: dict[str, list[str]] = {}
    for column in columns:
        if column in taken:
            continue
        fields = [f for f in _fields_for(layer, column, truncated, ids) if f not in choice.constants]
        fields = [f for f in fields if f not in choice.columns.values()]
        if len(fields) > 1:
            options = [_option(column, field) for field in fields]
            raise Undecided(
                f"The column '{column}' may be {' or '.join(fields)}. Say which: {' or '.join(options)}.",
                f"Cột '{column}' có thể là {' hoặc '.join(_titles(layer, fields))}. Hãy chọn: {' hoặc '.join(options)}.",
            )
        for field in fields:
            found.setdefault(field, []).append(column)
    for field, candidates in found.items():
        if len(candidates) > 1:
            options = [_option(column, field) for column in candidates]
            raise Undecided(
                f"The columns {', '.join(candidates)} all look like '{field}'. Say which: {' or '.join(options)}.",
                f"Các cột {', '.join(candidates)} đều giống {_titles(layer, [field])[0]}. "
                f"Hãy chọn: {' hoặc '.join(options)}.",
            )
    chosen = {field: column for column, field in choice.columns.items() if field}
    mapped = {field: candidates[0] for field, candidates in found.items()} | chosen
    used = set(mapped.values()) | set(choice.columns)
    return Resolved(mapped, choice.readings, choice.constants, tuple(c for c in columns if c not in used))


def missing(layer: Layer, mapping: Resolved) -> list[Field]:
    """Required fields that have neither a column nor a constant nor a default.

    The date from which a record holds is not required: publication stands in for it.
    """
    return [
        f
        for f in layer.fields
        if f.required and f.name not in mapping.given and f.default is None and f.role is not Role.CODE_SCHEME
    ]


def require(layer: Layer, mapping: Resolved, has_geometry: bool) -> None:
    """No required field is missing, and there is a geometry; Undecided names the options otherwise."""
    lacking = [field.name for field in missing(layer, mapping)]
    if lacking:
        source = mapping.unmapped[0] if mapping.unmapped else "COLUMN"
        options = _option(source, lacking[0]), f"--set {lacking[0]}=VALUE"
        raise Undecided(
            f"No column was found for {', '.join(lacking)}. "
            f"Columns not yet used: {', '.join(mapping.unmapped) or 'none'}. "
            f"Name one with {options[0]}, or give one value for all with {options[1]}.",
            f"Không tìm thấy cột cho {', '.join(_titles(layer, lacking))}. "
            f"Các cột chưa dùng: {', '.join(mapping.unmapped) or 'không có'}. "
            f"Hãy chỉ ra bằng {options[0]}, hoặc cho mọi bản ghi một giá trị bằng {options[1]}.",
        )
    placed = "geometry.wkt" in mapping.columns or {"geometry.x", "geometry.y"} <= set(mapping.columns)
    if layer.geometry.required and not has_geometry and not placed:
        raise Undecided(
            "No geometry was found. Name its columns with --map COLUMN=geometry.wkt, or with "
            "--map COLUMN=geometry.x --map COLUMN=geometry.y (x is longitude or easting; in Vietnamese survey files "
            "X is the northing, which is geometry.y).",
            "Không tìm thấy hình học. Hãy chỉ ra cột bằng --map CỘT=geometry.wkt, hoặc --map CỘT=geometry.x "
            "--map CỘT=geometry.y (x là kinh độ hoặc hướng đông; trong tệp đo đạc Việt Nam X là hướng bắc, tức geometry.y).",
        )


def _option(column: str, field: str) -> str:
    """The option that gives the column to the field, as a shell takes it."""
    return f"--map {shlex.quote(f'{column}={field}')}"


def _titles(layer: Layer, names: list[str]) -> list[str]:
    """What people call the fields in Vietnamese, with the names that the options take."""
    return [f"{layer.field(name).title.vi} ({name})" if name in layer else name for name in names]


def _known(layer: Layer, columns: tuple[str, ...], choice: Choice) -> None:
    for column in choice.columns:
        if column not in columns:
            raise IngestError(
                f"--map {column}=…: the source has no column '{column}'; it has {', '.join(columns)}.",
                f"--map {column}=…: tệp không có cột '{column}'; các cột là {', '.join(columns)}.",
            )
    targets = {f.name for f in layer.fields} | set(FIXED)
    for field in [*filter(None, choice.columns.values()), *choice.constants]:
        if field not in targets:
            raise IngestError(
                f"The layer {layer.id} has no field '{field}'; it has {', '.join(sorted(targets))}.",
                f"Lớp {layer.id} không có trường '{field}'; các trường là {', '.join(sorted(targets))}.",
            )
    chosen = [field for field in choice.columns.values() if field] + list(choice.constants)
    for field in chosen:
        if chosen.count(field) > 1:
            raise IngestError(
                f"'{field}' is given twice by --map or --set; leave one.",
                f"'{field}' được khai báo hai lần bằng --map hoặc --set; hãy bỏ một.",
            )


def _fields_for(layer: Layer, column: str, truncated: bool, ids: frozenset[str]) -> list[str]:
    """Fields that a column may be, by name and alias; exact names first, geometry only where nothing else fits."""
    wanted = fold(column)
    cut = truncated and len(column.encode()) == _TRUNCATED
    fields = [
        field.name
        for field in layer.fields
        if any(_is(wanted, column, alias, cut) for alias in (field.name, *field.aliases))
    ]
    if fields:
        return fields
    if column in ids:
        return ["id"]
    if column in ("valid_from", "valid_to"):
        return [column]
    return [name for name, aliases in _GEOMETRY_ALIASES.items() if wanted in map(fold, aliases)]


def _is(wanted: str, column: str, alias: str, cut: bool) -> bool:
    if wanted == fold(alias):
        return True
    return cut and len(alias) > _TRUNCATED and alias[:_TRUNCATED].casefold() == column.casefold()

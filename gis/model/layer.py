"""What a layer is. `gis.catalog` reads these from layers/<id>/layer.toml; everything else is derived from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Text:
    """One text in both languages."""

    vi: str
    en: str

    def __getitem__(self, language: str) -> str:
        return self.vi if language == "vi" else self.en

    def both(self) -> dict[str, Any]:
        """Both languages, as JSON has them."""
        return {"vi": self.vi, "en": self.en}


class FieldType(StrEnum):
    """Type of a field, and of its PostgreSQL column."""

    TEXT = "text"
    INTEGER = "integer"  # bigint
    NUMBER = "number"  # double precision
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"  # timestamptz
    TEXT_LIST = "text[]"


class Access(StrEnum):
    """Who may see a field. `restricted` fields live in a table of their own."""

    PUBLIC = "public"
    AGENCY = "agency"
    RESTRICTED = "restricted"


class Role(StrEnum):
    """What a field means to ingest and to the map, whatever its name."""

    LABEL = "label"
    COMMUNE = "commune"
    COMMUNE_OLD = "commune_old"
    LEGAL_AREA = "legal_area"
    MEASURED_AREA = "measured_area"
    VALID_FROM = "valid_from"
    VALID_TO = "valid_to"
    CODE_RAW = "code_raw"
    CODE_SCHEME = "code_scheme"
    CODES = "codes"


@dataclass(frozen=True, slots=True)
class Reference:
    """What the values of a field name: features of `layer` by `fields`, parts of its identity joined by `SEPARATOR`."""

    SEPARATOR: ClassVar[str] = "/"

    layer: str
    fields: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.layer}.{self.SEPARATOR.join(self.fields)}"


@dataclass(frozen=True, slots=True)
class Field:
    """One attribute of a layer.

    `unit` is a UCUM code (m, m2, %). `aliases` are names seen in source files, matched without case, accents and
    separators. `table` names the restricted table that holds a restricted field (holders, certificates).
    `default` is the text that ingest writes where a source has no value; the database itself fills in nothing.
    `references`: its values, or each element of a list, name features of that layer; ingest lists those that it lacks.
    `searchable`: a public text in which `q` looks. `name_vi` is its name where a caller wants Vietnamese ones; the
    catalogue gives each field one.
    """

    name: str
    type: FieldType
    title: Text
    description: Text | None = None
    unit: str | None = None
    codelist: str | None = None
    access: Access = Access.PUBLIC
    role: Role | None = None
    aliases: tuple[str, ...] = ()
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    indexed: bool = False
    table: str | None = None
    default: str | None = None
    references: Reference | None = None
    searchable: bool = False
    name_vi: str = ""

    @property
    def group(self) -> str:
        """The group of restricted fields that it belongs to."""
        return self.table or "restricted"

    @property
    def vietnamese(self) -> str:
        """Its Vietnamese name, in ASCII."""
        return self.name_vi or self.name


@dataclass(frozen=True, slots=True)
class Code:
    """One row of a codelist; holds from `valid_from` up to and without `valid_to`.

    `group` rows head a branch and never stand on a feature. `replaced_by` is the code of the same list that took the
    place of an ended one; an ended code without it has no single successor, and a person decides.
    """

    code: str
    title: Text
    parent: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    color: str | None = None
    group: bool = False
    note: Text | None = None
    replaced_by: str | None = None


@dataclass(frozen=True, slots=True)
class Codelist:
    """Codes by name, in file order. The same code may stand twice with different validity."""

    name: str
    codes: tuple[Code, ...]
    title: Text | None = None


class Show(StrEnum):
    """How much of a row the public sees."""

    NONE = "none"
    REDUCED = "reduced"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class RowRule:
    """Rows whose `field` is (or, for a list, contains) one of `values` are shown as `show` says.

    `reduced` rows show only `fields`, and their geometry only if `geometry`.
    """

    field: str
    values: tuple[str, ...]
    show: Show
    fields: tuple[str, ...] = ()
    geometry: bool = False


@dataclass(frozen=True, slots=True)
class RowAccess:
    """Rules in order, the first that matches wins; `default` for rows that none matches."""

    default: Show = Show.ALL
    rules: tuple[RowRule, ...] = ()


class GeometryType(StrEnum):
    """`Geometry` takes any of the others: a permit is a footprint where it is known, else a point."""

    GEOMETRY = "Geometry"
    POINT = "Point"
    MULTILINESTRING = "MultiLineString"
    MULTIPOLYGON = "MultiPolygon"


@dataclass(frozen=True, slots=True)
class Geometry:
    """`required = false`: a feature may stand without a place (a permit that is only a number)."""

    type: GeometryType
    required: bool = True


@dataclass(frozen=True, slots=True)
class Tiles:
    """Zooms at which single features are drawn, and the fields that the style needs.

    Below `min_zoom`, from `cells_from` on, cells take their place, coloured by the field `cells_by`. `labels` are fields
    that stand on a point of each feature as well.
    """

    min_zoom: int = 12
    max_zoom: int = 18
    fields: tuple[str, ...] = ()
    cells_from: int | None = None
    cells_by: str | None = None
    labels: tuple[str, ...] = ()

    @property
    def least_zoom(self) -> int:
        """The first zoom at which there are tiles."""
        return self.min_zoom if self.cells_from is None else self.cells_from


@dataclass(frozen=True, slots=True)
class Quality:
    """Checks beyond type, code, range and validity of geometry.

    `coverage`: neighbours may not overlap (warning). `gaps`: report gaps narrower than `gap_width` metres.
    `area_relative`/`area_absolute` (m2): legal against measured area, a warning when both are passed.
    """

    coverage: bool = False
    gaps: bool = False
    gap_width: float = 0.1
    area_relative: float = 0.02
    area_absolute: float = 1.0


class TimeModel(StrEnum):
    VERSIONED = "versioned"
    NONE = "none"


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One data set: its table, collection, tiles, style, mapping, checks and access all follow from this.

    `storage_crs` is the EPSG code of `geom`, given by the territory. `order` is the place in lists and on the map:
    lower numbers come first and lie below. Layers compare and hash by identity: a catalog is read once.
    """

    id: str
    title: Text
    description: Text
    geometry: Geometry
    identity: tuple[str, ...]
    fields: tuple[Field, ...]
    owner: str
    licence: str
    update_rhythm: Text
    time: TimeModel = TimeModel.VERSIONED
    rows: RowAccess = RowAccess()
    tiles: Tiles = Tiles()
    quality: Quality = Quality()
    style: tuple[Mapping[str, object], ...] = ()
    storage_crs: int = 4326
    order: int = 0
    _by_name: Mapping[str, Field] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {f.name: f for f in self.fields})

    def field(self, name: str) -> Field:
        """The field of that name; KeyError if there is none."""
        return self._by_name[name]

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    @property
    def columns(self) -> tuple[Field, ...]:
        """Fields that are columns of the layer's own table: all but the restricted ones."""
        return tuple(f for f in self.fields if f.access is not Access.RESTRICTED)

    @property
    def public(self) -> tuple[Field, ...]:
        """Fields that everybody may see."""
        return tuple(f for f in self.fields if f.access is Access.PUBLIC)

    @property
    def drawn(self) -> bool:
        """Whether it has a style: it lies on the land. What is never drawn tells figures about places, as indicators do."""
        return bool(self.style)

    @property
    def searchable(self) -> tuple[Field, ...]:
        """Fields in which `q` looks."""
        return tuple(f for f in self.fields if f.searchable)

    @property
    def stand_ins(self) -> Mapping[str, str]:
        """By part of the identity that may be missing, the field that then takes its place in telling features apart.

        Numbers restart in each commune. Where it is not known within which former one they were given, those of two
        communes of today are at least not the same.
        """
        former, commune = self.with_role(Role.COMMUNE_OLD), self.with_role(Role.COMMUNE)
        if former is None or commune is None or former.name not in self.identity[:-1]:
            return {}
        return {} if commune.name in self.identity else {former.name: commune.name}

    def with_role(self, role: Role) -> Field | None:
        """The field that plays `role`, if one does."""
        return next((f for f in self.fields if f.role is role), None)


class Water(StrEnum):
    """What a name on the map is of."""

    SEA = "sea"
    ISLANDS = "islands"


@dataclass(frozen=True, slots=True)
class PlaceName:
    """A name that maps show though no layer holds the place. `at`: lon/lat degrees in CRS84, where its text stands; `zooms`: shown
    from the first up to, not at, the second."""

    title: Text
    kind: Water
    at: tuple[float, float]
    zooms: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Territory:
    """What a database covers. `bounds` are lon/lat degrees west, south, east, north in CRS84.

    `storage_crs` is the EPSG code in which `geom` is kept; `source_crs` the ones that its files come in.
    """

    id: str
    title: Text
    storage_crs: int
    bounds: tuple[float, float, float, float]
    time_zone: str
    source_crs: tuple[int, ...] = ()
    view: tuple[float, float, float] = (0.0, 0.0, 2.0)  # lon, lat, zoom of the first map view
    names: tuple[PlaceName, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalog:
    """Layers (by `order`), codelists and the territory of one process; `digest` changes when any of them does.

    `regulations`: the texts of rule packs and of what else laws say, by their path in layers/ (`rules/….toml`).
    """

    layers: Mapping[str, Layer]
    codelists: Mapping[str, Codelist]
    territory: Territory
    digest: str
    regulations: Mapping[str, str] = MappingProxyType({})

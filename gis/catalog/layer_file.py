"""layers/<id>/layer.toml: one layer, read into its frozen value. `layer_check` sees that it fits together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from gis.catalog.names import ascii_name, name_problem
from gis.catalog.problems import Place
from gis.catalog.table import BadValueError, Table, bilingual, boolean, integer, number, one_of, read_toml, text, texts
from gis.model.layer import (
    Access,
    Field,
    FieldType,
    Geometry,
    GeometryType,
    Layer,
    Quality,
    Reference,
    Role,
    RowAccess,
    RowRule,
    Show,
    Text,
    Tiles,
    TimeModel,
)

NO_TEXT = Text("", "")


@dataclass(frozen=True, slots=True)
class LayerFile:
    """A layer as read. `broken` names the fields whose own lines are wrong: nothing more is said about those.

    `codelists`: titles of those that the layer brings.
    """

    layer: Layer
    broken: frozenset[str]
    place: Place
    codelists: Mapping[str, Text]


def read_layer(folder: Path, place: Place) -> LayerFile | None:
    """The layer of that folder, with fallbacks in the place of what is wrong; None where the file is not TOML."""
    table = read_toml(folder / "layer.toml", place)
    if table is None:
        return None
    fields, broken = _fields(table)
    layer = Layer(
        id=_id(table, folder.name),
        title=table.required("title", bilingual, NO_TEXT),
        description=table.required("description", bilingual, NO_TEXT),
        geometry=_geometry(table),
        identity=table.required("identity", _names, ()),
        fields=fields,
        owner=table.required("owner", text, ""),
        licence=table.required("licence", text, ""),
        update_rhythm=table.required("update_rhythm", bilingual, NO_TEXT),
        time=_time(table),
        rows=_rows(table),
        tiles=_tiles(table),
        quality=_quality(table),
        order=table.optional("order", integer, 0),
    )
    codelists = _codelists(table)
    table.close()
    return LayerFile(layer, broken, place, codelists)


def _id(table: Table, folder: str) -> str:
    layer = table.required("id", text, folder)
    place = table.place.within("id")
    if layer != folder:
        place.add(f"'{layer}' is not the folder's name; write id = \"{folder}\" or rename the folder")
    if problem := name_problem(layer):
        place.add(f"'{layer}' is {problem}")
    return folder


def _geometry(table: Table) -> Geometry:
    if "geometry" not in table.values:
        table.required("geometry", text, "")
        return Geometry(GeometryType.GEOMETRY)
    part = table.table("geometry")
    geometry = Geometry(
        type=part.required("type", one_of(GeometryType), GeometryType.GEOMETRY),
        required=part.optional("required", boolean, True),
    )
    part.close()
    return geometry


def _time(table: Table) -> TimeModel:
    part = table.table("time")
    model = part.optional("model", one_of(TimeModel), TimeModel.VERSIONED)
    part.close()
    return model


def _tiles(table: Table) -> Tiles:
    part = table.table("tiles")
    tiles = Tiles(
        min_zoom=part.optional("min_zoom", integer, Tiles().min_zoom),
        max_zoom=part.optional("max_zoom", integer, Tiles().max_zoom),
        fields=part.optional("fields", texts, ()),
        cells_from=part.optional("cells_from", integer, None),
        cells_by=part.optional("cells_by", text, None),
        labels=part.optional("labels", texts, ()),
    )
    part.close()
    return tiles


def _quality(table: Table) -> Quality:
    part, default = table.table("quality"), Quality()
    quality = Quality(
        coverage=part.optional("coverage", boolean, default.coverage),
        gaps=part.optional("gaps", boolean, default.gaps),
        gap_width=part.optional("gap_width", _positive, default.gap_width),
        area_relative=part.optional("area_relative", _positive, default.area_relative),
        area_absolute=part.optional("area_absolute", _positive, default.area_absolute),
    )
    part.close()
    return quality


def _codelists(table: Table) -> dict[str, Text]:
    part = table.table("codelists")
    titles = {name: part.required(name, bilingual, NO_TEXT) for name in list(part.values)}
    part.close()
    return titles


def _names(value: object) -> tuple[str, ...]:
    if not texts(value):
        raise BadValueError("is empty; name the fields by which a feature is recognised when it comes again")
    return texts(value)


def _positive(value: object) -> float:
    if number(value) <= 0:
        raise BadValueError(f"is {value}, must be above 0")
    return number(value)


def _rows(table: Table) -> RowAccess:
    part = table.table("rows")
    rows = RowAccess(
        default=part.optional("default", one_of(Show), Show.ALL),
        rules=tuple(_rule(rule) for rule in part.tables("rules")),
    )
    part.close()
    return rows


def _rule(part: Table) -> RowRule:
    rule = RowRule(
        field=part.required("field", text, ""),
        values=part.required("values", texts, ()),
        show=part.required("show", one_of(Show), Show.REDUCED),
        fields=part.optional("fields", texts, ()),
        geometry=part.optional("geometry", boolean, False),
    )
    part.close()
    return rule


def _fields(table: Table) -> tuple[tuple[Field, ...], frozenset[str]]:
    part = table.table("fields")
    if not part.values:
        part.place.add("a layer needs at least one field; add [fields.<name>]")
    fields, broken = [], set()
    for name in part.values:
        before = len(table.place.lines)
        fields.append(_field(name, part.table(name)))
        if len(table.place.lines) > before:
            broken.add(name)
    return tuple(fields), frozenset(broken)


def _field(name: str, part: Table) -> Field:
    if problem := name_problem(name):
        part.place.add(f"'{name}' is {problem}")
    field = Field(
        name=name,
        type=part.required("type", one_of(FieldType), FieldType.TEXT),
        title=part.required("title", bilingual, NO_TEXT),
        description=part.optional("description", bilingual, None),
        unit=part.optional("unit", text, None),
        codelist=part.optional("codelist", text, None),
        access=part.optional("access", one_of(Access), Access.PUBLIC),
        role=part.optional("role", one_of(Role), None),
        aliases=part.optional("aliases", texts, ()),
        required=part.optional("required", boolean, False),
        minimum=part.optional("minimum", number, None),
        maximum=part.optional("maximum", number, None),
        pattern=part.optional("pattern", text, None),
        indexed=part.optional("indexed", boolean, False),
        table=part.optional("table", text, None),
        default=part.optional("default", text, None),
        references=part.optional("references", _reference, None),
        searchable=part.optional("searchable", boolean, False),
        name_vi=part.optional("name_vi", text, ""),
    )
    part.close()
    return field if field.name_vi else replace(field, name_vi=ascii_name(field.title.vi))


def _reference(value: object) -> Reference:
    layer, dot, fields = text(value).partition(".")
    names = tuple(fields.split(Reference.SEPARATOR))
    if not (layer and dot and all(names)):
        raise BadValueError(
            f"'{value}' is not of the form layer.field; write one like \"wards.code\", "
            'or "parcels.commune_old/sheet/parcel" where a value has several parts'
        )
    return Reference(layer, names)

"""What must fit together within one layer, and between a layer and the codelists."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from gis.catalog.layer_file import LayerFile
from gis.catalog.names import fold, name_problem
from gis.catalog.problems import Place, nearest
from gis.model.layer import Access, Codelist, Field, FieldType, GeometryType, Role, RowRule, Show, TimeModel
from gis.model.names import SYSTEM_VI

MAX_ZOOM = 24
MAX_IDENTIFIER = 63
"""Bytes of a name in PostgreSQL; names are ASCII."""

LAST_CELLS = 15
"""The last zoom at which cells can be shown (`gis.store.cells` has their grids)."""

TEXTS = frozenset({FieldType.TEXT, FieldType.TEXT_LIST})
NUMBERS = frozenset({FieldType.INTEGER, FieldType.NUMBER})
DATES = frozenset({FieldType.DATE, FieldType.TIMESTAMP})
ROLE_TYPES: Mapping[Role, frozenset[FieldType]] = {
    Role.LABEL: frozenset({FieldType.TEXT, FieldType.INTEGER}),
    Role.COMMUNE: frozenset({FieldType.TEXT}),
    Role.COMMUNE_OLD: frozenset({FieldType.TEXT}),
    Role.LEGAL_AREA: frozenset({FieldType.NUMBER}),
    Role.MEASURED_AREA: frozenset({FieldType.NUMBER}),
    Role.VALID_FROM: DATES,
    Role.VALID_TO: DATES,
    Role.CODE_RAW: frozenset({FieldType.TEXT}),
    Role.CODE_SCHEME: frozenset({FieldType.TEXT}),
    Role.CODES: frozenset({FieldType.TEXT_LIST}),
}


def check_layer(file: LayerFile, codelists: Mapping[str, Codelist]) -> None:
    """Note every mistake in how fields, identity, roles, tiles, rows and codelists of the layer fit together."""
    fields = [f for f in file.layer.fields if f.name not in file.broken]
    for field in fields:
        place = file.place.within(f"fields.{field.name}")
        _check_limits(field, place)
        _check_pattern(field, place)
        _check_table(field, place)
        _check_codelist(field, codelists, place)
        _check_index_name(file.layer.id, field, place)
        _check_searchable(field, place)
    _check_vietnamese(fields, file.place)
    _check_roles(fields, file.place)
    _check_aliases(fields, file.place)
    _check_identity(file)
    _check_tiles(file)
    for number, rule in enumerate(file.layer.rows.rules, 1):
        _check_rule(rule, file, codelists, file.place.within(f"rows.rules[{number}]"))


def _check_limits(field: Field, place: Place) -> None:
    for key, of, types in (
        ("minimum", field.minimum, NUMBERS),
        ("maximum", field.maximum, NUMBERS),
        ("unit", field.unit, NUMBERS),
        ("codelist", field.codelist, TEXTS),
        ("pattern", field.pattern, TEXTS),
        ("default", field.default, frozenset({FieldType.TEXT})),
    ):
        if of is not None and field.type not in types:
            place.within(key).add(f"is for {' or '.join(sorted(types))}, not for {field.type}; remove it")
    if field.minimum is not None and field.maximum is not None and field.minimum > field.maximum:
        place.within("minimum").add(f"{field.minimum:g} is above maximum {field.maximum:g}; exchange them")


def _check_pattern(field: Field, place: Place) -> None:
    if field.pattern is None:
        return
    try:
        pattern = re.compile(field.pattern)
    except re.error as error:
        place.within("pattern").add(f"not a regular expression: {error}; mend it")
        return
    if not (field.pattern.startswith("^") and field.pattern.endswith("$")):
        place.within("pattern").add("must hold for the whole value; begin it with ^ and end it with $")
    if field.default is not None and not pattern.fullmatch(field.default):
        place.within("default").add(f"'{field.default}' does not follow the pattern {field.pattern}; mend one of them")


def _check_table(field: Field, place: Place) -> None:
    if field.access is not Access.RESTRICTED:
        if field.table is not None:
            place.within("table").add(f"is for restricted fields, this one is {field.access}; remove it")
        return
    if field.table is None:
        place.within("table").add("missing; a restricted field stands in a table of its own, name it")
    elif problem := name_problem(field.table):
        place.within("table").add(f"'{field.table}' is {problem}")


def _check_searchable(field: Field, place: Place) -> None:
    """`q` looks at whole rows at once, so what it looks in is for everybody."""
    if field.searchable and (field.type is not FieldType.TEXT or field.access is not Access.PUBLIC):
        place.within("searchable").add(f"is for public text, this field is {field.access} {field.type}; remove it")


def _check_vietnamese(fields: Sequence[Field], place: Place) -> None:
    """With `names=vi` a name means one property, and never a parameter or a column of every layer."""
    first: dict[str, str] = dict.fromkeys(SYSTEM_VI.values(), "of every feature")
    english = {field.name for field in fields}
    for field in fields:
        here, name = place.within(f"fields.{field.name}.name_vi"), field.name_vi
        if problem := name_problem(name):
            here.add(f"'{name}' is {problem}; without it the name follows from the Vietnamese title")
        elif name in english - {field.name}:
            here.add(f"'{name}' is another field; give this one another Vietnamese name")
        elif name in first:
            here.add(f"'{name}' is the name {first[name]} already; give this field another one")
        first.setdefault(name, f"of {field.name}")


def _check_index_name(layer: str, field: Field, place: Place) -> None:
    """Indexes are called `<layer>_<field>_open`, of labels also `<layer>_<field>_folded`."""
    most = MAX_IDENTIFIER - len("__folded")  # as long as `__sorted`
    if (field.indexed or field.searchable or field.role is Role.LABEL) and len(layer) + len(field.name) > most:
        place.add(
            f"indexed, and '{layer}' and '{field.name}' together are longer than {most} characters; shorten one of them"
        )


def _check_codelist(field: Field, codelists: Mapping[str, Codelist], place: Place) -> None:
    if field.codelist is None:
        return
    if field.codelist not in codelists:
        place.within("codelist").add(f"no codelist '{field.codelist}'; {nearest(field.codelist, codelists)}")
    elif field.default is not None:
        _check_codes([field.default], codelists[field.codelist], place.within("default"))


def _check_codes(values: Iterable[str], codelist: Codelist, place: Place) -> None:
    """`values` stand on features, so they are codes of the list and not its group rows."""
    leaves = {code.code for code in codelist.codes if not code.group}
    groups = {code.code for code in codelist.codes} - leaves
    for value in values:
        if value in groups:
            place.add(f"'{value}' is a group row of {codelist.name}, which never stands on a feature; name its codes")
        elif value not in leaves:
            place.add(f"'{value}' is not in codelist {codelist.name}; {nearest(value, leaves)}")


def _check_roles(fields: Sequence[Field], place: Place) -> None:
    first: dict[Role, str] = {}
    for field in fields:
        if field.role is None:
            continue
        here = place.within(f"fields.{field.name}.role")
        if field.role in first:
            here.add(f"'{field.role}' is already played by {first[field.role]}; one field a role")
        first.setdefault(field.role, field.name)
        if field.type not in ROLE_TYPES[field.role]:
            needed = " or ".join(sorted(ROLE_TYPES[field.role]))
            here.add(f"'{field.role}' needs type {needed}, this field is {field.type}; change one of them")


def _check_aliases(fields: Sequence[Field], place: Place) -> None:
    """A name in a source file means one field: names and aliases of two fields differ even when folded."""
    home = {fold(field.name): field.name for field in fields}
    for field in fields:
        here = place.within(f"fields.{field.name}.aliases")
        for alias in field.aliases:
            if not fold(alias):
                here.add(f"'{alias}' has neither letter nor digit; remove it")
                continue
            first = home.setdefault(fold(alias), field.name)
            if first != field.name:
                here.add(f"'{alias}' names field {first} too (case, accents, separators do not count); remove one")


def _check_identity(file: LayerFile) -> None:
    place = file.place.within("identity")
    for name in _known(file.layer.identity, file, place):
        field = file.layer.field(name)
        if name in file.broken:
            continue
        if field.access is Access.RESTRICTED:
            place.add(f"'{name}' is restricted, and identity stands in the layer's own table; take it out")
        if field.type is FieldType.TEXT_LIST:
            place.add(f"'{name}' is a list, and identity is made of single values; take it out")


def _check_tiles(file: LayerFile) -> None:
    tiles, place = file.layer.tiles, file.place.within("tiles")
    for key, zoom in (("min_zoom", tiles.min_zoom), ("max_zoom", tiles.max_zoom)):
        if not 0 <= zoom <= MAX_ZOOM:
            place.within(key).add(f"{zoom} is not a zoom; give 0 to {MAX_ZOOM}")
    if tiles.min_zoom > tiles.max_zoom:
        place.within("min_zoom").add(f"{tiles.min_zoom} is above max_zoom {tiles.max_zoom}; exchange them")
    _check_public(tiles.fields, file, place.within("fields"))
    _check_cells(file, place)
    drawn = file.layer.geometry.type
    if tiles.labels and drawn is not GeometryType.MULTIPOLYGON:
        place.within("labels").add(f"is for polygons, not for {drawn}; remove it")
    for key, names in (("cells_by", (tiles.cells_by,) if tiles.cells_by else ()), ("labels", tiles.labels)):
        for name in _known(names, file, place.within(key)):
            if name not in tiles.fields:
                place.within(key).add(f"'{name}' is not in tiles.fields; add it there")


def _check_cells(file: LayerFile, place: Place) -> None:
    """Cells stand for polygons and points, below the zoom of single features; their grid ends with zoom 15."""
    tiles = file.layer.tiles
    if tiles.cells_from is None:
        return
    here = place.within("cells_from")
    if file.layer.geometry.type is GeometryType.MULTILINESTRING:
        here.add("cells cannot show lines; remove it")
    if file.layer.time is not TimeModel.VERSIONED:
        here.add("cells are kept by changesets, which this layer has not; remove it")
    if not 0 <= tiles.cells_from < tiles.min_zoom:
        here.add(f"{tiles.cells_from} is not below min_zoom {tiles.min_zoom}; lower it")
    if tiles.min_zoom > LAST_CELLS + 1:
        place.within("min_zoom").add(f"{tiles.min_zoom} leaves zooms bare, cells end at {LAST_CELLS}; lower it")


def _check_rule(rule: RowRule, file: LayerFile, codelists: Mapping[str, Codelist], place: Place) -> None:
    for name in _known([rule.field], file, place.within("field")) if rule.field else ():
        field = file.layer.field(name)
        if name not in file.broken:
            _check_rule_field(rule, field, codelists, place)
    if rule.show is not Show.REDUCED and (rule.fields or rule.geometry):
        place.within("show").add(f"'{rule.show}' takes no fields and no geometry; remove them or write 'reduced'")
    _check_public(rule.fields, file, place.within("fields"))


def _check_rule_field(rule: RowRule, field: Field, codelists: Mapping[str, Codelist], place: Place) -> None:
    if field.access is Access.RESTRICTED:
        place.within("field").add(f"'{field.name}' is restricted, and rules read the layer's own table; take another")
    if field.type not in TEXTS:
        place.within("field").add(f"'{field.name}' is {field.type}, rules compare text or text[]; take another")
    if not rule.values:
        place.within("values").add("is empty, so the rule never holds; name the values or remove the rule")
    if field.codelist is not None and field.codelist in codelists:
        _check_codes(rule.values, codelists[field.codelist], place.within("values"))


def _check_public(names: Sequence[str], file: LayerFile, place: Place) -> None:
    """Tiles and reduced rows go to everybody, so they show public fields only."""
    for name in _known(names, file, place):
        access = file.layer.field(name).access
        if access is not Access.PUBLIC and name not in file.broken:
            place.add(f"'{name}' is {access}, only public fields may stand here; take it out")


def _known(names: Sequence[str], file: LayerFile, place: Place) -> list[str]:
    """Those of `names` that are fields of the layer; the others, and repetitions, are noted."""
    for name, count in Counter(names).items():
        if name not in file.layer:
            place.add(f"no field '{name}'; {nearest(name, (f.name for f in file.layer.fields))}")
        elif count > 1:
            place.add(f"'{name}' stands {count} times; keep one")
    return [name for name in dict.fromkeys(names) if name in file.layer]

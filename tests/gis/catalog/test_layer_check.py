from __future__ import annotations

from collections.abc import Callable

import pytest

from gis.store.tables import history_table
from tests.gis.catalog.conftest import FILES, Definitions

Broken = Callable[[str, str, str], list[str]]
FILE = "layers/lots/layer.toml: "
AREA = "minimum = 0\nmaximum = 100"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (AREA, "minimum = 9\nmaximum = 1", "fields.area.minimum: 9 is above maximum 1; exchange them"),
        (
            'title = { vi = "Số tờ"',
            'minimum = 1\ntitle = { vi = "Số tờ"',
            "fields.sheet.minimum: is for integer or number,",
        ),
        (
            'title = { vi = "Số tờ"',
            'unit = "m"\ntitle = { vi = "Số tờ"',
            "fields.sheet.unit: is for integer or number,",
        ),
        (AREA, 'pattern = "^x$"', "fields.area.pattern: is for text or text[], not for number; remove it"),
        (AREA, 'codelist = "land_use"', "fields.area.codelist: is for text or text[], not for number; remove it"),
        (
            AREA,
            "searchable = true",
            "fields.area.searchable: is for public text, this field is agency number; remove it",
        ),
        ('table = "holders"', 'table = "holders"\nsearchable = true', "fields.owner.searchable: is for public text,"),
        (AREA, 'name_vi = "so_to"', "fields.area.name_vi: 'so_to' is the name of sheet already; give"),
        (AREA, 'name_vi = "use"', "fields.area.name_vi: 'use' is another field; give this one another Vietnamese name"),
        (AREA, 'name_vi = "hieu_luc_tu"', "fields.area.name_vi: 'hieu_luc_tu' is the name of every feature already;"),
        (AREA, 'name_vi = "Diện tích"', "fields.area.name_vi: 'Diện tích' is not a name; use a-z, 0-9 and _,"),
        ('vi = "Diện tích"', 'vi = "100 %"', "fields.area.name_vi: '100' is not a name; use a-z, 0-9 and _,"),
        (AREA, 'default = "1"', "fields.area.default: is for text, not for number; remove it"),
        (
            'role = "label"',
            'role = "label"\npattern = "^(a$"',
            "fields.number.pattern: not a regular expression: missing ),",
        ),
        (
            'role = "label"',
            'role = "label"\npattern = "[0-9]"',
            "fields.number.pattern: must hold for the whole value; begin",
        ),
        (
            'role = "label"',
            'role = "label"\npattern = "^[0-9]$"\ndefault = "x"',
            "fields.number.default: 'x' does not follow the pattern ^[0-9]$; mend one of them",
        ),
        (
            'role = "label"',
            'role = "label"\ntable = "t"',
            "fields.number.table: is for restricted fields, this one is public;",
        ),
        (
            'table = "holders"',
            "",
            "fields.owner.table: missing; a restricted field stands in a table of its own, name it",
        ),
        ('table = "holders"', 'table = "Holders"', "fields.owner.table: 'Holders' is not a name; use a-z, 0-9 and _,"),
        (
            'codelist = "land_use"',
            'codelist = "landuse"',
            "fields.use.codelist: no codelist 'landuse'; did you mean 'land_use'?",
        ),
        (
            'default = "ODT"',
            'default = "OTD"',
            "fields.use.default: 'OTD' is not in codelist land_use; did you mean 'ODT'?",
        ),
        (
            'default = "ODT"',
            'default = "PNN"',
            "fields.use.default: 'PNN' is a group row of land_use, which never stands on",
        ),
        ('default = "ODT"', 'role = "label"', "fields.use.role: 'label' is already played by number; one field a role"),
        (
            'role = "label"',
            'role = "measured_area"',
            "fields.number.role: 'measured_area' needs type number, this field is text;",
        ),
        (
            'role = "label"',
            'role = "codes"',
            "fields.number.role: 'codes' needs type text[], this field is text; change one",
        ),
        (
            'aliases = ["SoThua"]',
            'aliases = ["SO TỜ"]',
            "fields.number.aliases: 'SO TỜ' names field sheet too (case, accents,",
        ),
        (
            'aliases = ["SoThua"]',
            'aliases = ["Area"]',
            "fields.number.aliases: 'Area' names field area too (case, accents,",
        ),
        (
            'aliases = ["SoThua"]',
            'aliases = ["_-_"]',
            "fields.number.aliases: '_-_' has neither letter nor digit; remove it",
        ),
        ('["sheet", "number"]', '["sheet", "nmber"]', "identity: no field 'nmber'; did you mean 'number'?"),
        ('["sheet", "number"]', '["sheet", "sheet"]', "identity: 'sheet' stands 2 times; keep one"),
        (
            '["sheet", "number"]',
            '["sheet", "owner"]',
            "identity: 'owner' is restricted, and identity stands in the layer's",
        ),
        ('["number", "use"]', '["number", "use", "aera"]', "tiles.fields: no field 'aera'; did you mean 'area'?"),
        (
            '["number", "use"]',
            '["number", "use", "area"]',
            "tiles.fields: 'area' is agency, only public fields may stand here",
        ),
        ("max_zoom = 18", "max_zoom = 25", "tiles.max_zoom: 25 is not a zoom; give 0 to 24"),
        ("max_zoom = 18", "max_zoom = 13", "tiles.min_zoom: 14 is above max_zoom 13; exchange them"),
        ("max_zoom = 18", "max_zoom = 18\ncells_from = 14", "tiles.cells_from: 14 is not below min_zoom 14; lower it"),
        (
            "min_zoom = 14",
            "min_zoom = 17\ncells_from = 8",
            "tiles.min_zoom: 17 leaves zooms bare, cells end at 15; lower it",
        ),
        (
            "max_zoom = 18",
            'max_zoom = 18\ncells_from = 8\ncells_by = "sheet"',
            "tiles.cells_by: 'sheet' is not in tiles.fields; add it there",
        ),
        (
            "max_zoom = 18",
            'max_zoom = 18\nlabels = ["nummer"]',
            "tiles.labels: no field 'nummer'; did you mean 'number'?",
        ),
        (
            'fields = ["number", "use"]',
            'fields = ["number", "use"]\nlabels = ["sheet"]',
            "tiles.labels: 'sheet' is not in tiles.fields; add it there",
        ),
        ('field = "use"', 'field = "usage"', "rows.rules[1].field: no field 'usage'; did you mean 'use'?"),
        (
            'field = "use"',
            'field = "area"',
            "rows.rules[1].field: 'area' is number, rules compare text or text[]; take",
        ),
        (
            'field = "use"',
            'field = "owner"',
            "rows.rules[1].field: 'owner' is restricted, and rules read the layer's own",
        ),
        (
            'values = ["CQP"]',
            'values = ["CQB"]',
            "rows.rules[1].values: 'CQB' is not in codelist land_use; did you mean 'CQP'?",
        ),
        ('values = ["CQP"]', 'values = ["PNN"]', "rows.rules[1].values: 'PNN' is a group row of land_use, which never"),
        (
            'values = ["CQP"]',
            "values = []",
            "rows.rules[1].values: is empty, so the rule never holds; name the values or",
        ),
        (
            'show = "reduced"',
            'show = "all"',
            "rows.rules[1].show: 'all' takes no fields and no geometry; remove them or",
        ),
        ('fields = ["number"]', 'fields = ["area"]', "rows.rules[1].fields: 'area' is agency, only public fields may"),
        ('fields = ["number"]', 'fields = ["numbr"]', "rows.rules[1].fields: no field 'numbr'; did you mean 'number'?"),
    ],
)
def test_each_misfit_is_named_with_key_and_mend(broken: Broken, old: str, new: str, line: str) -> None:
    found = broken("lots/layer.toml", old, new)
    assert len(found) == 1, found
    assert found[0].startswith(FILE + line)


def test_a_list_cannot_identify_a_feature(broken: Broken) -> None:
    found = broken(
        "lots/layer.toml", 'type = "text"\ntitle = { vi = "Số tờ"', 'type = "text[]"\ntitle = { vi = "Số tờ"'
    )
    assert found == [FILE + "identity: 'sheet' is a list, and identity is made of single values; take it out"]


LONG = "lots_with_quite_a_long_name_ab1"


def _indexed(definitions: Definitions, field: str) -> None:
    """A layer with a long name and an indexed text field of that name."""
    for file, text in list(FILES.items()):
        if file.startswith("lots/"):
            (definitions.root / file).unlink()
            definitions.write(file.replace("lots", LONG), text.replace("lots", LONG))
    (definitions.root / "lots").rmdir()
    added = f'[fields.{field}]\ntype = "text"\nindexed = true\ntitle = {{ vi = "Tên", en = "Name" }}\n\n[fields.sheet]'
    definitions.change(f"{LONG}/layer.toml", "[fields.sheet]", added)


def test_names_that_fit_together_make_names_of_indexes_that_postgresql_takes(definitions: Definitions) -> None:
    _indexed(definitions, "f" * 24)
    table = history_table(definitions.read().layers[LONG])
    names = [str(index.name) for index in table.indexes]
    assert f"{LONG}_{'f' * 24}_open" in names
    assert max(map(len, names)) <= 63


def test_names_that_are_too_long_together_are_told(definitions: Definitions) -> None:
    _indexed(definitions, "f" * 25)
    (problem,) = definitions.problems()
    assert problem == (
        f"layers/{LONG}/layer.toml: fields.{'f' * 25}: indexed, and '{LONG}' and '{'f' * 25}' together "
        "are longer than 55 characters; shorten one of them"
    )

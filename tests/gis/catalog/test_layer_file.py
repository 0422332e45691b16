from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Broken = Callable[[str, str, str], list[str]]
FILE = "layers/lots/layer.toml: "


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ('id = "lots"\n', "", ["id: missing; add it"]),
        (
            'id = "lots"',
            'id = "parcels"',
            ["id: 'parcels' is not the folder's name; write id = \"lots\" or rename the folder"],
        ),
        ('owner = "Sở"', "owner = 5", ["owner: is the integer 5, must be a text; put it in quotes"]),
        ('owner = "Sở"', 'owner = ""', ["owner: '' is empty or has space around it; write the bare text"]),
        ('owner = "Sở"', 'owner = " Sở"', ["owner: ' Sở' is empty or has space around it; write the bare text"]),
        (
            'owner = "Sở"',
            'owner = "Sở"\norder = "1"',
            ["order: is the text '1', must be a whole number without quotes"],
        ),
        ('owner = "Sở"', 'owner = "Sở"\nlicense = "x"', ["license: unknown key; did you mean 'licence'?"]),
        (
            'title = { vi = "Lô", en = "Lots" }',
            'title = "Lô"',
            ['title: is the text \'Lô\', must be in both languages; write { vi = "…", en = "…" }'],
        ),
        ('{ vi = "Lô", en = "Lots" }', '{ vi = "Lô" }', ["title: en is missing; give vi and en"]),
        (
            '{ vi = "Lô", en = "Lots" }',
            '{ vi = "Lô", en = "Lots", fr = "Lots" }',
            ["title: language 'fr' is not known; give vi and en"],
        ),
        (
            'identity = ["sheet", "number"]',
            'identity = "sheet"',
            ['identity: is the text \'sheet\', must be an array of texts; write ["a", "b"]'],
        ),
        (
            'identity = ["sheet", "number"]',
            "identity = []",
            ["identity: is empty; name the fields by which a feature is recognised when it comes again"],
        ),
        ('[geometry]\ntype = "MultiPolygon"\n', "", ["geometry: missing; add it"]),
        ('type = "MultiPolygon"\n', "", ["geometry.type: missing; add it"]),
        (
            '"MultiPolygon"',
            '"MultiPolygon"\nrequired = "no"',
            ["geometry.required: is the text 'no', must be true or false"],
        ),
        ('"versioned"', '"both"', ["time.model: is the text 'both', must be one of versioned, none"]),
        ("[time]", "[times]", ["times: unknown key; did you mean 'time'?"]),
        ("[tiles]\n", "[tiles]\nmin_zom = 3\n", ["tiles.min_zom: unknown key; did you mean 'min_zoom'?"]),
        (
            "min_zoom = 14",
            "min_zoom = 14.5",
            ["tiles.min_zoom: is the number 14.5, must be a whole number without quotes"],
        ),
        ("gap_width = 0.1", "gap_width = 0", ["quality.gap_width: is 0, must be above 0"]),
        (
            "gap_width = 0.1",
            "gap_width = nan",
            ["quality.gap_width: is the number nan, must be a finite number without quotes"],
        ),
        ("gap_width = 0.1", "coverage = 1", ["quality.coverage: is the integer 1, must be true or false"]),
        (
            'default = "all"',
            'default = "some"',
            ["rows.default: is the text 'some', must be one of none, reduced, all"],
        ),
        ("[[rows.rules]]", "[rows.rules]", ["rows.rules: is a table, must be an array of tables; write [[rules]]"]),
        ('show = "reduced"\n', "", ["rows.rules[1].show: missing; add it"]),
        ("geometry = true", "geom = true", ["rows.rules[1].geom: unknown key; did you mean 'geometry'?"]),
        ('type = "number"', 'type = "decimal"', ["fields.area.type: is the text 'decimal', must be one of "]),
        (
            'role = "label"',
            'role = "lable"',
            ["fields.number.role: is the text 'lable', must be one of label, commune"],
        ),
        (
            'access = "agency"',
            'access = "staff"',
            ["fields.area.access: is the text 'staff', must be one of public, agency"],
        ),
        (
            'aliases = ["SoThua"]',
            'aliases = ["SoThua", 3]',
            ["fields.number.aliases: is the integer 3, must be a text; put it in quotes"],
        ),
        (
            "[fields.sheet]",
            "[fields.Sheet]",
            [
                "fields.Sheet: 'Sheet' is not a name; use a-z, 0-9 and _, beginning with a letter",
                "identity: no field 'sheet'; did you mean 'Sheet'?",
            ],
        ),
        (
            "[fields.owner]",
            "[fields.valid_from]",
            ["fields.valid_from: 'valid_from' is reserved by Landmap; choose another name"],
        ),
        ("[fields.owner]", "[fields.type]", ["fields.type: 'type' is reserved by Landmap; choose another name"]),
        (
            "[fields.owner]",
            f"[fields.{'x' * 32}]",
            [f"fields.{'x' * 32}: '{'x' * 32}' is longer than 31 characters; shorten it"],
        ),
    ],
)
def test_each_mistake_is_named_with_key_and_mend(broken: Broken, old: str, new: str, lines: list[str]) -> None:
    found = broken("lots/layer.toml", old, new)
    assert len(found) == len(lines)
    assert all(line.startswith(FILE + expected) for line, expected in zip(found, lines, strict=True)), found


def test_a_file_that_is_not_toml_names_the_line(broken: Broken) -> None:
    (line,) = broken("lots/layer.toml", 'owner = "Sở"', "owner = Sở")
    assert line.startswith(FILE + "not valid TOML: ")
    assert "line 5" in line


def test_a_key_that_stands_twice_is_not_toml(broken: Broken) -> None:
    (line,) = broken("lots/layer.toml", 'owner = "Sở"', 'owner = "Sở"\nowner = "Ủy ban"')
    assert line.startswith(FILE + "not valid TOML: Cannot overwrite a value")


def test_a_file_that_is_not_utf_8_names_the_byte(definitions: Any) -> None:
    path = definitions.root / "lots" / "layer.toml"
    path.write_bytes(b"\xff" + path.read_bytes())
    assert definitions.problems() == [FILE + "not UTF-8 at byte 0; save the file as UTF-8"]


def test_a_layer_without_fields_says_so(definitions: Any) -> None:
    path = definitions.root / "lots" / "layer.toml"
    text = path.read_text("utf-8")
    definitions.write("lots/layer.toml", text[: text.index("[fields.sheet]")])
    assert FILE + "fields: a layer needs at least one field; add [fields.<name>]" in definitions.problems()


def test_fields_written_as_text_are_told_how_to_be_a_table(definitions: Any) -> None:
    path = definitions.root / "lots" / "layer.toml"
    definitions.write("lots/layer.toml", path.read_text("utf-8") + "\n[fields]\nyear = 'integer'\n")
    assert definitions.problems() == [
        FILE + "fields.year: is the text 'integer', must be a table; write [fields.year] above its keys",
        FILE + "fields.year.type: missing; add it",
        FILE + "fields.year.title: missing; add it",
    ]


def test_a_broken_field_is_reported_once_and_not_again_by_what_uses_it(broken: Broken) -> None:
    """`use` stands in tiles, style and row rules; only its own line is wrong."""
    assert broken("lots/layer.toml", 'codelist = "land_use"', 'codelist = "land_use"\naccess = "secret"') == [
        FILE + "fields.use.access: is the text 'secret', must be one of public, agency, restricted",
    ]

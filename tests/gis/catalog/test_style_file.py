from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.catalog.style_file import _properties

Broken = Callable[[str, str, str], list[str]]
FILE = "layers/lots/style.json: "


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('"lots-label"', '"lots-fill"', "[1].id: 'lots-fill' stands twice; choose another"),
        ('"id": "lots-fill", ', "", "[0].id: missing; add it"),
        ('"type": "fill"', '"type": "polygon"', "[0].type: 'polygon' is not one of fill, line, symbol, circle,"),
        ('"source-layer": "lots", "minzoom": 14', '"minzoom": 14', "[0].source-layer: missing; add it"),
        (
            '"source-layer": "lots", "minzoom": 14',
            '"source-layer": "x"',
            "[0].source-layer: 'x' is not in this layer's tiles; write 'lots'",
        ),
        ('"minzoom": 14,', '"minzoom": 14, "source": "s",', "[0].source: the map adds it; remove it"),
        (
            '"minzoom": 14',
            '"minzoom": 12',
            "[0].minzoom: 12 is below tiles.min_zoom 14, where there are no tiles; raise it",
        ),
        (
            '"maxzoom": 20',
            '"maxzoom": 16',
            "[1].maxzoom: 16 is not above the lowest zoom, so nothing is drawn; raise it",
        ),
        (
            '["match", ["get", "use"]',
            '["match", ["get", "usage"]',
            "[0].paint: property 'usage' is not in the tiles; did you",
        ),
        (
            '["==", ["get", "use"], "ODT"]',
            '["has", "area"]',
            "[0].filter: property 'area' is not in the tiles; add it to",
        ),
        (
            '["==", ["get", "use"], "ODT"]',
            '["==", "owner", "x"]',
            "[0].filter: property 'owner' is not in the tiles; add it",
        ),
        (
            '"{number}"',
            '"{number} {sheet}"',
            "[1].layout: property 'sheet' is not in the tiles; add it to tiles.fields in",
        ),
        (
            '"{number}"',
            '{"vi": "số {number}"}',
            "[1].layout.text-field: is not in both languages; write { ",
        ),
        (
            '"{number}"',
            '{"vi": "số {number}", "en": "no. {sheet}"}',
            "[1].layout: property 'sheet' is not in the tiles; add it to tiles.fields in",
        ),
        ('"#000000"}}', '"#000000"}},', "not valid JSON: "),
    ],
)
def test_each_mistake_is_named_with_key_and_mend(broken: Broken, old: str, new: str, line: str) -> None:
    (found,) = broken("lots/style.json", old, new)
    assert found.startswith(FILE + line)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("{}", "is a table, must be an array of MapLibre layers; write [{…}]"),
        ("[3]", "[0]: is the integer 3, must be a MapLibre layer; write {…}"),
    ],
)
def test_a_style_is_an_array_of_layers(definitions: Any, content: str, line: str) -> None:
    definitions.write("lots/style.json", content)
    assert definitions.problems() == [FILE + line]


def test_a_layer_may_have_no_style(definitions: Any) -> None:
    (definitions.root / "lots" / "style.json").unlink()
    assert definitions.read().layers["lots"].style == ()


def test_literals_and_geometry_types_are_not_properties() -> None:
    expression = [
        "all",
        ["in", ["get", "a"], ["literal", ["get", "x"]]],
        ["==", "$type", "Point"],
        ["==", ["geometry-type"], "b"],
    ]
    assert list(_properties(expression, legacy=True)) == ["a"]


NAMES = st.text("abcdef", min_size=1, max_size=3)
LEAVES = NAMES.map(lambda n: ({n}, ["get", n])) | st.integers().map(lambda i: (set[str](), i))


def nested(children: st.SearchStrategy[tuple[set[str], Any]]) -> st.SearchStrategy[tuple[set[str], Any]]:
    return st.lists(children, min_size=1, max_size=3).map(
        lambda parts: (set().union(*(names for names, _ in parts)), ["case", *(part for _, part in parts)])
    )


@given(st.recursive(LEAVES, nested, max_leaves=12))
def test_every_property_is_found_however_deep_it_stands(made: tuple[set[str], Any]) -> None:
    names, expression = made
    assert set(_properties(json.loads(json.dumps(expression)))) == names

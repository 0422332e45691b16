from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gis.catalog.layer_file import _fields, _geometry, _quality, _rows, _tiles
from gis.catalog.problems import Place
from gis.catalog.table import Table
from gis.errors import DefinitionError

KEYS = st.sampled_from(["type", "title", "rules", "default", "fields", "values", "min_zoom", "access", "x", "vi", "en"])
SCALARS = st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates()
VALUES = st.recursive(SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(KEYS, v, max_size=4), max_leaves=10)


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from(["geometry", "tiles", "quality", "rows", "fields"]), VALUES))
def test_whatever_stands_in_a_file_is_read_or_reported(values: dict[str, Any]) -> None:
    """Reading never ends in anything but noted mistakes, so one file cannot hide the mistakes of another."""
    problems: list[str] = []
    table = Table(values, Place("layer.toml", problems))
    with suppress(DefinitionError):
        for read in (_geometry, _tiles, _quality, _rows, _fields):
            read(table)  # type: ignore[operator]
    assert all(line.startswith("layer.toml: ") and len(line) > 15 for line in problems)


def test_keys_that_nobody_asked_for_are_reported() -> None:
    problems: list[str] = []
    table = Table({"a": 1, "b": 2}, Place("file", problems, "part"))
    table.optional("a", lambda value: value, None)
    table.close()
    assert problems == ["file: part.b: unknown key; known: a"]

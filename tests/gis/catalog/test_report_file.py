from __future__ import annotations

from pathlib import Path

import pytest

from gis.catalog.report_file import read_categories
from gis.errors import DefinitionError
from tests.conftest import LAYERS


def test_the_categories_of_the_repository_are_read_in_their_order() -> None:
    found = read_categories(LAYERS)
    assert next(iter(found)) == "land"
    assert found["urban-order"].agency == "tong-dai-1022"
    assert found["map-data"].title.vi == "Sai dữ liệu bản đồ"


def test_without_a_file_there_is_nothing_to_report(tmp_path: Path) -> None:
    assert read_categories(tmp_path) == {}


def test_every_mistake_is_named_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    one = '[[categories]]\nid = "{id}"\ntitle = {{ vi = "Đất" }}\ndescription = {{ vi = "a", en = "b" }}\nagency = "x y"\nagency_title = "Sở"\n'
    content = one.format(id="land") + one.format(id="land") + "colour = 1\n"
    (tmp_path / "reports" / "categories.toml").write_text(content, encoding="utf-8")
    with pytest.raises(DefinitionError) as told:
        read_categories(tmp_path)
    text = "\n".join(told.value.problems)
    for word in ("en is missing", "'x y' is no short name", "'land' stands twice", "colour"):
        assert word in text

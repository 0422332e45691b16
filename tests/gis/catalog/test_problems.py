from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gis.catalog.problems import Place, nearest


def test_a_line_has_file_key_and_problem() -> None:
    lines: list[str] = []
    Place("file", lines).add("wrong")
    Place("file", lines).within("a").within("b").add("missing")
    assert lines == ["file: wrong", "file: a.b: missing"]


def test_a_misspelt_name_is_told_the_nearest_one_and_a_strange_one_all() -> None:
    assert nearest("Titel", ["title", "type"]) == "did you mean 'title'?"
    assert nearest("qqq", ["b", "a"]) == "known: a, b"
    assert nearest("qqq", [str(n) for n in range(100, 114)]).endswith(" and 2 more")
    assert nearest("qqq", []) == "none is defined"


@given(st.lists(st.text("abcXYZ", min_size=1), min_size=1), st.data())
def test_a_known_name_in_other_case_is_always_found(names: list[str], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(names))
    found = nearest(name.swapcase(), names)
    assert found.startswith("did you mean '")
    assert found.split("'")[1].casefold() == name.casefold()

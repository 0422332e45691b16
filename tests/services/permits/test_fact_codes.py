"""A stated code is one of those that there are at the time, or the case is not judged by it."""

from __future__ import annotations

import pytest

from gis.errors import InvalidParameter
from services.permits.fact_codes import CODED, Codes, refuse_strange_codes, strange_code

KNOWN = Codes({"city": {"79"}, "district": {"760", "721"}, "land_use": {"ODT", "ONT"}})


def test_what_is_known_or_not_stated_is_let_pass() -> None:
    for facts in ({}, {"city": None}, {"city": "79", "district": "721", "land_use": "ONT", "height_m": 12}):
        assert strange_code(facts, KNOWN) is None
        refuse_strange_codes(facts, KNOWN)


@pytest.mark.parametrize(("name", "told"), [("city", "01"), ("district", "76"), ("land_use", "OTC"), ("land_use", "")])
def test_what_is_not_known_is_named_with_what_there_is(name: str, told: str) -> None:
    with pytest.raises(InvalidParameter) as wrong:
        refuse_strange_codes({name: told}, KNOWN)
    for text in (wrong.value.vi, wrong.value.en):
        assert f"'{told}'" in text and all(code in text for code in KNOWN.by_fact[name])
    assert wrong.value.where == f"facts.{name}"


@pytest.mark.parametrize("name", CODED)
def test_where_there_is_no_list_nothing_can_be_stated(name: str) -> None:
    found = strange_code({name: "79"}, Codes(dict.fromkeys(CODED, ())))
    assert found is not None and found[0] == name
    assert "bỏ" in found[1].vi and "leave it out" in found[1].en

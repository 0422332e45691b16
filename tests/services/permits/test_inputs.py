"""The choices of a permit check against the lists of codes that the layers have for them."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gis.model.layer import Catalog
from services.permits.case_bodies import APPLICATION
from services.permits.inputs import INPUTS, USES, WORKS


def codes(catalog: Catalog, name: str) -> list[str]:
    return [one.code for one in catalog.codelists[name].codes if not one.group and one.valid_to is None]


def test_uses_are_those_of_the_list(catalog: Catalog) -> None:
    assert sorted(USES) == sorted(codes(catalog, "building_use"))


def test_works_are_those_of_the_list_and_the_splitting_of_a_parcel(catalog: Catalog) -> None:
    assert sorted(WORKS) == sorted([*codes(catalog, "work_kind"), "SPLIT"])


FACTS: tuple[Any, ...] = (INPUTS["facts"].schema, APPLICATION["properties"]["facts"])  # type: ignore[index,call-overload]
TEXTS = [name for name, one in FACTS[0]["properties"].items() if one["type"] == "string"]


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("said", ["Bà Nguyễn Thị B", "NGUYEN VAN A", "BÀ B", "760\n", "ODT\n", "７６０", ""])
def test_facts_of_text_are_codes_and_name_nobody(name: str, said: str) -> None:
    """In checks and in cases, which keep them."""
    for schema in FACTS:
        assert not Draft202012Validator(schema).is_valid({name: said})


def test_facts_of_text_take_the_codes_there_are(catalog: Catalog) -> None:
    told = [{"land_use": code} for code in codes(catalog, "land_use")]
    assert "land_use" in TEXTS and len(told) > 20
    for facts in (*told, {"city": "79"}, {"district": "760"}, {"house_form": "villa"}, {"area_kind": "new"}):
        for schema in FACTS:
            assert Draft202012Validator(schema).is_valid(facts), facts

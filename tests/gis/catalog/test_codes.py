from __future__ import annotations

from datetime import date

from gis.catalog.codes import find, holds, on_features, successor
from gis.model.layer import Code, Codelist, Text

CUT = date(2024, 8, 1)
NAME = Text("a", "a")
CODES = Codelist(
    "land_use",
    (
        Code("PNN", NAME, group=True),
        Code("LUC", Text("Lúa nước", "Paddy"), valid_to=CUT),
        Code("LUC", Text("Lúa", "Rice"), valid_from=CUT),
        Code("BHK", NAME, valid_to=CUT, replaced_by="HNK"),
        Code("HNK", NAME, valid_to=CUT, group=True),
        Code("HNK", NAME, valid_from=CUT),
        Code("DCK", NAME, valid_to=CUT),
        Code("A", NAME, valid_to=CUT, replaced_by="B"),
        Code("B", NAME, valid_to=CUT, replaced_by="A"),
    ),
)


def test_a_code_holds_from_its_first_day_up_to_and_without_its_last() -> None:
    code = Code("X", NAME, valid_from=date(2020, 1, 1), valid_to=CUT)
    assert [holds(code, day) for day in (date(2019, 12, 31), date(2020, 1, 1), date(2024, 7, 31), CUT)] == [
        *(False, True, True, False),
    ]


def test_the_name_of_a_code_is_that_of_the_day() -> None:
    assert [row.title.en for day in (date(2024, 7, 31), CUT) if (row := find(CODES, "LUC", day))] == ["Paddy", "Rice"]


def test_group_rows_and_ended_codes_stand_on_no_feature() -> None:
    assert [c.code for c in on_features(CODES, CUT)] == ["LUC", "HNK"]


def test_an_ended_code_leads_to_its_successor_or_to_a_person() -> None:
    asked = ("LUC", "BHK", "DCK", "PNN", "A", "?")
    assert [successor(CODES, code, CUT) for code in asked] == ["LUC", "HNK", None, None, None, None]
    assert successor(CODES, "HNK", date(2024, 7, 31)) is None, "HNK of 2014 is a group row"

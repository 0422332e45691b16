from __future__ import annotations

from datetime import date

import pytest

from gis.catalog.problems import Place
from gis.rules.dossier import INPUTS, Dossier, read_dossier
from gis.rules.offices import Regime, competent, read_offices
from tests.gis.rules.town import RULES

LAW = date(2026, 7, 1)
INDUSTRY = "DAT_SX_Congnghiep"


def text(name: str) -> str:
    return (RULES.parent / "permits" / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def regimes() -> tuple[Regime, ...]:
    problems: list[str] = []
    found = read_offices(text("offices.toml"), Place("offices", problems))
    assert not problems
    return found


@pytest.fixture(scope="module")
def dossier() -> Dossier:
    problems: list[str] = []
    found = read_dossier(text("dossier.toml"), Place("dossier", problems))
    assert not problems
    return found


@pytest.mark.parametrize(
    ("use", "building_class", "office"),
    [
        ("HOUSE", None, "commune"),
        ("HOUSE", "I", "commune"),
        ("OFFICE", "III", "commune"),
        (None, "IV", "commune"),
        ("OFFICE", "II", "department"),
        ("APARTMENT", "SPECIAL", "department"),
    ],
)
def test_use_and_class_decide_who_grants_a_permit(
    regimes: tuple[Regime, ...], use: str | None, building_class: str | None, office: str
) -> None:
    found = competent(regimes, LAW, use, building_class, ["DAT_O_Nhomnhao"])
    assert found.office is not None and found.office.id == office
    assert not found.missing and found.clause is not None


@pytest.mark.parametrize(("use", "missing"), [(None, ("use", "cap_cong_trinh")), ("OFFICE", ("cap_cong_trinh",))])
def test_what_lacks_to_tell_the_office_is_named(
    regimes: tuple[Regime, ...], use: str | None, missing: tuple[str, ...]
) -> None:
    found = competent(regimes, LAW, use, None, [])
    assert found.office is None and found.missing == missing
    assert [one.id for one in found.candidates] == ["commune", "department"]


@pytest.mark.parametrize("functions", [[INDUSTRY], None])
def test_where_a_board_may_have_its_zone_somebody_has_to_look(
    regimes: tuple[Regime, ...], functions: list[str] | None
) -> None:
    found = competent(regimes, LAW, "HOUSE", "III", functions)
    assert found.office is None and found.missing == ("zone_board",)
    assert [one.id for one in found.candidates] == ["commune", "zone-board"]


def test_before_the_law_nobody_is_named(regimes: tuple[Regime, ...]) -> None:
    found = competent(regimes, date(2026, 6, 30), "HOUSE", "III", [])
    assert (found.office, found.candidates, found.clause) == (None, (), None)


def test_parts_of_the_application_are_there_once_all_their_inputs_are(dossier: Dossier) -> None:
    assert not dossier.lacking(INPUTS)
    assert {part.id for part in dossier.lacking(INPUTS - {"storeys"})} == {"height"}
    assert {part.id for part in dossier.lacking([])} == {part.id for part in dossier.parts if part.needs}
    assert "drawings" in {part.id for part in dossier.unseen}

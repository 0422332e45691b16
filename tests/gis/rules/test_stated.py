"""What an application states against itself: contradictions never conform, and what is missing is no contradiction."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.model.verdict import Status, Verdict
from gis.rules.evaluate import evaluate
from gis.rules.findings import findings_of, verdicts
from gis.rules.pack import Packs
from gis.rules.stated import OF_RECORD, OWN_INPUTS
from gis.rules.vocabulary import Domain, columns
from tests.gis.rules.town import TODAY, cases, rectangle, themes

BASE = 5 * 14.4


def told(packs: Packs, **changes: Any) -> tuple[Verdict, dict[str, Status]]:
    """The verdict on the good case with these changes, and what the pack says by rule."""
    findings = evaluate(cases(changes), themes(), packs, TODAY)
    own = {one.rule: one.status for one in findings_of(findings, 0) if one.pack == "stated"}
    return verdicts(findings)[0], own


def test_the_good_case_contradicts_nothing(packs: Packs) -> None:
    verdict, own = told(packs)
    assert verdict is Verdict.CONFORMS
    assert set(own.values()) <= {Status.PASS, Status.NOT_APPLICABLE}


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"floor_main_m2": 0.1}, "floors-fill-storeys"),
        ({"storeys_ham": 5}, "basements-have-floors"),
        ({"floor_basement_m2": 12.0}, "basement-floors-have-basements"),
        ({"height_m": 0.0, "height_front_m": 0.0, "ground_floor_height_m": 0.0}, "height-holds-storeys"),
        ({"height_m": 9.0, "height_front_m": 9.0}, "height-holds-storeys"),
        ({"storeys_tang": 0, "storeys_ap_mai": 4}, "ground-floor"),
        ({"storeys_tang": 1}, "floors-need-storeys"),
        ({"storeys_tang": 2, "floor_main_m2": 2 * BASE}, "height-needs-storeys"),
        ({"ground_floor_height_m": 5.0, "height_front_m": 15.1}, "no-part-above"),
        ({"green_m2": 9.0}, "green-has-room"),
    ],
)
def test_statements_that_cannot_all_be_true_are_to_be_looked_at(
    packs: Packs, changes: dict[str, Any], rule: str
) -> None:
    verdict, own = told(packs, **changes)
    assert own[rule] is Status.WARNING
    assert verdict is not Verdict.CONFORMS


def test_a_basement_for_cars_alone_has_floors_that_do_not_count(packs: Packs) -> None:
    assert told(packs, storeys_ham=1)[1]["basements-have-floors"] is Status.WARNING
    verdict, own = told(packs, storeys_ham=1, floor_parking_m2=60.0, ramp_to_road_m=3.0)
    assert own["basements-have-floors"] is Status.PASS
    assert verdict is Verdict.CONFORMS


def test_floors_of_a_tower_are_held_against_the_tower(packs: Packs) -> None:
    tower = {"tower": rectangle(0, 6, 5, 6), "podium_height_m": 4.0, "floor_main_m2": BASE + 3 * 30.0}
    assert told(packs, **tower)[1]["floors-fill-storeys"] is Status.PASS
    assert told(packs, **tower | {"floor_main_m2": 70.0})[1]["floors-fill-storeys"] is Status.WARNING


@given(
    storeys=st.integers(0, 9),
    basements=st.integers(0, 3),
    height=st.floats(0, 40),
    main=st.floats(0, 900),
    below=st.floats(0, 300),
)
@settings(deadline=None, max_examples=80)
def test_what_conforms_has_storeys_floors_and_height_that_fit_each_other(
    packs: Packs, storeys: int, basements: int, height: float, main: float, below: float
) -> None:
    """By the definition, not by the engine."""
    changes = {
        "storeys_tang": storeys,
        "storeys_ham": basements,
        "height_m": height,
        "height_front_m": height,
        "ground_floor_height_m": min(4.0, height),
        "floor_main_m2": main,
        "floor_basement_m2": below,
        "ramp_to_road_m": 3.0,
    }
    verdict, _ = told(packs, **changes)
    fits = (
        storeys >= 1
        and 2.4 * storeys <= height + 1e-4 * storeys
        and 0.6 * BASE * storeys <= main + 0.01
        and main <= 1.3 * BASE * storeys + 0.01
        and (below >= 0.2 * BASE * basements - 0.01 if basements else below <= 1e-4)
    )
    assert fits or verdict is not Verdict.CONFORMS


@pytest.mark.parametrize("name", ["storeys_tang", "height_m", "floor_main_m2", "footprint", "storeys_tum"])
def test_what_is_missing_contradicts_nothing_and_is_asked_for_elsewhere(packs: Packs, name: str) -> None:
    findings = evaluate(cases({}, {name: None}), themes(), packs, TODAY)
    own = [one.status for one in findings_of(findings, 1) if one.pack == "stated"]
    assert set(own) <= {Status.PASS, Status.NOT_APPLICABLE}
    assert verdicts(findings)[1] is Verdict.UNDETERMINED


def test_every_fact_of_a_case_is_either_of_record_or_the_applications_own() -> None:
    assert set(columns(Domain.CASE)) <= OF_RECORD | OWN_INPUTS
    assert not OF_RECORD & OWN_INPUTS

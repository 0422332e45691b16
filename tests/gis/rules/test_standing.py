from __future__ import annotations

from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.model.verdict import Finding, Status, Verdict, judge
from gis.rules.evaluate import evaluate
from gis.rules.findings import findings_of
from gis.rules.pack import Packs
from gis.rules.standing import buildings_on
from gis.rules.table import table_of
from gis.rules.themes import Theme
from tests.gis.rules.town import TODAY, ZONE, cases, frame, rectangle, theme, themes

HOUSE = rectangle(0, 0, 5, 8)
"""Stands on the front half of the good lot, under the good footprint."""
SHED = rectangle(0, 15, 5, 1)
"""Stands behind the good footprint, 5 m2."""


def stand(*shapes: shapely.Polygon, **more: Any) -> dict[str, Theme]:
    """The town with these buildings, of two storeys and 50 m2 of floors each, called b0, b1…"""
    told = {"code": "X", "storeys": 2, "floor_area": 50.0} | more
    return themes(buildings=theme([told | {"id": f"b{i}", "geometry": shape} for i, shape in enumerate(shapes)]))


def found(packs: Packs, data: dict[str, Theme], **changes: Any) -> tuple[Finding, ...]:
    return findings_of(evaluate(cases(changes), data, packs, TODAY), 0)


def of(findings: tuple[Finding, ...], rule: str) -> Finding:
    (one,) = (each for each in findings if f"{each.pack}/{each.rule}" == rule)
    return one


@pytest.mark.parametrize("fate", [None, "kept", {"kept": ["b0"]}, {"demolished": ["another"]}])
def test_a_second_house_never_conforms_unless_the_first_goes(packs: Packs, fate: object) -> None:
    found_ = found(packs, stand(HOUSE), existing=fate)
    assert judge(found_).verdict is not Verdict.CONFORMS


@pytest.mark.parametrize("fate", ["demolished", {"demolished": ["b0"]}, {"demolished": ["b0"], "kept": []}])
def test_where_the_old_house_goes_the_new_one_may_stand_in_its_place(packs: Packs, fate: object) -> None:
    assert judge(found(packs, stand(HOUSE), existing=fate)).verdict is Verdict.CONFORMS


def test_what_becomes_of_a_building_is_asked_for(packs: Packs) -> None:
    told = found(packs, stand(HOUSE))
    assert judge(told).verdict is Verdict.UNDETERMINED
    assert {"existing"} == {one.name for one in judge(told).missing}
    assert {of(told, f"existing-buildings/{rule}").status for rule in ("fate", "over-kept")} == {Status.NO_DATA}


def test_what_stays_counts_in_density_and_floor_area(packs: Packs) -> None:
    told = found(packs, stand(SHED, floor_area=10.0), existing="kept")
    density, far = of(told, "qd-56-2021-pl18/density"), of(told, "qcvn-01-2021/far-house")
    assert density.measured == pytest.approx(100 * (5 * 14.4 + 5) / 80)
    assert far.measured == pytest.approx((288 + 10) / 80)
    assert density.assumed["kept_m2"] == pytest.approx(5)
    zone = of(told, "plan-limits/density")
    assert (zone.measured, zone.status) == (pytest.approx(96.25), Status.FAIL)
    assert of(told, "plan-limits/far").measured == pytest.approx(298 / 80)


def test_what_breaks_a_limit_whatever_becomes_of_the_rest_is_refused(packs: Packs) -> None:
    told = found(packs, stand(SHED), footprint=rectangle(0, 0, 5, 15.9))
    assert of(told, "qd-56-2021-pl18/density").status is Status.FAIL
    assert of(told, "plan-limits/density").status is Status.FAIL


def test_a_house_on_top_of_one_that_stays_is_refused_where_they_meet(packs: Packs) -> None:
    over = of(found(packs, stand(HOUSE), existing="kept"), "existing-buildings/over-kept")
    assert (over.status, over.measured) == (Status.FAIL, pytest.approx(40))
    assert over.conflict is not None and over.conflict.geometry.equals(HOUSE)


def test_a_floor_area_that_is_not_on_record_leaves_the_ratio_open_but_not_below_one_floor(packs: Packs) -> None:
    told = found(packs, stand(SHED, floor_area=None), existing="kept")
    far = of(told, "qcvn-01-2021/far-house")
    assert far.status is Status.NO_DATA and [one.name for one in far.missing] == ["building_floors"]
    much = found(packs, stand(SHED, floor_area=None), existing="kept", floor_main_m2=7 * 80.0 - 1)
    assert of(much, "qcvn-01-2021/far-house").status is Status.FAIL


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({}, None),
        ({"storeys_tang": 1, "height_m": 6.0, "height_front_m": 6.0, "floor_main_m2": 72.0}, "included-storeys"),
        ({"floor_main_m2": 40.0}, "included-floor"),
        ({"footprint": rectangle(0, 9, 5, 5)}, "included-outside"),
    ],
)
def test_an_addition_tells_the_whole_building(packs: Packs, change: dict[str, Any], rule: str | None) -> None:
    told = found(packs, stand(HOUSE), works="ADDITION", existing="included", **change)
    open_ = {one.rule for one in told if one.pack == "existing-buildings" and one.status is Status.WARNING}
    assert open_ == ({rule} if rule else set())


def test_an_addition_needs_a_building_that_stands(packs: Packs) -> None:
    assert of(found(packs, stand(), works="ADDITION"), "existing-buildings/added-to").status is Status.WARNING
    unsure = found(packs, stand(HOUSE), works="ADDITION")
    assert of(unsure, "existing-buildings/added-to").status is Status.NO_DATA


def test_without_complete_data_of_buildings_nothing_conforms_though_limits_are_judged(packs: Packs) -> None:
    data = themes(buildings=theme([], complete=False))
    told = found(packs, data)
    assert judge(told).verdict is Verdict.UNDETERMINED
    assert [one.name for one in of(told, "existing-buildings/fate").missing] == ["buildings"]
    assert of(told, "qd-56-2021-pl18/density").status is Status.PASS


def test_a_strip_of_a_neighbours_building_is_not_the_lots(packs: Packs) -> None:
    neighbour = rectangle(-5, 0, 5.4, 14)
    told = found(packs, stand(neighbour))
    assert judge(told).verdict is Verdict.CONFORMS
    assert buildings_on(rectangle(0, 0, 5, 16), table_of(frame([{"id": "n", "geometry": neighbour}])), None) == ()


def test_of_a_building_across_the_boundary_the_part_on_the_lot_counts(packs: Packs) -> None:
    across = rectangle(0, 15, 10, 1)
    told = found(packs, stand(across, floor_area=20.0), existing="kept")
    assert of(told, "qcvn-01-2021/far-house").measured == pytest.approx((288 + 10) / 80)


@given(
    x=st.floats(-2, 4.5), y=st.floats(-1, 15.5), width=st.floats(0.6, 6), depth=st.floats(0.6, 10),
    floor=st.none() | st.floats(1, 300),
)  # fmt: skip
@settings(deadline=None, max_examples=60)
def test_more_that_stands_never_makes_an_answer_better(
    packs: Packs, x: float, y: float, width: float, depth: float, floor: float | None
) -> None:
    """What is measured never falls; where the fate is open nothing conforms."""
    shape = rectangle(x, y, width, depth)
    bare = {(f.pack, f.rule, f.subject): f for f in found(packs, themes())}
    on = buildings_on(rectangle(0, 0, 5, 16), table_of(frame([{"id": "b0", "geometry": shape}])), None)
    for fate in (None, "kept"):
        told = found(packs, stand(shape, floor_area=floor), existing=fate)
        assert fate or not on or judge(told).verdict is not Verdict.CONFORMS
        for one in told:
            before = bare[one.pack, one.rule, one.subject].measured
            if one.aspect in ("density", "far") and one.measured is not None and before is not None:
                assert one.measured >= before - 1e-9, one.rule


def test_floors_that_stay_count_where_they_stand(packs: Packs) -> None:
    front = ZONE | {"code": "A", "geometry": rectangle(-200, -50, 42000, 64.7)}
    back = ZONE | {"code": "B", "far_max": 1.0, "geometry": rectangle(-200, 14.7, 42000, 135.3)}
    data = stand(SHED, floor_area=10.0) | {"zones": theme([front, back])}
    told = found(packs, data, existing="kept")
    by_zone = {one.subject: one for one in told if (one.pack, one.rule) == ("plan-limits", "far")}
    assert by_zone["A"].measured == pytest.approx(288 / (5 * 14.7), abs=1e-4)
    assert by_zone["B"].measured == pytest.approx(10 / (5 * 1.3), abs=1e-4)
    assert by_zone["B"].status is Status.FAIL


def test_what_stands_on_the_lot_wholly_is_its_own_however_small() -> None:
    lot, hut, strip = rectangle(0, 0, 5, 16), rectangle(1, 15, 0.8, 0.9), rectangle(4.7, 0, 6, 10)
    features = table_of(frame([{"id": name, "geometry": shape} for name, shape in (("hut", hut), ("strip", strip))]))
    assert [one.row for one in buildings_on(lot, features, None)] == [0]

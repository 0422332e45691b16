from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.model.verdict import Finding, Status
from gis.ops.table import objects
from gis.rules.distance import FARTHEST, reach_of
from gis.rules.evaluate import evaluate
from gis.rules.findings import findings_of
from gis.rules.pack import Packs
from gis.rules.themes import Theme
from tests.gis.rules.town import TODAY, cases, rectangle, theme

NEW = {
    "area_kind": "new",
    "use": "APARTMENT",
    "geometry": rectangle(0, 0, 42, 60),
    "footprint": rectangle(20, 20, 20, 20),
}
TOWER = NEW | {"height_m": 60.0}
LOW = NEW | {"height_m": 12.0}
RULES = ("spacing-tower", "spacing-tower-long-side", "spacing-near-tower", "spacing-near-tower-long-side")


def building(x: float, y: float, name: str = "a", **facts: Any) -> dict[str, Any]:
    return {"id": name, "geometry": rectangle(x, y, 10, 10), "storeys": 2.0, "floor_area": 200.0, "height": 8.0} | facts


def spacing(packs: Packs, buildings: Theme | None, case: Mapping[str, Any]) -> dict[str, Finding]:
    data = {} if buildings is None else {"buildings": buildings}
    findings = evaluate(cases(case), data, packs, TODAY)
    return {f.rule: f for f in findings_of(findings, 0) if f.rule in RULES}


def statuses(found: Mapping[str, Finding]) -> list[str]:
    return [found[rule].status.value for rule in RULES]


NA = "not-applicable"


@pytest.mark.parametrize(
    ("away", "expected"),
    [(14.9, ["fail", "warning"]), (15.0, ["pass", "warning"]), (24.9, ["pass", "warning"]), (25.0, ["pass", "pass"])],
)
def test_a_tower_keeps_its_distance_from_every_building(packs: Packs, away: float, expected: list[str]) -> None:
    found = spacing(packs, theme([building(40 + away, 25)]), TOWER)
    assert statuses(found) == [*expected, NA, NA]
    assert found["spacing-tower"].measured == (away if away <= 15 else None)


def test_a_lower_building_keeps_the_distance_of_the_tower_beside_it(packs: Packs) -> None:
    tall, low = building(50, 25, height=60.0), building(50, 25)
    assert statuses(spacing(packs, theme([tall]), LOW)) == [NA, NA, "fail", "warning"]
    assert statuses(spacing(packs, theme([low]), LOW)) == [NA, NA, "pass", "pass"]


def test_where_none_is_near_that_is_said_in_words(packs: Packs) -> None:
    found = spacing(packs, theme([]), TOWER)["spacing-tower"]
    assert (found.status, found.measured) == (Status.PASS, None)
    assert found.message.vi.endswith("trong phạm vi 15 m không có.")


def test_the_ground_that_lies_too_near_is_shown(packs: Packs) -> None:
    conflict = spacing(packs, theme([building(50, 25)]), TOWER)["spacing-tower"].conflict
    assert conflict is not None
    assert 5 * 10 < shapely.area(conflict.geometry) < 5 * 20


@pytest.mark.parametrize(
    ("fates", "expected", "missing"),
    [
        ("kept", "fail", []),
        ("demolished", "pass", []),
        ({"demolished": ["b"]}, "no-data", ["existing"]),
        ({"included": ["a"]}, "pass", []),
        (None, "no-data", ["existing"]),
    ],
)
def test_from_what_goes_no_distance_is_kept_and_what_nobody_told_is_open(
    packs: Packs, fates: object, expected: str, missing: list[str]
) -> None:
    case = TOWER if fates is None else TOWER | {"existing": fates}
    found = spacing(packs, theme([building(5, 25)]), case)["spacing-tower"]
    assert (found.status.value, [m.name for m in found.missing]) == (expected, missing)


def test_the_fate_of_all_speaks_of_the_lot_alone(packs: Packs) -> None:
    near_edge = TOWER | {"footprint": rectangle(35, 20, 20, 20), "existing": "demolished"}
    assert statuses(spacing(packs, theme([building(62, 25)]), near_edge))[0] == "fail"


def test_a_neighbour_without_height_may_be_a_tower(packs: Packs) -> None:
    found = spacing(packs, theme([building(50, 25, height=np.nan)]), LOW)
    assert statuses(found) == [NA, NA, "no-data", "no-data"]
    assert [m.name for m in found["spacing-near-tower"].missing] == ["buildings.height"]
    assert statuses(spacing(packs, theme([building(50, 25, height=np.nan)]), TOWER))[0] == "fail"


def test_of_a_neighbour_without_height_nothing_is_asked_where_a_nearer_one_decides(packs: Packs) -> None:
    both = theme([building(5, 25, "a", height=60.0), building(50, 25, "b", height=np.nan)])
    found = spacing(packs, both, LOW | {"existing": "kept"})["spacing-near-tower"]
    assert (found.status, found.measured, found.missing) == (Status.FAIL, 5.0, ())


def test_where_buildings_may_be_lacking_none_found_says_nothing(packs: Packs) -> None:
    assert statuses(spacing(packs, theme([], complete=False), TOWER))[:2] == ["no-data", "no-data"]
    assert statuses(spacing(packs, None, TOWER))[:2] == ["no-data", "no-data"]
    assert statuses(spacing(packs, theme([building(50, 25)], complete=False), TOWER))[:2] == ["fail", "warning"]


def test_the_tower_is_measured_and_one_that_is_not_drawn_may_stand_farther_back(packs: Packs) -> None:
    podium = TOWER | {"podium_height_m": 20.0}
    near = theme([building(52, 25)])
    assert statuses(spacing(packs, near, podium | {"tower": rectangle(20, 20, 10, 20)}))[0] == "pass"
    found = spacing(packs, near, podium)["spacing-tower"]
    assert (found.status, [m.name for m in found.missing]) == (Status.NO_DATA, ["tower"])


def test_existing_areas_have_no_such_rule_and_an_unknown_one_may_have(packs: Packs) -> None:
    near = theme([building(50, 25)])
    assert statuses(spacing(packs, near, TOWER | {"area_kind": "existing"})) == [NA] * 4
    assert statuses(spacing(packs, near, TOWER | {"area_kind": None}))[:2] == ["no-data", "no-data"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-40, 80), st.floats(-40, 80), st.sampled_from([8.0, 46.0, np.nan])), min_size=1, max_size=6
    ),
    st.sampled_from([12.0, 60.0]),
    st.sampled_from(["kept", "demolished", None]),
    st.integers(0, 5),
)
def test_each_case_is_judged_as_alone_and_fewer_facts_never_pass(
    packs: Packs, around: list[tuple[float, float, float]], height: float, fate: str | None, lost: int
) -> None:
    buildings = [building(x, y, str(i), height=h) for i, (x, y, h) in enumerate(around)]
    case = NEW | {"height_m": height} | ({} if fate is None else {"existing": fate})
    alone = spacing(packs, theme(buildings), case)
    together = evaluate(cases({}, case, LOW), {"buildings": theme(buildings)}, packs, TODAY)
    assert {f.rule: f.status for f in findings_of(together, 1) if f.rule in RULES} == {
        r: f.status for r, f in alone.items()
    }
    unknown = [one | {"height": np.nan} if i == lost else one for i, one in enumerate(buildings)]
    for less in (spacing(packs, theme(unknown), case), spacing(packs, theme(buildings), {**case, "existing": None})):
        for rule, finding in less.items():
            if finding.status is Status.PASS:
                assert alone[rule].status is Status.PASS


def test_buildings_are_read_as_far_as_the_widest_rule_asks(packs: Packs) -> None:
    lot = rectangle(0, 0, 60, 60)
    assert reach_of(packs.packs, "buildings", lot, objects([rectangle(0, 0, 20, 20), None])) == 25.5
    assert reach_of(packs.packs, "buildings", lot, objects([rectangle(50, 0, 20, 20), None])) == FARTHEST
    assert reach_of(packs.packs, "flood", lot, objects([None])) == 0.0

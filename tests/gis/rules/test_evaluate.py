from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gis.errors import InvalidCrs, InvalidParameter
from gis.model.verdict import Finding, Status, Verdict, judge
from gis.rules.evaluate import Findings, evaluate
from gis.rules.findings import findings_of, missing_counts, status_of, verdicts
from gis.rules.pack import Packs
from gis.rules.themes import Theme
from tests.gis.rules.town import TODAY, ZONE, cases, frame, line, rectangle, street, theme, themes


def check(packs: Packs, case: Mapping[str, Any] = {}, at: date = TODAY, **changed: Theme) -> Findings:
    """The findings on the good case with some changes."""
    return evaluate(cases(case), themes(**changed), packs, at)


def one(findings: Findings, pack: str, rule: str, subject: str | None = None) -> Finding:
    found = [f for f in findings_of(findings, 0) if (f.pack, f.rule) == (pack, rule)]
    return next(f for f in found if subject is None or f.subject == subject)


def verdict(findings: Findings) -> Verdict:
    """The verdict by its definition; the vectorised one must be the same."""
    result = judge(findings_of(findings, 0)).verdict
    assert verdicts(findings)[0] is result
    return result


def test_the_good_case_conforms_and_tells_what_it_measured(packs: Packs) -> None:
    findings = check(packs)
    assert verdict(findings) is Verdict.CONFORMS
    assert missing_counts(findings) == {}
    density = one(findings, "qd-56-2021-pl18", "density")
    assert (density.measured, density.limit, density.margin, density.unit) == (90.0, 94.0, 4.0, "%")
    assert density.clause.document.startswith("QĐ 56/2021")
    assert density.message.vi == "Mật độ xây dựng nhà liên kế: 90 %, tối đa 94 %."
    assert density.data == (("buildings", "7"), ("road_lines", "7"))


def test_75_m2_may_be_covered_whole_by_the_standard_and_to_95_percent_in_the_city_and_the_stricter_binds(
    packs: Packs,
) -> None:
    lot = {"geometry": rectangle(0, 0, 5, 15), "footprint": rectangle(0, 0, 5, 14.5), "area_kind": "new"}
    findings = check(packs, lot)
    national, city = (
        one(findings, *key) for key in (("qcvn-01-2021", "density-house"), ("qd-56-2021-pl18", "density"))
    )
    assert (national.status, national.limit, national.binding) == (Status.PASS, 100.0, False)
    assert (city.status, city.limit, city.binding) == (Status.FAIL, 95.0, True)
    assert (national.margin, city.margin) == (pytest.approx(3.3333), pytest.approx(-1.6667))


@pytest.mark.parametrize(("width", "most"), [(25.0, 6), (16.0, 6), (6.0, 5), (3.5, 4), (3.4, 3)])
def test_storeys_follow_the_road(packs: Packs, width: float, most: int) -> None:
    lot = {"geometry": rectangle(0, 0, 9, 16), "footprint": rectangle(0, 0, 9, 14), "commercial_axis": True}
    for storeys, status in ((most, Status.PASS), (most + 1, Status.FAIL)):
        findings = check(packs, lot | {"storeys_tang": storeys}, road_lines=theme([street(width)]))
        found = one(findings, "qd-56-2021-pl18", "storeys")
        assert (found.status, found.limit) == (status, most)
        assert found.assumed["road"] == "Đường A"
        assert found.assumed["width_m"] == width
        assert found.assumed["length_m"] == pytest.approx(9.0)
        assert found.assumed["corner"] is False


def test_basements_count_in_the_floor_area_ratio_and_the_four_exempt_kinds_do_not(packs: Packs) -> None:
    exempt = {f"floor_{kind}_m2": 900.0 for kind in ("technical", "fire", "refuge", "parking")}
    assert one(check(packs, exempt), "qcvn-01-2021", "far-house").measured == 3.6
    below = one(check(packs, exempt | {"floor_basement_m2": 280.0}), "qcvn-01-2021", "far-house")
    assert (below.measured, below.status) == (7.1, Status.FAIL)


def test_a_road_of_28_m_and_30_m_of_height_need_6_m(packs: Packs) -> None:
    case = {"height_m": 30.0, "footprint": rectangle(0, 5.5, 5, 9)}
    found = one(check(packs, case, road_lines=theme([street(28.0)])), "qcvn-01-2021", "setback")
    assert (found.limit, found.measured, found.status) == (6.0, 5.5, Status.FAIL)
    assert found.conflict is not None
    assert found.conflict.crs == 9210
    assert shapely.area(found.conflict.geometry) == pytest.approx(5 * 0.5)


def test_podium_and_tower_stand_back_each_by_its_own_height(packs: Packs) -> None:
    case = {"use": "OFFICE", "height_m": 40.0, "podium_height_m": 15.0, "tower": rectangle(0, 6, 5, 8)}
    findings = check(packs, case)
    assert one(findings, "qcvn-01-2021", "setback").status is Status.NOT_APPLICABLE
    assert one(findings, "qcvn-01-2021", "setback-podium").limit == 0.0
    assert one(findings, "qcvn-01-2021", "setback-tower").status is Status.PASS


def test_what_the_road_takes_counts_in_no_density(packs: Packs) -> None:
    findings = check(packs, {"geometry": rectangle(0, -4, 5, 20)})
    found = one(findings, "qd-56-2021-pl18", "density")
    assert found.assumed["in_road_m2"] == 20.0
    assert found.assumed["area_conforming"] == 80.0
    assert found.measured == 90.0
    built_on_it = check(packs, {"geometry": rectangle(0, -4, 5, 20), "footprint": rectangle(0, -1, 5, 15)})
    on_road = one(built_on_it, "road-lines", "footprint-in-road")
    assert (on_road.status, on_road.measured) == (Status.FAIL, 5.0)
    assert on_road.conflict is not None
    assert shapely.area(on_road.conflict.geometry) == pytest.approx(5.0)


ROAD_ZONE = {"code": "GT", "function": "DAT_HTKT_DuongGT", "coverage_max": None, "far_max": None, "storeys_max": None}


def test_land_that_the_plan_gives_to_a_road_counts_in_no_density_and_has_no_limits(packs: Packs) -> None:
    """5 by 20 m: the line takes 4 m of depth, the plan 7 m for the same road; 5 by 13 m are left to build on."""
    zones = theme(
        [
            ZONE | {"geometry": rectangle(-200, 3, 42000, 147)},
            ZONE | ROAD_ZONE | {"geometry": rectangle(-200, -50, 42000, 53)},
        ]
    )
    lot, house = rectangle(0, -4, 5, 20), rectangle(0, 3, 5, 10)
    findings = check(packs, {"geometry": lot, "footprint": house, "floor_main_m2": 130.0}, zones=zones)
    density = one(findings, "qd-56-2021-pl18", "density")
    assert (density.assumed["in_road_m2"], density.assumed["area_conforming"]) == (35.0, 65.0)
    assert density.measured == pytest.approx(100 * 50 / 65, abs=1e-3)
    assert one(findings, "plan-limits", "far").measured == 2.0
    assert {f.subject for f in findings_of(findings, 0) if f.pack == "plan-limits"} <= {"I-1", None}
    assert one(findings, "road-lines", "footprint-in-road").status is Status.PASS
    fronts = one(findings, "qd-56-2021-pl18", "storeys").assumed
    assert (fronts["road"], fronts["length_m"]) == ("Đường A", 5.0)  # the plan's edge takes no front away
    too_far = check(packs, {"geometry": lot, "footprint": rectangle(0, 1, 5, 12)}, zones=zones)
    on_road = one(too_far, "road-lines", "footprint-in-road")
    assert (on_road.status, on_road.measured) == (Status.FAIL, 10.0)


def test_other_functions_on_which_nobody_builds_stay_ground_with_limits_of_their_own(packs: Packs) -> None:
    park = ZONE | {"code": "CX", "function": "DAT_HTXH_Cayxanhcc", "coverage_max": 5.0, "far_max": 0.05}
    zones = theme([ZONE | {"geometry": rectangle(-200, -50, 42000, 58)}, park | {"geometry": rectangle(-9, 8, 99, 90)}])
    findings = check(packs, zones=zones)
    assert one(findings, "qd-56-2021-pl18", "density").assumed["area_conforming"] == 80.0
    assert one(findings, "plan-limits", "density", "CX").status is Status.FAIL


def test_a_lot_with_a_hole_or_in_two_parts_is_measured_as_it_is(packs: Packs) -> None:
    holed = shapely.difference(rectangle(0, 0, 10, 20), rectangle(4, 10, 2, 5))
    assert one(check(packs, {"geometry": holed}), "qd-56-2021-pl18", "density").assumed["area_conforming"] == 190.0
    parts = shapely.union(rectangle(0, 0, 5, 16), rectangle(10, 0, 4, 16))
    found = one(check(packs, {"geometry": parts}), "qd-56-2021-pl18", "density")
    assert found.assumed["area_conforming"] == 144.0
    assert found.assumed == one(check(packs, {"geometry": parts}), "qd-56-2021-pl18", "density").assumed
    assert one(check(packs, {"geometry": parts}), "qd-56-2021-pl18", "storeys").assumed["length_m"] == pytest.approx(
        9.0
    )


def test_three_zones_each_limit_their_part_and_slivers_are_told(packs: Packs) -> None:
    zones = theme(
        [
            ZONE | {"code": "A", "geometry": rectangle(-10, -50, 12, 100)},
            ZONE | {"code": "B", "coverage_max": 40.0, "height_max": 9.0, "geometry": rectangle(2, -50, 2, 100)},
            ZONE | {"code": "C", "far_max": None, "geometry": rectangle(4, -50, 0.99, 100)},
            ZONE | {"code": "D", "height_max": 3.0, "geometry": rectangle(4.99, -50, 50, 100)},
        ]
    )
    findings = check(packs, zones=zones)
    density = {f.subject: f for f in findings_of(findings, 0) if (f.pack, f.rule) == ("plan-limits", "density")}
    assert {name: f.status for name, f in density.items()} == {"A": Status.PASS, "B": Status.FAIL, "C": Status.PASS}
    assert [f.subject for f in density.values() if f.binding] == ["B"]
    assert density["A"].ignored == pytest.approx(0.16)
    assert one(findings, "plan-limits", "height", "B").status is Status.FAIL
    assert one(findings, "plan-limits", "far", "C").status is Status.NO_DATA
    assert [m.name for m in one(findings, "plan-limits", "far", "C").missing] == ["zone.far_max"]
    assert verdict(findings) is Verdict.DOES_NOT_CONFORM


def test_what_of_a_lot_lies_in_no_zone_is_no_data(packs: Packs) -> None:
    zones = theme([ZONE | {"geometry": rectangle(-200, -50, 400, 60)}])
    findings = check(packs, {"footprint": rectangle(0, 0, 5, 9), "floor_main_m2": 180.0}, zones=zones)
    assert one(findings, "plan-limits", "density", "I-1").measured == 90.0
    assert one(findings, "plan-limits", "density", "—").status is Status.NO_DATA
    assert verdict(findings) is Verdict.UNDETERMINED


@pytest.mark.parametrize("name", ["zones", "road_lines", "corridors", "heritage", "flood"])
def test_data_that_are_not_declared_complete_never_read_as_nothing(packs: Packs, name: str) -> None:
    good = themes()[name]
    nowhere = replace(good, complete=np.empty(0, dtype=object))
    assert verdict(check(packs, **{name: nowhere})) is Verdict.UNDETERMINED
    without = {key: value for key, value in themes().items() if key != name}
    findings = evaluate(cases(), without, packs, TODAY)
    assert verdict(findings) is Verdict.UNDETERMINED
    assert name in missing_counts(findings)


def test_a_corridor_is_to_be_reviewed_where_it_is_met_even_if_the_data_are_not_complete(packs: Packs) -> None:
    corridor = theme([{"geometry": rectangle(-50, 10, 100, 100)}], complete=False)
    found = one(check(packs, corridors=corridor), "corridors", "footprint-in-corridors")
    assert found.status is Status.WARNING
    assert found.conflict is not None
    assert shapely.area(found.conflict.geometry) == pytest.approx(5 * 4.4)
    thin = theme([{"geometry": rectangle(-50, 14.35, 100, 100)}])
    spared = one(check(packs, corridors=thin), "corridors", "footprint-in-corridors")
    assert (spared.status, spared.measured, spared.ignored) == (Status.PASS, 0.0, pytest.approx(0.25))


def test_a_corner_lot_follows_the_wide_road_with_three_metres_on_it(packs: Packs) -> None:
    side = {
        "geometry": line((-1.5, 0), (-1.5, 100)),
        "kind": "CENTRELINE",
        "right_of_way": 3.0,
        "name": "Hẻm 1",
        "code": "H1",
    }
    lot = {"geometry": rectangle(0, 0, 5, 16)}
    found = one(check(packs, lot, road_lines=theme([street(20.0), side])), "qd-56-2021-pl18", "storeys")
    assert found.assumed["corner"] is True
    assert (found.assumed["road"], found.limit) == ("Đường A", 6.0)
    slim = {"geometry": rectangle(0, 0, 2.9, 16), "footprint": rectangle(0, 0, 2.9, 10)}
    found = one(check(packs, slim, road_lines=theme([street(20.0), side])), "qd-56-2021-pl18", "narrow-roof")
    assert (found.status, found.limit) == (Status.FAIL, 9.0)
    assert (found.assumed["road"], found.assumed["depth_m"]) == ("Hẻm 1", pytest.approx(2.9))


def test_given_frontages_replace_derived_ones_and_keep_their_place(packs: Packs) -> None:
    told = [{"road": "Đường A", "width_m": 3.0, "length_m": 5.0}]
    findings = check(packs, {"frontages": told})
    assert one(findings, "qd-56-2021-pl18", "storeys").status is Status.FAIL
    assert one(findings, "qcvn-01-2021", "setback").status is Status.PASS
    elsewhere = check(packs, {"frontages": [{"road": "Đường B", "width_m": 12.0, "length_m": 5.0}]})
    assert [m.name for m in one(elsewhere, "qcvn-01-2021", "setback").missing] == ["front_place"]
    with pytest.raises(InvalidParameter, match="frontages"):
        check(packs, {"frontages": [{"road": "Đường A", "width_m": -3.0}]})


def test_a_lot_without_a_road_is_undetermined(packs: Packs) -> None:
    findings = check(packs, {"geometry": rectangle(0, 40, 5, 16), "footprint": rectangle(0, 40, 5, 14.4)})
    assert verdict(findings) is Verdict.UNDETERMINED
    assert "frontages" in missing_counts(findings)


def test_road_lines_that_contradict_each_other_are_no_data(packs: Packs) -> None:
    red = {"geometry": line((-200, 3), (300, 3)), "kind": "RED_LINE", "right_of_way": 12.0, "name": "Đường A"}
    assert verdict(check(packs, road_lines=theme([street(), red]))) is Verdict.UNDETERMINED
    along = red | {"geometry": line((-200, 0.1), (300, 0.1))}
    assert verdict(check(packs, road_lines=theme([street(), along]))) is Verdict.CONFORMS
    widthless = street(name="Đường B") | {"right_of_way": None, "geometry": line((-200, 30), (300, 30))}
    assert verdict(check(packs, road_lines=theme([street(), widthless]))) is Verdict.UNDETERMINED


def test_the_building_line_of_the_fronting_road_is_kept(packs: Packs) -> None:
    own = {"geometry": line((-200, 3), (300, 3)), "kind": "BUILDING_LINE", "setback": 3.0, "name": "Đường A"}
    found = one(check(packs, road_lines=theme([street(), own])), "road-lines", "building-line")
    assert (found.status, found.limit, found.measured) == (Status.FAIL, 3.0, 0.0)
    silent = own | {"setback": None}
    assert verdict(check(packs, road_lines=theme([street(), silent]))) is Verdict.UNDETERMINED
    another = own | {"name": "Đường B"}
    assert verdict(check(packs, road_lines=theme([street(), another]))) is Verdict.CONFORMS


@pytest.mark.parametrize(
    ("at", "plan_on", "old", "new"),
    [
        (date(2026, 12, 31), date(2026, 1, 1), Status.PASS, Status.NOT_APPLICABLE),
        (date(2027, 1, 1), date(2026, 12, 31), Status.PASS, Status.NOT_APPLICABLE),
        (date(2027, 1, 1), date(2027, 1, 1), Status.NOT_APPLICABLE, Status.NO_DATA),
        (date(2027, 1, 1), None, Status.NO_DATA, Status.NO_DATA),
        (date(2021, 7, 4), date(2020, 1, 1), Status.NOT_APPLICABLE, Status.NOT_APPLICABLE),
    ],
)
def test_the_standard_changes_on_1_january_2027_but_not_for_older_plans(
    packs: Packs, at: date, plan_on: date | None, old: Status, new: Status
) -> None:
    findings = check(packs, at=at, zones=theme([ZONE | {"plan_on": plan_on}]))
    assert status_of(findings, "qcvn-01-2021", "far-house")[0] is old
    assert status_of(findings, "qcvn-01-2026", "far")[0] is new


def test_where_no_rule_in_force_speaks_on_a_question_nothing_conforms(packs: Packs) -> None:
    early = check(packs, at=date(2021, 1, 1))
    assert verdict(early) is Verdict.UNDETERMINED
    assert [m.name for m in one(early, "dossier", "grounds").missing] == ["rules:setback"]
    assert verdict(check(packs, {"works": "DEMOLITION"})) is Verdict.UNDETERMINED


def test_each_case_may_have_its_own_day(packs: Packs) -> None:
    table = cases({"at": date(2021, 1, 1)}, {"at": date(2026, 6, 1)}, {"at": None})
    found = status_of(evaluate(table, themes(), packs, date(2021, 1, 1)), "qcvn-01-2021", "far-house")
    assert list(found) == [Status.NOT_APPLICABLE, Status.PASS, Status.NOT_APPLICABLE]


def test_what_cannot_be_read_is_an_error_of_its_case_only(packs: Packs) -> None:
    bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    table = cases({}, {"footprint": bow}, {"height_m": -3.0}, {"geometry": None})
    findings = evaluate(table, themes(), packs, TODAY)
    assert list(verdicts(findings)) == [Verdict.CONFORMS] + [Verdict.UNDETERMINED] * 3
    assert status_of(findings, "qd-56-2021-pl18", "density")[1] is Status.ERROR
    assert status_of(findings, "qd-56-2021-pl18", "height-roof")[2] is Status.ERROR
    assert status_of(findings, "qd-56-2021-pl18", "density")[3] is Status.NO_DATA
    broken = next(f for f in findings_of(findings, 1) if f.status is Status.ERROR)
    assert [m.name for m in broken.missing] == ["footprint"]


def test_tables_that_cannot_be_read_at_all_are_refused(packs: Packs) -> None:
    with pytest.raises(InvalidParameter, match="no column 'hight_m'"):
        check(packs, {"hight_m": 3})
    with pytest.raises(InvalidParameter, match="id of its own"):
        evaluate(cases({}, {"id": "case-0"}), themes(), packs, TODAY)
    with pytest.raises(InvalidParameter, match="no number"):
        check(packs, {"height_m": "high"})
    with pytest.raises(InvalidParameter, match="true or false"):
        check(packs, {"commercial_axis": 3})
    with pytest.raises(InvalidCrs, match="metres"):
        evaluate(cases().to_crs(4326), themes(), packs, TODAY)
    other = Theme(frame([ZONE]).to_crs(5899), np.empty(0, dtype=object), "1")
    with pytest.raises(InvalidCrs, match="EPSG:5899"):
        check(packs, zones=other)


def test_a_batch_says_of_each_case_what_it_says_alone(packs: Packs) -> None:
    changes: list[dict[str, Any]] = [{}, {"storeys_tang": 6}, {"height_m": None}, {"works": "SPLIT"}, {"use": "OFFICE"}]
    together = evaluate(cases(*changes), themes(), packs, TODAY)
    for i, change in enumerate(changes):
        assert findings_of(together, i) == findings_of(evaluate(cases(change), themes(), packs, TODAY), 0)


def test_no_cases_no_findings(packs: Packs) -> None:
    findings = evaluate(cases()[:0], themes(), packs, TODAY)
    assert len(verdicts(findings)) == 0
    assert missing_counts(findings) == {}


def test_splits_are_judged_by_the_least_plot_of_their_former_district(packs: Packs) -> None:
    lot = {"works": "SPLIT", "geometry": rectangle(0, 0, 5, 7), "district": "760"}
    findings = check(packs, lot)
    assert one(findings, "hcmc-min-split", "kv1-area").status is Status.FAIL
    assert one(findings, "hcmc-min-split", "kv1-width").status is Status.PASS
    assert verdict(check(packs, lot | {"geometry": rectangle(0, 0, 5, 8)})) is Verdict.CONFORMS


def test_an_empty_table_of_lines_is_not_a_table_without_kinds(packs: Packs) -> None:
    empty = Theme(gpd.GeoDataFrame({"kind": []}, geometry=[], crs="EPSG:9210"), themes()["zones"].complete, "1")
    assert verdict(check(packs, road_lines=empty)) is Verdict.UNDETERMINED


@pytest.mark.parametrize("lot", [rectangle(0, -8, 5, 6), rectangle(0, 0, 0.05, 16), rectangle(0, 0, 0.5, 0.5)])
def test_a_lot_that_the_road_takes_whole_or_that_is_a_sliver_still_meets_every_question(
    packs: Packs, lot: shapely.Geometry
) -> None:
    findings = check(packs, {"geometry": lot, "footprint": lot})
    assert one(findings, "plan-limits", "far").status is Status.NO_DATA
    assert verdict(findings) in (Verdict.UNDETERMINED, Verdict.DOES_NOT_CONFORM)
    for rows in findings.facts.rows.values():
        assert 0 in rows.case


def test_every_case_has_a_row_in_every_domain_so_that_no_rule_falls_silent(packs: Packs) -> None:
    table = cases({}, {"geometry": None}, {"geometry": rectangle(0, 500, 5, 16)}, {"geometry": rectangle(0, -8, 5, 6)})
    for data in (themes(), {}, themes(zones=theme([]), road_lines=theme([]), flood=theme([], complete=False))):
        findings = evaluate(table, data, packs, TODAY)
        for rows in findings.facts.rows.values():
            assert set(rows.case) == {0, 1, 2, 3}
            assert list(rows.case) == sorted(rows.case)


def test_a_road_drawn_in_pieces_is_one_road_and_the_nearest_piece_counts_for_the_setback(packs: Packs) -> None:
    bent = [
        street(20.0) | {"geometry": line((-200, -10), (3, -10))},
        street(20.0) | {"geometry": line((3, -10), (200, -10))},
    ]
    lot = {"footprint": rectangle(3.5, 0, 1.5, 14), "height_m": 23.0}
    findings = check(packs, lot, road_lines=theme(bent))
    setbacks = [f for f in findings_of(findings, 0) if (f.pack, f.rule) == ("qcvn-01-2021", "setback")]
    assert [(f.measured, f.limit, f.status) for f in setbacks] == [(0.0, 3.0, Status.FAIL)]
    assert 3.0 <= setbacks[0].assumed["length_m"] < 4.2  # type: ignore[operator]


def test_where_it_is_open_how_storeys_count_a_rule_that_hangs_on_them_is_open_too(packs: Packs) -> None:
    factory = {"use": "INDUSTRY", "footprint": rectangle(0, 0, 5, 10), "storeys_tang": 5}
    assert one(check(packs, factory), "qcvn-01-2021", "density-industry").status is Status.PASS
    for rule in ("density-industry", "density-industry-high"):
        found = one(check(packs, factory | {"storeys_ban_ham": 1}), "qcvn-01-2021", rule)
        assert found.status is Status.NO_DATA
        assert [m.name for m in found.missing] == ["storeys_counting"]

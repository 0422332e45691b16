from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from gis.model.verdict import Status
from gis.rules.evaluate import Findings, evaluate
from gis.rules.findings import findings_of, missing_counts
from gis.rules.pack import Packs
from gis.rules.sentences import english_number, vietnamese_number
from gis.rules.table import table_of
from tests.gis.rules.town import TODAY, ZONE, cases, frame, rectangle, theme, themes


def asked(packs: Packs, change: dict[str, object] | None = None) -> Findings:
    return evaluate(cases(change or {}), themes(), packs, TODAY)


def test_the_same_question_gives_the_same_findings(packs: Packs) -> None:
    assert findings_of(asked(packs), 0) == findings_of(asked(packs), 0)


def test_the_order_of_columns_and_features_changes_nothing(packs: Packs) -> None:
    zones = [ZONE | {"code": c, "geometry": rectangle(x, -50, 2.5, 100)} for c, x in (("B", 2.5), ("A", 0.0))]
    table = cases()
    turned = table[sorted(table.columns, reverse=True)]
    one = evaluate(table, themes(zones=theme(zones)), packs, TODAY)
    other = evaluate(turned, themes(zones=theme(zones[::-1])), packs, TODAY)
    assert findings_of(one, 0) == findings_of(other, 0)


def test_a_few_rows_as_plain_columns_are_judged_as_a_frame_is(packs: Packs) -> None:
    frame, around = cases({"footprint": rectangle(-1, 0, 6, 14)}), themes()
    plain = {name: replace(one, features=replace(table_of(one.features), crs=9210)) for name, one in around.items()}
    found = evaluate(replace(table_of(frame), crs=9210), plain, packs, TODAY)
    assert findings_of(found, 0) == findings_of(evaluate(frame, around, packs, TODAY), 0)


def test_conflicts_are_told_with_their_place(packs: Packs) -> None:
    found = findings_of(asked(packs, {"footprint": rectangle(-1, 0, 6, 14)}), 0)
    outside = next(f for f in found if f.rule == "footprint-in-lot")
    assert (outside.status, outside.measured, outside.margin) == (Status.FAIL, 14.0, -14.0)
    assert outside.conflict is not None and outside.conflict.geometry.bounds == (602999, 1191000, 603000, 1191014)


def test_it_is_counted_how_many_cases_lack_what(packs: Packs) -> None:
    table = cases({}, {"height_m": None}, {"height_m": None, "land_use": None})
    findings = evaluate(table, themes(zones=theme([ZONE | {"far_max": None}])), packs, TODAY)
    assert missing_counts(findings) == {"height_m": 2, "land_use": 1, "zone.far_max": 3}


def test_a_rule_whose_limit_nobody_knows_is_counted_by_its_name(packs: Packs) -> None:
    late = theme([ZONE | {"plan_on": date(2027, 2, 1)}])
    findings = evaluate(cases({}, {"height_m": 12.0}), themes(zones=late), packs, date(2027, 3, 1))
    assert missing_counts(findings)["qcvn-01-2026/density"] == 2
    unknown = next(f for f in findings_of(findings, 0) if (f.pack, f.rule) == ("qcvn-01-2026", "density"))
    assert unknown.measured == 90.0
    assert "QCVN 01:2026/BXD" in unknown.message.vi


def test_given_frontages_are_told_as_given(packs: Packs) -> None:
    told = [{"road": "Đường A", "width_m": 14.0, "length_m": 5.0}]
    for change, given in (({}, False), ({"frontages": told}, True)):
        found = findings_of(asked(packs, change), 0)
        assert next(f for f in found if f.rule == "height-roof").assumed["given"] is given


def test_numbers_are_written_as_people_of_each_language_write_them() -> None:
    assert [vietnamese_number(v) for v in (1234.5, 0.0, -0.001, 95.0, 3.456)] == ["1.234,5", "0", "0", "95", "3,46"]
    assert english_number(1234.5) == "1,234.5"


def test_no_theme_is_told_that_was_not_read(packs: Packs) -> None:
    findings = asked(packs)
    assert {t for f in findings_of(findings, 0) for t, _ in f.data} == set(themes())
    assert frame([]).empty
    assert np.isfinite(findings.facts.at).all()

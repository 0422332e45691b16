from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np

from gis.model.verdict import Attestation, Status
from gis.rules.evaluate import Findings, evaluate
from gis.rules.findings import answer_hash, canonical, findings_of, missing_counts
from gis.rules.pack import Packs
from gis.rules.sentences import english_number, vietnamese_number
from tests.gis.rules.town import TODAY, ZONE, cases, frame, rectangle, theme, themes

WORD = Attestation("plan-limits", "far", "I-1", "Nguyễn Văn A", "12/BC", date(2026, 11, 2), "đã xem hồ sơ gốc")


def asked(packs: Packs, change: dict[str, object] | None = None) -> Findings:
    return evaluate(cases(change or {}), themes(), packs, TODAY)


def test_the_same_question_gives_the_same_bytes(packs: Packs) -> None:
    first, again = asked(packs), asked(packs)
    assert canonical(findings_of(first, 0), {}) == canonical(findings_of(again, 0), {})
    assert answer_hash(first, 0) == answer_hash(again, 0)


def test_the_order_of_columns_and_features_changes_nothing(packs: Packs) -> None:
    zones = [ZONE | {"code": c, "geometry": rectangle(x, -50, 2.5, 100)} for c, x in (("B", 2.5), ("A", 0.0))]
    table = cases()
    turned = table[sorted(table.columns, reverse=True)]
    one = evaluate(table, themes(zones=theme(zones)), packs, TODAY)
    other = evaluate(turned, themes(zones=theme(zones[::-1])), packs, TODAY)
    assert answer_hash(one, 0) == answer_hash(other, 0)


def test_the_hash_holds_facts_day_data_rules_and_attestations(packs: Packs) -> None:
    base = asked(packs)
    newer = themes(zones=replace(themes()["zones"], version="8"))
    hashes = {
        answer_hash(base, 0),
        answer_hash(base, 0, [WORD]),
        answer_hash(asked(packs, {"height_m": 15.01}), 0),
        answer_hash(asked(packs, {"id": "another"}), 0),
        answer_hash(evaluate(cases(), newer, packs, TODAY), 0),
        answer_hash(evaluate(cases(), themes(), packs, date(2026, 11, 21)), 0),
        answer_hash(evaluate(cases(), themes(), replace(packs, version="other"), TODAY), 0),
    }
    assert len(hashes) == 7


def test_the_canonical_form_has_fixed_decimals_and_sorted_keys(packs: Packs) -> None:
    told = json.loads(canonical(findings_of(asked(packs), 0), {"b": 1, "a": date(2026, 1, 2)}))
    assert told["about"] == {"a": "2026-01-02", "b": 1}
    density = next(f for f in told["findings"] if (f["pack"], f["rule"]) == ("qd-56-2021-pl18", "density"))
    assert (density["measured"], density["limit"], density["status"]) == ("90.0000", "94.0000", "pass")
    assert list(density) == sorted(density)


def test_conflicts_are_part_of_the_bytes(packs: Packs) -> None:
    found = findings_of(asked(packs, {"footprint": rectangle(-1, 0, 6, 14)}), 0)
    outside = next(f for f in found if f.rule == "footprint-in-lot")
    assert (outside.status, outside.measured, outside.margin) == (Status.FAIL, 14.0, -14.0)
    assert b"POLYGON ((602999 1191000" in canonical(found, {})


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

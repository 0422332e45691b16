from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product

import pytest

from gis.errors import InvalidParameter
from gis.model.layer import Text
from gis.model.verdict import Attestation, Clause, Finding, Missing, Status, Verdict, attest, judge


def finding(status: Status, rule: str = "far", **more: object) -> Finding:
    text = Text("v", "e")
    made = Finding("pack", "1", rule, text, Clause("doc", "1"), "far", status, text)
    return replace(made, **more)  # type: ignore[arg-type]


WORD = Attestation("pack", "far", None, "Nguyễn Văn A", "12/BC", date(2026, 11, 2), "đã xem hồ sơ gốc")


@pytest.mark.parametrize(
    ("statuses", "verdict"),
    [
        ([Status.PASS, Status.NOT_APPLICABLE], Verdict.CONFORMS),
        ([Status.PASS, Status.ATTESTED], Verdict.CONFORMS_WITH_ATTESTATION),
        ([Status.PASS, Status.NO_DATA], Verdict.UNDETERMINED),
        ([Status.PASS, Status.WARNING], Verdict.UNDETERMINED),
        ([Status.PASS, Status.ERROR], Verdict.UNDETERMINED),
        ([Status.NO_DATA, Status.FAIL], Verdict.DOES_NOT_CONFORM),
        ([Status.ERROR, Status.FAIL, Status.ATTESTED], Verdict.DOES_NOT_CONFORM),
        ([Status.NOT_APPLICABLE], Verdict.UNDETERMINED),
        ([], Verdict.UNDETERMINED),
    ],
)
def test_the_verdict_follows_from_the_findings(statuses: list[Status], verdict: Verdict) -> None:
    assert judge([finding(s) for s in statuses]).verdict is verdict


def test_only_passing_and_attested_findings_ever_conform() -> None:
    for statuses in product(Status, repeat=3):
        verdict = judge([finding(s) for s in statuses]).verdict
        if verdict in (Verdict.CONFORMS, Verdict.CONFORMS_WITH_ATTESTATION):
            assert set(statuses) <= {Status.PASS, Status.ATTESTED, Status.NOT_APPLICABLE}


def test_what_is_missing_is_told_once_in_order() -> None:
    zones, roads = Missing("zones", Text("quy hoạch", "zones")), Missing("road_lines", Text("lộ giới", "roads"))
    judged = judge(
        [
            finding(Status.NO_DATA, missing=(zones,)),
            finding(Status.NO_DATA, missing=(roads, zones)),
            finding(Status.WARNING, "corridor"),
        ]
    )
    assert judged.missing == (roads, zones)
    assert [f.rule for f in judged.to_review] == ["corridor"]


def test_an_officer_attests_a_no_data_finding_and_nothing_else() -> None:
    for status in Status:
        (found,), unused = attest([finding(status)], [WORD])
        if status is Status.NO_DATA:
            assert (found.status, found.attestation, unused) == (Status.ATTESTED, WORD, ())
        else:
            assert (found.status, [one.attestation for one in unused]) == (status, [WORD])
            assert "Chưa có dữ liệu" in unused[0].reason["vi"]


def test_no_word_stands_for_what_the_application_has_to_tell() -> None:
    height, zones = Missing("height_m", Text("chiều cao", "height")), Missing("zones", Text("ô quy hoạch", "zones"))
    for missing, own in (((height,), True), ((zones, height), True), ((zones,), False)):
        (found,), unused = attest([finding(Status.NO_DATA, missing=missing)], [WORD], {"height_m"})
        assert found.status is (Status.NO_DATA if own else Status.ATTESTED)
        assert [one.reason["vi"] for one in unused] == (["Hồ sơ phải tự ghi: chiều cao."] if own else [])


def test_an_attestation_holds_for_its_zone_or_road_only() -> None:
    found = [finding(Status.NO_DATA, subject=s) for s in ("A", "B")]
    attested, unused = attest(found, [replace(WORD, subject="B")])
    assert [f.status for f in attested] == [Status.NO_DATA, Status.ATTESTED]
    assert not unused
    assert judge(attested).verdict is Verdict.UNDETERMINED


def test_an_attestation_needs_its_reason_and_comes_once() -> None:
    with pytest.raises(InvalidParameter, match="reason"):
        attest([], [replace(WORD, reason=" ")])
    with pytest.raises(InvalidParameter, match="twice"):
        attest([], [WORD, WORD])


def test_the_words_are_those_that_officials_read() -> None:
    assert [s.word.vi for s in Status] == [
        "Đạt",
        "Không đạt",
        "Cần xem xét",
        "Không áp dụng",
        "Chưa có dữ liệu",
        "Có xác nhận",
        "Lỗi",
    ]
    assert [v.word.vi for v in Verdict] == ["Phù hợp", "Phù hợp (có xác nhận)", "Không phù hợp", "Chưa đủ căn cứ"]

from __future__ import annotations

import pytest

from gis.model.verdict import Status
from gis.rules.evaluate import evaluate
from gis.rules.findings import findings_of
from gis.rules.pack import Packs
from tests.gis.rules.town import TODAY, cases, rectangle, theme


@pytest.mark.parametrize(("zone", "expected"), [("I", Status.FAIL), ("II", Status.PASS), (None, Status.NO_DATA)])
def test_a_feature_that_does_not_tell_what_decides_may_be_meant(
    packs: Packs, zone: str | None, expected: Status
) -> None:
    heritage = theme([{"geometry": rectangle(-5, -5, 20, 40), "zone": zone}])
    findings = findings_of(evaluate(cases(), {"heritage": heritage}, packs, TODAY), 0)
    rules = {rule.id for pack in packs.packs for rule in pack.rules if rule.place and rule.place.values == ("I",)}
    (found,) = [one for one in findings if one.rule in rules]
    assert found.status is expected
    assert [one.name for one in found.missing] == (["heritage"] if zone is None else [])


def test_what_lies_elsewhere_leaves_nothing_open(packs: Packs) -> None:
    far = theme([{"geometry": rectangle(500, 500, 20, 40), "zone": None}])
    findings = findings_of(evaluate(cases(), {"heritage": far}, packs, TODAY), 0)
    assert not [one for one in findings if one.pack == "heritage" and one.status is Status.NO_DATA]

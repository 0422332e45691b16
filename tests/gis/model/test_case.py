"""When a decision departs from the advice."""

from __future__ import annotations

import pytest

from gis.model.case import departs
from gis.model.deadline import Outcome
from gis.model.verdict import Verdict


@pytest.mark.parametrize(
    ("verdict", "granted", "refused"),
    [
        (Verdict.CONFORMS, False, True),
        (Verdict.CONFORMS_WITH_ATTESTATION, False, True),
        (Verdict.DOES_NOT_CONFORM, True, False),
        (Verdict.UNDETERMINED, True, False),
        (None, False, False),
    ],
)
def test_to_grant_without_conformity_departs_and_so_does_to_refuse_with_it(
    verdict: Verdict | None, granted: bool, refused: bool
) -> None:
    assert departs(Outcome.GRANTED, verdict) is granted
    assert departs(Outcome.REFUSED, verdict) is refused

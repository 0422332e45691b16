"""Whole numbers in parameters: one reading for all of them."""

from __future__ import annotations

import pytest

from gis.errors import InvalidParameter
from services.ogc.parameters import limit, whole


@pytest.mark.parametrize("text", ["0", "-1", "+1", "1.0", "x", "", "١", "11", "1" * 41])
def test_what_is_no_whole_number_up_to_the_most_is_told_with_its_name(text: str) -> None:
    with pytest.raises(InvalidParameter, match=r"before: .* is not a whole number from 1 to 10") as told:
        whole({"before": text}, "before", 10)
    assert told.value.where == "before"


@pytest.mark.parametrize(("text", "found"), [("1", 1), ("10", 10), ("007", 7)])
def test_whole_numbers_are_read(text: str, found: int) -> None:
    assert whole({"before": text}, "before", 10) == found
    assert whole({}, "before", 10) is None


@pytest.mark.parametrize(("asked", "found"), [({}, 3), ({"limit": "4"}, 4), ({"limit": "9" * 40}, 10)])
def test_a_limit_over_the_most_is_the_most(asked: dict[str, str], found: int) -> None:
    assert limit(asked, 3, 10) == found


@pytest.mark.parametrize("text", ["0", "-1", "9" * 41])
def test_a_limit_that_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="limit: "):
        limit({"limit": text}, 3, 10)

"""The few records that are shown of a kind of finding are the ones that tell most."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.ingest.check import record_name
from gis.ingest.findings import error, warning
from gis.ingest.kinds import kinds

SHOWN = 5


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=40))
def test_the_worst_come_first_wherever_they_stand_in_the_file(amounts) -> None:
    details = [f"{i}: {amount} m²" for i, amount in enumerate(amounts)]
    (kind,) = kinds([warning("overlap", np.arange(len(amounts)), details, amounts=np.array(amounts))])
    shown = [amounts[example.record - 1] for example in kind.examples]
    assert shown == sorted(amounts, reverse=True)[:SHOWN]
    assert kind.count == kind.different == len(amounts)


@given(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=60))
def test_repeated_values_are_shown_once_with_their_count_and_first_record(values) -> None:
    (kind,) = kinds([warning("unknown-code", np.arange(len(values)), values, "land_use")])
    counted = Counter(values)
    assert [example.records for example in kind.examples] == [n for _, n in counted.most_common(SHOWN)]
    for example in kind.examples:
        assert counted[example.detail.en] == example.records
        assert values.index(example.detail.en) == example.record - 1
    assert kind.different == len(counted)


def test_findings_of_one_kind_are_one_row_whatever_parts_they_come_in() -> None:
    parts = [warning("overlap", np.array([i]), [str(i)], amounts=np.array([float(i)])) for i in range(10)]
    (kind,) = kinds(parts)
    assert (kind.count, [example.record for example in kind.examples]) == (10, [10, 9, 8, 7, 6])


def test_a_kind_without_details_shows_its_first_records() -> None:
    (kind,) = kinds([error("area-zero", np.array([4, 7, 9, 11, 13, 15]))])
    assert [example.record for example in kind.examples] == [5, 8, 10, 12, 14]
    assert (kind.count, kind.different) == (6, 6)


def test_the_same_reason_on_two_fields_is_two_kinds_and_errors_come_first() -> None:
    rows = np.array([0])
    found = kinds(
        [
            warning("unknown-code", np.arange(3), ["a"] * 3, "land_use"),
            warning("unknown-code", rows, ["a"], "state"),
            error("area-zero", rows),
        ]
    )
    assert [(kind.reason, kind.field, kind.count) for kind in found] == [
        ("area-zero", None, 1),
        ("unknown-code", "land_use", 3),
        ("unknown-code", "state", 1),
    ]


@pytest.mark.parametrize(("language", "text"), [("vi", "Chồng lấn với bản ghi 9."), ("en", "It overlaps record 9.")])
def test_examples_carry_the_whole_sentence(language, text) -> None:
    (kind,) = kinds([warning("overlap", np.array([0]), [record_name(8)], amounts=np.array([1.0]))])
    assert kind.examples[0].message[language] == text


def test_warnings_on_records_that_are_withheld_are_told_apart() -> None:
    found = [error("area-zero", np.array([1, 2])), warning("unknown-code", np.array([0, 1, 2]), ["'A'"] * 3)]
    assert [(kind.reason, kind.count, kind.withheld) for kind in kinds(found)] == [
        ("area-zero", 2, 2),
        ("unknown-code", 3, 2),
    ]

"""Findings speak both languages, and Vietnamese ones by the titles that people know."""

from __future__ import annotations

import re

import numpy as np
import pytest

from gis.ingest.findings import Finding, amount, error, titled, warning, withheld
from gis.ingest.reasons import REASONS
from gis.model.layer import Text


@pytest.mark.parametrize("reason", REASONS)
def test_every_kind_says_the_same_in_both_languages(reason) -> None:
    told = REASONS[reason]
    for text in (told.name, told.sentence, *filter(None, (told.remedy,))):
        assert text.vi.strip() and text.en.strip() and text.vi != text.en
        assert set(re.findall(r"{\w+}", text.vi)) == set(re.findall(r"{\w+}", text.en)) <= {"{field}", "{detail}"}
    assert told.sentence.vi.endswith(".") and told.sentence.en.endswith(".")


def test_vietnamese_messages_call_a_field_by_its_title(catalog) -> None:
    found = warning("unknown-code", np.array([3]), ["'RSM'"], "land_use_raw")
    (named,) = titled([found], catalog.layers["parcels"])
    title = catalog.layers["parcels"].field("land_use_raw").title.vi
    assert named.message(0, "vi") == f"'{title}': mã 'RSM' không có trong danh mục."
    assert named.message(0, "en") == "'land_use_raw': code 'RSM' is not in the codelist."


def test_a_finding_without_a_field_of_the_layer_stays_as_it_is(catalog) -> None:
    found = [error("area-zero", np.array([0])), warning("pattern", np.array([0]), ["'x'"], "no_such_field")]
    assert [f.message(0, "en") for f in titled(found, catalog.layers["parcels"])] == [
        "The area is zero.",
        "'no_such_field': 'x' does not have the right form.",
    ]


def test_details_of_ours_are_told_in_the_language_of_the_sentence() -> None:
    found = error("geometry-type", np.array([0]), [Text("đường (LineString)", "LineString")])
    assert "đường (LineString)" in found.message(0, "vi")
    assert "a LineString, which" in found.message(0, "en")


def test_braces_in_the_data_are_not_filled_in() -> None:
    assert "'{0} {field}'" in warning("pattern", np.array([0]), ["'{0} {field}'"], "sheet").message(0, "vi")


def test_only_errors_withhold() -> None:
    findings: list[Finding] = [error("area-zero", np.array([1])), warning("overlap", np.array([0, 1, 2]), ["2"] * 3)]
    assert withheld(findings, 3).tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("value", "digits", "en", "vi"),
    [
        (2556.4, None, "2,556 m²", "2.556 m²"),
        (1234567.8, None, "1,234,568 m²", "1.234.568 m²"),
        (21.738, None, "21.74 m²", "21,74 m²"),
        (10.0, None, "10 m²", "10 m²"),
        (0.00012346, None, "0.0001235 m²", "0,0001235 m²"),
        (0.0, None, "0 m²", "0 m²"),
        (5531465.0, 1, "5,531,465.0 m²", "5.531.465,0 m²"),
    ],
)
def test_amounts_are_written_as_the_language_does(value, digits, en, vi) -> None:
    assert amount(value, "m²", digits) == Text(vi, en)

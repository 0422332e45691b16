"""Land-use codes of 2014 and 2024 side by side, in one cell or in one file."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from gis.ingest.codes import column_scheme, read_uses
from gis.ingest.uses import derive, main_code
from gis.model.layer import Catalog


@pytest.fixture
def uses(catalog: Catalog):
    return lambda raw: read_uses(raw, catalog.codelists["land_use"], date(2025, 7, 1))


@pytest.mark.parametrize(
    ("raw", "codes", "scheme"),
    [
        ("ODT", ("ODT",), None),
        ("ONT+CLN", ("ONT", "CLN"), None),
        ("CLN, ONT", ("CLN", "ONT"), None),
        ("odt;hnk", ("ODT", "HNK"), None),
        ("BHK", ("HNK",), "2014"),
        ("LUN/BHK", ("LUK", "HNK"), "2014"),
        ("DMT", ("DMT",), "2024"),
        ("DSH", ("DKV",), "2014"),
        ("SKX", ("SKC",), "2014"),
        ("Đất ở tại đô thị", ("ODT",), None),
        ("BHK+DMT", ("HNK", "DMT"), None),
        ("HNK+BHK", ("HNK",), "2014"),
    ],
)
def test_codes_lead_to_those_of_2024(uses, raw, codes, scheme) -> None:
    found = uses(raw)
    assert (found.codes, found.scheme) == (codes, scheme)
    assert found.unknown == found.groups == found.undecided == ()


def test_what_cannot_be_followed_is_said(uses) -> None:
    assert uses("ODT+XYZ").unknown == ("XYZ",)
    assert uses("ODT+XYZ").codes == ("ODT",)
    assert uses("DCK").undecided == ("DCK",)
    assert uses("PNN").groups == ("PNN",)


def test_a_file_proves_its_scheme_if_no_code_speaks_against_it(uses) -> None:
    assert column_scheme([uses("ODT"), uses("BHK")]) == "2014"
    assert column_scheme([uses("DMT"), uses("BHK")]) is None
    assert column_scheme([uses("ODT")]) is None


def test_dates_tell_the_scheme_where_codes_do_not(catalog) -> None:
    layer = catalog.layers["parcels"]
    days = np.array(["2024-07-31", "2024-08-01", "NaT"], dtype="M8[D]")
    found = derive(layer, pa.array(["ODT", "ODT", "ODT"]), catalog.codelists["land_use"], days, frozenset())
    assert found.columns["land_use_scheme"].to_pylist() == ["2014", "2024", None]
    assert found.columns["land_uses"].to_pylist() == [["ODT"]] * 3


def test_columns_that_came_with_the_file_stay(catalog) -> None:
    layer = catalog.layers["parcels"]
    given = frozenset({"land_use", "land_use_raw"})
    found = derive(layer, pa.array(["???", None]), catalog.codelists["land_use"], None, given)
    assert set(found.columns) == {"land_uses", "land_use_scheme"}
    assert found.findings == []


def test_findings_name_the_rows(catalog) -> None:
    layer = catalog.layers["parcels"]
    raw = pa.array(["ODT", None, "DCK", "QQQ", "QQQ"])
    found = derive(layer, raw, catalog.codelists["land_use"], None, frozenset()).findings
    assert [(f.reason, f.rows.tolist()) for f in found] == [("unknown-code", [3, 4]), ("code-undecided", [2])]


def test_each_raw_text_has_the_code_field_that_follows_it(catalog) -> None:
    names = {layer.id: main.name for layer in catalog.layers.values() if (main := main_code(layer))}
    assert names == {"parcels": "land_use", "zones": "function", "permits": "permit_type"}


def test_raw_texts_are_carried_over_to_the_day_that_is_asked_for(catalog) -> None:
    before = read_uses("BHK", catalog.codelists["land_use"], date(2024, 7, 31))
    assert (before.codes, before.scheme) == (("BHK",), "2014")


def test_a_group_of_that_day_is_no_use(catalog) -> None:
    assert read_uses("HNK", catalog.codelists["land_use"], date(2024, 7, 31)).groups == ("HNK",)

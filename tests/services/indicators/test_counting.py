"""Counts by ward and day from a real database, against what can be counted by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from zoneinfo import ZoneInfo

import psycopg
import pytest

from gis.model.indicator import Count
from gis.model.layer import Catalog
from gis.store.indicators import Counted, count, one_state
from services.indicators.compute import usual_days, ward_sets
from services.indicators.observing import codes_of
from tests.services.indicators.district import (
    ARMY,
    DAYS,
    EAST,
    FIELDS,
    FLOOR,
    HOUSES,
    ISSUED_EAST,
    ISSUED_WEST,
    OTHER,
    WEST,
    District,
    make_district,
    parcel,
    permit,
)

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
BEFORE, REFORM, LATER, TODAY = DAYS


@pytest.fixture(scope="module")
def district(make_database: Callable[..., str], catalog: Catalog) -> District:
    return make_district(make_database, catalog)


def counted(district: District, set_: str, days: tuple[date, ...] = DAYS) -> Counted:
    uses = {name: sorted(codes) for name, codes in codes_of(district.catalog.codelists["land_use"]).items()}
    wards = next(one for one in ward_sets(district.catalog, max(days), ZONE) if one.id == set_)
    with psycopg.connect(district.dsn, autocommit=True) as db, one_state(db):
        return count(db, district.catalog, wards, days, uses)


@pytest.fixture(scope="module")
def new(district: District) -> Counted:
    return counted(district, "NEW")


@pytest.fixture(scope="module")
def old(district: District) -> Counted:
    return counted(district, "OLD")


def cell(of: Counted, indicator: str, ward: str, on: date) -> Count:
    found = [one for one in of.counts if (one.indicator, one.ward, one.on) == (indicator, ward, on)]
    assert len(found) == 1, found
    return found[0]


def test_a_set_has_the_wards_of_its_time_also_where_a_code_was_given_out_again(new: Counted, old: Counted) -> None:
    assert [(ward.code, ward.name) for ward in old.wards] == [(WEST, "Phường Tây"), (EAST, "Phường Đông")]
    assert [(ward.code, ward.name) for ward in new.wards] == [(WEST, "Phường Chung"), (OTHER, "Phường Trống")]


def test_permits_are_those_of_the_twelve_months_before_the_day_by_day_of_issue(new: Counted) -> None:
    by_day = [cell(new, "permits_issued", WEST, on).cases for on in DAYS]
    # Twelve of 1 March 2025; four of 31 December 2025; the one of 1 January 2026 is not before that day.
    assert by_day == [0, ISSUED_WEST, ISSUED_WEST + ISSUED_EAST, ISSUED_EAST + 1]
    floor = cell(new, "permitted_floor_area", WEST, LATER)
    assert (floor.cases, floor.part) == (16, 16 * FLOOR)


def test_drafts_and_applications_are_not_counted_and_what_was_revoked_later_counts_once(old: Counted) -> None:
    assert cell(old, "permits_issued", WEST, REFORM).cases == ISSUED_WEST
    assert cell(old, "permits_issued", EAST, LATER).cases == ISSUED_EAST


def test_permits_of_the_former_communes_together_are_those_of_the_ward_that_they_became(
    new: Counted, old: Counted
) -> None:
    for on in DAYS:
        parts = sum(cell(old, "permits_issued", ward, on).cases for ward in (WEST, EAST))
        assert cell(new, "permits_issued", WEST, on).cases == parts


def test_shares_of_land_follow_the_day_and_leave_out_what_is_not_public(new: Counted) -> None:
    before, after = cell(new, "share_residential", WEST, LATER), cell(new, "share_residential", WEST, TODAY)
    assert (before.cases, before.rest_cases) == (HOUSES, FIELDS)
    assert (before.part, before.rest) == pytest.approx((HOUSES * 100, FIELDS * 100), abs=0.01)
    assert (after.cases, after.rest_cases) == (HOUSES + FIELDS, 0)
    agriculture = cell(new, "share_agricultural", WEST, LATER)
    assert (agriculture.cases, agriculture.rest_cases) == (FIELDS, HOUSES)
    unknown = cell(new, "parcels_without_use", WEST, LATER)
    assert (unknown.cases, unknown.rest_cases) == (ARMY, HOUSES + FIELDS)


def test_a_stated_area_is_off_beyond_the_tolerance_of_the_layer(new: Counted) -> None:
    off = cell(new, "parcels_off_area", WEST, LATER)
    assert (off.cases, off.rest_cases) == (11, HOUSES - 11 + FIELDS)


def test_a_ward_without_parcels_has_no_shares_and_its_permits_are_counted_as_none(new: Counted) -> None:
    assert not [one for one in new.counts if one.ward == OTHER and one.indicator.startswith("share_")]
    assert {cell(new, "permits_issued", OTHER, on).cases for on in DAYS} == {0}


def test_only_where_agencies_say_so_a_source_is_complete(new: Counted, old: Counted) -> None:
    assert new.complete == {(WEST, "permits")}
    assert old.complete == {(WEST, "permits"), (EAST, "permits"), (WEST, "parcels")}


def test_coverage_is_as_declared_for_the_day_and_unknown_before_anything_was(new: Counted) -> None:
    shares = [cell(new, "coverage_parcels", WEST, on).part for on in DAYS]
    assert shares[0] is None
    assert shares[1:] == pytest.approx([50, 50, 50], abs=0.1)
    assert cell(new, "coverage_parcels", OTHER, TODAY).part == 0
    assert cell(new, "coverage_zones", WEST, TODAY).part is None


def test_a_parcel_across_two_wards_belongs_to_one(make_database: Callable[..., str], catalog: Catalog) -> None:
    district = make_district(make_database, catalog)
    district.load("parcels", [parcel(900, 195, 200, "ODT"), parcel(901, 192, 220, "ODT"), parcel(902, 198, 240, "ODT")])
    found = counted(district, "OLD", (TODAY,))
    cells = {ward: cell(found, "share_residential", ward, TODAY).cases for ward in (WEST, EAST)}
    assert sum(cells.values()) == HOUSES + FIELDS + 3
    assert cells[WEST] >= HOUSES + 1
    assert cells[EAST] >= FIELDS + 1


def test_a_declaration_of_less_takes_away_from_one_of_all(make_database: Callable[..., str], catalog: Catalog) -> None:
    district = make_district(make_database, catalog)
    with psycopg.connect(district.dsn, autocommit=True) as db:
        db.execute(
            """INSERT INTO landmap.coverage (layer, area, level, as_of, agency)
               SELECT 'permits', area, 'partial', '2026-02-01', 'Sở Xây dựng' FROM landmap.coverage WHERE layer = 'parcels'"""
        )
    assert (WEST, "permits") not in counted(district, "OLD").complete
    assert (EAST, "permits") in counted(district, "OLD").complete


def test_codes_of_land_use_are_those_of_the_branch_whatever_their_depth(catalog: Catalog) -> None:
    codes = codes_of(catalog.codelists["land_use"])
    assert {"ODT", "ONT"} <= codes["share_residential"]
    assert {"LUC", "CLN", "RSX", "BHK"} <= codes["share_agricultural"]
    assert "SKK" in codes["share_business"]
    assert not codes["share_residential"] & codes["share_agricultural"]


def test_usual_days_are_the_first_of_quarters_and_of_this_month() -> None:
    assert usual_days(date(2026, 11, 22), 2) == (date(2026, 7, 1), date(2026, 10, 1), date(2026, 11, 1))
    assert usual_days(date(2026, 1, 5), 2) == (date(2025, 10, 1), date(2026, 1, 1))


def test_what_is_published_between_two_sets_is_in_none_of_them(
    make_database: Callable[..., str], catalog: Catalog
) -> None:
    district = make_district(make_database, catalog)
    uses = {name: sorted(codes) for name, codes in codes_of(catalog.codelists["land_use"]).items()}
    totals = []
    with psycopg.connect(district.dsn, autocommit=True) as db, one_state(db):
        for wards in ward_sets(catalog, max(DAYS), ZONE):
            counts = count(db, catalog, wards, DAYS, uses).counts
            totals.append(sum(c.cases for c in counts if (c.indicator, c.on) == ("permits_issued", LATER)))
            district.load("permits", [permit(800 + len(totals), 10, "ISSUED", date(2025, 12, 1))])
    assert totals == [ISSUED_WEST + ISSUED_EAST] * 2

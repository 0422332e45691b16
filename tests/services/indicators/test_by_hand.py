"""The figures of a demo city against SQL that is written by hand for this test: another way, the same numbers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import psycopg
import pytest

from gis.demo.load import load
from gis.model.indicator import USES
from gis.model.layer import Catalog
from services.indicators.compute import Order, compute
from services.settings import Settings

BEFORE, REFORM, TODAY = date(2025, 6, 1), date(2025, 7, 1), date(2026, 11, 1)
DAYS = (BEFORE, REFORM, TODAY)
BOUNDARIES = {"OLD": "2025-06-30", "NEW": "2026-11-01"}

type Exact = dict[tuple[str, str, date, str], tuple[float | None, int, str]]


@pytest.fixture(scope="module")
def city(make_database: Callable[..., str], catalog: Catalog, settings_for: Callable[..., Settings]) -> str:
    dsn = make_database()
    with psycopg.connect(dsn, autocommit=True) as db:
        load(db, catalog, 1_500, 3)
    compute(settings_for(dsn), dsn, catalog, Order(DAYS, 0))
    return dsn


@pytest.fixture(scope="module")
def exact(city: str) -> Exact:
    """What agencies see behind the published values: by set, ward, day and indicator the exact value, cases and basis."""
    with psycopg.connect(city) as db:
        rows = db.execute(
            "SELECT ward_set, ward, observed_on, indicator, exact, cases, basis FROM land_history.indicators WHERE to_changeset IS NULL"
        ).fetchall()
    return {(row[0], row[1], row[2], row[3]): (row[4], row[5], row[6]) for row in rows}


def wards(city: str, ward_set: str) -> list[str]:
    with psycopg.connect(city) as db:
        rows = db.execute(
            """SELECT code FROM land_history.wards WHERE to_changeset IS NULL
               AND valid @> (%s::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh') ORDER BY code""",
            (BOUNDARIES[ward_set],),
        ).fetchall()
    return [row[0] for row in rows]


@pytest.mark.parametrize("ward_set", ["OLD", "NEW"])
@pytest.mark.parametrize("on", DAYS)
def test_permits_and_their_floor_area_are_those_of_twelve_months_by_place(
    city: str, exact: Exact, ward_set: str, on: date
) -> None:
    with psycopg.connect(city) as db:
        rows = db.execute(
            """SELECT w.code, count(p.id), coalesce(sum(p.floor_area), 0), count(p.floor_area)
               FROM land_history.wards w LEFT JOIN (
                   SELECT id, min(issued_on) AS issued_on, (array_agg(floor_area ORDER BY lower(valid)))[1] AS floor_area,
                          (array_agg(geom ORDER BY lower(valid)))[1] AS geom
                   FROM land_history.permits
                   WHERE to_changeset IS NULL AND shown = (SELECT max(shown) FROM land_history.permits)
                     AND issued_on >= %(on)s::date - interval '1 year' AND issued_on < %(on)s GROUP BY id) p
                 ON ST_Contains(w.geom, p.geom)
               WHERE w.to_changeset IS NULL AND w.valid @> (%(at)s::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh') GROUP BY w.code""",
            {"on": on, "at": BOUNDARIES[ward_set]},
        ).fetchall()
    assert sum(row[1] for row in rows) > 0
    for code, permits, area, with_area in rows:
        assert exact[ward_set, code, on, "permits_issued"][1] == permits
        value, cases, _ = exact[ward_set, code, on, "permitted_floor_area"]
        assert cases == with_area
        assert value == (pytest.approx(area) if with_area else None) or (value == 0 == area)


@pytest.mark.parametrize("ward_set", ["OLD", "NEW"])
@pytest.mark.parametrize("on", DAYS)
def test_shares_of_land_are_those_of_square_metres_of_public_parcels(
    city: str, catalog: Catalog, exact: Exact, ward_set: str, on: date
) -> None:
    below = {use: _branch(catalog, branches) for use, branches in USES.items()}
    with psycopg.connect(city) as db:
        rows = db.execute(
            """SELECT w.code, p.land_use, sum(ST_Area(p.geom)) FROM land_history.wards w
               JOIN land_history.parcels p ON ST_Contains(w.geom, ST_PointOnSurface(p.geom))
               WHERE w.to_changeset IS NULL AND w.valid @> (%(at)s::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh')
                 AND p.to_changeset IS NULL AND p.valid @> (%(on)s::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh')
                 AND p.land_use IS NOT NULL AND p.shown = (SELECT max(shown) FROM land_history.parcels)
               GROUP BY 1, 2""",
            {"on": on, "at": BOUNDARIES[ward_set]},
        ).fetchall()
    assert rows
    for code in {row[0] for row in rows}:
        areas = {use: area for ward, use, area in rows if ward == code}
        for indicator, codes in below.items():
            part = sum(area for use, area in areas.items() if use in codes)
            told = exact[ward_set, code, on, indicator][0]
            assert told == pytest.approx(100 * part / sum(areas.values()), abs=0.001)


def _branch(catalog: Catalog, branches: tuple[str, ...]) -> set[str]:
    """All codes under the branches, parent by parent."""
    parents = {code.code: code.parent for code in catalog.codelists["land_use"].codes}

    def under(code: str | None) -> bool:
        return code is not None and (code in branches or under(parents.get(code)))

    return {code for code in parents if under(code)}


def test_across_the_reform_values_are_apportioned_and_said_to_be(city: str, exact: Exact) -> None:
    for (ward_set, _, on, _), (_, _, basis) in exact.items():
        own = (on < REFORM) == (ward_set == "OLD")
        assert basis == ("COUNTED" if own else "APPORTIONED")
    for on in DAYS:  # whichever boundaries: nobody is lost and nobody is counted twice
        totals = [
            sum(exact[ward_set, code, on, "permits_issued"][1] for code in wards(city, ward_set))
            for ward_set in ("OLD", "NEW")
        ]
        assert totals[0] == totals[1] > 0

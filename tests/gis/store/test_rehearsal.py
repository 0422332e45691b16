"""A staged changeset is tried, and nothing of it stays."""

from __future__ import annotations

import psycopg
import pytest
import shapely

from gis.errors import InvalidParameter
from gis.model.layer import Layer
from gis.store.rehearsal import met, rehearse
from tests.gis.store.conftest import Load, Parcel, square, staged, table

FIELDS = ("parcel", "sheet")


def test_what_would_hold_is_told_and_nothing_is_published(db: psycopg.Connection, parcels: Layer, load: Load) -> None:
    load([Parcel("1", 0), Parcel("2", 1)])
    before = table(db, "SELECT count(*), max(number) FROM landmap.changeset")
    stage_id, _ = staged(db, parcels, [Parcel("1", 0, sheet="13", size=12), Parcel("2", 1), Parcel("3", 2)])
    found = rehearse(db, stage_id, parcels, FIELDS)
    assert sorted(found.after[found.after.new].parcel) == ["1", "3"]
    assert sorted(found.before[found.before.gone].parcel) == ["1"]
    assert {row.parcel for row in found.after.itertuples() if not row.new} <= {"2"}
    assert len(found.changed) == 3 and found.after.crs == parcels.storage_crs
    assert table(db, "SELECT count(*), max(number) FROM landmap.changeset") == before
    assert table(db, "SELECT count(*) FROM land.parcels WHERE sheet = '13'") == [(0,)]
    assert table(db, "SELECT state FROM landmap.stage WHERE id = %s", stage_id) == [("staged",)]


def test_a_stage_that_changes_nothing_says_so(db: psycopg.Connection, parcels: Layer, load: Load) -> None:
    load([Parcel("1", 0)])
    stage_id, _ = staged(db, parcels, [Parcel("1", 0)])
    with pytest.raises(InvalidParameter, match="changes nothing"):
        rehearse(db, stage_id, parcels, FIELDS)


def test_what_lies_on_a_shape_is_met_once_and_what_lies_beside_it_is_not(
    db: psycopg.Connection, parcels: Layer, load: Load
) -> None:
    load([Parcel("1", 0), Parcel("2", 1), Parcel("3", 2)])
    stage_id, _ = staged(db, parcels, [Parcel("4", 5)])
    at = rehearse(db, stage_id, parcels, FIELDS).at
    first, twice = square(0).geoms[0], shapely.union_all([square(0), square(1)])
    for area, wanted in (([first], ["1"]), ([first, twice], ["1", "2"])):
        found = [row.parcel for frame in met(db, parcels, FIELDS, area, at) for row in frame.itertuples()]
        assert sorted(found) == wanted

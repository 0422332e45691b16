"""What waits, beside what it would replace; a reader of some fields is shown those alone."""

from __future__ import annotations

import json

import psycopg
import pytest

from gis.errors import NotFound
from gis.model.layer import Layer
from gis.store.publish import publish
from gis.store.review import findings, on_connection, records, waiting, waiting_stage
from tests.gis.store.conftest import Load, Parcel, staged, table

FIELDS = ("sheet", "parcel")


@pytest.fixture
def stage_id(db: psycopg.Connection, parcels: Layer, load: Load) -> int:
    """The first parcel stays, the second gets another sheet, the third another place, and the fourth is new."""
    load([Parcel("1", 0), Parcel("2", 1), Parcel("3", 2)])
    found, _ = staged(
        db, parcels, [Parcel("1", 0), Parcel("2", 1, sheet="13"), Parcel("3", 2, size=12), Parcel("4", 4)]
    )
    return found


def test_each_record_stands_beside_the_version_that_it_replaces(
    db: psycopg.Connection, parcels: Layer, stage_id: int
) -> None:
    found = {
        record.after["parcel"]: record for record in records(db, parcels, stage_id, FIELDS, 0, 100) if record.after
    }
    assert {name: record.before is None for name, record in found.items()}["4"]
    moved = found["3"]
    assert (moved.changed, moved.moved) == ([], True)
    assert json.loads(moved.after_shape or "")["type"] == "MultiPolygon"
    new = found["4"]
    assert (new.before, new.before_shape, new.changed, new.moved) == (None, None, [], False)
    assert all(set(record.after or {}) == set(FIELDS) for record in found.values())


def test_pages_follow_each_other_without_gap_and_end(db: psycopg.Connection, parcels: Layer, stage_id: int) -> None:
    whole = records(db, parcels, stage_id, FIELDS, 0, 100)
    paged, after = [], 0
    while page := records(db, parcels, stage_id, FIELDS, after, 1):
        paged += page
        after = page[-1].row
    assert paged == whole and len(whole) > 1


def test_nothing_is_told_of_what_waits_no_more(db: psycopg.Connection, parcels: Layer, stage_id: int) -> None:
    assert [stage.id for stage in waiting(db, ["parcels"])] == [stage_id]
    assert waiting(db, ["wards"]) == []
    stage = waiting_stage(db, stage_id)
    assert findings(db, stage, 0, 10) == []
    publish(db, stage_id, parcels)
    assert waiting(db, ["parcels"]) == []
    with pytest.raises(NotFound):
        waiting_stage(db, stage_id)
    with pytest.raises(NotFound):
        records(db, parcels, stage_id, FIELDS, 0, 10)
    with pytest.raises(NotFound):
        waiting_stage(db, stage_id + 1_000)


def test_what_was_withheld_is_told_in_its_order_without_the_record_as_it_was_read(
    db: psycopg.Connection, stage_id: int
) -> None:
    for reason in ("first", "second", "third"):
        db.execute(
            """INSERT INTO landmap.quarantine (stage, layer, source_row, severity, reason, message_vi, message_en, responsible, raw)
               VALUES (%s, 'parcels', 7, 'error', %s, 'sai', 'wrong', 'so-dat', '{"holder": "CHUDAT"}')""",
            (stage_id, reason),
        )
    stage = waiting_stage(db, stage_id)
    found = findings(db, stage, 0, 2)
    assert [one.reason for one in found] == ["first", "second"]
    assert [one.reason for one in findings(db, stage, found[-1].number, 2)] == ["third"]
    assert "CHUDAT" not in repr(found) and found[0].shape is None


def test_work_on_a_connection_of_its_own_sees_what_was_committed(database: str, stage_id: int) -> None:
    assert [stage.id for stage in on_connection(database, lambda own: waiting(own, ["parcels"]))] == [stage_id]
    assert on_connection(database, lambda own: table(own, "SELECT 1")) == [(1,)]

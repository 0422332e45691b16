"""The record of who looked at what: it can be added to and proved, and not changed unseen."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from gis.store.audit import Entry, Kind, Wanted, append, append_sql, as_json, list_sql, proved
from gis.store.runner import run
from tests.gis.store.conftest import table

NOON = datetime(2026, 11, 22, 5, tzinfo=UTC)
PARCEL = UUID(int=7)


def entry(number: int, **changes: object) -> Entry:
    values: dict[str, object] = {
        "layer": "parcels",
        "detail": {"n": number, "parameters": {"bbox": None}},
        "rows": number,
    }
    return Entry(NOON + timedelta(hours=number), Kind.READ, "key:abc", "items", **(values | changes))  # type: ignore[arg-type]


@pytest.fixture
def filled(db: psycopg.Connection) -> psycopg.Connection:
    run(db, append_sql([entry(1), entry(2, feature=PARCEL), entry(3, layer="zones")]))
    append(db, Entry(NOON, Kind.ACCESS, "lan", "key issued", subject="key:abc"))
    return db


def numbers(db: psycopg.Connection, **wanted: object) -> list[int]:
    return [row["number"] for row in run(db, list_sql(Wanted(**wanted)))]  # type: ignore[arg-type]


def test_rows_are_numbered_without_gaps_also_after_an_error(filled: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        append(filled, entry(5, times=0))
    append(filled, entry(6))
    assert numbers(filled) == [5, 4, 3, 2, 1]
    assert proved(filled)[:2] == (None, 5)


def test_each_condition_finds_its_rows(filled: psycopg.Connection) -> None:
    assert numbers(filled, feature=PARCEL) == [2]
    assert numbers(filled, actor="key:abc", limit=2) == [3, 2]
    assert numbers(filled, before=3) == [2, 1]
    assert numbers(filled, kind=Kind.ACCESS) == [4]
    assert numbers(filled, layer="zones") == [3]
    assert numbers(filled, since=NOON + timedelta(hours=2), until=NOON + timedelta(hours=3)) == [2]
    assert numbers(filled, layers=frozenset({"parcels"})) == [2, 1]


def test_a_row_reads_back_as_it_was_written(filled: psycopg.Connection) -> None:
    (row,) = run(filled, list_sql(Wanted(feature=PARCEL)))
    assert as_json(row) == {
        "number": 2, "at": NOON + timedelta(hours=2), "kind": "read", "actor": "key:abc", "action": "items", "layer": "parcels",
        "feature": str(PARCEL), "detail": {"n": 2, "parameters": {"bbox": None}}, "rows": 2, "times": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    "statement", ["UPDATE landmap.audit SET actor = 'x'", "DELETE FROM landmap.audit", "TRUNCATE landmap.audit"]
)
@pytest.mark.parametrize("role", ["landmap", "landmap_keeper"])
def test_nobody_changes_it_not_even_its_owner(
    filled: psycopg.Connection, database: str, role: str, statement: str
) -> None:
    with (
        psycopg.connect(make_conninfo(database, user=role)) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("tampering", "first"),
    [
        ("UPDATE landmap.audit SET actor = 'key:zzz' WHERE number = 2", 2),
        ("UPDATE landmap.audit SET detail = '{}' WHERE number = 1", 1),
        ("DELETE FROM landmap.audit WHERE number = 2", 3),
        ("UPDATE landmap.audit SET digest = sha256('x') WHERE number = 4", 4),
        ("UPDATE landmap.audit SET at = at + interval '1 microsecond' WHERE number = 3", 3),
    ],
)
def test_whoever_breaks_the_lock_is_found_out(filled: psycopg.Connection, tampering: str, first: int) -> None:
    filled.execute("ALTER TABLE landmap.audit DISABLE TRIGGER keep")
    filled.execute(tampering)  # type: ignore[call-overload]
    assert proved(filled)[0] == first


def test_a_sealed_record_does_not_depend_on_how_a_session_writes_times(filled: psycopg.Connection) -> None:
    for setting in (
        "TimeZone = 'Asia/Ho_Chi_Minh'",
        "DateStyle = 'German'",
        "bytea_output = 'escape'",
        "extra_float_digits = 0",
    ):
        filled.execute(f"SET {setting}")
        append(filled, entry(1))
    assert proved(filled)[0] is None


def test_writers_at_the_same_time_make_one_chain(db: psycopg.Connection, database: str) -> None:
    def write() -> None:
        with psycopg.connect(database, autocommit=True) as connection:
            for number in range(10):
                run(connection, append_sql([entry(number), entry(number + 1)]))

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert proved(db)[:2] == (None, 80)


def test_a_reading_that_is_rolled_back_leaves_no_hole(filled: psycopg.Connection) -> None:
    with filled.transaction(force_rollback=True):
        append(filled, entry(9))
    append(filled, entry(10))
    assert table(filled, "SELECT max(number), count(*) FROM landmap.audit") == [(5, 5)]
    assert proved(filled)[0] is None

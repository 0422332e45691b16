"""Edits through `land.<layer>`: what becomes of a feature that one transaction edits more than once."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.model.layer import Catalog
from gis.store.check import check
from tests.gis.store.conftest import Load, Parcel, table

INSERT = """INSERT INTO land.parcels (sheet, parcel, geom, valid_from) VALUES ('12', '1',
            ST_Multi(ST_MakeEnvelope(603700, 1191840, 603710, 1191850, 9210)), %s)"""
OPEN = """SELECT lower(valid), upper(valid), valid_from_known, street FROM land_history.parcels
          WHERE to_changeset IS NULL ORDER BY lower(valid)"""
IN_2020 = datetime(2020, 1, 1, tzinfo=UTC)


def test_a_second_edit_of_a_new_feature_keeps_since_when_it_holds(db: psycopg.Connection, editor: str) -> None:
    with psycopg.connect(editor) as person:
        person.execute(INSERT, (IN_2020,))
        person.execute("UPDATE land.parcels SET street = 'Lê Lợi'")
        person.execute("UPDATE land.parcels SET street = 'Hàm Nghi'")
    assert table(db, OPEN) == [(IN_2020, None, True, "Hàm Nghi")]


def test_a_second_edit_of_an_undated_new_feature_claims_no_date(db: psycopg.Connection, editor: str) -> None:
    with psycopg.connect(editor) as person:
        person.execute(INSERT, (None,))
        person.execute("UPDATE land.parcels SET street = 'Lê Lợi'")
    begun = table(db, "SELECT begun_at FROM landmap.changeset ORDER BY number DESC LIMIT 1")[0][0]
    assert table(db, OPEN) == [(begun, None, False, "Lê Lợi")]


def test_a_second_edit_of_an_old_feature_leaves_its_past_alone(db: psycopg.Connection, editor: str, load: Load) -> None:
    load([Parcel("1", 0, street="Pasteur", valid_from=IN_2020)])
    with psycopg.connect(editor) as person:
        person.execute("UPDATE land.parcels SET street = 'Lê Lợi'")
        person.execute("UPDATE land.parcels SET street = 'Hàm Nghi'")
    begun = table(db, "SELECT begun_at FROM landmap.changeset ORDER BY number DESC LIMIT 1")[0][0]
    assert table(db, OPEN) == [(IN_2020, begun, True, "Pasteur"), (begun, None, False, "Hàm Nghi")]


def test_a_new_feature_that_the_same_transaction_deletes_was_never_there(
    db: psycopg.Connection, database: str, editor: str, catalog: Catalog
) -> None:
    with psycopg.connect(editor) as person:
        person.execute(INSERT, (IN_2020,))
        person.execute("UPDATE land.parcels SET street = 'Lê Lợi'")
        person.execute("DELETE FROM land.parcels")
    assert table(db, "SELECT count(*) FROM land_history.parcels") == [(0,)]
    assert check(database, catalog) == []


EDITS = st.lists(st.sampled_from(["insert", "dated insert", "update", "delete", "commit"]), min_size=1, max_size=12)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=EDITS)
def test_however_edits_are_bundled_the_invariants_hold(
    edits: list[str], db: psycopg.Connection, database: str, editor: str, catalog: Catalog
) -> None:
    """And the dates of a feature are those of its insertion, unless a later transaction changed it."""
    db.execute("DELETE FROM land.parcels")
    since: tuple[datetime | None, bool] | None = None
    with psycopg.connect(editor) as person:
        changed_later = fresh = False
        for edit in edits:
            if edit.endswith("insert") and since is None:
                since = (IN_2020, True) if edit == "dated insert" else (None, False)
                person.execute(INSERT, (since[0],))
                changed_later, fresh = False, True
            elif edit == "update":
                person.execute("UPDATE land.parcels SET street = coalesce(street, '') || 'a'")
                changed_later |= not fresh
            elif edit == "delete":
                person.execute("DELETE FROM land.parcels")
                since = None
            elif edit == "commit":
                person.commit()
                fresh = False
    told = table(
        db,
        "SELECT lower(valid), valid_from_known FROM land_history.parcels WHERE to_changeset IS NULL AND valid @> now()",
    )
    assert len(told) == (since is not None)
    if since is not None and not changed_later:
        assert told[0][1] == since[1]
        assert since[0] is None or told[0][0] == since[0]
    assert check(database, catalog) == []


def test_a_transaction_that_edits_does_not_stay_idle_with_the_publishing_lock(editor: str) -> None:
    with psycopg.connect(editor) as person:
        assert person.execute("SHOW idle_in_transaction_session_timeout").fetchone() == ("0",)
        person.execute(INSERT, (None,))
        assert person.execute("SHOW idle_in_transaction_session_timeout").fetchone() == ("10min",)
        person.commit()
        assert person.execute("SHOW idle_in_transaction_session_timeout").fetchone() == ("0",)


@pytest.mark.parametrize(("own", "then"), [("5s", "5s"), ("1h", "10min")])
def test_a_shorter_patience_of_the_person_stays(editor: str, own: str, then: str) -> None:
    with psycopg.connect(editor, options=f"-c idle_in_transaction_session_timeout={own}") as person:
        person.execute(INSERT, (None,))
        assert person.execute("SHOW idle_in_transaction_session_timeout").fetchone() == (then,)

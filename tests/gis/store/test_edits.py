"""The service's own edits: on whose behalf, from when they hold, all or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
import pytest_asyncio
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.conninfo import make_conninfo

from gis.errors import Busy, DatabaseUnavailable, Unwritable
from gis.model.access import Area, agency_decision, public_decision
from gis.model.layer import Catalog, Layer
from gis.model.query import ItemQuery
from gis.store import edits
from gis.store.check import check
from gis.store.pools import Pools
from gis.store.roles import WRITER
from gis.store.sql import Sql
from tests.gis.store.conftest import Load, Parcel, square, table

IN_2020 = datetime(2019, 12, 31, 17, tzinfo=UTC)
OPEN = """SELECT lower(valid), upper(valid), street, valid_from_known FROM land_history.parcels
          WHERE to_changeset IS NULL ORDER BY lower(valid)"""


@pytest_asyncio.fixture
async def pools(database: str) -> AsyncIterator[Pools]:
    opened = await Pools.open(database)
    yield opened
    await opened.close()


def values(number: str, **more: object) -> dict[str, object]:
    return {"sheet": "12", "parcel": number, "survey_crs": 9210, **more}


def wkb(place: float) -> bytes:
    return bytes(shapely.to_wkb(square(place)))


async def test_only_the_writer_names_another_actor(
    pools: Pools, db: psycopg.Connection, editor: str, parcels: Layer
) -> None:
    async with pools.writing("key:lan", "Sửa thử") as writing:
        await writing.rows(edits.insert_sql(parcels, uuid4(), values("1"), wkb(0), None))
    last = "SELECT actor, title FROM landmap.changeset ORDER BY number DESC LIMIT 1"
    assert table(db, last) == [("key:lan", "Sửa thử")]
    with psycopg.connect(editor) as person:
        person.execute("SELECT set_config('landmap.actor', 'key:minh', true), set_config('landmap.title', 'x', true)")
        person.execute("UPDATE land.parcels SET street = 'Lê Lợi'")
    assert table(db, last)[0][0] == "lan"


def test_the_writer_edits_for_somebody_and_does_nothing_else(db: psycopg.Connection, database: str, load: Load) -> None:
    load([Parcel("1", 0, holder="Nguyễn Văn A")])
    with psycopg.connect(make_conninfo(database, user=WRITER), autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM land_history.parcels").fetchone() == (1,)
        for forbidden in (
            "UPDATE land.parcels SET street = 'x'",
            "UPDATE land_history.parcels SET street = 'x'",
            "DELETE FROM land_history.parcels",
            "SELECT * FROM land_restricted.parcels_holders",
            "SELECT * FROM landmap.changeset",
            "SELECT * FROM landmap.api_key",
            "SELECT landmap.open_changeset('somebody', 'else')",
            "SELECT landmap.edit_changeset('parcels', 'UPDATE')",
            "SET ROLE landmap_editor",
            "SET ROLE landmap_staff",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden)


async def test_an_edit_that_fails_leaves_nothing_of_those_before_it(
    pools: Pools, db: psycopg.Connection, parcels: Layer
) -> None:
    before = table(db, "SELECT count(*) FROM landmap.changeset")

    async def write() -> None:
        async with pools.writing("tester", "test") as writing:
            await writing.rows(edits.insert_sql(parcels, uuid4(), values("1"), wkb(0), None))
            await writing.rows(edits.insert_sql(parcels, uuid4(), {"parcel": "2"}, wkb(1), None))

    with pytest.raises(Unwritable, match="does not fit the layer") as refused:
        await write()
    assert "sheet" not in refused.value.en + refused.value.vi
    assert "sheet is required" in str(refused.value.__cause__)
    assert table(db, "SELECT count(*) FROM landmap.changeset") == before
    assert table(db, "SELECT count(*) FROM land_history.parcels") == [(0,)]


async def test_a_connection_that_breaks_in_the_middle_leaves_nothing(
    pools: Pools, db: psycopg.Connection, parcels: Layer
) -> None:
    async def write() -> None:
        async with pools.writing("tester", "test") as writing:
            await writing.rows(edits.insert_sql(parcels, uuid4(), values("1"), wkb(0), None))
            killed = table(
                db,
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = %s AND datname = current_database()",
                WRITER,
            )
            assert killed == [(True,)]
            await writing.rows(edits.insert_sql(parcels, uuid4(), values("2"), wkb(1), None))

    with pytest.raises(DatabaseUnavailable):
        await write()
    assert table(db, "SELECT count(*) FROM land_history.parcels") == [(0,)]
    async with pools.writing("tester", "test") as writing:
        await writing.rows(edits.insert_sql(parcels, uuid4(), values("3"), wkb(0), None))
    assert table(db, "SELECT parcel FROM land_history.parcels") == [("3",)]


async def test_who_gives_up_in_the_middle_leaves_nothing(pools: Pools, db: psycopg.Connection, parcels: Layer) -> None:
    begun = asyncio.Event()

    async def write() -> None:
        async with pools.writing("tester", "test") as writing:
            await writing.rows(edits.insert_sql(parcels, uuid4(), values("1"), wkb(0), None))
            begun.set()
            await writing.rows(Sql("SELECT pg_sleep(60)", ()))

    task = asyncio.create_task(write())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with pools.writing("tester", "test") as writing:  # the publishing lock is free again
        await writing.rows(edits.insert_sql(parcels, uuid4(), values("2"), wkb(0), None))
    assert table(db, "SELECT parcel FROM land_history.parcels") == [("2",)]


async def test_who_has_to_wait_for_too_long_is_told(pools: Pools, editor: str, parcels: Layer, load: Load) -> None:
    load([Parcel("1", 0)])

    async def write() -> None:
        async with pools.writing("tester", "test") as writing:
            await writing.rows(Sql("SELECT set_config('lock_timeout', '50ms', true)", ()))
            await writing.rows(edits.insert_sql(parcels, uuid4(), values("2"), wkb(1), None))

    with psycopg.connect(editor) as person:
        person.execute("UPDATE land.parcels SET street = 'Lê Lợi'")
        with pytest.raises(Busy, match="Somebody is editing"):
            await write()


async def test_a_changed_version_is_not_changed_again_unseen(
    pools: Pools, db: psycopg.Connection, parcels: Layer, load: Load
) -> None:
    number = load([Parcel("1", 0)])
    (only,) = table(db, "SELECT id FROM land.parcels")[0]
    async with pools.writing("tester", "test") as writing:
        assert await writing.rows(edits.update_sql(parcels, only, number, {"street": "a"}, None))
    async with pools.writing("tester", "test") as writing:
        assert await writing.rows(edits.update_sql(parcels, only, number, {"street": "b"}, None)) == []
        assert await writing.rows(edits.delete_sql(parcels, only, number)) == []


DAYS = st.integers(-400, 400)
STEPS = st.lists(st.tuples(st.sampled_from(["update", "delete"]), st.one_of(st.none(), DAYS)), min_size=1, max_size=6)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, first=DAYS)
def test_from_whatever_day_edits_hold_the_invariants_do(
    steps: list[tuple[str, int | None]], first: int, db: psycopg.Connection, database: str, catalog: Catalog
) -> None:
    """And what held before the day of an edit is as it was."""
    one = uuid4()
    began = datetime.now(UTC) + timedelta(days=first)
    db.execute(
        """INSERT INTO land.parcels (id, sheet, parcel, geom, valid_from)
           VALUES (%s, '12', %s, ST_GeomFromWKB(%s, 9210), %s)""",
        (one, str(one), wkb(0), began),
    )
    for i, (act, day) in enumerate(steps):
        since = None if day is None else datetime.now(UTC) + timedelta(days=day)
        before = _told(db, one)
        with psycopg.connect(database) as connection:
            connection.execute(
                "SELECT set_config('landmap.valid_from', %s, true)", (since.isoformat() if since else "",)
            )
            statement = (
                "DELETE FROM land.parcels WHERE id = %s"
                if act == "delete"
                else f"UPDATE land.parcels SET street = '{i}' WHERE id = %s"
            )
            try:
                connection.execute(statement, (one,))
            except psycopg.errors.DatetimeFieldOverflow:
                connection.rollback()
        after = _told(db, one)
        moment = since or datetime.now(UTC)
        for at in (moment - timedelta(days=1), moment - timedelta(seconds=1)):
            assert _at(before, at) == _at(after, at)
    assert check(database, catalog) == []


def _told(db: psycopg.Connection, id: UUID) -> list[tuple[datetime, datetime, str | None]]:
    return table(
        db,
        """SELECT lower(valid), coalesce(upper(valid), now() + interval '100 years'), street FROM land_history.parcels
           WHERE id = %s AND to_changeset IS NULL ORDER BY 1""",
        id,
    )


def _at(told: list[tuple[datetime, datetime, str | None]], at: datetime) -> list[str | None]:
    return [street for since, until, street in told if since <= at < until]


def test_an_edit_of_another_day_keeps_the_holder_on_both_sides(
    db: psycopg.Connection, database: str, load: Load
) -> None:
    load([Parcel("1", 0, holder="Nguyễn Văn A", valid_from=IN_2020)])
    with psycopg.connect(database) as connection:
        connection.execute("SELECT set_config('landmap.valid_from', '2024-08-01 00:00:00+07', true)")
        connection.execute("UPDATE land.parcels SET street = 'Lê Lợi'")
    told = table(db, OPEN)
    assert [(street, known) for _, _, street, known in told] == [("Nguyễn Trãi", True), ("Lê Lợi", True)]
    assert told[0][1] == told[1][0] == datetime(2024, 7, 31, 17, tzinfo=UTC)
    holders = """SELECT count(*), count(DISTINCT holder_name) FROM land_history.parcels
                 JOIN land_restricted.parcels_holders USING (version) WHERE to_changeset IS NULL"""
    assert table(db, holders) == [(2, 1)]


def _edit(database: str, day: str, assignment: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("SELECT set_config('landmap.valid_from', %s, true)", (f"{day} 00:00:00+07",))
        connection.execute(f"UPDATE land.parcels SET {assignment}")


def test_an_edit_that_reaches_past_the_version_of_now_leaves_the_time_before_as_it_was(
    db: psycopg.Connection, database: str, catalog: Catalog, load: Load
) -> None:
    load([Parcel("1", 0, street="A", uses=("CQP",), valid_from=IN_2020)])
    _edit(database, "2024-08-01", "street = 'B', land_use = 'ODT', land_uses = '{ODT}'")
    _edit(database, "2022-08-01", "street = 'C'")
    open_ = "SELECT street, land_use, shown FROM land_history.parcels WHERE to_changeset IS NULL ORDER BY lower(valid)"
    assert table(db, open_) == [("A", "CQP", 2), ("C", "ODT", 3)]
    assert check(database, catalog) == []


def test_an_edit_does_not_stand_for_a_time_with_another_holder(
    db: psycopg.Connection, database: str, load: Load
) -> None:
    load([Parcel("1", 0, holder="Nguyễn Văn A", valid_from=IN_2020)])
    in_2024 = datetime(2023, 12, 31, 17, tzinfo=UTC)
    load([Parcel("1", 0, holder="Trần Thị B", valid_from=in_2024)])
    held = table(db, OPEN)
    assert len(held) == 2
    with pytest.raises(psycopg.errors.DatetimeFieldOverflow, match="landmap ingest"):
        _edit(database, "2022-08-01", "street = 'C'")
    assert table(db, OPEN) == held
    _edit(database, "2024-08-01", "street = 'C'")


async def test_what_lies_within_an_area_but_for_slivers(pools: Pools, db: psycopg.Connection, parcels: Layer) -> None:
    db.execute(
        """INSERT INTO landmap.agency (id, title, area, area_digest)
           VALUES ('phuong-a', 'A', ST_GeomFromWKB(%s, 9210), 'x')""",
        (wkb(0),),
    )
    shapes = {
        "itself": square(0),
        "a sliver beyond": shapely.affinity.translate(square(0), 0.3),
        "metres beyond": shapely.affinity.translate(square(0), 3),
        "beside": square(5),
        "point inside": shapely.Point(603_705, 1_191_845),
        "point outside": shapely.Point(603_705, 1_191_845.0 + 50),
        "a line that leaves": shapely.LineString([(603_705, 1_191_845), (603_705, 1_191_945)]),
        "a thin strip that reaches far": square(0) | shapely.box(603_705, 1_191_849, 604_205, 1_191_849.8),
        "a thin strip along the edge": square(0) | shapely.box(603_705, 1_191_849, 603_710.8, 1_191_849.8),
    }
    rows = await pools.rows(
        edits.outside_sql(parcels, [shapely.to_wkb(s) for s in shapes.values()], "phuong-a"), "staff"
    )
    assert [list(shapes)[row["n"] - 1] for row in rows] == [
        "metres beyond", "beside", "point outside", "a line that leaves", "a thin strip that reaches far"
    ]  # fmt: skip


async def test_only_who_sees_all_of_a_row_learns_which_version_it_is(
    pools: Pools, load: Load, parcels: Layer, db: psycopg.Connection
) -> None:
    load([Parcel("1", 0), Parcel("2", 1, uses=("CQP",))])
    for (one,) in table(db, "SELECT id FROM land.parcels"):
        row = await pools.row(edits.item_state_sql(parcels, one, ItemQuery("parcels"), public_decision(parcels)))
        assert row is not None and row["version"] is None
        staff = agency_decision(parcels, None, "test")
        row = await pools.row(edits.item_state_sql(parcels, one, ItemQuery("parcels", known=99), staff), "staff")
        assert row is not None and row["version"] is not None


async def test_features_of_the_same_identity_are_found_whatever_is_lacking(
    pools: Pools, db: psycopg.Connection, parcels: Layer
) -> None:
    decision = agency_decision(parcels, None, "test")
    first, second = uuid4(), uuid4()
    async with pools.writing("tester", "test") as writing:
        await writing.rows(edits.insert_sql(parcels, first, values("1"), wkb(0), None))
        await writing.rows(edits.insert_sql(parcels, second, values("1"), wkb(1), None))
        await writing.rows(edits.insert_sql(parcels, uuid4(), values("1", commune_old="26734"), wkb(2), None))
        await writing.rows(edits.insert_sql(parcels, uuid4(), values("1", commune="26740"), wkb(3), None))
        lacking = frozenset({"commune_old", "commune", "document_series"})
        rows = await writing.rows(edits.same_identity_sql(parcels, [first], lacking, decision))
        assert [(row["id"], row["other"]) for row in rows] == [(first, second)]
        bounded = agency_decision(parcels, Area("nobody", "x"), "test")
        rows = await writing.rows(edits.same_identity_sql(parcels, [first], lacking, bounded))
        assert [row["other"] for row in rows] == [second]  # the public sees it too

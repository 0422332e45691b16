from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import psycopg
import pyarrow as pa
import pytest
import shapely

from gis.errors import ConflictError, NotFound, StoreError
from gis.model.layer import Catalog, Layer
from gis.store import changesets, embedded, stage
from gis.store import publish as publishing
from gis.store.check import check
from gis.store.database import prepare
from gis.store.match import Scope, match
from gis.store.publish import publish
from gis.store.sql import Lock
from tests.gis.store.conftest import WAITING, WHO, Load, Parcel, records, staged, table, until

NOW = "SELECT parcel, street FROM land.parcels ORDER BY parcel"


def test_published_records_hold_now_and_carry_their_changeset(db: psycopg.Connection, load: Load) -> None:
    number = load([Parcel("1", 0), Parcel("2", 1)])
    assert table(db, "SELECT parcel, changeset FROM land.parcels ORDER BY parcel") == [("1", number), ("2", number)]


def test_a_change_closes_the_old_version_and_keeps_its_past(db: psycopg.Connection, load: Load) -> None:
    first = load([Parcel("1", 0, valid_from=datetime(2020, 1, 1, tzinfo=UTC))])
    second = load([Parcel("1", 0, street="Lê Lợi", valid_from=datetime(2024, 1, 1, tzinfo=UTC))])
    rows = table(
        db,
        "SELECT street, lower(valid)::date::text, upper(valid)::date::text, from_changeset, to_changeset FROM land_history.parcels ORDER BY version",
    )
    assert rows == [
        ("Nguyễn Trãi", "2020-01-01", None, first, second),
        ("Nguyễn Trãi", "2020-01-01", "2024-01-01", second, None),
        ("Lê Lợi", "2024-01-01", None, second, None),
    ]
    assert len(table(db, "SELECT DISTINCT id FROM land_history.parcels")) == 1


def test_a_correction_from_before_the_beginning_leaves_nothing_of_the_old_version(
    db: psycopg.Connection, load: Load
) -> None:
    load([Parcel("1", 0, valid_from=datetime(2020, 1, 1, tzinfo=UTC))])
    load([Parcel("1", 0, street="Lê Lợi", valid_from=datetime(2019, 1, 1, tzinfo=UTC))])
    assert table(
        db, "SELECT street, lower(valid)::date::text FROM land_history.parcels WHERE to_changeset IS NULL"
    ) == [("Lê Lợi", "2019-01-01")]


def test_without_a_date_validity_begins_with_the_recording_and_says_so(db: psycopg.Connection, load: Load) -> None:
    number = load([Parcel("1", 0)])
    rows = table(
        db,
        "SELECT lower(valid) = begun_at, valid_from_known FROM land_history.parcels, landmap.changeset WHERE number = %s",
        number,
    )
    assert rows == [(True, False)]


def test_feature_ids_in_tiles_are_stable_over_versions(db: psycopg.Connection, load: Load) -> None:
    load([Parcel("1", 0), Parcel("2", 1)])
    before = table(db, "SELECT DISTINCT id, fid FROM land_history.parcels ORDER BY fid")
    load([Parcel("1", 0, street="Lê Lợi")])
    assert table(db, "SELECT DISTINCT id, fid FROM land_history.parcels ORDER BY fid") == before


def test_restricted_fields_go_to_their_own_table(db: psycopg.Connection, load: Load) -> None:
    load([Parcel("1", 0, holder="Nguyễn Văn A"), Parcel("2", 1)])
    load([Parcel("2", 1, holder="Trần Thị B")])
    rows = table(
        db,
        "SELECT parcel, holder_name FROM land_restricted.parcels_holders JOIN land_history.parcels USING (version) WHERE to_changeset IS NULL AND valid @> now() ORDER BY 1",
    )
    assert rows == [("1", "Nguyễn Văn A"), ("2", "Trần Thị B")]


def test_the_public_role_cannot_read_restricted_tables_nor_columns(database: str, load: Load) -> None:
    load([Parcel("1", 0, holder="Nguyễn Văn A")])
    with psycopg.connect(database.replace("landmap@", "landmap_public@"), autocommit=True) as public:
        assert table(public, "SELECT parcel FROM land_history.parcels") == [("1",)]
        for query in (
            "SELECT holder_name FROM land_restricted.parcels_holders",
            "SELECT legal_area FROM land_history.parcels",
            "SELECT * FROM land.parcels",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                public.execute(query)


def test_nothing_to_write_makes_no_changeset(db: psycopg.Connection, parcels: Layer, load: Load) -> None:
    load([Parcel("1", 0)])
    before = changesets.newest(db, 1)
    stage_id, _ = staged(db, parcels, [Parcel("1", 0)])
    assert publish(db, stage_id, parcels) is None
    assert changesets.newest(db, 1) == before


def test_a_published_stage_cannot_be_published_again(db: psycopg.Connection, parcels: Layer) -> None:
    stage_id, _ = staged(db, parcels, [Parcel("1", 0)])
    publish(db, stage_id, parcels)
    with pytest.raises(NotFound):
        publish(db, stage_id, parcels)


def test_a_refused_stage_changes_nothing(db: psycopg.Connection, parcels: Layer) -> None:
    stage_id, _ = staged(db, parcels, [Parcel("1", 0)])
    stage.refuse(db, stage_id)
    assert table(db, NOW) == []
    with pytest.raises(NotFound):
        publish(db, stage_id, parcels)


def test_of_two_writers_on_one_parcel_the_second_is_refused_with_the_id(
    db: psycopg.Connection, parcels: Layer, load: Load, catalog: Catalog, database: str
) -> None:
    load([Parcel("1", 0)])
    first, _ = staged(db, parcels, [Parcel("1", 0, street="Lê Lợi")])
    second, _ = staged(db, parcels, [Parcel("1", 0, street="Hai Bà Trưng")])
    publish(db, first, parcels)
    with pytest.raises(ConflictError) as refused:
        publish(db, second, parcels)
    assert refused.value.ids == tuple(str(r[0]) for r in table(db, "SELECT id FROM land.parcels"))
    assert table(db, NOW) == [("1", "Lê Lợi")]
    assert check(database, catalog) == []


def test_two_writers_of_the_same_new_parcel_do_not_make_two(db: psycopg.Connection, parcels: Layer, load: Load) -> None:
    load([Parcel("9", 9)])
    first, _ = staged(db, parcels, [Parcel("1", 0)])
    second, _ = staged(db, parcels, [Parcel("1", 0.1)])
    publish(db, first, parcels)
    with pytest.raises(ConflictError):
        publish(db, second, parcels)


def test_a_correction_of_another_time_that_came_meanwhile_is_not_overwritten(
    db: psycopg.Connection, parcels: Layer, load: Load, catalog: Catalog, database: str
) -> None:
    """The replaced version is untouched; the correction is of an earlier one, which the staged record reaches back into."""
    year = {y: datetime(y, 1, 1, tzinfo=UTC) for y in (2010, 2015, 2020)}
    load([Parcel("1", 0, street="A", valid_from=year[2010], valid_to=year[2020])])
    load([Parcel("1", 0, street="B", valid_from=year[2020])])
    mine, _ = staged(db, parcels, [Parcel("1", 0, street="C", valid_from=year[2015])])
    load([Parcel("1", 0, street="A corrected", valid_from=year[2010], valid_to=year[2020])])
    known = "SELECT street FROM land_history.parcels WHERE to_changeset IS NULL ORDER BY lower(valid)"
    before = table(db, known)
    with pytest.raises(ConflictError) as refused:
        publish(db, mine, parcels)
    assert len(refused.value.ids) == 1
    assert table(db, known) == before == [("A corrected",), ("B",)]
    assert check(database, catalog) == []


@pytest.mark.parametrize("moved", [0.0, 0.2])
@pytest.mark.parametrize("known", [[], [Parcel("9", 9)]])
def test_records_without_a_number_that_somebody_else_entered_meanwhile_are_not_doubled(
    known: list[Parcel], moved: float, db: psycopg.Connection, parcels: Layer, load: Load
) -> None:
    if known:
        load(known)
    first, _ = staged(db, parcels, [Parcel(None, 0), Parcel(None, 5)])  # type: ignore[arg-type]
    second, _ = staged(db, parcels, [Parcel(None, moved), Parcel(None, 5 + moved)])  # type: ignore[arg-type]
    other, _ = staged(db, parcels, [Parcel(None, 20)])  # type: ignore[arg-type]
    publish(db, first, parcels)
    with pytest.raises(ConflictError) as refused:
        publish(db, second, parcels)
    assert len(refused.value.ids) == 2
    publish(db, other, parcels)
    assert table(db, "SELECT count(*) FROM land.parcels") == [(3 + len(known),)]


def test_points_without_a_number_are_not_doubled_either(db: psycopg.Connection, catalog: Catalog) -> None:
    permits = catalog.layers["permits"]
    point = stage.Records(np.array([shapely.Point(603_700, 1_191_840)]), {"status": pa.array(["ISSUED"])})
    mine, theirs = (stage.stage(db, permits, WHO, [point]) for _ in range(2))
    match(db, mine, permits)
    publish(db, theirs, permits)
    with pytest.raises(ConflictError):
        publish(db, mine, permits)


def test_a_new_feature_with_an_id_in_use_is_refused(
    db: psycopg.Connection, parcels: Layer, load: Load, catalog: Catalog, database: str
) -> None:
    load([Parcel("1", 0)])
    used = table(db, "SELECT id FROM land.parcels")[0][0]
    plain = records([Parcel("7", 7), Parcel("8", 8)])
    for ids in ([used.bytes, None], [b"\1" * 16, b"\1" * 16]):
        rows = stage.Records(plain.geometry, {**plain.columns, "id": pa.array(ids, pa.binary())})
        with pytest.raises(ConflictError, match="two versions for the same time"):
            publish(db, stage.stage(db, parcels, WHO, [rows]), parcels)
    assert table(db, NOW) == [("1", "Nguyễn Trãi")]
    assert check(database, catalog) == []


def test_a_stage_that_lost_its_records_is_refused(db: psycopg.Connection, parcels: Layer) -> None:
    """A crash of the server empties tables that it does not log."""
    waiting, _ = staged(db, parcels, [Parcel("1", 0), Parcel("2", 1)])
    db.execute(f"TRUNCATE land_staging.s{waiting}")
    before = changesets.newest(db, 1)
    with pytest.raises(StoreError, match=rf"0 / 2 records.*changeset refuse s{waiting}"):
        publish(db, waiting, parcels)
    assert changesets.newest(db, 1) == before
    stage.refuse(db, waiting)


@pytest.mark.slow
def test_a_kept_stage_outlives_a_crash_of_the_server_and_another_is_refused(catalog: Catalog, parcels: Layer) -> None:
    home = Path(tempfile.mkdtemp(prefix="landmap-test-", dir="/tmp"))
    home.chmod(0o755)
    try:
        server = embedded.ensure(home)
        dsn = server.create_database("crash")
        prepare(dsn, catalog)
        with psycopg.connect(dsn, autocommit=True) as db:
            kept, _ = staged(db, parcels, [Parcel("1", 0)])
            stage.keep(db, kept)
            lost, _ = staged(db, parcels, [Parcel("2", 1)])
            db.execute("CHECKPOINT")
        os.kill(server.pid, signal.SIGKILL)
        while embedded._alive(server.pid):
            time.sleep(0.01)
        embedded.ensure(home)
        with psycopg.connect(dsn, autocommit=True) as db:
            with pytest.raises(StoreError, match="0 / 1 records"):
                publish(db, lost, parcels)
            publish(db, kept, parcels)
            assert table(db, "SELECT parcel FROM land.parcels") == [("1",)]
    finally:
        embedded.destroy(home)
        shutil.rmtree(home)


def test_who_publishes_is_the_changesets_actor_and_who_staged_stays_on_the_stage(
    db: psycopg.Connection, parcels: Layer, load: Load
) -> None:
    waiting, _ = staged(db, parcels, [Parcel("1", 0)])
    number = publish(db, waiting, parcels, "publisher")
    assert number is not None
    assert changesets.read(db, number).provenance.actor == "publisher"
    assert changesets.staged_by(db, number) == changesets.read_stage(db, waiting).provenance.actor == "tester"
    assert changesets.read(db, load([Parcel("2", 5)])).provenance.actor == "tester"


def test_an_edit_left_open_does_not_keep_a_publication_waiting_for_ever(
    db: psycopg.Connection, database: str, parcels: Layer, load: Load, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = load([Parcel("1", 0)])
    waiting, _ = staged(db, parcels, [Parcel("2", 5)])
    monkeypatch.setattr(publishing, "_PATIENCE", 0.2)
    with psycopg.connect(database) as editor:
        editor.execute("UPDATE land.parcels SET street = 'Lê Lợi'")
        with pytest.raises(ConflictError, match=r"Somebody is editing.*try again"):
            publish(db, waiting, parcels)
        with pytest.raises(ConflictError, match="Somebody is editing"):
            changesets.revert(db, number, catalog, "tester")
    assert table(db, "SHOW lock_timeout") == [("0",)]
    publish(db, waiting, parcels)
    assert table(db, NOW) == [("1", "Lê Lợi"), ("2", "Nguyễn Trãi")]


def test_a_slow_and_a_fast_writer_are_replayed_alike(
    db: psycopg.Connection, database: str, parcels: Layer, load: Load
) -> None:
    """The slow writer holds the publishing lock; the fast one gets the later number and is seen only after it."""
    load([Parcel("9", 9)])
    slow, _ = staged(db, parcels, [Parcel("1", 0)])
    fast, _ = staged(db, parcels, [Parcel("2", 1)])
    numbers: dict[str, int] = {}

    def publish_fast() -> None:
        with psycopg.connect(database, autocommit=True) as other:
            numbers["fast"] = publish(other, fast, parcels)

    with psycopg.connect(database) as holder:
        holder.execute("SELECT pg_advisory_xact_lock(%s)", (Lock.PUBLISH,))
        thread = threading.Thread(target=publish_fast)
        thread.start()
        until(db, 1, WAITING)
        numbers["slow"] = publish(holder, slow, parcels)
        assert "fast" not in numbers
        meanwhile = table(db, "SELECT clock_timestamp()")[0][0]
        seen = _known_at(db, meanwhile)
        holder.commit()
    thread.join(10)
    assert numbers["fast"] == numbers["slow"] + 1
    assert _known_at(db, meanwhile) == seen == ["9"]
    assert _known_at(db, datetime.now(UTC)) == ["1", "2", "9"]
    committed = table(db, "SELECT committed_at FROM landmap.changeset ORDER BY number")
    assert committed == sorted(committed)
    assert len(set(committed)) == len(committed)


def _known_at(db: psycopg.Connection, instant: datetime) -> list[str]:
    """Numbers of the parcels that the database knew at the instant."""
    rows = table(
        db,
        """SELECT parcel FROM land_history.parcels, (SELECT max(number) AS k FROM landmap.changeset WHERE committed_at <= %s) c
           WHERE from_changeset <= k AND (to_changeset IS NULL OR to_changeset > k) ORDER BY 1""",
        instant,
    )
    return [r[0] for r in rows]


_KILLED = """
import sys, psycopg
from pathlib import Path
from gis.catalog.read import read_catalog
from gis.store.publish import publish
layer = read_catalog(Path(sys.argv[1]), "hcmc").layers["parcels"]
with psycopg.connect(sys.argv[2], autocommit=True) as connection:
    print("ready", flush=True)
    sys.stdin.readline()
    publish(connection, int(sys.argv[3]), layer)
    print("done", flush=True)
"""


def test_a_conflict_over_many_features_does_not_count_what_it_does_not_know(
    db: psycopg.Connection, parcels: Layer, load: Load
) -> None:
    many = [Parcel(str(i), i) for i in range(150)]
    load(many)
    stage_id, _ = staged(db, parcels, [replace(one, street="A") for one in many])
    load([replace(one, street="B") for one in many])
    with pytest.raises(ConflictError, match=r"^at least 100 feature.*, …\)") as refused:
        publish(db, stage_id, parcels)
    assert len(refused.value.ids) == 100


@pytest.mark.slow
def test_killed_at_any_moment_of_publishing_the_database_is_as_before_or_as_after(
    db: psycopg.Connection, database: str, parcels: Layer, load: Load, catalog: Catalog
) -> None:
    load([Parcel(str(i), i % 500, sheet=str(i // 500)) for i in range(4000)])
    outcomes, within, whole = set(), 0, 0.0
    for attempt in range(21):
        rows = [Parcel(str(i), i % 500, sheet=str(i // 500), street=f"Đường {attempt}") for i in range(4000)]
        stage_id, _ = staged(db, parcels, rows)
        root = Path(__file__).parents[3]
        child = subprocess.Popen(
            [sys.executable, "-c", _KILLED, str(root / "layers"), database, str(stage_id)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=root,
        )
        assert child.stdin and child.stdout
        child.stdout.readline()
        child.stdin.write(b"\n")
        child.stdin.flush()
        begun = time.monotonic()
        if attempt == 0:  # left alone: how long it takes
            assert child.stdout.readline() == b"done\n"
            whole = time.monotonic() - begun
        time.sleep(whole * attempt / 20)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        within += attempt > 1 and child.stdout.read() == b""
        child.stdin.close()
        child.stdout.close()
        _settled(db)
        streets = table(db, "SELECT street, count(*) FROM land.parcels GROUP BY 1")
        assert len(streets) == 1, streets
        assert streets[0][1] == 4000
        state = table(db, "SELECT state FROM landmap.stage WHERE id = %s", stage_id)[0][0]
        assert (state == "published") == (streets[0][0] == f"Đường {attempt}")
        outcomes.add(state)
        if state == "staged":
            stage.refuse(db, stage_id)
    assert check(database, catalog) == []
    assert outcomes == {"staged", "published"}
    assert within >= 5  # killed after it had begun, before it was done


def _settled(db: psycopg.Connection) -> None:
    """Wait until the backend of the killed process has ended."""
    for _ in range(200):
        if not table(
            db,
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
        ):
            return
        time.sleep(0.05)
    raise AssertionError("the killed process's backend is still there")


def test_revert_is_a_changeset_that_brings_back_what_was(
    db: psycopg.Connection, load: Load, catalog: Catalog, database: str
) -> None:
    load([Parcel("1", 0, holder="Nguyễn Văn A"), Parcel("2", 1)])
    before = table(db, NOW)
    number = load([Parcel("1", 0, street="Lê Lợi"), Parcel("3", 2)])
    undone = changesets.revert(db, number, catalog, "tester")
    assert table(db, NOW) == before
    assert undone.reverts == number
    assert undone.number == number + 1
    assert undone.counts == {"close": 1, "update": 1}
    with pytest.raises(ConflictError, match=f"reverted already, by changeset {undone.number}"):
        changesets.revert(db, number, catalog, "tester")
    holders = table(
        db,
        "SELECT holder_name FROM land_restricted.parcels_holders JOIN land_history.parcels USING (version) WHERE to_changeset IS NULL",
    )
    assert holders == [("Nguyễn Văn A",)]
    assert check(database, catalog) == []


def test_a_revert_says_what_it_restored_and_may_itself_be_undone(
    db: psycopg.Connection, load: Load, catalog: Catalog, database: str
) -> None:
    load([Parcel("1", 0), Parcel("2", 1)])
    number = load([Parcel("1", 0)], Scope({"sheet": "12"}))
    back = changesets.revert(db, number, catalog, "tester", "Hoàn tác")
    assert (back.counts, back.provenance.title) == ({"restore": 1}, "Hoàn tác")
    assert len(table(db, NOW)) == 2
    assert changesets.revert(db, back.number, catalog, "tester").counts == {"close": 1}
    assert table(db, NOW) == [("1", "Nguyễn Trãi")]
    assert check(database, catalog) == []


def test_the_next_free_number_is_no_changeset_to_revert(db: psycopg.Connection, load: Load, catalog: Catalog) -> None:
    following = load([Parcel("1", 0)]) + 1
    with pytest.raises(NotFound, match=f"There is no changeset {following}"):
        changesets.revert(db, following, catalog, "tester")
    assert changesets.newest(db, 1)[0].number == following - 1


def test_what_ended_while_it_waited_is_refused_in_words(db: psycopg.Connection, parcels: Layer) -> None:
    now = datetime.now(UTC)
    rows = records([Parcel("1", 0, valid_to=now + timedelta(days=1)), Parcel("2", 1)])
    rows = stage.Records(rows.geometry, {**rows.columns, "source_row": pa.array([7, 8], pa.int64())})
    waiting = stage.stage(db, parcels, WHO, [rows])
    match(db, waiting, parcels)
    staging = stage.table_name(waiting)
    db.execute(f"UPDATE {staging} SET valid_to = %s WHERE valid_to IS NOT NULL", (now,))  # as if the day were over
    with pytest.raises(ConflictError, match=rf"^1 record\(s\) of staged changeset s{waiting} ended.*file: 7\)"):
        publish(db, waiting, parcels)
    assert table(db, NOW) == []
    stage.refuse(db, waiting)


def test_revert_is_refused_where_later_changesets_touched_the_same_features(
    db: psycopg.Connection, load: Load, catalog: Catalog
) -> None:
    load([Parcel("1", 0)])
    number = load([Parcel("1", 0, street="Lê Lợi")])
    load([Parcel("1", 0, street="Hai Bà Trưng")])
    with pytest.raises(ConflictError) as refused:
        changesets.revert(db, number, catalog, "tester")
    assert len(refused.value.ids) == 1
    assert table(db, NOW) == [("1", "Hai Bà Trưng")]


def test_an_edit_through_the_view_is_one_changeset_a_transaction(
    db: psycopg.Connection, load: Load, catalog: Catalog, database: str, editor: str
) -> None:
    load([Parcel("1", 0), Parcel("2", 1)])
    with psycopg.connect(editor) as person:
        person.execute("UPDATE land.parcels SET street = 'Lê Lợi' WHERE parcel = '1'")
        person.execute("UPDATE land.parcels SET sheet = '13' WHERE parcel = '1'")
        person.execute("DELETE FROM land.parcels WHERE parcel = '2'")
        person.execute(
            "INSERT INTO land.parcels (parcel, sheet, geom) SELECT '3', '12', ST_Translate(geom, 30, 0) FROM land.parcels WHERE parcel = '1'"
        )
    assert table(db, "SELECT parcel, sheet, street FROM land.parcels ORDER BY parcel") == [
        ("1", "13", "Lê Lợi"),
        ("3", "12", None),
    ]
    last = changesets.newest(db, 1)[0]
    assert (last.provenance.actor, last.layers) == ("lan", ("parcels",))
    assert check(database, catalog) == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("geom = NULL", "a geometry is required"),
        (
            "geom = ST_GeomFromText('MULTIPOLYGON(((603700 1191840,603710 1191850,603710 1191840,603700 1191850,603700 1191840)))', 9210)",
            "not valid",
        ),
        ("geom = ST_Translate(geom, -9e5, 0)", "outside Ho Chi Minh City"),
        ("sheet = NULL", "sheet is required"),
        ("measured_area = -5", "measured_area is less than"),
        ("land_use = 'NOPE'", "not a code of the list land_use"),
        ("land_uses = ARRAY['ODT', 'NOPE']", "not a code of the list land_use"),
        ("commune = '1'", "commune is not of its form"),
        ("valid_from = '2020-01-01'", "landmap ingest --valid-from"),
    ],
)
def test_an_edit_through_the_view_keeps_the_rules_of_the_layer(
    change: str, complaint: str, editor: str, db: psycopg.Connection, load: Load
) -> None:
    load([Parcel("1", 0)])
    before = table(db, "SELECT * FROM land.parcels")
    with (
        psycopg.connect(editor) as person,
        pytest.raises(psycopg.Error, match=complaint),
    ):
        person.execute(f"UPDATE land.parcels SET {change}")
    assert table(db, "SELECT * FROM land.parcels") == before


def test_an_edit_through_the_view_keeps_the_restricted_rows(
    database: str, db: psycopg.Connection, load: Load, catalog: Catalog, editor: str
) -> None:
    load([Parcel("1", 0, holder="Nguyễn Văn A", valid_from=datetime(2020, 1, 1, tzinfo=UTC))])
    with psycopg.connect(editor) as person:
        person.execute("UPDATE land.parcels SET street = 'Lê Lợi'")
        person.execute("UPDATE land.parcels SET sheet = '13'")
    holders = """SELECT sheet, holder_name FROM land_history.parcels LEFT JOIN land_restricted.parcels_holders USING (version)
                 WHERE to_changeset IS NULL ORDER BY lower(valid)"""
    assert table(db, holders) == [("12", "Nguyễn Văn A"), ("13", "Nguyễn Văn A")]
    assert table(
        db,
        "SELECT count(*) FROM land_restricted.parcels_holders r WHERE NOT EXISTS (SELECT FROM land_history.parcels h WHERE h.version = r.version)",
    ) == [(0,)]
    assert changesets.newest(db, 1)[0].counts == {"update": 2}
    assert check(database, catalog) == []


def test_a_later_change_without_a_date_does_not_claim_to_know_it(db: psycopg.Connection, load: Load) -> None:
    load([Parcel("1", 0)])
    load([Parcel("1", 0, street="Lê Lợi")])
    assert table(db, "SELECT bool_or(valid_from_known) FROM land_history.parcels") == [(False,)]


def test_of_two_editors_of_one_feature_the_second_is_refused(editor: str, db: psycopg.Connection, load: Load) -> None:
    load([Parcel("1", 0)])
    failures: list[psycopg.Error] = []

    def edit_second() -> None:
        with psycopg.connect(editor) as other:
            try:
                other.execute("UPDATE land.parcels SET address = 'B'")
            except psycopg.Error as error:
                failures.append(error)

    with psycopg.connect(editor) as first:
        first.execute("UPDATE land.parcels SET street = 'A'")
        thread = threading.Thread(target=edit_second)
        thread.start()
        until(db, 1, WAITING)
        first.commit()
    thread.join(10)
    assert [f.sqlstate for f in failures] == ["40001"]
    assert table(db, "SELECT street, address FROM land.parcels") == [("A", None)]


def test_a_copied_feature_needs_an_id_of_its_own(editor: str, db: psycopg.Connection, load: Load) -> None:
    load([Parcel("1", 0)])
    with (
        psycopg.connect(editor) as person,
        pytest.raises(psycopg.errors.UniqueViolation),
    ):
        person.execute(
            "INSERT INTO land.parcels (id, sheet, parcel, geom) SELECT id, sheet, '2', geom FROM land.parcels"
        )


def test_a_session_cannot_write_into_a_past_changeset(editor: str, db: psycopg.Connection, load: Load) -> None:
    number = load([Parcel("1", 0)])
    with psycopg.connect(editor) as person:
        person.execute("SELECT set_config('landmap.edit', %s, false)", (str(number),))
        person.execute("UPDATE land.parcels SET street = 'Lê Lợi'")
    assert table(db, "SELECT changeset > %s FROM land.parcels", number) == [(True,)]


def test_edits_under_savepoints_are_still_one_changeset(editor: str, db: psycopg.Connection, load: Load) -> None:
    load([Parcel("1", 0), Parcel("2", 1)])
    before = changesets.newest(db, 1)[0].number
    with psycopg.connect(editor) as person:
        person.execute("SELECT 1")  # the transaction begins here; the blocks below are savepoints
        for number in ("1", "2"):
            with person.transaction():
                person.execute("UPDATE land.parcels SET street = 'Lê Lợi' WHERE parcel = %s", (number,))
    assert changesets.newest(db, 1)[0].number == before + 1


def test_a_codelist_changeset_is_not_reverted_in_name_only(db: psycopg.Connection, catalog: Catalog) -> None:
    with pytest.raises(ConflictError, match=r"layers/"):
        changesets.revert(db, 1, catalog, "tester")


def test_what_the_view_wrote_is_where_the_map_looks_for_it(db: psycopg.Connection, editor: str) -> None:
    with psycopg.connect(editor) as person:
        person.execute(
            "INSERT INTO land.parcels (sheet, parcel, geom) VALUES ('12', '1', ST_Multi(ST_MakeEnvelope(603700, 1191840, 603710, 1191850, 9210)))"
        )
    loaded = table(db, "SELECT sort_key, round(ST_X(ST_Centroid(geom_84))::numeric, 4)::text FROM land_history.parcels")
    assert loaded[0][1] == "106.7001"


def test_records_the_database_cannot_take_leave_nothing(db: psycopg.Connection, parcels: Layer) -> None:
    bad = records([Parcel("1\x00", 0)])
    with pytest.raises(Exception, match=r"refused|byte"):
        stage.stage(db, parcels, WHO, [bad])
    assert table(db, "SELECT count(*) FROM landmap.stage") == [(0,)]

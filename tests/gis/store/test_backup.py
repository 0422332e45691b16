from __future__ import annotations

import re
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import asyncpg
import numpy as np
import psycopg
import pyarrow as pa
import pytest
import shapely
from psycopg.conninfo import make_conninfo

from gis.crs.transform import transform_geometries
from gis.errors import ForeignDatabase, StoreError
from gis.model.access import public_decision
from gis.model.change import Provenance
from gis.model.filter import Call, Property, Value, conjunction
from gis.model.layer import Catalog
from gis.model.query import BBox, ItemQuery
from gis.store.backup import backup, restore
from gis.store.database import check_reference_systems
from gis.store.embedded import ServerInfo
from gis.store.items import page_sql
from gis.store.match import match
from gis.store.publish import publish
from gis.store.stage import Records, stage

IDS = [UUID(int=n) for n in (1, 2, 3)]
AT = datetime(2026, 11, 1, tzinfo=UTC)


def _lots(count: int) -> np.ndarray:
    """Neighbouring lots in the middle of the city, in the storage CRS."""
    west = 106.7 + 0.0001 * np.arange(count)
    lots = shapely.multipolygons([[box] for box in shapely.box(west, 10.77, west + 0.0001, 10.7703)])
    return transform_geometries(lots, 4326, 9210)


def _stage(connection: psycopg.Connection, catalog: Catalog, holder: str) -> int:
    columns = {
        "id": pa.array([i.bytes for i in IDS], pa.binary(16)),
        "sheet": pa.array(["7", "7", "7"]),
        "parcel": pa.array(["1", "2", "3"]),
        "land_use": pa.array(["ODT", "CQP", "CLN"]),
        "holder_name": pa.array([holder] * 3),
        "valid_from": pa.array([datetime(2020, 1, 1, tzinfo=UTC)] * 3, pa.timestamp("us", "UTC")),
    }
    parcels = catalog.layers["parcels"]
    number = stage(connection, parcels, Provenance("test", "three lots"), [Records(_lots(3), columns)])
    match(connection, number, parcels)
    return number


@pytest.fixture
def filled(database: str, catalog: Catalog) -> str:
    """A database with a published changeset and a staged one."""
    with psycopg.connect(database) as connection:
        publish(connection, _stage(connection, catalog, "Nguyễn Văn Đất"), catalog.layers["parcels"])
        _stage(connection, catalog, "Trần Thị Ở")
    return database


def _contents(dsn: str) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of Landmap, as text, in a fixed order."""
    with psycopg.connect(dsn) as connection:
        tables = connection.execute(
            """SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
               WHERE schemaname = 'landmap' OR schemaname LIKE 'land\\_%' ORDER BY 1"""
        ).fetchall()
        return {
            name: connection.execute(f"SELECT t::text FROM {name} t ORDER BY 1").fetchall()  # type: ignore[arg-type]
            for (name,) in tables
        }


def _equals(name: str, value: str) -> Call:
    return Call("=", (Property(name), Value(value)))


async def _answers(dsn: str, catalog: Catalog) -> list[list[tuple[object, ...]]]:
    """What the public gets: all, a box in VN-2000, one filter, before the data were known."""
    layer = catalog.layers["parcels"]
    x, y = shapely.get_coordinates(shapely.centroid(_lots(1)))[0]
    queries = (
        ItemQuery("parcels", at=AT),
        ItemQuery("parcels", at=AT, bbox=BBox((x - 1, y - 1, x + 1, y + 1), 9210), crs=9210),
        ItemQuery("parcels", at=AT, filter=conjunction(_equals("sheet", "7"), _equals("parcel", "3"))),
        ItemQuery("parcels", at=AT, known=1),
    )
    connection = await asyncpg.connect(dsn)
    try:
        statements = [page_sql(layer, query, public_decision(layer)) for query in queries]
        return [[tuple(row) for row in await connection.fetch(s.text, *s.params)] for s in statements]
    finally:
        await connection.close()


@pytest.fixture
def archive(filled: str, tmp_path: Path) -> Path:
    return backup(filled, tmp_path / "land.backup").path


@pytest.fixture
def databases(server: ServerInfo) -> Iterator[Callable[[], set[str]]]:
    """Names of the databases that there are; those that a restore keeps are dropped after the test."""

    def names() -> set[str]:
        with psycopg.connect(server.dsn("postgres")) as connection:
            return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}

    before = names()
    yield names
    for name in names() - before:
        if not name.startswith("template_"):  # those are for all tests
            server.drop_database(name)


async def test_after_a_restore_every_answer_is_the_same(
    filled: str, archive: Path, catalog: Catalog, databases: Callable[[], set[str]]
) -> None:
    contents, answers = _contents(filled), await _answers(filled, catalog)
    assert len(contents["land_history.parcels"]) == 3
    assert len(contents["land_restricted.parcels_holders"]) == 3
    assert '"sheet"' in str(answers[0][0])
    with psycopg.connect(filled) as connection:
        publish(connection, _stage(connection, catalog, "Lê Sau Này"), catalog.layers["parcels"])
    changed = _contents(filled)
    assert changed != contents

    done = restore(filled, archive, catalog)

    assert _contents(filled) == contents
    assert await _answers(filled, catalog) == answers
    assert done.kept in databases()
    assert _contents(make_conninfo(filled, dbname=done.kept)) == changed


def test_a_restored_database_takes_the_next_changeset(
    filled: str, archive: Path, catalog: Catalog, databases: Callable[[], set[str]]
) -> None:
    restore(filled, archive, catalog)
    with psycopg.connect(filled) as connection:
        check_reference_systems(connection, catalog.territory)
        last = connection.execute("SELECT max(number) FROM landmap.changeset").fetchone()
        number = publish(connection, _stage(connection, catalog, "Phạm Kế Tiếp"), catalog.layers["parcels"])
    assert last is not None
    assert number == last[0] + 1


def test_the_public_role_still_sees_no_holder(
    filled: str, archive: Path, catalog: Catalog, databases: Callable[[], set[str]]
) -> None:
    restore(filled, archive, catalog)
    with psycopg.connect(make_conninfo(filled, user="landmap_public")) as connection:
        assert connection.execute("SELECT count(sheet) FROM land_history.parcels").fetchone() == (3,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM land_restricted.parcels_holders")


def test_a_database_that_others_use_is_replaced_under_them(
    filled: str, archive: Path, catalog: Catalog, databases: Callable[[], set[str]]
) -> None:
    other = psycopg.connect(filled)
    try:
        other.execute("SELECT 1")
        restore(filled, archive, catalog)
        with pytest.raises(psycopg.OperationalError):
            other.execute("SELECT 1")
    finally:
        other.close()


def test_an_empty_database_is_replaced_and_not_kept(
    server: ServerInfo, archive: Path, filled: str, catalog: Catalog, databases: Callable[[], set[str]]
) -> None:
    dsn = server.create_database("empty_one")
    before = databases()
    assert restore(dsn, archive, catalog).kept is None
    assert databases() == before
    assert _contents(dsn) == _contents(filled)


def test_only_the_owner_may_read_a_backup(archive: Path) -> None:
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600


def test_an_archive_that_is_cut_off_changes_nothing(
    filled: str, archive: Path, catalog: Catalog, databases: Callable[[], set[str]]
) -> None:
    contents, before = _contents(filled), databases()
    whole = archive.read_bytes()
    archive.write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(StoreError, match="nothing was changed"):
        restore(filled, archive, catalog)
    assert (_contents(filled), databases()) == (contents, before)


def test_a_backup_of_another_territory_changes_nothing(
    filled: str,
    archive: Path,
    catalogs: Callable[[str], Catalog],
    make_database: Callable[[str], str],
    databases: Callable[[], set[str]],
) -> None:
    paris = make_database("paris")
    contents, before = _contents(paris), databases()
    with pytest.raises(ForeignDatabase, match="holds the territory 'hcmc', not 'paris'"):
        restore(paris, archive, catalogs("paris"))
    assert (_contents(paris), databases()) == (contents, before)


def test_what_is_no_backup_of_landmap_is_refused(server: ServerInfo, tmp_path: Path, catalog: Catalog) -> None:
    dsn = server.create_database("something_else")
    with pytest.raises(ForeignDatabase, match="holds no changesets"):
        backup(dsn, tmp_path / "other.backup")
    text = tmp_path / "text.backup"
    text.write_text("not an archive")
    with pytest.raises(StoreError, match="pg_restore failed"):
        restore(dsn, text, catalog)
    with pytest.raises(StoreError, match="is not a file"):
        restore(dsn, tmp_path / "missing", catalog)


def test_a_failed_backup_leaves_the_old_file(filled: str, archive: Path) -> None:
    before = archive.read_bytes()
    gone = make_conninfo(filled, dbname="there_is_no_such_database")
    with pytest.raises(StoreError, match="there_is_no_such_database"):
        backup(gone, archive)
    assert archive.read_bytes() == before
    assert list(archive.parent.iterdir()) == [archive]


def test_a_place_that_cannot_be_written_is_named(filled: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=re.escape(f"{tmp_path}/no/such/file cannot be written")):
        backup(filled, tmp_path / "no" / "such" / "file")

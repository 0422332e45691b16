from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from psycopg.conninfo import make_conninfo
from sqlalchemy import create_engine

from gis.model.change import DataSource, Provenance
from gis.model.layer import Catalog, Layer
from gis.store import changesets, database, sources
from gis.store.database import connect, prepare
from gis.store.embedded import ServerInfo
from gis.store.publish import publish
from gis.store.stage import refuse, stage
from tests.gis.store.conftest import Parcel, records, table

FILE = DataSource(
    name="to12.gpkg",
    digest="ab" * 32,
    size=4096,
    format="GeoPackage",
    layer="thua",
    crs_declared="EPSG:5899",
    crs_used="EPSG:9210",
    encodings={"street": "tcvn3"},
    records=1,
    mapping={"columns": {"sheet": "SoTo"}, "constants": {"map_scale": "500"}},
    agency="Sở Nông nghiệp và Môi trường",
)
WHO = Provenance("tester", "Test", FILE, "12/QĐ-UBND", date(2026, 3, 1))


def staged(db: psycopg.Connection, layer: Layer, who: Provenance = WHO, number: str = "1") -> int:
    return stage(db, layer, who, [records([Parcel(number, int(number))])])


def test_all_that_is_told_of_a_source_comes_back_with_the_changeset(db: psycopg.Connection, parcels: Layer) -> None:
    waiting = staged(db, parcels)
    kept = changesets.read_stage(db, waiting).provenance
    assert kept.source is not None
    assert kept.source.received_at is not None
    assert replace(kept, source=replace(kept.source, received_at=None)) == WHO
    number = publish(db, waiting, parcels)
    assert number is not None
    assert changesets.read(db, number).provenance == kept
    assert changesets.newest(db, 1)[0].provenance == kept
    assert table(db, "SELECT document, document_date FROM landmap.source") == [(WHO.document, WHO.document_date)]


def test_a_distinct_source_is_one_row_however_often_it_comes(db: psycopg.Connection, parcels: Layer) -> None:
    first, second = staged(db, parcels), staged(db, parcels)
    other = staged(db, parcels, replace(WHO, source=replace(FILE, crs_used="EPSG:5899")))
    later = staged(db, parcels, replace(WHO, document="13/QĐ-UBND"))
    named = dict(table(db, "SELECT id, source FROM landmap.stage"))
    assert named[first] == named[second]
    assert (
        len({named[first], named[other], named[later]}) == 3 == table(db, "SELECT count(*) FROM landmap.source")[0][0]
    )


def test_a_refused_stage_keeps_its_source_and_an_edit_has_none(db: psycopg.Connection, parcels: Layer) -> None:
    waiting = staged(db, parcels)
    refuse(db, waiting)
    assert changesets.read_stage(db, waiting).provenance.source is not None
    db.execute(
        "INSERT INTO land.parcels (sheet, parcel, geom) VALUES ('1', '1', ST_Multi(ST_MakeEnvelope(603700, 1191840, 603710, 1191850, 9210)))"
    )
    assert changesets.newest(db, 1)[0].provenance.source is None


def test_two_loads_of_one_source_at_once_share_the_row(database: str) -> None:
    with psycopg.connect(database) as one, psycopg.connect(database, autocommit=True) as two:
        first = sources.keep(one, WHO)
        two.execute("SET lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            sources.keep(two, WHO)
        one.commit()
        assert sources.keep(two, WHO) == first


@pytest.mark.parametrize("role", ["landmap_public", "landmap_staff"])
def test_no_role_but_the_owner_reads_sources(db: psycopg.Connection, parcels: Layer, database: str, role: str) -> None:
    publish(db, staged(db, parcels), parcels)
    with psycopg.connect(make_conninfo(database, user=role), autocommit=True) as connection:
        for query in ("SELECT count(*) FROM landmap.source", "SELECT name FROM landmap.source"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(query)
    told = table(db, "SELECT to_jsonb(c)::text FROM landmap.changeset c ORDER BY number DESC LIMIT 1")
    assert "to12.gpkg" not in told[0][0]


def test_what_was_known_of_sources_before_moves_to_their_table(server: ServerInfo, catalog: Catalog) -> None:
    dsn = server.create_database("sources_before")
    _first_version(dsn, catalog)
    with connect(dsn, autocommit=True) as connection:
        connection.execute(
            """INSERT INTO landmap.stage (layer, state, base, actor, title, source_name, source_digest, document)
               VALUES ('parcels', 'refused', 0, 'a', 't', 'a.gpkg', 'd1', NULL), ('parcels', 'refused', 0, 'a', 't', 'a.gpkg', 'd1', NULL),
                      ('parcels', 'refused', 0, 'a', 't', 'a.gpkg', 'd1', '5/QĐ'), ('parcels', 'refused', 0, 'a', 't', NULL, NULL, '5/QĐ')"""
        )
        connection.execute(
            """INSERT INTO landmap.changeset (number, begun_at, committed_at, actor, title, source_name)
               VALUES (1, now(), now(), 'a', 't', 'Sổ 1'), (2, now(), now() + interval '1 s', 'a', 't', NULL)"""
        )
    prepare(dsn, catalog)
    with connect(dsn) as connection:
        told = [s.provenance.source for s in (changesets.read_stage(connection, i) for i in (1, 2, 3, 4))]
        assert [(s.name, s.digest) if s else None for s in told] == [("a.gpkg", "d1")] * 3 + [None]
        assert told[0] == told[1]
        assert table(connection, "SELECT count(DISTINCT source) FROM landmap.stage") == [(2,)]
        first, second = (changesets.read(connection, number).provenance.source for number in (1, 2))
        assert first is not None
        assert (first.name, first.digest, second) == ("Sổ 1", None, None)
        left = table(
            connection,
            "SELECT 1 FROM information_schema.columns WHERE column_name IN ('source_name', 'source_digest')",
        )
        assert left == []


def _first_version(dsn: str, catalog: Catalog) -> None:
    """The database as it was before sources had a table."""
    with connect(dsn) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public")
        connection.execute("CREATE SCHEMA landmap")
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    engine = create_engine("postgresql+psycopg://", creator=lambda: connect(dsn))
    with engine.begin() as opened:
        config.attributes["connection"] = opened
        command.upgrade(config, "0001")
    engine.dispose()
    with connect(dsn) as connection:
        connection.execute("INSERT INTO landmap.meta VALUES ('territory', %s)", (catalog.territory.id,))

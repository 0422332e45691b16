"""Loading the demo city into a real database."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from gis.demo.content import LAYERS
from gis.demo.load import load, source_name
from gis.errors import ConflictError, ForeignDatabase
from gis.model.layer import Catalog
from gis.store import changesets
from gis.store.check import check
from gis.store.database import connect


def count(connection: psycopg.Connection, query: str) -> int:
    row = connection.execute(query).fetchone()  # type: ignore[call-overload]
    assert row is not None
    return int(row[0])


def test_the_city_is_published_layer_by_layer_with_lineage_and_coverage(database: str, catalog: Catalog) -> None:
    with connect(database, autocommit=True) as connection:
        summary = load(connection, catalog, 700, 2)
        assert tuple(summary.changesets) == LAYERS
        assert count(connection, "SELECT count(*) FROM land.parcels") == 700
        assert count(connection, "SELECT count(*) FROM landmap.lineage") == summary.lineage > 0
        assert count(connection, "SELECT count(*) FROM landmap.coverage WHERE level = 'none'") > 0
        for layer, versions in summary.versions.items():
            assert count(connection, f"SELECT count(*) FROM land_history.{layer}") == versions > 0
        made = [c for c in changesets.newest(connection) if c.layers and c.layers[0] in LAYERS]
        assert {c.provenance.actor for c in made} == {"demo"}
        assert {c.provenance.source and c.provenance.source.name for c in made} == {source_name(700, 2)}
    assert check(database, catalog) == []


def test_lineage_and_history_stand_on_the_valid_axis(database: str, catalog: Catalog) -> None:
    with connect(database, autocommit=True) as connection:
        load(connection, catalog, 900, 4)
        ended = count(connection, "SELECT count(*) FROM land_history.parcels WHERE upper(valid) IS NOT NULL")
        assert ended > 0
        astray = """SELECT count(*) FROM landmap.lineage l
                    LEFT JOIN land_history.parcels p ON p.id = l.parent AND upper(p.valid) = l.at
                    LEFT JOIN land_history.parcels c ON c.id = l.child AND lower(c.valid) = l.at
                    WHERE p.id IS NULL OR c.id IS NULL"""
        assert count(connection, astray) == 0
        assert count(connection, "SELECT count(*) FROM land_history.parcels WHERE to_changeset IS NOT NULL") == 0


def test_it_is_not_loaded_twice_and_says_what_is_there(database: str, catalog: Catalog) -> None:
    with connect(database, autocommit=True) as connection:
        load(connection, catalog, 500, 1)
        for parcels, seed in ((500, 1), (500, 2)):
            with pytest.raises(ConflictError, match=r"seed 1, 500 parcels"):
                load(connection, catalog, parcels, seed)
        assert count(connection, "SELECT count(*) FROM land.parcels") == 500


class Broken(Exception):
    """Somebody pulled the plug."""


def test_a_load_that_was_broken_off_is_taken_up_where_it_ended(database: str, catalog: Catalog) -> None:
    def pull_the_plug(what: str, done: int) -> None:
        if what == "buildings":
            raise Broken

    with connect(database, autocommit=True) as connection:
        with pytest.raises(Broken):
            load(connection, catalog, 600, 3, pull_the_plug)
        assert count(connection, "SELECT count(*) FROM land.parcels") == 600
        with pytest.raises(ConflictError):
            load(connection, catalog, 600, 4)
        summary = load(connection, catalog, 600, 3)
        assert tuple(summary.changesets) == LAYERS[LAYERS.index("buildings") :]
        assert count(connection, "SELECT count(*) FROM land.parcels") == 600
        assert count(connection, "SELECT count(*) FROM landmap.coverage WHERE withdrawn_at IS NULL") == summary.coverage


def test_it_belongs_to_its_territory(make_database: Callable[..., str], catalogs: Callable[[str], Catalog]) -> None:
    with (
        connect(make_database("paris"), autocommit=True) as connection,
        pytest.raises(ForeignDatabase, match="LANDMAP_TERRITORY=hcmc"),
    ):
        load(connection, catalogs("paris"), 500, 1)

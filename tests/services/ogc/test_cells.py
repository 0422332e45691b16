"""Cells are brought up once for all who wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI

from gis.errors import DatabaseUnavailable
from gis.store.sql import Lock
from services.metrics import Metrics
from services.ogc import cells
from services.ogc.cells import Cells

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_who_asks_at_the_same_time_waits_for_the_same_run(app: FastAPI, city: Any) -> None:
    metrics = Metrics()
    bringing = Cells(city.dsn, metrics)
    layer = city.catalog.layers["parcels"]
    await asyncio.gather(*(bringing.bring_up(layer) for _ in range(20)))
    assert "landmap_tile_cells_seconds_count 1.0" in metrics.exposition().decode()
    await bringing.bring_up(layer)
    assert "landmap_tile_cells_seconds_count 2.0" in metrics.exposition().decode()


async def test_processes_take_turns_and_nobody_counts_twice(city: Any) -> None:
    layer = city.catalog.layers["parcels"]
    with psycopg.connect(city.dsn, autocommit=True) as connection:
        connection.execute("DELETE FROM landmap.tile_base WHERE layer = 'parcels'")
        connection.execute("DELETE FROM landmap.tile_cell WHERE layer = 'parcels'")
    await asyncio.gather(*(Cells(city.dsn, Metrics()).bring_up(layer) for _ in range(6)))
    with psycopg.connect(city.dsn, autocommit=True) as connection:
        counted = connection.execute(
            "SELECT DISTINCT sum(features) FROM landmap.tile_cell WHERE layer = 'parcels' GROUP BY zoom"
        ).fetchall()
        holding = connection.execute("SELECT count(*) FROM land.parcels").fetchall()
    assert counted == holding


async def test_who_waits_too_long_is_told_and_the_work_goes_on(
    city: Any, make_database: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "PATIENCE", 0.2)
    dsn = make_database()
    layer = city.catalog.layers["parcels"]
    with psycopg.connect(dsn) as holder:
        holder.execute("SELECT pg_advisory_xact_lock(%s, hashtext('parcels'))", (Lock.CELLS,))
        bringing = Cells(dsn, Metrics())
        with pytest.raises(DatabaseUnavailable, match="still being counted"):
            await bringing.bring_up(layer)
    monkeypatch.setattr(cells, "PATIENCE", 10)
    await bringing.bring_up(layer)
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT count(*) FROM landmap.tile_base").fetchone() == (1,)


async def test_a_database_that_is_away_is_told() -> None:
    from gis.catalog.read import read_catalog
    from tests.conftest import LAYERS

    layer = read_catalog(LAYERS, "hcmc").layers["parcels"]
    with pytest.raises(DatabaseUnavailable, match="cannot be reached"):
        await Cells("postgresql://nobody@/nothing?host=/nonexistent", Metrics()).bring_up(layer)

"""The assembly: start, errors of the database, the two roles."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from gis.errors import DatabaseUnavailable, DefinitionError, LandmapError
from gis.store.roles import login
from services.app import create_app
from services.settings import Settings


def test_mistakes_in_the_layers_stop_the_start(tmp_path: Path, settings_for: Any) -> None:
    with pytest.raises(DefinitionError):
        create_app(settings_for("postgresql://nowhere/x", layers=tmp_path))


async def test_without_a_database_the_service_does_not_start() -> None:
    app = create_app(Settings(log_level="error"))
    with pytest.raises(LandmapError, match="LANDMAP_DATABASE_URL"):
        async with app.router.lifespan_context(app):
            pass


async def test_a_database_that_is_away_stops_the_start(settings_for: Any) -> None:
    app = create_app(settings_for("postgresql://127.0.0.1:1/x"))
    with pytest.raises(DatabaseUnavailable):
        async with app.router.lifespan_context(app):
            pass


async def test_a_slow_question_ends_as_a_problem_and_the_service_lives_on(city: Any, settings_for: Any) -> None:
    app = create_app(settings_for(city.dsn, statement_timeout_ms=300))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://land.test") as client:
            with psycopg.connect(city.dsn) as blocker:
                blocker.execute("LOCK TABLE land_history.wards IN ACCESS EXCLUSIVE MODE")
                response = await client.get("/collections/wards/items", headers={"Accept-Language": "en"})
            assert response.status_code == 504
            assert response.json()["type"] == "urn:landmap:problem:query-timeout"
            assert "land_history" not in response.text
            assert (await client.get("/collections/wards/items")).status_code == 200


async def test_a_database_that_goes_away_is_503_and_comes_back(make_database: Any, settings_for: Any) -> None:
    dsn = make_database()
    app = create_app(settings_for(dsn))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://land.test") as client:
            name = psycopg.conninfo.conninfo_to_dict(dsn)["dbname"]
            with psycopg.connect(dsn.replace(f"/{name}?", "/postgres?"), autocommit=True) as control:
                control.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
                control.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
                away = await client.get("/collections/wards/items")
                assert away.status_code == 503
                assert away.headers["retry-after"] == "5"
                assert (await client.get("/readyz")).status_code == 503
                assert (await client.get("/healthz")).status_code == 200
                control.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
            await asyncio.sleep(0.1)
            assert (await client.get("/readyz")).status_code == 200
            assert (await client.get("/collections/wards/items")).status_code == 200


async def test_the_service_cannot_read_what_is_restricted_nor_write(city: Any) -> None:
    with psycopg.connect(city.dsn, **login(city.dsn, "landmap_public")) as connection:
        for statement in (
            "SELECT * FROM land_restricted.parcels_holders",
            "SELECT legal_area FROM land_history.parcels",
            "UPDATE land_history.parcels SET sheet = '1'",
            "DELETE FROM land.parcels",
        ):
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedTable)):
                connection.execute(statement)
            connection.rollback()

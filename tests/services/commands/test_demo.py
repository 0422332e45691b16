"""`landmap demo-data` from the command line."""

from __future__ import annotations

import psycopg
import pytest
import typer
from typer.testing import CliRunner

from gis.errors import ConflictError
from services.commands.demo import demo_data


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    app.command("demo-data")(demo_data)
    return app


def test_demo_data_loads_as_many_parcels_as_asked_and_only_once(
    app: typer.Typer, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANDMAP_DATABASE_URL", database)
    done = CliRunner().invoke(app, ["--parcels", "400", "--seed", "9"])
    assert done.exit_code == 0, done.output
    assert "400 parcels (seed 9)" in " ".join(done.output.split())
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM land.parcels").fetchone() == (400,)
    again = CliRunner().invoke(app, ["--parcels", "400", "--seed", "9"])
    assert isinstance(again.exception, ConflictError)
    assert "seed 9, 400 parcels" in again.exception.en


def test_demo_data_takes_its_size_from_the_settings(
    app: typer.Typer, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANDMAP_DATABASE_URL", database)
    monkeypatch.setenv("LANDMAP_DEMO_PARCELS", "300")
    done = CliRunner().invoke(app, [])
    assert done.exit_code == 0, done.output
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM land.parcels").fetchone() == (300,)


def test_help_has_examples(app: typer.Typer) -> None:
    shown = CliRunner().invoke(app, ["--help"])
    assert "--parcels 1000000" in " ".join(shown.output.split())

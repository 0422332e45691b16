from __future__ import annotations

import psycopg
import pytest
from typer.testing import CliRunner, Result

from gis.errors import ConflictError, NotFound
from gis.model.layer import Catalog
from gis.store.match import match
from gis.store.publish import publish
from gis.store.stage import stage
from services.cli import app
from tests.gis.store.conftest import WHO, Parcel, records


def landmap(*words: str) -> Result:
    """Run the command; an error that it raises is raised here too."""
    result = CliRunner().invoke(app, words, env={"COLUMNS": "200"})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def url(database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("LANDMAP_DATABASE_URL", database)
    return database


def staged(url: str, catalog: Catalog, parcels: list[Parcel]) -> int:
    layer = catalog.layers["parcels"]
    with psycopg.connect(url, autocommit=True) as connection:
        number = stage(connection, layer, WHO, [records(parcels)])
        match(connection, number, layer)
    return number


def now(url: str) -> list[tuple[str, str]]:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT parcel, street FROM land.parcels ORDER BY 1").fetchall()


def test_a_staged_changeset_is_listed_shown_published_and_reverted(url: str, catalog: Catalog) -> None:
    waiting = str(staged(url, catalog, [Parcel("1", 0)]))
    assert "Staged" in landmap("changeset", "list").output
    assert "tester" in landmap("changeset", "show", waiting, "--staged").output
    published = landmap("changeset", "publish", waiting).output.rsplit(" ", 1)[1].strip(". \n")
    assert now(url) == [("1", "Nguyễn Trãi")]
    assert "parcels" in landmap("changeset", "show", published).output
    assert f"Changeset {published} is reverted" in landmap("changeset", "revert", published).output
    assert now(url) == []
    assert f"reverts {published}" in landmap("changeset", "list").output


def test_a_refused_changeset_is_gone(url: str, catalog: Catalog) -> None:
    waiting = str(staged(url, catalog, [Parcel("1", 0)]))
    landmap("changeset", "refuse", waiting)
    with pytest.raises(NotFound):
        landmap("changeset", "publish", waiting)
    assert now(url) == []


def test_a_stage_that_somebody_overtook_is_refused_by_name(url: str, catalog: Catalog) -> None:
    staged_first = staged(url, catalog, [Parcel("1", 0)])
    with psycopg.connect(url, autocommit=True) as connection:
        publish(connection, staged_first, catalog.layers["parcels"])
    first, second = (str(staged(url, catalog, [Parcel("1", 0, street=s)])) for s in ("Lê Lợi", "Hai Bà Trưng"))
    landmap("changeset", "publish", first)
    with pytest.raises(ConflictError, match="stage it again"):
        landmap("changeset", "publish", second)


def test_layer_plan_says_when_nothing_is_to_be_done(url: str) -> None:
    assert "as layers/ says" in landmap("layer", "plan").output
    assert "0 statement(s) run" in landmap("layer", "apply").output


def test_layer_plan_shows_the_ddl_and_apply_runs_it(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP VIEW land.parcels")
        connection.execute("ALTER TABLE land_history.parcels DROP COLUMN map_scale")
    assert "ADD COLUMN map_scale" in landmap("layer", "plan").output
    landmap("layer", "apply")
    assert "as layers/ says" in landmap("layer", "plan").output


@pytest.mark.parametrize("command", ["db", "layer", "changeset", "ingest", "demo-data", "serve"])
def test_every_command_explains_itself(command: str) -> None:
    assert "Usage" in landmap(command, "--help").output

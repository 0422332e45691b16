from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from typer.testing import CliRunner, Result

from gis.errors import DatabaseUnavailable, LandmapError
from gis.store import embedded
from gis.store.embedded import ServerInfo
from services.commands.db import app


def landmap_db(*words: str, answer: str = "") -> Result:
    """Run the command; an error that it raises is raised here too."""
    result = CliRunner().invoke(app, words, input=answer)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="landmap-test-", dir="/tmp"))
    path.chmod(0o755)
    monkeypatch.setenv("LANDMAP_HOME", str(path))
    try:
        yield path
    finally:
        embedded.destroy(path)
        shutil.rmtree(path)


@pytest.fixture
def external(server: ServerInfo, database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database of somebody else, named by LANDMAP_DATABASE_URL; what a restore keeps beside it is dropped again."""
    monkeypatch.setenv("LANDMAP_DATABASE_URL", database)
    yield database
    name = conninfo_to_dict(database)["dbname"]
    with psycopg.connect(server.dsn("postgres")) as connection:
        kept = connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE %s", (f"{name}\\_before\\_%",)
        ).fetchall()
    for (other,) in kept:
        server.drop_database(other)


def test_a_newcomer_starts_asks_and_stops(home: Path) -> None:
    assert landmap_db("start").output.startswith("Started (process ")
    assert landmap_db("start").output.startswith("Already running (process ")
    with psycopg.connect(landmap_db("url").output.strip()) as connection:
        assert connection.execute("SELECT count(*) FROM land.parcels").fetchone() == (0,)
    assert landmap_db("stop").output == "Stopped.\n"
    assert landmap_db("stop").output == "Was not running.\n"
    with pytest.raises(DatabaseUnavailable, match="Start it with: landmap db start"):
        landmap_db("url")
    assert landmap_db("check").output == "No problem found.\n"
    assert embedded.status(home) is None


def test_the_url_of_a_database_of_ones_own_is_given_back(external: str) -> None:
    assert landmap_db("url").output.strip() == external


@pytest.mark.parametrize("word", ["start", "stop"])
def test_a_database_of_ones_own_is_neither_started_nor_stopped(external: str, word: str) -> None:
    with pytest.raises(LandmapError, match="LANDMAP_DATABASE_URL names a database that Landmap neither starts"):
        landmap_db(word)


def test_check_prints_the_problems_and_ends_with_status_one(external: str) -> None:
    with psycopg.connect(external) as connection:
        connection.execute(
            """INSERT INTO land_history.parcels (id, fid, valid, valid_from_known, from_changeset, sort_key)
               VALUES (gen_random_uuid(), 1, 'empty', true, 1, 0)"""
        )
    result = landmap_db("check")
    assert result.exit_code == 1
    assert "parcels" in result.output
    assert "empty validity" in result.output


def test_backup_and_restore_say_what_they_did(external: str, tmp_path: Path) -> None:
    file = tmp_path / "land.backup"
    assert f"{file}: " in landmap_db("backup", str(file)).output.replace("\n", "")
    with psycopg.connect(external) as connection:
        connection.execute("CREATE TABLE public.made_later ()")

    refused = landmap_db("restore", str(file), answer="n\n")
    assert refused.exit_code == 1
    with psycopg.connect(external) as connection:
        assert connection.execute("SELECT to_regclass('made_later')").fetchone() == ("made_later",)

    assert "is kept as" in landmap_db("restore", str(file), "--yes").output
    with psycopg.connect(external) as connection:
        assert connection.execute("SELECT to_regclass('made_later')").fetchone() == (None,)


@pytest.mark.parametrize("word", ["start", "stop", "url", "check", "backup", "restore"])
def test_every_command_has_help_with_an_example(word: str) -> None:
    text = " ".join(landmap_db(word, "--help").output.split())
    assert "Example: " in text
    assert "landmap db" in text

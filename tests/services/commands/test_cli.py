"""The command as a whole: quick to start, with help that can be followed, in either language."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from services import cli
from services.cli import app
from services.commands.speech import language_first

HEAVY = (
    "numpy",
    "pyarrow",
    "shapely",
    "pyproj",
    "pyogrio",
    "psycopg",
    "sqlalchemy",
    "alembic",
    "pydantic",
    "rich.progress",
)


def groups() -> dict[str, list[str]]:
    """All commands, by the words with which they are called."""
    found = {"": [command.name or command.callback.__name__ for command in app.registered_commands]}
    for group in app.registered_groups:
        commands = group.typer_instance.registered_commands
        found[group.name] = [c.name or c.callback.__name__.rstrip("_") for c in commands]
    return found


COMMANDS = [f"{group} {name}".strip() for group, names in groups().items() for name in names]


def landmap(*words: str):
    return CliRunner().invoke(app, words, env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"})


def test_starting_imports_nothing_that_only_some_command_needs() -> None:
    program = f"import sys, services.cli; print(*[m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_fits_80_columns(command) -> None:
    shown = landmap(*command.split(), "--help")
    assert shown.exit_code == 0
    assert max(map(len, shown.output.splitlines())) <= 80


def examples(command: str) -> list[str]:
    """The examples of its help, each on one line, so that it can be copied."""
    lines = landmap(*command.split(), "--help").output.splitlines()
    return [line.partition("Example:")[2].strip() for line in lines if "Example:" in line]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_an_example_that_it_takes(command) -> None:
    """The words of the example are parsed as they stand; `--help` at the end keeps the command from running."""
    found = examples(command)
    assert found
    for example in found:
        first = example.split(" && ")[0]
        assert f"landmap {command}" in first
        if first.startswith("landmap "):
            done = landmap(*language_first(shlex.split(first)[1:]), "--help")
            assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    ("environ", "arguments", "text"),
    [
        ({}, (), "landmap: There is no file nowhere.gpkg. None of the files was loaded.\n"),
        ({}, ("--lang", "vi"), "landmap: Không có tệp nowhere.gpkg. Chưa nạp tệp nào.\n"),
        ({"LC_ALL": "vi_VN.UTF-8"}, (), "landmap: Không có tệp nowhere.gpkg. Chưa nạp tệp nào.\n"),
        ({"LC_ALL": "vi_VN.UTF-8"}, ("--lang=en",), "landmap: There is no file nowhere.gpkg."),
    ],
)
def test_errors_are_one_sentence_in_the_language_that_was_asked_for(
    environ, arguments, text, monkeypatch, capfd
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["landmap", "ingest", "parcels", "nowhere.gpkg", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    written = capfd.readouterr()
    assert written.err.startswith(text)
    assert written.out == ""


def test_an_unknown_language_is_refused() -> None:
    assert landmap("--lang", "fr", "db", "url").exit_code == 2


def test_a_pipe_gets_no_control_characters() -> None:
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("LANDMAP_", "FORCE_COLOR"))}
    done = subprocess.run(
        [sys.executable, "-c", "from services.cli import main; main()", "ingest", "parcels", "nowhere.gpkg"],
        capture_output=True,
        text=True,
        env=environ,
        check=False,
    )
    assert done.returncode == 1
    assert "\x1b" not in done.stdout + done.stderr


def test_the_list_of_commands_above_is_complete() -> None:
    assert isinstance(app, typer.Typer)
    assert {"ingest", "serve", "db start", "db restore", "layer plan", "changeset revert"} <= set(COMMANDS)

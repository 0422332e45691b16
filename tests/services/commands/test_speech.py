"""In which language the command speaks."""

from __future__ import annotations

import io
import threading
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from gis.model.layer import Text
from services.commands import speech
from services.commands.speech import Language, language_first, of_environment

BOTH = Text("xin chào {name}", "hello {name}")


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "vi_VN.UTF-8"}, "vi"),
        ({"LANG": "vi_VN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LC_MESSAGES": "vi_VN", "LANG": "en_US.UTF-8"}, "vi"),
        ({"LANG": "C.UTF-8", "LANDMAP_LANG": "vi"}, "vi"),
        ({"LANG": "vi_VN.UTF-8", "LANDMAP_LANG": "en"}, "en"),
        ({"LANG": "vi_VN.UTF-8", "LC_ALL": ""}, "vi"),
        ({"LANG": "view"}, "en"),
    ],
)
def test_the_environment_decides_where_nothing_is_said(environ, language) -> None:
    assert of_environment(environ) == language


def test_what_is_said_comes_before_the_environment(monkeypatch) -> None:
    monkeypatch.setenv("LANG", "vi_VN.UTF-8")
    assert speech.word(BOTH, name="A") == "xin chào A"
    speech.choose(Language.EN)
    assert speech.word(BOTH, name="A") == "hello A"


def test_threads_speak_the_chosen_language() -> None:
    speech.choose(Language.VI)
    heard: list[str] = []
    thread = threading.Thread(target=lambda: heard.append(speech.language()))
    thread.start()
    thread.join()
    assert heard == ["vi"]


@pytest.mark.parametrize(
    ("line", "first"),
    [
        ("ingest parcels a.gpkg", "ingest parcels a.gpkg"),
        ("ingest --lang vi parcels", "--lang vi ingest parcels"),
        ("ingest parcels a.gpkg --lang vi", "--lang vi ingest parcels a.gpkg"),
        ("changeset list --lang=en", "--lang=en changeset list"),
        ("--lang vi db stop", "--lang vi db stop"),
        ("ingest -- --lang vi", "ingest -- --lang vi"),
        ("db stop --lang", "db stop --lang"),
    ],
)
def test_the_language_may_stand_anywhere_on_the_line(line, first) -> None:
    assert language_first(line.split()) == first.split()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--lang vi db stop", "vi"),
        ("--lang=en db", "en"),
        ("--lang fr db", None),
        ("--lang", None),
        ("db stop", None),
        ("", None),
    ],
)
def test_the_language_is_known_before_the_line_is_parsed(line, said) -> None:
    assert speech.said_first(line.split()) == said


@pytest.mark.parametrize(
    ("zone", "language", "text"),
    [
        ("Asia/Ho_Chi_Minh", "vi", "23/11/2026 01:05 +07"),
        ("Asia/Ho_Chi_Minh", "en", "2026-11-23 01:05 +07"),
        ("Europe/Paris", "en", "2026-11-22 19:05 CET"),
    ],
)
def test_times_are_local_and_say_so(zone, language, text) -> None:
    speech.choose(Language(language))
    assert speech.instant(datetime(2026, 11, 22, 18, 5, tzinfo=UTC), ZoneInfo(zone)) == text


def test_lines_are_not_broken_so_that_commands_can_be_copied(monkeypatch) -> None:
    sink = io.StringIO()
    monkeypatch.setattr(speech, "out", Console(file=sink, width=80, highlight=False))
    speech.say(BOTH, name="[b]" + "x" * 200)
    assert sink.getvalue() == "hello [b]" + "x" * 200 + "\n"


@pytest.mark.parametrize(("language", "text"), [(Language.VI, "1.234"), (Language.EN, "1,234")])
def test_numbers_are_grouped_as_the_language_does(language, text) -> None:
    speech.choose(language)
    assert speech.grouped(1234) == text


HEADS = tuple(Text(name, name) for name in ("Number", "Who", "Feature", "Detail"))
ROWS = [
    ("1", "key:abcdefghij so-xay-dung", "10000000-0000-0000-0000-000000000005", '{"case":"H29.18-261122-0001"}'),
    ("23", "public", "", "two words and more"),
]


@pytest.mark.parametrize("width", [40, 80, 110, 200])
def test_no_word_of_a_table_is_broken_or_lost(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(speech.out, "_width", width)
    speech.show(HEADS, ROWS, HEADS[0])
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= width
    for word in " ".join(cell for row in ROWS for cell in row).split():
        assert word in printed
    if width == 200:
        assert len(printed.splitlines()) == 2 + len(ROWS), "a row is a line where there is room"


def test_a_word_longer_than_the_screen_is_folded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(speech.out, "_width", 40)
    speech.show(HEADS, [("1", "a", "b", "x" * 100)], HEADS[0])
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= 40
    assert printed.count("x") == 100

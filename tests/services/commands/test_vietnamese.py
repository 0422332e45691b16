"""The command line in Vietnamese: help and what is said of a line that is not understood."""

from __future__ import annotations

import re
import sys

import pytest
import typer
from typer.core import TyperArgument, TyperOption

from services import cli
from services.cli import app
from services.commands.help_words import HELP
from services.commands.vietnamese import mistake
from tests.services.commands.test_cli import COMMANDS


def said(capsys, monkeypatch, *words: str) -> tuple[int | str | None, str]:
    """Runs `landmap --lang vi …`: the status and all that it prints, on lines joined by one space."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "argv", ["landmap", *words, "--lang", "vi"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    written = capsys.readouterr()
    return ended.value.code, written.out + written.err


def paragraphs(command) -> list[str]:
    """All that the help of a command and of its commands says of ours, in English."""
    found = [" ".join(part.split()) for part in (command.help or "").split("\n\n")]
    ours = [each for each in command.params if isinstance(each, TyperArgument | TyperOption)]
    found += [" ".join((each.help or "").split()) for each in ours]
    for each in getattr(command, "commands", {}).values():
        found += paragraphs(each)
    return [text for text in found if text and not text.startswith("Example: ")]


def test_all_help_is_there_in_vietnamese_and_nothing_else() -> None:
    told = {*paragraphs(typer.main.get_command(app)), "Show this message and exit."}
    assert told - set(HELP) == set()
    assert set(HELP) - told == set()


@pytest.mark.parametrize("command", ["", "db", *COMMANDS])
def test_help_is_vietnamese_and_fits_80_columns(command, capsys, monkeypatch) -> None:
    status, text = said(capsys, monkeypatch, *command.split(), "--help")
    assert status == 0
    assert max(map(len, text.splitlines())) <= 80
    assert text.startswith("Cách dùng: landmap")
    assert "Hiện phần trợ giúp này rồi thoát." in " ".join(text.split())
    assert not re.findall(r"\b(Usage|Options|Arguments|Commands|Example|required|default):?\b", text)


def test_the_language_of_the_environment_is_the_language_of_the_help(capsys, monkeypatch) -> None:
    monkeypatch.setenv("LANDMAP_LANG", "vi")
    monkeypatch.setattr(sys, "argv", ["landmap", "db", "--help"])
    with pytest.raises(SystemExit):
        cli.main()
    assert "Các lệnh:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("ingst", "Cách dùng: landmap [OPTIONS] COMMAND [ARGS]..."),
        ("db stop now", "Xem trợ giúp: landmap db stop --help"),
        ("ingst", "Lỗi: Không có lệnh 'ingst'. Có phải 'ingest'?"),
        ("ingest", "Lỗi: Thiếu tham số layer."),
        ("agency add x", "Lỗi: Thiếu tuỳ chọn --title."),
        ("db --foo", "Lỗi: Không có tuỳ chọn --foo"),
        ("db stop now", "Lỗi: Thừa tham số: now"),
        ("changeset list --limit", "Lỗi: Tuỳ chọn '--limit' cần một giá trị."),
        ("changeset list --limit 0", "Lỗi: Giá trị của '--limit' không hợp lệ: phải từ 1 trở lên"),
        ("audit list --feature x", "Lỗi: Giá trị của '--feature' không hợp lệ: phải là mã UUID"),
        ("changeset list --limit x", "Lỗi: Giá trị của '--limit' không hợp lệ: phải là số nguyên"),
    ],
)
def test_a_line_that_is_not_understood_is_told_in_vietnamese(line, text, capsys, monkeypatch) -> None:
    status, told = said(capsys, monkeypatch, *line.split())
    assert status == 2
    assert text in told.splitlines()


def test_a_group_alone_shows_its_help(capsys, monkeypatch) -> None:
    status, told = said(capsys, monkeypatch, "changeset")
    assert status == 2 and "Các lệnh:" in told


def test_what_has_no_vietnamese_stays_as_it_is() -> None:
    assert mistake("Something else.") == "Something else."


def test_errors_of_our_own_end_as_ever(capfd, monkeypatch) -> None:
    status, told = said(capfd, monkeypatch, "changeset", "publish", "12")
    assert status == 1 and told.startswith("landmap: '12' không phải tên một lần cập nhật")

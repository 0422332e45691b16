"""How a command speaks: in which language (--lang, LANDMAP_LANG, the locale), and on which screen."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from textwrap import wrap
from zoneinfo import ZoneInfo

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gis.errors import IngestError
from gis.model.layer import Text
from services.commands import words

_NUMBER = re.compile(r"[0-9.,]*")
_GAP = 3
"""Between two columns of a table."""

out = Console(highlight=False)
aside = Console(stderr=True, highlight=False)


class Language(StrEnum):
    """The languages of the command."""

    VI = "vi"
    EN = "en"


@dataclass(slots=True)
class _Spoken:
    """What --lang said, for the whole process: threads speak it too."""

    language: Language | None = None


_spoken = _Spoken()


def choose(language: Language | None) -> None:
    """Speak this language from now on; None leaves it to the environment."""
    _spoken.language = language


def language() -> Language:
    """The language chosen by --lang, else the one of the environment."""
    return _spoken.language or of_environment(os.environ)


def of_environment(environ: Mapping[str, str]) -> Language:
    """LANDMAP_LANG, else the locale of messages: Vietnamese where it is Vietnamese."""
    names = ("LANDMAP_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    said = next((environ[name] for name in names if environ.get(name)), "")
    return Language.VI if said == "vi" or said.startswith("vi_") else Language.EN


def word(text: Text, *places: object, **values: object) -> str:
    """The text in the language, with the values in their places."""
    return text[language()].format(*places, **values)


def grouped(value: int) -> str:
    """`3,774`, in Vietnamese `3.774`."""
    text = f"{value:,}"
    return text.replace(",", ".") if language() is Language.VI else text


def instant(when: datetime, zone: ZoneInfo) -> str:
    """`2026-11-22 18:06 +07`, in Vietnamese `22/11/2026 18:06 +07`: local time with the name of its offset."""
    local = when.astimezone(zone)
    return f"{local:%d/%m/%Y %H:%M %Z}" if language() is Language.VI else f"{local:%Y-%m-%d %H:%M %Z}"


def written(day: date) -> str:
    """`2026-11-23`, in Vietnamese `23/11/2026`."""
    return f"{day:%d/%m/%Y}" if language() is Language.VI else day.isoformat()


def read_day(text: str, option: str) -> date:
    """A day as dd/mm/yyyy or yyyy-mm-dd; IngestError names the option."""
    day_first = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text.strip())
    try:
        return date(*map(int, reversed(day_first.groups()))) if day_first else date.fromisoformat(text.strip())
    except ValueError:
        said = {"option": option, "day": text}
    raise IngestError(words.A_DAY.en.format(**said), words.A_DAY.vi.format(**said))


def parts(text: str) -> tuple[str, ...]:
    """What stands between the commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def show(heads: Sequence[Text], rows: Iterable[tuple[str, ...]], none: Text, lead: int = 2) -> None:
    """Print the rows as a table, or `none` where there are none.

    Where the screen is too narrow for it without breaking words, which could then be neither read nor copied, each row is
    printed as lines: the first `lead` cells, then the others with their heads.
    """
    listed = list(rows)
    if not listed:
        say(none)
        return
    titles = [word(head) for head in heads]
    widths = _widths([titles, *listed], out.width - _GAP * (len(titles) - 1))
    if widths is None:
        for row in listed:
            _show_lines(titles, row, lead)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for title, width, cells in zip(titles, widths, zip(*listed, strict=True), strict=True):
        numbers = all(map(_NUMBER.fullmatch, cells))
        table.add_column(title, overflow="fold", width=width, justify="right" if numbers else "left")
    for row in listed:
        table.add_row(*map(escape, row))
    out.print(table)


def _widths(rows: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """The width of each column, from that of its longest word to that of its longest cell; None where there is no room."""
    columns = list(zip(*rows, strict=True))
    widths = [max(cell_len(part) for cell in column for part in (cell.split() or [""])) for column in columns]
    wishes = [max(map(cell_len, column)) for column in columns]
    left = room - sum(widths)
    if left < 0:
        return None
    by_need = sorted(range(len(widths)), key=lambda place: wishes[place] - widths[place])
    for place, others in zip(by_need, range(len(by_need), 0, -1), strict=True):
        given = min(wishes[place] - widths[place], left // others)
        widths[place] += given
        left -= given
    return widths


def _show_lines(titles: Sequence[str], row: tuple[str, ...], lead: int) -> None:
    lines = ["  ".join(cell for cell in row[:lead] if cell)]
    for title, cell in zip(titles[lead:], row[lead:], strict=True):
        told = f"  {title}: {cell}"
        if cell and cell_len(lines[-1]) + cell_len(told) > out.width:
            lines.append(" " * 2)
        lines[-1] += told if cell else ""
    for line in lines:
        for part in wrap(line, out.width, subsequent_indent=" " * 4, break_on_hyphens=False):
            out.print(part, markup=False, soft_wrap=True)


def say(text: Text, *places: object, **values: object) -> None:
    """Print it. Lines are not broken: they hold commands to be copied."""
    out.print(word(text, *places, **values), markup=False, soft_wrap=True)


def said_first(words: list[str]) -> Language | None:
    """The language that `--lang` at the beginning of the line says; None where it says none that there is."""
    said = words[0].partition("=")[2] if words and words[0].startswith("--lang=") else ""
    said = words[1] if words[:1] == ["--lang"] and len(words) > 1 else said
    return next((each for each in Language if each == said), None)


def language_first(words: list[str]) -> list[str]:
    """`--lang vi` may stand anywhere on the line; the program takes it first."""
    end = words.index("--") if "--" in words else len(words)
    for i, each in enumerate(words[:end]):
        if each.startswith("--lang="):
            return [each, *words[:i], *words[i + 1 :]]
        if each == "--lang" and i + 1 < end:
            return [*words[i : i + 2], *words[:i], *words[i + 2 :]]
    return words

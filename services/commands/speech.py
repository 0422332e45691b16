"""How a command speaks: in which language (--lang, LANDMAP_LANG, the locale), and on which screen."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from rich.console import Console

from gis.model.layer import Text

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


def say(text: Text, *places: object, **values: object) -> None:
    """Print it. Lines are not broken: they hold commands to be copied."""
    out.print(word(text, *places, **values), markup=False, soft_wrap=True)


def language_first(words: list[str]) -> list[str]:
    """`--lang vi` may stand anywhere on the line; the program takes it first."""
    end = words.index("--") if "--" in words else len(words)
    for i, each in enumerate(words[:end]):
        if each.startswith("--lang="):
            return [each, *words[:i], *words[i + 1 :]]
        if each == "--lang" and i + 1 < end:
            return [*words[i : i + 2], *words[:i], *words[i + 2 :]]
    return words

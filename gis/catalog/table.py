"""Typed reading of one TOML table: every value is checked, and every key that nobody asked for is a mistake."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from gis.catalog.problems import Place, nearest
from gis.model.layer import Text


class BadValueError(ValueError):
    """A value is wrong; the text says how and what to do. Caught by the table that holds the value."""


class Table:
    """Hands out the values of a table, notes what is wrong with them, and remembers which keys were asked for.

    A wrong or missing value is noted once and replaced by the fallback, so that reading goes on to the next mistake.
    """

    def __init__(self, values: Mapping[str, object], place: Place) -> None:
        self.values = values
        self.place = place
        self._asked: set[str] = set()

    def required[T](self, key: str, read: Callable[[object], T], fallback: T) -> T:
        """The value of `key`, which must be there."""
        if key not in self.values:
            self._asked.add(key)
            self.place.within(key).add("missing; add it")
            return fallback
        return self.optional(key, read, fallback)

    def optional[T, D](self, key: str, read: Callable[[object], T], default: D) -> T | D:
        """The value of `key`, or `default` where it is absent or wrong."""
        self._asked.add(key)
        if key not in self.values:
            return default
        try:
            return read(self.values[key])
        except BadValueError as mistake:
            self.place.within(key).add(str(mistake))
            return default

    def table(self, key: str) -> Table:
        """The sub-table of that name, empty where it is absent."""
        self._asked.add(key)
        return self._child(self.values.get(key, {}), self.place.within(key))

    def tables(self, key: str) -> list[Table]:
        """The array of tables of that name."""
        self._asked.add(key)
        values = self.values.get(key, [])
        if not isinstance(values, list):
            self.place.within(key).add(f"is {kind(values)}, must be an array of tables; write [[{key}]]")
            return []
        return [self._child(v, self.place.within(f"{key}[{i}]")) for i, v in enumerate(values, 1)]

    def close(self) -> None:
        """Note the keys that nobody asked for."""
        for key in self.values:
            if key not in self._asked:
                self.place.within(key).add(f"unknown key; {nearest(key, self._asked)}")

    @staticmethod
    def _child(value: object, place: Place) -> Table:
        if isinstance(value, dict):
            return Table(value, place)
        place.add(f"is {kind(value)}, must be a table; write [{place.key}] above its keys")
        return Table({}, place)


def read_toml(path: Path, place: Place) -> Table | None:
    """The whole file, or None (and a noted mistake) where it is not TOML in UTF-8."""
    content = read_text(path, place)
    return None if content is None else parse_toml(content, place)


def read_text(path: Path, place: Place) -> str | None:
    """The whole file, lines ended by a line feed; None (and a noted mistake) where it is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        place.add(f"not UTF-8 at byte {error.start}; save the file as UTF-8")
    except OSError as error:
        place.add(f"cannot be read: {error.strerror}; make it readable")
    return None


def parse_toml(content: str, place: Place) -> Table | None:
    """The content of a file, or None (and a noted mistake) where it is not TOML."""
    try:
        return Table(tomllib.loads(content), place)
    except tomllib.TOMLDecodeError as error:
        place.add(f"not valid TOML: {error}; mend that line")
        return None


def kind(value: object) -> str:
    """A value as a mistake names it: `the integer 5`."""
    names = {bool: "boolean", int: "integer", float: "number", str: "text", list: "array", dict: "table"}
    name = names.get(type(value), type(value).__name__)
    return f"a {name}" if isinstance(value, (list, dict)) else f"the {name} {value!r}"


def text(value: object) -> str:
    """A text that is not empty and has no space around it."""
    if not isinstance(value, str):
        raise BadValueError(f"is {kind(value)}, must be a text; put it in quotes")
    if not value.strip() or value != value.strip():
        raise BadValueError(f"{value!r} is empty or has space around it; write the bare text")
    return value


def texts(value: object) -> tuple[str, ...]:
    """An array of texts."""
    if not isinstance(value, list):
        raise BadValueError(f'is {kind(value)}, must be an array of texts; write ["a", "b"]')
    return tuple(text(v) for v in value)


def bilingual(value: object) -> Text:
    """A text in both languages, `{ vi = "…", en = "…" }`."""
    if not isinstance(value, dict):
        raise BadValueError(f'is {kind(value)}, must be in both languages; write {{ vi = "…", en = "…" }}')
    for key in value.keys() - {"vi", "en"}:
        raise BadValueError(f"language {key!r} is not known; give vi and en")
    for key in ("vi", "en"):
        if key not in value:
            raise BadValueError(f"{key} is missing; give vi and en")
    return Text(vi=text(value["vi"]), en=text(value["en"]))


def boolean(value: object) -> bool:
    """`true` or `false`."""
    if not isinstance(value, bool):
        raise BadValueError(f"is {kind(value)}, must be true or false")
    return value


def integer(value: object) -> int:
    """A whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadValueError(f"is {kind(value)}, must be a whole number without quotes")
    return value


def number(value: object) -> float:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise BadValueError(f"is {kind(value)}, must be a finite number without quotes")
    return value


def numbers(value: object) -> tuple[float, ...]:
    """An array of finite numbers."""
    if not isinstance(value, list):
        raise BadValueError(f"is {kind(value)}, must be an array of numbers; write [1, 2]")
    return tuple(number(v) for v in value)


def integers(value: object) -> tuple[int, ...]:
    """An array of whole numbers."""
    if not isinstance(value, list):
        raise BadValueError(f"is {kind(value)}, must be an array of whole numbers; write [1, 2]")
    return tuple(integer(v) for v in value)


def day(value: object) -> date:
    """A day without a time."""
    if not isinstance(value, date) or isinstance(value, datetime):
        raise BadValueError(f"is {kind(value)}, must be a day; write yyyy-mm-dd without quotes")
    return value


def days(value: object) -> tuple[date, ...]:
    """An array of days."""
    if not isinstance(value, list):
        raise BadValueError(f"is {kind(value)}, must be an array of days; write [2026-07-01, 2026-07-02]")
    return tuple(day(v) for v in value)


def one_of[E: StrEnum](members: type[E]) -> Callable[[object], E]:
    """A reader of one of the members' texts."""

    def read(value: object) -> E:
        allowed = [str(m) for m in members]
        if not isinstance(value, str) or value not in allowed:
            raise BadValueError(f"is {kind(value)}, must be one of {', '.join(allowed)}")
        return members(value)

    return read

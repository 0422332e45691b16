"""Both languages say the same."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from string import Formatter
from types import MappingProxyType, ModuleType

import pytest

from gis.model.layer import Text
from services import commands


def tables() -> list[ModuleType]:
    """The modules of services.commands that hold words."""
    names = sorted(module.name for module in pkgutil.iter_modules(commands.__path__) if module.name.endswith("words"))
    return [importlib.import_module(f"services.commands.{name}") for name in names]


def texts() -> Iterator[tuple[str, Text]]:
    for table in tables():
        for name, value in vars(table).items():
            match value:
                case Text():
                    yield name, value
                case dict() | MappingProxyType() if not name.startswith("__"):
                    yield from ((f"{name}.{key}", text) for key, text in value.items() if isinstance(text, Text))
                case tuple():
                    yield from ((f"{name}.{i}", text) for i, text in enumerate(value) if isinstance(text, Text))


def test_every_table_of_words_is_looked_at() -> None:
    found = {table.__name__.rpartition(".")[2] for table in tables()}
    assert found >= {"words", "access_words", "help_words", "access_help_words"}


@pytest.mark.parametrize(("name", "text"), list(texts()))
def test_both_languages_have_the_same_places_to_fill_in(name, text) -> None:
    def places(sentence: str) -> list[str | None]:
        return sorted({field for _, field, _, _ in Formatter().parse(sentence) if field is not None})

    assert text.vi.strip() and text.en.strip()
    assert places(text.vi) == places(text.en)
    assert text.vi != text.en or name == "SOURCE_PARTS.digest"

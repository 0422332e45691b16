"""Both languages say the same."""

from __future__ import annotations

from collections.abc import Iterator
from string import Formatter

import pytest

from gis.model.layer import Text
from services.commands import words


def texts() -> Iterator[tuple[str, Text]]:
    for name, value in vars(words).items():
        if name.startswith("_"):
            continue
        match value:
            case Text():
                yield name, value
            case dict():
                yield from ((f"{name}.{key}", text) for key, text in value.items())
            case tuple():
                yield from ((f"{name}.{i}", text) for i, text in enumerate(value))


@pytest.mark.parametrize(("name", "text"), list(texts()))
def test_both_languages_have_the_same_places_to_fill_in(name, text) -> None:
    def places(sentence: str) -> list[str | None]:
        return sorted({field for _, field, _, _ in Formatter().parse(sentence) if field is not None})

    assert text.vi.strip() and text.en.strip()
    assert places(text.vi) == places(text.en)
    assert text.vi != text.en or name == "SOURCE_PARTS.digest"

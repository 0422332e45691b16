from __future__ import annotations

from collections.abc import Iterator

import pytest

from services.commands import speech


@pytest.fixture(autouse=True)
def speak_english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever the locale of the developer, and whatever a test before has chosen."""
    for name in ("LANDMAP_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    speech.choose(None)
    yield
    speech.choose(None)


@pytest.fixture
def url(database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The database that the commands of the test work with."""
    monkeypatch.setenv("LANDMAP_DATABASE_URL", database)
    return database

"""`landmap open-data`, as an operator runs it."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from gis.errors import NotFound
from gis.model.layer import Catalog
from gis.store.publish import publish
from tests.gis.store.conftest import Parcel
from tests.services.commands.test_changeset import landmap, staged


def test_versions_are_made_listed_and_removed(
    url: str, catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANDMAP_OPEN_DATA", str(tmp_path))
    assert "no open-data files" in landmap("open-data", "list").output
    numbers = []
    for place in range(2):
        waiting = staged(url, catalog, [Parcel(str(place), place)])
        with psycopg.connect(url, autocommit=True) as connection:
            numbers.append(publish(connection, waiting, catalog.layers["parcels"]))
    newest = landmap("open-data", "build").output
    assert f"parcels, version {numbers[1]}: 2 features" in newest and "parcels.parquet" in newest
    older = landmap("open-data", "build", "parcels", "zones", "--version", str(numbers[0])).output
    assert f"version {numbers[0]}: 1 features" in older and "zones" not in older
    listed = landmap("open-data", "list").output
    assert all(f" {number} " in listed for number in numbers)
    assert "Removed 1 version" in landmap("open-data", "prune").output
    assert sorted(path.name for path in (tmp_path / "parcels").iterdir()) == [str(numbers[1])]


def test_what_is_not_there_cannot_be_made(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDMAP_OPEN_DATA", str(tmp_path))
    with pytest.raises(NotFound, match="version 7"):
        landmap("open-data", "build", "--version", "7")
    with pytest.raises(NotFound):
        landmap("open-data", "build", "nothing")

"""`landmap survey`: an analyst's way to all buildings, from the database or from files, here or elsewhere."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from gis.errors import ClusterUnavailable, IngestError, InvalidParameter, NotFound
from services.permits import survey_cluster
from tests.services.commands.test_changeset import landmap
from tests.services.permits.checking import Checks

DAY = ("--day", "20/11/2026")


@pytest.fixture
def city(surveyed_city: Checks, monkeypatch: pytest.MonkeyPatch) -> Checks:
    """The city is the database of the commands."""
    monkeypatch.setenv("LANDMAP_DATABASE_URL", surveyed_city.dsn)
    return surveyed_city


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_database_and_a_folder_give_the_same_files_and_say_so(city: Checks, tmp_path: Path) -> None:
    told = landmap("survey", "run", str(tmp_path / "a"), *DAY).output
    exported = landmap("survey", "export", str(tmp_path / "in"), "--cell", "700", *DAY).output
    again = landmap("survey", "run", str(tmp_path / "b"), "--from", str(tmp_path / "in")).output
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b")
    result = json.loads((tmp_path / "a" / "survey.json").read_text())
    assert result["datetime"] == "2026-11-19T17:00:00Z"
    for said in (told, again):
        lines = [line.split() for line in said.splitlines()]
        assert ["storeys", "8", "1", "1"] in lines and ["road", "line", "9", "1", "0"] in lines
        assert result["hash"] in said and "10 buildings" in said and "agency only" in said
    assert f"changeset {result['data_version']}" in exported and "agency only" in exported


def test_what_may_be_published_tells_of_no_building_and_no_small_number(city: Checks, tmp_path: Path) -> None:
    told = landmap("survey", "run", str(tmp_path / "out"), "--public", *DAY).output
    assert "2 wards" in told and "may be published" in told
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["survey.json", "wards.parquet"]
    result = json.loads((tmp_path / "out" / "survey.json").read_text())
    numbers = [
        aspect[status]
        for ward in result["wards"]
        for aspect in ward["aspects"].values()
        for status in ("conforms", "exceeds", "unknown")
    ]
    assert None in numbers
    assert all(number in (None, 0) or number >= result["suppressed_below"] for number in numbers)


def test_an_earlier_version_and_a_single_ward_are_chosen(city: Checks, tmp_path: Path) -> None:
    landmap("survey", "run", str(tmp_path / "all"), *DAY)
    newest = json.loads((tmp_path / "all" / "survey.json").read_text())["data_version"]
    landmap("survey", "run", str(tmp_path / "out"), "--version", str(newest - 1), "--wards", "26740", *DAY)
    result = json.loads((tmp_path / "out" / "survey.json").read_text())
    assert result["data_version"] == newest - 1
    assert [(ward["code"], ward["buildings"]) for ward in result["wards"]] == [("26740", 10)]


def test_what_cannot_be_done_is_one_sentence(city: Checks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = str(tmp_path / "out")
    with pytest.raises(NotFound, match="99999"):
        landmap("survey", "run", out, "--wards", "99999")
    with pytest.raises(InvalidParameter, match="5 digits"):
        landmap("survey", "run", out, "--wards", "Sài Gòn")
    with pytest.raises(InvalidParameter, match="leave --day, --wards, --public out"):
        landmap("survey", "run", out, "--from", out, "--wards", "26740", "--public", *DAY)
    with pytest.raises(IngestError, match="landmap survey export"):
        landmap("survey", "run", out, "--from", str(tmp_path))
    monkeypatch.setattr(survey_cluster, "_CONNECT", 0.5)
    with pytest.raises(ClusterUnavailable, match="cannot be reached"):
        landmap("survey", "run", out, "--scheduler", "tcp://127.0.0.1:1")
    assert list(tmp_path.iterdir()) == []


def test_without_dask_it_says_how_to_get_it(city: Checks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "services.permits.survey_cluster", raising=False)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InvalidParameter, match=r"landmap\[cluster\]"):
        landmap("survey", "run", str(tmp_path / "out"), "--scheduler", "tcp://127.0.0.1:1")
    landmap("survey", "run", str(tmp_path / "out"), *DAY)


def test_it_speaks_vietnamese_and_never_of_violations(city: Checks, tmp_path: Path) -> None:
    told = landmap("--lang", "vi", "survey", "run", str(tmp_path / "out"), *DAY).output
    assert "Vượt chỉ tiêu hiện hành" in told and "mật độ xây dựng" in told
    assert "vi phạm" not in told.lower()

"""`landmap coverage`, as an agency runs it."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest

from gis.errors import InvalidParameter, NotFound
from tests.services.commands.test_changeset import landmap


@pytest.fixture
def area(tmp_path: Path) -> Path:
    square = [[106.7, 10.77], [106.71, 10.77], [106.71, 10.78], [106.7, 10.78], [106.7, 10.77]]
    polygon = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [square]}}
    path = tmp_path / "area.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [polygon]}))
    return path


def test_what_is_declared_is_listed_and_can_be_withdrawn(url: str, area: Path) -> None:
    assert "Nothing" in landmap("coverage", "list").output
    landmap(
        *("coverage", "declare", "parcels", "partial", "--agency", "Sở NNMT", "--as-of", "01/07/2025"),
        *("--file", str(area)),
    )
    listed = landmap("coverage", "list", "parcels").output
    assert "partial" in listed and "2025-07-01" in listed and "Sở NNMT" in listed and "121 ha" in listed
    assert "Nothing" in landmap("coverage", "list", "zones").output
    with psycopg.connect(url) as connection:
        (number,) = connection.execute("SELECT id FROM landmap.coverage").fetchone() or (0,)
    landmap("coverage", "withdraw", str(number))
    assert "Nothing" in landmap("coverage", "list").output
    with pytest.raises(NotFound):
        landmap("coverage", "withdraw", str(number))


def test_a_ward_has_one_declaration_for_a_layer(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            """INSERT INTO land.wards (code, name, geom)
               VALUES ('26743', 'Bến Thành', ST_Multi(ST_MakeEnvelope(603700, 1191800, 603800, 1191900, 9210)))"""
        )
    for level in ("none", "complete"):
        landmap("coverage", "declare", "permits", level, "--agency", "Sở XD", "--wards", "26743")
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT level, withdrawn_at IS NULL FROM landmap.coverage WHERE commune = '26743' ORDER BY id"
        ).fetchall()
    assert rows == [("none", False), ("complete", True)]


def test_what_cannot_be_is_refused(url: str, area: Path) -> None:
    with pytest.raises(InvalidParameter):
        landmap("coverage", "declare", "parcels", "none", "--agency", "x")
    with pytest.raises(InvalidParameter):
        landmap("coverage", "declare", "parcels", "none", "--agency", "x", "--wards", "1", "--file", str(area))
    with pytest.raises(NotFound):
        landmap("coverage", "declare", "nothing", "none", "--agency", "x", "--file", str(area))
    with pytest.raises(NotFound):
        landmap("coverage", "declare", "parcels", "none", "--agency", "x", "--wards", "26743")
    assert "Nothing" in landmap("coverage", "list").output

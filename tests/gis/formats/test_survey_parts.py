"""A part of a survey as files: what comes back is what went in, and a worker needs no more than it."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import numpy as np
import shapely

from gis.formats.survey_parts import TABLES, read, written
from gis.ops.table import Table, objects, table
from gis.rules.columns import PLAN_ON
from gis.rules.situation import ROADS, ZONES
from gis.rules.survey import part_of
from gis.rules.themes import Theme


def boxes(*places: tuple[float, float, float, float]) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    return objects([shapely.MultiPolygon([shapely.box(*place)]) for place in places])


def buildings() -> Table:
    told = {
        "storeys": [4, None, 2],
        "storeys_below": [0, 0, None],
        "height": [15.5, None, 7],
        "floor_area": [None, 1.0, 2],
    }
    return table(
        {"id": ["b", "a", "c"], "code": ["x"] * 3, **told}, boxes((0, 0, 5, 5), (6, 0, 9, 9), (50, 0, 60, 9)), 9210
    )


def themes() -> dict[str, Theme]:
    zones = {"code": ["I-1"], "far_max": [3], "storeys_max": [None], PLAN_ON: [date(2020, 5, 1)], "valid_from": [None]}
    lines = table(
        {"kind": ["CENTRELINE"], "name": [None], "right_of_way": [12.0]},
        objects([shapely.LineString([(0, -6), (9, -6)])]),
        9210,
    )
    return {
        ZONES: Theme(table(zones, boxes((0, 0, 100, 100)), 9210), boxes((0, 0, 90, 90), (90, 0, 95, 5)), "7"),
        ROADS: Theme(lines, objects([]), "7"),
    }


def test_what_is_written_comes_back() -> None:
    parcels = table({"id": ["p"]}, boxes((0, 0, 10, 10)), 9210)
    part = part_of({"b": "26740"}, buildings(), parcels, themes())
    assert list(part.buildings.column("id")) == ["b", "a"]  # the third stands elsewhere
    assert part.asked.tolist() == [0]
    files = written(part)
    assert set(files) == set(TABLES)
    back = read(files)
    for ours, theirs in ((part.buildings, back.buildings), (part.parcels, back.parcels)):
        assert [ours.record(row) for row in range(len(ours))] == [theirs.record(row) for row in range(len(theirs))]
        assert shapely.equals_exact(ours.geometry, theirs.geometry).all() and ours.crs == theirs.crs
    zones = back.themes[ZONES].features.record(0)
    assert (zones["code"], zones["far_max"], zones["storeys_max"], zones[PLAN_ON]) == (
        "I-1",
        3.0,
        None,
        date(2020, 5, 1),
    )
    for name in (ZONES, ROADS):
        ours, theirs = themes()[name], back.themes[name]
        assert list(ours.complete) == list(theirs.complete) and ours.version == theirs.version
        assert list(ours.features.geometry) == list(theirs.features.geometry)


def test_a_worker_needs_neither_database_nor_service() -> None:
    program = (
        "import sys, gis.formats.survey_parts; "
        "print(*[m for m in ('services', 'sqlalchemy', 'psycopg', 'asyncpg', 'dask') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""

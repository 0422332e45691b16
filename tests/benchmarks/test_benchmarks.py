"""The parts of the benchmarks that need no server; speed itself is never a test."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from gis.store.tile import Tile
from tests.benchmarks import exports, ours, peers
from tests.benchmarks.draw import box_around, diamond, draw_boxes, draw_tiles, inside, query_box, tile_of
from tests.benchmarks.load import BenchmarkError, Measured, Run, parse
from tests.benchmarks.processes import free_port
from tests.benchmarks.table import Circumstances, Figure, Goal, Line, markdown

POINTS = np.random.default_rng(7).uniform((106.6, 10.7), (106.8, 10.9), (3_000, 2))


@pytest.mark.parametrize("count", [1, 10, 500, 3_000, 9_999])
def test_a_box_holds_as_many_points_as_asked_for_or_all_there_are(count: int) -> None:
    box = box_around(POINTS, POINTS[42], count)
    assert len(inside(POINTS, box)) == min(count, len(POINTS))


def test_the_same_seed_draws_the_same_and_another_seed_something_else() -> None:
    assert draw_boxes(POINTS, 50, 20, seed=1) == draw_boxes(POINTS, 50, 20, seed=1)
    assert draw_boxes(POINTS, 50, 20, seed=1) != draw_boxes(POINTS, 50, 20, seed=2)
    assert draw_tiles(POINTS, 15, 20, seed=1) == draw_tiles(POINTS, 15, 20, seed=1)


def test_tiles_are_different_ones_that_hold_a_point() -> None:
    tiles = draw_tiles(POINTS, 16, 100, seed=1)
    assert len(set(tiles)) == len(tiles) == 100
    assert set(tiles) <= {tile_of(lon, lat, 16) for lon, lat in POINTS}


@pytest.mark.parametrize("zoom", [0, 14, 16, 17])
def test_the_tile_of_a_place_holds_it(zoom: int) -> None:
    for lon, lat in POINTS[:200]:
        west, south, east, north = Tile(*tile_of(lon, lat, zoom)).bounds()
        assert west <= lon < east
        assert south < lat <= north


def test_a_box_is_written_with_longitude_first() -> None:
    assert query_box((106.7, 10.75, 106.8, 10.9)) == "bbox=106.700000,10.750000,106.800000,10.900000"


def test_a_rhombus_is_closed_and_touches_the_middles_of_the_sides_of_its_box() -> None:
    ring = diamond((106.0, 10.0, 108.0, 12.0)).split(", ")
    assert ring[0] == ring[-1]
    assert set(ring) == {"107.000000 10.000000", "108.000000 11.000000", "107.000000 12.000000", "106.000000 11.000000"}


def test_everybody_is_asked_the_same_condition_in_its_own_names() -> None:
    text = "S_INTERSECTS({geometry}, POINT(1 2)) AND land_use = 'A&B'"
    mine = parse_qs(urlsplit(ours.filter_path(text, 10)).query)
    assert mine == {"filter": ["S_INTERSECTS(geometry, POINT(1 2)) AND land_use = 'A&B'"], "limit": ["10"]}
    theirs = parse_qs(peers.filter_parameter(text))
    assert theirs == {"filter": ["S_INTERSECTS(geom, POINT(1 2)) AND land_use = 'A&B'"]}


def test_the_processes_of_a_port_that_nobody_serves_are_none() -> None:
    port = free_port()
    assert exports.processes(port) == []
    assert exports.peaks(port) == {}


def _said(**changes: float) -> str:
    found = {"requests": 80, "seconds": 2.0, "bytes": 8_000, "refused": 0, "failed": 0, "p50": 1.5, "p99": 9.0}
    return f"Running 2s test\n  80 requests in 2.00s\n\n{json.dumps(found | changes)}\n"


def test_the_last_line_of_wrk_is_read() -> None:
    assert parse(_said()) == Run(80, 2.0, 8_000, 1.5, 9.0)


@pytest.mark.parametrize("trouble", ["refused", "failed"])
def test_a_run_with_answers_that_are_no_success_is_no_measurement(trouble: str) -> None:
    with pytest.raises(BenchmarkError, match="1 "):
        parse(_said(**{trouble: 1}))


def test_the_median_of_the_turns_counts() -> None:
    measured = Measured(tuple(Run(n, 1.0, 100 * n, 1.0, 2.0) for n in (10, 1_000, 30)))
    assert measured.rate == 30
    assert measured.size == 100


@pytest.mark.parametrize(
    ("goal", "ours", "theirs", "reached"),
    [
        (Goal(at_least=10), 150.0, 15.0, True),
        (Goal(at_least=10), 149.0, 15.0, False),
        (Goal(at_most=1.5), 15.0, 10.0, True),
        (Goal(at_most=1.5), 15.1, 10.0, False),
        (Goal(seconds=90), 90.0, None, True),
        (Goal(seconds=90), 90.1, None, False),
    ],
)
def test_a_goal_is_reached_or_not(goal: Goal, ours: float, theirs: float | None, reached: bool) -> None:
    assert goal.reached(ours, theirs) is reached


def test_the_table_says_what_was_not_reached() -> None:
    lines = [
        Line("items", Figure("landmap", 150, "859 kB"), Figure("tipg", 15.04), "/s", Goal(at_least=10)),
        Line("ingest", Figure("landmap", 40.0), Figure("ogr2ogr", 20.0), "s", Goal(at_most=1.5)),
        Line("second load", Figure("landmap", 7.25), None, "s"),
    ]
    text = markdown(lines, Circumstances("2 processors.", "In turns.", "PostgreSQL 15.", ["Without Martin: no."]))
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert rows[2] == "| items | 150/s (859 kB) | tipg | 15.0/s | 9.97× | ≥ 10× | **no** |"
    assert rows[3] == "| ingest | 40.0 s | ogr2ogr | 20.0 s | 2.00× | ≤ 1.5× | **no** |"
    assert rows[4] == "| second load | 7.25 s | – | – | – | – | – |"
    assert "- Without Martin: no." in text

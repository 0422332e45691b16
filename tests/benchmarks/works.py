"""What is asked of the servers, checked to be answered right before it is timed, and timed in turns."""

from __future__ import annotations

import gzip
import json
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import mapbox_vector_tile  # type: ignore[import-untyped]
import numpy as np

from tests.benchmarks import ours
from tests.benchmarks.city import City, common_pairs
from tests.benchmarks.draw import Box, diamond, draw_boxes, draw_tiles, inside
from tests.benchmarks.load import CONNECTIONS, BenchmarkError, Measured, Run, run
from tests.benchmarks.peers import MARTIN_CACHED
from tests.benchmarks.servers import Server
from tests.benchmarks.table import Figure, Goal, Line

_SEED = 20_250_701
_BOXES = 500
_CHECKED = 5  # boxes whose parcels are checked
_PAGED = 5  # boxes whose pages are followed
_WARM = 2  # seconds of load before the first round
_GZIP = ("Accept-Encoding: gzip",)

type Check = Callable[[int, str], int | None]
"""How many features an answer (port, path) tells of, None where it does not say; about the same for everybody."""

_ROUNDING = 0.005  # share of a tile's features that collapse to nothing on one server's grid and not on another's


@dataclass(frozen=True, slots=True)
class Side:
    """Somebody who does a work: where it listens and what it is asked."""

    name: str
    port: int
    paths: Sequence[str]


@dataclass(frozen=True, slots=True)
class Work:
    """`sides`: landmap first. `check` is applied to the first answers of each side before anything is timed."""

    key: str
    title: str
    sides: Sequence[Side]
    check: Check
    headers: Sequence[str] = ()
    goals: Mapping[str, Goal] = field(default_factory=dict)
    connections: int = CONNECTIONS


@dataclass(frozen=True, slots=True)
class Turns:
    """How long each side works at a time, and how often."""

    seconds: int
    rounds: int


def works(city: City, landmap: int, cold: int, peers: Mapping[Server, int]) -> list[Work]:
    """All works; `landmap`, `cold` (without its cache) and `peers` listen on these ports."""
    near = inside(city.points, city.district)
    wide = draw_boxes(city.points, 1_500, _BOXES, _SEED)
    five = draw_boxes(city.points, 5_000, _BOXES, _SEED)
    local = draw_boxes(near, min(5_000, len(near) // 4), _BOXES, _SEED)
    us = ours.items_path
    known = np.random.default_rng(_SEED).choice(np.array(city.changesets), _BOXES)
    then = [ours.known_at(us(box, 10), int(n)) for box, n in zip(local, known, strict=True)]
    return [
        Work(
            "items-1000",
            "1,000 features of a box, GeoJSON",
            [Side("landmap", landmap, [us(box, 1_000) for box in wide]), *_items(peers, wide, 1_000)],
            page(1_000),
            goals={"tipg": Goal(10), "pygeoapi": Goal(15), "pg_featureserv": Goal(5)},
        ),
        Work(
            "items-10",
            "10 features of a box with 5,000, GeoJSON",
            [Side("landmap", landmap, [us(box, 10) for box in five]), *_items(peers, five, 10)],
            page(10),
            goals={"pg_featureserv": Goal(1.0)},
        ),
        Work(
            "known",
            f"10 features of a box with {min(5_000, len(near) // 4):,} and ten versions each, `knownAt`",
            [Side("landmap", landmap, then), Side("landmap, now", landmap, [us(box, 10) for box in local])],
            page(10, matched=False),
            goals={"landmap, now": Goal(0.5)},
        ),
        *_checks(wide[:_CHECKED], landmap),
        *_filters(city, landmap, peers),
        *_pages(five[:_PAGED], landmap, peers),
        *(work for zoom in (16, 17) for work in _cold(city, zoom, cold, peers)),
        _cached(city, landmap, peers),
    ]


def _checks(boxes: Sequence[Box], port: int) -> list[Work]:
    """A permit check of a house on the parcels of a few boxes, for as many callers as always and for one alone."""
    parcels = sorted(parcel for box in boxes for parcel in _ids(get(port, ours.items_path(box, 100))))
    side = Side("landmap", port, [ours.check_path(parcel) for parcel in parcels])
    title = "permit check of a house, all rules"
    return [
        Work("permit-check", title, [side], judged),
        Work("permit-check", f"{title}, one at a time", [side], judged, connections=1),
    ]


def _items(peers: Mapping[Server, int], boxes: Sequence[Box], limit: int) -> list[Side]:
    return [Side(p.name, port, [p.items(box, limit) for box in boxes]) for p, port in peers.items() if p.items]


def _filters(city: City, port: int, peers: Mapping[Server, int]) -> list[Work]:
    """Conditions in CQL2: on attributes, and on a shape that is no box together with an attribute."""
    pairs = common_pairs(city)
    drawn = np.random.default_rng(_SEED).integers(0, len(pairs), _BOXES)
    attributes = [f"commune = '{pairs[i][0]}' AND land_use = '{pairs[i][1]}'" for i in drawn]
    boxes = draw_boxes(city.points, 1_500, _BOXES, _SEED)
    shapes = [f"S_INTERSECTS({{geometry}}, POLYGON(({diamond(box)}))) AND map_scale > 0" for box in boxes]
    return [
        Work(
            key,
            title,
            [
                Side("landmap", port, [ours.filter_path(text, 10) for text in texts]),
                *(Side(p.name, at, [p.filtered(t, 10) for t in texts]) for p, at in peers.items() if p.filtered),
            ],
            page(10),
        )
        for key, title, texts in (
            ("filter-attribute", "10 features by two attributes, CQL2", attributes),
            ("filter-spatial", "10 features in a rhombus and by an attribute, CQL2", shapes),
        )
    ]


def _pages(boxes: Sequence[Box], port: int, peers: Mapping[Server, int]) -> list[Work]:
    """The first page of a box and the hundredth: by the links, which say where the last page ended, and by number."""
    first = [ours.items_path(box, 10) for box in boxes]
    works = []
    for key, title, before in (("page-1", "first", 0), ("page-100", "hundredth", 99)):
        paths = [ours.later_page(port, path, before) for path in first]
        sides = [Side("landmap", port, paths)]
        sides += [Side(p.name, at, [p.page(b, 10, 10 * before) for b in boxes]) for p, at in peers.items() if p.page]
        works.append(Work(key, f"{title} page of 10 features of a box with 5,000", sides, page(10)))
    return works


def _cold(city: City, zoom: int, port: int, peers: Mapping[Server, int]) -> list[Work]:
    """A tile that nobody keeps: as each server makes it of itself, and with the columns that landmap's tile has."""
    tiles = draw_tiles(city.points, zoom, _BOXES, _SEED)
    mine = Side("landmap", port, [ours.tile_path(t) for t in tiles])
    others = {p: at for p, at in peers.items() if p.name != MARTIN_CACHED}
    full = [Side(p.name, at, [p.tile(t) for t in tiles]) for p, at in others.items() if p.tile]
    style = [Side(p.name, at, [p.style_tile(t) for t in tiles]) for p, at in others.items() if p.style_tile]
    return [
        Work(f"tile-{zoom}", f"cold tile z{zoom}, as served", [mine, *full], drawn, _GZIP, {"Martin": Goal(2)}),
        Work(
            f"tile-{zoom}-same",
            f"cold tile z{zoom}, the same columns",
            [mine, *style],
            drawn,
            _GZIP,
            {"Martin": Goal(1.0)},
        ),
    ]


def _cached(city: City, port: int, peers: Mapping[Server, int]) -> Work:
    tiles = draw_tiles(city.points, 16, 50, _SEED)
    sides = [Side("landmap", port, [ours.tile_path(t) for t in tiles])]
    sides += [
        Side(p.name, at, [p.style_tile(t) for t in tiles])
        for p, at in peers.items()
        if p.name == MARTIN_CACHED and p.style_tile
    ]
    return Work("tile-cached", "cached tile z16", sides, drawn, _GZIP, {MARTIN_CACHED: Goal(1.0)})


def compare(work: Work, turns: Turns) -> tuple[list[Line], list[str]]:
    """Check the answers, warm everybody up, then let them work in turns (A B A B): one line for each other side, and
    who was left out and why. BenchmarkError if it is landmap that does not answer."""
    sides, notes = [work.sides[0]], []
    _ready(work, work.sides[0])
    for side in work.sides[1:]:
        try:
            _ready(work, side)
            sides.append(side)
        except BenchmarkError as error:
            notes.append(f"{work.title}, without {side.name}: {error}.")
    runs: dict[str, list[Run]] = {side.name: [] for side in sides}
    for _ in range(turns.rounds):
        for side in sides:
            runs[side.name].append(run(side.port, side.paths, turns.seconds, work.headers, work.connections))
    mine, *others = (_figure(name, Measured(tuple(found))) for name, found in runs.items())
    lines = [Line(work.title, mine, other, "/s", work.goals.get(other.name)) for other in others]
    return lines or [Line(work.title, mine, None, "/s")], notes


def _ready(work: Work, side: Side) -> None:
    _same_answers(work, side)
    run(side.port, side.paths, _WARM, work.headers)


def same_features(city: City, landmap: int, server: Server, port: int) -> None:
    """BenchmarkError unless the server has the very features of landmap in a few boxes."""
    for box in draw_boxes(city.points, 300, 3, _SEED):
        mine = _ids(get(landmap, ours.items_path(box, 1_000)))
        theirs = _ids(get(port, server.items(box, 1_000))) if server.items else mine
        if mine != theirs:
            raise BenchmarkError(f"{len(mine ^ theirs)} of {len(mine)} features in {box} are not the same")


def _ids(page: bytes) -> set[str]:
    return {str(feature["id"]) for feature in json.loads(page)["features"]}


def _figure(name: str, measured: Measured) -> Figure:
    return Figure(
        name, measured.rate, f"{measured.size / 1000:,.0f} kB, p50 {measured.p50:,.0f} ms, p99 {measured.p99:,.0f} ms"
    )


def _same_answers(work: Work, side: Side) -> None:
    """BenchmarkError where a side's first answers are not what landmap's are."""
    for mine, theirs in zip(work.sides[0].paths[:5], side.paths[:5], strict=True):
        expected, found = work.check(work.sides[0].port, mine), work.check(side.port, theirs)
        if expected is not None and found is not None and abs(expected - found) > _ROUNDING * expected:
            raise BenchmarkError(f"{work.title}: {side.name} answers {found} to {theirs}, landmap {expected} to {mine}")


def page(limit: int, *, matched: bool = True) -> Check:
    """The check of a page: as many features as asked for, and how many match if that is said."""

    def check(port: int, path: str) -> int | None:
        found = json.loads(get(port, path))
        features = len(found["features"])
        if features != limit:
            raise BenchmarkError(f"{path}: {features} features instead of {limit}")
        return found.get("numberMatched") if matched else None

    return check


def judged(port: int, path: str) -> int:
    """The check of a permit check: how many findings there are."""
    found = json.loads(get(port, path))
    findings = found.get("answer", found)["findings"]
    if not any(finding["status"] == "pass" for finding in findings):
        raise BenchmarkError(f"{path}: no rule was kept")
    return len(findings)


def drawn(port: int, path: str) -> int:
    """The check of a tile: how many features touch the tile itself, whatever the buffer."""
    layers = mapbox_vector_tile.decode(get(port, path))
    features = [f for layer in layers.values() for f in layer["features"]]
    return sum(_touches(f["geometry"]["coordinates"]) for f in features)


def _touches(coordinates: list[object]) -> bool:
    xy = np.array(_flat(coordinates))
    low, high = xy.min(axis=0), xy.max(axis=0)
    return bool((low < 4095).all() and (high > 1).all())


def _flat(coordinates: list[object]) -> list[list[float]]:
    if coordinates and isinstance(coordinates[0], list) and isinstance(coordinates[0][0], list):
        return [point for part in coordinates for point in _flat(part)]  # type: ignore[arg-type]
    return coordinates  # type: ignore[return-value]


def get(port: int, path: str) -> bytes:
    """One answer to a path, or to a path and a body as in paths.lua; BenchmarkError if it is not 200."""
    path, _, sent = path.partition("\t")
    headers = {"Accept-Encoding": "gzip"} | ({"Content-Type": "application/json"} if sent else {})
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", sent.encode() or None, headers)
    with urllib.request.urlopen(request, timeout=120) as answer:
        if answer.status != 200:
            raise BenchmarkError(f"{path}: status {answer.status}")
        body: bytes = answer.read()
        return gzip.decompress(body) if answer.headers.get("Content-Encoding") == "gzip" else body

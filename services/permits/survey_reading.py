"""Reading what a survey is about: the wards, the squares in which the ground is walked, and of each square its part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import batched
from typing import cast
from zoneinfo import ZoneInfo

import numpy as np
import shapely

from gis.errors import NotFound
from gis.ingest.outline import read_outline
from gis.model.access import Decision
from gis.model.actor import Actor
from gis.model.filter import ID, among
from gis.model.layer import Catalog, Layer, Territory
from gis.model.query import CRS84
from gis.ops.pieces import Objects
from gis.ops.table import Table
from gis.rules import conformity
from gis.rules.situation import PARCELS, PLANS, ROAD_REACH, ROADS, ZONES, themes_of
from gis.rules.survey import Part, part_of
from gis.store import regulations
from gis.store.parcels import Wanted, matching
from gis.store.pools import Snapshot
from gis.store.regulations import Known
from gis.store.vicinity import Moment, Vicinity, vicinity
from services.auth.policy import Action, decide
from services.ogc.parameters import served_crs
from services.processes.moments import moment_of
from services.processes.process import Json

BUILDINGS, WARDS = "buildings", "wards"
CELL = 1_000.0
"""Buildings with their middle in such a square (m) are read and judged together."""

_WHOLE = 200.0  # metres beyond a square within which a building, however many its corners, is read whole
_MOST_FEATURES, _MOST_WARDS, _IDS_AT_ONCE = 100_000, 2_000, 1_000


@dataclass(slots=True)
class Basis:
    """The data version that all that was read comes to, and the instants at which it became known."""

    changeset: int = 0
    known: list[datetime] = field(default_factory=list)

    def rests_on(self, changeset: int, known_at: datetime | None) -> None:
        """The answer rests on this state too."""
        self.changeset = max(self.changeset, changeset)
        if known_at is not None:
            self.known.append(known_at)

    @property
    def known_at(self) -> datetime:
        """Whoever asks again as known then gets the same answer."""
        return max(self.known)


@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """One state of the database as one caller may see it; `basis` grows with what is read."""

    source: Snapshot
    seen: Mapping[str, tuple[Layer, Decision]]
    territory: Territory
    basis: Basis


def reader(source: Snapshot, catalog: Catalog, actor: Actor) -> Reader:
    """What `actor` may see in `source` of the layers of a survey."""
    layers = [catalog.layers[name] for name in (WARDS, BUILDINGS, PARCELS, ZONES, ROADS, PLANS)]
    seen = {layer.id: (layer, decide(actor, Action.READ, layer)) for layer in layers}
    return Reader(source, seen, catalog.territory, Basis())


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """`codes` of the wards that are asked about (None: all), and the ground in the storage CRS; `bounded`: only a part of
    the wards."""

    wards: Table
    codes: frozenset[str] | None
    place: shapely.Geometry
    bounded: bool
    moment: Moment
    rules: Known
    on: date
    cell: float

    @property
    def instant(self) -> datetime:
        """The instant asked about."""
        return cast("datetime", self.moment.at)

    def told(self, counted: set[str]) -> list[str]:
        """The codes of the wards to tell of; of a bounded ground only those with buildings there."""
        if self.codes is not None:
            return sorted(self.codes)
        return sorted(counted if self.bounded else set(self.wards.column("code")))


async def question(read: Reader, inputs: Mapping[str, Json], cell: float = CELL) -> Question:
    """What the inputs ask about. NotFound for a ward that there is not."""
    asked_at = moment_of(inputs, read.territory)
    moment = Moment(asked_at.at or datetime.now(UTC), asked_at.known)
    rules = await regulations.known(read.source, moment.known)
    found = await matching(read.source, *read.seen[WARDS], Wanted(), moment, most=_MOST_WARDS)
    read.basis.rests_on(found.changeset, found.known_at)
    read.basis.rests_on(0, rules.committed_at)
    wards = found.table
    codes = frozenset(cast("list[str]", inputs["wards"])) if "wards" in inputs else None
    there = set(wards.column("code"))
    if codes is not None and (unknown := sorted(codes - there)):
        raise NotFound(
            f"wards: there is no ward {', '.join(unknown[:5])} at that time.",
            f"wards: không có phường, xã mã {', '.join(unknown[:5])} tại thời điểm đó.",
            where="wards",
        )
    here = wards.only(np.array([codes is None or code in codes for code in wards.column("code")], dtype=bool))
    place = shapely.union_all(here.geometry)
    if "polygon" in inputs:
        crs = served_crs("crs", inputs["crs"], read.territory).code if "crs" in inputs else CRS84
        outline = read_outline(cast("dict[str, object]", inputs["polygon"]), crs, read.territory, "polygon")
        place = shapely.intersection(place, outline)
    shapely.prepare(place)
    on = cast("datetime", moment.at).astimezone(ZoneInfo(read.territory.time_zone)).date()
    return Question(wards, codes, place, "polygon" in inputs, moment, rules, on, cell)


def squares(asked: Question) -> Iterator[shapely.Geometry]:
    """The squares that the place meets, from south to north and west to east."""
    place, cell = asked.place, asked.cell
    if place.is_empty:
        return
    west, south, east, north = (int(np.floor(bound / cell)) for bound in place.bounds)
    for row in range(south, north + 1):
        for column in range(west, east + 1):
            square = shapely.box(column * cell, row * cell, (column + 1) * cell, (row + 1) * cell)
            if shapely.intersects(place, square):
                yield square


def name_of(asked: Question, square: shapely.Geometry) -> str:
    """Of a square: its column and row."""
    west, south = (round(bound / asked.cell) for bound in square.bounds[:2])
    return f"x{west}y{south}"


async def part_in(read: Reader, asked: Question, square: shapely.Geometry) -> Part | None:
    """The buildings with their middle in the square, with all that they are judged by; None where there are none."""
    first = await _near(read, (BUILDINGS,), square, _WHOLE, asked.moment)
    near = first.layers[BUILDINGS].found
    wards = _wards_of(asked, near.geometry, square)
    if not wards:
        return None
    keys = near.column("id")
    ids = {str(keys[at]): code for at, code in wards.items()}
    shapes = near.geometry[list(wards)]
    ground = shapely.box(*shapely.total_bounds(shapes))
    parcels = await _parcels(read, asked, ground, shapes)
    bounds = shapely.box(*shapely.total_bounds([ground, *parcels.geometry]))
    around = await _near(read, (BUILDINGS, ZONES, ROADS, PLANS), bounds, ROAD_REACH, asked.moment)
    themes = {name: one for name, one in themes_of(around.layers, str(around.changeset)).items() if name != BUILDINGS}
    return part_of(ids, around.layers[BUILDINGS].found, parcels, themes)


def _wards_of(asked: Question, shapes: Objects, square: shapely.Geometry) -> dict[int, str]:
    """The ward of each building that is asked about; on the line between two it is in that with the lesser code."""
    middle = shapely.centroid(shapes)
    x, y = shapely.get_x(middle), shapely.get_y(middle)
    west, south, east, north = square.bounds
    inside = (x >= west) & (x < east) & (y >= south) & (y < north)
    if asked.bounded:
        inside &= shapely.contains_xy(asked.place, x, y)
    places = np.flatnonzero(inside)
    building, ward = shapely.STRtree(asked.wards.geometry).query(middle[places], predicate="intersects")
    codes = asked.wards.column("code")
    found: dict[int, str] = {}
    for at, code in zip(places[building].tolist(), codes[ward].tolist(), strict=True):
        found[at] = min(found.get(at, code), code)
    return {at: code for at, code in sorted(found.items()) if asked.codes is None or code in asked.codes}


async def _near(
    read: Reader, names: tuple[str, ...], place: shapely.Geometry, reach: float, moment: Moment
) -> Vicinity:
    wanted = [read.seen[name] for name in names]
    found = await vicinity(read.source, wanted, place, reach, moment, most=_MOST_FEATURES)
    read.basis.rests_on(found.changeset, found.known_at)
    return found


async def _parcels(read: Reader, asked: Question, ground: shapely.Geometry, shapes: Objects) -> Table:
    """The parcels that the buildings stand on, whole: one that reaches out of the ground is read once more."""
    near = (await _near(read, (PARCELS,), ground, 0.0, asked.moment)).layers[PARCELS].found
    stood = np.zeros(len(near), dtype=bool)
    stood[conformity.standing(shapes, near.geometry).other] = True
    near = near.only(stood)
    out = np.flatnonzero(~shapely.covers(ground, near.geometry))
    geometry = near.geometry.copy()
    ids = [str(one) for one in near.column("id")]
    layer, decision = read.seen[PARCELS]
    for some in batched(out.tolist(), _IDS_AT_ONCE):
        wanted = Wanted(among(ID, [ids[at] for at in some]))
        whole = await matching(read.source, layer, decision, wanted, asked.moment, most=_IDS_AT_ONCE)
        by_id = dict(zip((str(one) for one in whole.table.column("id")), whole.table.geometry, strict=True))
        for at in some:
            geometry[at] = by_id[ids[at]]
    return Table(near.columns, geometry, near.crs, near.rows)

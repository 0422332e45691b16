"""The process `conformity-survey`: all buildings of an area against the limits of the plans of one moment."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import batched
from typing import cast
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import shapely
from pyarrow import csv

from gis.errors import Forbidden, NotFound, Unauthenticated
from gis.formats.cells import harmless
from gis.ingest.outline import read_outline
from gis.model.actor import Role
from gis.model.filter import ID, among
from gis.model.layer import Text
from gis.model.query import CRS84
from gis.ops.pieces import Ints, Objects
from gis.ops.table import Table
from gis.rules import conformity
from gis.rules.conformity import Row
from gis.rules.situation import PLANS, ROAD_REACH, ROADS, ZONES, themes_of
from gis.store import regulations
from gis.store.parcels import Wanted, matching
from gis.store.pools import Snapshot
from gis.store.regulations import Known
from gis.store.vicinity import Moment, Vicinity, vicinity
from services.auth.policy import Action, decide, pool_for
from services.ogc.datetimes import instant_text
from services.ogc.parameters import served_crs
from services.permits import survey_counts
from services.permits.answer import ADVICE
from services.permits.selector import PARCELS
from services.permits.survey_counts import Counts
from services.permits.survey_description import DESCRIPTION, INPUTS, OUTPUTS, TITLE
from services.processes.moments import moment_of
from services.processes.process import Call, Document, Json, Process, Value

BUILDINGS, WARDS = "buildings", "wards"
CELL = 1_000.0
"""Buildings with their middle in such a square (m) are read and judged together."""

_WHOLE = 200.0  # metres beyond a square within which a building, however many its corners, is read whole
_MOST_FEATURES, _MOST_WARDS, _IDS_AT_ONCE = 100_000, 2_000, 1_000
_JUDGING = Text("Đang đối chiếu công trình với quy hoạch", "Comparing buildings with the plans")


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """The question: `codes` of wards (None: all), and the ground in the storage CRS."""

    wards: Table
    codes: frozenset[str] | None
    place: shapely.Geometry
    bounded: bool
    moment: Moment
    rules: Known
    on: date
    cell: float


@dataclass(slots=True)
class _Found:
    counts: dict[str, Counts] = field(default_factory=dict)
    rows: list[tuple[str, ...]] = field(default_factory=list)
    changeset: int = 0
    known_at: list[datetime] = field(default_factory=list)

    def rests_on(self, changeset: int, known_at: datetime | None) -> None:
        """The answer rests on this state too."""
        self.changeset = max(self.changeset, changeset)
        if known_at is not None:
            self.known_at.append(known_at)


async def _run(call: Call, inputs: Mapping[str, Json]) -> Mapping[str, Value]:
    return await run(call, inputs)


async def run(call: Call, inputs: Mapping[str, Json], cell: float = CELL) -> Mapping[str, Value]:
    """The answer; it is the same whatever the size of the squares (m) in which the area is walked."""
    listing = _listing(call, inputs)
    asked_at = moment_of(inputs, call.catalog.territory)
    moment = Moment(asked_at.at or datetime.now(UTC), asked_at.known)
    found = _Found()
    async with call.pools.reading(pool_for(call.actor, call.catalog.layers.values())) as source:
        asked = await _question(call, source, inputs, (moment, cell), found)
        squares = list(_squares(asked.place, cell))
        for number, square in enumerate(squares):
            await _square(call, source, asked, square, (found, listing))
            await call.progress(1 + 98 * (number + 1) // len(squares), _JUDGING)
    answers: dict[str, Value] = {"wards": _wards(call, asked, found, public=not _sees_each(call))}
    if listing:
        answers["buildings"] = Document("text/csv", await asyncio.to_thread(_table, sorted(found.rows)))
    return {name: value for name, value in answers.items() if call.wants(name)}


def _sees_each(call: Call) -> bool:
    """Whoever has the whole layer of buildings may be told of each."""
    decision = decide(call.actor, Action.READ, call.catalog.layers[BUILDINGS])
    return decision.pool != "public" and decision.everywhere


def _listing(call: Call, inputs: Mapping[str, Json]) -> bool:
    """Whether each building is listed. Unauthenticated or Forbidden where that, or a free area, was asked for by others: the
    difference of two areas tells of what lies between them."""
    if _sees_each(call):
        return call.wants("buildings")
    named = call.outputs is not None and "buildings" in call.outputs
    if named or "polygon" in inputs:
        what = "buildings" if named else "polygon"
        raise (Unauthenticated if call.actor.role is Role.PUBLIC else Forbidden)(
            f"{what}: only for agencies that have the whole layer of buildings; others are told of whole wards.",
            f"{what}: chỉ dành cho cơ quan có toàn bộ lớp công trình; người khác được xem theo phường, xã.",
            where=what,
        )
    return False


async def _question(
    call: Call, source: Snapshot, inputs: Mapping[str, Json], how: tuple[Moment, float], found: _Found
) -> _Asked:
    moment, cell = how
    territory, layer = call.catalog.territory, call.catalog.layers[WARDS]
    rules = await regulations.known(source, moment.known)
    read = await matching(source, layer, decide(call.actor, Action.READ, layer), Wanted(), moment, most=_MOST_WARDS)
    found.rests_on(read.changeset, read.known_at)
    found.rests_on(0, rules.committed_at)
    wards = read.table
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
        crs = served_crs("crs", inputs["crs"], territory).code if "crs" in inputs else CRS84
        outline = read_outline(cast("dict[str, object]", inputs["polygon"]), crs, territory, "polygon")
        place = shapely.intersection(place, outline)
    shapely.prepare(place)
    at = cast("datetime", moment.at)
    on = at.astimezone(ZoneInfo(territory.time_zone)).date()
    return _Asked(wards, codes, place, "polygon" in inputs, moment, rules, on, cell)


def _squares(place: shapely.Geometry, cell: float) -> Iterator[shapely.Geometry]:
    """The squares that the place meets, from south to north and west to east."""
    if place.is_empty:
        return
    west, south, east, north = (int(np.floor(bound / cell)) for bound in place.bounds)
    for row in range(south, north + 1):
        for column in range(west, east + 1):
            square = shapely.box(column * cell, row * cell, (column + 1) * cell, (row + 1) * cell)
            if shapely.intersects(place, square):
                yield square


async def _square(
    call: Call, source: Snapshot, asked: _Asked, square: shapely.Geometry, into: tuple[_Found, bool]
) -> None:
    """Judges the buildings with their middle in the square."""
    found, listing = into
    first = await _near(call, source, (BUILDINGS,), square, _WHOLE, asked.moment)
    found.rests_on(first.changeset, first.known_at)
    near = first.layers[BUILDINGS].found
    wards = _wards_of(asked, near.geometry, square)
    ids = {str(near.column("id")[at]): code for at, code in wards.items()}
    if not ids:
        return
    ground = shapely.box(*shapely.total_bounds(near.geometry[list(wards)]))
    parcels = await _parcels(call, source, asked, (ground, near.geometry[list(wards)]), found)
    bounds = shapely.box(*shapely.total_bounds([ground, *parcels.geometry]))
    around = await _near(call, source, (BUILDINGS, ZONES, ROADS, PLANS), bounds, ROAD_REACH, asked.moment)
    found.rests_on(around.changeset, around.known_at)
    buildings = around.layers[BUILDINGS].found
    keys = [str(one) for one in buildings.column("id")]
    places: Ints = np.array([at for at, key in enumerate(keys) if key in ids], dtype=np.int64)
    themes = {name: one for name, one in themes_of(around.layers, str(around.changeset)).items() if name != BUILDINGS}
    packs = asked.rules.regulations.packs, asked.on
    rows = await asyncio.to_thread(conformity.survey, places, buildings, parcels.geometry, themes, packs)
    survey_counts.count(found.counts, {int(at): ids[keys[at]] for at in places}, rows)
    if listing:
        found.rows += _listed(rows, buildings, keys, parcels, ids)


def _wards_of(asked: _Asked, shapes: Objects, square: shapely.Geometry) -> dict[int, str]:
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
    call: Call, source: Snapshot, names: tuple[str, ...], place: shapely.Geometry, reach: float, moment: Moment
) -> Vicinity:
    layers = [call.catalog.layers[name] for name in names]
    wanted = [(layer, decide(call.actor, Action.READ, layer)) for layer in layers]
    return await vicinity(source, wanted, place, reach, moment, most=_MOST_FEATURES)


async def _parcels(
    call: Call, source: Snapshot, asked: _Asked, built: tuple[shapely.Geometry, Objects], found: _Found
) -> Table:
    """The parcels that the buildings stand on, whole: one that reaches out of the ground is read once more."""
    ground, shapes = built
    read = await _near(call, source, (PARCELS,), ground, 0.0, asked.moment)
    found.rests_on(read.changeset, read.known_at)
    near = read.layers[PARCELS].found
    stood = np.zeros(len(near), dtype=bool)
    stood[conformity.standing(shapes, near.geometry).other] = True
    near = near.only(stood)
    out = np.flatnonzero(~shapely.covers(ground, near.geometry))
    geometry = near.geometry.copy()
    ids = [str(one) for one in near.column("id")]
    layer = call.catalog.layers[PARCELS]
    decision = decide(call.actor, Action.READ, layer)
    for some in batched(out.tolist(), _IDS_AT_ONCE):
        wanted = Wanted(among(ID, [ids[at] for at in some]))
        whole = await matching(source, layer, decision, wanted, asked.moment, most=_IDS_AT_ONCE)
        by_id = dict(zip((str(one) for one in whole.table.column("id")), whole.table.geometry, strict=True))
        for at in some:
            geometry[at] = by_id[ids[at]]
    return Table(near.columns, geometry, near.crs, near.rows)


def _listed(
    rows: list[Row], buildings: Table, keys: list[str], parcels: Table, ids: Mapping[str, str]
) -> Iterator[tuple[str, ...]]:
    stands: dict[int, list[str]] = {}
    on = conformity.standing(buildings.geometry, parcels.geometry)
    names = [str(one) for one in parcels.column("id")]
    for building, lot in zip(on.lot.tolist(), on.other.tolist(), strict=True):
        stands.setdefault(building, []).append(names[lot])
    for row in rows:
        key = keys[row.building]
        margin = None if row.measured is None or row.limit is None else round(row.limit - row.measured, 4)
        numbers = ("" if one is None else repr(one) for one in (row.measured, row.limit, margin))
        lots = " ".join(sorted(stands.get(row.building, [])))
        yield key, ids[key], lots, row.zone or "", row.aspect, row.status, *numbers, " ".join(row.lacking)


_TEXTS = ("building", "ward", "parcel", "zone", "aspect", "status")
_NUMBERS = ("measured", "limit", "margin")
_COLUMNS = (*_TEXTS, *_NUMBERS, "lacking")


def _table(rows: list[tuple[str, ...]]) -> bytes:
    """CSV in UTF-8, by building and aspect."""
    columns = {}
    for place, name in enumerate(_COLUMNS):
        values = [row[place] for row in rows]
        if name in _NUMBERS:
            columns[name] = pa.array([float(one) if one else None for one in values], pa.float64())
        else:
            columns[name] = harmless(pa.array(values, pa.string()))
    sink = io.BytesIO()
    csv.write_csv(pa.table(columns), sink, csv.WriteOptions(quoting_style="needed"))
    return sink.getvalue()


def _wards(call: Call, asked: _Asked, found: _Found, *, public: bool) -> Json:
    names = dict(zip(asked.wards.column("code"), asked.wards.column("name"), strict=True))
    codes = sorted(asked.codes if asked.codes is not None else (found.counts if asked.bounded else names))
    return {
        "wards": [
            {
                "code": code,
                "name": names[code],
                **survey_counts.told(found.counts.get(code, Counts()), public=public),
            }
            for code in codes
        ],
        "suppressed_below": survey_counts.LEAST if public else None,
        "data_version": found.changeset,
        "rules_version": asked.rules.regulations.packs.version,
        "datetime": instant_text(cast("datetime", asked.moment.at)),
        "knownAt": instant_text(max(found.known_at)),
        "words": {status: text[call.language] for status, text in _WORDS.items()},
        "advice": ADVICE[call.language],
    }


_WORDS = {
    conformity.CONFORMS: Text("trong chỉ tiêu hiện hành", "within the limits of today"),
    conformity.EXCEEDS: Text("vượt chỉ tiêu hiện hành", "exceeds the limits of today"),
    conformity.UNKNOWN: Text("chưa có dữ liệu", "no data"),
}


CONFORMITY_SURVEY = Process(
    id="conformity-survey",
    version="1.0.0",
    title=TITLE,
    description=DESCRIPTION,
    keywords=("công trình", "quy hoạch", "survey"),
    inputs=INPUTS,
    outputs=OUTPUTS,
    run=_run,
    modes=frozenset({"async"}),
    example={"inputs": {"wards": ["26740"]}},
)

"""The process `permit-check-batch`: many cases against the rules of one moment, judged together."""

from __future__ import annotations

import asyncio
import base64
import binascii
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast
from zoneinfo import ZoneInfo

import orjson

from gis.errors import InvalidParameter
from gis.ingest.case_file import Cases, from_features, from_file
from gis.model.layer import Text
from gis.model.query import CRS84
from gis.ops.table import objects
from gis.rules import batch
from gis.rules.evaluate import evaluate
from gis.rules.facts import Ints, Objects
from gis.rules.findings import missing_counts
from gis.rules.situation import ROAD_REACH, case_of, themes_of
from gis.store import regulations
from gis.store.pools import Snapshot
from gis.store.regulations import Known
from gis.store.vicinity import Moment, Vicinity, vicinity
from services.auth.policy import pool_for
from services.ogc.datetimes import instant_text
from services.ogc.parameters import served_crs
from services.permits.answer import ADVICE
from services.permits.batch_ahead import ahead
from services.permits.batch_description import DESCRIPTION, INPUTS, MOST_BYTES, MOST_VERTICES, OUTPUTS
from services.permits.batch_lots import FINDING, NONE, Lots, lots_of
from services.permits.batch_parts import Part, partial, resumed, table
from services.permits.check import wanted_layers
from services.permits.communes import former_name
from services.permits.fact_codes import CODED, Codes, codes_of, strange_code
from services.permits.inputs import SPLIT
from services.permits.selector import PARCELS
from services.processes.moments import moment_of
from services.processes.process import Call, Json, Process, Value

_MOST_FEATURES = 100_000

_AT_ONCE = 3
"""Groups under way: one at most is being read, as areas are computed beside everything else."""

_PACKED = "packed"
_SPLIT = Text(
    "tách thửa: hãy kiểm tra từng thửa mới hình thành bằng permit-check, vẽ ở 'lot'",
    "a split: check each plot that results by permit-check, drawn as 'lot'",
)
_JUDGING = Text("Đang đối chiếu với quy định", "Comparing with the rules")


async def _run(call: Call, inputs: Mapping[str, Json]) -> Mapping[str, Value]:
    cases = await asyncio.to_thread(_cases, call, inputs["cases"])
    asked = moment_of(inputs, call.catalog.territory)
    async with call.pools.reading(pool_for(call.actor, call.catalog.layers.values())) as source:
        at, moment, kept = await resumed(call, source, asked)
        rules = await regulations.known(source, moment.known)
        await call.progress(1, FINDING)
        lots = await lots_of(call, source, cases, moment)
        on = at.astimezone(ZoneInfo(call.catalog.territory.time_zone)).date()
        judged = await _judged(_Asked(call, source, cases, lots, rules, moment, at, on), kept)
    return {
        "results": await asyncio.to_thread(table, cases.ids, judged.rows),
        "summary": _summary(call, judged, rules),
    }


def _kept(inputs: Mapping[str, Json]) -> Mapping[str, Json]:
    """Features as one packed text: as values of their own a job would hold each number of them apart, here and in the
    database."""
    cases = cast("dict[str, Json]", inputs["cases"])
    if "features" not in cases:
        return inputs
    packed = zlib.compress(orjson.dumps(cases["features"]), 1)
    return {**inputs, "cases": {_PACKED: base64.b64encode(packed).decode()}}


def _cases(call: Call, given: Json) -> Cases:
    sent = cast("Mapping[str, Json]", given)
    territory = call.catalog.territory
    if _PACKED in sent:
        sent = {"features": orjson.loads(zlib.decompress(base64.b64decode(str(sent[_PACKED]))))}
    if "features" in sent:
        return from_features(cast("list[object]", sent["features"]), territory)
    try:
        content = base64.b64decode(str(sent["data"]), validate=True)
    except binascii.Error as error:
        raise InvalidParameter(
            "cases.data: is not base64.", "cases.data: không phải base64.", where="cases.data"
        ) from error
    crs = served_crs("cases.crs", sent["crs"], territory).code if "crs" in sent else CRS84
    return from_file(str(sent["mediaType"]), content, crs, territory)


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    """A row for each case, what they come to, and the pins that give the same answer again."""

    rows: list[Mapping[str, object]]
    tally: batch.Tally
    changeset: int
    at: datetime
    known_at: datetime


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """What is judged, and as of when: `moment` reads the state of which the answer is. `on`: the local day of `at`."""

    call: Call
    source: Snapshot
    cases: Cases
    lots: Lots
    rules: Known
    moment: Moment
    at: datetime
    on: date


async def _judged(asked: _Asked, kept: Mapping[int, Part]) -> _Judged:
    cases, lots = asked.cases, asked.lots
    districts, territory = asked.rules.regulations.districts, asked.call.catalog.territory
    codes = await codes_of(asked.source, cases.facts, districts, territory, asked.on, asked.moment.known)
    wrong = dict(cases.problems) | await asyncio.to_thread(_strange, cases, codes)
    shapes, problems = objects(lots.shapes), wrong | lots.problems
    shapes[list(wrong)] = None
    language = asked.call.language
    rows: list[Mapping[str, object]] = [
        batch.nowhere(problems.get(place, NONE)[language]) for place in range(len(cases))
    ]
    tally, done, changeset = batch.Tally(), 0, lots.changeset
    times = [asked.rules.committed_at, codes.known_at, lots.known_at]
    former: dict[str, str | None] = {}
    groups = list(enumerate(batch.groups(shapes), 1))
    turn = asyncio.Lock()
    works = (_group(asked, each, shapes, former, turn) for number, each in groups if number not in kept)
    async with ahead(works, _AT_ONCE) as judged:
        for number, together in groups:
            part = kept.get(number)
            if part is None:
                part = await judged()
                await asked.call.parts.keep(number, part.encoded())
            tally.add(part.rows, part.missing)
            for place, row in zip(part.places, part.rows, strict=True):
                rows[place] = row
            done, changeset = done + len(together), max(changeset, part.changeset)
            times.append(None if part.known_at is None else datetime.fromisoformat(part.known_at))
            await asked.call.progress(10 + 85 * done // len(cases), _JUDGING)
    return _Judged(rows, tally, changeset, asked.at, max(time for time in times if time is not None))


type _Around = tuple[Vicinity, list[dict[str, object]]]
"""What lies around cases, and the facts of each."""


async def _around(asked: _Asked, together: Ints, shapes: Objects, former: dict[str, str | None]) -> _Around:
    """What a group needs of the database."""
    call, source, cases, lots, rules = asked.call, asked.source, asked.cases, asked.lots, asked.rules
    layers, ground = wanted_layers(call, rules), batch.ground(shapes[together])
    near = await vicinity(source, layers, ground, ROAD_REACH, asked.moment, most=_MOST_FEATURES)
    await _formers(call, source, (lots.rows[place] for place in together), asked.moment, former)
    return near, [_facts(call, cases, lots, rules, int(place), former) for place in together]


async def _group(
    asked: _Asked, together: Ints, shapes: Objects, former: dict[str, str | None], turn: asyncio.Lock
) -> Part:
    """Cases that lie together, judged together. `turn`: whose it is to ask the database."""
    async with turn:
        near, facts = await _around(asked, together, shapes, former)
    cases, here = asked.cases, shapes[together]
    asked_about = batch.cases(facts, here, cases.footprint[together], near.crs)
    themes = themes_of(near.layers, str(near.changeset))
    findings = await asyncio.to_thread(evaluate, asked_about, themes, asked.rules.regulations.packs, asked.on)
    return Part(
        together.tolist(),
        [cases.ids[place] for place in together],
        batch.told(findings),
        dict(missing_counts(findings)),
        near.changeset,
        None if near.known_at is None else near.known_at.isoformat(),
    )


async def _formers(
    call: Call,
    source: Snapshot,
    rows: Iterable[Mapping[str, object] | None],
    moment: Moment,
    known: dict[str, str | None],
) -> None:
    """The names of the former communes of the parcels, each asked for once."""
    for row in rows:
        code = None if row is None else row.get("commune_old")
        if code is not None and str(code) not in known:
            known[str(code)] = await former_name(call, source, str(code), moment.known)


def _facts(
    call: Call, cases: Cases, lots: Lots, rules: Known, place: int, former: Mapping[str, str | None]
) -> dict[str, object]:
    """What is known of one case; data on record come before what was stated."""
    row = lots.rows[place] or {}
    districts, territory = rules.regulations.districts, call.catalog.territory.id
    name = former.get(str(row.get("commune_old")))
    stated = {column: values[place] for column, values in cases.facts.items()}
    return {"id": cases.ids[place], **stated, **case_of(call.catalog.layers[PARCELS], row, name, districts, territory)}


def _strange(cases: Cases, codes: Codes) -> dict[int, Text]:
    """What keeps cases from being judged here, by their positions: codes that there are not, and splits, for a parcel is none of the
    plots that result."""
    told = [name for name in CODED if name in cases.facts]
    found: dict[int, Text] = {}
    for place, stated in enumerate(zip(*(cases.facts[name] for name in told), strict=True)):
        strange = strange_code(dict(zip(told, stated, strict=True)), codes)
        if strange is not None:
            found[place] = strange[1]
    works = cases.facts.get("works", [])
    return found | {place: _SPLIT for place, work in enumerate(works) if work == SPLIT}


def _summary(call: Call, judged: _Judged, rules: Known) -> Json:
    tally = judged.tally
    unplaced = len(judged.rows) - sum(tally.verdicts.values())
    return {
        "cases": len(judged.rows),
        "not_judged": unplaced,
        "verdicts": {name: tally.verdicts[name] for name in sorted(tally.verdicts)},
        "failed": {name: tally.failed[name] for name in sorted(tally.failed)},
        "missing": {name: tally.missing[name] for name in sorted(tally.missing)},
        "data_version": judged.changeset,
        "rules_version": rules.regulations.packs.version,
        "datetime": instant_text(judged.at),
        "knownAt": instant_text(judged.known_at),
        "advice": ADVICE[call.language],
    }


PERMIT_CHECK_BATCH = Process(
    id="permit-check-batch",
    version="1.0.0",
    title=Text("Kiểm tra nhiều hồ sơ", "Permit check of many cases"),
    description=DESCRIPTION,
    keywords=("permit", "giấy phép xây dựng", "batch"),
    inputs=INPUTS,
    outputs=OUTPUTS,
    run=_run,
    modes=frozenset({"async"}),
    most_bytes=MOST_BYTES,
    most_vertices=MOST_VERTICES,
    kept=_kept,
    partial=partial,
    example={
        "inputs": {
            "cases": {
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "id": "HS-1",
                        "properties": {
                            "commune": "26740",
                            "sheet": "12",
                            "number": "345",
                            "works": "NEW",
                            "use": "HOUSE",
                            "storeys": "trệt + 3 lầu",
                        },
                        "geometry": None,
                    }
                ],
            }
        }
    },
)

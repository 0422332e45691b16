"""The process `permit-check-batch`: many cases against the rules of one moment, judged together."""

from __future__ import annotations

import asyncio
import base64
import binascii
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast
from zoneinfo import ZoneInfo

import pyarrow as pa
from pyarrow import csv

from gis.errors import InvalidParameter
from gis.formats.cells import harmless
from gis.ingest.case_file import Cases, from_features, from_file
from gis.model.layer import Text
from gis.model.query import CRS84
from gis.ops.table import objects
from gis.rules import batch
from gis.rules.evaluate import evaluate
from gis.rules.situation import ROAD_REACH, case_of, themes_of
from gis.store import regulations
from gis.store.pools import Snapshot
from gis.store.regulations import Known
from gis.store.vicinity import Moment, vicinity
from services.auth.policy import pool_for
from services.ogc.datetimes import instant_text
from services.ogc.parameters import served_crs
from services.permits.answer import ADVICE
from services.permits.batch_description import DESCRIPTION, INPUTS, MOST_BYTES, OUTPUTS
from services.permits.batch_lots import FINDING, NONE, Lots, lots_of
from services.permits.check import wanted_layers
from services.permits.communes import former_name
from services.permits.selector import PARCELS
from services.processes.moments import moment_of
from services.processes.process import Call, Document, Json, Process, Value

_MOST_FEATURES = 100_000
_JUDGING = Text("Đang đối chiếu với quy định", "Comparing with the rules")


async def _run(call: Call, inputs: Mapping[str, Json]) -> Mapping[str, Value]:
    cases = await asyncio.to_thread(_cases, call, inputs["cases"])
    asked = moment_of(inputs, call.catalog.territory)
    at = asked.at or datetime.now(UTC)
    async with call.pools.reading(pool_for(call.actor, call.catalog.layers.values())) as source:
        rules = await regulations.known(source, asked.known)
        await call.progress(1, FINDING)
        lots = await lots_of(call, source, cases, Moment(at, asked.known))
        judged = await _judged(call, source, (cases, lots, rules), at, asked.known)
    return {
        "results": Document("text/csv", await asyncio.to_thread(_table, cases, judged.rows)),
        "summary": _summary(call, judged, rules),
    }


def _cases(call: Call, given: Json) -> Cases:
    sent = cast("Mapping[str, Json]", given)
    territory = call.catalog.territory
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


async def _judged(
    call: Call, source: Snapshot, read: tuple[Cases, Lots, Known], at: datetime, known: int | datetime | None
) -> _Judged:
    cases, lots, rules = read
    moment, on = Moment(at, known), at.astimezone(ZoneInfo(call.catalog.territory.time_zone)).date()
    layers, shapes = wanted_layers(call, rules), objects(lots.shapes)
    problems = dict(cases.problems) | lots.problems
    shapes[list(cases.problems)] = None
    rows: list[Mapping[str, object]] = [
        batch.nowhere(problems.get(place, NONE)[call.language]) for place in range(len(cases))
    ]
    tally, done, changeset = batch.Tally(), 0, lots.changeset
    times = [rules.committed_at, lots.known_at]
    former: dict[str, str | None] = {}
    for together in batch.groups(shapes):
        near = await vicinity(source, layers, batch.ground(shapes[together]), ROAD_REACH, moment, most=_MOST_FEATURES)
        await _formers(call, source, (lots.rows[place] for place in together), moment, former)
        facts = [_facts(call, cases, lots, rules, int(place), former) for place in together]
        table = batch.cases(facts, shapes[together], cases.footprint[together], near.crs)
        themes = themes_of(near.layers, str(near.changeset))
        findings = await asyncio.to_thread(evaluate, table, themes, rules.regulations.packs, on)
        told = await asyncio.to_thread(batch.told, findings)
        tally.add(findings, told)
        for place, row in zip(together, told, strict=True):
            rows[place] = row
        done, changeset = done + len(together), max(changeset, near.changeset)
        times.append(near.known_at)
        await call.progress(10 + 85 * done // len(cases), _JUDGING)
    return _Judged(rows, tally, changeset, at, max(time for time in times if time is not None))


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


_COLUMNS = ("verdict", "failed", "to_review", "missing", *batch.NUMBERS, "problem")


def _table(cases: Cases, rows: Sequence[Mapping[str, object]]) -> bytes:
    """CSV in UTF-8, a row for each case in the order in which they came; no text of it is a formula to a spreadsheet."""
    columns = {"id": harmless(pa.array(cases.ids, pa.string()))}
    for name in _COLUMNS:
        values = [row.get(name) for row in rows]
        number = name in batch.NUMBERS
        columns[name] = pa.array(values, pa.float64()) if number else harmless(pa.array(values, pa.string()))
    sink = io.BytesIO()
    csv.write_csv(pa.table(columns), sink, csv.WriteOptions(quoting_style="needed"))
    return sink.getvalue()


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

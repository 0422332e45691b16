"""The process `conformity-survey`: all buildings of an area against the limits of the plans of one moment."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping
from datetime import date

import pyarrow as pa
from pyarrow import csv

from gis.errors import Forbidden, Unauthenticated
from gis.formats.cells import harmless
from gis.formats.survey_tables import FINDINGS, in_order, surveyed
from gis.model.actor import Role
from gis.model.disclosure import LEAST
from gis.model.layer import Text
from gis.rules import conformity
from gis.rules.pack import Packs
from services.auth.policy import Action, decide, pool_for
from services.ogc.datetimes import instant_text
from services.permits import survey_counts
from services.permits.answer import ADVICE
from services.permits.survey_counts import Counts
from services.permits.survey_description import DESCRIPTION, INPUTS, OUTPUTS, TITLE
from services.permits.survey_reading import BUILDINGS, CELL, Question, Reader, part_in, question, reader, squares
from services.processes.process import Call, Document, Json, Process, Value

_JUDGING = Text("Đang đối chiếu công trình với quy hoạch", "Comparing buildings with the plans")

WORDS = {
    conformity.CONFORMS: Text("trong chỉ tiêu hiện hành", "within the limits of today"),
    conformity.EXCEEDS: Text("vượt chỉ tiêu hiện hành", "exceeds the limits of today"),
    conformity.UNKNOWN: Text("chưa có dữ liệu", "no data"),
}


async def _run(call: Call, inputs: Mapping[str, Json]) -> Mapping[str, Value]:
    return await run(call, inputs)


async def run(call: Call, inputs: Mapping[str, Json], cell: float = CELL) -> Mapping[str, Value]:
    """The answer; it is the same whatever the size of the squares (m) in which the area is walked."""
    _allow(call, inputs)
    listing = _sees_each(call) and call.wants("buildings")
    counts: dict[str, Counts] = {}
    rows = [FINDINGS.empty_table()]
    async with call.pools.reading(pool_for(call.actor, call.catalog.layers.values())) as source:
        read = reader(source, call.catalog, call.actor)
        asked = await question(read, inputs, cell)
        rules: tuple[Packs, date] = asked.rules.regulations.packs, asked.on
        walked = list(squares(asked))
        for number, square in enumerate(walked, 1):
            part = await part_in(read, asked, square)
            if part is not None:
                found = await asyncio.to_thread(surveyed, part, rules)
                survey_counts.count(counts, found)
                rows += [found.findings] if listing else []
            await call.progress(1 + 98 * number // len(walked), _JUDGING)
    answers: dict[str, Value] = {"wards": _wards(call, read, asked, counts)}
    if listing:
        answers["buildings"] = Document("text/csv", await asyncio.to_thread(_listed, pa.concat_tables(rows)))
    return {name: value for name, value in answers.items() if call.wants(name)}


def _sees_each(call: Call) -> bool:
    """Whoever has the whole layer of buildings may be told of each."""
    decision = decide(call.actor, Action.READ, call.catalog.layers[BUILDINGS])
    return decision.pool != "public" and decision.everywhere


def _allow(call: Call, inputs: Mapping[str, Json]) -> None:
    """Unauthenticated or Forbidden where single buildings, or a free area, are asked for by who has not the whole layer: the
    difference of two areas tells of what lies between them."""
    named = call.outputs is not None and call.wants("buildings")
    if (named or "polygon" in inputs) and not _sees_each(call):
        what = "buildings" if named else "polygon"
        raise (Unauthenticated if call.actor.role is Role.PUBLIC else Forbidden)(
            f"{what}: only for agencies that have the whole layer of buildings; others are told of whole wards.",
            f"{what}: chỉ dành cho cơ quan có toàn bộ lớp công trình; người khác được xem theo phường, xã.",
            where=what,
        )


def _listed(findings: pa.Table) -> bytes:
    """CSV in UTF-8, by building, zone and aspect."""
    rows = in_order(findings)
    columns = [
        harmless(column) if pa.types.is_string(column.type) else column for column in rows.combine_chunks().columns
    ]
    sink = io.BytesIO()
    csv.write_csv(pa.table(columns, names=rows.column_names), sink, csv.WriteOptions(quoting_style="needed"))
    return sink.getvalue()


def _wards(call: Call, read: Reader, asked: Question, counts: Mapping[str, Counts]) -> Json:
    public = not _sees_each(call)
    names = dict(zip(asked.wards.column("code"), asked.wards.column("name"), strict=True))
    return {
        "wards": survey_counts.by_ward({code: names[code] for code in asked.told(set(counts))}, counts, public=public),
        "suppressed_below": LEAST if public else None,
        "data_version": read.basis.changeset,
        "rules_version": asked.rules.regulations.packs.version,
        "datetime": instant_text(asked.instant),
        "knownAt": instant_text(read.basis.known_at),
        "words": {status: text[call.language] for status, text in WORDS.items()},
        "advice": ADVICE[call.language],
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
    allow=_allow,
    offered=lambda call: [name for name in OUTPUTS if name != "buildings" or _sees_each(call)],
    modes=frozenset({"async"}),
    example={"inputs": {"wards": ["26740"]}},
)

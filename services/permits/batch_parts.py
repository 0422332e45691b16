"""The finished parts of a batch: groups of cases that were judged, and the moment of which all of them are.

A batch that is cut off goes on from them, as of the same moment, so that its results are the same bytes.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import orjson
import pyarrow as pa
from pyarrow import csv

from gis.formats.cells import harmless
from gis.model.actor import Actor
from gis.rules import batch
from gis.store.coverage import last_sql
from gis.store.pools import Snapshot
from gis.store.vicinity import Moment
from services.dependencies import SOFTWARE_VERSION
from services.processes.process import Call, Document
from services.processes.rights import other_rights

CSV = "text/csv"
_COLUMNS = ("verdict", "failed", "to_review", "missing", *batch.NUMBERS, "problem")


@dataclass(frozen=True, slots=True)
class Part:
    """One group: the positions of its cases, their ids and rows, how many lack each input, and the state of the data."""

    places: list[int]
    ids: list[str]
    rows: list[dict[str, object]]
    missing: dict[str, int]
    changeset: int
    known_at: str | None

    def encoded(self) -> bytes:
        return orjson.dumps(self, option=orjson.OPT_SERIALIZE_NUMPY)


def decoded(content: bytes) -> Part:
    """What `encoded` gave."""
    return Part(**orjson.loads(content))


async def resumed(call: Call, source: Snapshot, asked: Moment) -> tuple[datetime, Moment, dict[int, Part]]:
    """The instant that is asked about, the moment as of which to read, and the parts that an earlier run kept of it.

    Parts of a run with other rights, or of another version of the software, are not gone on from.
    """
    kept = await call.parts.kept()
    by = rights_digest(call.actor)
    pins = orjson.loads(kept.pop(0)) if 0 in kept else {}
    if pins.get("by") == by:
        at, known = (datetime.fromisoformat(pins[name]) for name in ("at", "known"))
        moment = Moment(at, known if asked.known is None else asked.known)
        return at, moment, {number: decoded(content) for number, content in kept.items()}
    at = asked.at or datetime.now(UTC)
    row = await source.row(last_sql())
    assert row is not None
    last = row["known_at"] or datetime.now(UTC)
    pins = {"by": by, "at": at.isoformat(), "known": last.isoformat()}
    await call.parts.restart(orjson.dumps(pins))
    return at, Moment(at, asked.known), {}


def rights_digest(actor: Actor) -> str:
    """What tells runs apart whose parts do not go together."""
    rights = {name: sorted(said) if isinstance(said, frozenset) else said for name, said in asdict(actor).items()}
    return hashlib.sha256(orjson.dumps([SOFTWARE_VERSION, rights])).hexdigest()


def partial(parts: Mapping[int, bytes], owner: Actor) -> Document:
    """The rows of the cases that are judged so far, in the order in which they came. Forbidden where they were judged with
    other rights than the owner has now."""
    if 0 in parts and orjson.loads(parts[0]).get("by") != rights_digest(owner):
        raise other_rights()
    found = [decoded(content) for number, content in parts.items() if number]
    told = sorted(
        (place, id_, row) for part in found for place, id_, row in zip(part.places, part.ids, part.rows, strict=True)
    )
    return table([id_ for _, id_, _ in told], [row for _, _, row in told])


def table(ids: Sequence[str], rows: Sequence[Mapping[str, object]]) -> Document:
    """CSV in UTF-8, a row for each case in this order; no text of it is a formula to a spreadsheet."""
    columns = {"id": harmless(pa.array(ids, pa.string()))}
    for name in _COLUMNS:
        values = [row.get(name) for row in rows]
        number = name in batch.NUMBERS
        columns[name] = pa.array(values, pa.float64()) if number else harmless(pa.array(values, pa.string()))
    sink = io.BytesIO()
    csv.write_csv(pa.table(columns), sink, csv.WriteOptions(quoting_style="needed"))
    return Document(CSV, sink.getvalue())

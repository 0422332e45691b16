"""The parcels of many cases: those named by their ids together, the others each name once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched

from gis.errors import InvalidParameter, NotFound
from gis.ingest.case_file import Cases
from gis.model.filter import ID, Node, among, conjunction
from gis.model.layer import Text
from gis.model.notation import spellings
from gis.ops.table import Table
from gis.store.parcels import Wanted, matching
from gis.store.pools import Snapshot
from gis.store.vicinity import Moment
from services.auth.policy import Action, decide
from services.auth.trail import uuid_in
from services.permits.communes import communes_named
from services.permits.selector import PARCELS, in_commune
from services.processes.process import Call

_AT_ONCE = 500
_MOST = 2_000
FINDING = Text("Đang tìm thửa đất", "Finding the parcels")
NONE = Text("không có thửa đất này trong dữ liệu được xem", "no such parcel among those that may be seen")
_SEVERAL = Text("có nhiều thửa đất khớp", "several parcels match")


@dataclass(slots=True, eq=False)
class Lots:
    """Of each case its parcel as the caller sees it, or what is wrong with its selector. `changeset` and `known_at` are the
    last of the layer."""

    rows: list[Mapping[str, object] | None]
    shapes: list[object]
    problems: dict[int, Text] = field(default_factory=dict)
    changeset: int = 0
    known_at: datetime | None = None


type _Places = Mapping[str, Sequence[int]]
type _Sheet = tuple[str, str, str]
"""Which commune is meant (`commune` or `commune_old`), what it is called, and the sheet."""


async def lots_of(call: Call, source: Snapshot, cases: Cases, moment: Moment) -> Lots:
    """The parcels of all cases as known and held at the moment: those named by ids together, the others sheet by sheet."""
    found = Lots([None] * len(cases), [None] * len(cases))
    by_id, by_sheet = _sorted(cases)
    for some in batched(by_id, _AT_ONCE):
        wanted = {one: by_id[one] for one in some}
        _put(found, await _matching(call, source, among(ID, wanted), moment, found), wanted, "id")
        await call.progress(5, FINDING)
    communes: dict[tuple[str, str], Node | Text] = {}
    for (kind, said, sheet), numbers in by_sheet.items():
        commune = communes.get((kind, said))
        if commune is None:
            commune = communes[kind, said] = await _commune(call, source, (kind, said), moment)
        if isinstance(commune, Text):
            found.problems |= {place: commune for places in numbers.values() for place in places}
            continue
        for several in batched(numbers, _AT_ONCE):
            spelt = [spelling for number in several for spelling in spellings(number)]
            asked = conjunction(commune, among("sheet", spellings(sheet)), among("parcel", spelt))
            _put(found, await _matching(call, source, asked, moment, found), numbers, "parcel")
        await call.progress(10, FINDING)
    return found


def _sorted(cases: Cases) -> tuple[dict[str, list[int]], dict[_Sheet, dict[str, list[int]]]]:
    """The positions of the cases by the id of their parcel, and by sheet and number, without leading zeros."""
    by_id: dict[str, list[int]] = {}
    by_sheet: dict[_Sheet, dict[str, list[int]]] = {}
    for place, said in enumerate(cases.selectors):
        kind = next((name for name in ("commune_old", "commune") if name in said), None)
        if "parcel" in said:
            if (named := uuid_in(said["parcel"])) is not None:
                by_id.setdefault(str(named), []).append(place)
        elif kind is not None and {"sheet", "number"} <= said.keys():
            sheet = (kind, said[kind], spellings(said["sheet"])[-1])
            by_sheet.setdefault(sheet, {}).setdefault(spellings(said["number"])[-1], []).append(place)
    return by_id, by_sheet


async def _commune(call: Call, source: Snapshot, asked: tuple[str, str], moment: Moment) -> Node | Text:
    """What a commune asks of its parcels, or what is wrong with its name."""
    kind, said = asked
    try:
        communes = await communes_named(call, source, said, moment)
        return in_commune(communes, former=kind == "commune_old")
    except (NotFound, InvalidParameter) as error:  # of these cases alone
        return Text(error.vi, error.en)


async def _matching(call: Call, source: Snapshot, condition: Node | None, moment: Moment, found: Lots) -> Table:
    layer = call.catalog.layers[PARCELS]
    decision = decide(call.actor, Action.READ, layer)
    met = await matching(source, layer, decision, Wanted(condition), moment, most=_MOST)
    found.changeset, found.known_at = met.changeset, met.known_at
    return met.table


def _put(found: Lots, table: Table, places: _Places, name: str) -> None:
    """The parcels where they belong, by their id or number; of several with one number none."""
    for row in range(len(table)):
        told = table.record(row)
        for place in places.get(spellings(str(told[name]))[-1] if name == "parcel" else str(told[name]), ()):
            several = found.rows[place] is not None or place in found.problems
            found.rows[place], found.shapes[place] = (None, None) if several else (told, table.geometry[row])
            if several:
                found.problems[place] = _SEVERAL

"""The parcels of many cases: those named by their ids together, the others each name once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched
from typing import cast

from gis.errors import InvalidParameter, NotFound
from gis.ingest.case_file import Cases
from gis.model.filter import ID, Node, among, conjunction
from gis.model.layer import Text
from gis.store.parcels import Wanted, matching
from gis.store.pools import Snapshot
from gis.store.vicinity import Moment
from services.auth.policy import Action, decide
from services.auth.trail import uuid_in
from services.permits.communes import communes_named
from services.permits.selector import PARCELS, in_commune, numbers_of
from services.processes.process import Call, Json

_IDS_AT_ONCE = 1_000
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


async def lots_of(call: Call, source: Snapshot, cases: Cases, moment: Moment) -> Lots:
    """The parcels of all cases as known and held at the moment."""
    found = Lots([None] * len(cases), [None] * len(cases))
    by_id: dict[str, list[int]] = {}
    by_name: dict[tuple[tuple[str, str], ...], list[int]] = {}
    for place, selector in enumerate(cases.selectors):
        if "parcel" in selector:
            if (named := uuid_in(selector["parcel"])) is not None:
                by_id.setdefault(str(named), []).append(place)
        else:
            by_name.setdefault(tuple(sorted(selector.items())), []).append(place)
    for some in batched(by_id, _IDS_AT_ONCE):
        await _by_ids(call, source, {one: by_id[one] for one in some}, moment, found)
        await call.progress(5, FINDING)
    for name, places in by_name.items():
        await _by_name(call, source, (dict(name), places), moment, found)
        await call.progress(10, FINDING)
    return found


async def _by_ids(
    call: Call, source: Snapshot, wanted: Mapping[str, Sequence[int]], moment: Moment, found: Lots
) -> None:
    await _find(call, source, (among(ID, wanted), wanted), moment, found)


async def _by_name(
    call: Call, source: Snapshot, asked: tuple[Mapping[str, str], Sequence[int]], moment: Moment, found: Lots
) -> None:
    selector, places = asked
    if not {"sheet", "number"} <= selector.keys() or not {"commune", "commune_old"} & selector.keys():
        return
    former = "commune_old" in selector
    try:
        communes = await communes_named(call, source, selector["commune_old" if former else "commune"], moment)
        place = in_commune(communes, former=former)
    except (NotFound, InvalidParameter) as error:  # of this case alone
        found.problems.update(dict.fromkeys(places, Text(error.vi, error.en)))
        return
    conditions = [place, *numbers_of(cast("Mapping[str, Json]", selector))]
    await _find(call, source, (conjunction(*conditions), {"": places}), moment, found)


async def _find(
    call: Call,
    source: Snapshot,
    wanted: tuple[Node | None, Mapping[str, Sequence[int]]],
    moment: Moment,
    found: Lots,
) -> None:
    """Puts the parcels that meet the condition where they belong: by id, or all cases of one name."""
    condition, places = wanted
    layer = call.catalog.layers[PARCELS]
    decision = decide(call.actor, Action.READ, layer)
    met = await matching(source, layer, decision, Wanted(condition), moment, most=_IDS_AT_ONCE)
    table, found.changeset, found.known_at = met.table, met.changeset, met.known_at
    named = "" in places
    for row in range(len(table)):
        told = table.record(row)
        for place in places.get("" if named else str(told["id"]), ()):
            found.rows[place], found.shapes[place] = told, table.geometry[row]
    if named and len(table) > 1:
        for place in places[""]:
            found.rows[place], found.shapes[place] = None, None
            found.problems[place] = _SEVERAL

"""Buildings that stand against the limits of the plans of today. Pure.

Density and floor area are those of the lots that a building stands on, with all buildings there; storeys, height and the part
over the road line are its own. What is missing is unknown, never conforming.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import shapely

from gis.model.verdict import Status
from gis.ops.pieces import TOLERANCE, Bools, Ints, Objects, Pieces, pieces, slivers
from gis.ops.table import Table, objects, table
from gis.rules.evaluate import Findings, evaluate
from gis.rules.judge import CODE
from gis.rules.pack import Pack, Packs
from gis.rules.themes import Theme
from gis.rules.vocabulary import STOREYS, Domain

PLAN_LIMITS = "plan-limits"
"""The pack whose limits need nothing of an applicant."""

OF_LOT, OF_BUILDING, ROAD = ("density", "far"), ("storeys", "height"), "road-line"
ASPECTS = (*OF_LOT, *OF_BUILDING, ROAD)

CONFORMS, EXCEEDS, UNKNOWN = "conforms", "exceeds", "unknown"
STATUSES = (CONFORMS, EXCEEDS, UNKNOWN)
_LIMIT = "limit"
_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Row:
    """What one building comes to by one aspect in one zone (None: in none known, or not of a zone); `measured` and `limit`
    are None where they are not known, `lacking` names what is missing."""

    building: int
    zone: str | None
    aspect: str
    status: str
    measured: float | None
    limit: float | None
    lacking: tuple[str, ...]


def standing(footprints: Objects, parcels: Objects) -> Pieces:
    """Which building stands on which parcel, with more than a sliver: `lot` is the building, `other` the parcel."""
    found = pieces(footprints, parcels)
    return found.only(~slivers(found))


def survey(
    asked: Ints, buildings: Table, parcels: Objects, themes: Mapping[str, Theme], rules: tuple[Packs, date]
) -> list[Row]:
    """The rows of the buildings `asked` (positions in `buildings`), in their order.

    `buildings` holds all that stand on their parcels: `storeys`, `storeys_below`, `height` (m), `floor_area` (m2).
    `parcels` are whole; all in one projected CRS in metres.
    """
    packs, on = rules
    own = [pack for pack in packs.packs if pack.id == PLAN_LIMITS]
    lots = _lots(asked, buildings, parcels)
    here = np.flatnonzero(~shapely.is_missing(lots.shape))
    rows: list[Row] = [
        Row(int(asked[at]), None, aspect, UNKNOWN, None, None, ("lot",))
        for at in np.flatnonzero(shapely.is_missing(lots.shape))
        for aspect in OF_LOT
    ]
    if len(here):
        facts = {"floor_main_m2": lots.floor[here], "floor_basement_m2": np.zeros(len(here))}
        cases = _cases(asked[here], facts, lots.shape[here], lots.built[here], buildings.crs)
        rows += _told(evaluate(cases, themes, _only(own, packs.version, OF_LOT), on), asked[here], OF_LOT)
    if len(asked):
        shapes = buildings.geometry[asked]
        cases = _cases(asked, _own_facts(buildings, asked), shapes, shapes, buildings.crs)
        findings = evaluate(cases, themes, _only(own, packs.version, OF_BUILDING), on)
        rows += [*_told(findings, asked, OF_BUILDING), *_over_the_line(findings, asked)]
    place = {int(building): number for number, building in enumerate(asked)}
    return sorted(rows, key=lambda row: (place[row.building], ASPECTS.index(row.aspect), row.zone or ""))


def worst(rows: Sequence[Row]) -> dict[tuple[int, str], str]:
    """Of each building and aspect one status, over all zones: see `worst_of`."""
    found: dict[tuple[int, str], str] = {}
    for row in rows:
        key = row.building, row.aspect
        found[key] = worst_of((found.get(key, CONFORMS), row.status))
    return found


def worst_of(statuses: Iterable[str]) -> str:
    """One status for all: what exceeds anywhere exceeds; else what is unknown anywhere is unknown."""
    return max(statuses, key=_RANK.index)


_RANK = (CONFORMS, UNKNOWN, EXCEEDS)


@dataclass(frozen=True, slots=True)
class _Lots:
    """Of each building asked about: the ground of its parcels (None: on none), what is built there, and the floor area, m2."""

    shape: Objects
    built: Objects
    floor: np.ndarray[tuple[int], np.dtype[np.float64]]


def _lots(asked: Ints, buildings: Table, parcels: Objects) -> _Lots:
    found = standing(buildings.geometry, parcels)
    floors, whole = _floors(buildings), shapely.area(buildings.geometry)
    count = len(asked)
    shape, built, floor = np.full(count, None, dtype=object), np.full(count, None, dtype=object), np.full(count, np.nan)
    on_lot: dict[int, list[int]] = {}
    of_building: dict[int, list[int]] = {}
    for at, (building, lot) in enumerate(zip(found.lot.tolist(), found.other.tolist(), strict=True)):
        on_lot.setdefault(lot, []).append(at)
        of_building.setdefault(building, []).append(lot)
    for at, building in enumerate(asked.tolist()):
        lots = of_building.get(building)
        if lots is None:
            continue
        parts = [part for lot in lots for part in on_lot[lot]]
        shape[at] = shapely.union_all(parcels[lots])
        built[at] = shapely.union_all(found.geometry[parts])
        on = found.lot[parts]
        floor[at] = float(np.sum(floors[on] * _share(found.area[parts], whole[on])))
    return _Lots(shape, built, floor)


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Which share of a building's floors is on a lot: as of its footprint; what a sliver leaves out is its own."""
    share = part / whole
    return np.where(whole - part < TOLERANCE.area, 1.0, share)


def _floors(buildings: Table) -> np.ndarray:
    """Floor area that counts, m2. Of basements nobody knows which part is exempt: then it is NaN, as where they are not told."""
    floor, below = _numbers(buildings, "floor_area"), _numbers(buildings, "storeys_below")
    return np.where(below == 0, floor, np.nan)


def _numbers(buildings: Table, name: str) -> np.ndarray:
    return np.array([np.nan if one is None else float(one) for one in buildings.column(name)], dtype=np.float64)


def _own_facts(buildings: Table, asked: Ints) -> dict[str, object]:
    """Storeys are recorded as those above ground, all of one kind."""
    none = np.zeros(len(asked))
    facts: dict[str, object] = {f"storeys_{kind}": none for kind in STOREYS}
    return facts | {
        "storeys_tang": _numbers(buildings, "storeys")[asked],
        "height_m": _numbers(buildings, "height")[asked],
    }


def _cases(asked: Ints, facts: Mapping[str, object], lots: Objects, built: Objects, crs: int) -> Table:
    columns = {name: _nullable(values) for name, values in facts.items()}
    return table({"id": [str(one) for one in asked], **columns, "footprint": built}, lots, crs)


def _nullable(values: object) -> Objects:
    return objects([None if np.isnan(one) else float(one) for one in np.asarray(values, dtype=np.float64)])


def _only(packs: Sequence[Pack], version: str, aspects: Sequence[str]) -> Packs:
    """The limits of the zones by these aspects, whatever works an applicant would plan."""
    kept = (
        replace(pack, when=(), rules=tuple(rule for rule in pack.rules if rule.aspect in aspects)) for pack in packs
    )
    return Packs(tuple(kept), version)


def _told(findings: Findings, asked: Ints, aspects: Sequence[str]) -> Iterator[Row]:
    silent = {aspect: np.ones(len(asked), dtype=bool) for aspect in aspects}
    for block in findings.blocks:
        subjects = findings.facts.rows[block.domain].subject[block.row]
        silent[block.rule.aspect][block.case] = False
        for at, case in enumerate(block.case.tolist()):
            status = _status(int(block.status[at]))
            lacking: tuple[str, ...] = ()
            if status == UNKNOWN:
                lacking = findings.facts.inputs.missing(int(block.missing[at])) or (_LIMIT,)
            zone = None if subjects[at] is None else str(subjects[at])
            numbers = _number(block.measured[at]), _number(block.limit[at])
            yield Row(int(asked[case]), zone, block.rule.aspect, status, *numbers, tuple(lacking))
    for aspect, nowhere in silent.items():
        for case in np.flatnonzero(nowhere):
            yield Row(int(asked[case]), None, aspect, UNKNOWN, None, None, (_LIMIT,))


def _status(code: int) -> str:
    if code == CODE[Status.PASS]:
        return CONFORMS
    return EXCEEDS if code == CODE[Status.FAIL] else UNKNOWN


def _over_the_line(findings: Findings, asked: Ints) -> Iterator[Row]:
    """What of each building lies between the red lines of roads, m2; nothing may, but a sliver."""
    over = findings.facts.rows[Domain.CASE].numbers["footprint_in_road_m2"]
    sure: Bools = over.missing == 0
    for at, building in enumerate(asked.tolist()):
        if not sure[at]:
            lacking = findings.facts.inputs.missing(int(over.missing[at]))
            yield Row(building, None, ROAD, UNKNOWN, None, 0.0, tuple(lacking))
            continue
        measured = round(float(over.lo[at]), _DECIMALS)
        yield Row(building, None, ROAD, EXCEEDS if measured > TOLERANCE.area else CONFORMS, measured, 0.0, ())


def _number(value: float) -> float | None:
    return round(float(value), _DECIMALS) if np.isfinite(value) else None

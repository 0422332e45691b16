"""The counts of a survey: by ward, aspect and status, and what of them everybody may see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow.compute as pc

from gis.formats.survey_tables import COLUMNS, Surveyed
from gis.model.disclosure import LEAST
from gis.model.suppression import beside
from gis.rules.conformity import ASPECTS, CONFORMS, EXCEEDS, STATUSES, UNKNOWN
from services.processes.process import Json


@dataclass(slots=True)
class Counts:
    """Of one ward: its buildings, and by aspect how many have each status and how many lack each datum."""

    buildings: int = 0
    statuses: Counter[tuple[str, str]] = field(default_factory=Counter)
    lacking: Counter[tuple[str, str]] = field(default_factory=Counter)


def count(into: dict[str, Counts], found: Surveyed) -> None:
    """Adds what was found of some buildings to the counts of their wards; each building comes once."""
    wards = found.buildings["ward"].to_pylist()
    for ward in wards:
        into.setdefault(ward, Counts()).buildings += 1
    for aspect, name in COLUMNS.items():
        for ward, status in zip(wards, found.buildings[name].to_pylist(), strict=True):
            into[ward].statuses[aspect, status] += 1
    short = found.findings.filter(pc.not_equal(found.findings["lacking"], ""))
    rows = zip(*(short[name].to_pylist() for name in ("building", "ward", "aspect", "lacking")), strict=True)
    for _, ward, aspect, name in {(building, *of, name) for building, *of, names in rows for name in names.split()}:
        into[ward].lacking[aspect, name] += 1


def by_ward(names: Mapping[str, str], counts: Mapping[str, Counts], *, public: bool) -> list[Json]:
    """As JSON: of each ward, whose names are given by their codes."""
    return [
        {"code": code, "name": name, **told(counts.get(code, Counts()), public=public)} for code, name in names.items()
    ]


def told(counts: Counts, *, public: bool) -> dict[str, Json]:
    """As JSON; for the public with null for what is suppressed."""
    shown = not public or counts.buildings == 0 or counts.buildings >= LEAST
    return {
        "buildings": counts.buildings if shown else None,
        "aspects": {aspect: _aspect(counts, aspect, public=public) for aspect in ASPECTS},
    }


def _aspect(counts: Counts, aspect: str, *, public: bool) -> Json:
    by_status = {status: counts.statuses[aspect, status] for status in STATUSES}
    hidden = suppressed(by_status) if public else frozenset()
    lacking = {name: number for (of, name), number in sorted(counts.lacking.items()) if of == aspect}
    unknown = by_status[UNKNOWN]
    told: dict[str, Json] = {status: None if status in hidden else by_status[status] for status in STATUSES}
    known = by_status[CONFORMS] + by_status[EXCEEDS]
    share = round(known / counts.buildings, 4) if counts.buildings and UNKNOWN not in hidden else None
    kept = lacking if not public else _open(lacking, unknown) if UNKNOWN not in hidden else {}
    return told | {"share_known": share, "lacking": dict(kept)}


def suppressed(counts: Mapping[str, int]) -> frozenset[str]:
    """Which counts everybody is not told (`gis.model.suppression`): those of few, and what would tell of them by subtraction.
    Where all are few together, not even which of them is 0. The same counts are always suppressed the same way."""
    few = _few(counts)
    return frozenset(counts) if few and sum(counts.values()) < LEAST else beside(counts, few)


def _open(lacking: Mapping[str, int], unknown: int) -> dict[str, int]:
    """What everybody may be told of: of the unknown, whose number is known, so many lack it and the rest does not."""
    return {name: n for name, n in lacking.items() if not beside({name: n}, _few({name: n}), unknown - n)}


def _few(counts: Mapping[str, int]) -> list[str]:
    return [name for name, count in counts.items() if 0 < count < LEAST]

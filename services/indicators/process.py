"""The process `indicators`: wards ranked by one indicator on one day, and how each came there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from gis.crs.transform import transform_geometries
from gis.errors import InvalidParameter
from gis.model.disclosure import LEAST
from gis.model.filter import AND, among
from gis.model.filter import Call as Condition
from gis.model.indicator import INDICATORS, NO_DATA, SUPPRESSED, Indicator
from gis.model.layer import Codelist
from gis.model.levels import level, ranks
from gis.store.indicator_runs import Standing, as_standing
from gis.store.observations import LAYER
from gis.store.parcels import Matching, Wanted, matching
from gis.store.vicinity import Moment
from services.auth.policy import Action, decide
from services.indicators.compute import WARD_SETS, ward_sets
from services.indicators.description import DESCRIPTION, INPUTS, OUTPUTS, TITLE
from services.indicators.reading import notes
from services.indicators.standing import of_indicator, told
from services.ogc.datetimes import instant_text, parse_begin
from services.ogc.names import meant
from services.processes.moments import moment_of
from services.processes.process import Call, Json, Process, Value

NEW = "NEW"
_MOST = 100_000
_ZERO = "ZERO"
_PLACE = {SUPPRESSED: 1, _ZERO: 2, NO_DATA: 3}
"""Where wards without a rank stand, after all that have one: few are more than none."""

type _Cell = dict[str, Any]


async def _run(call: Call, inputs: Mapping[str, Json]) -> Mapping[str, Value]:
    indicator = INDICATORS[str(inputs["indicator"])]
    wards = _ward_set(call, str(inputs.get("ward_set", NEW)))
    read = await _read(call, indicator, wards, inputs)
    cells = _cells(read.found)
    dates = sorted({cell["observed_on"] for cell in cells})
    zone = ZoneInfo(call.catalog.territory.time_zone)
    asked = parse_begin(str(inputs["date"]), zone).astimezone(zone).date() if "date" in inputs else None
    on = max((day for day in dates if asked is None or day <= asked), default=None)
    beginnings = indicator.levels
    wards_told = _wards(cells, on, beginnings)
    figures = told(read.standing, indicator)
    result: dict[str, Json] = {
        **_named(call, indicator, wards),
        "date": None if on is None else on.isoformat(),
        "dates": [day.isoformat() for day in dates],
        "boundaries_on": None if on is None else _boundaries(call, wards, dates[-1]),
        "thresholds": list(beginnings),
        "ranked": sum(ward["rank"] is not None for ward in wards_told),
        "wards": cast("list[Json]", wards_told),
        "notes": notes(call, [ward for ward in wards_told if ward["state"] is not None], figures, any_=bool(cells)),
        "figures": figures or None,
        "suppressed_below": LEAST,
        "data_version": read.found.changeset,
        "knownAt": None if read.found.known_at is None else instant_text(read.found.known_at),
    }
    return {"result": result}


def _ward_set(call: Call, name: str) -> str:
    known = [code.code for code in call.catalog.codelists[WARD_SETS].codes]
    if name not in known:
        en, vi = meant(name, known)
        raise InvalidParameter(
            f"ward_set: there is no set of wards '{name}'; {en}",
            f"ward_set: không có bộ phường, xã '{name}'; {vi}",
            where="ward_set",
        )
    return name


@dataclass(frozen=True, slots=True)
class _Read:
    """The observations that were asked for, and how they stand."""

    found: Matching
    standing: Standing


async def _read(call: Call, indicator: Indicator, wards: str, inputs: Mapping[str, Json]) -> _Read:
    layer = call.catalog.layers[LAYER]
    decision = decide(call.actor, Action.READ, layer)
    conditions = [among("ward_set", [wards]), among("indicator", [indicator.id])]
    if "wards" in inputs:
        conditions.append(among("ward", cast("list[str]", inputs["wards"])))
    moment = Moment(datetime.now(UTC), moment_of(inputs, call.catalog.territory).known)
    async with call.pools.reading(decision.pool) as source:
        found = await matching(source, layer, decision, Wanted(Condition(AND, tuple(conditions))), moment, most=_MOST)
        row = await source.row(of_indicator(indicator, None if moment.known is None else found.known_at))
    assert row is not None
    return _Read(found, as_standing(row))


def _cells(read: Matching) -> list[_Cell]:
    """By ward and day, each with its place in degrees."""
    places = transform_geometries(read.table.geometry, read.table.crs, 4326)
    found = [read.table.record(row) | {"place": place} for row, place in enumerate(places)]
    return sorted(found, key=lambda cell: (cell["ward"], cell["observed_on"]))


def _wards(cells: Sequence[_Cell], on: date | None, beginnings: Sequence[float]) -> list[dict[str, Json]]:
    """The highest value first; then by code those that are withheld, those of 0 and those without data."""
    by_ward: dict[str, list[_Cell]] = {}
    for cell in cells:
        by_ward.setdefault(cell["ward"], []).append(cell)
    now = {code: next((cell for cell in found if cell["observed_on"] == on), None) for code, found in by_ward.items()}
    values = {code: None if cell is None else cell["value"] for code, cell in now.items()}
    rank = dict(zip(values, ranks(list(values.values())), strict=True))
    order = sorted(values, key=lambda code: (_PLACE.get(_kind(now[code]), 0), rank[code] or 0, code))
    return [
        {
            "code": code,
            "name": by_ward[code][-1]["ward_name"],
            "place": [round(by_ward[code][-1]["place"].x, 7), round(by_ward[code][-1]["place"].y, 7)],
            "rank": rank[code],
            **_told(now[code], beginnings),
            "series": [{"date": cell["observed_on"].isoformat(), **_told(cell, beginnings)} for cell in by_ward[code]],
        }
        for code in order
    ]


def _kind(cell: _Cell | None) -> str:
    """Its state; of what is published and is 0 that."""
    if cell is None:
        return NO_DATA
    return _ZERO if cell["value"] == 0 else str(cell["state"])


def _told(cell: _Cell | None, beginnings: Sequence[float]) -> dict[str, Json]:
    if cell is None:
        return dict.fromkeys(("value", "level", "state", "basis", "complete"))
    value = cell["value"]
    return {
        "value": value,
        "level": None if value is None else level(value, beginnings),
        "state": cell["state"],
        "basis": cell["basis"],
        "complete": cell["complete"],
    }


def _boundaries(call: Call, wards: str, last: date) -> str:
    """The day whose boundaries the set has."""
    zone = ZoneInfo(call.catalog.territory.time_zone)
    found = next(one for one in ward_sets(call.catalog, last, zone) if one.id == wards)
    return found.at.astimezone(zone).date().isoformat()


def _named(call: Call, indicator: Indicator, wards: str) -> dict[str, Json]:
    title, note = _code(call, call.catalog.codelists["indicator"], indicator.id)
    set_title, set_note = _code(call, call.catalog.codelists[WARD_SETS], wards)
    return {
        "indicator": indicator.id,
        "title": title,
        "description": note,
        "unit": indicator.unit,
        "unit_title": _code(call, call.catalog.codelists["indicator_unit"], indicator.unit)[0],
        "ward_set": wards,
        "ward_set_title": set_title,
        "ward_set_description": set_note,
    }


def _code(call: Call, codelist: Codelist, code: str) -> tuple[str, str | None]:
    found = next(one for one in codelist.codes if one.code == code)
    return found.title[call.language], None if found.note is None else found.note[call.language]


INDICATORS_BY_WARD = Process(
    id="indicators",
    version="1.0.0",
    title=TITLE,
    description=DESCRIPTION,
    keywords=("chỉ số", "phường", "indicators", "dashboard"),
    inputs=INPUTS,
    outputs=OUTPUTS,
    run=_run,
    example={"inputs": {"indicator": "share_residential"}},
)

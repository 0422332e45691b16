"""The process `indicators`: wards ranked by one indicator on one day, and how each came there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from gis.crs.transform import transform_geometries
from gis.errors import InvalidParameter
from gis.model.disclosure import LEAST
from gis.model.filter import AND, among
from gis.model.filter import Call as Condition
from gis.model.indicator import APPORTIONED, INDICATORS, SHOWN, SUPPRESSED, Indicator
from gis.model.layer import Codelist, Text
from gis.model.levels import level, ranks, thresholds
from gis.store.parcels import Matching, Wanted, matching
from gis.store.vicinity import Moment
from services.auth.policy import Action, decide
from services.indicators.compute import WARD_SETS, ward_sets
from services.indicators.description import DESCRIPTION, INPUTS, OUTPUTS, TITLE
from services.ogc.datetimes import instant_text, parse_begin
from services.ogc.names import meant
from services.processes.moments import moment_of
from services.processes.process import Call, Json, Process, Value

LAYER, NEW = "indicators", "NEW"
_MOST = 100_000

type _Cell = dict[str, Any]


async def _run(call: Call, inputs: Mapping[str, Json]) -> Mapping[str, Value]:
    indicator = INDICATORS[str(inputs["indicator"])]
    wards = _ward_set(call, str(inputs.get("ward_set", NEW)))
    read = await _read(call, indicator, wards, inputs)
    cells = _cells(read)
    dates = sorted({cell["observed_on"] for cell in cells})
    zone = ZoneInfo(call.catalog.territory.time_zone)
    asked = parse_begin(str(inputs["date"]), zone).astimezone(zone).date() if "date" in inputs else None
    on = max((day for day in dates if asked is None or day <= asked), default=None)
    beginnings = indicator.levels or thresholds([cell["value"] for cell in cells if cell["value"] is not None])
    result: dict[str, Json] = {
        **_named(call, indicator, wards),
        "date": None if on is None else on.isoformat(),
        "dates": [day.isoformat() for day in dates],
        "boundaries_on": None if on is None else _boundaries(call, wards, dates[-1]),
        "thresholds": list(beginnings),
        "wards": _wards(cells, on, beginnings),
        "notes": _notes(call, cells, on),
        "suppressed_below": LEAST,
        "data_version": read.changeset,
        "knownAt": None if read.known_at is None else instant_text(read.known_at),
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


async def _read(call: Call, indicator: Indicator, wards: str, inputs: Mapping[str, Json]) -> Matching:
    layer = call.catalog.layers[LAYER]
    decision = decide(call.actor, Action.READ, layer)
    conditions = [among("ward_set", [wards]), among("indicator", [indicator.id])]
    if "wards" in inputs:
        conditions.append(among("ward", cast("list[str]", inputs["wards"])))
    moment = Moment(datetime.now(UTC), moment_of(inputs, call.catalog.territory).known)
    async with call.pools.reading(decision.pool) as source:
        return await matching(source, layer, decision, Wanted(Condition(AND, tuple(conditions))), moment, most=_MOST)


def _cells(read: Matching) -> list[_Cell]:
    """By ward and day, each with its place in degrees."""
    places = transform_geometries(read.table.geometry, read.table.crs, 4326)
    found = [read.table.record(row) | {"place": place} for row, place in enumerate(places)]
    return sorted(found, key=lambda cell: (cell["ward"], cell["observed_on"]))


def _wards(cells: Sequence[_Cell], on: date | None, beginnings: Sequence[float]) -> list[Json]:
    """The highest value first; wards without one after all others, by code."""
    by_ward: dict[str, list[_Cell]] = {}
    for cell in cells:
        by_ward.setdefault(cell["ward"], []).append(cell)
    now = {code: next((cell for cell in found if cell["observed_on"] == on), None) for code, found in by_ward.items()}
    values = {code: None if cell is None else cell["value"] for code, cell in now.items()}
    rank = dict(zip(values, ranks(list(values.values())), strict=True))
    order = sorted(values, key=lambda code: (rank[code] is None, rank[code] or 0, code))
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
        "ward_set": wards,
        "ward_set_title": set_title,
        "ward_set_description": set_note,
    }


def _code(call: Call, codelist: Codelist, code: str) -> tuple[str, str | None]:
    found = next(one for one in codelist.codes if one.code == code)
    return found.title[call.language], None if found.note is None else found.note[call.language]


def _notes(call: Call, cells: Sequence[_Cell], on: date | None) -> list[Json]:
    now = [cell for cell in cells if cell["observed_on"] == on]
    said = [
        (not cells, NOTHING),
        (any(cell["state"] == SUPPRESSED for cell in now), SUPPRESSION),
        (any(cell["state"] == SHOWN for cell in now), NOISE),
        (any(cell["basis"] == APPORTIONED for cell in now), APPORTIONING),
        (any(cell["state"] == SHOWN and not cell["complete"] for cell in now), INCOMPLETE),
    ]
    return [text[call.language] for holds, text in said if holds]


NOTHING = Text(
    "Chỉ số này chưa được tính cho bộ phường, xã này.",
    "This indicator has not been computed for this set of wards yet.",
)
SUPPRESSION = Text(
    f"Nơi có dưới {LEAST} trường hợp không công bố số liệu.",
    f"Where there are fewer than {LEAST} cases nothing is published.",
)
NOISE = Text(
    "Số công bố được làm nhiễu nhẹ để không lộ từng trường hợp; lần nào hỏi cũng nhận cùng một số.",
    "What is published carries a little noise, so that no single case shows; whoever asks again gets the same number.",
)
APPORTIONING = Text(
    "Địa giới này không có hiệu lực tại ngày đang xem: số liệu được phân bổ theo vị trí từng thửa, từng giấy phép, không phải số đã "
    "công bố của phường, xã khi đó.",
    "These boundaries were not in force on this day: values are apportioned by where each parcel and permit lies, and were never "
    "published for these wards then.",
)
INCOMPLETE = Text(
    "Có nơi dữ liệu nguồn chưa được công bố là đầy đủ: con số có thể thấp hơn thực tế.",
    "In some wards the source is not declared complete: the number may be lower than it should be.",
)


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

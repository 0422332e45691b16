"""The process `plan-diff`: what became of the ground of a layer between two states, by the values of a property."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import cast

import numpy as np
from shapely.geometry.base import BaseGeometry

from gis.crs.registry import crs as crs_of
from gis.errors import InvalidParameter
from gis.formats.geojson import geojson
from gis.ingest.outline import read_outline
from gis.model.access import Decision
from gis.model.layer import Field, FieldType, GeometryType, Layer, Text
from gis.model.query import CRS84
from gis.ops.changed_ground import Became, Change, State, Values, changed_ground, uncovered
from gis.ops.pieces import TOLERANCE
from gis.ops.table import objects
from gis.rules.situation import complete
from gis.store.vicinity import Moment, Near, Vicinity, vicinity
from services.auth.policy import Action, decide
from services.ogc.datetimes import instant_text
from services.ogc.names import meant
from services.processes.moments import WITHHELD, moment_of
from services.processes.outlines import polygon_of
from services.processes.plan_diff_description import DESCRIPTION, INPUTS, OUTPUTS, TITLE
from services.processes.process import Call, Json, Process, Value

ZONES, FUNCTION = "zones", "function"

MOST_FEATURES = 20_000
"""That are read of each state; of their vertices, as many as anything that asks about a place may read."""

MOST_LISTED, MOST_PIECES = 1_000, 2_000
"""Features of one kind, and pieces of ground, that are told one by one, the largest pieces first; of all, how many there are."""


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """The question: of one layer, by one property, within `place` of the storage CRS; `bounded`: that was asked for."""

    layer: Layer
    decision: Decision
    field: Field
    place: BaseGeometry
    bounded: bool
    moments: tuple[Moment, Moment]


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """One state, as it was found."""

    found: Vicinity
    near: Near


async def _run(call: Call, inputs: Mapping[str, Json]) -> Mapping[str, Value]:
    asked = await _question(call, inputs)
    wanted = [(asked.layer, asked.decision)]
    async with call.pools.reading(asked.decision.pool) as source:
        found = [await vicinity(source, wanted, asked.place, 0.0, one, most=MOST_FEATURES) for one in asked.moments]
    sides = [_Side(one, one.layers[asked.layer.id]) for one in found]
    await call.progress(40, _COMPARING)
    states = [_state(side.near, asked.field.name) for side in sides]
    change = await asyncio.to_thread(changed_ground, states[0], states[1], asked.place)
    answers: dict[str, Value] = {}
    if call.wants("result"):
        answers["result"] = await asyncio.to_thread(_result, call, asked, sides, change)
    if call.wants("geometry"):
        answers["geometry"] = await asyncio.to_thread(_geometry, call, asked, sides, change)
    return answers


_COMPARING = Text("Đang so sánh hai trạng thái", "Comparing the two states")


async def _question(call: Call, inputs: Mapping[str, Json]) -> _Asked:
    territory = call.catalog.territory
    layer = _layer(call, str(inputs.get("layer", ZONES)))
    decision = decide(call.actor, Action.READ, layer)
    field = _field(layer, decision, str(inputs.get("property", FUNCTION)))
    now = datetime.now(UTC)
    moments = [moment_of(cast("Mapping[str, Json]", inputs.get(side, {})), territory) for side in ("from", "to")]
    first, second = (replace(one, at=one.at or now) for one in moments)
    return _Asked(layer, decision, field, await _place(call, inputs), "polygon" in inputs, (first, second))


def _layer(call: Call, name: str) -> Layer:
    layers = {one.id: one for one in call.catalog.layers.values() if one.geometry.type is GeometryType.MULTIPOLYGON}
    if name not in layers:
        en, vi = meant(name, list(layers))
        raise InvalidParameter(
            f"layer: '{name[:60]}' is no layer of polygons; {en}",
            f"layer: '{name[:60]}' không phải lớp dạng vùng; {vi}",
            where="layer",
        )
    return layers[name]


def _field(layer: Layer, decision: Decision, name: str) -> Field:
    """The property to compare by. One that the caller may not see is as unknown as one that there is not."""
    names = [one.name for one in layer.columns if one.type is FieldType.TEXT and one.name in decision.columns]
    if name not in names:
        en, vi = meant(name, names)
        raise InvalidParameter(
            f"property: '{layer.id}' has no text or code property '{name[:60]}' here; {en}",
            f"property: '{layer.id}' ở đây không có thuộc tính chữ hoặc mã '{name[:60]}'; {vi}",
            where="property",
        )
    return layer.field(name)


async def _place(call: Call, inputs: Mapping[str, Json]) -> BaseGeometry:
    """The polygon that was sent, else the whole territory; in the storage CRS."""
    territory = call.catalog.territory
    if "polygon" in inputs:
        return await polygon_of(inputs, territory)
    west, south, east, north = territory.bounds
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return read_outline({"type": "Polygon", "coordinates": [ring]}, CRS84, territory, "polygon")


def _state(near: Near, name: str) -> State:
    """The polygons of a state; what shows no place has no ground."""
    found = near.found
    there = np.array([shape is not None and not shape.is_empty for shape in found.geometry], dtype=bool)
    shown = found.only(there)
    return State(objects([str(one) for one in shown.column("id")]), shown.column(name), shown.geometry)


def _result(call: Call, asked: _Asked, sides: list[_Side], change: Change) -> Json:
    layer = asked.layer
    changed = sum(one.area for one in change.became) + change.slivers
    told: dict[str, Json] = {
        "layer": layer.id,
        "title": layer.title[call.language],
        "property": asked.field.name,
        "from": _pins(sides[0]),
        "to": _pins(sides[1]),
        "area_m2": round(float(asked.place.area), 2) if asked.bounded else None,
        "changed_m2": round(changed, 2),
        "slivers_m2": round(change.slivers, 2),
        "changes": [_became(call, asked.field, sides, one) for one in change.became],
        "values": _balance(call, asked.field, change),
        "features": _features(call, layer, change),
        "tolerance": {"area_m2": TOLERANCE.area, "width_m": TOLERANCE.width},
        "crs": crs_of(sides[0].found.crs).uri,
        "source": {"owner": layer.owner, "licence": layer.licence},
    }
    if any(side.near.withheld for side in sides):
        told["note"] = WITHHELD[call.language]
    return told


def _pins(side: _Side) -> Json:
    """What gives the same state again."""
    found = side.found
    return {
        "datetime": instant_text(found.instant),
        "knownAt": None if found.known_at is None else instant_text(found.known_at),
        "dataVersion": found.changeset,
        "features": len(side.near.found),
    }


def _became(call: Call, field: Field, sides: list[_Side], one: Became) -> Json:
    told: dict[str, Json] = {
        "from": _values(call, field, one.before),
        "to": _values(call, field, one.after),
        "area_m2": round(one.area, 2),
        "parts": len(one.parts),
    }
    for side, values in zip(sides, (one.before, one.after), strict=True):
        if not values:  # nothing is there: known only where the data are complete
            told["unknown_m2"] = round(uncovered(one.parts, complete(side.near)), 2)
    return told


def _values(call: Call, field: Field, values: Values) -> list[Json]:
    return [{"value": value, "title": _title(call, field, value)} for value in values]


def _title(call: Call, field: Field, value: str | None) -> str | None:
    codelist = call.catalog.codelists.get(field.codelist or "")
    if codelist is None or value is None:
        return value
    return next((code.title[call.language] for code in codelist.codes if code.code == value), value)


def _balance(call: Call, field: Field, change: Change) -> list[Json]:
    """What each value has lost and gained; ground that has it on both sides counts on neither."""
    lost: dict[str | None, float] = {}
    gained: dict[str | None, float] = {}
    for one in change.became:
        for values, others, sums in ((one.before, one.after, lost), (one.after, one.before, gained)):
            for value in set(values) - set(others):
                sums[value] = sums.get(value, 0.0) + one.area
    order = sorted(lost.keys() | gained.keys(), key=lambda value: (value is None, value or ""))
    return [
        {
            "value": value,
            "title": _title(call, field, value),
            "lost_m2": round(lost.get(value, 0.0), 2),
            "gained_m2": round(gained.get(value, 0.0), 2),
            "net_m2": round(gained.get(value, 0.0) - lost.get(value, 0.0), 2),
        }
        for value in order
    ]


def _features(call: Call, layer: Layer, change: Change) -> Json:
    def of(key: str) -> dict[str, Json]:
        return {"id": key, "href": f"{call.base}/collections/{layer.id}/items/{key}"}

    found = change.features
    listed: dict[str, Iterable[Json]] = {
        "appeared": (of(key) for key in found.appeared),
        "went": (of(key) for key in found.went),
        "moved": (
            of(one.key) | {"gained_m2": round(one.gained, 2), "lost_m2": round(one.lost, 2)} for one in found.moved
        ),
        "revalued": (of(key) | {"from": old, "to": new} for key, old, new in found.revalued),
    }
    numbers = {
        "appeared": len(found.appeared),
        "went": len(found.went),
        "moved": len(found.moved),
        "revalued": len(found.revalued),
    }
    return {
        name: {"numberMatched": numbers[name], "listed": list(islice(rows, MOST_LISTED))}
        for name, rows in listed.items()
    }


def _geometry(call: Call, asked: _Asked, sides: list[_Side], change: Change) -> Json:
    """The pieces of ground as GeoJSON in CRS84, the largest first."""
    pieces = [
        (float(area), place, number, shape)
        for place, one in enumerate(change.became)
        for number, (area, shape) in enumerate(zip(one.areas, one.parts, strict=True))
    ]
    pieces.sort(key=lambda piece: (-round(piece[0], 2), piece[1], piece[2]))
    features: list[Json] = [
        {
            "type": "Feature",
            "geometry": geojson(shape, sides[0].found.crs),
            "properties": {
                "from": list(change.became[place].before),
                "to": list(change.became[place].after),
                "area_m2": round(area, 2),
            },
        }
        for area, place, _, shape in pieces[:MOST_PIECES]
    ]
    return {
        "type": "FeatureCollection",
        "features": features,
        "numberMatched": len(pieces),
        "numberReturned": len(features),
        "layer": asked.layer.id,
        "from": _pins(sides[0]),
        "to": _pins(sides[1]),
    }


PLAN_DIFF = Process(
    id="plan-diff",
    version="1.0.0",
    title=TITLE,
    description=DESCRIPTION,
    keywords=("quy hoạch", "diff", "overlay", "zones"),
    inputs=INPUTS,
    outputs=OUTPUTS,
    run=_run,
    example={"inputs": {"from": {"datetime": "2024-01-01"}, "to": {"datetime": "2026-01-01"}}},
)

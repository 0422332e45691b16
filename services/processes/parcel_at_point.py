"""The process `parcel-at-point`: which parcel lies there, and where there is none, whether that is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gis.crs.registry import crs as crs_of
from gis.model.layer import Text
from gis.store.parcels import TOUCH
from gis.store.vicinity import vicinity
from services.auth.policy import Action, decide
from services.ogc.datetimes import instant_text
from services.permits.selector import PARCELS, POINT, read_point
from services.processes.moments import MOMENT, declarations, moment_of, plain
from services.processes.process import Call, Input, Json, Output, Process, Value

FOUND, NONE, NO_DATA = "found", "no-parcel", "no-data"


async def _run(call: Call, inputs: Mapping[str, Json]) -> Mapping[str, Value]:
    layer = call.catalog.layers[PARCELS]
    decision = decide(call.actor, Action.READ, layer)
    point = read_point(call, inputs["point"])
    async with call.pools.reading(decision.pool) as source:
        there = await vicinity(source, [(layer, decision)], point, TOUCH, moment_of(inputs, call.catalog.territory))
    near = there.layers[PARCELS]
    parcels: list[Json] = [_parcel(call, near.found.record(row)) for row in range(len(near.found))]
    coverage = declarations(near, point)
    complete = bool(coverage) and all(one["level"] == "complete" for one in coverage)
    result: dict[str, Json] = {
        "status": FOUND if parcels else NONE if complete else NO_DATA,
        "parcels": parcels,
        "coverage": list(coverage),
        "source": {"owner": layer.owner, "licence": layer.licence},
        "datetime": instant_text(there.instant),
        "knownAt": None if there.known_at is None else instant_text(there.known_at),
        "dataVersion": there.changeset,
        "crs": crs_of(there.crs).uri,
    }
    return {"result": result}


def _parcel(call: Call, told: Mapping[str, Any]) -> Json:
    properties: Json = {name: plain(value) for name, value in told.items() if name != "id"}
    return {
        "id": str(told["id"]),
        "properties": properties,
        "href": f"{call.base}/collections/{PARCELS}/items/{told['id']}",
    }


_RESULT: dict[str, Json] = {
    "type": "object",
    "required": ["status", "parcels", "coverage", "datetime", "knownAt", "dataVersion"],
    "properties": {
        "status": {"type": "string", "enum": [FOUND, NONE, NO_DATA]},
        "parcels": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "properties", "href"],
                "properties": {
                    "id": {"type": "string", "format": "uuid"},
                    "properties": {"type": "object"},
                    "href": {"type": "string", "format": "uri"},
                },
            },
        },
        "coverage": {"type": "array", "items": {"type": "object"}},
        "source": {"type": "object"},
        "datetime": {"type": "string", "format": "date-time"},
        "knownAt": {"type": ["string", "null"], "format": "date-time"},
        "dataVersion": {"type": "integer"},
        "crs": {"type": "string", "format": "uri"},
    },
}

PARCEL_AT_POINT = Process(
    id="parcel-at-point",
    version="1.0.0",
    title=Text("Thửa đất tại một điểm", "Parcel at a point"),
    description=Text(
        "Các thửa đất chứa điểm này, theo những gì người hỏi được xem; điểm trên ranh giới cho nhiều thửa. Khi không có thửa nào: "
        "'no-parcel' nếu dữ liệu ở đó đã đầy đủ, 'no-data' nếu chưa.",
        "The parcels at the point, as the caller may see them; a point on a boundary has several. Where there is none: 'no-parcel' "
        "where the data there are complete, 'no-data' where they are not.",
    ),
    keywords=("parcel", "thửa đất", "point"),
    inputs={
        "point": Input(
            Text("Điểm", "Point"),
            Text(
                "Kinh độ 'lon' và vĩ độ 'lat' (WGS 84), hoặc 'x' (Đông), 'y' (Bắc) và 'crs'.",
                "'lon' and 'lat' in degrees (WGS 84), or 'x' (easting), 'y' (northing) and 'crs'.",
            ),
            POINT,
        ),
        **MOMENT,
    },
    outputs={
        "result": Output(
            Text("Kết quả", "Result"),
            Text(
                "Các thửa đất, phạm vi dữ liệu và phiên bản dữ liệu.", "The parcels, the coverage and the data version."
            ),
            _RESULT,
        )
    },
    run=_run,
    example={"inputs": {"point": {"lon": 106.7, "lat": 10.776}}},
)

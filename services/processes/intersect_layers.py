"""The process `intersect-layers`: how much of a polygon each layer takes, "no data" apart from "nothing there"."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, cast

from shapely.geometry.base import BaseGeometry

from gis.crs.registry import crs as crs_of
from gis.errors import InvalidParameter
from gis.model.access import Decision
from gis.model.layer import Layer, Role, Text
from gis.ops.overlay import Overlay, Standing, overlay
from gis.ops.pieces import TOLERANCE
from gis.rules.situation import complete
from gis.store.pools import Snapshot
from gis.store.vicinity import Moment, Near, Vicinity, vicinity
from services.auth.policy import Action, decide, pool_for
from services.ogc.datetimes import instant_text
from services.ogc.names import meant
from services.permits.selector import SELECTOR, Parcel, allow_selector, find_parcel
from services.processes.moments import MOMENT, WITHHELD, declarations, moment_of
from services.processes.outlines import CRS, POLYGON, polygon_of
from services.processes.process import Call, Input, Json, Output, Process, Value

MOST_FEATURES, MOST_LISTED = 20_000, 1_000
"""Of one layer: that are read, and that are told one by one; of the others, how many there are."""


async def _run(call: Call, inputs: Mapping[str, Json]) -> Mapping[str, Value]:
    if ("polygon" in inputs) == ("parcel" in inputs):
        raise InvalidParameter(
            "inputs: give either 'polygon' or 'parcel'.",
            "inputs: hãy gửi 'polygon' hoặc 'parcel', không gửi cả hai.",
            where="polygon",
        )
    wanted = _wanted(call, inputs)
    moment = moment_of(inputs, call.catalog.territory)
    async with call.pools.reading(pool_for(call.actor, call.catalog.layers.values())) as source:
        polygon, parcel = await _polygon(call, source, inputs, moment)
        there = await vicinity(source, wanted, polygon, 0.0, moment, most=MOST_FEATURES)
    laid = [await asyncio.to_thread(_laid, polygon, near) for near in there.layers.values()]
    layers: list[Json] = [
        _told(call, near, one, polygon) for near, one in zip(there.layers.values(), laid, strict=True)
    ]
    result: dict[str, Json] = {
        "polygon": {**_named(call, parcel), "area_m2": round(float(polygon.area), 2)},
        "layers": layers,
        "tolerance": {"area_m2": TOLERANCE.area, "width_m": TOLERANCE.width},
        "datetime": instant_text(there.instant),
        **_pins(there, parcel),
        "crs": crs_of(there.crs).uri,
    }
    return {"result": result}


def _wanted(call: Call, inputs: Mapping[str, Json]) -> list[tuple[Layer, Decision]]:
    known = call.catalog.layers
    names = cast("list[str]", inputs.get("layers", [name for name, layer in known.items() if layer.drawn]))
    for name in names:
        if name not in known:
            en, vi = meant(name, list(known))
            raise InvalidParameter(
                f"layers: there is no layer '{name[:60]}'; {en}",
                f"layers: không có lớp '{name[:60]}'; {vi}",
                where="layers",
            )
    return [(known[name], decide(call.actor, Action.READ, known[name])) for name in dict.fromkeys(names)]


async def _polygon(
    call: Call, source: Snapshot, inputs: Mapping[str, Json], moment: Moment
) -> tuple[BaseGeometry, Parcel | None]:
    """The polygon in the storage CRS, and the parcel whose outline it is."""
    if "parcel" in inputs:
        parcel = await find_parcel(call, source, cast("Mapping[str, Json]", inputs["parcel"]), moment)
        return parcel.lot, parcel
    return await polygon_of(inputs, call.catalog.territory), None


def _named(call: Call, parcel: Parcel | None) -> dict[str, Json]:
    if parcel is None:
        return {}
    notes: list[Json] = [note[call.language] for note in parcel.notes]
    return {"parcel": parcel.id, **({"notes": notes} if notes else {})}


def _pins(there: Vicinity, parcel: Parcel | None) -> dict[str, Json]:
    """The answer rests on the layers that were asked, and on the one of the parcel, which may be none of them."""
    changesets = [there.changeset] + ([] if parcel is None else [parcel.changeset])
    times = [there.known_at, None if parcel is None else parcel.known_at]
    known = max((time for time in times if time is not None), default=None)
    return {"knownAt": None if known is None else instant_text(known), "dataVersion": max(changesets)}


def _laid(polygon: BaseGeometry, near: Near) -> Overlay:
    return overlay(polygon, near.found.geometry, complete(near))


def _told(call: Call, near: Near, laid: Overlay, polygon: BaseGeometry) -> Json:
    layer, whole = near.layer, float(polygon.area)
    rows = laid.feature.tolist()[:MOST_LISTED]
    features: list[Json] = [
        _feature(call, layer, near.found.record(row), (float(area), float(length)), whole)
        for row, area, length in zip(rows, laid.area, laid.length, strict=False)
    ]
    told: dict[str, Json] = {
        "layer": layer.id,
        "title": layer.title[call.language],
        "status": laid.standing.value,
        "area_m2": round(laid.hit, 2),
        "percent": _percent(laid.hit, whole),
        "free_m2": round(laid.free, 2),
        "unknown_m2": round(laid.unknown, 2),
        "covered_percent": _percent(whole - laid.unknown, whole),
        "slivers_m2": round(laid.slivers, 2),
        "numberMatched": len(laid.feature),
        "features": features,
        "coverage": list(declarations(near, polygon)),
        "source": {"owner": layer.owner, "licence": layer.licence},
    }
    if near.withheld:
        told["note"] = WITHHELD[call.language]
    return told


def _feature(call: Call, layer: Layer, told: Mapping[str, Any], size: tuple[float, float], whole: float) -> Json:
    area, length = size
    label = layer.with_role(Role.LABEL)
    name = None if label is None else told.get(label.name)
    return {
        "id": str(told["id"]),
        "label": None if name is None else str(name),
        "area_m2": round(area, 2),
        "percent": _percent(area, whole),
        **({"length_m": round(length, 2)} if length else {}),
        "href": f"{call.base}/collections/{layer.id}/items/{told['id']}",
    }


def _percent(part: float, whole: float) -> float:
    return round(100 * part / whole, 2)


def _object(**properties: Json) -> dict[str, Json]:
    return {"type": "object", "required": [*properties], "properties": dict(properties)}


_NUMBER: dict[str, Json] = {"type": "number", "minimum": 0}
_TEXT: dict[str, Json] = {"type": "string"}
_RESULT = _object(
    polygon=_object(area_m2=_NUMBER),
    tolerance=_object(area_m2=_NUMBER, width_m=_NUMBER),
    layers={
        "type": "array",
        "items": _object(
            layer=_TEXT,
            title=_TEXT,
            status={"type": "string", "enum": [one.value for one in Standing]},
            area_m2=_NUMBER,
            percent=_NUMBER,
            free_m2=_NUMBER,
            unknown_m2=_NUMBER,
            covered_percent=_NUMBER,
            slivers_m2=_NUMBER,
            numberMatched={"type": "integer", "minimum": 0},
            features={
                "type": "array",
                "items": _object(
                    id=_TEXT, label={"type": ["string", "null"]}, area_m2=_NUMBER, percent=_NUMBER, href=_TEXT
                ),
            },
            coverage={"type": "array", "items": {"type": "object"}},
            source={"type": "object"},
        ),
    },
    datetime={"type": "string", "format": "date-time"},
    knownAt={"type": ["string", "null"], "format": "date-time"},
    dataVersion={"type": "integer"},
    crs=_TEXT,
)

INTERSECT_LAYERS = Process(
    id="intersect-layers",
    version="1.0.0",
    title=Text("Giao với các lớp dữ liệu", "Intersect layers"),
    description=Text(
        "Mỗi lớp chiếm bao nhiêu m² và % của một vùng hoặc thửa đất: 'concerned' có liên quan, 'not-concerned' không liên quan (dữ liệu ở "
        "đó đầy đủ), 'partial' không tìm thấy nhưng dữ liệu chỉ đầy đủ một phần, 'no-data' chưa có dữ liệu. Diện tích tính trong hệ toạ độ "
        "pháp lý; chỗ nhiều đối tượng chồng nhau chỉ tính một lần trong tổng; phần quá nhỏ hoặc quá mảnh được nêu riêng.",
        "How many m² and % of a polygon or parcel each layer takes: 'concerned'; 'not-concerned' (the data there are complete); 'partial', "
        "where nothing was found and the data are complete in a part of it; 'no-data'. Areas are those of the legal CRS; where features "
        "overlap, the total counts the ground once; parts too small or too thin are told apart.",
    ),
    keywords=("overlay", "area", "quy hoạch", "coverage"),
    inputs={
        "polygon": Input(
            Text("Vùng", "Polygon"),
            Text(
                "Polygon hoặc MultiPolygon GeoJSON không quá 2.000 đỉnh, toạ độ theo 'crs'. Gửi 'polygon' hoặc 'parcel'.",
                "A GeoJSON Polygon or MultiPolygon of at most 2,000 vertices, coordinates in 'crs'. Give 'polygon' or 'parcel'.",
            ),
            POLYGON,
            required=False,
        ),
        "crs": Input(
            Text("Hệ toạ độ", "CRS"),
            Text(
                "Của 'polygon', với thứ tự trục của hệ đó; bỏ trống là kinh độ, vĩ độ (CRS84).",
                "Of 'polygon', in the axis order that it defines; longitude, latitude (CRS84) if left out.",
            ),
            CRS,
            required=False,
        ),
        "parcel": Input(
            Text("Thửa đất", "Parcel"),
            Text(
                "Mã, xã + tờ + thửa, điểm, địa chỉ hoặc vùng; nhiều thửa khớp thì trả về danh sách để chọn.",
                "By id, commune with sheet and number, point, address or polygon; where several match, they are listed to choose from.",
            ),
            dict(SELECTOR),
            required=False,
        ),
        "layers": Input(
            Text("Các lớp", "Layers"),
            Text("Mã các lớp cần hỏi; bỏ trống là tất cả.", "Ids of the layers to ask; all if left out."),
            {
                "type": "array",
                "minItems": 1,
                "maxItems": 50,
                "items": {"type": "string", "minLength": 1, "maxLength": 60},
            },
            required=False,
        ),
        **MOMENT,
    },
    outputs={
        "result": Output(
            Text("Kết quả", "Result"),
            Text(
                "Theo từng lớp: trạng thái, diện tích, đối tượng, phạm vi và phiên bản dữ liệu.",
                "By layer: status, areas, features, coverage and data version.",
            ),
            _RESULT,
        )
    },
    run=_run,
    allow=lambda call, inputs: allow_selector(call, cast("Mapping[str, Json]", inputs.get("parcel", {}))),
    example={
        "inputs": {
            "polygon": {
                "type": "Polygon",
                "coordinates": [
                    [[106.7, 10.776], [106.7002, 10.776], [106.7002, 10.7762], [106.7, 10.7762], [106.7, 10.776]]
                ],
            },
            "layers": ["zones", "road_lines"],
        }
    },
)

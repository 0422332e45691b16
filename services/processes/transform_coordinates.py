"""The process `transform-coordinates`: positions and geometries from one supported CRS to another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from gis.crs.area import area_of
from gis.crs.operation import Operation, accuracy, axes, operations
from gis.crs.positions import MAX_POSITIONS, Frame, Move
from gis.crs.registry import VN2000_GEOGRAPHIC, ZONES, Crs, crs, is_vn2000, parse, served
from gis.errors import InvalidCrs, InvalidParameter
from gis.model.layer import Territory, Text
from services.processes.process import Call, Input, Json, Output, Process, Value

_AXES = ("registered", "east-north", "north-east")
_AXES_SCHEMA: Mapping[str, Json] = {"type": "string", "enum": list(_AXES), "default": "registered"}
_CRS_SCHEMA: Mapping[str, Json] = {"type": "string", "minLength": 1, "maxLength": 80}
_GEOMETRY: Mapping[str, Json] = {
    "type": "object",
    "required": ["type"],
    "properties": {
        "type": {
            "type": "string",
            "enum": [
                "Point",
                "MultiPoint",
                "LineString",
                "MultiLineString",
                "Polygon",
                "MultiPolygon",
                "GeometryCollection",
            ],
        },
        "coordinates": {"type": "array"},
        "geometries": {"type": "array", "items": {"type": "object"}},
    },
}
_POSITIONS: Mapping[str, Json] = {"type": "array", "minItems": 1, "maxItems": MAX_POSITIONS, "items": {"type": "array"}}

_SYSTEM: Mapping[str, Json] = {
    "type": "object",
    "required": ["crs", "uri", "title", "axes", "area"],
    "properties": {
        "crs": {"type": "string"},
        "uri": {"type": "string"},
        "title": {"type": "string"},
        "axes": {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2},
        "area": {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4},
        "note": {"type": "string"},
    },
}
_RESULT: Mapping[str, Json] = {
    "type": "object",
    "required": ["from", "to", "operations", "accuracy"],
    "properties": {
        "from": dict(_SYSTEM),
        "to": dict(_SYSTEM),
        "operations": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "code": {"type": ["string", "null"]},
                    "accuracy": {"type": ["number", "null"]},
                },
            },
        },
        "accuracy": {"type": ["number", "null"], "description": "metres"},
        "coordinates": {"type": "array"},
        "geometry": dict(_GEOMETRY),
    },
}
_PAPER = Text(
    "Trên bản đồ và hồ sơ địa chính, X là hướng Bắc và Y là hướng Đông: ghi 'X, Y' nghĩa là north-east.",
    "On Vietnamese maps and cadastral papers X is the northing and Y the easting: 'X, Y' there means north-east.",
)


async def _run(call: Call, inputs: Mapping[str, Json]) -> Mapping[str, Value]:
    source = _system(call.catalog.territory, inputs, "from")
    target = _system(call.catalog.territory, inputs, "to")
    if ("coordinates" in inputs) == ("geometry" in inputs):
        raise InvalidParameter(
            "inputs: give either 'coordinates' or 'geometry'.",
            "inputs: hãy gửi 'coordinates' hoặc 'geometry', không gửi cả hai.",
            where="inputs",
        )
    frames = (_frame(source, inputs.get("fromAxes")), _frame(target, inputs.get("toAxes")))
    steps = operations(source.code, target.code)
    result: dict[str, Json] = {
        "from": _told(source, frames[0], call.language),
        "to": _told(target, frames[1], call.language),
        "operations": [_step(step) for step in steps],
        "accuracy": accuracy(steps),
    }
    if "geometry" in inputs:
        geometry = cast("dict[str, object]", inputs["geometry"])
        result["geometry"] = cast("Json", Move(*frames, "inputs.geometry").geometry(geometry))
    else:
        moved = Move(*frames, "inputs.coordinates").positions(inputs["coordinates"])
        result["coordinates"] = cast("Json", moved)
    return {"result": result}


def supported(territory: Territory) -> tuple[int, ...]:
    """Codes between which may be transformed: what features are served in, and every CRS of VN-2000 where it is used."""
    vietnam = (*ZONES, VN2000_GEOGRAPHIC) if is_vn2000(territory.storage_crs) else ()
    return tuple(dict.fromkeys((*served(territory), *vietnam)))


def _system(territory: Territory, inputs: Mapping[str, Json], name: str) -> Crs:
    where = f"inputs.{name}"
    try:
        found = parse(str(inputs[name]))
    except InvalidCrs as error:
        raise InvalidCrs(f"{where}: {error.en}", f"{where}: {error.vi}", where=where) from error
    codes = supported(territory)
    if found.code not in codes:
        known = ", ".join(crs(code).curie for code in codes)
        raise InvalidCrs(
            f"{where}: {found.curie} is not served here; there are {known}.",
            f"{where}: không hỗ trợ {found.curie}; hiện có {known}.",
            where=where,
        )
    return found


def _frame(system: Crs, order: Json) -> Frame:
    if order in (None, "registered"):
        return Frame(system.code, system.axis == "yx")
    return Frame(system.code, order == "north-east")


def _told(system: Crs, frame: Frame, language: str) -> Json:
    names = sorted(axes(system.code), key=("longitude", "easting", "latitude", "northing").index)
    told: dict[str, Json] = {
        "crs": system.curie,
        "uri": system.uri,
        "title": system.title,
        "axes": list(reversed(names)) if frame.north_first else list(names),
        "area": list(area_of(system.code)),
    }
    if is_vn2000(system.code) and not system.geographic:
        told["note"] = _PAPER[language]
    return told


def _step(step: Operation) -> Json:
    return {"name": step.name, "code": None if step.code is None else f"EPSG:{step.code}", "accuracy": step.accuracy}


TRANSFORM_COORDINATES = Process(
    id="transform-coordinates",
    version="1.0.0",
    title=Text("Chuyển đổi toạ độ", "Transform coordinates"),
    description=Text(
        "Chuyển toạ độ hoặc hình học GeoJSON giữa các hệ toạ độ được hỗ trợ. VN-2000 và WGS 84 luôn dùng một bộ bảy tham số "
        "(EPSG:6960), nên cùng một điểm luôn cho cùng một kết quả. Kết quả ghi rõ phép chuyển, độ chính xác và thứ tự trục. "
        f"{_PAPER.vi}",
        "Transforms coordinates or GeoJSON geometries between the supported CRSs. VN-2000 and WGS 84 are always joined by one "
        "set of seven parameters (EPSG:6960), so that a point always has one answer. The result tells the operation, its "
        f"accuracy and the order of the axes. {_PAPER.en}",
    ),
    keywords=("crs", "VN-2000", "EPSG:6960", "coordinates"),
    inputs={
        "from": Input(
            Text("Hệ toạ độ nguồn", "Source CRS"),
            Text("Mã EPSG (EPSG:9210), URI hoặc OGC:CRS84.", "An EPSG code (EPSG:9210), a URI, or OGC:CRS84."),
            _CRS_SCHEMA,
        ),
        "to": Input(Text("Hệ toạ độ đích", "Target CRS"), Text("Như 'from'.", "As 'from'."), _CRS_SCHEMA),
        "coordinates": Input(
            Text("Toạ độ", "Coordinates"),
            Text(
                f"Danh sách điểm, mỗi điểm hai số; nhiều nhất {MAX_POSITIONS} điểm.",
                f"A list of positions of two numbers each; {MAX_POSITIONS} at most.",
            ),
            _POSITIONS,
            required=False,
        ),
        "geometry": Input(
            Text("Hình học", "Geometry"),
            Text("Hình học GeoJSON, thay cho 'coordinates'.", "A GeoJSON geometry in place of 'coordinates'."),
            _GEOMETRY,
            required=False,
        ),
        "fromAxes": Input(
            Text("Thứ tự trục nguồn", "Order of the source axes"),
            Text(
                f"registered: theo định nghĩa của hệ toạ độ; east-north hoặc north-east: ghi rõ. {_PAPER.vi}",
                f"registered: as the CRS is defined; east-north or north-east: said explicitly. {_PAPER.en}",
            ),
            _AXES_SCHEMA,
            required=False,
        ),
        "toAxes": Input(
            Text("Thứ tự trục đích", "Order of the target axes"),
            Text("Như 'fromAxes'.", "As 'fromAxes'."),
            _AXES_SCHEMA,
            required=False,
        ),
    },
    outputs={
        "result": Output(
            Text("Kết quả", "Result"),
            Text(
                "Toạ độ đã chuyển, phép chuyển và độ chính xác (mét).",
                "The coordinates, the operations and their accuracy in metres.",
            ),
            _RESULT,
        )
    },
    run=_run,
    example={
        "inputs": {
            "from": "EPSG:9210",
            "to": "OGC:CRS84",
            "fromAxes": "north-east",
            "coordinates": [[1191842.4, 603699.1]],
        }
    },
)

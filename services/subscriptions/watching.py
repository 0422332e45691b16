"""What is to be watched, as it is sent: a parcel, a polygon or a filter, which are questions to the change feed, or a rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from uuid import UUID

import orjson
from jsonschema import Draft202012Validator

from gis.errors import InvalidInputs, InvalidParameter
from gis.ingest.outline import read_outline
from gis.model.filter import ID
from gis.model.layer import Catalog
from gis.model.query import CRS84
from services.ogc.names import meant
from services.ogc.parameters import CQL2_JSON, CQL2_TEXT, LANGUAGES, served_crs
from services.permits.inputs import INPUTS
from services.processes.inputs import mistakes
from services.processes.outlines import CRS
from services.processes.process import Json
from services.subscriptions.callbacks import LONGEST

PARCELS = "parcels"

_NAME: Json = {"type": "string", "minLength": 1, "maxLength": 60}


def _only(required: list[Json], properties: dict[str, Json]) -> Json:
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


_PARCEL: Json = {"type": "string", "pattern": "^[0-9a-fA-F-]{36}$"}
_POLYGON: Json = {
    "type": "object",
    "required": ["type", "coordinates"],
    "additionalProperties": False,
    "properties": {
        "type": {"type": "string", "enum": ["Polygon", "MultiPolygon"]},
        "coordinates": {"type": "array"},
    },
}
_RULE: Json = _only(["pack"], {"pack": _NAME, "rule": _NAME})
_APPLIED: Json = _only(
    [],
    {
        name: cast("Json", INPUTS[name].schema)
        for name in ("work", "use", "storeys", "height_m", "floor_areas", "cap_cong_trinh", "facts")
    },
)
"""What is built, in the words of the permit check: without it a rule tells of the lot alone."""

WATCH: Json = {
    "oneOf": [
        _only(["parcel"], {"parcel": _PARCEL}),
        _only(
            ["polygon"],
            {
                "polygon": _POLYGON,
                "crs": CRS,
                "layers": {"type": "array", "minItems": 1, "maxItems": 50, "items": _NAME},
            },
        ),
        _only(
            ["layer", "filter"],
            {
                "layer": _NAME,
                "filter": {"type": "string", "minLength": 1, "maxLength": 4_000},
                "filter-lang": {"type": "string", "enum": [*LANGUAGES]},
                "filter-crs": CRS,
            },
        ),
        _only(["rule"], {"rule": _RULE}),
        _only(["rule", "parcel"], {"rule": _RULE, "parcel": _PARCEL, "application": _APPLIED}),
        _only(["rule", "polygon"], {"rule": _RULE, "polygon": _POLYGON, "crs": CRS, "application": _APPLIED}),
    ]
}
"""JSON Schema of what is watched. A polygon has the axis order of its CRS (longitude, latitude without one)."""

BODY: dict[str, Json] = cast(
    "dict[str, Json]",
    _only(["watch"], {"watch": WATCH, "callback": {"type": "string", "minLength": 1, "maxLength": LONGEST}}),
)
"""JSON Schema of a subscription as it is sent."""

_VALIDATOR = Draft202012Validator(BODY)


@dataclass(frozen=True, slots=True)
class Watch:
    """`sent`: what is watched, as it was said; `question`: parameters of the change feed of each of the `layers`. A rule is
    asked by what was sent, and has neither."""

    sent: Mapping[str, Json]
    question: Mapping[str, str]
    layers: tuple[str, ...]
    callback: str | None


def read_watch(sent: object, catalog: Catalog) -> Watch:
    """What the body asks to watch. InvalidInputs, InvalidParameter and InvalidCrs for what cannot be."""
    problems = mistakes(_VALIDATOR, "body", cast("Json", sent))
    if problems:
        first = problems[0]
        raise InvalidInputs(first["en"], first["vi"], where=first["where"], problems=problems)
    body = cast("Mapping[str, Json]", sent)
    watch = cast("Mapping[str, Json]", body["watch"])
    callback = None if "callback" not in body else str(body["callback"])
    if "rule" in watch:
        return Watch(_rule(watch, catalog), {}, (), callback)
    if "parcel" in watch:
        return Watch(watch, {ID: _uuid(watch["parcel"])}, (_known(catalog, PARCELS),), callback)
    if "polygon" in watch:
        return Watch(watch, _around(watch, catalog), _layers(watch, catalog), callback)
    names = ("filter", "filter-lang", "filter-crs")
    question = {name: str(watch[name]) for name in names if name in watch}
    return Watch(watch, {"filter-lang": CQL2_TEXT, **question}, (_known(catalog, str(watch["layer"])),), callback)


def _rule(watch: Mapping[str, Json], catalog: Catalog) -> Mapping[str, Json]:
    """As it is kept. InvalidParameter and InvalidCrs where its lot cannot be one."""
    if "polygon" in watch:
        _around(watch, catalog)
    return {**watch, "parcel": _uuid(watch["parcel"])} if "parcel" in watch else watch


def _uuid(sent: Json) -> str:
    try:
        return str(UUID(str(sent)))
    except ValueError as error:
        raise InvalidParameter(
            "parcel: is not the id of a feature (a UUID).", "parcel: không phải mã đối tượng (UUID).", where="parcel"
        ) from error


def _around(watch: Mapping[str, Json], catalog: Catalog) -> dict[str, str]:
    """Everything that meets the polygon."""
    crs = served_crs("crs", watch["crs"], catalog.territory) if "crs" in watch else None
    polygon = cast("dict[str, object]", watch["polygon"])
    read_outline(polygon, CRS84 if crs is None else crs.code, catalog.territory, "polygon")
    condition = {"op": "s_intersects", "args": [{"property": "geometry"}, polygon]}
    question = {"filter": orjson.dumps(condition).decode(), "filter-lang": CQL2_JSON}
    return question if crs is None else {**question, "filter-crs": crs.uri}


def _layers(watch: Mapping[str, Json], catalog: Catalog) -> tuple[str, ...]:
    names = cast("list[str]", watch.get("layers", list(catalog.layers)))
    return tuple(dict.fromkeys(_known(catalog, name) for name in names))


def _known(catalog: Catalog, name: str) -> str:
    if name not in catalog.layers:
        en, vi = meant(name, list(catalog.layers))
        raise InvalidParameter(
            f"layer: there is no layer '{name[:60]}'; {en}",
            f"layer: không có lớp '{name[:60]}'; {vi}",
            where="layer",
        )
    return name

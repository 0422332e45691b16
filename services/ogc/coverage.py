"""What is declared about the data at a place: whether nothing found there means that there is nothing."""

from __future__ import annotations

import math

from starlette.requests import Request
from starlette.responses import Response

from gis.errors import InvalidParameter
from gis.store.coverage import at_sql
from services.ogc.answers import document
from services.ogc.ask import Ask, ask
from services.ogc.boxes import NUMBER
from services.ogc.negotiation import JSON

UNDECLARED = "undeclared"


async def coverage(request: Request) -> Response:
    """GET /coverage?point=lon,lat: for each layer `complete` (nothing found means nothing is there), `partial`, `none`, or
    `undeclared` (nothing found means nothing), with the day and the agency that says so."""
    asked = ask(request, (JSON,), ("point",))
    lon, lat = _point(asked)
    rows = {row["layer"]: row for row in await asked.services.pools.rows(at_sql(lon, lat))}
    layers = [
        {
            "layer": layer,
            "level": rows[layer]["level"] if layer in rows else UNDECLARED,
            "asOf": rows[layer]["as_of"] if layer in rows else None,
            "agency": rows[layer]["agency"] if layer in rows else None,
        }
        for layer in asked.services.catalog.layers
    ]
    return document(asked, {"point": [lon, lat], "coverage": layers})


def _point(asked: Ask) -> tuple[float, float]:
    text = asked.parameters.get("point", "")
    parts = text.split(",")
    numbers = [float(part) for part in parts if NUMBER.fullmatch(part)]
    lon, lat = numbers if len(parts) == len(numbers) == 2 else (math.nan, math.nan)
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise InvalidParameter(
            f"point: give longitude and latitude in degrees, such as point=106.7,10.776, not '{text[:60]}'.",
            f"point: hãy ghi kinh độ và vĩ độ theo độ, ví dụ point=106.7,10.776, không phải '{text[:60]}'.",
            where="point",
        )
    return lon, lat

"""What the OpenAPI document cannot say of its parameters, said to schemathesis: texts with a grammar of their own, and
parameters that only go together. Read by the command `st`, not by pytest."""

from __future__ import annotations

import itertools
from typing import Any
from urllib.parse import urlencode

import mapbox_vector_tile  # type: ignore[import-untyped]
import schemathesis
from hypothesis import strategies as st

INSTANTS = ["2024-01-01T00:00:00Z", "2019-06-30T23:59:59.5+07:00", "1000-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
DAYS = ["2024-02-29", "2023-12-31", "0001-01-01"]
PAIRS = ["2023-01-01/2024-02-29", "2024-01-01T00:00:00Z/.."]
TEXTS = ["TRUE", "id IS NULL", "valid_from > TIMESTAMP('2020-01-01T00:00:00Z')", "NOT (id = 'x' OR id LIKE 'a%')"]
JSONS = ["true", '{"op":"isNull","args":[{"property":"id"}]}', '{"op":"=","args":[{"property":"id"},"x"]}']
MOST_BYTES = 8_000  # of a query string that is read
PROFILES = {"excel-vi": "csv"}  # the format that a profile goes with; json for the others
OPEN_ENDED = ("cursor",)  # what only a link can give
WEST, SOUTH = 106.70, 10.79  # where new features lie

written = itertools.count(1)

moments = st.sampled_from([*INSTANTS, *DAYS])
ends = st.one_of(moments, st.sampled_from(["..", ""]))
schemathesis.openapi.format(
    "date-time-or-interval",
    st.one_of(moments, st.builds("{}/{}".format, ends, ends).filter(lambda text: text.strip("./") and _ordered(text))),
)
schemathesis.openapi.format("date-time-or-date", moments)
schemathesis.openapi.format("date-time-or-pair", st.sampled_from([*INSTANTS, *PAIRS]))
schemathesis.openapi.format("changeset-or-date-time", st.one_of(moments, st.sampled_from(["1", "2"])))
schemathesis.openapi.format("cql2", st.sampled_from(TEXTS))


def _ordered(interval: str) -> bool:
    first, last = interval.split("/")
    return first in ("", "..") or last in ("", "..") or first[:10] < last[:10]


@schemathesis.hook
def map_case(context: schemathesis.HookContext, case: schemathesis.Case[Any]) -> schemathesis.Case[Any]:
    """Makes the parameters of a right question go together; wrong questions stay as they are."""
    if case.meta is not None and case.meta.generation.mode.is_positive:
        if case.query:
            case.query = _together(dict(case.query))
        if case.method in ("POST", "PUT", "PATCH") and (number := next(written)) % 2:
            case.body = _example(case) or _body(case.method, case.operation.path, number)
    return case


def _example(case: schemathesis.Case[Any]) -> dict[str, Any] | None:
    """The body that the document shows as an example, where there is one."""
    bodies = case.operation.definition.raw.get("requestBody", {}).get("content", {})
    found: dict[str, Any] | None = bodies.get("application/json", {}).get("example")
    return found


def _body(method: str, path: str, number: int) -> dict[str, Any]:
    """A body with the fields of its layer, of which the schemas say nothing: in place of every other one of theirs."""
    if path == "/transactions":
        added = [_permit(number)]
        return {"transaction": [{"action": "insert", "collection": "permits", "items": added}]}
    whole = _parcel(number) if path.startswith("/collections/parcels/") else _permit(number)
    return {"properties": {"address": f"{number} Lê Lợi"}} if method == "PATCH" else whole


def _parcel(number: int) -> dict[str, Any]:
    west, north = WEST + number * 1e-4, SOUTH + 1e-4
    ring = [[west, SOUTH], [west + 5e-5, SOUTH], [west + 5e-5, north], [west, north], [west, SOUTH]]
    properties = {"sheet": "13", "parcel": str(number), "commune_old": "26734", "land_use_raw": "ODT"}
    return {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": properties}


def _permit(number: int) -> dict[str, Any]:
    geometry = {"type": "Point", "coordinates": [WEST + number * 1e-4, SOUTH]}
    return {"type": "Feature", "geometry": geometry, "properties": {"number": f"{number}/GP", "status": "ISSUED"}}


@schemathesis.hook
def filter_case(context: schemathesis.HookContext, case: schemathesis.Case[Any]) -> bool:
    """Leaves out what is right or wrong for reasons that no schema tells.

    A `limit` over the maximum is answered with the maximum (Features Part 1, /req/core/fc-limit-response), though the
    schema has to name the maximum. A query string has a length; a schema cannot name it.
    """
    query = case.query or {}
    if len(urlencode(query, doseq=True)) > MOST_BYTES:
        return False
    limit = str(query.get("limit", ""))
    return not (limit.isascii() and limit.isdigit() and int(limit) > 0 and not _right(case))


def _right(case: schemathesis.Case[Any]) -> bool:
    return case.meta is None or bool(case.meta.generation.mode.is_positive)


def _together(query: dict[str, Any]) -> dict[str, Any]:
    for name in OPEN_ENDED:
        query.pop(name, None)
    if "since" in query and "until" not in query:
        query["since"] = "0"  # neither later than now nor than the newest changeset
    elif "since" in query:
        query |= {"since": "0", "until": "1"}
    if "profile" in query:
        query["f"] = PROFILES.get(query["profile"], "json")
    if "filter" in query and query.get("filter-lang") == "cql2-json":
        query["filter"] = JSONS[len(query["filter"]) % len(JSONS)]
    if "bbox" in query:
        query["bbox"] = _list(_box(_numbers(query["bbox"])))
        query.pop("bbox-crs", None)  # the numbers were drawn as degrees
    if "point" in query:
        lon, lat = _numbers(query["point"])
        query["point"] = _list([_within(lon, 180), _within(lat, 90)])
    if "center" in query:
        query["center"] = f"{WEST},{SOUTH}"  # on the ground that the CRS of the territory is made for
    return query


def _numbers(given: str | list[float]) -> list[float]:
    """Some cases have their lists written out already."""
    return [float(part) for part in given.split(",")] if isinstance(given, str) else given


def _list(numbers: list[float]) -> str:
    return ",".join(f"{number:.9f}" for number in numbers)


def _box(numbers: list[float]) -> list[float]:
    """The numbers as corners on Earth, the lower one first."""
    half = len(numbers) // 2
    limits = (180, 90, 10_000)[:half]
    pairs = [sorted((_within(numbers[i], most), _within(numbers[i + half], most))) for i, most in enumerate(limits)]
    return [pair[side] for side in (0, 1) for pair in pairs]


def _within(number: float, most: int) -> float:
    return max(-most, min(most, number))


@schemathesis.deserializer("application/vnd.mapbox-vector-tile")
def tile(context: schemathesis.DeserializationContext, response: schemathesis.Response) -> str:
    """A tile is bytes to its schema; that they are a tile is seen here."""
    mapbox_vector_tile.decode(response.content)
    return response.content.decode("latin-1")

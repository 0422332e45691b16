"""What is sent about cases: which members there are and of what kind, checked before anything is done.

Only what is listed is taken, nothing of it about applicants; texts for people are looked through for what tells of them.
The people that are named are officers: those who attest a finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Any, cast

from jsonschema import Draft202012Validator

from gis.errors import Unwritable
from gis.model.case import Kind
from gis.model.deadline import Subject
from gis.model.layer import Text
from services.permits.around import subject_of
from services.permits.inputs import INPUTS, SPLIT
from services.processes.inputs import mistakes
from services.processes.process import Json

type Schema = dict[str, Json]

NUMBER = r"^(?=.*[0-9])[^\W_][\w./\-]{2,59}$"
"""Mã hồ sơ: no spaces and at least one digit, so that nobody writes a name here."""

_PINS = ("datetime", "knownAt")
_PERSONAL = re.compile(
    r"(?<!\d)\d{9,12}(?!\d)|(?<!\d)(?:0|\+84)\d{1,3}(?:[ .\-]\d{2,4}){2,3}(?!\d)|[\w.+\-]+@[\w\-]+\.\w"
)
"""Numbers of identification and of telephones, addresses of e-mail."""

_NUMBERS = ("application.parcel.id", "application.parcel.identifier")
"""Of parcels, not of people."""

_OUTLINES = ("lot", "footprint", "tower")
_DAY: Schema = {"type": "string", "pattern": r"^2[01]\d\d-\d\d-\d\d$"}
_DOCUMENT: Schema = {"type": "string", "pattern": NUMBER}
_REASON: Schema = {"type": "string", "minLength": 3, "maxLength": 2_000, "pattern": r"^[^\x00-\x08\x0b-\x1f\x7f]*$"}
_AGENCY: Schema = {"type": "string", "pattern": "^[a-z][a-z0-9-]{1,39}$"}
_CODE: Schema = {"type": "string", "pattern": r"^[A-Z][A-Z0-9_]{0,39}$"}

_OUTLINE: Schema = {
    "type": "object",
    "required": ["type", "coordinates"],
    "additionalProperties": False,
    "properties": {"type": {"type": "string", "enum": ["Polygon", "MultiPolygon"]}, "coordinates": {"type": "array"}},
}
"""A bare geometry: drawings and properties of features tell of people."""

APPLICATION: Schema = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        name: _OUTLINE if name in _OUTLINES else cast("Json", one.schema)
        for name, one in INPUTS.items()
        if name not in _PINS
    },
}
"""The inputs of a permit check, without the moments that each check has of its own. Outlines are bare geometries."""


def _object(properties: Schema, *required: str) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "required": list[Json](required),
    }


_OF_ALL: Schema = {"on": _DAY, "reason": _REASON, "document": _DOCUMENT}
OPENING = _object(
    {
        "ma_ho_so": {"type": "string", "pattern": NUMBER},
        "permit_type": _CODE,
        "work_kind": _CODE,
        "house": {"type": "boolean"},
        "state": _CODE,
        "application": APPLICATION,
        **_OF_ALL,
    },
    *("ma_ho_so", "application"),
)
EVENTS: Mapping[Kind, Schema] = MappingProxyType(
    {
        Kind.STATE: _object(
            {"kind": {"const": "state"}, "state": _CODE, "departs_from_advice": {"type": "boolean"}, **_OF_ALL},
            *("kind", "state"),
        ),
        Kind.APPLICATION: _object(
            {"kind": {"const": "application"}, "application": APPLICATION, **_OF_ALL}, *("kind", "application")
        ),
        Kind.CHECK: _object(
            {"kind": {"const": "check"}, "datetime": {"type": "string", "minLength": 1, "maxLength": 60}}, "kind"
        ),
        Kind.TRANSFER: _object(
            {"kind": {"const": "transfer"}, "receiver": _AGENCY, **_OF_ALL}, *("kind", "receiver", "reason")
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Opening:
    """A case to open. None of `on`: today."""

    number: str
    subject: Subject
    state: str
    application: Mapping[str, Json]
    on: date | None
    reason: str | None
    document: str | None


@dataclass(frozen=True, slots=True)
class Happening:
    """An event to add to a case; of `state`, `application`, `at` and `receiver` the one that its kind is about."""

    kind: Kind
    state: str | None
    application: Mapping[str, Json] | None
    at: str | None
    receiver: str | None
    departs: bool | None
    on: date | None
    reason: str | None
    document: str | None


def read_opening(body: object) -> Opening:
    """Unwritable lists what does not fit."""
    told = _checked(Kind.OPENED, OPENING, body)
    application = told["application"]
    work = application.get("work")
    known = subject_of(told.get("work_kind", None if work == SPLIT else work), application.get("use"))
    return Opening(
        number=told["ma_ho_so"],
        subject=Subject(told.get("permit_type", known.permit_type), known.work_kind, told.get("house", known.house)),
        state=told.get("state", "RECEIVED"),
        application=application,
        on=_day(told),
        reason=told.get("reason"),
        document=told.get("document"),
    )


def read_event(body: object) -> Happening:
    """Unwritable lists what does not fit."""
    kinds = [str(kind) for kind in EVENTS]
    kind = body.get("kind") if isinstance(body, dict) else None
    if kind not in kinds:
        raise refused("kind", Text(f"phải là một trong: {', '.join(kinds)}.", f"has to be one of {', '.join(kinds)}."))
    told = _checked(Kind(str(kind)), EVENTS[Kind(str(kind))], body)
    return Happening(
        kind=Kind(str(kind)),
        state=told.get("state"),
        application=told.get("application"),
        at=told.get("datetime"),
        receiver=told.get("receiver"),
        departs=told.get("departs_from_advice"),
        on=_day(told),
        reason=told.get("reason"),
        document=told.get("document"),
    )


def refused(field: str, why: Text) -> Unwritable:
    """One thing that is wrong with what was sent."""
    return _unwritable([_problem(field, why)])


def _problem(field: str, why: Text) -> Mapping[str, object]:
    return {"index": 0, "field": field, "reason": "invalid", "vi": f"{field}: {why.vi}", "en": f"{field}: {why.en}"}


def _unwritable(problems: Sequence[Mapping[str, object]]) -> Unwritable:
    first = problems[0]
    return Unwritable(f"{first['en']} Nothing was written.", f"{first['vi']} Chưa ghi gì.", problems=problems)


@lru_cache(maxsize=8)
def _validator(kind: Kind) -> Draft202012Validator:
    return Draft202012Validator(OPENING if kind is Kind.OPENED else EVENTS[kind])


def _checked(kind: Kind, schema: Schema, body: object) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise refused("body", Text("phải là một đối tượng JSON.", "has to be a JSON object."))
    found = mistakes(_validator(kind), "body", body)
    problems = [
        {"index": 0, "field": one["where"], "reason": "invalid", "vi": one["vi"], "en": one["en"]} for one in found
    ]
    if not problems:
        problems = [dict(_problem(*one)) for one in _beyond_schema(body)]
    if problems:
        raise _unwritable(problems)
    return body


def _beyond_schema(body: Mapping[str, Any]) -> Iterator[tuple[str, Text]]:
    """What a schema does not say, of a body that fits its own."""
    application = body.get("application")
    if application is not None:
        if ("parcel" in application) == ("lot" in application):
            yield "application", Text("ghi 'parcel' hoặc 'lot', không ghi cả hai.", "give either 'parcel' or 'lot'.")
        polygon = application.get("parcel", {}).get("polygon", {})
        if not polygon.keys() <= {"type", "coordinates"}:
            yield "application.parcel.polygon", Text("chỉ ghi type và coordinates.", "give type and coordinates only.")
    for place, text in _texts("", {name: body[name] for name in ("reason", "document", "application") if name in body}):
        if place not in _NUMBERS and _PERSONAL.search(text):
            yield (
                place,
                Text(
                    "có số hoặc địa chỉ giống dữ liệu cá nhân (số định danh, điện thoại, thư điện tử); hãy bỏ đi.",
                    "has what looks like personal data (an identification or telephone number, an e-mail address); leave it out.",
                ),
            )


def _texts(place: str, value: Json) -> Iterator[tuple[str, str]]:
    """All texts with where they stand."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _texts(f"{place}.{name}" if place else name, one)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _texts(f"{place}[{number}]", one)


def _day(told: Mapping[str, Any]) -> date | None:
    text = told.get("on")
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise refused("on", Text(f"'{text}' không phải là ngày.", f"'{text}' is no day.")) from error

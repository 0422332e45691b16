"""The answer of a permit check as a JSON document: the verdict with its reasons, and all that it takes to ask again.

Nothing in it depends on the clock, the language or who carries it, so that the same question gives the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import orjson

from gis.formats.geojson import geojson
from gis.model.layer import Text
from gis.model.verdict import Attestation, Conflict, Finding, Judgement, Missing, Status, Unused
from services.ogc.datetimes import instant_text
from services.permits.lot_map import Scene
from services.processes.process import Json

type Object = dict[str, Json]

ADVICE = Text(
    "Kết quả chỉ có giá trị tham khảo, nêu căn cứ và phiên bản dữ liệu; không phải là quyết định, không thay thế giấy phép xây "
    "dựng và văn bản của cơ quan có thẩm quyền.",
    "This is advice with its grounds and data versions. It is no decision and replaces neither a construction permit nor any "
    "document of the competent authority.",
)
_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Pins:
    """What replays the answer: the instant asked about and the moment of knowledge, with the versions read."""

    data_version: int
    rules_version: str
    instant: datetime
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check has found. `place` tells the lot, `stated` what was read from the inputs, `layers` what was read where;
    `law` holds parts of the application, office and time limit, told as they are; `scene` is what a map is drawn from, if one
    is wanted, and no part of the answer."""

    findings: Sequence[Finding]
    judgement: Judgement
    unused: Sequence[Unused]
    pins: Pins
    place: Object
    stated: Object
    layers: Sequence[Object]
    law: Mapping[str, Object]
    inputs: Mapping[str, Json]
    scene: Scene | None = None


def answer(checked: Checked) -> Object:
    """The document, with `hash` over everything else in it (see `digest`)."""
    verdict, pins = checked.judgement.verdict, checked.pins
    body: Object = {
        "verdict": str(verdict),
        "word": verdict.word.both(),
        "advice": ADVICE.both(),
        "place": checked.place,
        "stated": checked.stated,
        "findings": [finding_json(one) for one in checked.findings],
        "missing": _missing(checked.judgement.missing, checked.findings),
        "layers": list(checked.layers),
        **checked.law,
        "data_version": pins.data_version,
        "rules_version": pins.rules_version,
        "datetime": instant_text(pins.instant),
        "knownAt": instant_text(pins.known_at),
    }
    if checked.unused:
        body["attestations_unused"] = [_unused(one) for one in checked.unused]
    body["inputs"] = {**checked.inputs, "datetime": body["datetime"], "knownAt": body["knownAt"]}
    return {**body, "hash": digest(body)}


def digest(body: Mapping[str, Json]) -> str:
    """SHA-256 of the document without `hash` and `links`, written with sorted keys and without spaces in UTF-8."""
    covered = {key: value for key, value in body.items() if key not in ("hash", "links")}
    return hashlib.sha256(orjson.dumps(covered, option=orjson.OPT_SORT_KEYS)).hexdigest()


def number(value: object) -> Json:
    """A number as it is told: four decimals at most, whole ones without a point; other values as they are."""
    if not isinstance(value, float):
        return cast("Json", value)
    rounded = round(value, _DECIMALS)
    return int(rounded) if rounded.is_integer() else rounded


def finding_json(finding: Finding) -> Json:
    """A finding as it is told; what is empty is left out."""
    told: dict[str, Any] = {
        "pack": finding.pack,
        "pack_version": finding.pack_version,
        "rule": finding.rule,
        "title": finding.title.both(),
        "clause": {"document": finding.clause.document, "article": finding.clause.article},
        "aspect": finding.aspect,
        "status": str(finding.status),
        "word": finding.status.word.both(),
        "message": finding.message.both(),
    }
    if finding.status is Status.NOT_APPLICABLE:
        return told
    more: dict[str, Any] = {
        "subject": finding.subject,
        "measured": number(finding.measured),
        "limit": number(finding.limit),
        "margin": number(finding.margin),
        "unit": finding.unit,
        "compare": "at-least" if finding.at_least else "at-most",
        "binding": finding.binding or None,
        "ignored_m2": number(finding.ignored) or None,
        "missing": [{"name": one.name, "title": one.title.both()} for one in finding.missing] or None,
        "assumed": {name: number(value) for name, value in finding.assumed.items()} or None,
        "data": [{"layer": layer, "version": version} for layer, version in finding.data] or None,
        "conflict": None if finding.conflict is None else _conflict(finding.conflict),
        "attestation": None if finding.attestation is None else _attestation(finding.attestation),
    }
    return told | {name: value for name, value in more.items() if value is not None}


def _conflict(conflict: Conflict) -> Json:
    """GeoJSON in CRS84, in an order that follows from the shape alone."""
    return geojson(conflict.geometry, conflict.crs)


def _missing(missing: Sequence[Missing], findings: Sequence[Finding]) -> Json:
    """What is missing, each with the rules that ask for it."""
    rules: dict[str, set[str]] = {}
    for finding in findings:
        for one in finding.missing:
            rules.setdefault(one.name, set()).add(f"{finding.pack}/{finding.rule}")
    return [
        {"name": one.name, "title": one.title.both(), "rules": cast("Json", sorted(rules[one.name]))} for one in missing
    ]


def _unused(one: Unused) -> Json:
    return {**cast("Object", _attestation(one.attestation)), "why": one.reason.both()}


def _attestation(given: Attestation) -> Json:
    return {
        "pack": given.pack,
        "rule": given.rule,
        "subject": given.subject,
        "person": given.person,
        "document": given.document,
        "on": given.on.isoformat(),
        "reason": given.reason,
    }

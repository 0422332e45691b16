"""JSON Schemas of a layer: what its features have, what may be sent, and what they can be filtered and sorted by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from gis.model.access import Decision
from gis.model.filter import VALID_FROM, VALID_TO
from gis.model.layer import Catalog, Codelist, Field, FieldType, GeometryType, Layer, Reference, Text
from gis.model.names import CHANGESET, VALID_FROM_KNOWN
from services.auth.policy import Action, decide, may
from services.ogc.answers import document, link_header
from services.ogc.ask import Ask, ask, layer_of
from services.ogc.negotiation import HTML, SCHEMA
from services.ogc.pages import page
from services.ogc.parameters import SYSTEM_FIELDS
from services.ogc.parameters import queryables as queryable_fields
from services.ogc.selecting import Names, called, check_names
from services.ogc.selecting import sortables as sortable_names
from services.ogc.words import WORDS

OFFERS = (SCHEMA, HTML)
PARAMETERS = ("names", "profile")
PROFILES = "http://www.opengis.net/def/profile/OGC/0/"
INLINE, BY_REFERENCE = "codelist-inline", "codelist-ref"
"""Codes with their titles, or bare and with the address of their list."""

_TYPES: dict[FieldType, dict[str, object]] = {
    FieldType.TEXT: {"type": "string"},
    FieldType.INTEGER: {"type": "integer"},
    FieldType.NUMBER: {"type": "number"},
    FieldType.BOOLEAN: {"type": "boolean"},
    FieldType.DATE: {"type": "string", "format": "date"},
    FieldType.TIMESTAMP: {"type": "string", "format": "date-time"},
    FieldType.TEXT_LIST: {"type": "array", "items": {"type": "string"}},
}
_GEOMETRY_NAMES = {GeometryType.GEOMETRY: "any"}  # the rest are the names of Features Part 5 in small letters


async def schema(request: Request) -> Response:
    """GET /collections/{layer}/schema: what features tell (returnables), and what may be sent of it (receivables)."""
    layer, decision = layer_of(request)
    asked = ask(request, OFFERS, PARAMETERS)
    described = _Described.of(asked, request, layer, decision, writable=may(asked.actor, Action.EDIT, layer))
    if asked.html:
        return _page(asked, layer, described.fields, WORDS["schema"])
    properties = described.properties(described.fields)
    properties |= described.named(
        {
            VALID_FROM_KNOWN: {"type": "boolean", "readOnly": True, "title": asked.say(WORDS["since_known"])},
            CHANGESET: {"type": "integer", "readOnly": True, "title": asked.say(WORDS["recorded"])},
        }
    )
    return described.answer(properties, required=described.fields)


async def receivables(request: Request) -> Response:
    """GET /collections/{layer}/receivables: what the caller may send of a feature. An error for who may send nothing."""
    layer, _ = layer_of(request)
    asked = ask(request, OFFERS, PARAMETERS)
    decision = decide(asked.actor, Action.EDIT, layer)
    described = _Described.of(asked, request, layer, decision, writable=True)
    if asked.html:
        return _page(asked, layer, described.fields, WORDS["receivables"])
    properties = described.properties(described.fields)
    sent = {name: one for name, one in properties.items() if "readOnly" not in one}
    return described.answer(sent, required=described.fields)


async def queryables(request: Request) -> Response:
    """GET /collections/{layer}/queryables."""
    layer, decision = layer_of(request)
    asked = ask(request, OFFERS, PARAMETERS)
    described = _Described.of(asked, request, layer, decision)
    if asked.html:
        return _page(asked, layer, (*described.fields, *SYSTEM_FIELDS), WORDS["queryables"])
    return described.answer(described.properties(described.fields))


async def sortables(request: Request) -> Response:
    """GET /collections/{layer}/sortables: what `sortby` takes. What has no value comes last in either direction."""
    layer, decision = layer_of(request)
    asked = ask(request, OFFERS, PARAMETERS)
    described = _Described.of(asked, request, layer, decision)
    allowed = sortable_names(layer, decision)
    fields = tuple(field for field in described.fields if field.name in allowed)
    if asked.html:
        times = tuple(field for field in SYSTEM_FIELDS if field.name in allowed)
        return _page(asked, layer, (*fields, *times), WORDS["sortables"])
    properties, names = described.properties(fields), [described.by.told[name] for name in allowed]
    return described.answer({name: properties[name] for name in names})


@dataclass(frozen=True, slots=True)
class _Described:
    """The properties of one layer as one request wants them told."""

    asked: Ask
    layer: Layer
    by: Names
    profile: str
    fields: tuple[Field, ...]
    writable: bool

    @classmethod
    def of(
        cls, asked: Ask, request: Request, layer: Layer, decision: Decision, *, writable: bool = False
    ) -> _Described:
        check_names(asked.parameters)
        by, fields = called(request, layer, decision), queryable_fields(layer, decision)
        return cls(asked, layer, by, _profile(asked.parameters.get("profile")), fields, writable)

    def named(self, properties: Mapping[str, dict[str, object]]) -> dict[str, dict[str, object]]:
        """The properties by the names of the request."""
        return {self.by.told.get(name, name): one for name, one in properties.items()}

    def properties(self, fields: tuple[Field, ...]) -> dict[str, dict[str, object]]:
        """The schema of each field by its name, and of what every feature has."""
        asked, layer = self.asked, self.layer
        kind = _GEOMETRY_NAMES.get(layer.geometry.type, str(layer.geometry.type).lower())
        geometry: dict[str, object] = {"format": f"geometry-{kind}", "title": asked.say(WORDS["geometry"])}
        begins = _time(asked.say(WORDS["holds_from"]), "primary-interval-start")
        if self.writable:
            del begins["readOnly"]
        return self.named(
            {
                "id": {"type": "string", "format": "uuid", "readOnly": True, "x-ogc-role": "id"},
                "geometry": geometry | {"x-ogc-role": "primary-geometry"},
                **{field.name: self._field(field) for field in fields},
                VALID_FROM: begins,
                VALID_TO: _time(asked.say(WORDS["holds_to"]), "primary-interval-end"),
            }
        )

    def _field(self, field: Field) -> dict[str, object]:
        found = field_schema(field, self.asked.services.catalog, self.asked.language)
        if field.codelist is None:
            return found
        found["x-ogc-codelistUri"] = self.asked.href(f"/codelists/{field.codelist}")
        return found if self.profile == INLINE else _by_reference(found)

    def answer(self, properties: Mapping[str, dict[str, object]], *, required: tuple[Field, ...] = ()) -> Response:
        """The schema of these properties, in this order; there are no others, and others are refused."""
        asked = self.asked
        told = {name: {**one, "x-ogc-propertySeq": place} for place, (name, one) in enumerate(properties.items(), 1)}
        needed = {field.name for field in required if field.required}
        listed = [name for own, name in self.by.told.items() if own in needed and name in properties]
        found: dict[str, object] = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": asked.href(asked.path),
            "type": "object",
            "title": asked.say(self.layer.title),
            "description": asked.say(self.layer.description),
            "properties": told,
            "additionalProperties": False,
        }
        if listed:
            found["required"] = listed
        profile = {"rel": "profile", "href": PROFILES + self.profile}
        return document(asked, found, headers={"Link": link_header([profile])})


def _profile(text: str | None) -> str:
    """The first profile in `text` that there is, else codes inline: asking for others is no mistake (Common Part 3,
    /rec/profile-parameter/profile-negotiation)."""
    named = [part.strip("[] ").rsplit("/", 1)[-1].rsplit(":", 1)[-1] for part in (text or "").split(",")]
    return next((name for name in named if name in (INLINE, BY_REFERENCE)), INLINE)


def _by_reference(schema: dict[str, object]) -> dict[str, object]:
    """The schema of a field with a codelist with bare codes, whose titles are at `x-ogc-codelistUri`."""
    items = schema.get("items")
    if isinstance(items, dict):
        return {**schema, "items": _by_reference(items)}
    codes: list[dict[str, object]] = schema["oneOf"]  # type: ignore[assignment]
    return {key: value for key, value in schema.items() if key != "oneOf"} | {"enum": [code["const"] for code in codes]}


def _page(asked: Ask, layer: Layer, fields: tuple[Field, ...], title: Text) -> Response:
    titles = {field.name: code_titles(asked.services.catalog, field, asked.language) for field in fields}
    return page(asked, "schema.html", title, layer=layer, fields=fields, titles=titles)


def _time(title: str, role: str | None = None) -> dict[str, object]:
    found: dict[str, object] = {"type": "string", "format": "date-time", "readOnly": True, "title": title}
    return {**found, "x-ogc-role": role} if role else found


def field_schema(field: Field, catalog: Catalog, language: str) -> dict[str, object]:
    """Type, titles, unit, range and codes of one field."""
    found: dict[str, object] = {"title": field.title[language], **_TYPES[field.type]}
    if field.description is not None:
        found["description"] = field.description[language]
    if field.unit is not None:
        found |= {"x-ogc-unit": field.unit, "x-ogc-unitLang": "UCUM"}
    limits = {"minimum": field.minimum, "maximum": field.maximum, "pattern": field.pattern}
    found |= {key: value for key, value in limits.items() if value is not None}
    if field.references is not None:
        found |= _reference(field.references, catalog)
    if field.codelist is not None:
        codes = _codes(catalog, catalog.codelists[field.codelist], language)
        if field.type is FieldType.TEXT_LIST:
            found["items"] = {"type": "string", "oneOf": codes}
        else:
            found["oneOf"] = codes
    return found


def _reference(reference: Reference, catalog: Catalog) -> dict[str, object]:
    """The collection and the properties whose values, joined by `/`, stand in the field; none that are not public.

    Not `x-ogc-role: reference` of Features Part 5, which promises feature ids: these are the names that law gives.
    """
    if not set(reference.fields) <= {field.name for field in catalog.layers[reference.layer].public}:
        return {}
    return {"x-landmap-references": {"collectionId": reference.layer, "properties": list(reference.fields)}}


def _codes(catalog: Catalog, codelist: Codelist, language: str) -> list[dict[str, object]]:
    """One `const` and `title` for each code; a code used twice keeps the title that holds today."""
    today = datetime.now(ZoneInfo(catalog.territory.time_zone)).date()
    titles: dict[str, str] = {}
    for code in codelist.codes:
        holds = (code.valid_from is None or code.valid_from <= today) and (
            code.valid_to is None or today < code.valid_to
        )
        if holds or code.code not in titles:
            titles[code.code] = code.title[language]
    return [{"const": code, "title": title} for code, title in titles.items()]


def code_titles(catalog: Catalog, field: Field, language: str) -> Mapping[str, str]:
    """Titles by code for a field with a codelist; empty for others."""
    if field.codelist is None:
        return {}
    found = _codes(catalog, catalog.codelists[field.codelist], language)
    return {str(code["const"]): str(code["title"]) for code in found}

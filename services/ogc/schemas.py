"""JSON Schemas of a layer: what its features have, and what they can be filtered by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from gis.model.layer import Catalog, Codelist, Field, FieldType, GeometryType, Layer, Reference, Text
from services.ogc.answers import document
from services.ogc.ask import Ask, ask, layer_of
from services.ogc.negotiation import HTML, SCHEMA
from services.ogc.pages import page
from services.ogc.parameters import SYSTEM_FIELDS
from services.ogc.parameters import queryables as queryable_fields
from services.ogc.words import WORDS

OFFERS = (SCHEMA, HTML)

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
    """GET /collections/{layer}/schema."""
    layer, decision = layer_of(request)
    asked = ask(request, OFFERS)
    fields = queryable_fields(layer, decision)
    if asked.html:
        return _page(asked, layer, fields, WORDS["schema"])
    properties: dict[str, object] = {
        **_queryables(asked, layer, fields),
        "valid_from_known": {"type": "boolean", "readOnly": True, "title": asked.say(WORDS["since_known"])},
        "changeset": {"type": "integer", "readOnly": True, "title": asked.say(WORDS["recorded"])},
    }
    return document(asked, _schema(asked, layer, properties, [field.name for field in fields if field.required]))


async def queryables(request: Request) -> Response:
    """GET /collections/{layer}/queryables."""
    layer, decision = layer_of(request)
    asked = ask(request, OFFERS)
    fields = queryable_fields(layer, decision)
    if asked.html:
        return _page(asked, layer, (*fields, *SYSTEM_FIELDS), WORDS["queryables"])
    properties = _queryables(asked, layer, fields)
    return document(asked, {**_schema(asked, layer, properties, []), "additionalProperties": False})


def _queryables(asked: Ask, layer: Layer, fields: tuple[Field, ...]) -> dict[str, object]:
    """All that features can be filtered by: their fields, and what every feature has."""
    return {
        "id": {"type": "string", "format": "uuid", "readOnly": True, "x-ogc-role": "id"},
        "geometry": {
            "format": f"geometry-{_GEOMETRY_NAMES.get(layer.geometry.type, str(layer.geometry.type).lower())}",
            "title": asked.say(WORDS["geometry"]),
            "x-ogc-role": "primary-geometry",
        },
        **field_schemas(asked, fields),
        "valid_from": _time(asked.say(WORDS["holds_from"]), "primary-interval-start"),
        "valid_to": _time(asked.say(WORDS["holds_to"]), "primary-interval-end"),
    }


def _page(asked: Ask, layer: Layer, fields: tuple[Field, ...], title: Text) -> Response:
    titles = {field.name: code_titles(asked.services.catalog, field, asked.language) for field in fields}
    return page(asked, "schema.html", title, layer=layer, fields=fields, titles=titles)


def _schema(asked: Ask, layer: Layer, properties: dict[str, object], required: list[str]) -> dict[str, object]:
    found: dict[str, object] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": asked.href(asked.path),
        "type": "object",
        "title": asked.say(layer.title),
        "description": asked.say(layer.description),
        "properties": properties,
    }
    if required:
        found["required"] = required
    return found


def _time(title: str, role: str | None = None) -> dict[str, object]:
    found: dict[str, object] = {"type": "string", "format": "date-time", "readOnly": True, "title": title}
    return {**found, "x-ogc-role": role} if role else found


def field_schemas(asked: Ask, fields: tuple[Field, ...]) -> dict[str, object]:
    """The schema of each field by name."""
    describe = partial(field_schema, catalog=asked.services.catalog, language=asked.language)
    return {field.name: describe(field) for field in fields}


def field_schema(field: Field, catalog: Catalog, language: str) -> dict[str, object]:
    """Type, titles, unit, range and codes of one field."""
    found: dict[str, object] = {"title": field.title[language], **_TYPES[field.type]}
    if field.description is not None:
        found["description"] = field.description[language]
    if field.unit is not None:
        found["x-ogc-unit"] = field.unit
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

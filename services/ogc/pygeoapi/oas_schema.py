"""JSON Schema 2020-12 of inputs and outputs as the schemas that OpenAPI 3.0 knows: they allow what those allow, or more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from services.ogc.openapi_parts import Object
from services.processes.process import Json

type Schema = Mapping[str, Json]

_KEPT = frozenset(
    {
        *(
            "title",
            "description",
            "default",
            "enum",
            "format",
            "pattern",
            "minLength",
            "maxLength",
            "minimum",
            "maximum",
        ),
        *("multipleOf", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "required"),
    }
)
"""Keywords that mean the same in both. What is in neither this nor `_CHANGED` has no counterpart and is left out."""


def as_openapi(schema: Schema) -> Object:
    """The schema for an OpenAPI 3.0 document. References of its own (`#/$defs/…`) are put in where they are used."""
    definitions = schema.get("$defs", {})
    return _converted(schema, definitions if isinstance(definitions, Mapping) else {}, ())


def _converted(schema: Json | Schema, definitions: Schema, within: tuple[str, ...]) -> Object:
    """`within`: the references that are being put in; one that leads back to itself allows anything there."""
    if not isinstance(schema, Mapping):
        return {}
    reference = schema.get("$ref")
    if isinstance(reference, str):
        name = reference.removeprefix("#/$defs/")
        return {} if name in within else _converted(definitions[name], definitions, (*within, name))
    found: Object = {name: value for name, value in schema.items() if name in _KEPT}
    for name, change in _CHANGED.items():
        if name in schema:
            found |= change(schema[name], lambda one: _converted(one, definitions, within))
    if not found.get("required"):
        found.pop("required", None)  # which OpenAPI 3.0 does not take empty
    if found.get("type") == "array":
        found.setdefault("items", {})
    if found.get("nullable") and isinstance(found.get("enum"), list) and None not in found["enum"]:  # type: ignore[operator]
        found["enum"] = [*found["enum"], None]  # type: ignore[misc]
    return found


type _Convert = Callable[[Json | Schema], Object]


def _type(value: Json, convert: _Convert) -> Object:
    if not isinstance(value, list):
        return {"enum": [None]} if value == "null" else {"type": value}
    types = [one for one in value if one != "null"]
    nullable: Object = {"nullable": True} if "null" in value else {}
    if len(types) == 1:
        return {"type": types[0], **nullable}
    return {"anyOf": [_type(one, convert) | ({"items": {}} if one == "array" else {}) | nullable for one in types]}


def _const(value: Json, convert: _Convert) -> Object:
    return {"enum": [value]}


def _properties(value: Json, convert: _Convert) -> Object:
    members = value.items() if isinstance(value, Mapping) else ()
    return {"properties": {name: convert(one) for name, one in members}}


def _additional(value: Json, convert: _Convert) -> Object:
    return {"additionalProperties": value if isinstance(value, bool) else convert(value)}


def _items(value: Json, convert: _Convert) -> Object:
    return {"items": convert(value)}


def _several(name: str) -> Callable[[Json, _Convert], Object]:
    return lambda value, convert: {name: [convert(one) for one in value] if isinstance(value, list) else []}


def _exclusive(plain: str, name: str) -> Callable[[Json, _Convert], Object]:
    return lambda value, convert: {plain: value, name: True}


_CHANGED: Mapping[str, Callable[[Json, _Convert], Object]] = MappingProxyType(
    {
        "type": _type,
        "const": _const,
        "properties": _properties,
        "additionalProperties": _additional,
        "items": _items,
        "exclusiveMinimum": _exclusive("minimum", "exclusiveMinimum"),
        "exclusiveMaximum": _exclusive("maximum", "exclusiveMaximum"),
        "not": lambda value, convert: {"not": convert(value)},
        **{name: _several(name) for name in ("allOf", "anyOf", "oneOf")},
    }
)

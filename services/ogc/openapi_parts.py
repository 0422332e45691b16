"""What the OpenAPI document is put together from: parameters, answers and operations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from gis.model.layer import Text

type Object = dict[str, object]
type Paths = dict[str, dict[str, Object]]
"""Operations by path and method."""

TEXT: Object = {"type": "string", "pattern": r"^[^\x00-\x1f\x7f]*$"}
"""A text as it may stand in an address: without control characters."""

SIGNED_IN: list[Object] = [{"apiKey": []}, {"bearer": []}]
"""The `security` of what opens to nobody who has not signed in."""

UNKNOWN_OR_NOT_ALLOWED: Mapping[str, Text] = MappingProxyType(
    {
        "401": Text("Chưa đăng nhập, hoặc khoá không dùng được", "Not signed in, or the key opens nothing"),
        "403": Text("Đã đăng nhập nhưng không có quyền làm việc này", "Signed in, and may not"),
    }
)
"""Refusals of what is for some who sign in."""

PAGE: Object = {"text/html": {"schema": {"type": "string"}}}
ANY_JSON: Object = {"application/json": {"schema": {"type": "object"}}}

OF_DOCUMENTS = ("ETag",)
OF_DATA = ("ETag", "Content-Crs", "Landmap-Data-Version")
"""Headers of answers."""


def reference(kind: str, name: str) -> Object:
    """A component of the document."""
    return {"$ref": f"#/components/{kind}/{name}"}


def shared(names: Iterable[str]) -> list[Object]:
    """Parameters that are described once for all."""
    return [reference("parameters", name) for name in names]


def parameter(
    name: str, description: str, schema: Object, *, place: str = "query", required: bool | None = None
) -> Object:
    """A parameter of one operation; one in the path is required, others where they are said to be."""
    needed = place == "path" if required is None else required
    return {"name": name, "in": place, "required": needed, "description": description, "schema": schema}


def in_one(described: Object) -> Object:
    """The parameter with its values, if they are several, in one text with commas between them."""
    return described | {"style": "form", "explode": False}


def content(schema: str, media_type: str = "application/json") -> Object:
    """An answer of the schema, a component, in the media type."""
    return {media_type: {"schema": reference("schemas", schema)}}


def answer(description: str, found: Object, headers: Sequence[str] = ()) -> Object:
    """An answer with `found` in it, by media type."""
    told: Object = {"headers": {name: reference("headers", name) for name in headers}} if headers else {}
    return {"description": description, **told, "content": found}


def problem(description: str = "RFC 9457 problem") -> Object:
    """An answer that says what is wrong, to a browser as a page."""
    return answer(description, content("problem", "application/problem+json") | PAGE)


def refusals(language: str) -> Object:
    """The answers that refuse what is for some who sign in."""
    return {status: problem(text[language]) for status, text in UNKNOWN_OR_NOT_ALLOWED.items()}


def reading(found: Object, more: Object | None = None) -> Object:
    """The answers of what is read and may be kept: `found`, that it is still the same, problems, and `more`."""
    return {"200": found, "304": {"description": "Not Modified"}, **(more or {}), "default": problem()}


def operation(
    name: str, summary: str, parameters: Sequence[Object], answers: Object, more: Object | None = None
) -> Object:
    """An operation with its answers by status; `more` are other members, such as tags and security."""
    return {
        "operationId": name,
        "summary": summary,
        **(more or {}),
        "parameters": list(parameters),
        "responses": answers,
    }

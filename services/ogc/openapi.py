"""The OpenAPI 3.0 document of the whole service, derived from the layers, without any remote reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gis.model.actor import PUBLIC
from gis.model.filter import GEOMETRY
from gis.model.layer import Catalog, Field, FieldType, Layer, Text
from gis.model.names import TIMES
from services.auth.policy import Action, decide
from services.dependencies import SOFTWARE_VERSION
from services.ogc import export_formats
from services.ogc.answers import document
from services.ogc.ask import Ask, ask
from services.ogc.change_paths import change_paths
from services.ogc.frozen import frozen_paths
from services.ogc.negotiation import GEOJSON, HTML, SCHEMA, Offer
from services.ogc.open_data_paths import open_data_paths
from services.ogc.openapi_parameters import DESCRIPTIONS, shared_parameters
from services.ogc.openapi_parts import (
    OF_DATA,
    OF_DOCUMENTS,
    PAGE,
    SIGNED_IN,
    TEXT,
    Object,
    Paths,
    answer,
    content,
    in_one,
    operation,
    parameter,
    reading,
    refusals,
    shared,
)
from services.ogc.oversight_paths import oversight_paths
from services.ogc.pages import page
from services.ogc.parameters import FILTER, MAX_TEXT, SYSTEM_FIELDS, queryables
from services.ogc.pygeoapi.paths import process_paths
from services.ogc.schemas import field_schema
from services.ogc.selecting import MAX_KEYS, sortables
from services.ogc.styles import STYLE
from services.ogc.tiles import MVT
from services.ogc.tilesets import TILEJSON
from services.ogc.transaction_paths import transaction_paths
from services.ogc.words import SERVICE_DESCRIPTION, SERVICE_TITLE, WORDS
from services.permits.case_paths import case_paths
from services.permits.extract_paths import extract_paths
from services.permits.parcel_paths import parcel_paths
from services.permits.rules import rule_paths
from services.reports.paths import report_paths
from services.review.paths import review_paths
from services.subscriptions.paths import subscription_paths

OPENAPI_JSON = Offer(
    "json",
    "application/vnd.oai.openapi+json;version=3.0",
    ("application/vnd.oai.openapi+json", "application/openapi+json", "application/json"),
)

_EVERYWHERE, _AS_JSON = ("f", "lang"), ("fJson", "lang")
_PAGED = ("limit", "bbox", "bbox-crs", "datetime", "knownAt", "cursor")
_TILE_PATH = "/tiles/WebMercatorQuad/{tileMatrix}/{tileRow}/{tileCol}"


async def api(request: Request) -> Response:
    """GET /api."""
    asked = ask(request, (OPENAPI_JSON, HTML))
    described = openapi(asked)
    if asked.html:
        return page(asked, "api.html", WORDS["documentation"], document=described, parameters=_resolved(described))
    return document(asked, described)


def openapi(asked: Ask) -> Object:
    """The document in the language of the request."""
    catalog, language = asked.services.catalog, asked.language
    return {
        "openapi": "3.0.3",
        "info": {
            "title": asked.say(SERVICE_TITLE),
            "description": asked.say(SERVICE_DESCRIPTION).format(territory=asked.say(catalog.territory.title)),
            "version": SOFTWARE_VERSION,
            "contact": {"name": "Landmap", "url": asked.href("/")},
        },
        "servers": [{"url": asked.base}],
        "tags": [{"name": layer.id, "description": asked.say(layer.title)} for layer in catalog.layers.values()],
        "paths": _paths(catalog, language),
        "security": [{}, *SIGNED_IN],
        "components": {
            **_components(),
            "parameters": shared_parameters(catalog, language),
            "securitySchemes": {
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }


@lru_cache(maxsize=1)
def _components() -> Object:
    read: Object = orjson.loads((Path(__file__).parent / "components.json").read_bytes())
    return read


def _resolved(described: dict[str, Any]) -> dict[str, list[Object]]:
    """The parameters of each path with their references followed, for the page."""
    known = described["components"]["parameters"]
    return {
        path: [known[one["$ref"].rsplit("/", 1)[1]] if "$ref" in one else one for one in methods["get"]["parameters"]]
        if "get" in methods
        else []
        for path, methods in described["paths"].items()
    }


def _paths(catalog: Catalog, language: str) -> Paths:
    paths: Paths = {path: _get(resource, language) for path, resource in _SERVICE.items()}
    taken = {layer.id: _of_items(layer, catalog, language) for layer in catalog.layers.values()}
    for layer in catalog.layers.values():
        paths |= _layer_paths(layer, taken[layer.id], language)
    paths |= open_data_paths(catalog, language)
    paths |= frozen_paths(language)
    paths |= change_paths(taken, catalog, language)
    paths |= oversight_paths(catalog, language)
    paths |= process_paths(language)
    paths |= extract_paths(language)
    paths |= parcel_paths(language)
    paths |= rule_paths(language)
    paths |= case_paths(language)
    paths |= review_paths(language)
    paths |= subscription_paths(language)
    paths |= report_paths(language)
    for path, methods in transaction_paths(catalog, language).items():
        paths[path] = paths.get(path, {}) | methods
    return paths


@dataclass(frozen=True, slots=True)
class _Resource:
    """What is got from an address: `parameters` are shared ones, `found` is what is answered by media type;
    `signed_in`: it opens to some who sign in."""

    operation: str
    title: Text
    parameters: tuple[str, ...]
    found: Object
    headers: tuple[str, ...] = OF_DOCUMENTS
    signed_in: bool = False


def _get(
    resource: _Resource, language: str, own: Sequence[Object] = (), more: Object | None = None
) -> dict[str, Object]:
    """The operation that reads it, with parameters of its `own` and more members."""
    title = resource.title[language]
    refused, needed = (refusals(language), {"security": SIGNED_IN}) if resource.signed_in else ({}, {})
    answers = reading(answer(title, resource.found, resource.headers), refused)
    told: Object = (more or {}) | needed
    return {"get": operation(resource.operation, title, [*shared(resource.parameters), *own], answers, told)}


_SERVICE = {
    "/": _Resource("getLandingPage", Text("Trang gốc", "Landing page"), _EVERYWHERE, content("landingPage") | PAGE),
    "/conformance": _Resource(
        "getConformance",
        Text("Các chuẩn đáp ứng", "Conformance classes"),
        _EVERYWHERE,
        content("conformance") | PAGE,
    ),
    "/api": _Resource(
        "getApi",
        Text("Mô tả này", "This description"),
        _EVERYWHERE,
        content("object", OPENAPI_JSON.media_type) | PAGE,
    ),
    "/collections": _Resource(
        "getCollections",
        Text("Các bộ dữ liệu", "The collections"),
        _EVERYWHERE,
        content("collections") | PAGE,
    ),
    "/tileMatrixSets": _Resource(
        "getTileMatrixSetsList", Text("Các lưới ô bản đồ", "Tile matrix sets"), _AS_JSON, content("tileMatrixSets")
    ),
    "/tileMatrixSets/WebMercatorQuad": _Resource(
        "getTileMatrixSet", Text("Lưới WebMercatorQuad", "WebMercatorQuad"), _AS_JSON, content("tileMatrixSet")
    ),
    "/coverage": _Resource(
        "getCoverage",
        Text(
            "Dữ liệu của từng lớp tại một điểm có đầy đủ không: complete, partial, none hoặc undeclared",
            "Whether the data of each layer are complete at a point: complete, partial, none or undeclared",
        ),
        (*_AS_JSON, "point"),
        content("coverage"),
    ),
    "/codelists": _Resource("getCodelists", WORDS["codelists"], _EVERYWHERE, content("object") | PAGE),
    "/codelists/{codelistId}": _Resource(
        "getCodelist",
        WORDS["codelist"],
        ("codelistId", "datetime", "knownAt", *_EVERYWHERE),
        content("object") | PAGE,
    ),
    "/search": _Resource(
        "search",
        Text(
            "Tìm trong nhiều bộ dữ liệu: trước hết là đối tượng có đúng tên hoặc số hiệu đó, rồi tên hoặc số hiệu bắt đầu "
            "như vậy, rồi có đủ các từ",
            "Search many collections: first what has that very name or number, then what begins with it, then what has "
            "all the words",
        ),
        ("qSearch", "collections", *_PAGED, "crs", "skipGeometry", *_EVERYWHERE),
        content("featureCollection", GEOJSON.media_type) | PAGE,
        OF_DATA,
    ),
    "/map/style.json": _Resource(
        "getMapStyle", Text("Kiểu bản đồ MapLibre", "MapLibre style"), _AS_JSON, content("style", STYLE.media_type)
    ),
}


def _layer_paths(layer: Layer, taken: list[Object], language: str) -> Paths:
    """The addresses of a layer; its items take the parameters `taken`."""
    base, name = f"/collections/{layer.id}", layer.id
    tags: Object = {"tags": [name]}
    plain = {path: _get(resource, language, more=tags) for path, resource in _layer_resources(layer).items()}
    item = _Resource(
        f"{name}.getItem",
        layer.title,
        ("featureId", "crs", "datetime", "knownAt", "skipGeometry", "names", *_EVERYWHERE),
        content("feature", GEOJSON.media_type) | PAGE,
        OF_DATA,
    )
    whole = _Resource(f"{name}.describe", layer.title, _EVERYWHERE, content("collection") | PAGE)
    receivables = replace(_described(layer, "receivables"), signed_in=True)
    return {
        base: _get(whole, language, more=tags),
        f"{base}/items": _items(layer, taken, language),
        f"{base}/items/{{featureId}}": _get(item, language, _selection(layer, language)[:1], tags),
        **plain,
        f"{base}/receivables": _get(receivables, language, more=tags),
        f"{base}{_TILE_PATH}": _tile(layer, language),
    }


def _layer_resources(layer: Layer) -> dict[str, _Resource]:
    """Those that need no more than the shared parameters."""
    base, name, title = f"/collections/{layer.id}", layer.id, layer.title
    versions = WORDS["versions"]
    return {
        f"{base}/items/{{featureId}}/versions": _Resource(
            f"{name}.getVersions",
            Text(f"{title.vi}: {versions.vi}", f"{title.en}: {versions.en}"),
            ("featureId", "crs", *_EVERYWHERE),
            content("featureCollection", GEOJSON.media_type) | PAGE,
            OF_DATA,
        ),
        **{f"{base}/{resource}": _described(layer, resource) for resource in ("schema", "queryables", "sortables")},
        f"{base}/tiles": _Resource(
            f"{name}.collection.vector.getTileSetsList", WORDS["tiles"], _EVERYWHERE, content("tileSets") | PAGE
        ),
        f"{base}/tiles/WebMercatorQuad": _Resource(
            f"{name}.collection.vector.getTileSet",
            WORDS["tiles"],
            ("fTileset", "lang"),
            content("tileSet") | content("tileJson", TILEJSON.media_type) | PAGE,
        ),
    }


def _described(layer: Layer, resource: str) -> _Resource:
    """A JSON Schema of the layer."""
    found = content("jsonSchema", SCHEMA.media_type) | PAGE
    names = ("names", "profileSchema", *_EVERYWHERE)
    return _Resource(f"{layer.id}.get{resource.title()}", WORDS[resource], names, found)


def _items(layer: Layer, parameters: list[Object], language: str) -> dict[str, Object]:
    """Items; where it has features, links lead on to the first of them."""
    others: Object = {offer.media_type: {} for offer in export_formats.OFFERS if offer.media_type != GEOJSON.media_type}
    found = content("featureCollection", GEOJSON.media_type) | PAGE | others
    first = {"featureId": "$response.body#/features/0/id"}
    links = {
        link: {"operationId": f"{layer.id}.{name}", "parameters": first}
        for link, name in (("item", "getItem"), ("versions", "getVersions"))
    }
    title = layer.title[language]
    answers = reading(answer(title, found, OF_DATA) | {"links": links})
    return {"get": operation(f"{layer.id}.getItems", title, parameters, answers, {"tags": [layer.id]})}


def _of_items(layer: Layer, catalog: Catalog, language: str) -> list[Object]:
    """The parameters of items: shared ones, and those that name the properties everybody may see."""
    names = (*_PAGED, "crs", *FILTER, "q", "skipGeometry", "names", "fItems", "profile", "lang")
    fields = (*queryables(layer, decide(PUBLIC, Action.READ, layer)), *SYSTEM_FIELDS)
    return [
        *shared(names),
        *_selection(layer, language),
        *(_queryable(field, catalog, language) for field in fields),
    ]


def _selection(layer: Layer, language: str) -> list[Object]:
    """`properties` and `sortby` with the names that everybody may use."""
    decision = decide(PUBLIC, Action.READ, layer)
    told, kept = [*decision.columns, *TIMES, GEOMETRY], "|".join(sortables(layer, decision))
    several = {
        "properties": ({"type": "string", "enum": told}, len(told)),
        "sortby": ({"type": "string", "pattern": rf"^[+-]?({kept})$"}, MAX_KEYS),
    }
    found: list[Object] = []
    for name, (one, most) in several.items():
        schema: Object = {"type": "array", "items": one, "minItems": 1, "maxItems": most, "uniqueItems": True}
        found.append(in_one(parameter(name, DESCRIPTIONS[name][language], schema)))
    return found


def _tile(layer: Layer, language: str) -> dict[str, Object]:
    names = ("tileMatrix", "tileRow", "tileCol", "datetimeTile", "knownAt", "fTile", "lang")
    title = WORDS["tiles"][language]
    none: Object = {"204": {"description": WORDS["none"][language]}}
    answers = reading(answer(title, content("mvt", MVT.media_type), OF_DOCUMENTS), none)
    name = f"{layer.id}.collection.vector.getTile"
    return {"get": operation(name, title, shared(names), answers, {"tags": [layer.id]})}


def _queryable(field: Field, catalog: Catalog, language: str) -> Object:
    """A field as an equality parameter. Lists are asked for one of their values. What the data keep to (codes, ranges)
    does not bind the question: any value of the type may be asked for, and some are found nowhere."""
    described = field_schema(field, catalog, language)
    title = str(described["title"])
    description = str(described.get("description", title))
    schema: Object = {key: described[key] for key in ("type", "format") if key in described}
    if field.type in (FieldType.TEXT, FieldType.TEXT_LIST):
        schema = {**TEXT, "maxLength": MAX_TEXT}
    if field.type is FieldType.INTEGER:
        schema["format"] = "int64"
    return in_one(parameter(field.name, description, schema))

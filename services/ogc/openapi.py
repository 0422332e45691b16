"""The OpenAPI 3.0 document of the whole service, derived from the layers, without any remote reference."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gis.crs.registry import crs
from gis.model.actor import PUBLIC
from gis.model.layer import Catalog, Field, FieldType, Layer, Text
from gis.model.query import MAX_LIMIT
from services.auth.policy import Action, decide
from services.dependencies import SOFTWARE_VERSION
from services.ogc.answers import document
from services.ogc.ask import Ask, ask
from services.ogc.negotiation import GEOJSON, HTML, SCHEMA, Offer
from services.ogc.pages import page
from services.ogc.parameters import DEFAULT_LIMIT, queryables, served_codes
from services.ogc.schemas import field_schema
from services.ogc.words import SERVICE_DESCRIPTION, SERVICE_TITLE, WORDS

OPENAPI_JSON = Offer(
    "json",
    "application/vnd.oai.openapi+json;version=3.0",
    ("application/vnd.oai.openapi+json", "application/openapi+json", "application/json", "application/*"),
)

type Object = dict[str, object]

_JSON, _HTML = "application/json", "text/html"
_MVT = "application/vnd.mapbox-vector-tile"
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
    paths = {**_service_paths(language)}
    for layer in catalog.layers.values():
        paths.update(_layer_paths(layer, catalog, language))
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
        "paths": paths,
        "components": {**_components(), "parameters": _parameters(catalog, language)},
    }


@lru_cache(maxsize=1)
def _components() -> Object:
    read: Object = orjson.loads((Path(__file__).parent / "components.json").read_bytes())
    return read


def _resolved(described: Object) -> dict[str, list[Object]]:
    """The parameters of each path with their references followed, for the page."""
    components: Object = described["components"]["parameters"]  # type: ignore[index]
    paths: dict[str, dict[str, Object]] = described["paths"]  # type: ignore[assignment]
    found: dict[str, list[Object]] = {}
    for path, methods in paths.items():
        listed: list[Object] = methods["get"].get("parameters", [])  # type: ignore[assignment]
        found[path] = [
            components[str(one["$ref"]).rsplit("/", 1)[1]] if "$ref" in one else one  # type: ignore[misc]
            for one in listed
        ]
    return found


def _service_paths(language: str) -> dict[str, Object]:
    def said(vi: str, en: str) -> str:
        return Text(vi, en)[language]

    everywhere = ("f", "lang")
    return {
        "/": _get("getLandingPage", said("Trang gốc", "Landing page"), everywhere, "landingPage"),
        "/conformance": _get(
            "getConformance", said("Các chuẩn đáp ứng", "Conformance classes"), everywhere, "conformance"
        ),
        "/api": _get("getApi", said("Mô tả này", "This description"), everywhere, "object", OPENAPI_JSON.media_type),
        "/collections": _get("getCollections", said("Các bộ dữ liệu", "The collections"), everywhere, "collections"),
        "/tileMatrixSets": _get(
            "getTileMatrixSets", said("Các lưới ô bản đồ", "Tile matrix sets"), everywhere, "tileMatrixSets", html=False
        ),
        "/tileMatrixSets/WebMercatorQuad": _get(
            "getWebMercatorQuad", said("Lưới WebMercatorQuad", "WebMercatorQuad"), everywhere, "object", html=False
        ),
        "/map/style.json": _get(
            "getMapStyle", said("Kiểu bản đồ MapLibre", "MapLibre style"), everywhere, "object", html=False
        ),
    }


def _layer_paths(layer: Layer, catalog: Catalog, language: str) -> dict[str, Object]:
    base, name, title = f"/collections/{layer.id}", layer.id, layer.title[language]
    everywhere = ("f", "lang")
    fields = queryables(layer, decide(PUBLIC, Action.READ, layer))
    items = _get(
        f"{name}.getItems",
        title,
        ("limit", "bbox", "bbox-crs", "crs", "datetime", "knownAt", "cursor", *everywhere),
        "featureCollection",
        GEOJSON.media_type,
    )
    listed: list[object] = items["get"]["parameters"]  # type: ignore[index]
    listed.extend(_queryable(field, catalog, language) for field in fields)
    one = f"{base}/items/{{featureId}}"
    time = ("crs", "datetime", "knownAt")
    paths = {
        base: _get(f"{name}.describe", title, everywhere, "collection"),
        f"{base}/items": items,
        one: _get(f"{name}.getItem", title, ("featureId", *time, *everywhere), "feature", GEOJSON.media_type),
        f"{one}/versions": _get(
            f"{name}.getVersions",
            f"{title}: {WORDS['versions'][language]}",
            ("featureId", "crs", *everywhere),
            "featureCollection",
            GEOJSON.media_type,
        ),
        f"{base}/schema": _get(f"{name}.getSchema", WORDS["schema"][language], everywhere, "object", SCHEMA.media_type),
        f"{base}/queryables": _get(
            f"{name}.getQueryables", WORDS["queryables"][language], everywhere, "object", SCHEMA.media_type
        ),
        f"{base}/tiles": _get(f"{name}.getTileSets", WORDS["tiles"][language], everywhere, "tileSets"),
        f"{base}/tiles/WebMercatorQuad": _get(
            f"{name}.getTileSet", WORDS["tiles"][language], ("fTileset", "lang"), "tileSet"
        ),
        f"{base}{_TILE_PATH}": _tile(layer, language),
    }
    for operation in paths.values():
        operation["get"]["tags"] = [name]  # type: ignore[index]
    return paths


def _tile(layer: Layer, language: str) -> Object:
    names = ("tileMatrix", "tileRow", "tileCol", "datetime", "knownAt", "fTile", "lang")
    operation = _get(f"{layer.id}.getTile", WORDS["tiles"][language], names, "mvt", _MVT, html=False)
    operation["get"]["responses"]["204"] = {"description": WORDS["none"][language]}  # type: ignore[index]
    return operation


def _get(
    operation: str,
    summary: str,
    parameters: tuple[str, ...],
    schema: str,
    media_type: str = _JSON,
    *,
    html: bool = True,
) -> Object:
    """A GET operation whose answer has `schema` in `media_type`, and a page where `html`."""
    content: Object = {media_type: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    if html:
        content[_HTML] = {"schema": {"type": "string"}}
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in ("ETag",)}
    if schema in ("feature", "featureCollection"):
        headers |= {name: {"$ref": f"#/components/headers/{name}"} for name in ("Content-Crs", "Landmap-Data-Version")}
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/problem"}}}
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in parameters],
            "responses": {
                "200": {"description": summary, "headers": headers, "content": content},
                "304": {"description": "Not Modified"},
                "default": {"description": "RFC 9457 problem", "content": problem},
            },
        }
    }


def _queryable(field: Field, catalog: Catalog, language: str) -> Object:
    """A field as an equality parameter. Lists are asked for one of their values."""
    schema = field_schema(field, catalog, language)
    title = str(schema.pop("title"))
    description = str(schema.pop("description", title))
    if field.type is FieldType.TEXT_LIST:
        items: Object = schema["items"]  # type: ignore[assignment]
        schema = {"type": "string", **items}
    schema.pop("x-ogc-unit", None)
    codes: list[Object] = schema.pop("oneOf", [])  # type: ignore[assignment]
    if codes:
        schema["enum"] = [code["const"] for code in codes]
    return {
        "name": field.name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": schema,
        "style": "form",
        "explode": False,
    }


def _parameters(catalog: Catalog, language: str) -> Object:
    """The parameters that resources share, by the name in #/components/parameters."""
    uris = [crs(code).uri for code in served_codes(catalog.territory)]
    texts = {name: text[language] for name, text in _DESCRIPTIONS.items()}
    numbers: Object = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
    choices: dict[str, Object] = {
        "f": {"type": "string", "enum": ["json", "html"]},
        "fTileset": {"type": "string", "enum": ["json", "html", "tilejson"]},
        "fTile": {"type": "string", "enum": ["mvt"]},
        "lang": {"type": "string", "enum": ["vi", "en"]},
        "crs": {"type": "string", "format": "uri", "enum": uris, "default": uris[0]},
        "bbox-crs": {"type": "string", "format": "uri", "enum": uris, "default": uris[0]},
        "limit": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        "bbox": numbers,
        "datetime": {"type": "string"},
        "knownAt": {"type": "string"},
        "cursor": {"type": "string"},
        "featureId": {"type": "string", "format": "uuid"},
        "tileMatrix": {"type": "string"},
        "tileRow": {"type": "integer", "minimum": 0},
        "tileCol": {"type": "integer", "minimum": 0},
    }
    return {name: _parameter(name, schema, texts) for name, schema in choices.items()}


def _parameter(name: str, schema: Object, texts: dict[str, str]) -> Object:
    in_path = name in ("featureId", "tileMatrix", "tileRow", "tileCol")
    sent = "f" if name in ("fTile", "fTileset") else name
    found: Object = {
        "name": sent,
        "in": "path" if in_path else "query",
        "required": in_path,
        "description": texts[sent],
        "schema": schema,
    }
    if not in_path:
        found |= {"style": "form", "explode": False}
    return found


_DESCRIPTIONS = {
    "f": Text("Định dạng của câu trả lời; mặc định theo tiêu đề Accept", "Format of the answer; by Accept if left out"),
    "lang": Text("Ngôn ngữ; mặc định theo Accept-Language", "Language; by Accept-Language if left out"),
    "crs": Text("Hệ toạ độ của câu trả lời", "CRS of the answer's coordinates"),
    "bbox-crs": Text("Hệ toạ độ của bbox", "CRS of bbox"),
    "limit": Text("Số đối tượng nhiều nhất trong một trang", "Most features in one page"),
    "bbox": Text(
        "Khung bao: bốn (hoặc sáu) số theo thứ tự trục của bbox-crs",
        "Bounding box: four (or six) numbers in the axis order of bbox-crs",
    ),
    "datetime": Text(
        "Thời điểm có hiệu lực pháp lý: ngày, thời điểm hoặc khoảng (RFC 3339, '..' là để ngỏ); mặc định: hiện nay",
        "When it holds in law: a date, an instant or an interval (RFC 3339, '..' is open); now if left out",
    ),
    "knownAt": Text(
        "Theo dữ liệu đã ghi nhận: số của lần cập nhật hoặc thời điểm; mặc định: hiện nay",
        "As it was known: a changeset number or an instant; now if left out",
    ),
    "cursor": Text("Chỗ bắt đầu của trang, lấy từ liên kết next", "Where the page starts, taken from a next link"),
    "featureId": Text("Mã đối tượng", "Id of the feature"),
    "tileMatrix": Text("Mức phóng", "Zoom"),
    "tileRow": Text("Hàng", "Row"),
    "tileCol": Text("Cột", "Column"),
}

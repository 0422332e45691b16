"""The OpenAPI 3.0 document of the whole service, derived from the layers, without any remote reference."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gis.crs.registry import crs
from gis.model.actor import PUBLIC
from gis.model.filter import FUNCTIONS
from gis.model.layer import Catalog, Field, FieldType, Layer, Text
from gis.model.query import MAX_LIMIT
from services.auth.policy import Action, decide
from services.dependencies import SOFTWARE_VERSION
from services.ogc import export_formats
from services.ogc.answers import document
from services.ogc.ask import Ask, ask
from services.ogc.negotiation import GEOJSON, HTML, SCHEMA, Offer
from services.ogc.pages import page
from services.ogc.parameters import DEFAULT_LIMIT, FILTER, LANGUAGES, SYSTEM_FIELDS, queryables, served_codes
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
        "security": [{}, {"apiKey": []}, {"bearer": []}],
        "components": {
            **_components(),
            "parameters": _parameters(catalog, language),
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
        "/coverage": _get(
            "getCoverage",
            said(
                "Dữ liệu của từng lớp tại một điểm có đầy đủ không: complete, partial, none hoặc undeclared",
                "Whether the data of each layer are complete at a point: complete, partial, none or undeclared",
            ),
            (*everywhere, "point"),
            "object",
            html=False,
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
        ("limit", "bbox", "bbox-crs", "crs", "datetime", "knownAt", *FILTER, "cursor", "fItems", "profile", "lang"),
        "featureCollection",
        GEOJSON.media_type,
    )
    content: Object = items["get"]["responses"]["200"]["content"]  # type: ignore[index]
    content |= {offer.media_type: {} for offer in export_formats.OFFERS if offer.media_type != GEOJSON.media_type}
    listed: list[object] = items["get"]["parameters"]  # type: ignore[index]
    listed.extend(_queryable(field, catalog, language) for field in (*fields, *SYSTEM_FIELDS))
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
        "fItems": {"type": "string", "enum": ["json", "html", *(offer.name for offer in export_formats.OFFERS)]},
        "profile": {"type": "string", "enum": list(export_formats.PROFILES)},
        "fTileset": {"type": "string", "enum": ["json", "html", "tilejson"]},
        "fTile": {"type": "string", "enum": ["mvt"]},
        "lang": {"type": "string", "enum": ["vi", "en"]},
        "crs": {"type": "string", "format": "uri", "enum": uris, "default": uris[0]},
        "bbox-crs": {"type": "string", "format": "uri", "enum": uris, "default": uris[0]},
        "limit": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        "bbox": numbers,
        "point": {**numbers, "minItems": 2, "maxItems": 2},
        "filter": {"type": "string"},
        "filter-lang": {"type": "string", "enum": list(LANGUAGES), "default": next(iter(LANGUAGES))},
        "filter-crs": {"type": "string", "format": "uri", "enum": uris, "default": uris[0]},
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
    sent = "f" if name in ("fItems", "fTile", "fTileset") else name
    found: Object = {
        "name": sent,
        "in": "path" if in_path else "query",
        "required": in_path or name == "point",
        "description": texts.get(name, texts[sent]),
        "schema": schema,
    }
    if not in_path:
        found |= {"style": "form", "explode": False}
    return found


_DESCRIPTIONS = {
    "f": Text("Định dạng của câu trả lời; mặc định theo tiêu đề Accept", "Format of the answer; by Accept if left out"),
    "fItems": Text(
        "Định dạng của câu trả lời; mặc định theo tiêu đề Accept. json và html là từng trang; các định dạng khác là tệp có "
        "mọi đối tượng phù hợp, nếu không ghi limit",
        "Format of the answer; by Accept if left out. json and html come in pages; the others are files with every "
        "feature that matches, unless limit is given",
    ),
    "profile": Text(
        "Biến thể của định dạng: excel-vi (csv cho Excel tiếng Việt); rfc7946, jsonfg, jsonfg-plus (json)",
        "A variant of the format: excel-vi (csv for a Vietnamese Excel); rfc7946, jsonfg, jsonfg-plus (json)",
    ),
    "lang": Text("Ngôn ngữ; mặc định theo Accept-Language", "Language; by Accept-Language if left out"),
    "crs": Text("Hệ toạ độ của câu trả lời", "CRS of the answer's coordinates"),
    "point": Text("Kinh độ, vĩ độ theo độ", "Longitude and latitude in degrees"),
    "bbox-crs": Text("Hệ toạ độ của bbox", "CRS of bbox"),
    "filter": Text(
        f"Điều kiện theo CQL2 trên các trường lọc được (queryables). Các hàm: {', '.join(FUNCTIONS)} (mét, mét vuông)",
        f"A condition in CQL2 on the queryables. Functions: {', '.join(FUNCTIONS)} (metres, square metres)",
    ),
    "filter-lang": Text("Ngôn ngữ của filter", "The language of filter"),
    "filter-crs": Text(
        "Hệ toạ độ (và thứ tự trục) của hình ghi trong filter", "CRS, with its axis order, of the geometries in filter"
    ),
    "limit": Text(
        "Số đối tượng nhiều nhất trong một trang; tệp không ghi limit thì có tất cả",
        "Most features in one page; a file without it has them all",
    ),
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

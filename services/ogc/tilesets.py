"""What tiles there are: tilesets of a layer, TileJSON, and the one tile matrix set."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from gis.errors import NotFound
from gis.model.access import Decision
from gis.model.layer import FieldType, Layer, Territory, Text
from gis.store.cells import has_areas
from gis.store.cells import name as cell_name
from gis.store.tiles import label_name
from services.ogc.answers import document
from services.ogc.ask import Ask, ask, layer_of
from services.ogc.collections import REL
from services.ogc.negotiation import HTML, JSON, Offer
from services.ogc.pages import page
from services.ogc.tiles import MVT
from services.ogc.words import WORDS

QUAD = "WebMercatorQuad"
TILEJSON = Offer("tilejson", "application/vnd.mapbox.tile+json", ("application/tilejson+json",))

_QUAD_URI = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
_MERCATOR_URI = "http://www.opengis.net/def/crs/EPSG/0/3857"
_CRS84_URI = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_EDGE = 20037508.3427892
_SCALE_0 = 559082264.028717
_CELL_0 = 156543.033928041
_LEVELS = 25
_GEOMETRY_DIMENSION = {"Point": 0, "MultiPoint": 0, "LineString": 1, "MultiLineString": 1}
_ID = Text("Mã đối tượng", "Feature id")
_NAMES, _CELLS = Text("tên", "names"), Text("ô lưới tổng hợp", "cells")
_OF_CELLS = {
    "share": Text("Tỷ lệ của loại này trong ô (%)", "Share of this class in what is there (%)"),
    "features": Text("Số đối tượng", "Number of features"),
    "covered": Text("Phần ô được phủ (%)", "Covered part of the cell (%)"),
}
_TYPE_NAMES = {FieldType.INTEGER: "Number", FieldType.NUMBER: "Number", FieldType.BOOLEAN: "Boolean"}


async def tile_matrix_sets(request: Request) -> Response:
    """GET /tileMatrixSets."""
    asked = ask(request, (JSON,))
    path = f"/tileMatrixSets/{QUAD}"
    links = [asked.link("self", path, "application/json", WORDS["tiling_schemes"])]
    return document(asked, {"tileMatrixSets": [{"id": QUAD, "title": QUAD, "uri": _QUAD_URI, "links": links}]})


async def tile_matrix_set(request: Request) -> Response:
    """GET /tileMatrixSets/{id}."""
    asked = ask(request, (JSON,))
    _check_quad(request)
    content = {
        "id": QUAD,
        "title": "Google Maps Compatible for the World",
        "uri": _QUAD_URI,
        "crs": _MERCATOR_URI,
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": [_matrix(zoom) for zoom in range(_LEVELS)],
    }
    return document(asked, content)


def _matrix(zoom: int) -> dict[str, object]:
    return {
        "id": str(zoom),
        "scaleDenominator": _SCALE_0 / 2**zoom,
        "cellSize": _CELL_0 / 2**zoom,
        "cornerOfOrigin": "topLeft",
        "pointOfOrigin": [-_EDGE, _EDGE],
        "tileWidth": 256,
        "tileHeight": 256,
        "matrixWidth": 2**zoom,
        "matrixHeight": 2**zoom,
    }


async def tilesets(request: Request) -> Response:
    """GET /collections/{layer}/tiles."""
    layer, decision = layer_of(request)
    asked = ask(request)
    if asked.html:
        return page(asked, "tileset.html", WORDS["tiles"], layer=layer, tileset=_tileset(asked, layer, decision))
    path = f"/collections/{layer.id}/tiles"
    listed = {
        key: value
        for key, value in _tileset(asked, layer, decision).items()
        if key not in ("layers", "tileMatrixSetLimits")
    }
    links = [
        asked.link("self", path, "application/json", WORDS["tiles"]),
        asked.link("alternate", path, HTML.media_type, WORDS["tiles"]),
    ]
    return document(asked, {"links": links, "tilesets": [listed]})


async def tileset(request: Request) -> Response:
    """GET /collections/{layer}/tiles/{tileMatrixSet}, as OGC metadata or TileJSON 3.0."""
    layer, decision = layer_of(request)
    asked = ask(request, (JSON, HTML, TILEJSON))
    _check_quad(request)
    if asked.offer is TILEJSON:
        return document(asked, tilejson(asked, layer, decision))
    described = _tileset(asked, layer, decision)
    if asked.html:
        return page(asked, "tileset.html", WORDS["tiles"], layer=layer, tileset=described)
    return document(asked, described)


def tile_template(asked: Ask, layer: Layer) -> str:
    """The address of a layer's tiles with {z}, {x} and {y} in it."""
    return asked.base + f"/collections/{layer.id}/tiles/{QUAD}/{{z}}/{{y}}/{{x}}"


def tilejson(asked: Ask, layer: Layer, decision: Decision) -> dict[str, object]:
    """TileJSON 3.0.0 of a layer."""
    territory = asked.services.catalog.territory
    lon, lat, zoom = territory.view
    return {
        "tilejson": "3.0.0",
        "name": asked.say(layer.title),
        "description": asked.say(layer.description),
        "attribution": layer.owner,
        "scheme": "xyz",
        "tiles": [tile_template(asked, layer)],
        "minzoom": layer.tiles.least_zoom,
        "maxzoom": layer.tiles.max_zoom,
        "bounds": list(territory.bounds),
        "center": [lon, lat, max(round(zoom), layer.tiles.least_zoom)],
        "vector_layers": [
            {
                "id": drawn.id,
                "description": asked.say(drawn.title),
                "minzoom": drawn.least,
                "maxzoom": drawn.most,
                "fields": {name: kind for name, (kind, _) in drawn.fields.items()},
            }
            for drawn in _drawn(layer, decision)
        ],
    }


@dataclass(frozen=True, slots=True)
class _Drawn:
    """One layer of the tiles of a layer. `fields`: type in TileJSON and title by name."""

    id: str
    title: Text
    least: int
    most: int
    dimension: int
    fields: Mapping[str, tuple[str, Text]]


def _drawn(layer: Layer, decision: Decision) -> list[_Drawn]:
    """Features, then points for their names and cells where the layer has these."""
    tiles = layer.tiles
    dimension = _GEOMETRY_DIMENSION.get(str(layer.geometry.type), 2)
    id_field = {"id": ("String", _ID)}

    def named(names: Iterable[str]) -> dict[str, tuple[str, Text]]:
        shown = [layer.field(name) for name in names if name in decision.columns]
        return {field.name: (_TYPE_NAMES.get(field.type, "String"), field.title) for field in shown}

    # Below `min_zoom` features too large for cells are drawn as themselves.
    drawn = [_Drawn(layer.id, layer.title, tiles.least_zoom, tiles.max_zoom, dimension, id_field | named(tiles.fields))]
    if tiles.labels:
        fields = id_field | named(tiles.labels)
        names = _joined(layer.title, _NAMES)
        drawn.append(_Drawn(label_name(layer), names, tiles.min_zoom, tiles.max_zoom, 0, fields))
    if tiles.cells_from is not None:
        told = [name for name in _OF_CELLS if name != "covered" or has_areas(layer)]
        fields = named((tiles.cells_by,) if tiles.cells_by else ())
        fields |= {name: ("Number", _OF_CELLS[name]) for name in told}
        of_cells = 2 if has_areas(layer) else 0
        drawn.append(
            _Drawn(
                cell_name(layer), _joined(layer.title, _CELLS), tiles.cells_from, tiles.min_zoom - 1, of_cells, fields
            )
        )
    return drawn


def _joined(title: Text, part: Text) -> Text:
    return Text(f"{title.vi}: {part.vi}", f"{title.en}: {part.en}")


def _tileset(asked: Ask, layer: Layer, decision: Decision) -> dict[str, object]:
    territory = asked.services.catalog.territory
    path = f"/collections/{layer.id}/tiles/{QUAD}"
    west, south, east, north = territory.bounds
    return {
        "title": asked.say(layer.title),
        "dataType": "vector",
        "crs": _MERCATOR_URI,
        "tileMatrixSetURI": _QUAD_URI,
        "tileMatrixSetLimits": [
            _limits(zoom, territory) for zoom in range(layer.tiles.least_zoom, layer.tiles.max_zoom + 1)
        ],
        "boundingBox": {"lowerLeft": [west, south], "upperRight": [east, north], "crs": _CRS84_URI},
        "layers": [
            {
                "id": drawn.id,
                "title": asked.say(drawn.title),
                "dataType": "vector",
                "geometryDimension": drawn.dimension,
                "minTileMatrix": str(drawn.least),
                "maxTileMatrix": str(drawn.most),
                "propertiesSchema": {
                    "type": "object",
                    "properties": {name: {"title": asked.say(title)} for name, (_, title) in drawn.fields.items()},
                },
            }
            for drawn in _drawn(layer, decision)
        ],
        "links": _links(asked, layer, path),
    }


def _links(asked: Ask, layer: Layer, path: str) -> list[dict[str, object]]:
    return [
        asked.link("self", path, "application/json", WORDS["tiles"]),
        asked.link("alternate", path, HTML.media_type, WORDS["tiles"]),
        {
            "rel": "alternate",
            "type": TILEJSON.media_type,
            "title": "TileJSON",
            "href": asked.href(path, {"f": "tilejson"}),
        },
        asked.link(REL + "tiling-scheme", f"/tileMatrixSets/{QUAD}", "application/json", WORDS["tiling_schemes"]),
        asked.link(REL + "geodata", f"/collections/{layer.id}", "application/json", layer.title),
        {
            "rel": "item",
            "type": MVT.media_type,
            "templated": True,
            "title": asked.say(WORDS["tiles"]),
            "href": asked.href(path + "/{tileMatrix}/{tileRow}/{tileCol}"),
        },
    ]


def _limits(zoom: int, territory: Territory) -> dict[str, object]:
    """Rows and columns that the territory lies in."""
    west, south, east, north = territory.bounds
    return {
        "tileMatrix": str(zoom),
        "minTileRow": _row(north, zoom),
        "maxTileRow": _row(south, zoom),
        "minTileCol": _column(west, zoom),
        "maxTileCol": _column(east, zoom),
    }


def _column(lon: float, zoom: int) -> int:
    return min(max(int((lon + 180.0) / 360.0 * (1 << zoom)), 0), (1 << zoom) - 1)


def _row(lat: float, zoom: int) -> int:
    y = (1.0 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2.0
    return min(max(int(y * (1 << zoom)), 0), (1 << zoom) - 1)


def _check_quad(request: Request) -> None:
    name = request.path_params["tms"]
    if name != QUAD:
        raise NotFound(
            f"There is no tile matrix set '{name[:60]}'; there is {QUAD}.",
            f"Không có lưới ô bản đồ '{name[:60]}'; hiện có {QUAD}.",
            where="tileMatrixSetId",
        )

"""The map style: the layers' own style.json parts put together, with the addresses of their tiles."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from gis.errors import NotFound
from gis.model.layer import Catalog, Layer
from services.basemap import outside_layers, outside_source
from services.ogc.answers import document
from services.ogc.ask import Ask, ask
from services.ogc.negotiation import Offer
from services.ogc.place_names import TEXTS, names_layers, names_source
from services.ogc.tilesets import tile_template
from services.ogc.words import SERVICE_TITLE

STYLE = Offer("json", "application/vnd.mapbox.style+json", ("application/json",))
_BACKGROUND = {"id": "background", "type": "background", "paint": {"background-color": "#f4f1ea"}}
_DRAWN = {"fill": 0, "fill-extrusion": 1, "heatmap": 1, "line": 2, "circle": 3, "symbol": 4}
"""Areas first, then lines and points, texts on top: so that no layer hides another's lines and names."""


async def style(request: Request) -> Response:
    """GET /map/style.json and /styles/{id}, where id is `default` or the territory."""
    asked = ask(request, (STYLE,))
    name = request.path_params.get("style", "default")
    if name not in ("default", asked.services.catalog.territory.id):
        raise NotFound(
            f"There is no style '{name[:60]}'; there is 'default'.",
            f"Không có kiểu bản đồ '{name[:60]}'; hiện có 'default'.",
            where="styleId",
        )
    return document(asked, map_style(asked, asked.services.catalog))


def map_style(asked: Ask, catalog: Catalog) -> dict[str, object]:
    """A MapLibre style (version 8) of all layers that have one."""
    drawn = [layer for layer in catalog.layers.values() if layer.style]
    lon, lat, zoom = catalog.territory.view
    parts = [_part(layer, part, asked.language) for layer in drawn for part in layer.style]
    settings = asked.services.settings
    return {
        "version": 8,
        "name": asked.say(SERVICE_TITLE),
        "center": [lon, lat],
        "zoom": zoom,
        "metadata": {"landmap:bounds": list(catalog.territory.bounds)},
        "sources": {layer.id: _source(asked, layer) for layer in drawn}
        | names_source(catalog)
        | outside_source(settings),
        "layers": [
            _BACKGROUND,
            *outside_layers(settings),
            *sorted(parts, key=lambda part: _DRAWN.get(str(part["type"]), 2)),
            *names_layers(catalog, asked.language),
        ],
    }


def _source(asked: Ask, layer: Layer) -> dict[str, object]:
    return {
        "type": "vector",
        "tiles": [tile_template(asked, layer)],
        "minzoom": layer.tiles.least_zoom,
        "maxzoom": layer.tiles.max_zoom,
        "bounds": list(asked.services.catalog.territory.bounds),
        "attribution": layer.owner,
    }


def _part(layer: Layer, part: Mapping[str, object], language: str) -> dict[str, object]:
    """One style layer with its source; its id is made unique over all layers. Its text is in the language of the request, and
    in all of them beside it, for a map that changes its language without asking again."""
    name = str(part["id"])
    unique = name if name.startswith(layer.id) else f"{layer.id}-{name}"
    made = {"source-layer": layer.id, **part, "id": unique, "source": layer.id}
    layout = part.get("layout")
    said = layout.get("text-field") if isinstance(layout, dict) else None
    if isinstance(layout, dict) and isinstance(said, dict):
        made |= {"layout": {**layout, "text-field": said[language]}, "metadata": {TEXTS: said}}
    return made

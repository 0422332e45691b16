"""Names of seas and islands on wide views: a small source of points in the style itself, and how they are written."""

from __future__ import annotations

from gis.model.layer import Catalog, PlaceName, Water

TEXTS = "landmap:texts"
"""Member of the metadata of a style layer: its text in every language."""

_SOURCE = "place-names"
_LOOKS: dict[Water, tuple[dict[str, object], dict[str, object]]] = {
    Water.SEA: ({"text-size": 15, "text-letter-spacing": 0.15}, {"text-color": "#2f6690"}),
    Water.ISLANDS: ({"text-size": 13}, {"text-color": "#37474f"}),
}


def names_source(catalog: Catalog) -> dict[str, object]:
    """The points of the territory's names, each by its position; no source where there are none."""
    if not catalog.territory.names:
        return {}
    points = [
        {
            "type": "Feature",
            "properties": {"place": place},
            "geometry": {"type": "Point", "coordinates": list(name.at)},
        }
        for place, name in enumerate(catalog.territory.names)
    ]
    return {_SOURCE: {"type": "geojson", "data": {"type": "FeatureCollection", "features": points}}}


def names_layers(catalog: Catalog, language: str) -> list[dict[str, object]]:
    """One style layer for each name. They never give way to other texts."""
    return [_layer(place, name, language) for place, name in enumerate(catalog.territory.names)]


def _layer(place: int, name: PlaceName, language: str) -> dict[str, object]:
    layout, paint = _LOOKS[name.kind]
    least, most = name.zooms
    return {
        "id": f"{_SOURCE}-{place}",
        "type": "symbol",
        "source": _SOURCE,
        "minzoom": least,
        "maxzoom": most,
        "filter": ["==", ["get", "place"], place],
        "layout": {
            "text-field": name.title[language],
            "text-font": ["Noto Sans Regular"],
            "text-allow-overlap": True,
            **layout,
        },
        "paint": {**paint, "text-halo-color": "#ffffff", "text-halo-width": 1.5},
        "metadata": {TEXTS: name.title.both()},
    }

"""layers/<id>/style.json: the MapLibre layers that draw a layer, without `source`, which the map adds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from gis.catalog.problems import Place, nearest
from gis.catalog.table import BadValueError, Table, kind, number, text
from gis.model.layer import Layer

TYPES = ("fill", "line", "symbol", "circle", "fill-extrusion", "heatmap")
LOOKUPS = frozenset({"get", "has"})
LEGACY = frozenset({"==", "!=", "<", "<=", ">", ">=", "in", "!in", "!has"})
FROM_TILE = frozenset({"feature_id"})
"""Properties that every tile feature carries beside the fields."""
OF_CELLS = ("share", "features", "covered")
"""Properties of a cell beside its class."""

_TOKEN = re.compile(r"\{([^{}]+)\}")


def read_style(path: Path, layer: Layer, place: Place) -> tuple[Mapping[str, object], ...]:
    """The style layers in drawing order, lowest first."""
    try:
        parts = json.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        place.add(f"not UTF-8 at byte {error.start}; save the file as UTF-8")
        return ()
    except json.JSONDecodeError as error:
        place.add(f"not valid JSON: {error}; mend that line")
        return ()
    if not isinstance(parts, list):
        place.add(f"is {kind(parts)}, must be an array of MapLibre layers; write [{{…}}]")
        return ()
    seen: set[str] = set()
    for index, part in enumerate(parts):
        here = place.within(f"[{index}]")
        if isinstance(part, dict):
            _check_part(Table(part, here), layer, seen)
        else:
            here.add(f"is {kind(part)}, must be a MapLibre layer; write {{…}}")
    return tuple(part for part in parts if isinstance(part, dict))


def _check_part(part: Table, layer: Layer, seen: set[str]) -> None:
    name = part.required("id", text, "")
    if name and name in seen:
        part.place.within("id").add(f"'{name}' stands twice; choose another")
    seen.add(name)
    part.required("type", _style_type, TYPES[0])
    drawn = _drawn(layer)
    source_layer = part.required("source-layer", text, layer.id)
    if source_layer not in drawn:
        names = "' or '".join(drawn)
        part.place.within("source-layer").add(f"'{source_layer}' is not in this layer's tiles; write '{names}'")
    properties = drawn.get(source_layer, layer.tiles.fields)
    if "source" in part.values:
        part.place.within("source").add("the map adds it; remove it")
    _check_zoom(part, layer)
    _check_text(part)
    for key in ("paint", "layout", "filter"):
        for property_name in _properties(part.values.get(key), legacy=key == "filter"):
            _check_property(property_name, properties, layer, part.place.within(key))


def _style_type(value: object) -> str:
    if text(value) not in TYPES:
        raise BadValueError(f"'{value}' is not one of {', '.join(TYPES)}")
    return str(value)


def _check_text(part: Table) -> None:
    """A text is one for both languages, or one for each."""
    layout = part.values.get("layout")
    said = layout.get("text-field") if isinstance(layout, dict) else None
    if isinstance(said, dict) and (set(said) != {"vi", "en"} or not all(isinstance(one, str) for one in said.values())):
        part.place.within("layout.text-field").add('is not in both languages; write { "vi": …, "en": … }')


def _check_zoom(part: Table, layer: Layer) -> None:
    lowest = part.optional("minzoom", number, None)
    highest = part.optional("maxzoom", number, None)
    least, key = layer.tiles.least_zoom, "min_zoom" if layer.tiles.cells_from is None else "cells_from"
    if lowest is not None and lowest < least:
        part.place.within("minzoom").add(f"{lowest:g} is below tiles.{key} {least}, where there are no tiles; raise it")
    if highest is not None and highest <= (lowest if lowest is not None else least):
        part.place.within("maxzoom").add(f"{highest:g} is not above the lowest zoom, so nothing is drawn; raise it")


def _drawn(layer: Layer) -> dict[str, tuple[str, ...]]:
    """Layers of the tiles with their properties."""
    tiles = layer.tiles
    drawn = {layer.id: tiles.fields}
    if tiles.labels:
        drawn[f"{layer.id}_label"] = tiles.labels
    if tiles.cells_from is not None:
        drawn[f"{layer.id}_cell"] = ((tiles.cells_by,) if tiles.cells_by else ()) + OF_CELLS
    return drawn


def _check_property(name: str, properties: tuple[str, ...], layer: Layer, place: Place) -> None:
    if name in FROM_TILE or name in properties:
        return
    mend = (
        "add it to tiles.fields in layer.toml"
        if name in layer and properties == layer.tiles.fields
        else nearest(name, properties)
    )
    place.add(f"property '{name}' is not in the tiles; {mend}")


def _properties(value: object, *, legacy: bool = False) -> Iterator[str]:
    """Names of the feature properties that an expression, a filter or a text with {tokens} reads."""
    if isinstance(value, str):
        yield from _TOKEN.findall(value)
    elif isinstance(value, dict):
        for part in value.values():
            yield from _properties(part)
    elif isinstance(value, list) and value and value[0] != "literal":
        if _looks_up(value, legacy):
            yield value[1]
        for part in value[1:]:
            yield from _properties(part, legacy=legacy)


def _looks_up(value: list[object], legacy: bool) -> bool:
    """`["get", name]`, or in a filter the old form `["==", name, value]`."""
    if len(value) < 2 or not isinstance(value[1], str) or value[1].startswith("$"):
        return False
    return (value[0] in LOOKUPS and len(value) == 2) or (legacy and value[0] in LEGACY)

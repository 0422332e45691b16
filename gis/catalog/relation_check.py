"""Tables and indexes of all layers stand in one schema of the database: no two of them may be called the same."""

from __future__ import annotations

from collections.abc import Sequence

from gis.catalog.problems import Place
from gis.model.layer import Layer

_OWN = "key"
"""Every layer has an index `<layer>_key_open`; those on a field are called `<layer>_<field>_open`."""


def check_relation_names(layers: Sequence[Layer], root: Place) -> None:
    """Note ids with which `<layer>_<field>…` could mean two things: `lots` with `old_use`, `lots_old` with `use`."""
    for layer in layers:
        file = Place(f"{root.file}/{layer.id}/layer.toml", root.lines)
        for other in layers:
            if layer.id.startswith(f"{other.id}_"):
                file.within("id").add(
                    f"'{layer.id}' begins with '{other.id}_', and tables and indexes of layer {other.id} could be called like "
                    "its own; choose another name"
                )
        if _OWN in layer and layer.field(_OWN).indexed:
            file.within(f"fields.{_OWN}").add("indexed, and its index would be called like one of the layer; rename it")

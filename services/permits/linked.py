"""What names a parcel by its numbers and has no place of its own: it is not found by where the parcel lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import shapely

from gis.model.access import Decision
from gis.model.filter import Call, Items, Node, Property, Value
from gis.model.layer import Field, FieldType, Layer
from gis.ops.table import Table
from gis.store.frames import MOST_FEATURES
from gis.store.parcels import Wanted, matching
from gis.store.pools import Snapshot
from gis.store.vicinity import Moment


async def linked(
    source: Snapshot,
    wanted: Sequence[tuple[Layer, Decision]],
    parcels: Layer,
    row: Mapping[str, Any],
    moment: Moment,
) -> dict[str, Table]:
    """By layer, the features that refer to the parcel of this row and whose place the caller is not told, if there are any.

    Only what the caller may see names a parcel: who may not read the numbers of a feature does not find it by them.
    """
    found = {}
    for layer, decision in wanted:
        for field in () if layer.geometry.required else layer.fields:
            condition = _naming(field, parcels, row) if field.name in decision.columns else None
            if condition is None:
                continue
            table = (await matching(source, layer, decision, Wanted(condition), moment, most=MOST_FEATURES)).table
            placeless = table.only(shapely.is_missing(table.geometry))
            if len(placeless):
                found[layer.id] = placeless
    return found


def _naming(field: Field, parcels: Layer, row: Mapping[str, Any]) -> Node | None:
    """That the field names the parcel; None where it names none, or the parcel has no such numbers."""
    reference = field.references
    if reference is None or reference.layer != parcels.id:
        return None
    parts = [row.get(name) for name in reference.fields]
    if any(part is None for part in parts):
        return None
    name = Value(reference.SEPARATOR.join(str(part) for part in parts))
    if field.type is FieldType.TEXT_LIST:
        return Call("a_contains", (Property(field.name), Items((name,))))
    return Call("=", (Property(field.name), name))

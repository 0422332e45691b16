"""The buildings that stand on the lot of a check: what the answer tells of them, and fates of buildings that do not stand there."""

from __future__ import annotations

from collections.abc import Mapping

from shapely.geometry.base import BaseGeometry

from gis.errors import InvalidParameter
from gis.ops.table import Table
from gis.rules.standing import FATES, Building, Fates, buildings_on
from gis.store.vicinity import Near
from services.permits.answer import Object, number

_FIELDS = ("code", "name", "use", "storeys", "storeys_below", "height", "floor_area", "year_built")
"""What is told of a building, as far as the caller may see it: storeys, m, m2."""


def stands(near: Near | None, lot: BaseGeometry, fates: Fates | None) -> list[Object] | None:
    """The buildings on the lot, the largest first, with their part on it (`on_lot_m2`) and what becomes of them; None where there is no
    such layer. InvalidParameter for the fate of a building that does not stand there."""
    if near is None:
        return None
    found = buildings_on(lot, near.found, fates)
    _refuse_strangers({str(near.found.column("id")[one.row]) for one in found}, fates)
    return [_told(near.found, one) for one in found]


def _told(features: Table, building: Building) -> Object:
    row = features.record(building.row)
    told: Object = {"id": str(row["id"])}
    told |= {name: number(row[name]) for name in _FIELDS if row.get(name) is not None}
    return told | {"on_lot_m2": number(building.area), "fate": building.fate}


def _refuse_strangers(there: set[str], fates: Fates | None) -> None:
    if not isinstance(fates, Mapping):
        return
    named = [one for fate in FATES for one in fates.get(fate, ())]
    if strangers := [one for one in named if one not in there]:
        raise InvalidParameter(
            f"existing: no building {strangers[0]} stands on the lot at that time; the answer lists those that do.",
            f"existing: không có công trình {strangers[0]} trên lô đất tại thời điểm đó; hãy chọn trong danh sách của kết quả.",
            where="existing",
        )
    if len(set(named)) < len(named):
        raise InvalidParameter(
            "existing: a building has one fate; name each once.",
            "existing: mỗi công trình chỉ ghi một lần.",
            where="existing",
        )

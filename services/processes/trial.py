"""A staged plan tried on all parcels and open permits, for the process and the command `what-if`: nothing is published."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import geopandas as gpd
import pandas as pd

from gis.catalog.deadline_file import read_procedure
from gis.errors import InvalidParameter
from gis.model.change import Stage
from gis.model.layer import Catalog, Layer, Text
from gis.rules.what_if import ZONE_FIELDS, binding, compared, touched
from gis.store.database import Connection
from gis.store.rehearsal import Rehearsed, met, rehearse

NO_LOTS = Text("Không có thửa đất nào ở nơi thay đổi.", "No parcel lies where the zones change.")

KINDS = {
    "gains": Text("tăng", "gains"),
    "loses": Text("giảm", "loses"),
    "same": Text("không đổi", "the same"),
    "becomes-known": Text("nay có chỉ tiêu", "becomes known"),
    "becomes-unknown": Text("không còn chỉ tiêu", "no longer known"),
    "unknown": Text("chưa có dữ liệu", "no data"),
}
"""What may become of a lot."""

_LOT = ("commune", "sheet", "parcel", "land_use")
_PERMIT = ("number", "office", "status", "floor_area")


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What the staged plan would make of each lot that it meets, and of each open permit (None: not looked at), at an instant."""

    at: datetime
    lots: gpd.GeoDataFrame
    permits: pd.DataFrame | None


def zones_of(catalog: Catalog, name: str) -> Layer:
    """The layer, which has limits of zones. InvalidParameter where it has none."""
    layer = catalog.layers[name]
    if not all(field in layer for field in ZONE_FIELDS):
        raise InvalidParameter(
            f"{name} has no limits of zones; give a staged changeset of the layer zones.",
            f"Lớp {name} không có chỉ tiêu quy hoạch; hãy chọn một lần cập nhật đang chờ của lớp zones.",
            where="stage",
        )
    return layer


def trial(
    connection: Connection, catalog: Catalog, stage: Stage, at: datetime | None, *, permits: bool = True
) -> Trial:
    """By default as of when all of the plan is in force. InvalidParameter where it meets no lot; and what `rehearse` raises."""
    tried = rehearse(connection, stage.id, zones_of(catalog, stage.layer), ZONE_FIELDS, at)
    lots = _lots(connection, catalog, tried)
    return Trial(tried.at, lots, _permits(connection, catalog, tried, lots) if permits else None)


def _lots(connection: Connection, catalog: Catalog, tried: Rehearsed) -> gpd.GeoDataFrame:
    """All lots that the changed zones meet."""
    before, after = binding(tried.before), binding(tried.after)
    chunks: Iterator[gpd.GeoDataFrame] = met(connection, catalog.layers["parcels"], _LOT, tried.changed, tried.at)
    found = [compared(chunk, before, after) for chunk in chunks]
    if not found:
        raise InvalidParameter(NO_LOTS.en, NO_LOTS.vi, where="stage")
    whole: gpd.GeoDataFrame = pd.concat(found, ignore_index=True)
    return whole


def _permits(connection: Connection, catalog: Catalog, tried: Rehearsed, lots: gpd.GeoDataFrame) -> pd.DataFrame:
    """The open permits that stand on those lots."""
    procedure = read_procedure(catalog.regulations)
    permits = met(connection, catalog.layers["permits"], _PERMIT, tried.changed, tried.at)
    found = [touched(chunk, lots, procedure) for chunk in permits]
    return (
        pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=[*_PERMIT, "lot", "change", "exceeds"])
    )

"""A part of a survey: some buildings with all that they are judged by, so that it can be judged anywhere. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import shapely

from gis.ops.pieces import Ints
from gis.ops.table import Table, objects, table
from gis.rules import conformity
from gis.rules.conformity import Row
from gis.rules.pack import Packs
from gis.rules.themes import Theme

WARD = "ward"
FIELDS = ("storeys", "storeys_below", "height", "floor_area")
"""What is asked of a building: storeys, m, m2."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """`buildings`: `id`, FIELDS and WARD, the code of the ward of those that are asked about; None of those that only stand
    on the same parcels. `parcels`: `id`, all that the buildings asked about stand on, whole. One projected CRS in metres."""

    buildings: Table
    parcels: Table
    themes: Mapping[str, Theme]

    @property
    def asked(self) -> Ints:
        """The positions of the buildings that are asked about."""
        return np.flatnonzero([ward is not None for ward in self.buildings.column(WARD)])


def part_of(wards: Mapping[str, str], buildings: Table, parcels: Table, themes: Mapping[str, Theme]) -> Part:
    """A part of what lies around the buildings whose `wards` are given by their ids; other buildings stay where they meet
    one of the parcels."""
    ids = [str(one) for one in buildings.column("id")]
    keep = np.array([one in wards for one in ids], dtype=bool)
    keep[shapely.STRtree(buildings.geometry).query(parcels.geometry, predicate="intersects")[1]] = True
    columns = {name: buildings.column(name) for name in FIELDS}
    whole = table({"id": ids, WARD: [wards.get(one) for one in ids], **columns}, buildings.geometry, buildings.crs)
    lots = table({"id": [str(one) for one in parcels.column("id")]}, parcels.geometry, parcels.crs)
    return Part(whole.only(keep), lots, themes)


def judge(part: Part, rules: tuple[Packs, date]) -> list[Row]:
    """The rows of the buildings that are asked about: what `gis.rules.conformity.survey` finds."""
    return conformity.survey(part.asked, part.buildings, part.parcels.geometry, part.themes, rules)


def lots_of(part: Part) -> dict[int, list[str]]:
    """The ids of the parcels on which each building stands, in order."""
    on = conformity.standing(part.buildings.geometry, part.parcels.geometry)
    names = objects(list(part.parcels.column("id")))[on.other]
    stands: dict[int, list[str]] = {}
    for building, lot in sorted(zip(on.lot.tolist(), names.tolist(), strict=True)):
        stands.setdefault(building, []).append(lot)
    return stands

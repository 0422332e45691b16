"""Where on the ground a rule is broken."""

from __future__ import annotations

import numpy as np
import shapely

from gis.model.verdict import Conflict, Status
from gis.rules.facts import Facts, Shapes
from gis.rules.judge import STATUSES, Block

_SETBACKS = {"front.setback_m": "footprint", "front.tower_setback_m": "tower"}


def conflict(facts: Facts, block: Block, at: int) -> Conflict | None:
    """The ground on which row `at` of the block is broken; None where it is kept, or broken nowhere in particular."""
    if facts.shapes is None or STATUSES[block.status[at]] not in (Status.FAIL, Status.WARNING):
        return None
    shape = _ground(facts, facts.shapes, block, at)
    if shape is None or shape.is_empty:
        return None
    return Conflict(shape, facts.shapes.crs)


def _ground(facts: Facts, shapes: Shapes, block: Block, at: int) -> shapely.Geometry | None:
    case, measure = int(block.case[at]), block.rule.measure
    if (block.pack.id, block.rule.id) in facts.overlaps:
        return facts.overlaps[block.pack.id, block.rule.id][case]
    if measure == "footprint_outside_m2":
        return shapely.difference(shapes.footprint[case], shapes.lot[case])
    if measure == "footprint_in_road_m2":
        met = shapes.road[np.asarray(shapely.intersects(shapes.road, shapes.footprint[case]))]
        return shapely.intersection(shapes.footprint[case], shapely.union_all(met))
    if measure == "over_kept_m2":
        return shapely.intersection(shapes.footprint[case], shapes.kept[case])
    if measure == "included_outside_m2":
        return shapely.difference(shapes.included[case], shapes.footprint[case])
    if measure in _SETBACKS and not np.isnan(block.limit[at]):
        strip = shapely.buffer(shapes.front_road[block.row[at]], block.limit[at])
        return shapely.intersection(getattr(shapes, _SETBACKS[measure])[case], strip)
    return None

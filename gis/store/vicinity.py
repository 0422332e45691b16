"""What lies at a place: of several layers at once, on both time axes, with where their data were complete as known then.

The one way in which checks, extracts and overlays read what is around a lot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

import numpy as np
import shapely

from gis.crs.transform import transform_geometries
from gis.errors import InvalidParameter, StoreError
from gis.model.access import Decision
from gis.model.layer import Layer, Show
from gis.model.query import CRS84, BBox, ItemQuery
from gis.ops.pieces import Objects
from gis.ops.precedence import sound, weakest
from gis.ops.table import Table, objects
from gis.store.coverage import LEVELS, near_sql
from gis.store.export import Selection
from gis.store.frames import MOST_FEATURES, frames, in_degrees
from gis.store.pools import Snapshot

_MARGIN = 1.0  # metres: what is cut to a box is cut farther away than `reach`


@dataclass(frozen=True, slots=True)
class Moment:
    """Both axes of one question: the instant asked about, and the changeset or instant of knowledge. None is now."""

    at: datetime | None = None
    known: int | datetime | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Near:
    """Of one layer what the caller may see within reach, by id, and where its data are declared complete.

    `found`: storage CRS, easting first; `id`, the columns of the decision, `valid_from`, `valid_to`, `valid_from_known`
    and `changeset`, None where missing or not shown. Large geometries end some metres outside of the reach.

    `declared`: `level` (complete, partial, none), `as_of`, `agency`, `declared_at`; where declarations overlap, the
    weakest has the ground. It ends outside of the reach as well. Where nothing is declared, nothing is known.

    `withheld`: the layer has rows whose place this caller may not see, there or elsewhere. So finding nothing does not
    mean that there is nothing; it is told of the layer, not of the place, so that it gives no place away.
    """

    layer: Layer
    found: Table
    declared: Table
    withheld: bool

    def declared_at(self, place: shapely.Geometry) -> Table:
        """The declarations in whose inside some of the place, or the point that it is, lies; one that only touches has no say."""
        inside = shapely.relate_pattern(self.declared.geometry, place, "T********")
        return self.declared.only(np.asarray(inside, dtype=bool))


@dataclass(frozen=True, slots=True, eq=False)
class Vicinity:
    """`crs`: the storage CRS. `changeset`: the data version, the last changeset of the layers that the caller may know of.

    Whoever asks again with `at = instant` and `known = known_at` gets the same answer: `known_at` is the instant of the
    last changeset or declaration that the answer rests on (None where nothing was known yet). `effective`: at every instant
    from then up to `instant` the answer is the same.
    """

    crs: int
    changeset: int
    known_at: datetime | None
    instant: datetime
    layers: Mapping[str, Near]
    effective: datetime


async def vicinity(
    source: Snapshot,
    wanted: Sequence[tuple[Layer, Decision]],
    place: shapely.Geometry,
    reach: float | Mapping[str, float],
    moment: Moment,
    most: int = MOST_FEATURES,
) -> Vicinity:
    """What the caller may see within `reach` metres of `place` (storage CRS), in two short statements. The reach may be
    given for each layer.

    TooMuch where there are more than `most` features of a layer, or too many vertices; InvalidCrs where the
    place cannot be in the storage CRS.
    """
    if not wanted:
        raise InvalidParameter("Name a layer to ask about.", "Hãy ghi ít nhất một lớp dữ liệu.", where="layers")
    crs = wanted[0][0].storage_crs
    instant = moment.at or datetime.now(UTC)
    far = {layer.id: reach[layer.id] if isinstance(reach, Mapping) else reach for layer, _ in wanted}
    selections = [
        Selection(
            layer, ItemQuery(layer.id, bbox=_box(place, far[layer.id], crs), at=instant, known=moment.known), decision
        )
        for layer, decision in wanted
    ]
    found = await frames(source, selections, most=most)
    box = _box(place, max(far.values()), crs)
    declared, event = await _declared(source, [layer for layer, _ in wanted], box, moment.known)
    shapely.prepare(place)
    near = {
        layer.id: Near(
            layer, _within(one.features, place, far[layer.id]), declared[layer.id], withheld(layer, decision)
        )
        for (layer, decision), one in zip(wanted, found, strict=True)
    }
    known_at = max(filter(None, [event, *(one.committed_at for one in found)]), default=None)
    changeset = max(one.changeset for one in found)
    # A layer that knows of nothing has no bound to which its instant could be rounded down.
    effective = max((one.instant for one in found if one.changeset), default=instant)
    return Vicinity(crs, changeset, known_at, instant, MappingProxyType(near), effective)


def _box(place: shapely.Geometry, reach: float, crs: int) -> BBox:
    west, south, east, north = (float(value) for value in place.bounds)
    around = reach + _MARGIN
    return BBox((west - around, south - around, east + around, north + around), crs)


def withheld(layer: Layer, decision: Decision) -> bool:
    """The layer has rows whose place a caller of this decision may not see."""
    if decision.everywhere:
        return False
    hides = any(
        rule.show is Show.NONE or (rule.show is Show.REDUCED and not rule.geometry) for rule in layer.rows.rules
    )
    return hides or layer.rows.default is Show.NONE


def _within(features: Table, place: shapely.Geometry, reach: float) -> Table:
    return features.only(shapely.dwithin(place, features.geometry, reach))


async def _declared(
    source: Snapshot, layers: Sequence[Layer], box: BBox, known: int | datetime | None
) -> tuple[dict[str, Table], datetime | None]:
    """What is declared of each layer around there, and when the last of it was declared or withdrawn."""
    crs = layers[0].storage_crs
    row = await source.row(near_sql([layer.id for layer in layers], in_degrees(box), known))
    if row is None:
        raise StoreError("A query that always has one row had none.")
    of_layer = objects(row["layer"] or [])
    areas = _outlines(row["area"] or [], crs)
    strength = np.array([LEVELS.index(level) for level in row["level"] or []], dtype=np.int64)
    told = {name: row[name] or [] for name in _TOLD}
    declared = {}
    for layer in layers:
        here = np.flatnonzero(of_layer == layer.id)
        ground = weakest(areas[here], strength[here])
        left = ~shapely.is_empty(ground)
        declared[layer.id] = Table(told, ground[left], crs, here[left])
    return declared, row["event"]


def _outlines(written: Sequence[bytes], crs: int) -> Objects:
    """The areas in the CRS. Layers are mostly declared by the same wards: each outline is read once."""
    places = {outline: place for place, outline in enumerate(dict.fromkeys(written))}
    read = objects(shapely.from_wkb(list(places)))
    moved = transform_geometries(sound(read, np.ones(len(read), dtype=bool)), CRS84, crs)
    return np.asarray(moved[[places[outline] for outline in written]])


_TOLD = ("level", "as_of", "agency", "declared_at")

"""What a transformation between two CRSs consists of, and how exact it is."""

from __future__ import annotations

from dataclasses import dataclass

from gis.crs.registry import WGS84, crs, is_vn2000
from gis.crs.transform import registered
from gis.model.query import CRS84


@dataclass(frozen=True, slots=True)
class Operation:
    """One step. `code` is that of the EPSG registry where it has one. `accuracy` in metres: 0 for one that is exact by
    definition, such as a map projection; None where the registry does not tell."""

    name: str
    code: int | None
    accuracy: float | None


_HELMERT = Operation("VN-2000 to WGS 84 (2)", 6960, 1.0)
"""The seven parameters of the whole country, pinned in `gis.crs.transform`; the accuracy is that of the registry."""

_PROJECTION = Operation("Transverse Mercator on the VN-2000 datum", None, 0.0)


def operations(source: int, target: int) -> tuple[Operation, ...]:
    """The steps from `source` to `target`, as `gis.crs.transform` takes them; none where the coordinates are the same."""
    if source == target or {source, target} <= {CRS84, WGS84}:
        return ()
    if is_vn2000(source) and is_vn2000(target):
        return (_PROJECTION,)
    if is_vn2000(source):
        return (_HELMERT, *operations(CRS84, target))
    if is_vn2000(target):
        return (*operations(source, CRS84), _HELMERT)
    taken = registered(source, target)
    return (Operation(taken.description, None, None if taken.accuracy < 0 else float(taken.accuracy)),)


def accuracy(steps: tuple[Operation, ...]) -> float | None:
    """The accuracies of the steps together, in metres; None where one is unknown."""
    known = [step.accuracy for step in steps]
    return None if None in known else float(sum(filter(None, known)))


def axes(code: int) -> tuple[str, str]:
    """What the two numbers of a position are, in the order that the registry prescribes for the CRS."""
    found = crs(code)
    pair = ("longitude", "latitude") if found.geographic else ("easting", "northing")
    return pair if found.axis == "xy" else (pair[1], pair[0])

"""Geometry of the records: in the territory, of the layer's type, valid, in the storage CRS."""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.crs.registry import Crs
from gis.crs.transform import transform_geometries
from gis.ingest.crs_check import Sample, inside, settle
from gis.ingest.findings import Detail, Finding, error, warning
from gis.ingest.read import Raw
from gis.model.layer import Layer, Territory, Text
from gis.ops.validity import coerce, finite, reasons, repair

_CHUNK = 100_000
_WEB_MERCATOR = 3857

_KINDS = MappingProxyType(
    {
        "Point": "điểm",
        "MultiPoint": "nhóm điểm",
        "LineString": "đường",
        "LinearRing": "đường khép kín",
        "MultiLineString": "nhóm đường",
        "Polygon": "vùng",
        "MultiPolygon": "nhóm vùng",
        "GeometryCollection": "tập hợp hình học",
    }
)

_INVALID = MappingProxyType(
    {
        "Self-intersection": Text("đường bao tự cắt", "the outline crosses itself"),
        "Ring Self-intersection": Text("đường bao tự chạm", "the outline touches itself"),
        "Hole lies outside shell": Text("lỗ nằm ngoài vùng", "a hole lies outside"),
        "Holes are nested": Text("lỗ nằm trong lỗ", "a hole lies within a hole"),
        "Nested shells": Text("vùng nằm trong vùng", "a part lies within a part"),
        "Interior is disconnected": Text("phần trong bị tách rời", "the inside falls apart"),
        "Duplicate Rings": Text("đường bao lặp lại", "an outline stands twice"),
        "Too few points in geometry component": Text("quá ít điểm", "it has too few points"),
    }
)
"""What GEOS finds wrong with a geometry, in words for people."""
_AT = re.compile(r"(?P<what>.+?)\[(?P<x>\S+) (?P<y>[^\s\]]+)(?: [^\]]*)?\]")


@dataclass(frozen=True, slots=True)
class Placed:
    """n geometries, None where a record has none that can be used. `source`: in the CRS of the file `crs`, `storage`:
    in the territory's. `survey_crs`: the CRS in which areas of this file mean what they say (`survey` geometries)."""

    source: NDArray[np.object_]
    storage: NDArray[np.object_]
    crs: Crs | None
    survey_crs: int
    findings: tuple[Finding, ...]

    @property
    def survey(self) -> NDArray[np.object_]:
        """Geometries in the survey CRS."""
        return self.source if self.crs is not None and self.crs.code == self.survey_crs else self.storage


@dataclass(frozen=True, slots=True)
class Claim:
    """What is said about the CRS: by the file (`declared`) and by the user (`chosen`)."""

    declared: str | None
    chosen: str | None


def place(raw: Raw, claim: Claim, layer: Layer, territory: Territory) -> Placed:
    """Check and transform the geometry of the records. Raises IngestError or Undecided about the CRS."""
    shapes = raw.geometry if raw.geometry is not None else np.full(len(raw), None, dtype=object)
    points = representative(shapes)
    usable = np.isfinite(points).all(axis=1)
    if not usable.any():
        findings = _missing(raw, shapes, layer) + _unusable(shapes)
        nothing = np.full(len(raw), None, dtype=object)
        return Placed(nothing, nothing, None, territory.storage_crs, tuple(findings))
    return placed_in(raw, settle(claim.declared, claim.chosen, Sample.of(points), territory), layer, territory)


def placed_in(raw: Raw, crs: Crs, layer: Layer, territory: Territory) -> Placed:
    """Check and transform the geometry of records of which it is known that they are in `crs`."""
    shapes = raw.geometry if raw.geometry is not None else np.full(len(raw), None, dtype=object)
    points = representative(shapes)
    starts = range(0, len(shapes), _CHUNK)
    work = _Work(layer, territory, crs)
    with ThreadPoolExecutor(2) as pool:
        parts = list(pool.map(lambda at: work.chunk(shapes[at : at + _CHUNK], points[at : at + _CHUNK], at), starts))
    findings = _missing(raw, shapes, layer) + _merged([f for part in parts for f in part.findings])
    survey = crs.code if not crs.geographic and crs.code != _WEB_MERCATOR else territory.storage_crs
    return Placed(
        np.concatenate([part.shapes for part in parts]),
        np.concatenate([part.storage for part in parts]),
        crs,
        survey,
        tuple(findings),
    )


def representative(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """One point (n, 2) of each geometry, the middle of its box; NaN where there is none or it is not finite."""
    box = shapely.bounds(shapes)
    with np.errstate(invalid="ignore", over="ignore"):
        middle = np.column_stack([(box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2])
    middle[~np.isfinite(middle).all(axis=1)] = np.nan
    return middle


def _missing(raw: Raw, shapes: NDArray[np.object_], layer: Layer) -> list[Finding]:
    """Records without geometry, or with one that cannot be read."""
    unread = np.flatnonzero(raw.unread)
    found = [error("geometry-unreadable", unread)] if len(unread) else []
    without = np.flatnonzero(shapely.is_missing(shapes) & ~raw.unread)
    if len(without) and layer.geometry.required:
        found.append(error("geometry-missing", without))
    return found


def _unusable(shapes: NDArray[np.object_]) -> list[Finding]:
    """Of a file in which no geometry is anywhere: why each is not."""
    empty, nowhere = shapely.is_empty(shapes), ~finite(shapes)
    kinds = (("geometry-empty", empty), ("coordinate-not-finite", nowhere & ~empty))
    return [error(reason, np.flatnonzero(mask)) for reason, mask in kinds if mask.any()]


@dataclass(frozen=True, slots=True)
class _Work:
    """What is the same for all chunks of one file."""

    layer: Layer
    territory: Territory
    crs: Crs

    def chunk(self, shapes: NDArray[np.object_], points: NDArray[np.float64], at: int) -> _Part:
        """Geometries of the records from `at` on; those with an error become None."""
        part = _Part(shapes.copy(), at)
        part.refuse("geometry-empty", shapely.is_empty(shapes))
        part.refuse("coordinate-not-finite", ~finite(shapes))
        away = ~shapely.is_missing(part.shapes) & ~inside(points, self.crs.code, self.territory)
        part.refuse("outside-territory", away, [f"x {x:.9g}, y {y:.9g}" for x, y in points[away]])
        part.shapes, other = coerce(part.shapes, self.layer.geometry.type)
        part.refuse("geometry-type", other, [_kind(shape) for shape in part.shapes[other]])
        mended = repair(part.shapes)
        part.refuse("geometry-invalid", mended.broken, _reasons(part.shapes[mended.broken]))
        part.note("geometry-repaired", mended.repaired, _reasons(part.shapes[mended.repaired]))
        sound = mended.geometry.copy()
        sound[mended.broken] = None
        part.shapes = coerce(sound, self.layer.geometry.type)[0]
        kinds = shapely.get_dimensions(part.shapes)
        part.refuse("area-zero", (kinds == 2) & (shapely.area(part.shapes) == 0))
        part.refuse("length-zero", (kinds == 1) & (shapely.length(part.shapes) == 0))
        part.storage = transform_geometries(part.shapes, self.crs.code, self.territory.storage_crs)
        return part


@dataclass(slots=True)
class _Part:
    """One chunk at work: `shapes` in the CRS of the file, `storage` in the territory's, records from `at` on."""

    shapes: NDArray[np.object_]
    at: int
    storage: NDArray[np.object_] = field(default_factory=lambda: np.empty(0, dtype=object))
    findings: list[Finding] = field(default_factory=list)

    def refuse(self, reason: str, mask: NDArray[np.bool_], details: Sequence[Detail] | None = None) -> None:
        """An error for the masked records, whose geometry is dropped."""
        rows = np.flatnonzero(mask)
        if len(rows):
            self.findings.append(error(reason, rows + self.at, details))
            self.shapes = self.shapes.copy()
            self.shapes[rows] = None

    def note(self, reason: str, mask: NDArray[np.bool_], details: Sequence[Detail]) -> None:
        """A warning for the masked records."""
        rows = np.flatnonzero(mask)
        if len(rows):
            self.findings.append(warning(reason, rows + self.at, details))


def _kind(shape: shapely.Geometry) -> Text:
    name = str(shape.geom_type)
    return Text(f"{_KINDS[name]} ({name})" if name in _KINDS else name, name)


def _reasons(shapes: NDArray[np.object_]) -> list[Text]:
    """Why each geometry is not valid and where, in the CRS of the file."""
    return [_reason(text) for text in reasons(shapes)]


def _reason(told: str) -> Text:
    found = _AT.fullmatch(told)
    what = _INVALID.get(found["what"] if found else told)
    if what is None or found is None:
        return what or Text(told, told)
    x, y = float(found["x"]), float(found["y"])
    return Text(f"{what.vi} tại x {x:.9g}, y {y:.9g}", f"{what.en} at x {x:.9g}, y {y:.9g}")


def _merged(findings: list[Finding]) -> list[Finding]:
    """Findings of the same kind from several chunks as one."""
    by_kind: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        by_kind.setdefault((finding.reason, finding.severity), []).append(finding)
    return [
        Finding(
            reason,
            same[0].severity,
            np.concatenate([f.rows for f in same]),
            None if same[0].details is None else [d for f in same for d in (f.details or ())],
        )
        for (reason, _), same in by_kind.items()
    ]

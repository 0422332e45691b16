"""Outlines of buildings in files that applicants send: closed polylines of a DXF drawing, polygons of a GeoPackage.

Layers, units and CRS are stated by who sends the file and never guessed; a file that contradicts them is refused. Files
come from anybody, so they are bounded and nothing of them is run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from types import MappingProxyType
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gis.crs.registry import crs as crs_of
from gis.errors import InvalidParameter, TooLarge
from gis.ingest.geopackage_outlines import geopackage_outlines, wrong
from gis.ops.tangles import refuse_tangles

DXF = ("image/vnd.dxf", "application/dxf")
GEOPACKAGE = ("application/geopackage+sqlite3",)
MOST_BYTES = 2_000_000
MOST_OUTLINES = 200
MOST_VERTICES = 2_000

UNITS = MappingProxyType({"m": 1.0, "cm": 0.01, "mm": 0.001})
"""Units of a drawing in metres."""

_DXF_UNITS = {4: "mm", 5: "cm", 6: "m"}
_ARC = 0.01
"""Arcs are drawn as chords that stray by at most so much (m)."""

_FARTHEST = 1e8
"""Metres; no projected CRS reaches so far."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A file as it was sent. `layers` hold the outlines, `units` are those of a DXF drawing, `crs` is the EPSG code that
    was stated (None: the file's own); `name` is the input that it came in, for messages."""

    name: str
    media_type: str
    content: bytes
    layers: tuple[str, ...]
    units: str | None
    crs: int | None


def read_drawing(drawing: Drawing) -> tuple[BaseGeometry, int]:
    """The outline (polygon or multipolygon, easting or longitude first) and the code of its CRS.

    InvalidParameter where the file cannot be read, does not hold what was stated, or can be read in two ways; TooLarge.
    """
    if len(drawing.content) > MOST_BYTES:
        raise TooLarge(
            f"{drawing.name}: a file may have at most {MOST_BYTES // 1_000_000} MB; send only the layer of the building.",
            f"{drawing.name}: tệp không được quá {MOST_BYTES // 1_000_000} MB; hãy chỉ gửi lớp chứa công trình.",
            where=drawing.name,
        )
    if drawing.media_type in DXF:
        return _whole(drawing, _dxf_outlines(drawing)), _stated_crs(drawing)
    if drawing.media_type in GEOPACKAGE:
        outlines, code = geopackage_outlines(drawing.content, drawing.layers, drawing.name, MOST_OUTLINES)
        return _whole(drawing, outlines), _agreed_crs(drawing, code)
    raise wrong(
        drawing.name,
        f"'{drawing.media_type[:60]}' is not taken; send {DXF[0]} or {GEOPACKAGE[0]}",
        f"không nhận '{drawing.media_type[:60]}'; hãy gửi {DXF[0]} hoặc {GEOPACKAGE[0]}",
    )


def _stated_crs(drawing: Drawing) -> int:
    if drawing.crs is None or crs_of(drawing.crs).geographic:
        raise wrong(
            drawing.name,
            "a drawing needs the CRS of its coordinates; state a projected one, such as EPSG:9210",
            "bản vẽ cần nêu hệ toạ độ; hãy ghi một hệ toạ độ phẳng, ví dụ EPSG:9210",
        )
    return drawing.crs


def _agreed_crs(drawing: Drawing, own: int | None) -> int:
    if own is None and drawing.crs is None:
        raise wrong(
            drawing.name,
            "the GeoPackage does not say its CRS; state it in 'crs'",
            "GeoPackage không nêu hệ toạ độ; hãy ghi ở 'crs'",
        )
    if own is not None and drawing.crs is not None and own != drawing.crs:
        raise wrong(
            drawing.name,
            f"the GeoPackage is in EPSG:{own}, 'crs' says EPSG:{drawing.crs}; correct one of them",
            f"GeoPackage ở EPSG:{own} nhưng 'crs' ghi EPSG:{drawing.crs}; hãy sửa cho khớp",
        )
    return own if own is not None else drawing.crs  # type: ignore[return-value]


def _whole(drawing: Drawing, outlines: Sequence[BaseGeometry]) -> BaseGeometry:
    """The outlines as one shape. Where they overlap, nobody knows whether a yard or a mistake was meant."""
    shapes = np.array(outlines, dtype=object)
    if shapely.get_num_coordinates(shapes).sum() > MOST_VERTICES:
        raise _too_many(drawing)
    if not shapely.is_valid(shapes).all():
        reason = shapely.is_valid_reason(shapes[~shapely.is_valid(shapes)][0])
        raise wrong(drawing.name, f"an outline is not simple: {reason}", f"đường bao không hợp lệ: {reason}")
    one, two = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    refuse_tangles(shapes[one[one < two]], shapes[two[one < two]], drawing.name)
    whole = shapely.union_all(shapes)
    if abs(float(shapely.area(whole)) - float(shapely.area(shapes).sum())) > 1e-6 * float(shapely.area(whole)):
        raise wrong(
            drawing.name,
            "outlines overlap; draw each part of the building once, and send a yard as a hole in GeoJSON or GeoPackage",
            "các đường bao chồng lên nhau; hãy vẽ mỗi phần công trình một lần, sân trong thì gửi bằng GeoJSON hoặc GeoPackage",
        )
    return whole


def _dxf_outlines(drawing: Drawing) -> list[BaseGeometry]:
    from ezdxf.lldxf.const import DXFError
    from ezdxf.recover import read

    if not drawing.layers or drawing.units not in UNITS:
        raise wrong(
            drawing.name,
            f"a drawing needs 'layers' (those of the building) and 'units' ({', '.join(UNITS)})",
            f"bản vẽ cần 'layers' (lớp chứa công trình) và 'units' ({', '.join(UNITS)})",
        )
    try:
        document, _ = read(BytesIO(drawing.content))
        entities = list(document.modelspace())
    except (DXFError, ValueError, TypeError, LookupError, AttributeError, OSError) as error:
        raise wrong(
            drawing.name,
            "the drawing cannot be read; save it as DXF (2007 or later, ASCII)",
            "không đọc được bản vẽ; hãy lưu lại dạng DXF (2007 trở lên, ASCII)",
        ) from error
    _refuse_other_units(drawing, int(document.header.get("$INSUNITS", 0)))
    scale = UNITS[str(drawing.units)]
    found: list[BaseGeometry] = []
    left = MOST_VERTICES
    for entity in entities:
        for shape in _outline(drawing, entity, scale, left):
            found.append(shape)
            left -= shapely.get_num_coordinates(shape)
    if not found:
        raise _nothing(drawing, entities)
    return found


def _refuse_other_units(drawing: Drawing, code: int) -> None:
    own = _DXF_UNITS.get(code)
    if own is not None and own != drawing.units:
        raise wrong(
            drawing.name,
            f"the drawing says its unit is {own}, 'units' says {drawing.units}; correct one of them",
            f"bản vẽ ghi đơn vị {own} nhưng 'units' ghi {drawing.units}; hãy sửa cho khớp",
        )


def _outline(drawing: Drawing, entity: Any, scale: float, most: int) -> Iterator[BaseGeometry]:
    """The polygon of a closed polyline on one of the layers, of at most `most` vertices; what else stands there is refused,
    not passed over."""
    if entity.dxf.get("layer", "0") not in drawing.layers:
        return
    kind = entity.dxftype()
    if kind == "INSERT":
        raise wrong(
            drawing.name,
            f"the layer '{entity.dxf.layer}' holds a block; explode it",
            f"lớp '{entity.dxf.layer}' có khối (block); hãy phá khối trước",
        )
    if kind in ("LINE", "ARC", "CIRCLE", "ELLIPSE", "SPLINE"):
        raise wrong(
            drawing.name,
            f"the layer '{entity.dxf.layer}' holds loose lines and arcs ({kind}); join them into closed polylines",
            f"lớp '{entity.dxf.layer}' có nét rời ({kind}); hãy nối thành polyline khép kín",
        )
    if kind not in ("LWPOLYLINE", "POLYLINE"):
        return
    if not entity.is_closed:
        raise wrong(
            drawing.name,
            f"the layer '{entity.dxf.layer}' holds a polyline that is not closed; close it",
            f"lớp '{entity.dxf.layer}' có polyline chưa khép kín; hãy khép kín lại",
        )
    points = _points(drawing, entity, scale, most)
    if len(points) < 3 or not np.isfinite(points).all():
        raise wrong(drawing.name, "an outline has no area", "có đường bao không có diện tích")
    yield shapely.Polygon(points)


def _points(drawing: Drawing, entity: Any, scale: float, most: int) -> list[tuple[float, float]]:
    """The corners of a polyline in metres, arcs as chords. Nothing is drawn that is too large or has too many corners."""
    from ezdxf.lldxf.const import DXFError
    from ezdxf.path import make_path

    corners = _corners(entity)
    if corners is None:
        raise wrong(
            drawing.name,
            f"the layer '{entity.dxf.layer}' holds a mesh; draw the outline as a closed polyline",
            f"lớp '{entity.dxf.layer}' có lưới mặt (mesh); hãy vẽ đường bao bằng polyline khép kín",
        )
    if len(corners) >= most:
        raise _too_many(drawing)
    with np.errstate(all="ignore"):
        sides = np.linalg.norm(np.roll(corners, -1, axis=0)[:, :2] - corners[:, :2], axis=1)
        reach = np.abs(np.column_stack([corners[:, :2], sides * np.maximum(1, np.abs(corners[:, 2]))])) * scale
    if not (reach <= _FARTHEST).all():  # NaN is too far
        raise wrong(
            drawing.name,
            "an outline has coordinates or arcs that are larger than any place on earth; check the drawing and 'units'",
            "có đường bao với toạ độ hoặc cung lớn hơn mọi vị trí trên trái đất; hãy kiểm tra bản vẽ và 'units'",
        )
    try:
        path = make_path(entity)
        points = [(p.x * scale, p.y * scale) for p in islice(path.flattening(_ARC / scale), most + 1)]
    except (DXFError, TypeError, ValueError, ArithmeticError, RecursionError) as error:
        raise wrong(drawing.name, "an outline cannot be drawn", "có đường bao không vẽ được") from error
    if len(points) >= most:
        raise _too_many(drawing)
    return points


def _corners(entity: Any) -> NDArray[np.float64] | None:
    """The corners (n, 3) of a polyline in its own units: x, y and bulge. None for a mesh, which is told as a polyline too."""
    if entity.dxftype() == "LWPOLYLINE":
        return np.array(entity.get_points("xyb"), dtype=np.float64).reshape(-1, 3)
    if not (entity.is_2d_polyline or entity.is_3d_polyline):
        return None
    corners = [(*vertex.dxf.location.vec2, vertex.dxf.get("bulge", 0.0)) for vertex in entity.vertices]
    return np.array(corners, dtype=np.float64).reshape(-1, 3)


def _too_many(drawing: Drawing) -> TooLarge:
    return TooLarge(
        f"{drawing.name}: outlines may have at most {MOST_VERTICES:,} vertices together.",
        f"{drawing.name}: các đường bao không được quá {MOST_VERTICES:,} đỉnh.",
        where=drawing.name,
    )


def _nothing(drawing: Drawing, entities: Sequence[Any]) -> InvalidParameter:
    closed = {e.dxf.get("layer", "0") for e in entities if e.dxftype() in ("LWPOLYLINE", "POLYLINE") and e.is_closed}
    listed = ", ".join(f"'{name}'" for name in sorted(closed)[:20]) or "—"
    asked = ", ".join(f"'{name}'" for name in drawing.layers)
    return wrong(
        drawing.name,
        f"no closed polyline on {asked}; layers that hold some: {listed}",
        f"không có polyline khép kín trên lớp {asked}; các lớp có: {listed}",
    )

"""The parameter `bbox`: numbers in the axis order of `bbox-crs`, and advice to those who gave them the other way round."""

from __future__ import annotations

import math
import re

from gis.crs.registry import WGS84, Crs
from gis.crs.transform import bounds_to_84
from gis.errors import InvalidCrs, InvalidParameter
from gis.model.layer import Territory
from gis.model.query import CRS84, BBox

type Bounds = tuple[float, float, float, float]

NUMBER = re.compile(r"[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][+-]?[0-9]{1,3})?")


def parse_bbox(text: str, box_crs: Crs, territory: Territory) -> BBox:
    """The box of four numbers, or of six with heights, which do not count.

    InvalidParameter where it is none, and where its two axes are exchanged: it misses the territory as it is written
    and lies in it the other way round.
    """
    parts = text.split(",", 7)
    if len(parts) not in (4, 6) or not all(NUMBER.fullmatch(part) for part in parts):
        raise _invalid(text, "has to be four or six numbers", "phải gồm bốn hoặc sáu số")
    numbers = [float(part) for part in parts]
    if not all(map(math.isfinite, numbers)):
        raise _invalid(text, "has numbers that are too large", "có số quá lớn")
    half = len(numbers) // 2
    first, second = numbers[:2], numbers[half : half + 2]
    if box_crs.axis == "yx":
        first.reverse()
        second.reverse()
    bounds = (first[0], first[1], second[0], second[1])
    _refuse_wrong_corners(text, box_crs, bounds)
    if _exchanged(bounds, box_crs.code, territory.bounds):
        raise _wrong_order(text, parts, box_crs)
    if box_crs.code not in (CRS84, WGS84):
        return BBox(bounds, box_crs.code)
    return BBox(_on_earth(bounds), CRS84)


def _refuse_wrong_corners(text: str, box_crs: Crs, bounds: Bounds) -> None:
    west, south, east, north = bounds
    if south > north or (west > east and not box_crs.geographic):
        raise _invalid(
            text,
            f"has its corners the wrong way round; in {box_crs.curie} it is {_corners(box_crs)}",
            f"bị ngược góc; với {box_crs.curie} phải ghi theo thứ tự {_corners(box_crs)}",
        )


def _exchanged(bounds: Bounds, code: int, territory: Bounds) -> bool:
    """The box misses the territory, and with its axes exchanged its middle lies there.

    The middle, so that a large box that is simply elsewhere is not suspected for touching it. A box that is nowhere
    on Earth as it is written cannot be meant, so there touching is enough.
    """
    written = _lon_lat(bounds, code)
    if written is not None and _meet(written, territory):
        return False
    west, south, east, north = bounds
    turned = _lon_lat((south, west, north, east), code)
    if turned is None or turned[1] > turned[3]:
        return False
    if written is None or written[1] > 90.0 or written[3] < -90.0:
        return _meet(turned, territory)
    middle = ((turned[0] + turned[2]) / 2, (turned[1] + turned[3]) / 2)
    return _meet((*middle, *middle), territory)


def _lon_lat(bounds: Bounds, code: int) -> Bounds | None:
    """The box in CRS84; None where its CRS does not reach."""
    try:
        return bounds_to_84(bounds, code)
    except InvalidCrs:
        return None


def _meet(box: Bounds, territory: Bounds) -> bool:
    """They have a place in common; where west > east the box crosses the antimeridian."""
    west, south, east, north = box
    if south > territory[3] or north < territory[1]:
        return False
    after, before = west <= territory[2], east >= territory[0]
    return (after and before) if west <= east else (after or before)


def _on_earth(bounds: Bounds) -> Bounds:
    """Degrees beyond the world are moved to its edge."""
    west, south, east, north = bounds
    return _within(west, 180.0), _within(south, 90.0), _within(east, 180.0), _within(north, 90.0)


def _within(degrees: float, most: float) -> float:
    return max(-most, min(most, degrees))


def _corners(box_crs: Crs) -> str:
    if box_crs.axis == "yx":
        return "minLat,minLon,maxLat,maxLon" if box_crs.geographic else "minN,minE,maxN,maxE"
    return "minLon,minLat,maxLon,maxLat" if box_crs.geographic else "minE,minN,maxE,maxN"


def _wrong_order(text: str, parts: list[str], box_crs: Crs) -> InvalidParameter:
    half = len(parts) // 2
    pairs = (parts[:half], parts[half:])
    mended = ",".join(number for pair in pairs for number in (pair[1], pair[0], *pair[2:]))[:200]
    en = "latitude and longitude" if box_crs.geographic else "easting and northing"
    vi = "kinh độ và vĩ độ" if box_crs.geographic else "toạ độ Đông và toạ độ Bắc"
    return _invalid(
        text,
        f"has {en} exchanged: it lies outside the territory. {box_crs.curie} takes {_corners(box_crs)}: write "
        f"bbox={mended}",
        f"bị đảo {vi} nên nằm ngoài địa bàn. {box_crs.curie} phải ghi theo thứ tự {_corners(box_crs)}: hãy ghi "
        f"bbox={mended}",
    )


def _invalid(text: str, en: str, vi: str) -> InvalidParameter:
    shown = text[:80]
    return InvalidParameter(f"bbox: '{shown}' {en}.", f"bbox: '{shown}' {vi}.", where="bbox")

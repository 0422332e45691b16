"""The coordinate reference systems that Landmap knows, by EPSG code (and CRS84, which has none).

Coordinates inside `gis` are always x/longitude/easting first; `Crs.axis` says what the registry prescribes for
answers to the outside.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import pyproj
from pyproj.exceptions import CRSError

from gis.errors import InvalidCrs
from gis.model.layer import Territory
from gis.model.query import CRS84

WGS84 = 4326
WEB_MERCATOR = 3857
VN2000_GEOGRAPHIC = 4756


@dataclass(frozen=True, slots=True)
class Crs:
    """One CRS. `axis` is `xy` (easting or longitude first) or `yx`; `unit` is a UCUM code, `m` or `deg`."""

    code: int
    uri: str
    title: str
    axis: str
    unit: str

    @property
    def curie(self) -> str:
        """`OGC:CRS84` or `EPSG:<code>`."""
        return "OGC:CRS84" if self.code == CRS84 else f"EPSG:{self.code}"

    @property
    def geographic(self) -> bool:
        """Coordinates are degrees."""
        return self.unit == "deg"


@dataclass(frozen=True, slots=True)
class Zone:
    """A transverse Mercator zone of VN-2000: central meridian in degrees, scale there. False easting is 500 km."""

    meridian: float
    scale: float


ZONES = MappingProxyType(
    {
        5896: Zone(102.0, 0.9999),
        9205: Zone(103.0, 0.9999),
        9206: Zone(104.0, 0.9999),
        9207: Zone(104.5, 0.9999),
        9208: Zone(104.75, 0.9999),
        5897: Zone(105.0, 0.9999),
        9209: Zone(105.5, 0.9999),
        9210: Zone(105.75, 0.9999),
        9211: Zone(106.0, 0.9999),
        9212: Zone(106.25, 0.9999),
        9213: Zone(106.5, 0.9999),
        9214: Zone(107.0, 0.9999),
        9215: Zone(107.25, 0.9999),
        9216: Zone(107.5, 0.9999),
        5899: Zone(107.75, 0.9999),
        5898: Zone(108.0, 0.9999),
        9217: Zone(108.25, 0.9999),
        9218: Zone(108.5, 0.9999),
        3405: Zone(105.0, 0.9996),
        3406: Zone(111.0, 0.9996),
    }
)
"""Projected VN-2000 by EPSG code: the 3-degree zones of the provinces, then UTM 48N and 49N."""


def is_vn2000(code: int) -> bool:
    """The datum is VN-2000, so that WGS 84 is reached by the pinned pipeline only."""
    return code in ZONES or code == VN2000_GEOGRAPHIC


@lru_cache(maxsize=256)
def crs(code: int) -> Crs:
    """The CRS with this EPSG code, or CRS84. InvalidCrs where it is unknown or not two-dimensional on the Earth."""
    try:
        found = pyproj.CRS.from_user_input("OGC:CRS84" if code == CRS84 else f"EPSG:{code}")
    except CRSError as error:
        raise _unknown(f"EPSG:{code}") from error
    if len(found.axis_info) != 2 or not (found.is_projected or found.is_geographic):
        raise _unknown(f"EPSG:{code}")
    return Crs(
        code=code,
        uri="http://www.opengis.net/def/crs/" + ("OGC/1.3/CRS84" if code == CRS84 else f"EPSG/0/{code}"),
        title=found.name,
        axis="yx" if found.axis_info[0].direction in ("north", "south") else "xy",
        unit="deg" if found.is_geographic else "m",
    )


_FORMS = tuple(
    re.compile(form, re.IGNORECASE | re.ASCII)
    for form in (
        r"\[?EPSG:(?P<epsg>\d{1,6})\]?",
        r"https?://www\.opengis\.net/def/crs/EPSG/[0-9.]+/(?P<epsg>\d{1,6})",
        r"urn:ogc:def:crs:EPSG:[0-9.]*:(?P<epsg>\d{1,6})",
        r"\[?OGC:CRS84\]?",
        r"https?://www\.opengis\.net/def/crs/OGC/(1\.3|0)/CRS84",
        r"urn:ogc:def:crs:OGC:(1\.3)?:CRS84",
    )
)


def parse(text: str) -> Crs:
    """A CRS from a URI, `EPSG:9210`, `[EPSG:9210]`, `OGC:CRS84` or a URN. InvalidCrs for anything else."""
    for form in _FORMS:
        if match := form.fullmatch(text.strip()):
            code = match.groupdict().get("epsg")
            return crs(int(code) if code else CRS84)
    raise _unknown(text)


def served(territory: Territory) -> tuple[int, ...]:
    """Codes in which features of the territory may be asked for: storage CRS and CRS84 first, then the others."""
    return tuple(dict.fromkeys((CRS84, territory.storage_crs, WGS84, WEB_MERCATOR, *territory.source_crs)))


_SHIFT = "-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278"


def proj4_text(code: int) -> str:
    """The VN-2000 CRS as a PROJ string with the datum shift of EPSG:6960, for PostGIS' `spatial_ref_sys`.

    `+towgs84` is read in the position-vector convention, so the rotations carry the opposite sign of those in
    `gis.crs.transform`. InvalidCrs for a code that is not VN-2000.
    """
    tail = f"+ellps=WGS84 +towgs84={_SHIFT}"
    if code == VN2000_GEOGRAPHIC:
        return f"+proj=longlat {tail} +no_defs"
    return f"{projection(code)} {tail} +units=m +no_defs"


def srtext(code: int) -> str:
    """WKT 1 of a CRS, for PostGIS' `spatial_ref_sys`.

    That of VN-2000 carries the datum shift and no authority: PostGIS reads it before the PROJ string, and by an
    authority PROJ would find other shifts than the pinned one.
    """
    text = str(pyproj.CRS.from_epsg(crs(code).code).to_wkt("WKT1_GDAL"))
    if not is_vn2000(code):
        return text
    plain = re.sub(r',AUTHORITY\["[^"]*","[^"]*"\]', "", text)
    return re.sub(r"(SPHEROID\[[^\]]*\])", rf"\1,TOWGS84[{_SHIFT}]", plain)


def projection(code: int) -> str:
    """The transverse Mercator of a projected VN-2000 CRS as a PROJ string without ellipsoid and datum."""
    zone = ZONES.get(code)
    if zone is None:
        raise InvalidCrs(
            f"EPSG:{code} is not a VN-2000 CRS; known are {', '.join(map(str, ZONES))}.",
            f"EPSG:{code} không phải là hệ toạ độ VN-2000.",
        )
    return f"+proj=tmerc +lat_0=0 +lon_0={zone.meridian:g} +k={zone.scale:g} +x_0=500000 +y_0=0"


def _unknown(text: str) -> InvalidCrs:
    shown = text[:80]
    return InvalidCrs(
        f"'{shown}' is not a known CRS. Give an EPSG code such as EPSG:9210 or its URI, or OGC:CRS84.",
        f"Không biết hệ toạ độ '{shown}'. Hãy ghi mã EPSG, ví dụ EPSG:9210, hoặc URI của nó, hoặc OGC:CRS84.",
    )

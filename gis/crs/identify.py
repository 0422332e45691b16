"""What a file says about its CRS, in whatever form: which known CRS that is, and what it leaves out."""

from __future__ import annotations

from dataclasses import dataclass

import pyproj
from pyproj.exceptions import CRSError

from gis.crs.registry import ZONES, Crs, crs, is_vn2000, parse
from gis.errors import InvalidCrs
from gis.model.query import CRS84

_CONFIDENCE = 70  # of PROJ's own comparison with the registry, in percent


@dataclass(frozen=True, slots=True)
class Declared:
    """What a declaration means. `crs` None: it is no CRS known here. `lost_shift`: it has the projection of that
    VN-2000 zone, but says that its datum is WGS 84, so that coordinates may be 226 m off, or not."""

    crs: Crs | None
    name: str
    lost_shift: int | None = None


def identify(text: str) -> Declared:
    """A CRS from an authority code, a URI, WKT of any version, PROJJSON or a PROJ string. Never raises."""
    try:
        return _plain(parse(text))
    except InvalidCrs:
        pass
    try:
        found = pyproj.CRS.from_user_input(text)
    except CRSError:
        return Declared(None, text[:60])
    zone = _zone(found)
    if zone is not None:
        if _datum_is_vn2000(found):
            return Declared(crs(zone), found.name)
        return Declared(None, found.name, lost_shift=zone)
    code = _code(found)
    return Declared(code, found.name) if code else Declared(None, found.name)


def _plain(found: Crs) -> Declared:
    return Declared(found, found.title)


def _code(found: pyproj.CRS) -> Crs | None:
    """The registered CRS; lon/lat of WGS 84 in either axis order is CRS84, since files hold x first."""
    authority = found.to_authority(min_confidence=_CONFIDENCE)
    if authority == ("OGC", "CRS84"):
        return crs(CRS84)
    epsg = found.to_epsg(min_confidence=_CONFIDENCE)
    try:
        return crs(epsg) if epsg else None
    except InvalidCrs:
        return None


def _zone(found: pyproj.CRS) -> int | None:
    """The VN-2000 zone with the same transverse Mercator on the same ellipsoid."""
    base = found.source_crs if found.is_bound and found.source_crs else found
    epsg = base.to_epsg(min_confidence=100)
    if epsg is not None and is_vn2000(epsg):
        return epsg if epsg in ZONES else None
    if not base.is_projected or base.coordinate_operation is None or base.ellipsoid is None:
        return None
    if epsg is not None or base.coordinate_operation.method_name != "Transverse Mercator":
        return None
    parameter = {p.name: float(p.value) for p in base.coordinate_operation.params}
    if parameter.get("False easting") != 500_000.0 or abs(base.ellipsoid.semi_major_metre - 6_378_137) > 1:
        return None
    for code, zone in ZONES.items():
        meridian = abs(parameter.get("Longitude of natural origin", 0.0) - zone.meridian) < 1e-6
        if meridian and abs(parameter.get("Scale factor at natural origin", 0.0) - zone.scale) < 1e-9:
            return code
    return None


def _datum_is_vn2000(found: pyproj.CRS) -> bool:
    """It carries a shift of its own, or names the datum."""
    named = (found, found.datum, found.geodetic_crs)
    text = " ".join(part.name for part in named if part).upper().replace("_", "-")
    return found.is_bound or any(word in text for word in ("VN-2000", "VN2000", "VIETNAM"))

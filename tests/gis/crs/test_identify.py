"""What files say about their CRS is understood in every form, and a lost datum shift is noticed."""

from __future__ import annotations

import pyproj
import pytest

from gis.crs.identify import identify
from gis.crs.registry import ZONES, proj4_text
from gis.model.query import CRS84

ESRI = (
    'PROJCS["{name}",GEOGCS["{geo}",DATUM["{datum}",SPHEROID["WGS_1984",6378137.0,298.257223563]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
    'PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",105.75],'
    'PARAMETER["Scale_Factor",0.9999],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)


@pytest.mark.parametrize("version", ["WKT1_GDAL", "WKT1_ESRI", "WKT2_2019"])
@pytest.mark.parametrize("code", [*ZONES, 4326, 4756, 2154, 32616])
def test_every_form_of_wkt(code, version) -> None:
    found = identify(pyproj.CRS.from_epsg(code).to_wkt(version))
    assert found.crs is not None
    assert found.crs.code == code
    assert identify(pyproj.CRS.from_epsg(code).to_json()).crs == found.crs


def test_codes_and_uris() -> None:
    assert identify("EPSG:9210").crs.code == 9210
    assert identify("OGC:CRS84").crs.code == CRS84


@pytest.mark.parametrize("code", ZONES)
def test_a_proj_string_with_the_shift_is_the_zone(code) -> None:
    assert identify(proj4_text(code)).crs.code == code


@pytest.mark.parametrize("datum", ["+ellps=WGS84", "+datum=WGS84"])
def test_a_proj_string_without_the_shift_is_noticed(datum) -> None:
    found = identify(f"+proj=tmerc +lat_0=0 +lon_0=105.75 +k=0.9999 +x_0=500000 +y_0=0 {datum} +units=m")
    assert found.crs is None
    assert found.lost_shift == 9210


def test_a_prj_of_ones_own_is_recognised_by_its_projection_and_datum() -> None:
    named = ESRI.format(name="HCM_VN2K", geo="GCS_VN_2000", datum="D_Vietnam_2000")
    assert identify(named).crs.code == 9210
    lost = identify(ESRI.format(name="HCM", geo="GCS_WGS_1984", datum="D_WGS_1984"))
    assert (lost.crs, lost.lost_shift) == (None, 9210)


@pytest.mark.parametrize("text", ["", "garbage", 'LOCAL_CS["x"]', "+proj=nonsense", "{}", "PROJCS["])
def test_what_is_no_crs_is_none(text) -> None:
    assert identify(text).crs is None

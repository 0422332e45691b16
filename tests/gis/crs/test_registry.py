"""What Landmap says about a CRS agrees with the EPSG registry."""

import pyproj
import pytest

from gis.crs.registry import ZONES, crs, parse, proj4_text, served, srtext
from gis.errors import InvalidCrs
from gis.model.layer import Territory, Text
from gis.model.query import CRS84


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("EPSG:9210", 9210),
        ("[EPSG:9210]", 9210),
        ("epsg:3857", 3857),
        ("http://www.opengis.net/def/crs/EPSG/0/9210", 9210),
        ("https://www.opengis.net/def/crs/EPSG/0/4326", 4326),
        ("urn:ogc:def:crs:EPSG::5899", 5899),
        ("OGC:CRS84", CRS84),
        ("[OGC:CRS84]", CRS84),
        ("http://www.opengis.net/def/crs/OGC/1.3/CRS84", CRS84),
    ],
)
def test_every_form_of_a_crs_is_understood(text: str, code: int) -> None:
    assert parse(text).code == code


@pytest.mark.parametrize(
    "text", ["", "9210", "EPSG:", "EPSG:999999", "EPSG:٩٢١٠", "EPSG:4979", "EPSG:5773", "+proj=longlat", "x" * 5000]
)
def test_what_is_no_crs_is_refused_in_a_short_sentence(text: str) -> None:
    with pytest.raises(InvalidCrs) as caught:
        parse(text)
    assert "EPSG:9210" in caught.value.en
    assert len(caught.value.vi) < 300


def test_uri_of_a_crs_leads_back_to_it() -> None:
    for code in (CRS84, 4326, 3857, 2154, 32616, *ZONES):
        assert parse(crs(code).uri) == crs(code) == parse(crs(code).curie)


def test_axis_order_is_that_of_the_registry() -> None:
    assert {code: crs(code).axis for code in (CRS84, 4326, 3857, 9210, 5899, 3405, 2154, 32616, 4756)} == {
        CRS84: "xy",
        4326: "yx",
        3857: "xy",
        9210: "xy",
        5899: "xy",
        3405: "xy",
        2154: "xy",
        32616: "xy",
        4756: "yx",
    }
    assert crs(4326).unit == crs(CRS84).unit == "deg"
    assert crs(9210).unit == "m"


@pytest.mark.parametrize("code", ZONES)
def test_zone_table_equals_the_registry(code: int) -> None:
    parameters = {p.name: p.value for p in pyproj.CRS.from_epsg(code).coordinate_operation.params}
    assert parameters["Longitude of natural origin"] == ZONES[code].meridian
    assert parameters["Scale factor at natural origin"] == ZONES[code].scale
    assert parameters["False easting"] == 500_000
    assert parameters["False northing"] == 0


def test_proj4_text_has_the_shift_with_flipped_rotations() -> None:
    text = proj4_text(9210)
    assert "+lon_0=105.75 +k=0.9999 " in text
    assert "+towgs84=-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278" in text
    with pytest.raises(InvalidCrs):
        proj4_text(2154)


@pytest.mark.parametrize("code", [9210, 5899, 3405])
def test_srtext_of_vn2000_carries_the_shift_and_no_authority(code: int) -> None:
    """By an authority PROJ would find other shifts than the pinned one."""
    text = srtext(code)
    assert text.startswith('PROJCS["VN-2000')
    assert "AUTHORITY" not in text
    assert f'PARAMETER["central_meridian",{ZONES[code].meridian:g}]' in text
    assert "TOWGS84[-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278]" in text


def test_srtext_of_others_names_the_registry() -> None:
    assert 'AUTHORITY["EPSG","2154"]' in srtext(2154)


def test_served_has_each_crs_once() -> None:
    text = Text("x", "x")
    territory = Territory("t", text, 9210, (106.0, 10.0, 108.0, 12.0), "Asia/Ho_Chi_Minh", (9210, 5899, 3405, 4326))
    assert served(territory) == (CRS84, 9210, 4326, 3857, 5899, 3405)

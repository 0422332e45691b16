"""Where coordinates of a CRS are meant to lie."""

from __future__ import annotations

import numpy as np
import pytest

from gis.crs.area import area_of, outside
from gis.crs.registry import WEB_MERCATOR
from gis.crs.transform import transform
from gis.errors import InvalidCrs
from gis.model.query import CRS84

PLACES = np.array([[106.70, 10.776], [107.08, 10.35], [106.60, 8.68], [111.61, 16.53], [114.33, 10.38]])
"""The centre, Vũng Tàu, Côn Đảo, Hoàng Sa, Trường Sa."""


def test_the_whole_city_lies_in_its_zone() -> None:
    assert not outside(PLACES[:3], CRS84, 9210).any()


def test_the_islands_lie_in_vn2000() -> None:
    assert not outside(PLACES, CRS84, 4756).any()
    assert not outside(PLACES[3:], CRS84, 3406).any()


def test_what_is_far_from_the_meridian_lies_outside_the_zone() -> None:
    assert outside(PLACES, CRS84, 9210).tolist() == [False, False, False, True, True]


def test_what_is_nowhere_on_earth_lies_outside() -> None:
    assert outside(np.array([[np.nan, 0.0], [1e12, 1e12]]), WEB_MERCATOR, WEB_MERCATOR).tolist() == [True, True]


def test_other_systems_have_the_area_of_the_registry() -> None:
    west, south, east, north = area_of(2154)
    assert west < 2.35 < east and south < 48.85 < north
    with pytest.raises(InvalidCrs):
        area_of(999_999)


def test_coordinates_of_any_system_can_be_asked_about() -> None:
    assert not outside(transform(PLACES[:3], CRS84, 9210), 9210, 9210).any()

"""What a transformation consists of."""

from __future__ import annotations

from gis.crs.operation import accuracy, axes, operations
from gis.crs.registry import WEB_MERCATOR, WGS84
from gis.model.query import CRS84


def test_vn2000_and_wgs84_are_joined_by_one_operation() -> None:
    for source, target in ((9210, CRS84), (WGS84, 9210), (4756, WGS84)):
        (step,) = operations(source, target)
        assert (step.code, step.accuracy) == (6960, 1.0)


def test_between_zones_nothing_is_lost() -> None:
    steps = operations(9210, 5899)
    assert [step.code for step in steps] == [None]
    assert accuracy(steps) == 0.0


def test_the_same_coordinates_need_no_operation() -> None:
    assert operations(WGS84, CRS84) == operations(9210, 9210) == ()
    assert accuracy(()) == 0.0


def test_steps_add_up() -> None:
    steps = operations(9210, WEB_MERCATOR)
    assert len(steps) == 2
    assert accuracy(steps) == 1.0


def test_axes_are_named_in_the_order_of_the_registry() -> None:
    assert axes(WGS84) == ("latitude", "longitude")
    assert axes(CRS84) == ("longitude", "latitude")
    assert axes(9210) == ("easting", "northing")

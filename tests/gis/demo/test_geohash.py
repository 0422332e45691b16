"""Parcel identifiers."""

from __future__ import annotations

import numpy as np
import shapely

from gis.crs.transform import transform
from gis.demo.geohash import encode, geohash


def test_known_places_have_their_known_hash() -> None:
    places = np.array([(106.70, 10.776), (106.77, 10.85), (107.08, 10.35)])
    assert encode(places[:, 0], places[:, 1]).tolist() == ["w3gvk18wdpyx", "w3gvtx5tc6d7", "w3u4usjm0gg4"]


def test_the_corners_of_the_earth_are_in_range() -> None:
    assert encode(np.array([-180.0, 180.0]), np.array([-90.0, 90.0])).tolist() == ["0" * 12, "z" * 12]


def test_points_in_metres_are_hashed_where_they_are() -> None:
    metres = transform(np.array([(106.70, 10.776)]), 4326, 9210)
    assert geohash(shapely.points(metres))[0][:9] == "w3gvk18wd"
    assert len(geohash(shapely.points(np.empty((0, 2))))) == 0

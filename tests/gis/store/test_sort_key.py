from __future__ import annotations

from itertools import pairwise

import numpy as np
import psycopg
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.store.sort_key import NO_PLACE, key_ranges, sort_keys

degrees = st.floats(min_value=-1, max_value=1, allow_nan=False)
boxes = st.tuples(degrees, degrees, st.floats(0, 0.5), st.floats(0, 0.5)).map(
    lambda b: (106 + b[0], 10 + b[1], 106 + b[0] + b[2], 10 + b[1] + b[3])
)


@given(boxes, boxes)
@settings(max_examples=500)
def test_a_feature_that_meets_the_box_has_its_key_in_the_ranges(
    feature: tuple[float, ...], box: tuple[float, float, float, float]
) -> None:
    meets = feature[0] <= box[2] and feature[2] >= box[0] and feature[1] <= box[3] and feature[3] >= box[1]
    key = int(sort_keys(np.array([feature]))[0])
    found = any(lo <= key < hi for lo, hi in key_ranges(box))
    assert found or not meets


@given(boxes)
def test_ranges_ascend_and_do_not_overlap(box: tuple[float, float, float, float]) -> None:
    ranges = key_ranges(box, hidden=True)
    assert all(lo < hi for lo, hi in ranges)
    assert all(a[1] <= b[0] for a, b in pairwise(ranges))


def test_postgresql_computes_the_same_key(db: psycopg.Connection) -> None:
    generator = np.random.default_rng(7)
    west, south = generator.uniform(-180, 179, 500), generator.uniform(-90, 89, 500)
    size = 10 ** generator.uniform(-7, 0, 500)
    bounds = np.column_stack([west, south, west + size, south + size / 2])
    ours = sort_keys(bounds).tolist()
    theirs = [
        db.execute("SELECT landmap.sort_key(ST_MakeEnvelope(%s, %s, %s, %s, 4326))", tuple(map(float, b))).fetchone()
        for b in bounds
    ]
    assert ours == [t[0] for t in theirs if t]


def test_what_has_no_place_is_found_only_by_who_may_see_it() -> None:
    key = int(sort_keys(np.full((1, 4), np.nan))[0])
    box = (106.0, 10.0, 107.0, 11.0)
    assert key == NO_PLACE << 52
    assert not any(lo <= key < hi for lo, hi in key_ranges(box))
    assert any(lo <= key < hi for lo, hi in key_ranges(box, hidden=True))

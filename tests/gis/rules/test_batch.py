from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gis.rules.batch import AT_ONCE, CELL, groups

places = st.lists(st.one_of(st.none(), st.tuples(st.floats(-9e3, 9e3), st.floats(-9e3, 9e3))), max_size=60)


@given(places)
def test_every_lot_with_a_place_is_in_one_group_with_its_neighbours(found: list[tuple[float, float] | None]) -> None:
    lots = np.empty(len(found), dtype=object)
    lots[:] = [None if place is None else shapely.box(*place, place[0] + 10, place[1] + 10) for place in found]
    grouped = [list(group) for group in groups(lots)]
    assert sorted(n for group in grouped for n in group) == [n for n, lot in enumerate(lots) if lot is not None]
    for group in grouped:
        west, south, east, north = shapely.total_bounds(lots[group])
        assert max(east - west, north - south) <= CELL + 20 and len(group) <= AT_ONCE


def test_many_lots_at_one_place_come_some_at_a_time() -> None:
    lots = np.array([shapely.box(0, 0, 1, 1)] * (2 * AT_ONCE + 1), dtype=object)
    assert [len(group) for group in groups(lots)] == [AT_ONCE, AT_ONCE, 1]

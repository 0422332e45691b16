"""The extent of a layer is that of what the public sees now, whatever lies outermost."""

from __future__ import annotations

from itertools import count
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.model.layer import Layer
from gis.store.extent import extent_sql
from gis.store.runner import run
from gis.store.tables import HIDDEN, REDUCED, REDUCED_WITH_PLACE, SHOWN
from tests.gis.store.conftest import Load, Parcel

FEATURES = st.tuples(
    st.floats(-20_000, 20_000), st.floats(5, 500), st.sampled_from([HIDDEN, REDUCED, REDUCED_WITH_PLACE, SHOWN])
)
"""Place in the row, size in metres, and how far it is shown."""

NUMBER = count()
SIDES = ("west", "south", "east", "north")


def extent(db: psycopg.Connection, layer: Layer) -> dict[str, Any]:
    return run(db, extent_sql(layer))[0]


def looked_at(db: psycopg.Connection) -> list[float | None]:
    """The same by a look at every version: of those that are open and shown with their place."""
    text = """SELECT ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b) FROM (
        SELECT ST_Extent(geom_84) b FROM land_history.parcels WHERE to_changeset IS NULL AND shown >= 2) one"""
    row = db.execute(text).fetchone()
    assert row is not None
    return list(row)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(FEATURES, min_size=1, max_size=30))
def test_it_is_what_a_look_at_every_feature_tells(
    db: psycopg.Connection, parcels: Layer, load: Load, features: list[tuple[float, float, int]]
) -> None:
    numbers = [str(next(NUMBER)) for _ in features]
    db.execute("ALTER TABLE land_history.parcels ALTER shown DROP EXPRESSION IF EXISTS, ALTER shown SET DEFAULT 3")
    load([Parcel(n, place, size=size) for n, (place, size, _) in zip(numbers, features, strict=True)])
    db.execute("UPDATE land_history.parcels SET shown = %s", (HIDDEN,))
    for number, (_, _, level) in zip(numbers, features, strict=True):
        db.execute("UPDATE land_history.parcels SET shown = %s WHERE parcel = %s", (level, number))
    found = extent(db, parcels)
    assert [found[side] for side in SIDES] == looked_at(db)
    assert (found["west"] is None) == (max(level for _, _, level in features) < REDUCED_WITH_PLACE)


def test_hundreds_beside_each_other_at_the_edge_hide_nothing(
    db: psycopg.Connection, parcels: Layer, load: Load
) -> None:
    load([Parcel(str(i), i / 100, size=10 + i % 7 / 100) for i in range(400)])
    found = extent(db, parcels)
    assert [found[side] for side in SIDES] == pytest.approx(looked_at(db), abs=1e-5)  # the index knows a metre


def test_an_empty_layer_has_none(db: psycopg.Connection, parcels: Layer) -> None:
    assert extent(db, parcels) == {**dict.fromkeys(SIDES), "begins": None}

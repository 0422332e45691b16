"""The extent of a layer is that of what the public sees now, whatever lies outermost."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np
import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.model.layer import Layer
from gis.store.extent import extent_sql
from gis.store.runner import run
from gis.store.tables import HIDDEN, REDUCED, REDUCED_WITH_PLACE, SHOWN
from tests.gis.store.conftest import Load, Parcel

PLACES = st.floats(-20_000, 20_000)
FEATURES = st.tuples(PLACES, PLACES, st.floats(5, 500), st.sampled_from([HIDDEN, REDUCED, REDUCED_WITH_PLACE, SHOWN]))
"""Place in the row, the row, size in metres, and how far it is shown."""

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
    db: psycopg.Connection, parcels: Layer, load: Load, features: list[tuple[float, float, float, int]]
) -> None:
    numbers = [str(next(NUMBER)) for _ in features]
    db.execute("ALTER TABLE land_history.parcels ALTER shown DROP EXPRESSION IF EXISTS, ALTER shown SET DEFAULT 3")
    load([Parcel(n, i, size=size, row=row) for n, (i, row, size, _) in zip(numbers, features, strict=True)])
    db.execute("UPDATE land_history.parcels SET shown = %s", (HIDDEN,))
    for number, (*_, level) in zip(numbers, features, strict=True):
        db.execute("UPDATE land_history.parcels SET shown = %s WHERE parcel = %s", (level, number))
    found = extent(db, parcels)
    assert [found[side] for side in SIDES] == looked_at(db)
    assert (found["west"] is None) == (max(level for *_, level in features) < REDUCED_WITH_PLACE)


def test_of_hundreds_nearer_to_each_other_than_the_index_can_tell_none_is_missed(
    db: psycopg.Connection, parcels: Layer, load: Load
) -> None:
    rng = np.random.default_rng(1)
    load([Parcel(str(i), *rng.uniform(0, 0.03, 1), row=rng.uniform(0, 0.03)) for i in range(400)])
    found = extent(db, parcels)
    assert [found[side] for side in SIDES] == looked_at(db)


def test_an_empty_layer_has_none(db: psycopg.Connection, parcels: Layer) -> None:
    assert extent(db, parcels) == {**dict.fromkeys(SIDES), "begins": None}

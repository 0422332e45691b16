from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import psycopg
import pytest
import shapely

from gis.model.layer import Catalog, Layer, Reference
from gis.store import coverage, references
from gis.store.runner import run
from tests.gis.store.conftest import Load, Parcel

NUMBER = Reference("parcels", ("commune_old", "sheet", "parcel"))
PAST, FUTURE = datetime(2020, 1, 1, tzinfo=UTC), datetime(2199, 1, 1, tzinfo=UTC)


def declared(db: psycopg.Connection, layer: Layer, box: tuple[float, ...], level: str) -> None:
    coverage.declare(db, layer, [coverage.Declaration(shapely.box(*box), level, date(2026, 1, 1), "Sở")])


def missing(db: psycopg.Connection, layer: Layer, *values: str) -> list[str]:
    return [values[i] for i in references.absent(db, layer, NUMBER, values)]


def test_what_holds_now_or_later_is_found_by_all_its_parts(db: psycopg.Connection, parcels: Layer, load: Load) -> None:
    load(
        [Parcel("1", 0), Parcel("2", 1, valid_from=FUTURE), Parcel("3", 2, valid_from=PAST, valid_to=datetime.now(UTC))]
    )
    asked = ("26740/12/1", "26740/12/2", "26740/12/3", "26740/12/4", "26740/13/1", "26741/12/1")
    assert missing(db, parcels, *asked) == list(asked[2:])


def test_a_value_without_all_parts_names_nothing_and_the_last_part_may_hold_a_slash(
    db: psycopg.Connection, parcels: Layer, load: Load
) -> None:
    load([Parcel("25/2", 0)])
    assert missing(db, parcels, "26740/12/25/2", "25/2", "", "//", "26740/12/25") == ["25/2", "", "//", "26740/12/25"]


def test_nothing_is_declared_of_a_layer_in_which_nothing_holds(
    db: psycopg.Connection, parcels: Layer, load: Load
) -> None:
    declared(db, parcels, (106, 10, 107, 11), "complete")
    assert run(db, references.declared_sql(parcels)) == []
    load([Parcel("1", 0, valid_from=PAST, valid_to=datetime(2021, 1, 1, tzinfo=UTC))])
    assert run(db, references.declared_sql(parcels)) == []
    load([Parcel("2", 1)])
    assert [row["complete"] for row in run(db, references.declared_sql(parcels))] == [True]


def test_many_values_are_asked_in_several_statements_by_probes_of_the_index(
    db: psycopg.Connection, parcels: Layer, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    load([Parcel(str(i), i) for i in range(3000)])
    monkeypatch.setattr(references, "_CHUNK", 700)
    values = [f"26740/12/{i}" for i in range(2000, 4000)]
    assert references.absent(db, parcels, NUMBER, values) == list(range(1000, 2000))
    query = references.absent_sql(parcels, NUMBER, ["x/x/x"] * 700)
    plan = "\n".join(row["QUERY PLAN"] for row in run(db, replace(query, text=f"EXPLAIN {query.text}")))
    assert "parcels_identity" in plan
    assert "Seq Scan" not in plan


def test_complete_is_where_nothing_else_is_declared_and_a_place_is_known(
    db: psycopg.Connection, parcels: Layer, catalog: Catalog, load: Load
) -> None:
    load([Parcel("1", 0)])
    places = np.array([shapely.Point(106.1, 10.5), shapely.Point(106.9, 10.5), None], dtype=object)

    def complete() -> list[bool]:
        return references.complete_at(run(db, references.declared_sql(parcels)), places).tolist()  # type: ignore[no-any-return]

    assert complete() == [False, False, False]
    declared(db, catalog.layers["zones"], (106, 10, 107, 11), "complete")
    assert complete() == [False, False, False]
    declared(db, parcels, (106, 10, 107, 11), "complete")
    assert complete() == [True, True, False]
    declared(db, parcels, (106, 10, 106.5, 11), "partial")
    assert complete() == [False, True, False]
    db.execute("UPDATE landmap.coverage SET withdrawn_at = now() WHERE level = 'complete' AND layer = 'parcels'")
    assert complete() == [False, False, False]

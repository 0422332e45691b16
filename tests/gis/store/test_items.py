from __future__ import annotations

import dataclasses
import itertools
import json
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.crs.transform import transform_geometries
from gis.model.access import Decision, agency_decision, public_decision
from gis.model.filter import Call, Items, Property, Value
from gis.model.layer import Catalog, FieldType, Layer
from gis.model.query import BBox, Cursor, Interval, ItemQuery
from gis.store.items import item_sql, page_sql, state_sql
from gis.store.match import match
from gis.store.pools import Pools
from gis.store.publish import publish
from gis.store.sql import Sql
from gis.store.stage import stage
from gis.store.versions import versions_sql
from tests.gis.store.conftest import E0, N0, WHO, Load, Parcel, records, square, table


@pytest.fixture
async def pools(database: str) -> AsyncIterator[Pools]:
    opened = await Pools.open(
        database,
        time_zone="Asia/Ho_Chi_Minh",
    )
    yield opened
    await opened.close()


@pytest.fixture
def public(parcels: Layer) -> Decision:
    return public_decision(parcels)


@pytest.fixture
def staff(parcels: Layer) -> Decision:
    return agency_decision(parcels, None, "test")


async def page(pools: Pools, layer: Layer, query: ItemQuery, decision: Decision) -> tuple[Any, list[dict[str, Any]]]:
    row = await pools.row(page_sql(layer, query, decision), decision.pool)
    assert row is not None
    return row, json.loads(b"[%b]" % (row["features"] or b""))


async def walk(pools: Pools, layer: Layer, query: ItemQuery, decision: Decision) -> list[dict[str, Any]]:
    """All pages."""
    found: list[dict[str, Any]] = []
    for _ in range(1000):
        row, features = await page(pools, layer, query, decision)
        found += features
        if row["last_key"] is None:
            return found
        query = dataclasses.replace(
            query, cursor=Cursor(row["changeset"], row["instant"], row["last_key"], row["last_id"], row["matched"])
        )
    raise AssertionError("the pages never end")


def numbers(features: list[dict[str, Any]]) -> list[str]:
    return sorted((f["properties"].get("parcel") or "?" for f in features), key=lambda s: (len(s), s))


async def test_pages_hold_every_feature_once_and_count_them(
    pools: Pools, parcels: Layer, public: Decision, load: Load
) -> None:
    load([Parcel(str(i), i % 30, sheet=str(i)) for i in range(100)])
    row, _ = await page(pools, parcels, ItemQuery("parcels", limit=7), public)
    assert (row["matched"], row["returned"]) == (100, 7)
    found = await walk(pools, parcels, ItemQuery("parcels", limit=7), public)
    assert len(found) == len({f["id"] for f in found}) == 100


async def test_pages_stay_as_they_were_while_others_publish(
    pools: Pools, parcels: Layer, public: Decision, load: Load
) -> None:
    load([Parcel(str(i), i) for i in range(20)])
    row, first = await page(pools, parcels, ItemQuery("parcels", limit=5), public)
    load([Parcel(str(i), i, street="Lê Lợi") for i in range(20)] + [Parcel("99", 5.5)])
    cursor = Cursor(row["changeset"], row["instant"], row["last_key"], row["last_id"], row["matched"])
    rest = await walk(pools, parcels, ItemQuery("parcels", limit=5, cursor=cursor), public)
    assert numbers(first + rest) == [str(i) for i in range(20)]
    assert {f["properties"]["street"] for f in rest} == {"Nguyễn Trãi"}


async def test_a_box_finds_exactly_what_meets_it_in_every_crs(
    pools: Pools, parcels: Layer, public: Decision, load: Load
) -> None:
    load([Parcel(str(i), i) for i in range(60)])
    everything = transform_geometries([square(i) for i in range(60)], 9210, 4326)  # type: ignore[arg-type]
    generator = random.Random(3)
    for _ in range(25):
        west, width = E0 + generator.uniform(-50, 600), generator.choice([0.001, 3, 40, 200])
        bounds = (west, N0 + 2, west + width, N0 + 9)
        wanted = [str(i) for i in range(60) if shapely.intersects(square(i), shapely.box(*bounds))]
        found = await walk(pools, parcels, ItemQuery("parcels", limit=9, bbox=BBox(bounds, 9210)), public)
        assert numbers(found) == wanted
        lonlat = shapely.bounds(everything[generator.randrange(60)])
        box = (lonlat[0] + 3e-5, lonlat[1] + 1e-5, lonlat[2] + 1e-5, lonlat[3] - 1e-5)
        near = [str(i) for i in range(60) if shapely.intersects(everything[i], shapely.box(*box))]
        row, found = await page(pools, parcels, ItemQuery("parcels", limit=99, bbox=BBox(box)), public)
        assert numbers(found) == near
        assert row["matched"] == len(near)


@pytest.mark.parametrize("code", [9210, 3405])
async def test_a_projected_box_walks_the_sort_key_and_counts(
    db: psycopg.Connection, pools: Pools, parcels: Layer, public: Decision, load: Load, code: int
) -> None:
    load([Parcel(str(i), i % 50, sheet=str(i)) for i in range(2000)])
    db.execute("ANALYZE land_history.parcels")
    west, south, east, north = shapely.bounds(transform_geometries(np.array([square(7)], dtype=object), 9210, code)[0])
    query = ItemQuery("parcels", limit=5, bbox=BBox((west + 1, south + 1, east - 1, north - 1), code))
    row, _ = await page(pools, parcels, query, public)
    assert row["matched"] == 40
    sql = page_sql(parcels, query, public)
    plan = await pools.rows(Sql(f"EXPLAIN {sql.text}", sql.params))
    assert any("parcels_key_open" in line[0] for line in plan), plan


async def test_matches_are_counted_as_far_as_the_walk_goes(
    pools: Pools, parcels: Layer, public: Decision, load: Load
) -> None:
    load([Parcel(str(i), i % 40, sheet=str(i)) for i in range(1_200)])
    everywhere = BBox((106.6, 10.7, 106.8, 10.8))
    row, _ = await page(pools, parcels, ItemQuery("parcels", limit=10, bbox=everywhere), public)
    assert (row["matched"], row["returned"]) == (None, 10)
    row, _ = await page(pools, parcels, ItemQuery("parcels", limit=200, bbox=everywhere), public)
    assert (row["matched"], row["returned"]) == (1_200, 200)


async def test_a_box_over_the_antimeridian_is_two(pools: Pools, parcels: Layer, public: Decision, load: Load) -> None:
    load([Parcel("1", 0)])
    _, none = await page(pools, parcels, ItemQuery("parcels", bbox=BBox((170, -20, -170, 20))), public)
    _, one = await page(pools, parcels, ItemQuery("parcels", bbox=BBox((106, -20, -170, 20))), public)
    assert (numbers(none), numbers(one)) == ([], ["1"])


async def test_coordinates_come_in_the_crs_and_axis_order_asked_for(
    pools: Pools, parcels: Layer, public: Decision, load: Load
) -> None:
    load([Parcel("1", 0)])

    async def first(crs: int) -> list[float]:
        _, found = await page(pools, parcels, ItemQuery("parcels", crs=crs), public)
        ring = found[0]["geometry"]["coordinates"][0][0]
        return list(min(ring))

    assert await first(9210) == [E0, N0]
    lon, lat = await first(84)
    assert (round(lon, 4), round(lat, 4)) == (106.7000, 10.7760)
    assert await first(4326) == pytest.approx([10.7760, 106.7000], abs=2e-4)
    assert (await first(3857))[0] == pytest.approx(lon * 111319.49, abs=1)


def equals(layer: Layer, name: str, value: Any) -> Call:
    """What an equality parameter comes to."""
    if layer.field(name).type is FieldType.TEXT_LIST:
        return Call("a_contains", (Property(name), Items((Value(value),))))
    return Call("=", (Property(name), Value(value)))


async def test_filters_compare_whole_values_and_parts_of_lists(
    pools: Pools, parcels: Layer, public: Decision, load: Load
) -> None:
    load([Parcel("1", 0, uses=("ODT", "CLN")), Parcel("2", 1), Parcel("3", 2, street="x' OR true --")])

    async def found(name: str, value: object) -> list[str]:
        row, features = await page(pools, parcels, ItemQuery("parcels", filter=equals(parcels, name, value)), public)
        assert row["matched"] == len(features)
        return numbers(features)

    assert await found("parcel", "2") == ["2"]
    assert await found("land_uses", "CLN") == ["1"]
    assert await found("street", "x' OR true --") == ["3"]


async def test_reduced_rows_show_and_answer_only_what_they_may(
    pools: Pools, parcels: Layer, public: Decision, staff: Decision, load: Load
) -> None:
    load([Parcel("1", 0), Parcel("2", 1, uses=("CQP",)), Parcel("3", 2, uses=("ODT", "CAN"))])
    row, found = await page(pools, parcels, ItemQuery("parcels"), public)
    assert row["matched"] == 3
    assert sorted(len(f["properties"]) > 0 for f in found) == [False, False, True]
    assert all(f["geometry"] for f in found)
    for name, value in (("land_use", "CQP"), ("parcel", "2"), ("land_uses", "CAN"), ("sheet", "12")):
        row, found = await page(pools, parcels, ItemQuery("parcels", filter=equals(parcels, name, value)), public)
        assert numbers(found) == (["1"] if name == "sheet" else [])
        assert row["matched"] == len(found)
    _, seen = await page(pools, parcels, ItemQuery("parcels"), staff)
    assert numbers(seen) == ["1", "2", "3"]


async def test_permits_in_progress_tell_their_state_and_not_their_place(
    pools: Pools, catalog: Catalog, db: psycopg.Connection
) -> None:
    permits = catalog.layers["permits"]
    db.execute("""INSERT INTO land.permits (number, status, geom) SELECT 'P' || i, s, ST_Translate(ST_MakeEnvelope(603700, 1191840, 603705, 1191850, 9210), i * 10, 0)
                  FROM unnest(ARRAY['DRAFT', 'IN_REVIEW', 'ISSUED', 'REJECTED', NULL]) WITH ORDINALITY t(s, i)""")
    public = public_decision(permits)
    row, found = await page(pools, permits, ItemQuery("permits"), public)
    assert row["matched"] == 2
    by_state = {f["properties"]["status"]: f for f in found}
    assert by_state["IN_REVIEW"]["geometry"] is None
    assert by_state["IN_REVIEW"]["properties"] == {"status": "IN_REVIEW"}
    assert by_state["ISSUED"]["properties"]["number"] == "P3"
    box = BBox((106.6, 10.7, 106.8, 10.8))
    row, inside = await page(pools, permits, ItemQuery("permits", bbox=box), public)
    assert ([f["properties"]["status"] for f in inside], row["matched"]) == (["ISSUED"], 1)
    everybody = agency_decision(permits, None, "test")
    _, all_ = await page(pools, permits, ItemQuery("permits", bbox=box), everybody)
    assert len(all_) == 5
    hidden = table(db, "SELECT id FROM land.permits WHERE status = 'DRAFT'")[0][0]
    one = await pools.row(item_sql(permits, hidden, ItemQuery("permits"), public))
    assert one and (one["feature"], one["known"]) == (None, False)
    versions = await pools.row(versions_sql(permits, hidden, ItemQuery("permits"), public))
    assert versions and versions["returned"] == 0


async def test_an_interval_gives_each_feature_once_as_it_was_last_within_it(
    pools: Pools, parcels: Layer, public: Decision, load: Load
) -> None:
    load([Parcel("1", 0, valid_from=datetime(2015, 1, 1, tzinfo=UTC))])
    load([Parcel("1", 0, street="Lê Lợi", valid_from=datetime(2018, 1, 1, tzinfo=UTC))])
    load([Parcel("1", 0, street="Hai Bà Trưng", valid_from=datetime(2021, 1, 1, tzinfo=UTC))])

    async def streets(start: int | None, end: int | None) -> list[str]:
        interval = Interval(*(datetime(y, 6, 1, tzinfo=UTC) if y else None for y in (start, end)))
        row, found = await page(pools, parcels, ItemQuery("parcels", at=interval), public)
        assert row["matched"] == len(found)
        return [f["properties"]["street"] for f in found]

    assert await streets(2015, 2016) == ["Nguyễn Trãi"]
    assert await streets(2015, 2019) == ["Lê Lợi"]
    assert await streets(None, 2022) == ["Hai Bà Trưng"]
    assert await streets(2018, None) == ["Hai Bà Trưng"]
    assert await streets(2010, 2014) == []


async def test_the_effective_instant_crosses_a_bound_without_a_changeset(
    pools: Pools, parcels: Layer, public: Decision, load: Load
) -> None:
    bound = datetime(2030, 1, 1, tzinfo=UTC)
    load(
        [Parcel("1", 0, valid_from=datetime(2020, 1, 1, tzinfo=UTC), valid_to=bound), Parcel("2", 1, valid_from=bound)]
    )

    async def asked(at: datetime) -> tuple[Any, ...]:
        row, found = await page(pools, parcels, ItemQuery("parcels", at=at), public)
        assert row["matched"] == len(found)
        return numbers(found), row["instant"], row["next_bound"]

    second = timedelta(seconds=1)
    assert await asked(bound - second) == (["1"], datetime(2020, 1, 1, tzinfo=UTC), bound)
    assert await asked(bound) == (["2"], bound, None)
    assert await asked(bound + second) == (["2"], bound, None)
    state = await pools.row(state_sql(parcels, ItemQuery("parcels", at=bound - second), public, counted=True))
    assert state and (state["next_bound"], state["matched"]) == (bound, 1)


async def test_an_item_is_told_apart_from_one_of_another_time(
    pools: Pools, parcels: Layer, public: Decision, load: Load, db: psycopg.Connection
) -> None:
    load([Parcel("1", 0, valid_from=datetime(2020, 1, 1, tzinfo=UTC), valid_to=datetime(2021, 1, 1, tzinfo=UTC))])
    feature = table(db, "SELECT id FROM land_history.parcels")[0][0]

    async def asked(id: UUID, **query: Any) -> tuple[bool, bool]:
        row = await pools.row(item_sql(parcels, id, ItemQuery("parcels", **query), public))
        assert row is not None
        return row["feature"] is not None, row["known"]

    assert await asked(feature) == (False, True)
    assert await asked(feature, at=datetime(2020, 5, 1, tzinfo=UTC)) == (True, True)
    assert await asked(UUID(int=1)) == (False, False)


_sheets = itertools.count(1000)
_years = st.integers(2010, 2025)
_changes = st.lists(st.tuples(st.integers(0, 3), _years, st.sampled_from(["A", "B", "C", "D"])), min_size=1, max_size=5)


@given(changes=_changes)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_history_can_be_asked_at_any_point_of_both_axes(
    changes: list[tuple[int, int, str]], db: psycopg.Connection, parcels: Layer
) -> None:
    """Against a model: from each change on, a parcel is what the change says, until a version that began later."""
    sheet = str(next(_sheets))
    model: dict[int, dict[tuple[str, int], str]] = {}
    spans: dict[str, dict[int, str]] = {}
    for parcel, year, street in changes:
        rows = [
            Parcel(
                str(parcel),
                parcel + 4 * int(sheet),
                sheet=sheet,
                street=street,
                valid_from=datetime(year, 1, 1, tzinfo=UTC),
            )
        ]
        stage_id = stage(db, parcels, WHO, [records(rows)])
        found = match(db, stage_id, parcels)
        number = publish(db, stage_id, parcels)
        if number is None:
            assert found.unchanged
            continue
        _apply(spans.setdefault(str(parcel), {}), year, street)
        model[number] = {(p, y): s for p, years in spans.items() for y in range(2009, 2027) if (s := _at(years, y))}
    for number, expected in model.items():
        assert _ask(db, sheet, number) == expected


def _apply(years: dict[int, str], year: int, street: str) -> None:
    """The change replaces what holds now from its year on."""
    for later in [y for y in years if y >= year]:
        del years[later]
    years[year] = street


def _at(years: dict[int, str], year: int) -> str | None:
    began = [y for y in years if y <= year]
    return years[max(began)] if began else None


def _ask(db: psycopg.Connection, sheet: str, number: int) -> dict[tuple[str, int], str]:
    rows = table(
        db,
        """SELECT parcel, y, street FROM land_history.parcels, generate_series(2009, 2026) y WHERE sheet = %s
           AND from_changeset <= %s AND (to_changeset IS NULL OR to_changeset > %s) AND valid @> make_timestamptz(y, 1, 1, 0, 0, 0, 'UTC')""",
        sheet, number, number,
    )  # fmt: skip
    assert len({(p, y) for p, y, _ in rows}) == len(rows)
    return {(p, y): s for p, y, s in rows}


async def test_known_at_repeats_the_answer_of_its_time(
    pools: Pools, parcels: Layer, public: Decision, load: Load
) -> None:
    seen: dict[int, list[dict[str, Any]]] = {}
    for i in range(6):
        number = load([Parcel(str(k), k, street=f"Đường {i}") for k in range(i, i + 5)])
        seen[number] = await walk(pools, parcels, ItemQuery("parcels", limit=3, at=datetime.now(UTC)), public)
    instant = datetime.now(UTC)
    for number, expected in seen.items():
        again = await walk(pools, parcels, ItemQuery("parcels", limit=3, known=number, at=instant), public)
        assert {f["id"]: f["properties"]["street"] for f in again} == {
            f["id"]: f["properties"]["street"] for f in expected
        }
        box = BBox((106.6, 10.7, 106.8, 10.8))
        row, boxed = await page(
            pools, parcels, ItemQuery("parcels", limit=99, known=number, at=instant, bbox=box), public
        )
        assert len(boxed) == row["matched"] == len(expected)

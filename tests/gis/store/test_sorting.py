"""Sorted pages hold every feature once, whatever the keys, the page size, the question and the caller's rights."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
import pyarrow as pa
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.crs.transform import bounds_to_84
from gis.model.access import Decision, agency_decision, public_decision
from gis.model.filter import Call, Property, Value
from gis.model.layer import Catalog, Layer
from gis.model.query import BBox, Cursor, Interval, ItemQuery, Phrase, Shown, SortKey
from gis.store.export import EVERYTHING, Selection, Shape, arrow_schema, batches
from gis.store.items import page_sql
from gis.store.match import match
from gis.store.pools import Pools
from gis.store.publish import publish
from gis.store.stage import Records, stage
from tests.gis.store.conftest import E0, N0, WHO, square

STREETS = (None, "Lê Lợi", "Nguyễn Trãi", "Đa Kao", "Cầu Kho", "2", "10", "9", "", "lê lợi", "10a")
COUNT = 44


@pytest.fixture(scope="module")
def lots(make_database: Callable[..., str], catalog: Catalog) -> str:
    """Parcels in two changesets: streets that repeat, missing values, some of the army, some that ended."""
    dsn, layer = make_database(), catalog.layers["parcels"]
    with psycopg.connect(dsn, autocommit=True) as db:
        for first, of in ((True, range(COUNT)), (False, range(0, COUNT, 3))):
            numbers = list(of)
            when = pa.timestamp("us", tz="UTC")
            columns: dict[str, pa.Array] = {
                "id": pa.array([UUID(int=(0x5000 + n) << 100).bytes for n in numbers], pa.binary()),
                "commune_old": pa.array(["26740"] * len(numbers)),
                "document_series": pa.array(["BDDC"] * len(numbers)),
                "sheet": pa.array([str(n // 6) for n in numbers]),
                "parcel": pa.array([str(n % 25) for n in numbers]),
                "street": pa.array([STREETS[(n + (0 if first else 1)) % len(STREETS)] for n in numbers], pa.string()),
                "land_use": pa.array(["CQP" if n % 9 == 4 else "ODT" for n in numbers]),
                "measured_area": pa.array([None if n % 5 == 0 else float(n % 4) for n in numbers], pa.float64()),
                "map_scale": pa.array([None if n % 7 == 0 else 500 * (n % 3) for n in numbers], pa.int64()),
                "legal_area": pa.array([float(n % 6) for n in numbers], pa.float64()),
                "valid_from": pa.array(
                    [datetime(2010 + n % 5 if first else 2021, 1, 1, tzinfo=UTC) for n in numbers], when
                ),
            }
            geometry = np.array([square(float(n)) for n in numbers], dtype=object)
            staged = stage(db, layer, WHO, [Records(geometry, columns)])
            match(db, staged, layer)
            publish(db, staged, layer)
        db.execute("VACUUM ANALYZE land_history.parcels")
    return dsn


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    found = asyncio.new_event_loop()
    yield found
    found.close()


@pytest.fixture(scope="module")
def ask(lots: str, loop: asyncio.AbstractEventLoop) -> Iterator[Pools]:
    opened = loop.run_until_complete(Pools.open(lots, time_zone="Asia/Ho_Chi_Minh"))
    yield opened
    loop.run_until_complete(opened.close())


@pytest.fixture(scope="module")
def layer(catalog: Catalog) -> Layer:
    return catalog.layers["parcels"]


def everybody(layer: Layer) -> dict[str, Decision]:
    return {"public": public_decision(layer), "agency": agency_decision(layer, None, "test")}


def paged(
    loop: asyncio.AbstractEventLoop, pools: Pools, layer: Layer, query: ItemQuery, decision: Decision
) -> tuple[list[dict[str, Any]], list[int | None]]:
    """All features page by page, and what each page says is matched."""
    features: list[dict[str, Any]] = []
    matched: list[int | None] = []
    for _ in range(100):
        row = loop.run_until_complete(pools.row(page_sql(layer, query, decision), decision.pool))
        assert row is not None
        features += json.loads(b"[%b]" % (row["features"] or b""))
        matched.append(row["matched"])
        if row["last_id"] is None:
            return features, matched
        assert row["returned"] == query.limit
        place = Cursor(row["changeset"], row["instant"], row["last_key"], row["last_id"], None)
        query = replace(query, cursor=place)
    raise AssertionError("the pages do not end")


NAMES = ("street", "parcel", "sheet", "measured_area", "map_scale", "registered_on", "valid_from", "valid_to")
keys = st.lists(
    st.builds(SortKey, st.sampled_from(NAMES), st.booleans()), min_size=1, max_size=3, unique_by=lambda k: k.name
)
QUESTIONS: dict[str, dict[str, Any]] = {
    "now": {},
    "before": {"known": 1},
    "then": {"at": datetime(2015, 1, 1, tzinfo=UTC)},
    "between": {"at": Interval(datetime(2012, 1, 1, tzinfo=UTC), datetime(2022, 1, 1, tzinfo=UTC))},
    "box": {"bbox": BBox(bounds_to_84((E0 + 35, N0 - 5, E0 + 255, N0 + 20), 9210))},
    "filter": {"filter": Call("<>", (Property("sheet"), Value("3")))},
    "search": {"terms": ((Phrase("nguyen trai"),), (Phrase("1"),))},
}


@given(keys, st.integers(1, 50), st.sampled_from(sorted(QUESTIONS)), st.sampled_from(["public", "agency"]))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_sorted_pages_hold_every_feature_once(
    loop: asyncio.AbstractEventLoop, ask: Pools, layer: Layer, sort: list[SortKey], limit: int, question: str, who: str
) -> None:
    decision = everybody(layer)[who]
    plain = ItemQuery("parcels", limit=1000, **QUESTIONS[question])
    expected, counts = paged(loop, ask, layer, plain, decision)
    found, matched = paged(loop, ask, layer, replace(plain, sort=tuple(sort), limit=limit), decision)
    assert sorted(map(repr, found)) == sorted(map(repr, expected))
    assert matched[0] == counts[0] == len(expected)
    assert set(matched[1:]) <= {None}
    _assert_in_order(found, sort)


def _assert_in_order(features: list[dict[str, Any]], sort: list[SortKey]) -> None:
    """By the first key (numbers and times): ascending or descending, what is not shown last."""
    if sort[0].name in ("street", "parcel", "sheet"):
        return
    values = [feature["properties"].get(sort[0].name) for feature in features]
    there = [value for value in values if value is not None]
    assert values == there + [None] * (len(values) - len(there))
    assert there == sorted(there, reverse=sort[0].descending)


@pytest.mark.parametrize("who", ["public", "agency"])
def test_texts_come_as_in_a_dictionary_and_numbers_by_their_value(
    loop: asyncio.AbstractEventLoop, ask: Pools, layer: Layer, who: str
) -> None:
    decision = everybody(layer)[who]
    query = ItemQuery("parcels", limit=1000, sort=(SortKey("street"),))
    found, _ = paged(loop, ask, layer, query, decision)
    told = [feature["properties"].get("street") for feature in found]
    assert list(dict.fromkeys(told)) == [
        "",
        "2",
        "9",
        "10",
        "10a",
        "Cầu Kho",
        "Đa Kao",
        "lê lợi",
        "Lê Lợi",
        "Nguyễn Trãi",
        None,
    ]
    down, _ = paged(loop, ask, layer, replace(query, sort=(SortKey("street", True),), limit=3), decision)
    present = [name for name in told if name is not None]
    assert [feature["properties"].get("street") for feature in down] == present[::-1] + [None] * (
        len(told) - len(present)
    )


def test_a_hidden_value_sorts_as_a_missing_one(loop: asyncio.AbstractEventLoop, ask: Pools, layer: Layer) -> None:
    """Land of the army has a number, which the public does not see: its place must not tell it."""
    for name in ("parcel", "sheet", "measured_area"):
        for down in (False, True):
            query = ItemQuery("parcels", limit=7, sort=(SortKey(name, down),))
            found, _ = paged(loop, ask, layer, query, public_decision(layer))
            hidden = ["land_use" not in feature["properties"] for feature in found]
            assert any(hidden)
            assert all("CQP" not in repr(feature) for feature in found)
            last = found[
                len(found) - sum(name not in f["properties"] or f["properties"][name] is None for f in found) :
            ]
            assert sum(hidden) == sum("land_use" not in feature["properties"] for feature in last)
            ids = [feature["id"] for feature in last]
            assert ids == sorted(ids, reverse=down)


def test_the_label_is_read_from_its_index(lots: str, layer: Layer) -> None:
    """The planner takes it where it would else sort; with few rows it must be told to."""
    sql = page_sql(layer, ItemQuery("parcels", limit=2, sort=(SortKey("parcel"),)), public_decision(layer))
    text = sql.text
    for place in range(len(sql.params), 0, -1):
        value = sql.params[place - 1]
        text = text.replace(f"${place}", "NULL" if value is None else f"'{value}'")
    with psycopg.connect(lots) as db:
        db.execute("SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off")
        plan = "\n".join(row[0] for row in db.execute("EXPLAIN " + text.replace("%", "%%")).fetchall())
    assert "parcels_parcel_sorted" in plan


@pytest.mark.parametrize("who", ["public", "agency"])
@pytest.mark.parametrize("shown", [Shown(), Shown(("street", "valid_from", "parcel"), False, True)])
def test_a_sorted_download_has_the_order_and_the_columns_of_the_pages(
    lots: str, loop: asyncio.AbstractEventLoop, ask: Pools, layer: Layer, who: str, shown: Shown
) -> None:
    decision = everybody(layer)[who]
    query = ItemQuery("parcels", limit=EVERYTHING, sort=(SortKey("street", True), SortKey("sheet")), shown=shown)
    pages, _ = paged(loop, ask, layer, replace(query, limit=9), decision)

    async def read() -> pa.Table:
        selection = Selection(layer, query, decision)
        async with ask.snapshot(decision.pool) as source:
            found = [batch async for batch in batches(source, selection, Shape.WKB)]
        return pa.Table.from_batches(found, schema=arrow_schema(selection, Shape.WKB))

    table = loop.run_until_complete(read())
    assert table.column("id").to_pylist() == [feature["id"] for feature in pages]
    if shown.properties is None:
        assert all(shapely.from_wkb(place) is not None for place in table.column("geometry").to_pylist() if place)
        return
    assert table.column_names == ["id", "ten_duong", "hieu_luc_tu", "so_thua", "geometry"]
    assert table.column("geometry").null_count == len(pages)
    for name in ("ten_duong", "so_thua"):
        assert table.column(name).to_pylist() == [feature["properties"].get(name) for feature in pages]
    full = next(feature for feature in pages if len(feature["properties"]) > 1 or who == "agency")
    assert list(full["properties"]) == ["ten_duong", "hieu_luc_tu", "so_thua"]
    assert all(feature["geometry"] is None for feature in pages)


@pytest.mark.parametrize("by", ["street", "valid_from"])
def test_an_edit_of_what_is_not_seen_moves_no_place_between_pages(
    make_database: Callable[..., str], loop: asyncio.AbstractEventLoop, layer: Layer, by: str
) -> None:
    dsn, public = make_database(), public_decision(layer)

    async def page(pools: Pools) -> tuple[Any, ...]:
        query = ItemQuery("parcels", limit=1, sort=(SortKey(by, False),))
        row = await pools.row(page_sql(layer, query, public))
        assert row is not None and row["last_id"] is not None
        place = Cursor(row["changeset"], row["instant"], row["last_key"], row["last_id"], None)
        following = await pools.row(page_sql(layer, replace(query, cursor=place), public))
        assert following is not None and following["returned"] == 1
        return row["features"], row["last_key"], row["last_id"], following["features"]

    async def before_and_after() -> tuple[Any, Any]:
        pools = await Pools.open(dsn)
        try:
            first = await page(pools)
            db.execute("UPDATE land.parcels SET legal_area = 99")
            return first, await page(pools)
        finally:
            await pools.close()

    with psycopg.connect(dsn, autocommit=True) as db:
        db.execute(
            """INSERT INTO land.parcels (commune_old, document_series, sheet, parcel, street, land_use, geom)
               SELECT '26740', 'BDDC', '1', i, i, 'ODT', ST_Multi(ST_MakeEnvelope(604000 + 20 * i, 1191840, 604010 + 20 * i, 1191850, 9210))
               FROM generate_series(1, 3) i"""
        )
        before, after = loop.run_until_complete(before_and_after())
    assert before == after

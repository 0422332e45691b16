from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pytest
import shapely

from gis.crs.transform import bounds_to_84
from gis.errors import Busy
from gis.model.access import Decision, agency_decision, public_decision
from gis.model.layer import Catalog, Layer
from gis.model.query import CRS84, BBox, Cursor, ItemQuery
from gis.store import export
from gis.store.export import EVERYTHING, Line, Selection, Shape, arrow_schema, batches, last_of_page, lines, pinned
from gis.store.items import page_sql, state_sql
from gis.store.pools import Exports, Pools
from gis.store.publish import publish
from gis.store.stage import Records, stage
from tests.gis.store.conftest import E0, N0, RUNNING, WHO, Load, Parcel, square, until

ODD = ("", "Bình Thạnh", "=1+1", 'a"b;c,d', "x\ny\r\n", "\x01\x1f", "<&>]]>", "𝄞", "null", "\ttab")
DAY = timedelta(days=1)


@pytest.fixture
async def pools(database: str) -> AsyncIterator[Pools]:
    opened = await Pools.open(database, time_zone="Asia/Ho_Chi_Minh", exports=Exports(2))
    yield opened
    await opened.close()


@pytest.fixture
def public(parcels: Layer) -> Decision:
    return public_decision(parcels)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of a few rows."""
    monkeypatch.setattr(export, "_FIRST_ROWS", 3)
    monkeypatch.setattr(export, "_ROWS", 7)


async def exported(pools: Pools, selection: Selection, shape: Shape = Shape.WKB) -> pa.Table:
    async with pools.snapshot(selection.decision.pool) as source:
        found = [batch async for batch in batches(source, selection, shape)]
    return pa.Table.from_batches(found, schema=arrow_schema(selection, shape))


async def told(pools: Pools, selection: Selection) -> list[dict[str, Any]]:
    """The same features as GeoJSON pages tell them."""
    query = dataclasses.replace(selection.query, limit=1000)
    row = await pools.row(page_sql(selection.layer, query, selection.decision), selection.decision.pool)
    assert row is not None and row["last_id"] is None
    found: list[dict[str, Any]] = json.loads(b"[%b]" % (row["features"] or b""))
    return found


def everything(layer: Layer, decision: Decision, **question: Any) -> Selection:
    return Selection(layer, ItemQuery(layer.id, limit=EVERYTHING, **question), decision)


def as_told(row: dict[str, Any], crs: int = CRS84) -> dict[str, Any]:
    """A row of the export as the GeoJSON feature that it should equal."""
    properties = {name: value for name, value in row.items() if name not in ("id", "geometry")}
    return {"id": row["id"], "properties": properties}


def comparable(feature: dict[str, Any], layer: Layer) -> dict[str, Any]:
    """A GeoJSON feature with its times and days as values; what it does not show is null."""
    properties = {name: feature["properties"].get(name) for name in feature["properties"]}
    for name, value in properties.items():
        if isinstance(value, str) and name in ("valid_from", "valid_to"):
            properties[name] = datetime.fromisoformat(value)
        elif isinstance(value, str) and name in layer and layer.field(name).type == "date":
            properties[name] = datetime.fromisoformat(value).date()
    return {"id": feature["id"], "properties": properties}


def fill(db: psycopg.Connection, layer: Layer, texts: tuple[str | None, ...], publish_as: int = 0) -> None:
    """Parcels whose streets are odd texts and whose numbers and lists go with them."""
    count = len(texts)
    columns: dict[str, pa.Array] = {
        "commune_old": pa.array(["26740"] * count),
        "document_series": pa.array(["BDDC"] * count),
        "sheet": pa.array([str(i + publish_as) for i in range(count)]),
        "parcel": pa.array([str(i) for i in range(count)]),
        "street": pa.array(texts, pa.string()),
        "land_uses": pa.array([None if text is None else [text, "ODT"][: i % 3] for i, text in enumerate(texts)], pa.list_(pa.string())),
        "measured_area": pa.array([None if i % 4 == 0 else (-1) ** i * 1e9 / (i + 1) for i in range(count)], pa.float64()),
        "map_scale": pa.array([None if i % 3 == 0 else i * 10**15 for i in range(count)], pa.int64()),
        "valid_from": pa.array([datetime(1950, 1, 1, tzinfo=UTC) + i * 800 * DAY for i in range(count)], pa.timestamp("us", tz="UTC")),
        "registered_on": pa.array([None if i % 2 else (datetime(1900, 1, 1, tzinfo=UTC) + i * 3000 * DAY).date() for i in range(count)], pa.date32()),
    }  # fmt: skip
    geometry = np.array([square(float(i)) for i in range(count)], dtype=object)
    publish(db, stage(db, layer, WHO, [Records(geometry, columns)]), layer)


async def test_the_export_has_the_features_that_geojson_tells(
    pools: Pools, parcels: Layer, public: Decision, db: psycopg.Connection, small: None
) -> None:
    fill(db, parcels, (*ODD, None) * 3)
    selection = everything(parcels, public)
    found = (await exported(pools, selection)).to_pylist()
    expected = await told(pools, selection)
    assert len(found) == len(ODD) * 3 + 3
    assert [as_told(row) for row in found] == [comparable(feature, parcels) for feature in expected]
    for row, feature in zip(found, expected, strict=True):
        place = shapely.from_geojson(json.dumps(feature["geometry"]))
        assert shapely.from_wkb(row["geometry"]).equals_exact(place, 1e-8)


async def test_nothing_exported_is_an_empty_table(pools: Pools, parcels: Layer, public: Decision) -> None:
    assert (await exported(pools, everything(parcels, public))).num_rows == 0


@pytest.mark.parametrize("crs", [CRS84, 4326, 9210, 3857])
async def test_each_shape_says_the_same_place(
    pools: Pools, parcels: Layer, public: Decision, load: Load, crs: int
) -> None:
    load([Parcel("1", 0)])
    selection = everything(parcels, public, crs=crs)
    (wkb,), (wkt,), (point,), (gml,) = [
        (await exported(pools, selection, shape)).column("geometry").to_pylist() for shape in Shape
    ]
    place = shapely.from_wkb(wkb)
    x, y = place.centroid.coords[0]
    assert (100 < x < 110 and 5 < y < 20) if crs in (CRS84, 4326) else x != y
    assert shapely.from_wkt(wkt).equals_exact(place, 1e-3)
    assert place.buffer(1e-6).contains(shapely.from_wkt(point))
    first = [float(number) for number in gml.partition("<gml:posList>")[2].split()[:2]]
    corner = list(place.geoms[0].exterior.coords[0])
    assert first == pytest.approx(corner[::-1] if crs == 4326 else corner, abs=1e-3)
    uri = "OGC/1.3/CRS84" if crs == CRS84 else f"EPSG/0/{crs}"
    assert gml.count("srsName") == 1 and f'srsName="http://www.opengis.net/def/crs/{uri}"' in gml
    ids = [part.split('"')[0] for part in gml.split('gml:id="')[1:]]
    assert len(ids) == len(set(ids)) == 2


async def test_the_question_bounds_the_export(
    pools: Pools, parcels: Layer, public: Decision, load: Load, small: None
) -> None:
    load([Parcel(str(i), i) for i in range(60)])
    west, south, east, north = bounds_to_84((E0 + 195.0, N0, E0 + 405.0, N0 + 10), 9210)
    for question in (
        {"bbox": BBox((west, south, east, north))},
        {"known": 1},
        {"known": 0},
        {"at": datetime(1990, 1, 1, tzinfo=UTC)},
    ):
        selection = everything(parcels, public, **question)
        found = (await exported(pools, selection)).column("id").to_pylist()
        assert found == [feature["id"] for feature in await told(pools, selection)]
        assert len(set(found)) == len(found)
    assert (
        len((await exported(pools, everything(parcels, public, bbox=BBox((west, south, east, north))))).column("id"))
        == 22
    )


async def test_limits_make_pages_that_follow_each_other(
    pools: Pools, parcels: Layer, public: Decision, load: Load, small: None
) -> None:
    load([Parcel(str(i), i) for i in range(25)])
    whole = (await exported(pools, everything(parcels, public))).column("id").to_pylist()
    query, found = ItemQuery("parcels", limit=10), []
    for _ in range(3):
        selection = Selection(parcels, query, public)
        found += (await exported(pools, selection)).column("id").to_pylist()
        async with pools.snapshot() as source:
            state = await source.row(state_sql(parcels, query, public))
            assert state is not None
            last = await last_of_page(source, pinned(selection, state["instant"]))
        if last is not None:
            query = dataclasses.replace(query, cursor=Cursor(state["changeset"], state["instant"], *last, None))
    assert last is None and found == whole and len(whole) == 25


async def test_a_page_that_ends_with_the_selection_has_no_next(
    pools: Pools, parcels: Layer, public: Decision, load: Load
) -> None:
    load([Parcel(str(i), i) for i in range(10)])
    async with pools.snapshot() as source:
        assert await last_of_page(source, Selection(parcels, ItemQuery("parcels", limit=10), public)) is None
        assert await last_of_page(source, Selection(parcels, ItemQuery("parcels", limit=9), public)) is not None


async def test_batches_are_bounded_by_their_bytes(
    pools: Pools, parcels: Layer, public: Decision, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    load([Parcel(str(i), i) for i in range(40)])
    monkeypatch.setattr(export, "_BYTES", 2_000)
    async with pools.snapshot() as source:
        sizes = [batch.num_rows async for batch in batches(source, everything(parcels, public), Shape.WKB)]
    assert sum(sizes) == 40 and max(sizes) < 6
    monkeypatch.setattr(export, "_BYTES", 1)
    async with pools.snapshot() as source:
        assert [batch.num_rows async for batch in batches(source, everything(parcels, public), Shape.WKB)] == [1] * 40


async def test_what_is_published_meanwhile_is_not_in_the_export(
    pools: Pools, parcels: Layer, public: Decision, db: psycopg.Connection, small: None
) -> None:
    fill(db, parcels, ("a",) * 20)
    seen = 0
    async with pools.snapshot() as source:
        async for batch in batches(source, everything(parcels, public), Shape.WKB):
            if not seen:
                await asyncio.to_thread(fill, db, parcels, ("b",) * 20, 100)
            seen += batch.num_rows
            assert set(batch.column("street").to_pylist()) == {"a"}
    assert seen == 20
    assert (await exported(pools, everything(parcels, public))).num_rows == 40


async def test_reduced_rows_show_what_they_may_and_hidden_ones_nothing(
    pools: Pools, catalog: Catalog, db: psycopg.Connection
) -> None:
    permits = catalog.layers["permits"]
    columns: dict[str, pa.Array] = {
        "number": pa.array(["N1", "N2", "N3"]),
        "address": pa.array(["A1", "A2", "A3"]),
        "status": pa.array(["ISSUED", "IN_REVIEW", "DRAFT"]),
    }
    points = np.array([shapely.Point(E0 + i, N0) for i in range(3)], dtype=object)
    publish(db, stage(db, permits, WHO, [Records(points, columns)]), permits)
    for decision in (public_decision(permits), agency_decision(permits, None, "test")):
        selection = everything(permits, decision)
        found = (await exported(pools, selection)).to_pylist()
        expected = await told(pools, selection)
        for row, feature in zip(found, expected, strict=True):
            shown = {name: value for name, value in as_told(row)["properties"].items() if value is not None}
            said = comparable(feature, permits)["properties"]
            assert shown == {name: value for name, value in said.items() if value is not None}
            assert (row["geometry"] is None) == (feature["geometry"] is None)
    assert {row["number"] for row in found} == {"N1", "N2", "N3"}
    public = (await exported(pools, everything(permits, public_decision(permits)))).to_pylist()
    assert sorted((row["status"], row["number"], row["valid_from"] is None) for row in public) == [("IN_REVIEW", None, True), ("ISSUED", "N1", False)]  # fmt: skip


async def test_sequences_and_jsonfg_are_json(
    pools: Pools, parcels: Layer, public: Decision, db: psycopg.Connection, small: None
) -> None:
    fill(db, parcels, ODD)
    selection = everything(parcels, public, crs=9210)
    async with pools.snapshot() as source:
        sequence = b"".join([text async for text in lines(source, selection, Line.SEQUENCE)])
        jsonfg = b"".join([text async for text in lines(source, selection, Line.JSONFG)])
    texts = sequence.split(b"\x1e")
    assert texts[0] == b"" and all(text.endswith(b"}\n") for text in texts[1:])
    assert [json.loads(text) for text in texts[1:]] == await told(pools, selection)
    features = json.loads(b"[" + jsonfg[2:] + b"]")
    assert [feature["place"] for feature in features] == [json.loads(text)["geometry"] for text in texts[1:]]
    lon_lat = await told(pools, everything(parcels, public))
    assert [feature["geometry"] for feature in features] == [feature["geometry"] for feature in lon_lat]
    assert features[0]["time"]["interval"][1] == ".." and features[0]["time"]["interval"][0].endswith("Z")


async def test_no_more_snapshots_are_held_than_may_be(pools: Pools) -> None:
    async with pools.snapshot(), pools.snapshot("staff"):
        with pytest.raises(Busy):
            async with pools.snapshot():
                pass
    async with pools.snapshot():
        pass


async def test_a_reader_that_leaves_ends_its_statement(pools: Pools, db: psycopg.Connection) -> None:
    from gis.store.sql import Sql

    async def reader() -> None:
        async with pools.snapshot() as source:
            await source.row(Sql("SELECT pg_sleep(60)", ()))

    task = asyncio.create_task(reader())
    await asyncio.to_thread(until, db, 1, RUNNING, "SELECT pg_sleep(60)")
    task.cancel()
    await asyncio.wait([task])
    await asyncio.to_thread(until, db, 0, RUNNING, "SELECT pg_sleep(60)")

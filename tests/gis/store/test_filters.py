from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import asyncpg
import numpy as np
import psycopg
import pyarrow as pa
import pytest
import pytest_asyncio
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.schema import CreateTable

from gis.cql2.resolve import resolve
from gis.cql2.text import parse_text
from gis.crs.registry import crs as crs_of
from gis.crs.transform import transform
from gis.errors import InvalidCrs, InvalidParameter
from gis.model.access import Decision, agency_decision, public_decision
from gis.model.filter import FIELD_KINDS, SYSTEM_KINDS, Call, Node, Property, Value
from gis.model.layer import Catalog, Field, FieldType, Geometry, GeometryType, Layer, Text
from gis.model.query import CRS84, BBox, Cursor, ItemQuery
from gis.store import filters, stage
from gis.store.items import page_sql
from gis.store.match import match
from gis.store.pools import Pools
from gis.store.publish import publish
from gis.store.sql import Sql, compiled, ddl, quoted
from gis.store.tables import history_table
from tests.conftest import MakeDatabase
from tests.gis.cql2.trees import KINDS_OF_FIELDS, conditions, meaning, rows
from tests.gis.store.conftest import E0, N0, WHO, square

TEXT = Text("", "")
SMALL = Layer(
    "small", TEXT, TEXT, Geometry(GeometryType.GEOMETRY), ("t",),
    tuple(Field(name, FieldType(kind), TEXT) for name, kind in KINDS_OF_FIELDS.items()), "test", "", TEXT,
)  # fmt: skip


def asked(layer: Layer, text: str, crs: int = CRS84, decision: Decision | None = None) -> Node:
    """A filter as a request gives it."""
    columns = (decision or public_decision(layer)).columns
    kinds = {name: FIELD_KINDS[layer.field(name).type] for name in columns} | SYSTEM_KINDS
    return resolve(parse_text(text), kinds, crs)


# --- what filters mean -------------------------------------------------------------------------------------------


class Small:
    """A table with a field of every kind, filled anew for each example."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        connection.execute("SET timezone = 'Asia/Ho_Chi_Minh'")
        connection.execute(ddl(CreateTable(history_table(SMALL))))

    def one(self, query: str, *params: Any) -> tuple[Any, ...]:
        """The row of a query; a single parameter stands in every place."""
        row = self._connection.execute(query, params * query.count("%s") if len(params) == 1 else params).fetchone()  # type: ignore[call-overload]
        assert row is not None
        return tuple(row)

    def answers(self, found: list[dict[str, Any]], tree: Node) -> list[bool | None]:
        """What the database says of each row."""
        names = list(KINDS_OF_FIELDS)
        self._connection.execute("TRUNCATE land_history.small")
        with self._connection.cursor() as cursor:
            cursor.executemany(
                f"""INSERT INTO land_history.small (id, fid, valid, valid_from_known, from_changeset, sort_key, geom, geom_84,
                    {", ".join(map(quoted, names))}) SELECT %s, %s, '(,)', true, 1, 1, g, g, {", ".join(["%s"] * len(names))}
                    FROM ST_GeomFromWKB(%s, 4326) g""",
                [
                    [
                        UUID(int=i),
                        i,
                        *(_sent(row[name]) for name in names),
                        row["geometry"] and shapely.to_wkb(row["geometry"]),
                    ]
                    for i, row in enumerate(found)
                ],
            )
        table = history_table(SMALL)
        prepared = filters.prepare(SMALL, tree)
        parts = filters.expression(SMALL, table, replace(prepared.form, ranged=False), lambda: table.c.valid)
        whole = parts[0] if len(parts) == 1 else filters.and_(*parts)
        sql = compiled(select(whole.label("holds")).select_from(table).order_by(table.c.fid)).bind(prepared.values)
        return [row[0] for row in self._connection.execute(*_for_psycopg(sql)).fetchall()]


def _sent(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _for_psycopg(sql: Sql) -> tuple[Any, dict[str, object]]:
    """`$1` as psycopg writes it."""
    text = sql.text.replace("%", "%%")
    for number in range(len(sql.params), 0, -1):
        text = text.replace(f"${number}::", f"%(p{number})s::")
    return text, {f"p{i}": value for i, value in enumerate(sql.params, 1)}


@pytest.fixture(scope="module")
def small(make_database: MakeDatabase) -> Iterator[Small]:
    with psycopg.connect(make_database(), autocommit=True) as connection:
        yield Small(connection)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(found=st.lists(rows(), min_size=1, max_size=8), tree=conditions())
def test_the_database_answers_as_python_does_for_every_row(
    small: Small, found: list[dict[str, Any]], tree: Node
) -> None:
    kinds = {name: FIELD_KINDS[FieldType(kind)] for name, kind in KINDS_OF_FIELDS.items()} | SYSTEM_KINDS
    assert small.answers(found, resolve(tree, kinds, CRS84)) == [meaning(tree, row) for row in found]


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Bình Thạnh", "binh thanh"),
        ("ĐƯỜNG HOÀ", "duong hoa"),
        ("Đường Hòa", "duong hoa"),
        ("Đường Ho\u0300a", "duong hoa"),  # marks as characters of their own
        ("Straße", "strasse"),
        ("ΟΔΟΣ", "οδοσ"),
        ("Chișinău", "chisinau"),
    ],
)
def test_folding_leaves_case_and_accents_out(small: Small, text: str, folded: str) -> None:
    one = small.one(
        "SELECT landmap.folded(%s), landmap.caseless(landmap.accentless(%s)), landmap.accentless(landmap.caseless(%s))",
        text,
    )
    assert one == (folded, folded, folded)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.characters(max_codepoint=0x1EFF, exclude_categories=("Cs", "Cc")), max_size=12))
def test_folding_in_any_order_is_the_same_and_folds_no_further(small: Small, text: str) -> None:
    folded, other, again = small.one(
        "SELECT landmap.folded(%s), landmap.caseless(landmap.accentless(%s)), landmap.folded(landmap.folded(%s))", text
    )
    assert folded == other == again


@settings(max_examples=200, deadline=None)
@given(st.floats(), st.sampled_from(["+", "-", "*", "/", "div", "%", "^"]), st.floats())
def test_no_arithmetic_fails(small: Small, a: float, op: str, b: float) -> None:
    (found,) = small.one("SELECT landmap.calculated(%s::float8, %s, %s::float8)", a, op, b)
    assert found is None or abs(found) <= 1e100


# --- one query path: policy, pages, indexes ------------------------------------------------------------------------

SIDE = 64
BINH_THANH = UUID(int=7)


@dataclass(frozen=True)
class Land:
    """A database with 4,096 parcels in a square of 640 m and 3,000 wards, and pools as the service has them."""

    dsn: str
    pools: Pools
    parcels: Layer
    wards: Layer

    async def page(
        self, layer: Layer, query: ItemQuery, decision: Decision | None = None
    ) -> tuple[Any, list[dict[str, Any]]]:
        decision = decision or public_decision(layer)
        row = await self.pools.row(page_sql(layer, query, decision), decision.pool)
        assert row is not None
        return row, json.loads(b"[%b]" % (row["features"] or b""))

    async def numbers(self, text: str, crs: int = CRS84, decision: Decision | None = None) -> set[str]:
        query = ItemQuery("parcels", limit=10_000, filter=asked(self.parcels, text, crs, decision))
        _, features = await self.page(self.parcels, query, decision)
        return {str(feature["properties"].get("parcel")) for feature in features}

    async def plan(self, layer: Layer, text: str, crs: int = CRS84, limit: int = 10) -> str:
        sql = page_sql(layer, ItemQuery(layer.id, limit=limit, filter=asked(layer, text, crs)), public_decision(layer))
        connection = await asyncpg.connect(self.dsn)
        try:
            return "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {sql.text}", *sql.params))
        finally:
            await connection.close()


def _grid() -> stage.Records:
    numbers = range(SIDE * SIDE)
    boxes = [
        shapely.box(E0 + 10 * (i % SIDE), N0 + 10 * (i // SIDE), E0 + 10 * (i % SIDE) + 10, N0 + 10 * (i // SIDE) + 10)
        for i in numbers
    ]
    uses = [["CQP"] if i == 5 else ["ODT", "CLN"] if i % 7 == 0 else ["ODT"] for i in numbers]
    return stage.Records(
        np.array([shapely.MultiPolygon([one]) for one in boxes], dtype=object),
        {
            "commune_old": pa.array(["26740"] * len(numbers)),
            "document_series": pa.array(["BDDC"] * len(numbers)),
            "sheet": pa.array([str(i // SIDE) for i in numbers]),
            "parcel": pa.array([str(i) for i in numbers]),
            "land_uses": pa.array(uses, pa.list_(pa.string())),
            "land_use": pa.array([use[0] for use in uses]),
            "measured_area": pa.array([100.0 + i for i in numbers]),
            "holder_name": pa.array(["Nguyễn Văn Mật"] * len(numbers)),
        },
    )


def _wards() -> stage.Records:
    count = 3_000
    names = [f"Tân Định {i}" for i in range(count)]
    names[7], names[8] = "Bình Thạnh", "Hoà Hưng"
    return stage.Records(
        np.array([square(i % 50) for i in range(count)], dtype=object),
        {
            "code": pa.array([f"{i:05}" for i in range(count)]),
            "name": pa.array(names),
        },
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def land(make_database: MakeDatabase, catalog: Catalog) -> AsyncIterator[Land]:
    dsn = make_database()
    parcels, wards = catalog.layers["parcels"], catalog.layers["wards"]
    with psycopg.connect(dsn, autocommit=True) as connection:
        for layer, records in ((parcels, _grid()), (wards, _wards())):
            staged = stage.stage(connection, layer, WHO, [records])
            match(connection, staged, layer)
            publish(connection, staged, layer)
        connection.execute("ANALYZE")
    pools = await Pools.open(dsn, time_zone="Asia/Ho_Chi_Minh")
    yield Land(dsn, pools, parcels, wards)
    await pools.close()


def _lon_lat(x: float, y: float) -> str:
    lon, lat = transform(np.array([[E0 + x, N0 + y]]), 9210, CRS84)[0]
    return f"{lon:.9f} {lat:.9f}"


@pytest.mark.asyncio(loop_scope="module")
class TestNames:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("ACCENTI(CASEI(name)) = ACCENTI(CASEI('binh thanh'))", ["Bình Thạnh"]),
            ("CASEI(ACCENTI(name)) = CASEI(ACCENTI('BÌNH THẠNH'))", ["Bình Thạnh"]),
            ("ACCENTI(CASEI(name)) = ACCENTI(CASEI('Hòa Hưng'))", ["Hoà Hưng"]),
            ("ACCENTI(CASEI(name)) LIKE ACCENTI(CASEI('bình th%'))", ["Bình Thạnh"]),
            (
                "ACCENTI(CASEI(name)) IN (ACCENTI(CASEI('hoa hung')), ACCENTI(CASEI('binh thanh')))",
                ["Bình Thạnh", "Hoà Hưng"],
            ),
        ],
    )
    async def test_a_name_is_found_without_case_and_accents_by_its_index(
        self, land: Land, text: str, found: list[str]
    ) -> None:
        _, features = await land.page(land.wards, ItemQuery("wards", filter=asked(land.wards, text)))
        assert sorted(feature["properties"]["name"] for feature in features) == found
        assert "wards_name_folded" in await land.plan(land.wards, text)

    async def test_with_accents_or_case_they_differ(self, land: Land) -> None:
        for text in (
            "name = 'binh thanh'",
            "CASEI(name) = CASEI('binh thanh')",
            "ACCENTI(name) = ACCENTI('bình thạnh')",
        ):
            row, _ = await land.page(land.wards, ItemQuery("wards", filter=asked(land.wards, text)))
            assert row["matched"] == 0


@pytest.mark.asyncio(loop_scope="module")
class TestPlaces:
    async def test_a_geometry_means_the_same_in_each_crs_and_is_transformed_with_the_pinned_operation(
        self, land: Land
    ) -> None:
        west, south, east, north = E0 + 101, N0 + 101, E0 + 149, N0 + 119
        expected = {str(row * SIDE + column) for row in (10, 11) for column in range(10, 15)}
        ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
        for code in (9210, CRS84, 4326, 3857, 5899, 3405, 4756):
            moved = transform(np.array(ring), 9210, code)
            turned = moved[:, ::-1] if crs_of(code).axis == "yx" else moved
            written = ", ".join(f"{x:.10f} {y:.10f}" for x, y in turned.tolist())
            assert await land.numbers(f"S_INTERSECTS(geometry, POLYGON(({written})))", code) == expected, code

    async def test_candidates_come_from_ranges_of_the_sort_key(self, land: Land) -> None:
        for text in (
            f"S_INTERSECTS(geometry, POINT({_lon_lat(105, 105)}))",
            f"S_WITHIN(geometry, BBOX({_box(100, 100, 150, 120)})) AND measured_area > 5",
            f"S_TOUCHES(geometry, POINT({_lon_lat(105, 105)})) OR S_EQUALS(geometry, POINT({_lon_lat(5, 5)}))",
            f"distance(geometry, POINT({_lon_lat(105, 105)})) <= 12",
        ):
            plan = await land.plan(land.parcels, text)
            assert "Index Cond: ((sort_key >=" in plan, plan
            assert "parcels_key_open" in plan
            assert "Seq Scan on parcels" not in plan

    async def test_where_no_range_holds_them_the_spatial_index_leads_to_them(self, land: Land) -> None:
        plan = await land.plan(
            land.parcels, f"S_INTERSECTS(geometry, POINT({_lon_lat(105, 105)})) OR parcel = '9'", limit=1000
        )
        assert "parcels_geom_open" in plan, plan
        assert "Seq Scan on parcels" not in plan

    async def test_box_and_filter_hold_together_and_pages_follow_each_other(self, land: Land) -> None:
        box = BBox((E0 + 1, N0 + 1, E0 + 399, N0 + 399), 9210)
        tree = asked(
            land.parcels, f"S_INTERSECTS(geometry, BBOX({_box(201, 201, 639, 639)})) AND A_CONTAINS(land_uses, ('CLN'))"
        )
        query = ItemQuery("parcels", limit=7, bbox=box, filter=tree)
        expected = {str(i) for i in range(SIDE * SIDE) if i % 7 == 0 and 20 <= i % SIDE < 40 and 20 <= i // SIDE < 40}
        found: list[str] = []
        while True:
            row, features = await land.page(land.parcels, query)
            assert row["matched"] == (None if query.cursor else len(expected))
            found += [feature["properties"]["parcel"] for feature in features]
            if row["last_key"] is None:
                break
            query = replace(
                query, cursor=Cursor(row["changeset"], row["instant"], row["last_key"], row["last_id"], None)
            )
        assert len(found) == len(expected)
        assert set(found) == expected

    async def test_lengths_and_areas_are_metres(self, land: Land) -> None:
        assert len(await land.numbers("area(geometry) > 99.99 AND area(geometry) < 100.01")) == SIDE * SIDE
        assert len(await land.numbers("length(geometry) BETWEEN 39.99 AND 40.01")) == SIDE * SIDE
        near = await land.numbers(f"distance(geometry, POINT({_lon_lat(105, 105)})) < 5.1")
        assert near == {str(row * SIDE + column) for row in (9, 10, 11) for column in (9, 10, 11)} - {
            str(row * SIDE + column) for row in (9, 11) for column in (9, 11)
        }

    async def test_a_place_outside_of_its_crs_is_told(self, land: Land) -> None:
        tree = asked(land.parcels, "S_INTERSECTS(geometry, POINT(95 106.7))", 4756)
        with pytest.raises(InvalidCrs, match="filter-crs"):
            page_sql(land.parcels, ItemQuery("parcels", filter=tree), public_decision(land.parcels))


def _box(west: float, south: float, east: float, north: float) -> str:
    return ",".join((_lon_lat(west, south) + " " + _lon_lat(east, north)).split(" "))


@pytest.mark.asyncio(loop_scope="module")
class TestPolicy:
    """Parcel 5 is the army's: the public sees where it is, and nothing else."""

    @pytest.mark.parametrize(
        "text",
        [
            "parcel = '5'",
            "NOT parcel = '4'",
            "parcel IS NOT NULL OR TRUE",
            "A_OVERLAPS(land_uses, ('CQP'))",
            "measured_area - 105 = 0",
            "NOT (measured_area * 0 = 1)",
            "parcel = parcel",
            "parcel IN ('4', '5')",
            "parcel LIKE '_'",
            "CASEI(land_use) = CASEI('cqp') OR S_INTERSECTS(geometry, BBOX(106, 10, 107, 11))",
            "valid_from IS NOT NULL",
            "T_INTERSECTS(INTERVAL(valid_from, valid_to), INTERVAL('2000-01-01', '..'))",
        ],
    )
    async def test_a_reduced_row_answers_no_question_about_what_it_does_not_show(self, land: Land, text: str) -> None:
        staff = agency_decision(land.parcels, None, "test")
        found = await land.numbers(text)
        assert "5" not in found and "None" not in found
        seen = await land.numbers(text, decision=staff)
        assert seen == found | {"5"}

    async def test_it_answers_about_its_place_and_its_id(self, land: Land) -> None:
        place = f"S_INTERSECTS(geometry, POINT({_lon_lat(55, 5)}))"
        _, features = await land.page(land.parcels, ItemQuery("parcels", filter=asked(land.parcels, place)))
        (feature,) = features
        assert feature["properties"] == {}
        for text in (f"id = '{feature['id']}'", f"id IN ('{feature['id'].upper()}')", f"id LIKE '{feature['id']}'"):
            _, again = await land.page(land.parcels, ItemQuery("parcels", filter=asked(land.parcels, text)))
            assert [one["id"] for one in again] == [feature["id"]]
        assert "parcels_id" in await land.plan(land.parcels, f"id = '{feature['id']}'")

    async def test_hidden_fields_are_as_unknown_as_those_that_do_not_exist(self, land: Land) -> None:
        told = set()
        for name in ("holder_name", "holder_nome"):
            with pytest.raises(InvalidParameter) as refused:
                asked(land.parcels, f"NOT ({name} LIKE 'N%')")
            told.add(refused.value.en.replace(name, "…"))
        assert len(told) == 1


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "text", ["x' OR 1=1 --", "'; DROP TABLE land_history.parcels; --", "$1", "%(p)s", "\\", ":name", '"']
)
async def test_hostile_texts_are_texts(land: Land, text: str) -> None:
    for tree in (
        Call("=", (Property("parcel"), Value(text))),
        Call("in", (Property("parcel"), filters.Items((Value(text), Value("4"))))),
        Call("=", (Call("casei", (Property("parcel"),)), Value(text))),
        Call("a_contains", (Property("land_uses"), filters.Items((Value(text),)))),
    ):
        row, _ = await land.page(land.parcels, ItemQuery("parcels", filter=tree))
        assert row["returned"] == (1 if tree.op == "in" else 0)


@pytest.mark.asyncio(loop_scope="module")
async def test_the_deepest_and_widest_filters_are_answered(land: Land) -> None:
    deep = "parcel = '1'"
    for i in range(30):
        deep = f"NOT ({deep} {'AND' if i % 2 else 'OR'} sheet = '0')"
    assert isinstance(await land.numbers(deep), set)
    wide = " OR ".join(f"parcel = '{i}'" for i in range(300))
    assert len(await land.numbers(wide)) == 299  # one of them is the army's
    nested = "parcel = '0'"
    for i in range(1, 60):
        nested = f"({nested} OR parcel = '{i}')"
    assert len(await land.numbers(nested)) == 59

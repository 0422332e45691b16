"""The predicates of the CQL2 abstract test suite over its own data, each counted through the one query path."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import AsyncIterator
from datetime import UTC
from typing import Any
from uuid import UUID

import psycopg
import pyogrio
import pytest
import pytest_asyncio
from sqlalchemy.schema import CreateIndex, CreateTable

from gis.cql2.resolve import resolve
from gis.cql2.text import parse_text
from gis.model.access import public_decision
from gis.model.filter import FIELD_KINDS, SYSTEM_KINDS
from gis.model.layer import Field, FieldType, Geometry, GeometryType, Layer, Text
from gis.model.query import CRS84, ItemQuery
from gis.store.items import page_sql
from gis.store.pools import Pools
from gis.store.sql import ddl, quoted
from gis.store.tables import history_table
from tests.conftest import SHARED, MakeDatabase

ORACLE = SHARED / "data/ogc/cql2_expected_counts.csv"
GEOPACKAGE = SHARED / "data/ogc/cql2/standard/data/ne110m4cql2.gpkg"
TYPES = {
    "object": FieldType.TEXT,
    "int64": FieldType.INTEGER,
    "float64": FieldType.NUMBER,
    "bool": FieldType.BOOLEAN,
    "datetime64[D]": FieldType.DATE,
    "datetime64[ms]": FieldType.TIMESTAMP,
}


WRONG = {"ACCENTI(name) LIKE accenti('Ch%')": "ch", "ACCENTI(CASEI(name)) LIKE accenti(casei('cHis%'))": "chis"}
"""Predicates whose expected count contradicts the data, in which three names begin with Ch and one with Chis."""


def predicates() -> list[Any]:
    if not ORACLE.is_file():
        return []
    with ORACLE.open(encoding="utf-8", newline="") as file:
        return [pytest.param(row, id=f"{i}-{row['predicate'][:60]}") for i, row in enumerate(csv.DictReader(file))]


def layer_of(name: str) -> Layer:
    """A layer in WGS 84 with the fields of the GeoPackage's table."""
    info = pyogrio.read_info(GEOPACKAGE, layer=name)
    fields = tuple(
        Field(str(field), TYPES[str(dtype)], Text(str(field), str(field)))
        for field, dtype in zip(info["fields"], info["dtypes"], strict=True)
    )
    text = Text(name, name)
    return Layer(
        name, text, text, Geometry(GeometryType.GEOMETRY), (fields[0].name,), fields, "test", "", text, storage_crs=4326
    )


def fill(connection: psycopg.Connection, layer: Layer) -> None:
    """The rows as features that have held always; timestamps of the file mean UTC."""
    table = history_table(layer)
    connection.execute(ddl(CreateTable(table)))
    meta, found = pyogrio.raw.read_arrow(GEOPACKAGE, layer=layer.id)
    rows = found.to_pylist()
    geometry = meta["geometry_name"] or "wkb_geometry"
    names = [field.name for field in layer.fields]
    marks = ", ".join(["%s"] * len(names))
    statement = f"""INSERT INTO {table.schema}.{quoted(table.name)}
        (id, fid, valid, valid_from_known, from_changeset, sort_key, geom, geom_84, {", ".join(map(quoted, names))})
        SELECT %s, 1, '(,)', true, 1, landmap.sort_key(g), g, g, {marks} FROM ST_SetSRID(ST_GeomFromWKB(%s), 4326) g"""
    connection.execute(f"GRANT SELECT ON {table.schema}.{quoted(table.name)} TO landmap_public")  # type: ignore[call-overload]
    for number, row in enumerate(rows):
        values = [plain(field, row[field.name]) for field in layer.fields]
        connection.execute(statement, [UUID(int=number), *values, row[geometry]])
    for index in table.indexes:
        connection.execute(ddl(CreateIndex(index)))


def plain(field: Field, value: Any) -> Any:
    """The timestamps of the file lack their zone; they are UTC."""
    return value.replace(tzinfo=UTC) if field.type is FieldType.TIMESTAMP and value is not None else value


def names(layer: Layer) -> list[str]:
    """The names in the file itself, past the database."""
    _, found = pyogrio.raw.read_arrow(GEOPACKAGE, layer=layer.id, columns=["name"])
    return [str(name) for name in found["name"].to_pylist()]


def plain_letters(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c)).lower()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(make_database: MakeDatabase) -> AsyncIterator[tuple[Pools, dict[str, Layer]]]:
    if not GEOPACKAGE.is_file():
        pytest.skip("needs the CQL2 test data in ../shared, which are not part of the repository")
    dsn = make_database()
    layers = {name: layer_of(name) for name, _ in pyogrio.list_layers(GEOPACKAGE)}
    with psycopg.connect(dsn) as connection:
        for layer in layers.values():
            fill(connection, layer)
    pools = await Pools.open(dsn)
    yield pools, layers
    await pools.close()


@pytest.mark.skipif(not ORACLE.is_file(), reason="needs the CQL2 test data in ../shared")
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("case", predicates())
async def test_a_predicate_of_the_abstract_test_suite_counts_as_expected(
    world: tuple[Pools, dict[str, Layer]], case: dict[str, str]
) -> None:
    pools, layers = world
    layer = layers[case["data_source"]]
    kinds = {field.name: FIELD_KINDS[field.type] for field in layer.fields} | SYSTEM_KINDS
    predicate = re.sub(r"\bgeom\b", "geometry", case["predicate"])
    query = ItemQuery(layer.id, limit=1000, filter=resolve(parse_text(predicate), kinds, CRS84))
    row = await pools.row(page_sql(layer, query, public_decision(layer)))
    assert row is not None
    expected = int(case["expected"])
    if case["predicate"] in WRONG:
        begins = sum(plain_letters(name).startswith(WRONG[case["predicate"]]) for name in names(layer))
        assert begins != expected, "the expected count is right now: take the predicate out of WRONG"
        expected = begins
    assert (row["returned"], row["matched"]) == (expected, expected)

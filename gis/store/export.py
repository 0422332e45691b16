"""A whole selection, batch by batch, out of one snapshot: the rows of items, walked along the same key to the end.

A batch is one statement that goes on where the last one ended, so that none runs long and a slow reader holds no cursor
open. Its bytes are bounded, not only its rows: a map of rivers and a map of lots take the same memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
from sqlalchemy import (
    BigInteger,
    Integer,
    LargeBinary,
    Select,
    Uuid,
    bindparam,
    case,
    func,
    literal_column,
    select,
)

from gis.crs.registry import crs as crs_of
from gis.errors import StoreError
from gis.model.access import Decision
from gis.model.layer import FieldType, Layer
from gis.model.query import CRS84, ItemQuery
from gis.store import columns, levels, snapshot, sorting
from gis.store.feature import feature_text, geometry_in, utf8
from gis.store.items import LIMIT, Walk, cursor_place, rows_of
from gis.store.pools import Snapshot
from gis.store.question import QueryShape, asked
from gis.store.sql import Sql, Statement, compiled, quoted
from gis.store.statements import axis, told
from gis.store.tables import REDUCED_WITH_PLACE, SHOWN

EVERYTHING = 2**31 - 1
"""The limit of a query that asks for the whole selection."""

_ROWS = 5_000
_FIRST_ROWS = 500  # the first bytes shall come soon
_BYTES = 8 * 2**20
"""A batch ends with the row that passes this many bytes."""
_REST = 400  # of a row beside its place and its texts

_BUDGET = bindparam("budget", type_=BigInteger)


class Shape(StrEnum):
    """How the geometry of a row is written: WKB and WKT with x before y, a point on its surface as two numbers in WKT,
    GML with the axes of the CRS."""

    WKB = "wkb"
    WKT = "wkt"
    POINT = "point"
    GML = "gml"


class Line(StrEnum):
    """A row as text: a feature of a GeoJSON text sequence, or of JSON-FG with a comma before it."""

    SEQUENCE = "sequence"
    JSONFG = "jsonfg"


@dataclass(frozen=True, slots=True)
class Selection:
    """What is exported: the question pinned to a state, of which `limit` features are taken, after `query.cursor`."""

    layer: Layer
    query: ItemQuery
    decision: Decision


def pinned(selection: Selection, instant: Any) -> Selection:
    """The selection at the instant of its state, so that every batch asks of the same one."""
    query = selection.query
    return selection if query.at is not None or query.cursor else replace(selection, query=replace(query, at=instant))


def arrow_schema(selection: Selection, shape: Shape) -> pa.Schema:
    """What `batches` will yield."""
    query = selection.query
    return columns.schema(
        selection.layer, selection.decision, crs=query.crs, text=shape is not Shape.WKB, shown=query.shown
    )


async def batches(source: Snapshot, selection: Selection, shape: Shape) -> AsyncIterator[pa.RecordBatch]:
    """The selection as Arrow batches of `arrow_schema`."""
    wanted = arrow_schema(selection, shape)
    found = columns.columns(selection.layer, selection.decision, selection.query.shown)
    async for row in _walked(source, selection, shape):
        yield await asyncio.to_thread(columns.record_batch, found, wanted, row, row["returned"])


async def lines(source: Snapshot, selection: Selection, line: Line) -> AsyncIterator[bytes]:
    """The selection as text, some rows at a time."""
    async for row in _walked(source, selection, line):
        yield row["text"]


async def last_of_page(source: Snapshot, selection: Selection) -> tuple[int, UUID] | None:
    """Key and id of the last feature of the selection's `limit`, None where no feature follows it."""
    shape, values = asked(selection.layer, selection.query, selection.decision)
    statement = sorting.page_end if shape.sort else _page_end
    row = await _row(source, statement(selection.layer, shape).bind(values))
    return None if row["last_id"] is None else (row["last_key"], row["last_id"])


type _Written = Shape | Line
type _Place = tuple[int, UUID] | None


def _walked(source: Snapshot, selection: Selection, written: _Written) -> AsyncIterator[Any]:
    """Batches with rows in them, until the selection ends; the next one is asked for while one is used."""
    return (_in_order if selection.query.sort else _by_key)(source, selection, written)


async def _in_order(source: Snapshot, selection: Selection, written: _Written) -> AsyncIterator[Any]:
    """The versions are put in order once, as eight bytes each; the rows are read from there."""
    layer, query = selection.layer, selection.query
    versions = np.frombuffer(await _ordered(source, selection), ">i8")
    shape, _ = asked(layer, query, selection.decision)
    statement, at = _statement(layer, replace(shape, paged=False), written), 0
    while at < len(versions):
        some = versions[at : at + (_ROWS if at else _FIRST_ROWS)].tolist()
        values = snapshot.time_values(query) | levels.values(selection.decision)
        row = await _row(source, statement.bind(values | {"versions": some, "limit": len(some), "budget": _BYTES}))
        if not row["returned"]:
            raise StoreError("A version that was found was gone in the same snapshot.")
        at += row["returned"]
        yield row


async def _ordered(source: Snapshot, selection: Selection) -> bytes:
    row = await _row(source, sorting.ordered_sql(selection.layer, selection.query, selection.decision))
    return row["versions"] or b""


async def _row(source: Snapshot, sql: Sql) -> Any:
    row = await source.row(sql)
    if row is None:
        raise StoreError("A query that always has one row had none.")
    return row


async def _by_key(source: Snapshot, selection: Selection, written: _Written) -> AsyncIterator[Any]:
    """The key is walked, a batch from where the last one ended."""
    cursor = selection.query.cursor
    after: _Place = (cursor.key, cursor.id) if cursor else None
    left, rows = selection.query.limit, _FIRST_ROWS
    ahead = asyncio.ensure_future(_batch(source, selection, written, after, min(rows, left)))
    try:
        while True:
            row = await ahead
            left -= row["returned"]
            last = row["last_id"] is None or left <= 0
            if not last:
                rows, after = _ROWS, (row["last_key"], row["last_id"])
                ahead = asyncio.ensure_future(_batch(source, selection, written, after, min(rows, left)))
            if row["returned"]:
                yield row
            if last:
                return
    finally:
        ahead.cancel()
        ahead.add_done_callback(_unheard)
        await asyncio.wait([ahead])


def _unheard(task: asyncio.Task[Any]) -> None:
    """What went wrong with a batch that nobody waits for any more is nobody's concern."""
    if not task.cancelled():
        task.exception()


async def _batch(source: Snapshot, selection: Selection, written: _Written, after: _Place, rows: int) -> Any:
    shape, values = asked(selection.layer, selection.query, selection.decision)
    shape = replace(shape, paged=after is not None)
    values |= {"limit": rows, "budget": _BYTES}
    if after is not None:
        values |= {"after_key": after[0], "after_id": after[1]}
    return await _row(source, _statement(selection.layer, shape, written).bind(values))


@lru_cache(maxsize=512)
def _statement(layer: Layer, shape: QueryShape, written: _Written) -> Statement:
    """One batch: `returned`, `last_key` and `last_id` (null where nothing can follow), and its packed columns or text."""
    state = snapshot.state(layer, known=shape.known, public=shape.public)
    rows = told(layer, shape.decision, _within_budget(layer, shape, state), axis(shape.known))
    if isinstance(written, Shape):
        sent = _packed(layer, shape, written, rows)
    else:
        text = _line(layer, shape, written)
        sent = select(utf8(func.string_agg(text, literal_column("''"))).label("text"), *_ends()).select_from(rows)
    # The rows of a sorted selection are named: only their times may have to ask for the state.
    return compiled(sent.add_cte(state) if shape.sort else sent)


def _within_budget(layer: Layer, shape: QueryShape, state: Any) -> Select[Any]:
    """The rows of a walk until their bytes pass the budget; `walked` tells how many there would have been."""
    order: tuple[str, ...] = ("place",) if shape.sort else ("sort_key", "id")
    if shape.sort:
        walked = sorting.rows_of(layer, shape).subquery("walked")
    else:
        first = cursor_place() if shape.paged else None
        walked = rows_of(layer, shape, state, Walk(LIMIT, first)).subquery("walked")
    before = literal_column(
        f"coalesce(sum({_row_bytes(layer, shape)}) OVER "
        f"(ORDER BY {', '.join(f'walked.{name}' for name in order)} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)",
        BigInteger,
    )
    counted = select(*walked.c, before.label("before"), func.count().over().label("walked")).subquery("counted")
    return select(*counted.c).where(counted.c.before <= _BUDGET).order_by(*(counted.c[name] for name in order))


def _row_bytes(layer: Layer, shape: QueryShape) -> str:
    """SQL of about how much a row is: texts as they are sent, which their length tells without unpacking them."""
    texts = [f for f in map(layer.field, shape.decision.columns) if f.type is FieldType.TEXT]
    sizes = "".join(f" + coalesce(octet_length(walked.{quoted(field.name)}), 0)" for field in texts)
    return f"coalesce(pg_column_size(walked.geom), 0) + {_REST}{sizes}"


def _ends() -> list[Any]:
    count = literal_column("count(*)", Integer).cast(Integer)
    # Fewer rows than were asked for, and none left out by their bytes: nothing follows.
    over = literal_column("coalesce(max(picked.walked) = count(*), true)").op("AND")(literal_column("count(*)") < LIMIT)
    last_id = literal_column("(array_agg(picked.id))[count(*)::int]", Uuid())
    last_key = literal_column("max(picked.sort_key)", BigInteger)
    return [
        count.label("returned"),
        case((over, None), else_=last_key).label("last_key"),
        case((over, None), else_=last_id).label("last_id"),
    ]


def _packed(layer: Layer, shape: QueryShape, written: Shape, rows: Any) -> Select[Any]:
    found = columns.columns(layer, shape.decision, shape.shown)
    values: list[Any] = [literal_column(column.sql).label(f"c{i}") for i, column in enumerate(found)]
    place = literal_column(_geometry(layer, shape, written), LargeBinary).label("place")
    kept = [rows.c.id, rows.c.sort_key, rows.c.walked]
    # OFFSET 0: what is computed here is computed once, however often it is used.
    one = select(*kept, *values, place).select_from(rows).offset(literal_column("0")).subquery("one")
    sent: list[Any] = [literal_column(sql).label(name) for sql, name in columns.packed(found)]
    return select(*sent, *_ends()).select_from(one.alias("picked"))


def _geometry(layer: Layer, shape: QueryShape, written: Shape) -> str:
    if not shape.shown.geometry:
        return "NULL::bytea"
    digits = 8 if crs_of(shape.crs).geographic else 3
    if written is Shape.GML:
        sql = _gml(layer, shape.crs, digits)
    else:
        place = _x_before_y(layer, shape.crs)
        sql = {
            Shape.WKB: f"ST_AsBinary({place}, 'NDR')",
            Shape.WKT: f"convert_to(ST_AsText({place}, {digits}), 'UTF8')",
            Shape.POINT: f"convert_to(ST_AsText(ST_PointOnSurface({place}), {digits}), 'UTF8')",
        }[written]
    return where_shown(layer, shape.decision, sql, "NULL")


def _x_before_y(layer: Layer, crs: int) -> str:
    place = geometry_in(layer, crs, "picked")
    return f"ST_FlipCoordinates({place})" if crs_of(crs).axis == "yx" else place


def _gml(layer: Layer, crs: int, digits: int) -> str:
    """GML 3.2: an id for each geometry, which PostGIS gives to whole ones only, and the CRS by its address. Nothing for
    an empty geometry, which GML has no way to write."""
    whole = f"ST_SetSRID({geometry_in(layer, crs, 'picked')}, 0)"  # so that PostGIS names no CRS
    said = f"""' srsName="{crs_of(crs).uri}" gml:id="g.' || picked.id || '"'"""
    alone = f"""replace(ST_AsGML(3, g, {digits}, 6, 'gml', 'x'), ' gml:id="x"', {said})"""
    number = "'g.' || picked.id || '.' || array_to_string(part.path, '.')"
    member = f"ST_AsGML(3, part.geom, {digits}, 6, 'gml', {number})"
    kinds = ""
    for kind, name, holder in _GML_COLLECTIONS:
        members = f"string_agg('<gml:{holder}>' || {member} || '</gml:{holder}>', '' ORDER BY part.path)"
        kinds += f" WHEN '{kind}' THEN '<gml:{name}' || {said} || '>' || (SELECT {members} FROM ST_Dump(g) part) || '</gml:{name}>'"
    written = f"CASE GeometryType(g){kinds} ELSE {alone} END"
    return f"(SELECT convert_to({written}, 'UTF8') FROM (SELECT {whole} AS g OFFSET 0) place WHERE NOT ST_IsEmpty(g))"


_GML_COLLECTIONS = (
    ("MULTIPOLYGON", "MultiSurface", "surfaceMember"),
    ("MULTILINESTRING", "MultiCurve", "curveMember"),
    ("MULTIPOINT", "MultiPoint", "pointMember"),
    ("GEOMETRYCOLLECTION", "MultiGeometry", "geometryMember"),
)


def where_shown(layer: Layer, decision: Decision, sql: str, otherwise: str) -> str:
    """Rows that do not show their place have `otherwise`."""
    if decision.everywhere or not layer.rows.rules:
        return sql
    return f"CASE WHEN picked.level >= {REDUCED_WITH_PLACE} THEN {sql} ELSE {otherwise} END"


def _line(layer: Layer, shape: QueryShape, line: Line) -> Any:
    if line is Line.SEQUENCE:
        feature = feature_text(layer, shape, "picked")
        return literal_column("chr(30)").op("||")(feature).op("||")(literal_column("chr(10)"))
    feature = feature_text(layer, shape, "picked", crs=CRS84)
    more: Any = literal_column(
        f"',\"time\":' || {_time(layer, shape.decision)} || {_jsonfg_place(layer, shape)} || '}}'"
    )
    return literal_column("E',\\n'").op("||")(func.left(feature, -1)).op("||")(more)


def _time(layer: Layer, decision: Decision) -> str:
    """When the feature holds, as the interval of JSON-FG; rows that do not tell their times have none."""

    def bound(side: str) -> str:
        instant = f"to_json({side}(picked.valid) AT TIME ZONE 'UTC') #>> '{{}}'"
        return f"coalesce('\"' || ({instant}) || 'Z\"', '\"..\"')"

    sql = f"""'{{"interval":[' || {bound("lower")} || ',' || {bound("upper")} || ']}}'"""
    if levels.uniform(layer, decision):
        return sql
    return f"CASE WHEN picked.level >= {SHOWN} THEN {sql} ELSE 'null' END"


def _jsonfg_place(layer: Layer, shape: QueryShape) -> str:
    """`place` in the CRS asked for; none where that is lon/lat of WGS 84, for which `geometry` is there."""
    if shape.crs == CRS84 or not shape.shown.geometry:
        return "',\"place\":null'"
    digits = 8 if crs_of(shape.crs).geographic else 3
    text = f"coalesce(ST_AsGeoJSON({geometry_in(layer, shape.crs, 'picked')}, {digits}, 0), 'null')"
    return "',\"place\":' || " + where_shown(layer, shape.decision, text, "'null'")


@lru_cache(maxsize=512)
def _page_end(layer: Layer, shape: QueryShape) -> Statement:
    """Key and id of the last row of the limit, null where none follows it."""
    state = snapshot.state(layer, known=shape.known, public=shape.public)
    first = cursor_place() if shape.paged else None
    one_more = LIMIT + literal_column("1")
    walk = rows_of(layer, shape, state, Walk(one_more, first, bare=True)).subquery("walked")
    return compiled(
        select(
            case((literal_column("count(*)") > LIMIT, literal_column("(array_agg(sort_key))[count(*)::int - 1]", BigInteger))).label("last_key"),
            case((literal_column("count(*)") > LIMIT, literal_column("(array_agg(id))[count(*)::int - 1]", Uuid()))).label("last_id"),
        ).select_from(walk)
    )  # fmt: skip

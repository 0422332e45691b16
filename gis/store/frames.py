"""A few rows of several layers in memory: one statement, one state of the database, a column of values for each field.

For questions about a place or a feature, whose rows are counted in hundreds; exports walk whole layers batch by batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any

import numpy as np
import orjson
import shapely
from sqlalchemy import (
    CTE,
    ColumnElement,
    Double,
    Integer,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    select,
    true,
    union_all,
)

from gis.errors import StoreError, TooMuch
from gis.model.layer import FieldType, Layer
from gis.model.query import BBox
from gis.ops.precedence import sound
from gis.ops.table import Table, objects, table
from gis.store import columns, snapshot
from gis.store.area import Bounds, lon_lat_boxes
from gis.store.export import Selection, where_shown
from gis.store.items import LIMIT
from gis.store.pools import Snapshot
from gis.store.question import QueryShape, asked, conditions, row_columns
from gis.store.sql import Statement, beside, compiled
from gis.store.statements import axis, told
from gis.store.tables import SHOWN, history_table

MOST_FEATURES, MOST_VERTICES = 2_000, 1_000_000
"""Of one layer."""

_WHOLE = 500  # vertices of a geometry that is sent whole, though only a part of it was asked for

_MARGIN = 1.0  # metres around the box of the question by which larger geometries are cut

_VERTICES = bindparam("vertices", type_=Integer)
_NOTHING: ColumnElement[int] = literal_column("0")


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The rows of one selection, by id. `features`: storage CRS, easting first; `id`, the decision's columns, `valid_from`,
    `valid_to`, `valid_from_known` and `changeset`, as Python has them, None where missing or not shown.

    `changeset`, `committed_at` (None: nothing was known then) and `instant` (effective) are the state of the layer as the caller sees it.
    `cut`: a version is not its feature's first, so that other times may have to be told of it.
    """

    features: Table
    changeset: int
    committed_at: datetime | None
    instant: datetime
    cut: bool


async def frames(
    source: Snapshot, selections: Sequence[Selection], *, most: int = MOST_FEATURES, vertices: int = MOST_VERTICES
) -> list[Found]:
    """What each selection finds, read by one statement; by a second one, which takes longer to begin, where versions have to
    be joined to what is told. Where a selection has a box in the storage CRS, large geometries
    are cut a metre outside of it.

    TooMuch where one finds more than `most` features, or more vertices than `vertices`.
    """
    found = await _asked(source, selections, (most, vertices), joined=False)
    again = [place for place, one in enumerate(found) if one.cut]
    if again:
        joined = await _asked(source, [selections[place] for place in again], (most, vertices), joined=True)
        for place, one in zip(again, joined, strict=True):
            found[place] = one
    return found


async def _asked(
    source: Snapshot, selections: Sequence[Selection], bounds: tuple[int, int], *, joined: bool
) -> list[Found]:
    """What the selections find; where `joined`, with the times that the caller is told (see gis.store.statements)."""
    most, vertices = bounds
    questions = [_question(selection, most) for selection in selections]
    parts = tuple((s.layer, shape) for s, (shape, _) in zip(selections, questions, strict=True))
    values = {
        f"{place}.{name}": value
        for place, (_, bound) in enumerate(questions)
        for name, value in (bound | {"vertices": vertices}).items()
    }
    row = await source.row(_together(parts, joined).bind(values))
    if row is None:
        raise StoreError("A query that always has one row had none.")
    cells = iter(tuple(row))
    return [_found(selection, shape, cells, most) for selection, (shape, _) in zip(selections, questions, strict=True)]


@lru_cache(maxsize=64)
def in_degrees(box: BBox) -> Bounds:
    """A box of CRS84 that holds the box, which does not cross the antimeridian. InvalidCrs where it cannot be."""
    return lon_lat_boxes(box.bounds, box.crs)[0]


def _question(selection: Selection, most: int) -> tuple[QueryShape, dict[str, object]]:
    """The shape and the values of a selection. Its box is looked up in the index of places, which are in degrees."""
    query, box = selection.query, selection.query.bbox
    shape, values = asked(selection.layer, replace(query, bbox=None, limit=most + 1), selection.decision)
    if box is None:
        return shape, values
    bounds = (*box.bounds, *in_degrees(box))
    return replace(shape, area=box.crs), values | dict(zip(_BOX + _DEGREES, bounds, strict=True))


def _rows(layer: Layer, shape: QueryShape, state: CTE) -> Select[Any]:
    """So many of the rows as may be and one more, in no order; of a box those whose bounds meet it."""
    arms: list[Select[Any]] = []
    for then in snapshot.arms(shape.known, state):
        versions = history_table(layer).alias("h")
        wanted = conditions(layer, shape, versions, then)
        if shape.area is not None:
            wanted.append(versions.c.geom_84.op("&&")(_envelope(_DEGREES, 4326)))
            wanted.append(versions.c.geom.op("&&")(_envelope(_BOX, shape.area)))
        arms.append(select(*row_columns(shape, versions)).where(*wanted).limit(LIMIT))
    if len(arms) == 1:
        return arms[0]
    both = union_all(*(arm.subquery().select() for arm in arms)).subquery("both")
    return select(*both.c).limit(LIMIT)


_BOX, _DEGREES = ("west", "south", "east", "north"), ("least_lon", "least_lat", "most_lon", "most_lat")


def _envelope(names: Sequence[str], srid: int) -> Any:
    return func.ST_MakeEnvelope(*(bindparam(name, type_=Double()) for name in names), literal_column(str(srid)))


@lru_cache(maxsize=128)
def _together(parts: tuple[tuple[Layer, QueryShape], ...], joined: bool) -> Statement:
    return beside([_statement(layer, shape, joined) for layer, shape in parts])


@lru_cache(maxsize=512)
def _statement(layer: Layer, shape: QueryShape, joined: bool) -> Statement:
    """One row: the state of the layer, how many rows there are, whether one of them may have other times to be told, and as
    arrays in the order of ids the columns, the geometries (WKB) and which of them were cut; these are null where there are
    too many."""
    state = snapshot.state(layer, known=shape.known, public=shape.public)
    rows: Subquery = _rows(layer, shape, state).subquery("picked")
    if joined:
        rows = told(layer, shape.decision, _rows(layer, shape, state), axis(shape.known))
    found = columns.columns(layer, shape.decision)
    values: list[Any] = [literal_column(_scalar(column)).label(f"c{i}") for i, column in enumerate(found)]
    # OFFSET 0: what is computed is computed once, however often it is used.
    cut = and_(literal_column("false" if joined else "true"), rows.c.version != rows.c.fid, rows.c.level >= SHOWN)
    one = (
        select(*values, cut.label("older"), *_place(layer, shape))
        .select_from(rows)
        .order_by(rows.c.id)
        .offset(_NOTHING)
        .subquery("one")
    )
    sized = select(*one.c, func.ST_NPoints(one.c.place).label("size")).offset(_NOTHING).subquery("sized")
    rows_found: ColumnElement[int] = func.count()
    size: ColumnElement[int] = func.coalesce(func.sum(sized.c.size), literal_column("0"))
    fits = and_(rows_found < LIMIT, size <= _VERTICES)
    arrays = [*(sized.c[f"c{i}"] for i in range(len(found))), func.ST_AsBinary(sized.c.place), sized.c.cut]
    kept = [case((fits, func.array_agg(array))).label(f"a{i}") for i, array in enumerate(arrays)]
    sent = select(rows_found.label("rows"), func.bool_or(sized.c.older).label("older"), *kept).subquery("sent")
    return compiled(select(*state.c, *sent.c).select_from(state.join(sent, true())))


def _scalar(column: columns.Column) -> str:
    """Lists are sent as JSON: arrays of arrays of several lengths are none."""
    return f"array_to_json({column.sql})::text" if column.type is FieldType.TEXT_LIST else column.sql


def _place(layer: Layer, shape: QueryShape) -> list[Any]:
    """The geometry that the row shows, and whether it was cut to the box."""
    geometry: ColumnElement[Any] = literal_column("picked.geom")
    shown: ColumnElement[bool] = literal_column(where_shown(layer, shape.decision, "true", "false"))
    if shape.area is None:
        return [case((shown, geometry)).label("place"), literal_column("false").label("cut")]
    large = func.ST_NPoints(geometry) > literal_column(str(_WHOLE))
    box = func.Box2D(func.ST_Expand(_envelope(_BOX, shape.area), literal_column(str(_MARGIN))))
    clipped = case((large, func.ST_ClipByBox2D(geometry, box)), else_=geometry)
    return [case((shown, clipped)).label("place"), large.label("cut")]


def _found(selection: Selection, shape: QueryShape, cells: Iterator[Any], most: int) -> Found:
    """The next cells of the row, which are those of `_statement`."""
    found = columns.columns(selection.layer, shape.decision)
    changeset, committed, instant, _, rows, older = islice(cells, 6)
    arrays = [values or [] for values in islice(cells, len(found) + 2)]
    if rows != len(arrays[0]):
        raise _too_much(selection.layer, most, rows > most)
    data = {
        column.name: _lists(values) if column.type is FieldType.TEXT_LIST else values
        for column, values in zip(found, arrays, strict=False)
    }
    places = sound(objects(shapely.from_wkb(arrays[-2])), np.array(arrays[-1], dtype=bool))
    return Found(table(data, places, selection.layer.storage_crs), changeset, committed, instant, bool(older))


def _lists(values: list[str | None]) -> list[Any]:
    return [None if value is None else orjson.loads(value) for value in values]


def _too_much(layer: Layer, most: int, features: bool) -> TooMuch:
    en = f"more than {most} features" if features else "features with too many vertices"
    vi = f"hơn {most} đối tượng" if features else "các đối tượng có quá nhiều đỉnh"
    return TooMuch(
        f"There are {en} of '{layer.id}' within the area asked about; ask about a smaller one.",
        f"Có {vi} của lớp '{layer.id}' trong vùng được hỏi; hãy thu nhỏ vùng.",
        where=layer.id,
    )

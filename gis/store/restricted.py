"""Restricted fields of one feature → SQL: by version, inside the caller's area only."""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID

from sqlalchemy import Select, Text, Uuid, bindparam, func, literal_column, select, true, union_all

from gis.model.access import Decision
from gis.model.layer import Layer
from gis.model.query import ItemQuery
from gis.store import levels, snapshot
from gis.store.question import QueryShape, asked
from gis.store.sql import Sql, Statement, compiled, quoted
from gis.store.tables import RESTRICTED, history_table, restricted_tables


def restricted_sql(layer: Layer, id: UUID, query: ItemQuery, decision: Decision) -> Sql:
    """The state of the layer, and `fields` (JSON, null if there is no such feature for the caller then), `valid_from`,
    `valid_to`, `valid_from_known`, `recorded` of the version that held, of an interval the latest."""
    shape, values = asked(layer, query, decision)
    return _statement(layer, shape).bind(values | {"id": id})


@lru_cache(maxsize=64)
def _statement(layer: Layer, shape: QueryShape) -> Statement:
    state = snapshot.state(layer, known=shape.known, public=False)
    arms: list[Select[tuple[object, ...]]] = []
    for then in snapshot.arms(shape.known, state):
        versions = history_table(layer).alias("h")
        names = ("version", "valid", "valid_from_known", "from_changeset")
        arms.append(
            select(*(versions.c[name] for name in names)).where(
                versions.c.id == bindparam("id", type_=Uuid()),
                then(versions),
                snapshot.holds(versions, interval=shape.interval),
                *levels.reaches(shape.decision, versions, levels.AGENCY),
            )
        )
    either = (arms[0] if len(arms) == 1 else union_all(*arms)).subquery("either")
    held = select(either).order_by(func.lower(either.c.valid).desc()).limit(1).subquery("held")
    return compiled(
        select(
            *state.c,
            func.lower(held.c.valid).label("valid_from"),
            func.upper(held.c.valid).label("valid_to"),
            held.c.valid_from_known,
            held.c.from_changeset.label("recorded"),
            literal_column(_fields(layer, shape.decision), Text).label("fields"),
        ).select_from(state.outerjoin(held, true()))
    )


def _fields(layer: Layer, decision: Decision) -> str:
    """SQL of the fields of the decision as JSON; null where `held` has no row."""
    tables = {name: t for name, t in restricted_tables(layer).items() if any(c in t.c for c in decision.columns)}
    joins = " ".join(
        f"LEFT JOIN {RESTRICTED}.{quoted(t.name)} AS {quoted(name)} ON {quoted(name)}.version = one.version"
        for name, t in tables.items()
    )
    columns = ", ".join(f"{quoted(layer.field(name).group)}.{quoted(name)}" for name in decision.columns)
    return (
        f"CASE WHEN held.version IS NOT NULL THEN (SELECT row_to_json(p)::text FROM "
        f"(SELECT {columns} FROM (SELECT held.version) AS one {joins}) AS p) END"
    )

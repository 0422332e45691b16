"""All versions of one feature → SQL, as the caller sees them: see `gis.store.statements`."""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID

from sqlalchemy import Integer, Uuid, column, func, literal_column, select, text, true

from gis.model.access import Decision
from gis.model.layer import Layer
from gis.model.query import ItemQuery
from gis.store import levels, snapshot, statements
from gis.store.feature import feature_text, utf8
from gis.store.question import QueryShape, asked
from gis.store.sql import Sql, Statement, compiled, quoted
from gis.store.tables import SHOWN


def versions_sql(layer: Layer, id: UUID, query: ItemQuery, decision: Decision) -> Sql:
    """All versions of a feature: the state of the layer, `returned` and `features` as for a page.

    What begins last comes first, of what begins at the same time what was recorded last; those that do not tell their
    times come at the end.
    """
    shape, values = asked(layer, query, decision)
    return _versions(layer, shape).bind(values | {"id": id})


def times_sql(layer: Layer, id: UUID, decision: Decision) -> Sql:
    """When each version of a feature holds and was known, in the order of `versions_sql` and without what it shows.

    One row: `returned`, how many there are; of those that tell their times, one array each, `begins`, `ends`, `sure` (the
    begin is known), `since`, `until`: null arrays where there are none.
    """
    shape, values = asked(layer, ItemQuery(layer.id), decision)
    return _times(layer, shape).bind(values | {"id": id})


_ORDER = f"run.level < {SHOWN}, run.lo DESC NULLS LAST, run.since DESC, run.version DESC"


@lru_cache(maxsize=128)
def _times(layer: Layer, shape: QueryShape) -> Statement:
    least = levels.least(layer, shape.decision, timed=True)
    arrays = ", ".join(
        f"array_agg({said} ORDER BY {_ORDER}) FILTER (WHERE level >= {SHOWN}) AS {name}"
        for name, said in (("begins", "lo"), ("ends", "hi"), ("sure", "sure"), ("since", "since"), ("until", "until"))
    )
    found = f"""{statements.history(layer, shape.decision, "cast(:id AS uuid)", statements.NOW, least)}
        SELECT count(*)::integer AS returned, {arrays} FROM run"""
    names = ("returned", "begins", "ends", "sure", "since", "until")
    times = text(found).columns(*(column(name) for name in names)).subquery("times")
    return compiled(select(*times.c))


@lru_cache(maxsize=512)
def _versions(layer: Layer, shape: QueryShape) -> Statement:
    state = snapshot.state(layer, known=shape.known, public=shape.public)
    least = levels.least(layer, shape.decision, timed=True)
    columns = "".join(f", o.{quoted(name)}" for name in shape.decision.columns)
    found = f"""{statements.history(layer, shape.decision, "cast(:id AS uuid)", statements.NOW, least)}
        SELECT o.id, o.geom, o.geom_84, run.level, tstzrange(run.lo, run.hi) AS valid, run.sure AS valid_from_known,
               run.since AS from_changeset, run.until AS to_changeset{columns}
        FROM run JOIN {statements.table(layer)} o USING (version)
        ORDER BY {_ORDER}"""
    picked = text(found).columns(id=Uuid()).subquery("picked")
    feature = feature_text(layer, shape, "picked", alone=True, closed=True)
    features = utf8(func.string_agg(feature, literal_column("','"))).label("features")
    page = select(func.count().cast(Integer).label("returned"), features).select_from(picked).subquery("page")
    return compiled(select(*state.c, *page.c).select_from(state.join(page, true())))

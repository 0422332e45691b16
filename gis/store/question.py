"""A question on its way to SQL: what changes the text of the statement, what is bound, and which rows answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, FromClause, null, select, text

from gis.model.access import Decision
from gis.model.layer import Layer
from gis.model.query import EVERYTHING_SHOWN, Interval, ItemQuery, Match, Shown, SortKey
from gis.store import filters, levels, snapshot, statements, terms
from gis.store.area import Bounds, area_values, key_values, lon_lat_boxes, smallest

LEAST_COUNTED, MOST_COUNTED = 1_000, 10_000
"""The walk of a first filtered page goes on to ten times its limit, within these bounds, and so counts what matches.

A count of its own would cost ten times a small page; clients that want to know more ask for a larger page."""


@dataclass(frozen=True, slots=True)
class QueryShape:
    """All of a query that changes the text of its SQL; the rest is bound."""

    crs: int
    area: int | None
    interval: bool
    known: str
    timed: bool
    form: filters.Form | None
    paged: bool
    decision: Decision
    terms: tuple[terms.Form, ...] = ()
    typed: tuple[int, Match] | None = None
    sort: tuple[SortKey, ...] = ()
    shown: Shown = EVERYTHING_SHOWN

    @property
    def public(self) -> bool:
        return self.decision.pool == "public"

    @property
    def ranged(self) -> bool:
        """The rows lie in known ranges of the sort key."""
        return self.area is not None or (self.form is not None and self.form.ranged)

    @property
    def filtered(self) -> bool:
        """Kept counts do not say how many match."""
        asked_for = self.form is not None or bool(self.terms) or self.area is not None
        return asked_for or self.interval or self.decision.area is not None


def asked(layer: Layer, query: ItemQuery, decision: Decision) -> tuple[QueryShape, dict[str, object]]:
    """The shape of a query, and the values to bind."""
    prepared = None if query.filter is None else filters.prepare(layer, query.filter)
    shape = QueryShape(
        crs=query.crs,
        area=query.bbox.crs if query.bbox else None,
        interval=isinstance(snapshot.asked_at(query), Interval),
        known=snapshot.known_mode(query),
        timed=query.at is not None or query.known is not None,
        form=prepared.form if prepared else None,
        paged=query.cursor is not None,
        decision=levels.kind(decision),
        terms=terms.forms(query.terms),
        typed=(len(query.typed.texts), query.typed.match) if query.typed else None,
        sort=query.sort,
        shown=query.shown,
    )
    values = snapshot.time_values(query) | levels.values(decision)
    values |= {"limit": query.limit, "beyond": _beyond(query, shape)}
    areas: list[tuple[Bounds, ...]] = []
    if query.bbox:
        values |= area_values(query.bbox)
        areas.append(lon_lat_boxes(query.bbox.bounds, query.bbox.crs))
    if query.terms:
        values |= terms.values(query.terms)
    if query.typed:
        values |= terms.typed_values(query.typed)
    if prepared:
        values |= prepared.values
        areas += [prepared.boxes] if prepared.boxes is not None else []
    if areas:
        values |= key_values(smallest(areas), hidden=not shape.public)
    if query.cursor:
        values |= {"after_key": query.cursor.key, "after_id": query.cursor.id}
    return shape, values


def _beyond(query: ItemQuery, shape: QueryShape) -> int:
    """Rows to look for behind a full page: one, and on a first filtered page those that are counted and one more."""
    if query.cursor or not shape.filtered:
        return 1
    return max(0, min(MOST_COUNTED, max(LEAST_COUNTED, 10 * query.limit)) - query.limit) + 1


def row_columns(shape: QueryShape, versions: FromClause) -> list[Any]:
    """What `feature_text` and `statements.told` need of a row."""
    names = ("id", "version", "fid", "valid", "valid_from_known", "from_changeset", "sort_key", "geom", "geom_84")
    shown = levels.level(shape.decision, versions).label("level")
    return [shown, *(versions.c[n] for n in (*names, *shape.decision.columns))]


def conditions(layer: Layer, shape: QueryShape, versions: FromClause, then: Any) -> list[ColumnElement[bool]]:
    """Both time axes, the rows that the caller may ask about, and the filter and the terms."""
    known_axis = statements.axis(shape.known)
    found = [
        then(versions),
        snapshot.holds(versions, interval=shape.interval),
        *about(layer, shape, versions, known_axis),
    ]
    if shape.interval:
        known = None if shape.known == "now" else select(text("changeset")).select_from(text("state")).scalar_subquery()
        seen = partial(levels.reaches, shape.decision, least=levels.least(layer, shape.decision, timed=True))
        found.append(snapshot.latest_within(layer, versions, known, seen))
    return found


def about(layer: Layer, shape: QueryShape, versions: FromClause, known: str | None) -> list[ColumnElement[bool]]:
    """The rows that the caller may ask about, and the filter and the terms as known at `known`; neither time nor box."""
    place, form = shape.area is not None, shape.form
    least = levels.least(layer, shape.decision, place=place, timed=shape.timed)
    if form is not None:
        least = max(least, form.least(layer, shape.decision, place=place))
    if shape.terms:
        least = max(least, terms.least(layer, shape.decision))
    found = levels.reaches(shape.decision, versions, least)
    if shape.terms:
        found.append(terms.expression(layer, versions, shape.terms))
    if shape.typed:
        found.append(terms.typed(layer, versions, *shape.typed))
    if form is None:
        return found
    valid = partial(statements.told_valid, layer, shape.decision, versions, known)
    return found + filters.expression(layer, versions, form, valid)


def unfiltered_count(layer: Layer, shape: QueryShape) -> ColumnElement[Any]:
    """The kept count where nothing is filtered, else null."""
    if shape.filtered:
        return null()
    return snapshot.count(layer, levels.least(layer, shape.decision, timed=shape.timed))

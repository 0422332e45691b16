"""How much a row shows to a caller: here row rules, agencies' areas and the access classes of fields meet.

A level is `shown` (0 hidden, 1 reduced, 2 reduced with its place, 3 all that is public), or AGENCY for callers who see
the fields of agencies there. A row takes part in a question only if its level reaches what the question is about.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Integer, Text, bindparam, case, func, literal_column, or_, select

from gis.model.access import Area, Decision
from gis.model.layer import Access, Layer
from gis.store.tables import REDUCED, REDUCED_WITH_PLACE, SHOWN

AGENCY = 4

_AREA = bindparam("agency", type_=Text)


def kind(decision: Decision) -> Decision:
    """The decision without what is bound: statements are made once for all agencies that see alike."""
    return replace(decision, reason="", area=decision.area and Area("", ""))


def values(decision: Decision) -> dict[str, object]:
    """Values of the named parameters of `level`."""
    return {"agency": decision.area.agency if decision.area else None}


def level(decision: Decision, versions: FromClause) -> Any:
    """What a row shows; inside an agency's area is what has its point on surface there, and nothing that has no place."""
    if decision.everywhere:
        return _number(AGENCY)
    if decision.area is None:
        return versions.c.shown
    return case((_inside(versions), _number(AGENCY)), else_=versions.c.shown)


def _inside(versions: FromClause) -> ColumnElement[bool]:
    area = select(func.landmap.agency_area(_AREA)).scalar_subquery()
    return func.ST_Covers(area, func.ST_PointOnSurface(versions.c.geom))


def reaches(decision: Decision, versions: FromClause, least: int) -> list[ColumnElement[bool]]:
    """Conditions that leave rows out whose level is lower."""
    if decision.everywhere:
        return []
    if decision.area is None:
        return [versions.c.shown >= _number(least)]
    # What the public sees as well need not be looked for on the map.
    return [or_(versions.c.shown >= _number(least), _inside(versions)) if least < AGENCY else _inside(versions)]


def least(
    layer: Layer, decision: Decision, used: tuple[str, ...] = (), *, place: bool = False, timed: bool = False
) -> int:
    """The level that a row needs, when the caller asks by the fields `used`, if `place` by location, if `timed` by time.

    Rows of which the caller sees less must not answer questions about what it does not see. A row reduced to some
    fields does not tell its times; one that shows its place stands on the maps of other days too.
    """
    if decision.everywhere:
        return 0
    return max([REDUCED_WITH_PLACE if place or timed else REDUCED, *(needed(layer, name) for name in used)])


def needed(layer: Layer, name: str) -> int:
    """The level from which on a row shows the field."""
    if layer.field(name).access is not Access.PUBLIC:
        return AGENCY
    return REDUCED if name in reduced_fields(layer) else SHOWN


def reduced_fields(layer: Layer) -> tuple[str, ...]:
    """Fields that every reduced row of the layer shows."""
    rules = [set(r.fields) for r in layer.rows.rules if r.show == "reduced"]
    common = set.intersection(*rules) if rules else set()
    return tuple(f.name for f in layer.fields if f.name in common)


def tiers(layer: Layer, decision: Decision) -> list[tuple[int, list[str]]]:
    """Levels, highest first, with the fields of the decision that a row of at least that level shows."""
    levels = [AGENCY, SHOWN, REDUCED]
    if decision.everywhere:
        levels = [AGENCY]
    elif decision.area is None:
        levels = [SHOWN, REDUCED]
    if not layer.rows.rules and REDUCED in levels:
        levels.remove(REDUCED)  # every row shows all that is public
    return [(at, [n for n in decision.columns if needed(layer, n) <= at]) for at in levels]


def uniform(layer: Layer, decision: Decision) -> bool:
    """All rows of an answer show the same fields."""
    return len(tiers(layer, decision)) == 1


def _number(value: int) -> Any:
    return literal_column(str(value), Integer)

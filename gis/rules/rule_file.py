"""One `[[rules]]` table of a pack, read into its frozen value. `pack_check` sees that it fits together."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from gis.catalog.table import BadValueError, Table, bilingual, boolean, kind, number, numbers, one_of, text, texts
from gis.model.layer import Text
from gis.model.verdict import Status
from gis.rules.pack import Axis, Beyond, Condition, Extra, Grid, Kind, Place, Read, Rule

NO_TEXT = Text("", "")


class Compare(StrEnum):
    """Which side of the limit is kept."""

    AT_MOST = "at-most"
    AT_LEAST = "at-least"


class Breach(StrEnum):
    """What a case gets that does not keep the rule."""

    FAIL = "fail"
    WARNING = "warning"


KEYS: Mapping[Kind, frozenset[str]] = {
    Kind.LIMIT: frozenset({"measure", "unit", "compare", "limit", "limit_from", "unknown", "sliver"}),
    Kind.TABLE: frozenset(
        {"measure", "unit", "compare", "axes", "values", "extras", "extras_unless", "ceiling", "unknown"}
    ),
    Kind.OVERLAP: frozenset({"measure", "unit", "limit", "place", "sliver"}),
    Kind.DISTANCE: frozenset({"measure", "unit", "limit", "place"}),
    Kind.ATTRIBUTE: frozenset({"measure", "among"}),
    Kind.COMPLETENESS: frozenset({"needs", "aspects"}),
}
"""The keys of each kind, beside those that all rules have."""


def read_rule(part: Table) -> Rule:
    """The rule, with fallbacks in the place of what is wrong."""
    which = part.required("kind", one_of(Kind), Kind.LIMIT)
    for key in sorted(frozenset().union(*KEYS.values()) - KEYS[which]):
        if key in part.values:
            part.optional(key, lambda value: value, None)
            part.place.within(key).add(f"is no key of a rule of kind {which}; remove it or change the kind")
    compare = part.optional("compare", one_of(Compare), Compare.AT_MOST)
    rule = Rule(
        id=part.required("id", text, ""),
        title=part.required("title", bilingual, NO_TEXT),
        article=part.required("article", text, ""),
        aspect=part.required("aspect", text, ""),
        kind=which,
        measure=part.optional("measure", text, ""),
        unit=part.optional("unit", text, None),
        at_least=compare is Compare.AT_LEAST or which is Kind.DISTANCE,
        breach=Status(part.optional("breach", one_of(Breach), Breach.FAIL)),
        when=conditions(part, "when"),
        unless=conditions(part, "unless"),
        limit=part.optional("limit", number, None),
        limit_from=part.optional("limit_from", text, None),
        unknown=part.optional("unknown", bilingual, None),
        grid=_grid(part) if which is Kind.TABLE else None,
        among=part.optional("among", texts, ()),
        place=_place(part) if "place" in part.values else None,
        sliver=part.optional("sliver", _not_negative, 0.0),
        needs=part.optional("needs", texts, ()),
        aspects=part.optional("aspects", texts, ()),
    )
    part.close()
    return rule


def conditions(part: Table, key: str) -> tuple[Condition, ...]:
    """An array of conditions, `[{ fact = "use", among = ["HOUSE"] }, { fact = "height_m", above = 46 }]`."""
    return tuple(_condition(item) for item in part.tables(key))


def _condition(part: Table) -> Condition:
    condition = Condition(
        fact=part.required("fact", text, ""),
        among=part.optional("among", texts, ()),
        flag=part.optional("is", boolean, None),
        at_least=part.optional("at_least", number, None),
        above=part.optional("above", number, None),
        at_most=part.optional("at_most", number, None),
        below=part.optional("below", number, None),
    )
    part.close()
    return condition


def _grid(part: Table) -> Grid:
    grid = Grid(
        axes=tuple(_axis(item) for item in part.tables("axes")),
        values=part.required("values", _values, ()),
        extras=tuple(_extra(item) for item in part.tables("extras")),
        extras_unless=conditions(part, "extras_unless"),
        ceiling=part.optional("ceiling", numbers, ()),
    )
    part.optional("axes", lambda value: value, None)
    return grid


def _axis(part: Table) -> Axis:
    axis = Axis(
        fact=part.required("fact", text, ""),
        at=part.required("at", numbers, ()),
        read=part.optional("read", one_of(Read), Read.LINEAR),
        beyond=part.optional("beyond", one_of(Beyond), Beyond.HOLD),
    )
    part.close()
    return axis


def _extra(part: Table) -> Extra:
    extra = Extra(values=part.required("values", numbers, ()), when=conditions(part, "when"))
    part.close()
    return extra


def _place(part: Table) -> Place:
    inner = part.table("place")
    place = Place(
        theme=inner.required("theme", text, ""),
        field=inner.optional("field", text, None),
        values=inner.optional("values", texts, ()),
        at_least=inner.optional("at_least", number, None),
    )
    inner.close()
    return place


def _values(value: object) -> tuple[tuple[float, ...], ...]:
    """The values of a table: an array of numbers, or one array of numbers for each row."""
    if not isinstance(value, list) or not value:
        raise BadValueError(
            f"is {kind(value)}, must be an array of numbers or of rows; write [1, 2] or [[1, 2], [3, 4]]"
        )
    if isinstance(value[0], list):
        return tuple(numbers(row) for row in value)
    return tuple((v,) for v in numbers(value))


def _not_negative(value: object) -> float:
    if number(value) < 0:
        raise BadValueError(f"is {value}, must not be below 0")
    return number(value)

"""Relations of instants, days and intervals as SQL (CQL2, temporal functions; they are Allen's)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import Date, DateTime, and_, cast, func, literal_column, or_

from gis.model.filter import Kind

type Span = tuple[Any, Any]
"""First and last instant, or first and last day."""

MIRRORED = MappingProxyType({"=": "=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<="})

_INSTANT = DateTime(timezone=True)
_TICK: Any = literal_column("interval '1 microsecond'")


def beside_day(op: str, instant: Any, day: Any) -> Any:
    """An instant compared with a day, which is all its instants in the time zone of the session."""
    begin, end = cast(day, _INSTANT), _following(day)
    if op == "=":
        return and_(instant >= begin, instant < end)
    if op == "<>":
        return or_(instant < begin, instant >= end)
    return {"<": instant < begin, ">=": instant >= begin, "<=": instant < end, ">": instant >= end}[op]


def span(ends: tuple[tuple[Any, Kind | None], ...], *, days: bool) -> Span:
    """From pairs of expression and kind, None for an open end; as days where all that is compared are days."""
    (start, first), (end, last) = ends
    if days:
        return _or_open(start, "-infinity", Date()), _or_open(end, "infinity", Date())
    if first is Kind.DATE:
        start = cast(start, _INSTANT)
    if last is Kind.DATE:
        end = _following(end) - _TICK
    return _or_open(start, "-infinity", _INSTANT), _or_open(end, "infinity", _INSTANT)


def unbounded(end: Any, *, lower: bool) -> Any:
    """The bound of a range that has none is infinite."""
    return func.coalesce(end, _or_open(None, "-infinity" if lower else "infinity", _INSTANT))


def _or_open(end: Any, infinity: str, type_: Any) -> Any:
    return cast(literal_column(f"'{infinity}'"), type_) if end is None else end


def _following(day: Any) -> Any:
    """Where the next day begins."""
    return cast(day + literal_column("1"), _INSTANT)


RELATIONS: Mapping[str, Callable[[Span, Span], Any]] = MappingProxyType(
    {
        "t_after": lambda a, b: a[0] > b[1],
        "t_before": lambda a, b: a[1] < b[0],
        "t_contains": lambda a, b: and_(a[0] < b[0], a[1] > b[1]),
        "t_disjoint": lambda a, b: or_(a[1] < b[0], a[0] > b[1]),
        "t_during": lambda a, b: and_(a[0] > b[0], a[1] < b[1]),
        "t_equals": lambda a, b: and_(a[0] == b[0], a[1] == b[1]),
        "t_finishedBy": lambda a, b: and_(a[0] < b[0], a[1] == b[1]),
        "t_finishes": lambda a, b: and_(a[0] > b[0], a[1] == b[1]),
        "t_intersects": lambda a, b: and_(a[0] <= b[1], a[1] >= b[0]),
        "t_meets": lambda a, b: a[1] == b[0],
        "t_metBy": lambda a, b: a[0] == b[1],
        "t_overlappedBy": lambda a, b: and_(a[0] > b[0], a[0] < b[1], a[1] > b[1]),
        "t_overlaps": lambda a, b: and_(a[0] < b[0], a[1] > b[0], a[1] < b[1]),
        "t_startedBy": lambda a, b: and_(a[0] == b[0], a[1] > b[1]),
        "t_starts": lambda a, b: and_(a[0] == b[0], a[1] < b[1]),
    }
)

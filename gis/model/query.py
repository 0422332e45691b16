"""One validated question to one layer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from uuid import UUID

from gis.model.filter import Node

CRS84 = 84
"""Stands for OGC:CRS84 (lon, lat degrees) where an EPSG code is expected; no EPSG code is 84."""

MAX_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Interval:
    """From `start` up to `end`, both included; None is open. Timestamps are aware."""

    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True)
class BBox:
    """`bounds` are min/max in the axis order easting/longitude first, whatever the CRS says; `crs` is an EPSG code or CRS84.

    In CRS84, west > east crosses the antimeridian.
    """

    bounds: tuple[float, float, float, float]
    crs: int = CRS84


@dataclass(frozen=True, slots=True)
class SortKey:
    """A field, or `valid_from` or `valid_to`, to sort by. What has no value, or does not show it, comes last either way."""

    name: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that follow each other in one text. The last one is `whole`, or the beginning of one."""

    text: str
    whole: bool = False


class Match(IntEnum):
    """How well a feature is found by what was typed: that is its name or number, begins it, or its words stand in it."""

    EXACT = 0
    BEGINS = 1
    WORDS = 2


@dataclass(frozen=True, slots=True)
class Typed:
    """Texts as they were typed, of which one is what `match` says of the feature's label or number, and none more."""

    texts: tuple[str, ...]
    match: Match


@dataclass(frozen=True, slots=True)
class Shown:
    """What the answer tells of a feature: `properties` in this order, None for all; by their Vietnamese names or not."""

    properties: tuple[str, ...] | None = None
    geometry: bool = True
    vietnamese: bool = False


EVERYTHING_SHOWN = Shown()


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next page starts: pins the changeset and effective instant of the first page.

    `key` is the sort key of the last feature. It is 0 where the question is sorted: the values of the feature are there to
    be read, and so need not be carried, shortened or believed.
    """

    changeset: int
    instant: datetime
    key: int
    id: UUID
    matched: int | None


@dataclass(frozen=True, slots=True)
class ItemQuery:
    """Features of one layer, one page.

    `at` and `known` None mean now. `filter` is resolved: its names are columns that the caller may see.
    `crs` is the CRS of the answer's coordinates: EPSG code or CRS84. `terms` are searched for in the searchable fields:
    of one of them all phrases; `typed` keeps those features that are found so well. `sort` comes before the key of the database; both are the caller's to see.
    """

    layer: str
    limit: int = 10
    bbox: BBox | None = None
    at: datetime | Interval | None = None
    known: int | datetime | None = None
    filter: Node | None = None
    crs: int = CRS84
    cursor: Cursor | None = None
    terms: tuple[tuple[Phrase, ...], ...] = ()
    typed: Typed | None = None
    sort: tuple[SortKey, ...] = ()
    shown: Shown = EVERYTHING_SHOWN

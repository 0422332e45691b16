"""One validated question to one layer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
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
class Cursor:
    """Where the next page starts: pins the changeset and effective instant of the first page."""

    changeset: int
    instant: datetime
    key: int
    id: UUID
    matched: int | None


@dataclass(frozen=True, slots=True)
class ItemQuery:
    """Features of one layer, one page.

    `at` and `known` None mean now. `filter` is resolved: its names are columns that the caller may see.
    `crs` is the CRS of the answer's coordinates: EPSG code or CRS84.
    """

    layer: str
    limit: int = 10
    bbox: BBox | None = None
    at: datetime | Interval | None = None
    known: int | datetime | None = None
    filter: Node | None = None
    crs: int = CRS84
    cursor: Cursor | None = None

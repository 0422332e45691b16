"""Changesets: the only way in which the database learns anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Operation(StrEnum):
    """What a staged row does to the feature: a new one, a new version, or the end of one."""

    INSERT = "insert"
    UPDATE = "update"
    CLOSE = "close"


class State(StrEnum):
    STAGED = "staged"
    PUBLISHED = "published"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class DataSource:
    """Where data came from and how they were read: for those who keep the land, never shown to the public.

    `digest`: SHA-256 of its bytes (hex), `size` their number. `layer`: the one within a file of several. `crs_declared`:
    what the file claims, `crs_used`: what was taken. `encodings`: by column, where it was not the declared one.
    `mapping`: `columns` (source column by field), `readings` and `constants`. `agency`: who supplied it.
    `received_at`: when it first came, set by the database.
    """

    name: str
    digest: str | None = None
    size: int | None = None
    format: str | None = None
    layer: str | None = None
    crs_declared: str | None = None
    crs_used: str | None = None
    encodings: Mapping[str, str] = field(default_factory=dict)
    records: int | None = None
    mapping: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    agency: str | None = None
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who changes what on which ground. `document` is the number of the legal act, `document_date` its date."""

    actor: str
    title: str
    source: DataSource | None = None
    document: str | None = None
    document_date: date | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """A staged changeset, before it has a number. Counts are by operation."""

    id: int
    layer: str
    base: int
    state: State
    counts: dict[str, int]
    created_at: datetime
    provenance: Provenance

    @property
    def name(self) -> str:
        """What people call it."""
        return stage_name(self.id)


def stage_name(stage_id: int) -> str:
    """What people call a stage: `s12`, which nobody takes for the number of a changeset."""
    return f"s{int(stage_id)}"


@dataclass(frozen=True, slots=True)
class Changeset:
    """A published changeset. `number` orders everything; `committed_at` grows with it."""

    number: int
    committed_at: datetime
    layers: tuple[str, ...]
    counts: dict[str, int]
    provenance: Provenance
    reverts: int | None = None

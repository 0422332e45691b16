"""Changesets: the only way in which the database learns anything."""

from __future__ import annotations

from dataclasses import dataclass
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
class Provenance:
    """Who changes what on which ground. `document` is the number of the legal act, `document_date` its date."""

    actor: str
    title: str
    source_name: str | None = None
    source_digest: str | None = None
    document: str | None = None
    document_date: date | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """A staged changeset: `id` names it before it has a number. Counts are by operation."""

    id: int
    layer: str
    base: int
    state: State
    counts: dict[str, int]
    created_at: datetime
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Changeset:
    """A published changeset. `number` orders everything; `committed_at` grows with it."""

    number: int
    committed_at: datetime
    layers: tuple[str, ...]
    counts: dict[str, int]
    provenance: Provenance
    reverts: int | None = None

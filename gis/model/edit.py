"""Changes of single features that a caller asks for, and what became of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from gis.model.layer import Layer, Text
from gis.model.query import CRS84


class Act(StrEnum):
    """INSERT: a new feature. REPLACE: all that the caller may see of it. UPDATE: what is named. DELETE: it ends."""

    INSERT = "insert"
    REPLACE = "replace"
    UPDATE = "update"
    DELETE = "delete"


class _Absent:
    """Nothing was said of it; null is something."""


ABSENT: Final = _Absent()


ANY: Final = frozenset({"*"})
"""Whatever version there is."""


MOST_TOLD: Final = 100
"""Problems that one answer tells."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One change. `index` is its place in the request, from 0.

    `properties` and `geometry` (a GeoJSON geometry object, null or ABSENT) are as they were sent; coordinates in `crs`
    and its axis order. `seen`: tags of the versions that the caller has seen, ANY of them, or None where it does not say.
    `since`: from when it holds, for an end; other changes say so by the property `valid_from`.

    `pointer`: where the feature stands in the request (RFC 6901); `pointers`: by name, of what does not stand where GeoJSON
    has it. `unread`: what could not be read (`geometry`, `properties`, single properties) and has been told.
    """

    index: int
    layer: Layer
    act: Act
    id: UUID | None = None
    properties: Mapping[str, object] = MappingProxyType({})
    geometry: object = ABSENT
    crs: int = CRS84
    seen: frozenset[str] | None = None
    since: datetime | None = None
    pointer: str = ""
    pointers: Mapping[str, str] = MappingProxyType({})
    unread: frozenset[str] = frozenset()

    def pointer_to(self, name: str | None) -> str:
        """Where a property, or the geometry, stands in the request or would stand; all of the feature for None."""
        if name is None or name in self.pointers:
            return self.pointer if name is None else self.pointers[name]
        inside = name if name == "geometry" else f"properties/{name.replace('~', '~0').replace('/', '~1')}"
        return f"{self.pointer}/{inside}"


@dataclass(frozen=True, slots=True)
class EditProblem:
    """One thing that is wrong, or a warning. `candidates`: what an ambiguous name may mean. `pointer`: where in the request."""

    index: int
    field: str | None
    reason: str
    text: Text
    candidates: tuple[Mapping[str, str], ...] = ()
    pointer: str | None = None

    def member(self) -> dict[str, object]:
        """As it is told in answers."""
        found: dict[str, object] = {"index": self.index, "reason": self.reason, "vi": self.text.vi, "en": self.text.en}
        if self.field is not None:
            found["field"] = self.field
        if self.pointer is not None:
            found["pointer"] = self.pointer
        if self.candidates:
            found["candidates"] = [dict(candidate) for candidate in self.candidates]
        return found


@dataclass(frozen=True, slots=True)
class Done:
    """A change that was made. `version`: the number of the version that holds now, None if none does."""

    index: int
    layer: Layer
    act: Act
    id: UUID
    version: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one request did. `changeset` is None where nothing differed from what was known."""

    changeset: int | None
    done: tuple[Done, ...]
    warnings: tuple[EditProblem, ...] = field(default=())


def version_tag(layer: Layer, version: int) -> str:
    """What names a version to callers: it tells no number, and comes again for no other version."""
    return hashlib.blake2b(f"{layer.id}/{version}".encode(), digest_size=8).hexdigest()

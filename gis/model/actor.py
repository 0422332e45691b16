"""Who asks, and on whose behalf."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What kind of caller it is. Agencies have viewers, editors and publishers; auditors and admins belong to none.

    viewer: sees the agency's fields and rows. editor: changes features too. publisher: also publishes, refuses and
    reverts changesets. auditor: sees those of all agencies and the logs. admin: as the auditor, and manages access.
    """

    PUBLIC = "public"
    VIEWER = "viewer"
    EDITOR = "editor"
    PUBLISHER = "publisher"
    AUDITOR = "auditor"
    ADMIN = "admin"

    @property
    def of_agency(self) -> bool:
        """It acts for an agency, within its layers and area."""
        return self in (Role.VIEWER, Role.EDITOR, Role.PUBLISHER)

    def includes(self, other: Role) -> bool:
        """Who has it may all that `other` may, on behalf of the same agency."""
        return any(self in ladder and other in ladder[: ladder.index(self) + 1] for ladder in _LADDERS)


_LADDERS = ((Role.PUBLIC,), (Role.VIEWER, Role.EDITOR, Role.PUBLISHER), (Role.AUDITOR, Role.ADMIN))
"""Roles of which each may all that those before it may. No agency's role is that of who watches over all, nor the reverse."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A caller: `id` for the record (`public`, `key:…`, or issuer and subject of a person).

    `reads`: layers of which the agency sees its fields. `owns`: those of them it may change. `area`: the digest of the
    agency's area if it is bounded to one. `layers`: the only layers that the caller's key is for, None for no such limit.
    `restricted`: pairs of a layer and a group of its restricted fields that were opened to this very key or person.
    """

    id: str
    role: Role
    agency: str | None = None
    reads: frozenset[str] = frozenset()
    owns: frozenset[str] = frozenset()
    area: str | None = None
    layers: frozenset[str] | None = None
    restricted: frozenset[tuple[str, str]] = frozenset()

    def covers(self, then: Actor) -> bool:
        """It is the same caller as `then`, and may all that it might then."""
        return (
            (self.id, self.agency) == (then.id, then.agency)
            and self.role.includes(then.role)
            and self.reads >= then.reads
            and self.owns >= then.owns
            and self.area in (None, then.area)
            and (self.layers is None or (then.layers is not None and self.layers >= then.layers))
            and self.restricted >= then.restricted
        )


PUBLIC = Actor("public", Role.PUBLIC)

"""The answer of the policy: what one caller may see of one layer."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from gis.model.layer import Access, Layer


@dataclass(frozen=True, slots=True)
class Area:
    """The area of an agency, by its name; the digest tells what it was when the decision was taken."""

    agency: str
    digest: str


@dataclass(frozen=True, slots=True)
class Decision:
    """`columns` may be shown, filtered and sorted by; `pool` is `public` or `staff`, `keeper` for restricted fields.

    Rows show all of them where `everywhere` is set, or inside `area` if there is one; elsewhere a row shows what it
    shows to the public.
    """

    columns: tuple[str, ...]
    everywhere: bool
    area: Area | None
    pool: str
    reason: str


@lru_cache(maxsize=256)
def public_decision(layer: Layer) -> Decision:
    """What everybody may see, by the layer's own definition."""
    columns = tuple(f.name for f in layer.public)
    return Decision(columns, False, None, "public", "public fields and rows of the layer")


def agency_decision(layer: Layer, area: Area | None, reason: str) -> Decision:
    """All rows with the fields of agencies too, inside the agency's area if it has one; restricted fields are for nobody here."""
    columns = tuple(f.name for f in layer.fields if f.access is not Access.RESTRICTED)
    return Decision(columns, area is None, area, "staff", reason)


class Purpose(StrEnum):
    """For what restricted fields may be read: the tasks by law for which an agency needs to know a holder."""

    REGISTRATION = "registration"
    CLEARANCE = "clearance"
    PERMIT = "permit"
    FINANCE = "finance"
    COMPLAINT = "complaint"
    INSPECTION = "inspection"
    PROCEEDINGS = "proceedings"
    HOLDER = "holder"


def restricted_decision(layer: Layer, groups: Collection[str], area: Area | None, reason: str) -> Decision:
    """The restricted fields of these groups and nothing else, inside the area if there is one, and nowhere outside."""
    columns = tuple(f.name for f in layer.fields if f.access is Access.RESTRICTED and f.group in groups)
    return Decision(columns, area is None, area, "keeper", reason)

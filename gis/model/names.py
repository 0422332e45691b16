"""By which name a property stands in an answer and in a question: its own, or the Vietnamese one (`so_to`, `so_thua`)."""

from __future__ import annotations

from types import MappingProxyType

from gis.model.filter import VALID_FROM, VALID_TO
from gis.model.layer import Layer

VALID_FROM_KNOWN, CHANGESET, CLOSED_BY_CHANGESET = "valid_from_known", "changeset", "closed_by_changeset"

TIMES = (VALID_FROM, VALID_TO, VALID_FROM_KNOWN, CHANGESET)
"""What a feature tells of its times, after its fields."""

SYSTEM_VI = MappingProxyType(
    {
        VALID_FROM: "hieu_luc_tu",
        VALID_TO: "hieu_luc_den",
        VALID_FROM_KNOWN: "biet_ngay_hieu_luc",
        CHANGESET: "lan_cap_nhat",
        CLOSED_BY_CHANGESET: "lan_thay_the",
    }
)


def name_of(layer: Layer, name: str, *, vietnamese: bool) -> str:
    """The name under which the property `name` (a field, or one of every feature) is told."""
    if not vietnamese:
        return name
    return layer.field(name).vietnamese if name in layer else SYSTEM_VI.get(name, name)

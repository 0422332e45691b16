"""The answer of the policy: what one caller may see of one layer."""

from __future__ import annotations

from dataclasses import dataclass

from gis.model.layer import Layer, RowAccess


@dataclass(frozen=True, slots=True)
class Decision:
    """`columns` may be shown, filtered and sorted by; `rows` goes into the SQL; `pool` is `public` or `staff`."""

    columns: tuple[str, ...]
    rows: RowAccess
    pool: str
    reason: str


def public_decision(layer: Layer) -> Decision:
    """What everybody may see, by the layer's own definition."""
    return Decision(tuple(f.name for f in layer.public), layer.rows, "public", "public fields and rows of the layer")

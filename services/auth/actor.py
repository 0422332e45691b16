"""Who asks. Today nobody signs in, so every caller is the public."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """A caller: `id` for the record, the agency that the caller acts for (None for the public)."""

    id: str
    agency: str | None = None


PUBLIC = Actor("public")

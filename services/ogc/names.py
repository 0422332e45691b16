"""Names that do not exist, told with the nearest one that does."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from gis.errors import InvalidParameter


def unknown(name: str, known: Collection[str]) -> InvalidParameter:
    """The error for a parameter that the resource does not have. It says the same whether a field of that name is
    hidden or does not exist."""
    shown = name[:60]
    en, vi = meant(name, sorted(known))
    return InvalidParameter(
        f"There is no parameter '{shown}' here; {en}", f"Không có tham số '{shown}' ở đây; {vi}", where=shown
    )


def meant(name: str, known: Collection[str]) -> tuple[str, str]:
    """What to take instead of `name`, in English and Vietnamese: the nearest of the known names, else one of them all."""
    near = _nearest(name, known)
    if near is not None:
        return f"did you mean '{near}'?", f"có phải ý bạn là '{near}'?"
    listed = ", ".join(known)
    return f"there are: {listed}.", f"hiện có: {listed}."


def _nearest(name: str, known: Collection[str]) -> str | None:
    """The known name most like `name`, if one is."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    found = get_close_matches(name[:60].lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None

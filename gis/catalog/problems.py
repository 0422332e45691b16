"""How mistakes in the definitions are collected: one line each, `file: key: what is wrong; the mend`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

LISTED = 12


@dataclass(frozen=True, slots=True)
class Place:
    """A file, or a key in it. All places of one reading share `lines`, so that nothing stops at the first mistake."""

    file: str
    lines: list[str]
    key: str = ""

    def within(self, key: str) -> Place:
        """The place one level down."""
        return Place(self.file, self.lines, f"{self.key}.{key}" if self.key else key)

    def add(self, problem: str) -> None:
        """Note a mistake that stands here."""
        self.lines.append(f"{self.file}: {self.key}: {problem}" if self.key else f"{self.file}: {problem}")


def nearest(name: str, known: Iterable[str]) -> str:
    """The mend for a misspelt name: `did you mean 'type'?`, else the names that are known."""
    names = sorted(known)
    by_folded = {n.casefold(): n for n in reversed(names)}
    close = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{by_folded[close[0]]}'?"
    if not names:
        return "none is defined"
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return f"known: {', '.join(names[:LISTED])}{more}"

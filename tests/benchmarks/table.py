"""What was found, as a Markdown table that says nothing about the day or the machine's name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """What one side did: `value` a second (higher is better), or in seconds (lower is better)."""

    name: str
    value: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Goal:
    """Landmap's figure is at least `at_least` times the other's, or at most `at_most` times it; of seconds alone,
    `seconds` is the limit."""

    at_least: float | None = None
    at_most: float | None = None
    seconds: float | None = None

    def reached(self, ours: float, theirs: float | None) -> bool:
        """Whether it is; a goal that compares needs the other's figure."""
        if self.seconds is not None:
            return ours <= self.seconds
        if theirs is None:
            raise ValueError("this goal compares with another")
        ratio = ours / theirs
        return ratio >= self.at_least if self.at_least is not None else ratio <= (self.at_most or 0.0)

    def __str__(self) -> str:
        if self.seconds is not None:
            return f"≤ {self.seconds:g} s"
        return f"≥ {self.at_least:g}×" if self.at_least is not None else f"≤ {self.at_most:g}×"


@dataclass(frozen=True, slots=True)
class Line:
    """One comparison; `theirs` is None where nobody else does this work. `unit`: "/s" or "s"."""

    work: str
    ours: Figure
    theirs: Figure | None
    unit: str
    goal: Goal | None = None

    @property
    def comparable(self) -> bool:
        """The goal, if there is one, can be judged."""
        return self.goal is not None and (self.theirs is not None or self.goal.seconds is not None)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Under which the figures were found; `notes` are full sentences."""

    machine: str
    method: str
    versions: str
    notes: Sequence[str]


_HEAD = ("Work", "landmap", "Compared with", "", "Ratio", "Goal", "Reached")


def markdown(lines: Sequence[Line], around: Circumstances) -> str:
    """The document."""
    rows = [_row(line) for line in lines]
    table = [_cells(_HEAD), _cells(["---", "---:", "---", "---:", "---:", "---:", "---"]), *map(_cells, rows)]
    parts = [
        "# How fast it is",
        f"Written by `make bench`. {around.machine}",
        "\n".join(table),
        around.method,
        "\n".join(f"- {note}" for note in around.notes),
        around.versions,
    ]
    return "\n\n".join(parts) + "\n"


def _row(line: Line) -> list[str]:
    theirs = line.theirs
    reached = "–"
    if line.goal is not None and line.comparable:
        reached = "yes" if line.goal.reached(line.ours.value, theirs.value if theirs else None) else "**no**"
    return [
        line.work,
        _figure(line.ours, line.unit),
        theirs.name if theirs else "–",
        _figure(theirs, line.unit) if theirs else "–",
        f"{_short(line.ours.value / theirs.value)}×" if theirs else "–",
        str(line.goal) if line.goal else "–",
        reached,
    ]


def _figure(figure: Figure, unit: str) -> str:
    value = f"{_short(figure.value)}{'/s' if unit == '/s' else ' s'}"
    return f"{value} ({figure.detail})" if figure.detail else value


def _short(value: float) -> str:
    """Two or three figures that mean something."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _cells(row: Sequence[str]) -> str:
    return "| " + " | ".join(row) + " |"

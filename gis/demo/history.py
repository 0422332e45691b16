"""What happened to lots in ten years: which were split, merged, subdivided, renumbered or had a boundary moved.

An event concerns neighbours in one strip, so all of it is said with cuts: lots before are spans between cuts that may be
past, lots today are spans between cuts that are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from gis.demo.kinds import Kind

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Happened(IntEnum):
    """Kinds of event; `LINEAGE` names them as the lineage table does."""

    SPLIT = 0
    MERGE = 1
    BOUNDARY = 2
    RENUMBER = 3
    SUBDIVIDE = 4


LINEAGE = ("split", "merge", "boundary change", "renumber", "subdivide")

_CHANCE = 0.042
_SHARES = (0.5, 0.22, 0.15, 0.13)
_SUBDIVIDED = 0.006
_DAYS = 3650


@dataclass(slots=True)
class Events:
    """`kind`, `age` in days before the day of the city, and cuts `start`, `middle`, `end`; `twin`: where the moved
    boundary was (-1: none). `middle` is the cut between the two lots (SUBDIVIDE and RENUMBER: `start`)."""

    kind: Ints
    age: Ints
    start: Ints
    middle: Ints
    end: Ints
    twin: Ints

    def __len__(self) -> int:
        return len(self.kind)

    def take(self, which: Ints | Bools) -> Events:
        """These events."""
        return Events(
            self.kind[which], self.age[which], self.start[which], self.middle[which], self.end[which], self.twin[which]
        )

    def after_inserting(self, place: Ints) -> Events:
        """The same with cut numbers as they are after `np.insert` at `place`; the inserted become the twins."""

        def moved(cut: Ints) -> Ints:
            return cut + np.searchsorted(place, cut, side="right")

        twin = np.full(len(self), -1, np.int64)
        twin[self.kind == Happened.BOUNDARY] = place + np.arange(len(place))
        return Events(self.kind, self.age, moved(self.start), moved(self.middle), moved(self.end), twin)

    def age_of(self, event: Ints) -> Ints:
        """Age in days of each numbered event; 0 for -1, which is none."""
        result: Ints = np.append(self.age, 0)[event]
        return result

    def past_cuts(self) -> Ints:
        """Cuts that bound no lot of today."""
        return np.concatenate((self.middle[self.kind == Happened.MERGE], self.twin[self.twin >= 0]))

    def before(self) -> tuple[Ints, Ints, Ints]:
        """The lots before: event, start cut, end cut."""
        index = np.arange(len(self))
        whole = np.isin(self.kind, (Happened.SPLIT, Happened.SUBDIVIDE, Happened.RENUMBER))
        parted = ~whole
        border = np.where(self.twin >= 0, self.twin, self.middle)
        event = np.concatenate((index[whole], index[parted], index[parted]))
        start = np.concatenate((self.start[whole], self.start[parted], border[parted]))
        end = np.concatenate((self.end[whole], border[parted], self.end[parted]))
        order = np.lexsort((start, event))
        return event[order], start[order], end[order]


def draw_events(lots: Ints, first: Ints, kind: Ints, calm: Bools, rng: np.random.Generator) -> Events:
    """Events for strips of `lots` lots whose cuts start at `first`; each lot takes part in one at most.

    Windows of three lots are drawn, of which the first two take part, so that events never touch.
    """
    windows = np.where(calm & (lots > 2), lots // 3, 0)
    strip = np.repeat(np.arange(len(lots)), windows)
    inside = np.arange(len(strip)) - np.repeat(np.cumsum(windows) - windows, windows)
    whole = calm & (lots >= 4) & (lots <= 24) & (kind != Kind.INDUSTRY) & (rng.random(len(lots)) < _SUBDIVIDED)
    hit = (rng.random(len(strip)) < _CHANCE) & ~whole[strip]
    what = rng.choice(4, len(strip), p=_SHARES)[hit]
    start = (first[strip] + 3 * inside)[hit]
    end = start + np.where(what == Happened.RENUMBER, 1, 2)
    middle = np.where(what == Happened.RENUMBER, start, start + 1)
    row = np.flatnonzero(whole)
    what = np.concatenate((what, np.full(len(row), int(Happened.SUBDIVIDE))))
    start, end = np.concatenate((start, first[row])), np.concatenate((end, first[row] + lots[row]))
    middle = np.concatenate((middle, first[row]))
    order = np.argsort(start, kind="stable")
    age = rng.integers(20, _DAYS, len(what))
    return Events(what[order], age, start[order], middle[order], end[order], np.full(len(what), -1, np.int64))


def twin_cuts(events: Events, metres: Floats, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """For moved boundaries: before which cut the former one is to be inserted, and its distance along the strip, m."""
    moved = events.kind == Happened.BOUNDARY
    at = events.middle[moved]
    left, right = metres[at] - metres[at - 1], metres[at + 1] - metres[at]
    shift = rng.uniform(0.12, 0.3, len(at)) * np.where(rng.random(len(at)) < 0.5, -left, right)
    return np.where(shift > 0, at + 1, at), metres[at] + shift

"""The land register of the demo city: for every lot, of today and before, when it held, where it is filed, its use."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date

import numpy as np
from numpy.typing import NDArray

from gis.demo.city import DAY, City
from gis.demo.columns import days_of
from gis.demo.history import Happened
from gis.demo.kinds import Kind
from gis.demo.network import Ints
from gis.demo.uses import NAMES, use_of_leaves, use_of_lots
from gis.demo.wards import Wards

RECODED = days_of(date(2024, 8, 1))
"""The day since which land-use codes are those of Circular 08/2024."""

_SHEET = 480


@dataclass(slots=True)
class Register:
    """One entry a lot: those of today first, in the order of `City.today`, then those of `City.before`.

    `since` and `until` are days since 1970 (`until` -1: holds). `use` numbers `uses.LIST`; `earlier` is the use up to
    the day `changed` (-1: it never changed). `sheet` numbers the commune's sheets, `number` the lots of a sheet.
    """

    geometry: NDArray[np.object_]
    leaf: Ints
    kind: Ints
    commune: Ints
    since: Ints
    until: Ints
    use: Ints
    earlier: Ints
    changed: Ints
    sheet: Ints
    number: Ints

    def __len__(self) -> int:
        return len(self.leaf)

    def take(self, which: Ints) -> Register:
        """These entries."""
        return Register(*(getattr(self, f.name)[which] for f in fields(self)))


def register(city: City, wards: Wards) -> Register:
    """All entries of the register."""
    rng = city.rng(40)
    today, before, cells = city.today, city.before, city.leaves.cells
    leaf = np.concatenate((today.leaf, before.leaf))
    kind, commune = cells.kind[leaf], cells.commune[leaf]
    surveyed = _surveys(len(wards.outline), rng)[commune]
    event = np.concatenate((today.event, before.event))
    old = np.arange(len(leaf)) >= len(today)
    happened = np.where(event >= 0, days_of(DAY) - city.events.age_of(event), -1)
    since = np.where((event >= 0) & ~old, happened, surveyed)
    use = use_of_lots(leaf, kind, use_of_leaves(city), rng)
    _keep_use(city, use, len(today))
    earlier, changed = _conversions(use, kind, np.where(event >= 0, -1, surveyed), rng)
    sheet = _sheets(city, leaf, commune)
    return Register(
        np.concatenate((today.geometry, before.geometry)), leaf, kind, commune, since, np.where(old, happened, -1),
        use, earlier, changed, sheet, _numbers(commune, sheet, since, (event >= 0) & ~old),
    )  # fmt: skip


def _surveys(communes: int, rng: np.random.Generator) -> Ints:
    """The day of each commune's cadastral survey: all are older than anything that happened."""
    first = days_of(date(1999, 3, 1))
    result: Ints = first + rng.integers(0, 365 * 15, communes)
    return result


def _keep_use(city: City, use: Ints, today: int) -> None:
    """Lots before had the use of the first of their successors; land subdivided was planted with trees."""
    first = np.full(len(city.events), -1, dtype=np.int64)
    made = np.flatnonzero(city.today.event >= 0)[::-1]
    first[city.today.event[made]] = made
    event = city.before.event
    planted = (city.events.kind[event] == Happened.SUBDIVIDE) & (city.before.kind != Kind.PADDY)
    use[today:] = np.where(planted, NAMES.index("orchard"), use[first[event]])


def _conversions(use: Ints, kind: Ints, surveyed: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Changes of use (chuyển mục đích) over ten years: the use before, and the day; -1 where there was none."""
    home, garden = NAMES.index("home"), NAMES.index("garden")
    rural = ((kind == Kind.SUBURB) | (kind == Kind.NEW)) & ((use == home) | (use == garden))
    urban = ((kind == Kind.CORE) | (kind == Kind.DENSE)) & (use == NAMES.index("shop"))
    draw = rng.random(len(use))
    changed = (surveyed >= 0) & ((rural & (draw < 0.05)) | (urban & (draw < 0.08)))
    day = days_of(DAY) - rng.integers(30, 3600, len(use))
    earlier = np.where(urban, home, np.where(draw < 0.02, NAMES.index("field"), NAMES.index("orchard")))
    return np.where(changed, earlier, -1), np.where(changed, day, -1)


def _sheets(city: City, leaf: Ints, commune: Ints) -> Ints:
    """The map sheet of each lot: blocks of a commune in order, about 480 lots on a sheet, from 1."""
    block = city.leaves.cells.block
    count = np.bincount(block[leaf], minlength=int(block.max()) + 1)
    home = np.zeros(len(count), dtype=np.int64)
    home[block[leaf]] = commune
    order = np.argsort(home, kind="stable")
    run = np.cumsum(count[order]) - count[order]
    first = np.concatenate(([True], home[order][1:] != home[order][:-1]))
    run -= np.maximum.accumulate(np.where(first, run, 0))
    sheet = np.empty(len(count), np.int64)
    sheet[order] = run // _SHEET + 1
    result: Ints = sheet[block[leaf]]
    return result


def _numbers(commune: Ints, sheet: Ints, since: Ints, later: NDArray[np.bool_]) -> Ints:
    """Parcel numbers from 1 on each sheet: as surveyed, then new ones as they came."""
    order = np.lexsort((np.where(later, since, 0), sheet, commune))
    first = np.concatenate(([True], (np.diff(sheet[order]) != 0) | (np.diff(commune[order]) != 0)))
    place = np.arange(len(order))
    number = np.empty(len(order), np.int64)
    number[order] = place - np.maximum.accumulate(np.where(first, place, 0)) + 1
    return number

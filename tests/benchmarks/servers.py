"""What a server under test is, whoever made it: how it is started, and where it has what is compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.benchmarks.draw import Box, Tile
from tests.benchmarks.processes import Program

type ItemsPath = Callable[[Box, int], str]
"""Path of a page: box and limit."""

type FilterPath = Callable[[str, int], str]
"""Path of a page: a condition in CQL2 text, in which `{geometry}` stands for what the server calls it, and limit."""

type PagePath = Callable[[Box, int, int], str]
"""Path of a page: box, limit, and how many features come before it."""

type TilePath = Callable[[Tile], str]


@dataclass(frozen=True, slots=True)
class Server:
    """One way to serve the parcels.

    `counts` says what the answer tells about how many match. `page` is there where a server pages by number. `tile` has the columns that the server sends when it is left
    alone, `style_tile` only the ones of landmap's tiles; None where the server has no such thing. `program` is given the
    port to listen on.
    """

    name: str
    version: str
    counts: str
    program: Callable[[int], Program]
    items: ItemsPath | None = None
    filtered: FilterPath | None = None
    page: PagePath | None = None
    tile: TilePath | None = None
    style_tile: TilePath | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """A peer that cannot be had here, and why."""

    name: str
    why: str

from __future__ import annotations

import time

import pytest

from gis.errors import DatabaseUnavailable, InvalidParameter
from services.starting import when_reachable

pytestmark = pytest.mark.asyncio


class Database:
    """One that is there from the `nth` time on."""

    def __init__(self, nth: int) -> None:
        self.nth, self.tries = nth, 0

    async def open(self) -> str:
        self.tries += 1
        if self.tries < self.nth:
            raise DatabaseUnavailable("away", "vắng")
        return "here"


async def test_a_database_that_is_being_started_is_waited_for() -> None:
    database = Database(3)
    assert await when_reachable(database.open, 60) == "here"
    assert database.tries == 3


async def test_who_has_no_patience_is_told_at_once() -> None:
    database, begun = Database(3), time.monotonic()
    with pytest.raises(DatabaseUnavailable):
        await when_reachable(database.open, 0.0)
    assert database.tries == 1 and time.monotonic() - begun < 5


async def test_it_ends_where_the_database_never_comes() -> None:
    with pytest.raises(DatabaseUnavailable):
        await when_reachable(Database(1_000).open, 1.0)


async def test_other_mistakes_are_not_waited_for() -> None:
    async def wrong() -> None:
        raise InvalidParameter("wrong", "sai")

    with pytest.raises(InvalidParameter):
        await when_reachable(wrong, 60)

"""States, time limits and working days as they are on record now."""

from __future__ import annotations

from gis.model.deadline import Procedure
from gis.store import regulations
from gis.store.pools import Pools


async def procedure_now(pools: Pools) -> Procedure:
    """Of the database's copy, read once for each content it had."""
    async with pools.reading() as source:
        return (await regulations.known(source, None)).regulations.procedure

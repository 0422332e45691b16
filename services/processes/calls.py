"""A run of a process on behalf of who asks over HTTP."""

from __future__ import annotations

from gis.model.layer import Text
from services.ogc.ask import Ask
from services.processes.process import Call


def call_of(asked: Ask, outputs: frozenset[str] | None = None) -> Call:
    """For the caller of the request, who waits for the answer, so that nobody is told how far it is."""
    services = asked.services
    return Call(
        catalog=services.catalog,
        pools=services.pools,
        keeper=services.keeper,
        settings=services.settings,
        secret=services.secret,
        actor=asked.actor,
        base=asked.base,
        language=asked.language,
        progress=_silent,
        outputs=outputs,
    )


async def _silent(done: int, doing: Text) -> None:
    pass

"""A run of a process on behalf of who asks over HTTP."""

from __future__ import annotations

from dataclasses import replace

from gis.model.actor import Actor
from gis.model.layer import Text
from services.dependencies import Services
from services.ogc.ask import Ask
from services.processes.process import Call


def call_of(asked: Ask, outputs: frozenset[str] | None = None) -> Call:
    """For the caller of the request, who waits for the answer, so that nobody is told how far it is."""
    call = call_for(asked.services, asked.actor, asked.base, asked.language)
    return replace(call, outputs=outputs)


def call_for(services: Services, actor: Actor, base: str = "", language: str = "vi") -> Call:
    """For the actor; nobody is told how far it is."""
    return Call(
        catalog=services.catalog,
        pools=services.pools,
        keeper=services.keeper,
        settings=services.settings,
        secret=services.secret,
        actor=actor,
        base=base,
        language=language,
        progress=silent,
    )


async def silent(done: int, doing: Text) -> None:
    """The progress of a run that nobody watches."""

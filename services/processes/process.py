"""What a process is: its description, its inputs and outputs, and the function that runs it. It knows no transport."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from gis.model.actor import Actor
from gis.model.layer import Catalog, Text
from gis.store.keeper import Keeper
from gis.store.pools import Pools
from services.settings import Settings

type Json = str | int | float | bool | list[Json] | dict[str, Json] | None
"""What JSON holds."""


@dataclass(frozen=True, slots=True)
class Document:
    """An output that is a file: its bytes and what they are."""

    media_type: str
    content: bytes


type Value = Json | Document


@dataclass(frozen=True, slots=True)
class Input:
    """An input; `schema` is JSON Schema 2020-12, self-contained. It is checked before the process runs."""

    title: Text
    description: Text
    schema: Mapping[str, Json]
    required: bool = True


@dataclass(frozen=True, slots=True)
class Output:
    """An output; `schema` tells its media type by `contentMediaType` where it is not JSON."""

    title: Text
    description: Text
    schema: Mapping[str, Json]


class Parts(Protocol):
    """Finished parts of a run, by numbers from 1 on; the run after one that was cut off finds them. Number 0 says of what
    they are parts."""

    async def kept(self) -> dict[int, bytes]:
        """Those that are there."""

    async def restart(self, what: bytes) -> None:
        """Deletes them, and keeps number 0."""

    async def keep(self, number: int, content: bytes) -> None:
        """Keeps one; raises Dismissed as `progress` does, and TooLarge where they are more than may be kept."""


class Unkept:
    """The parts of a run for whose answer somebody waits: there is no other run."""

    async def kept(self) -> dict[int, bytes]:
        return {}

    async def restart(self, what: bytes) -> None:
        pass

    async def keep(self, number: int, content: bytes) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Call:
    """One run on behalf of `actor`, who is decided on when it runs. `base`: the public address of the service.

    `progress` tells how far it is (0-100) and what is being done; it raises Dismissed where nobody wants the answer any
    more. `outputs`: the ids of those that are wanted; None where all are. `dsn`: the database as its owner reaches it, which
    a job has: what is done there is for the process to allow.
    """

    catalog: Catalog
    pools: Pools
    keeper: Keeper
    settings: Settings
    secret: bytes
    actor: Actor
    base: str
    language: str
    progress: Callable[[int, Text], Awaitable[None]]
    outputs: frozenset[str] | None = None
    parts: Parts = field(default_factory=Unkept)
    dsn: str | None = None

    def wants(self, output: str) -> bool:
        """The output is among those that are wanted; making others would be in vain."""
        return self.outputs is None or output in self.outputs


def _anybody(call: Call, inputs: Mapping[str, Json]) -> None:
    """Everybody may ask for it."""


def _as_sent(inputs: Mapping[str, Json]) -> Mapping[str, Json]:
    return inputs


@dataclass(frozen=True, slots=True, eq=False)
class Process:
    """A process of OGC API Processes. `run` gets inputs that fit their schemas, and gives every output that was wanted.

    `allow`: Forbidden or Unauthenticated where the caller may not ask for this, which needs no data; it is asked before a
    job is kept, and `run` refuses the same. `offered`: the outputs that the caller is given who names none, where these are
    not all. `most_bytes` and `most_vertices`: of the body of an execution. `kept`: the inputs as a job
    keeps them, which `run` takes too. `partial`: what is told of a run that goes on, of the parts that it kept, to its
    owner as it is now; Forbidden where they were made with other rights.
    """

    id: str
    version: str
    title: Text
    description: Text
    inputs: Mapping[str, Input]
    outputs: Mapping[str, Output]
    run: Callable[[Call, Mapping[str, Json]], Awaitable[Mapping[str, Value]]]
    keywords: tuple[str, ...] = ()
    modes: frozenset[str] = field(default=frozenset({"sync", "async"}))
    example: Mapping[str, Json] = MappingProxyType({})
    allow: Callable[[Call, Mapping[str, Json]], None] = _anybody
    offered: Callable[[Call], Sequence[str]] | None = None
    most_bytes: int = 8 << 20
    most_vertices: int = 200_000
    kept: Callable[[Mapping[str, Json]], Mapping[str, Json]] = _as_sent
    partial: Callable[[Mapping[int, bytes], Actor], Document] | None = None

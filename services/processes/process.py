"""What a process is: its description, its inputs and outputs, and the function that runs it. It knows no transport."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

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


@dataclass(frozen=True, slots=True)
class Call:
    """One run on behalf of `actor`, who is decided on when it runs. `base`: the public address of the service.

    `progress` tells how far it is (0-100) and what is being done; it raises Dismissed where nobody wants the answer any
    more. `outputs`: the ids of those that are wanted; None where all are.
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

    def wants(self, output: str) -> bool:
        """The output is among those that are wanted; making others would be in vain."""
        return self.outputs is None or output in self.outputs


@dataclass(frozen=True, slots=True, eq=False)
class Process:
    """A process of OGC API Processes. `run` gets inputs that fit their schemas, and gives every output that was wanted.

    `most_bytes`: the longest body of an execution.
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
    most_bytes: int = 8 << 20

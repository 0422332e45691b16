"""What citizens report on the map: categories, states, and what may follow what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Literal
from uuid import UUID

from gis.model.layer import Text


@dataclass(frozen=True, slots=True)
class Category:
    """What may be reported, and the agency whose queue it comes into: its short name and what it is called."""

    id: str
    title: Text
    description: Text
    agency: str
    agency_title: str


class State(StrEnum):
    """How far a report has come. The last two are its end, until it is taken up again."""

    RECEIVED = "received"
    IN_PROGRESS = "in_progress"
    ANSWERED = "answered"
    DECLINED = "declined"

    @property
    def closed(self) -> bool:
        return self in (State.ANSWERED, State.DECLINED)

    @property
    def word(self) -> Text:
        return _WORDS[self]

    @property
    def following(self) -> tuple[State, ...]:
        """What it may pass into."""
        if self.closed:
            return (State.IN_PROGRESS,)
        ends = (State.ANSWERED, State.DECLINED)
        return (State.IN_PROGRESS, *ends) if self is State.RECEIVED else ends


_WORDS: Mapping[State, Text] = MappingProxyType(
    {
        State.RECEIVED: Text("Đã tiếp nhận", "Received"),
        State.IN_PROGRESS: Text("Đang xử lý", "Being looked into"),
        State.ANSWERED: Text("Đã trả lời", "Answered"),
        State.DECLINED: Text("Không xử lý", "Not taken up"),
    }
)


@dataclass(frozen=True, slots=True)
class Contact:
    """How who reported can be reached; each may be left out."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None

    @property
    def empty(self) -> bool:
        return not (self.name or self.phone or self.email)


@dataclass(frozen=True, slots=True)
class Told:
    """What is reported. `lon`, `lat`: degrees of WGS 84. `photo`: JPEG."""

    category: Category
    lon: float
    lat: float
    description: str | None
    address: str | None
    contact: Contact
    photo: bytes | None


@dataclass(frozen=True, slots=True)
class Report:
    """What everybody may see of one. `lon`, `lat`: rounded to 0.0001°; `photo`: a picture of it was released."""

    id: UUID
    number: str
    category: str
    agency: str
    agency_title: str
    state: State
    lon: float
    lat: float
    requested: datetime
    updated: datetime
    answer: str | None
    version: int
    photo: bool


@dataclass(frozen=True, slots=True)
class Event:
    """What comes next of a report that is at `seen`; `agency`: id and title of the one that is responsible from then on."""

    seen: int
    kind: Literal["state", "forwarded", "photo"]
    state: State
    agency: tuple[str, str]
    reason: str | None
    answer: str | None
    actor: str
    role: str

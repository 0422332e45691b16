"""Applications on their way through an office: what happens to one, and when a decision departs from the advice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import shapely
from shapely.geometry.base import BaseGeometry

from gis.model.actor import Actor
from gis.model.deadline import Event, Outcome, Subject
from gis.model.verdict import Verdict


class Kind(StrEnum):
    """What an event is: the case was opened, passed into a state, its application was replaced, it was checked, or it was
    handed over to another agency."""

    OPENED = "opened"
    STATE = "state"
    APPLICATION = "application"
    CHECK = "check"
    TRANSFER = "transfer"


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What is applied for: the inputs of a permit check, the parcel (None where the lot was drawn) and the lot (storage CRS)."""

    inputs: Mapping[str, Any]
    parcel: UUID | None
    lot: BaseGeometry

    @property
    def place(self) -> shapely.Point:
        """By which it lies in an agency's area or not: a point on the lot."""
        return self.lot.point_on_surface()


@dataclass(frozen=True, slots=True)
class Advice:
    """What a check said. The same inputs with these pins give the same answer again, and with it the same hash.

    `at`: the instant whose data and rules were asked for. `known`: the instant of knowledge.
    """

    verdict: Verdict
    hash: str
    at: datetime
    known: datetime
    data_version: int
    rules_version: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, the verdict that it was decided after (None: nothing was checked), and whether it departs from it."""

    outcome: Outcome
    verdict: Verdict | None
    departs: bool


@dataclass(frozen=True, slots=True, eq=False)
class NewEvent:
    """An event to record as the one after `seen`, the last version of the case that was seen; 0 for its first.

    `day`: on the clock of the territory. `receiver`: the agency that holds the case from then on.
    """

    seen: int
    kind: Kind
    state: str
    day: date
    by: Actor
    reason: str | None = None
    document: str | None = None
    asked: Asked | None = None
    advice: Advice | None = None
    decision: Decision | None = None
    receiver: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A case as it is now. `agency` works it. `number`: mã hồ sơ, of the series of the agency that `opened` it. `events`:
    its states by day, in their order. `day`: of its last event that is no check: what is recorded later may have happened before
    somebody asked for advice."""

    id: UUID
    agency: str
    opened: str
    number: str
    subject: Subject
    opened_at: datetime
    version: int
    changed: int
    changed_at: datetime
    state: str
    day: date
    parcel: UUID | None
    application: Mapping[str, Any]
    advice: Mapping[str, Any] | None
    decision: Mapping[str, Any] | None
    events: tuple[Event, ...]


_FOR = frozenset({Verdict.CONFORMS, Verdict.CONFORMS_WITH_ATTESTATION})


def departs(outcome: Outcome, verdict: Verdict | None) -> bool:
    """Whether the decision differs from what the check advised.

    To grant departs from whatever is no `conforms`: the grounds were missing or against it. To refuse departs from
    `conforms` alone. Where nothing was checked there is nothing to depart from.
    """
    if verdict is None:
        return False
    return (verdict in _FOR) is not (outcome is Outcome.GRANTED)

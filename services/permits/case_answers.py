"""How a case is told: its state, its clock, what is applied for, what was advised and decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from gis.model.case import Case
from gis.model.deadline import Procedure, deadline
from gis.model.lapse import lapse
from gis.model.layer import Codelist, Text
from gis.store.cases import json_of
from services.ogc.ask import Ask
from services.ogc.datetimes import instant_text
from services.ogc.negotiation import JSON
from services.permits.clock import deadline_json, lapse_json

STATUS = "permit_status"
"""The codelist of the states."""

_EVENT = (
    "version",
    "kind",
    "at",
    "day",
    "actor",
    "role",
    "agency",
    "from_state",
    "state",
    "reason",
    "document",
    "parcel",
    "receiver",
)


def case_json(asked: Ask, case: Case, procedure: Procedure, today: date) -> dict[str, object]:
    """A case as lists tell it."""
    path, waiting = f"/cases/{case.id}", lapse(procedure, case.subject, case.events, today)
    return {
        "id": str(case.id),
        "agency": case.agency,
        "opened_by": case.opened,
        "ma_ho_so": case.number,
        "permit_type": case.subject.permit_type,
        "work_kind": case.subject.work_kind,
        "house": case.subject.house,
        "state": case.state,
        "word": state_word(asked, case.state),
        "since": case.events[-1].day,
        "version": case.version,
        "opened_at": instant_text(case.opened_at),
        "changed_at": instant_text(case.changed_at),
        "parcel": None if case.parcel is None else str(case.parcel),
        "deadline": deadline_json(deadline(procedure, case.subject, case.events, today)),
        "lapse": None if waiting is None else lapse_json(waiting),
        "advice": _advice_json(case.advice),
        "decision": case.decision,
        "links": [{"rel": "self", "type": JSON.media_type, "href": asked.href(path)}, *_parcel_links(asked, case)],
    }


def whole_case_json(
    asked: Ask, case: Case, procedure: Procedure, today: date, events: Iterable[Mapping[str, Any]]
) -> dict[str, object]:
    """A case with the inputs of its check, all its events, and the states that may follow."""
    state = procedure.states.get(case.state)
    return {
        **case_json(asked, case, procedure, today),
        "following": list(state.following) if state is not None else [],
        "application": case.application,
        "events": [_event_json(row) for row in events],
    }


def state_word(asked: Ask, state: str) -> dict[str, str]:
    """The name of a state in both languages."""
    return _title(asked.services.catalog.codelists.get(STATUS), state).both()


def _title(codes: Codelist | None, state: str) -> Text:
    found = next((code.title for code in codes.codes if code.code == state), None) if codes is not None else None
    return found or Text(state, state)


def _event_json(row: Mapping[str, Any]) -> dict[str, object]:
    """What is empty is left out."""
    told = {name: row[name] for name in _EVENT} | {
        "at": instant_text(row["at"]),
        "parcel": None if row["parcel"] is None else str(row["parcel"]),
        "application": json_of(row["application"]),
        "advice": _advice_json(json_of(row["advice"])),
        "decision": json_of(row["decision"]),
    }
    return {name: value for name, value in told.items() if value is not None}


def _advice_json(advice: Mapping[str, Any] | None) -> dict[str, object] | None:
    """By the names that the permit check has for it: with `datetime` and `knownAt` it gives the same again."""
    if advice is None:
        return None
    rest = {name: value for name, value in advice.items() if name not in ("at", "known")}
    pins = {name: instant_text(datetime.fromisoformat(advice[kept])) for name, kept in _PINS}
    return {**rest, **pins}


_PINS = (("datetime", "at"), ("knownAt", "known"))


def _parcel_links(asked: Ask, case: Case) -> list[dict[str, object]]:
    if case.parcel is None:
        return []
    path = f"/collections/parcels/items/{case.parcel}"
    return [{"rel": "related", "type": "application/geo+json", "href": asked.href(path)}]

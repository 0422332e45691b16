"""What the law adds to a check beside its findings: the parts of the application, the office that decides, its time."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from gis.model.deadline import Limit, Procedure, Step, Subject, limit_for
from gis.model.layer import Text
from gis.model.verdict import Clause
from gis.rules.dossier import Dossier, Part
from gis.rules.offices import Office, Regime, competent
from services.permits.answer import Object
from services.permits.application import Application
from services.permits.clock import limit_json
from services.permits.inputs import SPLIT

_PERMIT_TYPES = {"NEW": "MOI", "RENOVATION": "SCCT", "REPAIR": "SCCT", "RELOCATION": "SCCT"}
"""Kinds of works that one type of permit is for; of the others it depends on more than a check is told."""

_NO_PERMIT: Object = {"applicable": False}
"""Of works that need no construction permit."""

_REASONS = {
    "use": Text("công năng", "the use of the building"),
    "cap_cong_trinh": Text("cấp công trình", "the class of the building"),
    "zone_board": Text(
        "lô đất có thuộc khu do ban quản lý quản lý hay không", "whether the lot lies in the zone of a management board"
    ),
}


def dossier_of(dossier: Dossier | None, application: Application) -> Object:
    """The parts of the application that the inputs do not cover, and the papers that no check sees."""
    if dossier is None or _works(application) == SPLIT:
        return _NO_PERMIT
    return {
        "document": dossier.document,
        "missing": [_part(part, application.given) for part in dossier.lacking(application.given)],
        "unseen": [_part(part, ()) for part in dossier.unseen],
    }


def _part(part: Part, given: Collection[str]) -> Object:
    told: Object = {"id": part.id, "section": part.section.both(), "title": part.title.both()}
    lacking = [name for name in part.needs if name not in given]
    return told | ({"inputs": list(lacking)} if lacking else {})


def office_of(
    regimes: tuple[Regime, ...],
    application: Application,
    on: date,
    functions: Collection[str] | None,
    commune: Text | None,
) -> Object:
    """Who decides on the permit; where that is not known for certain, who may and what is missing to tell."""
    if _works(application) == SPLIT:
        return _NO_PERMIT
    use = application.facts.get("use")
    found = competent(regimes, on, str(use) if use is not None else None, application.building_class, functions)
    if found.clause is None:
        return {
            "office": None,
            "missing": [Text("quy định về thẩm quyền của ngày này", "who decided on such a day").both()],
        }
    return {
        "office": None if found.office is None else _office(found.office, commune),
        "candidates": [_office(one, commune) for one in found.candidates],
        "missing": [_REASONS[name].both() for name in found.missing],
        "clause": _clause(found.clause),
    }


def _office(office: Office, commune: Text | None) -> Object:
    told: Object = {"id": office.id, "title": office.title.both()}
    return told | ({"commune": commune.both()} if commune is not None and office.id == "commune" else {})


def subject_of(works: str | None, use: object) -> Subject:
    """What is applied for, as far as kind of works and use tell it."""
    return Subject(_PERMIT_TYPES.get(works or ""), works, None if use is None else use == "HOUSE")


def deadline_of(procedure: Procedure, application: Application, on: date) -> Object:
    """The statutory time limit of an application received on that day; or why it cannot be told."""
    works = _works(application)
    if works == SPLIT:
        return _NO_PERMIT
    subject = subject_of(works, application.facts.get("use"))
    return {step.value: _limit(*limit_for(procedure, subject, on, step)) for step in (Step.DECIDE, Step.CHECK_DOSSIER)}


def _limit(limit: Limit | None, reason: Text | None) -> Object:
    if limit is None:
        return {"days": None, "reason": None if reason is None else reason.both()}
    return limit_json(limit)


def _works(application: Application) -> str | None:
    works = application.facts.get("works")
    return None if works is None else str(works)


def _clause(clause: Clause) -> Object:
    return {"document": clause.document, "article": clause.article}

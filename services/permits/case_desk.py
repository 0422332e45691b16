"""What may be written about a case, and by whom: what is sent becomes an event, or is refused with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from gis.errors import Forbidden
from gis.model.access import Decision as Access
from gis.model.case import Asked, Case, Decision, Kind, NewEvent, departs
from gis.model.deadline import Clock, Outcome, Procedure, may_follow
from gis.model.layer import Text
from gis.model.verdict import Verdict
from gis.store.cases import inside_sql, receiver_sql
from gis.store.pools import Transaction
from services.ogc.ask import Ask
from services.ogc.names import meant
from services.permits.case_bodies import Happening, Opening, refused
from services.permits.case_check import checked_now
from services.permits.case_place import asked_of
from services.permits.check import PERMITS
from services.processes.process import Json


@dataclass(frozen=True, slots=True)
class Desk:
    """One request about cases by somebody who may make it; `today` is the day of the territory."""

    asked: Ask
    access: Access
    procedure: Procedure
    today: date

    @property
    def crs(self) -> int:
        """Storage CRS."""
        return self.asked.services.catalog.territory.storage_crs


async def first_event(desk: Desk, work: Transaction, opening: Opening) -> NewEvent:
    """The first event of a case. Unwritable for codes and states that there are not, Forbidden outside one's area."""
    _check_code(desk, "permit_type", opening.subject.permit_type)
    _check_code(desk, "work_kind", opening.subject.work_kind)
    if not may_follow(desk.procedure, None, opening.state):
        begin = ", ".join(state for state in desk.procedure.states if may_follow(desk.procedure, None, state))
        raise refused("state", Text(f"hồ sơ mở ở một trong: {begin}.", f"a case begins as one of {begin}."))
    return NewEvent(
        seen=0,
        kind=Kind.OPENED,
        state=opening.state,
        day=_day(desk, opening.on, None),
        by=desk.asked.actor,
        reason=opening.reason,
        document=opening.document,
        asked=await _placed(desk, work, opening.application),
    )


async def next_event(desk: Desk, work: Transaction, case: Case, sent: Happening) -> NewEvent:
    """The event that comes after what the case is. Unwritable where it cannot be, Forbidden outside one's area and for the
    case of another agency."""
    _check_own(desk, case)
    event = NewEvent(
        seen=case.version,
        kind=sent.kind,
        state=case.state,
        day=_day(desk, sent.on, case.day),
        by=desk.asked.actor,
        reason=sent.reason,
        document=sent.document,
    )
    if sent.state is not None:
        return replace(event, state=sent.state, decision=_passed(desk.procedure, case, sent, sent.state))
    if sent.application is not None:
        _check_open(desk.procedure, case)
        return replace(event, asked=await _placed(desk, work, sent.application))
    if sent.receiver is not None:
        await _check_receiver(desk, work, case, sent.receiver)
        return replace(event, receiver=sent.receiver)
    return replace(event, advice=await checked_now(desk.asked, case.application, sent.at))


def _check_own(desk: Desk, case: Case) -> None:
    """Who sees the case of another agency, because it lies in the same area, does not decide it."""
    if desk.asked.actor.agency != case.agency:
        raise Forbidden(
            f"The case is of '{case.agency}': only that agency adds to it; you may read it.",
            f"Hồ sơ thuộc cơ quan '{case.agency}': chỉ cơ quan đó được cập nhật; bạn chỉ được xem.",
        )


async def _check_receiver(desk: Desk, work: Transaction, case: Case, receiver: str) -> None:
    """A case goes to who can work it: another agency that decides on permits, and in whose area the lot lies."""
    state = desk.procedure.states.get(case.state)
    if state is not None and not state.following:
        raise refused("receiver", Text("hồ sơ đã kết thúc.", "the case has come to its end."))
    if receiver == case.agency:
        raise refused("receiver", Text(f"'{receiver}' đang thụ lý hồ sơ.", f"'{receiver}' holds the case already."))
    row = await work.row(receiver_sql(case.id, receiver, PERMITS))
    if row is None or not row["decides"]:
        raise refused(
            "receiver",
            Text(
                f"không có cơ quan '{receiver}' quản lý giấy phép.",
                f"there is no agency '{receiver}' that decides on permits.",
            ),
        )
    if not row["inside"]:
        raise refused(
            "receiver",
            Text(
                f"lô đất nằm ngoài phạm vi của cơ quan '{receiver}'.", f"the lot lies outside the area of '{receiver}'."
            ),
        )


def _passed(procedure: Procedure, case: Case, sent: Happening, state: str) -> Decision | None:
    """The decision that the new state is, if it is one."""
    if not may_follow(procedure, case.state, state):
        following = procedure.states[case.state].following if case.state in procedure.states else ()
        listed = ", ".join(following)
        raise refused(
            "state",
            Text(
                f"sau '{case.state}' chỉ có thể là: {listed}." if following else f"'{case.state}' là trạng thái cuối.",
                f"'{case.state}' is followed by one of {listed}." if following else f"nothing follows '{case.state}'.",
            ),
        )
    outcome = procedure.states[state].outcome
    if outcome is None:
        if sent.departs is not None:
            raise refused("departs_from_advice", Text("chỉ ghi khi ra quyết định.", "is told of a decision only."))
        return None
    verdict = None if case.advice is None else Verdict(case.advice["verdict"])
    decision = Decision(outcome, verdict, departs(outcome, verdict))
    _check_decision(decision, sent)
    return decision


def _check_decision(decision: Decision, sent: Happening) -> None:
    """Whoever departs from the advice says so and why; whoever refuses says why."""
    if decision.departs and decision.verdict is not None and not sent.departs:
        word = decision.verdict.word
        raise refused(
            "departs_from_advice",
            Text(
                f"kết quả kiểm tra là '{word.vi}'; nếu quyết định khác, hãy ghi true kèm lý do (reason).",
                f"the check said '{word.en}'; to decide otherwise send true, and the reason.",
            ),
        )
    if sent.departs and not decision.departs:
        raise refused(
            "departs_from_advice",
            Text(
                "quyết định này không khác kết quả kiểm tra.", "this decision does not differ from what the check said."
            ),
        )
    if sent.reason is None and (decision.departs or decision.outcome is Outcome.REFUSED):
        raise refused("reason", Text("hãy ghi lý do.", "say why."))


def _check_open(procedure: Procedure, case: Case) -> None:
    state = procedure.states.get(case.state)
    if state is not None and state.clock is Clock.ENDS:
        raise refused(
            "application", Text("hồ sơ đã có kết quả, không thay đổi được.", "the case is decided; it stays as it is.")
        )


def _check_code(desk: Desk, name: str, code: str | None) -> None:
    codelist = desk.asked.services.catalog.codelists.get(name)
    codes = [] if codelist is None else [one.code for one in codelist.codes if not one.group]
    if code is not None and code not in codes:
        en, vi = meant(code, codes)
        raise refused(name, Text(f"không có mã '{code}'; {vi}", f"there is no code '{code}'; {en}"))


def _day(desk: Desk, told: date | None, earliest: date | None) -> date:
    """The day of an event: today where none is told; not ahead, and not before the last one."""
    day = told or desk.today
    if day > desk.today:
        raise refused("on", Text(f"{day} còn ở tương lai.", f"{day} lies ahead."))
    if earliest is not None and day < earliest:
        raise refused(
            "on", Text(f"{day} trước sự kiện gần nhất ({earliest}).", f"{day} is before the last event ({earliest}).")
        )
    return day


async def _placed(desk: Desk, work: Transaction, application: Mapping[str, Json]) -> Asked:
    """What is applied for. Forbidden where it lies outside the caller's area."""
    asked = await asked_of(desk.asked, application)
    row = await work.row(inside_sql(asked.place, desk.access, desk.crs))
    if row is None or not row["inside"]:
        raise Forbidden(
            "The lot lies outside the area of your agency; its case is for the agency of that area.",
            "Lô đất nằm ngoài phạm vi của cơ quan bạn; hồ sơ thuộc cơ quan quản lý địa bàn đó.",
        )
    return asked

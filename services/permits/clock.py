"""The time that the law gives, and where an application or permit stands with it, as JSON."""

from __future__ import annotations

from gis.model.deadline import Deadline, Due, Limit, Step
from gis.model.lapse import Lapse
from gis.model.layer import Text
from services.processes.process import Json

type Object = dict[str, Json]

STEPS = {
    Step.DECIDE: Text("giải quyết hồ sơ", "decision"),
    Step.CHECK_DOSSIER: Text("kiểm tra hồ sơ", "check of the dossier"),
    Step.CONSULT: Text("cơ quan được hỏi ý kiến trả lời", "answer of who is consulted"),
    Step.SUPPLEMENT: Text("bổ sung, kiểm tra lại", "supplement and second check"),
    Step.NOTIFY_REFUSAL: Text("thông báo từ chối", "notice of refusal"),
    Step.REVOKE: Text("thu hồi", "revocation"),
}
"""What a limit is for, as people read it."""


def limit_json(limit: Limit) -> Object:
    """A limit with where it stands."""
    told: Object = {
        "step": str(limit.step),
        "word": STEPS[limit.step].both(),
        "days": limit.days,
        "count": str(limit.count),
        "document": limit.document,
        "article": limit.article,
        "confidence": limit.confidence,
    }
    return told if limit.silence is None else told | {"silence": limit.silence.both()}


def deadline_json(deadline: Deadline) -> Object:
    """All of it; `reason` is there where `due` cannot be told."""
    return {
        "received": _day(deadline.received),
        "limit": None if deadline.limit is None else limit_json(deadline.limit),
        "due": _day(deadline.due),
        "reason": None if deadline.reason is None else deadline.reason.both(),
        "used": deadline.used,
        "left": deadline.left,
        "late": None if deadline.left is None else deadline.left < 0,
        "paused": [{"after": _day(span.after), "until": _day(span.until)} for span in deadline.paused],
        "ended": _day(deadline.ended),
        "step": None if deadline.step is None else _due(deadline.step),
        "notes": [note.both() for note in deadline.notes],
    }


def lapse_json(lapse: Lapse) -> Object:
    """When the permit lapses if its works have not begun, which is not on record; `due` is not there where it cannot be told."""
    start = lapse.start
    return {
        "granted": _day(lapse.granted),
        "due": _day(lapse.due),
        "past": lapse.past,
        "extended": lapse.extended,
        "extensions_left": lapse.left,
        "document": None if start is None else start.document,
        "article": None if start is None else start.article,
        "text": lapse.text.both(),
        "notes": [note.both() for note in lapse.notes],
    }


def _due(due: Due) -> Object:
    return {
        **limit_json(due.limit),
        "due": _day(due.due),
        "reason": None if due.reason is None else due.reason.both(),
    }


def _day(day: object) -> str | None:
    return None if day is None else str(day)

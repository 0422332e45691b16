"""The officers' side of reports: the queue of an agency, each report with what was told, and what is done about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

import orjson
from jsonschema import Draft202012Validator
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gis.errors import Forbidden, InvalidInputs, NotFound, Stale, StoreError, Unconditional
from gis.model.actor import PUBLIC
from gis.model.report import Event, Report, State
from gis.store.pools import Row, Transaction
from gis.store.reports import (
    Wanted,
    agencies_sql,
    agency_sql,
    contact_of,
    contact_sql,
    event_sql,
    events_sql,
    photo_sql,
    picture_sql,
    queue_sql,
    release_sql,
    report_of,
)
from services.auth.identify import actor_of
from services.auth.policy import reports_of
from services.auth.trail import GROUND
from services.ogc.answers import PRIVATE
from services.ogc.ask import Ask, ask
from services.ogc.bodies import read_json
from services.ogc.negotiation import JSON, Offer
from services.ogc.parameters import limit
from services.processes.inputs import mistakes
from services.processes.process import Json
from services.reports.georeport import instant_of
from services.reports.intake import plain
from services.reports.telling import (
    REPORTS,
    STATES,
    before,
    categories_of,
    contact_json,
    cursor_after,
    event_json,
    listed,
    number_of,
    officer_json,
)

LIST = ("agency", "category", "state", "order", "limit", "cursor")
ORDERS = ("newest", "oldest")
PAGE, LONGEST_PAGE = 100, 1_000
JPEG = Offer("jpeg", "image/jpeg", ("image/*",))

_TEXT: Json = {"type": "string", "minLength": 1, "maxLength": 2_000}


def _event(required: list[Json], properties: dict[str, Json]) -> dict[str, Json]:
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


EVENTS: Mapping[str, dict[str, Json]] = {
    "state": _event(["state"], {"state": {"type": "string", "enum": [*STATES]}, "reason": _TEXT, "answer": _TEXT}),
    "forward": _event(
        ["forward", "reason"],
        {"forward": {"type": "string", "pattern": "^[a-z][a-z0-9-]{1,39}$"}, "reason": _TEXT},
    ),
    "photo": _event(["photo"], {"photo": {"type": "string", "enum": ["released", "withheld"]}, "reason": _TEXT}),
}
"""JSON Schemas of what may be sent about a report: it passes into a state, goes to another agency, or its photo is opened."""

_VALIDATORS = {name: Draft202012Validator(schema) for name, schema in EVENTS.items()}
_TAG = re.compile(r'(?:W/)?"([0-9]{1,9})"')


async def reports(request: Request) -> Response:
    """GET /reports: the queue of the caller's agency, the newest first, or the oldest where `order` says so."""
    own, asked = _officer(request, LIST)
    most = limit(asked.parameters, PAGE, LONGEST_PAGE)
    last = before(asked.parameters.get("cursor"))
    wanted = Wanted(
        limit=most + 1,
        agency=own or asked.parameters.get("agency"),
        categories=listed(asked.parameters, "category"),
        states=listed(asked.parameters, "state", STATES),
        before=None if last is None else (instant_of(last[0]), last[1]),
        oldest=listed(asked.parameters, "order", ORDERS) == ("oldest",),
    )
    if own is not None and asked.parameters.get("agency", own) != own:
        raise Forbidden(
            f"agency: you read the reports of '{own}' only.", f"agency: bạn chỉ xem được phản ánh của '{own}'."
        )
    async with asked.services.keeper.transaction() as work:
        rows = await work.rows(queue_sql(wanted))
    found = [(report_of(row), row) for row in rows[:most]]
    links = [{"rel": "self", "type": JSON.media_type, "href": asked.url}]
    if len(rows) > most:
        following = asked.again(cursor=cursor_after(found[-1][0]))
        links.append({"rel": "next", "type": JSON.media_type, "href": following})
    told = [_told(request, asked, one, row, whole=own is not None) for one, row in found]
    content = {"title": asked.say(REPORTS), "links": links, "numberReturned": len(told), "reports": told}
    return Response(orjson.dumps(content), headers=PRIVATE, media_type=JSON.media_type)


async def report(request: Request) -> Response:
    """GET /reports/{number}: with all that happened; for its agency also text, exact place and contact."""
    own, asked = _officer(request)
    async with asked.services.keeper.transaction() as work:
        row = await _row(request, work, own)
        return _json(await _whole(request, asked, work, row, own), row["version"])


async def add_event(request: Request) -> Response:
    """POST /reports/{number}/events."""
    own, asked = _officer(request)
    if own is None:
        raise Forbidden(
            "Only the agency that is responsible answers a report.", "Chỉ cơ quan được giao mới xử lý phản ánh."
        )
    seen = _seen(request)
    sent = _read(await read_json(request, (JSON.media_type,)))
    async with asked.services.keeper.transaction() as work:
        row = await _row(request, work, own)
        one = report_of(row)
        if seen is not None and one.version not in seen:
            raise _stale()
        event = await _next(request, work, asked, one, sent)
        after = await work.row(event_sql(one.id, event))
        if after is None:
            raise _stale()
        # Who sent it on is told that it went, and reads no more of it than everybody.
        again = await _again(work, one.number)
        return _json(
            await _whole(request, asked, work, again, own if again["agency"] == own else None), after["version"]
        )


async def photo(request: Request) -> Response:
    """GET /reports/{number}/photo: for everybody once it is released, before that for the agency that is responsible."""
    asked = ask(request, (JPEG,))
    number = _number(request)
    row = await asked.services.pools.row(picture_sql(number))
    headers: Mapping[str, str] = {"Cache-Control": "public, max-age=60", "Content-Disposition": "inline"}
    if row is None and asked.actor is not PUBLIC:
        own = reports_of(asked.actor)
        async with asked.services.keeper.transaction() as work:
            found = await _row(request, work, own)
            row = None if own is None else await work.row(photo_sql(found["id"]))
        headers = PRIVATE
    if row is None:
        raise NotFound("There is no photo that you may see.", "Không có ảnh được công khai.", where="number")
    return Response(row["image"], headers=dict(headers), media_type=JPEG.media_type)


def _officer(request: Request, allowed: tuple[str, ...] = ()) -> tuple[str | None, Ask]:
    """The agency of the caller, None for who watches over all; nothing of the request is looked at before."""
    own = reports_of(actor_of(request))
    return own, ask(request, (JSON,), allowed)


async def _row(request: Request, work: Transaction, own: str | None) -> Row:
    number = _number(request)
    request.scope[GROUND] = {"report": number}
    rows = await work.rows(queue_sql(Wanted(limit=1, numbers=(number,), agency=own)))
    if not rows:
        raise _missing()
    return rows[0]


async def _again(work: Transaction, number: str) -> Row:
    rows = await work.rows(queue_sql(Wanted(limit=1, numbers=(number,))))
    if not rows:
        raise StoreError("A report is gone.")
    return rows[0]


def _told(request: Request, asked: Ask, one: Report, row: Row, *, whole: bool) -> dict[str, object]:
    return officer_json(one, row, categories_of(request).get(one.category), asked.language, whole=whole)


async def _whole(request: Request, asked: Ask, work: Transaction, row: Row, own: str | None) -> dict[str, object]:
    one = report_of(row)
    told = _told(request, asked, one, row, whole=own is not None)
    if own is not None:
        told["contact"] = contact_json(contact_of(await work.row(contact_sql(one.id))))
        others = {**_answering(request), **{each["id"]: each["title"] for each in await work.rows(agencies_sql())}}
        told["others"] = [{"id": name, "title": title} for name, title in others.items() if name != own]
    return told | {"events": [event_json(event) for event in await work.rows(events_sql(one.id))]}


async def _next(request: Request, work: Transaction, asked: Ask, one: Report, sent: Mapping[str, Any]) -> Event:
    """What is sent as the event that comes next. InvalidInputs where it cannot follow."""
    reason, answer = (plain(name, sent[name], 2_000) if name in sent else None for name in ("reason", "answer"))
    actor = asked.actor
    state, agency, kind = one.state, (one.agency, one.agency_title), "photo"
    if "state" in sent:
        state, kind = State(sent["state"]), "state"
        _check_state(one, state, reason, answer)
    elif "forward" in sent:
        _check_open(one)
        state, kind = State.RECEIVED, "forwarded"
        agency = (sent["forward"], await _title(request, work, one, sent["forward"]))
    elif await work.row(release_sql(one.id, released=sent["photo"] == "released")) is None:
        raise _refused("photo", "phản ánh này không có ảnh.", "this report has no photo.")
    reason = reason if kind != "photo" else sent["photo"] if reason is None else f"{sent['photo']}: {reason}"
    return Event(one.version, cast("Any", kind), state, agency, reason, answer, actor.id, actor.role.value)


def _check_state(one: Report, state: State, reason: str | None, answer: str | None) -> None:
    if state not in one.state.following:
        following = ", ".join(each.value for each in one.state.following)
        raise _refused(
            "state", f"sau '{one.state}' chỉ có thể là: {following}.", f"'{one.state}' is followed by {following}."
        )
    if state.closed and not answer:
        raise _refused("answer", "hãy ghi câu trả lời công khai.", "say what everybody may read as the answer.")
    if (state is State.DECLINED or one.state.closed) and not reason:
        raise _refused("reason", "hãy ghi lý do.", "say why.")


def _check_open(one: Report) -> None:
    """What is closed is taken up again first, which wants a reason of its own: everybody sees that it is open again."""
    if one.state.closed:
        raise _refused(
            "forward",
            "phản ánh đã kết thúc; hãy xử lý lại (in_progress, kèm lý do) rồi mới chuyển.",
            "the report is closed; take it up again (in_progress, with a reason) before it is forwarded.",
        )


def _answering(request: Request) -> dict[str, str]:
    """The agencies that answer a category here, by id."""
    return {category.agency: category.agency_title for category in categories_of(request).values()}


async def _title(request: Request, work: Transaction, one: Report, id: str) -> str:
    """What the agency is called. InvalidInputs where there is none, or it has the report already."""
    if id == one.agency:
        raise _refused("forward", "phản ánh đang ở cơ quan này.", "the report is with this agency already.")
    row = await work.row(agency_sql(id))
    if row is not None:
        return str(row["title"])
    if (title := _answering(request).get(id)) is not None:
        return title
    raise _refused("forward", f"không có cơ quan '{id}'.", f"there is no agency '{id}'.")


def _read(sent: object) -> Mapping[str, Any]:
    kind = next((name for name in EVENTS if isinstance(sent, dict) and name in sent), "state")
    problems = mistakes(_VALIDATORS[kind], "body", cast("Json", sent))
    if problems:
        first = problems[0]
        raise InvalidInputs(first["en"], first["vi"], where=first["where"], problems=problems)
    return cast("Mapping[str, Any]", sent)


def _refused(where: str, vi: str, en: str) -> InvalidInputs:
    return InvalidInputs(f"{where}: {en}", f"{where}: {vi}", where=where)


def _seen(request: Request) -> frozenset[int] | None:
    header = request.headers.get("if-match")
    if header is None:
        raise Unconditional(
            "Send If-Match with the ETag of the report, so that nobody's answer is overlooked.",
            "Hãy gửi If-Match kèm ETag của phản ánh để không bỏ sót việc người khác vừa làm.",
            where="If-Match",
        )
    return None if header.strip() == "*" else frozenset(int(version) for version in _TAG.findall(header[:1_000]))


def _number(request: Request) -> str:
    number = number_of(request.path_params["number"])
    if number is None:
        raise _missing()
    return number


def _missing() -> NotFound:
    return NotFound(
        "There is no report of this number for you.", "Không có phản ánh nào mang mã này dành cho bạn.", where="number"
    )


def _stale() -> Stale:
    return Stale(
        "Somebody else has done something about the report. Nothing was written: fetch it again, look, and send with its ETag.",
        "Phản ánh vừa được người khác xử lý. Chưa ghi gì: hãy tải lại, xem rồi gửi kèm ETag mới.",
        where="If-Match",
    )


def _json(content: object, version: int) -> Response:
    return Response(orjson.dumps(content), headers={**PRIVATE, "ETag": f'"{version}"'}, media_type=JSON.media_type)


ROUTES = [
    Route("/reports", reports),
    Route("/reports/{number}", report),
    Route("/reports/{number}/photo", photo),
    Route("/reports/{number}/events", add_event, methods=["POST"]),
]

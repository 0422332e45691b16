"""Applications on their way through an office: POST /cases, what happens to them, and the feed of what changed.

Only for agencies that decide on permits, within their area, and those who watch over them; the public is told nothing.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gis.errors import ConflictError, InvalidParameter, NotFound, Stale, Unconditional
from gis.model.actor import Actor
from gis.model.case import Case, NewEvent
from gis.model.layer import Text
from gis.store.cases import Wanted, case_of, case_sql, cases_sql, event_sql, events_sql, open_sql
from gis.store.kept_answers import Answer, Key, OtherRequestError, digest, earlier, keep
from gis.store.pools import Transaction
from services.auth.policy import Action, decide
from services.auth.trail import GROUND
from services.ogc.answers import PRIVATE
from services.ogc.ask import PAGES, Ask, ask
from services.ogc.bodies import read_json
from services.ogc.changes import MONITOR
from services.ogc.datetimes import parse_begin
from services.ogc.methods import EVERY, only
from services.ogc.negotiation import JSON, Offer
from services.ogc.parameters import limit
from services.permits.case_answers import case_json, state_word, whole_case_json
from services.permits.case_bodies import read_event, read_opening, refused
from services.permits.case_desk import Desk, first_event, next_event
from services.permits.case_pages import CASES, case_page, list_page
from services.permits.check import PERMITS
from services.permits.procedure import procedure_now

LIST = ("changed_since", "ma_ho_so", "state", "limit", "cursor")
PAGE, LONGEST_PAGE = 100, 1_000
KEY = r"[\x21-\x7e]{1,255}"
"""A key that names a request: printable, without spaces."""

_CURSOR = re.compile(r"ca5e([0-9a-f]{16})")
_TAG = re.compile(r'(?:W/)?"([0-9]{1,9})"')


async def open_case(request: Request) -> Response:
    """POST /cases: a new case, once for each Idempotency-Key."""
    desk = await _desk(request, Action.EDIT)
    sent = await read_json(request, (JSON.media_type,))
    opening = read_opening(sent)
    key = _key(request, desk, sent)
    if key is None:
        raise InvalidParameter(
            "Send Idempotency-Key: a text of your own choice, the same when you repeat the request.",
            "Hãy gửi tiêu đề Idempotency-Key: chuỗi do bạn chọn, giữ nguyên khi gửi lại yêu cầu.",
            where="Idempotency-Key",
        )
    request.scope[GROUND] = {"case": opening.number}

    async def work(transaction: Transaction) -> Answer:
        event = await first_event(desk, transaction, opening)
        agency = str(desk.asked.actor.agency)
        row = await transaction.row(open_sql(agency, opening.number, opening.subject, desk.asked.actor.id))
        if row is None:
            raise _there_already(opening.number)
        return await _recorded(desk, transaction, row["id"], event, 201)

    return await _once(desk, key, work)


async def add_event(request: Request) -> Response:
    """POST /cases/{id}/events: it passes into a state, its application is replaced, it is checked or handed over."""
    desk = await _desk(request, Action.EDIT)
    identifier = _identifier(request)
    seen = _seen(request)
    sent = await read_json(request, (JSON.media_type,))
    event = read_event(sent)

    async def work(transaction: Transaction) -> Answer:
        case = await _case(desk, transaction, identifier)
        request.scope[GROUND] = {"case": case.number} | ({"receiver": event.receiver} if event.receiver else {})
        if seen is not None and case.version not in seen:
            raise _stale()
        return await _recorded(desk, transaction, case.id, await next_event(desk, transaction, case, event), 200)

    return await _once(desk, _key(request, desk, sent), work)


async def cases(request: Request) -> Response:
    """GET /cases: those that changed, in the order in which they did. `next` and `monitor` lose none, however they come."""
    desk = await _desk(request, Action.READ_CASES, PAGES, LIST)
    asked = desk.asked
    most = limit(asked.parameters, PAGE, LONGEST_PAGE)
    wanted = Wanted(
        limit=most + 1,
        after=_after(asked.parameters.get("cursor")),
        since=_since(asked),
        number=asked.parameters.get("ma_ho_so"),
        state=asked.parameters.get("state"),
    )
    async with asked.services.keeper.transaction() as transaction:
        rows = await transaction.rows(cases_sql(wanted, desk.access))
    found = [case_of(row) for row in rows[:most]]
    later = asked.again(changed_since=None, cursor=_cursor(found[-1].changed)) if found else asked.url
    following = later if len(rows) > most else None
    told = [case_json(asked, case, desk.procedure, desk.today) for case in found]
    if asked.html:
        return list_page(asked, told, following)
    links = [{"rel": "self", "type": JSON.media_type, "href": asked.url}]
    links += [
        {"rel": rel, "type": JSON.media_type, "href": href}
        for rel, href in (("next", following), (MONITOR, later))
        if href is not None
    ]
    content = {"title": asked.say(CASES), "links": links, "numberReturned": len(told), "cases": told}
    return Response(orjson.dumps(content), headers=PRIVATE, media_type=JSON.media_type)


async def case(request: Request) -> Response:
    """GET /cases/{id}: a case with all its events."""
    desk = await _desk(request, Action.READ_CASES, PAGES)
    identifier = _identifier(request)
    async with desk.asked.services.keeper.transaction() as transaction:
        found = await _case(desk, transaction, identifier)
        told = await _told(desk, transaction, found)
    request.scope[GROUND] = {"case": found.number}
    if desk.asked.html:
        return case_page(desk.asked, told, {state: state_word(desk.asked, state) for state in desk.procedure.states})
    headers = {**PRIVATE, "ETag": _tag(found)}
    return Response(orjson.dumps(told), headers=headers, media_type=JSON.media_type)


async def _desk(
    request: Request, action: Action, offers: tuple[Offer, ...] = (JSON,), allowed: tuple[str, ...] = ()
) -> Desk:
    """The caller with its rights: nothing of a request is looked at before it is clear that it may make it."""
    asked = ask(request, offers, allowed)
    catalog = asked.services.catalog
    layer = catalog.layers.get(PERMITS)
    if layer is None:
        raise NotFound("There are no permits here.", "Ở đây không có lớp giấy phép.")
    access = decide(asked.actor, action, layer)
    today = datetime.now(ZoneInfo(catalog.territory.time_zone)).date()
    return Desk(asked, access, await procedure_now(asked.services.pools), today)


async def _once(desk: Desk, key: Key | None, work: Callable[[Transaction], Awaitable[Answer]]) -> Response:
    """Does the work and keeps its answer, or gives the one that was kept; all in one transaction."""
    async with desk.asked.services.keeper.transaction() as transaction:
        try:
            answer = None if key is None else await earlier(transaction, key)
        except OtherRequestError as error:
            raise refused(
                "Idempotency-Key",
                Text(
                    "đã dùng cho một yêu cầu khác; hãy chọn khoá mới.", "stands for another request; choose a new one."
                ),
            ) from error
        if answer is None:
            answer = await work(transaction)
            if key is not None:
                await keep(transaction, key, answer)
    return Response(answer.body, answer.status, {**PRIVATE, **answer.headers}, JSON.media_type)


async def _recorded(desk: Desk, transaction: Transaction, case_id: UUID, event: NewEvent, status: int) -> Answer:
    """Adds the event; the case as it is after it."""
    if await transaction.row(event_sql(case_id, event, desk.crs)) is None:
        raise _stale()
    found = await _case(desk, transaction, case_id)
    body = orjson.dumps(await _told(desk, transaction, found))
    headers = {"ETag": _tag(found), "Location": desk.asked.href(f"/cases/{found.id}")}
    return Answer(status, headers if status == 201 else {"ETag": headers["ETag"]}, body)


async def _case(desk: Desk, transaction: Transaction, case_id: UUID) -> Case:
    """The case; NotFound where there is none for this caller."""
    row = await transaction.row(case_sql(case_id, desk.access))
    if row is None:
        raise NotFound("There is no such case.", "Không có hồ sơ này.", where="caseId")
    return case_of(row)


async def _told(desk: Desk, transaction: Transaction, case: Case) -> dict[str, object]:
    events = await transaction.rows(events_sql(case.id))
    return whole_case_json(desk.asked, case, desk.procedure, desk.today, events)


def _identifier(request: Request) -> UUID:
    try:
        return UUID(request.path_params["id"])
    except ValueError as error:
        raise NotFound("There is no such case.", "Không có hồ sơ này.", where="caseId") from error


def _tag(case: Case) -> str:
    """Names the version: what If-Match sends back. The clock changes what is told without one."""
    return f'"{case.version}"'


def _seen(request: Request) -> frozenset[int] | None:
    """The versions that If-Match names; None for whichever it is (`*`)."""
    header = request.headers.get("if-match")
    if header is None:
        raise Unconditional(
            "Send If-Match with the ETag of the case, so that nobody's event is overlooked.",
            "Hãy gửi If-Match kèm ETag của hồ sơ để không bỏ sót sự kiện của người khác.",
            where="If-Match",
        )
    return None if header.strip() == "*" else frozenset(int(version) for version in _TAG.findall(header[:1_000]))


def _key(request: Request, desk: Desk, sent: object) -> Key | None:
    """The key of the request, None where none is sent. It stands for this very request of this very caller."""
    header = request.headers.get("idempotency-key")
    if header is None:
        return None
    if not re.fullmatch(KEY, header):
        raise InvalidParameter(
            "Idempotency-Key: 1 to 255 printable characters without spaces.",
            "Idempotency-Key: 1 đến 255 ký tự in được, không có dấu cách.",
            where="Idempotency-Key",
        )
    request_digest = digest(request.method, request.scope["path"], request.headers.get("if-match"), sent)
    actor: Actor = desk.asked.actor
    return Key(actor.id, header, request_digest, desk.asked.services.settings.idempotency_hours)


def _cursor(number: int) -> str:
    """Names the last event that was told. It travels encrypted: how many there are is not for everybody."""
    return f"ca5e{number:016x}"


def _after(cursor: str | None) -> int:
    if cursor is None:
        return 0
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise InvalidParameter(
            "cursor: follow a 'next' or 'monitor' link of /cases unchanged.",
            "cursor: hãy dùng nguyên liên kết 'next' hoặc 'monitor' của /cases.",
            where="cursor",
        )
    return int(found[1], 16)


def _since(asked: Ask) -> datetime | None:
    """An instant, or the beginning of that day."""
    text = asked.parameters.get("changed_since")
    zone = ZoneInfo(asked.services.catalog.territory.time_zone)
    return None if text is None else parse_begin(text, zone, "changed_since")


def _there_already(number: str) -> ConflictError:
    return ConflictError(
        f"Your agency has a case '{number}' already: GET /cases?ma_ho_so={number}.",
        f"Cơ quan bạn đã có hồ sơ '{number}': xem GET /cases?ma_ho_so={number}.",
    )


def _stale() -> Stale:
    return Stale(
        "The case has another event meanwhile. Nothing was written: fetch it again, look, and send with its ETag.",
        "Hồ sơ vừa có sự kiện khác. Chưa ghi gì: hãy tải lại hồ sơ, xem rồi gửi kèm ETag mới.",
        where="If-Match",
    )


ROUTES = [
    Route("/cases", cases),
    Route("/cases", open_case, methods=["POST"]),
    Route("/cases", only("GET", "HEAD", "OPTIONS", "POST"), methods=EVERY),
    Route("/cases/{id}", case),
    Route("/cases/{id}", only("GET", "HEAD", "OPTIONS"), methods=EVERY),
    Route("/cases/{id}/events", add_event, methods=["POST"]),
    Route("/cases/{id}/events", only("OPTIONS", "POST"), methods=EVERY),
]

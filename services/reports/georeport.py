"""Open311 GeoReport v2: what may be reported, reports, and what becomes of them. For everybody; as JSON and XML.

Extensions: `bbox` (west, south, east, north), `limit` and `cursor`; `callback` and `Idempotency-Key` where one is sent.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gis.crs.registry import crs
from gis.errors import ConflictError, InvalidParameter, NoRoom, NotFound, StoreError, TooMany
from gis.model.actor import PUBLIC
from gis.model.query import CRS84
from gis.model.report import Report, Told
from gis.store.kept_answers import Answer, Key, OtherRequestError, digest, earlier, keep
from gis.store.pools import Transaction
from gis.store.reports import Call, Limits, Wanted, public_sql, report_of, report_sql, room_sql, sent_sql, turn_sql
from services.auth.address import hidden
from services.ogc.answers import PRIVATE, link_header
from services.ogc.ask import Ask, ask
from services.ogc.boxes import parse_bbox
from services.ogc.datetimes import parse_begin
from services.ogc.negotiation import Offer
from services.ogc.parameters import limit
from services.permits.cases import KEY
from services.reports.intake import LONGEST, PLACED, Form, read_form, told_of
from services.reports.telling import (
    GEOREPORT,
    NOTICE,
    before,
    categories_of,
    cursor_after,
    listed,
    new_number,
    number_of,
    request_json,
    service_json,
)
from services.reports.wire import FORMATS, answer, body_of, format_of, georeport
from services.subscriptions.callbacks import Callbacks, secret_of, secret_text
from services.throttle import refuse_too_fast

FILTERS = ("service_request_id", "service_code", "start_date", "end_date", "status", "bbox", "limit", "cursor")
IGNORED = ("jurisdiction_id", "api_key")
PAGE, LONGEST_PAGE = 1_000, 1_000
DAYS = 90
"""Without other dates, as the standard says."""

STATUSES = ("open", "closed")
REQUESTS = ("service_requests", "request")
_IDEMPOTENT = "report"


@georeport
async def discovery(request: Request) -> Response:
    """GET /open311/v2/discovery: where and how the service is reached."""
    asked = _asked(request)
    formats = [{"format": one} for one in ("application/json", "text/xml")]
    content = {
        "changeset": "2026-11-22 00:00",
        "key_service": "",
        "contact": "",
        "endpoints": [
            {
                "specification": "http://wiki.open311.org/GeoReport_v2",
                "url": asked.href(GEOREPORT),
                "changeset": "2026-11-22 00:00",
                "type": "production",
                "formats": formats,
            }
        ],
    }
    return answer(request, ("discovery", ""), content)


@georeport
async def services(request: Request) -> Response:
    """GET /open311/v2/services: what may be reported."""
    asked = _asked(request)
    found = [service_json(one, asked.language) for one in categories_of(request).values()]
    return answer(request, ("services", "service"), found)


@georeport
async def service(request: Request) -> Response:
    """GET /open311/v2/services/{code}: its definition, which asks for nothing more."""
    _asked(request)
    code = request.path_params["code"]
    if code not in categories_of(request):
        raise NotFound("There is no such category.", "Không có loại phản ánh này.", where="service_code")
    return answer(request, ("service_definition", ""), {"service_code": code, "attributes": []})


@georeport
async def requests(request: Request) -> Response:
    """GET /open311/v2/requests: reports of the last 90 days, or as asked for; the newest first."""
    asked = _asked(request, (*FILTERS, *IGNORED))
    most = limit(asked.parameters, PAGE, LONGEST_PAGE)
    rows = await asked.services.pools.rows(public_sql(_wanted(asked, most + 1)))
    found = [report_of(row) for row in rows[:most]]
    headers = {}
    if len(rows) > most:
        following = asked.again(cursor=cursor_after(found[-1]))
        headers["Link"] = link_header([{"rel": "next", "href": following, "type": FORMATS[format_of(request)]}])
    return answer(request, REQUESTS, [_told(request, asked, one) for one in found], headers=headers)


@georeport
async def one_request(request: Request) -> Response:
    """GET /open311/v2/requests/{number}."""
    asked = _asked(request)
    number = number_of(request.path_params["number"])
    row = None if number is None else await asked.services.pools.row(public_sql(Wanted(limit=1, numbers=(number,))))
    if row is None:
        raise NotFound(
            "There is no report of this number.", "Không có phản ánh nào mang mã này.", where="service_request_id"
        )
    return answer(request, REQUESTS, [_told(request, asked, report_of(row))])


@georeport
async def report(request: Request) -> Response:
    """POST /open311/v2/requests: a new report."""
    asked = _asked(request)
    if asked.actor is PUBLIC:  # before the photo: whoever may not send any more could still have photos decoded
        refuse_too_fast(request, request.app.state.reporting)
    form = await read_form(request)
    told = await told_of(form, categories_of(request), asked.services.catalog.territory)
    call = _call(asked, form)
    key = _key(request, asked, form)
    async with asked.services.keeper.transaction() as work:
        try:
            kept = None if key is None else await earlier(work, key)
        except OtherRequestError as error:
            raise ConflictError(
                "Idempotency-Key: stands for another report; choose a new one.",
                "Idempotency-Key: đã dùng cho một phản ánh khác; hãy chọn khoá mới.",
            ) from error
        if kept is None:
            await _refuse_many(request, asked, work, told)
            kept = await _written(request, asked, work, told, call)
            if key is not None:
                await keep(work, key, kept)
    wanted = format_of(request)
    return Response(kept.body, kept.status, {**PRIVATE, **kept.headers}, FORMATS[wanted])


async def _written(request: Request, asked: Ask, work: Transaction, told: Told, call: Call | None) -> Answer:
    row = await work.row(report_sql(new_number(), told, (asked.actor.id, asked.actor.role.value), call))
    if row is None:
        raise StoreError("A report was not written down.")
    one, wanted = report_of(row), format_of(request)
    notice = asked.say(NOTICE).format(agency=one.agency_title, number=one.number)
    content: dict[str, object] = {"service_request_id": one.number, "service_notice": notice, "account_id": None}
    if call is not None:
        content["callback_secret"] = secret_text(secret_of(asked.services.secret, one.id.bytes))
    location = asked.href(f"{GEOREPORT}/requests/{one.number}.{wanted}")
    return Answer(201, {"Location": location, "Content-Language": asked.language}, body_of(wanted, REQUESTS, [content]))


async def _refuse_many(request: Request, asked: Ask, work: Transaction, told: Told) -> None:
    """TooMany where as much was reported in the last hour as may be; NoRoom where no photo can be kept."""
    settings = asked.services.settings
    sender = None
    if asked.actor is PUBLIC:
        sender = hidden(asked.services.secret, b"report address", request.client.host if request.client else None)
    await work.row(turn_sql())
    limits = Limits(settings.reports_of_address, settings.reports_of_public, settings.report_megabytes << 20)
    room = await work.row(room_sql(sender, limits, len(told.photo or b"")))
    assert room is not None
    if sender is not None and not (room["sender"] and room["all"]):
        raise TooMany(
            "As many reports as may be have been sent in the last hour. Try again later; in danger call 113, 114 or 115.",
            "Đã nhận đủ số phản ánh trong một giờ qua. Hãy thử lại sau; trường hợp khẩn cấp hãy gọi 113, 114 hoặc 115.",
        )
    if not room["photos"]:
        raise NoRoom(
            "There is no room for further photos at present; send the report without one.",
            "Hiện không còn chỗ lưu ảnh; hãy gửi phản ánh không kèm ảnh.",
            where="media",
        )
    if sender is not None:
        await work.row(sent_sql(sender))


def _asked(request: Request, allowed: tuple[str, ...] = IGNORED) -> Ask:
    wanted = format_of(request)
    kinds = ("application/json",) if wanted == "json" else ("text/xml", "application/xml")
    return ask(request, (Offer(wanted, kinds[0], kinds[1:]),), allowed)


def _told(request: Request, asked: Ask, one: Report) -> dict[str, object]:
    return request_json(one, categories_of(request).get(one.category), asked.language, asked.base)


def _wanted(asked: Ask, most: int) -> Wanted:
    parameters, territory = asked.parameters, asked.services.catalog.territory
    zone = ZoneInfo(territory.time_zone)
    since, until = (
        None if (text := parameters.get(name)) is None else parse_begin(text, zone, name)
        for name in ("start_date", "end_date")
    )
    numbers = listed(parameters, "service_request_id")
    if numbers is None and since is None:
        since = _days_before(until or datetime.now(UTC))
    statuses = listed(parameters, "status", STATUSES)
    last = before(parameters.get("cursor"))
    bbox = parameters.get("bbox")
    return Wanted(
        limit=most,
        numbers=None if numbers is None else tuple(number_of(text) or "" for text in numbers),
        categories=listed(parameters, "service_code"),
        closed=None if statuses is None else tuple(status == "closed" for status in statuses),
        since=since,
        until=until,
        bbox=None if bbox is None else parse_bbox(bbox, crs(CRS84), territory).bounds,
        before=None if last is None else (instant_of(last[0]), last[1]),
    )


def _days_before(until: datetime) -> datetime | None:
    """None where that is before all that can be told."""
    try:
        return until - timedelta(days=DAYS)
    except OverflowError:
        return None


def instant_of(microseconds: int) -> datetime:
    """The instant of a cursor. InvalidParameter where it lies beyond what can be told."""
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    except OverflowError as error:
        raise InvalidParameter("cursor: is none.", "cursor: không đúng.", where="cursor") from error


def _call(asked: Ask, form: Form) -> Call | None:
    url = form.fields.get("callback")
    if not url:
        return None
    return Call(Callbacks(asked.services.settings.callback_hosts).checked(url), asked.base, asked.language)


def _key(request: Request, asked: Ask, form: Form) -> Key | None:
    header = request.headers.get("idempotency-key")
    if header is None:
        return None
    if not re.fullmatch(KEY, header):
        raise InvalidParameter(
            "Idempotency-Key: 1 to 255 printable characters without spaces.",
            "Idempotency-Key: 1 đến 255 ký tự in được, không có dấu cách.",
            where="Idempotency-Key",
        )
    media = None if form.media is None else digest(form.media.hex()).hex()
    said = {name: text for name, text in form.fields.items() if name in LONGEST or name in PLACED}
    stands_for = digest(request.scope["path"], said, media)
    return Key(_IDEMPOTENT, header, stands_for, asked.services.settings.idempotency_hours)


async def options_requests(request: Request) -> Response:
    """OPTIONS /open311/v2/requests, and what no method of it is."""
    if request.method != "OPTIONS":
        raise HTTPException(405, headers={"Allow": _ALLOWED})
    return Response(status_code=204, headers={"Allow": _ALLOWED, **PRIVATE})


_ALLOWED = "GET, HEAD, OPTIONS, POST"
_ROOT = GEOREPORT
ROUTES = [
    Route(f"{_ROOT}/discovery.{{format}}", discovery),
    Route(f"{_ROOT}/services.{{format}}", services),
    Route(f"{_ROOT}/services/{{code}}.{{format}}", service),
    Route(f"{_ROOT}/requests.{{format}}", requests),
    Route(f"{_ROOT}/requests.{{format}}", report, methods=["POST"]),
    Route(f"{_ROOT}/requests.{{format}}", options_requests, methods=["OPTIONS", "PUT", "PATCH", "DELETE"]),
    Route(f"{_ROOT}/requests/{{number}}.{{format}}", one_request),
]

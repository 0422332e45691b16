"""One table from error class to HTTP status, and the answers made from it: problem+json (RFC 9457), or a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import orjson
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gis.errors import (
    Ambiguous,
    AmbiguousParcel,
    BeyondEnd,
    Busy,
    ConflictError,
    DatabaseUnavailable,
    Forbidden,
    ForeignDatabase,
    Gone,
    InvalidCrs,
    InvalidInputs,
    InvalidParameter,
    IssuerUnavailable,
    LandmapError,
    Making,
    NoRoom,
    NoSuchJob,
    NoSuchProcess,
    NotAcceptable,
    NotFound,
    NotReady,
    NotYet,
    QueryTimeout,
    Stale,
    TooFast,
    TooLarge,
    TooMany,
    TooSlow,
    Unauthenticated,
    Unconditional,
    UnknownMediaType,
    Unmade,
    Unwritable,
)
from gis.model.layer import Text
from services.ogc.negotiation import HTML, PROBLEM, language, page_preferred
from services.ogc.templates import PAGE_HEADERS, Leads, render

log = structlog.get_logger("landmap.errors")


@dataclass(frozen=True, slots=True)
class Problem:
    """How one class of errors is told. `detail` replaces the error's own words where these are for the operator.

    `type`: the URI that a standard prescribes for it, in place of our own.
    """

    status: int
    slug: str
    title: Text
    detail: Text | None = None
    retry_after: int | None = None
    type: str | None = None


_PROCESSES = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/"

_BUSY = Text(
    "Hệ thống dữ liệu tạm thời không trả lời được. Hãy thử lại sau ít giây.",
    "The database cannot answer at the moment. Try again in a few seconds.",
)

INTERNAL = Problem(
    500,
    "internal",
    Text("Lỗi máy chủ", "Server error"),
    Text(
        "Máy chủ gặp lỗi khi xử lý yêu cầu này. Khi báo lỗi, hãy gửi kèm mã yêu cầu (requestId).",
        "The server failed on this request. When you report it, give the requestId.",
    ),
)

TABLE: dict[type[LandmapError], Problem] = {
    InvalidParameter: Problem(400, "invalid-parameter", Text("Tham số không hợp lệ", "Invalid parameter")),
    InvalidCrs: Problem(400, "invalid-crs", Text("Hệ toạ độ không hợp lệ", "Invalid CRS")),
    Unauthenticated: Problem(401, "unauthenticated", Text("Chưa đăng nhập", "Not signed in")),
    Forbidden: Problem(403, "forbidden", Text("Không có quyền", "Forbidden")),
    NotFound: Problem(404, "not-found", Text("Không tìm thấy", "Not found")),
    NotYet: Problem(404, "not-yet-in-force", Text("Chưa có hiệu lực", "Not yet in force")),
    NoSuchProcess: Problem(
        404, "not-found", Text("Không có tiến trình này", "No such process"), type=_PROCESSES + "no-such-process"
    ),
    NoSuchJob: Problem(
        404, "not-found", Text("Không có công việc này", "No such job"), type=_PROCESSES + "no-such-job"
    ),
    NotReady: Problem(404, "not-ready", Text("Chưa có kết quả", "Not ready"), type=_PROCESSES + "result-not-ready"),
    NotAcceptable: Problem(406, "not-acceptable", Text("Không có định dạng phù hợp", "Not acceptable")),
    Gone: Problem(410, "gone", Text("Không còn hiệu lực", "Gone")),
    Stale: Problem(412, "changed-meanwhile", Text("Đối tượng đã thay đổi", "Changed meanwhile")),
    TooLarge: Problem(413, "too-large", Text("Nội dung quá lớn", "Too large")),
    BeyondEnd: Problem(416, "range-not-satisfiable", Text("Không có phần này", "No such part")),
    TooSlow: Problem(504, "too-slow", Text("Quá thời gian chờ", "Takes too long to wait for")),
    UnknownMediaType: Problem(415, "unknown-media-type", Text("Không nhận loại nội dung này", "Unknown media type")),
    Unwritable: Problem(422, "unwritable", Text("Dữ liệu không hợp lệ", "Does not fit the layer")),
    Unconditional: Problem(428, "if-match-required", Text("Thiếu If-Match", "If-Match required")),
    TooMany: Problem(429, "too-many", Text("Quá nhiều yêu cầu", "Too many"), retry_after=30),
    AmbiguousParcel: Problem(409, "ambiguous-parcel", Text("Nhiều thửa đất khớp", "Several parcels match")),
    ConflictError: Problem(409, "conflict", Text("Xung đột dữ liệu", "Conflict")),
    QueryTimeout: Problem(
        504,
        "query-timeout",
        Text("Quá thời gian xử lý", "The query took too long"),
        Text(
            "Câu hỏi này cần nhiều thời gian hơn mức cho phép. Hãy thu nhỏ bbox, giảm limit hoặc bớt điều kiện lọc.",
            "This question needs more time than is allowed. Ask for a smaller bbox, a lower limit or fewer filters.",
        ),
    ),
    Busy: Problem(503, "busy", Text("Đang bận", "Busy"), retry_after=30),
    Making: Problem(503, "being-made", Text("Đang được tạo", "Being made"), retry_after=30),
    Unmade: Problem(503, "not-made", Text("Chưa tạo được", "Not made"), retry_after=60),
    NoRoom: Problem(507, "no-room", Text("Hết chỗ lưu trữ", "No room"), retry_after=3600),
    DatabaseUnavailable: Problem(503, "unavailable", Text("Tạm ngừng phục vụ", "Unavailable"), _BUSY, 5),
    IssuerUnavailable: Problem(
        503,
        "issuer-unavailable",
        Text("Chưa đăng nhập được", "Not signed in"),
        Text(
            "Hệ thống đăng nhập tạm thời không trả lời. Hãy thử lại sau ít phút.",
            "The sign-in service does not answer at the moment. Try again in a few minutes.",
        ),
        60,
    ),
    ForeignDatabase: Problem(503, "unavailable", Text("Tạm ngừng phục vụ", "Unavailable"), _BUSY, 60),
}

_HTTP = {
    404: Problem(
        404,
        "not-found",
        Text("Không tìm thấy", "Not found"),
        Text(
            "Không có tài nguyên nào ở địa chỉ này. Hãy bắt đầu từ trang gốc '/' và đi theo các liên kết.",
            "There is nothing at this address. Start at the landing page '/' and follow its links.",
        ),
    ),
    405: Problem(
        405,
        "method-not-allowed",
        Text("Phương thức không được hỗ trợ", "Method not allowed"),
        Text(
            "Địa chỉ này chỉ trả lời các phương thức ghi trong tiêu đề Allow.",
            "This address answers only the methods in the Allow header.",
        ),
    ),
}


def problem_of(error: LandmapError) -> Problem:
    """The row of the table for the error's class or its nearest ancestor; INTERNAL where none is listed."""
    return next((TABLE[kind] for kind in type(error).__mro__ if kind in TABLE), INTERNAL)


async def on_landmap_error(request: Request, error: Exception) -> Response:
    """Answers an error that Landmap raised on purpose."""
    if not isinstance(error, LandmapError):
        raise error
    problem = problem_of(error)
    if problem.status >= 500:
        cause = repr(error.__cause__) if error.__cause__ else None
        log.error(
            "request failed",
            error=type(error).__name__,
            detail=error.en,
            cause=cause,
            path=request.scope["path"],
            request_id=request_id(request),
        )
    return problem_response(request, problem, error)


async def on_http_error(request: Request, error: Exception) -> Response:
    """Answers what the router refuses: no such path, no such method, and OPTIONS with the methods there are."""
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == 405:
        methods = sorted({*(error.headers or {}).get("Allow", "GET").split(", "), "OPTIONS"})
        allow = {"Allow": ", ".join(methods)}
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=allow)
        return problem_response(request, _HTTP[405], headers=allow)
    return problem_response(request, _HTTP.get(error.status_code, INTERNAL))


def problem_response(
    request: Request,
    problem: Problem,
    error: LandmapError | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """The answer in the language of the request: problem+json, or the same as a page where a browser asks."""
    spoken = language(request)
    told = problem_document(problem, error, spoken, request_id(request))
    sent = {"Content-Language": spoken, "Cache-Control": "no-store", **(headers or {})}
    if problem.status == 401:
        sent["WWW-Authenticate"] = 'Bearer realm="landmap"'
    if problem.retry_after is not None:
        sent["Retry-After"] = str(error.seconds if isinstance(error, TooFast | Unmade) else problem.retry_after)
    if isinstance(error, BeyondEnd):
        sent["Content-Range"] = f"bytes */{error.size}"
    if page_preferred(request):
        page = _page(request, problem.title, told, spoken)
        return Response(page, problem.status, {**sent, **PAGE_HEADERS}, HTML.media_type)
    return Response(orjson.dumps(told), problem.status, sent, PROBLEM.media_type)


def problem_document(
    problem: Problem, error: LandmapError | None, spoken: str, asked: str | None = None
) -> dict[str, object]:
    """The members of the problem document (RFC 9457). `asked`: the id of the request, where one is answered with it."""
    if problem.detail is not None:
        detail = problem.detail[spoken]
    else:
        detail = error.text(spoken) if error else problem.title[spoken]
    told: dict[str, object] = {
        "type": problem.type or f"urn:landmap:problem:{problem.slug}",
        "title": problem.title[spoken],
        "status": problem.status,
        "detail": detail,
    }
    if asked is not None:
        told["requestId"] = asked
    if error is not None and error.where is not None and problem.detail is None:
        told["where"] = error.where
    if isinstance(error, ConflictError):
        told["ids"] = list(error.ids)
    if isinstance(error, Unwritable | Ambiguous | InvalidInputs):
        told["problems"] = list(error.problems)
    if isinstance(error, AmbiguousParcel):
        told |= {"numberMatched": error.matched, "candidates": list(error.candidates)}
    if isinstance(error, Gone):
        told |= {"ended": error.ended, "links": error.links}
    if isinstance(error, NotYet):
        told |= {"begins": error.begins, "links": error.links}
    return told


def _page(request: Request, title: Text, told: dict[str, object], spoken: str) -> str:
    """The problem as a page. Its addresses need no Host header, which may be what is wrong."""
    settings = request.app.state.settings
    base = str(settings.public_url or "").rstrip("/")

    def address(path: str, parameters: Mapping[str, str]) -> str:
        return f"{base}{path}?{urlencode(parameters)}" if parameters else base + path

    asked = {name: value for name, value in request.query_params.items() if name != "lang"}
    switch = "?" + urlencode({**asked, "lang": "en" if spoken == "vi" else "vi"})
    leads = Leads(address, switch, "lang" in request.query_params)
    return render("problem.html", title, spoken, leads, problem={**_NOTHING_MORE, **told})


_NOTHING_MORE = {"where": None, "ids": (), "problems": (), "links": (), "candidates": ()}
"""Members that not every problem has."""


def request_id(request: Request) -> str:
    """The id that the outermost middleware gave to this request."""
    return str(request.scope.get("landmap.request_id", ""))

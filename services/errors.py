"""One table from error class to HTTP status, and the problem+json (RFC 9457) bodies made from it."""

from __future__ import annotations

from dataclasses import dataclass

import orjson
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gis.errors import (
    Ambiguous,
    Busy,
    ConflictError,
    DatabaseUnavailable,
    Forbidden,
    ForeignDatabase,
    Gone,
    InvalidCrs,
    InvalidParameter,
    IssuerUnavailable,
    LandmapError,
    Making,
    NoRoom,
    NotAcceptable,
    NotFound,
    QueryTimeout,
    Stale,
    TooLarge,
    Unauthenticated,
    Unconditional,
    UnknownMediaType,
    Unwritable,
)
from gis.model.layer import Text
from services.ogc.negotiation import language

log = structlog.get_logger("landmap.errors")

PROBLEM_JSON = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    """How one class of errors is told. `detail` replaces the error's own words where these are for the operator."""

    status: int
    slug: str
    title: Text
    detail: Text | None = None
    retry_after: int | None = None


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
    Unauthenticated: Problem(401, "unauthenticated", Text("Chưa đăng nhập được", "Not signed in")),
    Forbidden: Problem(403, "forbidden", Text("Không được phép", "Forbidden")),
    NotFound: Problem(404, "not-found", Text("Không tìm thấy", "Not found")),
    NotAcceptable: Problem(406, "not-acceptable", Text("Không có định dạng phù hợp", "Not acceptable")),
    Gone: Problem(410, "gone", Text("Không còn hiệu lực", "Gone")),
    Stale: Problem(412, "changed-meanwhile", Text("Đối tượng đã thay đổi", "Changed meanwhile")),
    TooLarge: Problem(413, "too-large", Text("Nội dung quá lớn", "Too large")),
    UnknownMediaType: Problem(415, "unknown-media-type", Text("Không nhận loại nội dung này", "Unknown media type")),
    Unwritable: Problem(422, "unwritable", Text("Dữ liệu không hợp lệ", "Does not fit the layer")),
    Unconditional: Problem(428, "if-match-required", Text("Thiếu If-Match", "If-Match required")),
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
    """The problem+json answer in the language of the request."""
    spoken = language(request)
    if problem.detail is not None:
        detail = problem.detail[spoken]
    else:
        detail = error.text(spoken) if error else problem.title[spoken]
    body: dict[str, object] = {
        "type": f"urn:landmap:problem:{problem.slug}",
        "title": problem.title[spoken],
        "status": problem.status,
        "detail": detail,
        "requestId": request_id(request),
    }
    if error is not None and error.where is not None and problem.detail is None:
        body["where"] = error.where
    if isinstance(error, ConflictError):
        body["ids"] = list(error.ids)
    if isinstance(error, Unwritable | Ambiguous):
        body["problems"] = list(error.problems)
    if isinstance(error, Gone):
        body |= {"ended": error.ended, "links": error.links}
    sent = {"Content-Language": spoken, "Cache-Control": "no-store", **(headers or {})}
    if problem.status == 401:
        sent["WWW-Authenticate"] = 'Bearer realm="landmap"'
    if problem.retry_after is not None:
        sent["Retry-After"] = str(problem.retry_after)
    return Response(orjson.dumps(body), problem.status, sent, PROBLEM_JSON)


def request_id(request: Request) -> str:
    """The id that the outermost middleware gave to this request."""
    return str(request.scope.get("landmap.request_id", ""))

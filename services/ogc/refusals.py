"""What writing refuses, told over HTTP: which header to send, what is taken, and where to look."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps

import structlog
from starlette.requests import Request
from starlette.responses import Response

from gis.errors import ConflictError, LandmapError, Stale, Unconditional, Unwritable
from gis.model.layer import Text
from services.errors import on_landmap_error, request_id
from services.ogc.bodies import preferences

log = structlog.get_logger("landmap.transactions")

type Endpoint = Callable[[Request], Awaitable[Response]]


def refusals(accepts: Mapping[str, str]) -> Callable[[Endpoint], Endpoint]:
    """Refusals of a writing endpoint say which preference was kept to and, of another media type, what is taken."""

    def endpoint(handler: Endpoint) -> Endpoint:
        @wraps(handler)
        async def handle(request: Request) -> Response:
            try:
                return await handler(request)
            except LandmapError as error:
                response = await on_landmap_error(request, _over_http(request, error))
                told = preferences(request).applied(representation=False)
                response.headers.update({**told, **(accepts if response.status_code == 415 else {})})
                return response

        return handle

    return endpoint


_PLACES = {"seen": "If-Match", "id": "featureId"}
"""What is called `where` in edits, by its name over HTTP."""

_SENT_WITH = {
    Unconditional: Text(
        "Hãy gửi If-Match kèm ETag của phiên bản đó (lấy từ GET đối tượng bằng chính khoá của bạn); '*' là sửa bất kỳ phiên bản nào.",
        "Send If-Match with the ETag of that version (from GET of the item with your own key); '*' changes whatever version there is.",
    ),
    Stale: Text(
        "If-Match ghi ETag của phiên bản khác, hoặc ETag lấy khi không gửi khoá của bạn.",
        "If-Match has the ETag of another version, or one that was fetched without your key.",
    ),
    ConflictError: Text(
        "Nếu cả hai đều đúng, hãy gửi 'Prefer: handling=lenient'.",
        "If both are right, send 'Prefer: handling=lenient'.",
    ),
}


def _over_http(request: Request, error: LandmapError) -> LandmapError:
    """Adds what to send, or where to look: edits know no headers and no addresses."""
    if isinstance(error, Unwritable) and error.__cause__ is not None:
        # The checks before should have found it: the detail is for whoever mends them.
        log.warning("the database refused an edit", cause=repr(error.__cause__), request_id=request_id(request))
    said = _advice(request, error)
    if said is not None:
        error.en, error.vi = f"{error.en} {said.en}", f"{error.vi} {said.vi}"
    error.where = _PLACES.get(error.where, error.where) if error.where else None
    return error


def _advice(request: Request, error: LandmapError) -> Text | None:
    if isinstance(error, Unwritable) and any(one["reason"] == "unknown-property" for one in error.problems):
        path = f"/collections/{request.path_params.get('layer', '{collectionId}')}/receivables"
        return Text(f"Các trường ghi được: xem {path}.", f"What can be written is told at {path}.")
    if isinstance(error, Stale) and error.where is None:  # lost to somebody who was faster
        return None
    return _SENT_WITH.get(type(error))

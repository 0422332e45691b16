"""GeoReport v2 on the wire: the same content as JSON and as XML, and what went wrong in both."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response

from gis.errors import LandmapError, NotFound, TooFast
from services.errors import problem_of, request_id
from services.ogc.answers import NO_STORE
from services.ogc.negotiation import language

log = structlog.get_logger("landmap.reports")

type Handler = Callable[[Request], Awaitable[Response]]
type Content = Mapping[str, object] | Sequence[Mapping[str, object]]

FORMATS: Mapping[str, str] = {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8"}


def format_of(request: Request) -> str:
    """`json` or `xml`, the end of the path. NotFound for any other."""
    found: str = request.path_params["format"]
    if found not in FORMATS:
        raise NotFound("GeoReport v2 answers as .json or .xml.", "GeoReport v2 trả lời dạng .json hoặc .xml.")
    return found


def answer(
    request: Request,
    names: tuple[str, str],
    content: Content,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """`names`: of the root and, for a list, of each of its members in XML."""
    wanted = format_of(request)
    sent = {**NO_STORE, "Content-Language": language(request), "Vary": "Accept-Language", **(headers or {})}
    return Response(body_of(wanted, names, content), status, sent, FORMATS[wanted])


def body_of(wanted: str, names: tuple[str, str], content: Content) -> bytes:
    """The content as it is sent."""
    if wanted == "json":
        return orjson.dumps(content)
    root = Element(names[0])
    if isinstance(content, Mapping):
        _fill(root, content)
    else:
        for one in content:
            _fill(SubElement(root, names[1]), one)
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _fill(element: Element, content: Mapping[str, object]) -> None:
    for name, value in content.items():
        child = SubElement(element, name)
        if isinstance(value, Mapping):
            _fill(child, value)
        elif isinstance(value, list | tuple):
            for one in value:
                _fill(SubElement(child, name.removesuffix("s")), one)
        elif isinstance(value, bool):
            child.text = str(value).lower()
        elif value is not None:
            child.text = str(value)


def georeport(handler: Handler) -> Handler:
    """The handler, with what goes wrong told as the standard has it: a list of errors with code and description."""

    @functools.wraps(handler)
    async def answered(request: Request) -> Response:
        try:
            return await handler(request)
        except LandmapError as error:
            return _refused(request, error)

    return answered


def _refused(request: Request, error: LandmapError) -> Response:
    problem, spoken = problem_of(error), language(request)
    told = problem.detail[spoken] if problem.detail is not None else error.text(spoken)
    if problem.status >= 500:
        log.error("request failed", error=type(error).__name__, detail=error.en, request_id=request_id(request))
    wanted = str(request.path_params.get("format"))
    wanted = wanted if wanted in FORMATS else "json"
    headers = {**NO_STORE, "Content-Language": spoken}
    if problem.retry_after is not None:
        headers["Retry-After"] = str(error.seconds if isinstance(error, TooFast) else problem.retry_after)
    if problem.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="landmap"'
    body = body_of(wanted, ("errors", "error"), [{"code": problem.status, "description": told}])
    return Response(body, problem.status, headers, FORMATS[wanted])

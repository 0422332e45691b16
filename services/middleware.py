"""Pure ASGI middlewares, outermost first: observe, forwarded headers, CORS, body (gzip and HEAD)."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import time
import uuid
import zlib
from collections.abc import Iterable

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.errors import INTERNAL, problem_response
from services.metrics import Metrics

log = structlog.get_logger("landmap.http")

type Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_REQUEST_ID = re.compile(r"[A-Za-z0-9_.\-]{1,64}")
_PARAMETER = re.compile(r"[A-Za-z0-9_.\-]{1,40}")
_HOST = re.compile(r"[A-Za-z0-9_.\-]{1,255}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?")
_EXPOSED = "Link, ETag, Content-Crs, Content-Language, Landmap-Data-Version, X-Request-Id"
_ACCEPTED = {
    name: re.compile(rf"(?:^|,)\s*{name}\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[0-9.]+\s*)?(?:,|$)", re.IGNORECASE)
    for name in ("gzip", "br")
}
_COMPRESSIBLE = re.compile(r"text/|application/(?!octet-stream|vnd\.mapbox-vector-tile)|image/svg", re.IGNORECASE)
_MIN_GZIP = 1_000
_GZIP_IN_THREAD = 64_000
_GZIP_LEVEL = 1


class Observe:
    """Gives each request an id, answers what nobody caught with a bare 500, counts and logs.

    The log has the path and the names of the parameters; their values may be personal and stay out.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        inbound = Headers(scope=scope).get("x-request-id", "")
        request_id = inbound if _REQUEST_ID.fullmatch(inbound) else uuid.uuid4().hex
        scope["landmap.request_id"] = request_id
        status = 0

        async def send_observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"x-request-id", request_id.encode()),
                    (b"x-content-type-options", b"nosniff"),
                ]
            await send(message)

        try:
            await self.app(scope, receive, send_observed)
        except Exception:
            log.exception("unhandled error", request_id=request_id, path=scope["path"])
            if status:
                raise
            await problem_response(Request(scope), INTERNAL)(scope, receive, send_observed)
        finally:
            self._record(scope, request_id, status, time.perf_counter() - started)

    def _record(self, scope: Scope, request_id: str, status: int, seconds: float) -> None:
        handler = getattr(scope.get("endpoint"), "__name__", "none")
        self.metrics.observe(handler, scope["method"], status, seconds)
        log.info(
            "request",
            request_id=request_id,
            method=scope["method"],
            path=scope["path"][:200],
            parameters=_parameter_names(scope["query_string"]),
            handler=handler,
            status=status,
            actor=getattr(scope.get("landmap.actor"), "id", "unknown"),
            milliseconds=round(seconds * 1000, 2),
        )


def _parameter_names(query: bytes) -> list[str]:
    if not query:
        return []
    names = (pair.split("=", 1)[0] for pair in query[:2000].decode("latin-1").split("&")[:40])
    return sorted({name if _PARAMETER.fullmatch(name) else "?" for name in names})


class Forwarded:
    """Takes scheme and host from X-Forwarded-Proto and X-Forwarded-Host, but only from proxies that are trusted."""

    def __init__(self, app: ASGIApp, trusted: Iterable[Network]) -> None:
        self.app = app
        self.trusted = tuple(trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.trusted and scope["type"] == "http" and self._from_proxy(scope):
            headers = Headers(scope=scope)
            proto = _last(headers.get("x-forwarded-proto", "")).lower()
            host = _last(headers.get("x-forwarded-host", ""))
            if proto in ("http", "https"):
                scope["scheme"] = proto
            if is_host(host):
                MutableHeaders(scope=scope)["host"] = host
        await self.app(scope, receive, send)

    def _from_proxy(self, scope: Scope) -> bool:
        client = scope.get("client")
        if not client:
            return False
        try:
            address = ipaddress.ip_address(client[0])
        except ValueError:
            return False
        return any(address in network for network in self.trusted)


def is_host(text: str) -> bool:
    """`text` is a host name or address with or without a port, and nothing else."""
    return _HOST.fullmatch(text) is not None


def _last(header: str) -> str:
    return header.rsplit(",", 1)[-1].strip()


class Cors:
    """Lets every web page read what is public: any origin, no credentials, GET and HEAD only."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        preflight = scope["method"] == "OPTIONS" and "access-control-request-method" in Headers(scope=scope)

        async def send_open(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Access-Control-Allow-Origin"] = "*"
                headers["Access-Control-Expose-Headers"] = _EXPOSED
                if preflight and message["status"] == 204:
                    headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
                    headers["Access-Control-Allow-Headers"] = (
                        "Accept, Accept-Language, Authorization, If-None-Match, Range, X-Api-Key, X-Request-Id"
                    )
                    headers["Access-Control-Max-Age"] = "86400"
            await send(message)

        await self.app(scope, receive, send_open)


class Body:
    """Compresses answers over 1 kB for clients that take gzip, and sends none of the body for HEAD.

    Only answers that come in one piece are compressed; ready-made encodings pass as they are.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        gzip = accepts(Headers(scope=scope).get("accept-encoding", ""), "gzip")
        head = scope["method"] == "HEAD"
        start: Message | None = None

        async def send_body(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            if start is not None:
                if gzip and not message.get("more_body") and _worth_it(start, message):
                    await _compress(start, message)
                await send(start)
                start = None
            await send({"type": "http.response.body", "body": b""} if head else message)

        await self.app(scope, receive, send_body)


def accepts(accept_encoding: str, name: str) -> bool:
    """The client takes the encoding `name` (gzip or br), by its Accept-Encoding."""
    return _ACCEPTED[name].search(accept_encoding[:1000]) is not None


def _worth_it(start: Message, message: Message) -> bool:
    headers = Headers(raw=start["headers"])
    return (
        len(message.get("body", b"")) > _MIN_GZIP
        and "content-encoding" not in headers
        and _COMPRESSIBLE.match(headers.get("content-type", "")) is not None
    )


async def _compress(start: Message, message: Message) -> None:
    body = message["body"]
    if len(body) > _GZIP_IN_THREAD:
        message["body"] = await asyncio.to_thread(gzipped, body)
    else:
        message["body"] = gzipped(body)
    headers = MutableHeaders(scope=start)
    headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(message["body"]))
    if "accept-encoding" not in headers.get("vary", "").lower():
        headers.add_vary_header("Accept-Encoding")


def gzipped(body: bytes, level: int = _GZIP_LEVEL) -> bytes:
    """`body` as one gzip member without a time stamp, so that equal bodies give equal bytes."""
    compressor = zlib.compressobj(level, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return compressor.compress(body) + compressor.flush()

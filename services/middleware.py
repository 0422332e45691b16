"""Pure ASGI middlewares, outermost first: observe, forwarded headers, CORS, body (gzip and HEAD)."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import time
import uuid
from collections.abc import Iterable

import structlog
from isal import isal_zlib
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.auth.meter import Meter
from services.auth.trail import Answer, Trail
from services.errors import INTERNAL, problem_response
from services.metrics import Metrics

log = structlog.get_logger("landmap.http")

type Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_REQUEST_ID = re.compile(r"[A-Za-z0-9_.\-]{1,64}")
_PARAMETER = re.compile(r"[A-Za-z0-9_.\-]{1,40}")
_HOST = re.compile(r"[A-Za-z0-9_.\-]{1,255}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?")
_EXPOSED = (
    "Link, ETag, Content-Crs, Content-Language, Landmap-Data-Version, X-Request-Id, "
    "Accept-Ranges, Content-Range, Content-Disposition, Repr-Digest, "
    "Location, Allow, Accept-Post, Accept-Patch, Preference-Applied"
)
_METHODS = "GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE"
_SENT = (
    "Accept, Accept-Language, Authorization, Content-Crs, Content-Type, Idempotency-Key, If-Match, If-None-Match, "
    "If-Range, Link, Prefer, Range, X-Api-Key, X-Request-Id"
)
_ACCEPTED = {
    name: re.compile(rf"(?:^|,)\s*{name}\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[0-9.]+\s*)?(?:,|$)", re.IGNORECASE)
    for name in ("gzip", "br")
}
_COMPRESSIBLE = re.compile(
    r"text/|image/svg|application/(?:[\w.-]+\+)?(?:json|json-seq|xml|javascript)\s*(?:;|$)", re.IGNORECASE
)
_MIN_GZIP = 1_000
_GZIP_IN_THREAD = 64_000


class Observe:
    """Gives each request an id, answers what nobody caught with a bare 500, counts, logs and notes what is recorded.

    The log has the path and the names of the parameters; their values may be personal and stay out.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, meter: Meter, trail: Trail) -> None:
        self.app = app
        self.metrics = metrics
        self.meter = meter
        self.trail = trail

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        inbound = Headers(scope=scope).get("x-request-id", "")
        request_id = inbound if _REQUEST_ID.fullmatch(inbound) else uuid.uuid4().hex
        scope["landmap.request_id"] = request_id
        status = size = 0
        file = False

        async def send_observed(message: Message) -> None:
            nonlocal status, size, file
            if message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            elif message["type"] == "http.response.start":
                status = message["status"]
                file = any(name == b"content-disposition" for name, _ in message.get("headers", ()))
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
            handler = getattr(scope.get("endpoint"), "__name__", "none")
            channel = "download" if file and handler == "items" else handler
            answer = Answer(channel, status, size, request_id)
            self._record(scope, answer, handler, time.perf_counter() - started)

    def _record(self, scope: Scope, answer: Answer, handler: str, seconds: float) -> None:
        self.metrics.observe(handler, scope["method"], answer.status, seconds)
        self.meter.count(scope, answer)
        self.trail.note(scope, answer)
        log.info(
            "request",
            request_id=answer.request_id,
            method=scope["method"],
            path=scope["path"][:200],
            parameters=_parameter_names(scope["query_string"]),
            handler=handler,
            status=answer.status,
            actor=getattr(scope.get("landmap.actor"), "id", "unknown"),
            milliseconds=round(seconds * 1000, 2),
        )


def _parameter_names(query: bytes) -> list[str]:
    if not query:
        return []
    names = (pair.split("=", 1)[0] for pair in query[:2000].decode("latin-1").split("&")[:40])
    return sorted({name if _PARAMETER.fullmatch(name) else "?" for name in names})


class Forwarded:
    """Takes scheme, host and the client's address from X-Forwarded-Proto, -Host and -For, but only from trusted proxies."""

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
            scope["client"] = self._client(",".join(headers.getlist("x-forwarded-for"))) or scope["client"]
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

    def _client(self, header: str) -> tuple[str, int] | None:
        """The nearest address in X-Forwarded-For that is no trusted proxy; None if it holds none."""
        for text in reversed(header[-2_000:].split(",")):
            try:
                address = ipaddress.ip_address(text.strip())
            except ValueError:
                return None
            if not any(address in network for network in self.trusted):
                return str(address), 0
        return None


def is_host(text: str) -> bool:
    """`text` is a host name or address with or without a port, and nothing else."""
    return _HOST.fullmatch(text) is not None


def _last(header: str) -> str:
    return header.rsplit(",", 1)[-1].strip()


class Cors:
    """Lets every web page read what is public, and write with a key that it was given: any origin, no cookies."""

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
                if preflight and message["status"] in (200, 204):
                    headers["Access-Control-Allow-Methods"] = _METHODS
                    headers["Access-Control-Allow-Headers"] = _SENT
                    headers["Access-Control-Max-Age"] = "86400"
            await send(message)

        await self.app(scope, receive, send_open)


class Body:
    """Compresses text over 1 kB for clients that take gzip, and sends none of the body for HEAD.

    What comes in pieces is compressed piece by piece, so that it flows on as it came. Ready-made encodings, parts of files
    and what says `no-transform` pass as they are.
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
        stream: _Gzip | None = None

        async def send_body(message: Message) -> None:
            nonlocal start, stream
            if message["type"] == "http.response.start":
                start = message
                return
            if start is not None:
                if gzip and _worth_it(start, message):
                    stream = _Gzip(start, message)
                    await stream.press(message)
                await send(start)
                start = None
            elif stream is not None:
                await stream.press(message)
            await send({"type": "http.response.body", "body": b""} if head else message)

        await self.app(scope, receive, send_body)


def accepts(accept_encoding: str, name: str) -> bool:
    """The client takes the encoding `name` (gzip or br), by its Accept-Encoding."""
    return _ACCEPTED[name].search(accept_encoding[:1000]) is not None


def _worth_it(start: Message, message: Message) -> bool:
    headers = Headers(raw=start["headers"])
    return (
        message["type"] == "http.response.body"
        and start["status"] != 206
        and (message.get("more_body", False) or len(message.get("body", b"")) > _MIN_GZIP)
        and "content-encoding" not in headers
        and "no-transform" not in headers.get("cache-control", "")
        and _COMPRESSIBLE.match(headers.get("content-type", "")) is not None
    )


class _Gzip:
    """One body on its way through gzip; tells the headers in `start` of it."""

    def __init__(self, start: Message, first: Message) -> None:
        self._compressor = _compressor()
        self._whole = not first.get("more_body")
        self._headers = MutableHeaders(scope=start)
        self._headers["Content-Encoding"] = "gzip"
        del self._headers["Content-Length"]
        if self._headers.get("etag", "").startswith('"'):  # a strong one is of these very bytes
            self._headers["ETag"] = f"W/{self._headers['etag']}"
        if "accept-encoding" not in self._headers.get("vary", "").lower():
            self._headers.add_vary_header("Accept-Encoding")

    async def press(self, message: Message) -> None:
        """Puts the compressed bytes in the place of the message's own; a long piece is pressed off the event loop."""
        body, last = message.get("body", b""), not message.get("more_body")
        if len(body) > _GZIP_IN_THREAD:
            message["body"] = await asyncio.to_thread(self._pressed, body, last)
        else:
            message["body"] = self._pressed(body, last)
        if self._whole:
            self._headers["Content-Length"] = str(len(message["body"]))

    def _pressed(self, body: bytes, last: bool) -> bytes:
        if not body and not last:
            return b""
        return self._compressor.compress(body) + self._compressor.flush(
            isal_zlib.Z_FINISH if last else isal_zlib.Z_SYNC_FLUSH
        )


def _compressor() -> isal_zlib.Compress:
    """ISA-L's best level is smaller than zlib's sixth and takes a fifteenth of its time."""
    return isal_zlib.compressobj(isal_zlib.ISAL_BEST_COMPRESSION, isal_zlib.DEFLATED, 16 + isal_zlib.MAX_WBITS)


def gzipped(body: bytes) -> bytes:
    """`body` as one gzip member without a time stamp, so that equal bodies give equal bytes."""
    compressor = _compressor()
    return compressor.compress(body) + compressor.flush()

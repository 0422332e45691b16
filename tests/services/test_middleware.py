"""Request ids, forwarded headers, CORS, gzip and HEAD: through the application."""

from __future__ import annotations

import gzip
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from services.app import create_app
from services.auth.meter import Meter
from services.auth.trail import Trail
from services.metrics import Metrics
from services.middleware import Forwarded, Observe, accepts

in_session = pytest.mark.asyncio(loop_scope="session")

ITEMS = "/collections/parcels/items"


@in_session
async def test_every_answer_has_a_request_id(client: httpx.AsyncClient) -> None:
    ids = [(await client.get(path)).headers["x-request-id"] for path in ("/healthz", "/nowhere", f"{ITEMS}?x=1")]
    assert all(re.fullmatch(r"[0-9a-f]{32}", one) for one in ids)
    assert len(set(ids)) == 3


@in_session
@pytest.mark.parametrize(
    ("sent", "kept"), [("abc-123.X_y", True), ("a" * 65, False), ("a b", False), ("<script>", False)]
)
async def test_a_sane_request_id_is_kept(client: httpx.AsyncClient, sent: str, kept: bool) -> None:
    answered = (await client.get("/healthz", headers={"X-Request-Id": sent})).headers["x-request-id"]
    assert (answered == sent) is kept


class Lines:
    """Takes log lines in the place of the logger."""

    def __init__(self) -> None:
        self.lines: list[dict[str, object]] = []

    def info(self, event: str, **fields: object) -> None:
        self.lines.append({"event": event, **fields})


@in_session
async def test_the_log_has_names_of_parameters_and_no_values(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = Lines()
    monkeypatch.setattr("services.middleware.log", lines)
    await client.get(ITEMS, params={"parcel": "bí mật", "limit": "3", "bí mật": "1"})
    await client.get(ITEMS, params={"parcel": "bí mật", "limit": "3"})
    refused, answered = lines.lines
    assert refused["parameters"] == ["?", "limit", "parcel"]
    assert answered["parameters"] == ["limit", "parcel"]
    assert (answered["status"], answered["handler"], answered["method"]) == (200, "items", "GET")
    assert "mật" not in str(lines.lines)


@in_session
async def test_any_origin_may_read_and_see_the_headers(client: httpx.AsyncClient) -> None:
    for path in (ITEMS, "/nowhere", f"{ITEMS}?x=1", "/collections/parcels/tiles/WebMercatorQuad/16/0/0"):
        response = await client.get(path, headers={"Origin": "https://elsewhere.example"})
        assert response.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in response.headers
        exposed = response.headers["access-control-expose-headers"].split(", ")
        assert {"Link", "ETag", "Content-Crs", "Landmap-Data-Version", "X-Request-Id"} <= set(exposed)


@in_session
async def test_a_preflight_is_answered(client: httpx.AsyncClient) -> None:
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
    for path, status in ((ITEMS, 200), ("/collections", 204)):
        response = await client.options(path, headers=asked)
        assert response.status_code == status
        assert response.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE"


@in_session
async def test_options_tells_the_methods(client: httpx.AsyncClient) -> None:
    for path, status in ((f"{ITEMS}/10000000-0000-0000-0000-000000000001", 200), ("/collections", 204)):
        response = await client.options(path)
        assert response.status_code == status
        assert response.headers["allow"] == "GET, HEAD, OPTIONS"
    assert (await client.options("/nowhere/at/all")).status_code == 404


@in_session
async def test_large_answers_are_gzipped_for_those_who_take_it(client: httpx.AsyncClient) -> None:
    async def raw(encoding: str, path: str = f"{ITEMS}?limit=100") -> tuple[httpx.Headers, bytes]:
        async with client.stream("GET", path, headers={"Accept-Encoding": encoding}) as response:
            return response.headers, b"".join([chunk async for chunk in response.aiter_raw()])

    headers, packed = await raw("br, gzip")
    assert headers["content-encoding"] == "gzip"
    assert int(headers["content-length"]) == len(packed)
    assert b'"FeatureCollection"' in gzip.decompress(packed)
    assert headers["vary"] == "Accept, Accept-Language, Accept-Encoding, Authorization, X-Api-Key"
    plain, body = await raw("identity")
    assert "content-encoding" not in plain
    assert len(body) > 5 * len(packed)
    small, _ = await raw("gzip", "/healthz")
    assert "content-encoding" not in small


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("gzip", True),
        ("br;q=1.0, gzip;q=0.8", True),
        ("GZIP", True),
        ("gzip;q=0", False),
        ("gzip;q=0.000", False),
        ("x-gzip", False),
        ("gzipped", False),
        ("", False),
        ("deflate, br", False),
    ],
)
def test_gzip_is_taken_when_it_is_said(header: str, taken: bool) -> None:
    assert accepts(header, "gzip") is taken


@in_session
@pytest.mark.parametrize("path", ["/", "/conformance", "/collections", ITEMS, "/api", "/healthz", "/map/style.json"])
async def test_head_is_get_without_a_body(client: httpx.AsyncClient, path: str) -> None:
    got, head = await client.get(path), await client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == got.headers["content-type"]


@asynccontextmanager
async def application(
    city: Any, settings_for: Any, client_address: str, **changes: object
) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings_for(city.dsn, **changes))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, client=(client_address, 1234))
        async with httpx.AsyncClient(transport=transport, base_url="http://inside:8080") as client:
            yield client


FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "land.example.vn"}


async def test_forwarded_headers_count_from_trusted_proxies_only(city: Any, settings_for: Any) -> None:
    trusted = (ip_network("10.1.0.0/16"),)
    for client_address, expected in (("10.1.2.3", "https://land.example.vn/"), ("10.2.2.3", "http://inside:8080/")):
        async with application(city, settings_for, client_address, trusted_proxies=trusted) as client:
            page = (await client.get("/?f=json", headers=FORWARDED)).json()
            assert all(link["href"].startswith(expected) for link in page["links"])


async def test_the_public_url_comes_before_everything(city: Any, settings_for: Any) -> None:
    async with application(city, settings_for, "10.1.2.3", public_url="https://example.vn/land") as client:
        page = (await client.get("/?f=json", headers=FORWARDED)).json()
        assert all(link["href"].startswith("https://example.vn/land/") for link in page["links"])


async def test_a_nonsense_forwarded_host_is_left_out() -> None:
    seen: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    headers = [(b"host", b"inside"), (b"x-forwarded-host", b"a b<"), (b"x-forwarded-proto", b"javascript")]
    scope = {"type": "http", "scheme": "http", "client": ("10.0.0.1", 1), "headers": headers}
    await Forwarded(app, [ip_network("10.0.0.0/8")])(scope, _never, _never)  # type: ignore[arg-type]
    assert seen[0]["scheme"] == "http"
    assert (b"host", b"inside") in seen[0]["headers"]


@pytest.mark.parametrize(
    ("sent", "client"),
    [
        (["203.0.113.9"], "203.0.113.9"),
        (["127.0.0.1, 203.0.113.9, 10.0.0.7"], "203.0.113.9"),
        (["127.0.0.1", "203.0.113.9"], "203.0.113.9"),
        (["203.0.113.9, nonsense"], "10.0.0.1"),
        (["x" * 5000], "10.0.0.1"),
        ([], "10.0.0.1"),
    ],
)
async def test_the_client_is_the_nearest_that_is_no_trusted_proxy(sent: list[str], client: str) -> None:
    seen: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    headers = [(b"x-forwarded-for", each.encode()) for each in sent]
    scope = {"type": "http", "scheme": "http", "client": ("10.0.0.1", 1), "headers": headers}
    await Forwarded(app, [ip_network("10.0.0.0/8")])(scope, _never, _never)  # type: ignore[arg-type]
    assert seen[0]["client"][0] == client


async def test_an_error_nobody_caught_says_nothing_internal() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("password=geheim /root/secret.py")

    observed = Observe(broken, Metrics(), Meter([], ZoneInfo("UTC")), Trail())
    transport = httpx.ASGITransport(app=observed)
    async with httpx.AsyncClient(transport=transport, base_url="http://land.test") as client:
        response = await client.get("/x", headers={"X-Request-Id": "find-me"})
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["requestId"] == "find-me"
    assert "geheim" not in response.text
    assert "RuntimeError" not in response.text


async def _never(*_: object) -> None:
    raise AssertionError("nothing is to be sent here")

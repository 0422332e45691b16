"""Liveness, readiness and metrics."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from services.app import create_app
from services.settings import Settings

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_living_and_ready_service_says_so(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json()["status"] == "ok"
    ready = (await client.get("/readyz")).json()
    assert ready == {"status": "ok"}


async def test_metrics_count_requests_without_paths_or_values(client: httpx.AsyncClient) -> None:
    await client.get("/collections/parcels/items", params={"parcel": "12345678"})
    await client.get("/no/such/place/87654321")
    await client.request("BREW", "/collections")
    text = (await client.get("http://127.0.0.1/metrics")).text
    assert 'landmap_http_requests_total{handler="items",method="GET",status="200"}' in text
    assert 'landmap_http_requests_total{handler="none",method="GET",status="404"}' in text
    assert 'method="other"' in text
    assert 'landmap_http_request_seconds_bucket{handler="items",le="0.1"}' in text
    assert "12345678" not in text
    assert "87654321" not in text


HERE, ELSEWHERE = ("127.0.0.1", 5000), ("203.0.113.9", 5000)
TOKEN = {"Authorization": "Bearer 0123456789abcdef"}


async def metrics(app: FastAPI, client: tuple[str, int], host: str = "localhost:8080", **headers: str) -> int:
    transport = httpx.ASGITransport(app=app, client=client)
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as opened:
        answer = await opened.get(
            "/metrics", headers={name.replace("_", "-"): value for name, value in headers.items()}
        )
    assert ("landmap_http_requests" in answer.text) == (answer.status_code == 200)
    return answer.status_code


async def test_metrics_are_for_this_machine_only() -> None:
    app = create_app(Settings(log_level="error"))
    assert await metrics(app, HERE) == 200
    assert await metrics(app, ("::1", 5000), "[::1]:8080") == 200
    assert await metrics(app, ELSEWHERE) == 403
    assert await metrics(app, ELSEWHERE, X_Forwarded_For="127.0.0.1") == 403


@pytest.mark.parametrize("header", ["X_Forwarded_For", "X_Real_IP", "Forwarded", "Via", "X_Forwarded_Proto"])
async def test_a_proxy_on_this_machine_does_not_open_the_metrics_to_the_world(header: str) -> None:
    app = create_app(Settings(log_level="error"))
    assert await metrics(app, HERE, **{header: "203.0.113.9"}) == 403
    assert await metrics(app, HERE, "land.example.vn") == 403
    trusting = create_app(Settings(log_level="error", trusted_proxies="127.0.0.0/8"))  # type: ignore[arg-type]
    assert await metrics(trusting, HERE, **{header: "203.0.113.9"}) == 403
    assert await metrics(trusting, HERE, **{header: "127.0.0.1"}) == 403
    proxied = create_app(Settings(log_level="error", public_url="https://land.example.vn"))
    assert await metrics(proxied, HERE) == 403


async def test_a_token_opens_the_metrics_from_everywhere_and_nothing_else_does() -> None:
    app = create_app(Settings(log_level="error", metrics_token=SecretStr("0123456789abcdef")))
    assert await metrics(app, ELSEWHERE, "land.example.vn", **TOKEN) == 200
    assert await metrics(app, HERE) == 403
    assert await metrics(app, HERE, Authorization="Bearer 0123456789abcdeg") == 403
    assert await metrics(app, HERE, Authorization="Basic 0123456789abcdef") == 403

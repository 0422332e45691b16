"""Liveness, readiness and metrics."""

from __future__ import annotations

import httpx
import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_living_and_ready_service_says_so(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json()["status"] == "ok"
    ready = (await client.get("/readyz")).json()
    assert ready == {"status": "ok"}


async def test_metrics_count_requests_without_paths_or_values(client: httpx.AsyncClient) -> None:
    await client.get("/collections/parcels/items", params={"parcel": "12345678"})
    await client.get("/no/such/place/87654321")
    await client.request("BREW", "/collections")
    text = (await client.get("/metrics")).text
    assert 'landmap_http_requests_total{handler="items",method="GET",status="200"}' in text
    assert 'landmap_http_requests_total{handler="none",method="GET",status="404"}' in text
    assert 'method="other"' in text
    assert 'landmap_http_request_seconds_bucket{handler="items",le="0.1"}' in text
    assert "12345678" not in text
    assert "87654321" not in text

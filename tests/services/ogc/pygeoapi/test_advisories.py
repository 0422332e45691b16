"""What was once wrong with pygeoapi, and what its kind gets wrong: each shown not to concern this service.

GHSA-jgvc-94c8-3chc (CVE-2026-42352), callbacks to addresses that a caller names, and redirects of theirs;
GHSA-f6pr-83pg-ghh6, paths that climb out of a folder; markup in pages; inputs that are fetched; queries from texts.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import requests

from services.ogc.pygeoapi import fence

pytestmark = pytest.mark.asyncio(loop_scope="session")

EXECUTE = "/processes/transform-coordinates/execution"
POINT: dict[str, Any] = {"from": "EPSG:9210", "to": "OGC:CRS84", "coordinates": [[603699.1, 1191842.4]]}
INSIDE = (
    "http://127.0.0.1:8080/metrics",
    "http://169.254.169.254/latest/meta-data/",
    "http://localhost/",
    "https://example.vn/done",
    "file:///etc/passwd",
    "gopher://127.0.0.1:5432/",
)
MARKUP = "<script>alert(1)</script>"


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The addresses that the service asked for, by whatever it would ask with."""
    asked: list[str] = []

    def sent(self: object, method: str, url: str, **more: object) -> None:
        asked.append(url)
        raise AssertionError(url)

    def resolved(host: object, *more: object, **others: object) -> None:
        asked.append(str(host))
        raise AssertionError(host)

    monkeypatch.setattr(requests.Session, "request", sent)
    monkeypatch.setattr(socket, "gethostbyname", resolved)
    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    yield asked
    assert asked == []


@pytest.mark.parametrize("address", INSIDE)
@pytest.mark.parametrize("kind", ["successUri", "inProgressUri", "failedUri"])
@pytest.mark.parametrize("later", [False, True])
async def test_nobody_is_called_back(
    client: httpx.AsyncClient, network: list[str], address: str, kind: str, later: bool
) -> None:
    subscriber = {"successUri": "https://example.vn/", kind: address}
    headers = {"Prefer": "respond-async"} if later else {}
    response = await client.post(EXECUTE, json={"inputs": POINT, "subscriber": subscriber}, headers=headers)
    assert response.status_code == 400
    assert response.json()["where"].startswith("subscriber.")


@pytest.mark.parametrize("address", INSIDE)
@pytest.mark.parametrize("wrap", [lambda href: href, lambda href: [href], lambda href: {"value": href}])
async def test_inputs_are_never_fetched(client: httpx.AsyncClient, network: list[str], address: str, wrap: Any) -> None:
    linked = {"href": address, "type": "application/geo+json"}
    for name in ("coordinates", "geometry", "from"):
        response = await client.post(EXECUTE, json={"inputs": {**POINT, name: wrap(linked)}})
        assert response.status_code == 400, response.text
        assert response.json()["where"].startswith(f"inputs.{name}")


@pytest.mark.parametrize(
    "name",
    ["..%2f..%2fetc%2fpasswd", "%2e%2e", "....//....//etc/passwd", "..%5c..%5cwindows", "%00", "x" * 3_000, "%c3%28"],
)
async def test_no_name_climbs_out_of_its_folder(client: httpx.AsyncClient, name: str) -> None:
    for path in (f"/processes/{name}", f"/jobs/{name}", f"/jobs/{name}/results", f"/jobs/{name}/results/{name}"):
        response = await client.get(path)
        assert response.status_code in (400, 404), path
        assert "root:" not in response.text


@pytest.mark.parametrize("path", ["/stac", "/stac/../../etc/passwd", "/admin/config", "/admin/resources", "/openapi"])
async def test_what_else_pygeoapi_serves_is_not_there(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


async def test_markup_of_a_caller_is_no_markup_of_a_page(client: httpx.AsyncClient) -> None:
    html = {"Accept": "text/html"}
    for path in (f"/processes/{MARKUP}", f"/jobs/{MARKUP}", "/jobs", "/processes"):
        for parameters in ({}, {"lang": MARKUP}, {"status": MARKUP}, {"f": MARKUP}, {MARKUP: "1"}):
            response = await client.get(path, params=parameters, headers=html)
            assert MARKUP not in response.text, (path, parameters)
    body = {"inputs": {**POINT, "from": MARKUP, MARKUP: MARKUP}}
    response = await client.post(EXECUTE, json=body, headers={"Accept": "application/json"})
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_texts_are_told_with_the_characters_that_they_have(client: httpx.AsyncClient) -> None:
    """pygeoapi writes &lt; for < into all JSON that it makes."""
    told = fence.Told('{"description":"a &lt; b &gt; c"}')
    assert told.document == {"description": "a < b > c"}
    response = await client.post(EXECUTE, json={"inputs": {**POINT, "to": "a < b"}})
    assert "'a < b'" in response.json()["detail"]


@pytest.mark.parametrize("text", ["' OR 1=1 --", "1; DROP TABLE landmap.job", "%27%20OR%201=1"])
async def test_no_text_becomes_a_query(client: httpx.AsyncClient, text: str) -> None:
    for name in ("status", "processID", "datetime", "minDuration", "limit", "cursor"):
        assert (await client.get("/jobs", params={name: text})).status_code == 400
    assert (await client.get(f"/jobs/{text}")).status_code == 404


async def test_pygeoapi_sees_nothing_that_a_caller_sent_but_what_was_checked(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    def watch(api: Any, request: Any, name: str) -> Any:
        seen.append((request.data, dict(request.headers), dict(request.params)))
        return handler(api, request, name)

    handler = fence.execute_process
    monkeypatch.setattr(fence, "execute_process", watch)
    await client.post(EXECUTE, json={"inputs": POINT}, headers={"X-Api-Note": "secret"})
    ((data, headers, params),) = seen
    assert data == b'{"response":"raw"}'
    assert headers == {}
    assert set(params) == {"f", "lang", "limit", "offset"}

"""What a browser is told when something is wrong: a page with the facts of the problem document, and no more."""

from __future__ import annotations

import html
import re
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import Route

from services.app import create_app

pytestmark = pytest.mark.asyncio(loop_scope="session")

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
ITEMS = "/collections/parcels/items"
WRONG = [
    ("GET", "/nowhere", 404),
    ("GET", "/collections/nothing/items", 404),
    ("GET", f"{ITEMS}?limit=x", 400),
    ("GET", f"{ITEMS}?lang=en&limit=x", 400),
    ("GET", "/audit", 401),
    ("GET", "/search?q=%25&f=html", 400),
    ("GET", "//evil.test/a?f=html", 404),
    ("POST", "/collections", 405),
    ("POST", ITEMS, 401),
    ("GET", f"{ITEMS}?nope=%3Cscript%3E&f=csv", 400),
]


def words(text: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", text))


@pytest.mark.parametrize(("method", "path", "status"), WRONG)
@pytest.mark.parametrize("language", ["vi", "en"])
async def test_a_browser_gets_a_page_with_the_facts_of_the_document(
    client: httpx.AsyncClient, method: str, path: str, status: int, language: str
) -> None:
    url = f"http://land.test{path}"
    spoken = {"Accept-Language": language, "X-Request-Id": "here-i-am"}
    plain = await client.request(method, url.replace("f=html", ""), headers={**spoken, "Accept": "*/*"})
    page = await client.request(method, url, headers={**spoken, **BROWSER})
    assert (plain.status_code, page.status_code) == (status, status)
    assert plain.headers["content-type"] == "application/problem+json"
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    for name in ("www-authenticate", "allow", "cache-control", "content-language", "access-control-allow-origin"):
        assert page.headers.get(name) == plain.headers.get(name)
    assert "default-src 'none'" in page.headers["content-security-policy"]
    told = plain.json()
    for fact in ("title", "detail", "status", "requestId", "where"):
        assert str(told.get(fact, "")) in words(page.text)
    assert f'<html lang="{plain.headers["content-language"]}">' in page.text
    assert "<script" not in page.text
    assert 'href="/api-home' in page.text
    assert "evil.test" not in re.sub(r"<code>.*?</code>", "", page.text)


async def test_what_is_gone_leads_to_its_versions(client: httpx.AsyncClient, city: Any) -> None:
    page = await client.get(f"{ITEMS}/{city.ended}", headers=BROWSER)
    assert page.status_code == 410
    links = [html.unescape(one) for one in re.findall(r'class="main" href="([^"]+)"', page.text)]
    assert len(links) == 2
    for address in links:
        assert (await client.get(address, headers=BROWSER)).status_code == 200


@pytest.mark.parametrize(
    "accept",
    [
        "*/*",
        "",
        "application/json",
        "application/geo+json",
        "application/geo+json, text/html;q=0.5",
        "application/json, text/html",
        "image/png",
        "text/html;q=0.3, image/*",
        "text/html;q=0",
    ],
)
async def test_other_clients_get_the_document(client: httpx.AsyncClient, accept: str) -> None:
    answer = await client.get("/nowhere", headers={"Accept": accept})
    assert answer.headers["content-type"] == "application/problem+json"


async def test_f_says_which_of_the_two_it_is(client: httpx.AsyncClient) -> None:
    page = await client.get("/nowhere", params={"f": "html"}, headers={"Accept": "*/*"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    document = await client.get("/nowhere", params={"f": "json"}, headers=BROWSER)
    assert document.headers["content-type"] == "application/problem+json"


async def test_a_type_that_nobody_offers_is_told_to_a_browser_as_a_page(client: httpx.AsyncClient) -> None:
    answer = await client.get(
        "/collections/parcels/tiles/WebMercatorQuad/15/15395/26095", headers={"Accept": "text/html"}
    )
    assert answer.status_code == 406
    assert "<h1>Not acceptable</h1>" in answer.text


async def test_the_other_language_is_the_same_address(client: httpx.AsyncClient) -> None:
    page = await client.get("/nowhere", params={"a": "1&2", "lang": "en"}, headers=BROWSER)
    (switch,) = re.findall(r'href="(\?[^"]+)" hreflang="vi"', page.text)
    assert html.unescape(switch) == "?a=1%262&lang=vi"
    assert 'href="/collections?f=html&amp;lang=en"' in page.text


async def test_what_nobody_expected_is_a_page_too(settings_for: Any) -> None:
    async def broken(_: object) -> None:
        raise ValueError("a secret of the machine")

    app: FastAPI = create_app(settings_for("postgresql://nowhere/nothing"))
    app.router.routes.insert(0, Route("/broken", broken))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://land.test", headers=BROWSER) as client:
        answer = await client.get("/broken")
    assert answer.status_code == 500
    assert "<h1>Lỗi máy chủ</h1>" in answer.text
    assert "secret" not in answer.text

"""The built page and its files."""

from __future__ import annotations

import gzip
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route

from services.errors import on_http_error
from services.site import IN_ENGLISH, MAP_PAGE, asset, read_site


@pytest.fixture
def site(tmp_path: Path) -> Starlette:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>Bản đồ</title>", encoding="utf-8")
    (tmp_path / "assets" / "main-abc123.js").write_text("let a = 1;\n" * 500)
    (tmp_path / "assets" / "main-abc123.js.br").write_bytes(b"brotli bytes")
    (tmp_path / "assets" / "font.woff2").write_bytes(b"\x00" * 2000)
    (tmp_path.parent / "secret.txt").write_text("secret")
    app = Starlette(routes=[Route("/{path:path}", asset)], exception_handlers={HTTPException: on_http_error})
    app.state.site = read_site(tmp_path, tmp_path / "none")
    return app


async def get(app: Starlette, path: str, encoding: str = "identity") -> tuple[httpx.Response, bytes]:
    transport = httpx.ASGITransport(app=app)
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://land.test") as client,
        client.stream("GET", path, headers={"Accept-Encoding": encoding}) as response,
    ):
        return response, b"".join([chunk async for chunk in response.aiter_raw()])


async def test_hashed_files_are_kept_for_ever_and_others_asked_again(site: Starlette) -> None:
    script, _ = await get(site, "/assets/main-abc123.js")
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    page, _ = await get(site, "/index.html")
    assert page.headers["cache-control"] == "public, max-age=60"
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]


async def test_files_come_in_the_smallest_encoding_that_is_taken(site: Starlette) -> None:
    etags = set()
    for taken, expected in (("br, gzip", "br"), ("gzip", "gzip"), ("identity", None)):
        response, body = await get(site, "/assets/main-abc123.js", taken)
        assert response.headers.get("content-encoding") == expected
        etags.add(response.headers["etag"])
        if expected == "br":
            assert body == b"brotli bytes"
        if expected == "gzip":
            assert gzip.decompress(body).startswith(b"let a = 1;")
    assert len(etags) == 3
    font, _ = await get(site, "/assets/font.woff2", "br, gzip")
    assert "content-encoding" not in font.headers


@pytest.mark.parametrize(
    "path",
    ["/assets/../index.html/x", "/../secret.txt", "/%2e%2e/secret.txt", "/assets/main-abc123.js.br", "/assets/", "/x"],
)
async def test_nothing_else_is_served(site: Starlette, path: str) -> None:
    response, body = await get(site, path)
    assert response.status_code == 404
    assert b"secret" not in body


async def test_an_unbuilt_page_leaves_the_api_alone(tmp_path: Path) -> None:
    assert not read_site(tmp_path / "missing", tmp_path / "missing").built


@pytest.mark.asyncio(loop_scope="session")
async def test_a_browser_gets_the_map_and_a_program_the_landing_page(client: httpx.AsyncClient, tmp_path: Path) -> None:
    browser = await client.get("/", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert browser.headers["content-type"] == "text/html; charset=utf-8"
    program = await client.get("/", headers={"Accept": "application/json"})
    assert program.json()["links"]
    forced = await client.get("/?f=html", headers={"Accept": "*/*"})
    assert "OGC API" in forced.text


def test_the_map_page_is_told_in_both_languages(tmp_path: Path) -> None:
    source = (Path(__file__).parents[2] / "services" / "web" / "index.html").read_text(encoding="utf-8")
    (tmp_path / "index.html").write_text(source, encoding="utf-8")
    pages = {name: read_site(tmp_path, tmp_path / "none").assets[MAP_PAGE[name]].body.decode() for name in ("vi", "en")}
    assert pages["vi"] == source
    for place, language in enumerate(("vi", "en")):
        assert f'<html lang="{language}">' in pages[language]
        assert all(said[place] in pages[language] and said[1 - place] not in pages[language] for said in IN_ENGLISH)

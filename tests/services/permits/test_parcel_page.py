"""The page of a parcel: what it says to whom, how much it weighs, and what a shared link shows of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from io import BytesIO
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from PIL import Image

from gis.model.layer import Catalog
from services.app import create_app
from tests.services.permits import extracts
from tests.services.permits.extracts import ADDRESS, ARMY, FAR, HOLDER, HOLED, PARENT, PLAIN, Street, built

pytestmark = pytest.mark.asyncio(loop_scope="module")

NEXT = UUID(int=(0x40 << 120) | 77)
MOST = 50_000  # bytes of the page with its map
_VOID = {"meta", "link", "img", "input", "br", "rect", "path", "hr"}


@pytest.fixture(scope="module")
def street(make_database: Callable[..., str], catalog: Catalog) -> Street:
    made = extracts.street(make_database, catalog)
    before = {"valid_from": datetime(2010, 1, 1, tzinfo=UTC), "valid_to": datetime(2025, 6, 30, 17, tzinfo=UTC)}
    former = {"code": "26734", "name": "Bến Nghé", "full_name": "Phường Bến Nghé, Quận 1", **before}
    made.load("wards", [(UUID(int=(0x50 << 120) | 2), extracts.box(-500, -500, 500, 500), former)])
    numbers = {"commune": "26740", "commune_old": "26734", "document_series": "BDDC", "sheet": "12"}
    later = {**numbers, "parcel": "90", "land_use": "ODT", "valid_from": datetime(2090, 1, 1, tzinfo=UTC)}
    same = {**numbers, "document_series": "BD299", "parcel": "1", "land_use": "ODT"}
    made.load("parcels", [(NEXT, extracts.box(100, 10, 105, 30), later)])
    made.load("parcels", [(UUID(int=(0x40 << 120) | 78), extracts.box(110, 10, 115, 30), same)])
    return made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def app(street: Street, settings_for: Callable[..., Any]) -> AsyncIterator[FastAPI]:
    app = create_app(settings_for(street.dsn))
    async with app.router.lifespan_context(app):
        yield app


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    headers = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "vi"}
    async with httpx.AsyncClient(transport=transport, base_url="http://land.test", headers=headers) as opened:
        yield opened


class _Read(HTMLParser):
    """The texts, meta tags, links and images of a page; it fails where elements are not closed in their order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.meta: dict[str, str] = {}
        self.sources: list[str] = []
        self.links: list[str] = []
        self.styled: list[str] = []
        self.said: list[str] = []
        self.feed(page)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self.styled += [f"{tag} {name}" for name in found if name == "style" or name.startswith("on")]
        if tag not in _VOID:
            self.open.append(tag)
        if tag == "meta":
            self.meta[found.get("property") or found.get("name", "")] = found.get("content", "")
        if tag == "img":
            assert found["alt"]
            self.sources.append(found["src"])
        if tag == "a":
            self.links.append(found["href"])

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.said).split())


async def page_of(
    browser: httpx.AsyncClient, parcel: UUID, query: str = "", **more: Any
) -> tuple[_Read, httpx.Response]:
    answer = await browser.get(f"/thua/{parcel}{query}", **more)
    assert answer.status_code == 200, answer.text
    return _Read(answer.text), answer


async def test_the_card_says_what_the_extract_says(browser: httpx.AsyncClient) -> None:
    read, answer = await page_of(browser, PLAIN)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    for said in (
        "Thửa 1, tờ 12",
        "Phường Sài Gòn, Thành phố Hồ Chí Minh",
        "Địa chỉ trước 01/07/2025: Phường Bến Nghé, Quận 1",
        "40,0 m² (20,0 %)",
        "160,0 m² (80,0 %)",
        "Lê Lợi: lộ giới 16 m",
        "120,0 m², 60,0 %",
        "6790/QĐ-UBND, 31/12/2012",
        "77/GPXD",
        "Có liên quan",
        "Không liên quan",
        "Chưa có dữ liệu",
    ):
        assert said in read.text, said
    assert f"http://land.test/#sel=parcels/{PLAIN}&lang=vi" in read.links
    assert any(link.startswith(f"http://land.test/parcels/{PLAIN}/extract.pdf") for link in read.links)


async def test_it_is_said_in_english_too(browser: httpx.AsyncClient) -> None:
    read, answer = await page_of(browser, PLAIN, "?lang=en")
    assert answer.headers["content-language"] == "en"
    assert "Parcel 1, sheet 12" in read.text and "Address before 1 July 2025: Phường Bến Nghé, Quận 1" in read.text
    assert "40.0 m² (20.0 %)" in read.text and "Not concerned" in read.text
    assert read.meta["og:locale"] == "en_GB"


async def test_there_is_neither_script_nor_style_in_it_and_the_policy_allows_none(browser: httpx.AsyncClient) -> None:
    read, answer = await page_of(browser, HOLED)
    assert not read.tags & {"script", "style", "iframe", "object"} and not read.styled
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


@built
async def test_the_page_with_its_map_weighs_little(browser: httpx.AsyncClient) -> None:
    read, answer = await page_of(browser, PLAIN)
    (source,) = read.sources
    picture = await browser.get(source)
    assert picture.headers["content-type"] == "image/webp"
    style = await browser.get("/static/ogc.css")
    assert len(answer.content) + len(picture.content) + len(style.content) <= MOST
    image = Image.open(BytesIO(picture.content))
    assert image.size == (768, 576) and len(image.convert("RGB").getcolors(1 << 20) or ()) > 8


@built
async def test_a_shared_link_shows_a_picture(browser: httpx.AsyncClient) -> None:
    read, _ = await page_of(browser, PLAIN)
    assert read.meta["og:title"] == "Thửa 1, tờ 12 – Phường Sài Gòn, Thành phố Hồ Chí Minh"
    assert "Diện tích phù hợp quy hoạch: 160,0 m²" in read.meta["og:description"]
    assert read.meta["og:url"] == f"http://land.test/thua/{PLAIN}"
    preview = await browser.get(read.meta["og:image"], headers={"Accept": "*/*"})
    assert preview.headers["content-type"] == "image/png"
    image = Image.open(BytesIO(preview.content))
    assert image.size == (1200, 630) == (int(read.meta["og:image:width"]), int(read.meta["og:image:height"]))


@built
async def test_the_same_question_is_answered_with_304_and_pictures_too(browser: httpx.AsyncClient) -> None:
    for path in ("", "/map.webp", "/preview.png"):
        first = await browser.get(f"/thua/{PLAIN}{path}")
        assert first.headers["cache-control"] == "public, no-cache"
        again = await browser.get(f"/thua/{PLAIN}{path}", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        other = await browser.get(f"/thua/{PLAIN}{path}?lang=en", headers={"If-None-Match": first.headers["etag"]})
        assert other.status_code == 200


async def test_the_public_sees_nothing_that_is_for_agencies(browser: httpx.AsyncClient, street: Street) -> None:
    read, answer = await page_of(browser, PLAIN)
    everything = answer.text
    for hidden in (ADDRESS, HOLDER, "199,9", "88/GPXD", "Bản nháp kín"):
        assert hidden not in everything
    officer, told = await page_of(browser, PLAIN, headers=dict(street.officer))
    assert ADDRESS in officer.text and HOLDER not in officer.text
    assert told.headers["cache-control"] == "private, no-cache" and told.headers["etag"] != answer.headers["etag"]
    assert "88/GPXD" not in read.text


async def test_of_land_of_the_army_only_the_outline_is_told(browser: httpx.AsyncClient) -> None:
    read, _ = await page_of(browser, ARMY)
    assert "không công khai" in read.text
    assert "tờ 12" not in read.text and "Quốc phòng" not in read.text and "CQP" not in read.text


async def test_a_parcel_without_data_around_it_says_so(browser: httpx.AsyncClient) -> None:
    read, _ = await page_of(browser, FAR)
    assert "Chưa đủ dữ liệu, còn thiếu" in read.text and "Chưa có dữ liệu ô quy hoạch" in read.text
    assert "Không liên quan" not in read.text.replace("“Không liên quan”", "")


@pytest.mark.parametrize(
    ("parcel", "status", "said"),
    [
        (str(UUID(int=5)), 404, "không có đối tượng"),
        ("khong-phai-ma", 404, "không có đối tượng"),
        (str(PARENT), 410, "không còn hiệu lực"),
        (str(NEXT), 404, "2090"),
    ],
)
async def test_what_is_not_there_is_told_on_a_page(
    browser: httpx.AsyncClient, parcel: str, status: int, said: str
) -> None:
    for path in ("", "/map.webp", "/preview.png"):
        answer = await browser.get(f"/thua/{parcel}{path}")
        assert answer.status_code == status
        assert said in _Read(answer.text).text


async def test_a_parcel_that_has_ended_has_its_page_of_then(browser: httpx.AsyncClient) -> None:
    read, _ = await page_of(browser, PARENT, "?datetime=2022-05-01")
    assert "Thửa 5, tờ 12" in read.text and "01/05/2022" in read.text


async def test_numbers_lead_to_the_page(browser: httpx.AsyncClient) -> None:
    for commune in ("26740", "26734", "Bến Nghé", "phuong sai gon"):
        answer = await browser.get("/thua", params={"to": "12", "thua": "2", "xa": commune})
        assert answer.status_code == 303, answer.text
        assert answer.headers["location"] == f"http://land.test/thua/{HOLED}"


async def test_numbers_of_several_parcels_list_them_all(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/thua", params={"to": "12", "thua": "1", "xa": "26740", "lang": "vi"})
    assert answer.status_code == 409
    links = _Read(answer.text).links
    assert sum("/thua/" in link for link in links) == 2
    assert any(str(PLAIN) in link for link in links)


@pytest.mark.parametrize(
    ("given", "status"),
    [({"to": "1" * 21}, 400), ({"to": "12", "thua": "1", "xa": "Không Đâu"}, 404), ({"tờ": "1"}, 400)],
)
async def test_numbers_that_lead_nowhere_are_told(
    browser: httpx.AsyncClient, given: dict[str, str], status: int
) -> None:
    assert (await browser.get("/thua", params=given)).status_code == status


async def test_without_numbers_there_is_a_form(browser: httpx.AsyncClient) -> None:
    read = _Read((await browser.get("/thua")).text)
    assert {"form", "input", "button"} <= read.tags and "Số tờ" in read.text


async def test_the_form_keeps_what_was_given_and_names_what_is_missing(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/thua", params={"to": '12"><b>', "xa": " ", "lang": "vi"})
    assert answer.status_code == 200
    assert "Hãy ghi thêm: Số thửa, Phường, xã" in answer.text
    assert 'value="12&#34;&gt;&lt;b&gt;"' in answer.text and "<b>" not in answer.text

"""The HTML pages: safe, linked, in two languages, from this host alone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from services.ogc.figures import shown

in_session = pytest.mark.asyncio(loop_scope="session")

ITEMS = "/collections/parcels/items"
SAIGON = ZoneInfo("Asia/Ho_Chi_Minh")


async def html(client: httpx.AsyncClient, path: str, language: str = "vi") -> httpx.Response:
    return await client.get(path, headers={"Accept": "text/html", "Accept-Language": language})


@in_session
async def test_every_link_of_the_pages_leads_somewhere_here(client: httpx.AsyncClient) -> None:
    seen: set[str] = set()
    waiting = ["http://land.test/api-home"]
    while waiting and len(seen) < 80:
        url = waiting.pop()
        if url in seen:
            continue
        seen.add(url)
        response = await client.get(url, headers={"Accept": "text/html,*/*;q=0.8"})
        assert response.status_code == 200, url
        if response.headers["content-type"].startswith("text/html") and url != "http://land.test/":
            found = {address.replace("&amp;", "&") for address in re.findall(r'(?:href|src)="([^"#]+)"', response.text)}
            foreign = {address for address in found if not address.startswith(("http://land.test/", "data:,"))}
            assert not foreign, url
            waiting += [address for address in found if address.startswith("http") and "cursor=" not in address]
    assert len(seen) > 30


@in_session
async def test_pages_run_no_script_and_say_so(client: httpx.AsyncClient) -> None:
    for path in ("/api-home", "/collections?f=html", f"{ITEMS}?f=html", "/api?f=html"):
        response = await client.get(path)
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "<script" not in response.text
        assert " style=" not in response.text
        assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(("language", "words"), [("vi", "Bỏ lọc"), ("en", "Clear filters")])
@in_session
async def test_a_filtered_page_says_its_filters_and_how_to_be_rid_of_them(
    client: httpx.AsyncClient, language: str, words: str
) -> None:
    page = (await html(client, f"{ITEMS}?sheet=12&limit=3", language)).text
    assert {"vi": "Số tờ", "en": "Map sheet"}[language] in page
    assert re.findall(r'<span class="chip">([^<]+): <b>([^<]+)</b></span>', page)[0][1] == "12"
    assert "sheet=12" not in page[page.index("<main") : page.index("<form")]
    assert f">{words}</a>" in page
    assert "&lt;" not in page, "no Python object in place of a word"
    form = page[page.index("<form") : page.index("</form>")]
    assert '<input type="hidden" name="sheet" value="12">' in form
    assert '<input type="hidden" name="limit" value="3">' in form


@in_session
async def test_the_language_that_was_chosen_stays_from_page_to_page(client: httpx.AsyncClient, city: Any) -> None:
    for path in ("/collections", "/collections/parcels", ITEMS, f"{ITEMS}/{city.first}", "/api", "/conformance"):
        page = (await client.get(path, params={"f": "html", "lang": "en"}, headers={"Accept-Language": "vi"})).text
        assert '<html lang="en">' in page
        links = {address.replace("&amp;", "&") for address in re.findall(r'<a [^>]*?href="(http[^"]+)"', page)}
        assert all("lang=en" in address for address in links if "lang=vi" not in address), path
        assert "http://land.test/#lang=en" in links
    unchosen = (await html(client, ITEMS)).text
    assert "lang=vi" not in unchosen
    assert unchosen.count("lang=en") == 1, "the other language is one link"


@in_session
async def test_data_are_escaped(client: httpx.AsyncClient) -> None:
    page = (await html(client, "/collections/permits/items")).text
    assert "1/GPXD &lt;script&gt;" in page
    assert "<script>" not in page
    asked = (await html(client, f"{ITEMS}?parcel=%22%3E%3Cimg%20src=x%3E")).text
    assert "<img" not in asked


@in_session
async def test_pages_speak_the_language_asked_for(client: httpx.AsyncClient) -> None:
    vietnamese, english = await html(client, ITEMS, "vi-VN,vi;q=0.9,en;q=0.5"), await html(client, ITEMS, "en-GB")
    assert vietnamese.headers["content-language"] == "vi"
    assert '<html lang="vi">' in vietnamese.text
    assert "Thửa đất" in vietnamese.text
    assert english.headers["content-language"] == "en"
    assert "Land parcels" in english.text
    assert (await html(client, ITEMS, "fr")).headers["content-language"] == "vi"
    assert (await html(client, f"{ITEMS}?lang=en", "vi")).headers["content-language"] == "en"
    for response in (vietnamese, english):
        assert "Accept-Language" in response.headers["vary"]


@in_session
async def test_an_item_shows_both_time_axes_its_codes_and_its_versions(client: httpx.AsyncClient, city: Any) -> None:
    page = (await html(client, f"{ITEMS}/{city.reclassified}")).text
    assert "01/08/2024 → chưa kết thúc" in page
    assert "01/01/2020 → 01/08/2024" in page
    assert "TMD – " in page
    assert "100 m²" in page
    assert "Nguyễn Văn Mật" not in page
    versions = (await html(client, f"{ITEMS}/{city.reclassified}/versions")).text
    assert versions.count("<tr>") == 3


@in_session
async def test_a_page_of_items_links_items_and_the_next_page(client: httpx.AsyncClient) -> None:
    page = await html(client, ITEMS)
    assert page.text.count('<td><a href="http://land.test/collections/parcels/items/') == 10
    following = re.search(r'href="([^"]+)" rel="next"', page.text)
    assert following is not None
    second = await client.get(following[1].replace("&amp;", "&"), headers={"Accept": "text/html"})
    assert second.status_code == 200
    assert "47" in second.text


@pytest.mark.parametrize(
    ("value", "vi", "en"),
    [
        (1234.5, "1.234,5", "1,234.5"),
        (1_000_000, "1.000.000", "1,000,000"),
        (100.0, "100", "100"),
        (True, "có", "yes"),
        (None, "", ""),
        (date(2026, 11, 22), "22/11/2026", "2026-11-22"),
        (datetime(2024, 7, 31, 17, tzinfo=UTC), "01/08/2024", "2024-08-01"),
        (datetime(2024, 7, 31, 18, 30, tzinfo=UTC), "01/08/2024 01:30:00", "2024-08-01 01:30:00"),
        (["ODT", "CLN"], "ODT, CLN", "ODT, CLN"),
    ],
)
def test_values_are_written_as_people_write_them(value: object, vi: str, en: str) -> None:
    assert shown(value, "vi", SAIGON) == vi
    assert shown(value, "en", SAIGON) == en

"""One search over many collections, and `q` of one: what is found, in which order, and that pages miss nothing."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import psycopg
import pytest
import pytest_asyncio

from gis.model.layer import Catalog
from gis.store import items
from services.app import create_app
from services.settings import Settings
from tests.services.conftest import load_rows

LISTED = re.compile(r'<li><a href="http://land.test/(?:thua|collections/\w+/items)/([0-9a-f-]{36})')

pytestmark = pytest.mark.asyncio(loop_scope="session")

WARDS = {
    "26740": ("Bến Thành", "Phường Bến Thành", "Phường Bến Thành, Phạm Ngũ Lão"),
    "26743": ("Hoà Hưng", "Phường Hoà Hưng", "Phường 12, Quận 10"),
    "26746": ("Hòa Bình", "Phường Hòa Bình", None),
    "27001": ("Bến Thành Đông", "Phường Bến Thành Đông", None),
}
PROJECTS = {
    "DA-1": "Khu nhà ở Bến Thành",
    "DA-2": "Chung cư Lê Lợi",
    "DA-12": "Nguyễn Trãi Residence",
    "26740": "Bình_Minh 100%",
}
STREETS = ("Nguyễn Trãi", "Trãi Nguyễn", "Lê Lợi", "Đường số 12", "Bến Thành", "nguyễn-trãi nối dài")


@pytest.fixture(scope="session")
def searched(make_database: Callable[..., str], catalog: Catalog) -> str:
    dsn = make_database()
    with psycopg.connect(dsn, autocommit=True) as db:
        load = partial(load_rows, db, catalog)

        names, full, formed = zip(*WARDS.values(), strict=True)
        load("wards", code=list(WARDS), name=list(names), full_name=list(full), formed_from=list(formed))
        load("housing_projects", code=list(PROJECTS), name=list(PROJECTS.values()))
        numbers = range(1, 49)
        load(
            "parcels", commune_old=["26734"] * 48, document_series=["BDDC"] * 48, sheet=["12"] * 48,
            parcel=[str(n) for n in numbers], commune=["26740" if n % 2 else "26743" for n in numbers], street=[STREETS[n % 6] for n in numbers],
            land_use=["CQP" if n == 13 else "ODT" for n in numbers],
        )  # fmt: skip
        load("wards", code=["27004"], name=["Xóm Chùa"])
        later = [datetime(2099, 1, 1, tzinfo=UTC)]
        load("wards", code=["27007"], name=["Gò Mây"], valid_from=later)
    return dsn


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def finder(searched: str, settings_for: Callable[..., Settings]) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings_for(searched))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
        headers = {"Accept": "application/json", "Accept-Language": "en"}
        async with httpx.AsyncClient(transport=transport, base_url="http://land.test", headers=headers) as opened:
            yield opened


async def read(client: httpx.AsyncClient, url: str, **parameters: str) -> dict[str, Any]:
    response = await client.get(url, params=parameters or None)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def wards(client: httpx.AsyncClient, q: str) -> list[str]:
    page = await read(client, "/collections/wards/items", q=q, sortby="code")
    assert page["numberMatched"] == len(page["features"])
    return [feature["properties"]["code"] for feature in page["features"]]


@pytest.mark.parametrize(
    ("q", "codes"),
    [
        ("Bến Thành", ["26740", "27001"]),
        ("ben thanh", ["26740", "27001"]),
        ("BẾN  thành", ["26740", "27001"]),
        ("Be\u0302\u0301n Thành", ["26740", "27001"]),
        ("ben tha", ["26740", "27001"]),
        ("thanh ben", []),
        ("thành", ["26740", "27001"]),
        ("anh", []),
        ("Hoà", ["26743", "26746"]),
        ("Hòa", ["26743", "26746"]),
        ("hoa hung,hoa binh", ["26743", "26746"]),
        ("dong", ["27001"]),
        ("Đông", ["27001"]),
        ("2674", ["26740", "26743", "26746"]),
        ("pham ngu lao", ["26740"]),
        ("phường 12 quận", ["26743"]),
        ("phường, 12", list(WARDS)),
        ("12, quận 10", ["26743"]),
        ("hung phuong", []),
        ("100%", []),
    ],
)
async def test_terms_are_found_in_any_spelling(finder: httpx.AsyncClient, q: str, codes: list[str]) -> None:
    assert await wards(finder, q) == codes


@pytest.mark.parametrize(
    "q", ["", " ", ",", "%", "--", "'", "\u0301", "a" * 201, ",".join("abcdefghijk"), " ".join("a" * 13)]
)
async def test_what_has_no_words_or_too_many_is_refused(finder: httpx.AsyncClient, q: str) -> None:
    for path in ("/collections/wards/items", "/search"):
        answer = await finder.get(path, params={"q": q})
        assert (answer.status_code, answer.json()["where"]) == (400, "q"), answer.text


@pytest.mark.parametrize("q", ["'; DROP TABLE", "a'b", "\\", "a\\b", "!:*&|()", "a:*", "<->", "%_", "\x1f a", "𝄞"])
async def test_no_character_means_more_than_itself(finder: httpx.AsyncClient, q: str) -> None:
    for path in ("/collections/parcels/items", "/search"):
        answer = await finder.get(path, params={"q": q})
        assert answer.status_code in (200, 400)
        if answer.status_code == 200:
            assert answer.json()["features"] == []


async def test_words_follow_each_other_in_one_property(finder: httpx.AsyncClient) -> None:
    page = await read(finder, "/collections/parcels/items", q="nguyễn trãi", limit="100")
    assert {feature["properties"]["street"] for feature in page["features"]} == {"Nguyễn Trãi", "nguyễn-trãi nối dài"}
    across = await read(finder, "/collections/parcels/items", q="5 nguyen")
    assert across["features"] == []


async def test_a_row_is_not_searched_for_what_it_hides(finder: httpx.AsyncClient) -> None:
    """Parcel 13 is land of the army: the public sees its shape and neither number nor street."""
    for path in ("/collections/parcels/items", "/search"):
        assert (await read(finder, path, q="13", collections="parcels") if path == "/search" else await read(finder, path, q="13"))["features"] == []  # fmt: skip
    streets = await read(finder, "/collections/parcels/items", q="trai nguyen", limit="100")
    assert streets["numberMatched"] == 7  # of eight
    assert len((await read(finder, "/collections/parcels/items", limit="100"))["features"]) == 48


async def test_terms_go_with_every_other_question(finder: httpx.AsyncClient) -> None:
    asked = {
        "q": "nguyen",
        "filter": "parcel > '2'",
        "bbox": "106,10,107,11",
        "knownAt": "99",
        "sheet": "12",
        "sortby": "-parcel",
    }
    page = await read(finder, "/collections/parcels/items", **asked, limit="5")
    numbers = [feature["properties"]["parcel"] for feature in page["features"]]
    assert numbers == sorted(numbers, key=int, reverse=True)
    assert page["numberMatched"] == len(
        [n for n in range(1, 49) if "uyễn" in STREETS[n % 6] and str(n) > "2" and n != 13]
    )


async def found(client: httpx.AsyncClient, q: str, **parameters: str) -> list[tuple[str, str, str]]:
    """Match, collection, and name or number of what is found, page by page."""
    listed: list[tuple[str, str, str]] = []
    address: str | None = str(httpx.URL("/search", params={"q": q, **parameters}))
    ids: list[str] = []
    while address is not None:
        page = await read(client, address)
        assert page["numberReturned"] == len(page["features"])
        for feature in page["features"]:
            properties = feature["properties"]
            name = properties.get("name") or properties["parcel"]
            listed.append((feature["match"], feature["collection"], name))
            ids.append(feature["id"])
            assert feature["links"][0]["href"].endswith(f"/collections/{feature['collection']}/items/{feature['id']}")
        address = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
        assert page["numberReturned"] or address is None
    assert len(set(ids)) == len(ids)
    return listed


@pytest.mark.parametrize("limit", ["1", "2", "3", "7", "100"])
async def test_the_best_comes_first_and_every_page_size_tells_the_same(finder: httpx.AsyncClient, limit: str) -> None:
    whole = await found(finder, "bến thành", limit="100")
    assert await found(finder, "bến thành", limit=limit) == whole
    assert whole[:2] == [("exact", "wards", "Bến Thành"), ("begins", "wards", "Bến Thành Đông")]
    assert whole[-1] == ("words", "housing_projects", "Khu nhà ở Bến Thành")
    assert {collection for _, collection, _ in whole[2:-1]} == {"parcels"}
    assert [match for match, _, _ in whole] == sorted(
        (match for match, _, _ in whole), key=["exact", "begins", "words"].index
    )
    assert len(whole) == 3 + 8


async def test_a_number_finds_what_has_it_then_what_begins_with_it(finder: httpx.AsyncClient) -> None:
    whole = await found(finder, "26740")
    assert whole == [("exact", "wards", "Bến Thành"), ("exact", "housing_projects", "Bình_Minh 100%")]
    numbers = await found(finder, "4", collections="parcels", limit="3")
    assert numbers[0] == ("exact", "parcels", "4")
    assert {match for match, _, _ in numbers[1:]} == {"begins"}
    assert len(numbers) == 1 + 9
    assert await found(finder, "da-12") == [("exact", "housing_projects", "Nguyễn Trãi Residence")]


async def test_words_are_found_in_any_order_and_field(finder: httpx.AsyncClient) -> None:
    assert ("words", "wards", "Hoà Hưng") in await found(finder, "quận hưng")
    assert await found(finder, "residence trai") == [("words", "housing_projects", "Nguyễn Trãi Residence")]
    assert ("words", "parcels", "1") in await found(finder, "nguyen 1")
    assert await found(finder, "ngu ben") == [("words", "wards", "Bến Thành")]
    assert await found(finder, "be phạm") == []  # only the last word may be unfinished


async def test_counts_are_told_by_collection(finder: httpx.AsyncClient) -> None:
    page = await read(finder, "/search", q="nguyen", limit="2", collections="parcels,housing_projects,wards")
    told = {one["id"]: one["numberMatched"] for one in page["collections"]}
    assert list(told) == ["parcels", "housing_projects", "wards"]
    assert told == {"parcels": 23, "housing_projects": 1, "wards": 0}
    assert page["numberMatched"] == 24
    following = next(link["href"] for link in page["links"] if link["rel"] == "next")
    assert (await read(finder, following))["numberMatched"] == 24


async def test_where_more_match_than_are_counted_no_number_is_told_and_all_are_found(
    finder: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A number is told up to three times as many as are counted of one match, and 23 parcels are more than 6."""
    asked = {"q": "nguyen,da-2", "collections": "parcels,housing_projects", "limit": "100"}
    counted = await read(finder, "/search", **asked)
    assert [one["numberMatched"] for one in counted["collections"]] == [23, 2]
    monkeypatch.setattr(items, "LEAST_COUNTED", 2)
    page = await read(finder, "/search", **asked)
    assert [one.get("numberMatched") for one in page["collections"]] == [None, 2]
    assert "numberMatched" not in page
    assert page["features"] == counted["features"]


async def test_place_and_time_narrow_the_search(finder: httpx.AsyncClient) -> None:
    assert (await read(finder, "/search", q="nguyen", bbox="0,0,1,1"))["features"] == []
    assert (await read(finder, "/search", q="ben thanh", datetime="1999-01-01"))["features"] == []
    early = await read(finder, "/search", q="ben thanh", knownAt="0")
    assert (early["features"], early["dataVersion"]) == ([], 0)
    bare = await read(finder, "/search", q="ben thanh", skipGeometry="true")
    assert {feature["geometry"] for feature in bare["features"]} == {None}


async def test_wrong_collections_and_foreign_cursors_are_refused(finder: httpx.AsyncClient) -> None:
    answer = await finder.get("/search", params={"q": "a", "collections": "ward"})
    assert (answer.status_code, answer.json()["where"]) == (400, "collections")
    assert "did you mean 'wards'?" in answer.json()["detail"]
    assert (await finder.get("/search")).status_code == 400
    page = await read(finder, "/search", q="nguyen", limit="2")
    following = next(link["href"] for link in page["links"] if link["rel"] == "next")
    for changed in (following.replace("q=nguyen", "q=trai"), following + "&collections=parcels", following[:-1]):
        refused = await finder.get(changed)
        assert (refused.status_code, refused.json()["where"]) == (400, "cursor")


async def test_an_unchanged_answer_is_not_sent_again(finder: httpx.AsyncClient) -> None:
    first = await finder.get("/search", params={"q": "nguyen"})
    again = await finder.get("/search", params={"q": "nguyen"}, headers={"If-None-Match": first.headers["etag"]})
    other = await finder.get("/search", params={"q": "trai"}, headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code, other.status_code) == (200, 304, 200)


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("thửa 12 tờ 12", ["12"]),
        ("tờ bản đồ số 12, thửa đất số 012", ["12"]),
        ("thua 11 to 12 ben thanh", ["11"]),
        ("thửa 12 tờ 12 phường Bến Thành", []),
        ("thửa 12 tờ 12 P.12 Q.10", ["12"]),
        ("thửa 11 tờ 12 P.12 Q.10", []),
        ("thửa 11 tờ 12 đường không có ở đâu", ["11"]),
        ("thửa 11 tờ 13", []),
        ("thửa 13 tờ 12", []),  # what is shown in part has no number to be found by
        ("thửa 999999999", []),
    ],
)
async def test_a_parcel_is_found_by_its_numbers_within_the_ward_that_is_named(
    finder: httpx.AsyncClient, q: str, expected: list[str]
) -> None:
    page = await read(finder, "/search", q=q, skipGeometry="true")
    assert [(f["collection"], f["properties"]["parcel"]) for f in page["features"]] == [
        ("parcels", n) for n in expected
    ]
    elsewhere = await read(finder, "/search", q=q, collections="housing_projects")
    assert [c["id"] for c in elsewhere["collections"]] == ["housing_projects"]


@pytest.mark.parametrize(("ward", "time"), [("Xóm Chùa", "knownAt"), ("Gò Mây", "datetime")])
async def test_the_ward_that_is_named_is_one_of_the_times_asked_about(
    finder: httpx.AsyncClient, ward: str, time: str
) -> None:
    """Of a place that was no ward yet nothing is asked; the parcel lies in none of the two."""
    parcels = await read(finder, "/search", q="thửa 11 tờ 12")
    before, after = {
        "knownAt": (str(parcels["dataVersion"]), str(parcels["dataVersion"] + 1)),
        "datetime": ("2098-01-01", "2100-01-01"),
    }[time]
    for when, expected in ((before, ["11"]), (after, [])):
        page = await read(finder, "/search", q=f"thửa 11 tờ 12 {ward}", **{time: when})
        assert [feature["properties"]["parcel"] for feature in page["features"]] == expected


async def test_parcels_of_one_number_are_paged_through(finder: httpx.AsyncClient) -> None:
    page = await read(finder, "/search", q="thửa 11", limit="1")
    assert [feature["match"] for feature in page["features"]] == ["exact"]
    assert [link["rel"] for link in page["links"]] == ["self"]


PAGE = {"Accept": "text/html"}


@pytest.mark.parametrize(("language", "hint"), [("vi", "Nội dung cần tìm"), ("en", "What to search for")])
async def test_a_browser_that_says_nothing_yet_gets_the_form(
    finder: httpx.AsyncClient, language: str, hint: str
) -> None:
    for address in ("/search", "/search?q=", "/search?q=+"):
        answer = await finder.get(address, headers={**PAGE, "Accept-Language": language})
        assert answer.status_code == 200
        assert hint in answer.text
        assert '<input type="search" name="q"' in answer.text


async def test_the_page_shows_what_the_document_has_in_its_order(finder: httpx.AsyncClient) -> None:
    document = await read(finder, "/search", q="ben thanh")
    page = await finder.get("/search", params={"q": "ben thanh"}, headers=PAGE)
    told = [(one["collection"], one["id"]) for one in document["features"]]
    assert told
    assert LISTED.findall(page.text) == [one for _, one in told]
    assert f'href="http://land.test/thua/{next(one for name, one in told if name == "parcels")}"' in page.text
    assert str(document["numberMatched"]) in page.text
    assert "Bến Thành" in page.text
    assert page.text.count("this very name or number") == sum(one["match"] == "exact" for one in document["features"])


async def test_pages_of_the_search_follow_one_another(finder: httpx.AsyncClient) -> None:
    address, seen = "/search?q=nguyen&limit=3", list[str]()
    for _ in range(50):
        page = await finder.get(address, headers=PAGE)
        seen += LISTED.findall(page.text)
        following = re.findall(r'href="([^"]+)" rel="next"', page.text)
        if not following:
            break
        address = html.unescape(following[0])
    everything = await read(finder, "/search", q="nguyen", limit="1000")
    assert seen == [one["id"] for one in everything["features"]]


async def test_what_is_searched_for_is_escaped_and_one_collection_stays_chosen(finder: httpx.AsyncClient) -> None:
    page = await finder.get("/search", params={"q": '"><img src=x> 12', "collections": "parcels"}, headers=PAGE)
    assert "<img" not in page.text
    assert '<option value="parcels" selected>' in page.text
    assert 'name="q" value="&#34;&gt;&lt;img src=x&gt; 12"' in page.text
    everywhere = await finder.get("/search", params={"q": "12", "collections": ""}, headers=PAGE)
    assert everywhere.status_code == 200


async def test_a_house_that_no_public_row_names_is_looked_for_by_its_street_and_said_so(
    finder: httpx.AsyncClient,
) -> None:
    page = await read(finder, "/search", q="123/45/6A Lê Lợi", collections="parcels,housing_projects")
    assert page["features"][0]["collection"] == "parcels"
    assert {f["properties"].get("street") or f["properties"]["name"] for f in page["features"]} == {
        "Lê Lợi",
        "Chung cư Lê Lợi",
    }
    assert page["readAs"] == {
        "houseNumber": "123/45/6a",
        "street": "lê lợi",
        "note": "House number 123/45/6a was not found; these are results by alley and street.",
    }
    found = [feature["id"] for feature in page["features"]]
    paged = await read(finder, "/search", q="123/45/6A Lê Lợi", collections="parcels,housing_projects", limit="3")
    ids = [feature["id"] for feature in paged["features"]]
    while following := next((link["href"] for link in paged["links"] if link["rel"] == "next"), None):
        paged = await read(finder, following)
        ids += [feature["id"] for feature in paged["features"]]
    assert ids == found


async def test_a_street_whose_name_begins_with_a_number_is_not_taken_for_a_house(finder: httpx.AsyncClient) -> None:
    page = await read(finder, "/search", q="12 Nguyễn Trãi Residence")
    assert "readAs" not in page
    assert [feature["properties"]["code"] for feature in page["features"]] == ["DA-12"]
    page = await read(finder, "/search", q="2 không có đường này")
    assert "readAs" not in page
    assert page["numberReturned"] == 0

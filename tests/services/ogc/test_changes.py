"""GET /collections/{id}/changes: parameters, pages, links, caching, formats."""

from __future__ import annotations

import re
from typing import Any

import httpx
import orjson
import psycopg
import pytest

from gis.store import changes as store
from services.ogc import changes as feed

pytestmark = pytest.mark.asyncio(loop_scope="session")

FEED = "/collections/buildings/changes"
ITEMS = "/collections/buildings/items"


@pytest.fixture(scope="session")
def built(city: Any) -> list[int]:
    """Three buildings come, one changes, one goes: the numbers of the changesets, and of the one before."""
    with psycopg.connect(city.dsn, autocommit=True) as db:

        def newest() -> int:
            row = db.execute("SELECT coalesce(max(number), 0) FROM landmap.changeset").fetchone()
            assert row is not None
            return int(row[0])

        numbers = [newest()]
        for statement in (
            """INSERT INTO land.buildings (code, name, geom) SELECT 'N' || i, 'Nhà ' || i, ST_Multi(ST_MakeEnvelope(604000 + 20 * i, 1191840, 604010 + 20 * i, 1191850, 9210))
               FROM generate_series(1, 3) i""",
            "UPDATE land.buildings SET name = 'Chợ' WHERE name = 'Nhà 1'",
            "DELETE FROM land.buildings WHERE name = 'Nhà 2'",
        ):
            db.execute(statement)
            numbers.append(newest())
    return numbers


async def _read(client: httpx.AsyncClient, **parameters: object) -> dict[str, Any]:
    answer = await client.get(FEED, params=parameters)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _changes(page: dict[str, Any]) -> list[str]:
    return sorted(feature["properties"]["__change__"] for feature in page["features"])


def _link(page: dict[str, Any], rel: str) -> str | None:
    return next((link["href"] for link in page["links"] if link["rel"] == rel), None)


async def test_a_feed_tells_what_came_changed_and_went(client: httpx.AsyncClient, built: list[int]) -> None:
    before, came, changed, went = built
    whole = await _read(client, since=before)
    assert (_changes(whole), whole["numberMatched"], whole["until"]) == (["INSERT", "INSERT"], 2, went)
    assert _changes(await _read(client, since=0)) == ["INSERT", "INSERT"]
    later = await _read(client, since=came)
    assert _changes(later) == ["DELETE", "UPDATE"]
    gone = next(feature for feature in later["features"] if feature["properties"]["__change__"] == "DELETE")
    assert gone["geometry"] is None and gone["properties"] == {"changeset": went, "__change__": "DELETE"}
    update = next(feature for feature in later["features"] if feature["properties"]["__change__"] == "UPDATE")
    item = (await client.get(f"{ITEMS}/{update['id']}")).json()
    assert {**item["properties"], "__change__": "UPDATE"} == update["properties"]
    assert (item["geometry"], item["recordedAt"]) == (update["geometry"], update["recordedAt"])
    assert _changes(await _read(client, since=came, until=changed)) == ["UPDATE"]
    assert (await _read(client, since=went))["features"] == []
    assert (await client.get(f"{ITEMS}/{gone['id']}")).status_code == 410


async def test_what_leaves_the_filter_is_a_delete_and_what_enters_an_insert(
    client: httpx.AsyncClient, built: list[int]
) -> None:
    _, came, changed, _ = built
    assert _changes(await _read(client, since=came, until=changed, filter="name = 'Nhà 1'")) == ["DELETE"]
    assert _changes(await _read(client, since=came, until=changed, filter="name LIKE 'Ch%'")) == ["INSERT"]
    far = await _read(client, since=came, bbox="105,10,105.1,10.1")
    assert far["features"] == []


async def test_the_pages_of_a_feed_stay_between_their_states(client: httpx.AsyncClient, built: list[int]) -> None:
    page = await _read(client, since=built[0], limit=1)
    ids, seen = [], 0
    while True:
        ids += [feature["id"] for feature in page["features"]]
        following = _link(page, "next")
        assert ("numberMatched" in page) == (following is None and seen == 0)
        if following is None:
            break
        page, seen = (await client.get(following)).json(), seen + 1
        assert page["until"] == built[-1]
    assert (len(ids), len(set(ids)), ids) == (2, 2, sorted(ids))


async def test_a_page_that_takes_too_long_ends_where_it_has_come_to(
    client: httpx.AsyncClient, built: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A filter on times leaves nothing out beforehand: one feature a statement is looked at, one statement a page."""
    whole = await _read(client, since=built[0])
    for module, name, value in ((store, "_AT_ONCE", 1), (store, "FEW", 1), (feed, "_LOOKING", -1.0)):
        monkeypatch.setattr(module, name, value)
    store._changes.cache_clear()
    try:
        nothing = await _pages(client, filter="valid_from > TIMESTAMP('2999-01-01T00:00:00Z')", since=built[0])
        found = await _pages(client, since=built[0])
    finally:
        store._changes.cache_clear()
    assert len(nothing) > 2
    assert all(page["features"] == [] and "numberMatched" not in page for page in nothing)
    assert len(found) == len(nothing)
    assert [feature for page in found for feature in page["features"]] == whole["features"]
    told = [str(page["links"]) for page in nothing]
    assert not any(feature["id"] in text for text in told for feature in whole["features"])


async def _pages(client: httpx.AsyncClient, **parameters: object) -> list[dict[str, Any]]:
    found = [await _read(client, **parameters)]
    while (following := _link(found[-1], "next")) is not None:
        assert len(found) < 50
        found.append((await client.get(following)).json())
    return found


async def test_a_cursor_of_another_question_opens_nothing(client: httpx.AsyncClient, built: list[int]) -> None:
    following = _link(await _read(client, since=built[0], limit=1), "next")
    assert following is not None
    other = re.sub(r"since=\d+", f"since={built[1]}", following)
    assert (await client.get(other)).status_code == 400


async def test_following_the_links_misses_nothing(client: httpx.AsyncClient, built: list[int], city: Any) -> None:
    poll = _link(await _read(client, since=0), "monitor")
    assert poll is not None and "/.." in poll
    assert (await client.get(poll)).json()["features"] == []
    with psycopg.connect(city.dsn, autocommit=True) as db:
        db.execute("UPDATE land.buildings SET name = 'Trường' WHERE name = 'Nhà 3'")
    try:
        page = (await client.get(poll)).json()
        assert _changes(page) == ["UPDATE"]
        assert page["features"][0]["properties"]["name"] == "Trường"
    finally:
        with psycopg.connect(city.dsn, autocommit=True) as db:
            db.execute("UPDATE land.buildings SET name = 'Nhà 3' WHERE name = 'Trường'")


async def test_the_clock_alone_changes_a_state(client: httpx.AsyncClient, city: Any) -> None:
    """A parcel that ended on the first day of 2023, and one that changed its use in 2024: known all along."""
    feed = "/collections/parcels/changes"
    asked = {"since": city.version, "until": city.version}
    still = (await client.get(feed, params={**asked, "datetime": "2022-06-01T00:00:00Z"})).json()
    assert still["features"] == []
    moved = (await client.get(feed, params={**asked, "datetime": "2022-06-01/2023-06-01"})).json()
    assert [(f["id"], f["properties"]["__change__"]) for f in moved["features"]] == [(str(city.ended), "DELETE")]
    back = (await client.get(feed, params={**asked, "datetime": "2024-01-01/.."})).json()
    assert [(f["id"], f["properties"]["__change__"]) for f in back["features"]] == [(str(city.reclassified), "UPDATE")]


async def test_the_properties_asked_for_are_what_may_differ(client: httpx.AsyncClient, built: list[int]) -> None:
    _, came, changed, _ = built
    told = await _read(client, since=came, until=changed, properties="name")
    assert [f["properties"] for f in told["features"]] == [{"name": "Chợ", "__change__": "UPDATE"}]
    assert (await _read(client, since=came, until=changed, properties="storeys", skipGeometry="true"))["features"] == []


async def test_a_text_sequence_has_the_same_changes(client: httpx.AsyncClient, built: list[int]) -> None:
    whole = await _read(client, since=built[0])
    answer = await client.get(FEED, params={"since": built[0], "f": "geojsonseq"})
    assert answer.headers["content-type"].startswith("application/geo+json-seq")
    assert 'rel="monitor"' in answer.headers["link"]
    lines = [orjson.loads(line) for line in answer.content.split(b"\x1e")[1:]]
    assert lines == whole["features"]
    page = await client.get(FEED, params={"since": built[0], "f": "geojsonseq", "limit": 1})
    assert 'rel="next"' in page.headers["link"]
    assert page.content.count(b"\x1e") == 1
    assert (await client.head(FEED, params={"since": built[0], "f": "geojsonseq"})).content == b""


@pytest.mark.parametrize(
    ("parameters", "where"),
    [
        ({}, "since"),
        ({"since": "-1"}, "since"),
        ({"since": "x"}, "since"),
        ({"since": ""}, "since"),
        ({"since": "999999"}, "since"),
        ({"since": "99999999999999999999"}, "since"),
        ({"since": "4294967296"}, "since"),
        ({"since": "2999-01-01"}, "since"),
        ({"since": "0", "until": "999999"}, "until"),
        ({"since": "2", "until": "1"}, "until"),
        ({"since": "2026-01-01", "until": "2025-01-01"}, "until"),
        ({"since": "0", "datetime": "2024-01-01"}, "datetime"),
        ({"since": "0", "datetime": "../2024-01-01"}, "datetime"),
        ({"since": "0", "knownAt": "1"}, "knownAt"),
        ({"since": "0", "limit": "0"}, "limit"),
        ({"since": "0", "cursor": "abc"}, "cursor"),
        ({"since": "0", "nosuchfield": "1"}, "nosuchfield"),
        ({"since": "0", "f": "csv"}, "f"),
    ],
)
async def test_what_names_no_span_is_refused(
    client: httpx.AsyncClient, built: list[int], parameters: dict[str, str], where: str
) -> None:
    answer = await client.get(FEED, params=parameters)
    assert (answer.status_code, answer.json()["where"]) == (400, where)


async def test_a_span_of_the_past_may_be_kept(client: httpx.AsyncClient, built: list[int]) -> None:
    before, came, changed, _ = built
    fixed: dict[str, Any] = {"since": before, "until": changed, "datetime": "2026-01-01T00:00:00Z/2036-01-01T00:00:00Z"}
    answer = await client.get(FEED, params=fixed)
    assert answer.headers["cache-control"] == "public, max-age=3600"
    again = await client.get(FEED, params=fixed, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = await client.get(FEED, params={**fixed, "since": came}, headers={"If-None-Match": answer.headers["etag"]})
    assert other.status_code == 200
    now = await client.get(FEED, params={"since": before})
    assert now.headers["cache-control"] == "public, max-age=10"


async def test_an_unknown_layer_has_no_feed(client: httpx.AsyncClient) -> None:
    assert (await client.get("/collections/nothing/changes", params={"since": 0})).status_code == 404


async def test_an_answer_says_in_words_which_states_it_compares(client: httpx.AsyncClient, built: list[int]) -> None:
    _, came, _, went = built
    told = await _read(client, since=came, until=went, datetime="2026-01-01T00:00:00Z", lang="en")
    assert f"the data after changeset {came} and the data after changeset {went}." in told["description"]
    assert "holds at 2026-01-01 07:00:00." in told["description"]
    first = await _read(client, since=0, lang="vi", datetime="2024-01-01/..")
    assert "chưa ghi nhận dữ liệu nào (since = 0)" in first["description"]
    assert "hiệu lực lúc 01/01/2024;" in first["description"]


@pytest.mark.parametrize(("language", "said"), [("vi", ["Đã đổi", "Hết hoặc bị rút"]), ("en", ["Changed", "Gone"])])
async def test_people_read_the_changes_as_a_page(
    client: httpx.AsyncClient, built: list[int], language: str, said: list[str]
) -> None:
    headers = {"Accept": "text/html", "Accept-Language": language}
    answer = await client.get(FEED, params={"since": built[1]}, headers=headers)
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    told = await _read(client, since=built[1])
    words = dict(zip(("UPDATE", "DELETE"), said, strict=True))
    assert re.findall(r"<tr>\s*<td>([^<]+)</td>", answer.text) == [
        words[feature["properties"]["__change__"]] for feature in told["features"]
    ]
    assert re.findall(r"/items/([0-9a-f-]{36})/versions", answer.text) == [one["id"] for one in told["features"]]
    assert "Chợ" in answer.text
    page = await client.get(FEED, params={"since": built[1], "limit": 1}, headers=headers)
    (following,) = re.findall(r'href="([^"]+)" rel="next"', page.text)
    assert (await client.get(following.replace("&amp;", "&"), headers=headers)).status_code == 200

"""Attacks: questions whose only answer would be something hidden, asked in every way that a channel lets one ask."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from uuid import UUID

import httpx
import numpy as np
import psycopg
import pyarrow as pa
import pytest
import shapely

from gis.store.stage import Records
from tests.services.auth.conftest import E0, HOLDER, N0, OUTSIDE, Guarded, permit_id, publish_records
from tests.services.auth.test_matrix import ITEMS, KNOWS, PUBLIC, tiles_of, words_in

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_cursor_is_of_one_question_of_one_kind_of_caller(door: httpx.AsyncClient, guarded: Guarded) -> None:
    """Each caller's second page, asked for by each other one: the page of those who see alike, or a refusal."""
    following = {}
    for name, headers in guarded.headers.items():
        first = (await door.get(ITEMS, params={"limit": 1}, headers=headers)).json()
        (following[name],) = [link["href"] for link in first["links"] if link["rel"] == "next"]
    for asker, headers in guarded.headers.items():
        for owner, link in following.items():
            answer = await door.get(link, headers=headers)
            alike = KNOWS[asker] == KNOWS[owner] and ("ward" in asker) == ("ward" in owner)
            assert answer.status_code == (200 if alike else 400), (asker, owner)
            assert words_in(answer.content) <= KNOWS[asker]


async def test_a_cursor_that_was_altered_in_any_byte_is_refused(door: httpx.AsyncClient) -> None:
    """It names an instant, a changeset and a row: by another instant it would tell since when a reduced row is there."""
    first = (await door.get(ITEMS, params={"limit": 1})).json()
    (following,) = [link["href"] for link in first["links"] if link["rel"] == "next"]
    begin, cursor = following.split("cursor=")
    assert (await door.get(following)).status_code == 200
    for place in range(len(cursor)):
        other = "B" if cursor[place] == "A" else "A"
        answer = await door.get(f"{begin}cursor={cursor[:place]}{other}{cursor[place + 1 :]}")
        assert answer.status_code == 400, place
        assert answer.json()["where"] == "cursor"


QUESTIONS: tuple[dict[str, str], ...] = (
    {"filter": "FIELD = 'VALUE'"},
    {"filter": "FIELD LIKE 'VAL%'"},
    {"filter": "FIELD IS NULL"},
    {"filter": "CASEI(FIELD) = CASEI('VALUE')"},
    {"filter": '{"op":"=","args":[{"property":"FIELD"},"x"]}', "filter-lang": "cql2-json"},
    {"filter": "FIELD = FIELD"},
    {"filter": "h.FIELD = 'x'"},
    {"filter": 'land_restricted.parcels_holders."FIELD" = 1'},
    {"FIELD": "VALUE"},
    {"sortby": "FIELD"},
    {"sortby": "-FIELD"},
    {"properties": "FIELD"},
    {"properties": "parcel,FIELD"},
)
HIDDEN_FIELDS = (
    *((caller, "address") for caller in ("public", "viewer of another agency")),
    *((caller, "holder_name") for caller in ("public", "viewer", "auditor", "admin", "viewer with applicants")),
)


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
@pytest.mark.parametrize(("caller", "field"), HIDDEN_FIELDS)
async def test_no_question_about_a_hidden_field_is_answered_nor_told_from_one_about_no_field(
    door: httpx.AsyncClient, guarded: Guarded, caller: str, field: str, question: dict[str, str]
) -> None:
    """Alike in status and in words, in every format; the name of the field apart."""
    headers = guarded.headers[caller] | {"Accept-Language": "en", "X-Request-Id": "one-of-two"}
    for f in ("json", "html", "csv"):
        texts = []
        for name in (field, "nosuchname"):
            asked = {key.replace("FIELD", name): text.replace("FIELD", name) for key, text in question.items()}
            answer = await door.get("/collections/parcels/items", params=asked | {"f": f}, headers=headers)
            assert answer.status_code == 400, answer.text
            detail = unescape(answer.text) if f == "html" else answer.json()["detail"]
            said = re.split(r"; (?:there are|did you mean)|\. ", detail)[0]
            texts.append(said.replace(name, "…"))
        assert texts[0] == texts[1]


@pytest.mark.parametrize("caller", ["public", "viewer of another agency", "viewer with a key for other layers"])
@pytest.mark.parametrize("word", ["DIACHIDRAFTIN", "DIACHIISSUEDOUT", HOLDER, "GPXDDRAFTIN"])
async def test_a_search_for_a_hidden_word_finds_what_a_search_for_no_word_finds(
    door: httpx.AsyncClient, guarded: Guarded, caller: str, word: str
) -> None:
    found = []
    for text in (word, "QQQQQQQQ"):
        answer = await door.get(ITEMS, params={"q": text}, headers=guarded.headers[caller])
        body = {
            name: value
            for name, value in answer.json().items()
            if name in ("features", "numberMatched", "numberReturned")
        }
        found.append((answer.status_code, answer.headers.get("etag", "") != "", body))
    assert found[0] == found[1]


async def test_neither_head_nor_range_tells_more_than_get(door: httpx.AsyncClient, guarded: Guarded) -> None:
    hidden, never = f"{ITEMS}/{permit_id('DRAFT', OUTSIDE)}", f"{ITEMS}/99999999-0000-4000-8000-000000000000"
    for path in (ITEMS, hidden, f"{hidden}/versions", f"{ITEMS}?f=csv", *tiles_of(16)):
        got = await door.get(path)
        head = await door.head(path)
        assert (head.status_code, head.content) == (got.status_code, b"")
        part = await door.get(path, headers={"Range": "bytes=0-99999"})
        assert part.status_code in (got.status_code, 206)
        assert words_in(part.content) <= PUBLIC
    texts = [{**dict((await door.head(each)).headers), "x-request-id": ""} for each in (hidden, never)]
    assert [text | {"content-length": ""} for text in texts[:1]] == [
        text | {"content-length": ""} for text in texts[1:]
    ]


async def test_a_304_needs_the_answer_and_is_not_given_for_what_is_hidden(
    door: httpx.AsyncClient, guarded: Guarded
) -> None:
    """Nor for `*`: whether there is something under an address is not asked by guessing that one has it already."""
    hidden, never = f"{ITEMS}/{permit_id('DRAFT', OUTSIDE)}", f"{ITEMS}/99999999-0000-4000-8000-000000000000"
    theirs = (await door.get(hidden, headers=guarded.headers["viewer"])).headers["etag"]
    for tag in ("*", theirs, 'W/"0"'):
        codes = [(await door.get(each, headers={"If-None-Match": tag})).status_code for each in (hidden, never)]
        assert codes == [404, 404]


async def test_a_tile_tells_by_its_size_and_tag_nothing_of_what_is_hidden(
    door: httpx.AsyncClient, guarded: Guarded
) -> None:
    """What the public gets does not change in one byte or header when only hidden rows do."""
    inside = tiles_of(16)[0]
    columns: dict[str, pa.Array] = {
        "id": pa.array([UUID(int=(0x42 << 120) | 1).bytes], pa.binary()),
        "valid_from": pa.array([datetime(2020, 1, 1, tzinfo=UTC)], pa.timestamp("us", tz="UTC")),
        "number": pa.array(["HIDDEN"]),
        "status": pa.array(["DRAFT"]),
    }
    kept = ("etag", "landmap-data-version", "content-length", "cache-control")

    async def told() -> list[object]:
        paths = (inside, ITEMS, "/collections/permits", f"{ITEMS}?f=csv")
        # Packed, the time of an answer changes its length.
        answers = [await door.get(path, headers={"Accept-Encoding": "identity"}) for path in paths]
        return [(each.url, each.status_code, {name: each.headers.get(name) for name in kept}) for each in answers]

    before = await told()
    with psycopg.connect(guarded.dsn, autocommit=True) as db:
        publish_records(db, guarded.catalog, "permits", Records(np.array([shapely.Point(E0, N0)]), columns))
        try:
            assert await told() == before
        finally:
            db.execute("DELETE FROM land.permits WHERE id = %s", (UUID(int=(0x42 << 120) | 1),))
    assert await told() == before

"""Roles by channels: each answer tells exactly what its caller may know, and no channel tells more than another.

A permit tells its `number` to the public where its state lets it, and its `address` to agencies only. The ward's agency
sees more than the public inside its area alone. Each value is a word that stands nowhere else, so that it can be looked
for in the bytes of any answer.
"""

from __future__ import annotations

import gzip
import io
import math
import re
import tempfile
import zipfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import httpx
import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from pmtiles.reader import MemorySource, all_tiles

from gis.crs.transform import transform
from gis.store import access
from gis.store.stage import Records
from tests.services.auth.conftest import (
    CALLERS,
    E0,
    HOLDER,
    INSIDE,
    N0,
    OUTSIDE,
    PLACES,
    STATES,
    Guarded,
    address,
    number,
    permit_id,
    publish_records,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

ITEMS = "/collections/permits/items"
EVERYTHING = frozenset(word(state, place) for state in STATES for place in PLACES for word in (number, address))
IN_THE_WARD = frozenset(word(state, INSIDE) for state in STATES for word in (number, address))
PUBLIC = frozenset(number("ISSUED", place) for place in PLACES)
MARK = re.compile(rb"(?:GPXD|DIACHI)[A-Z]+")

KNOWS: dict[str, frozenset[str]] = {
    "public": PUBLIC,
    "viewer": EVERYTHING,
    "editor": EVERYTHING,
    "publisher": EVERYTHING,
    "viewer of the ward": PUBLIC | IN_THE_WARD,
    "editor of the ward": PUBLIC | IN_THE_WARD,
    "viewer of another agency": PUBLIC,
    "viewer with a key for other layers": PUBLIC,
    "auditor": EVERYTHING,
    "auditor with a key for other layers": PUBLIC,
    "admin": EVERYTHING,
    "viewer with applicants": EVERYTHING,
    "viewer of the ward with applicants": PUBLIC | IN_THE_WARD,
}
"""Which words each caller may read anywhere."""

SHOWN_ROWS = {"public": 4, **{name: 6 if knows == EVERYTHING else 4 for name, knows in KNOWS.items()}}
SHOWN_ROWS |= {name: 5 for name in KNOWS if "of the ward" in name}
"""How many permits each caller may count: those under review are there for all, with their state only."""

type Ask = Callable[..., Awaitable[httpx.Response]]
type Channel = Callable[[Ask], Awaitable[bytes]]


def words_in(body: bytes) -> frozenset[str]:
    return frozenset(word.decode() for word in MARK.findall(body))


def _place(x: float) -> tuple[float, float]:
    ((lon, lat),) = transform(np.array([[E0 + x, N0]]), 9210, 4326)
    return float(lon), float(lat)


def _around(place: str) -> str:
    lon, lat = _place(PLACES[place])
    return f"{lon - 1e-4},{lat - 1e-4},{lon + 1e-4},{lat + 1e-4}"


def tiles_of(zoom: int) -> list[str]:
    paths = []
    for x in PLACES.values():
        lon, lat = _place(x)
        column = int((lon + 180) / 360 * 2**zoom)
        row = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**zoom)
        paths.append(f"/collections/permits/tiles/WebMercatorQuad/{zoom}/{row}/{column}")
    return paths


async def _items(ask: Ask) -> bytes:
    return (await ask(ITEMS, limit=100)).content


async def _pages(ask: Ask) -> bytes:
    """Page by page, by the links."""
    body, answer = b"", await ask(ITEMS, limit=1)
    while True:
        body += b"".join(feature_bytes(answer))
        following = [link["href"] for link in answer.json()["links"] if link["rel"] == "next"]
        if not following:
            return body
        answer = await ask(following[0])


def feature_bytes(answer: httpx.Response) -> list[bytes]:
    return [repr(feature).encode() for feature in answer.json()["features"]]


async def _html(ask: Ask) -> bytes:
    return (await ask(ITEMS, f="html", limit=100)).content


async def _box(ask: Ask) -> bytes:
    return b"".join([(await ask(ITEMS, bbox=_around(place), limit=100)).content for place in PLACES])


async def _then(ask: Ask) -> bytes:
    known = (await ask(ITEMS, limit=1)).json()["dataVersion"]
    return (await ask(ITEMS, datetime="2021-01-01/2022-01-01", knownAt=known, limit=100)).content


async def _each(ask: Ask, path: str = "", **parameters: str) -> bytes:
    answers = [
        await ask(f"{ITEMS}/{permit_id(state, place)}{path}", **parameters) for state in STATES for place in PLACES
    ]
    assert {answer.status_code for answer in answers} <= {200, 404}
    return b"".join(answer.content for answer in answers)


async def _item_pages(ask: Ask) -> bytes:
    return await _each(ask, f="html")


async def _versions(ask: Ask) -> bytes:
    return await _each(ask, "/versions")


async def _changes(ask: Ask) -> bytes:
    """All that came since the beginning, in both formats."""
    feed = "/collections/permits/changes"
    page, lines = await ask(feed, since=0, limit=100), await ask(feed, since=0, f="geojsonseq")
    assert page.json()["numberReturned"] == lines.content.count(b"\x1e")
    return b"".join([*feature_bytes(page), lines.content])


async def _version_addresses(ask: Ask) -> bytes:
    """Every version by its own address."""
    body = b""
    for state in STATES:
        for place in PLACES:
            history = await ask(f"{ITEMS}/{permit_id(state, place)}/versions")
            for version in history.json().get("features", []):
                for link in version.get("links", []):
                    body += (await ask(link["href"])).content
    return body


async def _by_number(ask: Ask) -> bytes:
    """Guessing the public field of each row: the answer must not say that a hidden row has it."""
    return await _guessed(ask, "number", number)


async def _by_address(ask: Ask) -> bytes:
    return await _guessed(ask, "address", address)


async def _guessed(ask: Ask, field: str, word: Callable[[str, str], str]) -> bytes:
    body = b""
    for state in STATES:
        for place in PLACES:
            answer = await ask(ITEMS, **{field: word(state, place)}, limit=100)
            if answer.status_code == 200:  # the question stands in the links, so only the features are looked at
                assert answer.json()["numberMatched"] == len(answer.json()["features"])
                body += b"".join(feature_bytes(answer))
            else:
                assert (answer.status_code, field) == (400, "address")
    return body


async def _drawn(ask: Ask) -> bytes:
    return b"".join([(await ask(path)).content for zoom in (14, 16, 18) for path in tiles_of(zoom)])


def _download(name: str, read: Callable[[bytes], object], **profile: str) -> Channel:
    """A channel of the whole selection in one format: what is in it once it is unpacked."""

    async def told(ask: Ask) -> bytes:
        answer = await ask(ITEMS, f=name, **profile)
        assert answer.status_code == 200
        found = read(answer.content)
        return found if isinstance(found, bytes) else repr(found).encode()

    return told


def _by_gdal(ending: str) -> Callable[[bytes], object]:
    def read(body: bytes) -> object:
        with tempfile.TemporaryDirectory() as directory:
            (path := Path(directory) / f"x.{ending}").write_bytes(body)
            return pyogrio.read_arrow(path, read_geometry=False)[1].to_pylist()

    return read


def _unzipped(body: bytes) -> object:
    with zipfile.ZipFile(io.BytesIO(body)) as parts:
        return [parts.read(name) for name in parts.namelist()]


DOWNLOADS: dict[str, Channel] = {
    "geojsonseq": _download("geojsonseq", bytes),
    "jsonfg": _download("jsonfg", bytes),
    "jsonfg in another CRS": _download("jsonfg", bytes, crs="EPSG:9210"),
    "csv": _download("csv", bytes),
    "csv for Excel": _download("csv", bytes, profile="excel-vi"),
    "gml": _download("gml", bytes),
    "parquet": _download("parquet", lambda body: pq.read_table(io.BytesIO(body)).to_pylist()),
    "xlsx": _download("xlsx", _unzipped),
    "fgb": _download("fgb", _by_gdal("fgb")),
    "gpkg": _download("gpkg", _by_gdal("gpkg")),
    "csv in order": _download("csv", bytes, sortby="-number"),
}


async def _open_data(ask: Ask) -> bytes:
    """What is in the files of the newest version; who asks makes no difference."""
    readers = {
        "csv": bytes,
        "parquet": lambda body: pq.read_table(io.BytesIO(body)).to_pylist(),
        "gpkg": _by_gdal("gpkg"),
    }
    body = b""
    for ending, read in readers.items():
        elsewhere = await ask(f"/open-data/permits/latest/permits.{ending}")
        answer = await ask(elsewhere.headers["location"])
        assert answer.status_code == 200
        body += repr(read(answer.content)).encode()
    return body


async def _frozen(ask: Ask) -> bytes:
    """All tiles of the frozen map; who asks makes no difference."""
    answer = await ask("/map/city.pmtiles")
    assert answer.status_code == 200
    return b"".join(gzip.decompress(body) for _, body in all_tiles(MemorySource(answer.content)))


async def _by_words(ask: Ask) -> bytes:
    """`q` finds a row by what it shows to the caller, and by nothing else."""
    return await _looked_for(ask, ITEMS, {})


async def _searched(ask: Ask) -> bytes:
    return await _looked_for(ask, "/search", {"collections": "permits"})


async def _looked_for(ask: Ask, path: str, more: dict[str, str]) -> bytes:
    body = b""
    for word in (number, address):
        for state in STATES:
            for place in PLACES:
                answer = await ask(path, q=word(state, place), limit=100, **more)
                assert answer.status_code == 200
                assert answer.json()["numberMatched"] == len(answer.json()["features"])
                body += b"".join(feature_bytes(answer))
    return body


async def _in_order(ask: Ask) -> bytes:
    """Sorted by a public field, page by page: rows that hide it come last, in an order that does not tell it."""
    body, shown, answer = b"", [], await ask(ITEMS, limit=2, sortby="number")
    while True:
        body += b"".join(feature_bytes(answer))
        shown += [feature["properties"].get("number", "~") for feature in answer.json()["features"]]
        following = [link["href"] for link in answer.json()["links"] if link["rel"] == "next"]
        if not following:
            assert shown == sorted(shown)
            return body
        answer = await ask(following[0])


async def _chosen(ask: Ask) -> bytes:
    """One property, and the one of agencies where the caller may name it."""
    body = (await ask(ITEMS, properties="number", limit=100)).content
    for asked in ({"properties": "address"}, {"sortby": "address", "properties": "address"}):
        answer = await ask(ITEMS, **asked, limit=100)
        assert answer.status_code in (200, 400)
        body += b"".join(feature_bytes(answer)) if answer.status_code == 200 else b""
    return body


CHANNELS: dict[str, tuple[Channel, Callable[[frozenset[str]], frozenset[str]]]] = {
    "items": (_items, lambda knows: knows),
    "pages": (_pages, lambda knows: knows),
    "items as a page": (_html, lambda knows: knows),
    "items of a box": (_box, lambda knows: knows),
    "items of the past": (_then, lambda knows: knows),
    "item": (_each, lambda knows: knows),
    "item as a page": (_item_pages, lambda knows: knows),
    "versions": (_versions, lambda knows: knows),
    "versions by their addresses": (_version_addresses, lambda knows: knows),
    "changes": (_changes, lambda knows: knows),
    "filter by a public field": (_by_number, lambda knows: knows),
    "filter by a field of agencies": (_by_address, lambda knows: _rows_with_address(knows)),
    "words": (_by_words, lambda knows: knows),
    "search": (_searched, lambda knows: knows),
    "sorted": (_in_order, lambda knows: knows),
    "chosen properties": (_chosen, lambda knows: knows),
    **{name: (send, lambda knows: knows) for name, send in DOWNLOADS.items()},
    "open data": (_open_data, lambda knows: PUBLIC),
    "frozen map": (_frozen, lambda knows: PUBLIC),
    "tiles": (_drawn, lambda knows: frozenset(word for word in knows if word.startswith("GPXD"))),
}


def _rows_with_address(knows: frozenset[str]) -> frozenset[str]:
    return frozenset(
        word(state, place)
        for state in STATES
        for place in PLACES
        for word in (number, address)
        if address(state, place) in knows
    )


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("caller", KNOWS)
async def test_a_channel_tells_a_caller_exactly_what_it_may_know(
    door: httpx.AsyncClient, guarded: Guarded, caller: str, channel: str
) -> None:
    async def ask(path: str, **parameters: object) -> httpx.Response:
        return await door.get(path, params=parameters or None, headers=guarded.headers[caller])  # type: ignore[arg-type]

    send, told = CHANNELS[channel]
    body = await send(ask)
    assert words_in(body) == told(KNOWS[caller])
    assert HOLDER.encode() not in body


@pytest.mark.parametrize("name", ["parquet", "gpkg", "fgb"])
@pytest.mark.parametrize("caller", KNOWS)
async def test_no_hidden_word_lies_anywhere_in_the_bytes_of_a_file(
    door: httpx.AsyncClient, guarded: Guarded, caller: str, name: str
) -> None:
    """Free pages, statistics, dictionaries and indexes included."""
    body = (await door.get(ITEMS, params={"f": name}, headers=guarded.headers[caller])).content
    assert not [word for word in EVERYTHING - KNOWS[caller] if word.encode() in body]
    assert HOLDER.encode() not in (await door.get("/collections/parcels/items", params={"f": name}, headers=guarded.headers[caller])).content  # fmt: skip


@pytest.mark.parametrize("caller", KNOWS)
async def test_counts_are_of_what_the_caller_may_see(door: httpx.AsyncClient, guarded: Guarded, caller: str) -> None:
    found = (await door.get(ITEMS, params={"limit": 1}, headers=guarded.headers[caller])).json()
    assert found["numberMatched"] == SHOWN_ROWS[caller]
    boxes = [
        (await door.get(ITEMS, params={"limit": 1, "bbox": _around(place)}, headers=guarded.headers[caller])).json()
        for place in (INSIDE, OUTSIDE)
    ]
    seen = [sum(number(state, place) in KNOWS[caller] for state in STATES) for place in (INSIDE, OUTSIDE)]
    assert [box["numberMatched"] for box in boxes] == seen


@pytest.mark.parametrize("resource", ["", "/schema", "/queryables", "/sortables"])
@pytest.mark.parametrize("caller", KNOWS)
async def test_descriptions_name_the_fields_that_the_caller_may_see(
    door: httpx.AsyncClient, guarded: Guarded, caller: str, resource: str
) -> None:
    body = (await door.get(f"/collections/permits{resource}", headers=guarded.headers[caller])).text
    agencies = any(word.startswith("DIACHI") for word in KNOWS[caller])
    assert ("address" in body) == (agencies and resource != "")
    assert "holder_name" not in (await door.get("/collections/parcels/schema", headers=guarded.headers[caller])).text


@pytest.mark.parametrize("caller", KNOWS)
async def test_a_hidden_feature_is_refused_in_the_words_of_one_that_never_was(
    door: httpx.AsyncClient, guarded: Guarded, caller: str
) -> None:
    hidden, never = permit_id("DRAFT", OUTSIDE), "99999999-0000-4000-8000-000000000000"
    headers = guarded.headers[caller]
    for path in ("", "/versions"):
        found = await door.get(f"{ITEMS}/{hidden}{path}", headers=headers)
        if number("DRAFT", OUTSIDE) in KNOWS[caller]:
            assert found.status_code == 200
            continue
        other = await door.get(f"{ITEMS}/{never}{path}", headers=headers)
        kept = [{k: v for k, v in each.json().items() if k != "requestId"} for each in (found, other)]
        assert repr(kept[0]).replace(str(hidden), never) == repr(kept[1])


@pytest.mark.parametrize("caller", KNOWS)
async def test_a_hidden_field_is_refused_in_the_words_of_one_that_is_not_there(
    door: httpx.AsyncClient, guarded: Guarded, caller: str
) -> None:
    for field in ("address", "holder_name"):
        answer = await door.get(ITEMS, params={field: "x"}, headers=guarded.headers[caller])
        if field == "address" and any(word.startswith("DIACHI") for word in KNOWS[caller]):
            assert answer.status_code == 200
            continue
        other = await door.get(ITEMS, params={"nosuchname": "x"}, headers=guarded.headers[caller])
        assert answer.status_code == other.status_code == 400
        assert (
            answer.json()["detail"].replace(field, "nosuchname").split(".")[0] == other.json()["detail"].split(".")[0]
        )


async def test_the_answer_of_one_caller_is_no_answer_for_another(door: httpx.AsyncClient, guarded: Guarded) -> None:
    """An ETag opens nothing: not for whoever sees less, nor for whoever sees more."""
    for path in (ITEMS, f"{ITEMS}/{permit_id('ISSUED', INSIDE)}", *tiles_of(16)):
        tags = {
            name: (await door.get(path, headers=headers)).headers["etag"] for name, headers in guarded.headers.items()
        }
        for asker, headers in guarded.headers.items():
            for owner, tag in tags.items():
                answer = await door.get(path, headers={**headers, "If-None-Match": tag})
                same = KNOWS[asker] == KNOWS[owner] and ("ward" in asker) == ("ward" in owner)
                assert (answer.status_code == 304) == same, (path, asker, owner)


async def test_shared_caches_keep_public_answers_only(door: httpx.AsyncClient, guarded: Guarded) -> None:
    for path in (ITEMS, "/collections", "/collections/permits/schema", tiles_of(16)[0]):
        for caller, headers in guarded.headers.items():
            answer = await door.get(path, headers=headers)
            assert answer.headers["cache-control"].startswith("public" if caller == "public" else "private")
            assert {"authorization", "x-api-key"} <= {
                each.strip().lower() for each in answer.headers["vary"].split(",")
            }


async def test_the_matrix_has_every_caller() -> None:
    assert set(KNOWS) == {"public", *CALLERS}


async def test_an_interval_is_answered_as_if_hidden_versions_were_not(
    door: httpx.AsyncClient, guarded: Guarded
) -> None:
    """The day on which a permit became a hidden one again must not be found by asking for longer and longer intervals."""
    ident, since, until = (
        UUID(int=(0x41 << 120) | 1),
        datetime(2020, 1, 1, tzinfo=UTC),
        datetime(2023, 5, 9, tzinfo=UTC),
    )
    columns: dict[str, pa.Array] = {
        "id": pa.array([ident.bytes] * 2, pa.binary()),
        "valid_from": pa.array([since, until], pa.timestamp("us", tz="UTC")),
        "valid_to": pa.array([until, None], pa.timestamp("us", tz="UTC")),
        "number": pa.array(["LATER"] * 2),
        "status": pa.array(["ISSUED", "DRAFT"]),
    }
    with psycopg.connect(guarded.dsn, autocommit=True) as db:
        publish_records(db, guarded.catalog, "permits", Records(np.array([shapely.Point(E0, N0)] * 2), columns))
        try:
            for end in ("2023-05-07", "2023-05-09", "2024-01-01"):
                asked = {"datetime": f"2020-02-01/{end}", "number": "LATER"}
                assert (await door.get(ITEMS, params=asked)).json()["numberMatched"] == 1, end
            inside = await door.get(ITEMS, params=asked, headers=guarded.headers["viewer"])
            assert inside.json()["features"][0]["properties"]["status"] == "DRAFT"
        finally:
            db.execute("DELETE FROM land.permits WHERE id = %s", (ident,))


async def test_a_row_reduced_to_some_fields_does_not_tell_since_when(door: httpx.AsyncClient, guarded: Guarded) -> None:
    item = f"{ITEMS}/{permit_id('IN_REVIEW', INSIDE)}"
    assert (await door.get(item)).status_code == 200
    for asked in ({"datetime": "2019-01-01"}, {"datetime": "2024-01-01"}, {"knownAt": "2026-11-22T00:00:00Z"}):
        assert (await door.get(item, params=asked)).status_code == 404
    assert (await door.get(f"{item}/versions")).status_code == 404
    found = await door.get(item, params={"datetime": "2024-01-01"}, headers=guarded.headers["viewer"])
    assert found.status_code == 200


async def test_another_area_of_an_agency_is_another_answer_at_once(door: httpx.AsyncClient, guarded: Guarded) -> None:
    """A tile drawn for the old area is not served for the new one."""
    outside = tiles_of(16)[1]
    headers = guarded.headers["viewer of the ward"]
    before = await door.get(outside, headers=headers)
    assert number("DRAFT", OUTSIDE).encode() not in before.content
    ward = shapely.box(E0 - 50, N0 - 50, E0 + 50, N0 + 50)
    with psycopg.connect(guarded.dsn, autocommit=True) as db:
        access.set_area(
            db, guarded.catalog, "phuong-a", shapely.box(E0 - 50, N0 - 50, E0 + 900, N0 + 50), "x", "tester"
        )
        try:
            after = await door.get(outside, headers={**headers, "If-None-Match": before.headers["etag"]})
            assert after.status_code == 200
            assert number("DRAFT", OUTSIDE).encode() in after.content
        finally:
            access.set_area(db, guarded.catalog, "phuong-a", ward, "test", "tester")


async def test_a_change_of_a_field_of_agencies_tells_the_public_nothing(
    door: httpx.AsyncClient, guarded: Guarded
) -> None:
    """Neither the feature, nor its versions, nor the feed, nor their headers: only the data version of the layer moves."""
    ident = permit_id("ISSUED", OUTSIDE)
    item = f"{ITEMS}/{ident}"
    callers = ("public", "viewer of the ward", "viewer")
    asked = {name: await door.get(ITEMS, params={"limit": 1}, headers=guarded.headers[name]) for name in callers}
    since = {name: answer.json()["dataVersion"] for name, answer in asked.items()}

    async def told() -> list[object]:
        one, page = await door.get(item), await door.get(ITEMS, params={"limit": 100})
        versions = await door.get(f"{item}/versions")
        feed = await door.get("/collections/permits/changes", params={"since": 0, "limit": 100})
        parts = [one.json(), *page.json()["features"], *versions.json()["features"], *feed.json()["features"]]
        headers = [versions.json()["numberMatched"], one.headers["link"], one.headers["memento-datetime"]]
        bodies = [{k: v for k, v in part.items() if k not in ("timeStamp", "dataVersion")} for part in parts]
        return [*bodies, *headers, one.headers["etag"].startswith("W/")]

    async def changed(caller: str) -> list[str]:
        known = {"since": since[caller]}
        feed = await door.get("/collections/permits/changes", params=known, headers=guarded.headers[caller])
        return [feature["properties"]["__change__"] for feature in feed.json()["features"]]

    before = await told()
    with psycopg.connect(guarded.dsn, autocommit=True) as db:
        row = db.execute("SELECT address FROM land.permits WHERE id = %s", (ident,)).fetchone()
        assert row is not None
        db.execute("UPDATE land.permits SET address = 'elsewhere' WHERE id = %s", (ident,))
        try:
            assert await told() == before
            assert await changed("public") == await changed("viewer of the ward") == []
            assert await changed("viewer") == ["UPDATE"]
            seen = (await door.get(f"{item}/versions", headers=guarded.headers["viewer"])).json()
            assert seen["numberMatched"] > (await door.get(f"{item}/versions")).json()["numberMatched"]
        finally:
            db.execute("UPDATE land.permits SET address = %s WHERE id = %s", (row[0], ident))
    assert await told() == before

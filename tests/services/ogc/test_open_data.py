"""Open data over HTTP: found from the landing page, whole and in parts, the same for everybody."""

from __future__ import annotations

import asyncio
import base64
import csv
import hashlib
import io
import shutil
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import httpx
import pyarrow.parquet as pq
import pyogrio
import pytest
import pytest_asyncio
from fastapi import FastAPI

from gis.formats import publication
from gis.formats.open_files import File, Manifest, Shelf
from gis.model.invented import NOTICE
from gis.model.layer import Catalog
from gis.store import open_data
from services.app import create_app
from services.ogc import open_data_making
from tests.gis.store.conftest import Load, Parcel, db, load, parcels  # noqa: F401 - fixtures
from tests.services.conftest import City, calling, make_city

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def get(client: httpx.AsyncClient, path: str, **more: Any) -> dict[str, Any]:
    answer = await client.get(path, **more)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def link(document: dict[str, Any], rel: str, **also: object) -> str:
    (found,) = [each for each in document["links"] if each["rel"] == rel and also.items() <= each.items()]
    href: str = found["href"]
    return href


@pytest.fixture(scope="module")
def city(make_database: Callable[..., str], catalog: Catalog) -> City:
    """A city that no other test publishes into."""
    return make_city(make_database(), catalog)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def client(city: City, settings_for: Any) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings_for(city.dsn))
    async with app.router.lifespan_context(app), calling(app) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def version(client: httpx.AsyncClient, city: City) -> dict[str, Any]:
    return await get(client, f"/open-data/parcels/{city.version}")


def file_of(version: dict[str, Any], ending: str) -> dict[str, Any]:
    (found,) = [file for file in version["files"] if file["name"].endswith(ending)]
    return dict(found)


async def test_the_way_leads_from_the_landing_page_to_the_files(client: httpx.AsyncClient, city: City) -> None:
    listed = await get(client, link(await get(client, "/"), "related", title="Open data"))
    assert [layer["id"] for layer in listed["layers"]] == list(city.catalog.layers)
    listed_parcels = next(layer for layer in listed["layers"] if layer["id"] == "parcels")
    assert listed_parcels["newest"]["version"] == city.version
    assert "newest" not in next(layer for layer in listed["layers"] if layer["id"] == "zones")
    versions = await get(client, link(listed_parcels, "version-history"))
    assert [one["version"] for one in versions["versions"]] == [city.version]
    told = await get(client, link(versions["versions"][0], "item"))
    items = await get(client, link(told, "items") + "&limit=1")
    assert told["features"] == items["numberMatched"] == 47 and items["dataVersion"] == told["version"]
    assert told["license"] == "CC BY 4.0" and link(told, "license") == "https://creativecommons.org/licenses/by/4.0/"
    for file in told["files"]:
        body = (await client.get(file["href"])).content
        assert (len(body), hashlib.sha256(body).hexdigest()) == (file["length"], file["sha256"])
        assert {"rel": "enclosure", **{name: file[name] for name in ("type", "href", "length")}} in told["links"]


async def test_gdal_and_arrow_read_the_features_of_items(
    client: httpx.AsyncClient, version: dict[str, Any], tmp_path: Path
) -> None:
    items = await get(client, link(version, "items") + "&limit=1000")
    ids = sorted(feature["id"] for feature in items["features"])
    bodies = {ending: (await client.get(file_of(version, ending)["href"])).content for ending in ("parquet", "gpkg")}
    assert sorted(pq.read_table(io.BytesIO(bodies["parquet"])).column("id").to_pylist()) == ids
    (tmp_path / "x.gpkg").write_bytes(bodies["gpkg"])
    assert sorted(pyogrio.read_arrow(tmp_path / "x.gpkg")[1].column("id").to_pylist()) == ids
    text = (await client.get(file_of(version, "parcels.csv")["href"])).text
    assert sorted(row["id"] for row in csv.DictReader(io.StringIO(text, newline=""))) == ids


async def test_a_file_may_be_kept_for_ever_and_says_what_it_is(
    client: httpx.AsyncClient, version: dict[str, Any], city: City
) -> None:
    for file in version["files"]:
        answer = await client.get(file["href"], headers={"Accept-Encoding": "gzip", "Accept": "text/html"})
        headers = answer.headers
        assert headers["cache-control"] == "public, max-age=31536000, immutable, no-transform"
        assert headers["etag"] == f'"{file["sha256"]}"' and "content-encoding" not in headers
        digest = base64.b64encode(hashlib.sha256(answer.content).digest()).decode()
        assert headers["repr-digest"] == f"sha-256=:{digest}:"
        assert headers["content-type"].split(";")[0] == file["type"]
        assert f"_v{city.version}." in headers["content-disposition"] and "attachment" in headers["content-disposition"]
        head = await client.head(file["href"])
        assert head.content == b"" and head.headers["content-length"] == str(file["length"])
        assert {name: head.headers[name] for name in ("etag", "repr-digest", "last-modified", "accept-ranges")} == {
            name: headers[name] for name in ("etag", "repr-digest", "last-modified", "accept-ranges")
        }
        again = await client.get(file["href"], headers={"If-None-Match": headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-99", 0, 100), ("bytes=100-", 100, None), ("bytes=-50", -50, None), ("bytes=10-99999999", 10, None)],
)
async def test_a_part_of_a_file(
    client: httpx.AsyncClient, version: dict[str, Any], asked: str, first: int, last: int | None
) -> None:
    file = file_of(version, "parquet")
    whole = (await client.get(file["href"])).content
    answer = await client.get(file["href"], headers={"Range": asked})
    assert (answer.status_code, answer.content) == (206, whole[first:last])
    start = first % len(whole)
    assert answer.headers["content-range"] == f"bytes {start}-{start + len(answer.content) - 1}/{len(whole)}"
    assert answer.headers["etag"] == f'"{file["sha256"]}"'
    for tag, status in ((answer.headers["etag"], 206), ('"other"', 200), (answer.headers["last-modified"], 206)):
        conditional = await client.get(file["href"], headers={"Range": asked, "If-Range": tag})
        assert conditional.status_code == status
        assert conditional.content == (whole[first:last] if status == 206 else whole)


@pytest.mark.parametrize("asked", ["lines=1-2", "bytes=9-3", "bytes=x-y", "bytes=", "bytes 0-5", "bytes=--5"])
async def test_a_range_that_means_nothing_is_as_if_it_were_not_there(
    client: httpx.AsyncClient, version: dict[str, Any], asked: str
) -> None:
    file = file_of(version, "parcels.csv")
    answer = await client.get(file["href"], headers={"Range": asked})
    assert (answer.status_code, len(answer.content)) == (200, file["length"])


async def test_a_range_outside_the_file_is_told_its_length(client: httpx.AsyncClient, version: dict[str, Any]) -> None:
    file = file_of(version, "parcels.csv")
    answer = await client.get(file["href"], headers={"Range": f"bytes={file['length']}-"})
    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{file['length']}")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "Content-Range" in answer.headers["access-control-expose-headers"]
    assert (answer.json()["status"], answer.json()["where"]) == (416, "Range")
    assert str(file["length"]) in answer.json()["detail"]


async def test_many_clients_read_parts_at_once(client: httpx.AsyncClient, version: dict[str, Any]) -> None:
    file = file_of(version, "gpkg")
    whole = (await client.get(file["href"])).content
    steps = range(0, len(whole), 8_192)
    parts = await asyncio.gather(
        *(client.get(file["href"], headers={"Range": f"bytes={at}-{at + 8_191}"}) for at in steps)
    )
    assert b"".join(part.content for part in parts) == whole
    several = await client.get(file["href"], headers={"Range": "bytes=0-9,50-59"})
    assert several.status_code == 206 and several.headers["content-type"].startswith("multipart/byteranges")
    assert whole[:10] in several.content and whole[50:60] in several.content


async def test_latest_leads_to_the_newest_version_for_now(client: httpx.AsyncClient, city: City) -> None:
    for path in ("", "/parcels.gpkg", "/dictionary.csv"):
        answer = await client.get(f"/open-data/parcels/latest{path}")
        assert answer.status_code == 307 and "immutable" not in answer.headers["cache-control"]
        assert answer.headers["location"] == f"http://land.test/open-data/parcels/{city.version}{path}"
    collection = await get(client, "/collections/parcels")
    enclosed = [each for each in collection["links"] if each["rel"] == "enclosure"]
    assert len(enclosed) == 3
    for each in enclosed:
        answer = await client.get(each["href"], follow_redirects=True)
        assert answer.status_code == 200 and answer.headers["content-type"].split(";")[0] == each["type"]
    zones = await get(client, "/collections/zones")
    assert not [each for each in zones["links"] if each["rel"] == "enclosure"]


@pytest.mark.parametrize(
    "path",
    ["nothing", "parcels/999", "parcels/0", "parcels/01", "parcels/x", "zones/latest", "zones/latest/zones.csv"]
    + [f"parcels/{{version}}/{name}" for name in ("manifest.json", "zones.csv", "..%2f..%2fmanifest.json", "%2e%2e", ".lock", "x")],
)  # fmt: skip
async def test_what_is_not_there_is_not_found(client: httpx.AsyncClient, city: City, path: str) -> None:
    answer = await client.get("/open-data/" + path.format(version=city.version))
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_parameters_that_are_not_there_are_refused(client: httpx.AsyncClient, city: City) -> None:
    for path in ("?q=1", "/parcels?before=0", "/parcels?limit=x", f"/parcels/{city.version}/parcels.csv?f=json"):
        assert (await client.get(f"/open-data{path}")).status_code == 400, path


async def test_permits_under_review_are_in_no_version(client: httpx.AsyncClient) -> None:
    """One is issued, one revoked, one drafted; the one under review shows its state only."""
    told = await get(client, "/open-data/permits/latest", follow_redirects=True)
    text = (await client.get(file_of(told, "permits.csv")["href"])).text
    assert "DRAFT" not in text and "2/GPXD" not in text and "1/GPXD" in text


async def test_the_citation_names_owner_version_and_address(client: httpx.AsyncClient, version: dict[str, Any]) -> None:
    cited = version["citation"]
    for text in (cited["vi"], cited["en"], cited["bibtex"]):
        assert "Sở Nông nghiệp và Môi trường" in text and f"/open-data/parcels/{version['version']}" in text
    assert "phiên bản" in cited["vi"] and "version" in cited["en"] and cited["bibtex"].startswith("@misc{parcels-v")


@pytest.mark.parametrize(("language", "word"), [("vi", "Dữ liệu mở"), ("en", "Open data")])
async def test_the_pages_speak_both_languages(client: httpx.AsyncClient, city: City, language: str, word: str) -> None:
    for path in ("", "/parcels", f"/parcels/{city.version}"):
        answer = await client.get(f"/open-data{path}", params={"f": "html", "lang": language})
        assert answer.status_code == 200 and word in answer.text and f'lang="{language}"' in answer.text


@pytest_asyncio.fixture(loop_scope="session")
async def fresh(city: City, settings_for: Any, tmp_path: Path) -> AsyncIterator[FastAPI]:
    """A service that has made nothing yet."""
    app = create_app(settings_for(city.dsn, open_data=tmp_path / "open-data"))
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Files are not finished before it is called; requests wait a moment only."""
    free, described = threading.Event(), publication.described
    monkeypatch.setattr(open_data_making, "PATIENCE", 0.05)

    def wait(*given: Any) -> Any:
        free.wait(20)
        return described(*given)

    monkeypatch.setattr(publication, "described", wait)
    return free.set


async def test_files_that_take_long_are_made_behind_the_request(
    fresh: FastAPI, city: City, held: Callable[[], None]
) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=fresh), base_url="http://land.test") as client:
        path = f"/open-data/parcels/{city.version}/parcels.csv"
        answers = await asyncio.gather(*(client.get(path) for _ in range(5)))
        for answer in answers:
            assert (answer.status_code, answer.json()["type"]) == (503, "urn:landmap:problem:being-made")
            assert int(answer.headers["retry-after"]) > 0
        held()
        await asyncio.wait(list(fresh.state.services.open_data._making.values()))
        assert (await client.get(path)).status_code == 200


async def test_a_service_that_stops_leaves_nothing_half_made(
    city: City, settings_for: Any, tmp_path: Path, held: Callable[[], None]
) -> None:
    app = create_app(settings_for(city.dsn, open_data=tmp_path))
    async with app.router.lifespan_context(app):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://land.test") as client:
            assert (await client.get(f"/open-data/parcels/{city.version}")).status_code == 503
        held()
    assert Shelf(tmp_path, 1).made() == [] and list((tmp_path / "parcels").iterdir()) == []


async def test_no_room_is_told_as_such(fresh: FastAPI, city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fresh.state.services.open_data.shelf, "_reserve", 1 << 60)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=fresh), base_url="http://land.test") as client:
        answer = await client.get(f"/open-data/parcels/{city.version}/parcels.csv")
        assert (answer.status_code, answer.json()["type"]) == (507, "urn:landmap:problem:no-room")
        assert int(answer.headers["retry-after"]) > 0
        assert (await client.get("/open-data/parcels")).status_code == 200


@pytest.mark.parametrize("asked", [{}, {"Range": "bytes=5-"}, {"Range": "bytes=5-9,20-"}])
async def test_a_file_that_goes_while_it_is_sent_is_sent_whole(
    fresh: FastAPI, city: City, monkeypatch: pytest.MonkeyPatch, asked: dict[str, str]
) -> None:
    making = fresh.state.services.open_data
    opened = making.opened

    async def gone_then(manifest: Manifest, file: File) -> BinaryIO:
        found: BinaryIO = await opened(manifest, file)
        shutil.rmtree(making.shelf.path(manifest, file).parent)
        return found

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=fresh), base_url="http://land.test") as client:
        path = f"/open-data/parcels/{city.version}/parcels.csv"
        whole = await client.get(path, headers=asked)
        monkeypatch.setattr(making, "opened", gone_then)
        answer = await client.get(path, headers=asked)
        assert answer.status_code == whole.status_code < 300
        assert answer.headers["etag"] == whole.headers["etag"]
        if "," not in asked.get("Range", ""):  # the boundary between several is another one each time
            assert answer.content == whole.content and len(whole.content) > 1000
        assert len(answer.content) == len(whole.content)


async def test_a_file_that_went_after_it_was_found_is_being_made(
    fresh: FastAPI, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    making = fresh.state.services.open_data
    find = making.manifest

    async def gone_since(*given: Any) -> Manifest:
        manifest: Manifest = await find(*given)
        shutil.rmtree(making.shelf.path(manifest, manifest.files[0]).parent)
        return manifest

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=fresh), base_url="http://land.test") as client:
        path = f"/open-data/parcels/{city.version}/parcels.csv"
        with monkeypatch.context() as patched:
            patched.setattr(making, "manifest", gone_since)
            answer = await client.get(path)
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:landmap:problem:being-made")
        assert int(answer.headers["retry-after"]) > 0
        assert (await client.get(path)).status_code == 200


async def test_old_versions_are_made_one_at_a_time_and_the_newest_beside_them(
    database: str, load: Load, settings_for: Any, tmp_path: Path, held: Callable[[], None]  # noqa: F811
) -> None:  # fmt: skip
    first, second, newest = (load([Parcel(str(place), place)]) for place in range(3))
    app = create_app(settings_for(database, open_data=tmp_path / "open-data"))
    async with app.router.lifespan_context(app):
        making = app.state.services.open_data
        making.shelf = Shelf(tmp_path / "open-data", 1, reserve=0)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://land.test") as client:

            async def said(number: int) -> str:
                answer = await client.get(f"/open-data/parcels/{number}")
                assert answer.status_code in {200, 503} and (answer.status_code == 200 or answer.headers["retry-after"])
                return str(answer.json().get("type", "there"))

            being_made, busy = "urn:landmap:problem:being-made", "urn:landmap:problem:busy"
            assert [await said(n) for n in (first, second, first, newest)] == [being_made, busy, being_made, being_made]
            held()
            await asyncio.wait(list(making._making.values()))
            # What was made just now stays, though it is more than may be kept: no other old one is made for a while.
            assert [await said(n) for n in (first, newest, second)] == ["there", "there", busy]


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_open_data_of_an_invented_city_say_so(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    told, notice, asked = open_data._version, NOTICE[language], {"lang": language}
    latest = (await client.get("/open-data/permits/latest", params=asked)).headers["location"]
    assert notice not in (await client.get(latest)).text
    monkeypatch.setattr(open_data, "_version", lambda row: replace(told(row), invented=True))
    for path in ("/open-data", "/open-data/permits", latest):
        for f in ("json", "html"):
            answer = await client.get(path, params={**asked, "f": f})
            assert notice in answer.text, (path, f)
    cited = (await client.get(latest)).json()["citation"]
    assert NOTICE.vi in cited["vi"]
    assert NOTICE.en in cited["en"]
    assert notice in cited["bibtex"]

from __future__ import annotations

import asyncio
import csv
import io
import itertools
import json
import re
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import openpyxl
import pyarrow.parquet as pq
import pyogrio
import pytest
import pytest_asyncio
from fastapi import FastAPI

from gis.errors import StoreError
from gis.store import export
from gis.store.pools import Snapshot
from services.app import create_app
from services.ogc import export_formats
from tests.services.conftest import City

pytestmark = pytest.mark.asyncio(loop_scope="session")

ITEMS = "/collections/parcels/items"
URI_9210 = "http://www.opengis.net/def/crs/EPSG/0/9210"


def _gdal(body: bytes, ending: str) -> list[str]:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / f"x.{ending}"
        path.write_bytes(body)
        found: list[str] = pyogrio.read_arrow(path, read_geometry=False)[1].column("id").to_pylist()
    return found


def _sheet(body: bytes) -> list[str]:
    rows = openpyxl.load_workbook(io.BytesIO(body))["parcels"].iter_rows(min_row=2, values_only=True)
    return [str(row[0]) for row in rows]


def _gml(body: bytes) -> list[str]:
    return [str(found.text) for found in ET.fromstring(body).iter() if found.tag.endswith("parcels}id")]


READERS: dict[str, tuple[str, Callable[[bytes], list[str]]]] = {
    "geojsonseq": ("application/geo+json-seq", lambda body: [json.loads(text)["id"] for text in body.split(b"\x1e")[1:]]),
    "jsonfg": ("application/geo+json", lambda body: [feature["id"] for feature in json.loads(body)["features"]]),
    "fgb": ("application/flatgeobuf", lambda body: _gdal(body, "fgb")),
    "parquet": ("application/vnd.apache.parquet", lambda body: pq.read_table(io.BytesIO(body)).column("id").to_pylist()),
    "gpkg": ("application/geopackage+sqlite3", lambda body: _gdal(body, "gpkg")),
    "csv": ("text/csv; charset=utf-8", lambda body: [row["id"] for row in csv.DictReader(io.StringIO(body.decode()))]),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _sheet),
    "gml": ("application/gml+xml;version=3.2;profile=http://www.opengis.net/def/profile/ogc/2.0/gml-sf0", _gml),
}  # fmt: skip


def _left(root: Path) -> list[str]:
    """What lies in the folder for temporary files."""
    return [path.name for path in root.iterdir()]


async def ids(client: httpx.AsyncClient, **question: Any) -> list[str]:
    """As GeoJSON tells them."""
    answer = await client.get(ITEMS, params={"limit": 1000, **question})
    return [feature["id"] for feature in answer.json()["features"]]


@pytest.mark.parametrize("name", READERS)
async def test_a_download_holds_the_whole_selection(client: httpx.AsyncClient, name: str) -> None:
    media_type, read = READERS[name]
    for question in ({}, {"sheet": "12", "parcel": "9"}, {"datetime": "2021-01-01"}, {"crs": URI_9210, "sheet": "99"}):
        answer = await client.get(ITEMS, params={"f": name, **question})
        assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
        assert sorted(read(answer.content)) == sorted(await ids(client, **question))
    assert len(await ids(client)) > 40  # more than a page has by itself


@pytest.mark.parametrize("name", READERS)
async def test_a_limit_makes_pages_and_links_the_next(client: httpx.AsyncClient, name: str) -> None:
    _, read = READERS[name]
    found, answer = [], await client.get(ITEMS, params={"f": name, "limit": 20})
    while True:
        found.append(read(answer.content))
        following = re.search(r'<([^>]+)>; rel="next"', answer.headers.get("link", ""))
        if following is None:
            break
        answer = await client.get(following[1])
    assert [len(page) for page in found[:-1]] == [20] * (len(found) - 1)
    assert sorted(itertools.chain(*found)) == sorted(await ids(client))
    head = await client.head(ITEMS, params={"f": name, "limit": 20})
    assert 'rel="next"' in head.headers["link"]


@pytest.mark.parametrize("name", READERS)
async def test_head_says_what_get_says_and_sends_nothing(client: httpx.AsyncClient, name: str) -> None:
    got, head = [await ask(ITEMS, params={"f": name, "crs": URI_9210}) for ask in (client.get, client.head)]
    for header in ("content-type", "content-disposition", "content-crs", "etag", "landmap-data-version", "vary"):
        assert head.headers[header] == got.headers[header]
    assert head.content == b"" and "content-length" not in head.headers
    assert got.headers["content-crs"] == f"<{URI_9210}>"


@pytest.mark.parametrize("name", READERS)
async def test_a_download_is_named_after_layer_day_and_version(
    client: httpx.AsyncClient, city: City, name: str
) -> None:
    answer = await client.head(ITEMS, params={"f": name, "datetime": "2021-03-04"})
    said = answer.headers["content-disposition"]
    assert re.fullmatch(rf'attachment; filename="parcels_2021-03-04_v{city.version}\.[a-z]+"', said)


async def test_an_unchanged_download_is_not_made_again(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    tags = {}
    for name in READERS:
        tags[name] = (await client.head(ITEMS, params={"f": name})).headers["etag"]
    tags["csv in Excel's way"] = (await client.head(ITEMS, params={"f": "csv", "profile": "excel-vi"})).headers["etag"]
    tags["a page"] = (await client.head(ITEMS, params={"f": "csv", "limit": 10})).headers["etag"]
    assert len(set(tags.values())) == len(tags)

    def not_asked(*_: object) -> None:
        raise AssertionError("it was made again")

    monkeypatch.setattr(export, "_statement", not_asked)
    for name in READERS:
        again = await client.get(ITEMS, params={"f": name}, headers={"If-None-Match": tags[name]})
        assert (again.status_code, again.content) == (304, b"")


async def test_the_accept_header_chooses_as_well(client: httpx.AsyncClient) -> None:
    for media_type, expected in (
        ("text/csv", "text/csv; charset=utf-8"),
        ("application/flatgeobuf", "application/flatgeobuf"),
        ("application/geo+json", "application/geo+json"),
        ("application/vnd.ogc.fg+json", "application/geo+json"),
        ("application/gml+xml;version=3.2", READERS["gml"][0]),
        ("*/*", "application/geo+json"),
    ):
        answer = await client.head(ITEMS, headers={"Accept": media_type})
        assert answer.headers["content-type"] == expected


async def test_json_fg_tells_crs_type_schema_and_time(client: httpx.AsyncClient) -> None:
    for question in (
        {"f": "jsonfg"},
        {"f": "json", "profile": "jsonfg"},
        {"f": "json", "profile": "http://www.opengis.net/def/profile/ogc/0/jsonfg"},
    ):
        answer = await client.get(ITEMS, params={**question, "crs": URI_9210, "limit": 1})
        assert '<http://www.opengis.net/def/profile/OGC/0/jsonfg>; rel="profile"' in answer.headers["link"]
        found = answer.json()
        assert (
            found["coordRefSys"] == URI_9210 and found["featureType"] == "parcels" and found["geometryDimension"] == 2
        )
        assert {uri.rsplit("/", 1)[1] for uri in found["conformsTo"]} == {"core", "types-schemas"}
        assert (await client.get(found["featureSchema"])).status_code == 200
        (feature,) = found["features"]
        assert feature["place"]["coordinates"][0][0][0][0] > 600_000 > feature["geometry"]["coordinates"][0][0][0][0]
        assert feature["time"]["interval"] == ["2019-12-31T17:00:00Z", ".."]
        assert {link["rel"] for link in found["links"]} == {"self", "profile", "next"}
    plain = (await client.get(ITEMS, params={"f": "jsonfg", "limit": 1})).json()
    assert "coordRefSys" not in plain and plain["features"][0]["place"] is None


@pytest.mark.parametrize("name", READERS)
async def test_text_is_packed_on_the_way_and_files_are_not(client: httpx.AsyncClient, name: str) -> None:
    read = READERS[name][1]
    packed = await client.get(ITEMS, params={"f": name}, headers={"Accept-Encoding": "gzip"})
    plain = await client.get(ITEMS, params={"f": name}, headers={"Accept-Encoding": "identity"})
    text = name in ("geojsonseq", "jsonfg", "csv", "gml")
    assert packed.headers.get("content-encoding") == ("gzip" if text else None)
    assert "content-encoding" not in plain.headers and "Accept-Encoding" in plain.headers["vary"]
    assert "content-length" not in packed.headers or not text
    assert sorted(read(packed.content)) == sorted(read(plain.content))
    assert packed.headers["etag"] == plain.headers["etag"] and packed.headers["etag"].startswith("W/")


async def test_the_plain_profile_of_geojson_is_geojson(client: httpx.AsyncClient) -> None:
    answer = await client.get(ITEMS, params={"f": "json", "profile": "rfc7946", "limit": 1})
    assert "conformsTo" not in answer.json() and "place" not in answer.json()["features"][0]


async def test_unknown_formats_and_profiles_are_answered_with_those_there_are(client: httpx.AsyncClient) -> None:
    answer = await client.get(ITEMS, params={"f": "shp"})
    assert answer.status_code == 400 and all(name in answer.json()["detail"] for name in READERS)
    answer = await client.get(ITEMS, params={"f": "csv", "profile": "excel"})
    assert answer.status_code == 400 and "excel-vi" in answer.json()["detail"]


async def test_a_vietnamese_excel_gets_its_own_csv(client: httpx.AsyncClient) -> None:
    answer = await client.get(ITEMS, params={"f": "csv", "profile": "excel-vi", "parcel": "9"})
    assert answer.content.startswith(b"\xef\xbb\xbf")
    header, row = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    cells = dict(zip(header, row, strict=True))
    assert cells["Số thửa"] == "9" and cells["Hiệu lực từ"] == "01/01/2020 00:00:00" and "," in cells["Kinh độ"]


async def test_the_collection_links_every_format(client: httpx.AsyncClient) -> None:
    links = (await client.get("/collections/parcels")).json()["links"]
    for name, (media_type, read) in READERS.items():
        (link,) = [link for link in links if link["rel"] == "items" and link["href"].endswith(f"f={name}")]
        assert link["type"] == media_type.split("; charset")[0]
        assert len(read((await client.get(link["href"] + "&limit=1")).content)) == 1


async def test_the_page_links_itself_in_every_format(client: httpx.AsyncClient) -> None:
    found = (await client.get(ITEMS, params={"limit": 3, "sheet": "12"})).json()
    for name, (media_type, read) in READERS.items():
        (link,) = [link for link in found["links"] if link["rel"] == "alternate" and f"f={name}" in link["href"]]
        assert link["type"] == media_type.split("; charset")[0]
        assert sorted(read((await client.get(link["href"])).content)) == sorted(f["id"] for f in found["features"])


async def test_the_application_schema_of_the_gml_lies_where_it_says(client: httpx.AsyncClient) -> None:
    root = ET.fromstring((await client.get(ITEMS, params={"f": "gml", "limit": 1})).content)
    namespace, location = root.attrib["{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"].split()[:2]
    schema = await client.get(location)
    assert schema.headers["content-type"] == "application/xml"
    declared = [e.get("name") for e in ET.fromstring(schema.content).iter() if e.tag.endswith("}element")][1:]
    given = [child.tag.removeprefix(f"{{{namespace}}}") for child in root[0][0]]
    assert [name for name in declared if name in given] == given


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """`failing(n)`: batches of five rows, of which the n-th fails."""

    def fail(at: int) -> None:
        count, row = itertools.count(1), Snapshot.row
        monkeypatch.setattr(export, "_FIRST_ROWS", 5)
        monkeypatch.setattr(export, "_ROWS", 5)

        async def asked(snapshot: Snapshot, sql: Any) -> Any:
            if "picked" in sql.text and next(count) > at:
                raise StoreError("The database could not answer.")
            return await row(snapshot, sql)

        monkeypatch.setattr(Snapshot, "row", asked)

    return fail


@pytest.mark.parametrize("name", READERS)
async def test_an_error_before_the_first_row_is_a_problem_document(
    client: httpx.AsyncClient, failing: Callable[[int], None], name: str
) -> None:
    failing(0)
    answer = await client.get(ITEMS, params={"f": name})
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")


@pytest.mark.parametrize("name", [name for name in READERS if name not in ("fgb", "gpkg", "parquet")])
async def test_an_error_in_the_middle_breaks_the_connection(
    client: httpx.AsyncClient, failing: Callable[[int], None], name: str
) -> None:
    failing(4)
    with pytest.raises(RuntimeError, match="response already started"):
        await client.get(ITEMS, params={"f": name})


@pytest.mark.parametrize("name", ["fgb", "gpkg"])
async def test_a_file_that_fails_in_the_middle_leaves_nothing(
    client: httpx.AsyncClient,
    failing: Callable[[int], None],
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    failing(4)
    assert (await client.get(ITEMS, params={"f": name})).status_code == 500
    assert _left(tmp_path) == []


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def narrow(city: City, settings_for: Any) -> AsyncIterator[FastAPI]:
    """A service that makes one download at a time."""
    app = create_app(settings_for(city.dsn, exports=1))
    async with app.router.lifespan_context(app):
        yield app


async def test_one_download_too_many_is_told_to_come_back(narrow: FastAPI) -> None:
    transport = httpx.ASGITransport(app=narrow)
    async with httpx.AsyncClient(transport=transport, base_url="http://land.test") as client:
        async with narrow.state.services.pools.snapshot():
            refused = await client.get(ITEMS, params={"f": "csv"})
            page = await client.get(ITEMS)
        assert (refused.status_code, page.status_code) == (503, 200)
        assert int(refused.headers["retry-after"]) > 0
        assert (await client.get(ITEMS, params={"f": "csv"})).status_code == 200


@pytest.mark.parametrize("name", ["csv", "gpkg"])
@pytest.mark.parametrize("after", [1, 2])
async def test_a_client_that_leaves_ends_its_download(
    app: FastAPI, name: str, after: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It leaves before the first byte, or while the bytes come."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(export, "_FIRST_ROWS", 1)
    monkeypatch.setattr(export, "_ROWS", 1)
    monkeypatch.setattr(export_formats, "_CHUNK", 1024)
    sent = asyncio.Event()
    received = 0

    async def receive() -> dict[str, Any]:
        nonlocal received
        received += 1
        if received == 1:
            return {"type": "http.request", "body": b"", "more_body": False}
        if after == 2:
            await sent.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.body":
            sent.set()
            await asyncio.sleep(0.05)  # the client is slow

    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": "GET",
        "scheme": "http", "path": ITEMS, "raw_path": ITEMS.encode(), "query_string": f"f={name}".encode(), "root_path": "",
        "headers": [(b"host", b"land.test")], "client": ("127.0.0.1", 1), "server": ("land.test", 80), "state": {},
    }  # fmt: skip
    await asyncio.wait_for(app(scope, receive, send), 10)  # type: ignore[arg-type]
    exports = app.state.services.pools._exports
    for _ in range(50):
        if exports.running == 0 and not _left(tmp_path):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{exports.running} downloads run on, {_left(tmp_path)} are left")

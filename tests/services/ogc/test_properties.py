"""Which properties an answer tells, by which names: pages, one feature, downloads, people's pages."""

from __future__ import annotations

import csv
import io
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

ITEMS = "/collections/parcels/items"


async def read(client: httpx.AsyncClient, url: str, **parameters: str) -> dict[str, Any]:
    response = await client.get(url, params=parameters or None)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def told(page: dict[str, Any]) -> list[list[str]]:
    """The names of the features that tell something."""
    return [list(feature["properties"]) for feature in page["features"] if feature["properties"]]


async def test_properties_come_as_they_were_asked_for(client: httpx.AsyncClient) -> None:
    page = await read(client, ITEMS, properties="valid_from,parcel,changeset,sheet", limit="100")
    assert set(map(tuple, told(page))) == {("valid_from", "parcel", "changeset", "sheet")}
    assert all(feature["geometry"] is None for feature in page["features"])
    assert len(page["features"]) == 47


@pytest.mark.parametrize(
    ("asked", "there"),
    [
        ({"properties": "parcel,geometry"}, True),
        ({"properties": "parcel", "skipGeometry": "false"}, True),
        ({"properties": "parcel,geometry", "skipGeometry": "true"}, False),
        ({"properties": "parcel"}, False),
        ({"skipGeometry": "true"}, False),
        ({"skipGeometry": "false"}, True),
        ({"properties": "geometry"}, True),
        ({"properties": "id"}, False),
    ],
)
async def test_geometries_are_told_or_not(
    client: httpx.AsyncClient, city: Any, asked: dict[str, str], there: bool
) -> None:
    page = await read(client, ITEMS, **asked)
    one = await read(client, f"{ITEMS}/{city.first}", **asked)
    assert {feature["geometry"] is not None for feature in (*page["features"], one)} == {there}
    if asked.get("properties") in ("geometry", "id"):
        assert one["properties"] == {}


async def test_a_hidden_property_is_one_that_is_not_there(client: httpx.AsyncClient) -> None:
    for parameter in ("properties", "sortby"):
        answers = [
            await client.get(ITEMS, params={parameter: name}) for name in ("holder_name", "address", "nosuchname")
        ]
        assert [answer.status_code for answer in answers] == [400] * 3
        details = {
            answer.json()["detail"].replace(name, "…").split(";")[0]
            for answer, name in zip(answers, ("holder_name", "address", "nosuchname"), strict=True)
        }
        assert len(details) == 1


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("properties", ""),
        ("properties", "parcel,,sheet"),
        ("skipGeometry", "yes"),
        ("names", "fr"),
        ("sortby", "parcel,parcel"),
        ("sortby", ",".join(["parcel"] * 9)),
    ],
)
async def test_what_cannot_be_meant_is_refused(client: httpx.AsyncClient, parameter: str, value: str) -> None:
    answer = await client.get(ITEMS, params={parameter: value})
    assert (answer.status_code, answer.json()["where"]) == (400, parameter)


async def test_answers_differ_by_what_they_tell(client: httpx.AsyncClient) -> None:
    """No cache gives one for the other."""
    asked: tuple[dict[str, str], ...] = (
        {},
        {"properties": "parcel"},
        {"skipGeometry": "true"},
        {"names": "vi"},
        {"sortby": "parcel"},
        {"q": "1"},
    )
    tags = [(await client.get(ITEMS, params=one)).headers["etag"] for one in asked]
    assert len(set(tags)) == len(tags)
    for one, tag in zip(asked, tags, strict=True):
        assert (await client.get(ITEMS, params=one, headers={"If-None-Match": tag})).status_code == 304


async def test_names_may_be_vietnamese_everywhere_in_a_request(client: httpx.AsyncClient) -> None:
    vietnamese = await read(client, ITEMS, names="vi", limit="100")
    english = await read(client, ITEMS, limit="100")
    first = next(feature["properties"] for feature in vietnamese["features"] if feature["properties"])
    assert {"so_to", "so_thua", "loai_dat", "ten_duong", "hieu_luc_tu"} <= first.keys()
    assert [list(f["properties"].values()) for f in vietnamese["features"]] == [list(f["properties"].values()) for f in english["features"]]  # fmt: skip
    one = await read(
        client, ITEMS, names="vi", properties="so_thua,hieu_luc_tu", sortby="-so_thua", filter="so_to = '12' AND so_thua > '4'",
        loai_dat="ODT",
    )  # fmt: skip
    assert told(one) == [["so_thua", "hieu_luc_tu"]] * 10
    same = await read(client, ITEMS, sortby="-parcel", filter="sheet = '12' AND parcel > '4'", land_use="ODT")
    assert [f["id"] for f in one["features"]] == [f["id"] for f in same["features"]]
    assert one["numberMatched"] == same["numberMatched"]
    following = next(link["href"] for link in one["links"] if link["rel"] == "next")
    assert told(await read(client, following))[0] == ["so_thua", "hieu_luc_tu"]


async def test_vietnamese_names_are_for_who_asks_for_them(client: httpx.AsyncClient) -> None:
    for asked in ({"so_to": "12"}, {"filter": "so_to = '12'"}, {"properties": "so_to"}, {"sortby": "so_to"}):
        assert (await client.get(ITEMS, params=asked)).status_code == 400
    hidden = await client.get(ITEMS, params={"names": "vi", "properties": "nguoi_su_dung_dat"})
    assert hidden.status_code == 400


@pytest.mark.parametrize("names", ["en", "vi"])
async def test_downloads_have_the_columns_that_were_asked_for(client: httpx.AsyncClient, names: str) -> None:
    said = ["so_thua", "so_to"] if names == "vi" else ["parcel", "sheet"]
    asked = {"properties": ",".join(said), "names": names, "sortby": f"-{said[0]}"}
    table = pq.read_table(io.BytesIO((await client.get(ITEMS, params={**asked, "f": "parquet"})).content))
    assert table.column_names[:4] == ["id", *said, "geometry"]
    numbers = [int(number) for number in table.column(said[0]).to_pylist() if number is not None]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == 46
    assert table.column("geometry").null_count == table.num_rows == 47
    lines = list(csv.reader(io.StringIO((await client.get(ITEMS, params={**asked, "f": "csv"})).text)))
    assert lines[0][:3] == ["id", *said]
    assert [line[1] for line in lines[1:4]] == ["48", "47", "46"]
    rows = (await client.get(ITEMS, params={**asked, "f": "geojsonseq"})).text
    assert f'"properties":{{"{said[0]}":"48","{said[1]}":"12"}}' in rows
    assert rows.count('"geometry":null') == 47


async def test_a_sorted_download_can_be_paged(client: httpx.AsyncClient) -> None:
    address: str | None = f"{ITEMS}?f=csv&sortby=-parcel&limit=20&properties=parcel"
    numbers: list[str] = []
    for _ in range(5):
        if address is None:
            break
        answer = await client.get(address)
        numbers += [line[1] for line in csv.reader(io.StringIO(answer.text))][1:]
        address = answer.links["next"]["url"] if "next" in answer.links else None
    assert address is None
    assert [int(number) for number in numbers if number] == [n for n in range(48, 0, -1) if n not in (6, 7)]
    assert numbers[-1] == ""
    assert len(numbers) == 47


async def test_gml_of_some_properties_says_so_in_its_schema(client: httpx.AsyncClient) -> None:
    asked = {"f": "gml", "properties": "sheet,parcel", "names": "vi"}
    body = (await client.get(ITEMS, params={**asked, "limit": "2"})).text
    location = body.split('schemaLocation="')[1].split('"')[0].split()[1].replace("&amp;", "&")
    schema = (await client.get(location)).text
    assert schema.index('name="so_to"') < schema.index('name="so_thua"')
    assert 'name="land_use"' not in schema
    assert "<lm:so_to>12" in body or ":so_to>12" in body


async def test_the_page_for_people_shows_the_columns_in_order(client: httpx.AsyncClient) -> None:
    page = (await client.get(ITEMS, params={"f": "html", "properties": "sheet,parcel", "sortby": "-parcel"})).text
    assert page.index("Map sheet") < page.index("Parcel number")
    assert "Main land use" not in page
    assert page.index(">48<") < page.index(">47<")

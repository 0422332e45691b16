"""Items, one item, its versions: through HTTP over a real database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import numpy as np
import psycopg
import pyarrow as pa
import pytest
import shapely

from gis.model.change import Provenance
from gis.store.match import Scope, match
from gis.store.publish import publish
from gis.store.stage import Records, stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

ITEMS = "/collections/parcels/items"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
LOCAL_2020, LOCAL_2021 = (datetime(year, 12, 31, 17, tzinfo=UTC) for year in (2019, 2020))
HELD_NOW = 47  # 48 parcels, one of which ended in 2023

type Golden = Callable[[str, httpx.Response], None]


async def read(client: httpx.AsyncClient, url: str, **parameters: object) -> dict[str, Any]:
    asked = {name: str(value) for name, value in parameters.items()}
    response = await client.get(url, params=asked or None)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def ids(page: dict[str, Any]) -> list[str]:
    return [feature["id"] for feature in page["features"]]


def following(page: dict[str, Any]) -> str | None:
    return next((link["href"] for link in page["links"] if link["rel"] == "next"), None)


def corner(feature: dict[str, Any]) -> list[float]:
    found: list[float] = feature["geometry"]["coordinates"][0][0][0]
    return found


async def walk(client: httpx.AsyncClient, url: str) -> list[dict[str, Any]]:
    pages: list[dict[str, Any]] = []
    address: str | None = url
    while address is not None and len(pages) < 100:
        pages.append(await read(client, address))
        address = following(pages[-1])
    return pages


async def test_items_are_geojson_with_count_version_and_links(client: httpx.AsyncClient, golden: Golden) -> None:
    golden("items", await client.get(ITEMS, params={"limit": 2}))


async def test_an_item_carries_both_time_axes_and_its_links(
    client: httpx.AsyncClient, city: Any, golden: Golden
) -> None:
    golden("item", await client.get(f"{ITEMS}/{city.reclassified}"))


async def test_versions_tell_what_held_when(client: httpx.AsyncClient, city: Any, golden: Golden) -> None:
    golden("versions", await client.get(f"{ITEMS}/{city.reclassified}/versions"))


@pytest.mark.parametrize("limit", [1, 7, 46, 47, 48])
async def test_pages_together_hold_every_feature_once(client: httpx.AsyncClient, limit: int) -> None:
    pages = await walk(client, f"{ITEMS}?limit={limit}")
    seen = [identifier for page in pages for identifier in ids(page)]
    assert len(seen) == len(set(seen)) == HELD_NOW
    assert all(page["numberMatched"] == HELD_NOW for page in pages)
    assert all(page["numberReturned"] == len(page["features"]) for page in pages)


async def test_pages_of_a_bbox_together_hold_every_feature_of_it_once(client: httpx.AsyncClient) -> None:
    box = "603700.5,1191800.5,603719.5,1191899.5"  # the first four columns of lots, five rows
    url = f"{ITEMS}?limit=3&bbox={box}&bbox-crs={EPSG}9210"
    pages = await walk(client, url)
    seen = [identifier for page in pages for identifier in ids(page)]
    assert len(seen) == len(set(seen)) == pages[0]["numberMatched"] == 20


async def test_pages_of_an_interval_stay_in_the_interval(client: httpx.AsyncClient) -> None:
    whole = await read(client, f"{ITEMS}?datetime=2021-01-01/2024-01-01&limit=100")
    pages = await walk(client, f"{ITEMS}?datetime=2021-01-01/2024-01-01&limit=5")
    seen = [identifier for page in pages for identifier in ids(page)]
    assert sorted(seen) == sorted(ids(whole))
    assert len(seen) == 48


async def test_the_next_link_is_in_the_link_header_too(client: httpx.AsyncClient) -> None:
    response = await client.get(ITEMS, params={"limit": 3})
    assert response.links["next"]["url"] == following(response.json())


async def test_a_cursor_of_another_question_is_refused(client: httpx.AsyncClient) -> None:
    address = following(await read(client, ITEMS, limit=5, sheet="12"))
    assert address is not None
    foreign = await client.get(address.replace("sheet=12", "sheet=13"))
    assert foreign.status_code == 400
    assert foreign.json()["where"] == "cursor"
    other_layer = await client.get(address.replace("/parcels/", "/wards/").replace("sheet=12&", ""))
    assert other_layer.status_code == 400


async def test_the_limit_may_change_between_pages(client: httpx.AsyncClient) -> None:
    address = following(await read(client, ITEMS, limit=5))
    assert address is not None
    assert len((await read(client, address.replace("limit=5", "limit=9")))["features"]) == 9


async def test_a_limit_over_the_maximum_is_answered_with_the_maximum(client: httpx.AsyncClient) -> None:
    assert (await read(client, ITEMS, limit=10**30))["numberReturned"] == HELD_NOW


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (9210, (603_700.0, 1_191_800.0)),
        (3405, None),
        (5899, None),
        (3857, None),
        (4326, (10.775616, 106.700007)),
    ],
)
async def test_coordinates_come_in_the_crs_asked_for_and_its_axis_order(
    client: httpx.AsyncClient, city: Any, code: int, expected: tuple[float, float] | None
) -> None:
    response = await client.get(f"{ITEMS}/{city.first}", params={"crs": f"{EPSG}{code}"})
    assert response.headers["content-crs"] == f"<{EPSG}{code}>"
    ring = response.json()["geometry"]["coordinates"][0][0]
    if expected is not None:
        west_south = min(ring, key=lambda point: abs(point[0] - expected[0]) + abs(point[1] - expected[1]))
        assert west_south == pytest.approx(expected, abs=0.001 if code == 9210 else 5e-6)
    if code in (9210, 3405, 5899, 3857):
        assert all(point[0] < point[1] or code == 3857 for point in ring)  # easting before northing


async def test_without_crs_the_answer_is_lon_lat_and_says_so(client: httpx.AsyncClient, city: Any) -> None:
    response = await client.get(f"{ITEMS}/{city.first}")
    assert response.headers["content-crs"] == f"<{CRS84}>"
    assert corner(response.json())[0] == pytest.approx(106.7, abs=0.01)


@pytest.mark.parametrize(
    ("box", "box_crs"),
    [
        ("106.69,10.77,106.71,10.78", None),
        ("106.69,10.77,-5,106.71,10.78,80", None),
        ("10.77,106.69,10.78,106.71", f"{EPSG}4326"),
        ("603000,1191000,604000,1192500", f"{EPSG}9210"),
        ("603000,1191000,604000,1192500", "EPSG:9210"),
        ("684900,1190900,686000,1192500", f"{EPSG}3405"),
        ("-500,-90,500,90", None),
    ],
)
async def test_a_bbox_is_read_in_the_axis_order_of_its_crs(
    client: httpx.AsyncClient, box: str, box_crs: str | None
) -> None:
    parameters = {"bbox": box, "limit": "100"} | ({"bbox-crs": box_crs} if box_crs else {})
    response = await client.get(ITEMS, params=parameters)
    assert response.json()["numberReturned"] == HELD_NOW


@pytest.mark.parametrize(
    ("box", "box_crs", "mended"),
    [
        ("10.77,106.69,10.78,106.71", None, "106.69,10.77,106.71,10.78"),
        ("10.77,106.69,-5,10.78,106.71,80", None, "106.69,10.77,-5,106.71,10.78,80"),
        ("106.69,10.77,106.71,10.78", f"{EPSG}4326", "10.77,106.69,10.78,106.71"),
        ("1191000,603000,1192500,604000", f"{EPSG}9210", "603000,1191000,604000,1192500"),
        ("1190900,684900,1192500,686000", f"{EPSG}3405", "684900,1190900,686000,1192500"),
        ("1206000,11877000,1207000,11880000", f"{EPSG}3857", "11877000,1206000,11880000,1207000"),
    ],
)
async def test_a_bbox_in_the_wrong_axis_order_is_told_the_right_one(
    client: httpx.AsyncClient, box: str, box_crs: str | None, mended: str
) -> None:
    asked = {"limit": "100"} | ({"bbox-crs": box_crs} if box_crs else {})
    for language in ("en", "vi"):
        refused = await client.get(ITEMS, params={**asked, "bbox": box, "lang": language})
        assert refused.status_code == 400
        assert refused.json()["where"] == "bbox"
        assert f"bbox={mended}." in refused.json()["detail"]
    found = await client.get(ITEMS, params={**asked, "bbox": mended})
    assert found.json()["numberReturned"] == HELD_NOW


@pytest.mark.parametrize(
    ("text", "use"),
    [
        ("2021-06-01", "ODT"),
        ("2024-07-31", "ODT"),
        ("2024-08-01", "TMD"),
        ("2024-07-31T16:59:59Z", "ODT"),
        ("2024-07-31T17:00:00Z", "TMD"),
        ("2024-08-01T00:00:00+07:00", "TMD"),
        ("../2024-07-31", "ODT"),
        ("/2024-07-31", "ODT"),
        ("2021-01-01/..", "TMD"),
        ("2021-01-01/", "TMD"),
        ("0000-01-01T00:00:00Z/2022-01-01T00:34:00Z", "ODT"),
        ("2025-05-15T00:00:00Z/9999-12-31T00:00:00Z", "TMD"),
    ],
)
async def test_datetime_selects_the_version_that_held(
    client: httpx.AsyncClient, city: Any, text: str, use: str
) -> None:
    found = await read(client, f"{ITEMS}/{city.reclassified}", datetime=text)
    assert found["properties"]["land_use"] == use


async def test_before_everything_there_is_nothing(client: httpx.AsyncClient) -> None:
    assert (await read(client, ITEMS, datetime="2019-12-31"))["numberMatched"] == 0
    assert (await read(client, ITEMS, datetime="2020-01-01"))["numberMatched"] == 48


async def test_before_the_first_changeset_nothing_was_known(client: httpx.AsyncClient, city: Any) -> None:
    assert (await read(client, ITEMS, knownAt=0))["numberReturned"] == 0
    assert (await read(client, ITEMS, knownAt="2019-01-01T00:00:00Z"))["numberReturned"] == 0
    assert (await read(client, ITEMS, knownAt=city.version, limit=100))["numberReturned"] == HELD_NOW
    assert (await read(client, ITEMS, knownAt=city.version - 1, limit=100))["numberReturned"] == 0
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (await read(client, ITEMS, knownAt=tomorrow, limit=100))["numberReturned"] == HELD_NOW


async def test_a_feature_that_ended_is_gone_and_points_to_its_versions(
    client: httpx.AsyncClient, city: Any, golden: Golden
) -> None:
    golden("gone", await client.get(f"{ITEMS}/{city.ended}"))
    assert (await client.get(f"{ITEMS}/{city.ended}", params={"datetime": "2022-06-01"})).status_code == 200
    assert (await client.get(f"{ITEMS}/{city.ended}", params={"datetime": "2019-06-01"})).status_code == 404
    assert (await client.get(f"{ITEMS}/{city.ended}/versions")).json()["numberReturned"] == 1


PROJECTS = "/collections/housing_projects/items"


async def _gone(client: httpx.AsyncClient, identifier: object) -> None:
    response = await client.get(f"{PROJECTS}/{identifier}")
    assert response.status_code == 410
    assert f"{PROJECTS}/{identifier}/versions" in response.json()["detail"]
    versions = await read(client, f"{PROJECTS}/{identifier}/versions")
    assert {version["properties"]["closed_by_changeset"] is None for version in versions["features"]} == {True, False}


async def test_a_feature_deleted_through_the_view_is_gone(client: httpx.AsyncClient, city: Any) -> None:
    with psycopg.connect(city.dsn, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO land.housing_projects (code, name, geom) "
            "VALUES ('DA-X', 'Sắp xoá', ST_Multi(ST_MakeEnvelope(604700, 1191840, 604800, 1191900, 9210)))"
        )
        row = connection.execute("DELETE FROM land.housing_projects WHERE code = 'DA-X' RETURNING id").fetchone()
    assert row is not None
    await _gone(client, row[0])
    known = (await read(client, f"{PROJECTS}/{row[0]}/versions"))["features"][-1]["properties"]["changeset"]
    assert (await client.get(f"{PROJECTS}/{row[0]}", params={"knownAt": known})).status_code == 200
    assert (await client.get(f"{PROJECTS}/{row[0]}", params={"knownAt": known - 1})).status_code == 404


async def test_a_feature_that_a_complete_file_no_longer_has_is_gone(client: httpx.AsyncClient, city: Any) -> None:
    layer = city.catalog.layers["housing_projects"]
    with psycopg.connect(city.dsn, autocommit=True) as connection:
        for codes in (["TH-1", "TH-2"], ["TH-1"]):
            outlines = [
                shapely.MultiPolygon([shapely.box(605_000, 1_191_000 + 99 * i, 605_050, 1_191_050 + 99 * i)])
                for i in range(len(codes))
            ]
            columns = {
                "code": pa.array(codes),
                "name": pa.array(["Khu thử"] * len(codes)),
                "developer": pa.array(["Thử"] * len(codes)),
            }
            staged = stage(connection, layer, Provenance("test", "Nạp"), [Records(np.array(outlines), columns)])
            match(connection, staged, layer, Scope({"developer": "Thử"}))
            publish(connection, staged, layer)
        row = connection.execute("SELECT id FROM land_history.housing_projects WHERE code = 'TH-2'").fetchone()
    assert row is not None
    await _gone(client, row[0])


@pytest.mark.parametrize("identifier", ["00000000-0000-0000-0000-00000000ffff", "1", "x' or '1'='1", "%00", "a" * 3000])
@pytest.mark.parametrize("tail", ["", "/versions"])
async def test_a_feature_that_never_was_is_not_found(client: httpx.AsyncClient, identifier: str, tail: str) -> None:
    response = await client.get(f"{ITEMS}/{identifier}{tail}")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("parameters", "count"),
    [
        ({"sheet": "12", "parcel": "3"}, 1),
        ({"land_use": "TMD"}, 1),
        ({"land_uses": "TMD"}, 1),
        ({"map_scale": "500"}, 46),
        ({"measured_area": "100"}, 46),
        ({"registered_on": "2020-01-01"}, 46),
        ({"parcel": "nope"}, 0),
        ({"parcel": "3' OR '1'='1"}, 0),
        ({"map_scale": "-1"}, 0),
    ],
)
async def test_public_fields_are_parameters(client: httpx.AsyncClient, parameters: dict[str, str], count: int) -> None:
    response = await client.get(ITEMS, params={**parameters, "limit": "100"})
    assert response.json()["numberReturned"] == response.json()["numberMatched"] == count


async def test_a_reduced_row_shows_its_shape_and_answers_no_question_about_its_fields(
    client: httpx.AsyncClient, city: Any
) -> None:
    military = await read(client, f"{ITEMS}/{city.military}")
    assert military["geometry"]["type"] == "MultiPolygon"
    assert military["properties"] == {}
    assert (await read(client, ITEMS, parcel="7"))["numberMatched"] == 0
    assert (await read(client, ITEMS, land_use="CQP"))["numberMatched"] == 0
    assert str(city.military) in ids(await read(client, ITEMS, bbox="106.69,10.77,106.71,10.78", limit=100))


async def test_permits_show_what_their_state_allows(client: httpx.AsyncClient) -> None:
    found = await read(client, "/collections/permits/items")
    by_status = {feature["properties"]["status"]: feature for feature in found["features"]}
    assert set(by_status) == {"ISSUED", "IN_REVIEW", "REVOKED"}
    assert by_status["IN_REVIEW"]["properties"] == {"status": "IN_REVIEW"}
    assert by_status["IN_REVIEW"]["geometry"] is None
    draft = "20000000-0000-0000-0000-000000000003"
    assert (await client.get(f"/collections/permits/items/{draft}")).status_code == 404
    assert (await client.get(f"/collections/permits/items/{draft}/versions")).status_code == 404


async def test_plans_and_zones_show_what_the_state_of_the_plan_allows(client: httpx.AsyncClient, city: Any) -> None:
    states = ["DRAFT", "CONSULTING", "APPRAISED", "APPROVED", "REVISING", "REPLACED", "REPEALED", None]
    public = {"CONSULTING", "APPROVED", "REVISING", "REPLACED", "REPEALED"}
    instants, codes = pa.timestamp("us", tz="UTC"), pa.array([f"QH-{state}" for state in states])
    in_2020 = {
        "valid_from": pa.array([LOCAL_2020] * len(states), instants),
        "valid_to": pa.array([LOCAL_2021] * len(states), instants),
    }
    outlines: list[object] = [shapely.MultiPolygon([shapely.box(604_000, 1_191_000, 604_100, 1_191_100)])] * len(states)
    kinds = pa.array(["QPK"] * len(states))
    city.publish("plans", outlines, {"code": codes, "kind": kinds, "status": pa.array(states), **in_2020})
    city.publish("zones", outlines, {"plan": codes, "plan_status": pa.array(states), **in_2020})
    then = {"limit": 100, "datetime": "2020-06-01"}
    plans = await read(client, "/collections/plans/items", **then)
    assert {feature["properties"]["status"] for feature in plans["features"]} == public
    assert plans["numberMatched"] == len(public)
    assert (await read(client, "/collections/plans/items", status="DRAFT", **then))["features"] == []
    zones = await read(client, "/collections/zones/items", **then)
    assert {feature["properties"]["plan_status"] for feature in zones["features"]} == {*public, None}


@pytest.mark.parametrize("hidden", ["holder_name", "address", "certificate_serial", "no_such_field"])
async def test_a_hidden_field_is_as_unknown_as_one_that_does_not_exist(client: httpx.AsyncClient, hidden: str) -> None:
    response = await client.get(ITEMS, params={hidden: "x"})
    assert response.status_code == 400
    assert response.json()["where"] == hidden
    assert response.json()["detail"].startswith(f"There is no parameter '{hidden}' here; ")
    assert "Nguyễn Văn Mật" not in (await client.get(ITEMS, params={"limit": 100})).text


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("limt=5", "limt"),
        ("limit=5&limit=6", "limit"),
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=", "limit"),
        ("map_scale=1.5", "map_scale"),
        ("map_scale=99999999999999999999", "map_scale"),
        ("measured_area=NaN", "measured_area"),
        ("registered_on=2024-02-30", "registered_on"),
        ("crs=EPSG:2154", "crs"),
        ("crs=nonsense", "crs"),
        ("bbox=1,2,3", "bbox"),
        ("bbox=1,2,3,4&bbox-crs=EPSG:1", "bbox-crs"),
        ("bbox=0,10,5,5", "bbox"),
        ("bbox=5,0,1,1&bbox-crs=EPSG:9210", "bbox"),
        ("datetime=yesterday", "datetime"),
        ("datetime=2024-01-02/2024-01-01", "datetime"),
        ("datetime=..", "datetime"),
        ("datetime=2024-13-01", "datetime"),
        ("datetime=", "datetime"),
        ("knownAt=-1", "knownAt"),
        ("knownAt=4294967296", "knownAt"),
        ("cursor=abc", "cursor"),
        ("f=shp", "f"),
        ("lang=de", "lang"),
    ],
)
async def test_a_wrong_parameter_is_named(client: httpx.AsyncClient, query: str, where: str) -> None:
    response = await client.get(f"{ITEMS}?{query}")
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["where"] == where


async def test_a_misspelt_parameter_is_told_the_nearest(client: httpx.AsyncClient, golden: Golden) -> None:
    golden("misspelt", await client.get(ITEMS, params={"shet": "12"}))
    golden("misspelt.vi", await client.get(ITEMS, params={"shet": "12"}, headers={"Accept-Language": "vi"}))


async def test_an_answer_that_the_client_has_is_304(client: httpx.AsyncClient, city: Any) -> None:
    for url in (ITEMS, f"{ITEMS}/{city.first}", f"{ITEMS}/{city.first}/versions", "/collections/parcels", "/api"):
        first = await client.get(url)
        again = await client.get(url, headers={"If-None-Match": f'"other", {first.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]


async def test_etags_differ_with_what_is_asked(client: httpx.AsyncClient) -> None:
    asked: list[tuple[dict[str, str], dict[str, str]]] = [
        ({}, {}),
        ({"limit": "3"}, {}),
        ({"crs": f"{EPSG}9210"}, {}),
        ({"datetime": "2021-01-01"}, {}),
        ({"knownAt": "1"}, {"Accept": "text/html"}),
        ({}, {"Accept": "text/html"}),
        ({}, {"Accept": "text/html", "Accept-Language": "vi"}),
        ({"sheet": "12"}, {}),
    ]
    etags = {(await client.get(ITEMS, params=p, headers=h)).headers["etag"] for p, h in asked}
    assert len(etags) == len(asked)


async def test_an_etag_changes_with_the_data_and_a_known_answer_does_not(client: httpx.AsyncClient, city: Any) -> None:
    projects = "/collections/housing_projects/items"
    before = await client.get(projects)
    with psycopg.connect(city.dsn, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO land.housing_projects (code, name, geom) "
            "VALUES ('DA-1', 'Khu nhà ở thử', ST_Multi(ST_MakeEnvelope(603700, 1191840, 603800, 1191900, 9210)))"
        )
    after = await client.get(projects, headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert after.json()["numberMatched"] == before.json()["numberMatched"] + 1
    assert int(after.headers["landmap-data-version"]) > int(before.headers["landmap-data-version"])
    known = await client.get(projects, params={"knownAt": before.headers["landmap-data-version"]})
    assert known.json()["numberMatched"] == before.json()["numberMatched"]


def _permit(city: Any, number: str, **columns: object) -> int:
    """Publishes a permit, or what is new of it; the number of the changeset."""
    layer = city.catalog.layers["permits"]
    values = {"number": number, "office": "26740", **columns}
    begins = pa.array([datetime(2020, 1, 1, tzinfo=UTC)], pa.timestamp("us", tz="UTC"))
    records = Records(
        np.array([None], dtype=object), {"valid_from": begins, **{n: pa.array([v]) for n, v in values.items()}}
    )
    with psycopg.connect(city.dsn, autocommit=True) as connection:
        staged = stage(connection, layer, Provenance("test", "Nạp"), [records])
        match(connection, staged, layer)
        published = publish(connection, staged, layer)
    assert published is not None
    return published


async def _permits_stand_on(client: httpx.AsyncClient) -> tuple[str, int]:
    """ETag and data version of all permits, which one item, its collection and every channel share."""
    page = await client.get("/collections/permits/items", params={"limit": 100})
    version = int(page.headers["landmap-data-version"])
    assert page.json()["dataVersion"] == version
    assert (await read(client, "/collections/permits"))["dataVersion"] == version
    return page.headers["etag"], version


async def test_a_change_of_hidden_rows_alone_is_not_told_by_etag_or_data_version(
    client: httpx.AsyncClient, city: Any
) -> None:
    before = await _permits_stand_on(client)
    hidden = _permit(city, "51/HS", status="DRAFT")
    hidden_again = _permit(city, "51/HS", status="REJECTED")
    assert await _permits_stand_on(client) == before
    assert hidden_again > hidden > before[1]
    known = await client.get("/collections/permits/items", params={"knownAt": str(hidden)})
    assert known.headers["landmap-data-version"] == str(before[1])
    shown = _permit(city, "51/HS", status="ISSUED")
    etag, version = await _permits_stand_on(client)
    assert version == shown
    assert etag != before[0]


async def test_a_change_that_moves_no_bound_is_told(client: httpx.AsyncClient, city: Any) -> None:
    _permit(city, "52/GPXD", status="ISSUED", storeys=2)
    before = await _permits_stand_on(client)
    mended = _permit(city, "52/GPXD", status="ISSUED", storeys=3)
    etag, version = await _permits_stand_on(client)
    assert (version, etag != before[0]) == (mended, True)
    found = await read(client, "/collections/permits/items", number="52/GPXD", knownAt=before[1])
    assert found["features"][0]["properties"]["storeys"] == 2


async def test_what_is_hidden_from_now_on_is_told(client: httpx.AsyncClient, city: Any) -> None:
    _permit(city, "53/GPXD", status="ISSUED")
    before = await _permits_stand_on(client)
    assert await _permits_stand_on(client) == before
    withdrawn = _permit(city, "53/GPXD", status="REJECTED")
    assert (await _permits_stand_on(client))[1] == withdrawn


async def test_the_clock_changes_an_answer_without_a_changeset(client: httpx.AsyncClient, city: Any) -> None:
    begins = datetime.now(UTC) + timedelta(seconds=1.5)
    city.publish(
        "plans",
        [None],
        {
            "name": pa.array(["Quy hoạch sắp có"]),
            "status": pa.array(["APPROVED"]),
            "valid_from": pa.array([begins], pa.timestamp("us", tz="UTC")),
        },
    )
    url = "/collections/plans/items"
    before = await client.get(url)
    assert before.json()["numberMatched"] == 0
    assert before.headers["cache-control"] in ("public, max-age=0", "public, max-age=1")
    await _until(begins)
    after = await client.get(url, headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert after.json()["numberMatched"] == 1
    assert after.headers["landmap-data-version"] == before.headers["landmap-data-version"]


async def _until(moment: datetime) -> None:
    await asyncio.sleep((moment - datetime.now(UTC)).total_seconds() + 0.05)


async def test_what_cannot_change_may_be_kept_longer(client: httpx.AsyncClient, city: Any) -> None:
    fixed = await client.get(ITEMS, params={"knownAt": str(city.version), "datetime": "2021-01-01"})
    assert fixed.headers["cache-control"] == "public, max-age=3600"
    future = await client.get(ITEMS, params={"knownAt": "2000000000", "datetime": "2021-01-01"})
    assert future.headers["cache-control"] == "public, max-age=10"


async def test_head_has_the_headers_of_get_and_no_body(client: httpx.AsyncClient) -> None:
    got, head = await client.get(ITEMS), await client.head(ITEMS)
    assert head.content == b""
    assert head.headers["etag"] == got.headers["etag"]
    assert head.headers["content-crs"] == got.headers["content-crs"]


async def test_links_take_the_address_that_the_request_came_to(client: httpx.AsyncClient) -> None:
    page = (await client.get(ITEMS, headers={"Host": "land.example.vn:8443"})).json()
    assert all(link["href"].startswith("http://land.example.vn:8443/") for link in page["links"])
    refused = await client.get(ITEMS, headers={"Host": "a b<script>"})
    assert refused.status_code == 400

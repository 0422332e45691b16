"""Who may write what: roles, layers, areas; OPTIONS says so beforehand."""

from __future__ import annotations

import httpx
import pytest

from tests.services.ogc import writing
from tests.services.ogc.writing import PARCELS, PERMITS, Land, feature, fetched, parcel_id, permit_id

pytestmark = pytest.mark.asyncio(loop_scope="session")

GEOJSON = {"Content-Type": "application/geo+json"}
PATCH = {"Content-Type": "application/merge-patch+json"}
WRITERS = {"editor", "publisher", "editor of the ward"}
CALLERS = ["public", *writing.CALLERS]


@pytest.mark.parametrize("caller", CALLERS)
async def test_options_say_what_the_caller_may_do(anybody: httpx.AsyncClient, land: Land, caller: str) -> None:
    for path, writes in ((PARCELS, "POST"), (f"{PARCELS}/{parcel_id(1)}", "DELETE, PATCH, PUT")):
        answer = await anybody.options(path, headers=land.headers[caller])
        assert answer.status_code == 200
        allowed = {"GET", "HEAD", "OPTIONS"} | (set(writes.split(", ")) if caller in WRITERS else set())
        assert set(answer.headers["allow"].split(", ")) == allowed
        header = "accept-post" if writes == "POST" else "accept-patch"
        assert (header in answer.headers) is (caller in WRITERS)
        assert answer.headers["cache-control"] == "no-store"
        refused = await anybody.request("POST" if "PUT" in writes else "PUT", path, headers=land.headers[caller])
        assert refused.status_code == 405
        assert set(refused.headers["allow"].split(", ")) == allowed


@pytest.mark.parametrize("caller", ["public", "editor"])
async def test_options_of_an_address_that_no_method_understands_are_400(
    anybody: httpx.AsyncClient, land: Land, caller: str
) -> None:
    headers = land.headers[caller]
    item = f"{PARCELS}/{parcel_id(1)}"
    for address in (
        f"{PARCELS}?limit=%00",
        f"{PARCELS}?x=1",
        f"{item}?limit=1",
        f"{item}?crs=1&crs=1",
        "/transactions?x=1",
    ):
        assert (await anybody.options(address, headers=headers)).status_code == 400, address
        preflight = {"Origin": "https://map.example", "Access-Control-Request-Method": "GET"}
        answer = await anybody.options(address, headers=preflight)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")
    for address in (
        f"{PARCELS}?limit=5&parcel=1&names=vi",
        f"{PARCELS}?so_thua=1&names=vi",
        f"{item}?crs=EPSG:4326&f=json",
    ):
        assert (await anybody.options(address, headers=headers)).status_code == 200, address


@pytest.mark.parametrize("caller", [c for c in CALLERS if c not in WRITERS])
async def test_who_may_not_write_is_told_before_anything_is_read(
    anybody: httpx.AsyncClient, land: Land, caller: str
) -> None:
    before = land.changesets()
    headers = {**land.headers[caller], "If-Match": "*"}
    path = f"{PARCELS}/{parcel_id(1)}"
    answers = [
        await anybody.post(PARCELS, content=b"{", headers={**headers, **GEOJSON}),
        await anybody.put(path, content=b"{", headers={**headers, **GEOJSON}),
        await anybody.patch(path, content=b"{", headers={**headers, **PATCH}),
        await anybody.delete(path, headers=headers),
        await anybody.delete(f"{PARCELS}/{parcel_id(88)}", headers=headers),
    ]
    assert [answer.status_code for answer in answers] == [401 if caller == "public" else 403] * 5
    assert {"www-authenticate" in answer.headers for answer in answers} == {caller == "public"}
    assert land.changesets() == before


async def test_a_key_that_opens_nothing_is_refused(anybody: httpx.AsyncClient) -> None:
    answer = await anybody.post(PARCELS, json=feature("1", 0), headers={**GEOJSON, "X-Api-Key": "lmk_aaaaaaaaaa_x"})
    assert answer.status_code == 401


async def test_an_agency_bounded_to_an_area_writes_inside_it(anybody: httpx.AsyncClient, land: Land) -> None:
    ward = land.headers["editor of the ward"]
    inside = await anybody.post(PARCELS, json=feature("w1", 40), headers={**GEOJSON, **ward})
    assert inside.status_code == 201, inside.text
    path = inside.headers["location"]
    before = land.changesets()
    outside = await anybody.post(PARCELS, json=feature("w2", 520), headers={**GEOJSON, **ward})
    assert outside.status_code == 403
    batch = {"type": "FeatureCollection", "features": [feature("w3", 45), feature("w4", 520)]}
    answer = await anybody.post(PARCELS, json=batch, headers={**GEOJSON, **ward})
    assert (answer.status_code, answer.json()["where"]) == (403, "geometry")
    assert "index: 1" in answer.json()["detail"]
    moved = {"geometry": writing.geometry(writing.lot(520))}
    answer = await anybody.patch(path, json=moved, headers={**PATCH, **ward, "If-Match": "*"})
    assert answer.status_code == 403
    reaching = {"geometry": writing.geometry(writing.lot(140, width=30))}
    answer = await anybody.patch(path, json=reaching, headers={**PATCH, **ward, "If-Match": "*"})
    assert answer.status_code == 403
    assert land.changesets() == before


async def test_what_lies_outside_the_area_is_seen_and_not_changed(anybody: httpx.AsyncClient, land: Land) -> None:
    ward = land.headers["editor of the ward"]
    path = f"{PARCELS}/{parcel_id(4)}"
    item, etag = await fetched(anybody, path, **ward)
    assert "address" not in item["properties"]
    before = land.changesets()
    for answer in (
        await anybody.put(path, json=item, headers={**GEOJSON, **ward, "If-Match": etag}),
        await anybody.patch(path, json={"properties": {"street": "x"}}, headers={**PATCH, **ward, "If-Match": "*"}),
        await anybody.delete(path, headers={**ward, "If-Match": "*"}),
    ):
        assert answer.status_code == 403
    assert land.changesets() == before


async def test_what_lay_outside_the_area_or_will_is_not_changed(anybody: httpx.AsyncClient, land: Land) -> None:
    """A lot that was drawn outside the ward, lies in it since 2024, and is to lie outside again."""
    ward, owner = land.headers["editor of the ward"], land.headers["editor"]
    made = await anybody.post(PARCELS, json=feature("w10", 600, valid_from="2020-01-01"), headers={**GEOJSON, **owner})
    path = made.headers["location"]
    for x, day in ((100, "2024-01-01"), (700, "2999-01-01")):
        moved = {"geometry": writing.geometry(writing.lot(x)), "properties": {"valid_from": day}}
        answer = await anybody.patch(path, json=moved, headers={**PATCH, **owner, "If-Match": "*"})
        assert answer.status_code in (200, 204), answer.text
    state = "SELECT version, valid, to_changeset FROM land_history.parcels WHERE id = %s ORDER BY version"
    before, held = land.changesets(), land.table(state, path.rsplit("/", 1)[1])
    headers = {**PATCH, **ward, "If-Match": "*"}
    delete = {"action": "delete", "collection": "parcels", "filter": f"id = '{path.rsplit('/', 1)[1]}'"}
    tag = (await fetched(anybody, path, **ward))[1]
    for answer in (
        await anybody.patch(path, json={"properties": {"valid_from": "2021-01-01", "street": "x"}}, headers=headers),
        await anybody.delete(f"{path}?datetime=2021-01-01", headers={**ward, "If-Match": "*"}),
        await anybody.delete(f"{path}?datetime=2025-01-01", headers={**ward, "If-Match": "*"}),
        await anybody.delete(path, headers={**ward, "If-Match": "*"}),
        await anybody.post("/transactions", json={"transaction": [{**delete, "if-match": tag}]}, headers=ward),
    ):
        assert answer.status_code == 403, answer.text
        assert "outside the area of your agency (index: 0)" in answer.json()["detail"]
    assert (land.changesets(), land.table(state, path.rsplit("/", 1)[1])) == (before, held)
    answer = await anybody.patch(
        path, json={"properties": {"valid_from": "2025-01-01", "street": "Lê Lợi"}}, headers=headers
    )
    assert answer.status_code in (200, 204), answer.text
    assert (await anybody.delete(path, headers={**owner, "If-Match": "*"})).status_code == 204


async def test_what_the_caller_may_not_see_is_not_there(anybody: httpx.AsyncClient, land: Land) -> None:
    """The second permit is a draft outside the ward: nothing tells it from one that there is not."""
    ward = land.headers["editor of the ward"]
    told = []
    for one in (permit_id(2), permit_id(99)):
        path = f"{PERMITS}/{one}"
        answers = [
            await anybody.put(
                path, json={"type": "Feature", "geometry": None, "properties": {}}, headers={**GEOJSON, **ward}
            ),
            await anybody.patch(path, json={}, headers={**PATCH, **ward, "If-Match": "*"}),
            await anybody.delete(path, headers={**ward, "If-Match": '"0"'}),
        ]
        told.append([(a.status_code, a.json()["detail"].replace(str(one), "")) for a in answers])
    assert told[0] == told[1]
    assert {status for status, _ in told[0]} == {404}
    taken = {
        "type": "Feature",
        "geometry": writing.geometry(writing.lot(60).centroid),
        "properties": {"number": "2/GP", "status": "ISSUED"},
    }
    answer = await anybody.post(PERMITS, json=taken, headers={**GEOJSON, **ward})
    assert answer.status_code == 201  # the number of what it may not see is told by nothing


async def test_a_permit_without_a_place_lies_in_no_area(anybody: httpx.AsyncClient, land: Land) -> None:
    body = {"type": "Feature", "geometry": None, "properties": {"number": "w/GP", "status": "ISSUED"}}
    answer = await anybody.post(PERMITS, json=body, headers={**GEOJSON, **land.headers["editor of the ward"]})
    assert answer.status_code == 403


async def test_a_page_from_elsewhere_may_ask_and_write(anybody: httpx.AsyncClient, land: Land) -> None:
    preflight = {
        "Origin": "https://elsewhere.example",
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "content-type, if-match, x-api-key, content-crs, prefer",
    }
    answer = await anybody.options(f"{PARCELS}/{parcel_id(1)}", headers=preflight)
    assert answer.status_code == 200
    assert {"POST", "PUT", "PATCH", "DELETE"} <= set(answer.headers["access-control-allow-methods"].split(", "))
    allowed = {name.strip().lower() for name in answer.headers["access-control-allow-headers"].split(",")}
    assert {"content-type", "if-match", "x-api-key", "content-crs", "prefer"} <= allowed
    assert "access-control-allow-credentials" not in answer.headers
    written = await anybody.post(
        PARCELS,
        json=feature("w9", 900),
        headers={**GEOJSON, **land.headers["editor"], "Origin": "https://elsewhere.example"},
    )
    assert written.status_code == 201
    assert written.headers["access-control-allow-origin"] == "*"
    assert {"Location", "ETag"} <= {
        name.strip() for name in written.headers["access-control-expose-headers"].split(",")
    }

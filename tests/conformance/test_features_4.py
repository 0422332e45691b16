"""OGC API - Features - Part 4: Create, Replace, Update and Delete (OGC 20-002r1, draft), Annex A.

Names: test_<class>__<abstract test>.
"""

from __future__ import annotations

import itertools
from typing import Any

import httpx
import pytest

from tests.conformance.asking import CRS84, EPSG, collection_ids, found, read
from tests.services.ogc import writing
from tests.services.ogc.writing import PARCELS, Land, feature, fetched

pytestmark = pytest.mark.asyncio(loop_scope="session")

STANDARD = "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/"
GEOJSON = {"Content-Type": "application/geo+json"}
PATCH = {"Content-Type": "application/merge-patch+json"}
ANY = {"If-Match": "*"}

_places = itertools.count(3_000, 10)


def fresh(**properties: Any) -> dict[str, Any]:
    """A parcel where there is none yet."""
    place = next(_places)
    return feature(f"p{place}", place, **properties)


async def made(writer: httpx.AsyncClient, **properties: Any) -> str:
    answer = await writer.post(PARCELS, json=fresh(**properties), headers=GEOJSON)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


def said(item: dict[str, Any], sent: dict[str, Any]) -> bool:
    """The item says what was sent."""
    return all(item["properties"][name] == value for name, value in sent["properties"].items())


async def test_create_replace_delete__options(writer: httpx.AsyncClient) -> None:
    one = await made(writer)
    for address, methods in ((PARCELS, {"GET", "POST"}), (one, {"GET", "PUT", "PATCH", "DELETE"})):
        options = await writer.options(address)
        assert options.status_code == 200
        assert methods <= set(options.headers["allow"].split(", "))
        assert ("POST" in methods) is ("application/geo+json" in options.headers.get("accept-post", ""))


async def test_create_replace_delete__create(writer: httpx.AsyncClient) -> None:
    before = await found(writer, PARCELS)
    plain, named = fresh(), {**fresh(), "id": str(writing.parcel_id(70))}
    for sent in (plain, named):
        answer = await writer.post(PARCELS, json=sent, headers=GEOJSON)
        assert answer.status_code == 201, answer.text
        item, _ = await fetched(writer, answer.headers["location"])
        assert said(item, sent) and item["id"] not in before
        assert answer.headers["location"].endswith(item["id"])


async def test_create_replace_delete__create_content_type(writer: httpx.AsyncClient, land: Land) -> None:
    before = land.changesets()
    assert (await writer.post(PARCELS, content=httpx.Request("POST", "/", json=fresh()).content)).status_code == 400
    assert land.changesets() == before


async def test_create_replace_delete__replace(writer: httpx.AsyncClient) -> None:
    path = await made(writer, street="Pasteur")
    item, etag = await fetched(writer, path)
    sent = fresh(street="Lê Lợi")
    answer = await writer.put(path, json=sent, headers={**GEOJSON, "If-Match": etag})
    assert answer.status_code in (200, 204), answer.text
    again, _ = await fetched(writer, path)
    assert said(again, sent) and again["id"] == item["id"]
    assert again["geometry"] != item["geometry"]


async def test_create_replace_delete__replace_content_type(writer: httpx.AsyncClient) -> None:
    path, body = await made(writer), httpx.Request("PUT", "/", json=fresh()).content
    assert (await writer.put(path, content=body, headers=ANY)).status_code == 400


async def test_create_replace_delete__replace_rid(writer: httpx.AsyncClient) -> None:
    path = await made(writer)
    before, _ = await fetched(writer, path)
    other = {**fresh(), "id": str(writing.parcel_id(71))}
    assert 400 <= (await writer.put(path, json=other, headers={**GEOJSON, **ANY})).status_code < 500
    assert (await fetched(writer, path))[0]["properties"] == before["properties"]


async def test_create_replace_delete__replace_exceptions(writer: httpx.AsyncClient) -> None:
    nowhere = f"{PARCELS}/{writing.parcel_id(72)}"
    for headers in ({}, {"If-Match": '"xyz"'}):
        assert (await writer.put(nowhere, json=fresh(), headers={**GEOJSON, **headers})).status_code == 404
    assert (await writer.get(nowhere)).status_code == 404


async def test_create_replace_delete__delete(writer: httpx.AsyncClient) -> None:
    """After it the feature is gone (410), which says more than the 404 of the abstract test."""
    path = await made(writer)
    _, etag = await fetched(writer, path)
    assert (await writer.delete(path, headers={"If-Match": etag})).status_code in (200, 204)
    assert (await writer.get(path)).status_code == 410
    assert path.rsplit("/", 1)[1] not in await found(writer, PARCELS)


async def test_update__options(writer: httpx.AsyncClient) -> None:
    options = await writer.options(await made(writer))
    assert options.status_code == 200 and "PATCH" in options.headers["allow"].split(", ")
    assert "application/merge-patch+json" in options.headers["accept-patch"]


async def test_update__update(writer: httpx.AsyncClient) -> None:
    path = await made(writer, street="Pasteur", map_scale=500)
    before, etag = await fetched(writer, path)
    answer = await writer.patch(path, json={"properties": {"street": "Lê Lợi"}}, headers={**PATCH, "If-Match": etag})
    assert answer.status_code in (200, 204), answer.text
    after, _ = await fetched(writer, path)
    changed = {name for name, value in after["properties"].items() if before["properties"][name] != value}
    assert changed == {"street", "changeset", "valid_from"}
    assert after["geometry"] == before["geometry"]


async def test_update__update_content_type(writer: httpx.AsyncClient) -> None:
    assert (await writer.patch(await made(writer), content=b'{"properties":{}}', headers=ANY)).status_code == 400


async def test_update__update_rid(writer: httpx.AsyncClient) -> None:
    path = await made(writer)
    other = {"id": str(writing.parcel_id(73)), "properties": {"street": "x"}}
    assert 400 <= (await writer.patch(path, json=other, headers={**PATCH, **ANY})).status_code < 500


async def test_optimistic_locking_etags__get_etag(writer: httpx.AsyncClient) -> None:
    for path in (await made(writer), await made(writer)):
        etag = (await writer.get(path)).headers["etag"]
        assert etag.removeprefix("W/").startswith('"') and etag.endswith('"')


async def locked(writer: httpx.AsyncClient, method: str, kind: dict[str, str], bodies: list[dict[str, Any]]) -> None:
    path = await made(writer)
    before, etag = await fetched(writer, path)
    first, second, third = bodies
    stale = await writer.request(method, path, json=first, headers={**kind, "If-Match": '"0"'})
    assert stale.status_code == 412
    assert (await fetched(writer, path))[0]["properties"] == before["properties"]
    done = await writer.request(method, path, json=second, headers={**kind, "If-Match": etag})
    assert done.status_code in (200, 204), done.text
    renewed = (await writer.get(path)).headers["etag"]
    assert renewed != etag
    assert done.headers.get("etag") == (None if method == "PUT" else renewed)
    unconditional = await writer.request(method, path, json=third, headers=kind)
    assert unconditional.status_code in (428, 409)


async def test_optimistic_locking_etags__replace(writer: httpx.AsyncClient) -> None:
    await locked(writer, "PUT", GEOJSON, [fresh(), fresh(), fresh()])


async def test_optimistic_locking_etags__update(writer: httpx.AsyncClient) -> None:
    await locked(writer, "PATCH", PATCH, [{"properties": {"street": name}} for name in "abc"])


async def test_optimistic_locking_etags__delete(writer: httpx.AsyncClient) -> None:
    path, second = await made(writer), await made(writer)
    _, etag = await fetched(writer, path)
    assert (await writer.delete(path, headers={"If-Match": '"0"'})).status_code == 412
    assert (await writer.get(path)).status_code == 200
    assert (await writer.delete(path, headers={"If-Match": etag})).status_code in (200, 204)
    assert (await writer.get(path)).status_code == 410
    assert (await writer.delete(second)).status_code in (428, 409)


async def test_handling__prefer(writer: httpx.AsyncClient) -> None:
    for prefer in ({}, {"Prefer": "handling=strict"}, {"Prefer": "handling=lenient"}):
        assert (await writer.post(PARCELS, json=fresh(), headers={**GEOJSON, **prefer})).status_code == 201


async def test_handling__strict(writer: httpx.AsyncClient, land: Land) -> None:
    before = land.changesets()
    answer = await writer.post(PARCELS, json=fresh(sheet=None), headers={**GEOJSON, "Prefer": "handling=strict"})
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["field"] == "sheet"
    assert land.changesets() == before


async def test_handling__lenient(writer: httpx.AsyncClient) -> None:
    """What is taken without a preference is taken leniently; some of the rest too, with a warning."""
    for properties in ({}, {"map_scale": 1}):
        plain = await writer.post(PARCELS, json=fresh(**properties), headers=GEOJSON)
        lenient = await writer.post(
            PARCELS, json=fresh(**properties), headers={**GEOJSON, "Prefer": "handling=lenient"}
        )
        assert plain.status_code >= 400 or lenient.status_code == 201
    assert [warning["reason"] for warning in lenient.json()["warnings"]] == ["out-of-range"]


async def test_handling__preference_applied(writer: httpx.AsyncClient) -> None:
    answer = await writer.post(PARCELS, json=fresh(sheet=None), headers={**GEOJSON, "Prefer": "handling=strict"})
    assert answer.headers["preference-applied"] == "handling=strict"


async def test_return_resource_representation_in_response__prefer(writer: httpx.AsyncClient) -> None:
    for prefer, whole in (
        ({}, False),
        ({"Prefer": "return=minimal"}, False),
        ({"Prefer": "return=representation"}, True),
    ):
        sent = fresh()
        answer = await writer.post(PARCELS, json=sent, headers={**GEOJSON, **prefer})
        assert answer.status_code == 201
        assert ("geometry" in answer.json()) is whole
        assert (answer.headers.get("preference-applied") == "return=representation") is whole
    assert said(answer.json(), sent)
    headers = {**PATCH, "If-Match": answer.headers["etag"], "Prefer": "return=representation"}
    patched = await writer.patch(
        answer.headers["location"],
        json={"properties": {"street": "Lê Lợi"}},
        headers={**headers, "Accept": "application/geo+json"},
    )
    assert (patched.status_code, patched.headers["content-type"]) == (200, "application/geo+json")
    assert patched.json()["properties"]["street"] == "Lê Lợi"


async def test_features__endpoints(writer: httpx.AsyncClient) -> None:
    assert "parcels" in await collection_ids(writer)
    path = await made(writer)
    assert path.rsplit("/", 1)[1] in await found(writer, PARCELS)
    assert httpx.URL(path).path.startswith(f"{PARCELS}/")


async def test_features__crs(writer: httpx.AsyncClient) -> None:
    """The same lot told in CRS84 and in the legal CRS lies at the same place, six metres apart as it was drawn."""
    legal = f"{EPSG}9210"
    plain = {**fresh(), "geometry": writing.geometry(writing.lot(2_000))}
    told = {**fresh(), "geometry": writing.geometry(writing.lot(2_006), 9210)}
    corners = []
    for sent, headers in ((plain, {}), (told, {"Content-Crs": f"<{legal}>"})):
        answer = await writer.post(PARCELS, json=sent, headers={**GEOJSON, **headers})
        assert answer.status_code == 201, answer.text
        item, _ = await fetched(writer, f"{answer.headers['location']}?crs={legal}")
        corners.append(min(item["geometry"]["coordinates"][0][0]))
    assert corners[1][0] - corners[0][0] == pytest.approx(6.0, abs=0.003)
    said_so = await writer.post(PARCELS, json=fresh(), headers={**GEOJSON, "Content-Crs": f"<{CRS84}>"})
    assert said_so.status_code == 201
    unknown = await writer.post(PARCELS, json=fresh(), headers={**GEOJSON, "Content-Crs": f"<{EPSG}2154>"})
    assert unknown.status_code == 400


async def test_features__schema(writer: httpx.AsyncClient) -> None:
    schema = await read(writer, "/collections/parcels/schema", "application/schema+json")
    extra = await writer.post(PARCELS, json=fresh(no_such_field=1), headers=GEOJSON)
    assert (extra.status_code == 422) is (schema.get("additionalProperties") is False)
    read_only = next(name for name, one in schema["properties"].items() if one.get("readOnly") and name != "id")
    assert (await writer.post(PARCELS, json=fresh(**{read_only: 7}), headers=GEOJSON)).status_code == 422


async def test_features__geojson(writer: httpx.AsyncClient) -> None:
    path = await made(writer)
    before, _ = await fetched(writer, path)
    refused = await writer.put(path, json={**fresh(), "id": str(writing.parcel_id(74))}, headers={**GEOJSON, **ANY})
    assert refused.status_code == 422
    sent = {**fresh(), "id": before["id"]}
    assert (await writer.put(path, json=sent, headers={**GEOJSON, **ANY})).status_code in (200, 204)
    after, _ = await fetched(writer, path)
    assert after["id"] == before["id"] and said(after, sent) and after["geometry"] != before["geometry"]


async def test_features__json_merge_patch(writer: httpx.AsyncClient) -> None:
    path = await made(writer, land_use_raw="ODT")
    patch = {
        "properties": {"street": "Hàm Nghi", "measured_area": 100, "land_use_raw": None},
        "geometry": writing.geometry(writing.lot(2_020, 0, 4)),
    }
    answer = await writer.patch(path, json=patch, headers={**PATCH, **ANY})
    assert answer.status_code in (200, 204), answer.text
    item, _ = await fetched(writer, f"{path}?crs={EPSG}9210")
    assert (item["properties"]["street"], item["properties"]["land_use_raw"]) == ("Hàm Nghi", None)
    assert max(x for x, _ in item["geometry"]["coordinates"][0][0]) == pytest.approx(writing.E0 + 2_024, abs=0.003)
    other = {"id": str(writing.parcel_id(75))}
    assert (await writer.patch(path, json=other, headers={**PATCH, **ANY})).status_code == 422

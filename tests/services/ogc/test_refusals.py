"""What a body is refused for: everything at once, each with its place; and what is not there, alike for every method."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.services.ogc.test_transactions import GEOJSON, PATCH
from tests.services.ogc.writing import PARCELS, Land, feature, fetched, parcel_id

pytestmark = pytest.mark.asyncio(loop_scope="session")


def told(answer: httpx.Response) -> set[tuple[str, str]]:
    """Pointer and reason of each problem."""
    assert answer.status_code == 422, answer.text
    assert all(problem["vi"] and problem["en"] for problem in answer.json()["problems"])
    return {(problem["pointer"], problem["reason"]) for problem in answer.json()["problems"]}


def at(body: Any, pointer: str) -> Any:
    """What an RFC 6901 pointer leads to; None for a member that is not there."""
    for part in pointer.split("/")[1:]:
        body = body[int(part)] if isinstance(body, list) else body.get(part)
    return body


WRONG: dict[str, Any] = {
    "sheet": None,
    "measured_area": "100",
    "map_scale": 100,
    "land_use": "XYZ",
    "commune": "Tân Hoà",
    "a/b~c": 1,
    "valid_from": "hôm nay",
}
EXPECTED = {
    ("/properties/measured_area", "type"),
    ("/geometry", "geometry-unreadable"),
    ("/properties/sheet", "required-missing"),
    ("/properties/map_scale", "out-of-range"),
    ("/properties/land_use", "unknown-code"),
    ("/properties/commune", "ambiguous"),
    ("/properties/a~1b~0c", "unknown-property"),
    ("/properties/valid_from", "type"),
}


async def test_one_answer_names_every_mistake_of_the_body_with_its_place(writer: httpx.AsyncClient, land: Land) -> None:
    before = land.changesets()
    body = {**feature("1", 0, **WRONG), "geometry": {"type": "Polygon", "coordinates": []}}
    assert told(await writer.post(PARCELS, json=body, headers=GEOJSON)) == EXPECTED
    both = {"type": "FeatureCollection", "features": [feature("660", 2300), body]}
    answer = await writer.post(PARCELS, json=both, headers=GEOJSON)
    assert told(answer) == {(f"/features/1{pointer}", reason) for pointer, reason in EXPECTED}
    path, whatever = f"{PARCELS}/{parcel_id(1)}", {"If-Match": "*"}
    other = {**body, "id": str(parcel_id(2))}
    answer = await writer.put(path, json=other, headers={**GEOJSON, **whatever})
    assert told(answer) == EXPECTED | {("/id", "type")}
    patch = {"properties": {"sheet": 12, "map_scale": 1}, "geometry": {"coordinates": []}}
    assert told(await writer.patch(path, json=patch, headers={**PATCH, **whatever})) == {
        ("/geometry", "geometry-unreadable"),
        ("/properties/sheet", "type"),
        ("/properties/map_scale", "out-of-range"),
    }
    assert land.changesets() == before


async def test_what_follows_from_what_could_not_be_read_is_not_told(writer: httpx.AsyncClient) -> None:
    """Two parcels whose numbers are of a wrong type are not called the same."""
    twins = [{**feature("1", 2310), "properties": {"sheet": "12", "parcel": number}} for number in (1, 2)]
    answer = await writer.post(PARCELS, json={"type": "FeatureCollection", "features": twins}, headers=GEOJSON)
    assert told(answer) == {(f"/features/{i}/properties/parcel", "type") for i in (0, 1)}
    answer = await writer.post(PARCELS, json={"type": "Feature", "properties": []}, headers=GEOJSON)
    assert told(answer) == {("/geometry", "type"), ("/properties", "type")}
    answer = await writer.post(PARCELS, json={**feature("1", 0), "place": 7}, headers=GEOJSON)
    assert told(answer) == {("/place", "geometry-unreadable")}


async def test_pointers_lead_into_the_actions_of_a_transaction(writer: httpx.AsyncClient) -> None:
    seen = [(await fetched(writer, f"{PARCELS}/{parcel_id(i)}"))[1] for i in (1, 2)]
    actions = [
        {"action": "insert", "collection": "parcels", "items": [feature("670", 2320), feature("671", 2330, sheet=1)]},
        {
            "action": "update",
            "collection": "parcels",
            "if-match": seen[0],
            "filter": f"id = '{parcel_id(1)}'",
            "properties": {
                "modify": [{"name": "street", "value": "x"}, {"name": "map_scale", "value": 1}],
                "delete": ["sheet"],
            },
        },
        {
            "action": "replace",
            "collection": "parcels",
            "if-match": seen[1],
            "filter": f"id = '{parcel_id(2)}'",
            "feature": feature("2", 5, land_use=9),
        },
    ]
    body = {"transaction": actions}
    answer = await writer.post("/transactions", json=body, headers={"Content-Type": "application/ogc-tx+json"})
    assert told(answer) == {
        ("/transaction/0/items/1/properties/sheet", "type"),
        ("/transaction/1/properties/modify/1", "out-of-range"),
        ("/transaction/1/properties/delete/0", "required-missing"),
        ("/transaction/2/feature/properties/land_use", "type"),
    }
    for pointer, _ in told(answer):
        assert at(body, pointer) is not None


async def test_warnings_have_a_place_too(writer: httpx.AsyncClient) -> None:
    features = [feature("680", 2340), feature("681", 2350, commune_old="2673")]
    answer = await writer.post(PARCELS, json={"type": "FeatureCollection", "features": features}, headers=GEOJSON)
    assert [warning["pointer"] for warning in answer.json()["warnings"]] == ["/features/1/properties/commune_old"]


async def test_leniently_values_are_left_out_and_those_of_a_wrong_type_refused(
    writer: httpx.AsyncClient, land: Land
) -> None:
    """A value that the layer does not take may be an error of the data, one of a wrong type is one of the program."""
    lenient = {**GEOJSON, "Prefer": "handling=lenient"}
    before = land.changesets()
    body = feature("690", 2360, map_scale=100, measured_area="100")
    assert told(await writer.post(PARCELS, json=body, headers=lenient)) == {("/properties/measured_area", "type")}
    assert land.changesets() == before
    body["properties"]["measured_area"] = 100
    answer = await writer.post(PARCELS, json=body, headers=lenient)
    assert answer.status_code == 201, answer.text
    assert [warning["field"] for warning in answer.json()["warnings"]] == ["map_scale"]
    assert (await fetched(writer, answer.headers["location"]))[0]["properties"]["map_scale"] is None


def plain(answer: httpx.Response) -> dict[str, Any]:
    """The problem without what names the request."""
    return {name: value for name, value in answer.json().items() if name != "requestId"}


async def test_what_is_yet_to_hold_is_not_called_gone(writer: httpx.AsyncClient) -> None:
    made = await writer.post(PARCELS, json=feature("700", 2370, valid_from="2999-01-01"), headers=GEOJSON)
    path = made.headers["location"]
    answer = await writer.get(path, headers={"Accept-Language": "en"})
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (404, "urn:landmap:problem:not-yet-in-force")
    assert problem["begins"] == "2998-12-31T17:00:00Z"
    assert "is in force from 2999-01-01. Ask with datetime=2999-01-01" in problem["detail"]
    assert "có hiệu lực từ 01/01/2999" in (await writer.get(path, headers={"Accept-Language": "vi"})).json()["detail"]
    (link,) = (link["href"] for link in problem["links"] if link["rel"] == "successor-version")
    assert (await writer.get(link)).json()["properties"]["parcel"] == "700"
    whatever = {"If-Match": "*", "Accept-Language": "en"}
    for refused in (
        await writer.delete(path, headers=whatever),
        await writer.patch(path, json={"properties": {"street": "x"}}, headers={**PATCH, **whatever}),
    ):
        assert refused.status_code == 404
        assert plain(refused) == plain(answer)


async def test_every_method_says_the_same_of_what_is_gone(writer: httpx.AsyncClient) -> None:
    made = await writer.post(PARCELS, json=feature("701", 2380, valid_from="2020-01-01"), headers=GEOJSON)
    path, whatever = made.headers["location"], {"If-Match": "*"}
    assert (await writer.delete(path, headers=whatever)).status_code == 204
    gone = await writer.get(path)
    assert gone.status_code == 410
    assert gone.json()["ended"]
    assert {link["rel"] for link in gone.json()["links"]} == {"latest-version", "version-history", "timemap"}
    for refused in (
        await writer.delete(path, headers=whatever),
        await writer.put(path, json=feature("701", 2380), headers={**GEOJSON, **whatever}),
        await writer.patch(path, json={"properties": {"street": "x"}}, headers={**PATCH, **whatever}),
    ):
        assert (refused.status_code, plain(refused)) == (410, plain(gone))

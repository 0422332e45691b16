"""Writing over HTTP: one feature or a batch, a changeset each, and never a lost update."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from datetime import date
from typing import Any

import httpx
import psycopg
import pytest
import shapely
from structlog.testing import CapturingLogger

from gis.ingest import edit
from gis.store import coverage
from gis.store.check import check
from services.app import create_app
from services.ogc import refusals
from tests.services.ogc import writing
from tests.services.ogc.writing import PARCELS, PERMITS, PLANS, Land, feature, fetched, parcel_id

pytestmark = pytest.mark.asyncio(loop_scope="session")


GEOJSON = {"Content-Type": "application/geo+json"}
PATCH = {"Content-Type": "application/merge-patch+json"}
ANY_KIND = {"Accept": "*/*"}


async def test_a_new_feature_has_an_address_and_a_changeset_of_its_author(
    writer: httpx.AsyncClient, land: Land
) -> None:
    before = land.changesets()
    answer = await writer.post(PARCELS, json=feature("101", 20), headers=GEOJSON)
    assert answer.status_code == 201, answer.text
    assert land.changesets() == before + 1
    item, etag = await fetched(writer, answer.headers["location"])
    assert etag == answer.headers["etag"]
    assert item["properties"] | {"parcel": "101", "land_use": "ODT", "document_series": "BDDC"} == item["properties"]
    assert item["properties"]["valid_from_known"] is False
    assert answer.headers["landmap-data-version"] == str(item["properties"]["changeset"])
    ((actor, title, counts),) = land.table(
        "SELECT actor, title, counts FROM landmap.changeset ORDER BY number DESC LIMIT 1"
    )
    assert actor == "key:" + land.headers["editor"]["X-Api-Key"].split("_")[1]
    assert (title, counts) == ("OGC API: insert 1 in parcels", {"insert": 1})


async def test_an_id_that_is_sent_is_not_taken_over(writer: httpx.AsyncClient) -> None:
    answer = await writer.post(PARCELS, json={**feature("102", 25), "id": str(parcel_id(99))}, headers=GEOJSON)
    assert answer.status_code == 201
    assert str(parcel_id(99)) not in answer.headers["location"]


async def test_who_has_seen_the_feature_replaces_it_and_who_saw_an_older_one_does_not(
    writer: httpx.AsyncClient,
) -> None:
    path = f"{PARCELS}/{parcel_id(1)}"
    item, etag = await fetched(writer, path)
    item["properties"]["street"] = "Lê Lợi"
    answer = await writer.put(path, json=item, headers={**GEOJSON, "If-Match": etag})
    assert answer.status_code == 204, answer.text
    again, renewed = await fetched(writer, path)
    assert renewed != etag
    assert "etag" not in answer.headers  # what was sent is not stored as it is
    assert again["properties"]["street"] == "Lê Lợi"
    assert again["geometry"] == item["geometry"]
    item["properties"]["street"] = "Pasteur"
    for stale in (etag, '"0"', '"nonsense'):
        refused = await writer.put(path, json=item, headers={**GEOJSON, "If-Match": stale})
        assert (refused.status_code, refused.json()["where"]) == (412, "If-Match")
        assert "If-Match has the ETag of another version" in refused.json()["detail"]
    assert (await fetched(writer, path))[1] == renewed


async def test_the_tag_of_any_crs_language_and_coding_names_the_version(writer: httpx.AsyncClient) -> None:
    path = f"{PARCELS}/{parcel_id(1)}"
    _, etag = await fetched(
        writer,
        f"{path}?crs=http://www.opengis.net/def/crs/EPSG/0/9210",
        **{"Accept-Language": "vi", "Accept-Encoding": "gzip"},
    )
    assert etag.startswith("W/")
    answer = await writer.patch(path, json={"properties": {"street": "Lê Duẩn"}}, headers={**PATCH, "If-Match": etag})
    assert answer.status_code == 204


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_a_change_that_does_not_say_what_it_has_seen_is_refused(writer: httpx.AsyncClient, method: str) -> None:
    path = f"{PARCELS}/{parcel_id(1)}"
    body = {"json": feature("1", 0)} if method == "PUT" else {"json": {"properties": {}}} if method == "PATCH" else {}
    kind = GEOJSON if method == "PUT" else PATCH if method == "PATCH" else {}
    answer = await writer.request(method, path, headers=kind, **body)
    assert answer.status_code == 428
    assert answer.json()["where"] == "If-Match"
    assert "Send If-Match with the ETag" in answer.json()["detail"]


async def test_who_says_so_changes_whatever_version_there_is(writer: httpx.AsyncClient) -> None:
    path = f"{PARCELS}/{parcel_id(1)}"
    answer = await writer.patch(path, json={"properties": {"street": "Nguyễn Du"}}, headers={**PATCH, "If-Match": "*"})
    assert answer.status_code == 204


async def test_of_two_writers_one_is_told_that_it_is_late(writer: httpx.AsyncClient) -> None:
    path = f"{PARCELS}/{parcel_id(2)}"
    for turn in range(4):
        _, etag = await fetched(writer, path)
        bodies = [{"properties": {"street": f"Đường {turn}{name}"}} for name in "ab"]
        answers = await asyncio.gather(
            *(writer.patch(path, json=body, headers={**PATCH, "If-Match": etag}) for body in bodies)
        )
        assert sorted(answer.status_code for answer in answers) == [204, 412]
        winner = next(body for body, answer in zip(bodies, answers, strict=True) if answer.status_code == 204)
        item, _ = await fetched(writer, path)
        assert item["properties"]["street"] == winner["properties"]["street"]


@pytest.mark.parametrize("seen", ["*", "the tag"])
async def test_who_loses_a_race_is_told_that_somebody_was_faster(
    writer: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, seen: str
) -> None:
    path = f"{PARCELS}/{parcel_id(2)}"
    _, etag = await fetched(writer, path)
    resolved = edit.resolved

    async def overtaken(*args: Any) -> Any:
        """Between what this edit reads and what it writes, another one writes."""
        monkeypatch.setattr(edit, "resolved", resolved)
        body = {"properties": {"street": f"Nhanh hơn {seen}"}}
        faster = await writer.patch(path, json=body, headers={**PATCH, "If-Match": "*"})
        assert faster.status_code == 204
        return await resolved(*args)

    monkeypatch.setattr(edit, "resolved", overtaken)
    headers = {**PATCH, "If-Match": "*" if seen == "*" else etag}
    answer = await writer.patch(path, json={"properties": {"street": "Chậm hơn"}}, headers=headers)
    assert answer.status_code == 412
    assert answer.json()["detail"].startswith("The feature was changed by somebody else meanwhile.")
    assert "If-Match" not in answer.text
    assert (await fetched(writer, path))[0]["properties"]["street"] == f"Nhanh hơn {seen}"


async def test_a_patch_changes_what_it_names_and_null_takes_away(writer: httpx.AsyncClient) -> None:
    path = f"{PARCELS}/{parcel_id(2)}"
    before, etag = await fetched(writer, path)
    body = {"properties": {"street": "Hàm Nghi", "address": None}}
    answer = await writer.patch(path, json=body, headers={**PATCH, "If-Match": etag})
    assert answer.status_code == 204, answer.text
    after, _ = await fetched(writer, path)
    assert after["properties"]["street"] == "Hàm Nghi"
    assert after["properties"]["address"] is None
    assert after["geometry"] == before["geometry"]
    assert after["properties"]["measured_area"] == 100.0


async def test_a_patch_of_coordinates_keeps_the_kind_of_the_geometry(writer: httpx.AsyncClient) -> None:
    path = f"{PARCELS}/{parcel_id(2)}"
    _, etag = await fetched(writer, path)
    ring = writing.geometry(writing.lot(5, 0, 4.9))["coordinates"]
    answer = await writer.patch(path, json={"geometry": {"coordinates": [ring]}}, headers={**PATCH, "If-Match": etag})
    assert answer.status_code in (200, 204), answer.text
    after, _ = await fetched(writer, path)
    assert after["geometry"]["type"] == "MultiPolygon"


async def test_what_nobody_may_see_over_http_is_not_wiped(writer: httpx.AsyncClient, land: Land) -> None:
    path = f"{PARCELS}/{parcel_id(1)}"
    item, etag = await fetched(writer, path)
    assert "holder_name" not in item["properties"]
    item["properties"]["street"] = "Võ Văn Tần"
    assert (await writer.put(path, json=item, headers={**GEOJSON, "If-Match": etag})).status_code == 204
    holders = land.table(
        """SELECT holder_name FROM land_history.parcels JOIN land_restricted.parcels_holders USING (version)
           WHERE id = %s AND to_changeset IS NULL ORDER BY valid""",
        parcel_id(1),
    )
    assert holders
    assert set(holders) == {(writing.HOLDER,)}


@pytest.mark.parametrize("name", ["holder_name", "nothing_like_it", "version", "shown", "fid"])
@pytest.mark.parametrize("handling", ["strict", "lenient"])
async def test_a_body_that_names_what_the_caller_may_not_write_is_refused(
    writer: httpx.AsyncClient, land: Land, name: str, handling: str
) -> None:
    before = land.changesets()
    body = feature("103", 30, **{name: "Nguyễn Văn A"})
    answer = await writer.post(PARCELS, json=body, headers={**GEOJSON, "Prefer": f"handling={handling}"})
    if handling == "lenient" and name != "holder_name":
        assert answer.status_code == 201
        assert [w["reason"] for w in answer.json()["warnings"]] == ["unknown-property"]
        await writer.delete(answer.headers["location"], headers={"If-Match": "*"})
        return
    assert answer.status_code == 422
    (problem,) = answer.json()["problems"]
    assert (problem["index"], problem["field"], problem["reason"]) == (0, name, "unknown-property")
    assert answer.json()["detail"].endswith("What can be written is told at /collections/parcels/receivables.")
    assert answer.headers["preference-applied"] == f"handling={handling}"
    assert land.changesets() == before


WRONG: list[tuple[dict[str, object], str, str]] = [
    ({"sheet": None}, "sheet", "required-missing"),
    ({"sheet": 12}, "sheet", "type"),
    ({"map_scale": 100}, "map_scale", "out-of-range"),
    ({"map_scale": 500.5}, "map_scale", "type"),
    ({"measured_area": "100"}, "measured_area", "type"),
    ({"commune_old": "2673"}, "commune_old", "leading-zeros"),
    ({"commune_old": "26734x"}, "commune_old", "pattern"),
    ({"land_use": "XYZ"}, "land_use", "unknown-code"),
    ({"land_uses": "ODT"}, "land_uses", "type"),
    ({"land_uses": ["ODT", "XYZ"]}, "land_uses", "unknown-code"),
    ({"registered_on": "31/12/2024"}, "registered_on", "type"),
    ({"registered_on": "2024-02-30"}, "registered_on", "type"),
    ({"valid_from": "hôm nay"}, "valid_from", "type"),
    ({"valid_to": "2030-01-01"}, "valid_to", "unknown-property"),
    ({"street": "=HYPERLINK(A1)"}, "street", "formula"),
    ({"street": "a\u0000b"}, "street", "type"),
    ({"commune": "\u0000Bến Thành"}, "commune", "type"),
    ({"land_use": "ODT\u0000"}, "land_use", "type"),
    ({"commune": "\u0001\u007f"}, "commune", "pattern"),
    ({"street": ["Lê Lợi"]}, "street", "type"),
]


@pytest.mark.parametrize(("properties", "field", "reason"), WRONG)
async def test_each_field_is_held_against_the_layer(
    writer: httpx.AsyncClient, land: Land, properties: dict[str, object], field: str, reason: str
) -> None:
    before = land.changesets()
    answer = await writer.post(PARCELS, json=feature("104", 35, **properties), headers=GEOJSON)
    if reason == "leading-zeros":  # mended as in a file, and told
        assert [w["reason"] for w in answer.json()["warnings"]] == [reason]
        await writer.delete(answer.headers["location"], headers={"If-Match": "*"})
        return
    assert answer.status_code == 422, answer.text
    found = [(p["index"], p.get("field"), p["reason"]) for p in answer.json()["problems"]]
    assert (0, field, reason) in found
    assert all(p["vi"] and p["en"] for p in answer.json()["problems"])
    assert land.changesets() == before


SHAPES: list[tuple[object, str]] = [
    (None, "geometry-missing"),
    ({"type": "Point", "coordinates": [106.7, 10.77]}, "geometry-type"),
    ({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}, "outside-territory"),
    ({"type": "Polygon", "coordinates": [[[106.7, 10.77], [106.8, 10.77], [106.7, 10.77]]]}, "geometry-unreadable"),
    (
        {"type": "Polygon", "coordinates": [[[106.7, 10.77], [106.8, 10.77], [106.8, 10.8], [106.7, 10.7]]]},
        "geometry-unreadable",
    ),
    (
        {
            "type": "Polygon",
            "coordinates": [[[106.7, 10.77], [106.71, 10.78], [106.71, 10.77], [106.7, 10.78], [106.7, 10.77]]],
        },
        "geometry-invalid",
    ),
    ({"type": "Polygon", "coordinates": [["a", "b"]]}, "geometry-unreadable"),
    ({"type": "Polygon", "coordinates": []}, "geometry-unreadable"),
    ({"type": "MultiPolygon", "coordinates": [[]]}, "geometry-unreadable"),
    ({"type": "GeometryCollection", "geometries": []}, "geometry-unreadable"),
    ("POINT (1 1)", "geometry-unreadable"),
]


@pytest.mark.parametrize(("shape", "reason"), SHAPES)
async def test_each_geometry_is_held_against_the_layer(writer: httpx.AsyncClient, shape: object, reason: str) -> None:
    answer = await writer.post(PARCELS, json={**feature("105", 40), "geometry": shape}, headers=GEOJSON)
    assert answer.status_code == 422, answer.text
    assert [(p["field"], p["reason"]) for p in answer.json()["problems"]] == [("geometry", reason)]


async def test_a_batch_is_all_or_nothing_and_tells_everything_that_is_wrong(
    writer: httpx.AsyncClient, land: Land
) -> None:
    before = land.changesets()
    features = [feature("201", 200), feature("202", 205, sheet=None), feature("203", 210, land_use="XYZ", map_scale=1)]
    answer = await writer.post(PARCELS, json={"type": "FeatureCollection", "features": features}, headers=GEOJSON)
    assert answer.status_code == 422
    told = [(p["index"], p["field"], p["reason"]) for p in answer.json()["problems"]]
    assert sorted(told) == [
        (1, "sheet", "required-missing"),
        (2, "land_use", "unknown-code"),
        (2, "map_scale", "out-of-range"),
    ]
    assert land.changesets() == before
    assert land.table("SELECT FROM land_history.parcels WHERE parcel = '201'") == []


async def test_what_cannot_be_read_and_what_does_not_fit_are_told_at_once(
    writer: httpx.AsyncClient, land: Land
) -> None:
    before = land.changesets()
    features = [feature("201", 200), 7, feature("203", 210, land_use="XYZ"), {"type": "Feature", "properties": {}}]
    body = {"type": "FeatureCollection", "features": features}
    answer = await writer.post(PARCELS, json=body, headers=GEOJSON)
    assert answer.status_code == 422
    told = [(p["index"], p["field"], p["reason"]) for p in answer.json()["problems"]]
    lacking = [(3, "parcel", "required-missing"), (3, "sheet", "required-missing")]
    assert sorted(told) == [
        (1, "type", "type"),
        (2, "land_use", "unknown-code"),
        (3, "geometry", "type"),
        *lacking,
    ]
    body = {"type": "FeatureCollection", "features": [7] * 80 + [feature(f"21{i}", 200, sheet=None) for i in range(80)]}
    answer = await writer.post(PARCELS, json=body, headers=GEOJSON)
    assert answer.json()["detail"].startswith("160 problem(s)")
    assert len(answer.json()["problems"]) == 100
    assert land.changesets() == before


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_what_only_the_database_refuses_is_told_without_its_words(
    writer: httpx.AsyncClient, land: Land, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    insert_sql = edit.edits.insert_sql

    def unchecked(layer: Any, id: Any, values: Any, *more: Any) -> Any:
        return insert_sql(layer, id, {**values, "sheet": None}, *more)

    monkeypatch.setattr(edit.edits, "insert_sql", unchecked)
    before = land.changesets()
    logged = CapturingLogger()
    monkeypatch.setattr(refusals, "log", logged)
    answer = await writer.post(PARCELS, json=feature("106", 45), headers={**GEOJSON, "Accept-Language": language})
    assert answer.status_code == 422
    assert "sheet" not in answer.text
    assert ("Cơ sở dữ liệu" in answer.json()["detail"]) is (language == "vi")
    (line,) = logged.calls
    assert "sheet is required" in line.kwargs["cause"]
    assert land.changesets() == before


async def test_a_batch_may_be_answered_with_its_features(writer: httpx.AsyncClient, land: Land) -> None:
    features = [feature(f"b{i}", 1300 + 5 * i) for i in range(20)]
    features[7]["properties"]["valid_from"] = "2999-01-01"
    body = {"type": "FeatureCollection", "features": features}
    crs = "http://www.opengis.net/def/crs/EPSG/0/9210"
    answer = await writer.post(
        f"{PARCELS}?crs={crs}", json=body, headers={**GEOJSON, "Prefer": "return=representation"}
    )
    assert answer.status_code == 201, answer.text
    assert answer.headers["content-crs"] == f"<{crs}>"
    found = answer.json()["features"]
    assert answer.json()["numberReturned"] == 20
    assert set(found[7]) == {"id"}  # it does not hold yet
    del found[7], features[7]
    assert [one["properties"]["parcel"] for one in found] == [one["properties"]["parcel"] for one in features]
    alone = (await writer.get(f"{PARCELS}/{found[3]['id']}?crs={crs}")).json()
    assert found[3] == {name: value for name, value in alone.items() if name in found[3]}
    assert found[3]["geometry"]["coordinates"][0][0][0][0] > 600_000


async def test_a_batch_is_one_changeset(writer: httpx.AsyncClient, land: Land) -> None:
    before = land.changesets()
    features = [feature(str(300 + i), 300 + 5 * i) for i in range(20)]
    answer = await writer.post(PARCELS, json={"type": "FeatureCollection", "features": features}, headers=GEOJSON)
    assert answer.status_code == 201, answer.text
    assert land.changesets() == before + 1
    assert len(answer.json()["ids"]) == 20
    first, _ = await fetched(writer, f"{PARCELS}/{answer.json()['ids'][0]}")
    assert first["properties"]["parcel"] == "300"
    assert answer.json()["warnings"] == []


@pytest.mark.parametrize(("code", "flipped"), [(84, False), (4326, True), (9210, False), (3857, False)])
async def test_coordinates_are_in_the_order_of_their_crs(
    writer: httpx.AsyncClient, land: Land, code: int, flipped: bool
) -> None:
    uri = "http://www.opengis.net/def/crs/" + ("OGC/1.3/CRS84" if code == 84 else f"EPSG/0/{code}")
    shape = writing.lot(400 + code % 97)
    body = {**feature(f"4{code}", 0), "geometry": writing.geometry(shape, code, flipped=flipped)}
    for sent in (uri, f"<{uri}>"):
        answer = await writer.post(
            PARCELS, json=body, headers={**GEOJSON, "Content-Crs": sent, "Prefer": "handling=lenient"}
        )
        assert answer.status_code == 201, answer.text
        made = answer.headers["location"].rsplit("/", 1)[1]
        ((x, y, survey),) = land.table(
            "SELECT ST_XMin(geom), ST_YMin(geom), survey_crs FROM land_history.parcels WHERE id = %s", made
        )
        assert abs(x - shape.bounds[0]) < 0.002
        assert abs(y - shape.bounds[1]) < 0.002
        assert survey == 9210


async def test_exchanged_axes_are_told_and_not_written(writer: httpx.AsyncClient) -> None:
    body = {**feature("401", 0), "geometry": writing.geometry(writing.lot(0), 4326)}
    uri = "http://www.opengis.net/def/crs/EPSG/0/4326"
    answer = await writer.post(PARCELS, json=body, headers={**GEOJSON, "Content-Crs": f"<{uri}>"})
    assert answer.status_code == 422
    assert "EPSG:4326 has its latitude first" in answer.json()["problems"][0]["en"]


async def test_an_unknown_crs_is_refused(writer: httpx.AsyncClient) -> None:
    for header in ("http://www.opengis.net/def/crs/EPSG/0/2154", "nonsense", "<>"):
        answer = await writer.post(PARCELS, json=feature("402", 0), headers={**GEOJSON, "Content-Crs": header})
        assert answer.status_code == 400


async def test_a_place_of_json_fg_is_in_its_own_crs(writer: httpx.AsyncClient, land: Land) -> None:
    shape = writing.lot(700)
    body = {
        **feature("403", 0),
        "geometry": None,
        "place": writing.geometry(shape, 9210),
        "coordRefSys": "http://www.opengis.net/def/crs/EPSG/0/9210",
        "conformsTo": ["http://www.opengis.net/spec/json-fg-1/1.0/conf/core"],
        "featureType": "parcels",
        "time": None,
    }
    answer = await writer.post(PARCELS, json=body, headers=GEOJSON)
    assert answer.status_code == 201, answer.text
    made = answer.headers["location"].rsplit("/", 1)[1]
    ((x,),) = land.table("SELECT ST_XMin(geom) FROM land_history.parcels WHERE id = %s", made)
    assert x == shape.bounds[0]


async def test_a_boundary_that_comes_back_as_it_was_told_stays_as_it_was_surveyed(
    writer: httpx.AsyncClient, land: Land
) -> None:
    answer = await writer.post(PARCELS, json=feature("404", 711.123456789), headers=GEOJSON)
    path = answer.headers["location"]
    made = path.rsplit("/", 1)[1]
    shape = "SELECT geom::text FROM land_history.parcels WHERE id = %s AND to_changeset IS NULL AND valid @> now()"
    before = land.table(shape, made)
    for crs in ("OGC/1.3/CRS84", "EPSG/0/4326", "EPSG/0/9210", "EPSG/0/3857"):
        uri = f"http://www.opengis.net/def/crs/{crs}"
        item, etag = await fetched(writer, f"{path}?crs={uri}")
        item["properties"]["street"] = crs
        answer = await writer.put(path, json=item, headers={**GEOJSON, "If-Match": etag, "Content-Crs": uri})
        assert answer.status_code == 204, answer.text
        assert land.table(shape, made) == before


async def test_what_is_sent_back_unchanged_makes_no_changeset(writer: httpx.AsyncClient, land: Land) -> None:
    path = f"{PARCELS}/{parcel_id(1)}"
    item, etag = await fetched(writer, path)
    before = land.changesets()
    answer = await writer.put(path, json=item, headers={**GEOJSON, "If-Match": etag})
    assert answer.status_code == 204
    assert (await fetched(writer, path))[1] == etag
    assert land.changesets() == before


def cut(land: Land, id: str, holder: str | None = None) -> None:
    """A change from August 2024 on that the editor does not see: of nothing, or of the holder."""
    with psycopg.connect(land.dsn) as db:
        db.execute("SELECT set_config('landmap.valid_from', '2024-08-01 00:00:00+07', true)")
        db.execute("UPDATE land.parcels SET street = street WHERE id = %s", (id,))
        db.execute(
            """INSERT INTO land_restricted.parcels_holders (version, holder_name)
               SELECT version, %s::text FROM land_history.parcels WHERE id = %s AND to_changeset IS NULL AND valid @> now()
               AND %s::text IS NOT NULL""",
            (holder, id, holder),
        )


@pytest.mark.parametrize("told", ["as it is told", "as it is stored"])
async def test_after_a_change_that_does_not_show_what_was_fetched_may_come_back(
    writer: httpx.AsyncClient, land: Land, told: str
) -> None:
    number = "505" if told == "as it is told" else "506"
    made = await writer.post(PARCELS, json=feature(number, 900 + int(number), valid_from="2020-01-01"), headers=GEOJSON)
    path = made.headers["location"]
    cut(land, path.rsplit("/", 1)[1])
    item, etag = await fetched(writer, path)
    assert item["properties"]["valid_from"] == "2020-01-01T00:00:00+07:00"
    before = land.changesets()
    assert (await writer.put(path, json=item, headers={**GEOJSON, "If-Match": etag})).status_code == 204
    assert land.changesets() == before
    item["properties"]["street"] = "Lê Lợi"
    if told == "as it is stored":
        ((item["properties"]["changeset"],),) = land.table("SELECT max(number) FROM landmap.changeset")
        item["properties"]["valid_from"] = "2024-08-01"
    answer = await writer.put(path, json=item, headers={**GEOJSON, "If-Match": etag})
    assert answer.status_code == 204, answer.text
    then, _ = await fetched(writer, f"{path}?datetime=2025-01-01")
    assert then["properties"]["street"] is None  # history stays as it was
    assert (await fetched(writer, path))[0]["properties"]["street"] == "Lê Lợi"
    again, etag = await fetched(writer, path)
    again["properties"]["changeset"] = 1
    answer = await writer.put(path, json=again, headers={**GEOJSON, "If-Match": etag})
    assert (answer.status_code, answer.json()["problems"][0]["field"]) == (422, "changeset")


async def test_an_edit_that_would_stand_for_a_time_of_other_holders_is_refused_without_a_word_of_them(
    writer: httpx.AsyncClient, land: Land
) -> None:
    made = await writer.post(PARCELS, json=feature("507", 1420, valid_from="2020-01-01"), headers=GEOJSON)
    path = made.headers["location"]
    cut(land, path.rsplit("/", 1)[1], holder="Nguyễn Văn A")
    before = land.changesets()
    body = {"properties": {"street": "Lê Lợi", "valid_from": "2022-01-01"}}
    answer = await writer.patch(path, json=body, headers={**PATCH, "If-Match": "*"})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("The change cannot hold from that day")
    assert all(word not in answer.text for word in ("holder", "restricted", "Nguyễn", "ingest"))
    assert land.changesets() == before


@pytest.mark.parametrize("until", ["../2022-01-01", "2021-01-01/2024-01-01", "2999-01-01/.."])
async def test_an_end_is_no_interval(writer: httpx.AsyncClient, land: Land, until: str) -> None:
    before = land.changesets()
    answer = await writer.delete(f"{PARCELS}/{parcel_id(1)}?datetime={until}", headers={"If-Match": "*"})
    assert (answer.status_code, answer.json()["where"]) == (400, "datetime")
    assert land.changesets() == before


async def test_a_change_may_hold_from_another_day(writer: httpx.AsyncClient, land: Land) -> None:
    answer = await writer.post(PARCELS, json=feature("501", 750, valid_from="2020-01-01"), headers=GEOJSON)
    path = answer.headers["location"]
    item, etag = await fetched(writer, path)
    assert item["properties"]["valid_from"] == "2020-01-01T00:00:00+07:00"
    assert item["properties"]["valid_from_known"] is True
    body = {"properties": {"street": "Lê Lợi", "valid_from": "2024-08-01"}}
    assert (await writer.patch(path, json=body, headers={**PATCH, "If-Match": etag})).status_code == 204
    then, _ = await fetched(writer, f"{path}?datetime=2024-07-31")
    now, etag = await fetched(writer, path)
    assert then["properties"]["street"] is None
    assert then["properties"]["valid_to"] == "2024-08-01T00:00:00+07:00"
    assert (now["properties"]["street"], now["properties"]["valid_from"]) == ("Lê Lợi", "2024-08-01T00:00:00+07:00")
    body = {"properties": {"street": "Hàm Nghi", "valid_from": "2022-01-01"}}
    assert (await writer.patch(path, json=body, headers={**PATCH, "If-Match": etag})).status_code == 204
    between, _ = await fetched(writer, f"{path}?datetime=2023-01-01")
    assert between["properties"]["street"] == "Hàm Nghi"
    body = {"properties": {"street": "Pasteur", "valid_from": "2999-01-01"}}
    assert (await writer.patch(path, json=body, headers={**PATCH, "If-Match": "*"})).status_code == 204
    assert (await fetched(writer, path))[0]["properties"]["street"] == "Hàm Nghi"
    assert (await fetched(writer, f"{path}?datetime=2999-01-01"))[0]["properties"]["street"] == "Pasteur"
    assert check(land.dsn, land.catalog) == []


async def test_an_end_is_now_or_on_a_day_and_nothing_is_lost(writer: httpx.AsyncClient, land: Land) -> None:
    answer = await writer.post(PARCELS, json=feature("502", 760, valid_from="2020-01-01"), headers=GEOJSON)
    path = answer.headers["location"]
    later = await writer.delete(f"{path}?datetime=2999-01-01", headers={"If-Match": "*"})
    assert later.status_code == 204
    item, etag = await fetched(writer, path)
    assert item["properties"]["valid_to"] == "2999-01-01T00:00:00+07:00"
    assert (await writer.delete(path, headers={"If-Match": '"0"'})).status_code == 412
    assert (await writer.delete(path, headers={"If-Match": etag})).status_code == 204
    assert (await writer.get(path)).status_code == 410
    assert (await writer.get(f"{path}?datetime=2021-01-01")).status_code == 200
    for again in (
        writer.delete(path, headers={"If-Match": "*"}),
        writer.put(path, json=feature("502", 760), headers={**GEOJSON, "If-Match": "*"}),
    ):
        gone = await again
        assert (gone.status_code, gone.json()["where"]) == (410, "featureId")
        versions = gone.json()["detail"].rsplit(" ", 1)[1].removesuffix(".")
        assert (await writer.get(versions)).status_code == 200
    assert len((await writer.get(f"{path}/versions")).json()["features"]) >= 3
    assert check(land.dsn, land.catalog) == []


async def test_what_is_not_there_is_not_made_by_replacing_it(writer: httpx.AsyncClient) -> None:
    for path in (f"{PARCELS}/{parcel_id(77)}", f"{PARCELS}/nothing"):
        for headers in ({}, {"If-Match": '"xyz"'}, {"If-Match": "*"}):
            assert (await writer.put(path, json=feature("1", 0), headers={**GEOJSON, **headers})).status_code == 404


async def test_an_id_does_not_change(writer: httpx.AsyncClient) -> None:
    path = f"{PARCELS}/{parcel_id(1)}"
    other = {"id": str(parcel_id(2))}
    assert (
        await writer.put(path, json=feature("1", 0) | other, headers={**GEOJSON, "If-Match": "*"})
    ).status_code == 422
    assert (await writer.patch(path, json=other, headers={**PATCH, "If-Match": "*"})).status_code == 422


async def test_an_identity_stands_for_one_feature(writer: httpx.AsyncClient, land: Land) -> None:
    before = land.changesets()
    taken = feature("1", 770, document_series="BDDC")
    answer = await writer.post(PARCELS, json=taken, headers=GEOJSON)
    assert answer.status_code == 409
    assert answer.json()["ids"] == [str(parcel_id(1))]
    assert "handling=lenient" in answer.json()["detail"]
    twins = {"type": "FeatureCollection", "features": [feature("601", 780), feature("601", 785)]}
    assert (await writer.post(PARCELS, json=twins, headers=GEOJSON)).status_code == 422
    assert land.changesets() == before
    answer = await writer.post(PARCELS, json=taken, headers={**GEOJSON, "Prefer": "handling=lenient"})
    assert answer.status_code == 201
    assert [w["reason"] for w in answer.json()["warnings"]] == ["repeated-key"]
    await writer.delete(answer.headers["location"], headers={"If-Match": "*"})


async def test_of_two_new_features_of_one_identity_one_is_written(writer: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(
        *(writer.post(PARCELS, json=feature("602", 790 + 5 * i), headers=GEOJSON) for i in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


async def test_an_overlap_is_told_and_written(writer: httpx.AsyncClient) -> None:
    await writer.post(PARCELS, json=feature("603", 810), headers=GEOJSON)
    answer = await writer.post(PARCELS, json=feature("604", 812), headers=GEOJSON)
    assert answer.status_code == 201
    (warning,) = answer.json()["warnings"]
    assert warning["reason"] == "overlap"
    assert warning["en"].endswith("60 m².")
    touching = await writer.post(PARCELS, json=feature("605", 817), headers=GEOJSON)
    assert touching.json()["warnings"] == []


async def test_titles_and_names_of_one_thing_are_read_and_those_of_several_are_asked_about(
    writer: httpx.AsyncClient,
) -> None:
    body = feature("606", 830, commune="Phường Bến Thành", land_use="Đất thương mại, dịch vụ")
    answer = await writer.post(PARCELS, json=body, headers={**GEOJSON, "Prefer": "return=representation"})
    assert answer.status_code == 201, answer.text
    assert answer.json()["properties"] | {"commune": "26740", "land_use": "TMD"} == answer.json()["properties"]
    for name in ("tan hoa", "Tân Hòa"):
        answer = await writer.post(PARCELS, json=feature("607", 840, commune=name), headers=GEOJSON)
        assert answer.status_code == 409
        (problem,) = answer.json()["problems"]
        assert problem["field"] == "commune"
        assert [c["value"] for c in problem["candidates"]] == ["26741", "26742"]
    answer = await writer.post(PARCELS, json=feature("607", 840, commune="Xã Tân Hoà"), headers=GEOJSON)
    assert answer.status_code == 201
    answer = await writer.post(PARCELS, json=feature("608", 850, commune="Nơi không có"), headers=GEOJSON)
    assert answer.status_code == 422


def permit(number: str, *parcels: str) -> dict[str, Any]:
    place = writing.geometry(writing.lot(2).centroid)
    properties = {"number": number, "status": "ISSUED", "parcels": list(parcels)}
    return {"type": "Feature", "geometry": place, "properties": properties}


def declared(land: Land, layer: str, level: str) -> None:
    """Of everywhere; earlier declarations end."""
    area = coverage.Declaration(shapely.box(106, 10, 108, 12), level, date(2026, 1, 1), "Sở")
    with psycopg.connect(land.dsn, autocommit=True) as db:
        db.execute("UPDATE landmap.coverage SET withdrawn_at = now() WHERE layer = %s", (layer,))
        coverage.declare(db, land.catalog.layers[layer], [area])


async def test_references_are_warned_of_where_the_other_layer_is_complete_and_each_by_itself(
    writer: httpx.AsyncClient, land: Land
) -> None:
    async def warned(number: str) -> list[tuple[Any, ...]]:
        named = (["26734/12/1"], ["26734/12"], ["26734/12/2", "26734/99/1", "x"], [])
        features = [permit(f"{number}{i}/GP", *parcels) for i, parcels in enumerate(named)]
        answer = await writer.post(PERMITS, json={"type": "FeatureCollection", "features": features}, headers=GEOJSON)
        assert answer.status_code == 201, answer.text
        told = [(w["index"], w["field"], w["reason"], w["en"]) for w in answer.json()["warnings"]]
        return [one for one in told if one[1] == "parcels"]

    assert [one[:3] for one in await warned("a")] == [
        (1, "parcels", "reference-not-found"),
        (2, "parcels", "reference-not-found"),
    ]
    declared(land, "parcels", "complete")
    told = "'parcels': the database has no parcels {} that holds now or later."
    assert await warned("b") == [
        (1, "parcels", "unknown-reference", told.format("'26734/12'")),
        (2, "parcels", "unknown-reference", told.format("'26734/99/1', 'x'")),
    ]
    declared(land, "parcels", "partial")
    assert [one[2] for one in await warned("c")] == ["reference-not-found"] * 2


async def test_a_ward_that_is_not_known_is_told_though_wards_are_not_declared_complete(
    writer: httpx.AsyncClient,
) -> None:
    answer = await writer.post(PARCELS, json=feature("620", 2200, commune="26999"), headers=GEOJSON)
    assert answer.status_code == 201, answer.text
    (warning,) = answer.json()["warnings"]
    assert (warning["field"], warning["reason"]) == ("commune", "reference-not-found")
    assert warning["en"] == (
        "'commune': no wards '26999' (Sở Nội vụ) that holds now or later is known; that layer is not declared complete here, "
        "so it may be missing there."
    )


async def test_a_copy_of_what_was_fetched_is_taken_as_a_new_feature(writer: httpx.AsyncClient, land: Land) -> None:
    item, _ = await fetched(writer, f"{PARCELS}/{parcel_id(1)}")
    assert {"valid_to", "valid_from_known", "changeset"} <= item["properties"].keys()
    same = await writer.post(PARCELS, json=item, headers=GEOJSON)
    assert same.status_code == 409
    assert str(parcel_id(1)) in same.json()["ids"]
    item["properties"] |= {"parcel": "630", "closed_by_changeset": None}
    answer = await writer.post(PARCELS, json=item, headers=GEOJSON)
    assert answer.status_code == 201, answer.text
    copy, _ = await fetched(writer, answer.headers["location"])
    assert copy["id"] != item["id"]
    times = ("changeset", "valid_from_known", "closed_by_changeset")
    assert {**copy["properties"], **dict.fromkeys(times)} == {**item["properties"], **dict.fromkeys(times)}


async def test_an_end_in_a_copy_is_not_lost_in_silence(writer: httpx.AsyncClient, land: Land) -> None:
    before = land.changesets()
    body = feature("631", 2210, valid_to="2999-01-01T00:00:00+07:00")
    answer = await writer.post(PARCELS, json=body, headers=GEOJSON)
    assert answer.status_code == 422
    (problem,) = answer.json()["problems"]
    assert "then end the feature from that day on" in problem["en"]
    assert land.changesets() == before
    taken = await writer.post(PARCELS, json=body, headers={**GEOJSON, "Prefer": "handling=lenient"})
    assert taken.status_code == 201
    assert [warning["field"] for warning in taken.json()["warnings"]] == ["valid_to"]


async def test_a_code_that_is_not_what_the_text_says_is_told(writer: httpx.AsyncClient) -> None:
    body = feature("640", 2220, land_use_raw="LUC", land_use="ODT")
    answer = await writer.post(PARCELS, json=body, headers=GEOJSON)
    assert answer.status_code == 201, answer.text
    (warning,) = answer.json()["warnings"]
    assert (warning["field"], warning["reason"]) == ("land_use", "code-contradicted")
    assert "'ODT', while 'LUC' is LUC" in warning["en"]
    kept, _ = await fetched(writer, answer.headers["location"])
    assert (kept["properties"]["land_use_raw"], kept["properties"]["land_use"]) == ("LUC", "ODT")


async def test_parcels_of_two_communes_are_two_where_the_former_commune_is_not_known(writer: httpx.AsyncClient) -> None:
    def numbered(x: float, commune: str | None) -> dict[str, Any]:
        return feature("650", x, commune_old=None, commune=commune)

    first = await writer.post(PARCELS, json=numbered(2230, "26740"), headers=GEOJSON)
    assert first.status_code == 201, first.text
    (warning,) = first.json()["warnings"]
    assert (warning["field"], warning["reason"]) == ("commune_old", "identity-incomplete")
    assert "told apart by commune, document_series, sheet, parcel alone" in warning["en"]
    assert (await writer.post(PARCELS, json=numbered(2240, "26741"), headers=GEOJSON)).status_code == 201
    assert (await writer.post(PARCELS, json=numbered(2250, None), headers=GEOJSON)).status_code == 201
    again = await writer.post(PARCELS, json=numbered(2260, "26740"), headers=GEOJSON)
    assert again.status_code == 409
    assert again.json()["ids"] == [first.headers["location"].rsplit("/", 1)[1]]
    moved = {"properties": {"commune": "26740"}}
    second = await writer.post(PARCELS, json=numbered(2270, "26742"), headers=GEOJSON)
    path = second.headers["location"]
    assert (await writer.patch(path, json=moved, headers={**PATCH, "If-Match": "*"})).status_code == 409
    street = {"properties": {"street": "Lê Lợi"}}
    assert (await writer.patch(path, json=street, headers={**PATCH, "If-Match": "*"})).status_code == 204


async def test_a_reference_to_what_the_caller_may_not_see_is_told_like_one_to_nothing(
    anybody: httpx.AsyncClient, land: Land
) -> None:
    """The third parcel is of the army: who may not read it learns by no warning that it is there."""
    declared(land, "parcels", "complete")

    async def lost(caller: str, *parcels: str) -> list[int]:
        features = [permit(f"{caller} {one}/GP", f"26734/12/{one}") for one in parcels]
        body = {"type": "FeatureCollection", "features": features}
        answer = await anybody.post(PERMITS, json=body, headers={**GEOJSON, **land.headers[caller]})
        assert answer.status_code == 201, answer.text
        return [w["index"] for w in answer.json()["warnings"] if w["reason"] == "unknown-reference"]

    assert await lost("editor", "1", "3", "99") == [2]
    assert await lost("editor of the ward", "1", "3", "4", "99") == [3]
    assert await lost("editor with a key for other layers", "1", "3", "4", "99") == [1, 3]
    declared(land, "parcels", "partial")


async def test_what_a_request_itself_brings_may_be_referred_to(writer: httpx.AsyncClient, land: Land) -> None:
    def plan(code: str, adjusts: str | None) -> dict[str, Any]:
        properties = {"code": code, "kind": "QPK", "base_plan": adjusts}
        return {"type": "Feature", "geometry": writing.geometry(writing.lot(0)), "properties": properties}

    declared(land, "plans", "complete")
    first = await writer.post(PLANS, json=plan("QH1", None), headers=GEOJSON)
    assert first.status_code == 201, first.text
    plans = {"type": "FeatureCollection", "features": [plan("QH2", "QH3"), plan("QH3", "QH1"), plan("QH4", "QH5")]}
    answer = await writer.post(PLANS, json=plans, headers=GEOJSON)
    assert answer.status_code == 201, answer.text
    assert [(w["index"], w["reason"]) for w in answer.json()["warnings"]] == [(2, "unknown-reference")]


async def test_land_that_may_be_of_the_army_is_protected_however_it_is_written(
    writer: httpx.AsyncClient, land: Land
) -> None:
    answer = await writer.post(PARCELS, json=feature("610", 870, land_use_raw="đất quân sự"), headers=GEOJSON)
    path = answer.headers["location"]
    seen = (await writer.get(path, headers={"X-Api-Key": land.headers["viewer"]["X-Api-Key"]})).json()
    assert "CQP" in seen["properties"]["land_uses"]
    answer = await writer.post(PARCELS, json=feature("611", 880), headers=GEOJSON)
    path = answer.headers["location"]
    body = {"properties": {"land_use_raw": "CQP"}}
    assert (await writer.patch(path, json=body, headers={**PATCH, "If-Match": "*"})).status_code in (200, 204)
    item, _ = await fetched(writer, path)
    assert (item["properties"]["land_use"], item["properties"]["land_uses"]) == ("CQP", ["CQP"])


async def test_a_preference_for_the_feature_itself_is_kept(writer: httpx.AsyncClient) -> None:
    prefer = {"Prefer": "return=representation, handling=strict", "Accept": "application/geo+json"}
    answer = await writer.post(PARCELS, json=feature("612", 890), headers={**GEOJSON, **prefer})
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/geo+json"
    assert answer.headers["preference-applied"] == "handling=strict, return=representation"
    assert answer.json()["properties"]["parcel"] == "612"
    path = answer.headers["location"]
    body = {"properties": {"street": "Lê Lai"}}
    answer = await writer.patch(path, json=body, headers={**PATCH, **prefer, "If-Match": answer.headers["etag"]})
    assert (answer.status_code, answer.json()["properties"]["street"]) == (200, "Lê Lai")
    plain = await writer.patch(
        path, json={"properties": {"street": "Lê Lợi"}}, headers={**PATCH, "If-Match": "*", "Prefer": "return=minimal"}
    )
    assert (plain.status_code, plain.content) == (204, b"")


@pytest.mark.parametrize("query", ["", "?crs=http://www.opengis.net/def/crs/EPSG/0/9210"])
async def test_what_has_the_tag_of_the_item_is_the_item(writer: httpx.AsyncClient, query: str) -> None:
    prefer = {"Prefer": "return=representation", "Accept": "application/geo+json"}
    body = feature(f"6{len(query)}", 1500 + 10 * len(query))
    made = await writer.post(PARCELS + query, json=body, headers={**GEOJSON, **prefer})
    path = made.headers["location"] + query
    got = await writer.get(path, headers=prefer)
    assert (made.content, made.headers["etag"]) == (got.content, got.headers["etag"])
    assert made.headers["content-location"] == path
    for street in ("Lê Lai", "Lê Lai"):
        named = {"properties": {"street": street}}
        patched = await writer.patch(path, json=named, headers={**PATCH, **prefer, "If-Match": "*"})
        got = await writer.get(path, headers=prefer)
        assert (patched.content, patched.headers["etag"]) == (got.content, got.headers["etag"])
    replaced = await writer.put(path, json=body, headers={**GEOJSON, **prefer, "If-Match": "*"})
    assert replaced.status_code == 200
    assert replaced.content == (await writer.get(path, headers=prefer)).content
    assert "etag" not in replaced.headers
    body = {"properties": {"street": "Lê Lợi", "nothing_like_it": 1}}
    lenient = {"Prefer": "return=representation, handling=lenient"}
    warned = await writer.patch(path, json=body, headers={**PATCH, **prefer, **lenient, "If-Match": "*"})
    assert [w["reason"] for w in warned.json()["warnings"]] == ["unknown-property"]
    assert "etag" not in warned.headers


async def test_features_without_a_place_are_taken_where_the_layer_takes_them(writer: httpx.AsyncClient) -> None:
    body = {
        "type": "Feature",
        "geometry": None,
        "properties": {"number": "9/GP", "status": "ISSUED", "parcels": ["26734/12/1", "26734/12/5,6"]},
    }
    answer = await writer.post(PERMITS, json=body, headers={**GEOJSON, "Prefer": "return=representation"})
    assert answer.status_code == 201, answer.text
    assert answer.json()["geometry"] is None
    assert answer.json()["properties"]["parcels"] == ["26734/12/1", "26734/12/5,6"]


def tile_of(shape: Any, zoom: int) -> str:
    """The path of the tile that the middle of a shape of EPSG:9210 lies in."""
    lon, lat = writing.geometry(shape.centroid)["coordinates"]
    x = int((lon + 180) / 360 * 2**zoom)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**zoom)
    return f"/collections/parcels/tiles/WebMercatorQuad/{zoom}/{y}/{x}"


async def test_after_a_write_every_cache_of_every_process_is_right(
    writer: httpx.AsyncClient, land: Land, settings_for: Callable[..., Any]
) -> None:
    other = create_app(settings_for(land.dsn))
    path = tile_of(writing.lot(1800), 18)
    items = f"{PARCELS}?limit=1&parcel=zz1"
    async with (
        other.router.lifespan_context(other),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=other), base_url="http://land.test") as elsewhere,
    ):
        for client in (writer, elsewhere, writer, elsewhere):
            assert (await client.get(path, headers=ANY_KIND)).status_code == 204
            assert (await client.get(items)).json()["numberMatched"] == 0
        tag = (await elsewhere.get(items)).headers["etag"]
        made = await writer.post(PARCELS, json=feature("zz1", 1800), headers=GEOJSON)
        assert made.status_code == 201
        for client in (writer, elsewhere):
            drawn = await client.get(path, headers=ANY_KIND)
            assert drawn.status_code == 200
            found = await client.get(items, headers={"If-None-Match": tag})
            assert (found.status_code, found.json()["numberMatched"]) == (200, 1)
        await writer.delete(made.headers["location"], headers={"If-Match": made.headers["etag"]})
        for client in (writer, elsewhere):
            assert (await client.get(path, headers=ANY_KIND)).status_code == 204
            assert (await client.get(items)).json()["numberMatched"] == 0

"""Vector tiles and what describes them."""

from __future__ import annotations

import asyncio
import gzip
import math
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import httpx
import mapbox_vector_tile
import numpy as np
import psycopg
import pyarrow as pa
import pytest
import shapely
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.crs.transform import transform
from gis.errors import QueryTimeout
from gis.store import snapshot
from gis.store.sql import Sql
from services.ogc.turns import Turns

pytestmark = pytest.mark.asyncio(loop_scope="session")

TILES = "/collections/parcels/tiles/WebMercatorQuad"
LON, LAT = 106.7002, 10.7761  # in the middle of the lots


def address(zoom: int, lon: float = LON, lat: float = LAT, layer: str = "parcels") -> str:
    column = int((lon + 180) / 360 * 2**zoom)
    row = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**zoom)
    return f"/collections/{layer}/tiles/WebMercatorQuad/{zoom}/{row}/{column}"


def house(lon: float, lat: float = LAT) -> shapely.MultiPolygon:
    """A house of 5 m by 5 m in EPSG:9210, with its corner at the place."""
    ((x, y),) = transform(np.array([[lon, lat]]), 4326, 9210)
    return shapely.MultiPolygon([shapely.box(x, y, x + 5, y + 5)])


def standing_since_2020(storeys: int) -> dict[str, pa.Array]:
    """The columns of one house, recorded today."""
    since = pa.array([datetime(2020, 1, 1, tzinfo=UTC)], pa.timestamp("us", tz="UTC"))
    return {"storeys": pa.array([storeys]), "valid_from": since}


def decoded(response: httpx.Response, layer: str = "parcels") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = mapbox_vector_tile.decode(response.content)[layer]["features"]
    return found


async def test_a_tile_has_the_features_with_what_the_style_needs(client: httpx.AsyncClient, city: Any) -> None:
    response = await client.get(address(16))
    assert response.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    features = {feature["properties"]["id"]: feature for feature in decoded(response)}
    assert len(features) == 47
    first = features[str(city.first)]
    assert first["properties"] == {"id": str(city.first), "sheet": "12", "parcel": "1", "land_use": "ODT"}
    assert first["id"] > 0
    assert features[str(city.military)]["properties"] == {"id": str(city.military)}


async def test_tiles_are_gzipped_once_and_plain_for_those_who_do_not_take_it(client: httpx.AsyncClient) -> None:
    async with client.stream("GET", address(16), headers={"Accept-Encoding": "gzip"}) as response:
        packed = b"".join([chunk async for chunk in response.aiter_raw()])
        assert response.headers["content-encoding"] == "gzip"
    plain = await client.get(address(16), headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert gzip.decompress(packed) == plain.content


async def test_an_empty_tile_has_no_content(client: httpx.AsyncClient) -> None:
    response = await client.get(address(16, 106.2, 9.0))
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["etag"]


@pytest.mark.parametrize(
    "place", ["7/60/101", "19/1/1", "16/65536/0", "16/0/65536", "16/x/0", "99/0/0", "16/-1/0", "016/0/0", "16/0"]
)
async def test_outside_the_zooms_and_the_matrix_there_are_no_tiles(client: httpx.AsyncClient, place: str) -> None:
    assert (await client.get(f"{TILES}/{place}")).status_code == 404


async def test_a_tile_shows_the_day_asked_for(client: httpx.AsyncClient, city: Any) -> None:
    def use(response: httpx.Response) -> str:
        by_id = {feature["properties"]["id"]: feature for feature in decoded(response)}
        return str(by_id[str(city.reclassified)]["properties"]["land_use"])

    assert use(await client.get(address(16))) == "TMD"
    assert use(await client.get(address(16), params={"datetime": "2024-07-31"})) == "ODT"
    assert use(await client.get(address(16), params={"datetime": "2024-07-31T17:00:00Z"})) == "TMD"
    assert len(decoded(await client.get(address(16), params={"datetime": "2022-01-01"}))) == 48
    before = await client.get(address(16), params={"knownAt": str(city.version - 1)})
    assert before.status_code == 204


@pytest.mark.parametrize("query", ["datetime=2021-01-01/2022-01-01", "limit=5", "datetime=x", "f=png", "sheet=12"])
async def test_what_a_tile_cannot_answer_is_refused(client: httpx.AsyncClient, query: str) -> None:
    assert (await client.get(f"{address(16)}?{query}")).status_code == 400


async def test_a_tile_that_the_client_has_is_304_until_the_data_change(client: httpx.AsyncClient, city: Any) -> None:
    here = address(17, layer="buildings")
    assert (await client.get(here)).status_code == 204
    point = shapely.MultiPolygon([shapely.box(603_715, 1_191_850, 603_720, 1_191_860)])
    city.publish("buildings", [point], {"storeys": pa.array([3])})
    first = await client.get(here)
    assert len(decoded(first, "buildings")) == 1
    again = await client.get(here, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    with psycopg.connect(city.dsn, autocommit=True) as connection:
        connection.execute("UPDATE land.buildings SET storeys = 4")
    changed = await client.get(here, headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200
    assert decoded(changed, "buildings")[0]["properties"]["storeys"] == 4
    known = await client.get(here, params={"knownAt": first.headers["landmap-data-version"]})
    assert decoded(known, "buildings")[0]["properties"]["storeys"] == 3


async def test_a_tile_made_after_a_publish_bears_the_version_that_it_shows(
    client: httpx.AsyncClient, app: FastAPI, city: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The publish falls between the statement that asks for the state and the one that makes the tile."""
    here, pools = address(17, 106.72, layer="buildings"), app.state.services.pools
    row = pools.row
    before = (await client.get("/collections/buildings/items")).headers["landmap-data-version"]
    statements = 0

    async def interrupted(sql: Any, pool: str = "public") -> Any:
        nonlocal statements
        found = await row(sql, pool)
        statements += 1
        if statements == 1:
            await asyncio.to_thread(city.publish, "buildings", [house(106.72)], standing_since_2020(7))
        return found

    monkeypatch.setattr(pools, "row", interrupted)
    now = await client.get(here)
    monkeypatch.undo()
    assert statements == 2
    assert len(decoded(now, "buildings")) == 1
    assert int(now.headers["landmap-data-version"]) > int(before)
    old = await client.get(here, params={"knownAt": before}, headers={"If-None-Match": now.headers["etag"]})
    assert (old.status_code, old.headers["landmap-data-version"]) == (204, before)
    same = await client.get(here, headers={"If-None-Match": now.headers["etag"]})
    assert same.status_code == 304


async def test_who_asks_for_an_old_version_does_not_get_a_newer_one_in_the_making(
    client: httpx.AsyncClient, app: FastAPI, city: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, pools = address(17, 106.74, layer="buildings"), app.state.services.pools
    row = pools.row
    before = (await client.get("/collections/buildings/items")).headers["landmap-data-version"]
    asked, published = asyncio.Queue[None](), asyncio.Event()

    async def held_back(sql: Any, pool: str = "public") -> Any:
        if "ST_AsMVT" in sql.text:
            asked.put_nowait(None)
            await published.wait()
        return await row(sql, pool)

    monkeypatch.setattr(pools, "row", held_back)
    now = asyncio.create_task(client.get(here))
    await asyncio.wait_for(asked.get(), 10)
    old = asyncio.create_task(client.get(here, params={"knownAt": before}))
    await asyncio.wait_for(asked.get(), 10)  # it does not wait for the one in the making
    await asyncio.to_thread(city.publish, "buildings", [house(106.74)], standing_since_2020(8))
    published.set()
    assert len(decoded(await now, "buildings")) == 1
    assert ((await old).status_code, (await old).headers["landmap-data-version"]) == (204, before)


async def test_a_tile_is_made_once_for_all_who_ask_at_the_same_time(client: httpx.AsyncClient, app: FastAPI) -> None:
    here = address(18)
    misses = app.state.metrics.tile_cache.labels("miss")
    before = misses._value.get()
    answers = await asyncio.gather(*(client.get(here) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    await client.get(here)
    assert misses._value.get() - before <= 20
    assert app.state.services.tiles.bytes > 0


async def test_tilejson_names_the_tiles_and_their_fields(client: httpx.AsyncClient) -> None:
    found = (await client.get(TILES, params={"f": "tilejson"})).json()
    assert found["tilejson"] == "3.0.0"
    assert found["tiles"] == ["http://land.test/collections/parcels/tiles/WebMercatorQuad/{z}/{y}/{x}"]
    assert (found["minzoom"], found["maxzoom"]) == (8, 18)
    drawn = {part["id"]: part for part in found["vector_layers"]}
    assert set(drawn) == {"parcels", "parcels_cell"}
    assert set(drawn["parcels"]["fields"]) == {"id", "sheet", "parcel", "land_use"}
    assert set(drawn["parcels_cell"]["fields"]) == {"land_use", "share", "features", "covered"}
    assert (drawn["parcels_cell"]["minzoom"], drawn["parcels_cell"]["maxzoom"]) == (8, 15)
    column, row = (int(part) for part in address(16).rsplit("/", 2)[:0:-1])
    filled = found["tiles"][0].format(z=16, y=row, x=column)
    assert (await client.get(filled)).status_code == 200


async def test_the_item_template_of_a_tileset_leads_to_its_tiles(client: httpx.AsyncClient) -> None:
    found = (await client.get(TILES)).json()
    template = next(link for link in found["links"] if link["rel"] == "item")
    assert template["templated"] is True
    row, column = address(16).split("/")[-2:]
    assert (await client.get(template["href"].format(tileMatrix=16, tileRow=row, tileCol=column))).status_code == 200


async def test_the_limits_of_a_tileset_hold_its_territory(client: httpx.AsyncClient) -> None:
    limits = {one["tileMatrix"]: one for one in (await client.get(TILES)).json()["tileMatrixSetLimits"]}
    assert set(limits) == {str(zoom) for zoom in range(8, 19)}
    row, column = (int(part) for part in address(16).split("/")[-2:])
    assert limits["16"]["minTileRow"] <= row <= limits["16"]["maxTileRow"]
    assert limits["16"]["minTileCol"] <= column <= limits["16"]["maxTileCol"]


async def test_the_map_style_draws_every_layer_from_its_own_tiles(client: httpx.AsyncClient, city: Any) -> None:
    style = (await client.get("/map/style.json")).json()
    assert style["version"] == 8
    assert style["sources"].pop("place-names")["type"] == "geojson"
    assert set(style["sources"]) == {name for name, layer in city.catalog.layers.items() if layer.style}
    names = [layer["id"] for layer in style["layers"]]
    assert len(names) == len(set(names))
    for layer in style["layers"][1:]:
        if layer["source"] == "place-names":
            continue
        assert layer["source-layer"] in {layer["source"] + part for part in ("", "_label", "_cell")}
    for source in style["sources"].values():
        assert source["tiles"][0].startswith("http://land.test/collections/")
    assert (await client.get("/styles/default")).json()["layers"] == style["layers"]
    assert (await client.get("/styles/other")).status_code == 404


async def test_labels_with_words_are_in_the_language_of_who_asks_and_tell_the_other_beside_it(
    client: httpx.AsyncClient,
) -> None:
    found = {}
    for language in ("vi", "en"):
        style = (await client.get("/map/style.json", params={"lang": language})).json()
        found[language] = {layer["id"]: layer for layer in style["layers"] if layer["type"] == "symbol"}
    for name, layer in found["vi"].items():
        texts = layer.get("metadata", {}).get("landmap:texts")
        for language in ("vi", "en"):
            said = found[language][name]["layout"]["text-field"]
            assert isinstance(said, str)  # as QGIS reads it
            assert said == (layer["layout"]["text-field"] if texts is None else texts[language])
    wide = "road_lines-label-width"
    assert "lộ giới" in found["vi"][wide]["layout"]["text-field"]
    assert "right of way" in found["en"][wide]["layout"]["text-field"]


def _undated(storeys: int) -> dict[str, pa.Array]:
    """The columns of one house of which nobody knows since when it stands."""
    return {"storeys": pa.array([storeys])}


@pytest.mark.parametrize(
    ("columns", "latitude"), [(standing_since_2020, LAT), (_undated, LAT - 0.1)], ids=["dated", "undated"]
)
async def test_a_change_elsewhere_leaves_a_kept_tile_as_it_is(
    client: httpx.AsyncClient, app: FastAPI, city: Any, columns: Any, latitude: float
) -> None:
    here = address(17, 106.76, latitude, layer="buildings")
    there = address(17, 106.80, latitude, layer="buildings")
    await asyncio.to_thread(city.publish, "buildings", [house(106.76, latitude)], columns(3))
    first, empty = await client.get(here), await client.get(there)
    assert (len(decoded(first, "buildings")), empty.status_code) == (1, 204)
    hits = app.state.metrics.tile_cache.labels("hit")
    before = hits._value.get()
    number = await asyncio.to_thread(city.publish, "buildings", [house(106.80, latitude)], columns(4))
    again, changed = await client.get(here), await client.get(there)
    assert again.headers["etag"] == first.headers["etag"]
    assert hits._value.get() == before + 1
    assert again.headers["landmap-data-version"] == str(number)
    assert changed.headers["etag"] != empty.headers["etag"]
    assert len(decoded(changed, "buildings")) == 1
    same = await client.get(here, headers={"If-None-Match": first.headers["etag"]})
    assert same.status_code == 304


class Clock(datetime):
    """The service's clock, held at an instant; the database has its own."""

    held: datetime

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return cls.held


STEP = st.tuples(
    st.sampled_from(["insert", "update", "delete", "nothing"]),
    st.sampled_from(["near", "near", "far"]),
    st.sampled_from(
        [None, None, timedelta(days=-30), timedelta(minutes=30), timedelta(hours=5)]
    ),  # since when it holds
    st.sampled_from([0.0, 0.0, -0.5, -3600.0, 3600.0, 6 * 3600.0]),  # how far the service's clock is ahead, in seconds
)
_NEAR, _FAR = (106.66, 10.70), (106.62, 10.66)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=1, max_size=8))
async def test_a_tile_is_never_old_whatever_is_changed_and_however_the_clocks_go(
    client: httpx.AsyncClient, city: Any, steps: list[Any]
) -> None:
    here = address(17, *_NEAR, layer="buildings")
    with (
        psycopg.connect(city.dsn, autocommit=True) as connection,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(snapshot, "datetime", Clock)
        for operation, place, since, ahead in steps:
            await asyncio.to_thread(_change, connection, operation, _NEAR if place == "near" else _FAR, since)
            Clock.held = datetime.now(UTC) + timedelta(seconds=ahead)
            found = await client.get(here)
            drawn = decoded(found, "buildings") if found.status_code == 200 else []
            assert {(f["properties"]["id"], f["properties"]["storeys"]) for f in drawn} == _standing(
                connection, _NEAR, Clock.held
            ), (operation, place, since, ahead)


def _change(
    connection: psycopg.Connection, operation: str, place: tuple[float, float], since: timedelta | None
) -> None:
    lon, lat = place
    around = (
        f"ST_Transform(geom, 4326) && ST_MakeEnvelope({lon - 0.001}, {lat - 0.001}, {lon + 0.001}, {lat + 0.001}, 4326)"
    )
    if operation == "insert":
        connection.execute(
            "INSERT INTO land.buildings (storeys, geom, valid_from) VALUES (1, ST_GeomFromText(%s, 9210), %s)",
            (house(lon, lat).wkt, None if since is None else datetime.now(UTC) + since),
        )
    elif operation == "update":
        connection.execute(f"UPDATE land.buildings SET storeys = storeys % 90 + 1 WHERE {around}")
    elif operation == "delete":
        connection.execute(f"DELETE FROM land.buildings WHERE {around}")


def _standing(connection: psycopg.Connection, place: tuple[float, float], at: datetime) -> set[tuple[str, int]]:
    lon, lat = place
    rows = connection.execute(
        """SELECT id::text, storeys FROM land_history.buildings WHERE to_changeset IS NULL AND valid @> %s
           AND geom_84 && ST_MakeEnvelope(%s, %s, %s, %s, 4326)""",
        (at, lon - 0.001, lat - 0.001, lon + 0.001, lat + 0.001),
    )
    return set(rows.fetchall())


async def test_a_row_that_the_public_does_not_see_changes_no_tile_for_it(client: httpx.AsyncClient, city: Any) -> None:
    here = address(17, 106.85, layer="permits")
    ((x, y),) = transform(np.array([[106.85, LAT]]), 4326, 9210)
    point = shapely.Point(x + 1.0, y + 1.0)

    def permit(number: str, status: str) -> dict[str, pa.Array]:
        return {"number": pa.array([number]), "office": pa.array(["26740"]), "status": pa.array([status])}

    await asyncio.to_thread(city.publish, "permits", [point], permit("seen", "ISSUED"))
    first = await client.get(here)
    assert [f["properties"]["number"] for f in decoded(first, "permits")] == ["seen"]
    await asyncio.to_thread(city.publish, "permits", [point], permit("unseen", "DRAFT"))
    assert (await client.get(here, headers={"If-None-Match": first.headers["etag"]})).status_code == 304


async def test_cells_are_as_new_as_their_request(client: httpx.AsyncClient, city: Any) -> None:
    here = address(12, 106.90, layer="buildings")

    async def features() -> int:
        response = await client.get(here)
        return sum(cell["properties"]["features"] for cell in decoded(response, "buildings_cell"))

    seen = []
    for number in range(1, 4):
        await asyncio.to_thread(city.publish, "buildings", [house(106.90)], standing_since_2020(number))
        seen.append(await features())
    assert seen == [1, 2, 3]
    published = 3

    async def publish_more() -> None:
        nonlocal published
        for number in range(4, 8):
            await asyncio.to_thread(city.publish, "buildings", [house(106.90)], standing_since_2020(number))
            published = number

    async def look() -> None:
        while published < 7:
            least = published
            assert await features() >= least

    await asyncio.gather(publish_more(), *(look() for _ in range(4)))
    assert await features() == 7
    past = await client.get(here, params={"datetime": "2020-06-01"})
    assert sum(cell["properties"]["features"] for cell in decoded(past, "buildings_cell")) == 7
    assert (await client.get(here, params={"datetime": "2019-06-01"})).status_code == 204


async def test_a_name_stands_on_one_point_however_many_tiles_show_the_area(
    client: httpx.AsyncClient, city: Any
) -> None:
    ((x, y),) = transform(np.array([[106.95, 10.60]]), 4326, 9210)
    wide = shapely.MultiPolygon([shapely.box(x, y, x + 4_000, y + 3_000)])
    columns = {"code": pa.array(["99999"]), "name": pa.array(["Phường Rộng"]), "kind": pa.array(["PHUONG"])}
    await asyncio.to_thread(city.publish, "wards", [wide], columns)
    for zoom in (9, 13, 15, 16):
        column, row = (int(part) for part in address(zoom, 106.95, 10.627, "wards").rsplit("/", 2)[:0:-1])
        reach = range(2 + 4_500 // int(40_000_000 / 2**zoom))
        shown, names = 0, []
        for i in reach:
            for j in reach:
                path = f"/collections/wards/tiles/WebMercatorQuad/{zoom}/{row + j}/{column + i}"
                response = await client.get(path)
                if response.status_code == 204:
                    continue
                layers = mapbox_vector_tile.decode(response.content)
                shown += len(layers.get("wards", {"features": []})["features"])
                names += [f["properties"]["name"] for f in layers.get("wards_label", {"features": []})["features"]]
        assert names == ["Phường Rộng"], zoom
        assert shown >= (4 if zoom > 13 else 1)
    found = (await client.get("/collections/wards/tiles/WebMercatorQuad", params={"f": "tilejson"})).json()
    labels = next(part for part in found["vector_layers"] if part["id"] == "wards_label")
    assert labels["fields"] == {"id": "String", "name": "String"}


async def test_what_cannot_be_counted_in_time_is_refused_with_the_zoom_to_ask_from(
    client: httpx.AsyncClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    pools = app.state.services.pools
    row = pools.row

    async def too_slow(sql: Any, pool: str = "public") -> Any:
        if "landmap.cut" in sql.text:
            raise QueryTimeout("The question took too long.")
        return await row(sql, pool)

    monkeypatch.setattr(pools, "row", too_slow)
    refused = await client.get(address(9), params={"datetime": "2021-03-04"})
    assert refused.status_code == 400
    assert "ask from zoom 11 on" in refused.json()["detail"]
    assert (await client.get(address(9))).status_code == 200


async def test_a_client_that_leaves_ends_the_making_of_its_tile(
    app: FastAPI, city: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pools, begun, ended = app.state.services.pools, asyncio.Event(), asyncio.Event()
    row = pools.row

    async def forever(sql: Any, pool: str = "public") -> Any:
        if "ST_AsMVT" not in sql.text:
            return await row(sql, pool)
        begun.set()
        try:
            return await row(Sql("SELECT pg_sleep(60), 'abandoned tile'", ()), pool)
        finally:
            ended.set()

    async def receive() -> Any:
        await begun.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        assert message.get("status", 499) == 499

    monkeypatch.setattr(pools, "row", forever)
    path = address(18, 106.5, 10.5, layer="buildings")
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"land.test")],
    }
    scope |= {"http_version": "1.1", "scheme": "http", "server": ("land.test", 80), "client": None, "root_path": ""}
    await asyncio.wait_for(app(scope, receive, send), 10)
    await asyncio.wait_for(ended.wait(), 10)
    with psycopg.connect(city.dsn, autocommit=True) as connection:
        for _ in range(100):
            left = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep(60), ''abandoned%'"
            ).fetchone()
            if left == (0,):
                return
            await asyncio.sleep(0.05)
    raise AssertionError("the statement of the tile goes on")


async def test_above_what_may_wait_a_tile_is_refused_for_now(
    client: httpx.AsyncClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.state.services.cells, "past", Turns(1, 0))
    async with app.state.services.cells.past.turn():
        refused = await client.get(address(10), params={"datetime": "2021-02-03"})
    assert (refused.status_code, refused.json()["type"]) == (503, "urn:landmap:problem:busy")
    assert int(refused.headers["retry-after"]) > 0
    assert (await client.get(address(10), params={"datetime": "2021-02-03"})).status_code == 200
    monkeypatch.setattr(app.state.services.tiles, "most", 0)
    assert (await client.get(address(18, 106.51, 10.5, layer="buildings"))).status_code == 503

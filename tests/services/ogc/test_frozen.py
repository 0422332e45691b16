"""The frozen map: what its file holds, who gets it when, and when it is made anew."""

from __future__ import annotations

import asyncio
import dataclasses
import gzip
import os
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import mapbox_vector_tile
import pytest
import pytest_asyncio
from fastapi import FastAPI
from pmtiles.reader import MemorySource, Reader, all_tiles

from gis.errors import DatabaseUnavailable
from gis.formats import frozen_map
from gis.formats.frozen_map import read_frozen
from gis.model.layer import Catalog
from gis.store.tile import Tile
from services.app import create_app
from services.ogc.frozen import KEPT_SECONDS, PATH, PAUSE, FrozenMaps, path_of
from tests.services.conftest import City, calling, make_city

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="module")
def city(make_database: Callable[..., str], catalog: Catalog) -> City:
    """A city that no other test publishes into."""
    return make_city(make_database(), catalog)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(city: City, settings_for: Any, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FastAPI]:
    app = create_app(settings_for(city.dsn, open_data=tmp_path_factory.mktemp("open-data")))
    async with app.router.lifespan_context(app):
        yield app


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def client(running: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with calling(running) as opened:
        yield opened


@pytest.fixture
def path(running: FastAPI) -> Path:
    return path_of(running.state.settings)


def features(mvt: bytes) -> dict[str, list[str]]:
    """What the layers of a tile hold, as far as order means nothing."""
    layers = mapbox_vector_tile.decode(mvt)
    return {name: sorted(map(repr, layer["features"])) for name, layer in layers.items()}


def of_layer(found: dict[str, list[str]], layer: str) -> dict[str, list[str]]:
    return {name: told for name, told in found.items() if name in (layer, f"{layer}_label", f"{layer}_cell")}


async def test_its_tiles_are_those_of_the_service(client: httpx.AsyncClient) -> None:
    answer = await client.get(PATH)
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/vnd.pmtiles"
    source = MemorySource(answer.content)
    tiles = {Tile(*place): gzip.decompress(body) for place, body in all_tiles(source)}
    layers = {name.removesuffix("_label").removesuffix("_cell") for body in tiles.values() for name in features(body)}
    assert {"parcels", "permits"} <= layers
    for zoom in (8, 12, 14, 15, 16):
        (tile, *_) = (tile for tile in tiles if tile.z == zoom)
        for layer in ("parcels", "permits"):
            served = await client.get(f"/collections/{layer}/tiles/WebMercatorQuad/{tile.z}/{tile.y}/{tile.x}")
            expected = features(served.content) if served.status_code == 200 else {}
            assert of_layer(features(tiles[tile]), layer) == expected, (layer, tile)
            assert zoom != 16 or layer != "parcels" or expected["parcels"]


async def test_it_says_of_what_and_of_when_it_is(client: httpx.AsyncClient, city: City) -> None:
    answer = await client.get(PATH)
    told = Reader(MemorySource(answer.content)).metadata()
    assert told["landmap:version"]["number"] == int(answer.headers["landmap-data-version"]) > city.version, (
        "that of the permits"
    )
    instant = datetime.fromisoformat(told["landmap:instant"])
    assert datetime.now(UTC) - timedelta(minutes=10) < instant <= datetime.now(UTC)
    zooms = {one["id"]: (one["minzoom"], one["maxzoom"]) for one in told["vector_layers"]}
    assert zooms["parcels"] == zooms["parcels_cell"] == (8, 16)
    assert set(next(one for one in told["vector_layers"] if one["id"] == "permits")["fields"]) == {
        *("number", "permit_type", "status"),
    }


async def test_parts_of_it_can_be_read_and_what_is_there_is_not_sent_again(client: httpx.AsyncClient) -> None:
    whole = await client.get(PATH)
    part = await client.get(PATH, headers={"Range": "bytes=0-6"})
    assert (part.status_code, part.content) == (206, b"PMTiles")
    assert part.headers["content-range"] == f"bytes 0-6/{len(whole.content)}"
    beyond = await client.get(PATH, headers={"Range": f"bytes={len(whole.content)}-"})
    assert beyond.status_code == 416
    again = await client.get(PATH, headers={"If-None-Match": whole.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await client.head(PATH)).headers["content-length"] == str(len(whole.content))


async def test_a_file_of_yesterday_is_given_once_more_and_made_anew(
    running: FastAPI, client: httpx.AsyncClient, path: Path
) -> None:
    before = (await client.get(PATH)).headers["etag"]
    yesterday = time.time() - KEPT_SECONDS - 60
    os.utime(path, (yesterday, yesterday))
    old = await client.get(PATH)
    assert old.status_code == 200
    await running.state.frozen.settled()
    new = await client.get(PATH)
    assert len({before, old.headers["etag"], new.headers["etag"]}) == 3
    told = [Reader(MemorySource(one.content)).metadata()["landmap:instant"] for one in (old, new)]
    assert told[0] < told[1]


@pytest.mark.parametrize("what", ["another history", "other layers", "no file of ours"])
async def test_what_does_not_belong_to_this_service_is_as_if_it_were_not_there(
    client: httpx.AsyncClient, path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    await client.get(PATH)
    if what == "no file of ours":
        _spoil(path)
        answer = await client.get(PATH)
        assert Reader(MemorySource(answer.content)).metadata()["landmap:version"]
        return
    monkeypatch.setattr("services.ogc.frozen.read_frozen", lambda file: _other(read_frozen(file), what))
    answer = await client.get(PATH)
    assert answer.status_code == 503 and int(answer.headers["retry-after"]) > 0, "it was taken for this one's"


def _spoil(path: Path) -> None:
    path.write_bytes(b"PMTiles\x03" + b"x" * 200)


def _other(told: frozen_map.FrozenMap, what: str) -> frozen_map.FrozenMap:
    if what == "other layers":
        return dataclasses.replace(told, definitions="0" * 64)
    assert told.newest is not None
    return dataclasses.replace(told, newest=dataclasses.replace(told.newest, instant=datetime(2020, 1, 1, tzinfo=UTC)))


async def test_a_city_that_is_too_large_keeps_its_far_views(
    running: FastAPI, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    services = running.state.services
    whole = (await client.get(PATH)).content
    room = 2_000
    small = tmp_path / "small.pmtiles"
    told = await frozen_map.freeze(services.pools, services.catalog, small, services.cells.bring_up, room)
    assert small.stat().st_size < len(whole)
    bodies = dict(all_tiles(MemorySource(small.read_bytes())))
    assert sum(map(len, bodies.values())) <= 2 * room, "packed as one and not by layer, they take about as much"
    least, most = told.zooms["parcels"]
    assert least == 8 and most < 16
    left_out = {one["id"]: one for one in Reader(MemorySource(small.read_bytes())).metadata()["landmap:left_out"]}
    assert told.left_out == {layer: one["reason"] for layer, one in left_out.items()}
    assert (left_out["parcels"]["reason"], left_out["parcels"]["minzoom"]) == ("too-large", 16), "only cells are there"
    assert left_out["buildings"]["minzoom"] == 0
    full = {place: gzip.decompress(body) for place, body in all_tiles(MemorySource(whole))}
    for place, body in bodies.items():
        if place[0] <= most:
            of = of_layer(features(gzip.decompress(body)), "parcels")
            assert of == of_layer(features(full[place]), "parcels"), "a zoom is whole or not there"


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


class Makings:
    """Stands in for `freeze`, and counts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: Exception | None = None) -> None:
        self.count = 0
        self._freeze, self._error = frozen_map.freeze, error
        monkeypatch.setattr("services.ogc.frozen.freeze", self)

    async def __call__(self, *arguments: Any) -> frozen_map.FrozenMap:
        self.count += 1
        if self._error is not None:
            raise self._error
        return await self._freeze(*arguments)


async def test_two_processes_that_are_asked_at_once_make_it_once(
    running: FastAPI, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    makings = Makings(monkeypatch)
    _remove(path)
    services = running.state.services
    for told, opened in await asyncio.gather(*(FrozenMaps(services).opened() for _ in range(2))):
        opened.close()
        assert told.zooms
    assert makings.count == 1


@pytest.mark.parametrize("error", [OSError("no room"), DatabaseUnavailable("changes all the time")])
async def test_after_a_failure_it_is_tried_again_later_and_says_when(
    running: FastAPI, client: httpx.AsyncClient, path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setitem(running.state._state, "frozen", FrozenMaps(running.state.services))
    makings = Makings(monkeypatch, error)
    _remove(path)
    answers = [await client.get(PATH, headers={"Accept-Language": spoken}) for spoken in ("vi", "en", "vi")]
    assert makings.count == 1, "each request tried"
    for answer in answers:
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:landmap:problem:not-made")
        assert 0 < int(answer.headers["retry-after"]) <= PAUSE
        assert str(error) not in answer.text
    assert "Không tạo được bản đồ đóng băng" in answers[0].json()["detail"]
    assert f"again in {answers[1].headers['retry-after']} seconds" in answers[1].json()["detail"]
    monkeypatch.setattr("services.ogc.frozen.time.monotonic", lambda now=time.monotonic: now() + PAUSE)
    assert (await client.get(PATH)).status_code == 503 and makings.count == 2, "never tried again"


async def test_an_old_file_is_given_while_a_new_one_fails_and_that_is_not_tried_each_time(
    running: FastAPI, client: httpx.AsyncClient, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await client.get(PATH)
    yesterday = time.time() - KEPT_SECONDS - 60
    os.utime(path, (yesterday, yesterday))
    monkeypatch.setitem(running.state._state, "frozen", FrozenMaps(running.state.services))
    makings = Makings(monkeypatch, OSError("no room"))
    for _ in range(3):
        assert (await client.get(PATH)).status_code == 200
        await running.state.frozen.settled()
    assert makings.count == 1


async def test_who_waits_for_another_process_is_told_to_come_back_and_the_making_gives_up(
    running: FastAPI, client: httpx.AsyncClient, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = running.state.services
    hasty = dataclasses.replace(services, settings=services.settings.model_copy(update={"export_seconds": 1}))
    monkeypatch.setitem(running.state._state, "frozen", FrozenMaps(hasty))
    monkeypatch.setattr("services.ogc.frozen.PATIENCE", 0.1)
    _remove(path)
    with services.open_data.shelf.lock() as held:
        assert held
        waiting = await client.get(PATH, headers={"Accept-Language": "vi"})
        await asyncio.wait_for(running.state.frozen.settled(), 20)
        given_up = await client.get(PATH)
    assert (waiting.status_code, given_up.status_code) == (503, 503)
    assert "đang được tạo" in waiting.json()["detail"] and int(waiting.headers["retry-after"]) > 0
    assert given_up.json()["type"] == "urn:landmap:problem:not-made"


async def test_it_names_the_layers_that_it_has_not_and_why(
    running: FastAPI, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    services = running.state.services
    drawn = {layer.id for layer in services.catalog.layers.values() if layer.style}
    whole = Reader(MemorySource((await client.get(PATH)).content)).metadata()
    there = {one["id"] for one in whole["vector_layers"]}
    told = {one["id"]: one for one in whole["landmap:left_out"]}
    assert set(told) == drawn - there and told, "nothing is drawn of these"
    assert {one["reason"] for one in told.values()} == {"nothing-public"}
    title = services.catalog.layers["buildings"].title
    assert told["buildings"]["title"] == {"vi": title.vi, "en": title.en}
    tiny = await frozen_map.freeze(services.pools, services.catalog, tmp_path / "tiny", services.cells.bring_up, 100)
    assert not tiny.zooms and tiny.left_out["parcels"] is frozen_map.Absence.TOO_LARGE
    assert tiny.left_out["buildings"] is frozen_map.Absence.NOTHING_PUBLIC

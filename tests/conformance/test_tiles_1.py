"""OGC API - Tiles - Part 1: Core (OGC 20-057), Annex A. Names: test_<class>__<abstract test>."""

from __future__ import annotations

from typing import Any

import httpx
import mapbox_vector_tile  # type: ignore[import-untyped]
import pytest

from tests.benchmarks.draw import tile_of
from tests.conformance.asking import (
    ITEMS,
    PARCELS,
    REL,
    collection_ids,
    definition,
    get,
    href,
    links,
    operation,
    parameter,
    read,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

STANDARD = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/"
MVT = "application/vnd.mapbox-vector-tile"
TILE = f"{PARCELS}/tiles/WebMercatorQuad/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"
REGISTERED = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"


async def tileset_of(client: httpx.AsyncClient, collection: str = "parcels") -> dict[str, Any]:
    return await read(client, f"/collections/{collection}/tiles/WebMercatorQuad", "application/json")


async def somewhere(client: httpx.AsyncClient) -> dict[str, str]:
    """A tile that has parcels."""
    west, south, east, north = (await read(client, PARCELS))["extent"]["spatial"]["bbox"][0]
    zoom, column, row = tile_of((west + east) / 2, (south + north) / 2, 16)
    return {"tileMatrix": str(zoom), "tileRow": str(row), "tileCol": str(column)}


async def test_core__tc_op(client: httpx.AsyncClient) -> None:
    template = links(await tileset_of(client), "item")[0]
    assert (await client.get(template["href"].format(**await somewhere(client)))).status_code in (200, 204)


async def test_core__tc_tilematrix_definition(client: httpx.AsyncClient) -> None:
    one = parameter(await definition(client), TILE, "tileMatrix")
    assert (one["in"], one["required"], one["schema"]["type"]) == ("path", True, "string")


async def test_core__tc_tilerow_definition(client: httpx.AsyncClient) -> None:
    one = parameter(await definition(client), TILE, "tileRow")
    assert (one["in"], one["required"], one["schema"]) == ("path", True, {"type": "integer", "minimum": 0})


async def test_core__tc_tilecol_definition(client: httpx.AsyncClient) -> None:
    one = parameter(await definition(client), TILE, "tileCol")
    assert (one["in"], one["required"], one["schema"]) == ("path", True, {"type": "integer", "minimum": 0})


async def test_core__tc_success(client: httpx.AsyncClient) -> None:
    template = links(await tileset_of(client), "item")[0]
    full = await get(client, template["href"].format(**await somewhere(client)), MVT)
    assert full.content
    empty = await client.get(template["href"].format(tileMatrix="16", tileRow="30790", tileCol="52100"))
    assert (empty.status_code, empty.content) == (204, b"")


async def test_core__tc_error(client: httpx.AsyncClient) -> None:
    template = links(await tileset_of(client), "item")[0]["href"]
    for wrong in (
        {"tileMatrix": "30", "tileRow": "0", "tileCol": "0"},
        {"tileMatrix": "16", "tileRow": "65536", "tileCol": "0"},
        {"tileMatrix": "16", "tileRow": "0", "tileCol": "-1"},
        {"tileMatrix": "x", "tileRow": "0", "tileCol": "0"},
    ):
        assert (await client.get(template.format(**wrong))).status_code in (400, 404)
    assert (await client.get(f"{PARCELS}/tiles/NoSuchQuad/0/0/0")).status_code == 404
    assert (
        await client.get(template.format(**await somewhere(client)), params={"f": "no-such-format"})
    ).status_code == 400


async def test_core__conformance_success(client: httpx.AsyncClient) -> None:
    declared = (await read(client, "/conformance"))["conformsTo"]
    assert {f"{STANDARD}core", f"{STANDARD}mvt"} <= set(declared)


async def test_tileset__description(client: httpx.AsyncClient) -> None:
    for collection in await collection_ids(client):
        tileset = await tileset_of(client, collection)
        assert tileset["dataType"] == "vector" and tileset["crs"].endswith("/EPSG/0/3857")
        assert tileset["tileMatrixSetURI"] == REGISTERED
        template = links(tileset, "item")[0]
        assert template["templated"] is True and template["type"] == MVT
        assert all(f"{{{name}}}" in template["href"] for name in ("tileMatrix", "tileRow", "tileCol"))
        scheme = await read(client, href(tileset, f"{REL}tiling-scheme") or "")
        matrices = {one["id"]: one for one in scheme["tileMatrices"]}
        for limits in tileset["tileMatrixSetLimits"]:
            matrix = matrices[limits["tileMatrix"]]
            assert 0 <= limits["minTileRow"] <= limits["maxTileRow"] < matrix["matrixHeight"]
            assert 0 <= limits["minTileCol"] <= limits["maxTileCol"] < matrix["matrixWidth"]


async def test_tileset__tile_matrix_set(client: httpx.AsyncClient) -> None:
    """The scheme is the registered WebMercatorQuad (OGC 17-083r4, Annex D.1)."""
    scheme = await read(client, href(await tileset_of(client), f"{REL}tiling-scheme") or "")
    assert (scheme["id"], scheme["uri"]) == ("WebMercatorQuad", REGISTERED)
    for zoom, matrix in enumerate(scheme["tileMatrices"]):
        assert (matrix["id"], matrix["tileWidth"], matrix["tileHeight"]) == (str(zoom), 256, 256)
        assert matrix["matrixWidth"] == matrix["matrixHeight"] == 2**zoom
        assert matrix["scaleDenominator"] == pytest.approx(559082264.028717 / 2**zoom)
        assert matrix["cellSize"] * 256 * 2**zoom == pytest.approx(2 * 20037508.3427892)
        assert matrix["pointOfOrigin"] == pytest.approx([-20037508.3427892, 20037508.3427892])


async def test_tilesets_list__tileset_links(client: httpx.AsyncClient) -> None:
    for collection in await collection_ids(client):
        path = f"/collections/{collection}/tiles"
        for tileset in (await read(client, path, "application/json"))["tilesets"]:
            assert tileset["dataType"] and tileset["crs"] and tileset["tileMatrixSetURI"] == REGISTERED
            assert links(tileset, f"{REL}tiling-scheme")
            full = href(tileset, "self") or ""
            assert httpx.URL(full).path == f"{path}/WebMercatorQuad"
            described = await read(client, full, "application/json")
            assert {key: described[key] for key in ("dataType", "crs", "title")} == {
                key: tileset[key] for key in ("dataType", "crs", "title")
            }


async def test_geodata_tilesets__desc_links(client: httpx.AsyncClient) -> None:
    for collection in await collection_ids(client):
        described = await read(client, f"/collections/{collection}")
        link = links(described, f"{REL}tilesets-vector")[0]
        assert httpx.URL(link["href"]).path == f"/collections/{collection}/tiles"


async def test_geodata_tilesets__operation(client: httpx.AsyncClient) -> None:
    for collection in await collection_ids(client):
        link = links(await read(client, f"/collections/{collection}"), f"{REL}tilesets-vector")[0]
        assert (await read(client, link["href"], link["type"]))["tilesets"]


async def test_mvt__content(client: httpx.AsyncClient) -> None:
    """A tile is decoded to the layers that the tileset names, with features of the collection."""
    tileset = await tileset_of(client)
    template = links(tileset, "item")[0]["href"]
    tile = mapbox_vector_tile.decode((await get(client, template.format(**await somewhere(client)), MVT)).content)
    assert set(tile) <= {layer["id"] for layer in tileset["layers"]}
    features = tile["parcels"]["features"]
    shown = {one["id"] for one in (await read(client, ITEMS, limit="100"))["features"]}
    assert features and {one["properties"]["id"] for one in features} <= shown
    described = next(layer for layer in tileset["layers"] if layer["id"] == "parcels")
    assert {name for one in features for name in one["properties"]} <= set(described["propertiesSchema"]["properties"])
    assert {one["geometry"]["type"] for one in features} <= {"Polygon", "MultiPolygon"}


async def test_oas30__completeness(client: httpx.AsyncClient) -> None:
    document = await definition(client)
    for collection in await collection_ids(client):
        base = f"/collections/{collection}/tiles"
        tile = f"{base}/WebMercatorQuad/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"
        assert {base, f"{base}/WebMercatorQuad", tile} <= set(document["paths"])
        names = [one["name"] for one in operation(document, tile)["parameters"]]
        assert names[:3] == ["tileMatrix", "tileRow", "tileCol"]
        assert MVT in document["paths"][tile]["get"]["responses"]["200"]["content"]


async def test_oas30__operation_id(client: httpx.AsyncClient) -> None:
    """Clients find the operations by the ends of their ids (table 11)."""
    paths = (await definition(client))["paths"]
    ids = {methods["get"]["operationId"]: path for path, methods in paths.items() if "get" in methods}
    for collection in await collection_ids(client):
        base = f"/collections/{collection}/tiles"
        tile = f"{base}/WebMercatorQuad/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"
        for end, path in (("getTileSetsList", base), ("getTileSet", f"{base}/WebMercatorQuad"), ("getTile", tile)):
            assert ids[f"{collection}.collection.vector.{end}"] == path
    assert ids["getTileMatrixSetsList"] == "/tileMatrixSets"
    assert ids["getTileMatrixSet"] == "/tileMatrixSets/WebMercatorQuad"

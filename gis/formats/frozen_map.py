"""The frozen map: the layers that the map draws, as the public saw them at one moment, in one PMTiles file (version 3).

Its tiles are those of the service, so one style draws both. Zooms are taken from the least on, each of all layers, while
the file stays within its size: a large city has fewer of them, and the file says for each layer which it has.
"""

from __future__ import annotations

import asyncio
import gzip
import os
import zlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

from pmtiles.reader import MmapSource, Reader
from pmtiles.tile import Compression, MagicNumberNotFound, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from gis.errors import DatabaseUnavailable
from gis.model.access import public_decision
from gis.model.invented import described
from gis.model.layer import Catalog, Layer, Text
from gis.model.query import ItemQuery
from gis.store import cells, open_data
from gis.store.extent import extent_sql
from gis.store.open_data import Version
from gis.store.pools import Pools, Snapshot
from gis.store.tile import Tile
from gis.store.tiles import label_name, tile_sql

MEDIA_TYPE = "application/vnd.pmtiles"
MOST_BYTES = 15_000_000
"""Of all tiles: what a phone downloads in half a minute and can spare for good."""

LAST_ZOOM = 16
"""Single parcels begin here; nearer views enlarge these tiles."""

_FIRST_ZOOM = 6
_ATTEMPTS = 3
_E7 = 10_000_000
_INSTANT, _VERSION, _DEFINITIONS = "landmap:instant", "landmap:version", "landmap:definitions"
_LEFT_OUT = "landmap:left_out"

_DESCRIPTION = Text(
    "Bản đồ các lớp công khai tại một thời điểm, để dùng khi mất kết nối.",
    "The public layers of the map at one moment, for use without a connection.",
)


class Absence(StrEnum):
    """Why nothing of a layer that the map draws is in the file, or from some zoom on."""

    TOO_LARGE = "too-large"
    NOTHING_PUBLIC = "nothing-public"
    TOO_NEAR = "too-near"
    """The first zoom of its features lies behind the last of the file."""


type BringUp = Callable[[Layer], Awaitable[None]]
type Tiles = dict[Tile, bytes]


@dataclass(frozen=True, slots=True)
class FrozenMap:
    """What a file says of itself. `newest`: the last published version in it, None where there was none; `instant`: when everything in it held and was
    known; `definitions`: digest of the layers as they were defined; `zooms`: first and last by layer of the tiles; `left_out`: the layers that the map
    draws and that are not in the file, or only as cells."""

    newest: Version | None
    instant: datetime
    definitions: str
    zooms: Mapping[str, tuple[int, int]]
    left_out: Mapping[str, Absence]


@dataclass(slots=True)
class _Found:
    """Tiles by layer, gzip'd each, within `left` bytes."""

    left: int
    tiles: dict[str, Tiles] = field(default_factory=dict)
    states: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    too_large: set[str] = field(default_factory=set)
    """Layers of which a zoom had no room."""


class _Moved(Exception):
    """A layer is not any more what its first tile showed."""


async def freeze(
    pools: Pools, catalog: Catalog, path: Path, bring_up: BringUp, most_bytes: int = MOST_BYTES
) -> FrozenMap:
    """Write the file to `path`, which is replaced when all of it is on the disk.

    `bring_up` makes the cells of a layer current. Raises DatabaseUnavailable where the data change faster than they can
    be read, OSError, and what reading raises.
    """
    drawn = [layer for layer in catalog.layers.values() if layer.style]
    for _ in range(_ATTEMPTS):
        for layer in drawn:
            if layer.tiles.least_zoom < layer.tiles.min_zoom:
                await bring_up(layer)
        instant = datetime.now(UTC)
        try:
            async with pools.snapshot() as source:
                found = await _read(source, drawn, most_bytes)
        except _Moved:
            continue
        about = _about(catalog, drawn, found, instant, await _newest(pools, catalog, found))
        await asyncio.to_thread(_write, path, catalog, found, about)
        with path.open("rb") as file:
            return read_frozen(file)
    raise DatabaseUnavailable("The frozen map was not made: its layers change all the time. Try again later.")


def read_frozen(file: BinaryIO) -> FrozenMap:
    """What the file says of itself. OSError where it cannot be read, ValueError where it was not made by `freeze`."""
    try:
        told: dict[str, Any] = Reader(MmapSource(file)).metadata()  # type: ignore[no-untyped-call]
        zooms = {one["id"]: (one["minzoom"], one["maxzoom"]) for one in told["vector_layers"]}
        newest = told[_VERSION] and Version(
            **{**told[_VERSION], "instant": datetime.fromisoformat(told[_VERSION]["instant"])}
        )
        left_out = {one["id"]: Absence(one["reason"]) for one in told.get(_LEFT_OUT, ())}  # files of before have none
        return FrozenMap(newest, datetime.fromisoformat(told[_INSTANT]), told[_DEFINITIONS], zooms, left_out)
    except (KeyError, TypeError, EOFError, zlib.error, MagicNumberNotFound) as error:
        raise ValueError("This file is no frozen map.") from error


async def _read(source: Snapshot, drawn: Sequence[Layer], most_bytes: int) -> _Found:
    """The tiles of every layer, zoom by zoom until the room is used up: of a layer's zoom all tiles or none."""
    found = _Found(most_bytes, {layer.id: {} for layer in drawn})
    going = {layer.id: await _first(source, layer) for layer in drawn}
    for zoom in range(LAST_ZOOM + 1):
        for layer in drawn:
            if not _least(layer) <= zoom <= layer.tiles.max_zoom or layer.id not in going:
                continue
            tiles = await _of_zoom(source, layer, going[layer.id], found)
            if tiles is None:
                del going[layer.id]
                found.too_large.add(layer.id)
                continue
            found.tiles[layer.id] |= tiles
            found.left -= sum(map(len, tiles.values()))
            # A tile with nothing has nothing in its parts: cells count all, and what is too small for a tile is near others.
            going[layer.id] = [part for tile in tiles for part in _parts(tile)]
    return found


async def _newest(pools: Pools, catalog: Catalog, found: _Found) -> Version | None:
    """The last version among those that the tiles show."""
    number, layer = max(((number, layer) for layer, (number, _) in found.states.items()), default=(0, ""))
    return await open_data.version(pools, catalog.layers[layer], number) if number else None


async def _of_zoom(source: Snapshot, layer: Layer, wanted: Iterable[Tile], found: _Found) -> Tiles | None:
    """Those of the tiles that hold something; None where they would take more than is left."""
    query, decision = ItemQuery(layer.id), public_decision(layer)
    tiles: Tiles = {}
    size = 0
    for tile in wanted:
        row = await source.row(tile_sql(layer, tile, query, decision))
        if row is None or not row["current"]:
            raise _Moved
        state = (row["changeset"], row["instant"])
        if found.states.setdefault(layer.id, state) != state:
            raise _Moved
        if row["mvt"]:
            tiles[tile] = await asyncio.to_thread(gzip.compress, row["mvt"], 6, mtime=0)
            size += len(tiles[tile])
        if size > found.left:
            return None
    return tiles


async def _first(source: Snapshot, layer: Layer) -> list[Tile]:
    """The tiles of the layer's first zoom that lie in its extent."""
    row = await source.row(extent_sql(layer))
    if row is None or row["west"] is None:
        return []
    first = Tile.at(_least(layer), row["west"], row["north"])
    last = Tile.at(_least(layer), row["east"], row["south"])
    return [Tile(first.z, x, y) for x in range(first.x, last.x + 1) for y in range(first.y, last.y + 1)]


def _least(layer: Layer) -> int:
    return max(_FIRST_ZOOM, layer.tiles.least_zoom)


def _parts(tile: Tile) -> Iterable[Tile]:
    return (Tile(tile.z + 1, 2 * tile.x + x, 2 * tile.y + y) for x in (0, 1) for y in (0, 1))


def _write(path: Path, catalog: Catalog, found: _Found, about: dict[str, object]) -> None:
    """Under another name first, so that nobody reads half a file."""
    together: dict[Tile, list[bytes]] = {}
    for tiles in found.tiles.values():
        for tile, part in tiles.items():
            together.setdefault(tile, []).append(part)
    making = path.with_name(f".making-{path.name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with making.open("wb") as file:
            writer = Writer(file)  # type: ignore[no-untyped-call]
            for tile in sorted(together, key=_place):
                # Layers of one tile follow one another in its message. One packing, as browsers unpack only the first.
                mvt = b"".join(map(gzip.decompress, together[tile]))
                writer.write_tile(_place(tile), gzip.compress(mvt, 9, mtime=0))  # type: ignore[no-untyped-call]
            if not together:
                writer.write_tile(0, gzip.compress(b"", mtime=0))  # type: ignore[no-untyped-call]
            writer.finalize(_header(catalog), about)  # type: ignore[no-untyped-call]
            file.flush()
            os.fsync(file.fileno())
        making.replace(path)
    finally:
        making.unlink(missing_ok=True)


def _place(tile: Tile) -> int:
    return int(zxy_to_tileid(tile.z, tile.x, tile.y))


def _header(catalog: Catalog) -> dict[str, object]:
    west, south, east, north = (round(degrees * _E7) for degrees in catalog.territory.bounds)
    lon, lat, zoom = catalog.territory.view
    return {
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_lon_e7": west,
        "min_lat_e7": south,
        "max_lon_e7": east,
        "max_lat_e7": north,
        "center_zoom": min(round(zoom), LAST_ZOOM),
        "center_lon_e7": round(lon * _E7),
        "center_lat_e7": round(lat * _E7),
    }


def _about(
    catalog: Catalog, drawn: Sequence[Layer], found: _Found, instant: datetime, newest: Version | None
) -> dict[str, object]:
    """The metadata of the file, as the specification of PMTiles and that of TileJSON name it, and ours."""
    layers = []
    for layer in drawn:
        zooms = [tile.z for tile in found.tiles[layer.id]]
        if zooms:
            columns = [name for name in layer.tiles.fields if name in public_decision(layer).columns]
            named = {name: layer.field(name).title.en for name in columns}
            kinds = [layer.id]
            kinds += [cells.name(layer)] if layer.tiles.cells_from is not None else []
            kinds += [label_name(layer)] if layer.tiles.labels else []
            layers += [{"id": kind, "fields": named, "minzoom": min(zooms), "maxzoom": max(zooms)} for kind in kinds]
    return {
        "name": "Landmap",
        "description": described(_DESCRIPTION, invented=newest is not None and newest.invented).en,
        "attribution": ", ".join(sorted({layer.owner for layer in drawn})),
        "type": "overlay",
        "version": "1",
        "vector_layers": layers,
        _LEFT_OUT: [
            {"id": layer.id, "title": layer.title.both(), "reason": _absence(layer, found), "minzoom": first}
            for layer in drawn
            if (first := _absent_from(layer, found)) is not None
        ],
        _VERSION: newest and {**asdict(newest), "instant": newest.instant.isoformat()},
        _INSTANT: instant.isoformat(),
        _DEFINITIONS: catalog.digest,
    }


def _absent_from(layer: Layer, found: _Found) -> int | None:
    """The zoom from which on the file has nothing to draw of the layer: 0 where it has none of it, the first zoom of single
    features where it has only cells. None where it has features."""
    zooms = [tile.z for tile in found.tiles[layer.id]]
    if not zooms:
        return 0
    return layer.tiles.min_zoom if max(zooms) < layer.tiles.min_zoom else None


def _absence(layer: Layer, found: _Found) -> Absence:
    if layer.tiles.min_zoom > LAST_ZOOM:
        return Absence.TOO_NEAR
    return Absence.TOO_LARGE if layer.id in found.too_large else Absence.NOTHING_PUBLIC

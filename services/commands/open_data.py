"""`landmap open-data`: the files of published versions, made ahead of those who ask, listed and removed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table

from gis.errors import NotFound
from services.commands import words
from services.commands.session import Session, session
from services.commands.speech import Language, grouped, language, out, say, word, written

if TYPE_CHECKING:
    from gis.formats.frozen_map import FrozenMap
    from gis.formats.open_files import Manifest, Shelf
    from gis.model.layer import Layer
    from gis.store.open_data import Version
    from gis.store.pools import Pools

app = typer.Typer(no_args_is_help=True, help="Make the open-data files of published versions, list and remove them.")


@app.command()
def build(
    layers: Annotated[list[str] | None, typer.Argument(help="the layers; all if left out")] = None,
    version: Annotated[int | None, typer.Option(min=1, help="a changeset number; the newest if left out")] = None,
) -> None:
    """Make the files of a version where they are not there yet.

    Example: landmap open-data build

    Example: landmap open-data build parcels --version 12
    """
    from gis.store import access

    with session() as work:
        if layers:
            access.known_layers(work.catalog, layers)
        wanted = [work.catalog.layers[name] for name in layers or work.catalog.layers]
        for manifest in asyncio.run(_build(work, wanted, version)):
            say(
                words.PUBLISHED_FILES, layer=manifest.layer, number=manifest.number, features=grouped(manifest.features)
            )
            for file in manifest.files:
                out.print(f"  {file.sha256}  {file.name}  {grouped(file.size)}", markup=False, soft_wrap=True)


async def _build(work: Session, wanted: list[Layer], number: int | None) -> list[Manifest]:
    from gis.formats.publication import publication
    from gis.store.pools import Pools
    from services.ogc.open_data_making import codes_of, shelf_of

    pools = await Pools.open(work.dsn, time_zone=work.catalog.territory.time_zone)
    try:
        made = []
        for version in await _versions(pools, wanted, number):
            layer = work.catalog.layers[version.layer]
            made.append(
                await publication(pools, shelf_of(work.settings), layer, version, codes_of(work.catalog, layer))
            )
        return made
    finally:
        await pools.close()


async def _versions(pools: Pools, wanted: list[Layer], number: int | None) -> list[Version]:
    from gis.store import open_data

    if number is None:
        return list((await open_data.newest(pools, wanted)).values())
    found = [await open_data.version(pools, layer, number) for layer in wanted]
    there = [version for version in found if version is not None]
    if not there:
        raise NotFound(words.NO_VERSION.en.format(number=number), words.NO_VERSION.vi.format(number=number))
    return there


@app.command()
def freeze(
    megabytes: Annotated[int, typer.Option(min=1, max=2_000, help="most that its tiles may take")] = 15,
) -> None:
    """Make the frozen map anew: one PMTiles file of what the map draws, which pages keep for the time without a server.

    The service makes it by itself when somebody asks for it and it is a day old.

    Example: landmap open-data freeze

    Example: landmap open-data freeze --megabytes 60
    """
    from services.ogc.frozen import path_of

    with session() as work:
        frozen = asyncio.run(_freeze(work, megabytes * 1_000_000))
        path = path_of(work.settings)
        say(
            words.FROZEN,
            day=written(frozen.instant.astimezone(work.zone).date()),
            megabytes=f"{path.stat().st_size / 1e6:.1f}",
        )
        out.print(f"  {path}", markup=False, soft_wrap=True)


async def _freeze(work: Session, most_bytes: int) -> FrozenMap:
    from gis.formats.frozen_map import freeze
    from gis.formats.publication import alone
    from gis.store.cell_base import bring_up
    from gis.store.pools import Pools
    from services.ogc.frozen import path_of
    from services.ogc.open_data_making import shelf_of

    async def make_current(layer: Layer) -> None:
        await asyncio.to_thread(bring_up, work.dsn, layer, datetime.now(UTC))

    pools, shelf = await Pools.open(work.dsn, time_zone=work.catalog.territory.time_zone), shelf_of(work.settings)
    try:
        async with alone(shelf):
            shelf.room()
            return await freeze(pools, work.catalog, path_of(work.settings), make_current, most_bytes)
    finally:
        await pools.close()


@app.command("list")
def list_() -> None:
    """List the versions whose files lie here.

    Example: landmap open-data list
    """
    made = _shelf().made()
    if not made:
        say(words.NO_FILES)
        return
    table = Table(*map(word, words.FILES_HEADS), box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for manifest in made:
        megabytes = f"{sum(file.size for file in manifest.files) / 1e6:.1f}"
        table.add_row(
            manifest.layer, str(manifest.number), _day(manifest.instant), grouped(manifest.features), megabytes
        )
    out.print(table)


@app.command()
def prune(
    keep: Annotated[int, typer.Option(min=0, help="how many of the newest versions of each layer stay")] = 1,
) -> None:
    """Remove the files of older versions. They are made again, with the same content, when somebody asks for them.

    Example: landmap open-data prune --keep 4
    """
    gone = _shelf().prune(keep)
    freed = sum(file.size for manifest in gone for file in manifest.files)
    say(words.PRUNED, count=len(gone), megabytes=f"{freed / 1e6:.1f}")


def _shelf() -> Shelf:
    from services.ogc.open_data_making import shelf_of
    from services.settings import read_settings

    return shelf_of(read_settings())


def _day(instant: datetime) -> str:
    local = instant.astimezone()
    return f"{local:%d/%m/%Y %H:%M}" if language() is Language.VI else f"{local:%Y-%m-%d %H:%M}"

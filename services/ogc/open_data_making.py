"""Open-data files for those who ask: what is not made yet is made once, behind the requests, and goes on without them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import BinaryIO

import structlog

from gis.errors import Busy, LandmapError, Making, QueryTimeout
from gis.formats.open_files import File, Manifest, Shelf
from gis.formats.publication import publication
from gis.model.layer import Catalog, Codelist, Layer
from gis.store import open_data
from gis.store.open_data import Version
from gis.store.pools import Pools
from services.settings import Settings

log = structlog.get_logger("landmap.open_data")

PATIENCE = 10.0
"""Seconds that a request waits for files that are being made; then it is told to come back."""

_MOST_WAITING = 8


def folder_of(settings: Settings) -> Path:
    """Where open data lie."""
    return settings.open_data or settings.home / "open-data"


def shelf_of(settings: Settings) -> Shelf:
    """The folder of open data."""
    return Shelf(folder_of(settings), settings.open_data_megabytes << 20)


def codes_of(catalog: Catalog, layer: Layer) -> dict[str, Codelist]:
    """The codelist of each public field that has one, by the name of the field."""
    return {field.name: catalog.codelists[field.codelist] for field in layer.public if field.codelist}


def _being_made() -> Making:
    return Making(
        "These files are being made; ask again in a little while.",
        "Các tệp này đang được tạo; hãy thử lại sau ít phút.",
    )


def _busy() -> Busy:
    return Busy(
        "Files of as many versions as may be are being made already; try again in a little while.",
        "Hệ thống đang tạo tệp của số phiên bản tối đa cùng lúc; hãy thử lại sau ít phút.",
    )


class OpenData:
    """Finds the files of versions and has them made, each once however many ask."""

    def __init__(self, settings: Settings, catalog: Catalog, pools: Pools) -> None:
        self.shelf = shelf_of(settings)
        self._catalog = catalog
        self._pools = pools
        self._seconds = settings.export_seconds
        self._making: dict[Version, asyncio.Task[Manifest]] = {}
        self._old: Version | None = None

    async def manifest(self, layer: Layer, version: Version) -> Manifest:
        """The version with its files. Making where they are not ready yet: they are being made. Busy where as many
        versions wait as may, or another old one is made or was just now; otherwise what making them raises."""
        found = await asyncio.to_thread(self.shelf.find, layer, version)
        if found is not None:
            return found
        old = await self._is_old(layer, version)
        if old and version not in self._making and await asyncio.to_thread(self.shelf.crowded):
            raise _busy()
        task = self._making.get(version) or self._begin(layer, version, old)
        done, _ = await asyncio.wait([task], timeout=PATIENCE)
        if done:
            return task.result()
        raise _being_made()

    async def opened(self, manifest: Manifest, file: File) -> BinaryIO:
        """The file, which can be read to its end whatever becomes of it meanwhile. Making where it has gone already."""
        try:
            return await asyncio.to_thread(self.shelf.path(manifest, file).open, "rb")
        except FileNotFoundError as error:
            raise _being_made() from error

    async def _is_old(self, layer: Layer, version: Version) -> bool:
        newest = (await open_data.newest(self._pools, [layer])).get(layer.id)
        return newest is not None and version.number < newest.number

    def _begin(self, layer: Layer, version: Version, old: bool) -> asyncio.Task[Manifest]:
        if len(self._making) >= _MOST_WAITING or (old and self._old is not None):
            raise _busy()
        if old:
            self._old = version
        task = self._making[version] = asyncio.create_task(self._make(layer, version))
        task.add_done_callback(lambda ended: self._ended(version, ended))
        return task

    async def _make(self, layer: Layer, version: Version) -> Manifest:
        try:
            async with asyncio.timeout(self._seconds):
                return await publication(self._pools, self.shelf, layer, version, codes_of(self._catalog, layer))
        except TimeoutError as error:
            raise QueryTimeout("The files took too long to make.", "Tạo các tệp mất quá nhiều thời gian.") from error

    def _ended(self, version: Version, task: asyncio.Task[Manifest]) -> None:
        """Told here, as nobody may be waiting any more."""
        del self._making[version]
        if self._old == version:
            self._old = None
        if task.cancelled():
            return
        error = task.exception()
        told = {"layer": version.layer, "version": version.number}
        if error is None:
            log.info("open data made", **told)
        else:
            detail = error.en if isinstance(error, LandmapError) else repr(error)
            log.error("open data not made", **told, detail=detail, cause=repr(error.__cause__))

    async def close(self) -> None:
        """Gives up what is being made; nothing half-made stays."""
        tasks = list(self._making.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

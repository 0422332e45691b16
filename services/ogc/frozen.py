"""The frozen map: one file of what the map draws, which the page keeps for the time when it has no server.

It is made behind the first request for it, and anew behind a request that finds it a day old; until then the older one is
given, which says itself of when it is. What is in it is the same for everybody: what the public sees.
"""

from __future__ import annotations

import asyncio
import math
import os
import time
from contextlib import ExitStack
from datetime import UTC
from email.utils import format_datetime
from pathlib import Path
from typing import BinaryIO

import structlog
from starlette.requests import Request
from starlette.responses import Response

from gis.errors import LandmapError, Making, QueryTimeout, Unmade
from gis.formats.frozen_map import MEDIA_TYPE, FrozenMap, freeze, read_frozen
from gis.formats.publication import alone
from gis.model.layer import Text
from gis.store import open_data
from gis.store.open_data import Version
from services.dependencies import Services
from services.ogc.answers import matches, not_modified
from services.ogc.ask import ask
from services.ogc.negotiation import Offer
from services.ogc.open_data import PermanentFile
from services.ogc.open_data_making import PATIENCE, folder_of
from services.ogc.openapi_parts import OF_DOCUMENTS, Object, Paths, answer, operation, problem, reading, shared
from services.settings import Settings

log = structlog.get_logger("landmap.frozen")

PATH = "/map/city.pmtiles"
KEPT_SECONDS = 86_400
"""How old a file is that is made anew when somebody asks for it."""

PAUSE = 120.0
"""Seconds after a failure until it is tried again: making it reads the whole city."""

PMTILES = Offer("pmtiles", MEDIA_TYPE, ("application/octet-stream",))
_TITLE = Text(
    "Bản đồ đóng băng: các lớp công khai tại một thời điểm, một tệp PMTiles để dùng khi mất kết nối",
    "The frozen map: the public layers at one moment, one PMTiles file for use without a connection",
)
_PART = Text("Phần được yêu cầu bằng Range", "The part that Range asks for")
_MAKING = Text(
    "Đang được tạo, hoặc vừa không tạo được; hỏi lại sau Retry-After giây",
    "Being made, or could not be made just now; ask again after Retry-After seconds",
)
_UNSATISFIABLE = Text("Range nằm ngoài tệp", "Range lies outside the file")


def path_of(settings: Settings) -> Path:
    """Where the file lies."""
    return folder_of(settings) / "city.pmtiles"


class FrozenMaps:
    """The file of one running application: found, or made once however many ask."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._path = path_of(services.settings)
        self._making: asyncio.Task[None] | None = None
        self._again = 0.0
        """When it may be tried again (monotonic)."""

    async def opened(self) -> tuple[FrozenMap, BinaryIO]:
        """The file, which can be read to its end whatever becomes of it meanwhile. Making where there is none yet;
        Unmade where making it has failed."""
        found = await self._found()
        if found is not None:
            if not _fresh(found[1]) and not self._pausing():
                self._begin()
            return found
        if self._pausing():
            raise self._unmade()
        done, _ = await asyncio.wait([self._begin()], timeout=PATIENCE)
        for task in done:
            if (failure := task.exception()) is not None:
                raise self._unmade() from failure
        found = await self._found()
        if found is None:
            raise Making(
                "The frozen map is being made; ask again in a little while.",
                "Bản đồ đóng băng đang được tạo; hãy thử lại sau ít phút.",
            )
        return found

    def _pausing(self) -> bool:
        return self._making is None and time.monotonic() < self._again

    def _unmade(self) -> Unmade:
        seconds = max(1, math.ceil(self._again - time.monotonic()))
        return Unmade(
            f"The frozen map could not be made; the operator has been told. It is tried again in {seconds} seconds.",
            f"Không tạo được bản đồ đóng băng; đơn vị vận hành đã được báo. Hệ thống thử lại sau {seconds} giây.",
            seconds=seconds,
        )

    async def _found(self) -> tuple[FrozenMap, BinaryIO] | None:
        """The file, if it was made by the layers as they are defined now and from this very history."""
        with ExitStack() as stack:
            try:
                opened = stack.enter_context(await asyncio.to_thread(self._path.open, "rb"))
                told = await asyncio.to_thread(read_frozen, opened)
            except (OSError, ValueError):  # not there, or made by another version of this program
                return None
            if told.definitions != self._services.catalog.digest or not await self._stands(told.newest):
                return None
            stack.pop_all()
            return told, opened

    async def _stands(self, newest: Version | None) -> bool:
        """Whether this database has that version in its history."""
        pools, layers = self._services.pools, self._services.catalog.layers
        if newest is None:
            return not await open_data.newest(pools, [layer for layer in layers.values() if layer.style])
        return await open_data.version(pools, layers[newest.layer], newest.number) == newest

    def _begin(self) -> asyncio.Task[None]:
        if self._making is None:
            self._making = asyncio.create_task(self._make())
            self._making.add_done_callback(self._ended)
        return self._making

    async def _make(self) -> None:
        services, shelf = self._services, self._services.open_data.shelf
        try:
            async with asyncio.timeout(services.settings.export_seconds), alone(shelf):
                if not await self._made_meanwhile():
                    shelf.room()
                    await freeze(services.pools, services.catalog, self._path, services.cells.bring_up)
        except TimeoutError as error:
            raise QueryTimeout("The frozen map took too long to make.") from error

    async def _made_meanwhile(self) -> bool:
        """By another process, which had the lock before."""
        found = await self._found()
        if found is None:
            return False
        with found[1] as file:
            return _fresh(file)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Told here, as nobody may be waiting any more."""
        self._making = None
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            log.info("frozen map made")
        else:
            self._again = time.monotonic() + PAUSE
            detail = error.en if isinstance(error, LandmapError) else repr(error)
            log.error("frozen map not made", detail=detail, cause=repr(error.__cause__))

    async def settled(self) -> None:
        """Waits for what is being made."""
        if self._making is not None:
            await asyncio.wait([self._making])

    async def close(self) -> None:
        """Gives up what is being made; nothing half-made stays."""
        if self._making is not None:
            self._making.cancel()
            await self.settled()


def _fresh(file: BinaryIO) -> bool:
    return time.time() - os.fstat(file.fileno()).st_mtime <= KEPT_SECONDS


async def frozen_map(request: Request) -> Response:
    """GET /map/city.pmtiles, whole or in parts."""
    asked = ask(request, (PMTILES,))
    maps: FrozenMaps = request.app.state.frozen
    told, opened = await maps.opened()
    status, number = os.fstat(opened.fileno()), told.newest.number if told.newest else 0
    headers = {
        "ETag": f'"{number}-{status.st_mtime_ns:x}-{status.st_size:x}"',
        "Last-Modified": format_datetime(told.instant.astimezone(UTC), usegmt=True),
        # The bytes are counted, so nobody on the way may pack them.
        "Cache-Control": "public, max-age=3600, no-transform",
        "Landmap-Data-Version": str(number),
    }
    if matches(asked.if_none_match, headers["ETag"]):
        opened.close()
        return not_modified(headers)
    return PermanentFile(opened, headers, MEDIA_TYPE)


def frozen_paths(language: str) -> Paths:
    """The address in the OpenAPI document."""
    found: Object = {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}
    more: Object = {
        "206": {"description": _PART[language], "content": found},
        "416": {"description": _UNSATISFIABLE[language]},
        "503": problem(_MAKING[language]),
    }
    answers = reading(answer(_TITLE[language], found, OF_DOCUMENTS), more)
    return {PATH: {"get": operation("getFrozenMap", _TITLE[language], shared(["lang"]), answers)}}

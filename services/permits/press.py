"""Sets PDF files in a process of its own: one at a time, few waiting, none for long."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from asyncio.subprocess import Process
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType

import structlog

from gis.errors import Busy, LandmapError, TooSlow
from gis.formats.pdf import SET, question

log = structlog.get_logger("landmap.press")

WAITING = 8
"""Files that may wait for their turn."""

SECONDS = 30.0
"""Longest time to set one."""

_LARGEST = 50_000_000
_COMMAND = (sys.executable, "-m", "gis.formats.pdf")


@dataclass(slots=True)
class Press:
    """The process is started with the first file and kept for the next; one that is too slow, or fails, is ended."""

    seconds: float = SECONDS
    _process: Process | None = None
    _folder: str | None = None
    _waiting: int = 0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def pdf(self, html: str, files: Mapping[str, bytes]) -> bytes:
        """The document as PDF; `files` by name are all that it may refer to. Busy where too many wait, TooSlow."""
        if self._waiting >= WAITING:
            raise Busy(
                "As many PDF files as can be are being made; try again in a little while.",
                "Hệ thống đang tạo số tệp PDF tối đa cùng lúc; hãy thử lại sau ít phút.",
            )
        self._waiting += 1
        try:
            async with self._turn:
                return await self._set(question(html, files))
        finally:
            self._waiting -= 1

    async def _set(self, asked: bytes) -> bytes:
        done = False
        try:
            async with asyncio.timeout(self.seconds):
                answer = await self._answer(asked)
            done = True
        except TimeoutError as error:
            raise TooSlow(
                "The PDF took too long to make; ask for the HTML or JSON instead.",
                "Tạo tệp PDF mất quá nhiều thời gian; hãy dùng bản HTML hoặc JSON.",
            ) from error
        except (OSError, asyncio.IncompleteReadError, ValueError) as error:
            log.exception("the PDF process ended")
            raise _failed() from error
        finally:
            if not done:  # also where nobody waits for the answer any more: the next one would get it
                await self.close()
        if answer[:1] != SET:
            log.error("a PDF could not be set", error=answer[1:2_000].decode(errors="replace"))
            raise _failed()
        return answer[1:]

    async def _answer(self, asked: bytes) -> bytes:
        if self._process is None or self._process.returncode is not None:
            await self.close()
            self._folder = tempfile.mkdtemp(prefix="landmap-press-")
            self._process = await asyncio.create_subprocess_exec(
                *_COMMAND, self._folder, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
            )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(asked)
        await self._process.stdin.drain()
        length = int.from_bytes(await self._process.stdout.readexactly(8), "big")
        if not 0 < length <= _LARGEST:
            raise ValueError(f"an answer of {length} bytes")
        return await self._process.stdout.readexactly(length)

    async def close(self) -> None:
        """End the process, and remove what it left."""
        process, self._process = self._process, None
        folder, self._folder = self._folder, None
        try:
            if process is not None:
                if process.returncode is None:
                    process.kill()
                await process.communicate()
        finally:
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)

    async def __aenter__(self) -> Press:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _failed() -> LandmapError:
    return LandmapError("The PDF could not be made.", "Không tạo được tệp PDF.")

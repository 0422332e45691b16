"""Files that a process of its own writes from batches, in a directory that goes in every case.

A file to be sent loses its name as soon as it is complete, so that nothing stays behind when the reader is killed. What a
killed service left behind half-written is swept away by the next one: it is what nobody holds the lock of.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from gis.errors import InvalidParameter, StoreError

_PREFIX = "landmap-export-"
_NEW = 60.0  # seconds in which a directory may be without its lock
_GRACE = 5.0
_LAST_PAGES = 1 << 16  # a file that may not grow ends somewhat before its limit


class Spool:
    """One file on its way. Its methods block and are called one after the other, from any thread.

    `dated`: the instant that the file tells as that of its last change, so that the same content gives the same bytes.
    """

    def __init__(
        self, format_: str, schema: pa.Schema, root: Path, most_bytes: int, dated: datetime | None = None
    ) -> None:
        sweep(root)
        self._most_bytes = most_bytes
        self._directory = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=root))
        self._lock = os.open(self._directory, os.O_RDONLY)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._path = self._directory / f"export.{format_}"
        self._errors = (self._directory / "errors").open("w+b")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "gis.formats.gdal_program", format_, str(self._path), str(most_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
            env={**os.environ, "TMPDIR": str(self._directory), **_dated(dated)},
        )
        assert self._process.stdin is not None
        self._sink = pa.PythonFile(self._process.stdin, mode="w")
        self._writer = pa.ipc.new_stream(self._sink, schema)

    def write(self, batch: pa.RecordBatch) -> None:
        """Hand over one batch. StoreError or InvalidParameter where the file cannot be written."""
        try:
            self._writer.write_batch(batch)
        except OSError as error:
            raise self._failure() from error

    def finish(self) -> BinaryIO:
        """The complete file, open and nameless. StoreError or InvalidParameter where it cannot be written."""
        self._complete()
        found = self._path.open("rb")
        self._path.unlink()
        return found

    def keep(self, path: Path) -> None:
        """Puts the complete file at `path`, on the same disk. StoreError or InvalidParameter where it cannot be written."""
        self._complete()
        self._path.replace(path)

    def _complete(self) -> None:
        assert self._process.stdin is not None
        try:
            self._writer.close()
            self._process.stdin.close()
        except OSError as error:
            raise self._failure() from error
        if self._process.wait() != 0:
            raise self._failure()

    def close(self) -> None:
        """End the process if it runs, and remove all that is there."""
        if self._process.poll() is None:
            self._process.kill()
        with suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        self._process.wait()
        self._errors.close()
        shutil.rmtree(self._directory, ignore_errors=True)
        os.close(self._lock)

    def _failure(self) -> StoreError | InvalidParameter:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE)
        full = any(path.stat().st_size > self._most_bytes - _LAST_PAGES for path in self._directory.iterdir())
        if full:
            size = self._most_bytes >> 20
            return InvalidParameter(
                f"A file of this format may have {size} MB; ask for a smaller selection, or for GeoParquet or CSV.",
                f"Tệp ở định dạng này chỉ được tối đa {size} MB; hãy thu hẹp phạm vi, hoặc chọn GeoParquet hay CSV.",
                where="f",
            )
        self._errors.seek(0)
        said = self._errors.read(4000).decode(errors="replace")
        return StoreError(f"The file could not be written (status {self._process.poll()}): {said}")


def _dated(instant: datetime | None) -> dict[str, str]:
    """GDAL writes this for now (configuration option OGR_CURRENT_DATE)."""
    return {} if instant is None else {"OGR_CURRENT_DATE": f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}"}


def sweep(root: Path) -> None:
    """Remove the directories of spools whose process is gone."""
    for directory in root.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            _remove_if_left(directory)


def _remove_if_left(directory: Path) -> None:
    found = directory.lstat()
    if found.st_uid != os.getuid() or directory.is_symlink() or time.time() - found.st_mtime < _NEW:
        return
    lock = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(directory)
    except BlockingIOError:
        return
    finally:
        os.close(lock)

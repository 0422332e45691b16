"""Files and folders that only their owner may read."""

from __future__ import annotations

import fcntl
import glob
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from gis.errors import InvalidParameter


def private_file(path: Path) -> BinaryIO:
    """A new file to write, with mode 0600; FileExistsError where there is one."""
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")


def write_private(path: Path, content: bytes) -> None:
    """Writes a new file with mode 0600."""
    with private_file(path) as file:
        file.write(content)


@contextmanager
def filled(folder: Path) -> Iterator[Path]:
    """A folder to fill, which gets its name when it is full and is gone if an error passes. InvalidParameter where something is
    in its place already."""
    refuse_taken(folder)
    with beside(folder) as making:
        yield making
        making.rename(folder)


def refuse_taken(folder: Path) -> None:
    """InvalidParameter where something is in the folder's place already."""
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise InvalidParameter(
            f"{folder}: there is something already; name a folder that is new or empty.",
            f"{folder}: đã có sẵn dữ liệu; hãy ghi tên một thư mục mới hoặc rỗng.",
            where=str(folder),
        )


@contextmanager
def beside(folder: Path) -> Iterator[Path]:
    """A folder of mode 0700 in the same place, which is gone when the block ends; where the block was killed, with the next that
    is made beside the same folder."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    _clear(folder)
    making, held = _held(folder)
    try:
        yield making
    finally:
        shutil.rmtree(making, ignore_errors=True)
        os.close(held)


def _held(folder: Path) -> tuple[Path, int]:
    """A new folder of mode 0700, locked for as long as what is opened of it stays so."""
    while True:
        making = Path(tempfile.mkdtemp(prefix=_prefix(folder), dir=folder.parent))
        try:
            held = os.open(making, os.O_RDONLY)
        except FileNotFoundError:
            continue
        _locked(held, fcntl.LOCK_SH)
        if making.exists():
            return making, held
        os.close(held)  # somebody took it for one that was left, before it was locked


def _clear(folder: Path) -> None:
    """Deletes what was left beside it by those who were killed: of the others each is locked."""
    for left in folder.parent.glob(f"{glob.escape(_prefix(folder))}*"):
        try:
            held = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:  # not ours, or gone by now
            continue
        try:
            if _locked(held, fcntl.LOCK_EX | fcntl.LOCK_NB):
                shutil.rmtree(left, ignore_errors=True)
        finally:
            os.close(held)


def _locked(held: int, how: int) -> bool:
    """False where somebody else has it, or the file system knows no locks."""
    try:
        fcntl.flock(held, how)
    except OSError:
        return False
    return True


def _prefix(folder: Path) -> str:
    return f".{folder.name}-making-"

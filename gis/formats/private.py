"""Files and folders that only their owner may read."""

from __future__ import annotations

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
    """A folder to fill, which gets its name when it is full and is gone if an error passes. InvalidParameter where something
    is in its place already."""
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise InvalidParameter(
            f"{folder}: there is something already; name a folder that is new or empty.",
            f"{folder}: đã có sẵn dữ liệu; hãy ghi tên một thư mục mới hoặc rỗng.",
            where=str(folder),
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))  # mode 0700
    try:
        yield making
        making.rename(folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)

"""Open data on disk: the files of each published version of a layer, made once, complete or not there at all.

`<root>/<layer>/<number>/` holds the files and `manifest.json`. It is made under another name and renamed when all of it
is on the disk, so whoever is killed leaves nothing that could be taken for a version. What a manifest says is compared
with the database and the layer each time: after a restore, or when a layer shows less than before, its files are as if
they were not there and are made anew.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from gis.errors import NoRoom
from gis.model.layer import Layer
from gis.store.open_data import Version

MANIFEST = "manifest.json"
_MAKING, _OLD = ".making-", ".old-"
_LOCK = ".lock"
_AGAIN = 0.2  # seconds until the lock is asked for again
_RESERVE = 1 << 30
_SPARED = 600.0

type Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class File:
    """One file of a version; `sha256` in hexadecimal, `size` in bytes."""

    name: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a version holds. `instant` is that of the changeset and the one at which the features hold; texts by language.

    `columns`: as of gis.formats.dictionary. `rows`: digest of the rules by which rows are public. `invented`: as of Version.
    """

    layer: str
    number: int
    instant: datetime
    features: int
    bbox: Box | None
    crs: str
    title: dict[str, str]
    description: dict[str, str]
    owner: str
    licence: str
    columns: tuple[dict[str, str], ...]
    rows: str
    files: tuple[File, ...]
    invented: bool = False

    def file(self, name: str) -> File | None:
        """The file of that name, if the version has it."""
        return next((file for file in self.files if file.name == name), None)

    def encoded(self) -> bytes:
        """As JSON."""
        return json.dumps({**asdict(self), "instant": self.instant.isoformat()}, ensure_ascii=False, indent=1).encode()


def _decoded(text: bytes) -> Manifest:
    told: dict[str, Any] = json.loads(text)
    box = told["bbox"]
    return Manifest(
        **{
            **told,
            "instant": datetime.fromisoformat(told["instant"]),
            "bbox": None if box is None else tuple(box),
            "columns": tuple(told["columns"]),
            "files": tuple(File(**file) for file in told["files"]),
        }
    )


def rows_digest(layer: Layer) -> str:
    """Tells whether the same rows of the layer are public."""
    return hashlib.sha256(repr(layer.rows).encode()).hexdigest()


class Shelf:
    """The folder of open data. Its methods block; several processes may use it at the same time.

    `most_bytes`: above it older versions go, made first, when a new one comes; the newest of each layer stays, and what
    was made less than `spared` seconds ago. `reserve`: bytes that stay free on the disk.
    """

    def __init__(self, root: Path, most_bytes: int, reserve: int = _RESERVE, spared: float = _SPARED) -> None:
        self._root = root
        self._most_bytes = most_bytes
        self._reserve = reserve
        self._spared = spared

    def find(self, layer: Layer, version: Version) -> Manifest | None:
        """The version, if it has been made and shows nothing that the layer keeps back today."""
        found = self._read(self._folder(layer.id, version.number))
        if found is None or (found.instant, found.invented) != (version.instant, version.invented):
            return None
        if found.rows != rows_digest(layer):
            return None
        shown = {column["column"] for column in found.columns}
        hidden = {field.name for field in layer.fields} - {field.name for field in layer.public}
        return None if shown & hidden else found

    def path(self, manifest: Manifest, file: File) -> Path:
        """Where the file of the version lies."""
        return self._folder(manifest.layer, manifest.number) / file.name

    def made(self) -> list[Manifest]:
        """All versions that lie here, whatever the database says of them; newest first in each layer."""
        folders = [path for path in self._root.glob("*/*") if path.name.isdecimal()]
        found = [manifest for manifest in map(self._read, folders) if manifest is not None]
        return sorted(found, key=lambda manifest: (manifest.layer, -manifest.number))

    def crowded(self) -> bool:
        """Whether more lies here than should, as older versions were made that are spared still."""
        versions = self.made()
        latest = time.time() - self._spared
        return sum(map(size_of, versions)) > self._most_bytes and any(
            self._since(manifest) > latest for manifest in _older(versions)
        )

    @contextmanager
    def making(self, version: Version) -> Iterator[Path]:
        """An empty folder to make a version in; it goes if `put` does not take it. Call it with the lock held only."""
        folder = self._root / version.layer / f"{_MAKING}{version.number}"
        with _disk():
            self._sweep()
            folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def put(self, folder: Path, manifest: Manifest) -> None:
        """The folder is the version from now on; older ones make room if they must."""
        with _disk():
            (folder / MANIFEST).write_bytes(manifest.encoded())
            for path in (*folder.iterdir(), folder):
                _sync(path)
            place = self._folder(manifest.layer, manifest.number)
            if place.exists():
                self._remove(place)
            folder.rename(place)
            _sync(place.parent)
            self._make_room(manifest)

    def room(self) -> int:
        """Bytes that may be written still. NoRoom where there are none."""
        with _disk():
            self._root.mkdir(parents=True, exist_ok=True)
            left = shutil.disk_usage(self._root).free - self._reserve
        if left <= 0:
            raise NoRoom(
                "The disk has no room for these files at the moment; the operator has been told. Try again later.",
                "Máy chủ tạm thời hết chỗ để tạo các tệp này; đơn vị vận hành đã được báo. Hãy thử lại sau.",
            )
        return left

    @contextmanager
    def lock(self) -> Iterator[bool]:
        """Whether this process alone makes or removes versions now; ends with the process, however it ends."""
        with _disk():
            self._root.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._root / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
        finally:
            os.close(handle)

    def prune(self, keep: int) -> list[Manifest]:
        """Removes all but the `keep` newest versions of each layer, and what is left of unfinished ones; waits for the
        lock. The versions removed."""
        while True:
            with self.lock() as held:
                if held:
                    return self._prune(keep)
            time.sleep(_AGAIN)

    def _sweep(self) -> None:
        """What was being made or removed when its process was killed: whoever holds the lock is alone."""
        for left in (*self._root.glob(f"*/{_MAKING}*"), *self._root.glob(f"*/{_OLD}*")):
            shutil.rmtree(left)

    def _prune(self, keep: int) -> list[Manifest]:
        self._sweep()
        gone, seen = [], dict[str, int]()
        for manifest in self.made():
            seen[manifest.layer] = seen.get(manifest.layer, 0) + 1
            if seen[manifest.layer] > keep:
                self._remove(self._folder(manifest.layer, manifest.number))
                gone.append(manifest)
        return gone

    def _make_room(self, new: Manifest) -> None:
        versions = self.made()
        total = sum(map(size_of, versions))
        latest = time.time() - self._spared
        older = [m for m in _older(versions) if (m.layer, m.number) != (new.layer, new.number)]
        for manifest in sorted(older, key=self._since):
            if total <= self._most_bytes or self._since(manifest) > latest:
                return
            self._remove(self._folder(manifest.layer, manifest.number))
            total -= size_of(manifest)

    def _since(self, manifest: Manifest) -> float:
        """When it was made, in seconds of the clock; long ago if it is gone meanwhile."""
        try:
            return (self._folder(manifest.layer, manifest.number) / MANIFEST).stat().st_mtime
        except FileNotFoundError:
            return 0.0

    @staticmethod
    def _remove(place: Path) -> None:
        """Out of sight at once, then off the disk."""
        aside = place.with_name(f"{_OLD}{place.name}")
        shutil.rmtree(aside, ignore_errors=True)
        place.rename(aside)
        shutil.rmtree(aside)

    def _folder(self, layer: str, number: int) -> Path:
        return self._root / layer / str(number)

    def _read(self, folder: Path) -> Manifest | None:
        """The manifest of a folder whose files are all there."""
        try:
            found = _decoded((folder / MANIFEST).read_bytes())
            whole = all((folder / file.name).stat().st_size == file.size for file in found.files)
        except (OSError, ValueError, KeyError, TypeError):  # not there, or written by another version of this program
            return None
        return found if whole else None


def _older(versions: Sequence[Manifest]) -> list[Manifest]:
    """All but the newest of each layer; the newest come first in `versions`."""
    newest = {manifest.layer: manifest.number for manifest in reversed(versions)}
    return [manifest for manifest in versions if manifest.number != newest[manifest.layer]]


def size_of(manifest: Manifest) -> int:
    """Bytes of all files of a version."""
    return sum(file.size for file in manifest.files)


def described(path: Path, media_type: str) -> File:
    """Size and digest of a file that is complete."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return File(path.name, media_type, path.stat().st_size, digest)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _disk() -> Iterator[None]:
    """What the disk refuses, in words."""
    try:
        yield
    except OSError as error:
        raise NoRoom(
            "The folder for open data cannot be written; the operator has been told. Try again later.",
            "Máy chủ không ghi được tệp dữ liệu mở; đơn vị vận hành đã được báo. Hãy thử lại sau.",
        ) from error

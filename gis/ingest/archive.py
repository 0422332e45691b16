"""Zipped sources: unpacked into a directory of their own, under limits, or refused."""

from __future__ import annotations

import shutil
import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gis.errors import IngestError

_COPY = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What an archive may hold: members, bytes unpacked, and how many times smaller than that it may be."""

    members: int = 1000
    total: int = 20_000_000_000
    ratio: int = 200
    free_of_ratio: int = 50_000_000  # below this many bytes the ratio says nothing


def unpack(path: Path, into: Path, limits: Limits = Limits()) -> list[Path]:
    """The files of a zip archive, unpacked flat into `into`. IngestError for a broken or hostile archive.

    Links, absolute paths, `..`, encrypted members, names that stand twice, and archives that unpack to more than
    `limits` are refused. What is actually unpacked is counted: sizes in the directory may lie.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir() and not _ignored(m.filename)]
            _check(path, members, limits)
            return _extract(path, archive, members, into, limits)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError) as error:
        raise IngestError(
            f"{path.name} cannot be unpacked: {error}. Is the download complete?",
            f"Không giải nén được {path.name}: {error}. Đã tải đủ chưa?",
        ) from error


def _ignored(name: str) -> bool:
    return name.startswith("__MACOSX/") or PurePosixPath(name).name in ("", ".DS_Store", "Thumbs.db")


def _check(path: Path, members: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(members) > limits.members:
        raise IngestError(
            f"{path.name} holds {len(members)} files, more than the {limits.members} allowed.",
            f"{path.name} chứa {len(members)} tệp, quá {limits.members} tệp cho phép.",
        )
    seen: set[str] = set()
    for member in members:
        name = member.filename.replace("\\", "/")
        if name.startswith("/") or ".." in PurePosixPath(name).parts or ":" in name:
            raise IngestError(
                f"{path.name} is refused: its member '{member.filename}' points outside the archive.",
                f"Từ chối {path.name}: tệp '{member.filename}' bên trong trỏ ra ngoài.",
            )
        if stat.S_ISLNK(member.external_attr >> 16):
            raise IngestError(
                f"{path.name} is refused: its member '{member.filename}' is a link.",
                f"Từ chối {path.name}: tệp '{member.filename}' bên trong là một liên kết.",
            )
        if member.flag_bits & 1:
            raise IngestError(
                f"{path.name} is encrypted; unpack it first.", f"{path.name} có mật khẩu; hãy giải nén trước."
            )
        flat = PurePosixPath(name).name.casefold()
        if flat in seen:
            raise IngestError(
                f"{path.name} holds two files called '{flat}'; zip one data set at a time.",
                f"{path.name} chứa hai tệp cùng tên '{flat}'; hãy nén từng bộ dữ liệu một.",
            )
        seen.add(flat)


def _extract(
    path: Path, archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], into: Path, limits: Limits
) -> list[Path]:
    room = min(limits.total, max(limits.free_of_ratio, limits.ratio * path.stat().st_size))
    room = min(room, shutil.disk_usage(into).free - 50_000_000)
    files = []
    for member in members:
        target = into / PurePosixPath(member.filename.replace("\\", "/")).name
        with archive.open(member) as source, target.open("xb") as sink:
            while block := source.read(_COPY):
                room -= len(block)
                if room < 0:
                    raise IngestError(
                        f"{path.name} unpacks to more than is allowed (or than the disk holds); "
                        "unpack it by hand and load the file inside.",
                        f"{path.name} khi giải nén lớn hơn mức cho phép (hoặc hơn chỗ trống trên đĩa); hãy tự giải nén rồi nạp tệp bên trong.",
                    )
                sink.write(block)
        files.append(target)
    return files

"""Finds a PostgreSQL of a supported major version with PostGIS on this machine."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gis.errors import DatabaseUnavailable

MAJORS = range(15, 19)
POSTGIS = (3, 3)

_DIRECTORIES = (
    "usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "usr/pgsql-*/bin",  # Red Hat, PGDG
    "usr/lib/postgresql*/bin",  # SUSE
    "usr/libexec/postgresql*",  # Alpine
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin",
    "usr/local/pgsql/bin",
)
_INSTALL = (
    "On Debian or Ubuntu: apt-get install postgresql postgresql-postgis; "
    "elsewhere install both from https://www.postgresql.org/download/, or set LANDMAP_DATABASE_URL."
)


@dataclass(frozen=True, slots=True)
class Binaries:
    """One installation: `directory` holds postgres, initdb, pg_dump; `postgis` is the installed version, if any."""

    directory: Path
    major: int
    postgis: tuple[int, ...] | None

    def program(self, name: str) -> str:
        """Full path of a program of this installation."""
        return str(self.directory / name)

    @property
    def usable(self) -> bool:
        return self.major in MAJORS and self.postgis is not None and self.postgis >= POSTGIS


def find_server(major: int | None = None) -> Binaries:
    """The newest usable installation, or that of exactly `major` (the one an existing data directory needs).

    Raises DatabaseUnavailable with what is missing and how to get it.
    """
    found = sorted(_installations(), key=lambda b: b.major, reverse=True)
    if major is not None:
        return _of_major(found, major)
    for binaries in found:
        if binaries.usable:
            return binaries
    supported = [b for b in found if b.major in MAJORS]
    if not supported:
        seen = f" (found only {', '.join(str(b.major) for b in found)})" if found else ""
        raise DatabaseUnavailable(f"No PostgreSQL {MAJORS[0]} to {MAJORS[-1]} is installed{seen}. {_INSTALL}")
    raise DatabaseUnavailable(_without_postgis(supported[0]))


def find_client() -> Path:
    """Directory of the newest pg_dump and pg_restore. Raises DatabaseUnavailable where there is none."""
    found = sorted(((m, d) for d in _directories() if (m := _major(d, "pg_dump")) is not None), reverse=True)
    if not found:
        raise DatabaseUnavailable("pg_dump is not installed. On Debian or Ubuntu: apt-get install postgresql-client.")
    return found[0][1]


def _of_major(found: list[Binaries], major: int) -> Binaries:
    fitting = [b for b in found if b.major == major]
    if not fitting:
        have = ", ".join(str(b.major) for b in found) or "none"
        raise DatabaseUnavailable(
            f"The data directory was made by PostgreSQL {major}, which is not installed (installed: {have}). "
            f"Install PostgreSQL {major} with PostGIS, or choose another LANDMAP_HOME and restore a backup there."
        )
    usable = next((b for b in fitting if b.usable), None)
    if usable is None:
        raise DatabaseUnavailable(_without_postgis(fitting[0]))
    return usable


def _without_postgis(binaries: Binaries) -> str:
    need = ".".join(map(str, POSTGIS))
    have = ".".join(map(str, binaries.postgis)) if binaries.postgis else None
    problem = f"has PostGIS {have}, older than {need}" if have else f"has no PostGIS {need} or newer"
    return (
        f"PostgreSQL {binaries.major} in {binaries.directory} {problem}. "
        f"On Debian or Ubuntu: apt-get install postgresql-{binaries.major}-postgis-3."
    )


def _installations() -> Iterator[Binaries]:
    for directory in _directories():
        major = _major(directory, "postgres")
        if major is not None and (directory / "initdb").exists():
            yield Binaries(directory, major, _postgis(directory, major))


def _directories() -> Iterator[Path]:
    seen: set[Path] = set()
    for directory in _candidates():
        real = directory.resolve()
        if real not in seen and real.is_dir():
            seen.add(real)
            yield real


def _candidates() -> Iterator[Path]:
    for name in ("postgres", "pg_dump"):
        if program := shutil.which(name):
            yield Path(program).resolve().parent
    if program := shutil.which("pg_config"):
        yield Path(_output(program, "--bindir"))
    for pattern in _DIRECTORIES:
        yield from Path("/").glob(pattern)


def _major(directory: Path, program: str) -> int | None:
    """Major version by the program itself: a directory name can lie."""
    path = directory / program
    if not path.exists():
        return None
    match = re.search(r"\(PostgreSQL\) (\d+)", _output(str(path), "--version"))
    return int(match[1]) if match else None


def _postgis(directory: Path, major: int) -> tuple[int, ...] | None:
    for share in _share_directories(directory, major):
        control = share / "extension" / "postgis.control"
        if control.is_file():
            match = re.search(r"default_version\s*=\s*'([\d.]+)", control.read_text(encoding="utf-8"))
            return tuple(int(part) for part in match[1].strip(".").split(".")) if match else None
    return None


def _share_directories(directory: Path, major: int) -> Iterator[Path]:
    yield Path(f"/usr/share/postgresql/{major}")
    yield Path(f"/usr/share/postgresql{major}")
    if (directory / "pg_config").exists() and (share := _output(str(directory / "pg_config"), "--sharedir")):
        yield Path(share)
    yield directory.parent / "share" / "postgresql"
    yield directory.parent / "share"


def _output(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=False).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""  # a broken installation counts as none

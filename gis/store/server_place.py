"""Where the embedded server keeps its data and its socket, and as whom it runs."""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gis.errors import DatabaseUnavailable

ELSEWHERE = Path("/var/lib/landmap")
"""Holds the data of homes that the unprivileged user cannot reach."""

_RECORD = "server.json"
_SOCKET_ROOT = Path("/tmp")  # noqa: S108 - the directory made in it is checked to be private
_SOCKET_LIMIT = 85  # bytes; sun_path has 104 (BSD) or 108 (Linux) for directory and "/.s.PGSQL.5432"


@dataclass(frozen=True, slots=True)
class Account:
    """The system account of the server. `drop` is false where it is the caller's own."""

    name: str
    uid: int
    gid: int
    drop: bool

    def run(self, *command: str, text: str = "", errors: BinaryIO | None = None) -> subprocess.CompletedProcess[str]:
        """Run a program as this account, in a session of its own (Ctrl-C is not for it) and a clean environment.

        `text` is its input; what it says on stderr goes to `errors`, or to the result.
        """
        return subprocess.run(
            command,
            input=text,
            stdout=subprocess.PIPE,
            stderr=errors or subprocess.PIPE,
            text=True,
            check=False,
            timeout=300,
            cwd="/",
            umask=0o077,
            start_new_session=True,
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", "HOME": "/"},
            user=self.uid if self.drop else None,
            group=self.gid if self.drop else None,
            extra_groups=[] if self.drop else None,
        )


@dataclass(frozen=True, slots=True)
class Place:
    """`home` is the caller's directory, `data` the PostgreSQL data directory, `socket` that of its socket."""

    home: Path
    data: Path
    socket: Path
    account: Account

    @property
    def log(self) -> Path:
        return self.home / "postgres.log"

    @property
    def version(self) -> int | None:
        """Major version that made the data, None where there are none yet."""
        try:
            return int((self.data / "PG_VERSION").read_text(encoding="ascii"))
        except FileNotFoundError:
            return None
        except PermissionError:
            raise DatabaseUnavailable(_not_yours(self.data)) from None


def find_place(home: Path) -> Place | None:
    """The place that `home` records, None if no server was ever made for it."""
    record = _read_record(home)
    if record is None:
        return None
    data = home / record["data"]  # an absolute path stands for itself
    account = _account(data if data.exists() else None)
    return Place(home, data, _socket_directory(data, account), account)


def make_place(home: Path) -> Place:
    """The recorded place, or a new one: beside `home` where the server's account can reach it, else in /var/lib.

    `home` exists and the caller holds its lock. Makes the socket directory too: /tmp is emptied at boot.
    """
    place = find_place(home)
    if place is None:
        account = _account(None)
        data = _reachable_data(home, account)
        _write_record(home, data)
        place = Place(home, data, _socket_directory(data, account), account)
    _own_directory(place.socket, place.account)
    return place


def remove_place(place: Place) -> None:
    """Delete data, socket directory and record. The server must be stopped."""
    for directory in (place.data, place.socket):
        shutil.rmtree(directory, ignore_errors=not directory.exists())
    if place.data.parent.parent == ELSEWHERE:
        place.data.parent.rmdir()
    (place.home / _RECORD).unlink(missing_ok=True)


def _account(data: Path | None) -> Account:
    """The caller's own account; for root that of the existing data, else postgres, else nobody."""
    uid = os.geteuid()
    if uid != 0:
        if data is not None and data.stat().st_uid != uid:
            raise DatabaseUnavailable(_not_yours(data))
        return Account(_me(), uid, os.getegid(), drop=False)
    if data is not None and (owner := data.stat().st_uid) != 0:
        return Account(_name(owner), owner, data.stat().st_gid, drop=True)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid, drop=True)
    raise DatabaseUnavailable("PostgreSQL does not run as root, and there is no account postgres or nobody to run it.")


def _reachable_data(home: Path, account: Account) -> Path:
    if not account.drop or _reaches(account, home):
        return home / "postgres"
    ELSEWHERE.mkdir(mode=0o755, exist_ok=True)
    own = Path(tempfile.mkdtemp(prefix=f"{_digest(home)}-", dir=ELSEWHERE))
    own.chmod(0o755)
    return own / "postgres"


def _reaches(account: Account, directory: Path) -> bool:
    """Asks as that account: mode bits alone miss access lists and mounts."""
    return account.run("/bin/sh", "-c", 'cd "$1"', "sh", str(directory)).returncode == 0


def _socket_directory(data: Path, account: Account) -> Path:
    """Beside the data, or a short one in /tmp: socket addresses are short, and libpq splits hosts at commas."""
    beside = data.parent / "socket"
    if len(os.fsencode(beside)) <= _SOCKET_LIMIT and re.fullmatch(r"[A-Za-z0-9._/-]+", str(beside)):
        return beside
    return _SOCKET_ROOT / f"landmap-{account.uid}-{_digest(data)}"


def _own_directory(directory: Path, account: Account) -> None:
    """Make `directory` private to `account`, or prove that it is: whoever enters it is superuser of the database."""
    try:
        directory.mkdir(mode=0o700)
        if account.drop:
            os.chown(directory, account.uid, account.gid)
    except FileExistsError:
        found = directory.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid or found.st_mode & 0o077:
            raise DatabaseUnavailable(
                f"{directory} is not a private directory of {account.name}. Remove it and start again."
            ) from None


def make_data_directory(place: Place) -> Path:
    """A fresh, empty, private directory beside `place.data`, to be renamed to it when it is complete."""
    fresh = place.data.with_name(place.data.name + ".new")
    if fresh.exists():
        shutil.rmtree(fresh)
    _own_directory(fresh, place.account)
    return fresh


def _read_record(home: Path) -> dict[str, str] | None:
    try:
        record: dict[str, str] = json.loads((home / _RECORD).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    if Path(record["data"]).is_absolute() and record["home"] != str(home) and _read_record(Path(record["home"])):
        return None  # this home is a copy of one that still stands: the data are the other's
    return record


def _write_record(home: Path, data: Path) -> None:
    inside = data.is_relative_to(home)
    record = {"home": str(home), "data": str(data.relative_to(home) if inside else data)}
    fresh = home / f"{_RECORD}.new"
    fresh.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    fresh.replace(home / _RECORD)


def _not_yours(data: Path) -> str:
    owner = _name(data.stat().st_uid)
    return (
        f"The data directory {data} belongs to {owner}, and you are {_me()}. "
        f"Start as root or as {owner}, or choose another LANDMAP_HOME."
    )


def _me() -> str:
    return _name(os.geteuid())


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:  # a container may run as a number without a name
        return str(uid)


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:10]

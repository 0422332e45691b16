"""The embedded server: a PostgreSQL with PostGIS of Landmap's own, under a home directory.

It listens on a Unix socket in a private directory only; there every local connection is trusted, as the superuser
`landmap`. A home holds `postgres/` (data), `socket/`, `postgres.log`, `server.json` (where the data are) and locks.
"""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql

from gis.errors import DatabaseUnavailable
from gis.store.server_binaries import Binaries, find_server
from gis.store.server_place import Account, Place, find_place, make_data_directory, make_place, remove_place
from gis.store.server_tuning import KEPT_MEMORY, measure, tuning

SUPERUSER = "landmap"
PORT = 5432
"""Only names the socket file; the directory is private, so nobody else can hold it."""

_ROOM = 300 * 1024 * 1024  # bytes that an empty cluster with its log needs
_STOP_SECONDS = 120
_START_SECONDS = 600  # a crash may have left much log to replay
_WATCH_SECONDS = 2
_ORPHAN_SECONDS = 30  # backends of a killed server notice and leave
_LOG_LIMIT = 10 * 1024 * 1024
_FAST = signal.SIGINT  # disconnects clients, writes a checkpoint
_IMMEDIATE = signal.SIGQUIT  # leaves what was not written to a recovery


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """A running server. `started` tells whether the call that returned this started it."""

    home: Path
    data: Path
    socket: Path
    port: int
    pid: int
    started: bool

    def dsn(self, database: str = "landmap", user: str = SUPERUSER) -> str:
        """Connection URL for libpq, psycopg and asyncpg."""
        where = urlencode({"host": str(self.socket), "port": self.port}, quote_via=quote)
        return f"postgresql://{quote(user, safe='')}@/{quote(database, safe='')}?{where}"

    def create_database(self, name: str, template: str | None = None) -> str:
        """Make the database, with PostGIS, unless it is there; or as a copy of `template`. Returns its URL.

        Nobody may be connected to `template`. Raises DatabaseUnavailable.
        """
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template is not None:
            statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
        with translated(), psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
            if there is None or template is not None:
                connection.execute(statement)
        if template is None:
            with translated(), psycopg.connect(self.dsn(name)) as connection:
                connection.execute("SET client_min_messages = warning")
                connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        return self.dsn(name)

    def drop_database(self, name: str) -> None:
        """Drop the database if it is there, ending the connections to it."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        with translated(), psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute("SET client_min_messages = warning")
            connection.execute(statement)


def ensure(home: Path) -> ServerInfo:
    """Start the server of `home`, making its data first if there are none. A running one is returned as it is.

    Raises DatabaseUnavailable with one sentence on what is wrong and what to do.
    """
    home = home.resolve()
    with _locked(home):
        place = make_place(home)
        pid = _postmaster(place.data)
        if pid is not None and _becomes_ready(place, pid):
            return _info(place, pid, started=False)
        binaries = find_server(place.version)
        if place.version is None:
            _initialise(place, binaries)
        _stop_mark(home).unlink(missing_ok=True)
        return _info(place, _start(place, binaries), started=True)


def stop(home: Path) -> bool:
    """Stop the server of `home` in an orderly way (open transactions are rolled back); false if none was running."""
    return _stop_for_good(home, _FAST)


def status(home: Path) -> ServerInfo | None:
    """The running server of `home`, None if there is none."""
    place = find_place(home.resolve())
    if place is None:
        return None
    pid = _postmaster(place.data)
    return None if pid is None else _info(place, pid, started=False)


def keep(home: Path) -> ServerInfo:
    """Start the server and leave it running until `stop`, whatever `running` blocks end meanwhile."""
    info = ensure(home)
    _keep_mark(info.home).touch()
    return info


@contextmanager
def running(home: Path) -> Iterator[ServerInfo]:
    """The server for as long as the block runs; the last of the processes that use it stops it, unless it is kept."""
    home = home.resolve()
    with _locked(home):
        users = os.open(home / "users.lock", os.O_RDWR | os.O_CREAT, 0o644)
        fcntl.flock(users, fcntl.LOCK_SH)
    try:
        yield ensure(home)
    finally:
        with _locked(home):  # whoever comes next waits here, and then starts it anew
            if _last_user(users) and not _keep_mark(home).exists():
                _stop(home)
        os.close(users)


@contextmanager
def watched(home: Path, say: Callable[[str], object]) -> Iterator[None]:
    """While the block runs, a server of `home` that died is started again, and `say` is told; one that `stop` ended is not."""
    home, over = home.resolve(), threading.Event()

    def watch() -> None:
        while not over.wait(_WATCH_SECONDS):
            if status(home) is None and not _stop_mark(home).exists():
                try:
                    say(f"The database server had died; it runs again as process {ensure(home).pid}.")
                except DatabaseUnavailable as error:
                    say(f"The database server died and does not start again: {error.en}")

    watcher = threading.Thread(target=watch, name="landmap-watch", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


@contextmanager
def at_hand(home: Path, url: str | None, database: str = "landmap") -> Iterator[str]:
    """URL of the database to work with: `url`, else one of the embedded server for as long as the block runs."""
    if url is not None:
        yield url
        return
    with running(home) as server:
        yield server.create_database(database)


def destroy(home: Path) -> None:
    """Stop the server of `home` at once and delete its data for good."""
    _stop_for_good(home, _IMMEDIATE)
    place = find_place(home.resolve())
    if place is not None:
        remove_place(place)


@contextmanager
def translated() -> Iterator[None]:
    """Failures to connect, and a full disk, as DatabaseUnavailable."""
    try:
        yield
    except psycopg.errors.DiskFull as error:
        raise DatabaseUnavailable(_FULL) from error
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable(
            f"The database cannot be reached: {str(error).strip()} Check LANDMAP_DATABASE_URL, or run: landmap db start"
        ) from error


_FULL = "The disk is full. Free some space, or move LANDMAP_HOME to a larger disk, and start again."


def _info(place: Place, pid: int, *, started: bool) -> ServerInfo:
    return ServerInfo(place.home, place.data, place.socket, PORT, pid, started)


def _keep_mark(home: Path) -> Path:
    return home / "keep"


def _stop_mark(home: Path) -> Path:
    return home / "stopped"


def _last_user(users: int) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    """One starter or stopper at a time; the lock goes with the process that holds it."""
    try:
        home.mkdir(mode=0o755, parents=True, exist_ok=True)
        lock = os.open(home / "server.lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise DatabaseUnavailable(
            f"{error.filename} cannot be written: {error.strerror}. Choose another LANDMAP_HOME, or start as its owner."
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _initialise(place: Place, binaries: Binaries) -> None:
    """Make the cluster beside its place and rename it, so that a half-made one is never started."""
    if measure(place.data.parent).free < _ROOM:
        raise DatabaseUnavailable(_FULL)
    for locale in ("C.UTF-8", "C"):
        fresh = make_data_directory(place)
        options = (f"--username={SUPERUSER}", "--auth=trust", "--encoding=UTF8", f"--locale={locale}")
        done = place.account.run(
            binaries.program("initdb"), "-D", str(fresh), *options, "--data-checksums", "--no-instructions"
        )  # fmt: skip
        if "invalid locale name" not in done.stderr:
            break
    if done.returncode != 0:
        raise _failure("The database could not be made", done.stderr)
    _write(place.account, fresh / "pg_hba.conf", "local all all trust\n")
    with_include = (fresh / "postgresql.conf").read_text(encoding="utf-8") + "\ninclude_if_exists = 'landmap.conf'\n"
    _write(place.account, fresh / "postgresql.conf", with_include)
    fresh.rename(place.data)


def _write(account: Account, path: Path, text: str) -> None:
    """Writes as the server's account: root must not follow what that account may have put in its directory."""
    done = account.run("/bin/sh", "-c", 'cat > "$1"', "sh", str(path), text=text)
    if done.returncode != 0:
        raise _failure(f"{path} could not be written", done.stderr)


def _start(place: Place, binaries: Binaries) -> int:
    compression = "lz4" if _knows(place, binaries, "wal_compression=lz4") else "on"
    _write(place.account, place.data / "landmap.conf", tuning(measure(place.data), compression, place.socket, PORT))
    if place.log.exists() and place.log.stat().st_size > _LOG_LIMIT:
        place.log.replace(place.log.with_suffix(".log.old"))
    deadline = time.monotonic() + _ORPHAN_SECONDS
    while True:
        try:
            return _launch(place, binaries)
        except _Orphans:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.5)


def _launch(place: Place, binaries: Binaries) -> int:
    # These locks are known to be stale, but their number may be another process's by now (or a zombie's), which
    # PostgreSQL would take for the old server. What is left of that one holds the shared memory: checked by PostgreSQL.
    (place.data / "postmaster.pid").unlink(missing_ok=True)
    (place.socket / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)
    with place.log.open("ab") as log:
        begin = log.tell()
        # The shell goes at once, so the server is nobody's child: it outlives us, and leaves no zombie.
        done = place.account.run(
            "/bin/sh", "-c", '"$@" >&2 & echo $!', "sh", "env", *KEPT_MEMORY, binaries.program("postgres"), "-D", str(place.data), errors=log
        )  # fmt: skip
    if done.returncode != 0:
        raise _failure("The database server did not start", _log_from(place, begin))
    pid = int(done.stdout)
    if not _becomes_ready(place, pid):
        raise _failure("The database server did not start", _log_from(place, begin))
    return pid


class _Orphans(DatabaseUnavailable):
    """Processes of a server that was killed still hold its memory."""


def _knows(place: Place, binaries: Binaries, setting: str) -> bool:
    name, _, _ = setting.partition("=")
    probe = (binaries.program("postgres"), "-D", str(place.data), "-c", setting, "-C", name)
    return place.account.run(*probe).returncode == 0


def _becomes_ready(place: Place, pid: int) -> bool:
    """Wait until the server takes connections; false if it ends before."""
    deadline = time.monotonic() + _START_SECONDS
    dsn = _info(place, pid, started=False).dsn("postgres")
    while True:
        try:
            psycopg.connect(dsn, connect_timeout=5).close()
            return True
        except psycopg.OperationalError as error:
            if not _alive(pid):
                return False
            if time.monotonic() > deadline:
                raise DatabaseUnavailable(
                    f"The database server has not been ready for {_START_SECONDS} s. See {place.log}."
                ) from error
        time.sleep(0.05)


def _failure(what: str, output: str) -> DatabaseUnavailable:
    """One sentence from what a PostgreSQL program wrote."""
    if os.strerror(errno.ENOSPC) in output:
        return DatabaseUnavailable(_FULL)
    if "pre-existing shared memory block" in output:
        return _Orphans("Processes of a database server that was killed are still running. End them and start again.")
    if "is incompatible with this version" in output or "incompatible with server" in output:
        return DatabaseUnavailable(
            "The data directory was made by another PostgreSQL. Install that one, or choose another LANDMAP_HOME."
        )
    if "already exists" in output and "lock file" in output:
        return DatabaseUnavailable(
            "Another database server holds the data directory or its socket. Stop it (landmap db stop) and start again."
        )
    tail = " | ".join(line.strip() for line in output.strip().splitlines()[-4:])
    return DatabaseUnavailable(f"{what}. PostgreSQL says: {tail or 'nothing'}")


def _log_from(place: Place, begin: int) -> str:
    with place.log.open("rb") as log:
        log.seek(begin)
        return log.read().decode("utf-8", "replace")


def _stop_for_good(home: Path, how: signal.Signals) -> bool:
    """Stops it whoever uses it, so that nobody starts it again unasked."""
    home = home.resolve()
    if not home.is_dir():
        return False
    with _locked(home):
        _keep_mark(home).unlink(missing_ok=True)
        _stop_mark(home).touch()
        return _stop(home, how)


def _stop(home: Path, how: signal.Signals = _FAST) -> bool:
    place = find_place(home)
    pid = None if place is None else _postmaster(place.data)
    if pid is None:
        return False
    os.kill(pid, how)
    deadline = time.monotonic() + _STOP_SECONDS
    while _alive(pid):
        if time.monotonic() > deadline:
            raise DatabaseUnavailable(f"The database server (process {pid}) did not stop in {_STOP_SECONDS} s.")
        time.sleep(0.02)
    return True


def _postmaster(data: Path) -> int | None:
    """Process id of the server that runs on `data`; None where the pid file is missing or stale."""
    try:
        first, *_ = (data / "postmaster.pid").read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        return None
    # The number may be another program's by now, or, in a copy of a home, the original's server.
    return int(first) if first.isdigit() and _command_line(int(first)).endswith(f"-D {data}") else None


def _alive(pid: int) -> bool:
    """The process runs. Its command line does not tell: that is empty for a moment while one program becomes another."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return not Path("/proc/self/stat").exists() or Path(f"/proc/{pid}").exists()


def _command_line(pid: int) -> str:
    """Program and arguments of a process; empty for none, and for one that ended and was not yet collected."""
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").rstrip()
        except (FileNotFoundError, ProcessLookupError):
            return ""
    done = subprocess.run(("ps", "-o", "args=", "-p", str(pid)), capture_output=True, text=True, check=False)
    return done.stdout.strip()

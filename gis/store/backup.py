"""Backup to one file and restore from it, by pg_dump and pg_restore."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from gis.errors import DatabaseUnavailable, ForeignDatabase, StoreError
from gis.model.layer import Catalog
from gis.store import roles
from gis.store.database import prepare
from gis.store.embedded import translated
from gis.store.server_binaries import find_client

_SWAP_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Backup:
    """A verified archive: its bytes, and the number of tables with data in it."""

    path: Path
    size: int
    tables: int


@dataclass(frozen=True, slots=True)
class Restored:
    """The database that was put in place, and under which name the one before it is kept (None: it was empty)."""

    database: str
    kept: str | None


def backup(dsn: str, target: Path) -> Backup:
    """Write everything the database knows at this moment to `target`, readable by its owner only.

    `target` is replaced only by an archive that could be read back to the end. Raises StoreError, DatabaseUnavailable.
    """
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        # Rows of reference systems are the server's own and asserted by `prepare`; a newer PostGIS may bring them.
        _run(
            "pg_dump",
            dsn,
            "--format=custom",
            "--compress=1",
            "--exclude-table-data=*.spatial_ref_sys",
            f"--file={part}",
        )
        tables = _verify(part)
        part.replace(target)
        _sync(target.parent)
    except OSError as error:
        raise StoreError(f"{target} cannot be written: {error.strerror}. Choose another place.") from error
    finally:
        part.unlink(missing_ok=True)
    return Backup(target, target.stat().st_size, tables)


def restore(dsn: str, source: Path, catalog: Catalog) -> Restored:
    """Put what `source` holds in the place of the database that `dsn` names, and keep that one under another name.

    The archive is loaded beside, brought up to this version and this PostGIS, and checked against `catalog`; only then
    the names change, in one transaction. Whatever fails before leaves the old database as it was, nothing beside it.
    Raises ForeignDatabase (no backup of Landmap, another territory), StoreError, DatabaseUnavailable.
    """
    _verify(source)
    name = str(conninfo_to_dict(dsn)["dbname"])
    fresh = f"{name[:40]}_restore_{os.getpid()}"
    with translated(), psycopg.connect(make_conninfo(dsn, dbname="postgres"), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(fresh)))
        try:
            _fill(make_conninfo(dsn, dbname=fresh), source, catalog)
            empty = _is_empty(admin, dsn, name)
            kept = _swap(admin, name, fresh)
            if kept is not None and empty:
                admin.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(kept)))
                kept = None
            return Restored(name, kept)
        finally:  # after a swap there is none of that name
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(fresh)))


def _fill(dsn: str, source: Path, catalog: Catalog) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        roles.make(connection)  # rights are given to them in the archive
    jobs = f"--jobs={os.cpu_count() or 1}"
    _run("pg_restore", dsn, "--exit-on-error", "--no-owner", jobs, str(source))
    prepare(dsn, catalog)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("ANALYZE")


def _is_there(admin: psycopg.Connection, name: str) -> bool:
    return admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is not None


def _is_empty(admin: psycopg.Connection, dsn: str, name: str) -> bool:
    """Nothing in it but what extensions brought: not worth keeping."""
    if not _is_there(admin, name):
        return True
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            """SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname !~ '^(pg_|information_schema$)' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
               AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') LIMIT 1"""
        ).fetchone()
    return row is None


def _swap(admin: psycopg.Connection, name: str, fresh: str) -> str | None:
    """Both renames in one transaction, after whoever is connected has been sent away; they may come back meanwhile."""
    kept = f"{name[:40]}_before_{datetime.now(UTC):%Y%m%d_%H%M%S}"
    deadline = time.monotonic() + _SWAP_SECONDS
    there = _is_there(admin, name)
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    while True:
        try:
            with admin.transaction():
                if there:
                    admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
                    admin.execute(rename.format(sql.Identifier(name), sql.Identifier(kept)))
                admin.execute(rename.format(sql.Identifier(fresh), sql.Identifier(name)))
        except psycopg.errors.ObjectInUse as error:
            if time.monotonic() > deadline:
                raise StoreError(
                    f"The database {name} is in use by others who keep coming back. Stop the service and try again."
                ) from error
        else:
            return kept if there else None


def _verify(archive: Path) -> int:
    """Read the whole archive; the number of tables with data. ForeignDatabase if it is no backup of Landmap."""
    if not archive.is_file():
        raise StoreError(f"{archive} is not a file. Name a backup made by: landmap db backup FILE")
    entries = _run("pg_restore", None, "--list", str(archive)).splitlines()
    tables = [line for line in entries if " TABLE DATA " in line]
    if not any(" TABLE DATA landmap changeset " in line for line in tables):
        raise ForeignDatabase(f"{archive} is not a backup of Landmap: it holds no changesets.")
    _run("pg_restore", None, f"--file={os.devnull}", str(archive))
    return len(tables)


def _run(program: str, dsn: str | None, *options: str) -> str:
    """Output of a client program. The password goes by the environment: command lines are seen by everybody."""
    environment = {**os.environ, "LC_ALL": "C"}
    where: tuple[str, ...] = ()
    if dsn is not None:
        parts = conninfo_to_dict(dsn)
        if password := parts.pop("password", None):
            environment["PGPASSWORD"] = str(password)
        where = (f"--dbname={make_conninfo('', **parts)}",)
    command = (str(find_client() / program), *options[:-1], *where, options[-1])
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        raise _failure(program, done.stderr)
    return done.stdout


def _failure(program: str, output: str) -> StoreError:
    if os.strerror(errno.ENOSPC) in output:
        return DatabaseUnavailable("The disk is full; nothing was changed. Free some space and try again.")
    if "server version mismatch" in output:
        return DatabaseUnavailable(
            "The installed pg_dump is older than the database server. Install the PostgreSQL client of its version."
        )
    lines = [line.removeprefix(f"{program}: ").removeprefix("error: ") for line in output.strip().splitlines()]
    return StoreError(f"{program} failed, nothing was changed: {' | '.join(lines[:3]) or 'no message'}")


def _sync(directory: Path) -> None:
    """Make the new name itself safe against a power cut."""
    with _opened(directory) as descriptor:
        os.fsync(descriptor)


@contextlib.contextmanager
def _opened(directory: Path) -> Iterator[int]:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)

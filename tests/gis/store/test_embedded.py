from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import psycopg
import pytest

from gis.errors import DatabaseUnavailable
from gis.store import embedded, server_binaries, server_place
from gis.store.embedded import ServerInfo

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account")


@pytest.fixture
def open_path() -> Iterator[Path]:
    """A directory that every account may enter (pytest's own `tmp_path` lies in one that only its user may)."""
    path = Path(tempfile.mkdtemp(prefix="landmap-test-", dir="/tmp"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path)


@pytest.fixture
def home(open_path: Path) -> Iterator[Path]:
    """A home of its own for tests that stop, kill or spoil the server."""
    home = open_path / "home"
    try:
        yield home
    finally:
        embedded.destroy(home)


def _answers(dsn: str) -> bool:
    with psycopg.connect(dsn) as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)


def _kill(info: ServerInfo) -> None:
    os.kill(info.pid, signal.SIGKILL)
    while embedded._alive(info.pid):
        time.sleep(0.01)


async def test_both_drivers_connect_by_the_same_url(server: ServerInfo) -> None:
    dsn = server.create_database("both drivers, đất")
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT current_database(), postgis_lib_version()").fetchone()
    opened = await asyncpg.connect(dsn)
    try:
        assert row is not None
        assert row[0] == await opened.fetchval("SELECT current_database()") == "both drivers, đất"
        assert tuple(int(p) for p in row[1].split(".")[:2]) >= (3, 3)
    finally:
        await opened.close()


def test_making_a_database_twice_changes_nothing(server: ServerInfo) -> None:
    dsn = server.create_database("twice")
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE kept (n int)")
    assert server.create_database("twice") == dsn
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_the_server_listens_in_a_private_directory_only(server: ServerInfo) -> None:
    assert stat.S_IMODE(server.socket.stat().st_mode) == 0o700
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    with psycopg.connect(server.dsn("postgres")) as connection:
        shown = {name: connection.execute(f"SHOW {name}").fetchone() for name in ("listen_addresses", "jit")}
    assert shown == {"listen_addresses": ("",), "jit": ("off",)}


def test_vietnamese_letters_change_case(server: ServerInfo) -> None:
    with psycopg.connect(server.dsn("postgres")) as connection:
        assert connection.execute("SELECT lower('ĐẤT Ở ĐÔ THỊ')").fetchone() == ("đất ở đô thị",)


def test_a_second_start_finds_the_running_server(server: ServerInfo) -> None:
    again = embedded.ensure(server.home)
    assert (again.pid, again.started) == (server.pid, False)


def test_a_server_that_nobody_told_otherwise_writes_through_to_the_disk(home: Path) -> None:
    with psycopg.connect(embedded.ensure(home).dsn("postgres")) as connection:
        shown = [connection.execute(f"SHOW {name}").fetchone() for name in ("fsync", "full_page_writes")]
    assert shown == [("on",), ("on",)]


def test_a_killed_server_is_recovered_with_what_it_had_committed(home: Path) -> None:
    first = embedded.ensure(home)
    with psycopg.connect(first.create_database("landmap")) as connection:
        connection.execute("CREATE TABLE t AS SELECT generate_series(1, 1000) AS n")
    _kill(first)
    assert embedded.status(home) is None
    second = embedded.ensure(home)
    assert second.started
    with psycopg.connect(second.dsn()) as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (1000,)


def test_a_watched_server_that_dies_comes_back_and_one_that_is_stopped_does_not(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "_WATCH_SECONDS", 0.05)
    told: list[str] = []
    first = embedded.ensure(home)
    with embedded.watched(home, told.append):
        _kill(first)
        deadline = time.monotonic() + 60
        while not told:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        second = embedded.status(home)
        assert second is not None and str(second.pid) in told[0]
        embedded.stop(home)
        looked = _looks(monkeypatch)
        deadline = time.monotonic() + 60
        while len(looked) < 3:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert embedded.status(home) is None
    assert len(told) == 1


def _looks(monkeypatch: pytest.MonkeyPatch) -> list[ServerInfo | None]:
    """What is found from now on by everybody who looks whether the server runs."""
    looked: list[ServerInfo | None] = []
    status = embedded.status

    def look(home: Path) -> ServerInfo | None:
        looked.append(status(home))
        return looked[-1]

    monkeypatch.setattr(embedded, "status", look)
    return looked


def test_a_process_number_used_again_by_another_program_does_not_hinder_the_start(home: Path) -> None:
    first = embedded.ensure(home)
    _kill(first)
    for lock in (first.data / "postmaster.pid", first.socket / ".s.PGSQL.5432.lock"):
        lock.write_text(lock.read_text().replace(str(first.pid), str(os.getpid()), 1))
    assert _answers(embedded.ensure(home).dsn("postgres"))


def test_a_copy_of_a_running_home_gets_a_server_of_its_own(home: Path, open_path: Path) -> None:
    first = embedded.ensure(home)
    copy = open_path / "copy"
    subprocess.run(("cp", "-a", str(home), str(copy)), check=True)
    try:
        second = embedded.ensure(copy)
        assert second.pid != first.pid
        assert second.data == copy / "postgres"
        assert _answers(first.dsn("postgres"))
    finally:
        embedded.destroy(copy)


def test_a_home_reached_by_a_link_is_the_same_home(home: Path, open_path: Path) -> None:
    first = embedded.ensure(home)
    (open_path / "link").symlink_to(home)
    assert embedded.ensure(open_path / "link").pid == first.pid


def test_starters_at_the_same_moment_get_one_server(home: Path) -> None:
    code = "import sys, pathlib; from gis.store import embedded; print(embedded.ensure(pathlib.Path(sys.argv[1])).pid)"
    starters = [
        subprocess.Popen((sys.executable, "-c", code, str(home)), stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    pids = {starter.communicate(timeout=60)[0].strip() for starter in starters}
    info = embedded.status(home)
    assert info is not None
    assert pids == {str(info.pid)}


def test_the_last_user_stops_the_server(home: Path) -> None:
    with embedded.running(home) as outer:
        with embedded.running(home) as inner:
            assert inner.pid == outer.pid
        assert _answers(outer.dsn("postgres"))
    assert embedded.status(home) is None
    assert not embedded._alive(outer.pid)


def test_a_kept_server_outlives_its_users(home: Path) -> None:
    kept = embedded.keep(home)
    with embedded.running(home):
        pass
    assert _answers(kept.dsn("postgres"))
    assert embedded.stop(home)
    assert not embedded.stop(home)


def test_users_that_come_and_go_always_find_a_server(home: Path) -> None:
    def use(_: int) -> bool:
        with embedded.running(home) as server:
            return _answers(server.dsn("postgres"))

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(use, range(12)))
    assert embedded.status(home) is None


@pytest.mark.parametrize("name", ["x" * 120, "nhà, đất 'và' \"phố\" $HOME %20"])
def test_long_and_odd_paths_get_a_short_private_socket_directory(open_path: Path, name: str) -> None:
    home = open_path / name
    try:
        info = embedded.ensure(home)
        assert info.socket.parent == Path("/tmp")
        assert stat.S_IMODE(info.socket.stat().st_mode) == 0o700
        assert _answers(info.create_database("landmap"))
    finally:
        embedded.destroy(home)
    assert not info.socket.exists()


def test_a_socket_directory_that_others_may_enter_is_refused(home: Path) -> None:
    info = embedded.ensure(home)
    embedded.stop(home)
    info.socket.chmod(0o755)
    with pytest.raises(DatabaseUnavailable, match="is not a private directory"):
        embedded.ensure(home)


def test_a_link_in_the_place_of_the_socket_directory_is_refused(home: Path, tmp_path: Path) -> None:
    info = embedded.ensure(home)
    embedded.stop(home)
    info.socket.rename(tmp_path / "elsewhere")
    info.socket.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DatabaseUnavailable, match="is not a private directory"):
        embedded.ensure(home)
    info.socket.unlink()


def test_a_cluster_left_half_made_is_made_again(home: Path) -> None:
    home.mkdir()
    (home / "postgres.new").mkdir()
    (home / "postgres.new" / "PG_VERSION").write_text("15\n")
    assert _answers(embedded.ensure(home).dsn("postgres"))
    assert not (home / "postgres.new").exists()


@as_root
def test_root_drops_to_an_unprivileged_account(home: Path) -> None:
    info = embedded.ensure(home)
    assert Path(f"/proc/{info.pid}").stat().st_uid != 0
    assert info.data.stat().st_uid != 0


@as_root
def test_where_that_account_cannot_come_the_data_lie_elsewhere(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    home = closed / "clone" / ".landmap"
    try:
        info = embedded.ensure(home)
        assert info.data.is_relative_to(server_place.ELSEWHERE)
        assert _answers(info.dsn("postgres"))
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        again = embedded.ensure(home)
        assert (again.pid, again.data) == (info.pid, info.data)
    finally:
        embedded.destroy(home)
    assert not info.data.parent.exists()


@as_root
def test_a_copy_of_a_home_does_not_share_data_that_lie_elsewhere(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    try:
        first = embedded.ensure(closed / "first")
        shutil.copytree(closed / "first", closed / "second")
        second = embedded.ensure(closed / "second")
        assert first.data != second.data
        (closed / "first").rename(closed / "moved")
        moved = embedded.ensure(closed / "moved")
        assert moved.data == first.data
    finally:
        embedded.destroy(closed / "second")
        embedded.destroy(closed / "moved")
    assert not first.data.parent.exists()


@as_root
def test_an_unprivileged_account_runs_the_server_as_itself(open_path: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(open_path, nobody.pw_uid, nobody.pw_gid)
    home = open_path / "home"
    _as_account(nobody, lambda: _answers(embedded.ensure(home).create_database("landmap")))
    try:
        info = embedded.status(home)  # root finds it, too
        assert info is not None
        assert Path(f"/proc/{info.pid}").stat().st_uid == nobody.pw_uid
        assert embedded.ensure(home).pid == info.pid
    finally:
        embedded.destroy(home)


@as_root
def test_the_data_of_another_account_are_not_touched(home: Path) -> None:
    embedded.ensure(home)

    def refused() -> bool:
        with pytest.raises(DatabaseUnavailable, match="start as its owner"):
            embedded.ensure(home)
        return True

    _as_account(pwd.getpwnam("nobody"), refused)


def _as_account(account: pwd.struct_passwd, work: Callable[[], bool]) -> None:
    """Run `work` in a child that is `account` (an interpreter below /root could not be started by it)."""
    if account.pw_uid == 0:
        raise ValueError("give an unprivileged account")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a fork beside threads: the child uses none of their locks
        child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(account.pw_gid)
            os.setuid(account.pw_uid)
            os._exit(0 if work() else 1)
        except BaseException as error:  # noqa: BLE001 - a child must not come back into the test run
            os.write(2, f"{type(error).__name__}: {error}\n".encode())
            os._exit(2)
    _, result = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(result) == 0


def test_data_of_a_major_version_that_is_not_installed_are_named(home: Path) -> None:
    info = embedded.ensure(home)
    embedded.stop(home)
    version = info.data / "PG_VERSION"
    before = version.read_text()
    version.write_text("12\n")
    with pytest.raises(DatabaseUnavailable, match="made by PostgreSQL 12, which is not installed"):
        embedded.ensure(home)
    version.write_text(before)


def test_what_the_server_says_when_it_does_not_start_is_told(home: Path) -> None:
    info = embedded.ensure(home)
    embedded.stop(home)
    configuration = info.data / "postgresql.auto.conf"
    configuration.write_text("nonsense = 'yes'\n")
    with pytest.raises(DatabaseUnavailable, match='unrecognized configuration parameter "nonsense"'):
        embedded.ensure(home)


def test_too_little_room_is_told_before_anything_is_made(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "_ROOM", 1 << 60)
    with pytest.raises(DatabaseUnavailable, match="The disk is full"):
        embedded.ensure(home)
    assert not (home / "postgres").exists()


@as_root
def test_a_disk_that_fills_up_is_one_clear_sentence(open_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = open_path / "small"
    small.mkdir()
    mounted = subprocess.run(("mount", "-t", "tmpfs", "-o", "size=12m,mode=755", "tmpfs", str(small)), check=False)
    if mounted.returncode != 0:
        pytest.skip("this machine does not let a test mount a small disk")
    try:
        monkeypatch.setattr(embedded, "_ROOM", 0)
        with pytest.raises(DatabaseUnavailable, match="The disk is full"):
            embedded.ensure(small / "home")
        assert embedded.status(small / "home") is None
    finally:
        embedded.destroy(small / "home")
        subprocess.run(("umount", str(small)), check=True)


def test_missing_postgresql_is_told_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(server_binaries, "_DIRECTORIES", ())
    with pytest.raises(DatabaseUnavailable, match=r"No PostgreSQL 15 to 18 is installed.*apt-get install postgresql"):
        embedded.ensure(home)


@pytest.mark.parametrize(
    ("version", "postgis", "message"),
    [
        ("16.4", None, "has no PostGIS 3.3 or newer.*postgresql-16-postgis-3"),
        ("16.4", "3.1.4", "has PostGIS 3.1.4, older than 3.3"),
        ("13.9", "3.4.0", "No PostgreSQL 15 to 18 is installed .found only 13"),
    ],
)
def test_an_installation_that_does_not_suffice_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, postgis: str | None, message: str
) -> None:
    _installation(tmp_path, version, postgis)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(server_binaries, "_DIRECTORIES", ())
    monkeypatch.setattr(server_binaries, "_share_directories", lambda directory, _: [directory.parent / "share"])
    with pytest.raises(DatabaseUnavailable, match=message):
        server_binaries.find_server()


def test_the_newest_installation_with_postgis_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for version, postgis in (("15.2", "3.3.2"), ("17.1", "3.5.0"), ("18.0", None)):
        _installation(tmp_path / version, version, postgis)
    monkeypatch.setenv("PATH", ":".join(str(tmp_path / v / "bin") for v in ("15.2", "17.1", "18.0")))
    monkeypatch.setattr(server_binaries, "_DIRECTORIES", (f"{str(tmp_path)[1:]}/*/bin",))
    monkeypatch.setattr(server_binaries, "_share_directories", lambda directory, _: [directory.parent / "share"])
    assert server_binaries.find_server().major == 17
    assert server_binaries.find_server(major=15).postgis == (3, 3, 2)


def _installation(root: Path, version: str, postgis: str | None) -> None:
    (root / "bin").mkdir(parents=True)
    for program in ("postgres", "initdb"):
        path = root / "bin" / program
        path.write_text(f"#!/bin/sh\necho '{program} (PostgreSQL) {version} (Debian)'\n")
        path.chmod(0o755)
    if postgis is not None:
        (root / "share" / "extension").mkdir(parents=True)
        (root / "share" / "extension" / "postgis.control").write_text(f"default_version = '{postgis}'\n")


def test_ctrl_c_at_the_terminal_does_not_reach_the_server(server: ServerInfo) -> None:
    assert os.getsid(server.pid) != os.getsid(0)
    assert os.getpgid(server.pid) != os.getpgid(0)

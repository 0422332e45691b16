"""`landmap serve` from outside: start, stop, busy port, killed parent."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gis.errors import LandmapError
from gis.store import embedded
from services.commands.serve import reserved

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import sys, typer
from gis.errors import LandmapError
from services.commands.serve import serve
app = typer.Typer(pretty_exceptions_enable=False)
app.command()(serve)
try:
    app()
except LandmapError as error:
    sys.exit(f"landmap: {error}")
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(environment: dict[str, str], *options: str) -> Iterator[subprocess.Popen[str]]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LANDMAP_")}
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *options],
        env={**kept, "LANDMAP_LOG_LEVEL": "warning", **environment},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=60)


def wait_until_ready(process: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + 120
    while not answers(port):
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.1)


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def wait_until_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 10
    while left := [pid for pid in pids if Path(f"/proc/{pid}").exists()]:
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


def children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(part) for part in text.split()]


def test_a_busy_port_is_one_sentence() -> None:
    with socket.socket() as busy:
        busy.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        with (
            pytest.raises(LandmapError, match=f"127.0.0.1:{port}: Address already in use. .*LANDMAP_PORT="),
            reserved("127.0.0.1", port),
        ):
            pass


def test_an_address_of_another_machine_is_one_sentence() -> None:
    with pytest.raises(LandmapError, match=r"Cannot listen on 192\.0\.2\.1:8080"), reserved("192.0.2.1", 8080):
        pass


def test_two_starts_do_not_share_a_port() -> None:
    port = free_port()
    with reserved("127.0.0.1", port), pytest.raises(LandmapError, match="in use"), reserved("127.0.0.1", port):
        pass


@pytest.mark.slow
def test_it_serves_a_database_and_sigterm_leaves_no_process(make_database: Callable[..., str]) -> None:
    port = free_port()
    environment = {"LANDMAP_DATABASE_URL": make_database(), "LANDMAP_PORT": str(port), "LANDMAP_WORKERS": "2"}
    with serving(environment) as process:
        wait_until_ready(process, port)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/collections/parcels/items") as answer:
            assert json.loads(answer.read())["numberMatched"] == 0
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            assert b'handler="items"' in answer.read()  # counted by whichever worker, told by whichever other
        assert process.stdout is not None
        said = ""
        while f"http://127.0.0.1:{port}/" not in said:  # told a moment after the first answer
            said += process.stdout.readline()
        workers = children(process.pid)
        assert len(workers) >= 2
        with socket.create_connection(("127.0.0.1", port)):  # an idle client does not hold it up
            process.send_signal(signal.SIGTERM)
            said += process.communicate(timeout=30)[0]
        assert process.returncode == 0
        assert said.rstrip().endswith("Stopped.")
        wait_until_gone(workers)
        assert not answers(port)


@pytest.mark.slow
def test_workers_end_when_their_parent_is_killed(make_database: Callable[..., str]) -> None:
    port = free_port()
    with serving({"LANDMAP_DATABASE_URL": make_database(), "LANDMAP_PORT": str(port)}) as process:
        wait_until_ready(process, port)
        workers = children(process.pid)
        process.kill()
        process.wait()
        wait_until_gone(workers)
        with reserved("127.0.0.1", port):
            pass


@pytest.mark.slow
def test_the_demo_starts_stops_its_database_and_starts_again_loading_nothing(tmp_path: Path) -> None:
    port = free_port()
    environment = {"LANDMAP_HOME": str(tmp_path / "home"), "LANDMAP_PORT": str(port), "LANDMAP_DEMO_PARCELS": "500"}
    counts = []
    try:
        for _ in range(2):
            with serving(environment, "--demo") as process:
                wait_until_ready(process, port)
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/collections/parcels") as answer:
                    found = json.loads(answer.read())
                    counts.append((found["itemCount"], found["dataVersion"]))
                process.terminate()
                process.communicate(timeout=60)
                assert process.returncode == 0
                assert embedded.status(tmp_path / "home") is None
    finally:
        embedded.destroy(tmp_path / "home")
    assert counts[0] == counts[1]
    assert counts[0][0] == 500


@pytest.mark.slow
def test_a_database_that_dies_under_it_is_started_again(tmp_path: Path) -> None:
    port, home = free_port(), tmp_path / "home"
    try:
        with serving({"LANDMAP_HOME": str(home), "LANDMAP_PORT": str(port)}) as process:
            wait_until_ready(process, port)
            before = embedded.status(home)
            assert before is not None
            os.kill(before.pid, signal.SIGKILL)
            deadline = time.monotonic() + 60
            while (now := embedded.status(home)) is None or now.pid == before.pid:
                assert time.monotonic() < deadline
                time.sleep(0.2)
            wait_until_ready(process, port)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/collections/parcels/items") as answer:
                assert json.loads(answer.read())["numberMatched"] == 0
            process.terminate()
            process.communicate(timeout=60)
            assert process.returncode == 0
            assert embedded.status(home) is None
    finally:
        embedded.destroy(home)

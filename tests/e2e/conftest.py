"""A real `landmap serve --demo` with a home of its own, and QGIS, for the tests that look at Landmap from outside."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from gis.store import embedded

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "services" / "web"
LANDMAP = ROOT / ".venv" / "bin" / "landmap"
PARCELS = 2000
PAGE_PARCELS = 1500
QGIS_PYTHON = Path("/usr/bin/python3")  # the one that Debian's python3-qgis is made for
QGIS_SCRIPTS = Path(__file__).parent / "qgis"
_BY_A_TEST = "asked-by-a-test"
_READY_SECONDS = 150
_STOP_SECONDS = 60

type Seen = dict[str, Any]
type Ask = Callable[[str, Seen], Seen]


@dataclass(frozen=True, slots=True)
class Service:
    """A running service: its address without a slash at the end, its home, and where its log lines go."""

    address: str
    home: Path
    log: Path

    def get(self, path: str, **parameters: str | int) -> Any:
        """The JSON answer of a path. Such requests are left out of `requests`."""
        headers = {"X-Request-Id": _BY_A_TEST, "Accept-Language": "en"}
        answer = httpx.get(
            self.address + path, params={"f": "json", **parameters}, headers=headers, timeout=60, follow_redirects=True
        )
        return answer.raise_for_status().json()

    def requests(self) -> list[dict[str, Any]]:
        """Every request answered so far, as the log has it, but for those of `get` and of probes."""
        lines = [orjson.loads(line) for line in self.log.read_bytes().splitlines() if line.startswith(b"{")]
        return [
            line
            for line in lines
            if line["event"] == "request" and line["request_id"] != _BY_A_TEST and line["path"] != "/readyz"
        ]


@dataclass(frozen=True, slots=True)
class Browser:
    """Node, which finds playwright-core in services/web, and the Chromium it drives."""

    node: str
    chromium: str


@pytest.fixture(scope="session")
def browser() -> Browser:
    """Skips where there is no Chromium, no Node or no playwright-core."""
    names = ("chromium", "chromium-browser", "google-chrome")
    chromium = next((path for name in names if (path := shutil.which(name))), None)
    if chromium is None:
        pytest.skip("no Chromium on the PATH")
    node = shutil.which("node")
    if node is None or not (WEB / "node_modules" / "playwright-core").is_dir():
        pytest.skip("no Node with playwright-core: run `npm ci` in services/web")
    return Browser(node, chromium)


@pytest.fixture(scope="session")
def service() -> Iterator[Service]:
    """A service over a demo city of 2,000 parcels. It ends by SIGTERM and must leave no process behind."""
    home = Path(tempfile.mkdtemp(prefix="landmap-e2e-", dir="/tmp"))
    home.chmod(0o755)  # the account of the database has to come in
    started = Service(f"http://127.0.0.1:{_free_port()}", home / "landmap", home / "service.log")
    process = _start(started)
    try:
        _wait_until_ready(started, process)
        yield started
    finally:
        _end(process, started.home)
        shutil.rmtree(home)


@pytest.fixture(scope="session")
def page_database(make_database: Callable[..., str]) -> str:
    """The database behind `base`, for tests that give out keys."""
    return make_database()


@pytest.fixture(scope="session")
def base(page_database: str) -> Iterator[str]:
    """Address of a running service with a demo city of 1,500 parcels, shared by all that walk through the pages."""
    port = _free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LANDMAP_")},
        "LANDMAP_DATABASE_URL": page_database,
        "LANDMAP_PORT": str(port),
        "LANDMAP_LOG_LEVEL": "error",
        "LANDMAP_STATEMENT_TIMEOUT_MS": "60000",  # a machine that stands still for a while is no fault of the page
    }
    loaded = subprocess.run(
        [LANDMAP, "demo-data", "--parcels", str(PAGE_PARCELS)],
        env=environment,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert loaded.returncode == 0, loaded.stderr
    service = subprocess.Popen([LANDMAP, "serve"], env=environment, cwd=ROOT)
    try:
        yield _when_ready(f"http://127.0.0.1:{port}", service)
    finally:
        service.send_signal(signal.SIGTERM)
        service.wait(timeout=20)


def _when_ready(address: str, service: subprocess.Popen[bytes]) -> str:
    answer = None
    for _ in range(300):
        assert service.poll() is None, "landmap serve ended"
        try:
            answer = httpx.get(f"{address}/readyz", timeout=5)
            if answer.status_code == 200:
                return address
        except httpx.TransportError:
            pass  # not listening yet
        time.sleep(0.2)
    raise AssertionError(f"landmap serve was not ready within a minute: {answer and answer.text}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(service: Service) -> subprocess.Popen[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LANDMAP_")}
    settings = {
        "LANDMAP_HOME": str(service.home),
        "LANDMAP_PORT": service.address.rpartition(":")[2],
        "LANDMAP_DEMO_PARCELS": str(PARCELS),
        "LANDMAP_VERIFICATIONS_A_MINUTE": "1000000",  # many clients ask from one address
        "LANDMAP_DRAWINGS_A_MINUTE": "1000000",
        "LANDMAP_STATEMENT_TIMEOUT_MS": "60000",
    }
    with service.log.open("wb") as log:
        return subprocess.Popen(
            [LANDMAP, "serve", "--demo"], env=kept | settings, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
        )


def _wait_until_ready(service: Service, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        assert process.poll() is None, f"landmap serve ended: {service.log.read_text()}"
        try:
            if httpx.get(f"{service.address}/readyz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass  # not listening yet
        assert time.monotonic() < deadline, f"not ready within {_READY_SECONDS} s: {service.log.read_text()}"
        time.sleep(0.2)


def _left_after_a_moment(pid: int, home: Path) -> list[str]:
    """Processes that stay; Python's own resource tracker ends just after its parent."""
    for _ in range(50):
        if not (left := _processes(pid, home)):
            return []
        time.sleep(0.1)
    return left


def _end(process: subprocess.Popen[bytes], home: Path) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        code = process.wait(_STOP_SECONDS)
        left = _left_after_a_moment(process.pid, home)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise AssertionError(f"landmap serve did not end within {_STOP_SECONDS} s of SIGTERM") from None
    finally:
        embedded.destroy(home)
    assert code == 0
    assert left == []


def _processes(session: int, home: Path) -> list[str]:
    """Processes of the service's session, and others that were started for its home, such as its database."""
    listed = subprocess.run(["ps", "-eo", "pid=,sess=,stat=,args="], capture_output=True, text=True, check=True)
    rows = [line.split(None, 3) for line in listed.stdout.splitlines()]
    return [
        " ".join(row) for row in rows if row[2][0] != "Z" and (row[1] == str(session) or str(home) in "".join(row[3:]))
    ]


@pytest.fixture(scope="session")
def qgis(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a QGIS without a screen and with a profile of its own. Skips where there is no QGIS."""
    probe = [str(QGIS_PYTHON), "-c", "import qgis.core, qgis.gui"]
    if not QGIS_PYTHON.exists() or subprocess.run(probe, capture_output=True, check=False).returncode != 0:
        pytest.skip(f"{QGIS_PYTHON} has no QGIS: install qgis and python3-qgis")
    profile = tmp_path_factory.mktemp("qgis")
    profile.chmod(0o700)
    return {
        "PATH": os.defpath,
        "LC_ALL": "C.UTF-8",
        "HOME": str(profile),
        "XDG_RUNTIME_DIR": str(profile),
        "QGIS_CUSTOM_CONFIG_PATH": str(profile),
        "QT_QPA_PLATFORM": "offscreen",
    }


@pytest.fixture(scope="session")
def ask(qgis: dict[str, str], service: Service) -> Ask:
    """`ask(script, question)`: the answer of a script of tests/e2e/qgis, and `answered`: requests in the service's log."""

    def asked(script: str, question: Seen) -> Seen:
        before = len(service.requests())
        command = [QGIS_PYTHON, QGIS_SCRIPTS / script]
        done = subprocess.run(
            command, input=json.dumps(question), env=qgis, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        answer: Seen = json.loads(done.stdout)
        return {**answer, "answered": service.requests()[before:]}

    return asked

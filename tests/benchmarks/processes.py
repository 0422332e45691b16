"""Programs that run while something is measured: started, waited for, and ended by their own process group."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.load import BenchmarkError

_READY = 90  # seconds until a server must answer
_END = 20  # seconds it has to end in good order


@dataclass(frozen=True, slots=True)
class Program:
    """How a server is started. `probe`: a path that answers 200 when it is ready."""

    command: Sequence[str]
    environment: Mapping[str, str]
    directory: Path
    log: Path
    probe: str


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def running(program: Program, port: int) -> Iterator[None]:
    """The program, from its first good answer on `port` until the block ends. BenchmarkError if it does not come up."""
    with program.log.open("ab") as log:
        process = subprocess.Popen(
            program.command,
            env={**os.environ, **program.environment},
            cwd=program.directory,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait(process, f"http://127.0.0.1:{port}{program.probe}", program)
        yield
    finally:
        _end(process)


def _wait(process: subprocess.Popen[bytes], url: str, program: Program) -> None:
    deadline = time.monotonic() + _READY
    said = "no answer"
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=30):
                return
        except urllib.error.HTTPError as error:
            said = f"status {error.code}"
        except OSError as error:
            said = str(error)
        time.sleep(0.1)
    ended = "" if process.poll() is None else f" (it ended with status {process.returncode})"
    raise BenchmarkError(f"{program.command[0]} did not come up{ended}: {said}; see {program.log}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask the program to end; then end what is left of the group that it leads, workers included."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_END)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()

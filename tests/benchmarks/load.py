"""Load on one server of this machine by `wrk`, bounded in time, and what came of it."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

CONNECTIONS = 8
_TIMEOUT = 60  # seconds for one answer: the slowest peers need some
_ENOUGH = 40  # answers from which a rate can be read
_SCRIPT = Path(__file__).with_name("paths.lua")
_HOST = "http://127.0.0.1:"


class BenchmarkError(Exception):
    """A measurement that would not be worth reading: what is wrong, and with whom."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of `wrk`: answers, how long it took, their bytes with headers, and latencies in milliseconds."""

    requests: int
    seconds: float
    bytes: int
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.requests / self.seconds


@dataclass(frozen=True, slots=True)
class Measured:
    """Runs of one server at one work: the medians stand in the table."""

    runs: tuple[Run, ...]

    @property
    def rate(self) -> float:
        return median(run.rate for run in self.runs)

    @property
    def p50(self) -> float:
        return median(run.p50 for run in self.runs)

    @property
    def p99(self) -> float:
        return median(run.p99 for run in self.runs)

    @property
    def size(self) -> float:
        """Bytes of an answer, with its headers."""
        return sum(run.bytes for run in self.runs) / max(1, sum(run.requests for run in self.runs))


def wrk() -> str:
    """The program, or BenchmarkError that says how to get it."""
    found = shutil.which("wrk")
    if found is None:
        raise BenchmarkError("wrk is not on the PATH. Install it: apt-get install wrk, or brew install wrk.")
    return found


def run(
    port: int, paths: Sequence[str], seconds: int, headers: Sequence[str] = (), connections: int = CONNECTIONS
) -> Run:
    """Ask a server on this machine for `paths` over and over, from so many connections at once.

    A server that gives fewer than 40 answers in that time is given four times as long. BenchmarkError if any answer is
    not a success.
    """
    found = _once(port, paths, seconds, headers, connections)
    return found if found.requests >= _ENOUGH else _once(port, paths, 4 * seconds, headers, connections)


def _once(port: int, paths: Sequence[str], seconds: int, headers: Sequence[str], connections: int) -> Run:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(paths) + "\n")
        file.flush()
        options = ("-t1", f"-c{connections}", f"-d{seconds}s", f"--timeout={_TIMEOUT}s", "-s", str(_SCRIPT))
        command = (wrk(), *options, f"{_HOST}{port}", "--", file.name, *headers)
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 2 * _TIMEOUT, check=False)
    if done.returncode != 0:
        raise BenchmarkError(f"wrk on port {port}: {done.stderr.strip() or done.stdout.strip()}")
    return parse(done.stdout)


def parse(output: str) -> Run:
    """What the script wrote at the end of wrk's output."""
    found = json.loads(output.strip().splitlines()[-1])
    if found["refused"] or found["failed"]:
        raise BenchmarkError(f"{found['refused']} answers with an error status, {found['failed']} requests failed")
    return Run(found["requests"], found["seconds"], found["bytes"], found["p50"], found["p99"])

"""A street of buildings to survey, and a Dask cluster of processes to do it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from gis.store.embedded import ServerInfo
from tests.services.permits import checking
from tests.services.permits.checking import BIG, CORNER, CUT, GOOD, HOLED, NEXT, PARTS, SLIVER, THREE, rectangle
from tests.services.permits.extracts import load

NOWHERE = 900.0
TOLD = {"storeys": 4, "storeys_below": 0, "height": 15.0, "floor_area": 280.0}
ROOT = Path(__file__).resolve().parents[3]


def building(number: int) -> UUID:
    return UUID(int=(0x62 << 120) | number)


def _buildings() -> list[checking.Row]:
    def row(number: int, x: float, y: float, size: tuple[float, float], **more: Any) -> checking.Row:
        fields = {"code": f"N{number}", **TOLD, **more}
        return building(number), checking.whole(rectangle(x, y, *size)), fields

    return [
        row(1, NEXT[GOOD], 0, (5, 14.4)),
        row(2, NEXT[CUT], 0, (5, 16)),  # its back lies two metres in a planned road
        row(3, NEXT[HOLED], 1, (5, 8), storeys=9, height=30.0),
        row(4, NEXT[PARTS], 0, (5, 14), height=None),
        row(5, NEXT[SLIVER], 0, (5, 14), floor_area=None),
        row(6, NEXT[CORNER], 0, (4, 14), storeys_below=None),
        row(7, NEXT[BIG], 0, (15, 20), floor_area=1_500.0),  # these two stand on one lot of 450 m2
        row(8, NEXT[BIG], 22, (15, 8), floor_area=900.0),
        row(9, NOWHERE, 50, (10, 10)),  # on no parcel
        row(10, NEXT[THREE], 0, (5, 8), storeys=None),
    ]


def street_of_buildings(server: ServerInfo, folder: Path, name: str) -> checking.Checks:
    """The city of `checking` with buildings, and a second ward beside the first."""
    checks = checking.make_checks(server, folder, name)
    with psycopg.connect(checks.dsn, autocommit=True) as db:
        load(db, checks.catalog, "buildings", _buildings())
        other = {"code": "26743", "name": "Bến Thành", "full_name": "Phường Bến Thành", "valid_from": checking.REFORM}
        load(db, checks.catalog, "wards", [(building(99), checking.whole(rectangle(2000, -2000, 1000, 4000)), other)])
    return checks


@dataclass(frozen=True, slots=True)
class Cluster:
    """A scheduler and workers, each a process of its own."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: tuple[subprocess.Popen[bytes], ...]


@contextmanager
def dask_cluster(folder: Path, workers: int, *words: str) -> Iterator[Cluster]:
    """Started from a folder where there is nothing of ours: workers have the installed package only. `words`: for all of them."""
    told = folder / "scheduler.json"
    quiet = ("--no-dashboard", "--scheduler-file", str(told), *words)
    started: list[subprocess.Popen[bytes]] = []

    def start(module: str, *words: str) -> subprocess.Popen[bytes]:
        with (folder / f"{len(started)}.log").open("wb") as log:
            line = [sys.executable, "-m", f"distributed.cli.{module}", *quiet, *words]
            started.append(subprocess.Popen(line, cwd=folder, stdout=log, stderr=log))
        return started[-1]

    try:
        scheduler = start("dask_scheduler", "--host", "127.0.0.1", "--port", "0")
        alone = ("--no-nanny", "--nthreads", "1", "--memory-limit", "0", "--host", "127.0.0.1")
        running = tuple(start("dask_worker", *alone) for _ in range(workers))
        yield Cluster(_address(told, scheduler), scheduler, running)
    finally:
        for process in started:
            process.kill()
            process.wait()


def certificates(folder: Path) -> dict[str, Path]:
    """A certificate of its own authority, for everybody of a cluster: `ca-file`, `cert` and `key`."""
    from distributed.security import Security

    made = Security.temporary()
    told = {"ca-file": made.tls_ca_file, "cert": made.tls_client_cert, "key": made.tls_client_key}
    files = {name: folder / f"{name}.pem" for name in told}
    for name, text in told.items():
        files[name].write_text(str(text))
    return files


def _address(told: Path, scheduler: subprocess.Popen[bytes]) -> str:
    until = time.monotonic() + 60
    while time.monotonic() < until and scheduler.poll() is None:
        try:
            return str(json.loads(told.read_text())["address"])
        except (FileNotFoundError, ValueError):
            time.sleep(0.05)
    raise AssertionError("The scheduler does not start.")

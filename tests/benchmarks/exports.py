"""The whole layer as one file: downloads from the service against `ogr2ogr` from the plain table, with their peak memory."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pyogrio

from tests.benchmarks.city import LAYER, City
from tests.benchmarks.load import BenchmarkError
from tests.benchmarks.table import Figure, Line

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Kind:
    """One format: for `f=`, the driver of GDAL, and how many rows a file has."""

    title: str
    ending: str
    driver: str
    rows: Callable[[Path], int]


@dataclass(frozen=True, slots=True)
class Made:
    """A file on the disk: its bytes, the seconds that it took, and the most memory that its makers had resident."""

    size: int
    seconds: float
    peak: int


def _parquet_rows(path: Path) -> int:
    return int(pq.ParquetFile(path).metadata.num_rows)


def _gdal_rows(path: Path) -> int:
    return int(pyogrio.read_info(path)["features"])


def _csv_rows(path: Path) -> int:
    options = pa_csv.ParseOptions(newlines_in_values=True)
    with pa_csv.open_csv(path, parse_options=options) as reader:
        return sum(len(batch) for batch in reader)


KINDS = (
    Kind("GeoParquet", "parquet", "Parquet", _parquet_rows),
    Kind("GeoPackage", "gpkg", "GPKG", _gdal_rows),
    Kind("CSV with WKT", "csv", "CSV", _csv_rows),
)


def export(city: City, port: int, home: Path, rounds: int) -> tuple[list[Line], list[str]]:
    """One line for each format, taken in turns; what could not be compared and why."""
    lines, notes = [], []
    folder = home / "exports"
    for kind in KINDS:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        mine: list[Made] = []
        theirs: list[Made] = []
        try:
            for _ in range(rounds):
                mine.append(_download(city, port, folder / f"landmap.{kind.ending}", kind))
                if len(theirs) == len(mine) - 1:
                    theirs.append(_ogr2ogr(city, folder / f"ogr2ogr.{kind.ending}", kind))
        except BenchmarkError as error:
            if not mine:
                raise
            notes.append(f"{kind.title} without ogr2ogr: {error}.")
        other = _figure("ogr2ogr from PostGIS", theirs) if theirs else None
        title = f"{kind.title} of {len(city.points):,} parcels"
        lines.append(Line(title, _figure("landmap", mine), other, "s"))
    shutil.rmtree(folder, ignore_errors=True)
    return lines, notes


def _figure(name: str, made: list[Made]) -> Figure:
    seconds, size = median(one.seconds for one in made), made[-1].size
    detail = (
        f"{size / 1e6:,.0f} MB, {size / 1e6 / seconds:,.0f} MB/s, peak {max(one.peak for one in made) / 1e6:,.0f} MB"
    )
    return Figure(name, seconds, detail)


def _download(city: City, port: int, path: Path, kind: Kind) -> Made:
    """The layer over HTTP; the peak is that of the service's processes together, each at its own highest."""
    forget_peaks(port)
    began = time.perf_counter()
    url = f"http://127.0.0.1:{port}/collections/{LAYER}/items?f={kind.ending}"
    with urllib.request.urlopen(url, timeout=1_800) as answer, path.open("wb") as file:
        while data := answer.read(_CHUNK):
            file.write(data)
    seconds = time.perf_counter() - began
    return Made(_checked(city, path, kind), seconds, sum(peaks(port).values()))


def _ogr2ogr(city: City, path: Path, kind: Kind) -> Made:
    program = shutil.which("ogr2ogr")
    if program is None:
        raise BenchmarkError("ogr2ogr is not on the PATH")
    path.unlink(missing_ok=True)
    options = ("-lco", "GEOMETRY=AS_WKT") if kind.driver == "CSV" else ()
    command = (program, "-f", kind.driver, str(path), f"PG:{city.dsn}", "-nln", LAYER, *options, "peers.parcels")
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    said = process.stderr.read() if process.stderr else ""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    if process.returncode != 0:
        raise BenchmarkError(f"ogr2ogr -f {kind.driver}: {said.strip()[-200:]}")
    return Made(_checked(city, path, kind), seconds, used.ru_maxrss * 1024)


def _checked(city: City, path: Path, kind: Kind) -> int:
    """The size of the file; BenchmarkError unless it has the rows of the plain table, and those without a place."""
    rows = kind.rows(path)
    if rows < len(city.points):
        raise BenchmarkError(f"{path.name} has {rows:,} of {len(city.points):,} rows")
    return path.stat().st_size


def processes(port: int) -> list[Path]:
    """The service that listens on `port` and its children, in /proc."""
    table = {int(path.name): path for path in Path("/proc").glob("[0-9]*")}
    parents = {pid: parent for pid, path in table.items() if (parent := _parent(path)) is not None}
    found = [pid for pid, path in table.items() if _serves(path, port)]
    while more := [pid for pid, parent in parents.items() if parent in found and pid not in found]:
        found += more
    return [table[pid] for pid in found]


def _parent(process: Path) -> int | None:
    try:
        return int((process / "stat").read_text().rsplit(")", 1)[1].split()[1])
    except (OSError, IndexError):
        return None  # ended meanwhile


def _serves(process: Path, port: int) -> bool:
    try:
        words = (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"serve" in words and str(port).encode() in words


def forget_peaks(port: int) -> None:
    """The peaks of the processes begin anew where Linux lets them."""
    for process in processes(port):
        try:
            (process / "clear_refs").write_text("5")
        except OSError:
            return


def peaks(port: int) -> dict[str, int]:
    """The highest resident bytes of each of the service's processes."""
    found = {}
    for process in processes(port):
        try:
            told = re.search(r"VmHWM:\s+(\d+) kB", (process / "status").read_text())
        except OSError:
            continue
        found[process.name] = int(told[1]) * 1024 if told else 0
    return found

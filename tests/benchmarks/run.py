"""`make bench`: landmap and its peers side by side on one city, in one run; writes RESULTS.md beside this file.

python -m tests.benchmarks.run [--parcels N] [--seconds S] [--rounds R] [--only NAME]... [--output FILE]
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg
from rich.console import Console

from gis.catalog.read import read_catalog
from tests.benchmarks import loads, ours
from tests.benchmarks.batches import batch
from tests.benchmarks.city import City, city
from tests.benchmarks.exports import export
from tests.benchmarks.load import CONNECTIONS, BenchmarkError, wrk
from tests.benchmarks.page import page
from tests.benchmarks.peers import WORKERS, Place, peers
from tests.benchmarks.processes import free_port, running
from tests.benchmarks.servers import Missing, Server
from tests.benchmarks.table import Circumstances, Line, markdown
from tests.benchmarks.works import Turns, compare, same_features, works
from tests.benchmarks.writes import write

_ROOT = Path(__file__).resolve().parent.parent.parent
_RESULTS = Path(__file__).with_name("RESULTS.md")
_PARCELS = 1_000_000
_LOADS = ("page", "ingest", "demo", "write", "batch")
_SERVED = (
    *("items-1000", "items-10", "known", "filter-attribute", "filter-spatial", "page-1", "page-100"),
    "permit-check",
    *("tile-16", "tile-16-same", "tile-17", "tile-17-same", "tile-cached", "export"),
)

screen = Console(stderr=True, highlight=False)


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    parcels: int
    turns: Turns
    only: Sequence[str]
    output: Path | None

    def wants(self, key: str) -> bool:
        return not self.only or key in self.only


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for, print the table and write it; 1 if something could not be measured."""
    options = _options(arguments)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(128 + signal.SIGTERM))  # what was started is ended on the way out
    home = _ROOT / ".landmap" / "bench"
    try:
        wrk()
        catalog = read_catalog(_ROOT / "layers", "hcmc")
        with city(home / f"city-{options.parcels}", catalog, options.parcels, screen.print) as found:
            place = Place(home, found.server)
            served, missing, notes = _serve(found, place, options)
            loaded, unloaded = _load(found, place, options)
            notes += [*unloaded, *map(_missing, missing)]
            text = markdown([*served, *loaded], _circumstances(found, options, notes))
    except BenchmarkError as error:
        screen.print(f"[red]make bench:[/red] {error}", soft_wrap=True)
        return 1
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    print(text)
    return 0


def _options(arguments: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--parcels", type=int, default=_PARCELS, help="parcels of the city (1,000,000)")
    parser.add_argument("--seconds", type=int, default=8, help="length of one turn of one server (8)")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each server (3)")
    parser.add_argument("--only", action="append", choices=(*_SERVED, *_LOADS), help="only this work; may be repeated")
    parser.add_argument("--output", type=Path, help="where to write the table (a whole run of 1,000,000: RESULTS.md)")
    given = parser.parse_args(arguments)
    if not (1_000 <= given.parcels <= 5_000_000 and 1 <= given.seconds <= 60 and 1 <= given.rounds <= 9):
        parser.error("--parcels 1000..5000000, --seconds 1..60, --rounds 1..9")
    whole = given.parcels == _PARCELS and not given.only
    output = given.output or (_RESULTS if whole else None)
    return Options(given.parcels, Turns(given.seconds, given.rounds), given.only or (), output)


def _serve(found: City, place: Place, options: Options) -> tuple[list[Line], list[Missing], list[str]]:
    """The works done over HTTP; peers that cannot be had, or do not come up; what the others are."""
    if not any(map(options.wants, _SERVED)):
        return [], [], []
    missing: list[Missing] = []
    with ExitStack() as stack:
        mine, cold = (_start(stack, server) for server in (ours.landmap(place), ours.uncached(place)))
        others: dict[Server, int] = {}
        for peer in peers(place):
            screen.print(f"Starting {peer.name}" if isinstance(peer, Server) else f"Without {peer.name}: {peer.why}")
            if isinstance(peer, Missing):
                missing.append(peer)
                continue
            try:
                port = _start(stack, peer)
                same_features(found, mine, peer, port)
                others[peer] = port
            except BenchmarkError as error:
                missing.append(Missing(peer.name, str(error)))
        lines: list[Line] = []
        notes = [f"{s.name} {s.version} counts {s.counts}." for s in (ours.landmap(place), *others) if s.items]
        for work in works(found, mine, cold, others):
            if options.wants(work.key):
                screen.print(f"{work.title}: {', '.join(side.name for side in work.sides)}")
                measured, left_out = compare(work, options.turns)
                lines += measured
                notes += left_out
        if options.wants("export"):
            screen.print("Whole layers as files: landmap, ogr2ogr")
            measured, left_out = export(found, mine, place.home, options.turns.rounds)
            lines += measured
            notes += left_out
    return lines, missing, notes


def _start(stack: ExitStack, server: Server) -> int:
    port = free_port()
    stack.enter_context(running(server.program(port), port))
    return port


def _load(found: City, place: Place, options: Options) -> tuple[list[Line], list[str]]:
    """What is loaded and written, and what was left out."""
    lines: list[Line] = []
    notes: list[str] = []
    if options.wants("page"):
        screen.print("Visiting the map page")
        measured, left_out = page(found, place, options.turns.rounds)
        lines += measured
        notes += left_out
    if options.wants("ingest"):
        screen.print("Loading a GeoPackage")
        lines += loads.ingest(found, place, options.turns.rounds)
    if options.wants("demo"):
        screen.print("Loading demo cities")
        lines += loads.demo(found, options.parcels, options.turns.rounds)
    if options.wants("batch"):
        screen.print("Checking many cases at once")
        lines += batch(found, place, options.turns.rounds)
    if options.wants("write"):
        screen.print("Writing parcels one by one")
        measured, left_out = write(found, place, options.turns)
        lines += measured
        notes += left_out
    return lines, notes


def _missing(peer: Missing) -> str:
    return f"Without {peer.name}: {peer.why}."


def _circumstances(found: City, options: Options, notes: Sequence[str]) -> Circumstances:
    cores = os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    with psycopg.connect(found.dsn) as connection:
        row = connection.execute("SELECT current_setting('server_version'), postgis_lib_version()").fetchone() or (
            "",
            "",
        )
    near = len(found.changesets)
    method = (
        f"A city of {options.parcels:,} parcels, one database server for everybody, servers with {WORKERS} workers, "
        f"`wrk` with {CONNECTIONS} connections on the same machine. Each figure is the median of {options.turns.rounds} turns of "
        f"{options.turns.seconds} s, taken in turns (A B A B) after warming up; the boxes and tiles are drawn from a fixed seed and are "
        f"the same for everybody. The peers read a plain table with the same rows and public columns, in spatial order, with a "
        f"GiST index; landmap reads its versioned tables, in which the parcels of one district have {near} versions. Before "
        "anything is timed the answers are compared: status, number of features, number matched."
    )
    ogr = (
        subprocess.run(("ogr2ogr", "--version"), capture_output=True, text=True, check=False).stdout
        if shutil.which("ogr2ogr")
        else ""
    )
    versions = f"PostgreSQL {row[0].split()[0]}, PostGIS {row[1]}, Python {sys.version.split()[0]}" + (
        f", {ogr.split(',')[0]}" if ogr else ""
    )
    return Circumstances(f"{cores} processors, {memory:.0f} GB of memory.", method, f"{versions}.", notes)


if __name__ == "__main__":
    sys.exit(main())

"""`landmap serve`: the database, the workers, and an orderly end of both."""

from __future__ import annotations

import os
import signal
import socket
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from multiprocessing import Process, parent_process, set_start_method
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from gis.errors import ConflictError, LandmapError
from services.commands import words
from services.commands.session import external
from services.commands.speech import aside, language, say, word

if TYPE_CHECKING:
    from gis.model.layer import Catalog
    from services.settings import Settings

_DEMO_SEED = 1
_KILL_AFTER = 10  # seconds that a worker may take to finish its answers
_BACK_AFTER = 2.0  # seconds after which the one for jobs comes back, if it died
_JOBS_KILL_AFTER = 25  # seconds in which it ends its jobs or gives them back
_READY_WITHIN = 60.0


def serve(
    demo: Annotated[bool, typer.Option("--demo", help="Load an invented city first, unless there are data.")] = False,
    host: Annotated[str | None, typer.Option(help="Address to listen on; LANDMAP_HOST or 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="LANDMAP_PORT or 8080.")] = None,
) -> None:
    """Serve the map and the OGC API until Ctrl-C.

    Starts the embedded database unless LANDMAP_DATABASE_URL names one.

    Example: landmap serve --demo

    Example: landmap serve --host 0.0.0.0 --port 8090
    """
    from gis.catalog.read import read_catalog
    from gis.store import embedded
    from gis.store.database import prepare
    from services.settings import read_settings

    settings = read_settings()
    settings = settings.model_copy(update={"host": host or settings.host, "port": port or settings.port})
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with reserved(settings.host, settings.port):
            catalog = read_catalog(settings.layers, settings.territory)
            with embedded.at_hand(settings.home, external(settings)) as dsn:
                prepare(dsn, catalog)
                if demo:
                    _load_demo(dsn, catalog, settings.demo_parcels)
                with embedded.watched(settings.home, _tell) if external(settings) is None else nullcontext():
                    _run_workers(settings, dsn)
    except KeyboardInterrupt:
        say(words.STOPPED_EARLY)
        raise typer.Exit(130) from None
    say(words.STOPPED)


def _tell(text: str) -> None:
    aside.print(text, markup=False, soft_wrap=True)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """SIGTERM ends the start like Ctrl-C does, so that the database is stopped on the way out."""
    raise KeyboardInterrupt


@contextmanager
def reserved(host: str, port: int) -> Iterator[None]:
    """Holds the address while the service starts. LandmapError where somebody listens there or it is not ours.

    The workers listen with SO_REUSEPORT, which lets two services share a port unseen: so it is first bound without.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as alone:
            alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            alone.bind((host, port))
        holder = socket.socket(family, socket.SOCK_STREAM)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind((host, port))
    except OSError as error:
        values = {
            "host": host,
            "port": port,
            "why": error.strerror or error,
            "other": port + 1 if port < 65535 else 8081,
        }
        text = words.CANNOT_LISTEN
        raise LandmapError(text.en.format(**values), text.vi.format(**values)) from error
    with holder:
        yield


def _load_demo(dsn: str, catalog: Catalog, parcels: int) -> None:
    """A demo city, unless there are data already: then this is not the first start."""
    from services.commands.demo import draw

    with suppress(ConflictError):
        draw(dsn, catalog, parcels, _DEMO_SEED)


def _run_workers(settings: Settings, dsn: str) -> None:
    """Serves until a signal ends it. The workers read their settings from the environment."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    chosen = "workers" in settings.model_fields_set
    workers = settings.workers if chosen else min(2, os.cpu_count() or 1)
    set_start_method("spawn", force=True)  # a clean process: no lock, connection or thread of this one
    with tempfile.TemporaryDirectory(prefix="landmap-metrics-") as metrics:
        os.environ["LANDMAP_DATABASE_URL"] = dsn
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = metrics
        server = Granian(
            "services.commands.serve:application",
            factory=True,
            interface=Interfaces.ASGI,
            address=settings.host,
            port=settings.port,
            workers=workers,
            websockets=False,
            log_level=LogLevels.warning,
            workers_kill_timeout=_KILL_AFTER,
            respawn_failed_workers=True,
        )
        threading.Thread(target=_announce, args=(settings,), daemon=True).start()
        with _working() if settings.own_worker else nullcontext():
            server.serve()


def application() -> object:
    """The application in a worker; it ends when the process that started it is gone."""
    from services.app import from_environment

    threading.Thread(target=_end_with_parent, daemon=True).start()
    return from_environment()


@contextmanager
def _working() -> Iterator[None]:
    """While the block runs, a process beside runs jobs; one that dies comes back."""
    over = threading.Event()
    keeper = threading.Thread(target=_keep_working, args=(over,), name="landmap-jobs")
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


def _keep_working(over: threading.Event) -> None:
    while not over.is_set():
        process = Process(target=run_jobs, name="landmap-jobs")
        process.start()
        while process.is_alive() and not over.wait(0.2):
            continue
        if process.is_alive():
            process.terminate()
            process.join(_JOBS_KILL_AFTER)
            process.kill()
        process.join()
        over.wait(_BACK_AFTER)


def run_jobs() -> None:
    """The worker that the service has of its own, in a process of its own."""
    from services.commands.worker import run
    from services.processes.listed import PROCESSES
    from services.settings import read_settings

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the service, which ends this one
    threading.Thread(target=_end_with_parent, daemon=True).start()
    settings = read_settings()
    if settings.database_url is None:
        return
    try:
        run(settings, settings.database_url.get_secret_value(), PROCESSES)
    except LandmapError as error:
        _tell(error.text(language()))
        sys.exit(1)


def _end_with_parent() -> None:
    """A parent that was killed cannot stop its workers, and they would keep the port."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _announce(settings: Settings) -> None:
    """Says what to open as soon as the service answers."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104
    address = f"http://{host}:{settings.port}"
    deadline = time.monotonic() + _READY_WITHIN
    while not _answers(address):
        if time.monotonic() > deadline:
            aside.print(word(words.NO_ANSWER, address=address), markup=False, soft_wrap=True)
            return
        time.sleep(0.1)
    public = settings.public_url or address
    say(words.OPEN, public=public)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False

"""One run of a job: a process of its own, so that whatever it computes holds up nothing else and can be ended at any moment.

The run is watched from outside: its hold on the job is renewed, and it is killed where the job was dismissed, takes too long,
may be somebody else's by now, or where the worker ends. Processes are forked off a server that has imported everything
once, which takes two seconds, and has opened nothing.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import forkserver

from gis.model.layer import Catalog
from gis.store.jobs import Job
from gis.store.keeper import Keeper
from services.processes.child import Task, live
from services.processes.outcome import LOST, Again, Outcome, failed
from services.processes.process import Process
from services.settings import Settings

_PROCESSES = multiprocessing.get_context("forkserver")


@dataclass(frozen=True, slots=True)
class Terms:
    """Times in seconds. `lease`: for how long a run holds its job without a word, which it says every `beat`; `patience`:
    what runs are given to end where the worker ends; `backoff`: pause before the second run, each further one twice as
    long; `losses`: runs without an outcome after which there is no other; `told`: between two notes of progress."""

    lease: float = 60.0
    beat: float = 15.0
    patience: float = 10.0
    backoff: float = 5.0
    losses: int = 4
    told: float = 1.0
    poll: float = 5.0
    clean: float = 60.0


@dataclass(frozen=True, slots=True)
class Workplace:
    """What a worker works with; `processes` by their ids. `keeper` belongs to the worker's own event loop."""

    dsn: str
    catalog: Catalog
    settings: Settings
    secret: bytes
    keeper: Keeper
    processes: Mapping[str, Process]
    terms: Terms = field(default_factory=Terms)


def prepare() -> None:
    """Starts the server that runs are forked off, which imports what they need while nothing is asked yet."""
    _PROCESSES.set_forkserver_preload(["services.processes.child", "services.processes.listed"])
    forkserver.ensure_running()


class Run:
    """A job that was claimed, on its way."""

    def __init__(self, place: Workplace, job: Job) -> None:
        run = place.processes[job.order.process].run
        self._task = Task(place.dsn, place.settings, place.secret, job, run, place.terms.told)
        self._unwanted = False
        self._process: multiprocessing.process.BaseProcess | None = None

    def start(self) -> asyncio.Future[Outcome]:
        """Begins; what comes out is told in the loop of the caller. A process that was killed may be run again."""
        threads = ThreadPoolExecutor(1, f"job-{self._task.job.id}")
        outcome = asyncio.get_running_loop().run_in_executor(threads, self._live)
        threads.shutdown(wait=False)
        return outcome

    def stop(self) -> None:
        """Kills it, whatever it does."""
        self._unwanted = True
        if self._process is not None:
            self._process.kill()

    def _live(self) -> Outcome:
        """In a thread, which waits for the process."""
        hear, tell = _PROCESSES.Pipe(duplex=False)
        with hear:
            process = _PROCESSES.Process(target=live, args=(tell, self._task), name="landmap-job", daemon=True)
            process.start()
            tell.close()
            self._process = process
            if self._unwanted:
                process.kill()
            try:
                outcome: Outcome = hear.recv()
            except (EOFError, OSError):  # it ended without a word
                outcome = Again(failed(LOST))
            process.kill()  # it has closed what it had opened, and nothing of it is waited for
            process.join()
        return outcome

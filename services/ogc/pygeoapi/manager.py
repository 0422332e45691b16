"""pygeoapi's process manager over our processes and jobs. Its methods are called in a thread, and wait for the event loop."""

from __future__ import annotations

import asyncio
import copy
import threading
from collections.abc import Coroutine, Mapping
from concurrent.futures import Future
from typing import Any

from pygeoapi.process.base import BaseProcessor
from pygeoapi.process.manager.base import BaseManager
from pygeoapi.util import JobStatus, RequestedProcessExecutionMode

from services.ogc.pygeoapi.desk import Desk
from services.ogc.pygeoapi.execution import transmissions
from services.processes.listed import PROCESSES
from services.processes.process import Process

OPAQUE = "application/octet-stream"
"""The media type under which pygeoapi leaves the bytes of an answer as they are; their own is told beside it."""

_LATER: Any = RequestedProcessExecutionMode.respond_async


class Processor(BaseProcessor):  # type: ignore[misc]
    """A process as pygeoapi describes it: what it says of itself, without its schemas, which it would translate."""

    def __init__(self, process: Process, language: str) -> None:
        super().__init__({"name": process.id}, summary(process, language))


def summary(process: Process, language: str) -> dict[str, Any]:
    """What the list of processes tells of one."""
    return {
        "id": process.id,
        "version": process.version,
        "title": process.title[language],
        "description": process.description[language],
        "keywords": list(process.keywords),
        "jobControlOptions": [f"{mode}-execute" for mode in ("sync", "async") if mode in process.modes],
        "outputTransmission": list(transmissions(process)),
        "inputs": {},
        "outputs": {},
    }


class Manager(BaseManager):  # type: ignore[misc]
    """Made once by pygeoapi from its configuration; each request has a copy that is bound to it.

    Its methods have the parameters that pygeoapi calls them with; what was asked for lies checked on the desk.
    """

    def __init__(self, definition: Mapping[str, Any]) -> None:
        super().__init__({"name": definition["name"], "processes": {name: {} for name in PROCESSES}})
        self.desk: Desk | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self._waited: Future[Any] | None = None
        self._closed = threading.Event()

    def bound(self, desk: Desk) -> Manager:
        """For one request, in the loop that runs."""
        found = copy.copy(self)
        found.desk, found.loop, found._closed = desk, asyncio.get_running_loop(), threading.Event()  # noqa: SLF001
        return found

    def close(self) -> None:
        """Nobody wants the answer any more: what is waited for is given up, and nothing is begun."""
        self._closed.set()
        if self._waited is not None:
            self._waited.cancel()

    def get_processor(self, process_id: str) -> BaseProcessor:
        return Processor(PROCESSES[process_id], self._asked.language)

    def execute_process(
        self,
        process_id: str,  # noqa: ARG002
        data_dict: Mapping[str, Any],  # noqa: ARG002
        execution_mode: RequestedProcessExecutionMode | None = None,
        requested_outputs: Mapping[str, Any] | None = None,  # noqa: ARG002
        subscriber: object = None,  # noqa: ARG002
        requested_response: str | None = None,  # noqa: ARG002
    ) -> tuple[str, str, bytes | None, JobStatus, dict[str, str]]:
        """What the caller sent was read and checked before; here it runs, or is put into the queue."""
        if execution_mode is _LATER:
            job = self._wait(self._asked.submitted())
            return str(job.id), "application/json", None, JobStatus.accepted, {"Preference-Applied": "respond-async"}
        return "", OPAQUE, self._wait(self._asked.run()), JobStatus.successful, {}

    def get_job(self, job_id: str) -> dict[str, Any]:  # noqa: ARG002
        return self._wait(self._asked.job())

    def get_jobs(
        self,
        status: JobStatus | None = None,  # noqa: ARG002
        limit: int | None = None,  # noqa: ARG002
        offset: int | None = None,  # noqa: ARG002
    ) -> dict[str, Any]:
        listed = self._wait(self._asked.jobs())
        return {"jobs": listed, "numberMatched": len(listed)}

    def get_job_result(self, job_id: str) -> tuple[str, bytes]:  # noqa: ARG002
        return OPAQUE, self._wait(self._asked.results())

    def delete_job(self, job_id: str) -> bool:  # noqa: ARG002
        self._wait(self._asked.dismissed())
        return True

    @property
    def _asked(self) -> Desk:
        if self.desk is None:
            raise RuntimeError("this manager is bound to no request")
        return self.desk

    def _wait[Result](self, work: Coroutine[Any, Any, Result]) -> Result:
        if self._closed.is_set() or self.loop is None:
            work.close()
            raise asyncio.CancelledError
        waited: Future[Result] = asyncio.run_coroutine_threadsafe(work, self.loop)
        self._waited = waited
        if self._closed.is_set():
            waited.cancel()
        return waited.result()

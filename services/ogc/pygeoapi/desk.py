"""What pygeoapi's handlers ask for in one request, done on the event loop; what is made is kept for the answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from gis.errors import Gone, NoSuchJob, NotReady
from gis.model.actor import PUBLIC
from gis.store import jobs
from gis.store.job_calls import JobCall
from gis.store.jobs import Job, Order, Status
from services.ogc.ask import Ask
from services.ogc.pygeoapi.execution import Execution
from services.ogc.pygeoapi.results import Made, Wanted, answer, single
from services.processes import queue
from services.processes.calls import call_of
from services.processes.listed import process

_LOOK = 0.25
"""Seconds between two looks at a job whose caller waits for it."""

type Members = dict[str, Any]


class Failed(Exception):
    """The job failed: `problem` says why, as a problem document in each language."""

    def __init__(self, problem: Any) -> None:
        super().__init__("the job failed")
        self.problem = problem


@dataclass(slots=True)
class Desk:
    """One request. `address`: where it comes from; `id`: of the job that it is about, `fetching` its results or one `output`
    of them; `wanted`: which jobs it is about.

    `seen`: those jobs, in order, and the `calls` of the one; `made`: what is answered, where that is no document of pygeoapi's.
    """

    asked: Ask
    execution: Execution | None = None
    address: str | None = None
    id: UUID | None = None
    wanted: jobs.Wanted | None = None
    fetching: bool = False
    output: str | None = None
    seen: list[Job] = field(default_factory=list)
    calls: list[JobCall] = field(default_factory=list)
    made: Made | None = None

    @property
    def language(self) -> str:
        return self.asked.language

    async def run(self) -> bytes:
        """Runs the process for a caller who waits."""
        execution = self._execution()
        if execution.by_reference:
            return await self._run_kept()
        call = call_of(self.asked, frozenset(execution.outputs))
        values = await execution.process.run(call, execution.inputs)
        self.made = answer(Wanted(execution.process, execution.outputs, execution.response, self._href), values)
        return self.made.body

    async def submitted(self) -> Job:
        """Puts it into the queue, if the caller may ask for it."""
        execution = self._execution()
        execution.process.allow(call_of(self.asked, frozenset(execution.outputs)), execution.inputs)
        inputs = await asyncio.to_thread(execution.process.kept, execution.inputs)
        outputs = {name: {"transmissionMode": mode} for name, mode in execution.outputs.items()}
        order = Order(
            execution.process.id,
            outputs,
            execution.response,
            self.asked.base,
            self.asked.language,
        )
        job = await queue.submit(self.asked.services, self.asked.actor, self.address, order, inputs, execution.calls)
        self.seen = [job]
        return job

    async def job(self) -> Members:
        """The job of the address. Failed, NotReady and Gone where its results are wanted and there are none."""
        self.seen = [await queue.status(self.asked.services, self.asked.actor, self._id())]
        if self.fetching:
            _refuse_unfinished(self.seen[0])
        elif self.asked.actor != PUBLIC:
            self.calls = await queue.calls_of(self.asked.services, self.seen[0])
        return _members(self.seen[0])

    async def jobs(self) -> list[Members]:
        """The jobs that are wanted."""
        if self.wanted is None:
            raise RuntimeError("no jobs are asked for")
        self.seen = await queue.jobs_of(self.asked.services, self.asked.actor, self.wanted)
        return [_members(job) for job in self.seen]

    async def results(self) -> bytes:
        """The results of the job of the address, as `job`."""
        job, values = await queue.results(self.asked.services, self.asked.actor, self._id())
        self.seen = [job]
        _refuse_unfinished(job)
        found = process(job.order.process)
        if self.output is not None:
            if self.output not in values:
                raise NoSuchJob(
                    f"The job has no output '{self.output[:60]}'; it has {', '.join(values)}.",
                    f"Công việc không có đầu ra '{self.output[:60]}'; hiện có {', '.join(values)}.",
                    where="outputId",
                )
            self.made = single(found, self.output, values[self.output])
            return self.made.body
        outputs = {name: said["transmissionMode"] for name, said in (job.order.outputs or {}).items()}
        self.made = answer(Wanted(found, outputs, job.order.response, self._href), values)
        return self.made.body

    async def dismissed(self) -> None:
        """Nobody wants the job of the address any more."""
        self.seen = [await queue.dismiss(self.asked.services, self.asked.actor, self._id())]

    async def _run_kept(self) -> bytes:
        """Runs it as a job, which keeps what it gives, and waits for that."""
        self.id = (await self.submitted()).id
        while (await queue.status(self.asked.services, self.asked.actor, self.id)).status.open:  # noqa: ASYNC110
            await asyncio.sleep(_LOOK)  # another process runs it
        return await self.results()

    def _href(self, output: str) -> str:
        return self.asked.href(f"/jobs/{self._id()}/results/{output}")

    def _execution(self) -> Execution:
        if self.execution is None:
            raise RuntimeError("nothing is executed")
        return self.execution

    def _id(self) -> UUID:
        if self.id is None:
            raise RuntimeError("no job is asked for")
        return self.id


def _refuse_unfinished(job: Job) -> None:
    if job.status is Status.FAILED:
        raise Failed(job.problem)
    if job.status is Status.DISMISSED:
        raise Gone("The job was dismissed; its results are deleted.", "Công việc đã bị huỷ; kết quả đã được xoá.")
    if job.status.open:
        raise NotReady(
            f"The job is {job.status}; its results come later. Ask again when it is successful.",
            "Công việc chưa xong; hãy xem lại khi trạng thái là successful.",
        )


def _members(job: Job) -> Members:
    """A job by the names that pygeoapi knows. It sorts by `started`; ours are sorted, by their creation."""
    return {
        "identifier": str(job.id),
        "process_id": job.order.process,
        "status": str(job.status),
        "message": "",
        "progress": job.progress,
        "created": _time(job.created),
        "started": _time(job.created),
        "finished": None,
        "updated": _time(job.updated),
        "mimetype": "application/json",
    }


def _time(moment: datetime) -> str:
    return moment.isoformat()

"""Whom a job calls: at most one address for each of its events, and what came of the calls.

What is to be told follows from the state of the job itself, so that nothing is written when it changes: a call is due when
its event is there, and due again after a while if the receiver did not take it. Each call has a number, `attempts`, and
only the last one writes what came of it; of a worker that was killed the call is made again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from gis.store.sql import Sql

SUCCESS, IN_PROGRESS, FAILED = "success", "inProgress", "failed"
EVENTS = (SUCCESS, IN_PROGRESS, FAILED)

PENDING, DELIVERED, WITHHELD = "pending", "delivered", "withheld"
"""How it stands: to be told, when it happens; taken; given up, or nothing of it is to be told."""


@dataclass(frozen=True, slots=True)
class JobCall:
    """One address of one job. `told`: the state that the receiver took last; `attempts`: calls so far, `failures` of them in
    a row not taken; `answer` and `problem` are of the last call at `tried`."""

    job: UUID
    event: str
    url: str
    status: str
    told: str | None
    attempts: int
    failures: int
    tried: datetime | None
    answer: int | None
    problem: str | None


_COLUMNS = "job, event, url, status, told, attempts, failures, tried, answer, problem"


def calls_wanted_sql(job: UUID, urls: Mapping[str, str]) -> Sql:
    """The job will call these addresses, by event; a row for each."""
    return Sql(
        f"""INSERT INTO landmap.job_call (job, event, url)
            SELECT $1::uuid, * FROM unnest($2::text[], $3::text[]) RETURNING {_COLUMNS}""",
        (job, list(urls), list(urls.values())),
    )


def calls_sql(job: UUID) -> Sql:
    """Those of the job."""
    return Sql(f"SELECT {_COLUMNS} FROM landmap.job_call WHERE job = $1::uuid ORDER BY event", (job,))


def next_call_sql(lease: float) -> Sql:
    """The next call to make, for `lease` seconds of the caller's own. No row where there is none.

    Of progress each state that was not told yet is told, the last one only; of the end, that it is there.
    """
    return Sql(
        f"""UPDATE landmap.job_call SET attempts = attempts + 1, tried = clock_timestamp(),
                due = clock_timestamp() + make_interval(secs => $1::float8)
            WHERE (job, event) = (
                SELECT c.job, c.event FROM landmap.job_call c JOIN landmap.job j ON j.id = c.job
                WHERE c.due <= clock_timestamp() AND CASE c.event
                    WHEN 'success' THEN j.status = 'successful' WHEN 'failed' THEN j.status = 'failed'
                    ELSE j.status = 'running' AND c.told IS DISTINCT FROM j.progress::text END
                ORDER BY c.due LIMIT 1 FOR UPDATE OF c SKIP LOCKED)
            RETURNING {_COLUMNS}""",
        (lease,),
    )


def taken_sql(call: JobCall, state: str, answer: int, again: float | None) -> Sql:
    """The receiver took it; the next state of the job may be told after `again` seconds (None: there is no other)."""
    return Sql(
        """UPDATE landmap.job_call SET status = 'delivered', told = $4, failures = 0, answer = $5::smallint, problem = NULL,
               due = clock_timestamp() + make_interval(secs => $6::float8)
           WHERE job = $1::uuid AND event = $2 AND attempts = $3::integer RETURNING event""",
        (call.job, call.event, call.attempts, state, answer, again),
    )


def not_taken_sql(call: JobCall, answer: int | None, problem: str | None, again: float | None) -> Sql:
    """The receiver did not take it, and is called again after so many seconds; None: not any more."""
    return Sql(
        """UPDATE landmap.job_call SET status = CASE WHEN $6::float8 IS NULL THEN 'withheld' ELSE 'pending' END,
               failures = failures + 1, answer = $4::smallint, problem = $5::text,
               due = clock_timestamp() + make_interval(secs => $6::float8)
           WHERE job = $1::uuid AND event = $2 AND attempts = $3::integer RETURNING event""",
        (call.job, call.event, call.attempts, answer, problem, again),
    )


def as_job_call(row: Mapping[str, Any]) -> JobCall:
    """A row of either driver."""
    return JobCall(*(row[name] for name in _COLUMNS.split(", ")))

"""Jobs: what was asked for and is answered later. Who waits, who runs and who is done, in one table.

    accepted → running → successful | failed
        ↖________|           (given back, or to be tried again)
    any → dismissed

A run holds its job until `due` and says again and again that it is still there; whoever comes later than that takes it.
Each run has a number, `attempt`, and only the last one writes. All times are the database's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson

from gis.errors import Unstorable
from gis.model.layer import Text
from gis.store.sql import Lock, Sql

CHANNEL = "landmap_job"
"""NOTIFY tells here of a job that waits (nothing), and of one that was dismissed (its id)."""

_OVERHEAD = 1_000


class Status(StrEnum):
    """As OGC API Processes names them."""

    ACCEPTED = "accepted"
    RUNNING = "running"
    SUCCESSFUL = "successful"
    FAILED = "failed"
    DISMISSED = "dismissed"

    @property
    def open(self) -> bool:
        """There will be news of it."""
        return self in (Status.ACCEPTED, Status.RUNNING)


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done, but for the inputs, which may be large and are read by the run alone: a process, the outputs that
    are wanted (None: all) as they were asked for, and in which form (`raw` or `document`). `base`: the public address of the
    service; `language`: `vi` or `en`."""

    process: str
    outputs: Mapping[str, Any] | None
    response: str
    base: str
    language: str


@dataclass(frozen=True, slots=True)
class Job:
    """One job. `problem`: why it failed, as a problem document (RFC 9457) in each language; `started`: the last run."""

    id: UUID
    owner: str
    order: Order
    status: Status
    progress: int
    message: Text | None
    problem: Mapping[str, Mapping[str, Any]] | None
    created: datetime
    started: datetime | None
    updated: datetime
    finished: datetime | None
    attempt: int
    losses: int


@dataclass(frozen=True, slots=True)
class Content:
    """One output as it is kept. `media_type` None: a value, as JSON."""

    name: str
    media_type: str | None
    content: bytes


@dataclass(frozen=True, slots=True)
class Limits:
    """How many may wait and run: of one owner who signed in; else from one address, and of all addresses together."""

    owner: int
    address: int
    public: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which jobs of `owner` (None: of anybody), the newest first: those after the place `before` (created, id), at most
    `limit`. Durations in seconds: of a job that runs, until now. None leaves a condition out."""

    owner: str | None
    limit: int = 100
    before: tuple[datetime, UUID] | None = None
    processes: Sequence[str] | None = None
    statuses: Sequence[Status] | None = None
    since: datetime | None = None
    until: datetime | None = None
    shortest: float | None = None
    longest: float | None = None


_COLUMNS = (
    "id, owner, process, outputs, response, base, language, status, progress, message, problem, created, started, "
    "updated, finished, attempt, losses"
)
_MINE = "id = $1::uuid AND attempt = $2::integer AND status = 'running'"
_OVER = "(updated, finished) = (SELECT t, t FROM clock_timestamp() t), due = NULL, address = NULL"


def turn_sql() -> Sql:
    """Before `submit_sql`, in its transaction: who counts counts alone."""
    return Sql("SELECT pg_advisory_xact_lock($1)", (Lock.JOBS,))


def submit_sql(order: Order, inputs: Mapping[str, Any], owner: str, address: bytes | None, limits: Limits) -> Sql:
    """The new job; no row where as many wait and run as may. `address`: a keyed hash, of an owner who did not sign in."""
    written = _json(inputs)
    return Sql(
        f"""WITH open AS (SELECT owner, address FROM landmap.job WHERE due IS NOT NULL),
            bell AS (SELECT pg_notify('{CHANNEL}', ''))
            INSERT INTO landmap.job (process, inputs, outputs, response, base, language, owner, address, bytes)
            SELECT $1, $2::jsonb, $3::jsonb, $4, $5, $6, $7, $8::bytea, $9::bigint FROM bell
            WHERE CASE WHEN $8::bytea IS NULL THEN (SELECT count(*) < $10::bigint FROM open WHERE owner = $7)
                  ELSE (SELECT count(*) < $11::bigint AND count(*) FILTER (WHERE address = $8) < $12::bigint
                        FROM open WHERE address IS NOT NULL) END
            RETURNING {_COLUMNS}""",
        (
            order.process,
            written,
            None if order.outputs is None else _json(order.outputs),
            order.response,
            order.base,
            order.language,
            owner,
            address,
            len(written.encode()),
            limits.owner,
            limits.public,
            limits.address,
        ),
    )


def claim_sql(processes: Sequence[str], lease: float) -> Sql:
    """Takes the next job of these processes for `lease` seconds: it runs now. No row where none is due.

    Owners take turns, all who did not sign in as one of them; each one's jobs go by their age.
    """
    return Sql(
        f"""UPDATE landmap.job SET status = 'running', attempt = attempt + 1, losses = losses + (status = 'running')::integer,
                progress = 0, message = NULL, (started, updated) = (SELECT t, t FROM clock_timestamp() t),
                due = clock_timestamp() + make_interval(secs => $2::float8)
            WHERE id = (
                SELECT j.id FROM landmap.job j WHERE j.due <= clock_timestamp() AND j.process = ANY ($1::text[])
                ORDER BY (SELECT t.started FROM landmap.job t WHERE t.owner = j.owner ORDER BY t.started DESC NULLS LAST LIMIT 1)
                    NULLS FIRST, j.created, j.id
                LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING {_COLUMNS}""",
        (list(processes), lease),
    )


def inputs_sql(job: Job) -> Sql:
    """The inputs of the run (`inputs`, see `as_inputs`); no row where the job is not its own any more."""
    return Sql(f"SELECT inputs FROM landmap.job WHERE {_MINE}", (job.id, job.attempt))


def beat_sql(job: Job, lease: float) -> Sql:
    """The run is still there; no row where the job is not its own any more."""
    return Sql(
        f"UPDATE landmap.job SET due = clock_timestamp() + make_interval(secs => $3::float8) WHERE {_MINE} RETURNING id",
        (job.id, job.attempt, lease),
    )


def progress_sql(job: Job, percent: int, message: Text) -> Sql:
    """How far the run is; no row where the job is not its own any more."""
    return Sql(
        f"""UPDATE landmap.job SET progress = greatest(progress, $3::smallint), message = $4::jsonb,
                updated = clock_timestamp() WHERE {_MINE} RETURNING id""",
        (job.id, job.attempt, min(max(percent, 0), 100), _json({"vi": message.vi, "en": message.en})),
    )


def finish_sql(job: Job, size: int) -> Sql:
    """It is done, with `size` bytes of results; no row where the job is not the run's own any more."""
    return Sql(
        f"""UPDATE landmap.job SET status = 'successful', progress = 100, message = NULL, bytes = bytes + $3::bigint, {_OVER}
            WHERE {_MINE} RETURNING id""",
        (job.id, job.attempt, size),
    )


def keep_sql(job: Job, contents: Sequence[Content]) -> Sql:
    """The results, after `finish_sql` in its transaction."""
    return Sql(
        """INSERT INTO landmap.job_output (job, name, media_type, content)
           SELECT $1::uuid, * FROM unnest($2::text[], $3::text[], $4::bytea[]) RETURNING name""",
        (job.id, [c.name for c in contents], [c.media_type for c in contents], [c.content for c in contents]),
    )


def fail_sql(job: Job, problem: Mapping[str, Mapping[str, Any]]) -> Sql:
    """It failed for good; no row where the job is not the run's own any more."""
    return Sql(
        f"UPDATE landmap.job SET status = 'failed', message = NULL, problem = $3::jsonb, {_OVER} WHERE {_MINE} RETURNING id",
        (job.id, job.attempt, _json(problem)),
    )


def again_sql(job: Job, seconds: float, *, lost: bool) -> Sql:
    """It waits again, for `seconds` at least. `lost`: the run counts as one that came to nothing."""
    return Sql(
        f"""WITH bell AS (SELECT pg_notify('{CHANNEL}', ''))
            UPDATE landmap.job SET status = 'accepted', progress = 0, message = NULL, losses = losses + $4::boolean::integer,
                updated = clock_timestamp(), due = clock_timestamp() + make_interval(secs => $3::float8)
            FROM bell WHERE {_MINE} RETURNING id""",
        (job.id, job.attempt, seconds, lost),
    )


def dismiss_sql(id: UUID, owner: str | None) -> Sql:
    """Nobody wants it any more: what was asked for is taken out of it. No row where the owner has no such job, or has
    dismissed it before."""
    return Sql(
        f"""UPDATE landmap.job SET status = 'dismissed', inputs = '{{}}', outputs = NULL, message = NULL, problem = NULL,
                address = NULL, due = NULL, bytes = 0,
                (updated, finished) = (SELECT t, coalesce(finished, t) FROM clock_timestamp() t)
            WHERE id = $1::uuid AND ($2::text IS NULL OR owner = $2) AND status <> 'dismissed' RETURNING {_COLUMNS}""",
        (id, owner),
    )


def forget_sql(id: UUID) -> Sql:
    """Deletes the results after `dismiss_sql`, in its transaction, with what was kept and whom it would call, and tells
    whoever runs the job."""
    return Sql(
        f"""WITH gone AS (DELETE FROM landmap.job_output WHERE job = $1::uuid),
                parts AS (DELETE FROM landmap.job_part WHERE job = $1::uuid),
                calls AS (DELETE FROM landmap.job_call WHERE job = $1::uuid)
            SELECT pg_notify('{CHANNEL}', $1::uuid::text)""",
        (id,),
    )


def job_sql(id: UUID, owner: str | None) -> Sql:
    """The job, if it is the owner's (None: anybody's)."""
    return Sql(
        f"SELECT {_COLUMNS} FROM landmap.job WHERE id = $1::uuid AND ($2::text IS NULL OR owner = $2)", (id, owner)
    )


def outputs_sql(id: UUID) -> Sql:
    """The results, by name."""
    return Sql("SELECT name, media_type, content FROM landmap.job_output WHERE job = $1::uuid ORDER BY name", (id,))


def list_sql(wanted: Wanted) -> Sql:
    """The jobs that are wanted."""
    return Sql(
        f"""SELECT {_COLUMNS} FROM landmap.job
            WHERE ($1::text IS NULL OR owner = $1)
              AND ($2::timestamptz IS NULL OR (created, id) < ($2, $3::uuid))
              AND ($4::text[] IS NULL OR process = ANY ($4)) AND ($5::text[] IS NULL OR status = ANY ($5))
              AND ($6::timestamptz IS NULL OR created >= $6) AND ($7::timestamptz IS NULL OR created <= $7)
              AND ($8::float8 IS NULL OR coalesce(finished, clock_timestamp()) - started >= make_interval(secs => $8))
              AND ($9::float8 IS NULL OR coalesce(finished, clock_timestamp()) - started <= make_interval(secs => $9))
            ORDER BY created DESC, id DESC LIMIT $10::bigint""",
        (
            wanted.owner,
            *(wanted.before or (None, None)),
            None if wanted.processes is None else list(wanted.processes),
            None if wanted.statuses is None else [str(status) for status in wanted.statuses],
            wanted.since,
            wanted.until,
            wanted.shortest,
            wanted.longest,
            wanted.limit,
        ),
    )


def expire_sql(hours: float, room: int) -> Sql:
    """Deletes what has not changed for `hours` and does not run; and of what is over, the oldest above `room` bytes, those of
    nobody who signed in first. A row for each."""
    return Sql(
        f"""WITH kept AS (
                SELECT id, sum(bytes + {_OVERHEAD}) OVER (ORDER BY owner = 'public', updated DESC, id) AS held
                FROM landmap.job WHERE due IS NULL)
            DELETE FROM landmap.job WHERE (status <> 'running' AND updated < clock_timestamp() - make_interval(secs => $1::float8 * 3600))
                OR (due IS NULL AND id IN (SELECT id FROM kept WHERE held > $2::bigint)) RETURNING id""",
        (hours, room),
    )


def state_sql() -> Sql:
    """How many wait (`waiting`) and run (`running`), and for how many seconds the oldest of those that wait has (`oldest`)."""
    return Sql(
        """SELECT count(*) FILTER (WHERE status = 'accepted') AS waiting, count(*) FILTER (WHERE status = 'running') AS running,
                  coalesce(extract(epoch FROM clock_timestamp() - min(created) FILTER (WHERE status = 'accepted')), 0)::float8 AS oldest
           FROM landmap.job WHERE due IS NOT NULL""",
        (),
    )


def as_job(row: Mapping[str, Any]) -> Job:
    """A row of either driver."""
    message = _read(row["message"])
    return Job(
        row["id"],
        row["owner"],
        Order(row["process"], _read(row["outputs"]), row["response"], row["base"], row["language"]),
        Status(row["status"]),
        row["progress"],
        None if message is None else Text(message["vi"], message["en"]),
        _read(row["problem"]),
        row["created"],
        row["started"],
        row["updated"],
        row["finished"],
        row["attempt"],
        row["losses"],
    )


def as_inputs(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of `inputs_sql`, of either driver."""
    inputs: dict[str, Any] = _read(row["inputs"])
    return inputs


def _read(value: Any) -> Any:
    return orjson.loads(value) if isinstance(value, str) else value


def _json(value: object) -> str:
    """As JSON; Unstorable where it cannot be written so, or holds what no jsonb holds."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY).decode()
    except TypeError as error:
        raise Unstorable("A job cannot be written as JSON.", "Không ghi được công việc dưới dạng JSON.") from error

"""Finished parts of a job's work, from which its next run goes on; they are deleted when the job is over.

Only the run that holds the job writes them.
"""

from __future__ import annotations

from uuid import UUID

from gis.store.jobs import Job
from gis.store.sql import Sql

_MINE = "id = $1::uuid AND attempt = $2::integer AND status = 'running'"


def keep_part_sql(job: Job, number: int, content: bytes) -> Sql:
    """Keeps a part under its number; no row where the job is not the run's own any more."""
    return Sql(
        f"""INSERT INTO landmap.job_part (job, number, content)
            SELECT id, $3::integer, $4::bytea FROM landmap.job WHERE {_MINE} FOR SHARE
            ON CONFLICT (job, number) DO UPDATE SET content = excluded.content RETURNING number""",
        (job.id, job.attempt, number, content),
    )


def restart_parts_sql(job: Job) -> Sql:
    """Deletes what earlier runs kept, if the job is still the run's own."""
    return Sql(
        f"DELETE FROM landmap.job_part WHERE job = (SELECT id FROM landmap.job WHERE {_MINE} FOR SHARE) RETURNING number",
        (job.id, job.attempt),
    )


def parts_sql(id: UUID) -> Sql:
    """The parts of a job by their numbers."""
    return Sql("SELECT number, content FROM landmap.job_part WHERE job = $1::uuid ORDER BY number", (id,))


def drop_parts_sql(job: Job) -> Sql:
    """Deletes them after `finish_sql` or `fail_sql`, in its transaction."""
    return Sql("DELETE FROM landmap.job_part WHERE job = $1::uuid RETURNING number", (job.id,))

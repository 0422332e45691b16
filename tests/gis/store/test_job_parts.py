"""What a run has finished of its job: only the run that holds the job writes it, and nothing stays when the job is over."""

from __future__ import annotations

import psycopg
import pytest

from gis.store.job_parts import drop_parts_sql, keep_part_sql, parts_sql, restart_parts_sql
from gis.store.jobs import Job, again_sql, dismiss_sql, finish_sql, forget_sql
from gis.store.runner import run
from tests.gis.store.test_jobs import claimed, keeper, submitted

__all__ = ["keeper"]


@pytest.fixture
def job(keeper: psycopg.Connection) -> Job:
    """A job that runs."""
    submitted(keeper)
    return claimed(keeper)


def kept(keeper: psycopg.Connection, job: Job) -> list[tuple[int, bytes]]:
    return [(row["number"], bytes(row["content"])) for row in run(keeper, parts_sql(job.id))]


def test_parts_stand_under_their_numbers_and_a_later_one_takes_the_place(keeper: psycopg.Connection, job: Job) -> None:
    for number, content in ((2, b"c"), (0, b"a"), (2, b"C")):
        assert run(keeper, keep_part_sql(job, number, content)) == [{"number": number}]
    assert kept(keeper, job) == [(0, b"a"), (2, b"C")]


def test_a_run_that_lost_its_job_keeps_and_deletes_nothing(keeper: psycopg.Connection, job: Job) -> None:
    run(keeper, keep_part_sql(job, 1, b"first"))
    run(keeper, again_sql(job, 0, lost=True))
    assert run(keeper, keep_part_sql(job, 2, b"while it waits")) == []
    later = claimed(keeper)
    assert (later.id, later.attempt) == (job.id, job.attempt + 1)
    assert run(keeper, keep_part_sql(job, 1, b"late")) == []
    assert run(keeper, restart_parts_sql(job)) == []
    assert kept(keeper, later) == [(1, b"first")]  # from which the run after it goes on


def test_a_run_that_begins_anew_takes_away_what_earlier_ones_kept(keeper: psycopg.Connection, job: Job) -> None:
    submitted(keeper)
    other = claimed(keeper)
    for each in (job, other):
        run(keeper, keep_part_sql(each, 1, b"x"))
    assert run(keeper, restart_parts_sql(job)) == [{"number": 1}]
    assert (kept(keeper, job), kept(keeper, other)) == ([], [(1, b"x")])


def test_nothing_stays_of_a_job_that_is_done_or_dismissed(keeper: psycopg.Connection, job: Job) -> None:
    run(keeper, keep_part_sql(job, 1, b"x"))
    with keeper.transaction():
        run(keeper, finish_sql(job, 0))
        assert run(keeper, drop_parts_sql(job)) == [{"number": 1}]
    submitted(keeper)
    unwanted = claimed(keeper)
    run(keeper, keep_part_sql(unwanted, 1, b"x"))
    with keeper.transaction():
        run(keeper, dismiss_sql(unwanted.id, None))
        run(keeper, forget_sql(unwanted.id))
    assert kept(keeper, job) == kept(keeper, unwanted) == []
    assert run(keeper, keep_part_sql(unwanted, 2, b"x")) == []

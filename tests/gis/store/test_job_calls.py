"""Whom a job calls: when its event is there, again until it is taken, and only the last call writes what came of it."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest

from gis.model.layer import Text
from gis.store.job_calls import (
    DELIVERED,
    EVENTS,
    FAILED,
    IN_PROGRESS,
    PENDING,
    SUCCESS,
    WITHHELD,
    JobCall,
    as_job_call,
    calls_sql,
    calls_wanted_sql,
    next_call_sql,
    not_taken_sql,
    taken_sql,
)
from gis.store.jobs import Job, fail_sql, finish_sql, progress_sql
from gis.store.runner import run
from tests.gis.store.test_jobs import PROBLEM, claimed, keeper, submitted

__all__ = ["keeper"]

URLS = {event: f"https://office.example.vn/{event}" for event in EVENTS}


@pytest.fixture
def job(keeper: psycopg.Connection) -> Job:
    """A job that runs, and calls somebody for each of its events."""
    run(keeper, calls_wanted_sql(submitted(keeper).id, URLS))
    return claimed(keeper)


def due(keeper: psycopg.Connection, lease: float = 600.0) -> JobCall | None:
    rows = run(keeper, next_call_sql(lease))
    return as_job_call(rows[0]) if rows else None


def of(keeper: psycopg.Connection, job: Job, event: str) -> JobCall:
    (found,) = [call for row in run(keeper, calls_sql(job.id)) if (call := as_job_call(row)).event == event]
    return found


def made(keeper: psycopg.Connection, lease: float = 600.0) -> JobCall:
    call = due(keeper, lease)
    assert call is not None
    return call


def test_a_job_has_the_addresses_that_it_was_given(keeper: psycopg.Connection, job: Job) -> None:
    found = [as_job_call(row) for row in run(keeper, calls_sql(job.id))]
    assert {call.event: call.url for call in found} == URLS
    assert {(call.status, call.attempts, call.told) for call in found} == {(PENDING, 0, None)}
    assert run(keeper, calls_sql(uuid4())) == []


@pytest.mark.parametrize("event", [SUCCESS, FAILED])
def test_the_end_is_told_when_it_is_there_and_only_to_whom_it_is_for(
    keeper: psycopg.Connection, job: Job, event: str
) -> None:
    first = made(keeper)
    assert first.event == IN_PROGRESS  # it runs
    run(keeper, taken_sql(first, "0", 204, 600.0))
    assert due(keeper) is None
    run(keeper, finish_sql(job, 0) if event == SUCCESS else fail_sql(job, PROBLEM))
    call = made(keeper)
    assert (call.event, call.attempts) == (event, 1)
    assert due(keeper) is None  # it is made already
    assert run(keeper, taken_sql(call, "successful", 204, None)) == [{"event": event}]
    told = of(keeper, job, event)
    assert (told.status, told.told, told.answer, told.problem) == (DELIVERED, "successful", 204, None)
    assert due(keeper) is None


def test_progress_is_told_once_for_each_state_and_the_last_one_only(keeper: psycopg.Connection, job: Job) -> None:
    run(keeper, taken_sql(made(keeper), "0", 204, 0.0))
    assert due(keeper) is None
    for percent in (20, 40):
        run(keeper, progress_sql(job, percent, Text("đang chạy", "running")))
    call = made(keeper)
    run(keeper, taken_sql(call, "40", 204, 0.0))
    assert (call.event, due(keeper)) == (IN_PROGRESS, None)


def test_one_that_is_not_taken_is_made_again_until_it_is_given_up(keeper: psycopg.Connection, job: Job) -> None:
    call = made(keeper)
    assert run(keeper, not_taken_sql(call, 500, "HTTP 500", 600.0)) == [{"event": IN_PROGRESS}]
    waiting = of(keeper, job, IN_PROGRESS)
    assert (waiting.status, waiting.failures, waiting.problem) == (PENDING, 1, "HTTP 500")
    assert due(keeper) is None
    run(keeper, not_taken_sql(waiting, 500, "HTTP 500", 0.0))
    again = made(keeper)
    assert (again.attempts, again.failures) == (2, 2)
    run(keeper, not_taken_sql(again, 410, "HTTP 410", None))
    assert of(keeper, job, IN_PROGRESS).status == WITHHELD
    assert due(keeper) is None


def test_a_call_whose_worker_is_gone_is_made_again_and_the_late_word_of_the_first_counts_no_more(
    keeper: psycopg.Connection, job: Job
) -> None:
    lost = made(keeper, lease=0.0)
    later = made(keeper)
    assert (later.event, later.attempts) == (lost.event, lost.attempts + 1)
    assert run(keeper, taken_sql(lost, "0", 204, None)) == []
    assert run(keeper, not_taken_sql(lost, None, "late", None)) == []
    assert of(keeper, job, IN_PROGRESS).status == PENDING
    assert run(keeper, taken_sql(later, "0", 204, None)) == [{"event": IN_PROGRESS}]


def test_two_callers_never_make_the_same_call(keeper: psycopg.Connection, job: Job) -> None:
    with keeper.transaction():
        assert made(keeper).event == IN_PROGRESS
        with psycopg.connect(keeper.info.dsn, autocommit=True) as other:
            assert due(other) is None  # it does not even wait

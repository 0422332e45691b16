"""`landmap worker` and the worker of `landmap serve` from outside: killed, told to end, left without a database."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from typer.testing import CliRunner

from gis.model.layer import Catalog
from gis.store import embedded
from gis.store.database import prepare
from gis.store.jobs import Job, Limits, Order, Status, as_job, claim_sql, fail_sql, job_sql, outputs_sql, submit_sql
from gis.store.runner import run
from services.cli import app
from services.processes.listed import PROCESSES
from tests.services.commands.test_serve import ROOT, children, free_port, serving, wait_until_ready
from tests.services.processes.stage import Stage

PROGRAM = """
import sys
from pathlib import Path
from services.commands.worker import run
from services.processes.running import Terms
from services.settings import read_settings
sys.path.insert(0, "tests/services/processes")
from stage import Stage
settings = read_settings()
terms = Terms(lease=1.5, beat=0.3, patience=0.5, poll=0.1, told=0, backoff=0)
stage = Stage(Path("{folder}"))
run(settings, settings.database_url.get_secret_value(), {{"stage": stage.process}}, terms)
"""


@dataclass(frozen=True)
class Workers:
    """Two stages: `hasty` does at once what `patient` never comes to an end with."""

    patient: Stage
    hasty: Stage


@pytest.fixture
def workers(tmp_path: Path) -> Workers:
    found = Workers(*(Stage(tmp_path / name) for name in ("patient", "hasty")))
    for stage in (found.patient, found.hasty):
        stage.folder.mkdir()
    found.hasty.go.set()
    return found


@contextmanager
def working(dsn: str, stage: Stage) -> Iterator[subprocess.Popen[bytes]]:
    """A worker in a process of its own."""
    program = PROGRAM.format(folder=stage.folder)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LANDMAP_")}
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        env={**kept, "LANDMAP_DATABASE_URL": dsn, "LANDMAP_LOG_LEVEL": "error"},
        cwd=ROOT,
    )
    try:
        yield process
    finally:
        process.kill()
        assert process.wait() in (0, -signal.SIGKILL)  # it had not come to grief before


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def submit(db: psycopg.Connection, inputs: Mapping[str, Any], process: str = "stage") -> Job:
    order = Order(process, None, "raw", "http://land.test", "vi")
    with db.transaction():
        (row,) = run(db, submit_sql(order, inputs, "public", b"x", Limits(9, 9, 9)))
    return as_job(row)


def a_process() -> tuple[str, Mapping[str, Any]]:
    """A process of the service, with the inputs of its example."""
    process = PROCESSES["transform-coordinates"]
    inputs = process.example["inputs"]
    assert isinstance(inputs, dict)
    return process.id, inputs


def read(db: psycopg.Connection, job: Job) -> Job:
    (row,) = run(db, job_sql(job.id, None))
    return as_job(row)


def until(reached: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def db(url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


@pytest.mark.slow
def test_a_worker_that_is_killed_in_the_middle_is_followed_by_another_and_the_result_is_there_once(
    url: str, db: psycopg.Connection, workers: Workers
) -> None:
    with working(url, workers.patient) as first:
        job = submit(db, {"do": "wait", "value": 7})
        until(lambda: read(db, job).progress == 40)
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        assert read(db, job).status is Status.RUNNING  # nobody knows yet
        until(lambda: not alive(workers.patient.pids[0]))
        with working(url, workers.hasty):
            until(lambda: not read(db, job).status.open)
    done = read(db, job)
    assert (done.status, done.attempt, done.losses) == (Status.SUCCESSFUL, 2, 1)
    *_, out = run(db, outputs_sql(job.id))
    assert orjson.loads(bytes(out["content"]))["value"] == 7


@pytest.mark.slow
@pytest.mark.parametrize("do", ["wait", "compute"])
def test_a_worker_that_is_told_to_end_gives_its_job_back_and_ends_well(
    url: str, db: psycopg.Connection, workers: Workers, do: str
) -> None:
    with working(url, workers.patient) as worker:
        job = submit(db, {"do": do})
        until(workers.patient.arrived.is_set)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0
        assert not alive(workers.patient.pids[0])
    assert (read(db, job).status, read(db, job).losses) == (Status.ACCEPTED, 0)


@pytest.mark.slow
def test_a_worker_outlives_its_database(catalog: Catalog, workers: Workers) -> None:
    """The server is killed while a job runs, and comes back."""
    home = Path(tempfile.mkdtemp(prefix="landmap-tests-", dir="/tmp"))
    home.chmod(0o755)
    try:
        server = embedded.ensure(home)
        dsn = server.create_database("city")
        prepare(dsn, catalog)
        with working(dsn, workers.patient):
            with psycopg.connect(dsn, autocommit=True) as db:
                job = submit(db, {"do": "wait"})
                until(lambda: read(db, job).progress == 40)
            os.kill(server.pid, signal.SIGKILL)
            embedded.ensure(home)
            with psycopg.connect(dsn, autocommit=True) as db:
                later = submit(db, {"do": "echo"})
                with working(
                    dsn, workers.hasty
                ):  # the first may hold on to the job, or have let it go: it is run in the end
                    until(lambda: not read(db, later).status.open)
                    assert read(db, later).status is Status.SUCCESSFUL
                    assert read(db, job).status in (Status.RUNNING, Status.ACCEPTED, Status.SUCCESSFUL)
    finally:
        embedded.destroy(home)
        shutil.rmtree(home)


@pytest.mark.slow
def test_the_service_runs_jobs_itself_and_whatever_is_killed_comes_back(url: str, db: psycopg.Connection) -> None:
    process, example = a_process()
    port = free_port()
    with serving({"LANDMAP_DATABASE_URL": url, "LANDMAP_PORT": str(port), "LANDMAP_WORKERS": "1"}) as service:
        wait_until_ready(service, port)
        before = submit(db, example, process)
        until(lambda: not read(db, before).status.open)
        assert read(db, before).status is Status.SUCCESSFUL
        for pid in children(service.pid):
            if b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)
        after = submit(db, example, process)
        until(lambda: read(db, after).status is Status.SUCCESSFUL)
        wait_until_ready(service, port)
        service.send_signal(signal.SIGTERM)
        said = service.communicate(timeout=60)[0]
        assert (service.returncode, said.rstrip().endswith("Stopped.")) == (0, True)


@pytest.mark.slow
def test_the_service_leaves_jobs_to_others_where_it_is_said_so(url: str, db: psycopg.Connection) -> None:
    process, example = a_process()
    port = free_port()
    environment = {"LANDMAP_DATABASE_URL": url, "LANDMAP_PORT": str(port), "LANDMAP_OWN_WORKER": "false"}
    with serving(environment) as service:
        wait_until_ready(service, port)
        job = submit(db, example, process)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LANDMAP_")}
        assert run(db, job_sql(job.id, None))[0]["status"] == "accepted"
        with subprocess.Popen(
            [sys.executable, "-c", "from services.cli import main; main()", "worker", "--at-once", "2"],
            env={**kept, "LANDMAP_DATABASE_URL": url, "LANDMAP_LOG_LEVEL": "error", "LANDMAP_LANG": "en"},
            cwd=ROOT,
            stdout=subprocess.PIPE,
        ) as worker:
            until(lambda: read(db, job).status is Status.SUCCESSFUL)
            worker.send_signal(signal.SIGINT)
            assert worker.wait(30) == 0
            assert worker.stdout is not None
            assert worker.stdout.read().decode().splitlines() == ["Waiting for jobs. Stop with Ctrl-C.", "Stopped."]


def landmap(*said: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, said)
    return done.exit_code, done.output or str(done.exception)


def test_an_operator_lists_looks_at_and_dismisses_jobs(url: str, db: psycopg.Connection) -> None:
    assert landmap("job", "list") == (0, "There is no job.\n")
    job, other = submit(db, {"do": "echo", "value": "Nguyễn Văn Mật"}), submit(db, {"do": "echo"})
    code, listed = landmap("job", "list", "--json")
    assert (code, [orjson.loads(line)["id"] for line in listed.splitlines()]) == (0, [str(other.id), str(job.id)])
    assert "Mật" not in listed
    assert landmap("job", "list", "--owner", "key:nobody")[1] == "There is no job.\n"
    assert orjson.loads(landmap("job", "show", str(job.id))[1])["status"] == "accepted"
    assert landmap("job", "dismiss", str(job.id)) == (0, "The job is dismissed.\n")
    assert landmap("job", "dismiss", str(job.id))[0] == 1
    assert landmap("job", "show", str(uuid4()))[0] == 1
    assert read(db, job).status is Status.DISMISSED
    assert db.execute("SELECT action, subject FROM landmap.audit").fetchall() == [("job dismissed", str(job.id))]
    failed = as_job(run(db, claim_sql(["stage"], 60))[0])
    problem = {"vi": {"title": "Hỏng"}, "en": {"title": "Broken"}}
    run(db, fail_sql(failed, problem))
    table = " ".join(landmap("job", "list")[1].split())
    assert "failed" in table and "Broken" in table and "dismissed" in table


def test_a_worker_refuses_a_database_that_is_not_of_this_version(
    server: embedded.ServerInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANDMAP_DATABASE_URL", make_conninfo(server.create_database("empty_for_worker")))
    monkeypatch.setenv("LANDMAP_DATABASE_URL", server.dsn("empty_for_worker"))
    code, said = landmap("worker")
    assert code == 1
    assert "landmap layer apply" in said

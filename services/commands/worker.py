"""`landmap worker`, and `landmap job list | show | dismiss`: what is answered later, and who works on it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import orjson
import typer

from gis.errors import NotFound
from services.commands import worker_words as words
from services.commands.session import Session, external, session
from services.commands.speech import instant, language, say, show, word

if TYPE_CHECKING:
    from gis.store.jobs import Job
    from services.processes.process import Process
    from services.processes.running import Terms
    from services.settings import Settings

job = typer.Typer(no_args_is_help=True, help="Jobs that wait, run or are done.")


def worker(
    at_once: Annotated[
        int | None, typer.Option(min=1, max=64, help="jobs run at the same time; LANDMAP_JOBS_AT_ONCE or 1")
    ] = None,
) -> None:
    """Run jobs until Ctrl-C: what was asked of the service and is answered later.

    Any number of workers may run, wherever they reach the database. `landmap serve` has one of its own unless
    LANDMAP_OWN_WORKER is false.

    Example: landmap worker --at-once 4
    """
    from gis.catalog.read import read_catalog
    from gis.store import embedded
    from gis.store.database import connect, refuse_foreign, refuse_unprepared
    from services.processes.listed import PROCESSES
    from services.settings import read_settings

    settings = read_settings()
    settings = settings.model_copy(update={"jobs_at_once": at_once or settings.jobs_at_once})
    catalog = read_catalog(settings.layers, settings.territory)
    with embedded.at_hand(settings.home, external(settings)) as dsn:
        with connect(dsn, autocommit=True) as connection:
            refuse_foreign(connection, catalog.territory)
            refuse_unprepared(connection)
        say(words.WORKING)
        run(settings, dsn, PROCESSES, signals=(signal.SIGTERM, signal.SIGINT))
    say(words.STOPPED)


def run(
    settings: Settings,
    dsn: str,
    processes: Mapping[str, Process],
    terms: Terms | None = None,
    signals: Iterable[signal.Signals] = (signal.SIGTERM,),
) -> None:
    """Works until one of the signals."""
    from services.logs import configure

    configure(settings.log_level)
    asyncio.run(_run(settings, dsn, processes, terms, signals))


async def _run(
    settings: Settings,
    dsn: str,
    processes: Mapping[str, Process],
    terms: Terms | None,
    signals: Iterable[signal.Signals],
) -> None:
    from gis.catalog.read import read_catalog
    from gis.store.keeper import Keeper
    from services.indicators.keeping import keeping
    from services.processes.calling_back import calling_back
    from services.processes.running import Terms, Workplace
    from services.processes.worker import Worker
    from services.reports.courier import telling
    from services.subscriptions.courier import delivering

    catalog = read_catalog(settings.layers, settings.territory)
    keeper = await Keeper.open(dsn, statement_timeout_ms=settings.statement_timeout_ms, size=settings.jobs_at_once + 10)
    try:
        place = Workplace(dsn, catalog, settings, await keeper.secret(), keeper, processes, terms or Terms())
        at_work = Worker(place, settings.jobs_at_once)
        for number in signals:
            asyncio.get_running_loop().add_signal_handler(number, at_work.end)
        async with delivering(place), calling_back(place), telling(place), keeping(place):
            await at_work.work()
    finally:
        await keeper.close()


@job.command("list")
def list_jobs(
    owner: Annotated[
        str | None, typer.Option(help="who asked: key:…, the issuer and `sub` of a person, or public")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="at most so many, the newest first")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a line")] = False,
) -> None:
    """List jobs of everybody, the newest first, without what was asked and answered.

    Example: landmap job list --owner key:abc12defgh
    """
    from gis.store.jobs import Wanted, as_job, list_sql
    from gis.store.runner import run as ask

    with session() as work:
        jobs = [as_job(row) for row in ask(work.connection, list_sql(Wanted(owner, limit)))]
        rows = [_row(each, work) for each in jobs]
    if as_json:
        for each in jobs:
            typer.echo(orjson.dumps(_told(each)).decode())
        return
    show(words.JOB_HEADS, rows, words.NO_JOB)


@job.command("show")
def show_job(id: Annotated[UUID, typer.Argument(help="the job's id, from `landmap job list`")]) -> None:
    """Show how a job stands and why it failed, as JSON, without what was asked and answered.

    Example: landmap job show 10000000-0000-0000-0000-000000000005
    """
    from gis.store.jobs import as_job, job_sql
    from gis.store.runner import run as ask

    with session() as work:
        rows = ask(work.connection, job_sql(id, None))
    if not rows:
        raise _missing(id)
    typer.echo(orjson.dumps(_told(as_job(rows[0])), option=orjson.OPT_INDENT_2).decode())


@job.command("dismiss")
def dismiss(id: Annotated[UUID, typer.Argument(help="the job's id, from `landmap job list`")]) -> None:
    """Dismiss a job: it does not run, or stops, and what was asked and answered is deleted.

    Example: landmap job dismiss 10000000-0000-0000-0000-000000000005
    """
    from datetime import UTC, datetime

    from gis.store.audit import Entry, Kind, append
    from gis.store.jobs import dismiss_sql, forget_sql
    from gis.store.runner import run as ask

    with session() as work, work.connection.transaction():
        if not ask(work.connection, dismiss_sql(id, None)):
            raise _missing(id)
        ask(work.connection, forget_sql(id))
        append(work.connection, Entry(datetime.now(UTC), Kind.EDIT, work.actor, "job dismissed", subject=str(id)))
    say(words.DISMISSED)


def _missing(id: UUID) -> NotFound:
    return NotFound(words.NO_SUCH_JOB.en.format(id=id), words.NO_SUCH_JOB.vi.format(id=id))


def _row(each: Job, work: Session) -> tuple[str, ...]:
    seconds = (each.finished - each.started).total_seconds() if each.finished and each.started else None
    return (
        str(each.id),
        instant(each.created, work.zone),
        each.order.process,
        each.owner,
        word(words.STATUSES[each.status]),
        f"{each.progress} %",
        "" if seconds is None else f"{seconds:.1f} s",
        str((each.problem or {}).get(language(), {}).get("title", "")),
    )


def _told(each: Job) -> dict[str, Any]:
    return {
        "id": str(each.id),
        "process": each.order.process,
        "owner": each.owner,
        "status": each.status,
        "progress": each.progress,
        "message": None if each.message is None else each.message[language()],
        "created": each.created,
        "started": each.started,
        "updated": each.updated,
        "finished": each.finished,
        "attempt": each.attempt,
        "problem": None if each.problem is None else each.problem[language()],
    }

"""`landmap survey`: all buildings against the limits of today, here or over a Dask cluster, from the database or from files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gis.errors import InvalidParameter
from services.commands import survey_words as words
from services.commands.session import session
from services.commands.speech import aside, grouped, instant, parts, read_day, say, show, word

if TYPE_CHECKING:
    from services.permits.survey_run import Judging, Result
    from services.permits.survey_source import Named, Source
    from services.processes.process import Json

app = typer.Typer(
    no_args_is_help=True, help="Hold all buildings against the limits of the plans, here or over a Dask cluster."
)

_DAY = Annotated[str | None, typer.Option(help="as of this day, dd/mm/yyyy; now if left out")]
_VERSION = Annotated[int | None, typer.Option(min=1, help="a changeset number; the newest if left out")]
_PUBLIC = Annotated[
    bool, typer.Option("--public", help="only what everybody may see: figures of wards, none of them small")
]
_WARDS = Annotated[str | None, typer.Option(help="codes of wards, joined by commas; all if left out")]


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="a new folder, for the agency only")],
    day: _DAY = None,
    version: _VERSION = None,
    wards: _WARDS = None,
    public: _PUBLIC = False,
    cell: Annotated[float, typer.Option(min=50, help="side of the squares in metres, one part each")] = 1000.0,
) -> None:
    """Write all that a survey needs as GeoParquet: buildings, parcels, zones, road lines, rules.

    Each part has the whole surroundings of its buildings, so that it can be judged alone. All files have mode 0600.

    Example: landmap survey export in
    """
    from services.permits import survey_run
    from services.permits.survey_source import Wanted, of_database

    wanted = Wanted(_inputs(day, version, wards), public, cell)
    with session(publishing=True) as work, of_database(work.dsn, work.catalog, wanted) as source:
        survey, count = survey_run.export(source, folder, _watched)
        when = instant(survey.instant, work.zone)
    say(words.EXPORTED, parts=grouped(count), folder=folder, number=survey.data_version, day=when)


@app.command()
def run(  # noqa: PLR0913 - Typer makes an option of each parameter
    output: Annotated[Path, typer.Argument(help="a new folder, for the agency only")],
    source: Annotated[
        Path | None, typer.Option("--from", help="a folder made by `landmap survey export`; the database if left out")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="a Dask scheduler, such as tcp://10.0.0.5:8786; here if left out")
    ] = None,
    day: _DAY = None,
    version: _VERSION = None,
    wards: _WARDS = None,
    public: _PUBLIC = False,
) -> None:
    """Survey all buildings and write what comes of it: buildings, findings and wards as GeoParquet.

    The command line reads as the owner of the database: what it writes is for the agency only, unless it is --public. The
    result is the same from the database or a folder, here or over a cluster, down to its digest.

    Workers need the package of this version, and neither folder nor database. What goes to them is of the agency: across
    networks use tls://.

    Example: landmap survey run out

    Example: landmap survey run out --from in --scheduler tcp://10.0.0.5:8786
    """
    from services.permits import survey_run
    from services.permits.survey_source import of_folder

    given = {"--day": day, "--version": version, "--wards": wards, "--public": public or None}
    if source is not None and (more := [name for name, value in given.items() if value is not None]):
        said = {"options": ", ".join(more)}
        raise InvalidParameter(words.FIXED.en.format(**said), words.FIXED.vi.format(**said), where=more[0])
    with _judging(scheduler) as judging:
        if source is not None:
            result = survey_run.run(of_folder(source), judging, output, _watched)
        else:
            opened = _database(_inputs(day, version, wards), public=public)
            result = survey_run.run_apart(opened, judging, output, _watched)
    _tell(result, output)


@contextmanager
def _database(inputs: dict[str, Json], *, public: bool) -> Iterator[Source]:
    from services.permits.survey_source import Wanted, of_database

    with session(publishing=True) as work, of_database(work.dsn, work.catalog, Wanted(inputs, public)) as read:
        yield read


@contextmanager
def _judging(scheduler: str | None) -> Iterator[Judging]:
    from services.permits import survey_run

    if scheduler is None:
        yield survey_run.here
        return
    try:
        from services.permits.survey_cluster import cluster
    except ModuleNotFoundError as error:
        if error.name not in ("dask", "distributed"):
            raise
        raise InvalidParameter(words.NO_DASK.en, words.NO_DASK.vi, where="--scheduler") from error
    with cluster(scheduler) as judging:
        yield judging


def _inputs(day: str | None, version: int | None, wards: str | None) -> dict[str, Json]:
    """The inputs of the process."""
    inputs: dict[str, Json] = {}
    if day is not None:
        inputs["datetime"] = read_day(day, "--day").isoformat()
    if version is not None:
        inputs["knownAt"] = version
    if wards is not None:
        codes = list(parts(wards))
        if not codes or not all(re.fullmatch(r"[0-9]{5}", code) for code in codes):
            said = {"codes": wards}
            raise InvalidParameter(words.CODES.en.format(**said), words.CODES.vi.format(**said), where="--wards")
        inputs["wards"] = list(codes)
    return inputs


def _watched(squares: Iterator[Named | None], count: int) -> Iterable[Named | None]:
    """Shows how many squares are read, where there is a terminal."""
    from rich.progress import track

    return track(squares, word(words.READING), count, console=aside, transient=True, disable=not aside.is_terminal)


def _tell(result: Result, output: Path) -> None:
    survey = result.survey
    if survey.public:
        say(words.PUBLISHABLE, wards=grouped(len(survey.wards)), folder=output)
    else:
        _tell_all(result, output)
    say(words.RESTS, number=survey.data_version, rules=survey.rules_version[:12], hash=result.hash)


def _tell_all(result: Result, output: Path) -> None:
    from gis.rules.conformity import CONFORMS, EXCEEDS, UNKNOWN

    buildings = sum(ward.buildings for ward in result.counts.values())
    rows = [
        (
            word(text),
            *(
                grouped(sum(ward.statuses[aspect, status] for ward in result.counts.values()))
                for status in (CONFORMS, EXCEEDS, UNKNOWN)
            ),
        )
        for aspect, text in words.ASPECTS.items()
    ]
    show(words.HEADS, rows if buildings else [], words.NO_BUILDINGS)
    say(words.WRITTEN, buildings=grouped(buildings), findings=grouped(result.findings), folder=output)

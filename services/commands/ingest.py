"""`landmap ingest`: load files into a layer."""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gis.errors import IngestError
from gis.model.layer import Text
from services.commands import words
from services.commands.session import external
from services.commands.speech import aside, grouped, language, out, read_day, say, word

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn, Task

    from gis.ingest.report import Report
    from gis.ingest.run import Options
    from gis.model.layer import Catalog, Layer


def ingest(  # noqa: PLR0913 - Typer makes an option of each parameter
    layer: Annotated[str, typer.Argument(help="The layer to load into, for example parcels.")],
    files: Annotated[
        list[Path],
        typer.Argument(help="GeoPackage, Shapefile (also zipped), GeoJSON, GeoJSONSeq, FlatGeobuf, GeoParquet or CSV."),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and report; write nothing.")] = False,
    stage: Annotated[bool, typer.Option("--stage", help="Leave it staged, to be published by somebody else.")] = False,
    crs: Annotated[str | None, typer.Option(help="CRS of the coordinates, for example EPSG:9210.")] = None,
    encoding: Annotated[str | None, typer.Option(help="utf-8, tcvn3, vni, or a code page such as cp1258.")] = None,
    maps: Annotated[
        list[str] | None,
        typer.Option("--map", help="source=field, or source=field:comma (point, dmy, ymd, epoch-ms, epoch-s)."),
    ] = None,
    sets: Annotated[list[str] | None, typer.Option("--set", help="field=value for all records.")] = None,
    source_layer: Annotated[str | None, typer.Option(help="The layer inside a GeoPackage that has several.")] = None,
    commune: Annotated[str | None, typer.Option(help="Commune code (5 digits) of all records.")] = None,
    valid_from: Annotated[str | None, typer.Option(help="Day from which all records hold, dd/mm/yyyy or ISO.")] = None,
    document: Annotated[str | None, typer.Option(help="Number of the legal act, also 'NUMBER of dd/mm/yyyy'.")] = None,
    source_name: Annotated[str | None, typer.Option(help="What the source is called; by default the file.")] = None,
    agency: Annotated[str | None, typer.Option(help="The agency that supplied the file.")] = None,
    complete: Annotated[
        str | None,
        typer.Option(
            help="What the file is complete for: commune=26734, plan=CODE, or a polygon file. What it lacks there "
            "is closed; not while records of the file are withheld, which may stand for it, unless --yes."
        ),
    ] = None,
    yes: Annotated[
        bool,
        typer.Option(
            "--yes",
            help="Do it all the same: close more than 2 % of the scope, or all of one that no record belongs to, or while "
            "records are withheld; load beside the demo city.",
        ),
    ] = False,
    as_json_text: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Load files into a layer: read, clean, check, stage, publish. A file is a changeset.

    Example: landmap ingest parcels dc5.shp --commune 26734 --dry-run

    Example: landmap ingest parcels dc5.shp --crs EPSG:9210 --map SoTo=sheet

    Example: landmap ingest zones a.gpkg --set plan=P1 --complete plan=P1

    Example: landmap ingest zones a.gpkg --document "12/QĐ-UBND of 15/03/2024"

    Example: landmap ingest permits b.csv --valid-from 15/03/2024 --lang vi
    """
    from gis.ingest.mapping import parse_choice
    from gis.ingest.report import as_json, as_table
    from gis.ingest.run import DRY_RUN, PUBLISH, STAGE, Options
    from gis.model.change import Provenance

    _agree(files, complete, both=dry_run and stage)
    act, act_date = _act(document)
    said = Provenance(
        actor=getpass.getuser(),
        title=word(words.LOAD_OF, files=", ".join(path.name for path in files)),
        document=act,
        document_date=act_date,
    )
    options = Options(
        said,
        choice=parse_choice(maps or (), sets or ()),
        mode=DRY_RUN if dry_run else STAGE if stage else PUBLISH,
        crs=crs,
        encoding=encoding,
        source_layer=source_layer,
        commune=commune,
        valid_from=read_day(valid_from, "--valid-from") if valid_from else None,
        complete=complete,
        yes=yes,
        source_name=source_name,
        agency=agency,
    )
    for report, catalog, path in _load(layer, files, options):
        if as_json_text:
            typer.echo(json.dumps(as_json(report), ensure_ascii=False))
        else:
            out.print(as_table(report, language()))
            _advise(report, catalog, path, options)


def _agree(files: list[Path], complete: str | None, *, both: bool) -> None:
    """What was said goes together, and all files are there: none is loaded before another turns out to be missing."""
    if both:
        raise _refusal(words.DRY_OR_STAGE)
    if complete and len(files) > 1:
        raise _refusal(words.ONE_COMPLETE_FILE)
    for path in files:
        if not path.is_file():
            raise _refusal(words.NO_FILE, path=path)


def _refusal(text: Text, **values: object) -> IngestError:
    return IngestError(text.en.format(**values), text.vi.format(**values))


def _load(name: str, files: list[Path], options: Options) -> Iterator[tuple[Report, Catalog, Path]]:
    """Each file in turn, as a changeset of its own."""
    from gis.catalog.read import read_catalog
    from gis.ingest.crs_check import OutsideTerritory
    from gis.ingest.run import DRY_RUN, load
    from gis.model.invented import ACTOR as DEMO
    from gis.store import embedded
    from gis.store.cell_base import bring_up
    from gis.store.changesets import made_by
    from gis.store.database import connect, prepare
    from services.commands.advice import at_home, beside_demo
    from services.settings import read_settings

    settings = read_settings()
    catalog = read_catalog(settings.layers, settings.territory)
    layer = _layer(catalog, name)
    with embedded.at_hand(settings.home, external(settings)) as dsn:
        prepare(dsn, catalog)
        with connect(dsn, autocommit=True) as connection:
            if options.mode != DRY_RUN and not options.yes and made_by(connection, DEMO):
                raise beside_demo(settings, layer, files)
            for path in files:
                try:
                    with _bar(path) as bar:
                        report = load(connection, catalog, layer, path, options, bar)
                except OutsideTerritory as error:
                    raise at_home(error, settings, layer, path) from error
                yield report, catalog, path  # all is loaded; what follows is for maps of the whole city
                if report.changeset is not None and layer.tiles.cells_from is not None:
                    with _bar(path) as bar:
                        bar("cells", 0, None)
                        bring_up(dsn, layer, datetime.now(UTC))


def _advise(report: Report, catalog: Catalog, path: Path, options: Options) -> None:
    """What can be done about withheld lines."""
    from services.commands.advice import linework

    for advice in linework(report, catalog, path, options):
        say(words.LINEWORK, count=grouped(advice.count), title=advice.title[language()])
        out.print(f"  {advice.command}", markup=False, soft_wrap=True)
        for field, code, others in advice.choices:
            say(words.LINEWORK_CHOICE, field=field, code=code, others=others[language()])
        say(words.LINEWORK_CLOSE)


def _layer(catalog: Catalog, name: str) -> Layer:
    if name not in catalog.layers:
        raise _refusal(words.NO_LAYER, layer=name, layers=", ".join(catalog.layers))
    return catalog.layers[name]


def _act(document: str | None) -> tuple[str | None, date | None]:
    """Number and date of `123/QĐ-UBND of 15/03/2024` (or `ngày 15/03/2024`); the date may be left out."""
    if document is None:
        return None, None
    for between in (" of ", " ngày "):
        number, separator, day = document.rpartition(between)
        if separator:
            return number.strip(), read_day(day, "--document")
    return document.strip(), None


class _Bar:
    """Shows each phase of a load as a bar of its own, with rate and time left where the total is known."""

    def __init__(self, progress: Progress, name: str) -> None:
        self._progress = progress
        self._name = name
        self._phase = ""
        self._task = progress.add_task(name)

    def __call__(self, phase: str, done: int, total: int | None) -> None:
        if phase != self._phase:
            if self._phase:
                self._progress.stop_task(self._task)
                self._task = self._progress.add_task(self._name)
            self._phase = phase
        told = word(words.PHASES[phase])
        self._progress.update(self._task, description=f"{self._name}: {told}", completed=done, total=total)


@contextmanager
def _bar(path: Path) -> Iterator[_Bar]:
    """Progress on the terminal, where there is one."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _rate_column(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=aside, transient=True, disable=not aside.is_terminal) as progress:
        yield _Bar(progress, path.name)


def _rate_column() -> ProgressColumn:
    """Records a second, where the phase has a speed."""
    from rich.progress import ProgressColumn
    from rich.text import Text as Shown

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Shown:
            speed = task.finished_speed or task.speed
            return Shown(f"{grouped(round(speed))}/s" if speed else "")

    return Rate()

"""`landmap ingest`: load files into a layer."""

from __future__ import annotations

import getpass
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from gis.catalog.read import read_catalog
from gis.errors import IngestError
from gis.ingest.mapping import parse_choice
from gis.ingest.report import Report, as_json, as_table
from gis.ingest.run import DRY_RUN, PUBLISH, STAGE, Options, load
from gis.model.change import Provenance
from gis.model.layer import Catalog, Layer
from gis.store import embedded
from gis.store.database import connect, prepare
from services.settings import read_settings

out = Console()
screen = Console(stderr=True)


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
    complete: Annotated[
        str | None,
        typer.Option(
            help="What the file is complete for: commune=26734, plan=CODE, or a polygon file. What it lacks there "
            "is closed; not while records of the file are withheld, which may stand for it, unless --yes."
        ),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Close also more than 2 % of the scope, or while records are withheld.")
    ] = False,
    as_json_text: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Load files into a layer: read, clean, check, stage, publish.

    Examples:

    landmap ingest parcels dc5.shp --crs EPSG:9210 --commune 26734 --dry-run

    landmap ingest zones qhpk.gpkg --set plan=79QPK0010012 --valid-from 15/03/2024 --complete plan=79QPK0010012
    """
    if dry_run and stage:
        raise IngestError("--dry-run and --stage exclude each other.")
    if complete and len(files) > 1:
        raise IngestError("--complete speaks of one file; load the files one by one.")
    act, act_date = _act(document)
    said = Provenance(
        actor=getpass.getuser(),
        title=f"Load of {', '.join(path.name for path in files)}",
        source_name=source_name,
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
        valid_from=_day(valid_from, "--valid-from") if valid_from else None,
        complete=complete,
        yes=yes,
    )
    for report in _load(layer, files, options):
        if as_json_text:
            typer.echo(json.dumps(as_json(report), ensure_ascii=False))
        else:
            out.print(as_table(report))


def _load(name: str, files: list[Path], options: Options) -> Iterator[Report]:
    """Each file in turn, as a changeset of its own."""
    settings = read_settings()
    catalog = read_catalog(settings.layers, settings.territory)
    layer = _layer(catalog, name)
    url = settings.database_url.get_secret_value() if settings.database_url else None
    with embedded.at_hand(settings.home, url) as dsn:
        prepare(dsn, catalog)
        with connect(dsn, autocommit=True) as connection:
            for path in files:
                with _bar(path) as bar:
                    report = load(connection, catalog, layer, path, options, bar)
                yield report


def _layer(catalog: Catalog, name: str) -> Layer:
    if name not in catalog.layers:
        raise IngestError(f"There is no layer '{name}'; there are {', '.join(catalog.layers)}.")
    return catalog.layers[name]


def _day(text: str, option: str) -> date:
    day_first = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text.strip())
    try:
        return date(*map(int, reversed(day_first.groups()))) if day_first else date.fromisoformat(text.strip())
    except ValueError:
        pass
    raise IngestError(f"{option} {text}: write a day as dd/mm/yyyy or yyyy-mm-dd.")


def _act(document: str | None) -> tuple[str | None, date | None]:
    """Number and date of `123/QĐ-UBND of 15/03/2024` (or `ngày 15/03/2024`); the date may be left out."""
    if document is None:
        return None, None
    for word in (" of ", " ngày "):
        number, separator, day = document.rpartition(word)
        if separator:
            return number.strip(), _day(day, "--document")
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
        self._progress.update(self._task, description=f"{self._name}: {phase}", completed=done, total=total)


@contextmanager
def _bar(path: Path) -> Iterator[_Bar]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=screen, transient=True) as progress:
        yield _Bar(progress, path.name)


class _Rate(TextColumn):
    """Records a second."""

    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: object) -> Text:
        """The speed of the phase, where it has one."""
        speed = getattr(task, "finished_speed", None) or getattr(task, "speed", None)
        return Text(f"{speed:,.0f}/s" if speed else "")

"""`landmap db`: the database itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table

from gis.errors import DatabaseUnavailable, LandmapError
from services.commands import words
from services.commands.session import external
from services.commands.speech import grouped, out, say, word

if TYPE_CHECKING:
    from services.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Start, stop, check, back up and restore the database.")


@app.command()
def start() -> None:
    """Start the embedded database and leave it running.

    Example: landmap db start && psql "$(landmap db url)"
    """
    from gis.catalog.read import read_catalog
    from gis.store import embedded
    from gis.store.database import prepare

    settings = _with_embedded_server()
    catalog = read_catalog(settings.layers, settings.territory)
    server = embedded.keep(settings.home)
    dsn = server.create_database("landmap")
    prepare(dsn, catalog)
    say(words.STARTED if server.started else words.RUNNING, pid=server.pid, dsn=dsn)


@app.command()
def stop() -> None:
    """Stop the embedded database; open transactions are rolled back.

    Example: landmap db stop
    """
    from gis.store import embedded

    settings = _with_embedded_server()
    say(words.STOPPED if embedded.stop(settings.home) else words.NOT_RUNNING)


@app.command()
def url() -> None:
    """Print the URL of the database, for psql, QGIS or another program.

    Example: psql "$(landmap db url)" -c 'SELECT count(*) FROM land.parcels'
    """
    from gis.store import embedded
    from services.settings import read_settings

    settings = read_settings()
    if given := external(settings):
        typer.echo(given)
        return
    server = embedded.status(settings.home)
    if server is None:
        raise DatabaseUnavailable(words.START_IT.en, words.START_IT.vi)
    typer.echo(server.dsn())


@app.command()
def check() -> None:
    """Prove what the database promises: no overlapping versions, right reference systems, tables as defined.

    Ends with status 1 if there is a problem.

    Example: landmap db check
    """
    from gis.catalog.read import read_catalog
    from gis.store import embedded
    from gis.store.check import check as find_problems
    from services.settings import read_settings

    settings = read_settings()
    catalog = read_catalog(settings.layers, settings.territory)
    with embedded.at_hand(settings.home, external(settings)) as dsn:
        findings = find_problems(dsn, catalog)
    if not findings:
        say(words.NO_PROBLEM)
        return
    table = Table(*map(word, words.PROBLEM_HEADS), box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for finding in findings:
        table.add_row(finding.layer, finding.text, grouped(finding.count))
    out.print(table)
    raise typer.Exit(1)


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="Where to write; replaced when complete.")]) -> None:
    """Write everything the database knows to one file, and verify it. Nobody has to stop working.

    Example: landmap db backup landmap-2026-01-31.backup
    """
    from gis.store import backup as archives
    from gis.store import embedded
    from services.settings import read_settings

    settings = read_settings()
    with embedded.at_hand(settings.home, external(settings)) as dsn:
        made = archives.backup(dsn, file.absolute())
    say(words.BACKED_UP, file=file, size=f"{made.size / 1e6:.1f}", tables=made.tables)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file made by: landmap db backup.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Put a backup in the place of the database. What was there before is kept under another name.

    Example: landmap db restore landmap-2026-01-31.backup --yes
    """
    from gis.catalog.read import read_catalog
    from gis.store import backup as archives
    from gis.store import embedded
    from services.settings import read_settings

    settings = read_settings()
    catalog = read_catalog(settings.layers, settings.territory)
    with embedded.at_hand(settings.home, external(settings)) as dsn:
        if not yes:
            typer.confirm(word(words.MAY_REPLACE, file=file), abort=True)
        done = archives.restore(dsn, file.absolute(), catalog)
    say(words.RESTORED, file=file, database=done.database)
    if done.kept is not None:
        say(words.KEPT, kept=done.kept)


def _with_embedded_server() -> Settings:
    from services.settings import read_settings

    settings = read_settings()
    if settings.database_url is not None:
        raise LandmapError(words.NOT_OURS.en, words.NOT_OURS.vi)
    return settings

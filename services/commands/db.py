"""`landmap db`: the database itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from gis.catalog.read import read_catalog
from gis.errors import DatabaseUnavailable, LandmapError
from gis.store import backup as archives
from gis.store import embedded
from gis.store.check import check as find_problems
from gis.store.database import prepare
from services.settings import Settings, read_settings

app = typer.Typer(no_args_is_help=True, help="Start, stop, check, back up and restore the database.")
out = Console()


@app.command()
def start() -> None:
    """Start the embedded database and leave it running.

    Example: landmap db start && psql "$(landmap db url)"
    """
    settings = _with_embedded_server()
    catalog = read_catalog(settings.layers, settings.territory)
    server = embedded.keep(settings.home)
    dsn = server.create_database("landmap")
    prepare(dsn, catalog)
    typer.echo(f"{'Started' if server.started else 'Already running'} (process {server.pid}): {dsn}")


@app.command()
def stop() -> None:
    """Stop the embedded database; open transactions are rolled back.

    Example: landmap db stop
    """
    settings = _with_embedded_server()
    typer.echo("Stopped." if embedded.stop(settings.home) else "Was not running.")


@app.command()
def url() -> None:
    """Print the URL of the database, for psql, QGIS or another program.

    Example: psql "$(landmap db url)" -c 'SELECT count(*) FROM land.parcels'
    """
    settings = read_settings()
    if external := _external(settings):
        typer.echo(external)
        return
    server = embedded.status(settings.home)
    if server is None:
        raise DatabaseUnavailable("The embedded database is not running. Start it with: landmap db start")
    typer.echo(server.dsn())


@app.command()
def check() -> None:
    """Prove what the database promises: no overlapping versions, right reference systems, tables as defined.

    Ends with status 1 if there is a problem. Example: landmap db check
    """
    settings = read_settings()
    catalog = read_catalog(settings.layers, settings.territory)
    with embedded.at_hand(settings.home, _external(settings)) as dsn:
        findings = find_problems(dsn, catalog)
    if not findings:
        typer.echo("No problem found.")
        return
    table = Table("Layer", "Problem", "Places")
    for finding in findings:
        table.add_row(finding.layer, finding.text, f"{finding.count:,}")
    out.print(table)
    raise typer.Exit(1)


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="Where to write; replaced when complete.")]) -> None:
    """Write everything the database knows to one file, and verify it. Nobody has to stop working.

    Example: landmap db backup landmap-2026-01-31.backup
    """
    settings = read_settings()
    with embedded.at_hand(settings.home, _external(settings)) as dsn:
        made = archives.backup(dsn, file.absolute())
    typer.echo(f"{file}: {made.size / 1e6:,.1f} MB, {made.tables} tables, read back to the end.")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file made by: landmap db backup.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Put a backup in the place of the database. What was there before is kept under another name.

    Example: landmap db restore landmap-2026-01-31.backup --yes
    """
    settings = read_settings()
    catalog = read_catalog(settings.layers, settings.territory)
    with embedded.at_hand(settings.home, _external(settings)) as dsn:
        if not yes:
            typer.confirm(f"Replace what the database holds by {file}? Connections to it will be cut", abort=True)
        done = archives.restore(dsn, file.absolute(), catalog)
    typer.echo(f"{file} is now the database {done.database}. Restart the service, if it runs.")
    if done.kept is not None:
        typer.echo(f"The one before is kept as {done.kept}; when you no longer need it: DROP DATABASE {done.kept}")


def _external(settings: Settings) -> str | None:
    return settings.database_url.get_secret_value() if settings.database_url else None


def _with_embedded_server() -> Settings:
    settings = read_settings()
    if settings.database_url is not None:
        raise LandmapError("LANDMAP_DATABASE_URL names a database that Landmap neither starts nor stops; unset it.")
    return settings

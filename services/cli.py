"""The `landmap` command: one screen of commands; each lives in services/commands/."""

from __future__ import annotations

import sys

import typer
from rich.console import Console
from rich.markup import escape

from gis.errors import LandmapError
from services.commands import changeset, db, layer
from services.commands.demo import demo_data
from services.commands.ingest import ingest
from services.commands.serve import serve

app = typer.Typer(
    name="landmap",
    help="The standing land-urban data map of a city.\n\nStart with: landmap serve --demo",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.add_typer(db.app, name="db")
app.add_typer(layer.app, name="layer")
app.add_typer(changeset.app, name="changeset")
app.command()(ingest)
app.command("demo-data")(demo_data)
app.command()(serve)


def main() -> None:
    """Run a command; what Landmap raises on purpose is one sentence on stderr and exit code 1."""
    try:
        app()
    except LandmapError as error:
        Console(stderr=True, highlight=False).print(f"[red]landmap:[/red] {escape(str(error))}", soft_wrap=True)
        sys.exit(1)

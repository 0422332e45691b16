"""`landmap layer`: what the layer definitions ask of the database."""

from __future__ import annotations

import typer

from gis.store import layers
from services.commands.session import session

app = typer.Typer(no_args_is_help=True, help="Compare layers/ with the database, and bring the database up to it.")


@app.command()
def plan() -> None:
    """Show the DDL that `apply` would run; ends with status 1 if a table contradicts its definition.

    Example: landmap layer plan
    """
    with session(prepared=False) as work:
        found = layers.plan(work.connection, work.catalog)
    for statement in found.statements:
        typer.echo(statement + ";")
    for conflict in found.conflicts:
        typer.echo(conflict, err=True)
    if found.conflicts:
        raise typer.Exit(1)
    if not found.statements:
        typer.echo("The database is as layers/ says.")


@app.command()
def apply() -> None:
    """Run that DDL; it adds and never drops a column or a row.

    Example: landmap layer apply
    """
    with session(prepared=False) as work, work.connection.transaction():
        found = layers.apply(work.connection, work.catalog)
    typer.echo(f"{len(found.statements)} statement(s) run.")

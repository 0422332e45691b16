"""`landmap changeset`: what changed, what waits, and undoing it."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from gis.model.change import Changeset, Stage
from gis.store import changesets, publish, quarantine, stage
from services.commands.session import session

app = typer.Typer(no_args_is_help=True, help="List, show, publish, refuse and revert changesets.")
out = Console()

Number = Annotated[int, typer.Argument(help="number of a changeset")]
Waiting = Annotated[int, typer.Argument(help="number of a staged changeset, from `landmap changeset list`")]


@app.command("list")
def list_(limit: Annotated[int, typer.Option(help="how many published ones")] = 20) -> None:
    """List staged changesets that wait, then the newest published ones.

    Example: landmap changeset list --limit 5
    """
    with session() as work:
        waiting = changesets.staged(work.connection)
        published = changesets.newest(work.connection, limit)
    if waiting:
        out.print(_table("Staged", [_waiting_row(s) for s in waiting]))
    out.print(_table("Published", [_published_row(c) for c in published]))


@app.command()
def show(
    number: Number, staged: Annotated[bool, typer.Option("--staged", help="the number is that of a staged one")] = False
) -> None:
    """Show one changeset: who, on which ground, how many, and what was withheld.

    Example: landmap changeset show 4
    """
    with session() as work:
        if staged:
            found = changesets.read_stage(work.connection, number)
            out.print(_table("Staged", [_waiting_row(found)]))
            for row in quarantine.read(work.connection, number, limit=50):
                out.print(
                    f"{row['severity']} {row['reason']} row {row['source_row']}: {row['message_vi']}", markup=False
                )
        else:
            published = changesets.read(work.connection, number)
            out.print(_table("Published", [_published_row(published)]))
            who = published.provenance
            out.print(
                f"document {who.document or '-'} of {who.document_date or '-'}, source {who.source_name or '-'}",
                markup=False,
            )


@app.command("publish")
def publish_(number: Waiting) -> None:
    """Publish a staged changeset, all of it or nothing.

    Example: landmap changeset publish 7
    """
    with session() as work:
        waiting = changesets.read_stage(work.connection, number)
        published = publish.publish(work.connection, number, work.catalog.layers[waiting.layer])
    typer.echo(f"Published as changeset {published}." if published else "It held no change: nothing was published.")


@app.command()
def refuse(number: Waiting) -> None:
    """Give a staged changeset up; nothing of it is published.

    Example: landmap changeset refuse 7
    """
    with session() as work:
        stage.refuse(work.connection, number)
    typer.echo(f"Staged changeset {number} is refused.")


@app.command()
def revert(number: Number) -> None:
    """Undo a published changeset by a new one; refused where later ones touched the same features.

    Example: landmap changeset revert 4
    """
    with session() as work:
        made = changesets.revert(work.connection, number, work.catalog, work.actor)
    typer.echo(f"Changeset {number} is reverted by changeset {made.number}.")


def _table(title: str, rows: list[tuple[str, ...]]) -> Table:
    table = Table("No.", "Layer", "When", "By", "Title", "New", "Changed", "Closed", title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    return table


def _waiting_row(found: Stage) -> tuple[str, ...]:
    return (
        str(found.id),
        found.layer,
        f"{found.created_at:%Y-%m-%d %H:%M}",
        found.provenance.actor,
        found.provenance.title,
        *_counts(found.counts),
    )


def _published_row(found: Changeset) -> tuple[str, ...]:
    layers = ", ".join(found.layers) or "-"
    title = f"{found.provenance.title}{' (reverts ' + str(found.reverts) + ')' if found.reverts else ''}"
    return (
        str(found.number),
        layers,
        f"{found.committed_at:%Y-%m-%d %H:%M}",
        found.provenance.actor,
        title,
        *_counts(found.counts),
    )


def _counts(counts: dict[str, int]) -> tuple[str, ...]:
    return tuple(f"{counts.get(kind, 0):,}" for kind in ("insert", "update", "close"))

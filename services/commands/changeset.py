"""`landmap changeset`: what changed, what waits, and undoing it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table

from gis.model.layer import Text
from services.commands import words
from services.commands.session import session
from services.commands.speech import Language, grouped, language, out, say, word

if TYPE_CHECKING:
    from gis.model.change import Changeset, DataSource, Provenance, Stage

app = typer.Typer(no_args_is_help=True, help="List, show, publish, refuse and revert changesets.")

Number = Annotated[int, typer.Argument(help="number of a changeset")]
_STAGED_BY = Text("người chuẩn bị: {actor}", "staged by: {actor}")

Waiting = Annotated[int, typer.Argument(help="number of a staged changeset, from `landmap changeset list`")]


@app.command("list")
def list_(limit: Annotated[int, typer.Option(min=1, help="how many published ones")] = 20) -> None:
    """List staged changesets that wait, then the newest published ones.

    Example: landmap changeset list --limit 5
    """
    from gis.store import changesets

    with session() as work:
        waiting = changesets.staged(work.connection)
        published = changesets.newest(work.connection, limit)
    if waiting:
        out.print(_table(word(words.STAGED), [_waiting_row(s) for s in waiting]))
    if published:
        out.print(_table(word(words.PUBLISHED), [_published_row(c) for c in published]))
    if not waiting and not published:
        say(words.NO_CHANGESETS)


@app.command()
def show(
    number: Number,
    staged: Annotated[bool, typer.Option("--staged", help="the number is that of a staged one")] = False,
    limit: Annotated[int, typer.Option(min=1, help="how many findings of a staged one")] = 50,
) -> None:
    """Show one changeset: who published it and who staged it, on which ground, how many.

    Of a staged one also what was found wrong.

    Example: landmap changeset show 4

    Example: landmap changeset show 7 --staged --limit 200
    """
    from gis.store import changesets, quarantine

    with session() as work:
        if not staged:
            published = changesets.read(work.connection, number)
            stager = changesets.staged_by(work.connection, number)
            out.print(_table(word(words.PUBLISHED), [_published_row(published)]))
            if stager is not None:
                say(_STAGED_BY, actor=stager)
            _print_ground(published.provenance)
            return
        found = changesets.read_stage(work.connection, number)
        rows = quarantine.read(work.connection, number, limit + 1)
    out.print(_table(word(words.STATES[found.state]), [_waiting_row(found)]))
    _print_ground(found.provenance)
    for row in rows[:limit]:
        say(
            words.FINDING,
            severity=word(words.SEVERITIES[row["severity"]]),
            row=row["source_row"],
            message=row[f"message_{language()}"],
            reason=row["reason"],
        )
    if len(rows) > limit:
        say(words.FIRST_FINDINGS, limit=limit, more=limit * 10)
    if found.state == "staged":
        say(words.NEXT_STEP, number=number)


@app.command("publish")
def publish_(number: Waiting) -> None:
    """Publish a staged changeset, all of it or nothing.

    Example: landmap changeset publish 7
    """
    from gis.store import changesets, publish

    with session() as work:
        waiting = changesets.read_stage(work.connection, number)
        published = publish.publish(work.connection, number, work.catalog.layers[waiting.layer], work.actor)
    if published:
        say(words.PUBLISHED_AS, number=published)
    else:
        say(words.NOTHING_PUBLISHED)


@app.command()
def refuse(number: Waiting) -> None:
    """Give a staged changeset up; nothing of it is published.

    Example: landmap changeset refuse 7
    """
    from gis.store import stage

    with session() as work:
        stage.refuse(work.connection, number)
    say(words.REFUSED, number=number)


@app.command()
def revert(number: Number) -> None:
    """Undo a published changeset by a new one.

    Refused where later ones touched the same features.

    Example: landmap changeset revert 4
    """
    from gis.store import changesets

    with session() as work:
        made = changesets.revert(work.connection, number, work.catalog, work.actor)
    say(words.REVERTED, number=number, made=made.number)


def _table(title: str, rows: list[tuple[str, ...]]) -> Table:
    """A table of 80 columns: layer and title share one, and what is long is folded."""
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    number, when, what, who, *counts = (word(head) for head in words.CHANGESET_HEADS)
    table.add_column(number, justify="right", no_wrap=True)
    table.add_column(when, no_wrap=True)
    table.add_column(what, overflow="fold", ratio=1)
    table.add_column(who, overflow="fold", max_width=12)
    for count in counts:
        table.add_column(count, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table


def _print_ground(who: Provenance) -> None:
    """The document, and all that is known of the source."""
    say(words.GROUND, document=who.document or "-", day=who.document_date or "-")
    if who.source is None:
        say(words.NO_SOURCE)
        return
    for name, value in _source_parts(who.source).items():
        if value:
            say(words.SOURCE_PARTS[name], value if not isinstance(value, int) else grouped(value))


def _source_parts(source: DataSource) -> dict[str, str | int | datetime | None]:
    return {
        "name": source.name,
        "agency": source.agency,
        "received_at": source.received_at,
        "format": source.format,
        "layer": source.layer,
        "records": source.records,
        "size": source.size,
        "digest": source.digest,
        "crs_declared": source.crs_declared,
        "crs_used": source.crs_used,
        "encodings": _pairs(source.encodings),
        **{name: _pairs(source.mapping.get(name, {})) for name in ("columns", "readings", "constants")},
    }


def _pairs(values: Mapping[str, str]) -> str:
    return ", ".join(f"{key} = {value}" for key, value in values.items())


def _waiting_row(found: Stage) -> tuple[str, ...]:
    return _row(found.id, found.created_at, (found.layer, found.provenance.title), found.provenance, found.counts)


def _published_row(found: Changeset) -> tuple[str, ...]:
    reverts = f" ({word(words.REVERTS, number=found.reverts)})" if found.reverts else ""
    what = (", ".join(found.layers), f"{found.provenance.title}{reverts}")
    return _row(found.number, found.committed_at, what, found.provenance, found.counts)


def _row(
    number: int, when: datetime, what: tuple[str, ...], who: Provenance, counts: Mapping[str, int]
) -> tuple[str, ...]:
    day = f"{when:%d/%m/%Y %H:%M}" if language() is Language.VI else f"{when:%Y-%m-%d %H:%M}"
    kinds = (grouped(counts.get(kind, 0)) for kind in ("insert", "update", "close"))
    return str(number), day, ": ".join(filter(None, what)), who.actor, *kinds

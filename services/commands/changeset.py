"""`landmap changeset`: what changed, what waits, and undoing it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from gis.errors import InvalidParameter
from gis.model.layer import Text
from services.commands import words
from services.commands.session import Session, session
from services.commands.speech import grouped, instant, language, say, word
from services.commands.speech import show as show_table

if TYPE_CHECKING:
    from gis.model.change import Changeset, DataSource, Provenance, Stage

app = typer.Typer(no_args_is_help=True, help="List, show, publish, refuse and revert changesets.")

Number = Annotated[str, typer.Argument(help="number of a published changeset, such as 12")]
Waiting = Annotated[str, typer.Argument(help="name of a staged changeset, such as s12")]
Either = Annotated[str, typer.Argument(help="number of a published changeset, or name of a staged one (s12)")]


@app.command("list")
def list_(limit: Annotated[int, typer.Option(min=1, help="how many published ones")] = 20) -> None:
    """List staged changesets that wait (s12), then the newest published ones (12).

    Example: landmap changeset list --limit 5
    """
    from gis.store import changesets

    with session() as work:
        waiting = changesets.staged(work.connection)
        published = changesets.newest(work.connection, limit)
    if waiting:
        _list(words.STAGED, [_waiting_row(s, work.zone) for s in waiting])
    if published:
        _list(words.PUBLISHED, [_published_row(c, work.zone) for c in published])
    if not waiting and not published:
        say(words.NO_CHANGESETS)


@app.command()
def show(
    number: Either,
    limit: Annotated[int, typer.Option(min=1, help="how many findings of a staged one")] = 50,
) -> None:
    """Show one changeset: who published it and who staged it, on which ground, how many.

    Of a staged one also what was found wrong.

    Example: landmap changeset show 4

    Example: landmap changeset show s7 --limit 200
    """
    with session() as work:
        if _STAGE.fullmatch(number):
            _show_stage(work, stage_of(number), limit)
        else:
            _show_published(work, _number(number))


def _show_published(work: Session, number: int) -> None:
    from gis.store import changesets

    published = changesets.read(work.connection, number)
    stager = changesets.staged_by(work.connection, number)
    _list(words.PUBLISHED, [_published_row(published, work.zone)])
    if stager is not None:
        say(words.STAGED_BY, actor=stager)
    _print_ground(published.provenance, work.zone)


def _show_stage(work: Session, stage_id: int, limit: int) -> None:
    from gis.store import changesets, quarantine

    found = changesets.read_stage(work.connection, stage_id)
    rows = quarantine.read(work.connection, stage_id, limit + 1)
    _list(words.STATES[found.state], [_waiting_row(found, work.zone)])
    _print_ground(found.provenance, work.zone)
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
        say(words.NEXT_STEP, number=found.name)


@app.command("publish")
def publish_(number: Waiting) -> None:
    """Publish a staged changeset, all of it or nothing.

    Example: landmap changeset publish s7
    """
    from gis.store import changesets, publish

    stage_id = stage_of(number)
    with session(publishing=True) as work:
        waiting = changesets.read_stage(work.connection, stage_id)
        published = publish.publish(work.connection, stage_id, work.catalog.layers[waiting.layer], work.actor)
    if published:
        say(words.PUBLISHED_AS, number=published)
    else:
        say(words.NOTHING_PUBLISHED)


@app.command()
def refuse(number: Waiting) -> None:
    """Give a staged changeset up; nothing of it is published.

    Example: landmap changeset refuse s7
    """
    from gis.store import stage

    stage_id = stage_of(number)
    with session() as work:
        stage.refuse(work.connection, stage_id)
    say(words.REFUSED, number=number)


@app.command()
def revert(number: Number) -> None:
    """Undo a published changeset by a new one.

    Refused where later ones touched the same features.

    Example: landmap changeset revert 4
    """
    from gis.store import changesets

    if _STAGE.fullmatch(number):
        raise _refusal(words.STILL_WAITS, number)
    undone = _number(number)
    with session(publishing=True) as work:
        title = word(words.REVERT_OF, number=undone)
        made = changesets.revert(work.connection, undone, work.catalog, work.actor, title)
    counts = {kind: grouped(made.counts.get(kind, 0)) for kind in ("close", "update", "restore")}
    say(words.REVERTED, number=undone, made=made.number, **counts)


_STAGE = re.compile(r"s(\d{1,18})")


def stage_of(text: str) -> int:
    """The stage that is called so; the number of a changeset is none."""
    found = _STAGE.fullmatch(text)
    if found is None:
        raise _refusal(words.NOT_A_STAGE, text)
    return int(found[1])


def _number(text: str) -> int:
    """The number of a published changeset."""
    if re.fullmatch(r"\d{1,9}", text) is None:
        raise _refusal(words.NOT_A_NUMBER, text)
    return int(text)


def _refusal(text: Text, said: str) -> InvalidParameter:
    return InvalidParameter(text.en.format(text=said), text.vi.format(text=said))


def _list(title: Text, rows: list[tuple[str, ...]]) -> None:
    """Print them under the title. The last count, of what a revert restored, has a column only where there is any."""
    heads = [*words.CHANGESET_HEADS, words.RESTORED_HEAD]
    if all(row[-1] == "0" for row in rows):
        heads, rows = heads[:-1], [row[:-1] for row in rows]
    say(title)
    show_table(heads, rows, words.NO_CHANGESETS, lead=3)


def _print_ground(who: Provenance, zone: ZoneInfo) -> None:
    """The document, and all that is known of the source."""
    say(words.GROUND, document=who.document or "-", day=who.document_date or "-")
    if who.source is None:
        say(words.NO_SOURCE)
        return
    for name, value in _source_parts(who.source, zone).items():
        if value:
            say(words.SOURCE_PARTS[name], value if not isinstance(value, int) else grouped(value))


def _source_parts(source: DataSource, zone: ZoneInfo) -> dict[str, str | int | None]:
    return {
        "name": source.name,
        "agency": source.agency,
        "received_at": instant(source.received_at, zone) if source.received_at else None,
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


def _waiting_row(found: Stage, zone: ZoneInfo) -> tuple[str, ...]:
    when = instant(found.created_at, zone)
    return _row(found.name, when, (found.layer, found.provenance.title), found.provenance, found.counts)


def _published_row(found: Changeset, zone: ZoneInfo) -> tuple[str, ...]:
    reverts = f" ({word(words.REVERTS, number=found.reverts)})" if found.reverts else ""
    what = (", ".join(found.layers), f"{found.provenance.title}{reverts}")
    return _row(str(found.number), instant(found.committed_at, zone), what, found.provenance, found.counts)


def _row(number: str, when: str, what: tuple[str, ...], who: Provenance, counts: Mapping[str, int]) -> tuple[str, ...]:
    kinds = (grouped(counts.get(kind, 0)) for kind in ("insert", "update", "close", "restore"))
    return number, when, ": ".join(filter(None, what)), who.actor, *kinds

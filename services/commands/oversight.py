"""`landmap restricted | audit | usage`: who may read holders, who looked at what, and how much is asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import orjson
import typer

from gis.errors import InvalidParameter, LandmapError
from services.commands import oversight_words as words
from services.commands.session import Session, day_of, end_of, issuer_of, session
from services.commands.speech import grouped, parts, read_day, say, show, word, written

restricted = typer.Typer(
    no_args_is_help=True, help="Who may read restricted fields: holders, applicants, certificates."
)
audit = typer.Typer(no_args_is_help=True, help="Who looked at what, and who changed whose rights.")

MAX_RESTRICTED_DAYS = 365

Json = Annotated[bool, typer.Option("--json", help="one JSON object a line")]
Since = Annotated[str | None, typer.Option(help="first day, dd/mm/yyyy or yyyy-mm-dd")]
Until = Annotated[str | None, typer.Option(help="last day, dd/mm/yyyy or yyyy-mm-dd")]


@restricted.command("grant")
def grant(
    layer: Annotated[str, typer.Argument(help="the layer")],
    fields: Annotated[str, typer.Argument(help="groups of restricted fields, joined by commas, such as holders")],
    basis: Annotated[str, typer.Option(help="the document that it is granted on")],
    key: Annotated[str | None, typer.Option(help="to this key, by its id")] = None,
    person: Annotated[str | None, typer.Option(help="to this person, by `sub` in the issuer's tokens")] = None,
    days: Annotated[int, typer.Option(min=1, max=MAX_RESTRICTED_DAYS, help="for how long")] = 90,
) -> None:
    """Open restricted fields of a layer to one key or person of the agency that owns it.

    Each reading needs a purpose and a case number, and is on record before it is answered.

    Example: landmap restricted grant parcels holders --key abc12 --basis 12/QĐ
    """
    from gis.store import restricted_grants

    if (key is None) == (person is None):
        raise InvalidParameter(words.ONE_HOLDER.en, words.ONE_HOLDER.vi)
    with session() as work:
        until = datetime.now(UTC) + timedelta(days=days)
        holder: str | tuple[str, str]
        holder = key.removeprefix("key:") if key is not None else (issuer_of(None, work), person or "")
        opening = restricted_grants.Opening(layer, parts(fields), basis, until)
        number = restricted_grants.grant(work.connection, work.catalog, holder, opening, work.actor)
        say(words.OPENED, groups=fields, layer=layer, until=day_of(until, work), number=number)


@restricted.command("end")
def end(number: Annotated[int, typer.Argument(help="from `landmap restricted list`")]) -> None:
    """End a grant: it opens nothing from now on.

    Example: landmap restricted end 3
    """
    from gis.store import restricted_grants

    with session() as work:
        restricted_grants.end(work.connection, number, work.actor)
    say(words.CLOSED)


@restricted.command("list")
def list_grants() -> None:
    """List who may read restricted fields, the newest grant first.

    Example: landmap restricted list
    """
    from gis.store import restricted_grants

    with session() as work:
        rows = [
            (
                str(g.number),
                g.holder,
                g.agency,
                g.layer,
                ", ".join(g.groups),
                word(words.ENDED_ON, day=day_of(g.ended_at, work)) if g.ended_at else day_of(g.expires_at, work),
                g.basis,
            )
            for g in restricted_grants.grants(work.connection)
        ]
    show(words.GRANT_HEADS, rows, words.NO_GRANT)


@audit.command("list")
def list_audit(
    actor: Annotated[
        str | None, typer.Option(help="who: key:…, the issuer and `sub` of a person, or an operator")
    ] = None,
    layer: Annotated[str | None, typer.Option(help="of this layer")] = None,
    feature: Annotated[UUID | None, typer.Option(help="of this feature: who looked at it")] = None,
    since: Since = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="at most so many, the newest first")] = 100,
    as_json: Json = False,
) -> None:
    """List who looked at what and who changed whose rights, the newest first.

    Example: landmap audit list --layer parcels --since 01/11/2026

    Example: landmap audit list --feature 10000000-0000-0000-0000-000000000005 --json
    """
    from gis.store import audit as record
    from gis.store.runner import run

    with session() as work:
        begin = None if since is None else end_of(since, "--since", work) - timedelta(days=1)
        wanted = record.Wanted(limit=limit, actor=actor, layer=layer, feature=feature, since=begin)
        rows = [record.as_json(row) for row in run(work.connection, record.list_sql(wanted))]
        if not as_json:
            show(words.AUDIT_HEADS, [_audit_row(row, work) for row in rows], words.NOTHING_RECORDED)
            return
    for row in rows:
        typer.echo(orjson.dumps(row).decode())


@audit.command("check")
def check() -> None:
    """Prove that nothing in the audit was changed or taken out since it was written.

    Example: landmap audit check
    """
    from gis.store import audit as record

    with session() as work:
        broken, number, digest = record.proved(work.connection)
    if broken is not None:
        raise LandmapError(words.BROKEN.en.format(number=broken), words.BROKEN.vi.format(number=broken))
    say(words.UNBROKEN, number=number, digest=digest or "-")


def usage(
    agency: Annotated[str | None, typer.Option(help="only of this agency")] = None,
    since: Since = None,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """How much was asked for: hits and bytes by day, agency, caller, layer and channel; the last 30 days if not said.

    Example: landmap usage --agency so-xay-dung --since 01/11/2026
    """
    from gis.store.runner import run
    from gis.store.usage import Wanted, usage_sql

    with session() as work:
        last = datetime.now(work.zone).date() if until is None else read_day(until, "--until")
        first = (
            last - timedelta(days=29) if since is None else end_of(since, "--since", work).date() - timedelta(days=1)
        )
        rows = run(work.connection, usage_sql(Wanted(first, last, agency)))
    if as_json:
        for row in rows:
            typer.echo(orjson.dumps(row).decode())
        return
    show(words.USAGE_HEADS, [_usage_row(row) for row in rows], words.NOTHING_USED, lead=5)


def _audit_row(row: dict[str, Any], work: Session) -> tuple[str, ...]:
    about = " ".join(str(row[name]) for name in ("layer", "feature", "subject") if name in row)
    return (
        str(row["number"]),
        f"{day_of(row['at'], work)} {row['at'].astimezone(work.zone):%H:%M:%S}",
        word(words.KINDS[row["kind"]]),
        " ".join(row[name] for name in ("actor", "agency") if name in row),
        row["action"],
        about,
        grouped(row["times"]),
        str(row.get("status", "")),
        orjson.dumps(row["detail"]).decode() if row["detail"] else "",
    )


def _usage_row(row: dict[str, Any]) -> tuple[str, ...]:
    return (
        written(row["day"]),
        row["agency"] or "-",
        row["caller"],
        row["layer"] or "-",
        row["channel"],
        f"{row['status']}xx",
        grouped(row["hits"]),
        grouped(row["bytes"]),
    )

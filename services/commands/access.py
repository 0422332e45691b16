"""`landmap agency | key | role`: who may see and change more than the public."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from gis.errors import InvalidParameter
from gis.model.actor import Role
from services.commands import access_words as words
from services.commands.session import day_of, end_of, issuer_of, session
from services.commands.speech import parts, say, show, word

agency = typer.Typer(no_args_is_help=True, help="Agencies, the layers they own or read, and their areas.")
key = typer.Typer(no_args_is_help=True, help="API keys: issue, list, revoke.")
role = typer.Typer(no_args_is_help=True, help="Roles of people who sign in through OpenID Connect.")

MAX_KEY_DAYS = 730

Id = Annotated[str, typer.Argument(help="the agency's short name, such as so-xay-dung")]
AgencyOption = Annotated[str | None, typer.Option(help="the agency that it acts for (viewer, editor, publisher)")]
Issuer = Annotated[str | None, typer.Option(help="who signs them in; LANDMAP_OIDC_ISSUER where left out")]


@agency.command("add")
def add(
    id: Id,
    title: Annotated[str, typer.Option(help="its full name")],
    owns: Annotated[str, typer.Option(help="layers it may change, joined by commas")] = "",
    reads: Annotated[str, typer.Option(help="further layers whose agency fields it sees")] = "",
) -> None:
    """Enter an agency.

    Example: landmap agency add so-xay-dung --title "Sở Xây dựng" --owns permits --reads parcels,zones
    """
    from gis.store import access

    with session() as work, work.connection.transaction():
        access.add_agency(work.connection, id, title, work.actor)
        access.set_layers(work.connection, work.catalog, id, parts(owns), parts(reads), work.actor)
    say(words.AGENCY_ADDED, id=id)


@agency.command("layers")
def layers(
    id: Id,
    owns: Annotated[str, typer.Option(help="layers it may change, joined by commas")] = "",
    reads: Annotated[str, typer.Option(help="further layers whose agency fields it sees")] = "",
) -> None:
    """Say anew which layers an agency owns and reads; what is not named is taken away.

    Example: landmap agency layers so-xay-dung --owns permits --reads parcels
    """
    from gis.store import access

    with session() as work:
        access.set_layers(work.connection, work.catalog, id, parts(owns), parts(reads), work.actor)
    say(words.LAYERS_SET, id=id)


@agency.command("area")
def area(
    id: Id,
    wards: Annotated[str | None, typer.Option(help="ward codes of today, joined by commas")] = None,
    polygons: Annotated[Path | None, typer.Option("--file", help="a file with the area as polygons")] = None,
    everywhere: Annotated[bool, typer.Option("--everywhere", help="the whole territory again")] = False,
) -> None:
    """Bound what an agency sees beyond the public, and may change, to an area.

    Example: landmap agency area ubnd-ben-thanh --wards 26743
    """
    from gis.store import access

    if sum((wards is not None, polygons is not None, everywhere)) != 1:
        raise InvalidParameter(words.ONE_AREA.en, words.ONE_AREA.vi)
    with session() as work:
        shape, source = None, None
        if wards is not None:
            shape, source = access.wards_area(work.connection, work.catalog, parts(wards)), f"wards {wards}"
        if polygons is not None:
            from gis.ingest.scope import read_area

            layer = access.wards_layer(work.catalog)
            shape, source = read_area(polygons, layer, work.catalog), polygons.name
        access.set_area(work.connection, work.catalog, id, shape, source, work.actor)
    say(words.AREA_SET, id=id, area=source or word(words.EVERYWHERE))


@agency.command("list")
def list_agencies() -> None:
    """List the agencies.

    Example: landmap agency list
    """
    from gis.store import access

    with session() as work:
        found = access.agencies(work.connection)
    rows = [
        (a.id, a.title, ", ".join(a.owns), ", ".join(a.reads), a.area_source or word(words.EVERYWHERE)) for a in found
    ]
    show(words.AGENCY_HEADS, rows, words.NO_AGENCY)


@key.command("issue")
def issue(
    note: Annotated[str, typer.Option(help="what it is for: the system or person who holds it")],
    role: Annotated[Role, typer.Option(help="viewer, editor, publisher, auditor or admin")] = Role.VIEWER,
    agency: AgencyOption = None,
    layers: Annotated[str | None, typer.Option(help="only these layers, joined by commas")] = None,
    days: Annotated[int, typer.Option(min=1, max=MAX_KEY_DAYS, help="how long it opens")] = 365,
) -> None:
    """Issue a key. Its text is shown this once; keep it like a password.

    Example: landmap key issue --agency so-xay-dung --note "permits" --days 90
    """
    from gis.store import access

    with session() as work:
        until = datetime.now(UTC) + timedelta(days=days)
        scope = None if layers is None else parts(layers)
        text = access.issue_key(
            work.connection, work.catalog, access.Grant(role, agency, until, scope), note, work.actor
        )
    say(words.KEY_ISSUED, until=day_of(until, work))
    typer.echo(text)


@key.command("list")
def list_keys() -> None:
    """List all keys, the newest first; their texts are kept nowhere.

    Example: landmap key list
    """
    from gis.store import access

    with session() as work:
        found = access.keys(work.connection)
    rows = [
        (
            k.id,
            k.role,
            k.agency or "-",
            ", ".join(k.layers) if k.layers is not None else "-",
            word(words.REVOKED_ON, day=day_of(k.revoked_at, work)) if k.revoked_at else day_of(k.expires_at, work),
            k.note,
        )
        for k in found
    ]
    show(words.KEY_HEADS, rows, words.NO_KEY)


@key.command("revoke")
def revoke(id: Annotated[str, typer.Argument(help="the key's id, from `landmap key list`")]) -> None:
    """Revoke a key: it opens nothing from now on.

    Example: landmap key revoke abcde23456
    """
    from gis.store import access

    with session() as work:
        access.revoke_key(work.connection, id.removeprefix("lmk_").partition("_")[0], work.actor)
    say(words.KEY_REVOKED)


@role.command("grant")
def grant(
    subject: Annotated[str, typer.Argument(help="the person's `sub` in the issuer's tokens")],
    name: Annotated[str, typer.Option(help="the person's name")],
    role: Annotated[Role, typer.Option(help="viewer, editor, publisher, auditor or admin")],
    agency: AgencyOption = None,
    issuer: Issuer = None,
    until: Annotated[str | None, typer.Option(help="last day, dd/mm/yyyy or yyyy-mm-dd")] = None,
) -> None:
    """Give a person a role, instead of any before.

    Example: landmap role grant 5f1c… --name "Nguyễn Văn A" --role publisher --agency so-xay-dung
    """
    from gis.store import access

    with session() as work:
        end = None if until is None else end_of(until, "--until", work)
        access.grant_role(
            work.connection, (issuer_of(issuer, work), subject), name, access.Grant(role, agency, end), work.actor
        )
    say(words.ROLE_GRANTED, name=name, role=role)


@role.command("end")
def end(
    subject: Annotated[str, typer.Argument(help="the person's `sub` in the issuer's tokens")],
    issuer: Issuer = None,
) -> None:
    """Take a person's role away.

    Example: landmap role end 5f1c…
    """
    from gis.store import access

    with session() as work:
        access.end_role(work.connection, (issuer_of(issuer, work), subject), work.actor)
    say(words.ROLE_ENDED)


@role.command("list")
def list_roles() -> None:
    """List the people who have a role.

    Example: landmap role list
    """
    from gis.store import access

    with session() as work:
        found = access.members(work.connection)
    rows = [
        (
            m.name,
            m.role,
            m.agency or "-",
            day_of(m.expires_at, work) if m.expires_at else "-",
            f"{m.issuer} {m.subject}",
        )
        for m in found
    ]
    show(words.ROLE_HEADS, rows, words.NO_ROLE)

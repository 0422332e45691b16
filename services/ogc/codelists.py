"""Codelists: the codes that hold at a time, with titles in both languages, from the database's copy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from gis.errors import NotFound
from gis.model.layer import Field, Layer, Text
from gis.model.query import Interval
from gis.store.codes import CodeQuery, codes_sql
from gis.store.pools import Row as Record
from services.auth.policy import Action, decide
from services.ogc.answers import document
from services.ogc.ask import Ask, ask
from services.ogc.datetimes import parse_datetime, parse_known
from services.ogc.negotiation import HTML
from services.ogc.pages import page
from services.ogc.parameters import TIME
from services.ogc.words import WORDS


async def codelists(request: Request) -> Response:
    """GET /codelists: those of the fields that the caller may see."""
    asked = ask(request)
    uses = _uses(asked)
    if asked.html:
        titles = {name: asked.say(_title(asked, name, used)) for name, used in uses.items()}
        return page(asked, "codelists.html", WORDS["codelists"], uses=uses, titles=titles)
    links = [
        asked.link("self", "/codelists", "application/json", WORDS["codelists"]),
        asked.link("alternate", "/codelists", HTML.media_type, WORDS["codelists"]),
    ]
    return document(asked, {"links": links, "codelists": [_listed(asked, name, used) for name, used in uses.items()]})


async def codelist(request: Request) -> Response:
    """GET /codelists/{id}: its codes that hold at `datetime` (now if left out; '../..' for all), as known at `knownAt`."""
    asked = ask(request, allowed=TIME)
    uses = _uses(asked)
    name = request.path_params["id"]
    if name not in uses:
        raise _no_list(name, uses)
    zone = ZoneInfo(asked.services.catalog.territory.time_zone)
    rows = await asked.services.pools.rows(codes_sql(_query(asked.parameters, name, zone)))
    notes = _notes(asked, name)
    if asked.html:
        title = _title(asked, name, uses[name])
        return page(asked, "codelist.html", title, name=name, uses=uses[name], codes=rows, notes=notes)
    found = _listed(asked, name, uses[name])
    return document(asked, {**found, "codes": [_code(row, notes) for row in rows]})


def _query(parameters: Mapping[str, str], name: str, zone: ZoneInfo) -> CodeQuery:
    at = parse_datetime(parameters["datetime"], zone) if "datetime" in parameters else datetime.now(zone)
    known = parse_known(parameters["knownAt"], zone) if "knownAt" in parameters else None
    first, last = (at.start, at.end) if isinstance(at, Interval) else (at, at)
    return CodeQuery((name,), _day(first, zone), _day(last, zone), known)


def _day(at: datetime | None, zone: ZoneInfo) -> date | None:
    return None if at is None else at.astimezone(zone).date()


type Uses = Mapping[str, list[tuple[Layer, Field]]]


def _uses(asked: Ask) -> Uses:
    """The fields that the caller may see by their codelist."""
    found: dict[str, list[tuple[Layer, Field]]] = {}
    for layer in asked.services.catalog.layers.values():
        for name in decide(asked.actor, Action.READ, layer).columns:
            field = layer.field(name)
            if field.codelist is not None:
                found.setdefault(field.codelist, []).append((layer, field))
    return found


def _title(asked: Ask, name: str, used: list[tuple[Layer, Field]]) -> Text:
    """Its own title, else that of the first field that uses it."""
    return asked.services.catalog.codelists[name].title or used[0][1].title


def _notes(asked: Ask, name: str) -> Mapping[str, str]:
    """Notes in the language of the request by the English ones, which are those that the database keeps."""
    notes = (code.note for code in asked.services.catalog.codelists[name].codes)
    return {note.en: asked.say(note) for note in notes if note is not None}


def _listed(asked: Ask, name: str, used: list[tuple[Layer, Field]]) -> dict[str, object]:
    return {
        "id": name,
        "title": asked.say(_title(asked, name, used)),
        "usedBy": [{"collectionId": layer.id, "property": field.name} for layer, field in used],
        "links": [
            asked.link("self", f"/codelists/{name}", "application/json"),
            asked.link("alternate", f"/codelists/{name}", HTML.media_type),
        ],
    }


def _code(row: Record, notes: Mapping[str, str]) -> dict[str, object]:
    found: dict[str, object] = {
        "code": row["code"],
        "title": {"vi": row["vi"], "en": row["en"]},
        "validFrom": row["valid_from"],
        "validTo": row["valid_to"],
        "parent": row["parent"],
        "replacedBy": row["replaced_by"],
        "group": row["is_group"] or None,
        "color": row["color"],
        "note": notes.get(row["note"], row["note"]),
        "changeset": row["changeset"],
    }
    return {key: value for key, value in found.items() if value is not None}


def _no_list(name: str, known: Uses) -> NotFound:
    listed = ", ".join(sorted(known))
    return NotFound(
        f"There is no codelist '{name[:60]}'. There are: {listed}.",
        f"Không có danh mục '{name[:60]}'. Hiện có: {listed}.",
        where="codelistId",
    )

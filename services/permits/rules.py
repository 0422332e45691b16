"""Rule packs as they are known: the list, and each with its rules and the text that it was written as."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from enum import Enum
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import Response

from gis.errors import NotFound
from gis.model.layer import Text
from gis.rules.districts import Districts
from gis.rules.pack import Pack, Rule
from gis.rules.regulations import PACKS, Regulations
from gis.store import regulations
from services.ogc.answers import document
from services.ogc.ask import Ask, ask
from services.ogc.negotiation import HTML
from services.ogc.openapi_parts import (
    ANY_JSON,
    OF_DOCUMENTS,
    PAGE,
    TEXT,
    Paths,
    answer,
    operation,
    parameter,
    reading,
    shared,
)
from services.ogc.pages import page
from services.processes.moments import moment_of

TITLE = Text("Bộ quy tắc kiểm tra", "Rule packs")
_ONE = Text("Một bộ quy tắc", "One rule pack")
_GROUNDS = Text("Căn cứ", "Document")
_KNOWN = ("knownAt",)


async def rules(request: Request) -> Response:
    """GET /rules: the packs as known at `knownAt` (now if left out), and the codes of the city and former districts that a check may be told."""
    asked = ask(request, allowed=_KNOWN)
    found, _ = await _known(asked, None)
    packs = found.packs
    if asked.html:
        return page(asked, "rules.html", TITLE, packs=packs.packs, grounds=_GROUNDS)
    links = [asked.link("self", "/rules", "application/json"), asked.link("alternate", "/rules", HTML.media_type)]
    listed = [_listed(asked, pack) for pack in packs.packs]
    return document(
        asked, {"version": packs.version, "links": links, "codes": _codes(asked, found.districts), "rules": listed}
    )


async def rule_pack(request: Request) -> Response:
    """GET /rules/{id}: its rules, its worked examples and its text."""
    asked = ask(request, allowed=_KNOWN)
    name = request.path_params["id"]
    found, source = await _known(asked, name)
    pack = next((one for one in found.packs.packs if one.id == name), None)
    if pack is None:
        known = ", ".join(one.id for one in found.packs.packs)
        raise NotFound(
            f"There is no rule pack '{name[:60]}'. There are: {known}.",
            f"Không có bộ quy tắc '{name[:60]}'. Hiện có: {known}.",
            where="packId",
        )
    if asked.html:
        return page(asked, "rule_pack.html", pack.title, pack=pack, source=source)
    told = {**_listed(asked, pack), "rules": [_rule(asked, rule) for rule in pack.rules], "source": source}
    return document(asked, told)


async def _known(asked: Ask, name: str | None) -> tuple[Regulations, str]:
    """The regulations as known then, and the text of the pack of that name (empty where there is none)."""
    services = asked.services
    known = moment_of(asked.parameters, services.catalog.territory).known
    async with services.pools.reading() as source:
        found = await regulations.known(source, known)
        texts = [] if name is None else await source.rows(regulations.texts_sql(found.changeset))
    own = next((row["content"] for row in texts if row["path"] == f"{PACKS}{name}.toml"), "")
    return found.regulations, own


def _codes(asked: Ask, districts: Districts) -> dict[str, object]:
    """The codes by which a check is told the city and the former district, with their names; none where there is no list of them."""
    territory = asked.services.catalog.territory
    if districts.territory != territory.id:
        return {"city": [], "district": []}
    return {
        "city": [{"const": districts.city, "title": asked.say(territory.title)}],
        "district": [{"const": code, "title": ", ".join(names)} for code, names in sorted(districts.names.items())],
    }


def _listed(asked: Ask, pack: Pack) -> dict[str, object]:
    found: dict[str, object] = {
        "id": pack.id,
        "title": asked.say(pack.title),
        "document": pack.document,
        "version": pack.version,
        "validity": {"from": _plain(pack.validity.start), "to": _plain(pack.validity.end)},
        "territory": {"cities": list(pack.cities), "districts": list(pack.districts)},
        "links": [asked.link("self", f"/rules/{pack.id}", "application/json")],
    }
    return found if pack.note is None else {**found, "note": asked.say(pack.note)}


def _rule(asked: Ask, rule: Rule) -> dict[str, object]:
    """The rule as it is read; what it does not have is left out."""
    told = cast("dict[str, Any]", _plain(asdict(rule)))
    told |= {"title": asked.say(rule.title), "facts": sorted(rule.facts)}
    if rule.unknown is not None:
        told["unknown"] = asked.say(rule.unknown)
    return {name: value for name, value in told.items() if value not in (None, [], "", 0.0) or name == "limit"}


def _plain(value: object) -> object:
    """Values as JSON has them."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items() if one is not None}
    if isinstance(value, list | tuple | frozenset):
        return [_plain(one) for one in value]
    return value


def rule_paths(language: str) -> Paths:
    """Rule packs in the OpenAPI document."""
    parameters = shared(("knownAt", "f", "lang"))
    pack = parameter("packId", _ONE[language], TEXT, place="path")
    found = {title: reading(answer(title[language], ANY_JSON | PAGE, OF_DOCUMENTS)) for title in (TITLE, _ONE)}
    return {
        "/rules": {"get": operation("getRules", TITLE[language], parameters, found[TITLE])},
        "/rules/{packId}": {"get": operation("getRulePack", _ONE[language], [pack, *parameters], found[_ONE])},
    }

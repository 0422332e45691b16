"""What a subscription to a rule tells: that its pack has another text, or that the rule says something else of the lot.

The rule is asked by the permit check, with the rights of the owner, at two states: so what is told can be asked for again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any, cast

from gis.errors import Gone, InvalidParameter, NotFound
from gis.model.layer import Text
from gis.rules.pack import Pack
from gis.rules.regulations import PACKS
from gis.store import regulations
from gis.store.changes import Span
from gis.store.pools import Snapshot
from gis.store.subscriptions import Place, Subscription
from services.auth.policy import pool_for
from services.ogc.datetimes import instant_text
from services.ogc.names import meant
from services.permits.answer import finding_json
from services.permits.check import check
from services.processes.process import Call, Json
from services.subscriptions.content import states

_ASKED_AS = {"polygon": "lot", "parcel": "parcel"}
_VERSIONS = ("pack_version", "data")
"""Of a finding: they move without the answer."""

_PACK = Text("bộ quy tắc có bản mới", "the rule pack has a new version")
_GONE = Text("bộ quy tắc không còn", "the rule pack is withdrawn")
_FINDINGS = Text("kết quả đối chiếu thay đổi", "the findings changed")


@dataclass(frozen=True, slots=True)
class Ruled:
    """What holds at one state. `pack` None: there is none of that id; `findings` None: no lot is watched, or it is not there.

    `changeset`: of the newest of all that was read.
    """

    changeset: int
    pack: Mapping[str, Json] | None
    findings: tuple[Mapping[str, Json], ...] | None


@dataclass(frozen=True, slots=True)
class Ruling:
    """Two states of what is watched."""

    before: Ruled
    after: Ruled

    @property
    def changed(self) -> list[str]:
        """What is not the same in both: `pack`, `findings`."""
        names = ("pack", "findings")
        return [name for name in names if getattr(self.before, name) != getattr(self.after, name)]


def place_of(watch: Mapping[str, Any]) -> str:
    """The name under which the database keeps how far a watched rule was looked at."""
    return f"{PACKS}{watch['rule']['pack']}"


def is_rule(place: str) -> bool:
    """Whether that name is of a rule, and not of a layer."""
    return place.startswith(PACKS)


def of_lot(watch: Mapping[str, Any]) -> bool:
    """Whether findings are watched: what is read for them is what the owner may see of the land."""
    return any(name in watch for name in _ASKED_AS)


async def check_rule(call: Call, watch: Mapping[str, Any]) -> None:
    """InvalidParameter where there is no such rule now."""
    async with call.pools.reading() as source:
        known = await regulations.known(source, None)
    packs = {one.id: one for one in known.regulations.packs.packs}
    name, rule = str(watch["rule"]["pack"]), watch["rule"].get("rule")
    if name not in packs:
        raise _unknown("pack", name, list(packs))
    rules = [one.id for one in packs[name].rules]
    if rule is not None and rule not in rules:
        raise _unknown("rule", str(rule), rules)


async def ruled(call: Call, watch: Mapping[str, Any], at: datetime, known: int | None) -> Ruled:
    """What holds at `at`, as the owner knew it at changeset `known` (None: now). RequestError where it can be asked no longer."""
    async with call.pools.reading(pool_for(call.actor, call.catalog.layers.values())) as source:
        changeset, pack = await _pack(source, str(watch["rule"]["pack"]), known)
    if not of_lot(watch):
        return Ruled(changeset, pack, None)
    asked: dict[str, Json] = {_ASKED_AS.get(name, name): value for name, value in watch.items() if name in _SENT}
    asked |= {**watch.get("application", {}), "datetime": instant_text(at)}
    asked |= {"parcel": {"id": watch["parcel"]}} if "parcel" in watch else {}
    if known is not None:
        asked["knownAt"] = str(known)
    try:
        checked = await check(call, asked)
    except (NotFound, Gone):
        return Ruled(changeset, pack, None)
    rule = watch["rule"].get("rule")
    found = tuple(
        {name: value for name, value in cast("dict[str, Json]", finding_json(one)).items() if name not in _VERSIONS}
        for one in checked.findings
        if one.pack == watch["rule"]["pack"] and rule in (None, one.rule)
    )
    return Ruled(max(changeset, checked.pins.data_version), pack, found)


_SENT = ("polygon", "crs")


async def _pack(source: Snapshot, name: str, known: int | None) -> tuple[int, Mapping[str, Json] | None]:
    """The last changeset of all packs, and what tells one text of this pack from another."""
    found = await regulations.known(source, known)
    pack = next((one for one in found.regulations.packs.packs if one.id == name), None)
    row = None if pack is None else await source.row(regulations.text_sql(f"{PACKS}{name}.toml", found.changeset))
    return found.changeset, None if pack is None or row is None else _told(pack, row["digest"], row["changeset"])


def _told(pack: Pack, digest: str, changeset: int) -> Mapping[str, Json]:
    start, end = pack.validity.start, pack.validity.end
    return {
        "version": pack.version,
        "document": pack.document,
        "from": None if start is None else start.isoformat(),
        "to": None if end is None else end.isoformat(),
        "digest": digest,
        "changeset": changeset,
    }


async def newest_rule(
    call: Call, watch: Mapping[str, Any], place: Place | None, horizon: tuple[int, datetime]
) -> Place:
    """The state at `horizon` as the owner sees it; never before the one it is at."""
    seen_until, looked = horizon
    at = looked if place is None else max(looked, place.at)
    now = await ruled(call, watch, at, None)
    changeset = now.changeset if place is None else max(now.changeset, place.changeset)
    return Place(changeset, at, seen_until, looked)


async def ruling(call: Call, watch: Mapping[str, Any], span: Span) -> Ruling:
    """Both ends of the span, with the rights of this moment."""
    before = await ruled(call, watch, span.then, span.since)
    return Ruling(before, await ruled(call, watch, span.at, span.until))


def told_rule(one: Subscription, number: int, created: datetime, span: Span, found: Ruling) -> dict[str, Any]:
    """A delivery as JSON, but for what holds before and after."""
    return {
        "type": "landmap.rule",
        "subscription": str(one.id),
        "number": number,
        "created": instant_text(created),
        "rule": one.watch["rule"],
        **states(span),
        "changed": found.changed,
        "pack": rule_href(one),
    }


def both_sides(found: Ruling) -> dict[str, Any]:
    """What holds before and after."""
    sides = (("before", found.before), ("after", found.after))
    return {name: {"pack": side.pack, "findings": side.findings} for name, side in sides}


def rule_href(one: Subscription, **more: str) -> str:
    """Where the pack is told."""
    query = "&".join(f"{name}={value}" for name, value in more.items())
    return f"{one.base}/{PACKS}{one.watch['rule']['pack']}" + (f"?{query}" if query else "")


def headline(one: Subscription, found: Ruling) -> str:
    """What happened, in a line for people."""
    rule = one.watch["rule"]
    news = {"pack": _PACK if found.after.pack is not None else _GONE, "findings": _FINDINGS}
    name = f"{rule['pack']}/{rule['rule']}" if "rule" in rule else rule["pack"]
    return f"{name}: {', '.join(news[part][one.language] for part in found.changed)}"


def findings_html(one: Subscription, found: Ruling, most: int) -> str:
    """What the rule says since, where that is not what it said before; at most `most` sentences."""
    before = found.before.findings or ()
    fresh: list[Any] = [finding for finding in found.after.findings or () if finding not in before]
    rows = [
        f"<li>{escape(finding['title'][one.language])}: {escape(finding['message'][one.language])}</li>"
        for finding in fresh[:most]
    ]
    return f"<ul>{''.join(rows)}</ul>" if rows else ""


def _unknown(what: str, name: str, known: list[str]) -> InvalidParameter:
    en, vi = meant(name, known)
    return InvalidParameter(
        f"rule.{what}: there is no '{name[:60]}'; {en}",
        f"rule.{what}: không có '{name[:60]}'; {vi}",
        where=f"rule.{what}",
    )

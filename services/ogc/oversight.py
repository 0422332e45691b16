"""For those who watch over access: the record of it, and how much is asked for. Nothing of it is for the public."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from gis.errors import Forbidden, InvalidParameter, RequestError, Unauthenticated
from gis.model.actor import Actor, Role
from gis.store.audit import LONGEST_PAGE, Kind, Wanted, as_json, list_sql
from gis.store.usage import Counted, usage_sql
from gis.store.usage import Wanted as WantedUsage
from services.ogc.answers import NO_STORE, document
from services.ogc.ask import Ask, ask
from services.ogc.datetimes import parse_date, parse_instant
from services.ogc.meant import invalid_time
from services.ogc.negotiation import JSON
from services.ogc.parameters import MAX_BIGINT, limit, whole

AUDIT = ("actor", "agency", "layer", "feature", "kind", "since", "until", "before", "limit")
USAGE = ("agency", "since", "until", "after", "limit")
MOST_DAYS = 93
PAGE = 100
USAGE_PAGE, LONGEST_USAGE_PAGE = 1_000, 10_000
AFTER = r"2[01][0-9]{2}-[01][0-9]-[0-3][0-9]/[a-z0-9-]{0,40}/[a-z0-9]{1,40}/[a-z0-9_]{0,60}/[a-z0-9_]{1,40}/[0-9]"
"""The last row of a page as the next one names it: day, agency, caller, layer, channel and class of status."""

_USUAL_DAYS = 30
_OVERSEERS = (Role.AUDITOR, Role.ADMIN)


async def audit(request: Request) -> Response:
    """GET /audit: who looked at what with more than the public's rights, and who changed whose; the newest first."""
    asked = ask(request, (JSON,), AUDIT)
    if asked.actor.role not in _OVERSEERS:
        raise _no_overseer(asked.actor)
    wanted = _wanted(asked)
    async with asked.services.keeper.transaction() as work:
        found = await work.rows(list_sql(replace(wanted, limit=wanted.limit + 1)))
    rows = found[: wanted.limit]
    links: list[dict[str, object]] = [{"rel": "self", "type": JSON.media_type, "href": asked.url}]
    if len(found) > wanted.limit:
        links.append({"rel": "next", "type": JSON.media_type, "href": asked.again(before=str(rows[-1]["number"]))})
    content = {"links": links, "numberReturned": len(rows), "entries": [as_json(row) for row in rows]}
    return document(asked, content, headers=NO_STORE)


async def usage(request: Request) -> Response:
    """GET /usage: hits and bytes by day, agency, caller, layer, channel and class of status; of one's own agency, or of all
    for auditors and administrators. The last day first; `next` keeps the days, whatever the day is when it is followed."""
    asked = ask(request, (JSON,), USAGE)
    wanted = _wanted_usage(asked)
    most = limit(asked.parameters, USAGE_PAGE, LONGEST_USAGE_PAGE)
    async with asked.services.keeper.transaction() as work:
        found = await work.rows(usage_sql(replace(wanted, limit=most + 1)))
    rows = found[:most]
    links: list[dict[str, object]] = [{"rel": "self", "type": JSON.media_type, "href": asked.url}]
    if len(found) > most:
        after = "/".join(str(rows[-1][name]) for name in Counted._fields)
        following = asked.again(since=str(wanted.since), until=str(wanted.until), after=after)
        links.append({"rel": "next", "type": JSON.media_type, "href": following})
    content = {
        "links": links,
        "since": wanted.since,
        "until": wanted.until,
        "numberReturned": len(rows),
        "usage": [dict(row) | {"status": f"{row['status']}xx"} for row in rows],
    }
    return document(asked, content, headers=NO_STORE)


def _wanted_usage(asked: Ask) -> WantedUsage:
    """A key for some layers only tells of those only."""
    agency = _whose(asked.actor, asked.parameters.get("agency"))
    return WantedUsage(*_days(asked), agency, asked.actor.layers, _after(asked.parameters.get("after")))


def _after(text: str | None) -> Counted | None:
    if text is None:
        return None
    if not re.fullmatch(AFTER, text):
        raise InvalidParameter(
            "after: follow the 'next' link unchanged, or start without it.",
            "after: hãy dùng nguyên liên kết 'next', hoặc bỏ after để bắt đầu lại.",
            where="after",
        )
    day, agency, caller, layer, channel, status = text.split("/")
    return Counted(_day(day, "after"), agency, caller, layer, channel, int(status))


def _wanted(asked: Ask) -> Wanted:
    """A key for some layers only tells of those only."""
    said = asked.parameters
    kind = said.get("kind")
    if kind is not None and kind not in list(Kind):
        raise InvalidParameter(
            f"kind: choose one of {', '.join(Kind)}.", f"kind: hãy chọn một trong: {', '.join(Kind)}.", where="kind"
        )
    return Wanted(
        limit=limit(said, PAGE, LONGEST_PAGE),
        before=whole(said, "before", MAX_BIGINT),
        kind=Kind(kind) if kind else None,
        actor=said.get("actor"),
        agency=said.get("agency"),
        layer=said.get("layer"),
        feature=_feature(said.get("feature")),
        since=_moment(asked, "since"),
        until=_moment(asked, "until"),
        layers=asked.actor.layers,
    )


def _feature(text: str | None) -> UUID | None:
    try:
        return None if text is None else UUID(text)
    except ValueError as error:
        raise InvalidParameter(
            f"feature: '{(text or '')[:60]}' is not the id of a feature.",
            f"feature: '{(text or '')[:60]}' không phải là mã đối tượng.",
            where="feature",
        ) from error


def _moment(asked: Ask, name: str) -> datetime | None:
    """An instant, or the day of that date: its beginning, for `until` its end."""
    text = asked.parameters.get(name)
    if text is None:
        return None
    if "T" in text or "t" in text:
        return parse_instant(text, name)
    day = _day(text, name) + timedelta(days=name == "until")
    return datetime.combine(day, time(), ZoneInfo(asked.services.catalog.territory.time_zone)).astimezone(UTC)


def _whose(actor: Actor, said: str | None) -> str | None:
    if actor.role in _OVERSEERS and actor.layers is None:
        return said
    if actor.agency is None or said not in (None, actor.agency):
        raise _not_yours(actor)
    return actor.agency


def _days(asked: Ask) -> tuple[date, date]:
    today = datetime.now(ZoneInfo(asked.services.catalog.territory.time_zone)).date()
    said = asked.parameters
    until = _day(said["until"], "until") if "until" in said else today
    since = _day(said["since"], "since") if "since" in said else until - timedelta(days=_USUAL_DAYS - 1)
    if not timedelta() <= until - since < timedelta(days=MOST_DAYS):
        raise InvalidParameter(
            f"since, until: ask for 1 to {MOST_DAYS} days.",
            f"since, until: hãy chọn từ 1 đến {MOST_DAYS} ngày.",
            where="since",
        )
    return since, until


def _day(text: str, name: str) -> date:
    found = parse_date(text, name)
    if not 2000 <= found.year < 2200:
        raise invalid_time(name, text)
    return found


def _no_overseer(actor: Actor) -> RequestError:
    en = "The audit is for auditors and administrators"
    vi = "Nhật ký truy cập dành cho kiểm toán viên và quản trị viên"
    if actor.role is Role.PUBLIC:
        return Unauthenticated(
            f"{en}: sign in with the key or account of one.", f"{vi}: hãy đăng nhập bằng khoá hoặc tài khoản đó."
        )
    return Forbidden(f"{en}; the role {actor.role} may not read it.", f"{vi}; vai trò {actor.role} không được xem.")


def _not_yours(actor: Actor) -> RequestError:
    if actor.role is Role.PUBLIC:
        return Unauthenticated(
            "An agency sees its own usage; auditors and administrators see all: sign in with a key or account.",
            "Cơ quan xem thống kê sử dụng của mình; kiểm toán viên và quản trị viên xem tất cả: hãy đăng nhập bằng khoá hoặc "
            "tài khoản.",
        )
    if actor.agency is None:
        return Forbidden(
            "This key is for some layers only; the usage of all agencies opens to keys without that bound.",
            "Khoá này chỉ dùng cho một số bộ dữ liệu; thống kê sử dụng của mọi cơ quan chỉ mở cho khoá không bị giới hạn như vậy.",
        )
    return Forbidden(
        f"The role {actor.role} sees the usage of its own agency, {actor.agency}: leave out agency.",
        f"Vai trò {actor.role} xem thống kê sử dụng của cơ quan mình, {actor.agency}: hãy bỏ tham số agency.",
        where="agency",
    )

"""Subscriptions over HTTP: POST/GET/DELETE /subscriptions, their feeds and what was delivered. For callers who sign in."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gis.errors import InvalidParameter, NotFound, TooMany, Unauthenticated
from gis.model.actor import PUBLIC, Actor
from gis.model.layer import Text
from gis.store.audit import Entry, Kind, append_sql
from gis.store.pools import Transaction
from gis.store.subscriptions import (
    Delivery,
    Place,
    Subscription,
    Wish,
    as_delivery,
    as_subscription,
    deliveries_sql,
    horizon_sql,
    list_sql,
    opened_sql,
    rule_horizon_sql,
    subscribe_sql,
    subscription_sql,
    token_sql,
    turn_sql,
    unsubscribe_sql,
)
from services.auth.identify import actor_of, owner_now
from services.ogc.answers import PRIVATE, matches, not_modified
from services.ogc.ask import Ask, ask
from services.ogc.bodies import read_json
from services.ogc.datetimes import instant_text
from services.ogc.methods import EVERY, only
from services.ogc.negotiation import JSON
from services.ogc.parameters import item_query, limit
from services.processes.calls import call_of
from services.subscriptions.atom import ATOM, ended, feed
from services.subscriptions.callbacks import Callbacks, secret_of, secret_text
from services.subscriptions.content import Eyes, newest, states
from services.subscriptions.entries import FEED, Entries, Told
from services.subscriptions.ruling import check_rule, is_rule, newest_rule, place_of
from services.subscriptions.watching import Watch, read_watch

PAGE, LONGEST_PAGE = 100, 1_000

SUBSCRIPTIONS = Text("Đăng ký theo dõi biến động", "Subscriptions to changes")


async def subscribe(request: Request) -> Response:
    """POST /subscriptions: from now on what changes there is told."""
    asked = _signed_in(request)
    watch = read_watch(await read_json(request, (JSON.media_type,)), asked.services.catalog)
    settings, services = asked.services.settings, asked.services
    callback = None if watch.callback is None else Callbacks(settings.callback_hosts).checked(watch.callback)
    token = secrets.token_urlsafe(32)
    wish = Wish(
        owner=asked.actor.id,
        watch=watch.sent,
        question=watch.question,
        base=asked.base,
        language=asked.language,
        callback=callback,
        token=_digest(token),
        places=await _places(asked, watch),
    )
    async with services.keeper.transaction() as work:
        await work.row(turn_sql())
        row = await work.row(subscribe_sql(wish, settings.subscriptions_of_caller))
    if row is None:
        raise TooMany(
            f"You have {settings.subscriptions_of_caller} subscriptions, which is as many as one caller may; delete one.",
            f"Bạn đã có {settings.subscriptions_of_caller} đăng ký theo dõi, là mức tối đa; hãy xoá bớt.",
        )
    one = as_subscription(row)
    told = _told(asked, one) | {"feed": _feed_address(asked, one, token)}
    if callback is not None:
        told["secret"] = secret_text(secret_of(services.secret, one.id.bytes))
    return _json(told, 201, {"Location": asked.href(f"/subscriptions/{one.id}")})


async def subscriptions(request: Request) -> Response:
    """GET /subscriptions: those of the caller."""
    asked = _signed_in(request)
    async with asked.services.keeper.transaction() as work:
        rows = await work.rows(list_sql(asked.actor.id, 2 * asked.services.settings.subscriptions_of_caller))
    told = [_told(asked, as_subscription(row)) for row in rows]
    links = [{"rel": "self", "type": JSON.media_type, "href": asked.url}]
    return _json({"title": asked.say(SUBSCRIPTIONS), "links": links, "subscriptions": told})


async def subscription(request: Request) -> Response:
    """GET /subscriptions/{id}."""
    asked = _signed_in(request)
    async with asked.services.keeper.transaction() as work:
        return _json(_told(asked, await _own(asked, work, request)))


async def unsubscribe(request: Request) -> Response:
    """DELETE /subscriptions/{id}: nothing more is told, its feed is closed, and what was told is deleted."""
    asked = _signed_in(request)
    async with asked.services.keeper.transaction() as work:
        if await work.row(unsubscribe_sql(_id(request), asked.actor.id)) is None:
            raise _missing()
    return Response(status_code=204, headers=PRIVATE)


async def deliveries(request: Request) -> Response:
    """GET /subscriptions/{id}/deliveries: what was told, when, and what came of it; the newest first."""
    asked = _signed_in(request, ("limit", "before"))
    most = limit(asked.parameters, PAGE, LONGEST_PAGE)
    async with asked.services.keeper.transaction() as work:
        one = await _own(asked, work, request)
        rows = await work.rows(deliveries_sql(one.id, _before(asked), most + 1))
    found = [as_delivery(row) for row in rows[:most]]
    links = [{"rel": "self", "type": JSON.media_type, "href": asked.url}]
    if len(rows) > most:
        links.append({"rel": "next", "type": JSON.media_type, "href": asked.again(before=str(found[-1].number))})
    return _json({"subscription": str(one.id), "links": links, "deliveries": [_delivery(each) for each in found]})


async def renew_token(request: Request) -> Response:
    """POST /subscriptions/{id}/token: another address of the feed; the one before opens nothing any more."""
    asked = _signed_in(request)
    token = secrets.token_urlsafe(32)
    async with asked.services.keeper.transaction() as work:
        one = await _own(asked, work, request)
        await work.row(token_sql(one.id, asked.actor.id, _digest(token)))
    return _json({"feed": _feed_address(asked, one, token)})


async def subscription_feed(request: Request) -> Response:
    """GET /subscriptions/{id}/feed.atom: for readers with the token in the address, and for the owner who signs in."""
    asked = ask(request, (ATOM,), ("token",))
    services, token = asked.services, asked.parameters.get("token")
    async with services.keeper.transaction() as work:
        if token is None:
            if asked.actor is PUBLIC:
                raise _missing()
            one = await _own(asked, work, request)
        else:
            row = await work.row(opened_sql(_id(request), _digest(token)))
            if row is None:
                raise _missing()
            one = as_subscription(row)
        found = [as_delivery(row) for row in await work.rows(deliveries_sql(one.id, None, FEED))]
    told = await _entries(asked, one, found, request.app.state.entries)
    body = feed(one, [(each.delivery, each.said) for each in told], asked.url)
    headers = {**PRIVATE, "ETag": f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'}
    if matches(asked.if_none_match, headers["ETag"]):
        return not_modified(headers)
    return Response(body, headers=headers, media_type=ATOM.media_type)


async def _entries(asked: Ask, one: Subscription, found: list[Delivery], kept: Entries) -> list[Told]:
    """What the owner sees now of each; nothing but the end where the owner has no rights any more."""
    services = asked.services
    try:
        actor = await owner_now(services.keeper, one.owner)
    except Unauthenticated:
        return [Told(each, ended(one)) for each in found if each.layer is None]
    told = await kept.told(services, actor, one, found)
    await _recorded(asked, one, actor, told)
    return told


async def _recorded(asked: Ask, one: Subscription, actor: Actor, told: list[Told]) -> None:
    """What is read with the rights of an agency by who only has the token: who signed in is recorded anyway."""
    staff = [each for each in told if each.staff]
    if not staff or "token" not in asked.parameters:
        return
    entry = Entry(
        datetime.now(UTC),
        Kind.READ,
        actor.id,
        "subscription_feed",
        role=actor.role,
        agency=actor.agency,
        subject=str(one.id),
        rows=sum(each.said.rows for each in staff),
    )
    async with asked.services.keeper.transaction() as work:
        await work.row(append_sql([entry]))


async def _places(asked: Ask, watch: Watch) -> dict[str, Place]:
    """The states from which on changes are told. InvalidParameter where the caller cannot ask so."""
    services = asked.services
    if not watch.layers:
        await check_rule(call_of(asked), watch.sent)
        async with services.keeper.transaction() as work:
            row = await work.row(rule_horizon_sql())
        assert row is not None
        return {place_of(watch.sent): await newest_rule(call_of(asked), watch.sent, None, (row["seen"], row["looked"]))}
    eyes, found = Eyes(services.pools, services.catalog, asked.actor), {}
    for name in watch.layers:
        layer = services.catalog.layers[name]
        item_query(watch.question, layer, eyes.decision(layer), services.catalog.territory)
        async with services.keeper.transaction() as work:
            row = await work.row(horizon_sql(name))
        assert row is not None
        found[name] = await newest(eyes, layer, None, (row["seen"], row["looked"]))
    return found


def _signed_in(request: Request, allowed: tuple[str, ...] = ()) -> Ask:
    """The request of somebody who signed in; nothing of it is looked at before that."""
    if actor_of(request) is PUBLIC:
        raise Unauthenticated(
            "Sign in with a key or account to subscribe to changes.",
            "Hãy đăng nhập bằng khoá hoặc tài khoản để đăng ký theo dõi.",
            where="Authorization",
        )
    return ask(request, (JSON,), allowed)


async def _own(asked: Ask, work: Transaction, request: Request) -> Subscription:
    row = await work.row(subscription_sql(_id(request), asked.actor.id))
    if row is None:
        raise _missing()
    return as_subscription(row)


def _told(asked: Ask, one: Subscription) -> dict[str, object]:
    path = f"/subscriptions/{one.id}"
    return {
        "id": str(one.id),
        "status": "active" if one.ended is None else "ended",
        **({} if one.reason is None else {"reason": asked.say(one.reason)}),
        "watch": one.watch,
        "callback": one.callback,
        "created": instant_text(one.created),
        "ended": None if one.ended is None else instant_text(one.ended),
        "delivered": one.number,
        "links": [
            {"rel": "self", "type": JSON.media_type, "href": asked.href(path)},
            {"rel": "related", "type": JSON.media_type, "href": asked.href(f"{path}/deliveries")},
            {"rel": "alternate", "type": "application/atom+xml", "href": asked.href(f"{path}/feed.atom")},
        ],
    }


def _delivery(each: Delivery) -> dict[str, object]:
    return {
        "number": each.number,
        **_about(each),
        "created": instant_text(each.created),
        "status": each.status,
        "attempts": each.attempts,
        "tried": None if each.tried is None else instant_text(each.tried),
        "answer": each.answer,
        "problem": each.problem,
    }


def _about(each: Delivery) -> dict[str, object]:
    if each.layer is None or each.span is None:
        return {"type": "landmap.ended"}
    if is_rule(each.layer):
        return {"type": "landmap.rule", **states(each.span)}
    return {"type": "landmap.changes", "layer": each.layer, **states(each.span)}


def _feed_address(asked: Ask, one: Subscription, token: str) -> str:
    return asked.href(f"/subscriptions/{one.id}/feed.atom", {"token": token})


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _before(asked: Ask) -> int | None:
    text = asked.parameters.get("before")
    if text is None:
        return None
    if not text.isdecimal() or not text.isascii() or len(text) > 9:
        raise InvalidParameter(
            "before: the number of a delivery.", "before: số thứ tự của một lần gửi.", where="before"
        )
    return int(text)


def _id(request: Request) -> UUID:
    try:
        return UUID(request.path_params["id"])
    except ValueError as error:
        raise _missing() from error


def _missing() -> NotFound:
    return NotFound("There is no such subscription.", "Không có đăng ký theo dõi này.", where="subscriptionId")


def _json(content: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(content), status, {**PRIVATE, **(headers or {})}, JSON.media_type)


ROUTES = [
    Route("/subscriptions", subscriptions),
    Route("/subscriptions", subscribe, methods=["POST"]),
    Route("/subscriptions", only("GET", "HEAD", "OPTIONS", "POST"), methods=EVERY),
    Route("/subscriptions/{id}", subscription),
    Route("/subscriptions/{id}", unsubscribe, methods=["DELETE"]),
    Route("/subscriptions/{id}", only("DELETE", "GET", "HEAD", "OPTIONS"), methods=EVERY),
    Route("/subscriptions/{id}/deliveries", deliveries),
    Route("/subscriptions/{id}/deliveries", only("GET", "HEAD", "OPTIONS"), methods=EVERY),
    Route("/subscriptions/{id}/token", renew_token, methods=["POST"]),
    Route("/subscriptions/{id}/token", only("OPTIONS", "POST"), methods=EVERY),
    Route("/subscriptions/{id}/feed.atom", subscription_feed),
    Route("/subscriptions/{id}/feed.atom", only("GET", "HEAD", "OPTIONS"), methods=EVERY),
]

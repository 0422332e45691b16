"""Who sends a request: found once, before anything is answered. Credentials that open nothing are refused, never ignored."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gis.errors import Busy, LandmapError, Unauthenticated
from gis.model.actor import PUBLIC, Actor, Role
from gis.model.layer import Text
from gis.store.access import Secret, holder_sql, key_sql, member_sql
from gis.store.keeper import Keeper
from gis.store.pools import Row as Record
from services.auth.credentials import Token, read_credentials
from services.auth.trail import ACTOR, REFUSED, Refusal
from services.dependencies import Services, services_of
from services.errors import on_landmap_error

_UNSIGNED = frozenset({"/healthz", "/readyz", "/metrics"})
"""Paths for those who look after the service: they have no caller, and `/metrics` a token of its own."""


def actor_of(request: Request) -> Actor:
    """The caller that `Identify` found."""
    found: Actor = request.scope[ACTOR]
    return found


class Identify:
    """Finds the actor of each request; answers to those who signed in are kept by no shared cache."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope[ACTOR] = PUBLIC
        request = Request(scope)
        try:
            if scope["path"] not in _UNSIGNED:
                scope[ACTOR] = await _actor(request)
        except LandmapError as error:
            await (await on_landmap_error(request, error))(scope, receive, send)
            return
        await self.app(scope, receive, send if scope[ACTOR] is PUBLIC else _private(send))


def _private(send: Send) -> Send:
    async def send_private(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            kept = headers.get("cache-control", "")
            if kept.startswith("public"):
                headers["cache-control"] = "private" + kept.removeprefix("public")
        await send(message)

    return send_private


async def _actor(request: Request) -> Actor:
    subject = "unreadable"
    try:
        credentials = read_credentials(Headers(scope=request.scope))
        if credentials is None:
            return PUBLIC
        subject = f"key:{credentials.id}" if isinstance(credentials, Secret) else "token"
        services = services_of(request)
        found = await (
            _holder(services, credentials) if isinstance(credentials, Secret) else _person(services, credentials)
        )
    except Unauthenticated as error:
        client = request.client
        request.scope[REFUSED] = Refusal(subject, error.en.split(". ")[0], client.host if client else "")
        raise
    if services.trail.full:
        raise Busy(
            "What is read with the rights of an agency cannot be recorded at the moment, so it is not shown; try again in a while.",
            "Hiện chưa ghi được nhật ký truy cập nên chưa thể trả lời; hãy thử lại sau ít phút.",
        )
    return found


async def _holder(services: Services, secret: Secret) -> Actor:
    return _valid(f"key:{secret.id}", await services.pools.row(key_sql(secret)))


async def _person(services: Services, token: Token) -> Actor:
    if services.issuer is None:
        raise Unauthenticated(
            "This service takes API keys only; it knows no issuer of tokens.",
            "Dịch vụ này chỉ nhận khoá API, không nhận token.",
            where="Authorization",
        )
    subject = await services.issuer.subject(token.text)
    row = await services.pools.row(member_sql(services.issuer.name, subject))
    return _valid(f"{services.issuer.name} {subject}", row)


async def owner_now(keeper: Keeper, owner: str) -> Actor:
    """The actor with this id as it is now, on whose behalf a job runs. Unauthenticated where it opens nothing any more.

    Of a person it is the role that counts, as it is now: the token told who they are, and ends sooner than they do.
    """
    if owner == PUBLIC.id:
        return PUBLIC
    issuer, _, subject = owner.partition(" ")
    sql = member_sql(issuer, subject) if subject else holder_sql(owner.removeprefix("key:"))
    async with keeper.transaction() as work:
        return _valid(owner, await work.row(sql), _SUBMITTED, None)


_SENT = Text("Khoá hoặc tài khoản đã gửi", "The key or account that was sent")
_SUBMITTED = Text("Khoá hoặc tài khoản đã gửi công việc này", "The key or account that submitted the job")
_REFUSED = {
    "unknown": ("is not known", "không tồn tại"),
    "revoked": ("was revoked", "đã bị thu hồi"),
    "expired": ("has expired", "đã hết hạn"),
}


def _valid(id: str, row: Record | None, who: Text = _SENT, where: str | None = "Authorization") -> Actor:
    state = "unknown" if row is None else row["state"]
    if row is None or state != "valid":
        en, vi = _REFUSED[state]
        raise Unauthenticated(
            f"{who.en} {en}. Ask the operator for another.",
            f"{who.vi} {vi}. Hãy liên hệ đơn vị vận hành để được cấp lại.",
            where=where,
        )
    layers = None if row["layers"] is None else frozenset(row["layers"])
    return Actor(
        id,
        Role(row["role"]),
        row["agency"],
        frozenset(row["reads"]),
        frozenset(row["owns"]),
        row["area"],
        layers,
        frozenset((layer, group) for layer, _, group in (name.partition("/") for name in row["restricted"])),
    )

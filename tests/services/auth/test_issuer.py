"""Tokens of an OpenID Connect issuer: a real one on this machine, with keys of its own."""

from __future__ import annotations

import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import psycopg
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from gis.errors import IssuerUnavailable, Unauthenticated
from gis.model.actor import Role
from gis.store import access
from services.app import create_app
from services.auth.issuer import Issuer
from tests.services.auth.conftest import Guarded

pytestmark = pytest.mark.asyncio(loop_scope="session")

AUDIENCE = "landmap"


@dataclass
class LocalIssuer:
    """An issuer that answers on 127.0.0.1. `keys` sign, `asked` are the paths that were fetched."""

    url: str = ""
    says: str | None = None
    keys_at: str | None = None
    keys: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    broken: bool = False

    def add(self, kid: str, key: Any) -> None:
        self.keys[kid] = key

    def token(self, kid: str, *, header: dict[str, Any] | None = None, **changes: object) -> str:
        claims: dict[str, Any] = {"iss": self.url, "aud": AUDIENCE, "sub": "officer-1", "exp": int(time.time()) + 600}
        claims = {name: value for name, value in (claims | changes).items() if value is not None}
        key = self.keys[kid]
        alg = "ES256" if isinstance(key, ECKey) else "RS256"
        return jwt.encode({"alg": alg, "kid": kid, **(header or {})}, claims, key)

    def answer(self, path: str) -> bytes | None:
        self.asked.append(path)
        if self.broken:
            return None
        if path == "/.well-known/openid-configuration":
            return json.dumps(
                {"issuer": self.says or self.url, "jwks_uri": self.keys_at or f"{self.url}/keys"}
            ).encode()
        public = [{**key.as_dict(private=False), "kid": kid} for kid, key in self.keys.items()]
        return json.dumps({"keys": public}).encode()


def b64(header: bytes) -> str:
    return urlsafe_b64encode(header).decode().rstrip("=")


@contextmanager
def running(local: LocalIssuer) -> Iterator[LocalIssuer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = local.answer(self.path)
            self.send_response(200 if body else 500)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    local.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield local
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def local() -> Iterator[LocalIssuer]:
    with running(LocalIssuer()) as found:
        found.add("rsa", RSAKey.generate_key(2048))
        found.add("ec", ECKey.generate_key("P-256"))
        yield found


async def test_a_token_says_whom_it_is_about(local: LocalIssuer) -> None:
    issuer = Issuer(local.url, AUDIENCE)
    for kid in ("rsa", "ec"):
        assert await issuer.subject(local.token(kid)) == "officer-1"
    assert local.asked == ["/.well-known/openid-configuration", "/keys"]  # once for both


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://elsewhere.test"},
        {"iss": None},
        {"aud": "another service"},
        {"aud": None},
        {"sub": None},
        {"exp": None},
        {"exp": 1},
        {"nbf": 99_999_999_999},
    ],
)
async def test_a_token_for_somebody_else_or_another_time_is_refused(
    local: LocalIssuer, changes: dict[str, Any]
) -> None:
    with pytest.raises(Unauthenticated):
        await Issuer(local.url, AUDIENCE).subject(local.token("rsa", **changes))


async def test_a_token_that_the_issuer_did_not_sign_is_refused(local: LocalIssuer) -> None:
    issuer = Issuer(local.url, AUDIENCE)
    good = local.token("rsa")
    head, body, signature = good.split(".")
    forged = LocalIssuer(url=local.url, keys={"rsa": RSAKey.generate_key(2048)}).token("rsa")
    shared = jwt.encode({"alg": "HS256", "kid": "rsa"}, {"sub": "officer-1"}, OctKey.generate_key(256))
    unsigned = "eyJhbGciOiJub25lIn0." + body + "."
    odd = [
        b64(kind) + f".{body}.{signature}"
        for kind in (b'{"alg":"RS256","crit":5}', b'{"alg":"RS256","crit":[[]]}', b"[]")
    ]
    for text in (
        *odd,
        forged,
        shared,
        unsigned,
        f"{head}.{body}.",
        f"{head}.{body[:-2]}.{signature}",
        "a.b.c",
        "ü",
        "." * 99,
    ):
        with pytest.raises(Unauthenticated):
            await issuer.subject(text)


async def test_a_new_key_of_the_issuer_is_learnt_and_unknown_ones_are_not_asked_for_again_and_again(
    local: LocalIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer = Issuer(local.url, AUDIENCE)
    await issuer.subject(local.token("rsa"))
    local.add("new", RSAKey.generate_key(2048))
    stranger = LocalIssuer(url=local.url, keys={"nobody": RSAKey.generate_key(2048)})
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await issuer.subject(stranger.token("nobody"))
    assert len(local.asked) == 2
    monkeypatch.setattr("services.auth.issuer._LEAST", 0.0)
    assert await issuer.subject(local.token("new")) == "officer-1"


async def test_an_issuer_that_is_another_or_does_not_answer_is_told_and_not_asked_by_every_request(
    local: LocalIssuer,
) -> None:
    token = local.token("rsa")
    local.says = "https://elsewhere.test"
    with pytest.raises(IssuerUnavailable):
        await Issuer(local.url, AUDIENCE).subject(token)
    local.says, local.keys_at = None, local.url.replace("127.0.0.1", "localhost") + "/keys"
    with pytest.raises(IssuerUnavailable):
        await Issuer(local.url, AUDIENCE).subject(token)
    local.keys_at, local.broken = None, True
    issuer = Issuer(local.url, AUDIENCE)
    before = len(local.asked)
    for _ in range(5):
        with pytest.raises(IssuerUnavailable):
            await issuer.subject(token)
    assert len(local.asked) == before + 1


async def test_a_person_with_a_role_signs_in_and_one_without_does_not(
    local: LocalIssuer, guarded: Guarded, settings_for: Any
) -> None:
    app = create_app(settings_for(guarded.dsn, oidc_issuer=local.url))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://land.test") as client,
    ):
        items = "/collections/permits/items"
        headers = {"Authorization": f"Bearer {local.token('rsa')}"}
        assert (await client.get(items, headers=headers)).status_code == 401
        with psycopg.connect(guarded.dsn, autocommit=True) as db:
            person = (local.url, "officer-1")
            access.grant_role(db, person, "Nguyễn Văn A", access.Grant(Role.VIEWER, "so-xd", None), "tester")
            assert (await client.get(items, headers=headers)).json()["numberMatched"] == 6
            access.end_role(db, person, "tester")
        assert (await client.get(items, headers=headers)).status_code == 401
        assert (await client.get(items)).json()["numberMatched"] == 4
        local.broken = True

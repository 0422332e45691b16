"""A small OpenID Connect provider on 127.0.0.1: code flow with PKCE for a public client, refreshing, signing out.

It refuses what a careful one refuses: another redirect address, no S256 challenge, a verifier that does not fit, a code or a
refresh token that was used already. Whom it lets in is what is typed; some names make it behave oddly (`odd-nonce`, `brief`).
"""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

CLIENT, AUDIENCE = "landmap-map", "landmap"
BRIEF = 15
"""Seconds for which a token of `brief` lives, who gets nothing to refresh it."""

RENEWED = 30
"""Seconds for which one of `renewed` lives."""

type Params = dict[str, str]


@dataclass
class Provider:
    """`redirect`: the one address to which it leads back. `seen`: what came to the token endpoint, with the status."""

    url: str = ""
    redirect: str = ""
    key: Any = field(default_factory=lambda: ECKey.generate_key("P-256"))
    codes: dict[str, Params] = field(default_factory=dict)
    refreshers: dict[str, Params] = field(default_factory=dict)
    seen: list[tuple[str, int]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def discovery(self) -> dict[str, Any]:
        ends = {"authorization_endpoint": "authorize", "token_endpoint": "token", "end_session_endpoint": "leave"}
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/keys",
            **{name: f"{self.url}/{path}" for name, path in ends.items()},
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }

    def keys(self) -> dict[str, Any]:
        return {"keys": [{**self.key.as_dict(private=False), "kid": "one"}]}

    def asks(self, query: Params) -> str | None:
        """The page that asks who it is; None where the request is not one that it answers."""
        right = (
            query.get("client_id") == CLIENT
            and query.get("redirect_uri") == self.redirect
            and query.get("response_type") == "code"
            and query.get("code_challenge_method") == "S256"
            and "openid" in query.get("scope", "").split()
            and all(query.get(name) for name in ("state", "nonce", "code_challenge"))
        )
        if not right:
            return None
        hidden = "".join(f'<input type="hidden" name="{escape(k)}" value="{escape(v)}">' for k, v in query.items())
        return (
            f'<!doctype html><html lang="vi"><title>Đăng nhập</title><form action="/enter">{hidden}<label>Tài khoản '
            '<input name="user"></label><button>Vào</button><button name="stop" value="1">Thôi</button></form></html>'
        )

    def enters(self, query: Params) -> str:
        """Where the browser is sent."""
        back = {"state": query["state"], "iss": self.url}
        if query.get("stop"):
            return f"{self.redirect}?{urlencode(back | {'error': 'access_denied'})}"
        code = secrets.token_urlsafe(24)
        self.codes[code] = query
        return f"{self.redirect}?{urlencode(back | {'code': code})}"

    def leads(self, path: str, query: Params) -> str | None:
        """Where the browser goes from a path that only leads on; None where it is none."""
        if path == "/enter":
            return self.enters(query)
        if path == "/leave" and query.get("post_logout_redirect_uri") == self.redirect:
            self.left.append(query.get("id_token_hint", ""))
            return f"{self.redirect}?{urlencode({'state': query['state']})}"
        return None

    def gives(self, form: Params) -> tuple[int, dict[str, Any]]:
        """The answer of the token endpoint."""
        status, answer = self._gives(form)
        self.seen.append((form.get("grant_type", ""), status))
        return status, answer

    def _gives(self, form: Params) -> tuple[int, dict[str, Any]]:
        if form.get("client_id") != CLIENT:
            return 401, {"error": "invalid_client"}
        if form.get("grant_type") == "refresh_token":
            asked = self.refreshers.pop(form.get("refresh_token", ""), None)
            return (400, {"error": "invalid_grant"}) if asked is None else (200, self._tokens(asked, 600))
        asked = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = urlsafe_b64encode(digest).decode().rstrip("=")
        if asked is None or form.get("redirect_uri") != self.redirect or challenge != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        return 200, self._tokens(asked, {"brief": BRIEF, "renewed": RENEWED}.get(asked["user"], 600))

    def _tokens(self, asked: Params, seconds: int) -> dict[str, Any]:
        user, now = asked["user"], int(time.time())
        nonce = "another" if user == "odd-nonce" else asked["nonce"]
        common = {"iss": self.url, "sub": f"id-{user}", "iat": now, "exp": now + 600}
        access = self._signed({**common, "aud": AUDIENCE, "jti": secrets.token_hex(8)})
        identity = self._signed({**common, "aud": CLIENT, "nonce": nonce, "preferred_username": user})
        given: dict[str, Any] = {
            "access_token": access,
            "id_token": identity,
            "token_type": "Bearer",
            "expires_in": seconds,
        }
        if user != "brief":
            given["refresh_token"] = secrets.token_urlsafe(24)
            self.refreshers[given["refresh_token"]] = asked
        return given

    def _signed(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "ES256", "kid": "one"}, claims, self.key)


@contextmanager
def providing(provider: Provider) -> Iterator[Provider]:
    """While this is open, it answers at `provider.url`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, query = urlsplit(self.path).path, dict(parse_qsl(urlsplit(self.path).query))
            documents: dict[str, Callable[[], Any]] = {
                "/.well-known/openid-configuration": provider.discovery,
                "/keys": provider.keys,
            }
            if path in documents:
                self._json(200, documents[path]())
            elif path == "/authorize" and (page := provider.asks(query)) is not None:
                self._send(200, page.encode(), "text/html; charset=utf-8")
            elif (where := provider.leads(path, query)) is not None:
                self.send_response(302)
                self.send_header("Location", where)
                self.end_headers()
            else:
                self._send(400, b"", "text/plain")

        def do_POST(self) -> None:
            form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            self._json(*provider.gives(form))

        def _json(self, status: int, content: object) -> None:
            self._send(status, json.dumps(content).encode(), "application/json")

        def _send(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

"""Tokens of one OpenID Connect issuer, checked by its published keys (RFC 7519, OpenID Connect Core 3.1.3.7)."""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
import structlog
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from gis.errors import IssuerUnavailable, Unauthenticated

log = structlog.get_logger("landmap.issuer")

ALGORITHMS = ("RS256", "PS256", "ES256", "Ed25519", "EdDSA")
"""Signatures with a key pair only: a shared secret or none is never taken, whatever the token says."""

_LEEWAY = 60  # seconds by which clocks may differ
_KEPT = 3_600  # seconds for which the keys are kept
_LEAST = 30  # seconds between two fetches: a token with an unknown key asks for one
_TIMEOUT = 5.0  # seconds for both documents
_LARGEST = 200_000  # bytes of a document


@dataclass(slots=True)
class Issuer:
    """The issuer that the operator names. Its keys are fetched when the first token comes, and again when one is unknown."""

    name: str
    audience: str
    transport: httpx.AsyncBaseTransport | None = None
    _keys: KeySet | None = None
    _asked: float = -math.inf
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def subject(self, token: str) -> str:
        """Whom the token is about. Unauthenticated if it is not a valid one of this issuer for this service."""
        keys = await self._known(_KEPT)
        try:
            claims = self._claims(token, keys)
        except InvalidKeyIdError:
            claims = self._checked(token, await self._known(_LEAST))
        except JoseError as error:
            raise _refused(error) from error
        return str(claims["sub"])

    def _checked(self, token: str, keys: KeySet) -> dict[str, Any]:
        try:
            return self._claims(token, keys)
        except JoseError as error:
            raise _refused(error) from error

    def _claims(self, token: str, keys: KeySet) -> dict[str, Any]:
        try:
            claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
        except (
            ValueError,
            TypeError,
        ) as error:  # a header of odd types, a key set without the kind of key that the token wants, or text that is no token
            raise _refused(error) from error
        registry = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY,
            iss={"essential": True, "value": self.name},
            aud={"essential": True, "value": self.audience},
            sub={"essential": True},
            exp={"essential": True},
        )
        registry.validate(claims)
        return claims

    async def _known(self, age: float) -> KeySet:
        """The issuer's keys, not older than `age` seconds; whoever has them waits for nobody."""
        if self._keys is not None and time.monotonic() - self._asked <= age:
            return self._keys
        async with self._lock:
            if time.monotonic() - self._asked > (_LEAST if self._keys is None else age):
                self._asked = time.monotonic()
                await self._renew()
            if self._keys is None:
                raise IssuerUnavailable(f"The keys of {self.name} are not known; they are asked for twice a minute.")
            return self._keys

    async def _renew(self) -> None:
        """Where the issuer does not answer, the keys that are known go on."""
        try:
            self._keys = await self._fetch()
        except IssuerUnavailable as error:
            log.warning("the issuer's keys cannot be fetched", error=error.en)

    async def _fetch(self) -> KeySet:
        """No address but the operator's issuer, and what its own document names on the same host, is asked."""
        try:
            async with asyncio.timeout(_TIMEOUT), httpx.AsyncClient(transport=self.transport) as client:
                about = await _document(client, self.name.rstrip("/") + "/.well-known/openid-configuration")
                if about.get("issuer") != self.name:
                    raise IssuerUnavailable(f"{self.name} says that it is the issuer '{about.get('issuer')}'.")
                keys = str(about["jwks_uri"])
                if urlsplit(keys)[:2] != urlsplit(self.name)[:2]:
                    raise IssuerUnavailable(f"{self.name} keeps its keys elsewhere: {keys[:200]}.")
                return KeySet.import_key_set(await _document(client, keys))  # type: ignore[arg-type]
        except (httpx.HTTPError, TimeoutError, ValueError, TypeError, KeyError, JoseError) as error:
            raise IssuerUnavailable(f"The keys of {self.name} cannot be fetched: {error!r}.") from error


async def _document(client: httpx.AsyncClient, url: str) -> dict[str, Any]:
    body = b""
    async with client.stream("GET", url) as answer:
        answer.raise_for_status()
        async for part in answer.aiter_bytes():
            body += part
            if len(body) > _LARGEST:
                raise ValueError(f"{url} is larger than {_LARGEST} bytes")
    found: dict[str, Any] = orjson.loads(body)
    return found


def _refused(error: Exception) -> Unauthenticated:
    if isinstance(error, ExpiredTokenError):
        return Unauthenticated(
            "The token has expired: sign in again.", "Token đã hết hạn: hãy đăng nhập lại.", where="Authorization"
        )
    return Unauthenticated(
        "The token is not a valid one of the issuer for this service: sign in again.",
        "Token không hợp lệ đối với dịch vụ này: hãy đăng nhập lại.",
        where="Authorization",
    )

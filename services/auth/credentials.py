"""What a request signs in with: an API key or a bearer token, from its headers only, never from its address."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass

from gis.errors import Unauthenticated
from gis.store.access import Secret, read_secret

_LONGEST = 8_000


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token that is no key of ours: one of an OpenID Connect issuer, not looked at yet."""

    text: str


def read_credentials(headers: Mapping[str, str]) -> Secret | Token | None:
    """The key of `X-Api-Key`, or the key or token of `Authorization` (Bearer; Basic with the key as the password, for
    clients that know nothing else); None if neither is sent. Unauthenticated for what cannot be one."""
    key, authorization = headers.get("x-api-key"), headers.get("authorization")
    if key is None and authorization is None:
        return None
    if key is not None and authorization is not None:
        raise Unauthenticated(
            "Two credentials were sent, X-Api-Key and Authorization; send one.",
            "Có hai thông tin đăng nhập, X-Api-Key và Authorization; chỉ gửi một.",
            where="Authorization",
        )
    if key is not None:
        return _secret(key)
    scheme, _, value = (authorization or "").partition(" ")
    value = value.strip()
    if scheme.lower() == "basic":
        return _secret(_password(value))
    if scheme.lower() == "bearer" and value and len(value) <= _LONGEST:
        return _secret(value) if value.startswith("lmk_") else Token(value)
    raise _unreadable("Authorization")


def _secret(text: str) -> Secret:
    found = read_secret(text.strip())
    if found is None:
        raise _unreadable("X-Api-Key")
    return found


def _password(value: str) -> str:
    try:
        return b64decode(value[:_LONGEST], validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError) as error:
        raise _unreadable("Authorization") from error


def _unreadable(where: str) -> Unauthenticated:
    return Unauthenticated(
        "The credentials cannot be read. Send 'Authorization: Bearer <key or token>' or 'X-Api-Key: <key>'.",
        "Không đọc được thông tin đăng nhập. Hãy gửi 'Authorization: Bearer <khoá hoặc token>' hoặc 'X-Api-Key: <khoá>'.",
        where=where,
    )

"""Cursors of `next` links: where a page starts, for the question that it belongs to, encrypted by the service.

A cursor names an instant, a changeset and a row that the caller need not be allowed to know of or to ask about. So
addresses carry it encrypted and authenticated (AES-SIV, RFC 5297), which `ask` undoes; equal cursors stay equal there.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import struct
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from gis.errors import InvalidParameter
from gis.model.access import Decision
from gis.model.query import Cursor, ItemQuery

_LAYOUT = struct.Struct(">BIqq16sq8s")
_FORMAT = 1
_SHAPE = re.compile(rf"[0-9a-f]{{{_LAYOUT.size * 2}}}")
_ADDRESS = re.compile(r"[A-Za-z0-9_\-]{22,400}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_MAX_CHANGESET = 2**31 - 1


def closed(text: str, secret: bytes) -> str:
    """The cursor, which is written in hexadecimal digits, as addresses carry it."""
    return base64.urlsafe_b64encode(_cipher(secret).encrypt(bytes.fromhex(text), None)).rstrip(b"=").decode()


def opened(text: str, secret: bytes) -> str:
    """The cursor that an address carries. InvalidParameter where the service did not make it."""
    if not _ADDRESS.fullmatch(text):
        raise _invalid()
    try:
        return _cipher(secret).decrypt(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), None).hex()
    except (binascii.Error, InvalidTag) as error:
        raise _invalid() from error


@lru_cache(maxsize=8)
def _cipher(secret: bytes) -> AESSIV:
    """Its key serves nothing else that is made from the secret."""
    return AESSIV(hashlib.blake2b(key=secret[:64], person=b"cursor", digest_size=64).digest())


def encode(cursor: Cursor, query: ItemQuery, decision: Decision, beside: str = "") -> str:
    """The cursor in hexadecimal digits, which only fit `query` (whose limit may change from page to page) and callers who see as much."""
    packed = _LAYOUT.pack(
        _FORMAT,
        cursor.changeset,
        (cursor.instant - _EPOCH) // _TICK,
        cursor.key,
        cursor.id.bytes,
        -1 if cursor.matched is None else cursor.matched,
        _seal(query, decision, beside),
    )
    return packed.hex()


def decode(text: str, query: ItemQuery, decision: Decision, beside: str = "") -> Cursor:
    """The cursor in `text`. InvalidParameter where it is not one, or belongs to another question or to other rights."""
    if not _SHAPE.fullmatch(text):
        raise _invalid()
    try:
        form, changeset, micros, key, identifier, matched, seal = _LAYOUT.unpack(bytes.fromhex(text))
        instant = _EPOCH + micros * _TICK
    except OverflowError as error:
        raise _invalid() from error
    if form != _FORMAT or seal != _seal(query, decision, beside) or changeset > _MAX_CHANGESET or matched < -1:
        raise _invalid()
    return Cursor(changeset, instant, key, UUID(bytes=identifier), None if matched < 0 else matched)


def _seal(query: ItemQuery, decision: Decision, beside: str) -> bytes:
    """A digest of the question without page and limit, of what is asked `beside` it, and of what the decision shows."""
    bare = replace(query, cursor=None, limit=1)
    seen = (decision.columns, decision.everywhere, decision.area)
    return hashlib.blake2b(repr((bare, seen, beside)).encode(), digest_size=8).digest()


def _invalid() -> InvalidParameter:
    return InvalidParameter(
        "cursor: it does not belong to this question; follow the 'next' link unchanged, or start without it.",
        "cursor: không thuộc về câu hỏi này; hãy dùng nguyên liên kết 'next', hoặc bỏ cursor để bắt đầu lại.",
        where="cursor",
    )

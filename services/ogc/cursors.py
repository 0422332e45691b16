"""Cursors of `next` links: where a page starts, sealed to the question that it belongs to."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import struct
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from gis.errors import InvalidParameter
from gis.model.query import Cursor, ItemQuery

_LAYOUT = struct.Struct(">BIqq16sq8s")
_FORMAT = 1
_LENGTH = (_LAYOUT.size * 4 + 2) // 3
_SHAPE = re.compile(rf"[A-Za-z0-9_\-]{{{_LENGTH}}}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_MAX_CHANGESET = 2**31 - 1


def encode(cursor: Cursor, query: ItemQuery) -> str:
    """The cursor as text that only fits `query` (whose limit may change from page to page)."""
    packed = _LAYOUT.pack(
        _FORMAT,
        cursor.changeset,
        (cursor.instant - _EPOCH) // _TICK,
        cursor.key,
        cursor.id.bytes,
        -1 if cursor.matched is None else cursor.matched,
        _seal(query),
    )
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def decode(text: str, query: ItemQuery) -> Cursor:
    """The cursor in `text`. InvalidParameter where it is not one, or belongs to another question."""
    if not _SHAPE.fullmatch(text):
        raise _invalid()
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        form, changeset, micros, key, identifier, matched, seal = _LAYOUT.unpack(packed)
        instant = _EPOCH + micros * _TICK
    except (binascii.Error, struct.error, OverflowError) as error:
        raise _invalid() from error
    if form != _FORMAT or seal != _seal(query) or changeset > _MAX_CHANGESET or matched < -1:
        raise _invalid()
    return Cursor(changeset, instant, key, UUID(bytes=identifier), None if matched < 0 else matched)


def _seal(query: ItemQuery) -> bytes:
    """A digest of the question without page and limit."""
    bare = replace(query, cursor=None, limit=1)
    return hashlib.blake2b(repr(bare).encode(), digest_size=8).digest()


def _invalid() -> InvalidParameter:
    return InvalidParameter(
        "cursor: it does not belong to this question; follow the 'next' link unchanged, or start without it.",
        "cursor: không thuộc về câu hỏi này; hãy dùng nguyên liên kết 'next', hoặc bỏ cursor để bắt đầu lại.",
        where="cursor",
    )

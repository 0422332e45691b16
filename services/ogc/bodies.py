"""What a writing request sends: bounded bytes, JSON of a kind that is taken, and the headers that say how it is meant."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from starlette.requests import Request

from gis.errors import InvalidParameter, TooLarge, UnknownMediaType
from gis.model.edit import ANY
from gis.model.layer import Territory
from gis.model.query import CRS84
from services.ogc.item_tags import versions_of
from services.ogc.parameters import served_crs

GEOJSON_BODIES = ("application/geo+json", "application/json", "application/vnd.ogc.fg+json", "application/fg+json")
PATCH_BODIES = ("application/merge-patch+json",)
TRANSACTION_BODIES = ("application/ogc-tx+json", "application/json")

MAX_BYTES = 8 * 1024 * 1024
MAX_FEATURES = 1_000
MAX_VERTICES = 200_000
_IN_THREAD = 64_000
_MAX_HEADER = 1_000
_PREFERENCE = re.compile(r"(handling|return)\s*=\s*\"?(strict|lenient|representation|minimal)\"?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Preferences:
    """RFC 7240: `handling` and `returns` as they were asked for, None where nothing was."""

    handling: str | None
    returns: str | None

    @property
    def lenient(self) -> bool:
        return self.handling == "lenient"

    @property
    def representation(self) -> bool:
        return self.returns == "representation"

    def applied(self, *, representation: bool = True) -> dict[str, str]:
        """The header that says which of them were kept to."""
        told = [f"handling={self.handling}"] if self.handling else []
        if self.returns and representation:
            told.append(f"return={self.returns}")
        return {"Preference-Applied": ", ".join(told)} if told else {}


def preferences(request: Request) -> Preferences:
    """The first of each kind counts; others are not for this service."""
    header = ",".join(request.headers.getlist("prefer"))[:_MAX_HEADER]
    found: dict[str, str] = {}
    for name, value in (pair.groups() for part in header.split(",") if (pair := _PREFERENCE.fullmatch(part.strip()))):
        found.setdefault(name.lower(), value.lower())
    return Preferences(found.get("handling"), found.get("return"))


def seen(request: Request) -> frozenset[str] | None:
    """The versions that If-Match names; None where it is not sent."""
    header = request.headers.get("if-match")
    if header is None:
        return None
    return ANY if header.strip() == "*" else versions_of(header)


async def read_json(request: Request, kinds: Sequence[str], most: int = MAX_BYTES) -> object:
    """The body, of `most` bytes, as JSON. InvalidParameter where it is none or its kind is not said, UnknownMediaType, TooLarge."""
    return await parsed(await read_sent(request, kinds, most))


async def read_sent(request: Request, kinds: Sequence[str], most: int) -> bytes:
    """The body, at most `most` bytes of it, of one of the kinds. As `read_json`, but for what is no JSON."""
    _refuse_kind(request, kinds)
    return await read_bytes(request, most)


async def parsed(body: bytes, vertices: int = MAX_VERTICES) -> object:
    """The body as JSON. TooLarge where it has so many lists that it has more than so many `vertices`: each takes ten times
    its bytes in memory."""
    if body.count(b"[") > vertices + 3 * MAX_FEATURES:
        raise _too_large(f"{vertices:,} vertices", f"{vertices:,} đỉnh")
    try:
        found: object = await asyncio.to_thread(orjson.loads, body) if large(body) else orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidParameter(
            f"The body is not JSON: {error.msg} (line {error.lineno}, column {error.colno}).",
            f"Nội dung gửi lên không phải JSON (dòng {error.lineno}, cột {error.colno}).",
        ) from error
    return found


def large(body: bytes) -> bool:
    """There is so much of it that it is to be looked through in a thread."""
    return len(body) >= _IN_THREAD


def _refuse_kind(request: Request, kinds: Sequence[str]) -> None:
    sent = request.headers.get("content-type", "")[:_MAX_HEADER]
    if not sent:
        raise InvalidParameter(
            f"Send Content-Type: {kinds[0]}.", f"Hãy gửi tiêu đề Content-Type: {kinds[0]}.", where="Content-Type"
        )
    kind, _, parameters = sent.lower().partition(";")
    charset = re.search(r"charset\s*=\s*\"?([\w-]+)", parameters)
    if kind.strip() not in kinds or (charset is not None and charset[1] not in ("utf-8", "utf8")):
        raise UnknownMediaType(
            f"'{sent[:80]}' is not taken here; send {' or '.join(kinds)} in UTF-8.",
            f"Không nhận '{sent[:80]}'; hãy gửi {' hoặc '.join(kinds)} bằng UTF-8.",
            where="Content-Type",
        )
    coding = request.headers.get("content-encoding", "identity")
    if coding.lower() != "identity":
        raise UnknownMediaType(
            "Send the body as it is, without Content-Encoding.",
            "Hãy gửi nội dung không nén, không có Content-Encoding.",
            where="Content-Encoding",
        )


async def read_bytes(request: Request, most: int = MAX_BYTES) -> bytes:
    """The body, at most `most` bytes of it. TooLarge."""
    told = request.headers.get("content-length", "")
    if told.isdigit() and len(told) < 20 and int(told) > most:
        raise _too_large(f"{most >> 20} MB", f"{most >> 20} MB")
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise _too_large(f"{most >> 20} MB", f"{most >> 20} MB")
        parts.append(part)
    return b"".join(parts)


def refuse_many(count: int) -> None:
    """TooLarge where one request would change more features than it may."""
    if count > MAX_FEATURES:
        raise _too_large(f"{MAX_FEATURES:,} features", f"{MAX_FEATURES:,} đối tượng")


def _too_large(en: str, vi: str) -> TooLarge:
    return TooLarge(
        f"One request takes at most {en}; send several, or load a file with 'landmap ingest'.",
        f"Mỗi yêu cầu nhận nhiều nhất {vi}; hãy chia nhỏ, hoặc nạp tệp bằng 'landmap ingest'.",
    )


def content_crs_of(request: Request, territory: Territory) -> int:
    """The CRS of the coordinates that are sent: Content-Crs with or without angle brackets, else CRS84."""
    header = request.headers.get("content-crs")
    return CRS84 if header is None else served_crs("Content-Crs", header.strip().strip("<>"), territory).code

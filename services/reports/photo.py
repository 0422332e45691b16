"""Photos that strangers send: looked at before they are decoded, decoded within bounds, and written anew.

Nothing of the file is kept but its pixels: no place, time, device or owner that a camera wrote into it, no second picture
hidden in it, nothing that another program would take for its own.
"""

from __future__ import annotations

import asyncio
import warnings
from io import BytesIO

from PIL import Image, ImageOps

from gis.errors import InvalidParameter, TooLarge

MOST_BYTES = 10 * 1024 * 1024
"""Of a photo as it is sent."""

LONGEST_SIDE = 1_600
_KINDS = ("JPEG", "PNG", "WEBP")
_MOST_PIXELS = 64_000_000
_MOST_PIXELS_WHOLE = 24_000_000
"""Of kinds that cannot be decoded at a smaller scale, row by row: they stand in memory whole, with four to eight bytes a pixel."""

_MOST_SCANS = 40
"""Of a progressive JPEG; cameras and editors write ten or so, and each is a pass over the whole picture."""

_QUALITY = 82
_turns = asyncio.Semaphore(2)


async def cleaned(sent: bytes) -> bytes:
    """The photo as JPEG, upright, at most 1,600 pixels long, without metadata. InvalidParameter, TooLarge."""
    async with _turns:
        return await asyncio.to_thread(clean, sent)


def clean(sent: bytes) -> bytes:
    """As `cleaned`, here and now."""
    if len(sent) > MOST_BYTES:
        raise _too_large(f"{MOST_BYTES >> 20} MB")
    if sent.count(b"\xff\xda") > _MOST_SCANS and sent.startswith(b"\xff\xd8"):
        raise _unreadable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(sent), formats=_KINDS) as picture:
                return _written(picture, sent)
    except (TooLarge, InvalidParameter):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large("64 MP") from error
    except Exception as error:  # whatever a broken file makes a decoder raise
        raise _unreadable() from error


def _written(picture: Image.Image, sent: bytes) -> bytes:
    width, height = picture.size
    most = _MOST_PIXELS if picture.format == "JPEG" and _row_by_row(sent) else _MOST_PIXELS_WHOLE
    if width * height > most:
        raise _too_large(f"{most // 1_000_000} MP")
    if min(width, height) < 1:
        raise _unreadable()
    # A JPEG is decoded at the smallest scale that is large enough, which is asked by both sides: else a strip were decoded whole.
    longest = max(width, height)
    picture.draft("RGB", (max(1, width * LONGEST_SIDE // longest), max(1, height * LONGEST_SIDE // longest)))
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    upright = ImageOps.exif_transpose(picture)
    # Onto a new picture: of the old one its comment, profile and the like would go along.
    fresh = Image.new("RGB", upright.size, "white")
    colours = upright.convert("RGBA") if _see_through(upright) else upright.convert("RGB")
    fresh.paste(colours, mask=colours.getchannel("A") if colours.mode == "RGBA" else None)
    out = BytesIO()
    fresh.save(out, "JPEG", quality=_QUALITY, optimize=True)
    return out.getvalue()


def _row_by_row(sent: bytes) -> bool:
    """A JPEG with all of its colours in one scan (ITU-T T.81, B.2); of others a decoder keeps every coefficient to the end."""
    at, colours = 2, 0
    while at + 10 < len(sent) and sent[at] == 0xFF:
        marker, length = sent[at + 1], int.from_bytes(sent[at + 2 : at + 4])
        if marker in (0xC0, 0xC1):  # sequential
            colours = sent[at + 9]
        elif marker == 0xDA:
            return sent[at + 4] == colours
        at += 1 if marker == 0xFF else 2 + length
    return False


def _see_through(picture: Image.Image) -> bool:
    return picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info


def _too_large(most: str) -> TooLarge:
    return TooLarge(
        f"media: the photo is larger than {most}; send a smaller one.",
        f"media: ảnh lớn hơn {most}; hãy gửi ảnh nhỏ hơn.",
        where="media",
    )


def _unreadable() -> InvalidParameter:
    return InvalidParameter(
        "media: this is no photo that can be read; send JPEG, PNG or WebP.",
        "media: không đọc được ảnh này; hãy gửi ảnh JPEG, PNG hoặc WebP.",
        where="media",
    )

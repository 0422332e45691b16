"""How people say the storeys of a house: `trệt + 3 lầu`, `1 hầm + trệt + lửng + 2 lầu + tum`, `5 tầng`.

What is not understood is refused with its place, never guessed. A text describes the whole building: kinds that it does
not name are not there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from unicodedata import combining, normalize

from gis.errors import InvalidParameter

KINDS = ("ham", "ban_ham", "tang", "lung", "ap_mai", "tum")
"""Basements, half basements, full storeys (the ground floor among them), mezzanines, attics, stair housings."""

MOST = 200
_LONGEST = 200
_NUMBERS = {
    name: n for n, name in enumerate(["mot", "hai", "ba", "bon", "nam", "sau", "bay", "tam", "chin", "muoi"], 1)
}
_WORDS = {
    "tang ban ham": "ban_ham",
    "ban ham": "ban_ham",
    "tang ham": "ham",
    "ham": "ham",
    "tang tret": "tret",
    "tret": "tret",
    "tang lung": "lung",
    "gac lung": "lung",
    "lung": "lung",
    "tang lau": "lau",
    "lau": "lau",
    "tang ap mai": "ap_mai",
    "ap mai": "ap_mai",
    "tum thang": "tum",
    "mai tum": "tum",
    "tang tum": "tum",
    "tum": "tum",
    "tang": "tang",
}
_PART = re.compile(
    r"(?P<between>[\s+,;&.]*(?:\bva\b[\s+,;&.]*)?)"
    rf"(?:(?P<number>\d{{1,4}}|{'|'.join(_NUMBERS)})\s*)?"
    rf"(?P<kind>{'|'.join(sorted(_WORDS, key=len, reverse=True))})\b"
)
_END = re.compile(r"[\s.]*")


def storeys(text: str) -> Mapping[str, int]:
    """How many storeys of each of KINDS the text names. InvalidParameter, with the place, for what cannot be read, for a
    kind that is named twice and for full storeys without saying whether the ground floor is one of them."""
    said = _folded(text)
    if len(said) > _LONGEST:
        raise _wrong(text, 0, "the text is too long", "văn bản quá dài")
    found: dict[str, int] = {}
    at = 0
    while not _END.fullmatch(said, at):
        part = _PART.match(said, at)
        if part is None:
            start = at + len(said[at:]) - len(said[at:].lstrip(" +,;&."))
            raise _wrong(text, start, "this cannot be read", "không đọc được chỗ này")
        kind, number = _WORDS[part["kind"]], _number(part["number"])
        if kind in found:
            raise _wrong(text, part.start("kind"), "this kind is named twice", "loại tầng này được nêu hai lần")
        if number > MOST:
            raise _wrong(text, part.start("number"), f"more than {MOST}", f"quá {MOST} tầng")
        found[kind] = number
        at = part.end()
    return _counted(text, found)


def _number(text: str | None) -> int:
    if text is None:
        return 1
    return _NUMBERS[text] if text in _NUMBERS else int(text)


def _counted(text: str, found: dict[str, int]) -> dict[str, int]:
    """Ground floor and storeys above it are full storeys; `5 tầng` already are all of them."""
    ground, above, whole = found.pop("tret", None), found.pop("lau", None), found.pop("tang", None)
    if whole is not None and (ground is not None or above is not None):
        raise _wrong(
            text,
            0,
            "'tầng' beside 'trệt' or 'lầu' can be read in two ways; write 'trệt + 3 lầu', or '4 tầng' for all of them",
            "'tầng' đi cùng 'trệt' hoặc 'lầu' có thể hiểu hai cách; hãy ghi 'trệt + 3 lầu', hoặc '4 tầng' cho tất cả",
        )
    if above is not None and ground is None:
        raise _wrong(
            text,
            0,
            "'lầu' without 'trệt' does not say whether there is a ground floor; write 'trệt + 3 lầu'",
            "'lầu' mà không nêu 'trệt' thì chưa rõ có tầng trệt hay không; hãy ghi 'trệt + 3 lầu'",
        )
    if ground is not None and ground != 1:
        raise _wrong(text, 0, "a building has one ground floor", "công trình chỉ có một tầng trệt")
    if whole is None and ground is None:
        raise _wrong(text, 0, "no full storey is named; write 'trệt' or '1 tầng'", "chưa nêu tầng trệt hay số tầng")
    return {kind: found.get(kind, 0) for kind in KINDS} | {"tang": whole if whole is not None else 1 + (above or 0)}


def _folded(text: str) -> str:
    """Small letters without accents, one for one, so that places stay places."""
    composed = normalize("NFC", text).lower().replace("đ", "d")
    return "".join(normalize("NFD", letter)[0] if not combining(letter) else " " for letter in composed)


def _wrong(text: str, at: int, en: str, vi: str) -> InvalidParameter:
    rest = normalize("NFC", text)[at : at + 30].strip()
    place = f" ({at + 1}: '{rest}')" if rest else ""
    return InvalidParameter(
        f"storeys: {en}{place}. Write for example 'trệt + 3 lầu' or '1 hầm + trệt + lửng + 2 lầu + tum'.",
        f"storeys: {vi}{place}. Ví dụ: 'trệt + 3 lầu' hoặc '1 hầm + trệt + lửng + 2 lầu + tum'.",
        where="storeys",
    )

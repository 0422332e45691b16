"""How people write a parcel or a house into one box: `thửa 345 tờ 12 P.1 Q.10`, `123/45/6A Nguyễn Trãi`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from unicodedata import normalize

_PARCEL = r"(?:(?:số|so)\s+)?(?:thửa|thua)(?:\s+(?:đất|dat))?(?:\s+(?:số|so))?"
_SHEET = r"(?:(?:số|so)\s+)?(?:tờ|to)(?:\s+(?:bản|ban)\s+(?:đồ|do))?(?:\s+(?:số|so))?"  # not tổ, a group of neighbours
_SAYS = r"\s*[:.=]?\s*"
_NUMBER = r"(\d{1,6}(?:-\d{1,4})?[a-z]?)(?![\w./-]*\d)"
_PARCEL_SAID = re.compile(rf"(?<!\w){_PARCEL}{_SAYS}{_NUMBER}")
_SHEET_SAID = re.compile(rf"(?<!\w){_SHEET}{_SAYS}{_NUMBER}")

_DOOR = r"\d{1,4}[a-z]{0,2}"
_HOUSE_SAID = re.compile(
    rf"(?:(?:số|so)\s+)?(?:(?:nhà|nha)\s+)?({_DOOR}(?:/{_DOOR}){{0,5}})\s*,?\s+(?:(?:đường|duong)\s+)?([^\W\d].*)"
)

_SHORT = {"p": "phường", "f": "phường", "q": "quận", "x": "xã", "h": "huyện", "tt": "thị trấn", "tx": "thị xã", "tp": "thành phố"}  # fmt: skip
_SHORTENED = re.compile(r"(?<!\w)(tt|tx|tp|[pfqxh])(?:\.\s*|\s+(?=\d)|(?=\d))")
_GLUED = re.compile(r"(?<!\w)(p\.?\s*\d{1,2})(?=q\.?\s*[\dixv])")  # `P1Q10`
_SHORT_NAMED = re.compile(r"(?:^|(?<=[\d,;]))(\s*)(tt|tx|tp|[pq])\s+(?=[^\W\d])")  # `P Bến Nghé`, `P.6 Q Gò Vấp`
_ROMAN_SAID = re.compile(r"(?<!\w)((?:phường|phuong|quận|quan)\s+)(?=[ivx])(x{0,2})(ix|iv|v?i{0,3})(?!\w)")
_ROMAN = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")
_WORDED_SAID = re.compile(r"(?<!\w)((?:phường|quận)\s+)(mười(?:\s+\w+)?|\w+)(?=$|[,;]|\s+(?:quận|tp|thành phố)(?!\w))")
_DIGITS = ("", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_BETWEEN = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class ParcelNotation:
    """Numbers of sheet and parcel as written, and what else was said of the place, its abbreviations written out."""

    sheet: str | None
    parcel: str
    place: str


@dataclass(frozen=True, slots=True)
class HouseNotation:
    """The number of a house as written, and the street with what else was said of the place behind it."""

    number: str
    street: str

    @property
    def alley(self) -> str | None:
        """The alley in which the house stands: `123/45/6A Nguyễn Trãi` begins at number 123 of the street."""
        first, branch, _ = self.number.partition("/")
        return f"hẻm {first} {self.street}" if branch else None


def house_notation(text: str) -> HouseNotation | None:
    """The house that a text names, None where it names none: a number of a house and the name of its street."""
    said = _HOUSE_SAID.fullmatch(" ".join(normalize("NFC", text).lower().split()))
    return HouseNotation(said[1], said[2].strip(" ,;")) if said else None


def parcel_notation(text: str) -> ParcelNotation | None:
    """The parcel that a text names, None where it names none. Sheet and parcel may stand in either order."""
    said = normalize("NFC", text).lower()
    parcel = _PARCEL_SAID.search(said)
    if parcel is None:
        return None
    left = said[: parcel.start()] + " ; " + said[parcel.end() :]
    sheet = _SHEET_SAID.search(left)
    if sheet is not None:
        left = left[: sheet.start()] + " ; " + left[sheet.end() :]
    return ParcelNotation(sheet[1] if sheet else None, parcel[1], written_out(left))


def spellings(number: str) -> tuple[str, ...]:
    """A number of a sheet or parcel as it may be kept: numbers are texts, and `012` is `12` to people."""
    number = number.strip()
    return tuple(dict.fromkeys((number, number.lstrip("0") or "0")))


def written_out(place: str) -> str:
    """`P.1 Q.X` as `phường 1 quận 10`: what a place is called in full, without the signs between."""
    said = _GLUED.sub(r"\1 ", normalize("NFC", place).lower())
    said = _SHORTENED.sub(lambda found: f"{_SHORT[found[1]]} ", said)
    said = _SHORT_NAMED.sub(lambda found: f"{found[1]}{_SHORT[found[2]]} ", said)
    said = _ROMAN_SAID.sub(lambda found: f"{found[1]}{10 * len(found[2]) + _ROMAN.index(found[3])}", said)
    said = _WORDED_SAID.sub(lambda found: found[1] + _worded(found[2]), said)
    return _BETWEEN.sub(" ", said).strip()


def _worded(text: str) -> str:
    """`mười hai` as `12`; other words as they are."""
    tens, _, ones = text.partition(" ") if text.startswith("mười") else ("", "", text)
    if tens != ("mười" if tens else "") or (ones and ones not in (*_DIGITS, "nhất", "nhì", "tư", "lăm", "bảy")):
        return text
    least = {"nhất": 1, "nhì": 2, "tư": 4, "lăm": 5}.get(ones)
    return str((10 if tens else 0) + (least or _DIGITS.index(ones)))

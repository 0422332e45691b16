"""Other ways to write the name of a street: `đường 3/2` is `3 tháng 2`, `QL13` is `quốc lộ 13`, a `ngõ` or `kiệt` of elsewhere a `hẻm`."""

from __future__ import annotations

import re
from calendar import monthrange
from unicodedata import normalize

_STREET = r"(?:(?:đường|duong|đ\.|phố|pho)\s*)?"
_DAY = re.compile(rf"{_STREET}(\d{{1,2}})\s*(?:/|-|\s(?:tháng|thang)\s)\s*(\d{{1,2}})", re.IGNORECASE)
_ROADS = {"ql": "quốc lộ", "tl": "tỉnh lộ", "hl": "hương lộ", "đt": "đường tỉnh"}
_SHORT = re.compile(rf"(?<!\w)({'|'.join(_ROADS)})\.?\s*(\d{{1,3}}[a-z]?)(?!\w)", re.IGNORECASE)
_FULL = re.compile(r"(?<!\w)(quốc lộ|quoc lo|tỉnh lộ|tinh lo|hương lộ|huong lo)\s+(\d{1,3}[a-z]?)(?!\w)", re.IGNORECASE)
_INITIALS = {"q": "QL", "t": "TL", "h": "HL"}
_LANE = re.compile(r"(?<!\w)(?:ngõ|ngo|ngách|ngach|kiệt|kiet)(?=\s+(?:số\s+|so\s+)?\d)", re.IGNORECASE)
_AUGUST = re.compile(r"(?<!\w)(?:cmt\s*8|(?:cách mạng|cach mang)\s+(?:tháng|thang)\s*8)(?!\w)", re.IGNORECASE)
_LEAP, _MONTHS = 2024, 12


def day_spellings(text: str) -> tuple[str, ...]:
    """A street that is named after a day, in the other ways to write it; nothing where the text is no such name."""
    said = _DAY.fullmatch(_plain(text))
    day, month = (int(said[1]), int(said[2])) if said else (0, 0)
    if not (1 <= month <= _MONTHS and 1 <= day <= monthrange(_LEAP, month)[1]):
        return ()
    return f"{day} tháng {month}", f"{day:02} tháng {month}", f"{day}/{month}"


def street_spellings(text: str) -> tuple[str, ...]:
    """The text with the kind of its road or lane written otherwise; nothing where there is no other way."""
    said = _plain(text)
    others = (
        _SHORT.sub(lambda found: f"{_ROADS[found[1].lower()]} {found[2]}", said),
        _FULL.sub(lambda found: f"{_INITIALS[found[1][0].lower()]}{found[2]}", said),
        _LANE.sub("hẻm", said),
        _AUGUST.sub("cách mạng tháng tám", said),
    )
    return tuple(dict.fromkeys(other for other in others if other != said))


def _plain(text: str) -> str:
    return " ".join(normalize("NFC", text).split())

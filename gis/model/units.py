"""Administrative units as people and decrees write them: `P.6 Q.10`, `Phường 12, Phường 15 (Quận 10), Phường 26`.

The district level ended on 1 July 2025 (Luật 72/2025/QH15); former wards are told apart by their district, so both are read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from unicodedata import normalize

from gis.model.notation import written_out

WARD_KINDS = ("phường", "xã", "thị trấn", "đặc khu")
DISTRICT_KINDS = ("quận", "huyện", "thị xã", "thành phố")

_WARD = r"phường|phuong|xã|xa|thị trấn|thi tran|đặc khu|dac khu"
_DISTRICT = r"quận|quan|huyện|huyen|thị xã|thi xa|thành phố|thanh pho"
_CITY = re.compile(r"(?:^|\s+)(?:tp\.?\s*hcm|(?:thành phố|thanh pho)\s+(?:hcm|hồ chí minh|ho chi minh))$")
_UNIT = re.compile(rf"(?:({_WARD})\s+)?(?!(?:{_DISTRICT})\s)(\S.*?)(?:\s+({_DISTRICT})\s+(\S.*))?")
_ALONE = re.compile(rf"({_DISTRICT})\s+(\S.*)")
_NUMBERED = re.compile(r"(\d{1,2})\s+(\D.*)")
_BEGINS = re.compile(rf"(?:^|\s)(?:{_WARD}|{_DISTRICT})\s")
_PLAIN = {
    "phuong": "phường", "xa": "xã", "thi tran": "thị trấn", "dac khu": "đặc khu",
    "quan": "quận", "huyen": "huyện", "thi xa": "thị xã", "thanh pho": "thành phố",
}  # fmt: skip

_PARTS = re.compile(r"[;,]\s*(?![^(]*\))")
_WITHIN = re.compile(rf"\s*\(\s*((?:{_DISTRICT})\s[^)]*?)\s*\)", re.IGNORECASE)
_IS_DISTRICT = re.compile(rf"(?:{_DISTRICT})\s", re.IGNORECASE)
_FORMER = re.compile(rf"(?:.*\s)?((?:{_WARD})\s+\S.*)", re.IGNORECASE)
_NUMBER = re.compile(rf"(?:{_WARD})\s+0*(\d+)", re.IGNORECASE)
_REMARK = re.compile(r"\s*\([^)]*\)")


@dataclass(frozen=True, slots=True)
class UnitNotation:
    """A ward or a district that a text names, in lower case: kinds in full with their accents, None where none is written.

    `ward` is None where a district alone is named; numbers are without zeros before them.
    """

    ward_kind: str | None
    ward: str | None
    district_kind: str | None
    district: str | None

    @property
    def told(self) -> bool:
        """It says itself that it is a unit: another text may be the name of anything."""
        return self.ward_kind is not None or self.district_kind is not None

    @property
    def title(self) -> str:
        """`Phường 6, Quận 10`, with capitals."""
        ward = f"{self.ward_kind or ''} {self.ward}" if self.ward else ""
        district = f"{self.district_kind or ''} {self.district}" if self.district else ""
        return ", ".join(_capitals(part) for part in (ward, district) if part)


@dataclass(frozen=True, slots=True)
class Former:
    """A unit of before, as a text has it: `Phường 6`, and `Quận 10` or None where its district is not told."""

    ward: str
    district: str | None = None

    @property
    def title(self) -> str:
        """`Phường 6, Quận 10`."""
        return f"{self.ward}, {self.district}" if self.district else self.ward


def unit_notation(text: str) -> UnitNotation | None:
    """The unit that the whole text may name: `P.6 Q.X`, `phuong ben nghe`, `Thảo Điền Quận 2`, `huyện Cần Giờ`."""
    said = _CITY.sub("", written_out(text))
    alone = _ALONE.fullmatch(said)
    if alone is not None:
        return UnitNotation(None, None, _kind(alone[1]), _bare(alone[2]))
    found = _UNIT.fullmatch(said)
    if found is None:
        return None
    kind, ward, district_kind, district = found.groups()
    numbered = _NUMBERED.fullmatch(ward) if kind and district is None else None
    if numbered is not None:  # `P.14 Bình Thạnh`
        ward, district = numbered.groups()
    return UnitNotation(_kind(kind), _bare(ward), _kind(district_kind), _bare(district) if district else None)


def unit_within(place: str) -> UnitNotation | None:
    """The unit that a place names behind a street: `nguyễn trãi phường 1 quận 10`; None where none is said to be one."""
    begins = _BEGINS.search(written_out(place))
    return unit_notation(written_out(place)[begins.start() :]) if begins else None


def formers(text: str | None) -> tuple[Former, ...]:
    """The units of which a ward was formed.

    A district in brackets counts for its own unit and for the units right before it that are called by a number: those
    have no other name (`Phường 12, Phường 15 (Quận 10)`). Of others nothing is supposed.
    """
    found: list[Former] = []
    for part in _PARTS.split(normalize("NFC", text or "")):
        part = part.strip().rstrip(".")
        if _IS_DISTRICT.match(part):
            if found and found[-1].district is None:
                found[-1] = replace(found[-1], district=_REMARK.sub("", part))
            continue
        within = _WITHIN.search(part)
        ward = _REMARK.sub("", part).strip()
        named = _FORMER.fullmatch(ward)
        if ward.isdigit() and found:  # `các phường 1, 2`
            ward = f"{found[-1].ward.rsplit(' ', 1)[0]} {ward}"
        if ward:
            found.append(Former(named[1] if named else ward, within[1] if within else None))
        if within:
            _tell_before(found, within[1])
    return tuple(found)


def former(full_name: str | None) -> Former | None:
    """A unit by its full name, `Phường 6, Quận 10`."""
    return next(iter(formers(full_name)), None)


def _tell_before(found: list[Former], district: str) -> None:
    for place in range(len(found) - 2, -1, -1):
        if found[place].district is not None or not _NUMBER.fullmatch(found[place].ward):
            return
        found[place] = replace(found[place], district=district)


def _kind(said: str | None) -> str | None:
    return None if said is None else _PLAIN.get(said, said)


def _bare(name: str) -> str:
    return name.lstrip("0") or name if name.isdigit() else name


def _capitals(text: str) -> str:
    """Names are written with capitals, of kinds only the first word."""
    kind = next((kind for kind in (*WARD_KINDS, *DISTRICT_KINDS) if text.startswith(f"{kind} ")), "")
    name = " ".join(word[:1].upper() + word[1:] for word in text[len(kind) :].split())
    return f"{kind[:1].upper()}{kind[1:]} {name}".strip()

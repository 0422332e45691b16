"""An address as people write it: number, street, commune."""

from __future__ import annotations

import re
from dataclasses import dataclass
from unicodedata import normalize

from gis.errors import InvalidParameter
from gis.model.layer import Territory

_HOUSE = re.compile(r"(?:số(?:\s+nhà)?\s+)?(\d[\w/.-]*)\s+(?=\D)", re.IGNORECASE)
_KIND = re.compile(r"(?:đường|phố)\s+", re.IGNORECASE)
_CITY = ("tp.hcm", "tphcm", "tp hcm", "tp. hcm", "hcm", "việt nam")
_BETWEEN = re.compile(r"[^\w]+")
_MOST_PARTS, _MOST_WORDS = 5, 12


@dataclass(frozen=True, slots=True)
class Address:
    """`street`: its words. `house` is its number in lower case, None where none was written; `communes` are what stands behind commas."""

    street: tuple[str, ...]
    house: str | None
    communes: tuple[str, ...]


def read_address(text: str, territory: Territory) -> Address:
    """`12/3 Đường Lê Lợi, Phường Bến Thành`: the street and, behind commas, communes; the city may stand last.

    InvalidParameter where there is no street in it.
    """
    parts = [" ".join(part.split()) for part in normalize("NFC", text).split(",")]
    parts = [part for part in parts if part]
    if not parts or len(parts) > _MOST_PARTS:
        raise _no_street()
    house, said = _house(parts[0])
    street = said[kind.end() :] if (kind := _KIND.match(said)) else said
    words = tuple(word for word in _BETWEEN.split(street) if word)
    if not any(letter.isalpha() for letter in street) or len(words) > _MOST_WORDS:
        raise _no_street()
    cities = {*_CITY, territory.title.vi.casefold(), territory.title.en.casefold()}
    communes = tuple(part for part in parts[1:] if part.casefold() not in cities)
    return Address(words, house, communes)


def house_of(text: str) -> str | None:
    """The number of the house in an address on record, in lower case; None where none stands before its street."""
    return _house(" ".join(normalize("NFC", text).split(",")[0].split()))[0]


def _house(part: str) -> tuple[str | None, str]:
    """The number in lower case, and what stands behind it."""
    found = _HOUSE.match(part)
    return (None, part) if found is None else (found[1].casefold(), part[found.end() :])


def _no_street() -> InvalidParameter:
    return InvalidParameter(
        "address: write the number and street, and behind a comma the commune: 12 Lê Lợi, Phường Bến Thành.",
        "address: hãy ghi số nhà và tên đường, sau dấu phẩy là xã, phường: 12 Lê Lợi, Phường Bến Thành.",
        where="address",
    )

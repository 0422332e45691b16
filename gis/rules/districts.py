"""Former districts by the names that stand behind those of former communes: layers/permits/districts.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gis.catalog.problems import Place
from gis.catalog.table import Table, parse_toml, text, texts

PATH = "permits/districts.toml"


@dataclass(frozen=True, slots=True)
class Districts:
    """`codes` by name in lower case; `city` is the code of the city that the territory of this id is today."""

    territory: str
    city: str
    codes: Mapping[str, str]


NOWHERE = Districts("", "", MappingProxyType({}))
"""Where no such file is."""


def read_districts(content: str, place: Place) -> Districts:
    """The file's districts; mistakes are noted at `place`."""
    table = parse_toml(content, place)
    if table is None:
        return NOWHERE
    table.required("id", text, "")
    table.required("source", text, "")
    found = Districts(
        table.required("territory", text, ""), table.required("city", text, ""), MappingProxyType(_codes(table))
    )
    table.close()
    return found


_NO_NAMES: tuple[str, ...] = ()


def _codes(table: Table) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in table.tables("districts"):
        code = part.required("code", text, "")
        for name in part.required("names", texts, _NO_NAMES):
            if found.setdefault(name.casefold(), code) != code:
                part.place.within("names").add(f"'{name}' is a district with the code {found[name.casefold()]} already")
        part.close()
    return found

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
    """`codes` by name in lower case, `names` by code as they are written; `city` is the code of the city that the territory of this id is
    today."""

    territory: str
    city: str
    codes: Mapping[str, str]
    names: Mapping[str, tuple[str, ...]]


NOWHERE = Districts("", "", MappingProxyType({}), MappingProxyType({}))
"""Where no such file is."""


def read_districts(content: str, place: Place) -> Districts:
    """The file's districts; mistakes are noted at `place`."""
    table = parse_toml(content, place)
    if table is None:
        return NOWHERE
    table.required("id", text, "")
    table.required("source", text, "")
    territory, city, names = table.required("territory", text, ""), table.required("city", text, ""), _names(table)
    table.close()
    return Districts(territory, city, MappingProxyType(_codes(names, place)), MappingProxyType(names))


_NO_NAMES: tuple[str, ...] = ()


def _names(table: Table) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for part in table.tables("districts"):
        code = part.required("code", text, "")
        found[code] = found.get(code, ()) + tuple(part.required("names", texts, _NO_NAMES))
        part.close()
    return found


def _codes(names: Mapping[str, tuple[str, ...]], place: Place) -> dict[str, str]:
    found: dict[str, str] = {}
    for code, each in names.items():
        for name in each:
            if found.setdefault(name.casefold(), code) != code:
                place.within("districts").add(f"'{name}' is a district with the code {found[name.casefold()]} already")
    return found

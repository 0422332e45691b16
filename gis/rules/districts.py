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
    territory, city = table.required("territory", text, ""), table.required("city", text, "")
    codes, names = _listed(table)
    table.close()
    return Districts(territory, city, MappingProxyType(codes), MappingProxyType(names))


_NO_NAMES: tuple[str, ...] = ()


def _listed(table: Table) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """The codes by name, and the names by code."""
    codes: dict[str, str] = {}
    names: dict[str, tuple[str, ...]] = {}
    for part in table.tables("districts"):
        code, own = part.required("code", text, ""), tuple(part.required("names", texts, _NO_NAMES))
        names[code] = names.get(code, ()) + own
        for name in own:
            if codes.setdefault(name.casefold(), code) != code:
                part.place.within("names").add(f"'{name}' is a district with the code {codes[name.casefold()]} already")
        part.close()
    return codes, names

"""What an applicant stated, in words, for the check sheet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from gis.model.layer import Catalog, Text
from gis.rules.sentences import english_number, vietnamese_number
from gis.rules.vocabulary import FACTS, STOREYS
from services.ogc.figures import unit
from services.ogc.words import WORDS

_CODELISTS = MappingProxyType({"works": "work_kind", "use": "building_use", "land_use": "land_use"})
_CODES = MappingProxyType(
    {
        "SPLIT": Text("Tách thửa", "Split of a parcel"),
        "townhouse": Text("nhà liên kế", "townhouse"),
        "villa": Text("biệt thự", "villa"),
        "detached": Text("nhà độc lập", "detached house"),
        "rural": Text("nhà ở nông thôn", "rural house"),
        "existing": Text("khu hiện hữu", "existing area"),
        "new": Text("khu mới", "new area"),
    }
)
_FLOORS = MappingProxyType(
    {
        "main": Text("diện tích sàn chính", "floor area of main floors"),
        "basement": Text("diện tích sàn hầm", "floor area of basements"),
        "technical": Text("diện tích sàn kỹ thuật", "floor area of technical floors"),
        "fire": Text("diện tích sàn phòng cháy", "floor area for fire safety"),
        "refuge": Text("diện tích sàn lánh nạn", "floor area of refuges"),
        "parking": Text("diện tích sàn đỗ xe", "floor area for parking"),
    }
)
_COUNTS = MappingProxyType(
    {
        "ham": Text("hầm", "basements"),
        "ban_ham": Text("bán hầm", "half basements"),
        "tang": Text("tầng", "storeys"),
        "lung": Text("lửng", "mezzanines"),
        "ap_mai": Text("áp mái", "attics"),
        "tum": Text("tum", "stair housings"),
    }
)
_ROADS = Text("đường tiếp giáp", "fronting roads")
_NO_ROAD = Text("không có", "none")
_SIZES = MappingProxyType({"width_m": Text("lộ giới", "width"), "length_m": Text("mặt tiền", "frontage")})
_FIRST = ("works", "use", "height_m")
_ALL_STOREYS = Text("Số tầng", "Storeys")


@dataclass(frozen=True, slots=True)
class Stated:
    """One line of the application. `record`: what the data tell instead, where they do. `unrecorded`: data could tell it, and do
    not."""

    title: str
    value: str
    record: str | None
    unrecorded: bool = False


def stated_facts(stated: Mapping[str, Any], catalog: Catalog, language: str) -> list[Stated]:
    """The facts of an application (`stated` of an answer), the most telling ones first."""
    facts, record = stated["facts"], stated["on_record"]
    contradicted, unrecorded = set(stated["contradicted"]), set(stated["unrecorded"])
    rest = [name for name in facts if name not in _FIRST and not name.startswith(("storeys_", "floor_"))]
    floors = [name for kind in _FLOORS if (name := f"floor_{kind}_m2") in facts]
    found = []
    for name in [*(one for one in _FIRST if one in facts), *floors, *rest]:
        told = said(name, record[name], catalog, language) if name in contradicted else None
        value = said(name, facts[name], catalog, language)
        found.append(Stated(title_of(name, language), value, told, name in unrecorded))
    counts = ", ".join(_storeys(facts, language))
    if counts:
        found.insert(sum(name in facts for name in _FIRST[:2]), Stated(_ALL_STOREYS[language], counts, None))
    return found


def title_of(name: str, language: str) -> str:
    """What people call a fact of a case, as a line begins."""
    title = _title(name, language)
    return title[:1].upper() + title[1:]


def _title(name: str, language: str) -> str:
    if name == "frontages":
        return _ROADS[language]
    kind = name.removeprefix("floor_").removesuffix("_m2")
    if name.startswith("floor_") and kind in _FLOORS:
        return _FLOORS[kind][language]
    return FACTS[name].title[language] if name in FACTS else name


def said(name: str, value: object, catalog: Catalog, language: str) -> str:
    """A value of a fact as people write it."""
    if isinstance(value, list):
        return ", ".join(_road(one, language) for one in value) or _NO_ROAD[language]
    if isinstance(value, bool):
        return WORDS["yes" if value else "no"][language]
    if isinstance(value, int | float):
        number = vietnamese_number(value) if language == "vi" else english_number(value)
        code = "m2" if name.startswith("floor_") else FACTS[name].unit if name in FACTS else None
        return number if code in (None, "1") else f"{number} {unit(code)}"
    return _code(name, str(value), catalog, language)


def _road(told: Mapping[str, Any], language: str) -> str:
    """A fronting road with its width and the frontage on it."""
    write = vietnamese_number if language == "vi" else english_number
    sizes = [f"{title[language]} {write(told[name])} m" for name, title in _SIZES.items() if name in told]
    return f"{told['road']} ({', '.join(sizes)})" if sizes else str(told["road"])


def _code(name: str, code: str, catalog: Catalog, language: str) -> str:
    codelist = catalog.codelists.get(_CODELISTS.get(name, ""))
    known = next((one.title for one in codelist.codes if one.code == code), None) if codelist else None
    title = known or _CODES.get(code)
    return code if title is None else title[language]


def _storeys(facts: Mapping[str, Any], language: str) -> Iterator[str]:
    for kind in ("tang", *(one for one in STOREYS if one != "tang")):
        count = facts.get(f"storeys_{kind}")
        if count:
            number = vietnamese_number(count) if language == "vi" else english_number(count)
            yield f"{number} {_COUNTS[kind][language]}"

"""Who grants a construction permit: layers/permits/offices.toml."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from gis.catalog.problems import Place
from gis.catalog.table import Table, bilingual, day, parse_toml, text, texts
from gis.model.layer import Text
from gis.model.verdict import Clause

PATH = "permits/offices.toml"
_NONE = Text("", "")


class BuildingClass(StrEnum):
    """Cấp công trình."""

    SPECIAL = "SPECIAL"
    I = "I"  # noqa: E741
    II = "II"
    III = "III"
    IV = "IV"


@dataclass(frozen=True, slots=True)
class Office:
    """Decides on buildings of these uses (whatever their class), of these classes, or in zones of these functions."""

    id: str
    title: Text
    uses: tuple[str, ...]
    classes: tuple[str, ...]
    functions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Regime:
    """The offices by one law, from a day on."""

    start: date
    clause: Clause
    offices: tuple[Office, ...]


@dataclass(frozen=True, slots=True)
class Competence:
    """Who decides, as far as is known: one office for certain, or the `candidates` and what is `missing` to tell."""

    office: Office | None
    candidates: tuple[Office, ...]
    missing: tuple[str, ...]
    clause: Clause | None


def competent(
    regimes: Collection[Regime],
    on: date,
    use: str | None,
    building_class: str | None,
    functions: Collection[str] | None,
) -> Competence:
    """The office for a building on that day. `functions`: of the zones that the lot meets, None where they are not all
    known. Boards take precedence in their zones; those are known by function only, so the board is then a candidate."""
    valid = sorted((r for r in regimes if r.start <= on), key=lambda r: r.start)
    if not valid:
        return Competence(None, (), (), None)
    regime = valid[-1]
    usual = tuple(o for o in regime.offices if o.uses or o.classes)
    by_use = [o for o in usual if use is not None and use in o.uses]
    found = by_use or [o for o in usual if building_class is not None and building_class in o.classes]
    boards = [o for o in regime.offices if o.functions and (functions is None or set(functions) & set(o.functions))]
    missing = (
        () if found else (("use",) if use is None else ()) + (("cap_cong_trinh",) if building_class is None else ())
    )
    if boards:
        missing += ("zone_board",)
    candidates = (*(found or usual), *boards)
    return Competence(candidates[0] if len(candidates) == 1 else None, candidates, missing, regime.clause)


def read_offices(content: str, place: Place) -> tuple[Regime, ...]:
    """The file's regimes; mistakes are noted at `place`."""
    table = parse_toml(content, place)
    if table is None:
        return ()
    table.required("id", text, "")
    regimes = tuple(_regime(part) for part in table.tables("regimes"))
    table.close()
    return regimes


def _regime(part: Table) -> Regime:
    clause = part.table("clause")
    regime = Regime(
        part.required("from", day, date.min),
        Clause(clause.required("document", text, ""), clause.required("article", text, "")),
        tuple(_office(one) for one in part.tables("offices")),
    )
    clause.close()
    part.close()
    return regime


def _office(part: Table) -> Office:
    classes = part.optional("classes", texts, ())
    for name in set(classes) - set(BuildingClass):
        part.place.within("classes").add(f"'{name}' is no class; choose of {', '.join(BuildingClass)}")
    office = Office(
        part.required("id", text, ""),
        part.required("title", bilingual, _NONE),
        part.optional("uses", texts, ()),
        classes,
        part.optional("functions", texts, ()),
    )
    if not (office.uses or office.classes or office.functions):
        part.place.add("decides on nothing; give uses, classes or functions")
    part.close()
    return office

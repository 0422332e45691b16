"""What an application consists of, and which parts of it a check has seen: layers/permits/dossier.toml."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from gis.catalog.problems import Place
from gis.catalog.table import bilingual, parse_toml, text, texts
from gis.model.layer import Text

PATH = "permits/dossier.toml"

INPUTS = frozenset({"parcel", "work", "use", "cap_cong_trinh", "footprint", "storeys", "height_m", "floor_areas"})
"""Inputs of a check that may stand for a part."""

_NONE = Text("", "")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an application. It is there if all inputs `needs` are; without any it is a paper that no check sees."""

    id: str
    section: Text
    title: Text
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dossier:
    """The parts by the document that asks for them."""

    document: str
    parts: tuple[Part, ...]

    def lacking(self, given: Collection[str]) -> tuple[Part, ...]:
        """The parts of which an input is not among `given`."""
        return tuple(part for part in self.parts if part.needs and not set(part.needs) <= set(given))

    @property
    def unseen(self) -> tuple[Part, ...]:
        """The papers that a person has to look at."""
        return tuple(part for part in self.parts if not part.needs)


def read_dossier(content: str, place: Place) -> Dossier:
    """The file's parts; mistakes are noted at `place`."""
    table = parse_toml(content, place)
    if table is None:
        return Dossier("", ())
    table.required("id", text, "")
    found = []
    for part in table.tables("parts"):
        needs = part.optional("needs", texts, ())
        for name in set(needs) - INPUTS:
            part.place.within("needs").add(f"'{name}' is no input of a check; choose of {', '.join(sorted(INPUTS))}")
        found.append(
            Part(
                part.required("id", text, ""),
                part.required("section", bilingual, _NONE),
                part.required("title", bilingual, _NONE),
                needs,
            )
        )
        part.close()
    dossier = Dossier(table.required("document", text, ""), tuple(found))
    table.close()
    return dossier

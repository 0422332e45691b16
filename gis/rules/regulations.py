"""All that laws say here, as texts by path in layers/: the rule packs, and what an application consists of and who decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gis.catalog.deadline_file import checked_procedure
from gis.catalog.problems import Place
from gis.errors import DefinitionError
from gis.model.deadline import Procedure
from gis.rules import districts, dossier, offices
from gis.rules.districts import NOWHERE, Districts, read_districts
from gis.rules.dossier import Dossier, read_dossier
from gis.rules.offices import Regime, read_offices
from gis.rules.pack import Packs
from gis.rules.read import read_texts

PACKS = "rules/"
"""Where the paths of rule packs begin."""


@dataclass(frozen=True, slots=True)
class Regulations:
    """One state of all texts, read. `dossier` and `offices` are None and empty where there is no such text."""

    packs: Packs
    dossier: Dossier | None
    offices: tuple[Regime, ...]
    procedure: Procedure
    districts: Districts = NOWHERE


def read_regulations(texts: Mapping[str, str]) -> Regulations:
    """The texts, by their path in layers/. DefinitionError with one line for every mistake in any of them."""
    problems: list[str] = []
    parts = (
        read_dossier(texts[dossier.PATH], Place(f"layers/{dossier.PATH}", problems)) if dossier.PATH in texts else None
    )
    regimes = (
        read_offices(texts[offices.PATH], Place(f"layers/{offices.PATH}", problems)) if offices.PATH in texts else ()
    )
    procedure = checked_procedure(texts, problems)
    former = (
        read_districts(texts[districts.PATH], Place(f"layers/{districts.PATH}", problems))
        if districts.PATH in texts
        else NOWHERE
    )
    try:
        packs = read_texts({path.removeprefix(PACKS): text for path, text in texts.items() if path.startswith(PACKS)})
    except DefinitionError as error:
        raise DefinitionError([*problems, *error.problems]) from error
    if problems:
        raise DefinitionError(problems)
    return Regulations(packs, parts, regimes, procedure, former)

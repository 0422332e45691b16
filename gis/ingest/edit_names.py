"""Names in edits: what stands for exactly one code or one feature is read as that, what may mean several is asked about."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from gis.catalog.names import fold
from gis.model.edit import Edit, EditProblem
from gis.model.layer import Catalog, Field, Reference, Text
from gis.store.edits import named_sql
from gis.store.pools import Pools

_MOST_NAMES, _LONGEST, _CANDIDATES = 1_000, 200, 20

type Candidates = tuple[Mapping[str, str], ...]


async def resolved(pools: Pools, catalog: Catalog, changes: Sequence[Edit]) -> tuple[list[Edit], list[EditProblem]]:
    """The changes with names of features (`Phường Bến Thành`) as the value that refers to them.

    Titles of codes are left to the cleaning, which reads those of one code. Names and titles of several are unread, and
    problems with candidates.
    """
    found = list(changes)
    problems: list[EditProblem] = []
    for field, places in _named(changes):
        names = [str(changes[place].properties[field.name]) for place in places]
        meant = code_candidates(catalog, field, names)
        if field.references is not None and field.pattern is not None:
            meant = await _features(pools, catalog, field.references, field.pattern, names)
        for place, name, candidates in zip(places, names, meant, strict=True):
            if len(candidates) > 1:
                problems.append(_ambiguous(changes[place].index, field, name, candidates))
                found[place] = replace(found[place], unread=found[place].unread | {field.name})
            elif candidates:
                properties = {**found[place].properties, field.name: candidates[0]["value"]}
                found[place] = replace(found[place], properties=properties)
    return found, problems


def code_candidates(catalog: Catalog, field: Field, names: Sequence[str]) -> list[Candidates]:
    """For each text the codes that it may mean, where it is the title of several; none for a code, or a title of one."""
    if field.codelist is None:
        return [()] * len(names)
    listed = catalog.codelists[field.codelist].codes
    codes = {fold(code.code) for code in listed}
    titled: dict[str, dict[str, Mapping[str, str]]] = {}
    for code in listed:
        for title in (code.title.vi, code.title.en):
            if not code.group and fold(title) not in codes:
                meant = {"value": code.code, "vi": code.title.vi, "en": code.title.en}
                titled.setdefault(fold(title), {})[code.code] = meant
    several = {title: tuple(meant.values()) for title, meant in titled.items() if len(meant) > 1}
    return [several.get(fold(name[:_LONGEST]), ()) for name in names]


def _named(changes: Sequence[Edit]) -> list[tuple[Field, list[int]]]:
    """Fields in which names may stand, with the places of the changes that give a text there which can be stored."""
    found: dict[Field, list[int]] = {}
    for place, wanted in enumerate(changes):
        for name, value in wanted.properties.items():
            if isinstance(value, str) and "\x00" not in value and name in wanted.layer:
                field = wanted.layer.field(name)
                if field.codelist is not None or (field.references is not None and field.pattern is not None):
                    found.setdefault(field, []).append(place)
    return list(found.items())


async def _features(
    pools: Pools, catalog: Catalog, reference: Reference, pattern: str, names: Sequence[str]
) -> list[Candidates]:
    """For each text what it names: nothing where it is of the form of a reference itself."""
    unread = {n for n in names if not re.search(pattern, n) and len(n) <= _LONGEST}
    asked = sorted(unread)[:_MOST_NAMES]
    statement = named_sql(catalog.layers[reference.layer], reference, asked)
    if not asked or statement is None:
        return [()] * len(names)
    found: dict[str, list[Mapping[str, str]]] = {}
    for row in await pools.rows(statement):
        label = row["label"]
        found.setdefault(asked[row["n"] - 1], []).append({"value": row["value"], "vi": label, "en": label})
    return [tuple(found.get(name, ())[:_CANDIDATES]) for name in names]


def _ambiguous(index: int, field: Field, name: str, candidates: Candidates) -> EditProblem:
    shown, values = name[:80], ", ".join(candidate["value"] for candidate in candidates)
    text = Text(
        f"'{field.title.vi}': '{shown}' có thể là {values}; hãy gửi mã.",
        f"'{field.name}': '{shown}' may be {values}; send the code.",
    )
    return EditProblem(index, field.name, "ambiguous", text, candidates)

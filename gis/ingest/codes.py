"""Codes of codelists: by code or by title, with the law's change of codes on 1 August 2024 followed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gis.catalog.names import fold
from gis.model.layer import Code, Codelist

REFORM = date(2024, 8, 1)
"""Circular 08/2024/TT-BTNMT: the land-use codes of 2014 end, those of 2024 begin."""

_SEPARATORS = re.compile(r"\s*[+,;/&|]\s*|\s+và\s+")


@dataclass(frozen=True, slots=True)
class Book:
    """A codelist to look codes up in. `by_name`: code by its own text and by both titles, without case and accents."""

    by_name: Mapping[str, str]
    rows: Mapping[str, tuple[Code, ...]]

    def find(self, text: str) -> str | None:
        """The code that a text stands for, by code or title."""
        return self.by_name.get(text) or self.by_name.get(fold(text))

    def is_group(self, code: str) -> bool:
        """In every row of the code it heads a branch."""
        return all(row.group for row in self.rows[code])

    def open(self, code: str) -> Code | None:
        """The row of a code that has not ended."""
        return next((row for row in self.rows[code] if row.valid_to is None), None)


@lru_cache(maxsize=256)
def book(codelist: Codelist) -> Book:
    """The codelist, indexed. A title that several codes share names none of them."""
    rows: dict[str, tuple[Code, ...]] = {}
    for row in codelist.codes:
        rows[row.code] = (*rows.get(row.code, ()), row)
    titles: dict[str, set[str]] = {}
    for code in codelist.codes:
        for title in (code.title.vi, code.title.en):
            titles.setdefault(fold(title), set()).add(code.code)
    by_name = {title: next(iter(codes)) for title, codes in titles.items() if len(codes) == 1}
    by_name |= {fold(code): code for code in rows} | {code: code for code in rows}
    return Book(by_name, rows)


def read_codes(texts: pa.Array, codelist: Codelist) -> tuple[pa.Array, NDArray[np.bool_]]:
    """A text column as codes of the list, and which texts are none (those become null)."""
    known = book(codelist)
    coded = texts.dictionary_encode()
    found = pa.array([known.find(text) for text in coded.dictionary.to_pylist()], pa.string())
    codes = pc.take(found, coded.indices)
    return codes, np.asarray(pc.and_(pc.is_valid(texts), pc.is_null(codes)).to_numpy(zero_copy_only=False), dtype=bool)


@dataclass(frozen=True, slots=True)
class Uses:
    """What one raw text of land use says.

    `codes`: those of 2024, in the order of the text. `scheme`: 2014 or 2024 where the codes themselves tell, else
    None. The rest are parts of the text that could not be followed, by the reason of the finding.
    """

    codes: tuple[str, ...]
    scheme: str | None
    unknown: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()


def read_uses(raw: str, codelist: Codelist) -> Uses:
    """The codes of `ONT+CLN`, `CLN, ONT` or `Đất ở tại đô thị`, carried over to those in force since REFORM."""
    known = book(codelist)
    whole = known.find(raw)
    parts = [raw] if whole else [part for part in _SEPARATORS.split(raw.strip()) if part]
    codes: list[str] = []
    trouble: dict[str, list[str]] = {"unknown": [], "groups": [], "undecided": []}
    schemes = set()
    for part in parts:
        code = known.find(part)
        if code is None:
            trouble["unknown"].append(part)
            continue
        schemes.add(_scheme(known.rows[code]))
        current = code if known.open(code) else _successor(known, code)
        if known.is_group(code) or (current is not None and _heads(known, current)):
            trouble["groups"].append(code)
        elif current is None:
            trouble["undecided"].append(code)
        elif current not in codes:
            codes.append(current)
    schemes.discard(None)
    scheme = schemes.pop() if len(schemes) == 1 else None
    return Uses(tuple(codes), scheme, *(tuple(trouble[kind]) for kind in ("unknown", "groups", "undecided")))


def _heads(known: Book, code: str) -> bool:
    row = known.open(code)
    return row is not None and row.group


def _successor(known: Book, code: str) -> str | None:
    """The code that took the place of an ended one, followed to one that is in force; None where a person decides."""
    seen: set[str] = set()
    current: str | None = code
    while current is not None and current not in seen:
        if current in known.rows and known.open(current):
            return current
        seen.add(current)
        current = next((row.replaced_by for row in known.rows.get(current, ()) if row.replaced_by), None)
    return None


def _scheme(rows: Iterable[Code]) -> str | None:
    """Which of the two systems a code belongs to alone; None for a code of both."""
    rows = tuple(rows)
    if all(row.valid_to is not None and row.valid_to <= REFORM for row in rows):
        return "2014"
    if all(row.valid_from is not None and row.valid_from >= REFORM for row in rows):
        return "2024"
    return None


def column_scheme(found: Iterable[Uses]) -> str | None:
    """The system of a whole file: the one that some of its codes prove, where none proves the other."""
    proven = {uses.scheme for uses in found} - {None}
    return proven.pop() if len(proven) == 1 else None

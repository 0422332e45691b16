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

from gis.catalog.codes import find, successor
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


@dataclass(frozen=True, slots=True)
class CodeColumn:
    """Codes (n,), and which texts have a part that is not in the list, or that is the code of a group."""

    codes: pa.Array
    unknown: NDArray[np.bool_]
    groups: NDArray[np.bool_]


def read_codes(texts: pa.Array, codelist: Codelist) -> CodeColumn:
    """A text column (n,) as codes of the list; what is no code of a feature becomes null."""
    known = book(codelist)
    coded = texts.dictionary_encode()
    found = [_feature_codes((text,), known) for text in coded.dictionary.to_pylist()]
    codes = pa.array([one.codes[0] if one.codes else None for one in found], pa.string())
    return _column(coded, codes, found)


def read_code_lists(texts: pa.Array, codelist: Codelist) -> CodeColumn:
    """A text column (n,) as lists of codes: `CQP+ODT`, or one title; what is no code of a feature is left out."""
    known = book(codelist)
    coded = texts.dictionary_encode()
    found = [_feature_codes(_parts(text, known), known) for text in coded.dictionary.to_pylist()]
    codes = pa.array([one.codes or None for one in found], pa.list_(pa.string()))
    return _column(coded, codes, found)


def split_codes(text: str) -> list[str]:
    """The parts of `ONT+CLN` or `CLN, ONT`."""
    return [part for part in _SEPARATORS.split(text.strip()) if part]


def _parts(text: str, known: Book) -> list[str]:
    """The text itself where it is a title (`…quốc phòng, an ninh`), else its parts. `ODT+???` has two."""
    parts = split_codes(text)
    return [text] if known.find(text) and all(map(fold, parts)) else parts


@dataclass(frozen=True, slots=True)
class _Cell:
    codes: list[str]
    unknown: bool
    group: bool


def _feature_codes(parts: Iterable[str], known: Book) -> _Cell:
    found = [known.find(part) for part in parts]
    codes = [code for code in found if code is not None]
    own = [code for code in dict.fromkeys(codes) if not known.is_group(code)]
    return _Cell(own, None in found or not found, any(map(known.is_group, codes)))


def _column(coded: pa.DictionaryArray, codes: pa.Array, found: list[_Cell]) -> CodeColumn:
    places = pc.fill_null(coded.indices, len(found)).to_numpy(zero_copy_only=False)
    unknown = np.array([*(cell.unknown for cell in found), False])
    groups = np.array([*(cell.group for cell in found), False])
    return CodeColumn(pc.take(codes, coded.indices), unknown[places], groups[places])


@dataclass(frozen=True, slots=True)
class Uses:
    """What one raw text of land use says.

    `codes`: those in force on the day that was asked for, in the order of the text. `scheme`: 2014 or 2024 where the codes themselves tell, else
    None. The rest are parts of the text that could not be followed, by the reason of the finding.
    """

    codes: tuple[str, ...]
    scheme: str | None
    unknown: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()


def read_uses(raw: str, codelist: Codelist, day: date) -> Uses:
    """The codes of `ONT+CLN`, `CLN, ONT` or `Đất ở tại đô thị`, carried over to those in force on `day`."""
    known = book(codelist)
    codes: list[str] = []
    trouble: dict[str, list[str]] = {"unknown": [], "groups": [], "undecided": []}
    schemes = set()
    for part in _parts(raw, known):
        code = known.find(part)
        if code is None:
            trouble["unknown"].append(part)
            continue
        schemes.add(_scheme(known.rows[code]))
        current = successor(codelist, code, day)
        row = find(codelist, code, day)
        if known.is_group(code) or (row is not None and row.group):
            trouble["groups"].append(code)
        elif current is None:
            trouble["undecided"].append(code)
        elif current not in codes:
            codes.append(current)
    schemes.discard(None)
    scheme = schemes.pop() if len(schemes) == 1 else None
    return Uses(tuple(codes), scheme, *(tuple(trouble[kind]) for kind in ("unknown", "groups", "undecided")))


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

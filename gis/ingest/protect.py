"""Records whose raw text may mean land that is not shown in full come out as the layer's row rules want it.

The rules compare codes letter by letter; a raw text is free. Where one may mean a protected code, the code is added to
the record's codes, so that the rule on these holds. In doubt the record is protected.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gis.catalog.names import fold
from gis.ingest.codes import split_codes
from gis.ingest.findings import Finding, Severity
from gis.model.layer import Code, Codelist, FieldType, Layer, Role, RowRule, Show

_ALSO = {
    "CQP": ("QPH", "quốc phòng", "quân sự", "defence", "defense", "military"),
    "CAN": ("ANI", "an ninh", "công an", "security", "police"),
}
"""What defence and security land is called beside the titles of Circular 08/2024; QPH and ANI are of before 2004."""

_LISTS = pa.list_(pa.string())
_NO_CODES: frozenset[str] = frozenset()

type _Rows = NDArray[np.int64]
type _Names = Mapping[str, frozenset[str]]
"""Codes by what they are called: code, title, former code."""


def protect(layer: Layer, codelists: Mapping[str, Codelist], columns: dict[str, pa.Array]) -> list[Finding]:
    """Add the protected codes that raw texts (n,) may mean to the column of codes, and list these records.

    A text that is letter by letter a value of its rule needs nothing. A record is withheld where the layer has no
    field of codes with a rule.
    """
    return [finding for rule in layer.rows.rules for finding in _by_rule(rule, layer, codelists, columns)]


def _by_rule(
    rule: RowRule, layer: Layer, codelists: Mapping[str, Codelist], columns: dict[str, pa.Array]
) -> list[Finding]:
    target = layer.field(rule.field)
    free = target.type is FieldType.TEXT and target.codelist is None and rule.show is not Show.ALL
    if not free or rule.field not in columns:
        return []
    several = layer.with_role(Role.CODES)
    guarded = frozenset(_values(layer, several.name)) if several else frozenset()
    listed = codelists[several.codelist].codes if several and several.codelist else ()
    names = _names(guarded.union(rule.values), listed)
    coded = columns[rule.field].dictionary_encode()
    texts = coded.dictionary.to_pylist()
    meant = [_NO_CODES if text in rule.values else _meant(text, names) for text in texts]
    wanted = [(codes & guarded or guarded or codes) if codes else codes for codes in meant]
    places = pc.fill_null(coded.indices, len(texts)).to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(np.array([*map(bool, wanted), False])[places])
    severity = Severity.ERROR
    if several and guarded and len(rows):
        given = columns.get(several.name, pa.nulls(len(coded), _LISTS))
        columns[several.name], rows = _with_codes(given, rows, [wanted[place] for place in places[rows]])
        severity = Severity.WARNING
    details = [f"'{texts[place]}'" for place in places[rows]]
    return [Finding("protected", severity, rows, details, target.name)] if len(rows) else []


def _values(layer: Layer, name: str) -> Iterable[str]:
    """Values of a field that keep a row from being shown in full."""
    return (v for rule in layer.rows.rules if rule.field == name and rule.show is not Show.ALL for v in rule.values)


def _names(guarded: frozenset[str], listed: tuple[Code, ...]) -> _Names:
    """What the codes are called, and the groups that hold nothing but them."""
    names: dict[str, frozenset[str]] = {}
    for code in guarded:
        rows = [row for row in listed if row.code == code]
        titles = [name for row in rows for name in _titles(row)]
        groups = {row.parent for row in rows if row.parent and _within(listed, row.parent, guarded)}
        for name in (code, *_ALSO.get(code, ()), *titles, *groups):
            names[name] = names.get(name, _NO_CODES) | {code}
    return names


def _titles(row: Code) -> tuple[str, str]:
    """The titles; `Đất quốc phòng` is also written `quốc phòng`."""
    return row.title.vi.removeprefix("Đất "), row.title.en


def _within(listed: tuple[Code, ...], group: str, codes: frozenset[str]) -> bool:
    return all(row.code in codes for row in listed if row.parent == group)


def _meant(text: str, names: _Names) -> frozenset[str]:
    """The codes that a text may mean.

    A part of it is a name whatever its case and accents; or one of its words is, with its accents (`căn hộ` is not
    CAN); or a name of several words stands in it.
    """
    parts = {fold(part) for part in (text, *split_codes(text))}
    plain = unicodedata.normalize("NFKC", text)
    words = {word.casefold() for word in re.split(r"[\W\d_]+", plain)}
    spaced = " ".join(fold(word) for word in re.split(r"[\W_]+|(?<=[^\W\d_A-Z])(?=[A-Z])", plain))
    found = _NO_CODES
    for name, codes in names.items():
        phrase = r"\s*".join(map(fold, name.split()))
        if (
            fold(name) in parts
            or name.casefold() in words
            or (" " in name and re.search(rf"(?:\b|dat){phrase}\b", spaced))
        ):
            found |= codes
    return found


def _with_codes(given: pa.Array, rows: _Rows, wanted: Iterable[frozenset[str]]) -> tuple[pa.Array, _Rows]:
    """Lists of codes (n,) in which `rows` (m,) have the `wanted` (m,) too, and the rows that lacked any."""
    lists, changed = [], []
    for row, has, codes in zip(rows, given.take(pa.array(rows)).to_pylist(), wanted, strict=True):
        if lacking := codes.difference(has or ()):
            lists.append([*(has or ()), *sorted(lacking)])
            changed.append(row)
    lacked = np.array(changed, dtype=np.int64)
    order = np.arange(len(given))
    order[lacked] = len(given) + np.arange(len(lacked))
    return pa.concat_arrays([given, pa.array(lists, _LISTS)]).take(pa.array(order)), lacked

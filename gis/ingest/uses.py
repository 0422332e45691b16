"""Fields that follow from a raw code or label: its main code, all its codes, and the system they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gis.catalog.codes import successor
from gis.ingest.codes import REFORM, Uses, column_scheme, read_uses
from gis.ingest.findings import Finding, warning
from gis.model.layer import Codelist, Field, FieldType, Layer, Role, Text


@dataclass(frozen=True, slots=True)
class Derived:
    """Columns by field name that were derived, and what was found on the way."""

    columns: dict[str, pa.Array]
    findings: list[Finding]


def main_code(layer: Layer) -> Field | None:
    """The field that holds the code which a raw text stands for: the next one after it that has a codelist."""
    raw = layer.with_role(Role.CODE_RAW)
    if raw is None:
        return None
    after = layer.fields[layer.fields.index(raw) + 1 :]
    return next((f for f in after if f.codelist and f.role is None and f.type is FieldType.TEXT), None)


def derive(layer: Layer, raw: pa.Array, codelist: Codelist, days: np.ndarray | None, given: frozenset[str]) -> Derived:
    """Main code, codes and scheme from the raw text (n,); fields in `given` came with the file and stay as they are.

    `days` (n,) datetime64[D] from which each record holds tell the scheme where the codes are of both systems.
    What cannot be followed is a warning: the raw text is kept.
    """
    target, raw_field = main_code(layer), layer.with_role(Role.CODE_RAW)
    if target is None or raw_field is None:
        return Derived({}, [])
    coded = raw.dictionary_encode()
    several = layer.with_role(Role.CODES)
    today = datetime.now(UTC).date()
    found = [read_uses(text, codelist, today) for text in coded.dictionary.to_pylist()]
    columns: dict[str, pa.Array] = {}
    if target.name not in given:
        first = pa.array([uses.codes[0] if uses.codes else None for uses in found], pa.string())
        columns[target.name] = pc.take(first, coded.indices)
    if several is not None and several.name not in given:
        lists = pa.array([list(uses.codes) or None for uses in found], pa.list_(pa.string()))
        columns[several.name] = pc.take(lists, coded.indices)
    scheme = layer.with_role(Role.CODE_SCHEME)
    if scheme is not None and scheme.name not in given:
        columns[scheme.name] = _schemes(coded, found, days)
    return Derived(columns, _trouble(coded, found, raw_field) if target.name not in given else [])


def contradicted(layer: Layer, columns: Mapping[str, pa.Array], codelist: Codelist) -> list[Finding]:
    """Records whose codes, as they came, are not those that their raw text says; both are kept, and somebody must look.

    Only where the text can be followed entirely: of what is unknown or undecided in it a person may have decided. Former
    codes count as those that they became.
    """
    raw, target = layer.with_role(Role.CODE_RAW), main_code(layer)
    given = [f for f in (target, layer.with_role(Role.CODES)) if f is not None and f.name in columns]
    if raw is None or raw.name not in columns:
        return []
    today = datetime.now(UTC).date()
    findings = []
    for field in given:
        several, codes = field.type is FieldType.TEXT_LIST, columns[field.name]
        joined = pc.binary_join(codes, _BETWEEN) if several else codes
        pairs = pc.binary_join_element_wise(joined, columns[raw.name], _AFTER).dictionary_encode()
        details = [_contradiction(pair, codelist, today, several=several) for pair in pairs.dictionary.to_pylist()]
        wrong = np.array([*(detail is not None for detail in details), False])
        which = pc.fill_null(pairs.indices, len(details)).to_numpy(zero_copy_only=False)
        rows = np.flatnonzero(wrong[which])
        if len(rows):
            findings.append(warning("code-contradicted", rows, [details[which[row]] or "" for row in rows], field.name))
    return findings


_BETWEEN, _AFTER = "\x1e", "\x1f"


def _contradiction(pair: str, codelist: Codelist, day: date, *, several: bool) -> Text | None:
    """How codes differ from what the text after them says: all of them, or one that is the main one of the text."""
    joined, _, raw = pair.partition(_AFTER)
    said, codes = read_uses(raw, codelist, day), joined.split(_BETWEEN)
    if not said.codes or said.unknown or said.groups or said.undecided:
        return None
    current, meant = {successor(codelist, code, day) or code for code in codes}, set(said.codes)
    if current == meant or (not several and current <= meant):
        return None
    told, text = ", ".join(codes), ", ".join(said.codes)
    return Text(f"'{told}', trong khi '{raw}' là {text}", f"'{told}', while '{raw}' is {text}")


def derived_fields(layer: Layer, given: frozenset[str]) -> dict[str, str]:
    """The fields that follow from more than the record itself, by the raw text that they are about.

    The system of the codes is told by the other records and by the day from which the record holds: with another
    --valid-from the same file tells another one. Not where it is `given`.
    """
    raw, scheme = layer.with_role(Role.CODE_RAW), layer.with_role(Role.CODE_SCHEME)
    if raw is None or scheme is None or scheme.name in given:
        return {}
    return {scheme.name: raw.name}


def _schemes(coded: pa.DictionaryArray, found: list[Uses], days: np.ndarray | None) -> pa.Array:
    """By the record's own codes, else by what the file's codes prove, else by its date; null where nothing tells."""
    file = column_scheme(found)
    own = pc.take(
        pa.array([uses.scheme or (file if uses.codes else None) for uses in found], pa.string()), coded.indices
    )
    if days is None:
        return own
    by_date = np.where(days < np.datetime64(REFORM), "2014", "2024")
    told = pa.array(
        by_date, pa.string(), mask=np.isnat(days) | pc.is_null(coded.indices).to_numpy(zero_copy_only=False)
    )
    return pc.coalesce(own, told)


def _trouble(coded: pa.DictionaryArray, found: list[Uses], field: Field) -> list[Finding]:
    findings = []
    indices = pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False)
    kinds = (("unknown-code", "unknown"), ("group-code", "groups"), ("code-undecided", "undecided"))
    for reason, attribute in kinds:
        details = ["'" + "', '".join(getattr(uses, attribute)) + "'" for uses in found]
        affected = np.array([bool(getattr(uses, attribute)) for uses in found] + [False])
        rows = np.flatnonzero(affected[indices])
        if len(rows):
            findings.append(warning(reason, rows, [details[indices[row]] for row in rows], field.name))
    return findings

"""What the public will see of the records: states that follow from another layer, and records that nobody will see.

A row rule of a layer may go by a state that a record only has through what it belongs to: a zone is as public as its plan.
Such a field is one with a rule and a codelist, of a layer that refers to another one which has a rule with the same
codelist. Where the file does not say it, the record gets the state that the other layer has.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gis.ingest.check import Checked
from gis.ingest.findings import Finding, warning
from gis.model.layer import Catalog, Field, FieldType, Layer, Reference, Show, Text
from gis.store import references
from gis.store.database import Connection


@dataclass(frozen=True, slots=True)
class Follows:
    """`field` of a layer has the value that `of` has in the feature of `other` which the field `by` names."""

    field: Field
    by: Field
    reference: Reference
    other: Layer
    of: Field


def followed(layer: Layer, catalog: Catalog) -> Iterator[Follows]:
    """The fields with a row rule whose values another layer has, which the records name by a reference of one part."""
    named = [f for f in layer.fields if f.references and len(f.references.fields) == 1 and f.type is FieldType.TEXT]
    for field in _ruled(layer):
        for by in named if field.codelist else ():
            other = catalog.layers[by.references.layer] if by.references else layer
            of = next((f for f in _ruled(other) if f.codelist == field.codelist), None)
            if by.references and of is not None and other is not layer:
                yield Follows(field, by, by.references, other, of)


def _ruled(layer: Layer) -> list[Field]:
    """The fields that the row rules of a layer go by."""
    return [layer.field(name) for name in dict.fromkeys(rule.field for rule in layer.rows.rules)]


def follow(
    connection: Connection, catalog: Catalog, layer: Layer, data: Checked, alive: NDArray[np.bool_]
) -> tuple[dict[str, pa.Array], list[Finding]]:
    """The columns of `data` with the states that follow from other layers, and of which records nothing tells them.

    `alive` (n,): the records to be published.
    """
    columns = dict(data.columns)
    findings = []
    for link in followed(layer, catalog):
        count = len(data)
        own = columns.get(link.field.name, pa.nulls(count, pa.string()))
        named = columns.get(link.by.name, pa.nulls(count, pa.string()))
        columns[link.field.name] = pc.coalesce(own, _told(connection, link, named))
        lacking = alive & pc.is_null(columns[link.field.name]).to_numpy(zero_copy_only=False)
        if lacking.any() and layer.rows.default is Show.ALL:
            rows = np.flatnonzero(lacking)
            why = [_why(link, name) for name in named.take(pa.array(rows)).to_pylist()]
            findings.append(warning("state-unknown", rows, why, link.field.name))
    return columns, findings


def _told(connection: Connection, link: Follows, named: pa.Array) -> pa.Array:
    """By record (n,), the state of what it names; null where the other layer does not have it."""
    coded = named.dictionary_encode()
    names = coded.dictionary.to_pylist()
    states = references.told(connection, link.other, link.reference, names, link.of) if names else []
    return pc.take(pa.array(states, pa.string()), coded.indices)


def _why(link: Follows, name: str | None) -> Text:
    if name is None:
        return Text(f"không ghi {link.by.title.vi}", f"no {link.by.name} is given")
    return Text(
        f"lớp {link.other.title.vi} không có {link.of.title.vi} của '{name}'",
        f"{link.other.id} has no {link.of.name} of '{name}'",
    )


def unseen(layer: Layer, data: Checked, alive: NDArray[np.bool_]) -> list[Finding]:
    """Records that the public will not see because they lack what the row rules go by."""
    ruled = _ruled(layer)
    if layer.rows.default is not Show.NONE or not ruled:
        return []
    without = alive.copy()
    for field in ruled:
        if field.name in data.columns:
            without &= pc.is_null(data.columns[field.name]).to_numpy(zero_copy_only=False)
    return [warning("not-public", np.flatnonzero(without), field=ruled[0].name)] if without.any() else []

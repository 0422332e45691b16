"""Whether what the records refer to is there: in the layer referred to or, where that is their own, in the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from gis.crs.transform import transform_geometries
from gis.ingest.check import Checked
from gis.ingest.findings import Finding, note, warning
from gis.model.layer import Catalog, Field, Layer, Reference, Text
from gis.model.query import CRS84
from gis.store import references
from gis.store.database import Connection
from gis.store.runner import run

Rows = NDArray[np.int64]


def unknown_references(
    connection: Connection, catalog: Catalog, layer: Layer, data: Checked, alive: NDArray[np.bool_]
) -> list[Finding]:
    """Records (alive (n,): those to be published) that refer to what is not there, field by field.

    Where the other layer is declared complete it is a warning, and whoever made the file must act: the agency of that
    layer has answered for it. Elsewhere it is a note for that agency, which may lack it; where that layer is empty, a note
    that nothing can be told.
    A record that does not hold any more is not measured by what holds now.
    """
    rows = np.flatnonzero(alive & ~_ended(data))
    findings = []
    for field in layer.fields:
        if field.references is None or field.name not in data.columns:
            continue
        other = catalog.layers[field.references.layer]
        known = _keys(field.references, data, alive) if other is layer else frozenset[object]()
        lost = _lost(data.columns[field.name], rows, known, (connection, other, field.references))
        if lost:
            shapes = data.placed.storage[np.fromiter(lost, dtype=np.int64)]
            declared = run(connection, references.declared_sql(other))
            findings += lost_references(field, other, lost, declared, (layer.storage_crs, shapes))
    return findings


def _ended(data: Checked) -> NDArray[np.bool_]:
    """Records (n,) that do not hold any more."""
    until = data.columns.get("valid_to")
    if until is None:
        return np.zeros(len(data), dtype=bool)
    past = pc.less_equal(until, pa.scalar(datetime.now(UTC), until.type))
    return np.asarray(pc.fill_null(past, False).to_numpy(zero_copy_only=False))


def _keys(reference: Reference, data: Checked, alive: NDArray[np.bool_]) -> frozenset[object]:
    """What the records of the file themselves are called in such references."""
    columns = [data.columns.get(name) for name in reference.fields]
    if any(column is None for column in columns):
        return frozenset()
    picked = pa.array(np.flatnonzero(alive))
    parts = [column.take(picked) for column in columns if column is not None]
    if len(parts) == 1:
        return frozenset(parts[0].drop_null().to_pylist())
    joined = pc.binary_join_element_wise(*(part.cast(pa.string()) for part in parts), Reference.SEPARATOR)
    return frozenset(joined.drop_null().to_pylist())


def _lost(
    column: pa.Array, rows: Rows, known: frozenset[object], look: tuple[Connection, Layer, Reference]
) -> dict[int, str]:
    """By record, in ascending order, what it refers to and is neither `known` nor found by a `look` into the layer."""
    values = column.take(pa.array(rows))
    if pa.types.is_list(values.type):
        rows = rows[pc.list_parent_indices(values).to_numpy(zero_copy_only=False)]
        values = values.flatten()
    coded = values.dictionary_encode()
    names = coded.dictionary.to_pylist()
    candidates = [i for i, name in enumerate(names) if name not in known]
    connection, other, reference = look
    absent = references.absent(connection, other, reference, [names[i] for i in candidates])
    which = pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False)
    hit = np.isin(which, [candidates[i] for i in absent])
    return listed((row, names[i]) for row, i in zip(rows[hit].tolist(), which[hit].tolist(), strict=True))


def listed(lost: Iterable[tuple[int, object]]) -> dict[int, str]:
    """By record what it refers to in vain, as it is told."""
    found: dict[int, str] = {}
    for row, name in lost:
        found[row] = f"{found[row]}, '{name}'" if row in found else f"'{name}'"
    return found


def lost_references(
    field: Field,
    other: Layer,
    lost: Mapping[int, str],
    declared: Sequence[Mapping[str, Any]],
    placed: tuple[int, NDArray[np.object_]],
) -> list[Finding]:
    """What is told of records by what they refer to in vain: the one rule of files and of edits.

    `declared`: what is declared of the other layer (see gis.store.references). `placed`: CRS and shapes of the records,
    None where one has none: whether the other layer is complete there, nobody knows.
    """
    crs, shapes = placed
    sure = references.complete_at(declared, transform_geometries(shapely.point_on_surface(shapes), crs, CRS84))
    rows, names = np.fromiter(lost, dtype=np.int64), list(lost.values())
    wrong, untold = np.flatnonzero(sure), np.flatnonzero(~sure)
    findings = []
    if len(wrong):
        told = [Text(f"{other.title.vi} {names[i]}", f"{other.id} {names[i]}") for i in wrong]
        findings.append(warning("unknown-reference", rows[wrong], told, field.name))
    if len(untold):
        owner = f"({other.owner})"
        told = [Text(f"{other.title.vi} {names[i]} {owner}", f"{other.id} {names[i]} {owner}") for i in untold]
        reason = "reference-not-found" if declared else "reference-unchecked"
        findings.append(note(reason, rows[untold], told, field.name))
    return findings

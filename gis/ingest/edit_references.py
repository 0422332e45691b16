"""Whether what edited features refer to is there: told as of a file."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely

from gis.ingest.edit_check import problems
from gis.ingest.edit_plan import Planned
from gis.ingest.findings import Finding, titled
from gis.ingest.references import listed, lost_references
from gis.model.access import Decision
from gis.model.edit import Act, EditProblem
from gis.model.layer import Catalog, Field, Layer, Reference
from gis.store.pools import Pools
from gis.store.references import absent_sql, declared_sql


async def unknown_references(
    pools: Pools, catalog: Catalog, reads: Mapping[str, Decision], layer: Layer, planned: Sequence[Planned]
) -> list[EditProblem]:
    """Warnings about what is written and names nothing, by the rule of files (see gis.ingest.references).

    `reads`: what the caller may see of each layer; what it may not see is not there.
    """
    found: list[EditProblem] = []
    for field in layer.columns:
        if field.references is None:
            continue
        other = catalog.layers[field.references.layer]
        known = _called(field.references, planned) if other is layer else frozenset[str]()
        named = [
            (row, value)
            for row, one in enumerate(planned)
            for value in _values(one.values.get(field.name))
            if str(value) not in known
        ]
        if not named:
            continue
        statement = absent_sql(other, field.references, [value for _, value in named], reads[other.id])
        absent = await pools.rows(statement, "staff")
        lost = listed(named[n - 1] for n in sorted(row["n"] for row in absent))
        if lost:
            declared = await pools.rows(declared_sql(other), "staff")
            findings = await asyncio.to_thread(_findings, field, other, lost, declared, (layer, planned))
            for finding in titled(findings, layer):
                found += problems(finding, [one.wanted.index for one in planned])
    return found


def _values(value: object) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _called(reference: Reference, planned: Sequence[Planned]) -> frozenset[str]:
    """What the features of the request themselves are called in such references."""
    kept = (one for one in planned if one.wanted.act is not Act.DELETE)
    parts = [[one.now(name) for name in reference.fields] for one in kept]
    return frozenset(Reference.SEPARATOR.join(map(str, part)) for part in parts if None not in part)


def _findings(
    field: Field,
    other: Layer,
    lost: Mapping[int, str],
    declared: Sequence[Mapping[str, Any]],
    written: tuple[Layer, Sequence[Planned]],
) -> list[Finding]:
    layer, planned = written
    shapes = shapely.from_wkb(np.array([planned[row].place for row in lost], dtype=object))
    return lost_references(field, other, lost, declared, (layer.storage_crs, shapes))

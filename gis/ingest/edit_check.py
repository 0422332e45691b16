"""The rules of ingest, applied to features that are edited one by one or in small batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import shapely
from shapely.geometry.base import BaseGeometry

from gis.crs.registry import crs as crs_of
from gis.ingest import check
from gis.ingest.check import Checked
from gis.ingest.clean import Fields, Terms, clean
from gis.ingest.crs_check import inside
from gis.ingest.findings import Finding, Severity, titled
from gis.ingest.mapping import Resolved
from gis.ingest.place import Placed, placed_in, representative
from gis.ingest.read import Raw
from gis.model.edit import EditProblem
from gis.model.layer import Catalog, Field, FieldType, Layer, Role, Text
from gis.store.columns import ARROW

_READ = {**ARROW, FieldType.INTEGER: pa.float64()}  # a whole number may come as 12.0

_LOST = frozenset(
    {
        *("text-lost", "formula", "turned-into-date", "pattern", "unknown-code", "group-code", "code-undecided"),
        *("number-unreadable", "date-unreadable", "boolean-unreadable", "out-of-range", "repeated-key"),
    }
)
"""What a file is loaded with all the same, the value left out: who sends single features is told instead."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A feature as it shall be: `values` by field, typed, with what the caller gave and what stays as it was.

    `geometry` in `crs`, x first. `fixed`: the geometry stays as it is stored. `unread`: see gis.model.edit.Edit.
    """

    index: int
    values: Mapping[str, object]
    geometry: BaseGeometry | None
    crs: int
    fixed: bool = False
    unread: frozenset[str] = frozenset()

    def lacks(self, name: str | None) -> bool:
        """What is found of `name` follows from what could not be read."""
        return name in self.unread or ("properties" in self.unread and name != "geometry")


@dataclass(frozen=True, slots=True)
class Sound:
    """A feature that may be written: `values` of all columns of the layer, geometry in the storage CRS."""

    index: int
    values: Mapping[str, object]
    geometry: BaseGeometry | None
    survey_crs: int


@dataclass(frozen=True, slots=True)
class Examined:
    """What is wrong, what is only told, and the features, in the order of the drafts; errors say which do not count."""

    sound: tuple[Sound, ...]
    errors: tuple[EditProblem, ...]
    warnings: tuple[EditProblem, ...]


def examine(catalog: Catalog, layer: Layer, drafts: Sequence[Draft], *, lenient: bool) -> Examined:
    """Clean and check drafts as a file of them would be; those alike in CRS and fields are one file.

    What a file would lose is an error, unless `lenient`: then it is left out and a warning, as in a file.
    """
    groups: dict[tuple[int, frozenset[str]], list[Draft]] = {}
    whose = {draft.index: draft for draft in drafts}
    for draft in drafts:
        given = frozenset(name for name, value in draft.values.items() if value is not None)
        groups.setdefault((draft.crs, given), []).append(draft)
    sound: list[Sound] = []
    errors: list[EditProblem] = []
    warnings: list[EditProblem] = []
    for (code, given), alike in groups.items():
        features, findings = _group(catalog, layer, alike, code, given)
        sound += features
        for finding in findings:
            told = errors if _refuses(finding, layer, lenient) else warnings
            found = problems(finding, [draft.index for draft in alike])
            told += [p for p in found if not whose[p.index].lacks(p.field)]
    order = {draft.index: place for place, draft in enumerate(drafts)}
    return Examined(
        tuple(sorted(sound, key=lambda one: order[one.index])),
        tuple(sorted(errors, key=lambda one: one.index)),
        tuple(sorted(warnings, key=lambda one: one.index)),
    )


def _group(
    catalog: Catalog, layer: Layer, drafts: Sequence[Draft], code: int, given: frozenset[str]
) -> tuple[list[Sound], list[Finding]]:
    raw = _raw(layer, drafts, given)
    mapping = Resolved({name: name for name in given if name in raw.attributes.column_names}, {}, {}, ())
    fields = clean(raw, mapping, layer, catalog, Terms(encoding="utf-8"))
    placed = placed_in(raw, crs_of(code), layer, catalog.territory)
    data = Checked(_columns(layer, fields, raw), placed)
    alive = np.array([not draft.unread for draft in drafts], dtype=bool)
    findings = [*_advised(placed, raw, code, catalog), *fields.findings]
    findings += check.repeated(layer, data, alive)
    findings += check.areas(layer, data, alive)
    listed = {f.name: _listed(f, data.columns, len(raw)) for f in layer.columns}
    sound = [
        Sound(
            draft.index,
            {name: values[row] for name, values in listed.items()},
            placed.storage[row],
            placed.survey_crs,
        )
        for row, draft in enumerate(drafts)
    ]
    return sound, [_but_fixed(one, drafts) for one in titled(findings, layer)]


def _raw(layer: Layer, drafts: Sequence[Draft], given: frozenset[str]) -> Raw:
    names = [f.name for f in layer.columns if f.name in given]
    columns = {n: pa.array([draft.values[n] for draft in drafts], _READ[layer.field(n).type]) for n in names}
    attributes = pa.table({**columns, "": pa.nulls(len(drafts))})  # a table without columns has no rows
    shapes = np.empty(len(drafts), dtype=object)
    shapes[:] = [draft.geometry for draft in drafts]
    return Raw(attributes, shapes, np.zeros(len(drafts), dtype=bool))


def _columns(layer: Layer, fields: Fields, raw: Raw) -> dict[str, pa.Array]:
    """The fields alone; lists that are no codes as they were given, for files would have them parted at commas."""
    columns = {name: values for name, values in fields.columns.items() if name in layer}
    for field in layer.columns:
        given = field.name in raw.attributes.column_names
        if given and field.type is FieldType.TEXT_LIST and field.codelist is None:
            columns[field.name] = raw.attributes.column(field.name).combine_chunks()
    return columns


def _listed(field: Field, columns: Mapping[str, pa.Array], count: int) -> list[object]:
    values = columns.get(field.name)
    return [None] * count if values is None else list(values.to_pylist())


def _advised(placed: Placed, raw: Raw, code: int, catalog: Catalog) -> list[Finding]:
    """The findings about places; one outside the territory that lies within it with its axes exchanged is told so."""
    found = []
    assert raw.geometry is not None
    for finding in placed.findings:
        if finding.reason == "outside-territory" and finding.details is not None:
            turned = representative(raw.geometry[finding.rows])[:, ::-1]
            exchanged = inside(turned, code, catalog.territory)
            finding = replace(finding, details=[_turned(finding, i, exchanged[i], code) for i in range(len(finding))])
        found.append(finding)
    return found


def _turned(finding: Finding, position: int, exchanged: bool, code: int) -> Text:
    said = finding.detail(position)
    if not exchanged:
        return said
    crs = crs_of(code)
    first = ("northing", "toạ độ Bắc") if crs.axis == "yx" else ("easting", "toạ độ Đông")
    if crs.geographic:
        first = ("latitude", "vĩ độ") if crs.axis == "yx" else ("longitude", "kinh độ")
    return Text(
        f"{said.vi}; có lẽ bị đảo trục: {crs.curie} ghi {first[1]} trước",
        f"{said.en}; perhaps the axes are exchanged: {crs.curie} has its {first[0]} first",
    )


def _but_fixed(finding: Finding, drafts: Sequence[Draft]) -> Finding:
    """Without warnings about geometries that stay as they are."""
    if finding.reason not in ("geometry-repaired", "area-difference"):
        return finding
    kept = [place for place, row in enumerate(finding.rows.tolist()) if not drafts[row].fixed]
    details = None if finding.details is None else [finding.details[place] for place in kept]
    return replace(finding, rows=finding.rows[kept], details=details)


def _refuses(finding: Finding, layer: Layer, lenient: bool) -> bool:
    if finding.severity is Severity.ERROR:
        return True
    raw = layer.with_role(Role.CODE_RAW)
    of_raw = raw is not None and finding.field == raw.name  # it is kept as it was written
    return not lenient and finding.reason in _LOST and not of_raw


def problems(finding: Finding, indices: Sequence[int]) -> list[EditProblem]:
    """A finding as it is told to who edits: one for each record, by their `indices`."""
    field = finding.field or ("geometry" if finding.reason.startswith(("geometry", "outside")) else None)
    return [
        EditProblem(
            indices[row],
            field,
            finding.reason,
            Text(finding.message(place, "vi"), finding.message(place, "en")),
        )
        for place, row in enumerate(finding.rows.tolist())
    ]


def same_place(stored: BaseGeometry, sent: BaseGeometry, decimals: int) -> bool:
    """They are the same as far as answers tell coordinates, to `decimals`: what was fetched and is sent back.

    Both in the CRS of what was sent. Written anew, a legal boundary would drift with every edit of an attribute.
    """
    one, other = shapely.get_coordinates(stored), shapely.get_coordinates(sent)
    if stored.geom_type != sent.geom_type or one.shape != other.shape:
        return False
    return bool(np.abs(one - other).max(initial=0.0) <= 0.51 * 10.0**-decimals)

"""Checks that need several records, or the shape and the fields together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from gis.ingest.findings import Finding, amount, error, warning
from gis.ingest.place import Placed
from gis.model.layer import Field, GeometryType, Layer, Quality, Role, Text
from gis.ops.coverage import invalid_edges, narrow_gaps, overlap_areas, overlaps
from gis.store.match import Misnamed

_M2 = {None: 1.0, "m2": 1.0, "har": 10_000.0, "km2": 1_000_000.0}
_DEGREE = 111_320.0  # metres in a degree of latitude
_NOTHING = Text("", "")
_INSTEAD = "\x1e"  # before what stands in for a part of an identity: the same code means another commune


@dataclass(frozen=True, slots=True)
class Checked:
    """Columns (n,) and geometries (n,) of one file, as far as they are sound."""

    columns: Mapping[str, pa.Array]
    placed: Placed

    def __len__(self) -> int:
        return len(self.placed.storage)


def record_name(row: int, more: Text = _NOTHING) -> Text:
    """How people are told of a record: by its place in the file, from 1; `more` may be said of it."""
    colon = ": " if more.en else ""
    return Text(f"bản ghi {row + 1}{colon}{more.vi}", f"record {row + 1}{colon}{more.en}")


def repeated(layer: Layer, data: Checked, alive: NDArray[np.bool_]) -> list[Finding]:
    """Records that equal an earlier one (errors), or that use its identity (warnings)."""
    findings: list[Finding] = []
    same, first = _equal_records(data, alive)
    if len(same):
        findings.append(error("duplicate", same, [record_name(row) for row in first]))
    findings += _repeated_ids(data, alive)
    rest = alive.copy()
    rest[same] = False
    key, rows = _identity(layer, data, rest)
    _, start, inverse = np.unique(key, return_index=True, return_inverse=True)
    again = start[inverse] != np.arange(len(key))
    if again.any():
        earlier = rows[start[inverse[again]]]
        labels = _labels(layer, data, rows[again])
        details = [_used_by(label, row) for label, row in zip(labels, earlier, strict=True)]
        findings.append(warning("repeated-key", rows[again], details))
    return findings


def unnamed(layer: Layer, data: Checked, alive: NDArray[np.bool_]) -> list[Finding]:
    """Records without a part of their identity, in a file in which others have it; the report tells of one without any."""
    findings = []
    for name in (*(f.name for f in parts_named(layer)), layer.identity[-1]):
        values = data.columns.get(name)
        if values is None or values.null_count in (0, len(values)):
            continue
        rows = np.flatnonzero(alive & pc.is_null(values).to_numpy(zero_copy_only=False))
        if len(rows):
            last = name == layer.identity[-1]
            findings.append(warning("no-identity", rows, field=name) if last else incomplete(layer, name, rows))
    return findings


def parts_named(layer: Layer) -> list[Field]:
    """The parts of the identity before the number that somebody has to say: they have no default."""
    return [field for name in layer.identity[:-1] if (field := layer.field(name)).default is None]


def incomplete(layer: Layer, name: str, rows: NDArray[np.int64]) -> Finding:
    """That records lack the part `name` of their identity, and what tells them apart without it."""
    rest = [layer.stand_ins.get(part, "") if part == name else part for part in layer.identity]
    titles, names = ([layer.field(part).title.vi for part in rest if part], [part for part in rest if part])
    told = Text(
        f"chỉ phân biệt được bằng {', '.join(titles)}, nên hai đối tượng khác nhau có thể bị coi là một",
        f"it is told apart by {', '.join(names)} alone, and two features may count as one",
    )
    return warning("identity-incomplete", rows, [told] * len(rows), name)


def _identity(layer: Layer, data: Checked, alive: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Keys (m,) of the records that have an identity, and their rows.

    Parts that the whole file lacks do not count, but for the last one, which tells the records of one whole apart. What
    stands in for a missing part does.
    """
    parts = [part for name in layer.identity if (part := _part(layer, data, name)) is not None]
    parts = [part for part in parts if part.null_count < len(part)]
    if layer.identity[-1] not in data.columns:
        parts = []
    has = alive.copy()
    for part in parts:
        has &= pc.is_valid(part).to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(has) if parts else np.empty(0, dtype=np.int64)
    key = np.zeros(len(rows), dtype=np.int64)
    for part in parts:
        coded = part.take(pa.array(rows)).dictionary_encode()
        key = key * len(coded.dictionary) + coded.indices.to_numpy(zero_copy_only=False)
        _, key = np.unique(key, return_inverse=True)
    return key, rows


def _part(layer: Layer, data: Checked, name: str) -> pa.Array | None:
    own, instead = data.columns.get(name), data.columns.get(layer.stand_ins.get(name, ""))
    if instead is None:
        return own
    marked = pc.binary_join_element_wise(pa.scalar(""), instead.cast(pa.string()), _INSTEAD)
    return marked if own is None else pc.coalesce(own, marked)


def _labels(layer: Layer, data: Checked, rows: NDArray[np.int64]) -> list[Text]:
    """The identity of each row in words: English has the names of its fields, Vietnamese their titles."""
    names = [name for name in layer.identity if name in data.columns]
    picked = pa.array(rows)
    values = [data.columns[name].take(picked).to_pylist() for name in names]
    shown = [(name, column) for name, column in zip(names, values, strict=True) if any(v is not None for v in column)]
    return [
        Text(
            ", ".join(f"{layer.field(name).title.vi} {column[i]}" for name, column in shown),
            ", ".join(f"{name} {column[i]}" for name, column in shown),
        )
        for i in range(len(rows))
    ]


def _used_by(label: Text, row: int) -> Text:
    name = record_name(row)
    return Text(f"{label.vi} ({name.vi})", f"{label.en} ({name.en})")


def _repeated_ids(data: Checked, alive: NDArray[np.bool_]) -> list[Finding]:
    """The same id may come again only for another time."""
    ids = data.columns.get("id")
    if ids is None:
        return []
    rows = np.flatnonzero(alive & pc.is_valid(ids).to_numpy(zero_copy_only=False))
    coded = ids.take(pa.array(rows)).dictionary_encode()
    key = coded.indices.to_numpy(zero_copy_only=False)
    again = np.bincount(key, minlength=len(coded.dictionary))[key] > 1
    rows, key = rows[again], key[again]
    starts, ends = _times(data, rows)
    found: dict[int, int] = {}
    latest: dict[int, int] = {}
    for i in np.lexsort((rows, starts, key)).tolist():
        before = latest.setdefault(int(key[i]), i)
        if before != i and starts[i] < ends[before]:
            found[int(rows[i])] = before
        if ends[i] > ends[before]:
            latest[int(key[i])] = i
    names = [UUID(bytes=coded.dictionary[int(key[before])].as_py()) for before in found.values()]
    details = [
        _used_by(Text(str(name), str(name)), int(rows[i])) for name, i in zip(names, found.values(), strict=True)
    ]
    return [error("repeated-id", np.array(list(found), dtype=np.int64), details)] if found else []


def _times(data: Checked, rows: NDArray[np.int64]) -> tuple[NDArray[np.datetime64], NDArray[np.datetime64]]:
    """Since and until when the records of `rows` hold; from now on and for ever where they do not say."""
    told = []
    now = np.datetime64(datetime.now(UTC).replace(tzinfo=None), "us")
    for name, else_ in (("valid_from", now), ("valid_to", np.datetime64(np.iinfo(np.int64).max, "us"))):
        values = np.full(len(data), "NaT", "M8[us]")
        if name in data.columns:
            values = data.columns[name].to_numpy(zero_copy_only=False).astype("M8[us]")
        told.append(np.where(np.isnat(values[rows]), else_, values[rows]))
    return told[0], told[1]


def misnamed(found: Sequence[Misnamed]) -> list[Finding]:
    """Records whose id is not that of the feature which they are by their identity or content."""
    if not found:
        return []
    rows = np.array([(one.source_row or 0) - 1 for one in found], dtype=np.int64)
    details = [Text(f"id {one.id}; số hiệu: {one.other}", f"id {one.id}; identity: {one.other}") for one in found]
    return [error("other-id", rows, details)]


def _equal_records(data: Checked, alive: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Records that equal an earlier one in shape and in every field; and which one."""
    suspects = _same_shape(data.placed.source, alive)
    if not len(suspects):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    picked = pa.array(suspects)
    columns = [data.columns[name].take(picked).to_pylist() for name in sorted(data.columns)]
    shapes = shapely.to_wkb(shapely.normalize(data.placed.source[suspects]))
    seen: dict[tuple[object, ...], int] = {}
    same, first = [], []
    for i, row in enumerate(suspects):
        content = (shapes[i], *(_hashable(column[i]) for column in columns))
        earlier = seen.setdefault(content, int(row))
        if earlier != row:
            same.append(int(row))
            first.append(earlier)
    return np.array(same, dtype=np.int64), np.array(first, dtype=np.int64)


def _hashable(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _same_shape(shapes: NDArray[np.object_], alive: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Rows whose box and size are also those of another row; rows without geometry are all alike."""
    numbers = np.column_stack([shapely.bounds(shapes), shapely.area(shapes), shapely.length(shapes)])
    mixed = np.zeros(len(shapes), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for axis in range(numbers.shape[1]):
            bits = np.nan_to_num(numbers[:, axis]).view(np.uint64)
            mixed = (mixed ^ bits) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
    rows = np.flatnonzero(alive)
    _, inverse, counts = np.unique(mixed[rows], return_inverse=True, return_counts=True)
    return rows[counts[inverse] > 1]


def areas(layer: Layer, data: Checked, alive: NDArray[np.bool_]) -> list[Finding]:
    """Recorded areas that differ from the area of the shape, both measured in the CRS of the survey."""
    if layer.geometry.type is not GeometryType.MULTIPOLYGON:
        return []
    findings = []
    measured = shapely.area(data.placed.survey)
    for role in (Role.LEGAL_AREA, Role.MEASURED_AREA):
        target = layer.with_role(role)
        values = data.columns.get(target.name) if target is not None else None
        if target is None or values is None or target.unit not in _M2:
            continue
        told = values.to_numpy(zero_copy_only=False).astype(float) * _M2[target.unit]
        rows = np.flatnonzero(alive & _differ(told, measured, layer.quality))
        if len(rows):
            details = [_areas(told[i], measured[i]) for i in rows]
            findings.append(warning("area-difference", rows, details, target.name, np.abs(told - measured)[rows]))
    return findings


def _areas(told: float, measured: float) -> Text:
    recorded, shape = amount(told, "m²", 1), amount(measured, "m²", 1)
    return Text(f"hồ sơ {recorded.vi}, bản đồ {shape.vi}", f"recorded {recorded.en}, shape {shape.en}")


def _differ(told: NDArray[np.float64], measured: NDArray[np.float64], quality: Quality) -> NDArray[np.bool_]:
    difference = np.abs(told - measured)
    return np.asarray((difference > quality.area_absolute) & (difference > quality.area_relative * measured))


def coverage(layer: Layer, data: Checked, alive: NDArray[np.bool_]) -> list[Finding]:
    """Overlaps and narrow gaps between records of one file, where the layer asks for them; one finding a pair.

    Overlaps are looked for in the coordinates of the file, which are exact: a transformation bends straight edges
    apart by nanometres wherever neighbours do not share all their points. Areas are measured in the survey CRS.
    """
    if not layer.quality.coverage or layer.geometry.type is not GeometryType.MULTIPOLYGON:
        return []
    source, metric = (np.where(alive, shapes, np.array(None)) for shapes in (data.placed.source, data.placed.survey))
    width = layer.quality.gap_width if layer.quality.gaps else 0.0
    planar = data.placed.crs is not None and not data.placed.crs.geographic
    suspects = invalid_edges(source, width if planar else width / _DEGREE)
    pairs = overlaps(source, suspects)
    sizes = overlap_areas(metric, pairs)
    findings = []
    for reason, mask in (("overlap", ~pairs.contained), ("contained", pairs.contained)):
        rows = pairs.first[mask]
        others = zip(pairs.second[mask], sizes[mask], strict=True)
        if len(rows):
            details = [record_name(other, amount(size, "m²")) for other, size in others]
            findings.append(warning(reason, rows, details, amounts=sizes[mask]))
    if not width:
        return findings
    gaps = narrow_gaps(metric, width, suspects if planar else None)
    if len(gaps):
        beside = zip(gaps.second, gaps.length, strict=True)
        findings.append(
            warning(
                "gap",
                gaps.first,
                [record_name(other, amount(length, "m", 2)) for other, length in beside],
                amounts=gaps.length,
            )
        )
    return findings

"""The fields of the records: every mapped column read into the type of its field, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gis.errors import IngestError
from gis.ingest.dates import Instants, day_start, read_dates
from gis.ingest.findings import Finding, error, titled
from gis.ingest.mapping import Resolved
from gis.ingest.protect import protect
from gis.ingest.read import Raw, column
from gis.ingest.uses import contradicted, derive, main_code
from gis.ingest.values import Cleaner, as_text, is_text
from gis.model.layer import Catalog, Field, Layer, Role

_DAY = np.timedelta64(1, "D")
_TO_PUBLISH = np.timedelta64(1, "h")  # a load is published within this time
_UUID = r"^\{?[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}\}?$"
_UTC = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True, slots=True)
class Fields:
    """Columns (n,) by field name, and `id`, `valid_from`, `valid_to` where known; how text columns were read."""

    columns: dict[str, pa.Array]
    findings: list[Finding]
    encodings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Terms:
    """What the user says about all records: encoding of text, commune, and the day from which they hold."""

    encoding: str | None = None
    commune: str | None = None
    valid_from: date | None = None


def clean(raw: Raw, mapping: Resolved, layer: Layer, catalog: Catalog, terms: Terms) -> Fields:
    """Read all mapped columns, constants and defaults. Raises Undecided where a column can be read in two ways."""
    zone = catalog.territory.time_zone
    targets = [f for f in layer.fields if f.name in mapping.columns or f.name in mapping.constants]
    with ThreadPoolExecutor(2) as pool:
        jobs = [(f, pool.submit(_field, f, raw, mapping, _cleaner(layer, catalog, terms))) for f in targets]
        done = [(f, *job.result()) for f, job in jobs]
    columns = {f.name: values for f, values, _ in done}
    findings = [finding for _, _, cleaner in done for finding in cleaner.findings]
    encodings = {name: how for _, _, cleaner in done for name, how in cleaner.encodings.items()}
    _commune(layer, terms, len(raw), columns, findings)
    times = _times(raw, mapping, layer, zone, terms, columns)
    findings += times.findings
    _uses(layer, catalog, times.days, columns, findings)
    findings += protect(layer, catalog.codelists, columns)
    _defaults(layer, len(raw), columns)
    findings += _required(layer, len(raw), columns)
    columns |= times.columns
    if "id" in mapping.columns:
        columns["id"] = _ids(column(raw, mapping.columns["id"]), mapping.columns["id"])
    return Fields(columns, findings, encodings)


def uuid_columns(raw: Raw) -> frozenset[str]:
    """Columns called `id` in which every text is a UUID: identities that were given out before."""
    if "id" not in raw.attributes.column_names:
        return frozenset()
    values = column(raw, "id")
    if not is_text(values) or values.null_count == len(values):
        return frozenset()
    return frozenset({"id"}) if pc.all(pc.match_substring_regex(values.drop_null(), _UUID)).as_py() else frozenset()


def _cleaner(layer: Layer, catalog: Catalog, terms: Terms) -> Cleaner:
    return Cleaner(layer, catalog.codelists, catalog.territory.time_zone, terms.encoding)


def _field(target: Field, raw: Raw, mapping: Resolved, cleaner: Cleaner) -> tuple[pa.Array, Cleaner]:
    name = mapping.columns.get(target.name)
    if name is not None:
        return cleaner.read(target, column(raw, name), name, mapping.readings.get(target.name)), cleaner
    text = mapping.constants[target.name]
    value = cleaner.read(target, pa.array([text]), f"--set {target.name}", "comma" if "," in text else "point")
    if cleaner.findings:
        raise IngestError(
            f"--set {target.name}={text}: {cleaner.findings[0].message(0, 'en')}",
            f"--set {target.name}={text}: {titled(cleaner.findings[:1], cleaner.layer)[0].message(0, 'vi')}",
        )
    return _repeated(value, len(raw)), cleaner


def _repeated(one: pa.Array, count: int) -> pa.Array:
    """The only value of an array, `count` times."""
    return pc.take(one, pa.array(np.zeros(count, dtype=np.int64)))


def _commune(layer: Layer, terms: Terms, count: int, columns: dict[str, pa.Array], findings: list[Finding]) -> None:
    """--commune fills the commune of records without one; a record of another commune is an error."""
    target = layer.with_role(Role.COMMUNE)
    if terms.commune is None:
        return
    if target is None:
        raise IngestError(
            f"--commune: the layer {layer.id} has no commune.", f"--commune: lớp {layer.id} không có trường xã."
        )
    told = pa.scalar(terms.commune, pa.string())
    values = columns.get(target.name)
    if values is None:
        columns[target.name] = pa.repeat(told, count)
        return
    other = np.flatnonzero(pc.fill_null(pc.not_equal(values, told), False).to_numpy(zero_copy_only=False))
    if len(other):
        details = [f"'{code}'" for code in values.take(pa.array(other)).to_pylist()]
        findings.append(error("other-commune", other, details, target.name))
    columns[target.name] = pc.fill_null(values, told)


@dataclass(frozen=True, slots=True)
class _Times:
    columns: dict[str, pa.Array]
    days: NDArray[np.datetime64] | None
    findings: list[Finding]


def _times(raw: Raw, mapping: Resolved, layer: Layer, zone: str, terms: Terms, columns: dict[str, pa.Array]) -> _Times:
    """valid_from and valid_to (UTC), and the local day (n,) from which each record holds.

    From --valid-from, else from a column mapped to valid_from, else from the field with that role. The last day on
    which a record holds is given without a time, so that it ends when the day after begins.
    """
    begin = _instants(raw, mapping, layer, zone, columns, Role.VALID_FROM)
    end = _instants(raw, mapping, layer, zone, columns, Role.VALID_TO)
    result: dict[str, pa.Array] = {}
    days = None if begin is None else begin.days
    start = None if begin is None else begin.instants
    if terms.valid_from is not None:
        day = np.datetime64(terms.valid_from, "D")
        days, start = np.full(len(raw), day), np.full(len(raw), day_start(day, zone))
    if start is not None:
        result["valid_from"] = _timestamps(start)
    findings: list[Finding] = []
    if end is not None:
        after = read_dates(pa.array(end.days + _DAY, pa.date32()), "", zone).instants
        until = np.where(end.timed, end.instants, after)
        result["valid_to"] = _timestamps(until)
        findings = _endings(np.full(len(until), np.datetime64("NaT", "us")) if start is None else start, until)
    return _Times(result, days, findings)


def _endings(start: NDArray[np.datetime64], until: NDArray[np.datetime64]) -> list[Finding]:
    """Records that end before they begin; one without a beginning begins when it is published."""
    found = []
    if len(wrong := np.flatnonzero(until <= start)):
        found.append(error("time-reversed", wrong, [f"{start[i]} … {until[i]} UTC" for i in wrong]))
    published = np.datetime64(datetime.now(UTC).replace(tzinfo=None), "us") + _TO_PUBLISH
    if len(wrong := np.flatnonzero(np.isnat(start) & (until <= published))):
        found.append(error("ends-before-it-begins", wrong, [f"{until[i]} UTC" for i in wrong]))
    return found


def _instants(
    raw: Raw, mapping: Resolved, layer: Layer, zone: str, columns: dict[str, pa.Array], role: Role
) -> Instants | None:
    name = "valid_from" if role is Role.VALID_FROM else "valid_to"
    if name in mapping.columns:
        source = mapping.columns[name]
        return read_dates(column(raw, source), source, zone, mapping.readings.get(name))
    target = layer.with_role(role)
    if target is None or target.name not in columns:
        return None
    return read_dates(columns[target.name], target.name, zone)


def _timestamps(instants: NDArray[np.datetime64]) -> pa.Array:
    return pa.array(instants.astype("M8[us]"), pa.timestamp("us")).cast(_UTC)


def _uses(
    layer: Layer,
    catalog: Catalog,
    days: NDArray[np.datetime64] | None,
    columns: dict[str, pa.Array],
    findings: list[Finding],
) -> None:
    """Codes that follow from the raw text, where the file has one."""
    raw, target = layer.with_role(Role.CODE_RAW), main_code(layer)
    if raw is None or target is None or target.codelist is None or raw.name not in columns:
        return
    codelist = catalog.codelists[target.codelist]
    findings += contradicted(layer, columns, codelist)
    derived = derive(layer, columns[raw.name], codelist, days, frozenset(columns))
    columns |= derived.columns
    findings += derived.findings


def _defaults(layer: Layer, count: int, columns: dict[str, pa.Array]) -> None:
    """Fields with a default have it where the source has nothing."""
    for target in layer.fields:
        if target.default is None:
            continue
        values = columns.get(target.name, pa.nulls(count, pa.string()))
        columns[target.name] = pc.fill_null(values, pa.scalar(target.default).cast(values.type))


def _required(layer: Layer, count: int, columns: dict[str, pa.Array]) -> list[Finding]:
    findings = []
    for target in layer.fields:
        if target.required:
            values = columns.get(target.name)
            empty = np.ones(count, dtype=bool) if values is None else pc.is_null(values).to_numpy(zero_copy_only=False)
            if empty.any():
                findings.append(replace(error("required-missing", np.flatnonzero(empty)), field=target.name))
    return findings


def _ids(values: pa.Array, name: str) -> pa.Array:
    """UUIDs as 16 bytes. IngestError for anything else: an identity cannot be made up."""
    texts = as_text(values)
    wrong = pc.fill_null(pc.invert(pc.match_substring_regex(texts, _UUID)), False)
    if pc.any(wrong).as_py():
        example = texts.filter(wrong)[0].as_py()
        raise IngestError(
            f"--map {name}=id: '{example[:60]}' is not a UUID; only ids that this database gave can be used.",
            f"--map {name}=id: '{example[:60]}' không phải UUID; chỉ dùng được mã do cơ sở dữ liệu này cấp.",
        )
    return pa.array([None if text is None else UUID(text).bytes for text in texts.to_pylist()], pa.binary())

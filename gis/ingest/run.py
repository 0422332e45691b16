"""One load from file to changeset: source → clean → check → stage → match → publish."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gis.crs.identify import identify
from gis.errors import IngestError, NotFound
from gis.ingest import check
from gis.ingest.check import Checked
from gis.ingest.clean import Terms, clean, uuid_columns
from gis.ingest.encoding import check_encoding
from gis.ingest.findings import Finding, titled, withheld
from gis.ingest.kinds import kinds
from gis.ingest.mapping import NO_CHOICE, Choice, Resolved, require, resolve, says_degrees
from gis.ingest.place import Claim, place
from gis.ingest.quarantine_rows import quarantine_rows
from gis.ingest.read import Raw, read, with_geometry
from gis.ingest.references import unknown_references
from gis.ingest.report import Counts, Report, unidentified
from gis.ingest.scope import instant_of, read_scope, since, speaks_of
from gis.ingest.shown import follow, unseen
from gis.ingest.source import Source, open_source
from gis.ingest.uses import derived_fields
from gis.model.change import DataSource, Provenance
from gis.model.layer import Catalog, Layer
from gis.store import quarantine
from gis.store.database import Connection, DatabaseError
from gis.store.match import Matched, Scope, match
from gis.store.publish import publish
from gis.store.stage import Records, keep, refuse, stage

DRY_RUN, STAGE, PUBLISH = "dry-run", "stage", "publish"
MAX_CLOSED = 0.02
"""Share of the scope that may vanish without the user's `--yes`."""

Progress = Callable[[str, int, int | None], None]
"""Told the phase, how many records are done in it, and of how many where that is known."""


def silent(_phase: str, _done: int, _total: int | None) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the user says about a load. `complete`: what the file is complete for, as `field=value`, or a polygon file.

    `mode`: DRY_RUN, STAGE or PUBLISH. `choice`: --map and --set. `provenance` without the source, which is told of by
    `source_name` (by default the file's name), `agency` (who supplied it) and the file itself.
    """

    provenance: Provenance
    choice: Choice = NO_CHOICE
    mode: str = PUBLISH
    crs: str | None = None
    encoding: str | None = None
    source_layer: str | None = None
    commune: str | None = None
    valid_from: date | None = None
    complete: str | None = None
    yes: bool = False
    source_name: str | None = None
    agency: str | None = None

    @property
    def terms(self) -> Terms:
        """What holds for all records."""
        return Terms(self.encoding, self.commune, self.valid_from)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file that is read, cleaned and checked but for its coverage. `alive` (n,): records without an error.

    `declared`: the CRS that the file itself claims, as it says it.
    """

    source: Source
    raw: Raw
    mapping: Resolved
    data: Checked
    findings: tuple[Finding, ...]
    encodings: Mapping[str, str]
    declared: str | None

    @property
    def alive(self) -> NDArray[np.bool_]:
        """Records that are published."""
        return ~withheld(self.findings, len(self.raw))


def prepare(source: Source, layer: Layer, catalog: Catalog, options: Options, progress: Progress) -> Prepared:
    """Read, clean and check one opened source; nothing is written. Raises IngestError and Undecided."""
    raw = read(source, lambda done, total: progress("read", done, total))
    mapping = resolve(
        layer,
        tuple(raw.attributes.column_names),
        options.choice,
        truncated=source.opened.truncated_names,
        ids=uuid_columns(raw),
    )
    require(layer, mapping, raw.geometry is not None)
    raw = with_geometry(raw, mapping)
    progress("check", 0, len(raw))
    with ThreadPoolExecutor(1) as pool:
        fields = pool.submit(clean, raw, mapping, layer, catalog, options.terms)
        declared = source.opened.crs or ("OGC:CRS84" if says_degrees(mapping) else None)
        placed = place(raw, Claim(declared, options.crs), layer, catalog.territory)
        cleaned = fields.result()
    data = Checked(cleaned.columns, placed)
    findings = [*placed.findings, *cleaned.findings]
    alive = ~withheld(findings, len(raw))
    findings += check.repeated(layer, data, alive)
    findings += check.areas(layer, data, alive)
    findings += check.unnamed(layer, data, alive)
    progress("check", len(raw), len(raw))
    return Prepared(source, raw, mapping, data, tuple(findings), cleaned.encodings, declared)


def looked_up(connection: Connection | None, catalog: Catalog, layer: Layer, prepared: Prepared) -> Prepared:
    """The same with what the database says of the records, where there is one, and what the public will not see."""
    found: list[Finding] = []
    if connection is not None:
        columns, found = follow(connection, catalog, layer, prepared.data, prepared.alive)
        prepared = replace(prepared, data=replace(prepared.data, columns=columns))
        found += unknown_references(connection, catalog, layer, prepared.data, prepared.alive)
    found += unseen(layer, prepared.data, prepared.alive)
    return replace(prepared, findings=(*prepared.findings, *found))


def records(prepared: Prepared) -> Records:
    """What is staged: the records without an error."""
    rows = np.flatnonzero(prepared.alive)
    every = len(rows) == len(prepared.raw)
    geometry = prepared.data.placed.storage if every else prepared.data.placed.storage[rows]
    picked = pa.array(rows)
    columns = {name: values if every else values.take(picked) for name, values in prepared.data.columns.items()}
    columns["source_row"] = pa.array(rows + 1, pa.int64())
    columns["survey_crs"] = pa.array(np.full(len(rows), prepared.data.placed.survey_crs, dtype=np.int32))
    return Records(geometry, columns)


def load(
    connection: Connection | None,
    catalog: Catalog,
    layer: Layer,
    path: Path,
    options: Options,
    progress: Progress = silent,
) -> Report:
    """Load one file into a layer, as `options.mode` says.

    `connection` is in autocommit; a dry run may go without one and then does not know what is new. Raises IngestError
    (and Undecided) with nothing written, and what the store raises.
    """
    check_encoding(options.encoding)
    begin = time.monotonic()
    scope = read_scope(options.complete, layer, catalog) if options.complete else None
    given = instant_of(options.valid_from, catalog.territory.time_zone) if options.valid_from else None
    with open_source(path, options.source_layer, options.encoding) as source:
        prepared = prepare(source, layer, catalog, options, progress)
        if scope is not None:
            scope = replace(scope, since=given or since(prepared.data.columns.get("valid_from"), prepared.alive))
        prepared = looked_up(connection, catalog, layer, prepared)
        provenance = replace(options.provenance, source=_data_source(path, prepared, options))
        with ThreadPoolExecutor(1) as pool:
            coverage = pool.submit(check.coverage, layer, prepared.data, prepared.alive)
            work = _Load(layer, provenance, options, scope, given, prepared, coverage, progress)
            report = work.without_database() if connection is None else work.run(connection)
    return replace(report, seconds=time.monotonic() - begin)


@dataclass(frozen=True, slots=True)
class _Load:
    """One prepared file on its way into the database; `coverage` is still being checked beside it.

    `given`: from when all records hold, where the user said so.
    """

    layer: Layer
    provenance: Provenance
    options: Options
    scope: Scope | None
    given: datetime | None
    prepared: Prepared
    coverage: Future[list[Finding]]
    progress: Progress

    def without_database(self) -> Report:
        """The report of a dry run that knows no database: all sound records would be sent."""
        if self.options.mode != DRY_RUN:
            raise IngestError(
                "Loading needs a database; only --dry-run goes without.",
                "Nạp dữ liệu cần cơ sở dữ liệu; chỉ --dry-run không cần.",
            )
        alive = int(self.prepared.alive.sum())
        return self.report(Matched(alive, 0, 0, 0, 0), DRY_RUN)

    def run(self, connection: Connection) -> Report:
        """Stage, match, and publish or leave staged; a dry run takes all of it back."""
        with _taken_back(connection, self.options.mode == DRY_RUN):
            total = int(self.prepared.alive.sum())
            stage_id = stage(
                connection,
                self.layer,
                self.provenance,
                iter([records(self.prepared)]),
                lambda done: self.progress("send", done, total),
            )
            try:
                return self._staged(connection, stage_id)
            except BaseException:
                _give_up(connection, stage_id)
                raise

    def _staged(self, connection: Connection, stage_id: int) -> Report:
        self.progress("match", 0, None)
        derived = derived_fields(self.layer, self.prepared.mapping.given)
        matched = match(connection, stage_id, self.layer, self.scope, self.given, derived)
        findings = (*self.prepared.findings, *check.misnamed(matched.misnamed))
        return replace(self, prepared=replace(self.prepared, findings=findings)).decided(connection, stage_id, matched)

    def decided(self, connection: Connection, stage_id: int, matched: Matched) -> Report:
        """Publish, leave staged or give up what was matched, as the user asked."""
        self._confirm(matched)
        if self.options.mode == DRY_RUN:
            return self.report(matched, DRY_RUN)
        nothing_new = matched.inserted + matched.updated + matched.vanished == 0
        if nothing_new and matched.unchanged:
            refuse(connection, stage_id)
            return self.report(matched, "unchanged")
        report = self.report(matched, "staged", stage=stage_id)
        with connection.transaction():
            rows = quarantine_rows(self.layer, self.prepared.raw, self.findings())
            quarantine.write(connection, stage_id, rows)
        if nothing_new:
            refuse(connection, stage_id)
            return replace(report, state="unchanged", stage=None)
        if self.options.mode == STAGE:
            keep(connection, stage_id)
            return report
        self.progress("publish", 0, None)
        number = publish(connection, stage_id, self.layer, self.provenance.actor)
        return replace(report, state="published", changeset=number)

    def _confirm(self, matched: Matched) -> None:
        """Closing more than MAX_CLOSED of the scope, or what withheld records may stand for, wants the user's word.

        So does a scope that no record belongs to: it may be mistyped, and all that it holds would be closed.
        """
        if self.scope is not None and not self.options.yes:
            data = self.prepared.data
            if not speaks_of(self.scope, data.columns, data.placed.storage, self.prepared.alive):
                raise self._beside(matched)
        unsure = self._standing_in() if matched.vanished else 0
        if unsure and not self.options.yes:
            raise IngestError(
                f"{unsure:,} record(s) of the file are withheld and may stand for some of the {matched.vanished:,} "
                f"features in '{self.options.complete}' that it seems to lack; they would be closed. Mend the file "
                "(--dry-run lists what is wrong) or, if closing is right, say --yes. Nothing was written.",
                f"{unsure:,} bản ghi của tệp bị giữ lại và có thể là một số trong {matched.vanished:,} đối tượng ở "
                f"'{self.options.complete}' mà tệp có vẻ thiếu; chúng sẽ bị kết thúc. Hãy sửa tệp (--dry-run liệt kê lỗi) hoặc, "
                "nếu kết thúc là đúng, thêm --yes. Chưa ghi gì.",
            )
        if matched.vanished > MAX_CLOSED * matched.in_scope and not self.options.yes:
            raise IngestError(
                f"The file lacks {matched.vanished:,} of {matched.in_scope:,} features in '{self.options.complete}'; "
                "they would be closed. If that is right, say --yes. Nothing was written.",
                f"Tệp thiếu {matched.vanished:,} trong {matched.in_scope:,} đối tượng ở '{self.options.complete}'; chúng sẽ bị kết "
                "thúc. Nếu đúng, thêm --yes. Chưa ghi gì.",
            )

    def _beside(self, matched: Matched) -> IngestError:
        scope, read = self.options.complete, len(self.prepared.raw)
        return IngestError(
            f"None of the {read:,} record(s) of the file belongs to '{scope}', and all of the {matched.vanished:,} feature(s) that "
            "the database has there would be closed. Is it the right scope, and the right file? If so, say --yes. Nothing "
            "was written.",
            f"Không bản ghi nào trong {read:,} bản ghi của tệp thuộc '{scope}', và toàn bộ {matched.vanished:,} đối tượng mà cơ sở "
            "dữ liệu có ở đó sẽ bị kết thúc. Phạm vi và tệp có đúng không? Nếu đúng, thêm --yes. Chưa ghi gì.",
        )

    def _standing_in(self) -> int:
        """Withheld records that may be features of the database; a second copy of a sound record is none."""
        telling = [finding for finding in self.prepared.findings if finding.reason != "duplicate"]
        return int(withheld(telling, len(self.prepared.raw)).sum())

    def findings(self) -> list[Finding]:
        """All findings; waits for the coverage check."""
        return titled([*self.prepared.findings, *self.coverage.result()], self.layer)

    def report(self, matched: Matched, state: str, stage: int | None = None) -> Report:
        """The report; asserts that no record was lost on the way."""
        prepared = self.prepared
        counts = Counts(
            read=len(prepared.raw),
            inserted=matched.inserted,
            updated=matched.updated,
            unchanged=matched.unchanged,
            withheld=int((~prepared.alive).sum()),
            closed=matched.vanished,
        )
        if counts.read != counts.published + counts.unchanged + counts.withheld:
            raise IngestError(
                f"Records were lost on the way, nothing was published; please report this: {counts}.",
                f"Có bản ghi bị mất giữa chừng, chưa công bố gì; xin hãy báo lỗi này: {counts}.",
            )
        crs = prepared.data.placed.crs
        return Report(
            layer=self.layer,
            source=self.options.source_name or prepared.source.name,
            format=prepared.source.format,
            state=state,
            counts=counts,
            kinds=kinds(self.findings()),
            columns=prepared.mapping.columns,
            constants=prepared.mapping.constants,
            unmapped=prepared.mapping.unmapped,
            crs=crs.curie if crs else None,
            encodings=prepared.encodings,
            unidentified=unidentified(self.layer, prepared.data.columns),
            stage=stage,
        )


def _data_source(path: Path, prepared: Prepared, options: Options) -> DataSource:
    """What is kept of the source: of its place only the file's name."""
    declared, used = prepared.declared, prepared.data.placed.crs
    meant = identify(declared) if declared else None
    return DataSource(
        name=options.source_name or path.name,
        digest=prepared.source.digest,
        size=path.stat().st_size,
        format=prepared.source.format,
        layer=options.source_layer,
        crs_declared=(meant.crs.curie if meant.crs else meant.name) if meant else None,
        crs_used=used.curie if used else None,
        encodings=prepared.encodings,
        records=len(prepared.raw),
        mapping={key: dict(part) for key, part in prepared.mapping.parts.items() if part},
        agency=options.agency,
    )


@contextmanager
def _taken_back(connection: Connection, undo: bool) -> Iterator[None]:
    """With `undo`, everything inside is one transaction that is rolled back."""
    if not undo:
        yield
        return
    with connection.transaction(force_rollback=True):
        yield


def _give_up(connection: Connection, stage_id: int) -> None:
    """Drop what was staged, if the connection still serves; a stage left behind does no harm."""
    if not connection.broken:
        with suppress(DatabaseError, NotFound):
            refuse(connection, stage_id)

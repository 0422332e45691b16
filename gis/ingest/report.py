"""What a load did, for people (a table) and for programs (JSON)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from gis.ingest.findings import REASONS, Finding, Severity

_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Counts:
    """Records by what became of them: read = published + unchanged + withheld. `closed` are not in the file.

    `published` are the inserted and the updated; in a dry run without a database they are those that would be sent.
    """

    read: int
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    withheld: int = 0
    closed: int = 0

    @property
    def published(self) -> int:
        """Records written, or ready to be."""
        return self.inserted + self.updated


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the report: a kind of finding and how often it was met."""

    severity: Severity
    reason: str
    field: str | None
    count: int
    responsible: str
    examples: tuple[tuple[int, str, str], ...]  # record from 1, message vi, message en


@dataclass(frozen=True, slots=True)
class Report:
    """The result of one file. `state`: dry-run, staged, published, or unchanged (nothing was to be written)."""

    layer: str
    source: str
    format: str
    state: str
    counts: Counts
    kinds: tuple[Kind, ...]
    columns: Mapping[str, str]
    constants: Mapping[str, str]
    unmapped: tuple[str, ...]
    crs: str | None
    encodings: Mapping[str, str] = field(default_factory=dict)
    stage: int | None = None
    changeset: int | None = None
    seconds: float = 0.0


def kinds(findings: Sequence[Finding]) -> tuple[Kind, ...]:
    """Findings counted by kind, errors first, the most frequent first."""
    by_kind: dict[tuple[Severity, str, str | None], list[Finding]] = {}
    for finding in findings:
        by_kind.setdefault((finding.severity, finding.reason, finding.field), []).append(finding)
    found = [_kind(key, same) for key, same in by_kind.items()]
    return tuple(sorted(found, key=lambda k: (k.severity is not Severity.ERROR, -k.count, k.reason, k.field or "")))


def _kind(key: tuple[Severity, str, str | None], same: list[Finding]) -> Kind:
    severity, reason, name = key
    examples = [
        (int(finding.rows[i]) + 1, finding.message(i, "vi"), finding.message(i, "en"))
        for finding in same
        for i in range(min(_EXAMPLES, len(finding)))
    ]
    responsible = str(REASONS[reason].responsible)
    return Kind(severity, reason, name, sum(map(len, same)), responsible, tuple(examples[:_EXAMPLES]))


def as_json(report: Report) -> dict[str, object]:
    """The report as plain JSON values."""
    counts = report.counts
    return {
        "layer": report.layer,
        "source": report.source,
        "format": report.format,
        "state": report.state,
        "stage": report.stage,
        "changeset": report.changeset,
        "crs": report.crs,
        "encodings": dict(report.encodings),
        "mapping": {"columns": dict(report.columns), "constants": dict(report.constants)},
        "unmapped": list(report.unmapped),
        "counts": {
            "read": counts.read,
            "published": counts.published,
            "inserted": counts.inserted,
            "updated": counts.updated,
            "unchanged": counts.unchanged,
            "withheld": counts.withheld,
            "closed": counts.closed,
        },
        "findings": [
            {
                "severity": str(kind.severity),
                "reason": kind.reason,
                "field": kind.field,
                "count": kind.count,
                "responsible": kind.responsible,
                "examples": [{"record": row, "vi": vi, "en": en} for row, vi, en in kind.examples],
            }
            for kind in report.kinds
        ],
        "seconds": round(report.seconds, 3),
    }


def as_table(report: Report) -> RenderableType:
    """The report for a terminal: mapping, counts, and a row for each kind of finding."""
    parts: list[RenderableType] = [Text(f"{report.source} → {report.layer}", style="bold"), _mapping_table(report)]
    if report.kinds:
        parts.append(_findings_table(report))
    how = "".join(f"; column {column} read as {name}" for column, name in report.encodings.items())
    about = Text(f"{report.format}, {report.crs or 'no CRS'}{how}. {_outcome(report)}.")
    return Group(*parts, _counts_table(report), about, *_closed_in_doubt(report))


def _closed_in_doubt(report: Report) -> list[Text]:
    """Withheld records may stand for features that were closed because the file seems to lack them."""
    closed, kept = report.counts.closed, report.counts.withheld
    if not closed or not kept:
        return []
    text = f"{kept:,} record(s) were withheld; some of the {closed:,} features that close may be these records."
    return [Text(text, style="red")]


def _mapping_table(report: Report) -> Table:
    """Which column became which field."""
    table = Table()
    table.add_column("Source column")
    table.add_column("Field")
    for name, source in report.columns.items():
        table.add_row(Text(source), name)
    for name, value in report.constants.items():
        table.add_row(Text(f"= {value}", style="italic"), name)
    for source in report.unmapped:
        table.add_row(Text(source, style="dim"), Text("not used", style="dim"))
    return table


def _counts_table(report: Report) -> Table:
    counts = report.counts
    table = Table()
    for name in ("Read", "New", "Changed", "Unchanged", "Withheld", "Closed"):
        table.add_column(name, justify="right")
    numbers = (counts.read, counts.inserted, counts.updated, counts.unchanged, counts.withheld, counts.closed)
    table.add_row(*(f"{number:,}" for number in numbers))
    return table


def _outcome(report: Report) -> str:
    match report.state:
        case "published":
            return f"Published as changeset {report.changeset} in {report.seconds:.1f} s"
        case "staged":
            return f"Staged as {report.stage}, to be published with: landmap changeset publish {report.stage}"
        case "unchanged":
            return "Nothing to write"
        case _:
            return "Dry run, nothing was written"


def _findings_table(report: Report) -> Table:
    table = Table()
    for name in ("", "Kind", "Field"):
        table.add_column(name)
    table.add_column("Records", justify="right")
    table.add_column("Who must act")
    table.add_column("For example")
    for kind in report.kinds:
        style = "red" if kind.severity is Severity.ERROR else "yellow"
        example = f"{kind.examples[0][0]}: {kind.examples[0][2]}" if kind.examples else ""
        table.add_row(
            Text(str(kind.severity), style=style),
            kind.reason,
            kind.field or "",
            f"{kind.count:,}",
            kind.responsible,
            Text(example),
        )
    return table

"""What a load did, for people (a table) and for programs (JSON)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import pyarrow as pa
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text as Shown

from gis.ingest.findings import Severity
from gis.ingest.kinds import Example, Kind
from gis.ingest.reasons import REASONS
from gis.model.change import stage_name
from gis.model.layer import GeometryType, Layer, Role, Text


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
class Report:
    """The result of one file. `state`: dry-run, staged, published, or unchanged (nothing was to be written).

    `unidentified`: parts of the layer's identity that no record has, see there.
    """

    layer: Layer
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
    unidentified: tuple[str, ...] = ()
    stage: int | None = None
    changeset: int | None = None
    seconds: float = 0.0


def unidentified(layer: Layer, columns: Mapping[str, pa.Array]) -> tuple[str, ...]:
    """Parts of the layer's identity that no record has. Without the last one, the number, records have no identity;
    without others, the rest of it has to tell them apart."""
    return tuple(
        name for name in layer.identity if name not in columns or columns[name].null_count == len(columns[name])
    )


def as_json(report: Report) -> dict[str, object]:
    """The report as plain JSON values."""
    counts = report.counts
    return {
        "layer": report.layer.id,
        "source": report.source,
        "format": report.format,
        "state": report.state,
        "stage": report.stage,
        "changeset": report.changeset,
        "crs": report.crs,
        "encodings": dict(report.encodings),
        "mapping": {"columns": dict(report.columns), "constants": dict(report.constants)},
        "unmapped": list(report.unmapped),
        "unidentified": list(report.unidentified),
        "counts": {
            "read": counts.read,
            "published": counts.published,
            "inserted": counts.inserted,
            "updated": counts.updated,
            "unchanged": counts.unchanged,
            "withheld": counts.withheld,
            "closed": counts.closed,
        },
        "findings": [_kind_as_json(kind) for kind in report.kinds],
        "remarks": [
            {"vi": vi, "en": en} for vi, en in zip(*(_Shown(report, x).told() for x in ("vi", "en")), strict=True)
        ],
        "seconds": round(report.seconds, 3),
    }


def _kind_as_json(kind: Kind) -> dict[str, object]:
    """`different` details, of which each example has one; `records` that share it are told where there are several.

    `withheld` of the count are on records that an error keeps back.
    """
    return {
        "severity": str(kind.severity),
        "reason": kind.reason,
        "field": kind.field,
        "count": kind.count,
        "different": kind.different,
        "withheld": kind.withheld,
        "responsible": kind.responsible,
        "examples": [
            {"record": example.record, "vi": example.message.vi, "en": example.message.en}
            | ({"records": example.records} if example.records > 1 else {})
            for example in kind.examples
        ],
    }


_HEADS = MappingProxyType(
    {
        Severity.ERROR: (Text("Lỗi: bản ghi bị giữ lại", "Errors: these records are withheld"), "red"),
        Severity.WARNING: (
            Text("Cảnh báo: không vì thế mà giữ lại", "Warnings: nothing is withheld for these"),
            "yellow",
        ),
        Severity.NOTE: (Text("Chưa kiểm tra được", "What could not be checked"), "dim"),
    }
)
_WHO = MappingProxyType(
    {
        "source": Text("Nơi lập tệp", "Supplier"),
        "steward": Text("Người nạp", "Steward"),
        "owner": Text("Chủ lớp", "Owner"),
    }
)
_FIXED = MappingProxyType(
    {
        "id": Text("Mã trong cơ sở dữ liệu", "Id in the database"),
        "valid_from": Text("Có hiệu lực từ", "Holds from"),
        "valid_to": Text("Hết hiệu lực từ", "Holds until"),
        "geometry.x": Text("Kinh độ hoặc hướng đông", "Longitude or easting"),
        "geometry.y": Text("Vĩ độ hoặc hướng bắc", "Latitude or northing"),
        "geometry.wkt": Text("Hình học dạng WKT", "Geometry as WKT"),
    }
)
"""What the targets beside the layer's fields mean (see gis.ingest.mapping.FIXED)."""
_COUNTS = (
    Text("Đọc", "Read"),
    Text("Mới", "New"),
    Text("Thay đổi", "Changed"),
    Text("Giữ nguyên", "Unchanged"),
    Text("Giữ lại", "Withheld"),
    Text("Kết thúc", "Closed"),
)
_OUTCOMES = MappingProxyType(
    {
        "published": Text(
            "Đã công bố thành lần cập nhật {changeset} trong {seconds} giây.",
            "Published as changeset {changeset} in {seconds} s.",
        ),
        "staged": Text(
            "Đang chờ với tên {stage}; công bố bằng: landmap changeset publish {stage}",
            "Staged as {stage}, to be published with: landmap changeset publish {stage}",
        ),
        "unchanged": Text("Không có gì để ghi.", "Nothing to write."),
        "dry-run": Text("Chạy thử, chưa ghi gì.", "Dry run, nothing was written."),
    }
)
_LISTED = Text(
    "Lỗi và cảnh báo của từng bản ghi: landmap changeset show {stage}",
    "Errors and warnings record by record: landmap changeset show {stage}",
)


def as_table(report: Report, language: str = "en") -> RenderableType:
    """The report for a terminal of 80 columns or more: mapping, a row for each kind of finding, counts, what is next."""
    shown = _Shown(report, language)
    title = Shown(f"{report.source} → {report.layer.id} ({report.layer.title[language]})", style="bold")
    found = [shown.findings(severity) for severity in Severity if any(k.severity is severity for k in report.kinds)]
    blocks = [Group(title, shown.about()), shown.mapping(), *found, shown.counts(), *shown.remarks(), shown.outcome()]
    return Group(*(part for block in blocks for part in (block, Shown())))


def number(value: int, language: str) -> str:
    """`3,774`, in Vietnamese `3.774`."""
    text = f"{value:,}"
    return text.replace(",", ".") if language == "vi" else text


@dataclass(frozen=True, slots=True)
class _Shown:
    """The parts of a report in one language."""

    report: Report
    language: str

    def say(self, vi: str, en: str) -> str:
        """One of the two."""
        return vi if self.language == "vi" else en

    def about(self) -> Shown:
        """What the file is, and how it was read."""
        report = self.report
        how = "".join(
            self.say(f"; cột {column} đọc theo {name}", f"; column {column} read as {name}")
            for column, name in report.encodings.items()
        )
        return Shown(f"{report.format}, {report.crs or self.say('không có hệ toạ độ', 'no CRS')}{how}.")

    def mapping(self) -> RenderableType:
        """Which column became which field, and what is not used."""
        table = _table()
        table.add_column(self.say("Cột trong tệp", "Source column"), overflow="fold", max_width=30)
        table.add_column(self.say("Trường", "Field"), overflow="fold")
        table.add_column(self.say("Nghĩa", "Meaning"), overflow="fold")
        for name, source in self.report.columns.items():
            table.add_row(Shown(source), name, self._title(name))
        for name, value in self.report.constants.items():
            table.add_row(Shown(f"= {value}", style="italic"), name, self._title(name))
        if not self.report.unmapped:
            return table
        names = ", ".join(self.report.unmapped)
        return Group(table, Shown(f"{self.say('Cột không dùng', 'Columns not used')}: {names}", style="dim"))

    def _title(self, name: str) -> str:
        layer = self.report.layer
        return (layer.field(name).title if name in layer else _FIXED[name])[self.language]

    def findings(self, severity: Severity) -> Table:
        """One row for each kind of finding of that severity, with what shows it best and what is to be done."""
        what, style = _HEADS[severity]
        table = _table()
        table.add_column(Shown(self.say("Số lượng", "Count"), style=style), justify="right", no_wrap=True)
        table.add_column(Shown(what[self.language], style=style), overflow="fold")
        for kind in self.report.kinds:
            if kind.severity is severity:
                table.add_row(number(kind.count, self.language), Group(*self._lines(kind)))
        return table

    def _lines(self, kind: Kind) -> list[Shown]:
        reason = REASONS[kind.reason]
        of = f": {kind.title[self.language] if kind.title else kind.field}" if kind.field else ""
        lines = [Shown.assemble((f"{reason.name[self.language]}{of}", "bold"), (f"  {kind.reason}", "dim"))]
        lines += [Shown(f"· {self._example(example)}") for example in kind.examples]
        if kind.different > len(kind.examples) > 0:
            rest = number(kind.different - len(kind.examples), self.language)
            lines.append(Shown(self.say(f"· và {rest} nữa", f"· and {rest} more")))
        if kind.withheld and kind.severity is not Severity.ERROR:
            kept = number(kind.withheld, self.language)
            lines.append(
                Shown(self.say(f"· {kept} ở bản ghi bị giữ lại vì lỗi", f"· {kept} on records withheld for errors"))
            )
        who = _WHO[kind.responsible][self.language]
        remedy = f": {reason.remedy[self.language]}" if reason.remedy else ""
        lines.append(Shown(f"→ {who}{remedy}", style="italic"))
        return lines

    def _example(self, example: Example) -> str:
        record = self.say(f"bản ghi {example.record}", f"record {example.record}")
        detail = example.detail[self.language]
        if not detail:
            return record
        if example.records == 1:
            return f"{record} – {detail}"
        times = number(example.records, self.language)
        return f"{detail} × {times} ({self.say('đầu tiên', 'first')}: {record})"

    def counts(self) -> Table:
        """Records by what became of them."""
        counts = self.report.counts
        table = _table()
        for name in _COUNTS:
            table.add_column(name[self.language], justify="right", no_wrap=True)
        numbers = (counts.read, counts.inserted, counts.updated, counts.unchanged, counts.withheld, counts.closed)
        table.add_row(*(number(value, self.language) for value in numbers))
        return table

    def remarks(self) -> list[Shown]:
        """What the steward should know beside single records."""
        return [Shown(text, style="yellow") for text in self.told()]

    def told(self) -> list[str]:
        """The remarks as text."""
        return [*self._without_identity(), *self._closed_in_doubt()]

    def _closed_in_doubt(self) -> list[str]:
        """Withheld records may stand for features that were closed because the file seems to lack them."""
        closed, kept = self.report.counts.closed, self.report.counts.withheld
        if not closed or not kept:
            return []
        closing, withheld = number(closed, self.language), number(kept, self.language)
        return [
            self.say(
                f"{withheld} bản ghi bị giữ lại; trong {closing} đối tượng kết thúc có thể có những bản ghi này.",
                f"{withheld} record(s) were withheld; some of the {closing} features that close may be these records.",
            )
        ]

    def _without_identity(self) -> list[str]:
        """Which parts of the identity are missing, what follows, and how to give them."""
        missing = self.report.unidentified
        if not missing:
            return []
        names = ", ".join(f"{name} ({self._title(name)})" for name in missing)
        give = self.say("Khai báo bằng", "Give it with")
        options = " ".join(self._option(name) for name in missing)
        lacks = self.say("thiếu trường định danh", "missing from the identity")
        return [
            f"{self.say('Cảnh báo', 'Warning')}: {lacks}: {names}. {self.say('Hệ quả', 'What follows')}: {self._follows(missing)}. {give} {options}"
        ]

    def _follows(self, missing: tuple[str, ...]) -> str:
        """What a missing part of the identity leads to: with the last one, the number, all of it is missing."""
        layer = self.report.layer
        if layer.identity[-1] not in missing:
            left = [layer.stand_ins.get(name, "") if name in missing else name for name in layer.identity]
            left = [name for name in left if name]
            rest = ", ".join(self.say(self._title(name), name) for name in left)
            return self.say(
                f"bản ghi chỉ được phân biệt bằng {rest}; hai bản ghi cùng giá trị bị coi là một đối tượng",
                f"records are told apart by {rest} alone, and two with the same values count as one feature",
            )
        text = self.say(
            "lần nạp sau chỉ nhận ra các bản ghi này khi nội dung y hệt",
            "a later load knows these records again only by equal content",
        )
        if layer.geometry.type is not GeometryType.MULTIPOLYGON:
            return text
        return text + self.say(", hoặc khi hình chồng nhau quá nửa", ", or by an overlap of more than half")

    def _option(self, name: str) -> str:
        if name == self.report.layer.identity[-1]:
            return f"--map {self.say('CỘT', 'COLUMN')}={name}"
        if self.report.layer.field(name).role is Role.COMMUNE:
            return "--commune CODE"
        return f"--set {name}={self.say('GIÁ_TRỊ', 'VALUE')}"

    def outcome(self) -> Shown:
        """What became of the load, and what comes next."""
        report = self.report
        text = _OUTCOMES[report.state][self.language]
        if report.stage is not None and any(kind.severity is not Severity.NOTE for kind in report.kinds):
            text += "\n" + _LISTED[self.language]
        seconds = f"{report.seconds:.1f}"
        return Shown(
            text.format(
                changeset=report.changeset,
                stage=stage_name(report.stage) if report.stage is not None else None,
                seconds=seconds.replace(".", ",") if self.language == "vi" else seconds,
            ),
            style="bold",
        )


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")

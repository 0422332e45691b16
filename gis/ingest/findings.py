"""What can be wrong with a record: the kinds, their sentences, and who must act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


class Severity(StrEnum):
    """`error`: the record is withheld. `warning`: it is published, and listed."""

    ERROR = "error"
    WARNING = "warning"


class Responsible(StrEnum):
    """`source`: the agency that made the file. `steward`: whoever loads it (mapping, options, codelists)."""

    SOURCE = "source"
    STEWARD = "steward"


@dataclass(frozen=True, slots=True)
class Reason:
    """One kind of finding. `{field}` and `{detail}` in the sentences are filled in for each record."""

    vi: str
    en: str
    responsible: Responsible = Responsible.SOURCE


REASONS = MappingProxyType(
    {
        "geometry-missing": Reason("Không có hình học.", "It has no geometry."),
        "geometry-empty": Reason("Hình học rỗng.", "The geometry is empty."),
        "geometry-unreadable": Reason("Không đọc được hình học: {detail}.", "The geometry cannot be read: {detail}."),
        "coordinate-not-finite": Reason("Toạ độ là NaN hoặc vô cực.", "A coordinate is NaN or infinite."),
        "outside-territory": Reason("Nằm ngoài địa bàn: {detail}.", "It lies outside the territory: {detail}."),
        "geometry-type": Reason(
            "Loại hình học là {detail}, không đúng với lớp dữ liệu.",
            "The geometry is a {detail}, which this layer does not take.",
        ),
        "geometry-invalid": Reason(
            "Hình học không hợp lệ, sửa sẽ làm đổi diện tích: {detail}.",
            "The geometry is invalid, and mending it would change the area: {detail}.",
        ),
        "geometry-repaired": Reason(
            "Hình học không hợp lệ đã được sửa, diện tích không đổi: {detail}.",
            "The geometry was invalid and has been mended without changing the area: {detail}.",
        ),
        "area-zero": Reason("Diện tích bằng 0.", "The area is zero."),
        "length-zero": Reason("Chiều dài bằng 0.", "The length is zero."),
        "duplicate": Reason("Trùng hoàn toàn với bản ghi {detail}.", "It equals record {detail} in everything."),
        "duplicate-geometry": Reason(
            "Hình học trùng với bản ghi {detail}.", "Its geometry equals that of record {detail}."
        ),
        "repeated-key": Reason("Khoá định danh lặp lại: {detail}.", "Its identity was already used: {detail}."),
        "repeated-id": Reason(
            "Mã id lặp lại với khoảng hiệu lực chồng nhau: {detail}.",
            "The same id comes twice for overlapping times: {detail}.",
        ),
        "overlap": Reason("Chồng lấn với bản ghi {detail}.", "It overlaps record {detail}."),
        "contained": Reason(
            "Nằm trọn trong hoặc trùng bản ghi {detail}.", "It lies within, or covers, record {detail}."
        ),
        "gap": Reason("Có khe hở hẹp với bản ghi {detail}.", "There is a narrow gap to record {detail}."),
        "area-difference": Reason(
            "Diện tích trong hồ sơ khác diện tích đo trên bản đồ: {detail}.",
            "The recorded area differs from the area of the shape: {detail}.",
        ),
        "required-missing": Reason("Thiếu giá trị bắt buộc '{field}'.", "The required value '{field}' is missing."),
        "number-unreadable": Reason(
            "'{field}': không đọc được số {detail}.", "'{field}': {detail} cannot be read as a number."
        ),
        "date-unreadable": Reason(
            "'{field}': không đọc được ngày {detail} (cần dd/mm/yyyy hoặc ISO).",
            "'{field}': {detail} cannot be read as a date (dd/mm/yyyy or ISO is wanted).",
        ),
        "boolean-unreadable": Reason(
            "'{field}': không hiểu giá trị đúng/sai {detail}.", "'{field}': {detail} is neither true nor false."
        ),
        "out-of-range": Reason(
            "'{field}': giá trị {detail} nằm ngoài khoảng cho phép.", "'{field}': {detail} is out of range."
        ),
        "pattern": Reason("'{field}': {detail} không đúng mẫu.", "'{field}': {detail} does not have the right form."),
        "unknown-code": Reason(
            "'{field}': mã {detail} không có trong danh mục.",
            "'{field}': code {detail} is not in the codelist.",
            Responsible.STEWARD,
        ),
        "group-code": Reason(
            "'{field}': mã nhóm {detail} không dùng cho một đối tượng.",
            "'{field}': {detail} is the code of a group and cannot stand on a feature.",
        ),
        "code-undecided": Reason(
            "'{field}': mã cũ {detail} không có một mã mới duy nhất, cần người quyết định.",
            "'{field}': the former code {detail} has no single successor; a person must decide.",
            Responsible.STEWARD,
        ),
        "text-lost": Reason(
            "'{field}': chữ đã hỏng, không khôi phục được: {detail}.",
            "'{field}': the text is damaged beyond repair: {detail}.",
        ),
        "formula": Reason("'{field}': ô chứa công thức: {detail}.", "'{field}': the cell holds a formula: {detail}."),
        "turned-into-date": Reason(
            "'{field}': bảng tính đã biến số hiệu thành ngày: {detail}.",
            "'{field}': a spreadsheet has turned the number into a date: {detail}.",
        ),
        "leading-zeros": Reason(
            "'{field}': đã thêm lại số 0 ở đầu: {detail}.", "'{field}': lost leading zeros were put back: {detail}."
        ),
        "time-reversed": Reason(
            "Ngày hết hiệu lực không sau ngày có hiệu lực: {detail}.",
            "It ends before it begins: {detail}.",
        ),
        "ends-before-it-begins": Reason(
            "Đã hết hiệu lực {detail} mà không có ngày bắt đầu.",
            "It ended on {detail} and nothing says when it began.",
        ),
        "protected": Reason(
            "'{field}': {detail} có thể là loại đất không công bố đầy đủ; bản ghi được bảo vệ.",
            "'{field}': {detail} may mean land that is not shown in full; the record is protected.",
            Responsible.STEWARD,
        ),
        "unknown-reference": Reason(
            "'{field}': không có {detail} trong cơ sở dữ liệu.", "'{field}': {detail} is not in the database."
        ),
        "other-commune": Reason(
            "'{field}': mã xã {detail} khác với --commune.", "'{field}': commune {detail} is not the one of --commune."
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of finding on many records: `rows` are positions in the file, from 0; `details` go with them."""

    reason: str
    severity: Severity
    rows: Rows
    details: Sequence[str] | None = None
    field: str | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def message(self, position: int, language: str) -> str:
        """The sentence for the record at `position` of `rows`, in `vi` or `en`."""
        reason = REASONS[self.reason]
        text = reason.vi if language == "vi" else reason.en
        detail = self.details[position] if self.details is not None else ""
        return text.replace("{field}", self.field or "").replace("{detail}", detail)


def error(reason: str, rows: Rows, details: Sequence[str] | None = None, field: str | None = None) -> Finding:
    """A finding that withholds its records."""
    return Finding(reason, Severity.ERROR, rows, details, field)


def warning(reason: str, rows: Rows, details: Sequence[str] | None = None, field: str | None = None) -> Finding:
    """A finding with which records are published."""
    return Finding(reason, Severity.WARNING, rows, details, field)


def withheld(findings: Sequence[Finding], count: int) -> NDArray[np.bool_]:
    """Which of `count` records have at least one error."""
    mask = np.zeros(count, dtype=bool)
    for finding in findings:
        if finding.severity is Severity.ERROR:
            mask[finding.rows] = True
    return mask

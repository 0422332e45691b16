"""Findings in words, Vietnamese and English."""

from __future__ import annotations

from collections.abc import Sequence

from gis.model.layer import Text
from gis.model.verdict import Missing, Status
from gis.rules.pack import Kind, Rule

_SEPARATORS = str.maketrans(",.", ".,")
_UNITS = {"m2": " m²", "m": " m", "%": " %"}


def vietnamese_number(value: float) -> str:
    """`1.234,5`: up to two decimals, no zeros behind."""
    return english_number(value).translate(_SEPARATORS)


def english_number(value: float) -> str:
    """`1,234.5`: up to two decimals, no zeros behind."""
    text = f"{value:,.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def message(rule: Rule, status: Status, values: tuple[float | None, float | None], missing: Sequence[Missing]) -> Text:
    """What the finding says; `values` are what was measured and the limit."""
    title = rule.title
    if status is Status.NOT_APPLICABLE:
        return Text(f"{title.vi}: không áp dụng cho trường hợp này.", f"{title.en}: does not apply here.")
    if status in (Status.NO_DATA, Status.ERROR):
        return _open(rule, status, missing)
    if rule.kind is Kind.ATTRIBUTE or rule.kind is Kind.COMPLETENESS:
        word = status.word
        return Text(f"{title.vi}: {word.vi.lower()}.", f"{title.en}: {word.en.lower()}.")
    return _compared(rule, status, values)


def _open(rule: Rule, status: Status, missing: Sequence[Missing]) -> Text:
    names = Text(", ".join(m.title.vi for m in missing), ", ".join(m.title.en for m in missing))
    if status is Status.ERROR:
        return Text(
            f"{rule.title.vi}: không đọc được {names.vi}; hãy kiểm tra lại.",
            f"{rule.title.en}: cannot read {names.en}; check it.",
        )
    if not missing:
        return Text(f"{rule.title.vi}: chưa có dữ liệu.", f"{rule.title.en}: no data.")
    return Text(f"{rule.title.vi}: còn thiếu {names.vi}.", f"{rule.title.en}: missing: {names.en}.")


def _compared(rule: Rule, status: Status, values: tuple[float | None, float | None]) -> Text:
    measured, limit = values
    if measured is None and limit is not None and rule.kind is Kind.DISTANCE and status is Status.PASS:
        return Text(
            f"{rule.title.vi}: trong phạm vi {vietnamese_number(limit)} m không có.",
            f"{rule.title.en}: none within {english_number(limit)} m.",
        )
    if measured is None or limit is None:
        vi, en = ("không đạt", "is not kept") if status is not Status.PASS else ("đạt", "is kept")
        return Text(f"{rule.title.vi}: {vi}, dù còn thiếu dữ liệu.", f"{rule.title.en}: {en}, though data are missing.")
    unit = _UNITS.get(rule.unit or "", "")
    bound = Text("tối thiểu", "at least") if rule.at_least else Text("tối đa", "at most")
    return Text(
        f"{rule.title.vi}: {vietnamese_number(measured)}{unit}, {bound.vi} {vietnamese_number(limit)}{unit}.",
        f"{rule.title.en}: {english_number(measured)}{unit}, {bound.en} {english_number(limit)}{unit}.",
    )

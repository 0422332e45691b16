"""What is wrong with the records of a file: findings, each of one kind on many records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from gis.ingest.reasons import REASONS
from gis.model.layer import Layer, Text

Rows = NDArray[np.int64]
Amounts = NDArray[np.float64]


class Severity(StrEnum):
    """`error`: the record is withheld. `warning`: it is published, and listed. `note`: nothing is wrong that could be
    told; it is counted in the report only."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


type Detail = str | Text
"""What is said of one record: a value of the file, or words of ours in both languages."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of finding on many records: `rows` are positions in the file, from 0; `details` go with them.

    `amounts` go with them too, where one record can be worse than another: m² or m, whatever the details tell.
    `title` is what people call the `field`.
    """

    reason: str
    severity: Severity
    rows: Rows
    details: Sequence[Detail] | None = None
    field: str | None = None
    amounts: Amounts | None = None
    title: Text | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def detail(self, position: int) -> Text:
        """What is said of the record at `position` of `rows`; empty where nothing is."""
        detail = self.details[position] if self.details is not None else ""
        return detail if isinstance(detail, Text) else Text(detail, detail)

    def message(self, position: int, language: str) -> str:
        """The sentence for the record at `position` of `rows`, in `vi` or `en`.

        English has the field by its name, Vietnamese by its title: the names are English words.
        """
        called = self.title.vi if self.title is not None and language == "vi" else self.field or ""
        text = REASONS[self.reason].sentence[language]
        return text.replace("{field}", called).replace("{detail}", self.detail(position)[language])


def amount(value: float, unit: str, digits: int | None = None) -> Text:
    """A measured value as both languages write it: `2,556 m²` and `2.556 m²`; four digits of it, or `digits` behind the point."""
    if digits is None:
        before = int(np.floor(np.log10(abs(value)))) if value else 0
        text = f"{value:,.{max(0, 3 - before)}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    else:
        text = f"{value:,.{digits}f}"
    return Text(f"{text.translate(_VIETNAMESE_NUMBER)} {unit}", f"{text} {unit}")


_VIETNAMESE_NUMBER = str.maketrans(",.", ".,")


def error(
    reason: str,
    rows: Rows,
    details: Sequence[Detail] | None = None,
    field: str | None = None,
    amounts: Amounts | None = None,
) -> Finding:
    """A finding that withholds its records."""
    return Finding(reason, Severity.ERROR, rows, details, field, amounts)


def warning(
    reason: str,
    rows: Rows,
    details: Sequence[Detail] | None = None,
    field: str | None = None,
    amounts: Amounts | None = None,
) -> Finding:
    """A finding with which records are published."""
    return Finding(reason, Severity.WARNING, rows, details, field, amounts)


def titled(findings: Sequence[Finding], layer: Layer) -> list[Finding]:
    """The findings with the titles that the layer gives to their fields."""
    titles = {field.name: field.title for field in layer.fields}
    return [replace(finding, title=titles.get(finding.field)) if finding.field else finding for finding in findings]


def note(reason: str, rows: Rows, details: Sequence[Detail] | None = None, field: str | None = None) -> Finding:
    """A finding that says what could not be told."""
    return Finding(reason, Severity.NOTE, rows, details, field)


def withheld(findings: Sequence[Finding], count: int) -> NDArray[np.bool_]:
    """Which of `count` records have at least one error."""
    mask = np.zeros(count, dtype=bool)
    for finding in findings:
        if finding.severity is Severity.ERROR:
            mask[finding.rows] = True
    return mask

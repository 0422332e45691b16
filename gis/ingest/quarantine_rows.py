"""Findings as rows for the quarantine: each with the record as it was read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from gis.ingest.findings import Finding, Severity
from gis.ingest.read import Raw
from gis.ingest.reasons import REASONS
from gis.model.layer import Layer

_CHUNK = 5_000


def quarantine_rows(layer: Layer, raw: Raw, findings: Sequence[Finding]) -> Iterator[dict[str, Any]]:
    """One row for each error and warning on each record, with the shape as read: WKB in the CRS of the file, x first."""
    for finding in findings:
        if finding.severity is Severity.NOTE:
            continue
        for start in range(0, len(finding), _CHUNK):
            yield from _chunk(layer, raw, finding, start)


def _chunk(layer: Layer, raw: Raw, finding: Finding, start: int) -> Iterator[dict[str, Any]]:
    rows = finding.rows[start : start + _CHUNK]
    records = raw.attributes.take(pa.array(rows)).to_pylist()
    blobs = [None] * len(rows) if raw.geometry is None else shapely.to_wkb(raw.geometry[rows], output_dimension=2)
    reason = REASONS[finding.reason]
    for i, row in enumerate(rows):
        yield {
            "layer": layer.id,
            "source_row": int(row) + 1,
            "severity": str(finding.severity),
            "reason": finding.reason,
            "message_vi": finding.message(start + i, "vi"),
            "message_en": finding.message(start + i, "en"),
            "responsible": str(reason.responsible),
            "raw": {name: _plain(value) for name, value in records[i].items()},
            "geom_wkb": blobs[i],
        }


def _plain(value: object) -> object:
    """A value as JSON has it; text without the NUL that PostgreSQL does not take."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    if isinstance(value, (int, float, bool)) or value is None:
        return value
    if isinstance(value, bytes):
        return value.hex()
    return str(value)

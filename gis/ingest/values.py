"""One source column becomes one field: its type, its form, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gis.ingest import encoding
from gis.ingest.codes import CodeColumn, read_code_lists, read_codes
from gis.ingest.dates import read_dates
from gis.ingest.findings import Finding, Severity
from gis.ingest.numbers import read_numbers
from gis.ingest.text_bytes import traits
from gis.model.layer import Codelist, Field, FieldType, Layer, Role

_NOTHING = ("", "<Null>", "NULL", "<NULL>", "#N/A", "nan", "NaN")
_FORMULA = r"^[=+\-@]\s*[A-Za-z][A-Za-z0-9_.]*\s*[(|!]|^=[-+(]?[$A-Za-z0-9\"]"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|thg ?\d{1,2})"
_CLOCK = r"(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?"
_TURNED_INTO_DATE = (
    rf"(?i)^(?:\d{{1,4}}-{_MONTH}(?:-\d{{2,4}})?|{_MONTH}-\d{{1,4}}"
    rf"|\d{{4}}-\d{{2}}-\d{{2}}{_CLOCK}|\d{{1,2}}/\d{{1,2}}/\d{{4}}{_CLOCK})$"
)
_POINT_ZERO = r"^(\d+)\.0+$"
_FIXED_DIGITS = re.compile(r"\^(?:\[0-9\]|\\d)\{(\d+)\}\$")
_TRUE = {"1", "true", "t", "yes", "y", "x", "có", "co", "đúng", "dung"}
_FALSE = {"0", "false", "f", "no", "n", "không", "khong", "sai"}
_SHOWN = 80  # characters of a value in a message


@dataclass(slots=True)
class Cleaner:
    """Reads columns into fields of one layer and collects what it finds. `zone` is the territory's time zone."""

    layer: Layer
    codelists: Mapping[str, Codelist]
    zone: str
    encoding: str | None = None
    findings: list[Finding] = field(default_factory=list)
    encodings: dict[str, str] = field(default_factory=dict)

    def read(self, target: Field, values: pa.Array, column: str, reading: str | None = None) -> pa.Array:
        """`values` as the Arrow type of the field. What cannot be read is null and found. Raises Undecided."""
        if pa.types.is_list(values.type) or pa.types.is_large_list(values.type):
            values = _joined(values)
        texts = self._text(target, values, column) if is_text(values) else values
        match target.type:
            case FieldType.NUMBER | FieldType.INTEGER:
                return self._number(target, texts, column, reading)
            case FieldType.DATE | FieldType.TIMESTAMP:
                return self._date(target, texts, column, reading)
            case FieldType.BOOLEAN:
                return self._boolean(target, texts)
            case FieldType.TEXT_LIST:
                return self._codes(target, as_text(texts))
            case _:
                return self._code(target, self._shape(target, as_text(texts)))

    def find(self, reason: str, target: Field, mask: NDArray[np.bool_], values: pa.Array) -> None:
        """Note a reason on the masked rows: an error where the value decides who the record is or who may see it."""
        rows = np.flatnonzero(mask)
        if len(rows):
            details = [_shown(value) for value in values.take(pa.array(rows)).to_pylist()]
            self.findings.append(Finding(reason, self.severity(target), rows, details, target.name))

    def severity(self, target: Field) -> Severity:
        """Without these values a record is not published; without any other it is, and listed."""
        deciding = {rule.field for rule in self.layer.rows.rules} | set(self.layer.identity)
        return Severity.ERROR if target.required or target.name in deciding else Severity.WARNING

    def _text(self, target: Field, values: pa.Array, column: str) -> pa.Array:
        """Unicode text without what spreadsheets and databases write for nothing."""
        values = encoding.valid_text(values)
        known = traits(values)
        reading = encoding.detect(values, column, known, self.encoding)
        texts = encoding.mend(values, reading, known)
        if reading.name != "unicode":
            self.encodings[column] = reading.name
        texts = _without(texts, pc.is_in(texts, value_set=pa.array(_NOTHING)).to_numpy(zero_copy_only=False))
        if known.doubtful:
            texts = self._leave_out("text-lost", target, encoding.lost(texts), texts)
        if known.signed or known.padded:
            texts = self._leave_out("formula", target, _matches(texts, _FORMULA), texts)
        return texts

    def _leave_out(self, reason: str, target: Field, mask: NDArray[np.bool_], values: pa.Array) -> pa.Array:
        """Note a reason, and make the masked values null."""
        self.find(reason, target, mask, values)
        return _without(values, mask)

    def _shape(self, target: Field, texts: pa.Array) -> pa.Array:
        """Numbers of things that spreadsheets have changed are put right where that is certain, and found elsewhere."""
        if target.name in self.layer.identity:
            texts = self._leave_out("turned-into-date", target, _matches(texts, _TURNED_INTO_DATE), texts)
        number = target.pattern or target.codelist or target.name in self.layer.identity or target.role is Role.COMMUNE
        if number and pc.any(pc.match_substring(texts, ".0")).as_py():
            texts = pc.replace_substring_regex(texts, _POINT_ZERO, r"\1")
        return self._pattern(target, texts) if target.pattern else texts

    def _pattern(self, target: Field, texts: pa.Array) -> pa.Array:
        pattern = target.pattern or ""
        if fixed := _FIXED_DIGITS.fullmatch(pattern):
            digits = int(fixed[1])
            short = _matches(texts, rf"^\d{{1,{digits - 1}}}$") if digits > 1 else np.zeros(len(texts), dtype=bool)
            if short.any():
                self._note("leading-zeros", target, short, texts)
                texts = pc.if_else(pa.array(short), pc.utf8_lpad(texts, digits, "0"), texts)
        return self._leave_out("pattern", target, _mismatches(texts, pattern), texts)

    def _note(self, reason: str, target: Field, mask: NDArray[np.bool_], values: pa.Array) -> None:
        rows = np.flatnonzero(mask)
        details = [_shown(value) for value in values.take(pa.array(rows)).to_pylist()]
        self.findings.append(Finding(reason, Severity.WARNING, rows, details, target.name))

    def _code(self, target: Field, texts: pa.Array) -> pa.Array:
        if target.codelist is None:
            return texts
        read = read_codes(texts, self.codelists[target.codelist])
        return self._found(target, texts, read)

    def _codes(self, target: Field, texts: pa.Array) -> pa.Array:
        if target.codelist is None:
            return _split(texts)
        return self._found(target, texts, read_code_lists(texts, self.codelists[target.codelist]))

    def _found(self, target: Field, texts: pa.Array, read: CodeColumn) -> pa.Array:
        self.find("unknown-code", target, read.unknown, texts)
        self.find("group-code", target, read.groups, texts)
        return read.codes

    def _number(self, target: Field, values: pa.Array, column: str, reading: str | None) -> pa.Array:
        whole = target.type is FieldType.INTEGER
        if is_text(values):
            numbers, bad = read_numbers(values, column, reading, whole=whole)
        else:
            numbers = values.cast(pa.float64(), safe=False)
            bad = np.zeros(len(values), dtype=bool)
        bad |= pc.fill_null(pc.invert(pc.is_finite(numbers)), False).to_numpy(zero_copy_only=False)
        if whole:
            odd = pc.or_(pc.not_equal(numbers, pc.floor(numbers)), pc.greater(pc.abs(numbers), 2.0**53))
            bad |= pc.fill_null(odd, False).to_numpy(zero_copy_only=False)
        self.find("number-unreadable", target, bad, values)
        numbers = self._range(target, _without(numbers, bad))
        return numbers.cast(pa.int64()) if whole else numbers

    def _range(self, target: Field, numbers: pa.Array) -> pa.Array:
        outside = np.zeros(len(numbers), dtype=bool)
        if target.minimum is not None:
            outside |= pc.fill_null(pc.less(numbers, target.minimum), False).to_numpy(zero_copy_only=False)
        if target.maximum is not None:
            outside |= pc.fill_null(pc.greater(numbers, target.maximum), False).to_numpy(zero_copy_only=False)
        self.find("out-of-range", target, outside, numbers)
        return _without(numbers, outside)

    def _date(self, target: Field, values: pa.Array, column: str, reading: str | None) -> pa.Array:
        read = read_dates(values, column, self.zone, reading)
        self.find("date-unreadable", target, read.bad, values)
        if target.type is FieldType.DATE:
            return pa.array(read.days, pa.date32())
        return pa.array(read.instants, pa.timestamp("us")).cast(pa.timestamp("us", tz="UTC"))

    def _boolean(self, target: Field, values: pa.Array) -> pa.Array:
        if pa.types.is_boolean(values.type):
            return values
        coded = as_text(values).dictionary_encode()
        meaning = {**dict.fromkeys(_TRUE, True), **dict.fromkeys(_FALSE, False)}
        words = pa.array([meaning.get(text.casefold()) for text in coded.dictionary.to_pylist()], pa.bool_())
        result = pc.take(words, coded.indices)
        self.find("boolean-unreadable", target, _unread(values, result), values)
        return result


def as_text(values: pa.Array) -> pa.Array:
    """Any column as text; whole floating numbers are written without `.0`."""
    if is_text(values):
        return values
    if not pa.types.is_floating(values.type):
        return values.cast(pa.string())
    finite = pc.if_else(pc.is_finite(values), values, pa.scalar(None, values.type))
    whole = pc.and_(pc.equal(finite, pc.floor(finite)), pc.less(pc.abs(finite), 1e15))
    texts = pc.if_else(whole, finite, pa.scalar(None, values.type)).cast(pa.int64()).cast(pa.string())
    return pc.coalesce(texts, finite.cast(pa.string()))


def _split(texts: pa.Array) -> pa.Array:
    """Lists from `a; b | c, d`."""
    return pc.split_pattern_regex(texts, r"\s*[;|,]\s*").cast(pa.list_(pa.string()))


def _joined(lists: pa.Array) -> pa.Array:
    """Lists as `a; b`, read like any other text."""
    every = (None if one is None else "; ".join(str(v) for v in one if v is not None) for one in lists.to_pylist())
    return pa.array(every, pa.string())


def is_text(values: pa.Array) -> bool:
    """The column holds text."""
    return bool(pa.types.is_string(values.type) or pa.types.is_large_string(values.type))


def _matches(texts: pa.Array, pattern: str) -> NDArray[np.bool_]:
    found = pc.fill_null(pc.match_substring_regex(texts, pattern), False)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)


def _mismatches(texts: pa.Array, pattern: str) -> NDArray[np.bool_]:
    """Texts without the pattern. RE2 has no look-around, so a pattern that uses it is matched text by text."""
    if not re.search(r"\(\?<?[=!]", pattern):
        wrong = pc.invert(pc.match_substring_regex(texts, pattern))
        return np.asarray(pc.fill_null(wrong, False).to_numpy(zero_copy_only=False), dtype=bool)
    coded = texts.dictionary_encode()
    compiled = re.compile(pattern)
    failing = pa.array([compiled.search(text) is None for text in coded.dictionary.to_pylist()], pa.bool_())
    mask = pc.fill_null(pc.take(failing, coded.indices), False)
    return np.asarray(mask.to_numpy(zero_copy_only=False), dtype=bool)


def _without(values: pa.Array, mask: NDArray[np.bool_]) -> pa.Array:
    """The values with the masked ones null."""
    return pc.if_else(pa.array(mask), pa.scalar(None, values.type), values) if mask.any() else values


def _unread(before: pa.Array, after: pa.Array) -> NDArray[np.bool_]:
    lost = pc.and_(pc.is_valid(before), pc.is_null(after))
    return np.asarray(lost.to_numpy(zero_copy_only=False), dtype=bool)


def _shown(value: object) -> str:
    text = str(value)
    return f"'{text[:_SHOWN]}…'" if len(text) > _SHOWN else f"'{text}'"

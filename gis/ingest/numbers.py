"""Numbers as people write them: `1.234,5`, `78,4`, `1,234.5`, `1 234,5`; one reading for each column."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gis.errors import Undecided
from gis.model.layer import Text

_SPACES = r"[\s\x{00A0}\x{202F}']"
_GROUPED_BY_SPACE = r"^[+-]?\d{1,3}([\s\x{00A0}\x{202F}']\d{3})+([.,]\d+)?$"
_POINT = r"^[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d*)?([eE][+-]?\d+)?$"  # 1,234.5
_COMMA = r"^[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d*)?$"  # 1.234,5
_UNIT = r"\s*(m2|m²|ha|m|%|tầng)$"

POINT, COMMA = "point", "comma"


def read_numbers(
    texts: pa.Array, column: str, reading: str | None = None, *, whole: bool = False
) -> tuple[pa.Array, NDArray[np.bool_]]:
    """A text column as float64, and which of its texts are no number in the column's reading (those become null).

    `reading` is `point` or `comma`, the decimal sign that the user named. Raises Undecided where every number with a
    sign in it could be read both ways (`1.234` is 1.234 or 1234), naming the options; where only whole numbers are
    wanted (`whole`), such signs part thousands.
    """
    bare = _bare(texts)
    if reading is None:
        reading = _decide(bare, column, whole)
    if reading == COMMA:
        good = pc.match_substring_regex(bare, _COMMA)
        plain = pc.replace_substring(pc.replace_substring(bare, ".", ""), ",", ".")
    else:
        good = pc.match_substring_regex(bare, _POINT)
        plain = pc.replace_substring(bare, ",", "")
    good = pc.fill_null(good, False)
    numbers = pc.if_else(good, plain, pa.scalar(None, pa.string())).cast(pa.float64())
    bad = pc.and_(pc.is_valid(bare), pc.invert(good))
    return numbers, np.asarray(bad.to_numpy(zero_copy_only=False), dtype=bool)


def _bare(texts: pa.Array) -> pa.Array:
    """Without a unit behind, and without spaces or apostrophes between groups of three; empty becomes null."""
    trimmed = pc.replace_substring_regex(pc.utf8_trim_whitespace(texts), _UNIT, "")
    grouped = pc.fill_null(pc.match_substring_regex(trimmed, _GROUPED_BY_SPACE), False)
    if pc.any(grouped).as_py():
        trimmed = pc.if_else(grouped, pc.replace_substring_regex(trimmed, _SPACES, ""), trimmed)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def _decide(bare: pa.Array, column: str, whole: bool) -> str:
    """The decimal sign that the column speaks for: the one that texts readable in one way only agree on."""
    signed = pc.unique(bare.filter(pc.fill_null(pc.match_substring_regex(bare, "[.,]"), False)))
    as_point = pc.match_substring_regex(signed, _POINT).to_numpy(zero_copy_only=False)
    as_comma = pc.match_substring_regex(signed, _COMMA).to_numpy(zero_copy_only=False)
    for_point, for_comma = int((as_point & ~as_comma).sum()), int((as_comma & ~as_point).sum())
    if for_point and for_comma:
        example = [signed[int(np.flatnonzero(m)[0])].as_py() for m in (as_point & ~as_comma, as_comma & ~as_point)]
        raise _undecided(
            column,
            Text(
                f"có cả '{example[0]}' lẫn '{example[1]}', dùng dấu thập phân khác nhau",
                f"holds both '{example[0]}' and '{example[1]}', which use different decimal signs",
            ),
        )
    if for_comma:
        return COMMA
    if not for_point and (as_point & as_comma).any():
        example = signed[int(np.flatnonzero(as_point & as_comma)[0])].as_py()
        if whole:
            return COMMA if "." in example else POINT
        raise _undecided(
            column,
            Text(
                f"có '{example}', có thể là số thập phân hoặc hàng nghìn",
                f"holds '{example}', which may be a decimal number or thousands",
            ),
        )
    return POINT


def _undecided(column: str, what: Text) -> Undecided:
    return Undecided(
        f"The column '{column}' {what.en}. Say which: --map {column}=FIELD:comma (1.234,5) or "
        f"--map {column}=FIELD:point (1,234.5).",
        f"Cột '{column}' {what.vi}. Hãy chọn: --map {column}=FIELD:comma (1.234,5) hoặc "
        f"--map {column}=FIELD:point (1,234.5).",
    )

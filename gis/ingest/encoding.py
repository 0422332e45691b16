"""Text columns made whole: one encoding for each column, Unicode NFC, and what is lost is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gis.errors import IngestError, Undecided
from gis.ingest.legacy_text import from_double_utf8, from_tcvn3, from_vni, is_syllable, vietnamese_share
from gis.ingest.text_bytes import Traits

READINGS: MappingProxyType[str, Callable[[str], str]] = MappingProxyType(
    {"tcvn3": from_tcvn3, "vni": from_vni, "double-utf-8": from_double_utf8}
)
"""What a column may turn out to be, beside Unicode as it stands."""

_SAMPLE = 4_000
_CERTAIN = 0.8  # share of Vietnamese syllables from which a reading is believed
_AHEAD = 0.15  # and by which it has to be better than every other
_LOST = r"\x{FFFD}|\pL\?\pL|(?:^|\s)\?\pL"
_ADDRESS = r"://"
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f]"


@dataclass(frozen=True, slots=True)
class Reading:
    """How a column was read: `unicode` or a key of READINGS, the share of Vietnamese words, and on how many."""

    name: str
    share: float
    words: int


def valid_text(array: pa.Array) -> pa.Array:
    """A string array whose bytes are UTF-8; columns with others are taken as Latin-1, so that no later step fails."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if pa.types.is_large_string(array.type):
        array = array.cast(pa.string())
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        return pa.array([_decoded(value) for value in array.cast(pa.binary()).to_pylist()], pa.string())
    return array


def _decoded(value: bytes | None) -> str | None:
    if value is None:
        return None
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def detect(array: pa.Array, column: str, known: Traits, encoding: str | None = None) -> Reading:
    """The reading of a text column. `encoding` is the user's word for it (`utf-8`, `tcvn3`, `vni`), which decides.

    Raises Undecided where two readings make equally good Vietnamese, IngestError for an unknown encoding.
    """
    if encoding is not None and encoding.lower() in READINGS:
        return Reading(encoding.lower(), 1.0, 0)
    texts = _sample(array.filter(pa.array(~lost(array)))) if known.beyond_ascii else []  # damaged text tells nothing
    share, words = vietnamese_share(texts)
    as_it_is = Reading("unicode", share, words)
    if encoding is not None or not words:
        return as_it_is
    found = []
    for name, read in READINGS.items():
        mended = [read(text) for text in texts]
        if mended != texts:
            share, left = vietnamese_share(mended)
            found.append(Reading(name, share if left else 0.0, words))
    return _best(column, as_it_is, found)


def _best(column: str, as_it_is: Reading, found: list[Reading]) -> Reading:
    """Text stays as it is unless one reading makes clearly better Vietnamese than it and than the other readings."""
    good = sorted(
        (r for r in found if r.share >= _CERTAIN and r.share >= as_it_is.share + _AHEAD), key=lambda r: -r.share
    )
    if not good:
        return as_it_is
    if len(good) > 1 and good[0].share < good[1].share + _AHEAD:
        names = " or ".join(reading.name for reading in good)
        raise Undecided(
            f"The text of column '{column}' can be read as {names}. Say which with --encoding {good[0].name}.",
            f"Chữ ở cột '{column}' có thể đọc theo {' hoặc '.join(r.name for r in good)}. Hãy chọn, ví dụ --encoding {good[0].name}.",
        )
    return good[0]


def _sample(array: pa.Array) -> list[str]:
    """Up to _SAMPLE different texts with letters beyond ASCII, spread over the column."""
    for step in (max(1, len(array) // (25 * _SAMPLE)), 1):
        some = array if step == 1 else array.take(pa.array(np.arange(0, len(array), step)))
        special = some.filter(pc.fill_null(pc.invert(pc.string_is_ascii(some)), False))
        if len(special):
            break
    unique: list[str] = pc.unique(special).to_pylist()
    return unique[:: max(1, len(unique) // _SAMPLE)][:_SAMPLE]


def mend(array: pa.Array, reading: Reading, known: Traits) -> pa.Array:
    """The column as Unicode NFC, without control characters and without space around the texts."""
    if reading.name in READINGS:
        array = _each_unique(array, READINGS[reading.name])
    elif reading.words:
        array = _eth_to_d(array)
    if known.combining:
        array = pc.utf8_normalize(array, form="NFC")
    if known.control:
        array = pc.replace_substring_regex(array, _CONTROL, "")
    return pc.utf8_trim_whitespace(array) if known.padded or known.control else array


def _each_unique(array: pa.Array, change: Callable[[str], str]) -> pa.Array:
    """`change` done once for each different text."""
    coded = array.dictionary_encode()
    words = pa.array([change(text) for text in coded.dictionary.to_pylist()], pa.string())
    return pc.take(words, coded.indices)


def _eth_to_d(array: pa.Array) -> pa.Array:
    """Ð (Icelandic eth) typed for Đ, where the word is Vietnamese with it."""
    marked = pc.fill_null(pc.match_substring_regex(array, "[Ðð]"), False)
    if not pc.any(marked).as_py():
        return array

    def change(text: str) -> str:
        words = text.split(" ")
        return " ".join(d if is_syllable(d := w.replace("Ð", "Đ").replace("ð", "đ")) or "?" in w else w for w in words)

    return pc.replace_with_mask(array, marked, _each_unique(array.filter(marked), change))


def lost(array: pa.Array) -> NDArray[np.bool_]:
    """Texts that hold replacement characters or question marks in the place of letters (`m?t nu?c`); (n,) bool."""
    marked = pc.or_(pc.match_substring(array, "?"), pc.match_substring(array, "\ufffd"))
    where = np.flatnonzero(pc.fill_null(marked, False).to_numpy(zero_copy_only=False))
    found = np.zeros(len(array), dtype=bool)
    if len(where):
        texts = array.take(pa.array(where))
        damaged = pc.and_not(pc.match_substring_regex(texts, _LOST), pc.match_substring_regex(texts, _ADDRESS))
        found[where] = damaged.to_numpy(zero_copy_only=False)
    return found


def check_encoding(name: str | None) -> None:
    """IngestError unless the name is one of ours or a codec of Python's."""
    if name is None or name.lower() in READINGS:
        return
    try:
        "".encode(name)
    except LookupError:
        raise IngestError(
            f"--encoding {name} is not known. Use utf-8, tcvn3, vni, or a code page such as cp1258.",
            f"Không biết --encoding {name}. Hãy dùng utf-8, tcvn3, vni, hoặc một bảng mã như cp1258.",
        ) from None

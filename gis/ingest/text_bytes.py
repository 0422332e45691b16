"""What occurs anywhere in a text column, found by one pass over its bytes, so that costly steps can be left out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_BEYOND_ASCII, _CONTROL, _QUESTION, _COMBINING = 1, 2, 4, 8
_BLOCK = 1 << 20


def _table() -> NDArray[np.uint8]:
    flags = np.zeros(256, dtype=np.uint8)
    flags[0x80:] |= _BEYOND_ASCII
    flags[:0x20] |= _CONTROL
    flags[[0x09, 0x0A, 0x0D]] = 0
    flags[ord("?")] |= _QUESTION
    flags[0xEF] |= _QUESTION  # leads U+FFFD
    flags[[0xCC, 0xCD]] |= _COMBINING  # lead U+0300 … U+036F
    return flags


_FLAGS = _table()
_SPACE = np.isin(np.arange(256), [*range(0x21), 0x85, 0xA0, 0xE2, 0xE3, 0xC2, 0x80, 0x8A, 0xAF])
_SIGN = np.isin(np.arange(256), [ord(sign) for sign in "=+-@"])


@dataclass(frozen=True, slots=True)
class Traits:
    """What a column may hold. False is certain; True may be a false alarm.

    `beyond_ascii`, `control`: characters of that kind. `doubtful`: `?` or U+FFFD. `combining`: accents on their own.
    `padded`: space at an end of a text. `signed`: a text begins with one of `=+-@`.
    """

    beyond_ascii: bool
    control: bool
    doubtful: bool
    combining: bool
    padded: bool
    signed: bool


def traits(texts: pa.Array) -> Traits:
    """Traits of a string array (not large_string)."""
    data, starts, ends = _bytes(texts)
    seen = 0
    for at in range(0, len(data), _BLOCK):
        seen |= int(np.bitwise_or.reduce(_FLAGS[data[at : at + _BLOCK]]))
    filled = ends > starts
    first, last = data[starts[filled]], data[ends[filled] - 1]
    return Traits(
        beyond_ascii=bool(seen & _BEYOND_ASCII),
        control=bool(seen & _CONTROL),
        doubtful=bool(seen & _QUESTION),
        combining=bool(seen & _COMBINING),
        padded=bool(_SPACE[first].any() or _SPACE[last].any()),
        signed=bool(_SIGN[first].any()),
    )


def _bytes(texts: pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """The bytes of the array's texts, and where each begins and ends in them."""
    _, offsets, data = texts.buffers()
    if data is None or offsets is None or not len(texts):
        empty = np.empty(0, dtype=np.int64)
        return np.empty(0, dtype=np.uint8), empty, empty
    bounds = np.frombuffer(offsets, dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    begin = int(bounds[0])
    return np.frombuffer(data, dtype=np.uint8)[begin : int(bounds[-1])], bounds[:-1] - begin, bounds[1:] - begin

"""A quick look at the bytes never misses what a slow look would find."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from gis.ingest.text_bytes import traits

column = st.lists(st.none() | st.text(max_size=8), max_size=20)


@given(column, st.integers(0, 5))
def test_traits_are_never_denied_wrongly(texts: list[str | None], start: int) -> None:
    array = pa.array(texts, pa.string()).slice(min(start, len(texts)))
    known = traits(array)
    for text in array.to_pylist():
        if not text:
            continue
        assert known.beyond_ascii or text.isascii()
        assert known.doubtful or not ("?" in text or "\ufffd" in text)
        assert known.combining or not any(0x300 <= ord(c) <= 0x36F for c in text)
        assert known.control or not any(ord(c) < 0x20 and c not in "\t\n\r" for c in text)
        assert known.padded or text == text.strip()
        assert known.signed or text[0] not in "=+-@"


def test_a_plain_column_has_none_of_them() -> None:
    known = traits(pa.array(["a b", "c", None, ""]))
    assert not any((known.beyond_ascii, known.control, known.doubtful, known.combining, known.padded, known.signed))

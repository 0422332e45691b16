"""Columns as text, by Arrow's own functions: no value passes through Python."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

_CONTROL = [chr(code) for code in range(0x20)]
_SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
_TEMPTING = r"^('*[=+\-@\t\r\n\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}])"


def joined(parts: list[pa.Array | str], separator: str = "") -> pa.Array:
    """The parts of each row one after the other; null where one of them is null."""
    return pc.binary_join_element_wise(*(_scalar(part) for part in parts), pa.scalar(separator))


def whole(texts: pa.Array) -> bytes:
    """All texts one after the other, in UTF-8; there must be no null among them."""
    one = pa.ListArray.from_arrays(pa.array([0, len(texts)], pa.int32()), texts)
    return bytes(pc.binary_join(one, "")[0].as_buffer())


def _scalar(part: pa.Array | str) -> pa.Array | pa.Scalar:
    return pa.scalar(part) if isinstance(part, str) else part


def json_lists(lists: pa.Array) -> pa.Array:
    """Lists of text as JSON arrays."""
    elements = json_strings(lists.values)
    quoted = pc.if_else(pc.is_valid(lists.values), elements, pa.scalar("null"))
    whole = pa.ListArray.from_arrays(lists.offsets, quoted, mask=pc.is_null(lists) if lists.null_count else None)
    return joined(["[", pc.binary_join(whole, ","), "]"])


def json_strings(texts: pa.Array) -> pa.Array:
    """Texts as JSON strings with their quotes (RFC 8259, section 7)."""
    found = pc.replace_substring(pc.replace_substring(texts, "\\", "\\\\"), '"', '\\"')
    if pc.any(pc.match_substring_regex(found, r"[\x00-\x1f]")).as_py():
        for sign in _CONTROL:
            found = pc.replace_substring(found, sign, _SHORT.get(sign, f"\\u{ord(sign):04x}"))
    return joined(['"', found, '"'])


def plain_lists(lists: pa.Array, separator: str = ", ") -> pa.Array:
    """Lists of text for people; a missing element is left empty."""
    filled = pa.ListArray.from_arrays(
        lists.offsets, pc.fill_null(lists.values, ""), mask=pc.is_null(lists) if lists.null_count else None
    )
    return pc.binary_join(filled, separator)


def harmless(texts: pa.Array) -> pa.Array:
    """Texts that no spreadsheet takes for a formula: those that begin with = + - @, tab or a line end get an apostrophe
    before them, and so do those that look as if they had got one, so that taking one away always gives the text back.

    OWASP, "CSV injection"; full-width forms of the signs are formulas to some Excels too.
    """
    return pc.replace_substring_regex(texts, _TEMPTING, r"'\1")


def zulu(times: pa.Array) -> pa.Array:
    """Instants as RFC 3339 in UTC, with as many decimals as they have."""
    naive = times.cast(pa.int64()).cast(pa.timestamp("us"))
    return joined([pc.replace_substring_regex(pc.strftime(naive, "%Y-%m-%dT%H:%M:%S"), r"\.?0*$", ""), "Z"])


def seconds(times: pa.Array) -> pa.Array:
    """Times without their fractions of a second."""
    return pc.floor_temporal(times, unit="second").cast(pa.timestamp("s"))


def moved(times: pa.Array, zone: str) -> pa.Array:
    """Instants as the clock on the wall of the time zone shows them."""
    return pc.local_timestamp(times.cast(pa.timestamp("us", tz=zone)))


def without_controls(texts: pa.Array) -> pa.Array:
    """Texts that XML 1.0 can hold: what it cannot becomes U+FFFD, the sign for a letter that could not be written."""
    return pc.replace_substring_regex(texts, r"[\x00-\x08\x0b\x0c\x0e-\x1f\x{FFFE}\x{FFFF}]", "\ufffd")


def xml(texts: pa.Array) -> pa.Array:
    """Texts as the content of an XML element; carriage returns stay what they are."""
    found = without_controls(texts)
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;")):
        found = pc.replace_substring(found, sign, entity)
    return found

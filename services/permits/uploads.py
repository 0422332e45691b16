"""A file that a page's form sends (multipart/form-data, RFC 7578): the first one, whole, in memory."""

from __future__ import annotations

import re

from gis.errors import InvalidParameter

_BOUNDARY = re.compile(r'boundary=(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))')


def first_file(content_type: str, body: bytes) -> bytes:
    """The first part of a form; the body itself where it is no form. InvalidParameter for a form that cannot be read."""
    if not content_type.lower().startswith("multipart/form-data"):
        return body
    said = _BOUNDARY.search(content_type)
    if said is None:
        raise _broken()
    mark = b"--" + (said[1] or said[2]).encode("latin-1")
    begin = body.find(mark)
    head, _, rest = body[begin + len(mark) :].partition(b"\r\n\r\n")
    content, end, _ = rest.partition(b"\r\n" + mark)
    if begin < 0 or not head.startswith(b"\r\n") or not end:
        raise _broken()
    return content


def _broken() -> InvalidParameter:
    return InvalidParameter(
        "The form cannot be read; send the file itself as the body.",
        "Không đọc được biểu mẫu; hãy gửi chính tệp đó.",
        where="Content-Type",
    )

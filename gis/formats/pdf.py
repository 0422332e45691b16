"""PDF out of HTML, by WeasyPrint: nothing is fetched from anywhere, and the same text gives the same bytes.

Run as a program (`python -m gis.formats.pdf FOLDER`), it sets one document after the other: that takes a second of a processor and
holds the interpreter's lock, and would keep a server from answering anybody else. A question is a run of parts, each after
its length in eight bytes: the number of files, the HTML, and of each file its name and itself. An answer is one part: SET and the
PDF, or another byte and what went wrong.
"""

from __future__ import annotations

import hashlib
import resource
import shutil
import sys
import tempfile
from collections.abc import Mapping
from functools import lru_cache
from io import BytesIO
from typing import BinaryIO

from PIL import ImageFile

BASE = "https://landmap.invalid/"
"""What the addresses in the HTML are relative to: `a.woff2` is the file of that name. There is no such host."""

SET, _FAILED = b"\0", b"\1"
_MEMORY = 1_500_000_000


def pdf(html: str, files: Mapping[str, bytes]) -> bytes:
    """The document as PDF. ValueError for an address in it that is none of `files`."""
    from weasyprint import HTML  # two seconds, which only the program spends
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    ImageFile.LOAD_TRUNCATED_IMAGES = False  # WeasyPrint lets all of its process take half a picture for a whole one

    class OnlyThese(URLFetcher):  # type: ignore[misc]  # WeasyPrint says no types
        def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:  # noqa: ARG002  as it is called
            name = url.removeprefix(BASE)
            if not url.startswith(BASE) or name not in files:
                raise FatalURLFetchingError(f"{url[:200]} was not handed in")
            return URLFetcherResponse(url, _unpacked(files[name]) if name.endswith(".woff2") else files[name])

    identity = hashlib.sha256(html.encode()).digest()[:16]
    try:
        made: bytes = HTML(string=html, base_url=BASE, url_fetcher=OnlyThese()).write_pdf(pdf_identifier=identity)
    except FatalURLFetchingError as error:  # no Exception, so that WeasyPrint itself lets it pass
        raise ValueError(str(error)) from error
    return made


@lru_cache(maxsize=16)
def _unpacked(font: bytes) -> bytes:
    """The font as WeasyPrint itself would unpack it for every document, which takes it a third of its time."""
    from fontTools.ttLib import woff2

    plain = BytesIO()
    woff2.decompress(BytesIO(font), plain)
    return plain.getvalue()


def question(html: str, files: Mapping[str, bytes]) -> bytes:
    """What the program is sent."""
    parts = [str(len(files)).encode(), html.encode()]
    for name, content in files.items():
        parts += [name.encode(), content]
    return b"".join(map(_with_length, parts))


def _with_length(data: bytes) -> bytes:
    return len(data).to_bytes(8, "big") + data


def _read(source: BinaryIO) -> bytes:
    """The next part. EOFError where there is none."""
    head = source.read(8)
    if len(head) < 8:
        raise EOFError
    return source.read(int.from_bytes(head, "big"))


def _asked(source: BinaryIO) -> tuple[str, dict[str, bytes]]:
    count, html = int(_read(source)), _read(source).decode()
    return html, {_read(source).decode(): _read(source) for _ in range(count)}


def _answer(html: str, files: Mapping[str, bytes]) -> bytes:
    try:
        return SET + pdf(html, files)
    except Exception as error:  # noqa: BLE001  whatever it is, who asked has to be told
        return _FAILED + repr(error).encode()


def main() -> None:
    """Answer until nobody asks any more. The argument: a folder for temporary files, which is removed at the end."""
    tempfile.tempdir = sys.argv[1]
    try:
        _serve()
    finally:
        shutil.rmtree(tempfile.tempdir, ignore_errors=True)  # whoever made it may be gone


def _serve() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    out, sys.stdout = sys.stdout.buffer, sys.stderr
    while True:
        try:
            html, files = _asked(sys.stdin.buffer)
        except EOFError:
            return
        out.write(_with_length(_answer(html, files)))
        out.flush()


if __name__ == "__main__":
    main()

from __future__ import annotations

import io
import subprocess
import sys
import tempfile

import pytest

from gis.formats.pdf import SET, pdf, question

HTML = "<!doctype html><html lang=vi><title>Phiếu</title><body><h1>PHIẾU TRA CỨU – Đường số 1: 1.234,5 m²</h1>{}</body></html>"


def ask(*asked: bytes) -> list[bytes]:
    """What the program answers."""
    done = subprocess.run(
        [sys.executable, "-m", "gis.formats.pdf", tempfile.mkdtemp()],
        input=b"".join(asked),
        capture_output=True,
        check=True,
    )
    source, answers = io.BytesIO(done.stdout), []
    while head := source.read(8):
        answers.append(source.read(int.from_bytes(head, "big")))
    return answers


def test_the_program_sets_one_after_the_other_and_the_same_text_alike() -> None:
    plain, broken = question(HTML.format(""), {}), question(HTML.format("<img src='http://127.0.0.1:1/x.png'>"), {})
    first, wrong, again = ask(plain, broken, plain)
    assert first[:1] == SET and first[1:].startswith(b"%PDF") and again == first
    assert wrong[:1] != SET and b"was not handed in" in wrong


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1/x.png", "file:///etc/passwd", "other.png", "data:text/plain,x"]
)
def test_nothing_is_fetched_that_was_not_handed_in(address: str) -> None:
    with pytest.raises(ValueError, match="was not handed in"):
        pdf(HTML.format(f"<img src='{address}'>"), {"x.png": b""})

"""PDF files are set in a process of their own, which neither a slow nor an abandoned one can hold up."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from gis.errors import Busy, LandmapError, TooSlow
from services.permits import press as module
from services.permits.press import Press

HTML = "<!doctype html><title>x</title><p>Đường số 1</p>"


async def test_one_that_is_too_slow_is_ended_and_the_next_one_is_set() -> None:
    async with Press(seconds=0.01) as press:
        with pytest.raises(TooSlow):
            await press.pdf(HTML, {})
        press.seconds = 60
        assert (await press.pdf(HTML, {})).startswith(b"%PDF")


async def test_who_leaves_takes_no_answer_from_the_next() -> None:
    async with Press() as press:
        left = asyncio.create_task(press.pdf(HTML.replace("1", "2"), {}))
        await asyncio.sleep(0.05)
        left.cancel()
        with pytest.raises(asyncio.CancelledError):
            await left
        first = await press.pdf(HTML, {})
        assert first == await press.pdf(HTML, {})


async def test_a_broken_document_is_told_and_the_process_goes_on() -> None:
    async with Press() as press:
        with pytest.raises(LandmapError, match="could not be made"):
            await press.pdf("<img src='https://elsewhere.test/x.png'>", {})
        assert (await press.pdf(HTML, {})).startswith(b"%PDF")


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, which is empty."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


async def test_nothing_of_it_stays_whichever_way_it_ends(temporary: Path) -> None:
    async with Press() as press:
        await press.pdf(HTML, {})
        (folder,) = inside(temporary)
        (folder / "weasyprint-x").touch()
        assert press._process is not None
        press._process.kill()  # it died
        await press._process.wait()
        await press.pdf(HTML, {})
        assert len(inside(temporary)) == 1 and folder not in inside(temporary)
    assert inside(temporary) == []
    async with Press(seconds=0.5) as press:
        with pytest.raises(TooSlow):
            await press.pdf(HTML * 20_000, {})
        assert inside(temporary) == []


def inside(folder: Path) -> list[Path]:
    return [*folder.iterdir()]


def test_nothing_of_it_stays_when_whoever_asked_is_killed(tmp_path: Path) -> None:
    program = (
        "import asyncio, os; from services.permits.press import Press\n"
        f"async def go():\n    await Press().pdf({HTML!r}, {{}})\n    os.kill(os.getpid(), 9)\n"
        "asyncio.run(go())"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 30
    while [*tmp_path.iterdir()]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


async def test_only_a_few_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAITING", 0)
    with pytest.raises(Busy):
        await Press().pdf(HTML, {})

"""PDF files are set in a process of their own, which neither a slow nor an abandoned one can hold up."""

from __future__ import annotations

import asyncio

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


async def test_only_a_few_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAITING", 0)
    with pytest.raises(Busy):
        await Press().pdf(HTML, {})

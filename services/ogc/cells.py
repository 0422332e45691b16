"""Brings the cells of low zooms up to date when somebody asks for them: never while publishing, once for all who wait.

Cells that no base holds are counted for each question; who asks for them takes turns.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

from gis.errors import DatabaseUnavailable
from gis.model.layer import Layer
from gis.store.cell_base import bring_up
from services.metrics import Metrics
from services.ogc.turns import Turns

PATIENCE = 20.0
"""Seconds that a request waits for cells; the work goes on behind it. A first time costs about 10 s a million features."""

COUNTED_AT_ONCE = 2
"""Tiles whose cells are counted at once, of other times and of now each: wide ones read a whole layer, and others want
answers too."""

COUNTED_LATER = 12
"""How many more may wait for that. A tile takes seconds at most, so nobody waits for minutes."""


class Cells:
    """Who brings up the cells of which layer in this process. Other processes wait for a lock in the database."""

    def __init__(self, dsn: str, metrics: Metrics) -> None:
        self._dsn = dsn
        self._metrics = metrics
        self._running: dict[str, asyncio.Task[None]] = {}
        self.past = Turns(COUNTED_AT_ONCE, COUNTED_LATER)
        self.present = Turns(
            COUNTED_AT_ONCE, COUNTED_LATER
        )  # of agencies, whose work does not wait for looks at the past

    async def bring_up(self, layer: Layer) -> None:
        """Returns when a run that was under way or is begun now has ended. DatabaseUnavailable if that takes too long."""
        task = self._running.get(layer.id)
        if task is None:
            task = asyncio.create_task(self._run(layer))
            task.add_done_callback(_retrieve)
            self._running[layer.id] = task
        done, _ = await asyncio.wait([task], timeout=PATIENCE)
        if not done:
            raise DatabaseUnavailable(f"The cells of {layer.id} are still being counted; ask again in a few seconds.")
        task.result()

    async def _run(self, layer: Layer) -> None:
        started = time.perf_counter()
        try:
            await asyncio.to_thread(bring_up, self._dsn, layer, datetime.now(UTC))
        finally:
            del self._running[layer.id]
        self._metrics.cells_seconds.observe(time.perf_counter() - started)


def _retrieve(task: asyncio.Task[None]) -> None:
    """Marks the error as seen: those who wait get it, and asyncio need not report it for those who left."""
    if not task.cancelled():
        task.exception()

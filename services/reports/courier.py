"""Calls those who asked to be told when the state of their report changes. It tells what everybody may see, nothing else.

A call that is not taken is made again, later and later, and given up after some days; of a process that is killed the call
is made again. The receiver may hear of one state twice and of a state that passed at once not at all.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import orjson
import structlog

from gis.catalog.report_file import read_categories
from gis.errors import StoreError
from gis.model.report import Category
from gis.store.pools import Row
from gis.store.reports import (
    DueCall,
    call_no_more_sql,
    called_sql,
    due_call_of,
    due_call_sql,
    forget_contacts_sql,
    not_called_sql,
)
from gis.store.sql import Sql
from services.processes.running import Workplace
from services.reports.telling import request_json
from services.subscriptions.callbacks import Callbacks, secret_of, signed

log = structlog.get_logger("landmap.reports")

_GONE = 410


@dataclass(frozen=True, slots=True)
class Pace:
    """Times in seconds. `lease`: of one call; `poll`: between two looks; `backoff`: before the second call, each further one
    three times as long, up to `longest`; `clean`: between two looks for contacts to take away. `most`: calls in vain."""

    lease: float = 60.0
    poll: float = 3.0
    backoff: float = 10.0
    longest: float = 6 * 3_600.0
    clean: float = 3_600.0
    most: int = 16


@asynccontextmanager
async def telling(place: Workplace, pace: Pace | None = None) -> AsyncIterator[None]:
    """While this is open, those who asked are called, and old contacts are taken away."""
    courier = ReportCourier(place, pace or Pace())
    tasks = [asyncio.create_task(each) for each in (courier.work(), courier.clean())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class ReportCourier:
    """Makes one call at a time."""

    def __init__(self, place: Workplace, pace: Pace) -> None:
        self._place, self._pace = place, pace
        self._callbacks = Callbacks(place.settings.callback_hosts)
        self._categories: Mapping[str, Category] = read_categories(place.settings.layers)

    async def work(self) -> None:
        """Until it is cancelled."""
        while True:
            try:
                if await self.once():
                    continue
            except StoreError as error:
                log.warning("who reported cannot be called", error=error.en)
            except Exception:  # of one call, which comes again after its lease: the others are made
                log.exception("a call about a report cannot be made")
            await asyncio.sleep(self._pace.poll)

    async def once(self) -> bool:
        """Makes one call, if there is one to make."""
        row = await self._written(due_call_sql(self._pace.lease))
        if row is None:
            return False
        due = due_call_of(row)
        report, body = due.report, self._body(due)
        secret = secret_of(self._place.secret, report.id.bytes)
        headers = signed(secret, f"{report.id}.{report.version}", int(time.time()), body)
        answer = await self._callbacks.post(
            due.call.callback, body, {"Content-Type": "application/json", "User-Agent": "Landmap", **headers}
        )
        if answer.taken:
            await self._written(called_sql(report.id, report.version))
        elif answer.status == _GONE or due.attempts + 1 >= self._pace.most:
            log.info("a receiver was given up", report=report.number, problem=answer.problem)
            await self._written(call_no_more_sql(report.id))
        else:
            pause = min(self._pace.backoff * 3.0 ** min(due.attempts, 20), self._pace.longest)
            await self._written(not_called_sql(report.id, pause, answer.problem))
        return True

    async def clean(self) -> None:
        """Takes away contacts that are past their time, now and then."""
        while True:
            try:
                row = await self._written(forget_contacts_sql(self._place.settings.report_contact_days))
                if row is not None and row["erased"]:
                    log.info("contacts of old reports were erased", reports=row["erased"])
            except StoreError as error:
                log.warning("old contacts cannot be erased", error=error.en)
            await asyncio.sleep(self._pace.clean)

    def _body(self, due: DueCall) -> bytes:
        category = self._categories.get(due.report.category)
        told = request_json(due.report, category, due.call.language, due.call.base)
        return orjson.dumps({"type": "landmap.report", "service_request": told})

    async def _written(self, sql: Sql) -> Row | None:
        async with self._place.keeper.transaction() as work:
            return await work.row(sql)

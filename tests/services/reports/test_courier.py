"""Who asked to be called hears of each state, signed, and of nothing that was told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson
import psycopg
import pytest
from fastapi import FastAPI

from services.dependencies import Services
from services.processes.running import Terms, Workplace
from services.reports.courier import Pace, ReportCourier
from services.subscriptions.callbacks import secret_text, signed
from tests.services.conftest import settings_for
from tests.services.reports.conftest import FORM, REQUESTS, SECRETS, Office

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Receiver:
    """Answers `status` to each call and keeps what it got."""

    def __init__(self) -> None:
        self.status = 204
        self.calls: list[tuple[dict[str, str], bytes]] = []

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = {n.lower(): v for n, _, v in (line.partition(": ") for line in head.split("\r\n")[1:]) if n}
        self.calls.append((headers, await reader.readexactly(int(headers["content-length"]))))
        writer.write(f"HTTP/1.1 {self.status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def receiving() -> AsyncIterator[tuple[Receiver, int]]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.take, "127.0.0.1", 0)
    async with server:
        yield receiver, server.sockets[0].getsockname()[1]


async def test_the_receiver_hears_of_each_state_until_it_is_gone(
    desk: httpx.AsyncClient, reports_app: FastAPI, office: Office
) -> None:
    async with receiving() as (receiver, port):
        settings = settings_for(office.dsn, callback_hosts=(f"127.0.0.1:{port}",))
        found: Services = reports_app.state.services
        place = Workplace(office.dsn, found.catalog, settings, found.secret, found.keeper, {}, Terms())
        courier = ReportCourier(place, Pace(backoff=0.0))
        sent = await desk.post(REQUESTS, data={**FORM, "callback": "http://127.0.0.1:9/hook"})
        report: dict[str, Any] = sent.json()[0]
        with psycopg.connect(office.dsn, autocommit=True) as db:
            db.execute("UPDATE landmap.report_call SET callback = %s", (f"http://127.0.0.1:{port}/hook",))
        assert not await courier.once()

        async def act(**body: str) -> None:
            headers = {**office.headers["editor"], "If-Match": "*"}
            path = f"/reports/{report['service_request_id']}/events"
            assert (await desk.post(path, json=body, headers=headers)).status_code == 200

        await act(state="in_progress")
        receiver.status = 503
        assert await courier.once()
        receiver.status = 204
        assert await courier.once()
        assert not await courier.once()
        assert receiver.calls[0][1] == receiver.calls[1][1]
        headers, body = receiver.calls[1]
        told = orjson.loads(body)["service_request"]
        assert told["service_request_id"] == report["service_request_id"]
        assert told["extended_attributes"]["state"] == "in_progress"
        assert not [secret for secret in SECRETS if secret in body.decode()]
        _check(report["callback_secret"], headers, body)
        receiver.status = 410
        await act(state="answered", answer="Xong")
        assert await courier.once()
        with psycopg.connect(office.dsn) as db:
            assert db.execute("SELECT count(*) FROM landmap.report_call").fetchone() == (0,)


def _check(secret: str, headers: dict[str, str], body: bytes) -> None:
    """As a receiver proves it."""
    import base64

    key = base64.b64decode(secret.removeprefix("whsec_"))
    assert secret_text(key) == secret
    expected = signed(key, headers["webhook-id"], int(headers["webhook-timestamp"]), body)
    assert headers["webhook-signature"] == expected["webhook-signature"]


async def test_hosts_that_are_not_listed_any_more_are_not_called(
    desk: httpx.AsyncClient, reports_app: FastAPI, office: Office
) -> None:
    async with receiving() as (receiver, port):
        found: Services = reports_app.state.services
        place = Workplace(office.dsn, found.catalog, settings_for(office.dsn), found.secret, found.keeper, {}, Terms())
        sent = await desk.post(REQUESTS, data={**FORM, "callback": "http://127.0.0.1:9/hook"})
        number = sent.json()[0]["service_request_id"]
        with psycopg.connect(office.dsn, autocommit=True) as db:
            db.execute("UPDATE landmap.report_call SET callback = %s", (f"http://127.0.0.1:{port}/hook",))
            db.execute("UPDATE landmap.report SET version = 2 WHERE number = %s", (number,))
        assert await ReportCourier(place, Pace()).once()
        assert receiver.calls == []
        with psycopg.connect(office.dsn, autocommit=True) as db:
            row = db.execute("DELETE FROM landmap.report_call RETURNING attempts, problem").fetchone()
        assert row is not None
        assert row[0] == 1
        assert "does not call" in row[1]


async def test_a_call_that_cannot_be_made_does_not_end_the_others(
    reports_app: FastAPI, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: Services = reports_app.state.services
    place = Workplace(office.dsn, found.catalog, settings_for(office.dsn), found.secret, found.keeper, {}, Terms())
    tried, again = 0, asyncio.Event()

    async def once(self: ReportCourier) -> bool:
        nonlocal tried
        tried += 1
        if tried == 1:
            raise ValueError("a report that cannot be told")
        again.set()
        return False

    monkeypatch.setattr(ReportCourier, "once", once)
    work = asyncio.create_task(ReportCourier(place, Pace(poll=0.001)).work())
    try:
        await asyncio.wait_for(again.wait(), 10)
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)

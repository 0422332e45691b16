"""The page of a fixed question stays the same, also the history on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import pytest

from services.app import create_app

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_history_on_a_page_is_as_it_was_known(make_database: Callable[..., str], settings_for: Any) -> None:
    dsn = make_database()
    with psycopg.connect(dsn, autocommit=True) as db:
        db.execute(
            """INSERT INTO land.wards (code, name, geom)
               VALUES ('26743', 'Bến Thành', ST_Multi(ST_MakeEnvelope(603700, 1191800, 603800, 1191900, 9210)))"""
        )
        known, when = db.execute("SELECT max(number), max(committed_at) FROM landmap.changeset").fetchone() or (0, None)
        (ident,) = db.execute("SELECT id FROM land.wards").fetchone() or ("",)
        app = create_app(settings_for(dsn))
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://land.test") as client,
        ):

            async def page() -> tuple[str, str]:
                asked = {"f": "html", "knownAt": str(known), "datetime": when.isoformat()}
                answer = await client.get(f"/collections/wards/items/{ident}", params=asked)
                assert answer.status_code == 200
                return answer.headers["etag"], answer.text

            before = await page()
            db.execute("UPDATE land.wards SET name = 'Bến Thành mới'")
            assert await page() == before
            now = await client.get(f"/collections/wards/items/{ident}", params={"f": "html"})
            assert "Bến Thành mới" in now.text

"""What agencies see of now, from afar, does not stand in one queue with looks at the past."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI

from services.ogc.turns import Turns
from tests.services.auth.conftest import Guarded
from tests.services.ogc.test_tiles import address

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_agency_sees_its_cells_while_others_look_at_the_past(
    door: httpx.AsyncClient, guarded: Guarded, guarded_app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells, ward = guarded_app.state.services.cells, guarded.headers["viewer of the ward"]
    monkeypatch.setattr(cells, "past", Turns(1, 0))
    monkeypatch.setattr(cells, "present", Turns(1, 0))
    async with cells.past.turn():
        assert (await door.get(address(11), params={"datetime": "2021-05-06"})).status_code == 503
        assert (await door.get(address(11), headers=ward)).status_code == 200
    async with cells.present.turn():
        assert (await door.get(address(10), headers=ward)).status_code == 503
        assert (await door.get(address(10), params={"datetime": "2021-05-06"})).status_code == 200
        assert (await door.get(address(10))).status_code == 200  # the public's stand in the base

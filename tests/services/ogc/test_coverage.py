"""What is declared about the data at a place."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx
import psycopg
import pytest
import shapely

from gis.store.coverage import Declaration, declare, standing, withdraw

pytestmark = pytest.mark.asyncio(loop_scope="session")

AROUND = shapely.box(106.69, 10.76, 106.71, 10.79)


async def levels(client: httpx.AsyncClient, point: str = "106.7,10.776") -> dict[str, dict[str, object]]:
    answer = await client.get("/coverage", params={"point": point})
    assert answer.status_code == 200
    return {each["layer"]: each for each in answer.json()["coverage"]}


async def test_a_point_is_told_for_each_layer_and_the_weakest_declaration_holds(
    client: httpx.AsyncClient, city: Any
) -> None:
    assert {each["level"] for each in (await levels(client)).values()} == {"undeclared"}
    layer = city.catalog.layers["parcels"]
    with psycopg.connect(city.dsn, autocommit=True) as db:
        declare(db, layer, [Declaration(AROUND, "complete", date(2025, 7, 1), "Sở NNMT", "26740")])
        try:
            told = await levels(client)
            assert told["parcels"] == {
                "layer": "parcels",
                "level": "complete",
                "asOf": "2025-07-01",
                "agency": "Sở NNMT",
            }
            assert told["zones"]["level"] == "undeclared"
            assert (await levels(client, "106.8,10.776"))["parcels"]["level"] == "undeclared"
            declare(db, layer, [Declaration(AROUND.centroid.buffer(0.003), "none", date(2025, 7, 2), "Sở NNMT")])
            assert (await levels(client))["parcels"]["level"] == "none"
        finally:
            for each in standing(db):
                withdraw(db, each.number)
    assert (await levels(client))["parcels"]["level"] == "undeclared"


@pytest.mark.parametrize("point", ["", "106.7", "106.7,10.7,3", "a,b", "10.7,106.7", "nan,1", "181,0"])
async def test_a_wrong_point_is_told(client: httpx.AsyncClient, point: str) -> None:
    answer = await client.get("/coverage", params={"point": point})
    assert answer.status_code == 400
    assert answer.json()["where"] == "point"

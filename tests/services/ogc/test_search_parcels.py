"""Parcels and houses as people write them, among wards of before and after 1 July 2025 whose numbers are the same."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import httpx
import psycopg
import pytest
import pytest_asyncio

from gis.model.actor import Role
from gis.model.layer import Catalog
from gis.store import access
from services.app import create_app
from services.settings import Settings
from tests.services.conftest import calling, load_rows

pytestmark = pytest.mark.asyncio(loop_scope="session")

REFORM = datetime(2025, 6, 30, 17, tzinfo=UTC)
FORMER = {"27010": "Phường 1, Quận 10", "27013": "Phường 12, Quận 10", "26800": "Phường 1, Quận 3"}
TODAY = {
    "26743": ("Phường Hòa Hưng", "Phường 12, Phường 1 (Quận 10)"),
    "26800": ("Phường Bàn Cờ", "Phường 1, Phường 2 (Quận 3)"),
}
PARCELS = (("27010", "26743", "1"), ("27013", "26743", "2"), ("26800", "26800", "3"))
"""Former ward, ward of today, and what tells the parcel: all are parcel 345 of sheet 12."""


@pytest.fixture(scope="session")
def wards_of_two_times(make_database: Callable[..., str], catalog: Catalog) -> tuple[str, str]:
    """A database, and the key of somebody who sees addresses."""
    dsn = make_database()
    with psycopg.connect(dsn, autocommit=True) as db:
        load = partial(load_rows, db, catalog)

        then = datetime(2000, 1, 1, tzinfo=UTC)
        load(
            "wards", code=[*FORMER], name=[full.partition(",")[0].split(" ")[1] for full in FORMER.values()], full_name=[*FORMER.values()],
            valid_from=[then] * 3, valid_to=[REFORM] * 3,
        )  # fmt: skip
        names, formed = zip(*TODAY.values(), strict=True)
        short = [name.removeprefix("Phường ") for name in names]
        load(
            "wards", code=[*TODAY], name=short, full_name=[*names], formed_from=[*formed], valid_from=[REFORM] * 2,
        )  # fmt: skip
        old, new, mark = zip(*PARCELS, strict=True)
        load(
            "parcels", commune_old=[*old], commune=[*new], document_series=["BDDC"] * 3, sheet=["12"] * 3, parcel=["345"] * 3,
            street=["Hẻm 123 Nguyễn Trãi"] * 3, address=[f"123/45/{n}A Nguyễn Trãi, Phường 1" for n in mark], land_use=["ODT"] * 3,
        )  # fmt: skip
        access.add_agency(db, "so-nnmt", "Sở NNMT", "tester")
        access.set_layers(db, catalog, "so-nnmt", ["parcels"], [], "tester")
        grant = access.Grant(Role.VIEWER, "so-nnmt", datetime.now(UTC) + timedelta(days=1), None)
        return dsn, access.issue_key(db, catalog, grant, "test", "tester")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def seeker(
    wards_of_two_times: tuple[str, str], settings_for: Callable[..., Settings]
) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings_for(wards_of_two_times[0]))
    async with app.router.lifespan_context(app), calling(app) as client:
        yield client


async def found(client: httpx.AsyncClient, q: str, **headers: str) -> list[str]:
    """Former wards of the parcels that are found."""
    answer = await client.get("/search", params={"q": q, "collections": "parcels"}, headers=headers)
    assert answer.status_code == 200, answer.text
    return sorted(feature["properties"]["commune_old"] for feature in answer.json()["features"])


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("thửa 345 tờ 12", ["26800", "27010", "27013"]),
        ("thửa 345 tờ 12 P.1 Q.10", ["27010"]),
        ("tờ 12 thua 345 phuong 1 quan 10", ["27010"]),
        ("thửa 345 tờ 12 P.1", ["26800", "27010"]),
        ("thửa 345 tờ 12 Q.10", ["27010", "27013"]),
        ("thửa 345 tờ 12 phường Hòa Hưng", ["27010", "27013"]),
        ("thửa 345 tờ 12 hoà hưng", ["27010", "27013"]),
        ("thửa 345 tờ 12 P.2 Q.3", ["26800"]),  # the former ward is not in the data; what today's was formed from is
    ],
)
async def test_the_former_ward_and_its_district_tell_parcels_of_one_number_apart(
    seeker: httpx.AsyncClient, q: str, expected: list[str]
) -> None:
    assert await found(seeker, q) == expected


async def test_a_house_number_is_found_by_who_sees_addresses_and_by_nobody_else(
    seeker: httpx.AsyncClient, wards_of_two_times: tuple[str, str]
) -> None:
    key = {"X-Api-Key": wards_of_two_times[1]}
    assert await found(seeker, "123/45/2a nguyen trai", **key) == ["27013"]
    assert await found(seeker, "123/45/9 Nguyễn Trãi", **key) == ["26800", "27010", "27013"]  # the alley
    public = await seeker.get("/search", params={"q": "123/45/2A Nguyễn Trãi", "collections": "parcels"})
    other = await seeker.get("/search", params={"q": "123/45/9 Nguyễn Trãi", "collections": "parcels"})
    assert [f["id"] for f in public.json()["features"]] == [f["id"] for f in other.json()["features"]]
    assert public.json()["readAs"]["houseNumber"] == "123/45/2a"

"""Permits that have no place and name a parcel by its numbers are told with the parcel, to who may see them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from gis.model.layer import Catalog
from services.app import create_app
from services.permits.extract_words import WORDS
from tests.services.permits import extracts
from tests.services.permits.extracts import CHILD, FAR, HOLED, PLAIN, Street

pytestmark = pytest.mark.asyncio(loop_scope="module")

ISSUED, DRAFTED, PROGRESS, ELSEWHERE, LATER = (UUID(int=(0x77 << 120) | number) for number in range(5))


def permit(number: str, parcels: list[str] | None, **more: Any) -> dict[str, Any]:
    return {"number": number, "office": "26740", "status": "ISSUED", "permit_type": "MOI", "parcels": parcels, **more}


@pytest.fixture(scope="module")
def street(make_database: Callable[..., str], catalog: Catalog) -> Street:
    made = extracts.street(make_database, catalog)
    made.load(
        "permits",
        [
            (ISSUED, None, permit("1/GPXD", ["26734/12/2", "26734/12/4"])),
            (DRAFTED, None, permit("2/GPXD", ["26734/12/4"], status="DRAFT")),
            (PROGRESS, None, permit("3/GPXD", ["26734/12/4"], status="RECEIVED")),
            (ELSEWHERE, extracts.box(200, 0, 205, 5), permit("4/GPXD", ["26734/12/4"])),
        ],
    )
    return made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(street: Street, settings_for: Callable[..., Any]) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings_for(street.dsn))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://land.test") as opened,
    ):
        yield opened


async def permits_of(client: httpx.AsyncClient, parcel: UUID, **more: Any) -> dict[str, Any]:
    answer = await client.get(f"/parcels/{parcel}/extract.json", **more)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = next(theme for theme in answer.json()["themes"] if theme["layer"] == "permits")
    return found


async def test_a_permit_without_a_place_is_told_with_each_parcel_that_it_names(client) -> None:
    for parcel in (HOLED, CHILD):
        found = await permits_of(client, parcel)
        (one,) = found["features"]
        assert (one["id"], one["linkedBy"], one["properties"]["number"]) == (str(ISSUED), "number", "1/GPXD")
        assert "area_m2" not in one
        assert (found["standing"], found["numberMatched"], found["area_m2"]) == ("concerned", 1, 0)


async def test_the_public_does_not_find_by_numbers_what_it_may_not_see(client, street) -> None:
    """A draft is hidden, and of an application in progress only the state is public; agencies see them. What has a place
    elsewhere is told there."""
    told = await permits_of(client, CHILD, headers=street.officer)
    assert {one["id"] for one in told["features"]} == {str(ISSUED), str(DRAFTED), str(PROGRESS)}


async def test_where_nothing_is_found_the_public_is_told_that_this_is_no_answer(client, street) -> None:
    """Drafts are withheld from the public, so that finding none says nothing; an officer sees all there is."""
    public, officer = await permits_of(client, FAR), await permits_of(client, FAR, headers=street.officer)
    assert (public["features"], public["standing"], public["publicOnly"]) == ([], "no-data", True)
    assert officer["publicOnly"] is False


async def test_a_place_and_a_number_do_not_tell_a_permit_twice(client) -> None:
    found = await permits_of(client, PLAIN)
    assert [one["properties"]["number"] for one in found["features"]] == ["77/GPXD"]


async def test_a_seal_covers_them_and_is_superseded_by_a_new_one(client, street) -> None:
    told = (await client.get(f"/parcels/{CHILD}/extract.json")).json()
    assert (await client.get(told["verify"], params={"f": "json"})).json()["current"] is True
    number = street.load("permits", [(LATER, None, permit("5/GPXD", ["26734/12/4"]))])
    found = (await client.get(told["verify"], params={"f": "json"})).json()
    assert (found["genuine"], found["current"], found["superseded"]["changeset"]) == (True, False, number)


async def test_the_page_says_that_they_were_found_by_number(client) -> None:
    page = (await client.get(f"/parcels/{HOLED}/extract.html")).text
    assert "1/GPXD †" in page and WORDS["by_number"].vi in page
    assert WORDS["by_number"].vi not in (await client.get(f"/parcels/{PLAIN}/extract.html")).text

"""Parcels that are looked for by a condition, by words or by a place."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import shapely

from gis.errors import InvalidCrs, InvalidParameter
from gis.model.access import public_decision
from gis.model.filter import Call, Property, Value
from gis.model.layer import Catalog, Layer
from gis.model.query import CRS84
from gis.store.parcels import Wanted, matching, point_of
from gis.store.pools import Pools
from gis.store.vicinity import Moment
from tests.gis.store.conftest import E0, N0, Load, Parcel


@pytest_asyncio.fixture
async def pools(database: str) -> AsyncIterator[Pools]:
    opened = await Pools.open(database)
    yield opened
    await opened.close()


async def found(pools: Pools, parcels: Layer, wanted: Wanted, known: int | None = None, **more: int) -> list[str]:
    async with pools.reading() as source:
        answer = await matching(source, parcels, public_decision(parcels), wanted, Moment(None, known), **more)
    return sorted(answer.table.column("parcel"))


def named(number: str) -> Wanted:
    return Wanted(Call("=", (Property("parcel"), Value(number))))


async def test_a_condition_and_a_moment_of_knowledge_find_what_was_there(
    pools: Pools, parcels: Layer, load: Load
) -> None:
    first = load([Parcel("1", 0)])
    load([Parcel("1", 0), Parcel("2", 1)])
    assert await found(pools, parcels, named("2")) == ["2"]
    assert await found(pools, parcels, named("2"), first) == []


async def test_a_point_on_the_line_lies_in_both(pools: Pools, parcels: Layer, load: Load) -> None:
    load([Parcel("1", 0), Parcel("2", 1), Parcel("3", 2)])
    assert await found(pools, parcels, Wanted(place=shapely.Point(E0 + 10, N0 + 5))) == ["1", "2"]
    assert await found(pools, parcels, Wanted(place=shapely.Point(E0 + 5, N0 + 5))) == ["1"]


async def test_a_polygon_finds_what_lies_in_it_by_more_than_a_sliver(pools: Pools, parcels: Layer, load: Load) -> None:
    load([Parcel("1", 0), Parcel("2", 1)])
    assert await found(pools, parcels, Wanted(place=shapely.box(E0, N0, E0 + 10.01, N0 + 10))) == ["1"]
    assert await found(pools, parcels, Wanted(place=shapely.box(E0 + 5, N0, E0 + 15, N0 + 10))) == ["1", "2"]


async def test_more_than_may_be_is_refused_and_not_cut_short(pools: Pools, parcels: Layer, load: Load) -> None:
    load([Parcel("1", 0), Parcel("2", 1), Parcel("3", 2)])
    with pytest.raises(InvalidParameter):
        await found(pools, parcels, Wanted(place=shapely.box(E0, N0, E0 + 30, N0 + 10)), most=2)


def test_a_point_elsewhere_is_refused_with_advice_where_its_numbers_are_exchanged(catalog: Catalog) -> None:
    territory = catalog.territory
    assert point_of(E0, N0, territory.storage_crs, territory).x == pytest.approx(E0)
    assert point_of(106.7, 10.776, CRS84, territory).y == pytest.approx(1_191_842.4, abs=0.1)
    with pytest.raises(InvalidCrs, match="exchanged"):
        point_of(10.776, 106.7, CRS84, territory)
    with pytest.raises(InvalidCrs) as refusal:
        point_of(0.0, 0.0, CRS84, territory)
    assert "exchanged" not in refusal.value.en

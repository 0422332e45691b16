"""Rows of several layers in memory: of one state, and no more than may be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from gis.errors import TooMuch
from gis.model.access import Decision, public_decision
from gis.model.layer import Catalog, Layer
from gis.model.query import BBox, ItemQuery
from gis.store.export import Selection
from gis.store.frames import Found, frames
from gis.store.pools import Pools
from tests.gis.store.conftest import E0, N0, Load, Parcel


@pytest_asyncio.fixture
async def pools(database: str) -> AsyncIterator[Pools]:
    opened = await Pools.open(database)
    yield opened
    await opened.close()


def within(layer: Layer, decision: Decision, width: float, known: int | None = None) -> Selection:
    box = BBox((E0 - 1, N0 - 1, E0 + width, N0 + 11), layer.storage_crs)
    return Selection(layer, ItemQuery(layer.id, bbox=box, known=known), decision)


async def asked(pools: Pools, *selections: Selection, **more: int) -> list[Found]:
    async with pools.reading() as source:
        return await frames(source, selections, **more)


async def test_several_layers_are_read_at_once_each_with_its_state(pools: Pools, catalog: Catalog, load: Load) -> None:
    number = load([Parcel("1", 0), Parcel("2", 3)])
    layers = [catalog.layers[name] for name in ("parcels", "zones")]
    found, empty = await asked(pools, *(within(layer, public_decision(layer), 15) for layer in layers))
    assert found.features.column("parcel").tolist() == ["1"]
    assert (found.changeset, empty.changeset) == (number, 0)
    assert found.committed_at is not None and empty.committed_at is None and len(empty.features) == 0


async def test_what_the_caller_may_not_see_is_no_column(pools: Pools, parcels: Layer, load: Load) -> None:
    load([Parcel("1", 0, holder="NGUOISUDUNGDAT")])
    (found,) = await asked(pools, within(parcels, public_decision(parcels), 15))
    assert "holder_name" not in found.features.record(0)


async def test_as_known_then_it_is_what_it_was(pools: Pools, parcels: Layer, load: Load) -> None:
    first = load([Parcel("1", 0, sheet="12")])
    load([Parcel("1", 0, sheet="12", street="Lê Lợi", valid_from=datetime(2020, 1, 1, tzinfo=UTC))])
    public = public_decision(parcels)
    then, now = await asked(pools, within(parcels, public, 15, first), within(parcels, public, 15))
    assert [one.features.record(0)["street"] for one in (then, now)] == ["Nguyễn Trãi", "Lê Lợi"]
    assert then.changeset == first < now.changeset


async def test_too_many_features_or_vertices_are_refused(pools: Pools, parcels: Layer, load: Load) -> None:
    load([Parcel("1", 0), Parcel("2", 1), Parcel("3", 2)])
    wanted = within(parcels, public_decision(parcels), 40)
    (found,) = await asked(pools, wanted, most=3)
    assert len(found.features) == 3
    with pytest.raises(TooMuch, match="more than 2 features"):
        await asked(pools, wanted, most=2)
    with pytest.raises(TooMuch, match="vertices"):
        await asked(pools, wanted, vertices=10)


async def test_a_geometry_of_few_vertices_is_sent_whole(pools: Pools, parcels: Layer, load: Load) -> None:
    load([Parcel("1", 0, size=100)])
    (found,) = await asked(pools, within(parcels, public_decision(parcels), 15))
    assert found.features.geometry[0].area == pytest.approx(10_000)

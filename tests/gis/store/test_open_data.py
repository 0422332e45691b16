from __future__ import annotations

import itertools
from collections.abc import AsyncIterator

import psycopg
import pytest

from gis.model.layer import Catalog, Layer
from gis.store import open_data
from gis.store.pools import Pools
from tests.gis.store.conftest import Load, Parcel


@pytest.fixture
async def pools(database: str) -> AsyncIterator[Pools]:
    opened = await Pools.open(database)
    yield opened
    await opened.close()


async def test_versions_are_the_changesets_of_which_the_public_sees_something(
    pools: Pools, parcels: Layer, catalog: Catalog, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await open_data.newest(pools, list(catalog.layers.values())) == {}
    numbers = [load([Parcel(str(i), i)]) for i in range(4)]
    found = await open_data.page(pools, parcels, None, 10)
    assert [version.number for version in found] == numbers[::-1]
    assert all(later.instant > earlier.instant for later, earlier in itertools.pairwise(found))
    assert [v.number for v in await open_data.page(pools, parcels, numbers[2], 1)] == [numbers[1]]
    assert await open_data.newest(pools, list(catalog.layers.values())) == {"parcels": found[0]}
    assert await open_data.version(pools, parcels, numbers[1]) == found[2]
    assert await open_data.version(pools, parcels, numbers[-1] + 1) is None
    assert await open_data.version(pools, catalog.layers["zones"], numbers[1]) is None


async def test_changesets_of_hidden_rows_alone_are_no_versions(pools: Pools, catalog: Catalog, database: str) -> None:
    permits = catalog.layers["permits"]
    with psycopg.connect(database, autocommit=True) as owner:
        for number, status in enumerate(("ISSUED", "DRAFT", "ISSUED")):
            owner.execute(
                """INSERT INTO land.permits (number, office, status, geom)
                   VALUES (%s, '26740', %s, ST_SetSRID(ST_MakePoint(603700, 1191840), 9210))""",
                (f"{number}/GPXD", status),
            )
        changesets = [
            n for (n,) in owner.execute("SELECT number FROM landmap.changeset_layer WHERE layer = 'permits' ORDER BY 1")
        ]
    assert len(changesets) == 3
    found = await open_data.page(pools, permits, None, 10)
    assert [version.number for version in found] == [changesets[2], changesets[0]]
    assert await open_data.version(pools, permits, changesets[1]) is None

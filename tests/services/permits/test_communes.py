"""A code or a name means communes of today and of before the reform, whose codes are used again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
import pytest_asyncio

from gis.errors import NotFound
from gis.model.actor import PUBLIC
from gis.model.layer import Catalog
from gis.store.pools import Pools
from gis.store.vicinity import Moment
from services.permits.communes import REFORM, Communes, communes_named, former_name
from tests.services.permits.extracts import box, load

pytestmark = pytest.mark.asyncio(loop_scope="module")

WARDS: list[dict[str, Any]] = [
    {"code": "26737", "name": "Đa Kao", "full_name": "Phường Đa Kao, Quận 1", "valid_to": REFORM},
    {"code": "26737", "name": "Tân Định", "full_name": "Phường Tân Định", "valid_from": REFORM},
    {"code": "26734", "name": "Tân Định", "full_name": "Phường Tân Định, Quận 1", "valid_to": REFORM},
    {"code": "26740", "name": "Hoà Hưng", "full_name": "Phường Hoà Hưng", "valid_from": REFORM},
]


class Run:
    """What of a run a question about communes asks: the layers, and who asks."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog, self.actor = catalog, PUBLIC


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def named(make_database: Callable[..., str], catalog: Catalog) -> Any:
    dsn = make_database()
    rows = [
        (UUID(int=number + 1), box(100 * number, 0, 100 * number + 90, 90), told) for number, told in enumerate(WARDS)
    ]
    with psycopg.connect(dsn, autocommit=True) as db:
        load(db, catalog, "wards", rows)
    pools, run = await Pools.open(dsn), Run(catalog)

    async def ask(said: str, at: datetime | None = None) -> Communes:
        async with pools.reading() as source:
            return await communes_named(run, source, said, Moment(at))  # type: ignore[arg-type]

    async def formerly(code: str) -> str | None:
        async with pools.reading() as source:
            return await former_name(run, source, code, None)  # type: ignore[arg-type]

    yield ask, formerly
    await pools.close()


async def test_a_code_that_was_used_twice_is_read_in_both_meanings_and_that_is_said(named: Any) -> None:
    found = await named[0]("26737")
    assert (found.today, found.former) == (("26737",), ("26737",))
    (note,) = found.notes
    assert "nay là Phường Tân Định, trước 01/7/2025 là Phường Đa Kao, Quận 1" in note.vi


async def test_a_code_stands_for_itself_where_nothing_is_known_of_it(named: Any) -> None:
    assert await named[0]("99999") == Communes(("99999",), ("99999",))
    assert (await named[0]("26740")).notes == ()


@pytest.mark.parametrize("said", ["Tân Định", "tan dinh", "  PHƯỜNG  Tân Định ", "phuong tan dinh"])
async def test_a_name_is_found_without_accents_and_with_its_kind_today_and_before(named: Any, said: str) -> None:
    found = await named[0](said)
    assert (set(found.today), set(found.former)) == ({"26737"}, {"26734"})


async def test_the_former_district_tells_which_is_meant(named: Any) -> None:
    found = await named[0]("Phường Tân Định, Quận 1")
    assert (found.today, found.former) == ((), ("26734",))


async def test_either_tone_style_is_the_same_name(named: Any) -> None:
    assert (await named[0]("Hòa Hưng")).today == (await named[0]("Hoà Hưng")).today == ("26740",)


async def test_before_the_reform_communes_of_today_are_those_that_began_with_it(named: Any) -> None:
    assert (await named[0]("Tân Định", datetime(2024, 1, 1, tzinfo=UTC))).today == ("26737",)


@pytest.mark.parametrize("said", ["Không Có", "%", "_ân Định", "Tân\\ Định"])
async def test_a_name_that_nothing_has_is_not_found_and_wildcards_are_letters(named: Any, said: str) -> None:
    with pytest.raises(NotFound, match="no commune named"):
        await named[0](said)


async def test_the_former_name_of_a_code_carries_its_district(named: Any) -> None:
    assert await named[1]("26737") == "Phường Đa Kao, Quận 1"
    assert await named[1]("26740") is None

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
import pytest_asyncio

from gis.errors import DefinitionError, InvalidParameter
from gis.model.layer import Catalog
from gis.store import regulations
from gis.store.changesets import newest
from gis.store.pools import Pools

OFFICES = "permits/offices.toml"
HEIGHT = "rules/plan-limits.toml"


@pytest.fixture
def dsn(make_database: Callable[..., str]) -> str:
    return make_database()


@pytest_asyncio.fixture
async def pools(dsn: str) -> object:
    opened = await Pools.open(dsn)
    yield opened
    await opened.close()


def changed(catalog: Catalog, path: str, old: str, new: str) -> dict[str, str]:
    """The repository's texts with one of them changed."""
    assert old in catalog.regulations[path]
    return {**catalog.regulations, path: catalog.regulations[path].replace(old, new, 1)}


def publish(dsn: str, texts: dict[str, str]) -> int | None:
    with psycopg.connect(dsn) as connection:
        return regulations.publish(connection, texts)


async def known(pools: Pools, moment: int | datetime | None = None) -> regulations.Known:
    async with pools.reading() as source:
        return await regulations.known(source, moment)


async def test_a_fresh_database_has_the_packs_of_the_folder(dsn: str, pools: Pools, catalog: Catalog) -> None:
    found = await known(pools)
    assert f"rules/{found.regulations.packs.packs[0].id}.toml" in catalog.regulations
    assert len(found.regulations.packs.packs) == len([p for p in catalog.regulations if p.startswith("rules/")])
    assert found.regulations.dossier is not None and found.regulations.offices
    assert publish(dsn, dict(catalog.regulations)) is None
    assert publish(dsn, {p: t.replace("\n", "\r\n") for p, t in catalog.regulations.items()}) is None


async def test_a_change_is_a_changeset_and_what_was_known_before_stays(
    dsn: str, pools: Pools, catalog: Catalog
) -> None:
    before = await known(pools)
    number = publish(dsn, changed(catalog, HEIGHT, 'version = "1"', 'version = "2"'))
    with psycopg.connect(dsn) as connection:
        latest = newest(connection, 1)[0]
    assert number == latest.number and latest.provenance.title == "Bộ quy tắc của layers/"
    after = await known(pools)
    assert (after.changeset, after.committed_at) == (number, latest.committed_at)
    assert after.regulations.packs.version != before.regulations.packs.version
    for moment in (number - 1, before.committed_at, latest.committed_at - timedelta(microseconds=1)):
        assert await known(pools, moment) == before
    assert await known(pools, latest.committed_at) == after
    assert {pack.version for pack in after.regulations.packs.packs if pack.id == "plan-limits"} == {"2"}


async def test_packs_are_read_once_for_each_content(dsn: str, pools: Pools, catalog: Catalog) -> None:
    first = await known(pools)
    publish(dsn, changed(catalog, HEIGHT, 'version = "1"', 'version = "3"'))
    publish(dsn, dict(catalog.regulations))
    again = await known(pools)
    assert again.regulations is first.regulations and again.changeset > first.changeset


async def test_a_pack_that_left_the_folder_is_known_no_more(dsn: str, pools: Pools, catalog: Catalog) -> None:
    publish(dsn, {path: text for path, text in catalog.regulations.items() if path != "rules/flood.toml"})
    assert "flood" not in {pack.id for pack in (await known(pools)).regulations.packs.packs}


@pytest.mark.parametrize(
    ("path", "old", "new", "line"),
    [
        (HEIGHT, 'kind = "limit"', 'kind = "limits"', "rules/plan-limits.toml: rules[1].kind"),
        (
            OFFICES,
            'classes = ["III", "IV"]',
            'classes = ["5"]',
            "layers/permits/offices.toml: regimes[1].offices[1].classes",
        ),
        ("permits/dossier.toml", 'needs = ["parcel"]', 'needs = ["x"]', "layers/permits/dossier.toml: parts[2].needs"),
    ],
)
def test_a_text_with_mistakes_is_refused_and_nothing_is_published(
    dsn: str, catalog: Catalog, path: str, old: str, new: str, line: str
) -> None:
    with psycopg.connect(dsn) as connection:
        before = newest(connection, 1)[0].number
        with pytest.raises(DefinitionError) as error, connection.transaction():
            regulations.publish(connection, changed(catalog, path, old, new))
        assert any(problem.startswith(line) for problem in error.value.problems), error.value.problems
        assert newest(connection, 1)[0].number == before


async def test_before_any_pack_was_known_there_is_no_answer(pools: Pools) -> None:
    for moment in (0, datetime(2020, 1, 1, tzinfo=UTC)):
        with pytest.raises(InvalidParameter, match="knew no rule packs"):
            await known(pools, moment)

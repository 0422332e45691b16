"""A database of an earlier version is brought up to this one, with all that was in it, and goes on from there.

`released/0001.sql` is a dump of what version 41a7aae made, which had the first migration only: parcels with several versions,
one changeset reverted, edits through the view, land of the army, holders, permits of which one is a draft, and a changeset
that waits to be published.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import pytest_asyncio

from gis.errors import DatabaseUnavailable
from gis.model.layer import Catalog
from gis.store import changesets, layers, patience, roles
from gis.store.check import check
from gis.store.database import prepare
from gis.store.embedded import ServerInfo
from gis.store.publish import publish
from services.app import create_app
from tests.services.ogc.test_tiles import address, decoded

pytestmark = pytest.mark.asyncio(loop_scope="module")

DUMP = Path(__file__).parent / "released" / "0001.sql"
WAITING = 5
VERSIONS = "SELECT parcel, lower(valid), upper(valid), valid_from_known, from_changeset, to_changeset, street FROM land_history.parcels"


@pytest.fixture(scope="module")
def released(server: ServerInfo) -> str:
    """Name of a database as the dump has it, to be copied."""
    dsn = server.create_database("released")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        roles.make(connection)
        connection.execute("SET check_function_bodies = off")
        connection.execute(DUMP.read_text(encoding="utf-8").encode())
    return "released"


@pytest.fixture(scope="module")
def before(server: ServerInfo, released: str) -> str:
    """The database as the dump has it."""
    return server.create_database("released_before", released)


@pytest.fixture(scope="module")
def upgraded(before: str, catalog: Catalog) -> tuple[str, list[Any], list[Any]]:
    """The same at this version; its versions of parcels before and after."""

    def versions() -> list[Any]:
        with psycopg.connect(before) as connection:
            return connection.execute(VERSIONS + " ORDER BY version").fetchall()

    old = versions()
    prepare(before, catalog)
    return before, old, versions()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def upgraded_client(upgraded: tuple[str, list[Any], list[Any]], settings_for: Callable[..., Any]) -> Any:
    app = create_app(settings_for(upgraded[0]))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        headers = {"Accept": "application/json, */*;q=0.1", "Accept-Language": "en"}
        async with httpx.AsyncClient(transport=transport, base_url="http://land.test", headers=headers) as client:
            yield client


async def test_nothing_is_lost_and_every_invariant_holds(
    upgraded: tuple[str, list[Any], list[Any]], catalog: Catalog
) -> None:
    dsn, old, new = upgraded
    assert len(new) == 14
    assert new == old
    with psycopg.connect(dsn) as connection:
        assert layers.plan(connection, catalog).statements == ()
        holders = connection.execute("SELECT count(*) FROM land_restricted.parcels_holders").fetchone()
        assert holders == (8,)
    assert check(dsn, catalog) == []


async def test_what_held_before_is_answered_over_http(upgraded_client: httpx.AsyncClient) -> None:
    async def streets(**question: str) -> dict[str, str | None]:
        found = await upgraded_client.get("/collections/parcels/items", params=question)
        assert found.status_code == 200, found.text
        features = found.json()["features"]
        return {f["properties"]["parcel"]: f["properties"].get("street") for f in features}

    assert await streets() == {"1": "Lê Lợi", "2": "Hàm Nghi", "4": "Nguyễn Trãi", "6": None}
    assert await streets(datetime="2022-01-01") == {"1": "Nguyễn Trãi", "4": "Nguyễn Trãi"}
    assert (await streets(datetime="2091-01-01"))["5"] == "Nguyễn Trãi"
    permits = (await upgraded_client.get("/collections/permits/items")).json()["features"]
    assert [f["properties"]["number"] for f in permits] == ["A1"]
    assert len(decoded(await upgraded_client.get(address(16)))) == 4
    assert (await upgraded_client.get(address(12))).status_code == 200


async def test_what_waited_is_published_and_shown(
    upgraded: tuple[str, list[Any], list[Any]], upgraded_client: httpx.AsyncClient, catalog: Catalog
) -> None:
    dsn = upgraded[0]
    with psycopg.connect(dsn, autocommit=True) as connection:
        number = publish(connection, WAITING, catalog.layers["parcels"])
        assert number is not None
        provenance = changesets.read(connection, number).provenance
        assert provenance.source is not None
        assert (provenance.title, provenance.source.name) == ("Chờ công bố", "cho.gpkg")
        holders = connection.execute(
            "SELECT parcel, holder_name FROM land.parcels p JOIN land_history.parcels h USING (id, parcel) "
            "JOIN land_restricted.parcels_holders USING (version) WHERE h.from_changeset = %s AND h.valid @> now() ORDER BY 1",
            (number,),
        ).fetchall()
        assert holders == [("1", "Lê Văn C"), ("7", "Phạm D")]
    assert check(dsn, catalog) == []
    now = (await upgraded_client.get("/collections/parcels/items")).json()
    streets = {f["properties"]["parcel"]: f["properties"].get("street") for f in now["features"]}
    assert (streets["1"], sorted(streets)) == ("Đồng Khởi", ["1", "2", "4", "6", "7"])
    assert len(decoded(await upgraded_client.get(address(16)))) == 5


async def test_an_editor_goes_on_and_the_service_no_longer_may(
    upgraded: tuple[str, list[Any], list[Any]], catalog: Catalog
) -> None:
    dsn = upgraded[0]
    edit = "UPDATE land.parcels SET street = 'Tôn Đức Thắng' WHERE parcel = '4'"
    with psycopg.connect(dsn) as connection:
        connection.execute("SET ROLE landmap_staff")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(edit)
        connection.rollback()
        connection.execute("SET ROLE landmap_editor")
        connection.execute(edit)
        connection.execute(edit)
    assert check(dsn, catalog) == []


async def test_a_download_on_its_way_stops_the_upgrade_for_a_moment_and_nobody_else(
    server: ServerInfo, released: str, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "SECONDS", 0.05)
    monkeypatch.setattr(patience, "PAUSE", 0)
    dsn = server.create_database("released_read", released)
    with psycopg.connect(dsn) as download:
        download.execute("SELECT FROM land_history.parcels")
        with pytest.raises(DatabaseUnavailable, match=f"process {download.info.backend_pid}"):
            prepare(dsn, catalog)
        with psycopg.connect(dsn) as other:
            other.execute("SET statement_timeout = '5s'")
            other.execute("SELECT FROM land_history.parcels")
        download.rollback()
    prepare(dsn, catalog)
    assert check(dsn, catalog) == []


RELEASED = {
    "system.sql": "a1bf040a9b7cf4073732e9af4e68c4468ecfb77bfca13fe2b7323626e1d28322",
    "sort_key.sql": "310b9ddcac17e2f233adb4e57eb5a918f6648aa2c98a6b19441f1725819258d7",
    "edit.sql": "c82a692d52234a9813c8f74db3cd1b0aefc6ecf8cc58065bb95bc11df13b9c7e",
    "source.sql": "6fa1be9e11ab332819e0f0662810433db4b0c0905402234ec1470650200be1c9",
    "tiles.sql": "c794ae6677d24bd303188229e0ba2a1e3c139d17125bda77088ee93ef85a1c05",
    "access.sql": "1fde87133f5cca1f28387a5d85be325af284ca92118a4c2ec2827489f1c8e35b",
    "filter.sql": "008f68434ef8607b67b8a84020a9ba50304cead2008ee8e7c8b50d3e33bf2d9d",
    "rights.sql": "3411178046864ddf66a119aacf829d2e5f589cb910000e3b7b2f7cf36a522874",
    "write.sql": "46273f0fda16971b1f576ca149d279c58a7e5544b250c03bcb511b6d27772e7b",
    "search.sql": "c9619af6ef055dfad48155395d86b2cdb9340d9eefb53941e5b75a58a306fa9b",
    "statement.sql": "b324a101c4e42ed5a3680fe726bc1094b4f6f0662b632b7eda501f4c2926ee87",
    "audit.sql": "0e8a600ac1884565d494503cd566e3ec0d87d9fce4a11ad52172f7278d90f205",
}


@pytest.mark.parametrize("name", RELEASED)
async def test_what_a_released_migration_reads_is_as_it_was(name: str) -> None:
    """Databases were made with it: what shall be otherwise is a new migration."""
    text = (files("gis.store") / "ddl" / name).read_bytes()
    assert hashlib.sha256(text).hexdigest() == RELEASED[name]

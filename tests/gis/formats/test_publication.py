"""Open data: files of published versions, read back, interrupted, raced and evicted."""

from __future__ import annotations

import asyncio
import csv
import dataclasses
import hashlib
import io
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

from gis.errors import NoRoom
from gis.formats.open_files import MANIFEST, Manifest, Shelf
from gis.formats.publication import publication
from gis.model.access import public_decision
from gis.model.invented import ACTOR, DOCUMENT, NOTICE
from gis.model.layer import Access, Catalog, Codelist, Layer, RowAccess, Show
from gis.store import export, open_data
from gis.store.open_data import Version
from gis.store.pools import Pools
from tests.gis.store.conftest import Load, Parcel, db, load, parcels  # noqa: F401 - fixtures
from tests.gis.store.test_export import ODD, as_told, comparable, everything, fill, told

GIGABYTE = 1 << 30


@pytest.fixture
async def pools(database: str) -> AsyncIterator[Pools]:
    opened = await Pools.open(database, time_zone="Asia/Ho_Chi_Minh")
    yield opened
    await opened.close()


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "open-data", GIGABYTE, reserve=0)


@pytest.fixture
def codes(catalog: Catalog, parcels: Layer) -> dict[str, Codelist]:  # noqa: F811
    return {field.name: catalog.codelists[field.codelist] for field in parcels.public if field.codelist}


async def newest(pools: Pools, layer: Layer) -> Version:
    return (await open_data.newest(pools, [layer]))[layer.id]


def content(shelf: Shelf, manifest: Manifest, name: str) -> bytes:
    file = manifest.file(name)
    assert file is not None
    return shelf.path(manifest, file).read_bytes()


def in_parquet(body: bytes) -> list[dict[str, Any]]:
    table = pq.read_table(io.BytesIO(body)).drop_columns("bbox")
    return sorted(table.to_pylist(), key=lambda row: row["id"])


def in_geopackage(path: Path) -> dict[str, bytes]:
    ids = pyogrio.read_arrow(path, read_geometry=False)[1].column("id").to_pylist()
    return dict(zip(ids, pyogrio.raw.read(path, columns=[])[2], strict=True))


async def test_the_files_hold_the_features_of_their_version(
    pools: Pools, shelf: Shelf, codes: dict[str, Codelist], parcels: Layer, db: psycopg.Connection, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    monkeypatch.setattr(export, "_FIRST_ROWS", 3)
    monkeypatch.setattr(export, "_ROWS", 7)
    fill(db, parcels, (*ODD, None))
    first = await newest(pools, parcels)
    fill(db, parcels, ("Lê Lợi", "Pasteur"), publish_as=100)
    second = await newest(pools, parcels)
    assert second.number > first.number
    for version, count in ((second, len(ODD) + 3), (first, len(ODD) + 1)):
        manifest = await publication(pools, shelf, parcels, version, codes)
        asked = everything(parcels, public_decision(parcels), at=version.instant, known=version.number)
        features = sorted(await told(pools, asked), key=lambda feature: feature["id"])
        places = {feature["id"]: shapely.geometry.shape(feature["geometry"]) for feature in features}
        assert manifest.features == count == len(features)
        rows = in_parquet(content(shelf, manifest, "parcels.parquet"))
        assert [as_told(row) for row in rows] == [comparable(feature, parcels) for feature in features]
        for row in rows:
            assert shapely.from_wkb(row["geometry"]).equals_exact(places[row["id"]], 1e-8)
        kept = in_geopackage(shelf.path(manifest, manifest.files[1]))
        assert kept.keys() == places.keys()
        assert all(shapely.from_wkb(kept[id_]).equals_exact(places[id_], 1e-8) for id_ in kept)
        listed = list(csv.DictReader(io.StringIO(content(shelf, manifest, "parcels.csv").decode(), newline="")))
        assert {row["id"]: shapely.from_wkt(row["wkt"]) for row in listed}.keys() == places.keys()
        assert all(shapely.from_wkt(row["wkt"]).equals_exact(places[row["id"]], 1e-7) for row in listed)


async def test_the_manifest_tells_size_digest_and_meaning_of_each_file(
    pools: Pools, shelf: Shelf, codes: dict[str, Codelist], parcels: Layer, load: Load  # noqa: F811
) -> None:  # fmt: skip
    load([Parcel("1", 0, holder="Nguyễn Văn Mật"), Parcel("2", 1)])
    manifest = await publication(pools, shelf, parcels, await newest(pools, parcels), codes)
    assert [file.name for file in manifest.files] == [
        "parcels.parquet",
        "parcels.gpkg",
        "parcels.csv",
        "dictionary.csv",
    ]
    for file in manifest.files:
        body = content(shelf, manifest, file.name)
        assert (file.size, file.sha256) == (len(body), hashlib.sha256(body).hexdigest())
    assert (manifest.owner, manifest.licence, manifest.features) == (parcels.owner, parcels.licence, 2)
    assert manifest.bbox is not None and 106 < manifest.bbox[0] < manifest.bbox[2] < 107
    rows = list(csv.DictReader(io.StringIO(content(shelf, manifest, "dictionary.csv").decode(), newline="")))
    assert [row["column"] for row in rows if not row["code"]] == [column["column"] for column in manifest.columns]
    uses = {
        row["code"]: (row["code_vi"], row["code_en"]) for row in rows if row["column"] == "land_use" and row["code"]
    }
    assert all(uses["ODT"])


async def test_what_is_hidden_is_in_none_of_the_files(
    pools: Pools, shelf: Shelf, codes: dict[str, Codelist], parcels: Layer, load: Load  # noqa: F811
) -> None:  # fmt: skip
    load([Parcel("1", 0, holder="Nguyễn Văn Mật"), Parcel("2", 1, uses=("CQP",), street="Đường trong doanh trại")])
    manifest = await publication(pools, shelf, parcels, await newest(pools, parcels), codes)
    hidden = {field.name for field in parcels.fields if field.access is not Access.PUBLIC}
    assert hidden
    rows = {row["parcel"]: row for row in in_parquet(content(shelf, manifest, "parcels.parquet"))}
    assert rows.keys() == {"1", None} and not hidden & rows["1"].keys()  # the army's has its shape only
    for file in manifest.files:
        body = content(shelf, manifest, file.name)
        assert "Văn Mật".encode() not in body and "doanh trại".encode() not in body
        assert not any(f"{name}".encode() in body for name in ("holder_name", "holder_id_number"))


async def test_the_same_version_gives_the_same_bytes(
    pools: Pools, codes: dict[str, Codelist], parcels: Layer, db: psycopg.Connection, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    fill(db, parcels, ODD * 40)
    version = await newest(pools, parcels)
    made = []
    for name in ("one", "other"):
        made.append(await publication(pools, Shelf(tmp_path / name, GIGABYTE, reserve=0), parcels, version, codes))
        fill(db, parcels, ("Lê Lợi",), publish_as=1000 * len(made))  # later versions change nothing in this one
    assert made[0] == made[1]


async def test_the_clock_is_in_none_of_the_files(
    pools: Pools, shelf: Shelf, codes: dict[str, Codelist], parcels: Layer, db: psycopg.Connection  # noqa: F811
) -> None:  # fmt: skip
    """GDAL would write into them when they were made."""
    fill(db, parcels, ODD)
    version = dataclasses.replace(await newest(pools, parcels), instant=datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC))
    begin = datetime.now(UTC)
    manifest = await publication(pools, shelf, parcels, version, codes)
    days = {f"{when:%Y-%m-%d}".encode() for when in (begin, datetime.now(UTC))}
    for file in manifest.files:
        body = content(shelf, manifest, file.name)
        assert not [day for day in days if day in body], file.name
        assert (b"2021-03-04T05:06:07" in body) == (file.name == "parcels.gpkg")


async def test_files_are_made_once(
    pools: Pools, shelf: Shelf, codes: dict[str, Codelist], parcels: Layer, load: Load, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    load([Parcel("1", 0)])
    version = await newest(pools, parcels)
    made = await asyncio.gather(*(publication(pools, shelf, parcels, version, codes) for _ in range(5)))
    assert all(manifest == made[0] for manifest in made)
    monkeypatch.setattr(Shelf, "making", None)  # what would make them again
    assert await publication(pools, shelf, parcels, version, codes) == shelf.find(parcels, version) == made[0]


PROGRAM = """
    import asyncio, sys
    from pathlib import Path
    from gis.catalog.read import read_catalog
    from gis.formats import publication
    from gis.formats.open_files import Shelf
    from gis.store import export, open_data
    from gis.store.pools import Pools

    dsn, layers, root, slow = sys.argv[1:]
    export._FIRST_ROWS = export._ROWS = 1
    append, made = publication._append, publication._made
    def told(*given):
        print("writing", flush=True)
        append(*given)
        if slow == "slow":
            import time; time.sleep(60)
    async def counted(*given):
        print("making", flush=True)
        return await made(*given)
    publication._append, publication._made = told, counted

    async def main():
        layer = read_catalog(Path(layers), "hcmc").layers["parcels"]
        pools = await Pools.open(dsn)
        version = (await open_data.newest(pools, [layer]))["parcels"]
        found = await publication.publication(pools, Shelf(Path(root), 1 << 30, reserve=0), layer, version, {})
        print("made", found.files[0].sha256, flush=True)
        await pools.close()
    asyncio.run(main())
"""


def run(database: str, root: Path, slow: str) -> subprocess.Popen[str]:
    repository = Path(__file__).resolve().parents[3]
    arguments = [database, str(repository / "layers"), str(root), slow]
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), *arguments], cwd=repository, stdout=subprocess.PIPE, text=True
    )


async def test_two_processes_make_a_version_once(
    pools: Pools, parcels: Layer, load: Load, database: str, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    load([Parcel(str(i), i) for i in range(5)])
    both = [run(database, tmp_path / "shelf", "quick") for _ in range(2)]
    said = [process.communicate(timeout=60)[0] for process in both]
    assert "".join(said).count("making") == 1
    assert len({text.splitlines()[-1] for text in said}) == 1 and all("made" in text for text in said)


async def test_a_maker_that_is_killed_leaves_nothing_that_is_taken_for_a_version(
    pools: Pools, parcels: Layer, load: Load, database: str, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    load([Parcel(str(i), i) for i in range(5)])
    version = await newest(pools, parcels)
    killed = run(database, tmp_path / "shelf", "slow")
    assert killed.stdout is not None
    for line in killed.stdout:
        if line == "writing\n":
            break
    shelf = Shelf(tmp_path / "shelf", GIGABYTE, reserve=0)
    assert list((tmp_path / "shelf/parcels").iterdir())
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    killed.stdout.close()
    (tmp_path / "shelf/zones/.old-3").mkdir(parents=True)  # another one was killed while it removed a version
    assert shelf.find(parcels, version) is None and shelf.made() == []
    manifest = await asyncio.wait_for(publication(pools, shelf, parcels, version, {}), 30)
    assert manifest.features == 5
    assert [path.name for path in (tmp_path / "shelf/parcels").iterdir()] == [str(version.number)]
    assert list((tmp_path / "shelf/zones").iterdir()) == []


async def test_files_of_another_database_or_of_a_layer_that_showed_more_are_not_taken(
    pools: Pools, shelf: Shelf, parcels: Layer, load: Load  # noqa: F811
) -> None:  # fmt: skip
    load([Parcel("1", 0)])
    version = await newest(pools, parcels)
    manifest = await publication(pools, shelf, parcels, version, {})
    assert shelf.find(parcels, version) == manifest
    assert (
        shelf.find(parcels, dataclasses.replace(version, instant=version.instant + timedelta(microseconds=1))) is None
    )
    street = [dataclasses.replace(f, access=Access.AGENCY) if f.name == "street" else f for f in parcels.fields]
    assert shelf.find(dataclasses.replace(parcels, fields=tuple(street)), version) is None
    rules = RowAccess(default=Show.NONE, rules=parcels.rows.rules)
    assert shelf.find(dataclasses.replace(parcels, rows=rules), version) is None
    shelf.path(manifest, manifest.files[2]).write_bytes(b"cut off")
    assert shelf.find(parcels, version) is None


async def test_older_versions_make_room_and_the_newest_stays(
    pools: Pools, parcels: Layer, load: Load, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    small = Shelf(tmp_path, 1, reserve=0, spared=0)
    versions = []
    for number in range(3):
        load([Parcel(str(number), number)])
        versions.append(await newest(pools, parcels))
        await publication(pools, small, parcels, versions[-1], {})
    assert [manifest.number for manifest in small.made()] == [versions[2].number]
    await publication(pools, small, parcels, versions[0], {})
    assert {manifest.number for manifest in small.made()} == {versions[0].number, versions[2].number}
    (tmp_path / "parcels/.making-7").mkdir()
    assert [manifest.number for manifest in small.prune(keep=1)] == [versions[0].number]
    assert {path.name for path in (tmp_path / "parcels").iterdir()} == {str(versions[2].number)}
    assert (tmp_path / f"parcels/{versions[2].number}" / MANIFEST).exists()


async def test_what_was_just_made_is_not_thrown_away_for_another_old_version(
    pools: Pools, parcels: Layer, load: Load, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    small = Shelf(tmp_path, 1, reserve=0, spared=600)
    versions = []
    for number in range(3):
        load([Parcel(str(number), number)])
        versions.append(await newest(pools, parcels))
    for version in (versions[2], versions[0]):
        assert not small.crowded()
        await publication(pools, small, parcels, version, {})
    assert small.crowded()
    await publication(pools, small, parcels, versions[1], {})
    assert [manifest.number for manifest in small.made()] == [version.number for version in reversed(versions)]
    for number in (versions[0].number, versions[1].number):  # ten minutes later
        os.utime(tmp_path / f"parcels/{number}" / MANIFEST, (0, 0))
    assert not small.crowded()
    load([Parcel("3", 3)])
    await publication(pools, small, parcels, await newest(pools, parcels), {})
    assert versions[0].number not in {manifest.number for manifest in small.made()}


async def test_a_disk_without_room_is_told_and_left_clean(
    pools: Pools, parcels: Layer, load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    load([Parcel("1", 0)])
    version = await newest(pools, parcels)
    full = Shelf(tmp_path / "full", GIGABYTE, reserve=1 << 60)
    with pytest.raises(NoRoom, match="no room"):
        await publication(pools, full, parcels, version, {})
    assert list((tmp_path / "full/parcels").iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(NoRoom, match="cannot be written"):
        await publication(pools, Shelf(tmp_path / "file", GIGABYTE, reserve=0), parcels, version, {})
    tight = Shelf(tmp_path / "tight", GIGABYTE, reserve=0)
    monkeypatch.setattr(tight, "room", lambda: 50_000)  # less than an empty GeoPackage has
    with pytest.raises(NoRoom, match="no room"):
        await publication(pools, tight, parcels, version, {})
    assert list((tmp_path / "tight/parcels").iterdir()) == []


async def test_files_of_an_invented_city_say_so_and_others_do_not(
    pools: Pools, shelf: Shelf, codes: dict[str, Codelist], parcels: Layer, load: Load, db: psycopg.Connection  # noqa: F811
) -> None:  # fmt: skip
    load([Parcel("1", 0), Parcel("2", 1)])
    real = await newest(pools, parcels)
    plain = await publication(pools, shelf, parcels, real, codes)
    assert NOTICE.vi not in content(shelf, plain, "dictionary.csv").decode()
    db.execute("UPDATE landmap.changeset SET actor = %s, document = '12/QĐ'", (ACTOR,))
    assert await newest(pools, parcels) == real, "somebody may be called so"
    db.execute("UPDATE landmap.changeset SET document = %s", (DOCUMENT,))
    version = await newest(pools, parcels)
    assert version.invented
    manifest = await publication(pools, shelf, parcels, version, codes)
    assert manifest.invented
    assert shelf.find(parcels, version) == manifest
    assert shelf.find(parcels, real) is None, "what says otherwise is made anew"
    assert manifest.description["en"] == f"{NOTICE.en} {parcels.description.en}"
    rows = list(csv.DictReader(io.StringIO(content(shelf, manifest, "dictionary.csv").decode(), newline="")))
    assert (rows[0]["column"], rows[0]["description_vi"], rows[0]["description_en"]) == ("", NOTICE.vi, NOTICE.en)
    assert NOTICE.vi in pq.read_metadata(shelf.path(manifest, manifest.files[0])).metadata[b"description"].decode()
    with closing(sqlite3.connect(shelf.path(manifest, manifest.files[1]))) as package:
        assert NOTICE.vi in package.execute("SELECT description FROM gpkg_contents").fetchone()[0]

"""The same survey from the database, from a folder and over a cluster: the same files, byte for byte, however it is parted."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import shutil
import signal
import stat
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, cast

import dask.config
import geopandas as gpd
import pyarrow.parquet as pq
import pytest
from distributed import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.errors import ClusterUnavailable, IngestError, InvalidParameter
from gis.formats import survey_parts
from gis.formats.survey_folder import Files
from gis.model.actor import PUBLIC, Actor, Role
from gis.rules.conformity import ASPECTS, worst_of
from services.app import create_app
from services.permits import survey, survey_cluster, survey_run, survey_source
from services.permits.survey_cluster import cluster
from services.permits.survey_run import Judging, Work
from services.permits.survey_source import Named, Source
from services.processes.process import Call, Document
from tests.services.permits import checking
from tests.services.permits.checking import Checks
from tests.services.permits.surveys import Cluster, building, certificates, dask_cluster

type Runs = Callable[[Source, Judging], dict[str, bytes]]

SMALL = 100.0
"""Squares (m) of which nearly each building has one of its own."""

RESULT = {"buildings.parquet", "findings.parquet", "survey.json", "wards.parquet"}


def unwatched(parts: Iterator[Named | None], _: int) -> Iterable[Named | None]:
    return parts


def database(city: Checks, cell: float = 1_000.0, *, public: bool = False, **inputs: Any) -> Any:
    wanted = survey_source.Wanted({"datetime": checking.DAY, **inputs}, public, cell)
    return survey_source.of_database(city.dsn, city.catalog, wanted)


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Surveys; the files of the result."""
    root, numbers = tmp_path_factory.mktemp("results"), count()

    def run(source: Source, judging: Judging = survey_run.here) -> dict[str, bytes]:
        folder = root / str(next(numbers))
        survey_run.run(source, judging, folder, unwatched)
        return files_of(folder)

    return cast("Runs", run)


@pytest.fixture(scope="module")
def exported(surveyed_city: Checks, tmp_path_factory: pytest.TempPathFactory) -> Callable[[float], Path]:
    """A folder of the survey in squares of so many metres."""
    root = tmp_path_factory.mktemp("exports")

    def export(cell: float) -> Path:
        folder = root / repr(cell)
        if not folder.exists():
            with database(surveyed_city, cell) as source:
                survey_run.export(source, folder, unwatched)
        return folder

    return export


@pytest.fixture(scope="module")
def expected(surveyed_city: Checks, run: Runs) -> dict[str, bytes]:
    with database(surveyed_city) as source:
        return run(source, survey_run.here)


@pytest.fixture(scope="module")
def clusters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Cluster]]:
    """A cluster of two workers; another one if something of it has died."""
    with ExitStack() as running:
        started: list[Cluster] = []

        def alive() -> Cluster:
            if not started or any(one.poll() is not None for one in (started[-1].scheduler, *started[-1].workers)):
                started.append(running.enter_context(dask_cluster(tmp_path_factory.mktemp("cluster"), 2)))
            return started[-1]

        yield alive


@pytest.fixture
def two_workers(clusters: Callable[[], Cluster]) -> Cluster:
    return clusters()


def table(result: dict[str, bytes], name: str) -> list[dict[str, Any]]:
    rows = pq.read_table(io.BytesIO(result[f"{name}.parquet"])).drop_columns(
        ["geometry", "bbox"] if name != "findings" else []
    )
    return cast("list[dict[str, Any]]", rows.to_pylist())


OFFICER = Actor("key:test", Role.VIEWER, "so-xd", frozenset({"buildings"}))


@pytest.fixture(scope="module")
def process(surveyed_city: Checks, settings_for: Any) -> Callable[[Actor], dict[str, Any]]:
    """What the process tells a caller."""

    async def nobody(done: int, doing: object) -> None:
        pass

    async def ask(actor: Actor) -> dict[str, Any]:
        app = create_app(settings_for(surveyed_city.dsn, layers=surveyed_city.layers))
        async with app.router.lifespan_context(app):
            of = app.state.services
            call = Call(
                catalog=of.catalog, pools=of.pools, keeper=of.keeper, settings=of.settings, secret=of.secret,
                actor=actor, base="http://land.test", language="vi", progress=nobody,
            )  # fmt: skip
            return dict(await survey.run(call, {"datetime": checking.DAY}))

    return lambda actor: asyncio.run(ask(actor))


PINS = ("wards", "data_version", "rules_version", "datetime", "knownAt", "suppressed_below")


def test_it_finds_what_the_process_finds(
    expected: dict[str, bytes], process: Callable[[Actor], dict[str, Any]]
) -> None:
    told = process(OFFICER)
    listed = table(expected, "findings")
    assert set(expected) == RESULT
    rows = list(csv.DictReader(io.StringIO(cast("Document", told["buildings"]).content.decode())))
    names = ("building", "ward", "parcel", "zone", "aspect", "status", "lacking")
    assert [tuple(row[name] or "" for name in names) for row in listed] == [
        tuple(row[name] for name in names) for row in rows
    ]
    for name in ("measured", "limit", "margin"):
        assert [row[name] for row in listed] == [float(row[name]) if row[name] else None for row in rows]
    result = json.loads(expected["survey.json"])
    assert {name: result[name] for name in PINS} == {name: told["wards"][name] for name in PINS}


def test_a_public_survey_tells_what_the_process_tells_everybody_and_of_no_building(
    surveyed_city: Checks, tmp_path: Path, run: Runs, two_workers: Cluster, process: Callable[[Actor], dict[str, Any]]
) -> None:
    with database(surveyed_city, public=True) as source:
        found = run(source, survey_run.here)
    assert set(found) == {"survey.json", "wards.parquet"}
    told, result = process(PUBLIC)["wards"], json.loads(found["survey.json"])
    assert {name: result[name] for name in PINS} == {name: told[name] for name in PINS}
    assert None in [row["storeys_exceeds"] for row in table(found, "wards")]
    with database(surveyed_city, 400.0, public=True) as source:
        survey_run.export(source, tmp_path / "in", unwatched)
    with cluster(two_workers.address) as judging:
        assert run(survey_source.of_folder(tmp_path / "in"), judging) == found


def test_a_database_is_let_go_before_anything_is_judged(
    surveyed_city: Checks, tmp_path: Path, expected: dict[str, bytes]
) -> None:
    open_ = 0

    @contextmanager
    def opened() -> Iterator[Source]:
        nonlocal open_
        with database(surveyed_city, SMALL) as source:
            open_ = 1
            yield source
        open_ = 2

    def here(work: Work, parts: Iterable[Files]) -> Iterator[survey_parts.Answer]:
        assert open_ == 2
        return map(work, parts)

    survey_run.run_apart(opened(), here, tmp_path / "out", unwatched)
    assert files_of(tmp_path / "out") == expected
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]
    open_ = 0
    with pytest.raises(InvalidParameter, match="something already"):
        survey_run.run_apart(opened(), here, tmp_path / "out", unwatched)
    assert open_ == 0


def test_each_building_has_one_row_with_the_worst_of_what_was_found(expected: dict[str, bytes]) -> None:
    found: dict[tuple[str, str], list[str]] = {}
    for row in table(expected, "findings"):
        found.setdefault((row["building"], row["aspect"]), []).append(row["status"])
    rows = table(expected, "buildings")
    assert [row["building"] for row in rows] == [str(building(number)) for number in range(1, 11)]
    for row in rows:
        told = [row[aspect.replace("-", "_")] for aspect in ASPECTS]
        assert told == [worst_of(found[row["building"], aspect]) for aspect in ASPECTS]
        assert row["status"] == worst_of(told)
    places = gpd.read_parquet(io.BytesIO(expected["buildings.parquet"]))
    assert places.crs.to_epsg() == 9210 and places.area.round(6).iloc[0] == 72


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cell=st.floats(150.0, 4_000.0))
def test_the_number_of_parts_changes_nothing(
    cell: float, surveyed_city: Checks, run: Runs, expected: dict[str, bytes], exported: Callable[[float], Path]
) -> None:
    assert run(survey_source.of_folder(exported(cell)), survey_run.here) == expected


def test_a_cluster_finds_the_same(
    two_workers: Cluster, run: Runs, expected: dict[str, bytes], exported: Callable[[float], Path]
) -> None:
    with cluster(two_workers.address) as judging:
        assert run(survey_source.of_folder(exported(SMALL)), judging) == expected


def test_a_cluster_finds_the_same_straight_from_the_database(
    two_workers: Cluster, surveyed_city: Checks, run: Runs, expected: dict[str, bytes]
) -> None:
    with cluster(two_workers.address) as judging, database(surveyed_city, 400.0) as source:
        assert run(source, judging) == expected


def test_the_order_of_the_answers_changes_nothing(
    run: Runs, expected: dict[str, bytes], exported: Callable[[float], Path]
) -> None:
    def backwards(work: Work, parts: Iterable[Files]) -> Iterator[survey_parts.Answer]:
        return reversed([work(files) for files in parts])

    assert run(survey_source.of_folder(exported(SMALL)), backwards) == expected


def test_a_scheduler_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey_cluster, "_CONNECT", 0.5)
    with (
        pytest.raises(ClusterUnavailable, match=r"tcp://127\.0\.0\.1:1 cannot be reached"),
        cluster("tcp://127.0.0.1:1"),
    ):
        pass
    with pytest.raises(InvalidParameter, match="write the address"), cluster("10.0.0.5"):
        pass


def test_a_worker_with_other_software_is_not_believed(
    two_workers: Cluster, tmp_path: Path, exported: Callable[[float], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(survey_cluster, "SOFTWARE", "landmap 0.0.0")
    with cluster(two_workers.address) as judging, pytest.raises(ClusterUnavailable, match=r"here is landmap 0\.0\.0"):
        survey_run.run(survey_source.of_folder(exported(SMALL)), judging, tmp_path / "out", unwatched)


def test_a_part_comes_back_from_its_files_as_it_was(exported: Callable[[float], Path]) -> None:
    source = survey_source.of_folder(exported(333.0))
    for _, files in filter(None, source.parts):
        assert survey_parts.written(survey_parts.read(files)) == files


def test_only_wards_that_were_asked_for_are_told_of(
    surveyed_city: Checks, run: Runs, expected: dict[str, bytes]
) -> None:
    with database(surveyed_city, wards=["26743"]) as source:
        found = run(source, survey_run.here)
    assert [(row["code"], row["buildings"]) for row in table(found, "wards")] == [("26743", 0)]
    assert table(found, "buildings") == table(found, "findings") == []
    assert [(row["code"], row["buildings"]) for row in table(expected, "wards")] == [("26740", 10), ("26743", 0)]


def test_nobody_else_may_read_the_files(
    surveyed_city: Checks, tmp_path: Path, exported: Callable[[float], Path]
) -> None:
    survey_run.run(survey_source.of_folder(exported(333.0)), survey_run.here, tmp_path / "out", unwatched)
    for folder in (exported(333.0), tmp_path / "out"):
        for path in (folder, *folder.rglob("*")):
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_what_is_no_survey_or_was_changed_is_refused(tmp_path: Path, surveyed_city: Checks) -> None:
    with pytest.raises(IngestError, match="landmap survey export"):
        survey_source.of_folder(tmp_path)
    folder = tmp_path / "in"
    with database(surveyed_city) as source:
        survey_run.export(source, folder, unwatched)
    with database(surveyed_city) as source, pytest.raises(InvalidParameter, match="something already"):
        survey_run.export(source, folder, unwatched)
    part = next((folder / "zones").iterdir())
    part.write_bytes(part.read_bytes()[:-1])
    into = partial(survey_run.run, judging=survey_run.here, folder=tmp_path / "out", watched=unwatched)
    with pytest.raises(IngestError, match="not as it was exported"):
        into(survey_source.of_folder(folder))
    part.unlink()
    with pytest.raises(IngestError, match="not as it was exported"):
        into(survey_source.of_folder(folder))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


def add_rule(folder: Path) -> None:
    (folder / "rules" / "more.toml").write_text("")


def cut(name: str, most: int = 40) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:most]) and None


def said(**changes: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        told = json.loads((folder / "survey.json").read_bytes())
        (folder / "survey.json").write_text(json.dumps(told | changes))

    return change


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (cut("wards.parquet"), "wards.parquet is not as it was exported"),
        (lambda folder: (folder / "wards.parquet").unlink(), "wards.parquet is not as it was exported"),
        (cut("rules/plan-limits.toml"), "rules/plan-limits.toml is not as it was exported"),
        (lambda folder: (folder / "rules" / "plan-limits.toml").unlink(), "rules/plan-limits.toml is not"),
        (lambda folder: shutil.rmtree(folder / "rules"), "rules/.* is not as it was exported"),
        (add_rule, "rules/more.toml is not as it was exported"),
        (cut("survey.json"), "survey.json is not as it was exported"),
        (said(day="2031-01-01"), "survey.json is not as it was exported"),
        (said(public=True), "survey.json is not as it was exported"),
        (said(data_version=1_000_000), "survey.json is not as it was exported"),
        (said(crs="EPSG:9211"), "survey.json is not as it was exported"),
        (said(hash=None), "survey.json is not as it was exported"),
        (said(format="landmap-survey/1"), "another version of Landmap"),
        (said(format="other/1"), "there is no survey"),
    ],
)
def test_a_folder_that_lacks_a_file_or_has_another_one_is_refused_in_one_sentence(
    damage: Callable[[Path], object], sentence: str, tmp_path: Path, exported: Callable[[float], Path]
) -> None:
    folder = shutil.copytree(exported(5_000.0), tmp_path / "in")
    survey_source.of_folder(folder)
    damage(folder)
    with pytest.raises(IngestError, match=sentence) as refused:
        survey_source.of_folder(folder)
    assert refused.value.vi and str(folder) in refused.value.vi


def test_the_day_of_a_folder_is_that_of_its_manifest(exported: Callable[[float], Path]) -> None:
    told = json.loads((exported(5_000.0) / "survey.json").read_bytes())
    assert told["day"] == checking.DAY == survey_source.of_folder(exported(5_000.0)).on.isoformat()


def test_an_encrypted_cluster_takes_the_certificates_of_dasks_settings(
    tmp_path: Path, run: Runs, expected: dict[str, bytes], exported: Callable[[float], Path]
) -> None:
    files = certificates(tmp_path)
    words = [word for name, path in files.items() for word in (f"--tls-{name}", str(path))]
    with dask_cluster(tmp_path, 1, "--protocol", "tls", *words) as started:
        assert started.address.startswith("tls://")
        with pytest.raises(InvalidParameter, match="settings name no certificates"), cluster(started.address):
            pass
        mine = {f"distributed.comm.tls.client.{name}": str(files[name]) for name in ("cert", "key")}
        ca, none = ({"distributed.comm.tls.ca-file": str(tmp_path / name)} for name in ("ca-file.pem", "none"))
        with (
            dask.config.set(mine | none),
            pytest.raises(InvalidParameter, match="cannot be used"),
            cluster(started.address),
        ):
            pass
        with dask.config.set(mine | ca), cluster(started.address) as judging:
            assert run(survey_source.of_folder(exported(333.0)), judging) == expected


def test_workers_may_die_and_if_the_cluster_is_gone_it_is_said_and_nothing_is_written(
    two_workers: Cluster, tmp_path: Path, run: Runs, expected: dict[str, bytes], exported: Callable[[float], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    _wait_for(two_workers, 2)
    output = tmp_path / "out"
    monkeypatch.setattr(survey_cluster, "_CONNECT", 2.0)
    with cluster(two_workers.address) as judging:
        monkeypatch.setattr(survey_cluster, "_PATIENCE", 1.0)
        first, second = two_workers.workers
        source = struck(survey_source.of_folder(exported(SMALL)), 3, first)
        assert source.count > 5
        assert run(source, judging) == expected
        assert first.wait() == -signal.SIGKILL and second.poll() is None
        for victim, told in ((second, "no workers"), (two_workers.scheduler, "gone away")):
            source = struck(survey_source.of_folder(exported(SMALL)), 0, victim)
            with pytest.raises(ClusterUnavailable, match=told):
                survey_run.run(source, judging, output, unwatched)
    assert list(tmp_path.iterdir()) == []


def struck(source: Source, after: int, victim: subprocess.Popen[bytes]) -> Source:
    """The source; when so many parts have gone out, the process is killed."""

    def parts() -> Iterator[Named | None]:
        for number, part in enumerate(source.parts):
            if number == after:
                victim.kill()
                victim.wait()
            yield part

    return Source(source.rules, source.on, source.count, parts(), source.survey)


def _wait_for(started: Cluster, workers: int) -> None:
    with Client(started.address, set_as_default=False) as client:
        client.wait_for_workers(workers, timeout=60)

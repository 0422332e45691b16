"""The OpenAPI document against the running service, by schemathesis: right and wrong questions of every kind of operation."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from gis.crs.transform import bounds_to_84
from gis.model.layer import Catalog
from tests.benchmarks.draw import tile_of
from tests.benchmarks.processes import Program, free_port, running
from tests.conftest import MakeDatabase
from tests.services.conftest import SOUTH, WEST, City
from tests.services.ogc import writing

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
HOOKS = Path(__file__).with_name("schemathesis_hooks.py")
SEED = 20_250_701
EXAMPLES = 2  # random ones of each operation; those that cover its parameters one by one come on top
READ = ("parcels", "permits")  # they have all that others have; the paths of all layers are described alike
WRITTEN = ("parcels",)


@contextmanager
def served(dsn: str, folder: Path) -> Iterator[str]:
    """The address of a service over the database. Its log, with every request, is `folder`/service.log."""
    port = free_port()
    settings = {"LANDMAP_DATABASE_URL": dsn, "LANDMAP_LOG_LEVEL": "info", "LANDMAP_WORKERS": "2"}
    settings["LANDMAP_VERIFICATIONS_A_MINUTE"] = "1000000"  # all is asked from one address
    settings["LANDMAP_DRAWINGS_A_MINUTE"] = "1000000"
    command = (sys.executable, "-c", "from services.cli import main; main()", "serve", "--port", str(port))
    with running(Program(command, settings, ROOT, folder / "service.log", "/readyz"), port):
        yield f"http://127.0.0.1:{port}"


def test_the_document_and_the_service_agree_on_what_is_read(city: City, tmp_path: Path) -> None:
    with served(city.dsn, tmp_path) as address:
        more = ("--include-method", "GET", "--workers", "2", "--phases", "examples,coverage,fuzzing,stateful")
        # To a caller without a key Allow does not name what only others may do.
        done = _agree(address, READ, tmp_path, _reading(address), *more, "--exclude-checks", "allow_header_conformance")
        assert f"Tested: {_count(address, READ, {'get'})}\n" in done


def test_the_document_and_the_service_agree_on_what_is_written(
    make_database: MakeDatabase, catalog: Catalog, tmp_path: Path
) -> None:
    """With the key of an editor; one request after the other, as each may change what the next one finds."""
    land = writing.land(make_database, catalog)
    before = land.changesets()
    key = land.headers["editor"]["X-Api-Key"]
    with served(land.dsn, tmp_path) as address:
        more = ("--exclude-method", "GET", "--header", f"X-Api-Key: {key}", "--workers", "1")
        # A schema of bodies cannot say which values a layer takes.
        done = _agree(
            address,
            WRITTEN,
            tmp_path,
            _writing(),
            "--phases",
            "coverage,fuzzing",
            *more,
            "--exclude-checks",
            "positive_data_acceptance",
        )
        assert f"Tested: {_count(address, WRITTEN, {'post', 'put', 'patch', 'delete'})}\n" in done
    answered = _answered(tmp_path / "service.log")
    for layer in WRITTEN:
        items = f"/collections/{layer}/items"
        assert {201, 400, 401, 422} <= answered["POST", items]
        # Which method meets which feature is drawn; tests of their own say what each of them does.
        changed = set[int]().union(*(answered[method, items] for method in ("PUT", "PATCH", "DELETE")))
        assert {204, 400, 401, 404} <= changed
    assert {200, 400, 401} <= answered["POST", "/transactions"]
    assert land.changesets() > before + 10


def _agree(address: str, layers: tuple[str, ...], folder: Path, config: str, *more: str) -> str:
    """What schemathesis says, which has to be that nothing is wrong."""
    (file := folder / "schemathesis.toml").write_text(config, encoding="utf-8")
    command = (
        *(str(Path(sys.executable).with_name("st")), "--no-color", "--config-file", str(file)),
        *("run", f"{address}/api", "--checks", "all"),
        *("--max-examples", str(EXAMPLES), "--seed", str(SEED), "--generation-deterministic"),
        *("--continue-on-failure", "--exclude-path-regex", _others(_get(address, "/api")["paths"], layers), *more),
    )
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
    return done.stdout


def _count(address: str, layers: tuple[str, ...], methods: set[str]) -> int:
    """The operations of the document with one of the methods, without those of other layers."""
    described = _get(address, "/api")["paths"]
    left_out = re.compile(_others(described, layers))
    return sum(len(methods & operations.keys()) for path, operations in described.items() if not left_out.search(path))


def _answered(log: Path) -> dict[tuple[str, str], set[int]]:
    """The statuses of each method and path; what follows /items in it is left out."""
    found = defaultdict(set)
    lines = [line for line in log.read_text(encoding="utf-8").splitlines() if line.startswith("{")]
    for line in map(json.loads, lines):
        if line["event"] == "request":
            found[line["method"], re.sub("(?<=/items)/.*", "", line["path"])].add(line["status"])
    return found


def _others(described: dict[str, Any], layers: tuple[str, ...]) -> str:
    """What the paths of the other layers begin with."""
    named = {path.split("/")[2] for path in described if path.startswith("/collections/")}
    return f"^/(collections|open-data)/({'|'.join(sorted(named - set(layers)))})(/|$)"


def _writing() -> str:
    """The hooks and features that there are. Keys are not made up: all but the one of the editor would be refused, whatever
    else is right or wrong. Too many features are 413."""
    rejected = ["400", "404", "405", "406", "409", "410", "413", "415", "422", "428"]
    ids = [str(writing.parcel_id(i)) for i in (1, 2, 4)]
    return "\n".join(
        (
            f"hooks = {json.dumps(str(HOOKS))}\n[generation]\nwith-security-parameters = false\n",
            f"[checks.negative_data_rejection]\nexpected-statuses = {json.dumps(rejected)}\n",
            f"[checks.missing_required_header]\nexpected-statuses = {json.dumps(rejected)}\n",  # 428 of RFC 6585
            f"[dictionaries.parcels]\nvalues = {json.dumps(ids)}\n",
            _operation("/collections/parcels/items/{featureId}", {"featureId": "parcels"}),
        )
    )


def _reading(address: str) -> str:
    """The hooks, features and tiles that there are, and parameters given twice, which are wrong everywhere."""
    x, y = _tile_of_the_city()
    lists = {"zooms": ["16"], "rows": [y], "columns": [x]}
    bound = {"tileMatrix": "zooms", "tileRow": "rows", "tileCol": "columns"}
    blocks = []
    for layer in READ:
        base = f"/collections/{layer}"
        blocks.append(_operation(f"{base}/tiles/WebMercatorQuad/{{tileMatrix}}/{{tileRow}}/{{tileCol}}", bound))
        if ids := [feature["id"] for feature in _get(address, f"{base}/items")["features"]]:
            lists[layer] = ids
            blocks += [
                _operation(f"{base}/items/{{featureId}}{rest}", {"featureId": layer}) for rest in ("", "/versions")
            ]
    named = [f"[dictionaries.{name}]\nvalues = {json.dumps(values)}\n" for name, values in lists.items()]
    begin = f"hooks = {json.dumps(str(HOOKS))}\n[phases.coverage]\ngenerate-duplicate-query-parameters = true\n"
    return "\n".join((begin, *named, *blocks))


def _operation(path: str, parameters: dict[str, str]) -> str:
    bound = [f'"path.{name}" = {{dictionary = "{values}", probability = 0.8}}' for name, values in parameters.items()]
    return "\n".join(("[[operations]]", f"include-path = {json.dumps(path)}", "[operations.parameters]", *bound, ""))


def _tile_of_the_city() -> tuple[int, int]:
    """Column and row at zoom 16 of the south-west corner of the city."""
    west, south, _, _ = bounds_to_84((WEST, SOUTH, WEST + 1, SOUTH + 1), 9210)
    _, column, row = tile_of(west, south, 16)
    return column, row


def _get(address: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(address + path, params={"f": "json"}).raise_for_status().json()
    return found

"""Fifty clients at once on every address of the OpenAPI document, ten on PDFs: each answer is the one that is given alone."""

from __future__ import annotations

import asyncio
import io
import itertools
import random
import re
import tempfile
import time
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest

from gis.store import embedded
from tests.benchmarks.draw import tile_of
from tests.e2e.conftest import Service

pytestmark = pytest.mark.e2e

CLIENTS = 50
_SEED = 20_250_701
_PATIENCE = 180  # seconds for which a question may be put off
_CENTRE = (106.7, 10.776)
_BOX = "106.69,10.77,106.71,10.785"
_FILES = ("geojsonseq", "jsonfg", "fgb", "parquet", "gpkg", "csv", "xlsx", "gml")
_PLACE = f"{_CENTRE[0]},{_CENTRE[1]}"
_VALUES = {"point": _PLACE, "center": _PLACE, "since": "0", "q": "đường", "seal": "none", "to": "/"}
"""What parameters are given that are required and name no example."""

_SIGNED_IN = ("/cases/{", "/changesets/{", "/reports/{", "/subscriptions/{")
"""Lists that only callers who have signed in may see, and so lead nowhere here."""

_KEPT = ("content-type", "content-crs", "content-language", "etag", "vary", "landmap-data-version")
_TIMES = re.compile(
    rb'("(?:timeStamp|requestId)":|<dcterms:(?:created|modified)[^>]*>|timeStamp=|<code class="request">)"?[^"<]*"?'
)
_POOL = 16  # connections of one worker: eight of each role

type Question = str
"""An address with its parameters."""

type Answer = tuple[int, dict[str, str], object]
"""Status, headers that matter, and what the body says."""


@dataclass(frozen=True, slots=True)
class Held:
    """What the service holds on to: connections to the database, open files and resident bytes of its processes."""

    connections: int
    files: int
    resident: int


@pytest.fixture(scope="module")
def kinds(service: Service) -> dict[str, list[Question]]:
    """Questions by what they are asked of: the path without its layer, and `downloads`. Each is asked by two clients or more."""
    document = service.get("/api")
    components = document["components"]["parameters"]
    found: dict[str, list[Question]] = {"downloads": list(_downloads())}
    for path, operations in document["paths"].items():
        if "get" not in operations:
            continue
        kind = re.sub(r"^/collections/[^/]+", "/collections/…", path)
        parameters = [
            components[one["$ref"].rsplit("/", 1)[1]] if "$ref" in one else one
            for one in operations["get"].get("parameters", [])
        ]
        needed = {one["name"]: _value(one) for one in parameters if one["in"] == "query" and one["required"]}
        sent = {one["name"]: one["schema"].get("enum", ()) for one in parameters}
        addresses = list(_filled(service, path))
        found.setdefault(kind, []).extend(
            _address(address, {**needed, **more}) for address in addresses for more in _variations(sent)
        )
    drawn = random.Random(_SEED)
    return {kind: drawn.sample(all_, min(len(all_), CLIENTS // 2)) for kind, all_ in found.items() if all_}


def _value(parameter: dict[str, Any]) -> str:
    """What a required parameter is given."""
    schema = parameter["schema"]
    return _VALUES.get(parameter["name"]) or schema.get("example") or schema["enum"][0]


def _filled(service: Service, path: str) -> Iterator[str]:
    """The path with features and tiles that there are."""
    if "{featureId}" in path:
        items = path.split("/{featureId}", maxsplit=1)[0]
        for feature in service.get(items, limit=3)["features"]:
            yield path.replace("{featureId}", feature["id"])
    elif "{tileMatrix}" in path:
        zooms = service.get(path.split("/{tileMatrix}", maxsplit=1)[0], f="tilejson")
        for zoom in (zooms["maxzoom"], zooms["maxzoom"] - 1, max(zooms["minzoom"], 12)):
            _, column, row = tile_of(*_CENTRE, zoom)
            yield path.format(tileMatrix=zoom, tileRow=row, tileCol=column)
    elif path.startswith(("/parcels/{id}/", "/thua/{id}")):
        for feature in service.get("/collections/parcels/items", limit=3)["features"]:
            yield path.replace("{id}", feature["id"])
    elif path.startswith(_SIGNED_IN):
        return
    elif path.endswith(".{format}"):
        yield from _open311(service, path)
    elif "{" in path and "{seal}" not in path:
        yield from _linked(service, path)
    else:
        yield path.replace("{seal}", _VALUES["seal"])


def _open311(service: Service, path: str) -> Iterator[str]:
    """The path in both of its formats; none of a report, as nobody has told anything yet."""
    code = service.get(f"{path.rpartition('/')[0]}.json")[0]["service_code"] if "{code}" in path else ""
    if "{number}" not in path:
        yield from (path.format(code=code, format=form) for form in ("json", "xml"))


def _linked(service: Service, path: str) -> Iterator[str]:
    """The path as the resource above it links to it: each variable part in turn."""
    above, _, rest = path.partition("/{")
    rest = rest.partition("}")[2]
    pattern = re.compile(rf'"href":"{re.escape(service.address + above)}/([^"/?{{}}]+)')
    values = list(dict.fromkeys(pattern.findall(orjson.dumps(service.get(above)).decode())))
    for value in values[:2]:
        filled = f"{above}/{value}{rest}"
        yield from _linked(service, filled) if "{" in rest else [filled]


def _variations(sent: Mapping[str, Collection[str]]) -> Iterator[dict[str, str]]:
    """Parameters to ask with, of those that the resource has; `sent` has their values where only some are taken."""
    every: list[dict[str, str]] = [
        {},
        {"f": "html", "lang": "en"},
        {"limit": "7", "bbox": _BOX},
        {"limit": "100", "filter": "valid_from < TIMESTAMP('2024-01-01T00:00:00Z')"},
        {"limit": "20", "filter": f"S_INTERSECTS(geometry, BBOX({_BOX}))"},
        {"limit": "10", "datetime": "2023-01-01T00:00:00Z", "crs": "http://www.opengis.net/def/crs/EPSG/0/9210"},
        {"limit": "10", "knownAt": "5"},
    ]
    for one in every:
        if all(name in sent and (not sent[name] or value in sent[name]) for name, value in one.items()):
            yield one


def _downloads() -> Iterator[Question]:
    for name, layer in itertools.product(_FILES, ("parcels", "wards", "permits")):
        yield _address(f"/collections/{layer}/items", {"f": name, "limit": "200"})
    for name in ("csv", "parquet"):
        yield _address("/collections/parcels/items", {"f": name, "filter": "map_scale >= 200"})


def _address(path: str, parameters: Mapping[str, str]) -> Question:
    return f"{path}?{httpx.QueryParams(parameters)}" if parameters else path


def test_fifty_clients_get_what_one_gets_alone(service: Service, kinds: dict[str, list[Question]]) -> None:
    alone = asyncio.run(_alone(service, kinds))
    pages = [link for answer in alone.values() for link in _following(service, answer)]
    kinds = {**kinds, "further pages": pages}
    alone |= asyncio.run(_alone(service, {"further pages": pages}))
    odd = [(question, answer[0]) for question, answer in alone.items() if answer[0] not in (200, 204, 401, 403)]
    assert not odd  # 401 and 403: what only those may see who watch over the service
    order = list(kinds)
    with _log_told(service):
        asyncio.run(_crowd(service, kinds, alone, [order] * CLIENTS))
    after_one = _settled(service)
    drawn = random.Random(_SEED)
    with _log_told(service):
        asyncio.run(_crowd(service, kinds, alone, [drawn.sample(order, len(order) // 2) for _ in range(CLIENTS)]))
    after_two = _settled(service)
    workers = len(_pids(service)) - 1
    assert after_two.connections <= _POOL * workers + len(_pids(service))
    assert after_two.files <= after_one.files + _POOL * workers
    assert after_two.resident <= 1.25 * after_one.resident, "memory grows with every crowd"


@contextmanager
def _log_told(service: Service) -> Iterator[None]:
    """Where it fails, the service's warnings and errors are printed."""
    try:
        yield
    except BaseException:
        lines = service.log.read_text().splitlines()
        print(*[line for line in lines if '"level":"info"' not in line.replace(" ", "")][-50:], sep="\n")
        raise


async def _alone(service: Service, kinds: Mapping[str, list[Question]]) -> dict[Question, Answer]:
    async with _client(service) as client:
        return {question: await _asked(client, question) for questions in kinds.values() for question in questions}


async def _crowd(
    service: Service,
    kinds: Mapping[str, list[Question]],
    alone: Mapping[Question, Answer],
    orders: list[list[str]],
) -> None:
    """Every client asks one question of each kind, each fifth one those of PDFs, which take a second each; they begin together."""
    gate = asyncio.Barrier(len(orders))

    async def one(number: int, order: Iterable[str]) -> None:
        async with _client(service) as client:
            await client.get("/healthz")
            await gate.wait()
            for kind in order:
                if kind.endswith(".pdf") and number % 5:
                    continue
                question = kinds[kind][number % len(kinds[kind])]
                assert await _asked(client, question) == alone[question], question

    async with asyncio.TaskGroup() as group:
        for number, order in enumerate(orders):
            group.create_task(one(number, order))


def _client(service: Service) -> httpx.AsyncClient:
    headers = {"Accept-Encoding": "identity", "Accept-Language": "vi"}
    return httpx.AsyncClient(base_url=service.address, headers=headers, timeout=_PATIENCE)


async def _asked(client: httpx.AsyncClient, question: Question) -> Answer:
    """The answer. Who has to wait too long for others is told so (503 with Retry-After), and asks again."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            answer = await client.get(question)
        except httpx.TransportError as error:
            raise AssertionError(f"no whole answer to {question}") from error
        if answer.status_code != 503 or time.monotonic() > deadline:
            break
        assert int(answer.headers["retry-after"]) > 0
        if "json" in answer.headers["content-type"]:  # pages tell it to people
            assert _is_put_off(answer.json()), answer.text
        await asyncio.sleep(0.2)
    headers = {name: answer.headers[name] for name in _KEPT if name in answer.headers}
    return answer.status_code, headers, await asyncio.to_thread(_meant, answer)


def _is_put_off(told: Any) -> bool:
    """A problem that says that there is too much to do; Open311 has a form of its own for it."""
    if isinstance(told, list):
        return [one["code"] for one in told] == [503]
    return told["type"] in ("urn:landmap:problem:busy", "urn:landmap:problem:being-made")


def _meant(answer: httpx.Response) -> object:
    """What the body says, without the time of day at which it was written."""
    kind = answer.headers.get("content-type", "")
    if answer.status_code != 200:
        return _timeless(answer.content)
    if kind.endswith("parquet"):
        return pq.read_table(io.BytesIO(answer.content)).to_pylist()
    if "geopackage" in kind or "flatgeobuf" in kind:
        return _table(answer.content, ".gpkg" if "geopackage" in kind else ".fgb").to_pylist()
    if "spreadsheet" in kind:
        with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
            return {name: _timeless(book.read(name)) for name in book.namelist()}
    return _timeless(answer.content)


def _timeless(body: bytes) -> bytes:
    return _TIMES.sub(rb'\1""', body)


def _table(body: bytes, ending: str) -> pa.Table:
    with tempfile.NamedTemporaryFile(suffix=ending) as file:
        file.write(body)
        file.flush()
        return pyogrio.read_arrow(file.name)[1]


def _following(service: Service, answer: Answer) -> list[Question]:
    """The next page that a page of GeoJSON names."""
    status, headers, body = answer
    if status != 200 or headers.get("content-type") != "application/geo+json" or not isinstance(body, bytes):
        return []
    links = orjson.loads(body)["links"]
    return [link["href"].removeprefix(service.address) for link in links if link["rel"] == "next"]


def _settled(service: Service) -> Held:
    """What is held once nothing is being answered. Fails where a statement or a transaction stays open."""
    deadline = time.monotonic() + 20
    while busy := _busy(service):
        assert time.monotonic() < deadline, busy
        time.sleep(0.2)
    pids = _pids(service)
    return Held(
        connections=_sessions(service, "true"),
        files=sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in pids),
        resident=sum(_resident(pid) for pid in pids),
    )


def _busy(service: Service) -> int:
    return _sessions(service, "state <> 'idle'")


def _sessions(service: Service, condition: str) -> int:
    server = embedded.status(service.home)
    assert server is not None
    with psycopg.connect(server.dsn("landmap")) as connection:
        row = connection.execute(
            f"SELECT count(*) FROM pg_stat_activity WHERE datname = 'landmap' AND pid <> pg_backend_pid() AND {condition}"
        ).fetchone()
    return int(row[0]) if row else 0


def _pids(service: Service) -> list[int]:
    """The service and its workers: Python with its port in the environment."""
    mark = f"LANDMAP_PORT={service.address.rpartition(':')[2]}".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            environment, command = (path / "environ").read_bytes(), (path / "cmdline").read_bytes()
        except OSError:
            continue  # ended meanwhile, or somebody else's
        if mark in environment.split(b"\0") and b"python" in command.split(b"\0")[0]:
            found.append(int(path.name))
    return found


def _resident(pid: int) -> int:
    text = Path(f"/proc/{pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+) kB", text)[0]) * 1024

"""The map on paper: a ruler on it measures the ground."""

from __future__ import annotations

import re
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import numpy as np
import pytest
import pytest_asyncio
from fastapi import FastAPI

from gis.crs.transform import transform_geometries
from gis.model.layer import Catalog
from services.app import create_app
from tests.services.permits import extracts
from tests.services.permits.extracts import PLAIN, Street, built, pages

pytestmark = [pytest.mark.asyncio(loop_scope="module"), built]
POINT_MM = 25.4 / 72
_TOKEN = re.compile(rb"\((?:\\.|[^\\()])*\)|<[0-9A-Fa-f]*>|/[^\s/<>\[\]()]+|[-+.\d]+|[A-Za-z'\"*]+")


@pytest.fixture(scope="module")
def street(make_database: Callable[..., str], catalog: Catalog) -> Street:
    return extracts.street(make_database, catalog)


@pytest.fixture(scope="module")
def center() -> str:
    """The middle of the plain parcel, longitude and latitude."""
    here = transform_geometries(np.array([extracts.box(0, 0, 10, 20)], dtype=object), 9210, 4326)[0].centroid
    return f"{here.x:.9f},{here.y:.9f}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(street: Street, settings_for: Callable[..., Any]) -> AsyncIterator[httpx.AsyncClient]:
    app: FastAPI = create_app(settings_for(street.dsn))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://land.test") as opened:
            yield opened


def _paths(pdf: bytes) -> Iterator[np.ndarray]:
    """The corners of every path that is drawn, mm from the lower left corner of the paper."""
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        if stream[:1] == b"\x78":
            yield from _drawn(zlib.decompressobj().decompress(stream))


def _drawn(content: bytes) -> Iterator[np.ndarray]:
    now, kept, numbers, path = np.eye(3), [], [], []
    for token in _TOKEN.findall(content):
        if re.fullmatch(rb"[-+]?(\d+\.?\d*|\.\d+)", token):
            numbers.append(float(token))
            continue
        if token == b"q":
            kept.append(now)
        elif token == b"Q" and kept:
            now = kept.pop()
        elif token == b"cm" and len(numbers) >= 6:
            a, b, c, d, e, f = numbers[-6:]
            now = np.array([[a, b, 0], [c, d, 0], [e, f, 1]]) @ now
        elif token in (b"m", b"l") and len(numbers) >= 2:
            if token == b"m" and path:
                yield np.array(path)
                path = []
            path.append((np.array([*numbers[-2:], 1.0]) @ now)[:2] * POINT_MM)
        elif token == b"re" and len(numbers) >= 4:
            x, y, w, h = numbers[-4:]
            yield np.array([(np.array([*at, 1.0]) @ now)[:2] * POINT_MM for at in ((x, y), (x + w, y + h))])
        numbers = []
    if path:
        yield np.array(path)


def _sizes(pdf: bytes) -> list[tuple[float, float]]:
    return [tuple(np.ptp(path, axis=0)) for path in _paths(pdf) if len(path) > 1]


def _middle(path: np.ndarray) -> np.ndarray:
    return (path.min(axis=0) + path.max(axis=0)) / 2


async def sheet_of(client: httpx.AsyncClient, **asked: str) -> httpx.Response:
    answer = await client.get("/map-sheet.pdf", params=asked)
    assert answer.status_code == 200, answer.text
    return answer


@pytest.mark.parametrize(
    ("scale", "paper", "layout", "width"),
    [
        ("200", "a4", "landscape", 276),
        ("500", "a4", "portrait", 189),
        ("1000", "a3", "landscape", 399),
        ("2000", "a3", "portrait", 276),
    ],
)
async def test_a_ruler_on_the_paper_measures_the_ground(
    client: httpx.AsyncClient, center: str, scale: str, paper: str, layout: str, width: float
) -> None:
    answer = await sheet_of(client, center=center, scale=scale, paper=paper, layout=layout, parcel=str(PLAIN))
    sizes = _sizes(answer.content)
    lot = (10 * 1_000 / int(scale), 20 * 1_000 / int(scale))  # of 10 m by 20 m, along the grid
    found = [one for one in sizes if np.allclose(one, lot, atol=0.03)]
    assert found, f"no path of {lot} mm"
    assert any(abs(wide - width) < 0.03 and high > 100 for wide, high in sizes), "the frame"
    assert pages(answer.content) == 1


async def test_the_parcel_lies_in_the_middle_of_the_frame(client: httpx.AsyncClient, center: str) -> None:
    answer = await sheet_of(client, center=center, scale="500", parcel=str(PLAIN))
    paths = list(_paths(answer.content))
    lots = [_middle(path) for path in paths if len(path) > 2 and np.allclose(np.ptp(path, axis=0), (20, 40), atol=0.03)]
    frame = _middle(next(path for path in paths if abs(np.ptp(path, axis=0)[0] - 276) < 0.03))
    assert any(np.allclose(lot, frame, atol=0.05) for lot in lots)


async def test_the_media_box_is_the_paper(client: httpx.AsyncClient, center: str) -> None:
    streams = re.findall(
        rb"stream\r?\n(.*?)endstream", (await sheet_of(client, center=center, paper="a3")).content, re.DOTALL
    )
    opened = b"".join(zlib.decompressobj().decompress(one) for one in streams if one[:1] == b"\x78")
    box = re.search(rb"/MediaBox \[([^\]]+)\]", opened)
    assert box is not None
    assert [float(part) * POINT_MM for part in box[1].split()] == pytest.approx([0, 0, 420, 297], abs=0.01)


async def test_the_same_sheet_is_not_made_again(client: httpx.AsyncClient, center: str) -> None:
    first = await sheet_of(client, center=center)
    again = await client.get(
        "/map-sheet.pdf", params={"center": center}, headers={"If-None-Match": first.headers["etag"]}
    )
    assert again.status_code == 304
    other = await client.get(
        "/map-sheet.pdf", params={"center": center, "scale": "200"}, headers={"If-None-Match": first.headers["etag"]}
    )
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"center": "106.7"}, 400),
        ({"center": "2.35,48.85"}, 400),
        ({"scale": "300"}, 400),
        ({"paper": "a0"}, 400),
        ({"layers": "parcels,owners"}, 400),
        ({"layers": ""}, 400),
        ({"parcel": str(extracts.FAR)}, 404),
        ({"parcel": str(PLAIN), "layers": "buildings"}, 404),
    ],
)
async def test_what_cannot_be_printed_is_told(
    client: httpx.AsyncClient, center: str, wrong: dict[str, str], status: int
) -> None:
    answer = await client.get("/map-sheet.pdf", params={"center": center, **wrong})
    assert answer.status_code == status
    assert answer.json()["where"] == ("point" if wrong.get("center") == "2.35,48.85" else next(iter(wrong)))


async def test_nothing_of_a_draft_is_printed_for_the_public(client: httpx.AsyncClient, center: str) -> None:
    """A permit that is issued and one that is a draft have the same outline."""
    issued = await sheet_of(client, center=center, scale="200", layers="permits")
    outlines = [one for one in _sizes(issued.content) if np.allclose(one, (40, 70), atol=0.03)]
    assert len(outlines) in (1, 2)  # the fill and the line of the one that is issued

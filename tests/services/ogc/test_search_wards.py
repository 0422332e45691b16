"""Wards and districts as people write them, of before and after 1 July 2025, and what the answer says of how it read them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from functools import partial

import httpx
import psycopg
import pytest
import pytest_asyncio

from gis.model.layer import Catalog
from services.app import create_app
from services.settings import Settings
from tests.services.conftest import calling, load_rows

pytestmark = pytest.mark.asyncio(loop_scope="module")

REFORM = datetime(2025, 6, 30, 17, tzinfo=UTC)
THEN = {
    "27010": "Phường 1, Quận 10",
    "27013": "Phường 12, Quận 10",
    "26737": "Phường Đa Kao, Quận 1",
    "26740": "Phường Bến Nghé, Quận 1",
    "26800": "Phường 1, Quận 3",
}
TODAY = {
    "26743": ("Phường Hòa Hưng", "Phường 12, Phường 1 (Quận 10)"),
    "26800": ("Phường Bàn Cờ", "Phường 1, Phường 2 (Quận 3)"),
    "26740": ("Phường Sài Gòn", "Phường Bến Nghé (Quận 1), phần của Phường Đa Kao (Quận 1)"),
    "26734": ("Phường Tân Định", "Phường Tân Định (Quận 1), phần của Phường Đa Kao (Quận 1)"),
    "27679": ("Xã Bình Khánh", "Xã Bình Khánh, Xã Tam Thôn Hiệp (huyện Cần Giờ)"),
}
STREETS = ("Nguyễn Trãi", "Hẻm 12 Nguyễn Trãi", "Đường số 5", "Đa Kao")


@pytest.fixture(scope="module")
def dsn(make_database: Callable[..., str], catalog: Catalog) -> str:
    made = make_database()
    with psycopg.connect(made, autocommit=True) as db:
        load = partial(load_rows, db, catalog)

        start = datetime(2000, 1, 1, tzinfo=UTC)
        bare = [full.partition(",")[0].partition(" ")[2] for full in THEN.values()]
        load(
            "wards", code=[*THEN], name=bare, full_name=[*THEN.values()], valid_from=[start] * 5, valid_to=[REFORM] * 5,
        )  # fmt: skip
        names, formed = (list(part) for part in zip(*TODAY.values(), strict=True))
        load(
            "wards", code=[*TODAY], name=[name.partition(" ")[2] for name in names], full_name=names, formed_from=formed,
            valid_from=[REFORM] * 5,
        )  # fmt: skip
        load(
            "road_lines", code=[f"R{place}" for place in range(len(STREETS))], name=[*STREETS], kind=["CENTRELINE"] * 4,
        )  # fmt: skip
    return made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def seeker(dsn: str, settings_for: Callable[..., Settings]) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings_for(dsn))
    async with app.router.lifespan_context(app), calling(app) as client:
        yield client


async def found(client: httpx.AsyncClient, q: str, collections: str = "wards") -> tuple[list[str], str]:
    """Codes of what is found, in the order of the answer, and what is said of how it was read."""
    answer = await client.get("/search", params={"q": q, "collections": collections, "lang": "vi"})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["numberReturned"] == len(told["features"]) == told.get("numberMatched", len(told["features"]))
    return [one["properties"]["code"] for one in told["features"]], told.get("readAs", {}).get("note", "")


@pytest.mark.parametrize(
    ("q", "codes", "word"),
    [
        ("phường Bến Nghé", ["26740"], "là tên trước 01/07/2025"),
        ("phuong ben nghe", ["26740"], "là tên trước 01/07/2025"),
        ("Bến Nghé", ["26740"], "là tên trước 01/07/2025"),
        ("P. Bến Nghé Q.1", ["26740"], "là tên trước 01/07/2025"),
        ("P.12 Q.X", ["26743"], "Phường 12, Quận 10"),
        ("P12Q10", ["26743"], "Phường 12, Quận 10"),
        ("phường mười hai quận mười", ["26743"], "Phường 12, Quận 10"),
        ("P.1", ["26743", "26800"], "2 nơi tên này: Phường 1, Quận 10"),
        ("P.1 Q.3", ["26800"], "Phường 1, Quận 3"),
        ("P.2 Q.3", ["26800"], "Phường 2, Quận 3"),
        ("Đa Kao", ["26734", "26740"], "nay nằm trong 2 phường, xã"),
        ("phường Đa Kao quận 10", ["26734", "26740"], "Hãy xem quận, huyện cũ"),
        ("phường Sài Gòn", ["26740"], ""),
        ("Tân Định", ["26734"], ""),
        ("xã Tam Thôn Hiệp", ["27679"], "là tên trước 01/07/2025"),
        ("quận 10", ["26743"], "không còn từ 01/07/2025"),
        ("Q.1", ["26734", "26740"], "không còn từ 01/07/2025"),
        ("huyện Cần Giờ", ["27679"], "không còn từ 01/07/2025"),
        ("quận Bình Thạnh", [], "dữ liệu không ghi"),
        ("phường Thảo Điền", [], "Không có Phường Thảo Điền"),
    ],
)
async def test_a_unit_of_before_leads_to_the_wards_of_today_and_says_so(
    seeker: httpx.AsyncClient, q: str, codes: list[str], word: str
) -> None:
    seen, note = await found(seeker, q)
    assert sorted(seen) == codes
    assert word in note if word else note == ""


async def test_what_a_ward_is_called_today_comes_before_what_it_held(seeker: httpx.AsyncClient) -> None:
    seen, note = await found(seeker, "xã Bình Khánh")
    assert (seen, note) == (["27679"], "")


@pytest.mark.parametrize(
    ("q", "codes"),
    [
        ("đường Nguyễn Trãi", ["R0", "R1"]),
        ("duong nguyen trai", ["R0", "R1"]),
        ("Đ. Nguyễn Trãi", ["R0", "R1"]),
        ("đường số 5", ["R2"]),
        ("hẻm 12", ["R1"]),
        ("hem 12 nguyen trai", ["R1"]),
    ],
)
async def test_streets_are_found_with_the_word_before_them(seeker: httpx.AsyncClient, q: str, codes: list[str]) -> None:
    seen, _ = await found(seeker, q, "road_lines")
    assert sorted(seen) == codes


async def test_a_former_ward_comes_before_a_street_of_its_name(seeker: httpx.AsyncClient) -> None:
    seen, _ = await found(seeker, "Đa Kao", "wards,road_lines")
    assert sorted(seen[:2]) == ["26734", "26740"] and seen[2:] == ["R3"]


@pytest.mark.parametrize("limit", ["1", "2", "3"])
async def test_every_page_size_tells_the_same_once(seeker: httpx.AsyncClient, limit: str) -> None:
    seen: list[str] = []
    url: str | None = f"/search?q=Đa Kao&collections=wards,road_lines&limit={limit}"
    while url is not None:
        page = (await seeker.get(url)).json()
        seen += [one["properties"]["code"] for one in page["features"]]
        url = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
    assert sorted(seen) == ["26734", "26740", "R3"] and seen[2] == "R3"


async def test_the_note_speaks_the_readers_language(seeker: httpx.AsyncClient) -> None:
    answer = await seeker.get("/search", params={"q": "phường Bến Nghé", "collections": "wards", "lang": "en"})
    assert answer.json()["readAs"]["note"].endswith("is the name of before 01/07/2025; this is the ward of today.")

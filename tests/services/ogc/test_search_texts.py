"""What people type into the one box, and what is found first: parcels, streets of every kind, wards, permits, projects."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial

import httpx
import psycopg
import pytest
import pytest_asyncio

from gis.model.layer import Catalog
from services.app import create_app
from services.settings import Settings
from tests.services.conftest import calling, load_rows

pytestmark = pytest.mark.asyncio(loop_scope="session")

STREETS = (
    "Nguyễn Trãi",
    "3 Tháng 2",
    "30/4",
    "Quốc lộ 13",
    "TL10",
    "Hẻm 65 Võ Văn Tần",
    "Võ Văn Tần",
    "Đường số 5",
    "Cách Mạng Tháng Tám",
)
WARD, FORMER = "26743", "27010"


@pytest.fixture(scope="session")
def town_of_streets(make_database: Callable[..., str], catalog: Catalog) -> str:
    """A parcel at each street, parcel 345 of sheet 12 at the first; one ward, a permit and a housing project."""
    dsn = make_database()
    with psycopg.connect(dsn, autocommit=True) as db:
        load = partial(load_rows, db, catalog)

        load(
            "wards",
            code=[WARD],
            name=["Hòa Hưng"],
            full_name=["Phường Hòa Hưng"],
            formed_from=["Phường 12, Phường 1 (Quận 10)"],
        )
        count = len(STREETS)
        load(
            "parcels", commune_old=[FORMER] * count, commune=[WARD] * count, document_series=["BDDC"] * count, sheet=["12"] * count,
            parcel=["345", *(str(n) for n in range(1, count))], street=[*STREETS], land_use=["ODT"] * count,
        )  # fmt: skip
        load("permits", number=["45/2018/GPXD-MAU"], status=["ISSUED"], street=["Lê Lợi"])
        load("housing_projects", code=["DA-1"], name=["Khu nhà ở Bến Nghé"])
    return dsn


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def asker(town_of_streets: str, settings_for: Callable[..., Settings]) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings_for(town_of_streets))
    async with app.router.lifespan_context(app), calling(app) as opened:
        yield opened


LOT = ("parcels", "345")
TEXTS = [
    ("thửa 345 tờ 12", LOT),
    ("tờ 12 thửa 345", LOT),
    ("thua 345 to 12", LOT),
    ("To 12, thua 345", LOT),
    ("THỬA ĐẤT SỐ 345, TỜ BẢN ĐỒ SỐ 12", LOT),
    ("tờ 012 thửa 0345", LOT),
    ("thửa 345 tờ 12 phường Hòa Hưng", LOT),
    ("thửa 345 tờ 12 phường Hoà Hưng", LOT),
    ("thửa 345 tờ 12 p hoa hung", LOT),
    ("thửa 345 tờ 12 P.12 Q.10", LOT),
    ("P.1 Q.10 tờ 12 thửa 345", LOT),
    ("Nguyễn Trãi", ("parcels", "Nguyễn Trãi")),
    ("nguyen trai", ("parcels", "Nguyễn Trãi")),
    ("đường Nguyễn Trãi", ("parcels", "Nguyễn Trãi")),
    ("đ. Nguyễn Trãi", ("parcels", "Nguyễn Trãi")),
    ("phố Nguyễn Trãi", ("parcels", "Nguyễn Trãi")),
    ("123/45/6A Nguyễn Trãi", ("parcels", "Nguyễn Trãi")),
    ("số 12 đường Nguyễn Trãi", ("parcels", "Nguyễn Trãi")),
    ("đường 3/2", ("parcels", "3 Tháng 2")),
    ("3/2", ("parcels", "3 Tháng 2")),
    ("duong 3 thang 2", ("parcels", "3 Tháng 2")),
    ("đường 30 tháng 4", ("parcels", "30/4")),
    ("30/4", ("parcels", "30/4")),
    ("quốc lộ 13", ("parcels", "Quốc lộ 13")),
    ("QL13", ("parcels", "Quốc lộ 13")),
    ("ql 13", ("parcels", "Quốc lộ 13")),
    ("tỉnh lộ 10", ("parcels", "TL10")),
    ("hẻm 65 Võ Văn Tần", ("parcels", "Hẻm 65 Võ Văn Tần")),
    ("hem 65 vo van tan", ("parcels", "Hẻm 65 Võ Văn Tần")),
    ("ngõ 65 Võ Văn Tần", ("parcels", "Hẻm 65 Võ Văn Tần")),
    ("kiệt 65 Võ Văn Tần", ("parcels", "Hẻm 65 Võ Văn Tần")),
    ("đường số 5", ("parcels", "Đường số 5")),
    ("cách mạng tháng 8", ("parcels", "Cách Mạng Tháng Tám")),
    ("CMT8", ("parcels", "Cách Mạng Tháng Tám")),
    ("phường Hòa Hưng", ("wards", "Hòa Hưng")),
    ("P. Hoa Hung", ("wards", "Hòa Hưng")),
    ("phường 12 quận 10", ("wards", "Hòa Hưng")),
    ("P12Q10", ("wards", "Hòa Hưng")),
    ("quận 10", ("wards", "Hòa Hưng")),
    ("45/2018/GPXD-MAU", ("permits", "45/2018/GPXD-MAU")),
    ("45/2018", ("permits", "45/2018/GPXD-MAU")),
    ("khu nhà ở bến nghé", ("housing_projects", "Khu nhà ở Bến Nghé")),
    ("ben nghe", ("housing_projects", "Khu nhà ở Bến Nghé")),
]
"""What is typed, and the collection and name (or number, or street) of what is found first."""


@pytest.mark.parametrize(("text", "expected"), TEXTS, ids=[text for text, _ in TEXTS])
async def test_what_people_type_finds_what_they_mean_first(
    asker: httpx.AsyncClient, text: str, expected: tuple[str, str]
) -> None:
    answer = await asker.get("/search", params={"q": text, "limit": "1"})
    assert answer.status_code == 200, answer.text
    features = answer.json()["features"]
    assert features, "nothing is found"
    told = features[0]["properties"]
    assert features[0]["collection"] == expected[0]
    assert expected[1] in [told.get(name) for name in ("parcel", "street", "name", "number")]

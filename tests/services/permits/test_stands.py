"""Buildings that stand on the lot of a permit check already: listed, told what becomes of them, and counted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
import pytest_asyncio

from gis.rules.standing import FATES
from gis.store.embedded import ServerInfo
from services.app import create_app
from tests.services.permits import checking
from tests.services.permits.checking import BIG, EDITED, GOOD, NEXT, Checks, geojson, question, rectangle, whole

pytestmark = pytest.mark.asyncio(loop_scope="module")
CHECK = "/processes/permit-check/execution"
SHED, HOUSE, UNKNOWN, NEIGHBOUR, TOWER = (UUID(int=(0x62 << 120) | number) for number in range(1, 6))
EAST = NEXT[BIG]


@pytest.fixture(scope="module")
def checks(server: ServerInfo, tmp_path_factory: pytest.TempPathFactory) -> Checks:
    """A shed of 5 by 1.5 m at the back of a small lot; on the large lot a house of two storeys, one of unknown floor area,
    and 0.3 m of a neighbour's. A tower stands 10 m from the small lot."""
    made = checking.make_checks(server, tmp_path_factory.mktemp("stands"), "stands")
    made.edit(
        "buildings",
        [
            (SHED, whole(rectangle(-120, 14.5, 5, 1.5)), {"code": "A", "storeys": 1, "floor_area": 7.5}),
            (HOUSE, whole(rectangle(EAST, 20, 10, 10)), {"code": "B", "storeys": 2, "floor_area": 200.0}),
            (UNKNOWN, whole(rectangle(EAST + 12, 25, 2, 5)), {"code": "C"}),
            (NEIGHBOUR, whole(rectangle(EAST + 14.7, 0, 6, 10)), {"code": "D", "storeys": 3, "floor_area": 180.0}),
            (TOWER, whole(rectangle(-105, 0, 10, 10)), {"code": "E", "storeys": 15, "height": 52.0}),
        ],
    )
    return made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asker(checks: Checks, settings_for: Any) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings_for(checks.dsn, layers=checks.layers))
    async with app.router.lifespan_context(app):
        headers = {"Accept": "application/json", "Accept-Language": "vi"}
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="http://land.test", headers=headers) as opened:
            yield opened


async def ask(asker: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    return await asker.post(CHECK, json={"inputs": question(**changes), "outputs": {"answer": {}}})


async def answer(asker: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    response = await ask(asker, **changes)
    assert response.status_code == 200, response.text
    told: dict[str, Any] = response.json()
    return told.get("answer", told)


def measured(told: Mapping[str, Any], rule: str) -> float | None:
    found = [one for one in told["findings"] if f"{one['pack']}/{one['rule']}" == rule]
    assert found
    value: float | None = found[0].get("measured")
    return value


def small(**changes: Any) -> dict[str, Any]:
    """A house on the lot with the shed, which it leaves free."""
    return {"of": EDITED, "footprint": geojson(rectangle(-120, 0, 5, 14.4)), **changes}


def large(**changes: Any) -> dict[str, Any]:
    """The same house on the large lot."""
    return {"of": BIG, "footprint": geojson(rectangle(EAST, 0, 5, 14.4)), **changes}


async def test_what_stands_on_the_lot_is_listed_the_largest_first_and_what_only_touches_it_is_not(
    asker: httpx.AsyncClient,
) -> None:
    told = (await answer(asker, **large(existing={"kept": [str(HOUSE)]})))["place"]["buildings"]
    assert [(one["code"], one["on_lot_m2"], one["fate"]) for one in told] == [("B", 100, "kept"), ("C", 10, None)]
    assert (told[0]["storeys"], told[0]["floor_area"], "storeys" in told[1]) == (2, 200, False)


async def test_where_nothing_stands_nothing_is_asked(asker: httpx.AsyncClient) -> None:
    told = await answer(asker, of=GOOD)
    assert (told["verdict"], told["place"]["buildings"]) == ("conforms", [])


async def test_while_nobody_says_whether_a_building_stays_nothing_conforms(asker: httpx.AsyncClient) -> None:
    told = await answer(asker, **small())
    assert told["verdict"] == "undetermined"
    (lacking,) = (one for one in told["missing"] if one["name"] == "existing")
    assert lacking["title"]["vi"] == "công trình hiện hữu giữ lại hay phá dỡ"


async def test_what_is_pulled_down_makes_room(asker: httpx.AsyncClient) -> None:
    told = await answer(asker, **small(existing="demolished"))
    assert told["verdict"] == "conforms"
    assert measured(told, "qd-56-2021-pl18/density") == 90


async def test_a_second_house_beside_one_that_stays_is_counted_with_it(asker: httpx.AsyncClient) -> None:
    told = await answer(asker, **small(existing={"kept": [str(SHED)]}))
    assert told["verdict"] == "does-not-conform"
    assert measured(told, "qd-56-2021-pl18/density") == pytest.approx((72 + 7.5) / 80 * 100)
    (density,) = (one for one in told["findings"] if (one["pack"], one["rule"]) == ("qd-56-2021-pl18", "density"))
    assert density["status"] == "fail"


async def test_density_and_floor_area_are_those_of_all_that_will_stand_there(asker: httpx.AsyncClient) -> None:
    kept = await answer(asker, **large(existing={"kept": [str(HOUSE)], "demolished": [str(UNKNOWN)]}))
    assert measured(kept, "qd-56-2021-pl18/density") == pytest.approx((72 + 100) / 450 * 100, abs=1e-3)
    assert measured(kept, "plan-limits/far") == pytest.approx((288 + 200) / 450, abs=1e-3)
    alone = await answer(asker, **large(existing="demolished"))
    assert measured(alone, "qd-56-2021-pl18/density") == pytest.approx(72 / 450 * 100, abs=1e-3)


async def test_floors_that_nobody_knows_leave_the_floor_area_open(asker: httpx.AsyncClient) -> None:
    told = await answer(asker, **large(existing="kept"))
    assert told["verdict"] != "conforms"
    assert any(one["name"] == "building_floors" for one in told["missing"])


async def test_nothing_is_built_on_top_of_what_stays(asker: httpx.AsyncClient) -> None:
    over = geojson(rectangle(EAST, 8, 5, 14.4))
    told = await answer(asker, **large(footprint=over, existing={"kept": [str(HOUSE)], "demolished": [str(UNKNOWN)]}))
    (found,) = (one for one in told["findings"] if one["rule"] == "over-kept")
    assert (told["verdict"], found["status"], found["measured"]) == ("does-not-conform", "fail", pytest.approx(12))
    assert found["conflict"]["type"] in ("Polygon", "MultiPolygon")


async def test_an_addition_is_to_a_building_that_stands(asker: httpx.AsyncClient) -> None:
    told = await answer(asker, **small(work="ADDITION", existing="demolished"))
    (found,) = (one for one in told["findings"] if one["rule"] == "added-to")
    assert found["status"] == "warning" and told["verdict"] != "conforms"


@pytest.mark.parametrize(
    ("existing", "word"),
    [
        ({"kept": [str(NEIGHBOUR)]}, str(NEIGHBOUR)),
        ({"kept": [str(UUID(int=9))]}, str(UUID(int=9))),
        ({"kept": [str(HOUSE)], "demolished": [str(HOUSE)]}, "một lần"),
    ],
    ids=["a neighbour's", "none", "two fates"],
)
async def test_the_fate_of_what_does_not_stand_there_is_refused(
    asker: httpx.AsyncClient, existing: Mapping[str, list[str]], word: str
) -> None:
    refused = await ask(asker, **large(existing=existing))
    assert (refused.status_code, refused.json()["where"]) == (400, "existing")
    assert word in refused.json()["detail"]


@pytest.mark.parametrize("existing", ["burned", {"burned": []}, {"kept": ["no id"]}, []])
async def test_what_is_no_fate_is_refused(asker: httpx.AsyncClient, existing: object) -> None:
    assert (await ask(asker, **large(existing=existing))).status_code == 400


async def test_no_fate_makes_an_answer_better_than_pulling_everything_down(asker: httpx.AsyncClient) -> None:
    verdicts = {fate: (await answer(asker, **small(existing=fate)))["verdict"] for fate in FATES}
    assert [fate for fate, verdict in verdicts.items() if verdict == "conforms"] == ["demolished"]


async def test_the_sheet_says_what_becomes_of_what_stands(asker: httpx.AsyncClient) -> None:
    sent = {"inputs": question(**small(existing="kept")), "outputs": {"sheet": {}}}
    page = (await asker.post(CHECK, json=sent, headers={"Accept": "text/html"})).text
    assert "Công trình hiện hữu: A, 1 tầng, 7,5 m² (giữ lại)" in page.replace("\u00a0", " ")


async def test_the_same_question_has_the_same_bytes_after_the_building_is_gone(
    asker: httpx.AsyncClient, checks: Checks
) -> None:
    before = await answer(asker, **small(existing="kept"))
    checks.edit("buildings", [(SHED, whole(rectangle(-120, 15, 5, 1)), {"code": "A", "storeys": 1, "floor_area": 5.0})])
    again = await answer(asker, **small(existing="kept", knownAt=before["inputs"]["knownAt"]))
    assert orjson.dumps(again) == orjson.dumps(before)
    after = await answer(asker, **small(existing="kept"))
    assert measured(after, "qd-56-2021-pl18/density") == pytest.approx((72 + 5) / 80 * 100)


async def test_towers_around_the_lot_are_measured_to_in_new_areas(asker: httpx.AsyncClient) -> None:
    told = await answer(asker, **small(existing="demolished"), facts=checking.FACTS | {"area_kind": "new"})
    near = next(one for one in told["findings"] if one["rule"] == "spacing-near-tower")
    assert (near["status"], near["measured"], near["limit"]) == ("fail", 10, 15)
    assert near["message"]["vi"] == "Khoảng cách đến công trình cao từ 46 m: 10 m, tối thiểu 15 m."
    assert [one["code"] for one in told["place"]["buildings"]] == ["A"]

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

import ezdxf
import httpx
import numpy as np
import orjson
import psycopg
import pytest
import pytest_asyncio
import shapely

from gis.crs.transform import transform_geometries
from gis.model.query import CRS84
from gis.store import regulations
from gis.store.embedded import ServerInfo
from gis.store.vicinity import Vicinity, vicinity
from services.app import create_app
from services.permits import lot_map
from services.permits.extract_words import WORDS
from tests.services.permits import checking
from tests.services.permits.checking import Checks, geojson, question, rectangle
from tests.services.permits.extracts import built, pages

pytestmark = pytest.mark.asyncio(loop_scope="module")
CHECK = "/processes/permit-check/execution"


@pytest.fixture(scope="module")
def checks(server: ServerInfo, tmp_path_factory: pytest.TempPathFactory) -> Checks:
    return checking.make_checks(server, tmp_path_factory.mktemp("checks"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asker(checks: Checks, settings_for: Any) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings_for(checks.dsn, layers=checks.layers))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
        headers = {"Accept": "application/json", "Accept-Language": "en", "Accept-Encoding": "identity"}
        async with httpx.AsyncClient(transport=transport, base_url="http://land.test", headers=headers) as opened:
            yield opened


async def ask(
    asker: httpx.AsyncClient, inputs: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> httpx.Response:
    return await asker.post(CHECK, json={"inputs": inputs, "outputs": {"answer": {}}}, headers=headers)


async def answer(asker: httpx.AsyncClient, headers: Mapping[str, str] | None = None, **changes: Any) -> dict[str, Any]:
    response = await ask(asker, question(**changes), headers)
    assert response.status_code == 200, response.text
    told: dict[str, Any] = response.json()
    return told.get("answer", told)


async def test_a_house_that_keeps_every_rule_conforms(asker: httpx.AsyncClient) -> None:
    told = await answer(asker)
    open_ = [
        (f["rule"], f["status"], f["message"]["en"])
        for f in told["findings"]
        if f["status"] not in ("pass", "not-applicable")
    ]
    assert told["verdict"] == "conforms", open_


def findings(told: Mapping[str, Any], rule: str) -> dict[str | None, dict[str, Any]]:
    """The findings of one rule by zone or road."""
    return {f.get("subject"): f for f in told["findings"] if f"{f['pack']}/{f['rule']}" == rule}


def one(told: Mapping[str, Any], rule: str) -> dict[str, Any]:
    (found,) = findings(told, rule).values()
    return found


async def test_the_answer_says_all_that_it_takes_to_trust_it_and_to_ask_again(asker: httpx.AsyncClient) -> None:
    told = await answer(asker)
    body = {name: value for name, value in told.items() if name not in ("hash", "links")}
    assert hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest() == told["hash"]
    assert told["stated"]["on_record"] == {"city": "79", "district": "760", "land_use": "ODT", "township": False}
    assert told["inputs"]["datetime"] == told["datetime"] == "2026-11-19T17:00:00Z"
    assert told["office"]["office"]["commune"]["vi"] == "Phường Sài Gòn"
    assert (told["deadline"]["decide"]["days"], told["deadline"]["decide"]["count"]) == (7, "working")
    assert told["dossier"]["missing"] == [] and told["missing"] == []
    density = one(told, "qd-56-2021-pl18/density")
    assert (density["measured"], density["limit"], density["margin"], density["unit"]) == (90, 94, 4, "%")
    assert density["clause"]["document"].startswith("QĐ 56/2021") and density["binding"]
    assert one(told, "qcvn-01-2021/setback")["assumed"]["width_m"] == 12


async def test_75_m2_may_be_built_over_whole_by_the_standard_and_95_percent_by_the_city(
    asker: httpx.AsyncClient,
) -> None:
    lot = geojson(rectangle(200, 0, 5, 15))
    facts = checking.FACTS | {"district": "760", "township": False, "land_use": "ODT"}
    told = await answer(asker, parcel=None, lot=lot, footprint=lot, facts=facts)
    assert one(told, "qcvn-01-2021/density-house-existing")["limit"] == 100
    city = one(told, "qd-56-2021-pl18/density")
    assert (city["status"], city["measured"], city["limit"]) == ("fail", 100, 95)
    assert told["verdict"] == "does-not-conform"


@pytest.mark.parametrize(("width", "most"), [(25, 6), (16, 6), (6, 5), (3.5, 4), (3.4, 3)])
async def test_the_most_storeys_of_a_townhouse_follow_the_width_of_its_road(
    asker: httpx.AsyncClient, width: float, most: int
) -> None:
    facts = checking.FACTS | {"centre_district": True, "commercial_axis": True}
    frontages = [{"road": "Đường A", "width_m": width, "length_m": 9}]
    storeys = one(await answer(asker, facts=facts, frontages=frontages), "qd-56-2021-pl18/storeys")
    assert (storeys["limit"], storeys["assumed"]["given"], storeys["assumed"]["width_m"]) == (most, True, width)


async def test_basements_count_for_the_floor_area_ratio_and_exempt_floors_do_not(asker: httpx.AsyncClient) -> None:
    areas = {"main": 240, "basement": 80, "technical": 500, "fire": 500, "refuge": 500, "parking": 500}
    told = await answer(asker, floor_areas=areas)
    assert one(told, "qcvn-01-2021/far-house")["measured"] == 4


async def test_a_building_of_30_m_at_a_road_of_28_m_stands_six_metres_back(asker: httpx.AsyncClient) -> None:
    frontages = [{"road": "Đường A", "width_m": 28, "length_m": 5}]
    setback = one(await answer(asker, height_m=30, frontages=frontages), "qcvn-01-2021/setback")
    assert (setback["status"], setback["limit"], setback["measured"]) == ("fail", 6, 0)
    assert shape_area(setback["conflict"]) == pytest.approx(30, abs=0.05)


def shape_area(conflict: Mapping[str, Any]) -> float:
    """Area in m2 of a conflict, which is in CRS84 with eight digits."""
    moved = transform_geometries(np.array([shapely.geometry.shape(conflict)], dtype=object), CRS84, 9210)
    assert all(
        round(value, 8) == value for value in np.ravel(shapely.get_coordinates(shapely.geometry.shape(conflict)))
    )
    return float(shapely.area(moved[0]))


INPUTS = ("footprint", "work", "use", "storeys", "height_m", "floor_areas", "facts", "cap_cong_trinh")


@pytest.mark.parametrize("name", [*INPUTS, *(f"facts.{name}" for name in checking.FACTS)])
async def test_taking_away_an_input_never_leaves_conforms(asker: httpx.AsyncClient, name: str) -> None:
    left = {key: value for key, value in checking.FACTS.items() if key != name.removeprefix("facts.")}
    told = await answer(asker, **({"facts": left} if name.startswith("facts.") else {name: None}))
    if name == "cap_cong_trinh":  # a house is for the commune whatever its class, but its dossier lacks a part
        assert [part["id"] for part in told["dossier"]["missing"]] == ["class"]
        return
    assert told["verdict"] == "undetermined"
    assert told["missing"] or not name.startswith(("facts.", "storeys", "height", "floor"))


async def test_partial_input_gives_the_findings_that_can_be_given(asker: httpx.AsyncClient) -> None:
    told = await answer(asker, facts=None, floor_areas=None, storeys=None, cap_cong_trinh=None, use=None, height_m=40)
    assert one(told, "plan-limits/height")["status"] == "fail"
    assert one(told, "plan-limits/density")["measured"] == 90
    assert told["verdict"] == "does-not-conform"
    assert {part["id"]: part["inputs"] for part in told["dossier"]["missing"]} == {
        "class": ["use", "cap_cong_trinh"],
        "floor-area": ["floor_areas"],
        "height": ["storeys"],
    }
    assert [office["id"] for office in told["office"]["candidates"]] == ["commune", "department"]
    assert "house" in told["deadline"]["decide"]["reason"]["en"]


async def test_a_lot_in_three_zones_is_told_zone_by_zone(asker: httpx.AsyncClient) -> None:
    told = await answer(asker, of=checking.THREE, footprint=geojson(rectangle(checking.NEXT[checking.THREE], 0, 5, 18)))
    density = findings(told, "plan-limits/density")
    assert {zone: f["status"] for zone, f in density.items()} == {"I-1": "fail", "I-2": "fail", "CX-1": "fail"}
    assert {zone: f["limit"] for zone, f in density.items()} == {"I-1": 95, "I-2": 90, "CX-1": 5}
    assert density["CX-1"]["measured"] == pytest.approx(70)
    assert {f["limit"] for f in findings(told, "plan-limits/storeys").values()} == {6, 1}


async def test_what_a_road_takes_counts_for_no_area_and_may_not_be_built_on(asker: httpx.AsyncClient) -> None:
    told = await answer(asker, of=checking.CUT)
    assert (told["place"]["drawn_m2"], told["place"]["in_road_m2"], told["place"]["conforming_m2"]) == (80, 10, 70)
    road = one(told, "road-lines/footprint-in-road")
    assert (road["status"], road["measured"]) == ("fail", 2)
    assert shape_area(road["conflict"]) == pytest.approx(2, abs=0.01)
    assert one(told, "qcvn-01-2021/far-house")["measured"] == pytest.approx(288 / 70, abs=1e-4)


@pytest.mark.parametrize(
    ("parcel", "area"), [(checking.HOLED, 191), (checking.PARTS, 160), (checking.BIG, 450), (checking.SLIVER, 80)]
)
async def test_holes_parts_and_slivers_are_what_they_are(asker: httpx.AsyncClient, parcel: UUID, area: float) -> None:
    told = await answer(asker, of=parcel)
    assert told["place"]["conforming_m2"] == area
    density = findings(told, "plan-limits/density")
    assert set(density) == {"I-1"}
    assert density["I-1"]["measured"] == pytest.approx(7200 / area, rel=0.002)
    assert density["I-1"].get("ignored_m2", 0) == (pytest.approx(0.15, abs=1e-3) if parcel == checking.SLIVER else 0)


async def test_a_corner_is_seen_and_told(asker: httpx.AsyncClient) -> None:
    told = await answer(asker, of=checking.CORNER)
    assert one(told, "qd-56-2021-pl18/storeys")["assumed"]["corner"] is True
    assert set(findings(told, "qcvn-01-2021/setback")) == {"Đường A", "Hẻm B"}


async def test_a_house_may_not_reach_into_the_core_of_a_heritage_site(asker: httpx.AsyncClient) -> None:
    told = await answer(asker, of=checking.TEMPLE)
    core = one(told, "heritage/footprint-in-zone-i")
    assert (core["status"], core["measured"], core["limit"]) == ("fail", 22, 0)
    assert shape_area(core["conflict"]) == pytest.approx(22, abs=0.02)
    assert (one(told, "heritage/lot-in-heritage")["status"], told["verdict"]) == ("warning", "does-not-conform")
    before = await answer(
        asker, of=checking.TEMPLE, footprint=geojson(rectangle(checking.GUARDED[checking.TEMPLE], 0, 5, 10))
    )
    assert one(before, "heritage/footprint-in-zone-i")["status"] == "pass"
    assert one(before, "heritage/lot-in-heritage")["status"] == "warning" and before["verdict"] == "undetermined"


async def test_what_serves_a_heritage_site_is_for_its_agency_to_judge(asker: httpx.AsyncClient) -> None:
    told = await answer(asker, of=checking.TEMPLE, use="RELIGION")
    assert one(told, "heritage/footprint-in-zone-i")["status"] == "not-applicable"
    assert one(told, "heritage/lot-in-heritage")["status"] == "warning"
    unsaid = one(await answer(asker, of=checking.TEMPLE, use=None), "heritage/footprint-in-zone-i")
    assert (unsaid["status"], [one["name"] for one in unsaid["missing"]]) == ("no-data", ["use"])


@pytest.mark.parametrize(
    ("parcel", "rule", "area"),
    [(checking.BANK, "corridors/footprint-in-corridors", 12), (checking.LOW, "flood/lot-in-flood", 80)],
)
async def test_a_corridor_and_a_flood_zone_are_to_be_looked_at(
    asker: httpx.AsyncClient, parcel: UUID, rule: str, area: float
) -> None:
    told = await answer(asker, of=parcel)
    assert (one(told, rule)["status"], one(told, rule)["measured"]) == ("warning", area)
    assert told["verdict"] == "undetermined" and told["missing"] == []


async def test_where_no_data_are_declared_nothing_conforms(asker: httpx.AsyncClient) -> None:
    x, y = 0, 3000
    told = await answer(asker, of=checking.OUT, footprint=geojson(rectangle(x, y, 5, 14.4)))
    assert told["verdict"] == "undetermined"
    assert {"zones", "road_lines", "corridors", "heritage", "flood"} <= {one["name"] for one in told["missing"]}
    assert {layer["coverage"] for layer in told["layers"]} == {"undeclared"}


async def test_a_parcel_that_was_split_since_is_there_for_its_own_time_only(asker: httpx.AsyncClient) -> None:
    parent = {"parcel": {"id": str(checking.PARENT)}, "footprint": geojson(rectangle(-60, 0, 5, 14.4))}
    gone = await ask(asker, question(**parent))
    assert gone.status_code == 404
    then = await answer(asker, **parent, datetime="2023-06-01")
    assert then["place"]["drawn_m2"] == 160
    now = await answer(asker, **(parent | {"parcel": {"id": str(checking.CHILD)}}))
    assert now["place"]["drawn_m2"] == 80


async def test_the_day_decides_which_rules_there_are(asker: httpx.AsyncClient) -> None:
    before = await answer(asker, datetime="2026-12-31")
    after = await answer(asker, datetime="2027-01-01")
    assert one(before, "qcvn-01-2021/far-house")["status"] == "pass"
    assert before["office"]["office"] is not None
    assert (await answer(asker, datetime="2026-06-30"))["office"]["office"] is None
    assert {f["pack"] for f in after["findings"]} == {f["pack"] for f in before["findings"]}


async def test_the_same_question_has_the_same_bytes_also_after_later_edits_of_everything(
    asker: httpx.AsyncClient, checks: Checks
) -> None:
    now = question(of=checking.EDITED, footprint=geojson(rectangle(-120, 0, 5, 14.4)), datetime=None)
    first = await ask(asker, now)
    pinned = first.json()["inputs"]
    assert (await ask(asker, now)).content == first.content == (await ask(asker, pinned)).content
    checks.edit("parcels", [(checking.EDITED, checking.whole(rectangle(-120, 0, 4, 16)), checking.told("13"))])
    checks.edit("zones", [checking.zone(31, rectangle(-125, -10, 20, 40), code="NEW", coverage_max=20.0)])
    height = checks.catalog.regulations["rules/plan-limits.toml"].replace('version = "1"', 'version = "2"', 1)
    with psycopg.connect(checks.dsn) as db:
        regulations.publish(db, {**checks.catalog.regulations, "rules/plan-limits.toml": height})
    later = await ask(asker, now)
    assert later.json()["hash"] != first.json()["hash"]
    assert later.json()["place"]["drawn_m2"] == 64 and "NEW" in findings(later.json(), "plan-limits/density")
    assert {f["pack_version"] for f in later.json()["findings"] if f["pack"] == "plan-limits"} == {"2"}
    assert (await ask(asker, pinned)).content == first.content
    with psycopg.connect(checks.dsn) as db:
        regulations.publish(db, dict(checks.catalog.regulations))


async def test_what_only_agencies_see_does_not_show_in_what_the_public_is_told(
    asker: httpx.AsyncClient, checks: Checks
) -> None:
    public = await ask(asker, question(of=checking.LEGAL))
    officer = await answer(asker, checks.officer, of=checking.LEGAL)
    assert officer["stated"]["on_record"]["lot_area"] == 90 and officer["place"]["conforming_m2"] == 90
    assert one(officer, "dossier/area")["measured"] == 12.5
    assert "lot_area" not in public.json()["stated"]["on_record"] and b"12.5" not in public.content
    assert public.json()["place"]["conforming_m2"] == 80
    plain = await answer(asker, of=checking.GOOD)
    same = ("status", "measured", "limit")
    assert [[f.get(k) for k in same] for f in public.json()["findings"]] == [
        [f.get(k) for k in same] for f in plain["findings"]
    ]


WORD = {
    "pack": "qd-56-2021-pl18",
    "rule": "balcony-clear",
    "person": "Trần Thị Cán",
    "document": "BB-12/2026",
    "on": "2026-11-18",
    "reason": "đã đo tại bản vẽ",
}


@pytest.fixture(scope="module")
def unlimited(checks: Checks) -> UUID:
    """A lot of its own road, in a zone for which the plan has no height."""
    lot = UUID(int=(0x63 << 120) | 1)
    centre = shapely.MultiLineString([shapely.LineString([(checking.E0 + x, checking.N0 + 994) for x in (-100, 100)])])
    told = {"kind": "CENTRELINE", "name": "Đường D", "code": "D", "right_of_way": 12.0}
    checks.edit("road_lines", [(UUID(int=(0x63 << 120) | 2), centre, told)])
    checks.edit("zones", [checking.zone(91, rectangle(-50, 1000, 100, 50), code="II-1", height_max=None)])
    checks.edit("parcels", [(lot, checking.whole(rectangle(0, 1000, 5, 16)), checking.told("91"))])
    return lot


async def test_an_officer_may_attest_what_data_do_not_say_and_nobody_else(
    asker: httpx.AsyncClient, checks: Checks, unlimited: UUID
) -> None:
    asked = {"of": unlimited, "footprint": geojson(rectangle(0, 1000, 5, 14.4))}
    lacking = [f for f in (await answer(asker, **asked))["findings"] if f["status"] == "no-data"]
    assert {f["aspect"] for f in lacking} == {"height"}
    words = [WORD | {name: f[name] for name in ("pack", "rule", "subject") if name in f} for f in lacking]
    told = await answer(asker, checks.officer, attestations=words, **asked)
    assert told["verdict"] == "conforms-with-attestation"
    attested = [f for f in told["findings"] if f["status"] == "attested"]
    assert [f["attestation"]["person"] for f in attested] == ["Trần Thị Cán"] * len(words)
    other = await answer(asker, checks.officer, attestations=[one | {"reason": "khác"} for one in words], **asked)
    assert other["hash"] != told["hash"]
    over = await answer(asker, checks.officer, attestations=[WORD])
    assert over["verdict"] == "conforms" and over["attestations_unused"][0]["rule"] == "balcony-clear"
    for headers, status in ((None, 401), (checks.reader, 403)):
        refused = await ask(asker, question(attestations=words, **asked), headers)
        assert refused.status_code == status, refused.text
    early = await ask(asker, question(attestations=[WORD | {"on": "2999-01-01"}]), checks.officer)
    assert early.status_code == 400 and "still to come" in early.json()["detail"]


async def test_no_word_of_an_officer_stands_for_what_the_application_has_to_tell(
    asker: httpx.AsyncClient, checks: Checks
) -> None:
    facts = {name: value for name, value in checking.FACTS.items() if name != "balcony_clear_m"}
    told = await answer(asker, checks.officer, facts=facts, attestations=[WORD])
    assert (told["verdict"], one(told, "qd-56-2021-pl18/balcony-clear")["status"]) == ("undetermined", "no-data")
    assert told["attestations_unused"][0]["why"]["en"].startswith("The application itself has to state: ")


@pytest.mark.parametrize(
    ("changes", "status", "says"),
    [
        ({"lot": geojson(rectangle(0, 0, 5, 16))}, 400, "either 'parcel' or 'lot'"),
        ({"parcel": None}, 400, "either 'parcel' or 'lot'"),
        ({"storeys": "trệt + 3 tầng"}, 400, "two ways"),
        ({"storeys": {"tang": -1}}, 400, "storeys"),
        ({"facts": {"balcon_m": 1}}, 400, "balcon_m"),
        ({"facts": {"district": "Bà Nguyễn Thị B"}}, 400, "district"),
        ({"work": "new"}, 400, "work"),
        ({"crs": "EPSG:32648"}, 400, "EPSG:32648"),
        ({"footprint": geojson(rectangle(5000, 0, 5, 14.4))}, 400, "5.0 km from the lot"),
        ({"footprint": {"type": "Point", "coordinates": [1, 2]}}, 400, "footprint"),
        ({"footprint": {"mediaType": "image/vnd.dxf", "data": "%%%"}}, 400, "base64"),
        ({"crs": None}, 400, "footprint: its coordinates in OGC:CRS84"),
        ({"datetime": "20/11/2026"}, 400, "datetime"),
        ({"datetime": "2026-11-01/2026-11-20"}, 400, "no interval"),
        ({"parcel": None, "lot": geojson(rectangle(0, 0, 5, 16)), "knownAt": "2020-01-01"}, 400, "knew no rule packs"),
        ({"parcel": {"id": "70000000-0000-0000-0000-000000000001"}}, 404, "No parcel matches"),
    ],
)
async def test_what_cannot_be_asked_is_refused_with_the_input_and_the_mend(
    asker: httpx.AsyncClient, changes: dict[str, Any], status: int, says: str
) -> None:
    response = await ask(asker, question(**changes))
    assert response.status_code == status, response.text
    assert says in response.text


async def test_a_drawing_gives_the_findings_of_the_outline_that_it_holds(asker: httpx.AsyncClient) -> None:
    document = ezdxf.new()
    document.header["$INSUNITS"] = 4
    corners = [(1000 * x, 1000 * y) for x, y in rectangle(0, 0, 5, 14.4).exterior.coords[:-1]]
    document.modelspace().add_lwpolyline(corners, close=True, dxfattribs={"layer": "NHA"})
    text = io.StringIO()
    document.write(text)
    data = base64.b64encode(text.getvalue().encode()).decode()
    drawn = {"mediaType": "image/vnd.dxf", "data": data, "layers": ["NHA"], "units": "mm"}
    told, plain = await answer(asker, footprint=drawn), await answer(asker)
    assert told["findings"] == plain["findings"] and told["verdict"] == "conforms"


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_the_sheet_tells_the_verdict_the_findings_and_that_it_is_advice(
    asker: httpx.AsyncClient, language: str
) -> None:
    asked = {"inputs": question(height_m=30, storeys=None), "outputs": {"sheet": {}}}
    response = await asker.post(CHECK, json=asked, headers={"Accept": "text/html", "Accept-Language": language})
    assert response.status_code == 200 and response.headers["content-type"].startswith("text/html")
    words = {
        "vi": ("PHIẾU KIỂM TRA HỒ SƠ", "Không phù hợp", "tối đa 22 m", "không phải là quyết định", "Phường Sài Gòn", "7 ngày làm việc"),
        "en": ("DOSSIER CHECK SHEET", "Does not conform", "at most 22 m", "It is no decision", "Phường Sài Gòn", "7 working days"),
    }  # fmt: skip
    for word in words[language]:
        assert word in response.text
    assert "được phép" not in response.text.lower() and "vi phạm" not in response.text.lower()


async def test_a_sheet_whose_map_leaves_out_what_is_around_says_so(
    asker: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = WORDS["crowded"]["en"]
    assert said not in (await output(asker, "sheet")).text

    async def full(source: Any, wanted: Any, place: Any, reach: float, moment: Any) -> Vicinity:
        many = reach > lot_map.ALONE and len(wanted) > 1
        return await vicinity(source, wanted, place, reach, moment, most=0 if many else 2_000)

    monkeypatch.setattr(lot_map, "vicinity", full)
    assert (await output(asker, "sheet")).text.count(said) == 1


async def output(asker: httpx.AsyncClient, wanted: str, **changes: Any) -> httpx.Response:
    asked = {"inputs": question(**changes), "outputs": {wanted: {}}, "response": "raw"}
    response = await asker.post(CHECK, json=asked)
    assert response.status_code == 200, response.text
    return response


async def test_the_map_shows_the_building_and_numbers_where_rules_are_broken(asker: httpx.AsyncClient) -> None:
    legend = ("Planned building", "Where a rule is broken")
    good = await output(asker, "map")
    assert good.headers["content-type"].startswith("image/svg+xml")
    assert legend[0] in good.text and legend[1] not in good.text and "(1)" not in good.text
    out = geojson(rectangle(0, -3, 5, 16))
    broken = (await output(asker, "map", footprint=out)).text
    assert legend[1] in broken and ">(1)<" in broken
    page = (await output(asker, "sheet", footprint=out)).text
    assert broken in page and '<b class="mark">(1)</b>' in page
    assert (await output(asker, "map", footprint=out)).text == broken


async def test_what_the_applicant_states_against_the_data_is_told(asker: httpx.AsyncClient) -> None:
    page = (await output(asker, "sheet", facts=checking.FACTS | {"land_use": "LUC"})).text
    assert "Lines in bold differ from the data" in page and "by the data: " in page
    assert "Storeys: <b>4 storeys</b>" in page and "Kind of works: <b>New construction</b>" in page


@built
async def test_a_pdf_is_one_to_three_pages_and_the_same_for_the_same_pins(
    asker: httpx.AsyncClient, checks: Checks
) -> None:
    changes = {"height_m": 30, "storeys": None}
    told = await answer(asker, **changes)
    first, drawn = await output(asker, "pdf", **changes), await output(asker, "map", **changes)
    assert first.headers["content-type"] == "application/pdf" and 1 <= pages(first.content) <= 3
    checks.edit("parcels", [(UUID(int=0x62 << 120), checking.whole(rectangle(-30, 0, 20, 16)), checking.told("77"))])
    assert (await output(asker, "map", **changes)).content != drawn.content
    pins = {"datetime": told["datetime"], "knownAt": told["knownAt"]}
    assert (await output(asker, "map", **changes, **pins)).content == drawn.content
    assert (await output(asker, "pdf", **changes, **pins)).content == first.content


CHOICES = {
    "storeys": [None, "trệt + 3 lầu", "trệt", {"tang": 4}],
    "height_m": [None, 15, 30],
    "floor_areas": [None, {"main": 288, "basement": 0}, {"main": 288}],
    "use": [None, "HOUSE", "OFFICE"],
    "work": [None, "NEW", "REPAIR"],
    "footprint": [None, geojson(rectangle(0, 0, 5, 14.4)), geojson(rectangle(0, 0, 5, 15.9))],
    "cap_cong_trinh": [None, "III", "I"],
}
WHOLE = {"storeys": "trệt + 3 lầu", "height_m": 15, "floor_areas": {"main": 288, "basement": 0}, "use": "HOUSE", "work": "NEW"}  # fmt: skip


async def test_over_the_whole_path_only_what_is_whole_and_keeps_the_rules_conforms(asker: httpx.AsyncClient) -> None:
    rng = np.random.default_rng(20261120)
    said = 0
    for _ in range(60):
        changes = {name: values[rng.integers(len(values))] for name, values in CHOICES.items()}
        if rng.random() < 0.4:
            changes |= WHOLE
        left = {name: value for name, value in checking.FACTS.items() if rng.random() < 0.99}
        told = await answer(asker, facts=left, **changes)
        if told["verdict"] == "conforms":
            said += 1
            assert left == checking.FACTS and {name: changes[name] for name in WHOLE} == WHOLE, changes
            assert changes["footprint"] == CHOICES["footprint"][1]
        if (
            set(checking.FACTS) - set(left)
            or any(changes[name] is None for name in WHOLE)
            or changes["footprint"] is None
        ):
            assert told["verdict"] != "conforms"
    assert said


async def test_rule_packs_are_there_to_be_read_as_known_at_any_time(asker: httpx.AsyncClient, checks: Checks) -> None:
    listed = (await asker.get("/rules", params={"lang": "vi"})).json()
    assert {one["id"] for one in listed["rules"]} == {path.stem for path in (checks.layers / "rules").glob("*.toml")}
    assert listed["version"] == (await answer(asker))["rules_version"]
    assert listed["codes"]["city"] == [{"const": "79", "title": "Thành phố Hồ Chí Minh"}]
    districts = {one["const"]: one["title"] for one in listed["codes"]["district"]}
    assert districts["760"] == "Quận 1" and "Thị xã Bến Cát" in districts["721"]
    for code in (*districts, "999"):  # whatever is listed may be told, and nothing else
        told = await ask(asker, question(facts={"city": "79", "district": code}))
        assert told.status_code == (400 if code == "999" else 200), told.text
    told = (await asker.get("/rules/qd-56-2021-pl18")).json()
    assert told["document"].startswith("QĐ 56/2021") and told["territory"]["cities"] == ["79"]
    assert told["source"] == (checks.layers / "rules" / "qd-56-2021-pl18.toml").read_text(encoding="utf-8")
    density = next(rule for rule in told["rules"] if rule["id"] == "density")
    assert density["grid"]["axes"][0]["at"] == [50, 100, 200, 300, 500] and "area_conforming" in density["facts"]
    assert (await asker.get("/rules/nothing")).status_code == 404
    assert (await asker.get("/rules", params={"knownAt": "2020-01-01"})).status_code == 400
    for path in ("/rules", "/rules/qd-56-2021-pl18"):
        page = await asker.get(path, params={"f": "html", "lang": "vi"})
        assert page.status_code == 200 and "QĐ 56/2021" in page.text


async def test_a_type_of_land_is_told_by_a_code_that_parcels_may_have_on_that_day(asker: httpx.AsyncClient) -> None:
    old = {"datetime": "2024-07-31"}
    for when, code in [({}, "OTC"), ({}, "XXX"), ({}, "DCK"), (old, "OTC")]:  # a group, none, none any more
        told = await ask(asker, question(facts={"land_use": code}, **when))
        assert told.status_code == 400, (code, told.text)
        (wrong,) = told.json()["errors"] if "errors" in told.json() else [told.json()]
        assert code in wrong["detail"] and "ODT" in wrong["detail"] and " OTC," not in wrong["detail"]
        assert ("DCK," in wrong["detail"]) == (when is old)
    for when, code in [({}, "ODT"), (old, "DCK")]:
        listed = (await asker.get("/codelists/land_use", params=when)).json()["codes"]
        assert code in {one["code"] for one in listed if not one.get("group")}
        assert (await ask(asker, question(facts={"land_use": code}, **when))).status_code == 200


async def test_an_answer_with_a_type_of_land_is_the_same_when_it_is_asked_again(asker: httpx.AsyncClient) -> None:
    plot = geojson(rectangle(checking.NEXT[checking.BIG], 0, 5, 30))
    asked = {"parcel": None, "lot": plot, "facts": {"land_use": "ODT", "city": "79", "district": "760"}}
    told = await answer(asker, **asked)
    assert told == await answer(asker, **asked, **{name: told[name] for name in ("datetime", "knownAt")})


async def test_a_split_is_judged_plot_by_plot_and_the_parcel_is_none_of_them(asker: httpx.AsyncClient) -> None:
    asked = {"work": "SPLIT", "footprint": None, "storeys": None, "height_m": None, "floor_areas": None}
    whole = await answer(asker, of=checking.BIG, **asked)
    assert whole["verdict"] == "undetermined"
    assert "lot" in {lacking["name"] for lacking in whole["missing"]}
    facts = {"land_use": "ODT", "city": "79", "district": "760"}
    x = checking.NEXT[checking.BIG]
    plots = {"large": rectangle(x, 0, 5, 30), "small": rectangle(x + 5, 0, 2, 10)}
    verdicts = {
        name: await answer(asker, parcel=None, lot=geojson(plot), facts=facts, **asked) for name, plot in plots.items()
    }
    small = [f["rule"] for f in verdicts["small"]["findings"] if f["status"] == "fail"]
    assert verdicts["small"]["verdict"] == "does-not-conform" and any("area" in rule for rule in small)
    assert not [f for f in verdicts["large"]["findings"] if f["status"] == "fail"]


@pytest.mark.parametrize(
    ("works", "rule", "words"),
    [
        ("DEMOLITION", "demolition", ("Phá dỡ chưa có quy tắc", "No rule of the packs covers demolition yet")),
        ("RENOVATION", "repair-renovation", ("Sửa chữa, cải tạo chưa có quy tắc", "covers repair and renovation yet")),
        ("REPAIR", "repair-renovation", ("mặt ngoài, diện tích, số tầng", "façade, area, storeys, structure")),
        ("CHANGE_OF_USE", "change-of-use", ("Thay đổi công năng chưa có quy tắc", "covers a change of use yet")),
        ("OTHER", "other", ("Công việc khác chưa có quy tắc", "covers other works yet")),
    ],
)
async def test_works_on_which_no_pack_has_a_rule_are_said_to_be_so(
    asker: httpx.AsyncClient, works: str, rule: str, words: tuple[str, str]
) -> None:
    told = await answer(asker, work=works)
    assert told["verdict"] == "undetermined"
    found = one(told, f"uncovered-works/{rule}")
    assert (found["status"], found["word"]["vi"]) == ("warning", "Cần xem xét")
    assert words[0] in found["message"]["vi"] and words[1] in found["message"]["en"]
    others = [f for f in told["findings"] if f["pack"] == "uncovered-works" and f["status"] != "not-applicable"]
    assert others == [found]

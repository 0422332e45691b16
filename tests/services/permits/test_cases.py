"""Cases over HTTP: who may, what is taken, requests that are repeated, writers who meet, and the feed."""

from __future__ import annotations

import asyncio
import itertools
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import httpx
import orjson
import psycopg
import pytest

from tests.services.ogc.writing import Land, geometry, lot, parcel_id

pytestmark = pytest.mark.asyncio(loop_scope="session")

numbers = itertools.count(1)
TODAY = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date()
RECEIVED = "2026-07-01"


class Officer:
    """A caller of one kind."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self.client = client
        self.headers = headers

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers={**self.headers, **headers})

    async def open(self, body: Any, key: str | None = None) -> httpx.Response:
        sent = {**self.headers, "Idempotency-Key": key or f"key-{next(numbers)}"}
        return await self.client.post("/cases", json=body, headers=sent)

    async def add(self, case: dict[str, Any], tag: str | None = None, **event: Any) -> httpx.Response:
        seen = {"If-Match": tag if tag is not None else f'"{case["version"]}"'}
        return await self.client.post(f"/cases/{case['id']}/events", json=event, headers={**self.headers, **seen})


@pytest.fixture
def officers(desk: httpx.AsyncClient, land: Land) -> dict[str, Officer]:
    return {name: Officer(desk, headers) for name, headers in land.headers.items()}


@pytest.fixture
def editor(officers: dict[str, Officer]) -> Officer:
    return officers["editor"]


def body(x: float = 0.0, **more: Any) -> dict[str, Any]:
    """A case about a lot `x` metres from the corner of the ward."""
    application = {"lot": geometry(lot(x)), "work": "NEW", "use": "HOUSE", "storeys": "trệt + 3 lầu"}
    told = {"ma_ho_so": f"H29.18-261122-{next(numbers):04}", "permit_type": "MOI", "on": RECEIVED}
    found: dict[str, Any] = orjson.loads(orjson.dumps({**told, "application": application, **more}))
    return found


async def opened(by: Officer, x: float = 0.0, **more: Any) -> dict[str, Any]:
    answer = await by.open(body(x, **more))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def passed(by: Officer, case: dict[str, Any], *states: str, **more: Any) -> dict[str, Any]:
    """The case after it has passed through the states."""
    for state in states:
        answer = await by.add(case, kind="state", state=state, on=RECEIVED, **(more if state == states[-1] else {}))
        assert answer.status_code == 200, answer.text
        case = answer.json()
    return case


def _fronting(road: str) -> dict[str, Any]:
    frontages = [{"road": road, "width_m": 12, "length_m": 5}]
    return {"application": {"lot": geometry(lot(0.0)), "work": "NEW", "frontages": frontages}}


async def test_a_case_is_opened_and_read_again(editor: Officer) -> None:
    sent = body()
    answer = await editor.open(sent)
    assert answer.status_code == 201, answer.text
    assert answer.headers["etag"] == '"1"'
    found = answer.json()
    assert found["ma_ho_so"] == sent["ma_ho_so"]
    assert (found["agency"], found["state"], found["house"], found["work_kind"]) == ("so-dat", "RECEIVED", True, "NEW")
    assert found["deadline"]["due"] == "2026-07-10"
    assert found["deadline"]["limit"]["article"] == "Điều 54"
    assert found["application"] == sent["application"]
    assert [event["kind"] for event in found["events"]] == ["opened"]
    instants = (found["opened_at"], found["changed_at"], found["events"][0]["at"])
    assert all(datetime.fromisoformat(at) and at.endswith("Z") for at in instants)
    again = await editor.get(urlsplit(answer.headers["location"]).path)
    assert again.json() == found
    assert again.headers["cache-control"] == "no-store"


async def test_a_parcel_is_found_and_linked(editor: Officer) -> None:
    found = await opened(editor, application={"parcel": {"id": str(parcel_id(1))}, "work": "NEW", "use": "HOUSE"})
    assert found["parcel"] == str(parcel_id(1))
    assert any(link["rel"] == "related" for link in found["links"])


@pytest.mark.parametrize(
    "parcel",
    [
        {"commune": "26740", "sheet": "12", "number": "1"},
        {"point": dict(zip(("lon", "lat"), geometry(lot(0.0).centroid)["coordinates"], strict=True))},
    ],
)
async def test_of_a_parcel_that_was_found_its_id_alone_is_kept(editor: Officer, parcel: dict[str, Any]) -> None:
    case = await opened(editor, application={"parcel": {"id": str(parcel_id(1))}, "work": "NEW"})
    sent = {"kind": "application", "application": {"parcel": parcel, "work": "REPAIR"}}
    answer = await editor.add(case, **sent)
    assert answer.status_code == 200, answer.text
    assert answer.json()["application"] == {"parcel": {"id": str(parcel_id(1))}, "work": "REPAIR"}


async def test_an_officer_attests_a_finding_and_a_check_takes_it_over(editor: Officer) -> None:
    said = {"person": "Trần Thị Cán Bộ", "document": "12/BC-QLDT", "on": RECEIVED, "reason": "Đã xem bản giấy"}
    case = await opened(editor)
    attested = {**case["application"], "attestations": [{"pack": "no-pack", "rule": "no-rule", **said}]}
    answer = await editor.add(case, kind="application", application=attested)
    assert answer.status_code == 200, answer.text
    assert answer.json()["application"]["attestations"] == attested["attestations"]
    assert (await checked(editor, answer.json()))["advice"]["verdict"] == "undetermined"


@pytest.mark.parametrize(
    ("who", "reads", "writes"),
    [
        ("public", 401, 401),
        ("viewer", 200, 403),
        ("editor", 200, 201),
        ("publisher", 200, 201),
        ("editor who does not own", 403, 403),
        ("editor with a key for other layers", 200, 201),
        ("auditor", 200, 403),
        ("admin", 200, 403),
    ],
)
async def test_who_may_read_and_write(officers: dict[str, Officer], who: str, reads: int, writes: int) -> None:
    case = await opened(officers["editor"])
    for path in ("/cases", f"/cases/{case['id']}"):
        assert (await officers[who].get(path)).status_code == reads
    assert (await officers[who].open(body())).status_code == writes
    event = await officers[who].add(case, kind="state", state="IN_REVIEW", on=RECEIVED)
    assert event.status_code == {201: 200}.get(writes, writes)


async def test_who_may_not_learns_nothing_by_what_it_sends(officers: dict[str, Officer]) -> None:
    """Neither whether a case is there, nor what is wrong with a body."""
    case = await opened(officers["editor"])
    for who, status in (("public", 401), ("viewer", 403), ("editor who does not own", 403)):
        answers = [await officers[who].open({"x": 1}), await officers[who].add(case, kind="x")]
        answers.append(await officers[who].add({"id": "00000000-0000-0000-0000-000000000000", "version": 1}, kind="x"))
        assert [answer.status_code for answer in answers] == [status] * 3


async def test_a_bounded_agency_has_the_cases_of_its_area_only(officers: dict[str, Officer]) -> None:
    ward, city = officers["editor of the ward"], officers["editor"]
    inside, outside = await opened(city, 0.0), await opened(city, 500.0)
    assert (await ward.get(f"/cases/{inside['id']}")).status_code == 200
    assert (await ward.get(f"/cases/{outside['id']}")).status_code == 404
    assert (await ward.add(outside, kind="state", state="IN_REVIEW")).status_code == 404
    listed = {case["id"] for case in (await ward.get("/cases?limit=1000")).json()["cases"]}
    assert inside["id"] in listed and outside["id"] not in listed
    refusal = await ward.open(body(500.0))
    assert refusal.status_code == 403
    assert "outside the area" in refusal.json()["detail"] or "ngoài phạm vi" in refusal.json()["detail"]
    own = await opened(ward)
    moved = await ward.add(own, kind="application", application=body(500.0)["application"])
    assert moved.status_code == 403 and "outside the area" in moved.json()["detail"]
    assert (await ward.get(f"/cases/{own['id']}")).json()["version"] == 1


@pytest.mark.parametrize(("owner", "other"), [("editor", "editor of the ward"), ("editor of the ward", "editor")])
async def test_a_case_is_decided_by_its_own_agency_alone(officers: dict[str, Officer], owner: str, other: str) -> None:
    """Others who may edit there read it, and are told whose it is."""
    case = await opened(officers[owner])
    assert (await officers[other].get(f"/cases/{case['id']}")).status_code == 200
    events: list[dict[str, Any]] = [
        {"kind": "state", "state": "IN_REVIEW", "on": RECEIVED},
        {"kind": "application", "application": body(20.0)["application"]},
        {"kind": "check"},
    ]
    for event in events:
        refusal = await officers[other].add(case, **event)
        assert refusal.status_code == 403, refusal.text
        assert f"'{case['agency']}'" in refusal.json()["detail"]
    assert (await officers[owner].get(f"/cases/{case['id']}")).json() == case
    await passed(officers[owner], case, "IN_REVIEW")


async def test_a_bounded_agency_attests_findings_in_its_area_only(desk: httpx.AsyncClient, land: Land) -> None:
    word = {"pack": "no-pack", "rule": "no-rule", "person": "Trần Thị Cán Bộ", "document": "12/BC-QLDT"}
    attestations = [{**word, "on": RECEIVED, "reason": "Đã xem bản giấy"}]
    for who, x, status in (
        ("editor of the ward", 0.0, 200),
        ("editor of the ward", 500.0, 403),
        ("editor", 500.0, 200),
    ):
        inputs = {**body(x)["application"], "attestations": attestations}
        answer = await desk.post(
            "/processes/permit-check/execution", json={"inputs": inputs}, headers=land.headers[who]
        )
        assert answer.status_code == status, (who, x, answer.text)
        assert status == 200 or "outside the area of your agency" in answer.json()["detail"]


@pytest.mark.parametrize("since", ["0001-01-01", "0000-01-01", "0001-01-01T00:00:00+14:00", "2026-07-01"])
async def test_changes_since_the_first_day_that_can_be_told_are_all(editor: Officer, since: str) -> None:
    case = await opened(editor)
    answer = await editor.get(f"/cases?ma_ho_so={case['ma_ho_so']}&changed_since={since.replace('+', '%2B')}")
    assert answer.status_code == 200, answer.text
    assert [one["id"] for one in answer.json()["cases"]] == [case["id"]]


@pytest.mark.parametrize("since", ["9999-12-31", "9999-12-31T23:59:59-14:00"])
async def test_nothing_has_changed_since_the_last_day_that_can_be_told(editor: Officer, since: str) -> None:
    await opened(editor)
    answer = await editor.get(f"/cases?changed_since={since}")
    assert (answer.status_code, answer.json()["cases"]) == (200, [])


async def test_a_repeated_request_gets_the_first_answer_and_makes_no_second_case(editor: Officer) -> None:
    sent = body()
    first, second = await editor.open(sent, "once"), await editor.open(sent, "once")
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert first.headers["location"] == second.headers["location"]
    found = await editor.get(f"/cases?ma_ho_so={sent['ma_ho_so']}")
    assert found.json()["numberReturned"] == 1


async def test_requests_repeated_at_once_make_one_case(editor: Officer) -> None:
    sent = body()
    answers = await asyncio.gather(*(editor.open(sent, "at-once") for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_a_key_stands_for_one_request_of_one_caller(officers: dict[str, Officer]) -> None:
    sent = body()
    assert (await officers["editor"].open(sent, "mine")).status_code == 201
    other = await officers["editor"].open(body(), "mine")
    assert other.status_code == 422
    assert other.json()["problems"][0]["field"] == "Idempotency-Key"
    assert (await officers["publisher"].open(body(), "mine")).status_code == 201


async def test_a_refused_request_is_judged_anew_when_it_is_repeated(editor: Officer) -> None:
    wrong = body(permit_type="NONE")
    assert (await editor.open(wrong, "again")).status_code == 422
    assert (await editor.open({**wrong, "permit_type": "MOI"}, "again")).status_code == 201


async def test_a_number_is_used_once(editor: Officer) -> None:
    sent = body()
    assert (await editor.open(sent)).status_code == 201
    assert (await editor.open(sent)).status_code == 409


async def test_a_request_without_key_is_refused(desk: httpx.AsyncClient, editor: Officer) -> None:
    assert (await desk.post("/cases", json=body(), headers=editor.headers)).status_code == 400
    assert (await editor.open(body(), "a key with spaces")).status_code == 400


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"applicant_name": "Nguyễn Văn A"}, "applicant_name"),
        ({"ma_ho_so": "Nguyễn Văn A"}, "ma_ho_so"),
        ({"ma_ho_so": "../../etc/passwd"}, "ma_ho_so"),
        ({"reason": "Gọi chủ nhà 0903 123 456"}, "reason"),
        ({"reason": "CCCD 079123456789"}, "reason"),
        ({"reason": "gửi a.b@example.vn"}, "reason"),
        ({"permit_type": "XYZ"}, "permit_type"),
        ({"work_kind": "NEV"}, "work_kind"),
        ({"state": "ISSUED"}, "state"),
        ({"state": "NOWHERE"}, "state"),
        ({"on": "2999-01-01"}, "on"),
        ({"on": "2026-02-31"}, "on"),
        ({"house": "yes"}, "house"),
        ({"document": "079123456789"}, "document"),
        ({"application": {"work": "NEW"}}, "application"),
        ({"application": {"lot": {"type": "Feature", "properties": {"chu": "Nguyễn Văn A"}}}}, "lot"),
        ({"application": {"lot": {"mediaType": "image/vnd.dxf", "data": "AAAA"}}}, "lot"),
        ({"application": {"lot": {**geometry(lot(0.0)), "owner": "Nguyễn Văn A"}}}, "lot"),
        ({"application": {"parcel": {"polygon": {**geometry(lot(0.0)), "owner": "A"}}}}, "polygon"),
        ({"application": {"parcel": {"address": "12 Lê Lợi, 0903.123.456"}}}, "address"),
        ({"application": {"owner": "x", "parcel": {"id": "1"}}}, "owner"),
        ({"application": {"lot": geometry(lot(0.0)), "facts": {"district": "Bà Nguyễn Thị B"}}}, "facts.district"),
        ({"application": []}, "application"),
        (_fronting("a\0b"), "body.application.frontages[0].road"),
        ({"application": {"parcel": {"address": "12 Lê\0Lợi"}}}, "body.application.parcel.address"),
        ({"application": {"lot": {"type": "Polygon", "coordinates": [[["a"]]]}}}, None),
        ({"application": {"parcel": {"id": str(parcel_id(99))}}}, None),
    ],
)
async def test_what_is_not_listed_or_looks_personal_is_not_taken(
    editor: Officer, change: dict[str, Any], field: str | None
) -> None:
    answer = await editor.open(body(**change))
    assert answer.status_code in (400, 404, 422), answer.text
    if field is not None:
        assert answer.status_code == 422
        assert field in answer.text


async def test_numbers_that_offices_write_are_no_personal_data(editor: Officer) -> None:
    reason = "Căn cứ Quyết định 1234/QĐ-UBND ngày 22.11.2026, tờ 12 thửa 345; lộ giới 20 m, diện tích 1.234,5 m2"
    case = await opened(editor, reason=reason, document="12345/SXD-CPXD")
    assert case["events"][0]["reason"] == reason


async def test_hostile_bodies_and_headers_are_refused_and_nothing_is_written(
    desk: httpx.AsyncClient, editor: Officer, land: Land
) -> None:
    case = await opened(editor)
    before = land.table("SELECT count(*) FROM landmap.case_event")
    keyed = {**editor.headers, "Idempotency-Key": "hostile", "Content-Type": "application/json"}
    deep = b'{"ma_ho_so":"A1","application":' + b'{"a":' * 500 + b"1" + b"}" * 501
    for content in (
        b"",
        b"null",
        b"[]",
        b'"x"',
        b"{",
        deep,
        b'{"ma_ho_so": 1e999, "application": {}}',
        b'{"a":"\\u0000"}',
    ):
        answer = await desk.post("/cases", content=content, headers=keyed)
        assert answer.status_code in (400, 413, 422), content[:40]
    for tag in ("", "x", '"0"', '"-1"', '"999999999999"', 'W/"abc"'):
        assert (await editor.add(case, tag, kind="state", state="IN_REVIEW")).status_code == 412, tag
    for path in ("/cases/x", "/cases/x/events", "/cases/%00"):
        answer = await desk.post(path, json={"kind": "check"}, headers={**editor.headers, "If-Match": "*"})
        assert answer.status_code in (404, 405), path
    for query in (
        "cursor=x",
        "limit=0",
        "changed_since=yesterday",
        "changed_since=2026-01-01/2026-02-01",
        "state=%00",
        "sort=id",
        "cursor=ca5e",
    ):
        assert (await editor.get(f"/cases?{query}")).status_code == 400, query
    assert (await editor.get("/cases?state=' OR 1=1 --&ma_ho_so=%25")).json()["cases"] == []
    assert land.table("SELECT count(*) FROM landmap.case_event") == before


async def test_an_event_says_which_version_it_comes_after(desk: httpx.AsyncClient, editor: Officer) -> None:
    case = await opened(editor)
    path = f"/cases/{case['id']}/events"
    event = {"kind": "state", "state": "IN_REVIEW", "on": RECEIVED}
    assert (await desk.post(path, json=event, headers=editor.headers)).status_code == 428
    assert (await editor.add(case, '"7"', **event)).status_code == 412
    done = await editor.add(case, **event)
    assert (done.status_code, done.headers["etag"]) == (200, '"2"')
    assert (await editor.add(case, **event)).status_code == 412


async def test_of_two_officers_on_one_case_one_is_told(officers: dict[str, Officer]) -> None:
    case = await opened(officers["editor"])
    events = [
        officers[who].add(case, kind="state", state=state, on=RECEIVED)
        for who, state in (("editor", "IN_REVIEW"), ("publisher", "NEED_MORE"))
    ]
    assert sorted(answer.status_code for answer in await asyncio.gather(*events)) == [200, 412]


async def test_states_follow_the_procedure(editor: Officer) -> None:
    case = await opened(editor, state="SUBMITTED")
    assert case["following"] == ["RECEIVED", "NEED_MORE", "REJECTED", "CANCELLED"]
    refusal = await editor.add(case, kind="state", state="ISSUED")
    assert refusal.status_code == 422
    assert "RECEIVED" in refusal.text
    case = await passed(editor, case, "RECEIVED", "IN_REVIEW")
    assert (await editor.add(case, kind="state", state="ISSUED", on="2026-06-30")).status_code == 422
    assert (await editor.add(case, kind="state", state="REJECTED")).status_code == 422  # without a reason
    case = await passed(editor, case, "REJECTED", reason="Thiếu bản vẽ", document="12/TB-UBND")
    assert case["decision"] == {"outcome": "refused", "verdict": None, "departs": False}
    assert case["following"] == []
    assert (await editor.add(case, kind="state", state="ISSUED")).status_code == 422
    assert (await editor.add(case, kind="application", application=body()["application"])).status_code == 422


async def test_the_clock_of_a_case_stops_while_more_is_asked_for(editor: Officer) -> None:
    case = await opened(editor, on="2026-08-20")
    answer = await editor.add(case, kind="state", state="NEED_MORE", on="2026-08-24")
    stopped = answer.json()["deadline"]
    assert (stopped["due"], stopped["used"], stopped["left"]) == (None, 3, 4)
    answer = await editor.add(answer.json(), kind="state", state="IN_REVIEW", on="2026-09-03")
    assert answer.json()["deadline"]["due"] == "2026-09-09"


async def test_a_check_of_today_bars_no_event_of_before(editor: Officer) -> None:
    case = await opened(editor, on="2026-08-20")
    checked = await editor.add(case, kind="check")
    assert checked.status_code == 200, checked.text
    stopped = await editor.add(checked.json(), kind="state", state="NEED_MORE", on="2026-08-24")
    assert stopped.status_code == 200, stopped.text
    assert (stopped.json()["since"], stopped.json()["deadline"]["used"]) == ("2026-08-24", 3)
    early = await editor.add(stopped.json(), kind="state", state="IN_REVIEW", on="2026-08-23")
    assert early.status_code == 422 and "2026-08-24" in early.text


async def test_the_application_is_replaced_and_both_stay_on_record(editor: Officer) -> None:
    case = await opened(editor)
    changed = {**case["application"], "storeys": "trệt + 2 lầu"}
    answer = await editor.add(case, kind="application", application=changed, reason="Chủ đầu tư giảm tầng")
    found = answer.json()
    assert found["application"] == changed
    assert [event["application"]["storeys"] for event in found["events"]] == ["trệt + 3 lầu", "trệt + 2 lầu"]
    assert found["state"] == "RECEIVED"


async def checked(by: Officer, case: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = await by.add(case, kind="check", **more)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_the_advice_on_a_case_is_made_here_and_can_be_given_again(
    editor: Officer, desk: httpx.AsyncClient
) -> None:
    case = await checked(editor, await opened(editor))
    advice = case["advice"]
    assert advice["verdict"] == "undetermined"  # there are no plans in this city
    again = {"inputs": {**case["application"], "datetime": advice["datetime"], "knownAt": advice["knownAt"]}}
    path = "/processes/permit-check/execution"
    answer = await desk.post(path, json={**again, "outputs": {"answer": {}}}, headers=editor.headers)
    assert answer.status_code == 200, answer.text
    assert {name: answer.json()[name] for name in advice} == advice
    other = {**again["inputs"], "storeys": "trệt + 5 lầu"}
    answer = await desk.post(path, json={"inputs": other, "outputs": {"answer": {}}}, headers=editor.headers)
    assert answer.json()["hash"] != advice["hash"]


async def test_the_rules_of_a_check_are_those_of_its_day_and_the_limit_that_of_the_day_of_receipt(
    editor: Officer,
) -> None:
    case = await opened(editor, on="2026-06-30")
    early = await checked(editor, case, datetime="2026-06-30")
    assert early["advice"]["datetime"] == "2026-06-29T17:00:00Z"
    assert early["deadline"]["limit"]["days"] == 15
    late = await checked(editor, early, datetime="2026-07-15")
    assert late["advice"]["datetime"] > early["advice"]["datetime"]
    assert late["deadline"]["limit"]["days"] == 15


async def test_a_check_of_what_lies_nowhere_adds_nothing(editor: Officer) -> None:
    case = await opened(editor)
    away = geometry(lot(20_000.0))
    case = (await editor.add(case, kind="application", application={**case["application"], "footprint": away})).json()
    assert (await editor.add(case, kind="check")).status_code == 400
    assert (await editor.get(f"/cases/{case['id']}")).json()["version"] == case["version"]


async def test_a_decision_that_departs_from_the_advice_says_so_and_why(editor: Officer) -> None:
    case = await checked(editor, await passed(editor, await opened(editor, on=RECEIVED), "IN_REVIEW"))
    issue = {"kind": "state", "state": "ISSUED", "document": "12/GPXD"}
    silent = await editor.add(case, **issue)
    assert silent.status_code == 422
    assert silent.json()["problems"][0]["field"] == "departs_from_advice"
    assert (await editor.add(case, **issue, departs_from_advice=True)).status_code == 422
    assert (await editor.add(case, **issue, departs_from_advice=False, reason="Đủ căn cứ")).status_code == 422
    done = await editor.add(case, **issue, departs_from_advice=True, reason="Quy hoạch đã đối chiếu bản giấy")
    assert done.json()["decision"] == {"outcome": "granted", "verdict": "undetermined", "departs": True}


async def test_a_decision_that_keeps_to_the_advice_does_not_say_that_it_departs(editor: Officer) -> None:
    case = await checked(editor, await opened(editor))
    refuse = {"kind": "state", "state": "REJECTED", "reason": "Chưa đủ căn cứ"}
    assert (await editor.add(case, **refuse, departs_from_advice=True)).status_code == 422
    done = await editor.add(case, **refuse)
    assert done.json()["decision"] == {"outcome": "refused", "verdict": "undetermined", "departs": False}


async def test_advice_on_the_application_before_is_none_on_this_one(editor: Officer) -> None:
    case = await checked(editor, await opened(editor))
    answer = await editor.add(case, kind="application", application={**case["application"], "storeys": "trệt"})
    assert answer.json()["advice"] is None
    assert [event["kind"] for event in answer.json()["events"]] == ["opened", "check", "application"]


async def feed(by: Officer, url: str) -> tuple[list[str], str]:
    """The ids in the feed from there on, page by page, and where to ask later."""
    ids: list[str] = []
    while True:
        answer = await by.get(url)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        ids += [case["id"] for case in found["cases"]]
        links = {link["rel"]: link["href"] for link in found["links"]}
        if "next" not in links:
            return ids, links["monitor"]
        url = links["next"]


async def test_the_feed_tells_each_change_once_and_page_by_page(editor: Officer) -> None:
    _, later = await feed(editor, "/cases?limit=1000")
    cases = [await opened(editor) for _ in range(3)]
    await passed(editor, cases[0], "IN_REVIEW")
    assert "limit=1000" in later
    ids, last = await feed(editor, later.replace("limit=1000", "limit=1"))
    assert ids == [cases[1]["id"], cases[2]["id"], cases[0]["id"]]
    assert await feed(editor, last) == ([], last)
    none_yet = "http://land.test/cases?changed_since=2999-01-01"
    assert await feed(editor, none_yet) == ([], none_yet)
    assert "ca5e" not in parse_qs(urlsplit(last).query)["cursor"][0]
    since = (await editor.get(f"/cases/{cases[0]['id']}")).json()["changed_at"]
    ids, _ = await feed(editor, str(httpx.URL("/cases", params={"changed_since": since})))
    assert ids == [cases[0]["id"]]
    assert cases[0]["id"] in (await feed(editor, f"/cases?changed_since={TODAY}&state=IN_REVIEW"))[0]


async def test_pages_for_officers_show_the_list_and_one_case(editor: Officer) -> None:
    case = await opened(editor, reason="<script>alert(1)</script>")
    for language, word in (("vi", "Đã tiếp nhận"), ("en", "Received")):
        listed = await editor.get(f"/cases?f=html&lang={language}&ma_ho_so={case['ma_ho_so']}")
        assert listed.status_code == 200
        assert case["ma_ho_so"] in listed.text and word in listed.text
        one = await editor.get(f"/cases/{case['id']}?f=html&lang={language}")
        assert one.status_code == 200
        assert "<script>alert" not in one.text and "&lt;script&gt;" in one.text
    assert "script-src" not in one.headers["content-security-policy"]


async def test_what_was_done_to_a_case_is_in_the_audit(officers: dict[str, Officer], permits_app: Any) -> None:
    case = await opened(officers["editor"])
    await officers["viewer"].get(f"/cases/{case['id']}")
    entries = permits_app.state.services.trail.drain()
    permits_app.state.services.trail.put_back(entries)
    told = {(entry.action, entry.detail.get("case")) for entry in entries}
    assert ("open_case", case["ma_ho_so"]) in told
    assert ("case", case["ma_ho_so"]) in told


async def test_a_browser_elsewhere_may_send_what_is_needed(desk: httpx.AsyncClient) -> None:
    asked = {"Origin": "https://elsewhere.test", "Access-Control-Request-Method": "POST"}
    for path in ("/cases", "/cases/x", "/cases/x/events"):
        answer = await desk.options(path, headers=asked)
        assert answer.status_code == 200
        assert "Idempotency-Key" in answer.headers["access-control-allow-headers"]
    assert (await desk.put("/cases", json={})).status_code == 405


WHY: dict[str, Any] = {"kind": "transfer", "on": RECEIVED, "reason": "Công trình thuộc thẩm quyền cấp phường"}


async def test_a_case_that_is_handed_over_is_worked_by_the_receiver_and_read_by_the_giver(
    officers: dict[str, Officer],
) -> None:
    city, ward = officers["editor"], officers["editor of the ward"]
    case = await opened(city)
    answer = await city.add(case, receiver="phuong-a", **WHY)
    assert answer.status_code == 200, answer.text
    given = answer.json()
    assert (given["agency"], given["opened_by"], given["state"]) == ("phuong-a", "so-dat", "RECEIVED")
    assert given["deadline"] == case["deadline"]
    last = given["events"][-1]
    assert (last["kind"], last["agency"], last["receiver"], last["reason"]) == (
        "transfer",
        "so-dat",
        "phuong-a",
        WHY["reason"],
    )
    refusal = await city.add(given, kind="state", state="IN_REVIEW", on=RECEIVED)
    assert refusal.status_code == 403 and "'phuong-a'" in refusal.json()["detail"]
    worked = await passed(ward, given, "IN_REVIEW")
    assert (await ward.add(worked, kind="check")).status_code == 200
    read = await city.get(f"/cases/{case['id']}")
    assert read.status_code == 200 and read.json()["state"] == "IN_REVIEW"
    listed = (await ward.get("/cases?limit=1000")).json()["cases"]
    assert [one["agency"] for one in listed if one["id"] == case["id"]] == ["phuong-a"]


async def test_who_handed_a_case_over_reads_it_wherever_its_area_is_now_and_others_do_not(
    officers: dict[str, Officer], land: Land
) -> None:
    ward, city = officers["editor of the ward"], officers["editor"]
    case, other = await opened(ward), await opened(city)
    given = (await ward.add(case, receiver="so-dat", **WHY)).json()
    moved = "UPDATE landmap.agency SET area = ST_Translate(area, {}, 0) WHERE id = 'phuong-a'"
    with psycopg.connect(land.dsn, autocommit=True) as db:
        db.execute(moved.format(10_000))
        try:
            seen = [(await ward.get(f"/cases/{one['id']}")).status_code for one in (given, other)]
            listed = {one["id"] for one in (await ward.get("/cases?limit=1000")).json()["cases"]}
        finally:
            db.execute(moved.format(-10_000))
    assert seen == [200, 404]
    assert case["id"] in listed and other["id"] not in listed


@pytest.mark.parametrize(
    ("x", "sent", "said"),
    [
        (0.0, {"receiver": "so-dat"}, "holds the case already"),
        (0.0, {"receiver": "so-khac"}, "no agency 'so-khac' that decides on permits"),
        (0.0, {"receiver": "khong-co"}, "no agency 'khong-co' that decides on permits"),
        (500.0, {"receiver": "phuong-a"}, "outside the area of 'phuong-a'"),
        (0.0, {"receiver": "phuong-a", "reason": None}, "reason"),
        (0.0, {"receiver": "Phường A"}, "receiver"),
        (0.0, {}, "receiver"),
        (0.0, {"receiver": "phuong-a", "state": "ISSUED"}, "state"),
    ],
)
async def test_a_case_goes_only_to_who_can_work_it_and_with_a_reason(
    editor: Officer, x: float, sent: dict[str, Any], said: str
) -> None:
    case = await opened(editor, x)
    event = {name: value for name, value in {**WHY, **sent}.items() if value is not None}
    refusal = await editor.add(case, **event)
    assert refusal.status_code == 422, refusal.text
    assert said in refusal.text
    assert (await editor.get(f"/cases/{case['id']}")).json()["version"] == 1


async def test_a_case_that_has_come_to_its_end_is_not_handed_over(editor: Officer) -> None:
    case = await passed(editor, await opened(editor), "REJECTED", reason="Không phù hợp quy hoạch")
    refusal = await editor.add(case, receiver="phuong-a", **WHY)
    assert refusal.status_code == 422 and "come to its end" in refusal.text


async def test_only_the_holder_hands_a_case_over_and_both_agencies_may_have_its_number(
    officers: dict[str, Officer],
) -> None:
    city, ward = officers["editor"], officers["editor of the ward"]
    sent = body()
    of_city, of_ward = (await city.open(sent)).json(), (await ward.open(sent)).json()
    assert (await ward.add(of_city, receiver="phuong-a", **WHY)).status_code == 403
    assert (await officers["viewer"].add(of_city, receiver="phuong-a", **WHY)).status_code == 403
    given = await city.add(of_city, receiver="phuong-a", **WHY)
    assert given.status_code == 200, given.text
    found = (await ward.get(f"/cases?ma_ho_so={sent['ma_ho_so']}")).json()["cases"]
    assert {(one["id"], one["agency"], one["opened_by"]) for one in found} == {
        (of_city["id"], "phuong-a", "so-dat"),
        (of_ward["id"], "phuong-a", "phuong-a"),
    }
    back = await ward.add(given.json(), receiver="so-dat", **WHY)
    assert back.status_code == 200 and back.json()["agency"] == "so-dat"
    page = (await city.get(f"/cases/{of_city['id']}?f=html&lang=vi")).text
    assert "Chuyển hồ sơ cho phuong-a" in page and "Chuyển hồ sơ cho so-dat" in page


async def test_a_granted_case_tells_when_it_lapses_if_works_have_not_begun(editor: Officer) -> None:
    case = await opened(editor)
    assert case["lapse"] is None
    granted = await passed(editor, case, "IN_REVIEW", "ISSUED", reason="Đủ điều kiện")
    found = granted["lapse"]
    assert (found["granted"], found["due"], found["past"], found["extensions_left"]) == (
        RECEIVED,
        "2027-07-01",
        TODAY.isoformat() > "2027-07-01",
        2,
    )
    assert "nếu chưa khởi công" in found["text"]["vi"] and found["notes"]
    listed = (await editor.get(f"/cases?ma_ho_so={case['ma_ho_so']}")).json()["cases"]
    assert listed[0]["lapse"] == found
    for path in (f"/cases/{case['id']}?f=html&lang=vi", f"/cases?ma_ho_so={case['ma_ho_so']}&f=html&lang=vi"):
        page = (await editor.get(path)).text
        assert "Hết hiệu lực nếu chưa khởi công" in page and "01/07/2027" in page

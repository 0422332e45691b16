"""The officers' queue: who reads what, what may follow what, and that nothing is overwritten."""

from __future__ import annotations

from typing import Any

import httpx
import psycopg
import pytest

from gis.store.reports import erase, forget_contacts_sql
from gis.store.runner import run
from tests.services.reports.conftest import BUILDING, LAND, SECRETS, Office, Send
from tests.services.reports.test_georeport import ROOT, picture

pytestmark = pytest.mark.asyncio(loop_scope="session")

WHOLE = {"editor", "publisher"}
OVERSEE = {"auditor", "admin"}
REFUSED = {"public": 401, "viewer": 403, "editor with a key for one layer": 403}
CALLERS = sorted(WHOLE | OVERSEE | set(REFUSED) | {"editor of another agency"})


async def _act(
    desk: httpx.AsyncClient, office: Office, number: str, body: dict[str, Any], who: str = "editor", seen: str = "*"
) -> httpx.Response:
    headers = {**office.headers[who], "If-Match": seen}
    return await desk.post(f"/reports/{number}/events", json=body, headers=headers)


@pytest.mark.parametrize("who", CALLERS)
async def test_each_caller_reads_what_it_may_and_no_more(
    desk: httpx.AsyncClient, office: Office, send: Send, who: str
) -> None:
    number = await send(media=picture())
    headers = office.headers[who]
    one, queue, photo = [
        await desk.get(path, headers=headers)
        for path in (f"/reports/{number}", "/reports?limit=1000", f"/reports/{number}/photo")
    ]
    event = await _act(desk, office, number, {"state": "in_progress"}, who)
    if who in REFUSED:
        assert {answer.status_code for answer in (one, queue, event)} == {REFUSED[who]}
        assert photo.status_code in (REFUSED[who], 404)
    elif who in WHOLE:
        assert {answer.status_code for answer in (one, queue, photo, event)} == {200}
        assert all(secret in one.text for secret in SECRETS)
        assert number in queue.text
        assert photo.headers["content-type"] == "image/jpeg"
        assert photo.headers["cache-control"] == "no-store"
    else:
        assert (one.status_code, queue.status_code) == ((200, 200) if who in OVERSEE else (404, 200))
        assert photo.status_code == 404
        assert event.status_code == (403 if who in OVERSEE else 404)
        assert (number in queue.text) is (who in OVERSEE)
    if who not in WHOLE:
        # What came to another agency itself is its own to read.
        told = one.text + event.text + ("" if who == "editor of another agency" else queue.text)
        assert not [secret for secret in SECRETS if secret in told]


async def test_a_report_goes_its_way_and_everybody_sees_the_answer(
    desk: httpx.AsyncClient, office: Office, send: Send
) -> None:
    number = await send()
    assert (await _act(desk, office, number, {"state": "answered"})).status_code == 400
    assert (await _act(desk, office, number, {"state": "received"})).status_code == 400
    taken = await _act(desk, office, number, {"state": "in_progress", "reason": "MATLYDO"})
    assert taken.headers["etag"].removeprefix("W/") == '"2"'
    assert (await _act(desk, office, number, {"state": "declined", "answer": "Không"})).status_code == 400
    done = await _act(desk, office, number, {"state": "answered", "answer": "Đã khôi phục mốc giới."})
    assert [event["kind"] for event in done.json()["events"]] == ["received", "state", "state"]
    assert done.json()["events"][1]["actor"].startswith("key:")
    told = await desk.get(f"{ROOT}/requests/{number}.json")
    assert told.json()[0]["status"] == "closed"
    assert told.json()[0]["status_notes"] == "Đã khôi phục mốc giới."
    assert "MATLYDO" not in told.text
    again = await _act(desk, office, number, {"state": "in_progress", "reason": "Người dân phản hồi"})
    assert again.json()["answer"] is None


async def test_who_has_not_seen_the_last_event_changes_nothing(
    desk: httpx.AsyncClient, office: Office, send: Send
) -> None:
    number = await send()
    tag = (await desk.get(f"/reports/{number}", headers=office.headers["editor"])).headers["etag"]
    body = {"state": "in_progress"}
    unconditional = await desk.post(f"/reports/{number}/events", json=body, headers=office.headers["editor"])
    first = await _act(desk, office, number, body, seen=tag)
    late = await _act(desk, office, number, {"forward": BUILDING, "reason": "x"}, seen=tag)
    assert [unconditional.status_code, first.status_code, late.status_code] == [428, 200, 412]


async def test_what_is_forwarded_is_read_by_the_next_agency_and_not_by_the_last(
    desk: httpx.AsyncClient, office: Office, send: Send
) -> None:
    number = await send()
    for wrong in ("nobody", LAND):
        assert (await _act(desk, office, number, {"forward": wrong, "reason": "x"})).status_code == 400
    gone = await _act(desk, office, number, {"forward": BUILDING, "reason": "Thuộc thẩm quyền Sở Xây dựng"})
    assert gone.status_code == 200
    assert not [secret for secret in SECRETS if secret in gone.text]
    assert (await desk.get(f"/reports/{number}", headers=office.headers["editor"])).status_code == 404
    other = await desk.get(f"/reports/{number}", headers=office.headers["editor of another agency"])
    assert all(secret in other.text for secret in SECRETS)
    assert (await desk.get(f"{ROOT}/requests/{number}.json")).json()[0]["agency_responsible"] == "Sở Xây dựng"


async def test_what_is_closed_is_taken_up_again_before_it_is_forwarded(
    desk: httpx.AsyncClient, office: Office, send: Send
) -> None:
    number = await send()
    await _act(desk, office, number, {"state": "declined", "answer": "Không thuộc thẩm quyền", "reason": "Sai nơi"})
    onward = {"forward": BUILDING, "reason": "Thuộc thẩm quyền Sở Xây dựng"}
    refused = await _act(desk, office, number, onward)
    assert (refused.status_code, refused.json()["where"]) == (400, "forward")
    told = (await desk.get(f"{ROOT}/requests/{number}.json")).json()[0]
    assert (told["status"], told["status_notes"]) == ("closed", "Không thuộc thẩm quyền")
    assert (
        await _act(desk, office, number, {"state": "in_progress", "reason": "Người dân phản hồi"})
    ).status_code == 200
    assert (await _act(desk, office, number, onward)).status_code == 200
    told = (await desk.get(f"{ROOT}/requests/{number}.json")).json()[0]
    assert (told["status"], told["status_notes"], told["agency_responsible"]) == ("open", None, "Sở Xây dựng")


async def test_its_agency_is_told_to_whom_it_can_go_and_what_the_category_is_called(
    desk: httpx.AsyncClient, office: Office, send: Send
) -> None:
    number = await send()
    own = (await desk.get(f"/reports/{number}", headers=office.headers["editor"])).json()
    assert {"id": BUILDING, "title": "Sở Xây dựng"} in own["others"]
    assert LAND not in {each["id"] for each in own["others"]}
    assert own["category"] != own["categoryTitle"]
    over = (await desk.get(f"/reports/{number}", headers=office.headers["auditor"])).json()
    assert not {"others", "contact", "description"} & set(over)


async def test_the_queue_begins_with_the_oldest_where_that_is_asked_for(
    desk: httpx.AsyncClient, office: Office, send: Send
) -> None:
    sent = [await send() for _ in range(3)]
    url: str | None = "/reports?order=oldest&limit=2"
    seen: list[str] = []
    while url is not None:
        answer = (await desk.get(url, headers=office.headers["editor"])).json()
        seen += [one["number"] for one in answer["reports"]]
        url = next((link["href"] for link in answer["links"] if link["rel"] == "next"), None)
    assert seen[-3:] == sent
    assert len(seen) == len(set(seen))
    assert (await desk.get("/reports?order=size", headers=office.headers["editor"])).status_code == 400


async def test_a_photo_is_for_everybody_only_while_it_is_released(
    desk: httpx.AsyncClient, office: Office, send: Send
) -> None:
    number, plain = await send(media=picture()), await send()
    assert (await desk.get(f"/reports/{number}/photo")).status_code == 404
    assert (await _act(desk, office, plain, {"photo": "released"})).status_code == 400
    assert (await _act(desk, office, number, {"photo": "released"})).status_code == 200
    url = (await desk.get(f"{ROOT}/requests/{number}.json")).json()[0]["media_url"]
    shown = await desk.get(url)
    assert shown.headers["content-type"] == "image/jpeg"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert (await _act(desk, office, number, {"photo": "withheld", "reason": "có biển số xe"})).status_code == 200
    assert (await desk.get(url)).status_code == 404


async def test_the_queue_is_filtered_and_pages(desk: httpx.AsyncClient, office: Office, send: Send) -> None:
    sent = [await send(service_code="infrastructure") for _ in range(3)]
    headers = office.headers["editor of another agency"]
    await _act(desk, office, sent[0], {"state": "in_progress"}, "editor of another agency")
    url: str | None = "/reports?category=infrastructure&state=received&limit=1"
    seen: list[str] = []
    while url is not None:
        answer = (await desk.get(url, headers=headers)).json()
        seen += [one["number"] for one in answer["reports"]]
        url = next((link["href"] for link in answer["links"] if link["rel"] == "next"), None)
    assert seen[:2] == sent[:0:-1]
    assert sent[0] not in seen
    assert (await desk.get(f"/reports?agency={LAND}", headers=headers)).status_code == 403
    assert (await desk.get("/reports?state=lost", headers=headers)).status_code == 400


async def test_contacts_are_erased_by_age_and_everything_by_command(
    desk: httpx.AsyncClient, office: Office, send: Send
) -> None:
    callback = "https://127.0.0.1:9/dan"
    old, wiped = await send(callback=callback), await send(media=picture(), callback=callback)
    with psycopg.connect(office.dsn, autocommit=True) as db:
        db.execute("UPDATE landmap.report SET requested = now() - interval '181 days' WHERE number = %s", (old,))
        assert _called(db, old, wiped) == 2
        assert [row["erased"] for row in run(db, forget_contacts_sql(180))] == [1]
        assert _called(db, old) == 0
        assert erase(db, wiped, "operator", everything=True)
        assert _called(db, wiped) == 0
        assert not erase(db, "PA-ZZZZZZZZ", "operator", everything=True)
    one = (await desk.get(f"/reports/{old}", headers=office.headers["editor"])).json()
    assert one["contact"] is None
    assert one["description"].startswith("NOIDUNG")
    gone = await desk.get(f"/reports/{wiped}", headers=office.headers["editor"])
    assert not [secret for secret in SECRETS if secret in gone.text]
    assert gone.json()["photo"] is None
    assert gone.json()["events"][-1]["kind"] == "erased"
    with psycopg.connect(office.dsn) as db:
        stored = db.execute(
            "SELECT string_agg(t::text, '') FROM landmap.report_told t JOIN landmap.report r ON r.id = t.report WHERE number = %s",
            (wiped,),
        ).fetchone()
        assert stored is not None
        assert not [secret for secret in SECRETS if secret in stored[0]]


def _called(db: psycopg.Connection, *numbers: str) -> int:
    """How many of the reports call somebody."""
    found = db.execute(
        "SELECT count(*) FROM landmap.report_call c JOIN landmap.report r ON r.id = c.report WHERE r.number = ANY (%s)",
        (list(numbers),),
    ).fetchone()
    assert found is not None
    return int(found[0])

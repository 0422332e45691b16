"""Open311 GeoReport v2 over a real database: what is told to everybody, what is taken, and how much."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import psycopg
import pytest
from PIL import Image
from starlette.requests import Request

from gis.errors import InvalidParameter
from services.app import create_app
from services.reports.intake import TRIES, read_form
from tests.services.conftest import calling, settings_for
from tests.services.reports.conftest import FORM, REQUESTS, SECRETS, Office, Send

pytestmark = pytest.mark.asyncio(loop_scope="session")

ROOT = "/open311/v2"


def picture() -> bytes:
    out = BytesIO()
    Image.new("RGB", (40, 30), "red").save(out, "JPEG")
    return out.getvalue()


async def test_services_are_told_as_json_and_as_xml_alike(desk: httpx.AsyncClient) -> None:
    told = (await desk.get(f"{ROOT}/services.json", headers={"Accept-Language": "vi"})).json()
    answer = await desk.get(f"{ROOT}/services.xml", headers={"Accept-Language": "vi", "Accept": "text/xml"})
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    tree = ET.fromstring(answer.content)
    assert tree.tag == "services"
    assert [one.findtext("service_name") for one in tree] == [one["service_name"] for one in told]
    assert {"Đất đai", "Trật tự đô thị", "Sai dữ liệu bản đồ"} <= {one["service_name"] for one in told}
    definition = (await desk.get(f"{ROOT}/services/land.json")).json()
    assert definition == {"service_code": "land", "attributes": []}
    assert (await desk.get(f"{ROOT}/services/nothing.json")).status_code == 404
    assert (await desk.get(f"{ROOT}/discovery.json")).json()["endpoints"][0]["url"] == f"http://land.test{ROOT}"


@pytest.mark.parametrize("form", ["json", "xml"])
async def test_everybody_sees_state_place_and_agency_and_nothing_that_was_told(
    desk: httpx.AsyncClient, send: Send, form: str
) -> None:
    number = await send(media=picture())
    for path in (f"requests/{number}", f"requests/{number.lower().removeprefix('pa-')}", "requests"):
        answer = await desk.get(f"{ROOT}/{path}.{form}", headers={"Accept": "*/*"})
        assert answer.status_code == 200
        assert not [secret for secret in SECRETS if secret in answer.text]
    told = (await desk.get(f"{ROOT}/requests/{number}.json")).json()[0]
    assert (told["lat"], told["long"]) == (10.7769, 106.7001)
    assert (told["status"], told["extended_attributes"]["state"]) == ("open", "received")
    assert told["agency_responsible"] == "Sở Nông nghiệp và Môi trường"
    assert told["description"] is None
    assert told["media_url"] is None


async def test_reports_are_found_by_box_day_status_and_category(desk: httpx.AsyncClient, send: Send) -> None:
    here = await send(lat="10.90001", long="106.60001", service_code="construction")
    there = await send(lat="10.91001", long="106.61001")

    async def found(**asked: str) -> list[str]:
        answer = await desk.get(REQUESTS, params={"bbox": "106.59,10.89,106.62,10.92", **asked})
        assert answer.status_code == 200, answer.text
        return [one["service_request_id"] for one in answer.json()]

    assert await found() == [there, here]
    assert await found(bbox="106.595,10.895,106.605,10.905") == [here]
    assert await found(service_code="construction") == [here]
    assert await found(service_code="construction,land") == [there, here]
    assert await found(status="closed") == []
    assert await found(status="open,closed") == [there, here]
    assert await found(service_request_id=here) == [here]
    assert await found(end_date="2020-01-01") == []
    assert await found(start_date="2020-01-01") == [there, here]
    assert await found(start_date="2999-01-01") == []
    assert await found(end_date="0001-01-02T00:00:00Z") == []
    assert await found(bbox="170,10.89,106.62,10.92") == [there, here]
    assert await found(bbox="106.605,10.89,106.595,10.92") == [there]


async def test_a_page_leads_to_the_next_and_none_is_told_twice(desk: httpx.AsyncClient, send: Send) -> None:
    sent = [await send(lat="10.95001", long="106.55001") for _ in range(3)]
    url: str | None = f"{REQUESTS}?bbox=106.54,10.94,106.56,10.96&limit=2"
    seen: list[str] = []
    while url is not None:
        answer = await desk.get(url)
        seen += [one["service_request_id"] for one in answer.json()]
        url = answer.links.get("next", {}).get("url")
    assert seen == sent[::-1]


@pytest.mark.parametrize(
    ("changes", "status", "word"),
    [
        ({"service_code": "lond"}, 400, "did you mean 'land'"),
        ({"service_code": ""}, 400, "choose a category"),
        ({"lat": "nan"}, 400, "in degrees"),
        ({"lat": "48.85", "long": "2.35"}, 400, "outside"),
        ({"lat": "106.700123", "long": "10.776891"}, 400, "exchanged"),
        ({"description": ""}, 400, "say what it is"),
        ({"description": "x" * 4_001}, 400, "longer than"),
        ({"description": "a\x07b"}, 400, "control characters"),
        ({"email": "nobody"}, 400, "no email"),
        ({"phone": "<script>"}, 400, "no telephone"),
        ({"callback": "http://10.0.0.1/x"}, 400, "does not call"),
        ({"callback": "https://169.254.169.254/latest"}, 400, "does not call"),
        ({"media_url": "http://localhost/x.jpg"}, 400, "media_url"),
        ({"attribute[x]": "1"}, 400, "attribute"),
    ],
)
async def test_what_cannot_be_taken_is_told_as_the_standard_has_it(
    desk: httpx.AsyncClient, changes: dict[str, str], status: int, word: str
) -> None:
    answer = await desk.post(REQUESTS, data={**FORM, **changes})
    assert answer.status_code == status
    assert answer.json()[0]["code"] == status
    assert word in answer.json()[0]["description"]
    told = await desk.post(REQUESTS.replace(".json", ".xml"), data={**FORM, **changes}, headers={"Accept": "*/*"})
    assert ET.fromstring(told.content).findtext("error/code") == str(status)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=a", b"--a\r\nnonsense"),
        ("multipart/form-data; boundary=a", b"--a\r\n\r\n\r\n--a--"),
        ("application/json", b"{}"),
        ("application/x-www-form-urlencoded", b"%ff=%00&" * 10),
        ("application/x-www-form-urlencoded", b"lat=1&" * 20_000),
        ("application/x-www-form-urlencoded", b"description=" + b"x" * 70_000),
    ],
)
async def test_broken_forms_are_refused(desk: httpx.AsyncClient, kind: str, body: bytes) -> None:
    answer = await desk.post(REQUESTS, content=body, headers={"Content-Type": kind})
    assert answer.status_code in (400, 413, 415)
    assert answer.json()[0]["code"] == answer.status_code


async def test_a_file_that_is_no_photo_is_refused_and_nothing_is_written(
    desk: httpx.AsyncClient, office: Office
) -> None:
    def count() -> int:
        with psycopg.connect(office.dsn) as db:
            row = db.execute("SELECT count(*) FROM landmap.report").fetchone()
            return int(row[0]) if row else -1

    before = count()
    for name, content in (
        ("a.svg", b"<svg onload='alert(1)'/>"),
        ("a.jpg", b"\xff\xd8\xff\xe0 nothing"),
        ("a.gif", b"GIF89a"),
    ):
        answer = await desk.post(REQUESTS, data=FORM, files={"media": (name, content, "image/jpeg")})
        assert answer.status_code == 400, answer.text
    two = [("media", ("a.jpg", picture(), "image/jpeg"))] * 2
    assert (await desk.post(REQUESTS, data=FORM, files=two)).status_code == 400
    assert count() == before


async def test_who_repeats_a_request_gets_the_first_answer(desk: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "once-only"}
    first, again = [await desk.post(REQUESTS, data=FORM, headers=headers) for _ in range(2)]
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    other = await desk.post(REQUESTS, data={**FORM, "description": "another"}, headers=headers)
    assert other.status_code == 409


async def test_fields_that_are_not_kept_may_hold_whatever_and_methods_are_told(desk: httpx.AsyncClient) -> None:
    odd = b'--a\r\nContent-Disposition: form-data; name="api_key"\r\n\r\n\\ud800\r\n'
    rest = b"".join(
        f'--a\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{FORM[name]}\r\n'.encode()
        for name in ("service_code", "lat", "long", "phone", "email")
    )
    text = b'--a\r\nContent-Disposition: form-data; name="description"\r\n\r\nplain\r\n--a--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=a; charset=unicode_escape", "Idempotency-Key": "odd"}
    assert (await desk.post(REQUESTS, content=odd + rest + text, headers=headers)).status_code == 201
    for method, status in (("OPTIONS", 204), ("PUT", 405)):
        answer = await desk.request(method, REQUESTS)
        assert (answer.status_code, answer.headers["allow"]) == (status, "GET, HEAD, OPTIONS, POST")


async def test_one_address_sends_so_many_in_an_hour_and_all_together_so_many(office: Office) -> None:
    with psycopg.connect(office.dsn, autocommit=True) as db:
        db.execute("DELETE FROM landmap.report_sender")
    app = create_app(
        settings_for(office.dsn, reports_of_address=2, reports_of_public=3, trusted_proxies=("127.0.0.0/8",))
    )
    async with app.router.lifespan_context(app), calling(app) as client:

        async def status(address: str, **headers: str) -> int:
            sent = {"X-Forwarded-For": address, **headers}
            return (await client.post(REQUESTS, data=FORM, headers=sent)).status_code

        assert [await status("203.0.113.7") for _ in range(3)] == [201, 201, 429]
        assert [await status("203.0.113.8") for _ in range(2)] == [201, 429]
        assert await status("203.0.113.7", **office.headers["editor"]) == 201
    with psycopg.connect(office.dsn, autocommit=True) as db:
        kept = db.execute("SELECT DISTINCT length(address) FROM landmap.report_sender").fetchall()
        assert kept == [(16,)]
        db.execute("DELETE FROM landmap.report_sender")


async def test_who_tries_too_often_is_not_read_any_more(office: Office) -> None:
    app = create_app(settings_for(office.dsn, reports_of_address=1, trusted_proxies=("127.0.0.0/8",)))
    broken = {"media": ("a.jpg", b"no photo", "image/jpeg")}
    async with app.router.lifespan_context(app), calling(app) as client:

        async def tried(address: str, **headers: str) -> httpx.Response:
            return await client.post(REQUESTS, data=FORM, files=broken, headers={"X-Forwarded-For": address, **headers})

        assert [(await tried("203.0.113.9")).status_code for _ in range(TRIES)] == [400] * TRIES
        refused = await tried("203.0.113.9")
        assert refused.status_code == refused.json()[0]["code"] == 429
        assert 0 < int(refused.headers["retry-after"]) <= 3_600 // TRIES
        assert (await tried("203.0.113.10")).status_code == 400
        assert (await tried("203.0.113.9", **office.headers["editor"])).status_code == 400


async def test_photos_are_refused_where_no_more_may_be_kept(office: Office) -> None:
    with psycopg.connect(office.dsn, autocommit=True) as db:
        db.execute(
            """WITH r AS (INSERT INTO landmap.report (number, category, agency, agency_title, state, near)
                   VALUES ('PA-00000000', 'land', 'x', 'x', 'received', 'SRID=4326;POINT(106 10)') RETURNING id)
               INSERT INTO landmap.report_photo (report, image, size) SELECT id, 'x', 1048576 FROM r"""
        )
    app = create_app(settings_for(office.dsn, report_megabytes=1, reports_of_address=1_000))
    async with app.router.lifespan_context(app), calling(app) as client:
        full = await client.post(REQUESTS, data=FORM, files={"media": ("a.jpg", picture(), "image/jpeg")})
        without = await client.post(REQUESTS, data=FORM)
    with psycopg.connect(office.dsn, autocommit=True) as db:
        db.execute("UPDATE landmap.report_photo SET size = 1 WHERE size = 1048576")
    assert (full.status_code, without.status_code) == (507, 201)


async def test_the_logins_of_the_service_have_no_more_rights_than_they_need(office: Office, send: Send) -> None:
    await send()
    private = ("report_told", "report_contact", "report_photo", "report_event", "report_sender", "report_call")
    for login in ("landmap_public", "landmap_staff", "landmap_writer"):
        with psycopg.connect(office.dsn, user=login, autocommit=True) as db:
            for table in private:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    db.execute(f"SELECT * FROM landmap.{table}")
    with psycopg.connect(office.dsn, user="landmap_keeper", autocommit=True) as db:
        for forbidden in (
            "DELETE FROM landmap.report",
            "UPDATE landmap.report SET requested = now()",
            "UPDATE landmap.report_told SET description = 'x'",
            "UPDATE landmap.report_event SET reason = 'x'",
            "DELETE FROM landmap.report_event",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                db.execute(forbidden)
    refused = pytest.raises(psycopg.errors.InsufficientPrivilege, match="written once")
    with psycopg.connect(office.dsn, autocommit=True) as owner, refused:
        owner.execute("DELETE FROM landmap.report_event")


def _sent(body: bytes) -> Request:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    kind = (b"content-type", b"application/x-www-form-urlencoded")
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": [kind]}
    return Request(scope, receive)


async def test_vietnamese_without_percent_signs_is_read_as_it_is_and_another_encoding_is_refused() -> None:
    """As `curl -d` sends it."""
    form = await read_form(_sent("description=Xây không phép&lat=10".encode()))
    assert form.fields == {"description": "Xây không phép", "lat": "10"}
    with pytest.raises(InvalidParameter):
        await read_form(_sent("description=Xây".encode("utf-16")))
    with pytest.raises(InvalidParameter):
        await read_form(_sent(b"description=caf\xe9"))

"""A seal over HTTP: genuine or not, still so or superseded, and no more than the caller may know."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import numpy as np
import orjson
import psycopg
import pytest
import pytest_asyncio
from joserfc import jws
from joserfc.jwk import KeySet

from gis.model.layer import Catalog
from gis.store import signing
from gis.store.coverage import Declaration, declare
from services.app import create_app
from services.permits.extract_words import WORDS
from tests.services.permits import extracts
from tests.services.permits.extracts import CHILD, FAR, HOLED, PLAIN, Street

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def street(make_database: Callable[..., str], catalog: Catalog) -> Street:
    return extracts.street(make_database, catalog)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(street: Street, settings_for: Callable[..., Any]) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings_for(street.dsn, verifications_a_minute=1_000_000))
    transport = httpx.ASGITransport(app=app)
    headers = {"Accept": "application/json", "Accept-Language": "en"}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://land.test", headers=headers) as opened,
    ):
        yield opened


async def sealed(client: httpx.AsyncClient, parcel: UUID, **more: Any) -> dict[str, Any]:
    answer = await client.get(f"/parcels/{parcel}/extract.json", **more)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def verdict(client: httpx.AsyncClient, seal: str, **more: Any) -> dict[str, Any]:
    answer = await client.get(f"/verify/{seal}", **more)
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    found: dict[str, Any] = answer.json()
    return found


async def test_a_new_extract_is_genuine_and_current(client) -> None:
    told = await sealed(client, PLAIN)
    found = await verdict(client, told["seal"])
    assert (found["genuine"], found["current"], found["audience"]) == (True, True, "public")
    assert found["datetime"] == told["datetime"] and "superseded" not in found


async def test_what_happens_elsewhere_supersedes_nothing(client, street) -> None:
    told = await sealed(client, HOLED)
    street.load("buildings", [(UUID(int=901), extracts.box(90, 8, 91, 9), {"use": "HOUSE"})])
    assert (await verdict(client, told["seal"]))["current"] is True


async def test_a_later_changeset_supersedes_it_and_is_named_with_its_time(client, street) -> None:
    told = await sealed(client, PLAIN)
    street.load("buildings", [(UUID(int=902), extracts.box(92, 8, 93, 9), {"use": "HOUSE"})])
    number = street.load("buildings", [(UUID(int=903), extracts.box(8.5, 16, 9.5, 18), {"use": "HOUSE"})])
    street.load("buildings", [(UUID(int=904), extracts.box(94, 8, 95, 9), {"use": "HOUSE"})])
    found = await verdict(client, told["seal"])
    assert (found["genuine"], found["current"]) == (True, False)
    assert found["superseded"]["changeset"] == number
    with psycopg.connect(street.dsn) as db:
        row = db.execute("SELECT committed_at FROM landmap.changeset WHERE number = %s", (number,)).fetchone()
    assert row is not None and datetime.fromisoformat(found["superseded"]["at"]) == row[0]


async def test_what_begins_on_a_day_that_was_known_supersedes_it_from_that_day(client) -> None:
    told = await sealed(client, CHILD, params={"datetime": "2024-02-01"})
    assert (await verdict(client, told["seal"]))["current"] is True
    old = await sealed(client, extracts.PARENT, params={"datetime": "2023-06-01"})
    found = await verdict(client, old["seal"])
    assert found["current"] is False and "changeset" not in found["superseded"]
    assert datetime.fromisoformat(found["superseded"]["at"]) == extracts.SPLIT_AT


async def test_what_is_declared_nearby_leaves_an_extract_genuine_and_current_until_something_changes(
    client, street
) -> None:
    lot = UUID(int=906)
    street.load(
        "parcels", [(lot, extracts.box(5000, 0, 5010, 20), {"commune": "26740", "sheet": "9", "parcel": "906"})]
    )
    for east in (5040, 5100):  # some metres inside and outside of where content looks at all
        nearby = np.array([extracts.box(east, 0, east + 30, 20)], dtype=object)
        ground = extracts.transform_geometries(nearby, 9210, 4326)[0]
        with psycopg.connect(street.dsn, autocommit=True) as db:
            for layer in ("buildings", "road_lines"):
                declare(
                    db,
                    street.catalog.layers[layer],
                    [Declaration(ground, "complete", datetime.now(UTC).date(), "x")],
                )
        told = await sealed(client, lot)
        found = await verdict(client, told["seal"])
        assert (found["genuine"], found["current"]) == (True, True)
        pins = {name: told[name] for name in ("datetime", "knownAt")}
        assert (await sealed(client, lot, params=pins))["seal"] == told["seal"]
    number = street.load("buildings", [(UUID(int=907), extracts.box(5002, 2, 5008, 8), {"use": "HOUSE"})])
    found = await verdict(client, told["seal"])
    assert (found["current"], found["superseded"]["changeset"]) == (False, number)


async def test_another_declaration_of_completeness_supersedes_it(client, street) -> None:
    told = await sealed(client, FAR)
    ground = extracts.transform_geometries(
        extracts.np.array([extracts.box(2900, -100, 3100, 100)], dtype=object), 9210, 4326
    )
    with psycopg.connect(street.dsn, autocommit=True) as db:
        declare(
            db, street.catalog.layers["buildings"], [Declaration(ground[0], "complete", datetime.now(UTC).date(), "x")]
        )
    found = await verdict(client, told["seal"])
    assert found["current"] is False and "completeness" not in found and "reason" in found["superseded"]


async def test_an_officers_extract_tells_the_public_only_that_it_is_genuine(client, street) -> None:
    told = await sealed(client, PLAIN, headers=street.officer)
    found = await verdict(client, told["seal"])
    assert found["genuine"] is True and found["current"] is None and found["audience"] == "agency" and "reason" in found
    assert (await verdict(client, told["seal"], headers=street.officer))["current"] is True


async def test_a_draft_that_only_agencies_see_does_not_supersede_the_publics(client, street) -> None:
    public, officer = await sealed(client, PLAIN), await sealed(client, PLAIN, headers=street.officer)
    street.load(
        "permits",
        [(UUID(int=905), extracts.box(1, 5, 9, 19), {"number": "99/KIN", "office": "26740", "status": "DRAFT"})],
    )
    assert (await verdict(client, public["seal"]))["current"] is True
    assert (await verdict(client, officer["seal"], headers=street.officer))["current"] is False


async def test_no_changed_value_of_the_json_passes(client) -> None:
    told = await sealed(client, PLAIN)

    async def genuine(body: bytes) -> bool:
        found = (await client.post("/verify", content=body)).json()
        return bool(found["genuine"])

    assert await genuine(orjson.dumps(told)) and await genuine(orjson.dumps(told, option=orjson.OPT_INDENT_2))
    for name in sorted(set(told) - {"verify", "links", "seal"}):
        assert not await genuine(orjson.dumps({**told, name: "khác"})), name
        assert not await genuine(orjson.dumps({key: value for key, value in told.items() if key != name})), name
    assert not await genuine(orjson.dumps({**told, "more": 1}))
    other = await sealed(client, HOLED)
    assert not await genuine(orjson.dumps({**told, "seal": other["seal"]}))
    twice = orjson.dumps(told)[:-1] + b',"dataVersion":1}'
    assert not await genuine(twice) and not await genuine(b"[]") and not await genuine(b"\xff")


async def test_a_seal_with_any_character_changed_opens_nothing(client) -> None:
    seal = (await sealed(client, PLAIN))["seal"]
    for place in range(0, len(seal), 7):
        changed = seal[:place] + ("A" if seal[place] != "A" else "B") + seal[place + 1 :]
        assert await verdict(client, changed) == {"genuine": False}
    for wrong in ("x", "a.b.c", seal + "A", seal.rpartition(".")[0] + ".", "%C3%A9.a.b"):
        assert (await verdict(client, wrong))["genuine"] is False


async def test_anybody_can_check_a_seal_with_the_public_keys_alone(client) -> None:
    told = await sealed(client, PLAIN)
    keys = KeySet.import_key_set((await client.get("/.well-known/jwks.json")).json())
    claims = orjson.loads(jws.deserialize_compact(told["seal"], keys, algorithms=["Ed25519"]).payload)
    assert claims["sub"] == str(PLAIN)


async def test_after_a_rotation_old_seals_verify_and_new_ones_have_another_key(client, street) -> None:
    old = await sealed(client, HOLED)
    with psycopg.connect(street.dsn, autocommit=True) as db:
        kid = signing.rotate(db, "test")
        assert db.execute("SELECT count(*) FROM landmap.signing_key WHERE private IS NOT NULL").fetchone() == (1,)
    found = await verdict(client, old["seal"])
    assert found["genuine"] and found["current"] and found["keyRetiredAt"] is not None and found["key"] != kid
    new = await sealed(client, HOLED)
    assert new["seal"] != old["seal"] and (await verdict(client, new["seal"]))["key"] == kid
    assert new["area"] == old["area"]


async def test_people_get_pages_and_can_send_a_file_without_scripts(client) -> None:
    told = await sealed(client, PLAIN)
    empty = await client.get("/verify?f=html")
    assert empty.status_code == 200 and 'type="file"' in empty.text and "<script" not in empty.text
    page = await client.get(f"/verify/{told['seal']}?f=html")
    assert WORDS["genuine"].en in page.text
    sent = await client.post("/verify?f=html", files={"file": ("phieu.json", orjson.dumps(told))})
    assert WORDS["genuine"].en in sent.text
    wrong = await client.post("/verify?f=html", files={"file": ("phieu.json", orjson.dumps({**told, "area": {}}))})
    assert WORDS["not_genuine"].en in wrong.text
    pasted = await client.get("/verify", params={"seal": told["verify"], "f": "html"})
    assert WORDS["genuine"].en in pasted.text
    assert (await client.get("/verify?f=json")).status_code == 400


async def test_seals_of_the_future_and_of_other_services_are_not_ours(client) -> None:
    kid, public, private = signing.new_pair()
    now = datetime.now(UTC)
    foreign = signing.SigningKey(kid, public, private, now, "x", None)
    from services.permits import seal

    statement = seal.Statement(PLAIN, now, now + timedelta(days=1), "public", "vi", "x")
    assert await verdict(client, seal.sealed(statement, [foreign])) == {"genuine": False}


@pytest_asyncio.fixture(loop_scope="module")
async def hurried(street: Street, settings_for: Callable[..., Any]) -> AsyncIterator[httpx.AsyncClient]:
    """A service behind a proxy that verifies twice a minute for one address."""
    app = create_app(settings_for(street.dsn, verifications_a_minute=2, trusted_proxies=("127.0.0.0/8",)))
    headers = {"Accept": "application/json", "Accept-Language": "vi", "X-Forwarded-For": "203.0.113.7"}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://land.test", headers=headers
        ) as opened,
    ):
        yield opened


async def test_an_address_that_verifies_too_often_waits_and_others_do_not(hurried: httpx.AsyncClient) -> None:
    assert [(await hurried.get(path)).status_code for path in ("/verify/x", "/verify?seal=x")] == [200, 200]
    for refused in (
        await hurried.get("/verify/x"),
        await hurried.get("/verify?seal=x"),
        await hurried.post("/verify", content=b"%PDF"),
    ):
        assert refused.status_code == 429, refused.text
        assert 1 <= int(refused.headers["retry-after"]) <= 30
        assert refused.json()["detail"].startswith("Địa chỉ của bạn gửi yêu cầu này quá nhanh; hãy thử lại sau")
    assert (await hurried.get("/verify/x", headers={"X-Forwarded-For": "203.0.113.8"})).status_code == 200
    assert (await hurried.get("/verify", headers={"Accept": "text/html"})).status_code == 200
    assert (await hurried.get("/.well-known/jwks.json")).status_code == 200


async def test_who_is_no_trusted_proxy_cannot_take_another_address(client, street, settings_for) -> None:
    app = create_app(settings_for(street.dsn, verifications_a_minute=1))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://land.test") as opened,
    ):
        told = [await opened.get("/verify/x", headers={"X-Forwarded-For": f"203.0.113.{n}"}) for n in range(2)]
    assert [one.status_code for one in told] == [200, 429]

"""The record and the usage as they are written while the service answers, and who may read them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import psycopg
import pytest
import pytest_asyncio
from fastapi import FastAPI

from gis.store.audit import Wanted, list_sql, proved
from gis.store.keeper import Keeper
from gis.store.runner import run
from services.app import create_app
from services.auth.meter import Meter
from services.auth.recording import recording
from services.auth.trail import REFUSED, Answer, Refusal, Trail
from tests.services.auth.conftest import CALLERS, HOLDER, INSIDE, Guarded, permit_id
from tests.services.auth.test_restricted import GROUND, path, served

pytestmark = pytest.mark.asyncio(loop_scope="session")

ITEMS = "/collections/permits/items"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def watched(guarded: Guarded, settings_for: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A service that has been asked and stopped again, so that all is written; and another over the same database."""
    async with served(settings_for(guarded.dsn)) as client:
        for caller in ("public", "viewer", "viewer of the ward", "auditor with a key for other layers"):
            headers = guarded.headers[caller] | {"X-Request-Id": caller.replace(" ", "-")}
            await client.get(ITEMS, params={"limit": 3, "address": "LELOI"}, headers=headers)
            await client.get(f"{ITEMS}/{permit_id('DRAFT', INSIDE)}", headers=headers)
            await client.get(ITEMS, params={"f": "csv"}, headers=headers)
            await client.get("/collections/wards/items", headers=headers)
        await client.get(
            path(permit_id("DRAFT", INSIDE)), params=GROUND, headers=guarded.headers["viewer with applicants"]
        )
        await client.get(path(permit_id("DRAFT", INSIDE)), params=GROUND, headers=guarded.headers["viewer"])
        await client.get(ITEMS, headers={"X-Api-Key": guarded.keys["viewer"][:-1] + "_"})
        await client.get(ITEMS, headers={"Authorization": "Nonsense"})
    async with served(settings_for(guarded.dsn)) as client:
        yield client


def rows(guarded: Guarded, **wanted: Any) -> list[dict[str, Any]]:
    with psycopg.connect(guarded.dsn) as db:
        assert proved(db)[0] is None
        return run(db, list_sql(Wanted(limit=100_000, **wanted)))


def actor(guarded: Guarded, caller: str) -> str:
    return "key:" + guarded.keys[caller].split("_")[1]


def refused(answer: httpx.Response, caller: str) -> None:
    """Who is not known is told to sign in, and nobody else."""
    public = caller == "public"
    assert answer.status_code == (401 if public else 403)
    assert ("www-authenticate" in answer.headers) is public
    assert ("đăng nhập" in answer.json()["detail"]) is public


async def test_answers_to_those_who_signed_in_are_on_record_and_no_others(
    watched: httpx.AsyncClient, guarded: Guarded
) -> None:
    seen = [row for row in rows(guarded) if row["request_id"] == "viewer-of-the-ward"]
    assert {(row["action"], row["layer"], row["status"], row["rows"]) for row in seen} == {
        ("items", "permits", 200, 0), ("item", "permits", 200, None), ("download", "permits", 200, None), ("items", "wards", 200, 0),
    }  # fmt: skip
    assert {(row["actor"], row["role"], row["agency"]) for row in seen} == {
        (actor(guarded, "viewer of the ward"), "viewer", "phuong-a")
    }
    assert not [row for row in rows(guarded) if row["actor"] == "public" and row["kind"] != "refused"]


async def test_who_looked_at_a_feature_is_one_question(watched: httpx.AsyncClient, guarded: Guarded) -> None:
    seen = rows(guarded, feature=permit_id("DRAFT", INSIDE))
    kinds = {(row["actor"], row["kind"], row["status"]) for row in seen}
    assert {
        (actor(guarded, "viewer with applicants"), "restricted", 200),
        (actor(guarded, "viewer"), "read", 403),
        (actor(guarded, "viewer"), "read", 200),
    } <= kinds


async def test_a_refused_reading_of_restricted_fields_is_on_record_with_its_case_and_purpose(
    watched: httpx.AsyncClient, guarded: Guarded
) -> None:
    (refusal,) = (row for row in rows(guarded, actor=actor(guarded, "viewer")) if row["action"] == "restricted")
    assert refusal["status"] == 403
    assert {name: refusal["detail"][name] for name in GROUND} == GROUND


async def test_no_value_of_the_data_and_no_secret_is_on_record(watched: httpx.AsyncClient, guarded: Guarded) -> None:
    everything = repr(rows(guarded))
    for word in (HOLDER, "DIACHI", "GPXD", "LELOI", *(key.split("_", 2)[2] for key in guarded.keys.values())):
        assert word not in everything


async def test_refused_credentials_are_on_record(watched: httpx.AsyncClient, guarded: Guarded) -> None:
    subjects = {row["subject"] for row in rows(guarded) if row["kind"] == "refused"}
    assert {actor(guarded, "viewer"), "unreadable"} <= subjects


@pytest.mark.parametrize("caller", ["public", *CALLERS])
async def test_the_audit_is_for_auditors_and_administrators(
    watched: httpx.AsyncClient, guarded: Guarded, caller: str
) -> None:
    answer = await watched.get("/audit", params={"limit": 1000}, headers=guarded.headers[caller])
    assert answer.headers["cache-control"] == "no-store"
    if caller not in ("auditor", "admin", "auditor with a key for other layers"):
        refused(answer, caller)
        return
    layers = {entry.get("layer") for entry in answer.json()["entries"]}
    assert layers == {"wards"} if "other layers" in caller else {"permits", "wards", None} <= layers


async def test_the_audit_is_paged_and_filtered(watched: httpx.AsyncClient, guarded: Guarded) -> None:
    headers = guarded.headers["auditor"]
    answer = await watched.get("/audit", params={"limit": 99, "layer": "permits"}, headers=headers)
    numbers: list[int] = []
    while True:
        page = answer.json()
        numbers += [entry["number"] for entry in page["entries"]]
        assert page["numberReturned"] == len(page["entries"]) <= 99
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        if not following:
            break
        answer = await watched.get(following[0], headers=headers)
    assert numbers == [row["number"] for row in rows(guarded, layer="permits", before=numbers[0] + 1)]
    exactly = {"limit": 2, "layer": "permits", "before": numbers[-3]}
    last = (await watched.get("/audit", params=exactly, headers=headers)).json()
    assert [entry["number"] for entry in last["entries"]] == numbers[-2:]
    assert [link["rel"] for link in last["links"]] == ["self"], "nothing follows the last entry"
    one = {"actor": actor(guarded, "viewer"), "kind": "read", "since": "2020-01-01", "until": "2100-01-01"}
    found = (await watched.get("/audit", params=one, headers=headers)).json()["entries"]
    assert found and {entry["actor"] for entry in found} == {one["actor"]}
    feature = {"feature": str(permit_id("DRAFT", INSIDE)), "kind": "restricted"}
    (entry,) = (await watched.get("/audit", params=feature, headers=headers)).json()["entries"][:1]
    assert entry["detail"]["case"] == GROUND["case"]


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "x"},
        {"before": "x"},
        {"limit": "-1"},
        {"limit": "0"},
        {"before": "0"},
        {"feature": "1"},
        {"since": "9999-12-31"},
        {"until": "0001-01-01"},
        {"x": "1"},
    ],
)
async def test_a_question_to_the_audit_that_cannot_be_read_is_400(
    watched: httpx.AsyncClient, guarded: Guarded, asked: dict[str, str]
) -> None:
    assert (await watched.get("/audit", params=asked, headers=guarded.headers["auditor"])).status_code == 400


@pytest.mark.parametrize("caller", ["public", *CALLERS])
async def test_an_agency_sees_its_own_usage(watched: httpx.AsyncClient, guarded: Guarded, caller: str) -> None:
    answer = await watched.get("/usage", headers=guarded.headers[caller])
    agency = CALLERS[caller][1] if caller != "public" else None
    if caller in ("public", "auditor with a key for other layers"):
        refused(answer, caller)
        return
    found = answer.json()["usage"]
    if agency is None:
        assert {"", "so-xd", "phuong-a"} <= {row["agency"] for row in found}
    else:
        assert {row["agency"] for row in found} <= {agency}
        other = await watched.get("/usage", params={"agency": "so-dau-do"}, headers=guarded.headers[caller])
        refused(other, caller)
        assert str(agency) in other.json()["detail"]


async def test_usage_is_paged(watched: httpx.AsyncClient, guarded: Guarded) -> None:
    with psycopg.connect(guarded.dsn) as db:
        db.execute(
            """INSERT INTO landmap.usage SELECT DATE '2021-01-01' + n % 3, agency, 'public', layer, 'items', n % 2 + 4, n, n
               FROM generate_series(1, 6) n, unnest('{"", so-xd}'::text[]) agency, unnest('{"", permits}'::text[]) layer"""
        )
    headers, days = guarded.headers["auditor"], {"since": "2021-01-01", "until": "2021-01-03"}
    everything = (await watched.get("/usage", params=days, headers=headers)).json()
    assert (everything["numberReturned"], [link["rel"] for link in everything["links"]]) == (24, ["self"])
    for most in (1, 5, 8, 24):
        found: list[dict[str, Any]] = []
        answer = await watched.get("/usage", params={**days, "limit": most}, headers=headers)
        while True:
            page = answer.json()
            assert page["numberReturned"] == len(page["usage"]) <= most
            found += page["usage"]
            following = [link["href"] for link in page["links"] if link["rel"] == "next"]
            if not following:
                break
            answer = await watched.get(following[0], headers=headers)
        assert found == everything["usage"]


async def test_a_key_for_some_layers_sees_the_usage_of_those(watched: httpx.AsyncClient, guarded: Guarded) -> None:
    with psycopg.connect(guarded.dsn) as db:
        db.execute(
            """INSERT INTO landmap.usage SELECT DATE '2022-01-01', 'so-xd', 'public', layer, 'items', 2, 1, 1
               FROM unnest('{"", permits, parcels}'::text[]) layer"""
        )
    days = {"since": "2022-01-01", "until": "2022-01-01"}
    for caller, layers in (("viewer with a key for other layers", ["parcels"]), ("viewer", ["", "parcels", "permits"])):
        found = (await watched.get("/usage", params=days, headers=guarded.headers[caller])).json()["usage"]
        assert [row["layer"] for row in found] == layers


async def test_usage_counts_every_answer_once(watched: httpx.AsyncClient, guarded: Guarded) -> None:
    found = (await watched.get("/usage", params={"agency": "phuong-a"}, headers=guarded.headers["admin"])).json()[
        "usage"
    ]
    ours = [row for row in found if row["caller"] == guarded.keys["viewer of the ward"].split("_")[1]]
    counted = {(row["layer"], row["channel"], row["status"]): row["hits"] for row in ours}
    assert {
        ("permits", "items", "2xx"),
        ("permits", "item", "2xx"),
        ("permits", "download", "2xx"),
        ("wards", "items", "2xx"),
    } <= set(counted)
    assert all(row["bytes"] > 0 for row in ours if row["status"] == "2xx")


@pytest.mark.parametrize(
    "asked",
    [
        {"since": "2020-01-01"},
        {"since": "2026-02-01", "until": "2026-01-01"},
        {"until": "0001-01-01"},
        {"since": "x"},
        {"limit": "0"},
        {"after": "x"},
        {"after": "2026-02-30//public//items/2"},
        {"after": "2026-02-01//public//items/70000"},
    ],
)
async def test_a_question_about_usage_that_cannot_be_read_is_400(
    watched: httpx.AsyncClient, guarded: Guarded, asked: dict[str, str]
) -> None:
    assert (await watched.get("/usage", params=asked, headers=guarded.headers["admin"])).status_code == 400


async def test_processes_add_up(make_database: Any, settings_for: Any) -> None:
    dsn = make_database()

    async def ask() -> None:
        async with served(settings_for(dsn)) as client:
            for _ in range(5):
                await client.get("/collections/parcels/items")

    await asyncio.gather(ask(), ask(), ask())
    with psycopg.connect(dsn) as db:
        assert db.execute("SELECT sum(hits), count(*) FROM landmap.usage").fetchone() in ((15, 1), (15, 2))


async def test_nobody_is_shown_what_cannot_be_recorded(guarded: Guarded, settings_for: Any) -> None:
    """While nothing can be written the record grows to its bound; then those who would be on it are asked to wait."""
    app: FastAPI = create_app(settings_for(guarded.dsn))
    async with app.router.lifespan_context(app):
        trail: Trail = app.state.services.trail
        trail._most = 0
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://land.test") as client:
            refused = await client.get(ITEMS, headers=guarded.headers["viewer"])
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "30")
            assert (await client.get(ITEMS)).status_code == 200


async def test_a_database_that_takes_nothing_now_gets_it_later(make_database: Any) -> None:
    dsn = make_database()
    trail, meter = Trail(), Meter([], ZoneInfo("Asia/Ho_Chi_Minh"))
    keeper = await Keeper.open(dsn)
    refused = {REFUSED: Refusal("unreadable", "no key", "127.0.0.1")}
    with psycopg.connect(dsn, autocommit=True) as db:
        async with recording(keeper, trail, meter, every=0.01):
            db.execute("REVOKE INSERT ON landmap.audit, landmap.usage FROM landmap_keeper")
            trail.note(refused, Answer("items", 401, 10, "r"))
            meter.count(refused, Answer("items", 401, 10, "r"))
            await asyncio.sleep(0.1)
            assert db.execute("SELECT count(*) FROM landmap.audit").fetchone() == (0,)
            db.execute("GRANT INSERT ON landmap.audit, landmap.usage TO landmap_keeper")
        assert db.execute("SELECT kind, times FROM landmap.audit").fetchall() == [("refused", 1)]
        assert db.execute("SELECT sum(hits), sum(bytes) FROM landmap.usage").fetchone() == (1, 10)
    await keeper.close()

"""Signing in: what opens, and what is refused and with which words."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pytest

from gis.model.actor import Role
from gis.store import access
from tests.services.auth.conftest import Guarded

pytestmark = pytest.mark.asyncio(loop_scope="session")

ITEMS = "/collections/permits/items"
UNKNOWN = "lmk_aaaaaaaaaa_" + "a" * 43


async def _count(door: httpx.AsyncClient, headers: dict[str, str]) -> int:
    answer = await door.get(ITEMS, headers=headers)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["numberMatched"])


async def test_a_key_opens_as_a_header_as_a_bearer_token_and_as_a_password(
    door: httpx.AsyncClient, guarded: Guarded
) -> None:
    key = guarded.keys["viewer"]
    basic = b64encode(f"anything:{key}".encode()).decode()
    for headers in (
        {"X-Api-Key": key},
        {"Authorization": f"Bearer {key}"},
        {"Authorization": f"bearer  {key} "},
        {"Authorization": f"Basic {basic}"},
    ):
        assert await _count(door, headers) == 6
    assert await _count(door, {}) == 4


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Api-Key": ""},
        {"X-Api-Key": "lmk_"},
        {"X-Api-Key": UNKNOWN},
        {"X-Api-Key": UNKNOWN + "a"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer a.b.c"},
        {"Authorization": f"Bearer {UNKNOWN}"},
        {"Authorization": "Basic ????"},
        {"Authorization": "Basic " + b64encode(b"\xff\xff").decode()},
        {"Authorization": "Basic " + b64encode(b"user:password").decode()},
        {"Authorization": "Negotiate abc"},
        {"Authorization": "Bearer " + "a" * 9_000},
        {"Authorization": f"Bearer {UNKNOWN}", "X-Api-Key": UNKNOWN},
    ],
)
async def test_credentials_that_open_nothing_are_refused_never_ignored(
    door: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    for path in (ITEMS, "/collections", "/", "/conformance"):
        answer = await door.get(path, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["cache-control"] == "no-store"
        for secret in headers.values():
            assert len(secret) < 8 or secret[-8:] not in answer.text


async def test_a_key_with_another_secret_is_as_unknown_as_no_key(door: httpx.AsyncClient, guarded: Guarded) -> None:
    key = guarded.keys["viewer"]
    wrong = key[:-3] + ("aaa" if not key.endswith("aaa") else "bbb")
    texts = set()
    for text in (wrong, UNKNOWN):
        answer = await door.get(ITEMS, headers={"X-Api-Key": text, "Accept-Language": "en"})
        texts.add((answer.status_code, answer.json()["detail"]))
    assert len(texts) == 1


async def test_a_revoked_key_opens_nothing_from_the_next_request_on(door: httpx.AsyncClient, guarded: Guarded) -> None:
    grant = access.Grant(Role.VIEWER, "so-xd", datetime.now(UTC) + timedelta(days=1))
    with psycopg.connect(guarded.dsn, autocommit=True) as db:
        key = access.issue_key(db, guarded.catalog, grant, "test", "tester")
        assert await _count(door, {"X-Api-Key": key}) == 6
        access.revoke_key(db, key.split("_")[1], "tester")
    answer = await door.get(ITEMS, headers={"X-Api-Key": key, "Accept-Language": "en"})
    assert answer.status_code == 401
    assert "revoked" in answer.json()["detail"]


async def test_a_key_ends_on_its_day(door: httpx.AsyncClient, guarded: Guarded) -> None:
    grant = access.Grant(Role.VIEWER, "so-xd", datetime.now(UTC) + timedelta(days=1))
    with psycopg.connect(guarded.dsn, autocommit=True) as db:
        key = access.issue_key(db, guarded.catalog, grant, "test", "tester")
        db.execute("UPDATE landmap.api_key SET expires_at = now() WHERE id = %s", (key.split("_")[1],))
    answer = await door.get(ITEMS, headers={"X-Api-Key": key, "Accept-Language": "vi"})
    assert answer.status_code == 401
    assert "hết hạn" in answer.json()["detail"]


async def test_preflight_asks_for_no_key(door: httpx.AsyncClient) -> None:
    answer = await door.options(
        ITEMS,
        headers={
            "Origin": "https://elsewhere.test",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "authorization",
        },
    )
    assert answer.status_code in (200, 204)
    assert "Authorization" in answer.headers["access-control-allow-headers"]


async def test_the_service_can_neither_list_nor_read_keys(guarded: Guarded) -> None:
    for role in ("landmap_public", "landmap_staff"):
        for table in ("api_key", "member", "agency", "agency_layer", "audit", "usage", "restricted_grant"):
            with psycopg.connect(guarded.dsn) as db:
                db.execute(f"SET ROLE {role}")
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    db.execute(f"SELECT * FROM landmap.{table}")

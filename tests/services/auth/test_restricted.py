"""Holders: one resource, one lawful way to it, and no answer that is not on record."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import numpy as np
import psycopg
import pyarrow as pa
import pytest
import pytest_asyncio
import shapely

from gis.model.actor import Role
from gis.model.layer import Catalog
from gis.store import access, restricted_grants
from gis.store.audit import Wanted, list_sql, proved
from gis.store.runner import run
from gis.store.stage import Records
from services.app import create_app
from tests.services.auth.conftest import (
    CALLERS,
    E0,
    ENTRUSTED,
    HOLDER,
    INSIDE,
    N0,
    PLACES,
    STATES,
    Guarded,
    applicant,
    entrust,
    permit_id,
    publish_records,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

GROUND = {"purpose": "permit", "case": "H29.18-261122-0001"}
NEVER = "99999999-0000-4000-8000-000000000000"
MARK = re.compile(rf"{HOLDER}[A-Z]+")


def path(identifier: object, layer: str = "permits") -> str:
    return f"/collections/{layer}/items/{identifier}/restricted"


@pytest.mark.parametrize("caller", ["public", *CALLERS])
async def test_restricted_fields_open_to_whom_they_were_opened_and_inside_the_area(
    door: httpx.AsyncClient, guarded: Guarded, caller: str
) -> None:
    told: set[str] = set()
    for state in STATES:
        for place in PLACES:
            answer = await door.get(path(permit_id(state, place)), params=GROUND, headers=guarded.headers[caller])
            allowed = caller in ENTRUSTED and ("ward" not in caller or place == INSIDE)
            refused = 401 if caller == "public" else 403
            assert answer.status_code == (200 if allowed else 404 if caller in ENTRUSTED else refused)
            assert ("www-authenticate" in answer.headers) is (answer.status_code == 401)
            assert answer.headers["cache-control"] == "no-store"
            assert "etag" not in answer.headers
            told |= set(MARK.findall(answer.text))
    inside = {
        applicant(state, place) for state in STATES for place in PLACES if "ward" not in caller or place == INSIDE
    }
    assert told == (inside if caller in ENTRUSTED else set())


@pytest.mark.parametrize("caller", ["public", *CALLERS])
async def test_a_refusal_is_the_same_for_every_feature_and_every_layer(
    door: httpx.AsyncClient, guarded: Guarded, caller: str
) -> None:
    """Not by its words, nor by the order in which things are looked at, does it tell what is there."""
    told = set()
    for layer, identifier in (
        ("parcels", NEVER), ("parcels", permit_id("DRAFT", INSIDE)), ("parcels", "no-uuid"), ("wards", NEVER), ("zones", "1"),
    ):  # fmt: skip
        answer = await door.get(path(identifier, layer), headers=guarded.headers[caller])
        body = {name: value for name, value in answer.json().items() if name != "requestId"}
        told.add((answer.status_code, repr(body).replace(layer, "…")))
    assert len(told) == 1
    assert next(iter(told))[0] == (401 if caller == "public" else 403)


async def test_outside_the_area_there_is_what_never_was(door: httpx.AsyncClient, guarded: Guarded) -> None:
    headers = guarded.headers["viewer of the ward with applicants"]
    outside = permit_id("ISSUED", "OUT")
    texts = {
        (await door.get(path(each), params=GROUND, headers=headers)).json()["detail"].replace(str(each), "…")
        for each in (outside, NEVER)
    }
    assert len(texts) == 1


# --- a database of its own: two versions of one parcel, two holders ------------------------------------------------

PARCEL = UUID(int=(0x60 << 120) | 1)
FIRST, SECOND = f"{HOLDER}TRUOC", f"{HOLDER}SAU"
SINCE, SOLD = datetime(2020, 1, 1, tzinfo=UTC), datetime(2023, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Office:
    """The database of a land office, a key that may read holders, and one of its auditor."""

    dsn: str
    catalog: Catalog
    key: str
    auditor: str

    @property
    def headers(self) -> dict[str, str]:
        return {"X-Api-Key": self.key}

    def records(self, **wanted: object) -> list[dict[str, Any]]:
        with psycopg.connect(self.dsn) as db:
            return run(db, list_sql(Wanted(**wanted)))  # type: ignore[arg-type]

    def execute(self, statement: str, *params: object) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as db:
            db.execute(statement, params)  # type: ignore[call-overload]


@pytest.fixture
def office(make_database: Callable[..., str], catalog: Catalog) -> Iterator[Office]:
    dsn = make_database()
    until = datetime.now(UTC) + timedelta(days=1)
    lots = np.array([shapely.MultiPolygon([shapely.box(E0, N0, E0 + 5, N0 + 20)])] * 2, dtype=object)
    columns: dict[str, pa.Array] = {
        "id": pa.array([PARCEL.bytes] * 2, pa.binary()),
        "valid_from": pa.array([SINCE, SOLD], pa.timestamp("us", tz="UTC")),
        "valid_to": pa.array([SOLD, None], pa.timestamp("us", tz="UTC")),
        "sheet": pa.array(["12"] * 2),
        "parcel": pa.array(["1"] * 2),
        "holder_name": pa.array([FIRST, SECOND]),
        "certificate_serial": pa.array([f"{HOLDER}SERI"] * 2),
    }
    with psycopg.connect(dsn, autocommit=True) as db:
        publish_records(db, catalog, "parcels", Records(lots, columns))
        access.add_agency(db, "so-nnmt", "Sở Nông nghiệp và Môi trường", "tester")
        access.set_layers(db, catalog, "so-nnmt", ["parcels"], ["permits"], "tester")
        key = access.issue_key(db, catalog, access.Grant(Role.VIEWER, "so-nnmt", until), "x", "tester")
        auditor = access.issue_key(db, catalog, access.Grant(Role.AUDITOR, None, until), "x", "tester")
        entrust(db, catalog, key, "parcels", "holders")
    yield Office(dsn, catalog, key, auditor)
    with psycopg.connect(dsn) as db:
        assert proved(db)[0] is None
        dump = "SELECT string_agg(a::text, ' ') FROM landmap.audit a"
        assert HOLDER not in str(db.execute(dump).fetchone()), "no value of the data is ever on record"


@pytest_asyncio.fixture(loop_scope="session")
async def desk(office: Office, settings_for: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with served(settings_for(office.dsn)) as client:
        yield client


@asynccontextmanager
async def served(settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://land.test") as client,
    ):
        yield client


async def read(desk: httpx.AsyncClient, office: Office, **parameters: object) -> httpx.Response:
    return await desk.get(path(PARCEL, "parcels"), params={**GROUND, **parameters}, headers=office.headers)


async def test_an_answer_has_the_fields_that_were_opened_and_the_number_under_which_it_is_on_record(
    desk: httpx.AsyncClient, office: Office
) -> None:
    body = (await read(desk, office)).json()
    groups = {field.name for field in office.catalog.layers["parcels"].fields if field.table == "holders"}
    assert set(body["properties"]) == groups
    assert body["properties"]["holder_name"] == SECOND
    (record,) = office.records(feature=PARCEL)
    assert record["number"] == body["auditNumber"]
    said = {name: record[name] for name in ("kind", "actor", "role", "agency", "action", "layer", "status", "rows")}
    assert said == {
        "kind": "restricted", "actor": f"key:{office.key.split('_')[1]}", "role": "viewer", "agency": "so-nnmt",
        "action": "restricted", "layer": "parcels", "status": 200, "rows": 1,
    }  # fmt: skip
    assert (record["detail"]["purpose"], record["detail"]["case"]) == (GROUND["purpose"], GROUND["case"])
    assert set(record["detail"]["fields"]) == groups


@pytest.mark.parametrize(
    ("asked", "holder"),
    [
        ({}, SECOND),
        ({"datetime": "2021-06-01"}, FIRST),
        ({"datetime": "2021-06-01T00:00:00Z"}, FIRST),
        ({"datetime": "2021-06-01/2024-01-01"}, SECOND),
        ({"datetime": "2019-01-01"}, None),
        ({"knownAt": "1"}, None),
        ({"knownAt": "100", "datetime": "2022-12-31"}, FIRST),
    ],
)
async def test_a_holder_is_told_on_both_time_axes(
    desk: httpx.AsyncClient, office: Office, asked: dict[str, str], holder: str | None
) -> None:
    answer = await read(desk, office, **asked)
    assert answer.status_code == (200 if holder else 404)
    assert MARK.findall(answer.text) == ([holder] if holder else [])
    assert office.records(feature=PARCEL)[0]["detail"]["parameters"] == asked


@pytest.mark.parametrize(
    "breaking",
    [
        "REVOKE INSERT ON landmap.audit FROM landmap_keeper",
        "ALTER TABLE landmap.audit ADD CHECK (kind <> 'restricted') NOT VALID",
        """CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END';
           CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON landmap.audit DEFERRABLE INITIALLY DEFERRED
           FOR EACH ROW EXECUTE FUNCTION fail()""",
    ],
    ids=["no right to write", "refused by the table", "the commit fails"],
)
async def test_what_cannot_be_recorded_is_not_answered(desk: httpx.AsyncClient, office: Office, breaking: str) -> None:
    office.execute(breaking)
    answer = await read(desk, office)
    assert answer.status_code >= 500
    assert HOLDER not in answer.text
    assert office.records(feature=PARCEL) == []


@pytest.mark.parametrize(
    "ground",
    [
        {"purpose": "permit"},
        {"case": GROUND["case"]},
        {"purpose": "curiosity", "case": GROUND["case"]},
        {"purpose": "permit", "case": "Nguyễn Văn A"},
        {"purpose": "permit", "case": "nguyen-van-a"},
        {"purpose": "permit", "case": "1" * 61},
        {**GROUND, "filter": f"holder_name='{SECOND}'"},
        {**GROUND, "holder_name": SECOND},
        {**GROUND, "f": "html"},
        {**GROUND, "limit": "1"},
    ],
)
async def test_without_a_purpose_and_a_case_there_is_no_answer(
    desk: httpx.AsyncClient, office: Office, ground: dict[str, str]
) -> None:
    answer = await desk.get(path(PARCEL, "parcels"), params=ground, headers=office.headers)
    assert answer.status_code == 400
    assert office.records(feature=PARCEL) == []


async def test_neither_head_nor_range_nor_an_etag_is_a_way_around(desk: httpx.AsyncClient, office: Office) -> None:
    head = await desk.head(path(PARCEL, "parcels"), params=GROUND, headers=office.headers)
    assert (head.status_code, head.content) == (200, b"")
    for header in ({"If-None-Match": "*"}, {"Range": "bytes=0-10"}):
        answer = await desk.get(path(PARCEL, "parcels"), params=GROUND, headers=office.headers | header)
        assert answer.status_code == 200
    assert len(office.records(feature=PARCEL)) == 3


@pytest.mark.parametrize(
    "ending",
    [
        "UPDATE landmap.restricted_grant SET expires_at = now()",
        "UPDATE landmap.restricted_grant SET ended_at = now()",
        "UPDATE landmap.agency_layer SET owns = false",
        "UPDATE landmap.restricted_grant SET groups = '{certificates}'",
        "UPDATE landmap.api_key SET layers = '{permits}'",
    ],
)
async def test_a_grant_ends_at_once(desk: httpx.AsyncClient, office: Office, ending: str) -> None:
    assert (await read(desk, office)).status_code == 200
    office.execute(ending)
    answer = await read(desk, office)
    assert FIRST not in answer.text and SECOND not in answer.text
    assert answer.status_code == (200 if "certificates" in ending else 403)


async def test_a_grant_is_for_the_owner_of_the_layer_only(office: Office) -> None:
    until = datetime.now(UTC) + timedelta(days=1)
    with psycopg.connect(office.dsn, autocommit=True) as db:
        for key, layer, group in (
            (office.auditor, "parcels", "holders"),
            (office.key, "permits", "applicants"),
            (office.key, "parcels", "applicants"),
            (office.key, "wards", "holders"),
        ):
            with pytest.raises(access.InvalidParameter):
                entrust(db, office.catalog, key, layer, group)
        with pytest.raises(access.NotFound):
            entrust(db, office.catalog, "lmk_aaaaaaaaaa_x", "parcels", "holders")
        opening = restricted_grants.Opening("parcels", ("holders",), "QĐ 1", until)
        with pytest.raises(access.NotFound):
            restricted_grants.grant(db, office.catalog, ("https://id", "nobody"), opening, "tester")


async def test_a_person_who_leaves_does_not_find_the_grant_again(office: Office) -> None:
    person, until = ("https://id.example.vn", "u1"), datetime.now(UTC) + timedelta(days=1)
    opening = restricted_grants.Opening("parcels", ("holders",), "QĐ 1", until)
    rights = "SELECT restricted FROM landmap.member_actor(%s, %s)"
    with psycopg.connect(office.dsn, autocommit=True) as db:
        access.grant_role(db, person, "A", access.Grant(Role.VIEWER, "so-nnmt", None), "tester")
        restricted_grants.grant(db, office.catalog, person, opening, "tester")
        assert db.execute(rights, person).fetchone() == (["parcels/holders"],)
        access.end_role(db, person, "tester")
        access.grant_role(db, person, "A", access.Grant(Role.VIEWER, "so-nnmt", None), "tester")
        assert db.execute(rights, person).fetchone() == ([],)

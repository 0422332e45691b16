"""What is not right with published data: who is told, what of a record, and when it stands no more."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import numpy as np
import psycopg
import pyarrow as pa
import pytest
import pytest_asyncio
import shapely

from gis.ingest.reasons import REASONS
from gis.model.actor import Role
from gis.model.change import DataSource, Provenance
from gis.model.layer import Access, Catalog
from gis.store import access, quarantine, review
from gis.store.changesets import revert
from gis.store.match import match
from gis.store.publish import publish
from gis.store.stage import Records, refuse, stage
from services.app import create_app
from services.settings import Settings
from tests.services.conftest import calling, lot

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOLDER, NOTE = "Nguyễn Văn A, CCCD 079", "GHICHU nội bộ"
RAW = {"LoaiDat": "ODTT", "ChuSuDung": HOLDER, "GhiChu": NOTE, "SoTo": "1"}
CALLERS = {
    "editor": ("so-nnmt", Role.EDITOR), "publisher": ("so-nnmt", Role.PUBLISHER), "viewer": ("so-nnmt", Role.VIEWER),
    "other": ("so-xd", Role.PUBLISHER), "admin": (None, Role.ADMIN), "auditor": (None, Role.AUDITOR),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Office:
    """A database, and a key for every kind of caller."""

    dsn: str
    catalog: Catalog
    keys: dict[str, str]

    def publish(
        self, parcel: str, *, file: str, state: str = "published", use: str = "ODT", agency: str = "Chi nhánh Quận 1"
    ) -> int | None:
        """A file of one parcel with an error and a warning of another record; the changeset."""
        layer = self.catalog.layers["parcels"]
        values = {
            "commune": "26740", "commune_old": "26734", "document_series": "BDDC", "sheet": "1", "parcel": parcel,
            "land_use": use, "legal_area": 75.0,
        }  # fmt: skip
        restricted = next(field.name for field in layer.fields if field.access is Access.RESTRICTED)
        mapping = {"columns": {"land_use": "LoaiDat", "sheet": "SoTo", restricted: "ChuSuDung"}}
        source = DataSource(file, crs_used=f"EPSG:{layer.storage_crs}", mapping=mapping, agency=agency)
        columns = {name: pa.array([value]) for name, value in values.items()}
        with psycopg.connect(self.dsn, autocommit=True) as db:
            number = stage(
                db,
                layer,
                Provenance("steward", file, source),
                [Records(np.array([lot(int(parcel))], dtype=object), columns)],
            )
            match(db, number, layer)
            finding: dict[str, Any] = {
                "layer": layer.id, "source_row": 7, "severity": "error", "reason": "unknown-code", "message_vi": "'land_use': mã 'XYZ' không có trong danh mục.",
                "message_en": "'land_use': code 'XYZ' is not in the codelist.", "responsible": "source", "raw": RAW, "geom_wkb": shapely.to_wkb(lot(3)),
            }  # fmt: skip
            with db.transaction():
                quarantine.write(
                    db, number, [finding, finding | {"severity": "warning", "source_row": 8, "geom_wkb": None}]
                )
            if state == "staged":
                return None
            if state == "refused":
                refuse(db, number)
                return None
            return publish(db, number, layer)


@pytest.fixture(scope="module")
def office(make_database: Callable[..., str], catalog: Catalog) -> Office:
    dsn = make_database()
    until = datetime.now(UTC) + timedelta(days=1)
    with psycopg.connect(dsn, autocommit=True) as db:
        for agency, owns in (("so-nnmt", ["parcels"]), ("so-xd", ["permits"])):
            access.add_agency(db, agency, agency, "tester")
            access.set_layers(db, catalog, agency, owns, ["parcels"] if agency == "so-xd" else [], "tester")
        keys = {
            who: access.issue_key(db, catalog, access.Grant(role, agency, until, None), "test", "tester")
            for who, (agency, role) in CALLERS.items()
        }
    return Office(dsn, catalog, keys)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def client(office: Office, settings_for: Callable[..., Settings]) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings_for(office.dsn))
    async with app.router.lifespan_context(app), calling(app) as opened:
        yield opened


async def _ask(client: httpx.AsyncClient, office: Office, who: str = "editor", **parameters: Any) -> httpx.Response:
    return await client.get("/quarantine", params=parameters, headers={"X-Api-Key": office.keys[who]})


async def _files(client: httpx.AsyncClient, office: Office) -> set[str]:
    answer = await _ask(client, office)
    return {feature["properties"]["source"] for feature in answer.json()["features"]}


async def test_only_those_who_keep_the_layer_are_told(office: Office, client: httpx.AsyncClient) -> None:
    office.publish("11", file="a.gpkg")
    statuses = {who: (await _ask(client, office, who)).status_code for who in CALLERS}
    assert statuses == {"editor": 200, "publisher": 200, "viewer": 403, "other": 200, "admin": 403, "auditor": 403}
    nobody = await client.get("/quarantine")
    assert nobody.status_code == 401
    other = await _ask(client, office, "other")
    assert (other.json()["features"], other.json()["counts"]) == ([], [])
    asked, made_up = [await _ask(client, office, "other", layer=name) for name in ("parcels", "nothing")]
    assert asked.status_code == made_up.status_code == 404
    assert asked.json()["detail"] == made_up.json()["detail"].replace("nothing", "parcels")
    assert asked.headers["cache-control"] == "no-store"


async def test_of_a_record_only_the_columns_of_fields_that_the_caller_sees_are_told(
    office: Office, client: httpx.AsyncClient
) -> None:
    office.publish("12", file="b.gpkg")
    answer = await _ask(client, office)
    assert HOLDER not in answer.text
    assert NOTE not in answer.text
    error = next(one for one in answer.json()["features"] if one["properties"]["severity"] == "error")
    told = error["properties"]
    assert [(each["field"], each["column"], each["value"]) for each in told["record"]] == [
        ("sheet", "SoTo", "1"), ("land_use", "LoaiDat", "ODTT"),
    ]  # fmt: skip
    assert told["columnsWithheld"] == 2
    assert (told["source_row"], told["responsible"], told["supplier"]) == (7, "source", "Chi nhánh Quận 1")
    assert 106 < shapely.geometry.shape(error["geometry"]).centroid.x < 108


async def test_it_is_filtered_and_pages_and_counts(office: Office, client: httpx.AsyncClient) -> None:
    office.publish("13", file="c.gpkg")
    whole = (await _ask(client, office)).json()
    ids = [one["id"] for one in whole["features"]]
    assert ids == sorted(ids, reverse=True)
    assert sum(each["count"] for each in whole["counts"]) == len(ids)
    first = (await _ask(client, office, limit=1)).json()
    following = next(link["href"] for link in first["links"] if link["rel"] == "next")
    second = (await client.get(following, headers={"X-Api-Key": office.keys["editor"]})).json()
    assert [one["id"] for one in (*first["features"], *second["features"])] == ids[:2]
    warnings = (await _ask(client, office, severity="warning", layer="parcels")).json()["features"]
    assert {one["properties"]["severity"] for one in warnings} == {"warning"}
    assert len(warnings) * 2 == len(ids)
    assert (await _ask(client, office, severity="note")).status_code == 400


async def test_what_waits_was_refused_reverted_or_came_again_stands_not(
    office: Office, client: httpx.AsyncClient
) -> None:
    office.publish("14", file="waits.gpkg", state="staged")
    office.publish("15", file="refused.gpkg", state="refused")
    undone = office.publish("16", file="undone.gpkg")
    office.publish("17", file="again.gpkg")
    files = await _files(client, office)
    assert {"undone.gpkg", "again.gpkg"} <= files
    assert not {"waits.gpkg", "refused.gpkg"} & files
    before = (await _ask(client, office)).json()["features"]
    assert undone is not None
    with psycopg.connect(office.dsn, autocommit=True) as db:
        revert(db, undone, office.catalog, "tester")
    office.publish("17", file="again.gpkg", use="CLN")
    after = (await _ask(client, office)).json()["features"]
    assert "undone.gpkg" not in {one["properties"]["source"] for one in after}
    old, new = (
        {one["id"] for one in found if one["properties"]["source"] == "again.gpkg"} for found in (before, after)
    )
    assert len(old) == len(new) == 2
    assert not old & new


def _undo(office: Office, number: int | None) -> int:
    assert number is not None
    with psycopg.connect(office.dsn, autocommit=True) as db:
        return revert(db, number, office.catalog, "tester").number


async def test_a_later_file_that_was_reverted_hides_no_earlier_one(office: Office, client: httpx.AsyncClient) -> None:
    first = office.publish("21", file="twice.gpkg")
    second = office.publish("21", file="twice.gpkg", use="CLN")

    async def told() -> set[int]:
        found = (await _ask(client, office)).json()["features"]
        return {one["properties"]["changeset"] for one in found if one["properties"]["source"] == "twice.gpkg"}

    assert await told() == {second}
    undone = _undo(office, second)
    assert await told() == {first}, "what stands again is told again"
    _undo(office, undone)
    assert await told() == {second}, "the revert was reverted"


async def test_files_of_two_suppliers_are_two_whatever_their_names(office: Office, client: httpx.AsyncClient) -> None:
    office.publish("22", file="thua_dat.gpkg", agency="Chi nhánh Quận 1")
    office.publish("23", file="thua_dat.gpkg", agency="Chi nhánh Quận 3")
    found = (await _ask(client, office)).json()["features"]
    suppliers = {one["properties"]["supplier"] for one in found if one["properties"]["source"] == "thua_dat.gpkg"}
    assert suppliers == {"Chi nhánh Quận 1", "Chi nhánh Quận 3"}


async def test_many_files_are_read_with_as_many_statements_as_one(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[object] = []
    execute = psycopg.Cursor.execute

    def counted(cursor: Any, query: Any, *arguments: Any, **named: Any) -> Any:
        sent.append(query)
        return execute(cursor, query, *arguments, **named)

    def statements() -> tuple[int, int]:
        sent.clear()
        with psycopg.connect(office.dsn, autocommit=True) as db:
            return len(review.standing(db, ["parcels"])), len(sent)

    office.publish("24", file="one.gpkg")
    monkeypatch.setattr(psycopg.Cursor, "execute", counted)
    before = statements()
    office.publish("25", file="more.gpkg")
    after = statements()
    assert after == (before[0] + 1, before[1])


async def test_a_question_that_takes_too_long_is_ended(
    office: Office, settings_for: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "services.review.quarantine.standing", lambda db, _: db.execute("SELECT pg_sleep(30)").fetchall()
    )
    app = create_app(settings_for(office.dsn, statement_timeout_ms=200))
    async with app.router.lifespan_context(app), calling(app) as opened:
        answer = await _ask(opened, office)
    assert (answer.status_code, answer.json()["type"]) == (504, "urn:landmap:problem:query-timeout")


async def test_a_sentence_quotes_no_value_of_a_field_that_the_caller_does_not_see(
    office: Office, client: httpx.AsyncClient
) -> None:
    """As ingest writes it, of a holder's name that is damaged; also where another name of the column hides what it feeds."""
    layer = office.catalog.layers["parcels"]
    source = DataSource("holders.gpkg", crs_used=f"EPSG:{layer.storage_crs}")
    stated = {"holder_name": "text-lost", "land_use": "unknown-code"}
    with psycopg.connect(office.dsn, autocommit=True) as db:
        columns = {"sheet": pa.array(["9"]), "parcel": pa.array(["91"])}
        number = stage(
            db, layer, Provenance("steward", "holders", source), [Records(np.array([lot(91)], dtype=object), columns)]
        )
        match(db, number, layer)
        rows = []
        for field, name in stated.items():
            told = REASONS[name].sentence
            vi, en = (told[language].format(field=field, detail=f"'Nguy?n {field} A'") for language in ("vi", "en"))
            rows.append({
                "layer": layer.id, "source_row": 1, "severity": "error", "reason": name, "message_vi": vi, "message_en": en,
                "responsible": "source", "raw": {}, "geom_wkb": None,
            })  # fmt: skip
        quarantine.write(db, number, rows)
    headers = {"X-Api-Key": office.keys["editor"], "Accept-Language": "vi"}
    waiting = await client.get(f"/changesets/s{number}/findings", headers=headers)
    with psycopg.connect(office.dsn, autocommit=True) as db:
        publish(db, number, layer)
    published = await client.get("/quarantine", headers=headers)
    for answer in (waiting, published):
        assert answer.status_code == 200
        assert "Nguy?n holder_name A" not in answer.text
        messages = [feature["properties"]["message"] for feature in answer.json()["features"]]
        assert any("mã 'Nguy?n land_use A'" in message for message in messages)
        title = next(field.title["vi"] for field in layer.fields if field.name == "holder_name")
        assert f"{REASONS['text-lost'].name['vi']}: {title}" in messages

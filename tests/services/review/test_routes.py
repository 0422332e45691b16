"""Staged changesets over HTTP: who may look, what is told, publishing and refusing, on a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import numpy as np
import psycopg
import pyarrow as pa
import pytest
import pytest_asyncio
import shapely

from gis.model.actor import Role
from gis.model.change import DataSource, Provenance
from gis.model.layer import Catalog
from gis.store import access, quarantine
from gis.store.match import match
from gis.store.publish import publish
from gis.store.stage import Records, stage
from services.app import create_app
from services.settings import Settings
from tests.services.conftest import calling, lot

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECRET = "Nguyễn Văn A, CCCD 079"


@dataclass(frozen=True, slots=True)
class Office:
    """A database with a layer and what waits for it, and a key for every kind of caller."""

    dsn: str
    catalog: Catalog
    keys: dict[str, str]

    def stage(self, parcels: dict[str, str], *, file: str = "thua.gpkg") -> str:
        """A file with these parcels and their land uses, staged and matched, with one finding; its name."""
        layer = self.catalog.layers["parcels"]
        columns = {
            "commune": ["26740"] * len(parcels),
            "commune_old": ["26734"] * len(parcels),
            "document_series": ["BDDC"] * len(parcels),
            "sheet": ["1"] * len(parcels),
            "parcel": [*parcels],
            "land_use": [*parcels.values()],
            "legal_area": [75.0] * len(parcels),
        }
        shapes = np.array([lot(int(number)) for number in parcels], dtype=object)
        arrays = {name: pa.array(values) for name, values in columns.items()}
        source = DataSource(file, crs_used=f"EPSG:{layer.storage_crs}")
        with psycopg.connect(self.dsn, autocommit=True) as db:
            number = stage(db, layer, Provenance("steward", file, source, "12/QĐ-UBND"), [Records(shapes, arrays)])
            match(db, number, layer)
            finding = {
                "layer": layer.id, "source_row": 7, "severity": "error", "reason": "geometry-invalid", "message_vi": "Hình không hợp lệ",
                "message_en": "The shape is invalid", "responsible": "surveyor", "raw": {"chu": SECRET}, "geom_wkb": shapely.to_wkb(lot(3)),
            }  # fmt: skip
            with db.transaction():
                quarantine.write(db, number, [finding, finding | {"source_row": 8, "geom_wkb": None}])
        return f"s{number}"


@pytest.fixture(scope="module")
def office(make_database: Callable[..., str], catalog: Catalog) -> Office:
    dsn = make_database()
    until = datetime.now(UTC) + timedelta(days=1)
    with psycopg.connect(dsn, autocommit=True) as db:
        for agency, owns in (("so-nnmt", ["parcels"]), ("so-xd", ["permits"])):
            access.add_agency(db, agency, agency, "tester")
            access.set_layers(db, catalog, agency, owns, [], "tester")
        keys = {
            f"{agency} {role}": access.issue_key(db, catalog, access.Grant(role, agency, until, None), "test", "tester")
            for agency in ("so-nnmt", "so-xd")
            for role in (Role.VIEWER, Role.EDITOR, Role.PUBLISHER)
        }
    office = Office(dsn, catalog, keys)
    layer = catalog.layers["parcels"]
    with psycopg.connect(dsn, autocommit=True) as db:
        publish(db, int(office.stage({"1": "ODT", "2": "CLN"}, file="first.gpkg")[1:]), layer)
    return office


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def client(office: Office, settings_for: Callable[..., Settings]) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings_for(office.dsn))
    async with app.router.lifespan_context(app), calling(app) as opened:
        yield opened


async def test_only_editors_and_publishers_of_the_owning_agency_see_what_waits(
    office: Office, client: httpx.AsyncClient
) -> None:
    name = office.stage({"1": "TMD"})
    statuses = {
        caller: {
            path: (await client.get(f"/changesets{path}", headers={"X-Api-Key": key} if key else {})).status_code
            for path in ("", f"/{name}", f"/{name}/records", f"/{name}/findings")
        }
        for caller, key in {"nobody": "", **office.keys}.items()
    }
    all_of = lambda status: dict.fromkeys(("", f"/{name}", f"/{name}/records", f"/{name}/findings"), status)  # noqa: E731
    assert statuses["nobody"] == all_of(401)
    assert statuses["so-nnmt viewer"] == statuses["so-xd viewer"] == all_of(403)
    assert statuses["so-nnmt editor"] == statuses["so-nnmt publisher"] == all_of(200)
    assert statuses["so-xd publisher"] == all_of(404) | {"": 200}
    other = await client.get("/changesets", headers={"X-Api-Key": office.keys["so-xd publisher"]})
    assert other.json()["staged"] == []
    none = "s99999999"
    hidden, missing = [
        (await client.get(f"/changesets/{one}", headers={"X-Api-Key": office.keys["so-xd publisher"]})).json()["detail"]
        for one in (name, none)
    ]
    assert hidden == missing.replace(none, name)


async def test_records_show_what_is_and_what_is_to_become(office: Office, client: httpx.AsyncClient) -> None:
    name = office.stage({"1": "TMD", "5": "ODT"})
    key = {"X-Api-Key": office.keys["so-nnmt publisher"]}
    listed = (await client.get("/changesets", headers=key)).json()["staged"]
    told = next(each for each in listed if each["name"] == name)
    assert told["counts"]["insert"] == told["counts"]["update"] == 1
    assert (told["document"], told["actor"], told["source"]) == ("12/QĐ-UBND", "steward", "thua.gpkg")
    assert {link["rel"] for link in told["links"]} == {"self", "records", "findings", "publish", "refuse"}

    page = (await client.get(f"/changesets/{name}/records", headers=key)).json()
    by_operation = {feature["properties"]["operation"]: feature for feature in page["features"]}
    update, insert = by_operation["update"], by_operation["insert"]
    assert update["properties"]["changed"] == ["land_use"]
    assert (update["properties"]["before"]["land_use"], update["properties"]["after"]["land_use"]) == ("ODT", "TMD")
    assert update["properties"]["moved"] is False
    assert update["geometry"] == update["geometryBefore"]
    assert insert["properties"]["before"] is None
    assert insert["geometryBefore"] is None
    west, south, *_ = shapely.geometry.shape(insert["geometry"]).bounds
    assert 106 < west < 108
    assert 10 < south < 11
    owner = {name for name in update["properties"]["after"] if "holder" in name or "certificate" in name}
    assert owner == set()

    first = (await client.get(f"/changesets/{name}/records", params={"limit": 1}, headers=key)).json()
    following = next(link["href"] for link in first["links"] if link["rel"] == "next")
    second = (await client.get(following, headers=key)).json()
    assert [f["id"] for f in (*first["features"], *second["features"])] == [f["id"] for f in page["features"]]


async def test_findings_have_their_place_and_nothing_of_the_raw_record(
    office: Office, client: httpx.AsyncClient
) -> None:
    name = office.stage({"1": "TMD"})
    answer = await client.get(
        f"/changesets/{name}/findings", headers={"X-Api-Key": office.keys["so-nnmt editor"], "Accept-Language": "vi"}
    )
    assert SECRET not in answer.text
    placed, lost = answer.json()["features"]
    assert placed["properties"] == {
        "source_row": 7, "severity": "error", "reason": "geometry-invalid", "message": "Hình không hợp lệ", "responsible": "surveyor",
    }  # fmt: skip
    assert 106 < shapely.geometry.shape(placed["geometry"]).centroid.x < 108
    assert lost["geometry"] is None


async def test_a_publisher_publishes_in_their_own_name_and_once(office: Office, client: httpx.AsyncClient) -> None:
    name = office.stage({"1": "DGD"})
    address = f"/changesets/{name}/publish"
    editor = await client.post(address, headers={"X-Api-Key": office.keys["so-nnmt editor"]})
    assert editor.status_code == 403
    key = {"X-Api-Key": office.keys["so-nnmt publisher"]}
    done = await client.post(address, headers=key)
    assert done.status_code == 200, done.text
    assert done.json()["state"] == "published"
    items = await client.get("/collections/parcels/items", params={"parcel": "1"})
    assert [feature["properties"]["land_use"] for feature in items.json()["features"]] == ["DGD"]
    with psycopg.connect(office.dsn) as db:
        actor = db.execute(
            "SELECT actor FROM landmap.changeset WHERE number = %s", (done.json()["changeset"],)
        ).fetchone()
    assert actor is not None
    assert actor[0] not in ("steward", "")
    again = await client.post(address, headers=key)
    assert again.status_code == 404


async def test_what_is_refused_is_gone_and_nothing_is_published(office: Office, client: httpx.AsyncClient) -> None:
    name = office.stage({"2": "RSX"})
    key = {"X-Api-Key": office.keys["so-nnmt publisher"]}
    assert (await client.post(f"/changesets/{name}/refuse", headers=key)).json()["state"] == "refused"
    items = await client.get("/collections/parcels/items", params={"parcel": "2"})
    assert [feature["properties"]["land_use"] for feature in items.json()["features"]] == ["CLN"]
    for path in ("", "/records", "/findings"):
        assert (await client.get(f"/changesets/{name}{path}", headers=key)).status_code == 404


async def test_the_record_names_who_refused_which_changeset(
    office: Office, settings_for: Callable[..., Settings]
) -> None:
    name = office.stage({"2": "RSX"})
    app = create_app(settings_for(office.dsn))
    async with app.router.lifespan_context(app), calling(app) as client:
        key = {"X-Api-Key": office.keys["so-nnmt publisher"]}
        assert (await client.post(f"/changesets/{name}/refuse", headers=key)).status_code == 200
    with psycopg.connect(office.dsn) as db:
        kept = db.execute(
            "SELECT action, kind, agency FROM landmap.audit WHERE detail ->> 'changeset' = %s", (name,)
        ).fetchall()
    assert kept == [("refuse_changeset", "edit", "so-nnmt")]


async def test_two_stages_of_one_parcel_do_not_both_pass(office: Office, client: httpx.AsyncClient) -> None:
    first, second = office.stage({"2": "TSC"}), office.stage({"2": "DGT"})
    key = {"X-Api-Key": office.keys["so-nnmt publisher"]}
    assert (await client.post(f"/changesets/{first}/publish", headers=key)).status_code == 200
    late = await client.post(f"/changesets/{second}/publish", headers=key)
    assert late.status_code == 409
    assert late.json()["ids"]


@pytest.mark.parametrize("name", ["12", "s", "s1;drop", "sx", "s99999999", "%2e%2e"])
async def test_a_name_that_is_none_is_not_found(office: Office, client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get(f"/changesets/{name}", headers={"X-Api-Key": office.keys["so-nnmt editor"]})
    assert answer.status_code == 404

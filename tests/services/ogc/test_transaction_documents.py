"""POST /transactions: several actions, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest

from gis.model.edit import Edit
from gis.model.layer import Layer, TimeModel
from services.ogc import transactions
from services.ogc.feature_bodies import Reading
from tests.services.ogc.writing import Land, feature, fetched, parcel_id, permit_id

pytestmark = pytest.mark.asyncio(loop_scope="session")

KIND = {"Content-Type": "application/ogc-tx+json"}


async def send(writer: httpx.AsyncClient, *actions: dict[str, Any], **headers: str) -> httpx.Response:
    return await writer.post("/transactions", json={"transaction": list(actions)}, headers={**KIND, **headers})


async def test_actions_of_every_kind_are_one_changeset(writer: httpx.AsyncClient, land: Land) -> None:
    made = await send(
        writer,
        {"action": "insert", "collection": "parcels", "items": [feature(f"t{i}", 1000 + 5 * i) for i in range(3)]},
    )
    assert made.status_code == 200, made.text
    assert made.json()["summary"] == {"totalInserted": 3, "totalReplaced": 0, "totalUpdated": 0, "totalDeleted": 0}
    paths = made.json()["insertResults"]
    ids = [path.rsplit("/", 1)[1] for path in paths]
    tags = [(await fetched(writer, path))[1] for path in paths]
    before = land.changesets()
    body = feature("t0", 1000, street="Lê Lợi")
    answer = await send(
        writer,
        {
            "action": "replace",
            "collection": "parcels",
            "feature": body,
            "filter": f"id = '{ids[0]}'",
            "if-match": tags[0],
        },
        {
            "action": "update",
            "collection": "parcels",
            "properties": {"modify": [{"name": "street", "value": "Pasteur"}], "delete": ["measured_area"]},
            "filter": {"op": "in", "args": [{"property": "id"}, [ids[1]]]},
            "if-match": tags[1],
        },
        {"action": "delete", "collection": "parcels", "filter": f"id IN ('{ids[2]}')", "if-match": tags[2]},
        {
            "action": "insert",
            "collection": "permits",
            "items": [{"type": "Feature", "geometry": None, "properties": {"number": "t/GP"}}],
        },
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["summary"] == {"totalInserted": 1, "totalReplaced": 1, "totalUpdated": 1, "totalDeleted": 1}
    assert land.changesets() == before + 1
    assert answer.headers["landmap-data-version"] == str(answer.json()["changeset"])
    assert (await fetched(writer, paths[0]))[0]["properties"]["street"] == "Lê Lợi"
    assert (await fetched(writer, paths[1]))[0]["properties"]["street"] == "Pasteur"
    assert (await writer.get(paths[2])).status_code == 410
    layers = land.table(
        "SELECT layer FROM landmap.changeset_layer WHERE number = %s ORDER BY 1", answer.json()["changeset"]
    )
    assert layers == [("parcels",), ("permits",)]


async def test_one_action_that_fails_undoes_them_all(writer: httpx.AsyncClient, land: Land) -> None:
    before = land.changesets()
    insert = {"action": "insert", "collection": "parcels", "items": [feature("t9", 1100)]}
    stale = {"action": "delete", "collection": "parcels", "filter": f"id = '{parcel_id(1)}'", "if-match": '"0"'}
    wrong = {
        "action": "insert",
        "collection": "permits",
        "items": [{"type": "Feature", "geometry": None, "properties": {"status": "?"}}],
    }
    unseen = {"action": "delete", "collection": "parcels", "filter": f"id = '{parcel_id(1)}'"}
    for action, status in ((stale, 412), (wrong, 422), (unseen, 428)):
        answer = await send(writer, insert, action)
        assert answer.status_code == status, answer.text
    assert land.changesets() == before
    assert land.table("SELECT FROM land_history.parcels WHERE parcel = 't9'") == []


WRONG: list[dict[str, Any]] = [
    {},
    {"transaction": {}},
    {"transaction": [7]},
    {"transaction": [{"action": "insert", "collection": "parcels"}]},
    {"transaction": [{"action": "upsert", "collection": "parcels"}]},
    {"transaction": [{"action": "delete", "collection": "parcels"}]},
    {"transaction": [{"action": "delete", "collection": "parcels", "filter": "sheet = '12'"}]},
    {"transaction": [{"action": "delete", "collection": "parcels", "filter": "id = 'x'"}]},
    {"transaction": [{"action": "delete", "collection": "parcels", "filter": "((("}]},
    {
        "transaction": [
            {"action": "update", "collection": "parcels", "filter": f"id = '{parcel_id(1)}'", "properties": 7}
        ]
    },
    {
        "transaction": [
            {
                "action": "update",
                "collection": "parcels",
                "filter": f"id = '{parcel_id(1)}'",
                "properties": {"add": [7]},
            }
        ]
    },
    {
        "transaction": [
            {
                "action": "update",
                "collection": "parcels",
                "filter": f"id = '{parcel_id(1)}'",
                "properties": {"delete": 7},
            }
        ]
    },
    {"transaction": [], "semantic": "batch"},
]


@pytest.mark.parametrize("body", WRONG)
async def test_a_document_that_cannot_be_followed_is_refused(
    writer: httpx.AsyncClient, land: Land, body: dict[str, Any]
) -> None:
    before = land.changesets()
    answer = await writer.post("/transactions", json=body, headers=KIND)
    assert answer.status_code == 400, answer.text
    assert land.changesets() == before


async def test_an_empty_transaction_does_nothing(writer: httpx.AsyncClient, land: Land) -> None:
    before = land.changesets()
    answer = await send(writer)
    assert (answer.status_code, answer.json()["changeset"]) == (200, None)
    assert land.changesets() == before


async def test_rights_hold_for_each_action(anybody: httpx.AsyncClient, land: Land) -> None:
    insert = {"action": "insert", "collection": "parcels", "items": [feature("t10", 1200)]}
    wards = {"action": "insert", "collection": "wards", "items": [feature("t10", 1200)]}
    for caller, actions, status in (
        ("public", [insert], 401),
        ("viewer", [insert], 403),
        ("auditor", [insert], 403),
        ("editor", [insert, wards], 403),
        ("editor who does not own", [insert], 403),
        ("editor of the ward", [insert], 403),
    ):
        answer = await send(anybody, *actions, **land.headers[caller])
        assert answer.status_code == status, (caller, answer.text)
    missing = {"action": "delete", "collection": "nothing", "filter": "id = 'x'"}
    assert (await send(anybody, missing, **land.headers["editor"])).status_code == 404
    hidden = {"action": "delete", "collection": "permits", "filter": f"id = '{permit_id(2)}'", "if-match": '"0"'}
    assert (await send(anybody, hidden, **land.headers["editor of the ward"])).status_code == 404


async def test_options_of_transactions_say_who_may(anybody: httpx.AsyncClient, land: Land) -> None:
    for caller, writes in (("public", False), ("viewer", False), ("editor", True)):
        answer = await anybody.options("/transactions", headers=land.headers[caller])
        assert ("POST" in answer.headers["allow"]) is writes
        assert (await anybody.get("/transactions", headers=land.headers[caller])).status_code == 405


@pytest.mark.parametrize(
    "attack",
    [
        '{"op":"and","args":[true,' * 1_600 + "true" + "]}" * 1_600,
        "(true and " * 1_600 + "true" + ")" * 1_600,
        "NOT " * 10_000 + "true",
    ],
)
async def test_a_filter_of_1_600_nested_and_is_refused(writer: httpx.AsyncClient, land: Land, attack: str) -> None:
    """A body has room for more than a query string; here it reaches the parser of filters."""
    before = land.changesets()
    answer = await send(writer, {"action": "delete", "collection": "parcels", "filter": attack})
    assert (answer.status_code, answer.json()["where"]) == (400, "filter"), answer.text
    assert land.changesets() == before


async def test_a_collection_whose_features_have_no_versions_is_named(
    writer: httpx.AsyncClient, land: Land, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = transactions.transaction

    def timeless(body: object, layers: Mapping[str, Layer], reading: Reading) -> tuple[Edit, ...]:
        return read(body, {**layers, "parcels": replace(layers["parcels"], time=TimeModel.NONE)}, reading)

    monkeypatch.setattr(transactions, "transaction", timeless)
    before = land.changesets()
    answer = await send(writer, {"action": "insert", "collection": "parcels", "items": [feature("t20", 1250)]})
    assert (answer.status_code, answer.json()["where"]) == (400, "collection"), answer.text
    assert "'parcels'" in answer.json()["detail"]
    assert "allow" not in answer.headers
    assert land.changesets() == before

"""`landmap restricted | audit | usage`, as an operator runs them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from uuid import UUID

import psycopg
import pytest

from gis.errors import IngestError, InvalidParameter, LandmapError, NotFound
from gis.store.audit import Entry, Kind, append
from tests.services.commands.test_access import row
from tests.services.commands.test_changeset import landmap

PARCEL = UUID(int=9)


def key_of_an_owner() -> str:
    landmap("agency", "add", "so-nnmt", "--title", "Sở Nông nghiệp và Môi trường", "--owns", "parcels")
    told = landmap("key", "issue", "--agency", "so-nnmt", "--note", "land office")
    return told.output.strip().splitlines()[-1].split("_")[1]


def grant(key: str, *more: str, layer: str = "parcels", fields: str = "holders") -> str:
    words = (layer, fields, "--key", key, "--basis", "QĐ 12/QĐ-SNNMT", *more)
    return landmap("restricted", "grant", *words).output


def test_holders_are_opened_to_a_key_until_a_day_and_closed_again(url: str) -> None:
    key = key_of_an_owner()
    assert "open until" in grant(key, "--days", "30", fields="holders, certificates")
    rights = "SELECT landmap.restricted_rights(id, NULL, NULL, agency, '{parcels}') FROM landmap.api_key"
    assert row(url, rights) == (["parcels/certificates", "parcels/holders"],)
    listed = landmap("restricted", "list").output
    assert f"key:{key}" in listed and "QĐ 12/QĐ-SNNMT" in listed
    landmap("restricted", "end", "1")
    assert row(url, rights) == ([],)
    assert "ended" in landmap("restricted", "list").output
    with pytest.raises(NotFound):
        landmap("restricted", "end", "1")
    told = landmap("audit", "list", "--json").output.splitlines()
    actions = [json.loads(line)["action"] for line in told]
    assert actions == [
        "restricted fields closed",
        "restricted fields opened",
        "key issued",
        "agency layers set",
        "agency added",
    ]


@pytest.mark.parametrize(
    ("layer", "fields", "more", "error"),
    [
        ("permits", "applicants", (), InvalidParameter),
        ("parcels", "holder_name", (), InvalidParameter),
        ("parcels", "", (), InvalidParameter),
        ("nothing", "holders", (), NotFound),
        ("parcels", "holders", ("--person", "u1"), InvalidParameter),
        ("parcels", "holders", ("--basis", " "), InvalidParameter),
    ],
)
def test_what_cannot_be_opened_is_not(
    url: str, layer: str, fields: str, more: tuple[str, ...], error: type[Exception]
) -> None:
    key = key_of_an_owner()
    with pytest.raises(error):
        grant(key, *more, layer=layer, fields=fields)
    assert row(url, "SELECT count(*) FROM landmap.restricted_grant") == (0,)


def test_the_audit_is_listed_by_actor_layer_feature_and_day(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as db:
        for number in range(3):
            append(
                db,
                Entry(
                    datetime(2026, 1, 1 + number, 12, tzinfo=UTC),
                    Kind.READ,
                    f"key:{number}",
                    "item",
                    layer="parcels",
                    feature=PARCEL,
                ),
            )
        append(
            db,
            Entry(
                datetime(2026, 1, 5, tzinfo=UTC), Kind.REFUSED, "public", "credentials refused", subject="unreadable"
            ),
        )
    assert [
        json.loads(line)["actor"]
        for line in landmap("audit", "list", "--feature", str(PARCEL), "--json").output.splitlines()
    ] == ["key:2", "key:1", "key:0"]
    for words, numbers in (
        (("--actor", "key:1"), [2]), (("--layer", "parcels", "--limit", "2"), [3, 2]), (("--since", "02/01/2026"), [4, 3, 2]),
    ):  # fmt: skip
        found = [json.loads(line) for line in landmap("audit", "list", *words, "--json").output.splitlines()]
        assert [entry["number"] for entry in found] == numbers
    shown = landmap("audit", "list").output
    assert "unreadable" in shown
    assert "Nothing like that" in landmap("audit", "list", "--layer", "zones").output
    with pytest.raises(IngestError):
        landmap("audit", "list", "--since", "yesterday")


def test_the_audit_is_proved_and_tampering_is_told(url: str) -> None:
    key_of_an_owner()
    assert "number 3" in landmap("audit", "check").output
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("ALTER TABLE landmap.audit DISABLE TRIGGER keep")
        db.execute("UPDATE landmap.audit SET subject = 'x' WHERE number = 2")
    with pytest.raises(LandmapError, match="number 2"):
        landmap("audit", "check")


def test_usage_is_listed_by_days_and_agency(url: str) -> None:
    rows = [(date(2026, 1, 31), "so-xd", 5), (date(2026, 2, 1), "so-xd", 7), (date(2026, 2, 1), "", 1234)]
    with psycopg.connect(url, autocommit=True) as db:
        for day, agency, hits in rows:
            db.execute(
                "INSERT INTO landmap.usage VALUES (%s, %s, 'public', 'parcels', 'tile', 2, %s, 10)", (day, agency, hits)
            )

    def hits_of(*words: str) -> list[int]:
        told = landmap("usage", *words, "--json").output.splitlines()
        return [json.loads(line)["hits"] for line in told]

    assert hits_of("--since", "01/01/2026", "--until", "28/02/2026") == [1234, 7, 5]
    assert hits_of("--since", "01/02/2026", "--until", "01/02/2026", "--agency", "so-xd") == [7]
    assert hits_of("--until", "2026-02-01") == [1234, 7, 5]
    assert "1,234" in landmap("usage", "--until", "01/02/2026").output
    assert "Nothing was asked" in landmap("usage", "--until", "01/01/2025").output
    assert "Chưa có lượt" in landmap("--lang", "vi", "usage", "--until", "01/01/2025").output

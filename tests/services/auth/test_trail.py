"""What of an answer goes on record, and what never does."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.model.actor import PUBLIC, Actor, Role
from gis.store.audit import Entry, Kind, append_sql
from services.auth.trail import ACTOR, GROUND, REFUSED, ROWS, Answer, Refusal, Trail

LAN = Actor("key:abcdefghij", Role.VIEWER, "so-xd", frozenset({"permits"}), frozenset({"permits"}))
FEATURE = "40000000-0000-0000-0000-000000000001"
HOSTILE = [
    "limit=%00", "bbox=%7F", "f=%ED%A0%80", "since=%C2%85", "until=%1B[2J", "crs=%F0%9F", "datetime=\ufffe", "limit=9" * 99, "%00=1", "=",
    "knownAt=%E2%80%A8", "&", "limit",
]  # fmt: skip


def scope(query: str = "", actor: Actor = LAN, method: str = "GET", **path: str) -> dict[str, Any]:
    return {ACTOR: actor, "method": method, "query_string": query.encode(), "path_params": path}


def noted(*scopes: dict[str, Any], handler: str = "items", status: int = 200) -> list[Entry]:
    trail = Trail()
    for number, each in enumerate(scopes):
        trail.note(each, Answer(handler, status, 100, f"r{number}"))
    return trail.drain()


def test_what_the_public_asks_is_not_recorded() -> None:
    assert noted(scope(actor=PUBLIC, layer="permits")) == []


@pytest.mark.parametrize("handler", ["landing", "api", "conformance", "schema", "asset", "metrics"])
def test_documents_without_data_are_not_recorded(handler: str) -> None:
    assert noted(scope(), handler=handler) == []


@pytest.mark.parametrize("handler", ["items", "item", "versions", "tile", "download", "audit", "a channel of tomorrow"])
def test_whatever_else_a_caller_who_signed_in_asks_is(handler: str) -> None:
    (entry,) = noted(scope(layer="permits", id=FEATURE), handler=handler)
    assert (entry.kind, entry.actor, entry.role, entry.agency) == (Kind.READ, LAN.id, "viewer", "so-xd")
    assert (entry.action, entry.layer, str(entry.feature)) == (handler, "permits", FEATURE)


def test_values_that_may_be_personal_stay_out_and_the_names_of_parameters_stay() -> None:
    (entry,) = noted(scope("address=12+Le+Loi&filter=holder%3D'Lan'&q=Lan&bbox=106,10,107,11&limit=5&%0A=x&cursor=abc"))
    assert entry.detail["parameters"] == {
        "address": None, "filter": None, "q": None, "bbox": "106,10,107,11", "limit": "5", "?": None,
    }  # fmt: skip


@pytest.mark.parametrize("status", [200, 400, 403, 404])
def test_the_ground_on_which_it_was_asked_is_kept_as_given_whatever_was_answered(status: int) -> None:
    asked = scope("purpose=permit&case=12%2FQD&limit=5") | {GROUND: {"purpose": "permit", "case": "12/QD"}}
    (entry,) = noted(asked, status=status)
    assert entry.detail["purpose"] == "permit"
    assert entry.detail["case"] == "12/QD"
    assert list(entry.detail["parameters"]) == ["limit"]


def test_the_ground_is_bounded_and_holds_no_control_characters() -> None:
    (entry,) = noted(scope() | {GROUND: {"purpose": "x" * 5_000, "case": "12\x1b[2J"}}, status=403)
    assert (len(entry.detail["purpose"]), entry.detail["case"]) == (200, None)


def test_of_a_question_that_was_refused_no_value_is_kept() -> None:
    (entry,) = noted(scope("bbox=Nguyen+Van+A&limit=5"), status=400)
    assert entry.detail["parameters"] == {"bbox": None, "limit": None}
    assert entry.status == 400


@pytest.mark.parametrize("layer", ["a\0b", "Nguyễn Văn A", "x" * 61, "\ud800"])
def test_what_is_no_name_of_a_layer_is_not_kept_as_one(layer: str) -> None:
    """One entry that cannot be written would hold up all others."""
    (entry,) = noted(scope(layer=layer, id=layer), status=404)
    assert (entry.layer, entry.feature) == (None, None)


def test_of_options_which_are_answered_whatever_is_asked_no_value_is_kept() -> None:
    (entry,) = noted(scope("bbox=Nguyen+Van+A&limit=%00", method="OPTIONS", layer="permits", z="a\0"), status=204)
    assert entry.detail == {"method": "OPTIONS", "parameters": {"bbox": None, "limit": None}}


@given(
    query=st.binary(max_size=200) | st.lists(st.sampled_from(HOSTILE), max_size=5).map("&".join).map(str.encode),
    method=st.sampled_from(["GET", "OPTIONS", "POST"]) | st.text(),
    path=st.dictionaries(
        st.sampled_from(["layer", "id", "z"]), st.text(st.characters()) | st.sampled_from(["\0", "\ud800"])
    ),
    status=st.sampled_from([200, 204, 304, 400]),
)
def test_whatever_is_sent_the_entry_can_be_written(
    query: bytes, method: str, path: dict[str, str], status: int
) -> None:
    asked = {ACTOR: LAN, "method": method, "query_string": query, "path_params": path}
    (text,) = append_sql(noted(asked, status=status)).params
    assert not re.search(r"\\u00[01][0-9a-f]|\\u007f|[\x00-\x1f\x7f-\x9f]", str(text))


def test_tiles_of_a_map_are_one_entry_with_their_number() -> None:
    tiles = [scope(layer="permits", z="16", x=str(x), y="30000") for x in range(50)]
    (entry,) = noted(*tiles, handler="tile")
    assert (entry.times, entry.bytes, entry.request_id, entry.detail) == (50, 5000, "r0", {"zoom": "16"})


def test_each_feature_has_an_entry_of_its_own_and_rows_add_up() -> None:
    other = FEATURE.replace("1", "2")
    found = noted(
        *({**scope(layer="permits", id=each), ROWS: 3} for each in (FEATURE, FEATURE, other)), handler="versions"
    )
    assert [(entry.times, entry.rows) for entry in found] == [(2, 6), (1, 3)]


def test_an_edit_is_told_from_a_read() -> None:
    (entry,) = noted(scope(method="POST", layer="permits"), handler="create", status=201)
    assert (entry.kind, entry.detail) == (Kind.EDIT, {"method": "POST"})


def test_refused_credentials_are_recorded_with_the_address_but_a_million_of_them_are_a_number() -> None:
    trail = Trail(most=1000)
    for number in range(5000):
        trail.note(
            {REFUSED: Refusal(f"key:{number}", "unknown", "10.0.0.1")} | scope(actor=PUBLIC),
            Answer("none", 401, 0, "r"),
        )
    assert not trail.full
    entries = trail.drain()
    assert sum(entry.times for entry in entries) == 5000
    assert len(entries) <= 101
    assert (entries[0].subject, entries[0].detail) == ("key:0", {"why": "unknown", "from": "10.0.0.1"})


def test_refused_credentials_stay_a_number_while_nothing_can_be_written() -> None:
    trail, noted = Trail(most=1000), 0
    for _ in range(20):
        waiting = trail.drain()
        for _ in range(150):
            noted += 1
            refusal = Refusal(f"key:{noted}", "unknown", f"10.0.0.{noted}")
            trail.note({REFUSED: refusal} | scope(actor=PUBLIC), Answer("none", 401, 0, "r"))
        trail.put_back(waiting)
    entries = trail.drain()
    assert sum(entry.times for entry in entries) == noted == 3000
    assert len(entries) == 101
    assert entries[0].subject == "key:1", "who came first is still told"


def test_what_is_put_back_came_first() -> None:
    trail = Trail()
    trail.note(scope(), Answer("items", 200, 10, "first"))
    waiting = trail.drain()
    trail.note(scope(), Answer("items", 200, 10, "second"))
    trail.put_back(waiting)
    (entry,) = trail.drain()
    assert (entry.request_id, entry.times) == ("first", 2)


def test_it_is_full_at_its_bound_and_what_is_put_back_is_not_lost() -> None:
    trail = Trail(most=3)
    for place in range(3):
        trail.note(scope(f"bbox={place},0,1,1"), Answer("items", 200, 10, "r"))
    assert trail.full
    entries = trail.drain()
    assert not trail.full
    trail.note(scope("bbox=0,0,1,1"), Answer("items", 200, 10, "r"))
    trail.put_back(entries)
    assert sorted(entry.times for entry in trail.drain()) == [1, 1, 2]

"""What a caller may now, compared with what it might before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.model.actor import PUBLIC, Actor, Role

OFFICER = Actor(
    "key:a", Role.EDITOR, "so-xd", frozenset({"parcels", "permits"}), frozenset({"permits"}), "d1",
    frozenset({"parcels", "permits"}), frozenset({("parcels", "holder")}),
)  # fmt: skip

FEWER: dict[str, Any] = {
    "id": "key:b",
    "role": Role.VIEWER,
    "agency": "so-dat",
    "reads": frozenset({"permits"}),
    "owns": frozenset(),
    "area": "d2",
    "layers": frozenset({"parcels"}),
    "restricted": frozenset(),
}
MORE: dict[str, Any] = {
    "role": Role.PUBLISHER,
    "reads": frozenset({"parcels", "permits", "zones"}),
    "owns": frozenset({"parcels", "permits"}),
    "area": None,
    "layers": None,
    "restricted": frozenset({("parcels", "holder"), ("parcels", "origin")}),
}


@pytest.mark.parametrize("name", FEWER)
def test_whatever_is_taken_away_is_noticed(name: str) -> None:
    assert not replace(OFFICER, **{name: FEWER[name]}).covers(OFFICER)


@pytest.mark.parametrize("name", MORE)
def test_who_may_more_may_all_that_it_might(name: str) -> None:
    more = replace(OFFICER, **{name: MORE[name]})
    assert more.covers(OFFICER)
    assert not OFFICER.covers(more)


_INCLUDED = {
    Role.PUBLIC: {Role.PUBLIC},
    Role.VIEWER: {Role.VIEWER},
    Role.EDITOR: {Role.VIEWER, Role.EDITOR},
    Role.PUBLISHER: {Role.VIEWER, Role.EDITOR, Role.PUBLISHER},
    Role.AUDITOR: {Role.AUDITOR},
    Role.ADMIN: {Role.AUDITOR, Role.ADMIN},
}


@pytest.mark.parametrize("role", Role)
def test_who_was_given_a_higher_role_keeps_what_the_lower_one_brought(role: Role) -> None:
    now = replace(OFFICER, role=role)
    assert {then for then in Role if now.covers(replace(OFFICER, role=then))} == _INCLUDED[role]


_LAYERS = st.frozensets(st.sampled_from("abc"))
_ACTORS = st.builds(
    Actor,
    st.just("x"),
    st.sampled_from(Role),
    st.just("y"),
    _LAYERS,
    _LAYERS,
    st.sampled_from((None, "d1", "d2")),
    st.none() | _LAYERS,
)


@given(_ACTORS, _ACTORS, _ACTORS)
def test_it_is_an_order(first: Actor, second: Actor, third: Actor) -> None:
    assert first.covers(first)
    assert not (first.covers(second) and second.covers(first)) or first == second
    assert not (first.covers(second) and second.covers(third)) or first.covers(third)
    assert PUBLIC.covers(PUBLIC) and not first.covers(PUBLIC)

"""The one door of access: who may see what, and do what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gis.errors import Forbidden, RequestError, Unauthenticated
from gis.model.access import Area, public_decision
from gis.model.actor import PUBLIC, Actor, Role
from gis.model.layer import Access, Catalog
from services.auth.policy import Action, decide, may, pool_for, pool_of


def _actor(role: Role, *, bounded: bool = False) -> Actor:
    return Actor(
        "key:x", role, "so-xd", frozenset({"permits", "parcels"}), frozenset({"permits"}), "ab12" if bounded else None
    )


def _refusal(role: Role) -> type[RequestError]:
    """Who is not known must sign in; who is known may not."""
    return Unauthenticated if role is Role.PUBLIC else Forbidden


def test_everybody_sees_public_fields_of_public_rows_only(catalog: Catalog) -> None:
    for layer in catalog.layers.values():
        decision = decide(PUBLIC, Action.READ, layer)
        assert decision.pool == "public"
        assert not decision.everywhere and decision.area is None
        assert all(layer.field(name).access is Access.PUBLIC for name in decision.columns)
        assert decision.reason


def test_no_role_sees_restricted_fields(catalog: Catalog) -> None:
    for layer in catalog.layers.values():
        for role in Role:
            decision = decide(_actor(role), Action.READ, layer)
            assert all(layer.field(name).access is not Access.RESTRICTED for name in decision.columns)


def test_an_agency_sees_more_of_its_own_layers_only(catalog: Catalog) -> None:
    viewer = _actor(Role.VIEWER)
    for layer in catalog.layers.values():
        decision = decide(viewer, Action.READ, layer)
        if layer.id in viewer.reads:
            assert decision.everywhere and decision.pool == "staff"
        else:
            assert decision == public_decision(layer)


def test_the_pool_of_several_layers_is_the_one_that_may_read_each_of_them(catalog: Catalog) -> None:
    layers = catalog.layers
    assert pool_for(PUBLIC, layers.values()) == "public"
    assert pool_for(_actor(Role.VIEWER), layers.values()) == "staff"
    assert pool_for(_actor(Role.VIEWER), [layers["wards"]]) == "public"
    assert pool_of([]) == "public"


def test_an_agency_with_an_area_sees_more_inside_it_only(catalog: Catalog) -> None:
    decision = decide(_actor(Role.EDITOR, bounded=True), Action.READ, catalog.layers["permits"])
    assert (decision.everywhere, decision.area) == (False, Area("so-xd", "ab12"))


def test_restricted_fields_open_to_whom_they_were_opened_in_an_agency_that_owns_the_layer(catalog: Catalog) -> None:
    opened = frozenset({("permits", "applicants"), ("parcels", "holders")})
    for role in Role:
        actor = replace(_actor(role, bounded=True), restricted=opened)
        for layer in catalog.layers.values():
            right = role.of_agency and layer.id == "permits"  # it only reads parcels
            assert may(actor, Action.READ_RESTRICTED, layer) == right
            assert not may(_actor(role), Action.READ_RESTRICTED, layer)
            if not right:
                with pytest.raises(_refusal(role)):
                    decide(actor, Action.READ_RESTRICTED, layer)
                continue
            decision = decide(actor, Action.READ_RESTRICTED, layer)
            assert (decision.pool, decision.everywhere, decision.area) == ("keeper", False, Area("so-xd", "ab12"))
            assert {layer.field(name).group for name in decision.columns} == {"applicants"}
            assert all(layer.field(name).access is Access.RESTRICTED for name in decision.columns)


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.PUBLIC, ()),
        (Role.VIEWER, ()),
        (Role.EDITOR, (Action.EDIT,)),
        (Role.PUBLISHER, (Action.EDIT, Action.PUBLISH)),
        (Role.AUDITOR, ()),
        (Role.ADMIN, ()),
    ],
)
def test_only_owners_change_and_only_publishers_publish(
    catalog: Catalog, role: Role, allowed: tuple[Action, ...]
) -> None:
    for layer in catalog.layers.values():
        for action in (Action.EDIT, Action.PUBLISH):
            right = action in allowed and layer.id == "permits"
            assert may(_actor(role), action, layer) == right
            if right:
                assert decide(_actor(role), action, layer).pool == "staff"
            else:
                with pytest.raises(_refusal(role)):
                    decide(_actor(role), action, layer)


@pytest.mark.parametrize("role", list(Role))
def test_cases_are_read_by_who_decides_them_and_by_who_watches_over_all(catalog: Catalog, role: Role) -> None:
    for layer in catalog.layers.values():
        everywhere = role in (Role.AUDITOR, Role.ADMIN)
        right = everywhere or (role.of_agency and layer.id == "permits")
        assert may(_actor(role), Action.READ_CASES, layer) == right
        if right:
            assert decide(_actor(role), Action.READ_CASES, layer).everywhere
            assert decide(_actor(role, bounded=True), Action.READ_CASES, layer).everywhere is everywhere
        else:
            with pytest.raises(_refusal(role)):
                decide(_actor(role), Action.READ_CASES, layer)

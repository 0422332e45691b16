"""The one door of access."""

from __future__ import annotations

from gis.model.layer import Access, Catalog
from services.auth.actor import PUBLIC, Actor
from services.auth.policy import Action, decide


def test_everybody_sees_public_fields_of_public_rows_only(catalog: Catalog) -> None:
    for layer in catalog.layers.values():
        for actor in (PUBLIC, Actor("somebody", "some agency")):
            decision = decide(actor, Action.READ, layer)
            assert decision.pool == "public"
            assert decision.rows == layer.rows
            assert all(layer.field(name).access is Access.PUBLIC for name in decision.columns)
            assert decision.reason

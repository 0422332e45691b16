"""The one door: every answer of every channel asks here what the caller may see of a layer."""

from __future__ import annotations

from enum import StrEnum

from gis.model.access import Decision, public_decision
from gis.model.layer import Layer
from services.auth.actor import Actor


class Action(StrEnum):
    READ = "read"


def decide(actor: Actor, action: Action, layer: Layer) -> Decision:
    """What `actor` may see of `layer` for `action`: rows, columns, pool and the reason.

    Only reading is offered and nobody can sign in yet, so whoever asks gets what the layer shows to everybody.
    """
    del actor, action  # every combination of them is decided alike so far
    return public_decision(layer)

"""The one door: every answer of every channel asks here what the caller may see of a layer, and may do with it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from gis.errors import Forbidden, RequestError, Unauthenticated
from gis.model.access import Area, Decision, agency_decision, public_decision, restricted_decision
from gis.model.actor import Actor, Role
from gis.model.layer import Layer


class Action(StrEnum):
    """What is done with a layer. EDIT changes features; PUBLISH publishes, refuses and reverts changesets. READ_CASES reads
    the applications on which the features are decided; whoever may EDIT adds to those of its agency.

    READ_RESTRICTED reads holders and certificates. No role brings it: it is opened to one key or person of the agency that
    owns the layer. Nor do auditors and administrators have it: who checks the reading, or gives access, need not know.
    """

    READ = "read"
    READ_RESTRICTED = "read restricted fields of"
    EDIT = "edit"
    PUBLISH = "publish"
    READ_CASES = "read the cases of"


_ROLES = {
    Action.EDIT: (Role.EDITOR, Role.PUBLISHER),
    Action.PUBLISH: (Role.PUBLISHER,),
}


def decide(actor: Actor, action: Action, layer: Layer) -> Decision:
    """What `actor` may see of `layer` for `action`: columns, rows, pool and the reason. Where it may not at all:
    Unauthenticated for who did not sign in, Forbidden for others.

    Reading is never forbidden: whoever may see no more sees what the public sees.
    """
    if action is Action.READ:
        return _reading(actor, layer)
    if action is Action.READ_RESTRICTED:
        return _reading_restricted(actor, layer)
    if action is Action.READ_CASES:
        return _reading_cases(actor, layer)
    if actor.role not in _ROLES[action] or layer.id not in actor.owns:
        raise _forbidden(actor, action, layer)
    return agency_decision(layer, _area(actor), f"{actor.role} of {actor.agency}, which owns the layer")


def may(actor: Actor, action: Action, layer: Layer) -> bool:
    """Whether `decide` would allow it."""
    if action is Action.READ_RESTRICTED:
        return bool(_opened(actor, layer))
    if action is Action.READ_CASES:
        return _oversees(actor, layer) or (actor.role.of_agency and layer.id in actor.owns)
    return action is Action.READ or (actor.role in _ROLES[action] and layer.id in actor.owns)


def pool_of(decisions: Iterable[Decision]) -> str:
    """The pool whose role may read all of what was decided, for questions that ask several layers of one state."""
    return "staff" if any(decision.pool == "staff" for decision in decisions) else "public"


def pool_for(actor: Actor, layers: Iterable[Layer]) -> str:
    """The pool whose role may read all that `actor` may of the layers."""
    return pool_of(decide(actor, Action.READ, layer) for layer in layers)


def reports_of(actor: Actor) -> str | None:
    """The agency whose reports of citizens the caller reads whole and answers; None for who watches over all agencies, and
    sees of each report what everybody sees and what became of it. A key for single layers is for nothing else."""
    if actor.layers is None and actor.role in (Role.EDITOR, Role.PUBLISHER):
        return actor.agency
    if actor.layers is None and actor.role in (Role.AUDITOR, Role.ADMIN):
        return None
    if actor.role is Role.PUBLIC:
        raise Unauthenticated(
            "Sign in with a key of the agency that answers the reports.",
            "Hãy đăng nhập bằng khoá của cơ quan xử lý phản ánh.",
        )
    raise Forbidden(
        f"The role {actor.role} does not answer reports; editors and publishers of an agency do.",
        f"Vai trò {actor.role} không xử lý phản ánh; việc này dành cho người sửa, người công bố của cơ quan.",
    )


def _reading(actor: Actor, layer: Layer) -> Decision:
    if _oversees(actor, layer):
        return agency_decision(layer, None, f"{actor.role} reads the fields of all agencies")
    if actor.role.of_agency and layer.id in actor.reads:
        return agency_decision(layer, _area(actor), f"{actor.role} of {actor.agency}, which has the layer")
    return public_decision(layer)


def _reading_cases(actor: Actor, layer: Layer) -> Decision:
    """Cases are read by the agencies that decide them, inside their area, and by those who watch over all."""
    if not may(actor, Action.READ_CASES, layer):
        raise _forbidden(actor, Action.READ_CASES, layer)
    if _oversees(actor, layer):
        return agency_decision(layer, None, f"{actor.role} reads the cases of all agencies")
    return agency_decision(layer, _area(actor), f"{actor.role} of {actor.agency}, which decides on them")


def _oversees(actor: Actor, layer: Layer) -> bool:
    return actor.role in (Role.AUDITOR, Role.ADMIN) and (actor.layers is None or layer.id in actor.layers)


def _reading_restricted(actor: Actor, layer: Layer) -> Decision:
    """The refusal tells nothing of the feature, nor whether the layer has such fields."""
    groups = _opened(actor, layer)
    if not groups:
        raise _restricted(actor, layer)
    return restricted_decision(layer, groups, _area(actor), f"{actor.id} was given {', '.join(sorted(groups))}")


def _opened(actor: Actor, layer: Layer) -> frozenset[str]:
    """The groups of restricted fields that the caller may read."""
    if not (actor.role.of_agency and layer.id in actor.owns):
        return frozenset()
    return frozenset(group for of_layer, group in actor.restricted if of_layer == layer.id)


def _area(actor: Actor) -> Area | None:
    return Area(actor.agency, actor.area) if actor.agency and actor.area else None


def _restricted(actor: Actor, layer: Layer) -> RequestError:
    en = (
        f"Restricted fields of '{layer.id}' open only to a key or person of the agency that owns the layer to whom they "
        "were opened by name."
    )
    vi = f"Dữ liệu hạn chế của '{layer.id}' chỉ mở cho khoá hoặc người của cơ quan quản lý đã được cấp quyền đích danh."
    if actor.role is Role.PUBLIC:
        return Unauthenticated(
            f"{en} Sign in with such a key or account.", f"{vi} Hãy đăng nhập bằng khoá hoặc tài khoản đó."
        )
    return Forbidden(en, vi)


def _forbidden(actor: Actor, action: Action, layer: Layer) -> RequestError:
    if actor.role is Role.PUBLIC:
        return Unauthenticated(
            f"Sign in with a key of the agency that owns '{layer.id}' to {action} it.",
            f"Hãy đăng nhập bằng khoá của cơ quan quản lý '{layer.id}' để thực hiện việc này.",
        )
    return Forbidden(
        f"The role {actor.role} may not {action} '{layer.id}'"
        + ("." if layer.id in actor.owns else f": {actor.agency or 'it'} does not own the layer."),
        f"Vai trò {actor.role} không được thực hiện việc này trên '{layer.id}'.",
    )

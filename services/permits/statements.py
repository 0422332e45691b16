"""What an application states beside what data tell: what differs, and what only the application says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from shapely.geometry.base import BaseGeometry

from gis.rules.account import Front, RoadPart, road_part
from gis.rules.stated import OF_RECORD
from gis.rules.themes import Theme
from services.permits.answer import Object, number
from services.permits.application import Application

FRONTAGES = "frontages"
_SAME = 0.1
"""Widths and lengths of roads (m) that differ by less are the same: applicants round them."""


def stated_json(
    application: Application, known: Mapping[str, object], lot: BaseGeometry, themes: Mapping[str, Theme]
) -> Object:
    """What was stated, what was taken from data, where the two differ, and what data could tell but do not.

    Data come before statements, but fronting roads: these are a correction, and both are told.
    """
    facts: dict[str, Any] = dict(application.facts)
    record: dict[str, Any] = dict(known)
    contradicted = [name for name in sorted(known) if name in facts and facts[name] != known[name]]
    unrecorded = sorted(OF_RECORD & facts.keys() - known.keys())
    if application.frontages is not None:
        facts[FRONTAGES] = [{name: number(value) for name, value in one.items()} for one in application.frontages]
        road = road_part(lot, themes)
        if road.lines_known or road.fronts:
            record[FRONTAGES] = [_front(one) for one in road.fronts]
            contradicted += [FRONTAGES] if _differ(application.frontages, road) else []
        else:
            unrecorded.append(FRONTAGES)
    return {
        "facts": {name: number(value) for name, value in sorted(facts.items())},
        "on_record": {name: number(value) for name, value in sorted(record.items())},
        "contradicted": cast("Any", contradicted),
        "unrecorded": cast("Any", unrecorded),
    }


def _front(front: Front) -> dict[str, Any]:
    told = {"road": front.road, "width_m": front.width, "length_m": front.length}
    return {name: number(value) for name, value in told.items() if value is not None}


def _differ(told: Sequence[Mapping[str, Any]], road: RoadPart) -> bool:
    """Whether other roads, widths or frontages are told than data know."""
    known = {front.road: front for front in road.fronts}
    if {str(one["road"]) for one in told} != known.keys():
        return True
    return any(
        front.width is None
        or abs(front.width - one["width_m"]) >= _SAME
        or abs(front.length - one["length_m"]) >= _SAME
        for one in told
        for front in [known[str(one["road"])]]
    )

"""What an extract says, as the JSON that is sealed: of one parcel everything that the caller may know, and what nobody knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from gis.crs.registry import crs as crs_of
from gis.model.layer import Access, Catalog, Layer, Role
from gis.ops.corners import corners
from gis.ops.overlay import Standing
from gis.ops.table import Table
from gis.rules.account import Hit, RoadPart, Share, road_part, share, with_road_land
from gis.rules.roads import ROAD_FUNCTIONS
from gis.rules.situation import PENDING, complete, themes_of
from gis.rules.table import table_of
from gis.rules.themes import Theme
from gis.store.vicinity import Near, Vicinity
from services.ogc.datetimes import instant_text
from services.ogc.schemas import code_titles
from services.permits.extract_words import NOTICE, TITLE
from services.permits.lineage import Relation

type Object = dict[str, Any]

PARCELS, ZONES, PLANS, ROADS, BUILDINGS, PERMITS, WARDS = (
    "parcels", "zones", "plans", "road_lines", "buildings", "permits", "wards",
)  # fmt: skip

MOST_TOLD = 100
"""Features of one layer that are told one by one, the largest first; of the others, how many there are."""

REVISED = "REVISING"
"""The state of a plan that holds until what it is being changed to is approved."""

_TIMES = ("valid_from", "valid_to", "valid_from_known", "changeset")
_LIMITS = ("far_max", "far_min", "coverage_max", "coverage_min", "storeys_max", "storeys_min", "height_max")


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """What an extract is made from. `parcel`: the row of the parcel as the caller may see it, `lot` its outline.

    `at` is the instant that the extract tells, `view` for whom it is (`public`, or what tells apart what agencies see).
    `linked`: by layer, what has no place and names the parcel by its numbers.
    """

    parcel: Mapping[str, Any]
    lot: Any
    vicinity: Vicinity
    at: datetime
    view: str
    relations: Sequence[Relation]
    linked: Mapping[str, Table] = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False)
class _Account:
    """The layers with what each takes of the lot, and the lot's area in m2."""

    catalog: Catalog
    language: str
    area: float
    shares: Mapping[str, Share]
    themes: Mapping[str, Theme]
    near: Mapping[str, Near]

    def percent(self, area: float) -> float:
        return round(100 * area / self.area, 1)


def content(subject: Subject, road: RoadPart, catalog: Catalog, language: str) -> Object:
    """The whole content but for its seal."""
    near = subject.vicinity.layers
    themes = themes_at(subject.vicinity)
    shares = {name: share(subject.lot, theme) for name, theme in themes.items()}
    if ROADS in shares:
        shares[ROADS] = with_road_land(shares[ROADS], road)
    account = _Account(catalog, language, float(subject.lot.area), shares, themes, near)
    zones, pending = _planning(account)
    return {
        "type": "parcel-extract",
        "title": TITLE[language],
        "notice": NOTICE[language],
        "language": language,
        "audience": "public" if subject.view == "public" else "agency",
        "datetime": instant_text(subject.at),
        "knownAt": None if subject.vicinity.known_at is None else instant_text(subject.vicinity.known_at),
        "dataVersion": subject.vicinity.changeset,
        "crs": crs_of(subject.vicinity.crs).uri,
        "parcel": _parcel(subject, account),
        "area": _areas(subject, account, road),
        "roadLand": _road_land(account, road),
        "planning": zones,
        "pendingPlans": pending,
        "themes": [_theme(subject, account, name) for name in themes],
        "lineage": [relation.member() for relation in subject.relations],
        **_for_agencies(subject, catalog),
    }


def themes_at(vicinity: Vicinity) -> Mapping[str, Theme]:
    """What is in force of every layer but the parcels, as the rules take it; of plans all, which tell their states."""
    found = dict(themes_of(vicinity.layers, str(vicinity.changeset)))
    plans = vicinity.layers.get(PLANS)
    if plans is not None:
        found[PLANS] = Theme(plans.found, complete(plans), str(vicinity.changeset))
    return {name: found[name] for name in vicinity.layers if name in found}


def road_of(subject: Subject) -> RoadPart:
    """What roads take of the lot."""
    return road_part(subject.lot, themes_of(subject.vicinity.layers, str(subject.vicinity.changeset)))


def _parcel(subject: Subject, account: _Account) -> Object:
    """The fields that are there, and the commune by name."""
    layer = account.catalog.layers[PARCELS]
    ward = _first(account, WARDS, "code", subject.parcel.get("commune"))
    return {
        "id": str(subject.parcel["id"]),
        "properties": _properties(layer, subject.parcel, account, skipped=(Role.LEGAL_AREA,)),
        "communeName": None if ward is None else ward.get("full_name") or ward.get("name"),
        **_times(subject.parcel),
    }


def _areas(subject: Subject, account: _Account, road: RoadPart) -> Object:
    layer = account.catalog.layers[PARCELS]
    measured = layer.with_role(Role.MEASURED_AREA)
    recorded = None if measured is None else subject.parcel.get(measured.name)
    conforming = max(account.area - road.area, 0.0)
    return {
        "drawn_m2": round(account.area, 1),
        "measured_m2": None if recorded is None else round(float(recorded), 1),
        "conforming_m2": round(conforming, 1),
        "conformingPercent": account.percent(conforming),
        "conformingKnown": not road.missing,
    }


def _road_land(account: _Account, road: RoadPart) -> Object:
    return {
        "standing": road.standing,
        "area_m2": round(road.area, 1),
        "percent": account.percent(road.area),
        "missing": [text[account.language] for text in road.missing],
        "fronts": [
            {"road": front.road, "frontage_m": round(front.length, 1), "width_m": front.width} for front in road.fronts
        ],
    }


def _planning(account: _Account) -> tuple[list[Object], list[Object]]:
    """The parts of the lot by zone in force, with the part that lies in none; and the plans that are not in force yet."""
    parts = []
    plans = {row["code"]: row for row, _ in _hit_rows(account, PLANS) if row.get("code")}
    for row, hit in _hit_rows(account, ZONES):
        plan = plans.get(row.get("plan"))
        if hit.area:
            parts.append(_zone(account, row, plan, hit))
    found = account.shares.get(ZONES)
    rest = account.area if found is None else found.bare
    if rest or not parts:
        unknown = found is None or found.unknown > 0
        standing = Standing.NO_DATA if unknown else Standing.NOT_CONCERNED
        parts.append({"zone": None, "standing": standing, "area_m2": round(rest, 1), "percent": account.percent(rest)})
    pending = [
        _plan(account, row) | _part(account, hit)
        for row, hit in _hit_rows(account, PLANS)
        if row.get("status") in PENDING
    ]
    return parts, pending


def _zone(account: _Account, row: Mapping[str, Any], plan: Mapping[str, Any] | None, hit: Hit) -> Object:
    limits = {name: row[name] for name in _LIMITS if row.get(name) is not None}
    return {
        "zone": row.get("code"),
        "id": str(row["id"]),
        "standing": Standing.CONCERNED,
        "function": _code(account, ZONES, "function", row),
        "functionAsRecorded": row.get("function_raw"),
        "limits": limits,
        # Coverage and floor area ratio are counted on what is left without road land: there the plan lacks nothing.
        **({"limitsApply": False} if row.get("function") in ROAD_FUNCTIONS else {}),
        "plan": {"code": row.get("plan")} if plan is None else _plan(account, plan),
        **_part(account, hit),
        **_times(row),
    }


def _plan(account: _Account, row: Mapping[str, Any]) -> Object:
    return {
        "code": row.get("code"),
        "name": row.get("name"),
        "kind": _code(account, PLANS, "kind", row),
        "status": _code(account, PLANS, "status", row),
        "adjusts": row.get("base_plan"),
        "decision": row.get("decision"),
        "decidedOn": _json(row.get("decided_on")),
        "authority": row.get("authority"),
        **_times(row),
    }


def _theme(subject: Subject, account: _Account, id: str) -> Object:
    found, near, layer = account.shares[id], account.near[id], account.catalog.layers[id]
    rows, linked = _hit_rows(account, id), _linked(subject, account, id)
    return {
        "layer": id,
        "title": layer.title[account.language],
        "standing": Standing.CONCERNED if linked else found.standing,
        "area_m2": round(found.area, 1),
        "percent": account.percent(found.area),
        "unknown_m2": round(found.unknown, 1),
        "numberMatched": len(found.hits) + len(linked),
        "features": [
            *(
                {
                    "id": str(row["id"]),
                    "properties": _properties(layer, row, account),
                    **_part(account, hit),
                    **_times(row),
                }
                for row, hit in rows[:MOST_TOLD]
            ),
            *linked[:MOST_TOLD],
        ],
        "coverage": _coverage(subject, near),
        "publicOnly": near.withheld,
        "owner": layer.owner,
        "licence": layer.licence,
    }


def _linked(subject: Subject, account: _Account, id: str) -> list[Object]:
    """What names the parcel and has no place: it takes no part of the lot that could be told."""
    table, layer = subject.linked.get(id), account.catalog.layers[id]
    rows = [] if table is None else [table.record(row) for row in range(len(table))]
    return [
        {"id": str(row["id"]), "properties": _properties(layer, row, account), "linkedBy": "number", **_times(row)}
        for row in rows
    ]


def _coverage(subject: Subject, near: Near) -> list[Object]:
    """What is declared of the ground under the lot."""
    here = near.declared_at(subject.lot)
    columns = [here.column(name) for name in ("level", "as_of", "agency")]
    told = {(level, _json(as_of), agency) for level, as_of, agency in zip(*columns, strict=True)}
    return [{"level": level, "asOf": as_of, "agency": agency} for level, as_of, agency in sorted(told, key=str)]


def _for_agencies(subject: Subject, catalog: Catalog) -> Object:
    """The legal area and the corners, where the parcel shows the fields of agencies."""
    layer = catalog.layers[PARCELS]
    inside = [f.name for f in layer.fields if f.access is Access.AGENCY and subject.parcel.get(f.name) is not None]
    if subject.view == "public" or not inside:
        return {}
    legal = layer.with_role(Role.LEGAL_AREA)
    return {
        "legalArea_m2": None if legal is None else subject.parcel.get(legal.name),
        "corners": [
            [
                {
                    "point": corner.number,
                    "x": round(corner.northing, 2),
                    "y": round(corner.easting, 2),
                    "edge_m": None if corner.edge is None else round(corner.edge, 2),
                }
                for corner in ring
            ]
            for ring in corners(subject.lot)
        ],
    }


def _hit_rows(account: _Account, layer: str) -> list[tuple[Mapping[str, Any], Hit]]:
    """The features of a layer that the lot meets, the largest parts first."""
    if layer not in account.shares:
        return []
    features = table_of(account.themes[layer].features)
    return [(features.record(hit.feature), hit) for hit in account.shares[layer].hits]


def _first(account: _Account, id: str, name: str, value: object) -> Mapping[str, Any] | None:
    return next((row for row, _ in _hit_rows(account, id) if value is not None and row.get(name) == value), None)


def _part(account: _Account, hit: Hit) -> Object:
    return {"area_m2": round(hit.area, 1), "percent": account.percent(hit.area)}


def _properties(
    layer: Layer, row: Mapping[str, Any], account: _Account, skipped: tuple[Role, ...] = ()
) -> dict[str, Any]:
    """The fields that have a value, and the titles of codes beside them."""
    return dict(_told(layer, row, account, skipped))


def _told(
    layer: Layer, row: Mapping[str, Any], account: _Account, skipped: tuple[Role, ...]
) -> Iterator[tuple[str, Any]]:
    for field in layer.fields:
        value = row.get(field.name)
        if value is None or field.role in skipped:
            continue
        yield field.name, _json(value)
        titles = code_titles(account.catalog, field, account.language)
        if isinstance(value, str) and value in titles:
            yield f"{field.name}_title", titles[value]


def _code(account: _Account, layer: str, name: str, row: Mapping[str, Any]) -> Object | None:
    value = row.get(name)
    if value is None:
        return None
    titles = code_titles(account.catalog, account.catalog.layers[layer].field(name), account.language)
    return {"code": value, "title": titles.get(value, value)}


def _times(row: Mapping[str, Any]) -> Object:
    """When it is in force, and by which changeset that was recorded; nothing for a row that does not tell."""
    if row.get("changeset") is None:
        return {}
    return {
        "validFrom": _json(row.get("valid_from")),
        "validTo": _json(row.get("valid_to")),
        "validFromKnown": row.get("valid_from_known"),
        "changeset": row["changeset"],
    }


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, list | tuple) else value

"""A permit check: from a question to the findings, the verdict and what the law adds to them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import cast
from zoneinfo import ZoneInfo

import numpy as np
from shapely.geometry.base import BaseGeometry

from gis.errors import Forbidden, InvalidParameter, Unauthenticated
from gis.formats.sheet_map import window_of
from gis.model.access import Decision
from gis.model.actor import Role
from gis.model.layer import Layer, Text
from gis.model.verdict import attest, judge
from gis.ops.table import objects
from gis.ops.tangles import refuse_tangles
from gis.rules.account import road_part
from gis.rules.columns import EXISTING, FOOTPRINT, FRONTAGES, TOWER
from gis.rules.distance import reach_of
from gis.rules.evaluate import Findings, evaluate
from gis.rules.findings import findings_of
from gis.rules.lot import area_of, away_from, case_table, functions_of, inside, weakest_level
from gis.rules.situation import PLANS, ROAD_REACH, ROADS, ZONES, case_of, themes_of
from gis.rules.standing import BUILDINGS
from gis.rules.stated import OWN_INPUTS
from gis.rules.themes import theme_rules
from gis.rules.vocabulary import Domain
from gis.store import regulations
from gis.store.cases import inside_sql
from gis.store.pools import Snapshot
from gis.store.regulations import Known
from gis.store.vicinity import Moment, Near, Vicinity, vicinity
from services.auth.policy import Action, decide, may, pool_for
from services.permits.answer import Checked, Object, Pins, number
from services.permits.application import Application, read_application
from services.permits.around import deadline_of, dossier_of, office_of
from services.permits.communes import former_name
from services.permits.fact_codes import Codes, codes_of, refuse_strange_codes
from services.permits.inputs import SPLIT
from services.permits.lot_map import DRAWN, Scene, around
from services.permits.selector import PARCELS, Parcel, find_parcel
from services.permits.stands import stands
from services.permits.statements import stated_json
from services.processes.moments import since_today
from services.processes.process import Call, Json

PERMITS, WARDS = "permits", "wards"
"""The owners of the layer of permits decide on applications."""

_FAR = 1_000.0
"""A building drawn so far (m) from its lot is a mistake of coordinates."""


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """What one state of the database holds for a question. `on`: the local day of `at`, whose rules and codes hold."""

    lot: BaseGeometry
    parcel: Parcel | None
    near: Vicinity
    rules: Known
    at: datetime
    on: date
    codes: Codes
    former: str | None
    scene: Scene | None = None


async def check(call: Call, inputs: Mapping[str, Json], *, drawn: bool = False) -> Checked:
    """The answer to what the inputs ask, as the caller may know it; if it is `drawn`, with what its map shows.

    InvalidParameter and InvalidCrs name the input that is wrong; NotFound and AmbiguousParcel are about the parcel; Forbidden and
    Unauthenticated for attestations of anybody but officers, on a lot of their area.
    """
    application = await asyncio.to_thread(read_application, inputs, call.catalog.territory)
    _refuse_attestations(call, application)
    read = await _read(call, application, drawn=drawn)
    if application.attestations:
        await _refuse_outside(call, read.lot)
    return await asyncio.to_thread(_checked, call, application, read, inputs)


def allow_attesting(call: Call) -> None:
    """Forbidden or Unauthenticated for all but officers of the agency that owns the permits."""
    if not may(call.actor, Action.EDIT, call.catalog.layers[PERMITS]):
        raise (Unauthenticated if call.actor.role is Role.PUBLIC else Forbidden)(
            "attestations: only officers of the agency that owns the permits may attest a finding.",
            "attestations: chỉ cán bộ của cơ quan quản lý giấy phép mới được xác nhận.",
            where="attestations",
        )


def _refuse_attestations(call: Call, application: Application) -> None:
    """Only officers of the agency that owns the permits may say what data do not, of days that have come."""
    if application.attestations:
        allow_attesting(call)
    today = datetime.now(ZoneInfo(call.catalog.territory.time_zone)).date()
    for place, one in enumerate(application.attestations):
        if one.on > today:
            raise InvalidParameter(
                f"attestations: {one.on} is still to come; give the day on which it was attested.",
                f"attestations: ngày {one.on:%d/%m/%Y} chưa đến; hãy ghi ngày đã xác nhận.",
                where=f"attestations/{place}/on",
            )


async def _refuse_outside(call: Call, lot: BaseGeometry) -> None:
    """An officer attests where the agency decides, nowhere else."""
    access = decide(call.actor, Action.EDIT, call.catalog.layers[PERMITS])
    async with call.keeper.transaction() as transaction:
        row = await transaction.row(inside_sql(lot, access, call.catalog.territory.storage_crs))
    if row is None or not row["inside"]:
        raise Forbidden(
            "attestations: the lot lies outside the area of your agency; officers of that area attest there.",
            "attestations: lô đất nằm ngoài phạm vi của cơ quan bạn; việc xác nhận thuộc cán bộ quản lý địa bàn đó.",
            where="attestations",
        )


async def _read(call: Call, application: Application, *, drawn: bool) -> _Read:
    async with call.pools.reading(pool_for(call.actor, call.catalog.layers.values())) as source:
        read = await read_from(call, source, application)
        return replace(read, scene=await _scene(call, source, read, application)) if drawn else read


async def read_from(call: Call, source: Snapshot, application: Application) -> _Read:
    """What the database holds for the question; all that a check asks of it."""
    moment = Moment(application.moment.at or datetime.now(UTC), application.moment.known)
    territory, parcel = call.catalog.territory, None
    if application.selector is not None:
        parcel = await find_parcel(call, source, application.selector, moment)
    lot = parcel.lot if parcel is not None else cast("BaseGeometry", application.lot)
    await asyncio.to_thread(_refuse_unlikely, application, lot)
    rules = await regulations.known(source, moment.known)
    wanted = wanted_layers(call, rules)
    own = reach_of(rules.regulations.packs.packs, BUILDINGS, lot, objects([application.footprint, application.tower]))
    reach = {layer.id: own if layer.id == BUILDINGS else ROAD_REACH for layer, _ in wanted}
    near = await vicinity(source, wanted, lot, reach, moment)
    former = await _former(call, source, parcel, moment)
    at = application.moment.at or since_today(near, territory, *_begun(parcel, near))
    on = at.astimezone(ZoneInfo(territory.time_zone)).date()
    codes = await codes_of(source, application.facts, rules.regulations.districts, territory, on, moment.known)
    return _Read(lot, parcel, near, rules, at, on, codes, former)


async def _scene(call: Call, source: Snapshot, read: _Read, application: Application) -> Scene:
    """What the map shows, read at the pins of the answer: asked again with them, it is the same map. None of it changes the
    answer."""
    planned = [shape for shape in (application.footprint, application.tower) if shape is not None]
    window = window_of(read.lot, *planned)
    wanted = [
        (layer, decide(call.actor, Action.READ, layer)) for name, layer in call.catalog.layers.items() if name in DRAWN
    ]
    found = await around(source, wanted, read.lot, window.reach, Moment(read.at, _known_at(read)))
    near = found.near
    road = road_part(read.lot, themes_of(near.layers, str(near.changeset)))
    own = "" if read.parcel is None else read.parcel.id
    return Scene(read.lot, road.land, own, near, window, planned, crowded=found.crowded)


async def _former(call: Call, source: Snapshot, parcel: Parcel | None, moment: Moment) -> str | None:
    """The name of the parcel's former commune: districts are history, and some rules are theirs."""
    code = None if parcel is None else parcel.properties.get("commune_old")
    return None if code is None else await former_name(call, source, str(code), moment.known)


def _begun(parcel: Parcel | None, near: Vicinity) -> list[datetime]:
    """Since when the parcel is as it is; it is read apart from what is near."""
    if parcel is None:
        return []
    begun = parcel.properties.get("valid_from")
    return [begun if isinstance(begun, datetime) else near.instant]


def wanted_layers(call: Call, rules: Known) -> list[tuple[Layer, Decision]]:
    """The layers that the rules read, what stands there, and the wards."""
    themes = {place.theme for _, _, place in theme_rules(rules.regulations.packs.packs)}
    names = {*themes, ZONES, ROADS, PLANS, WARDS, BUILDINGS}
    return [
        (layer, decide(call.actor, Action.READ, layer)) for name, layer in call.catalog.layers.items() if name in names
    ]


def _refuse_unlikely(application: Application, lot: BaseGeometry) -> None:
    """Shapes that lie elsewhere, and those that cannot be laid over the lot or each other."""
    drawn = objects([lot, application.footprint, application.tower])
    refuse_tangles(drawn[[0]], drawn[[1]], "footprint")
    refuse_tangles(drawn[[0, 1]], drawn[[2, 2]], "tower")
    for name in ("footprint", "tower"):
        shape: BaseGeometry | None = getattr(application, name)
        away = 0.0 if shape is None else away_from(lot, shape)
        if away > _FAR:
            raise InvalidParameter(
                f"{name}: lies {away / 1000:,.1f} km from the lot; check its coordinates and 'crs'.",
                f"{name}: cách lô đất {away / 1000:.1f} km; hãy kiểm tra toạ độ và 'crs'.",
                where=name,
            )


def _checked(call: Call, application: Application, read: _Read, inputs: Mapping[str, Json]) -> Checked:
    """Everything that needs no database; it takes a few milliseconds of a processor."""
    near, packs = read.near, read.rules.regulations.packs
    refuse_strange_codes(application.facts, read.codes)
    known, commune = _known(call, read), _commune(read)
    themes = themes_of(near.layers, str(near.changeset))
    place = _standing(application, read)
    judged = None if split_of_parcel(application.facts, read.parcel) else read.lot
    cases = case_table(_case(application, known), judged, near.crs)
    findings = evaluate(cases, themes, packs, read.on)
    told, unused = attest(findings_of(findings, 0), application.attestations, OWN_INPUTS)
    return Checked(
        findings=told,
        judgement=judge(told),
        unused=unused,
        pins=Pins(_data_version(read), packs.version, read.at, _known_at(read)),
        place=_place(read, findings, commune) | place,
        stated=stated_json(application, known, read.lot, themes),
        layers=[_layer(one, read.lot, near.changeset) for one in near.layers.values()],
        law=_law(read, application, findings, read.on, commune),
        inputs=inputs,
        scene=read.scene,
    )


def split_of_parcel(facts: Mapping[str, object], parcel: object) -> bool:
    """Whether a split is asked of a parcel as a whole: rules judge the plots that result, and the parcel is none of them."""
    return facts.get("works") == SPLIT and parcel is not None


def _standing(application: Application, read: _Read) -> Object:
    told = stands(read.near.layers.get(BUILDINGS), read.lot, application.existing)
    return {} if told is None else {"buildings": cast("Json", told)}


def _known(call: Call, read: _Read) -> dict[str, object]:
    """What data tell of the case."""
    row = {} if read.parcel is None else read.parcel.properties
    districts = read.rules.regulations.districts
    return case_of(call.catalog.layers[PARCELS], row, read.former, districts, call.catalog.territory.id)


def _case(application: Application, known: Mapping[str, object]) -> dict[str, object]:
    """The columns of the case: data on record come before what was stated."""
    more = {
        FOOTPRINT: application.footprint,
        TOWER: application.tower,
        FRONTAGES: application.frontages,
        EXISTING: application.existing,
    }
    return {"id": "case", **application.facts, **known, **{k: v for k, v in more.items() if v is not None}}


def _data_version(read: _Read) -> int:
    """The last changeset of the layers that were read, the parcel's among them."""
    return read.near.changeset if read.parcel is None else max(read.near.changeset, read.parcel.changeset)


def _known_at(read: _Read) -> datetime:
    """The moment of knowledge that gives the same answer again: of the last change on which it rests."""
    times = [
        read.rules.committed_at,
        read.codes.known_at,
        read.near.known_at,
        None if read.parcel is None else read.parcel.known_at,
    ]
    return max(time for time in times if time is not None)


_NUMBERS = ("sheet", "parcel", "document_series", "commune", "commune_old", "street")


def _place(read: _Read, findings: Findings, commune: Text | None) -> Object:
    numbers = findings.facts.rows[Domain.CASE].numbers
    taken, conforming = numbers["in_road_m2"].known[0], numbers["area_conforming"].known[0]
    told: Object = {
        "drawn_m2": number(area_of(read.lot)),
        "in_road_m2": None if np.isnan(taken) else number(float(taken)),
        "conforming_m2": None if np.isnan(conforming) else number(float(conforming)),
        "commune": None if commune is None else commune.both(),
    }
    if read.parcel is not None:
        row = read.parcel.properties
        told["parcel"] = {"id": read.parcel.id, **{name: row[name] for name in _NUMBERS if row.get(name) is not None}}
        told["notes"] = [note.both() for note in read.parcel.notes]
    return {name: value for name, value in told.items() if value is not None}


def _commune(read: _Read) -> Text | None:
    """The ward that most of the lot lies in."""
    wards = read.near.layers.get(WARDS)
    rows = [] if wards is None else inside(read.lot, wards.found)
    if wards is None or not rows:
        return None
    row = wards.found.record(rows[0])
    name = row.get("full_name") or row.get("name")
    return None if name is None else Text(str(name), str(row.get("name_en") or name))


def _layer(near: Near, lot: BaseGeometry, changeset: int) -> Object:
    """What was read of a layer, and how far its data are complete on the lot."""
    level, since = weakest_level(lot, near.declared_at(lot))
    return {
        "id": near.layer.id,
        "title": near.layer.title.both(),
        "version": str(changeset),
        "coverage": level or "undeclared",
        "asOf": since.isoformat() if isinstance(since, date) else None,
    }


def _law(
    read: _Read, application: Application, findings: Findings, on: date, commune: Text | None
) -> Mapping[str, Object]:
    law = read.rules.regulations
    functions = functions_of(findings.facts.rows[Domain.ZONE])
    return {
        "dossier": dossier_of(law.dossier, application),
        "office": office_of(law.offices, application, on, functions, commune),
        "deadline": deadline_of(law.procedure, application, on),
    }

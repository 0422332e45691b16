"""A parcel that is searched for by its numbers, as people write them: `thửa 345 tờ 12 phường Bến Thành`, and a house by its."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import orjson

from gis.catalog.names import fold
from gis.model.filter import ACCENTI, CASEI, LIKE, OR, Call, Node, Property, Value, among, conjunction
from gis.model.layer import Field, Layer, Role
from gis.model.notation import HouseNotation, ParcelNotation, spellings
from gis.model.query import ItemQuery
from gis.model.units import unit_within
from gis.store.items import page_sql
from services.auth.policy import Action, decide
from services.ogc.ask import Ask
from services.ogc.feature_answers import encoded, found
from services.ogc.search_wards import BEFORE, has_units, held
from services.ogc.selecting import every_word

SHEET, PARCEL, ADDRESS = "sheet", "parcel", "address"
_MOST_WARDS = 50
_NAMES = ("name", "full_name")
_WORD = re.compile(r"[^\s,;()]+")


def numbered(layer: Layer) -> bool:
    """Its features are called by sheet and number."""
    return SHEET in layer and PARCEL in layer


async def parcel_filter(asked: Ask, layer: Layer, query: ItemQuery, said: ParcelNotation) -> Node:
    """What a notation asks of the parcels of `layer`, at the times of the `query`.

    Besides the numbers, the place is looked for in the wards of those times with what they were formed from, and in the
    wards as they were before 1 July 2025, with their districts: sheets are numbered within those. Of a place that is no
    ward nothing is asked, so that a street does not hide the parcel.
    """
    sheet = among(SHEET, spellings(said.sheet)) if said.sheet else None
    lies = await _lies(asked, layer, query, said.place) if said.place else None
    asked_for = conjunction(among(PARCEL, spellings(said.parcel)), sheet, lies)
    assert asked_for is not None
    return asked_for


def house_filter(said: HouseNotation) -> Node:
    """What has an address that begins with this number and street, in any case and accents."""
    escaped = f"{said.number} {said.street}".replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return Call(LIKE, (_folded(Property(ADDRESS)), _folded(Value(f"{escaped}%"))))


def _folded(node: Node) -> Node:
    return Call(CASEI, (Call(ACCENTI, (node,)),))


async def _lies(asked: Ask, layer: Layer, query: ItemQuery, place: str) -> Node | None:
    """That a parcel lies in a ward that the place names; the ward of before the reform says it best."""
    commune = next((f for f in layer.fields if f.role is Role.COMMUNE and f.references), None)
    former = layer.with_role(Role.COMMUNE_OLD)
    if commune is None:
        return None
    named = await _named(asked, (commune, former), query, place)
    if named is not None:
        return named
    today = await _wards(asked, commune, query, place)
    then = await _wards(asked, commune, replace(query, at=BEFORE), place) if former else {}
    if then:  # what today's wards were formed from is told better by the former wards themselves
        today = {code: called for code, called in today.items() if _calls(called, place)}
    return _in_wards((commune, [*today]), (former, [*then]))


async def _named(asked: Ask, fields: tuple[Field, Field | None], query: ItemQuery, place: str) -> Node | None:
    """That it lies in the ward or district that the place says to be one (`P.1 Q.10`); None where there is none."""
    commune, former = fields
    said = unit_within(place)
    wards = asked.services.catalog.layers[commune.references.layer] if commune.references else None
    if said is None or wards is None or not has_units(wards):
        return None
    unit = await held(asked, wards, replace(query, bbox=None), said)
    then = unit.then if former else ()
    today = unit.own if then else (*unit.own, *unit.formers)  # the former wards tell better where a parcel lies
    return _in_wards((commune, today), (former, then))


def _in_wards(*named: tuple[Field | None, Sequence[str]]) -> Node | None:
    """That one of the fields has one of its codes; None where there are none."""
    ways = [among(field.name, codes) for field, codes in named if field and codes]
    return ways[0] if len(ways) == 1 else Call(OR, tuple(ways)) if ways else None


def _calls(called: str, place: str) -> bool:
    """Whether all words of the place stand in what a ward is called."""
    words = set(map(fold, _WORD.findall(called)))
    return words.issuperset(map(fold, place.split()))


async def _wards(asked: Ask, commune: Field, times: ItemQuery, place: str) -> dict[str, str]:
    """Codes of the wards, at the times of the question, of which all words of the place are told, with what they are called.

    The last word may be unfinished, unless some ward has it whole.
    """
    assert commune.references is not None
    layer = asked.services.catalog.layers[commune.references.layer]
    decision = decide(asked.actor, Action.READ, layer)
    query = ItemQuery(layer.id, limit=_MOST_WARDS, at=times.at, known=times.known, terms=every_word(place))
    row = found(await asked.services.pools.row(page_sql(layer, query, decision), decision.pool))
    name = commune.references.fields[0]
    wards = [feature["properties"] for feature in orjson.loads(b"[%b]" % encoded(row["features"]))]
    whole = [ward for ward in wards if _calls(_told(ward, *_NAMES, "formed_from"), place)]  # `phường 1` is not 12
    return {ward[name]: _told(ward, *_NAMES) for ward in whole or wards}


def _told(ward: Mapping[str, object], *names: str) -> str:
    return " ".join(str(ward.get(name) or "") for name in names)

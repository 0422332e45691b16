"""A parcel that is searched for by its numbers, as people write them: `thửa 345 tờ 12 phường Bến Thành`, and a house by its."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson

from gis.catalog.names import fold
from gis.model.filter import ACCENTI, CASEI, LIKE, OR, Call, Node, Property, Value, among, conjunction
from gis.model.layer import Field, Layer, Role
from gis.model.notation import HouseNotation, ParcelNotation, spellings
from gis.model.query import ItemQuery
from gis.store.items import page_sql
from services.auth.policy import Action, decide
from services.ogc.ask import Ask
from services.ogc.feature_answers import encoded, found
from services.ogc.selecting import every_word

SHEET, PARCEL, ADDRESS = "sheet", "parcel", "address"
_MOST_WARDS = 50
_NAMES = ("name", "full_name")
_WORD = re.compile(r"[^\s,;()]+")
_REFORM = datetime(2025, 6, 30, 17, tzinfo=UTC)
_BEFORE = _REFORM - timedelta(microseconds=1)
"""The last instant of the units of before 1 July 2025 (Resolution 1685/NQ-UBTVQH15), by the clock of Việt Nam."""


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
    today = await _wards(asked, commune, query, place)
    then = await _wards(asked, commune, replace(query, at=_BEFORE), place) if former else {}
    if then:  # what today's wards were formed from is told better by the former wards themselves
        today = {code: called for code, called in today.items() if _calls(called, place)}
    ways = [among(field.name, codes) for field, codes in ((commune, today), (former, then)) if field and codes]
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

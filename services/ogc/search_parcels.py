"""A parcel that is searched for by its numbers, as people write them: `thửa 345 tờ 12 phường Bến Thành`."""

from __future__ import annotations

import orjson

from gis.model.filter import Node, among, conjunction
from gis.model.layer import Field, Layer, Role
from gis.model.notation import ParcelNotation, spellings
from gis.model.query import ItemQuery
from gis.store.items import page_sql
from services.auth.policy import Action, decide
from services.ogc.ask import Ask
from services.ogc.feature_answers import encoded, found
from services.ogc.selecting import every_word

SHEET, PARCEL = "sheet", "parcel"
_MOST_WARDS = 50


def numbered(layer: Layer) -> bool:
    """Its features are called by sheet and number."""
    return SHEET in layer and PARCEL in layer


async def parcel_filter(asked: Ask, layer: Layer, query: ItemQuery, said: ParcelNotation) -> Node:
    """What a notation asks of the parcels of `layer`, at the times of the `query`.

    Besides the numbers, the place is looked for in the wards of those times with what they were formed from. Of a place
    that is no ward nothing is asked, so that a street or a former district does not hide the parcel.
    """
    sheet = among(SHEET, spellings(said.sheet)) if said.sheet else None
    wanted = [among(PARCEL, spellings(said.parcel)), sheet]
    commune = next((f for f in layer.fields if f.role is Role.COMMUNE and f.references), None)
    if commune is not None and said.place:
        codes = await _wards(asked, commune, query, said.place)
        wanted += [among(commune.name, codes)] if codes else []
    asked_for = conjunction(*wanted)
    assert asked_for is not None
    return asked_for


async def _wards(asked: Ask, commune: Field, times: ItemQuery, place: str) -> list[str]:
    """Codes of the wards, at the times of the question, of which all words of the place are told."""
    assert commune.references is not None
    layer = asked.services.catalog.layers[commune.references.layer]
    decision = decide(asked.actor, Action.READ, layer)
    query = ItemQuery(layer.id, limit=_MOST_WARDS, at=times.at, known=times.known, terms=every_word(place))
    row = found(await asked.services.pools.row(page_sql(layer, query, decision), decision.pool))
    name = commune.references.fields[0]
    return [feature["properties"][name] for feature in orjson.loads(b"[%b]" % encoded(row["features"]))]

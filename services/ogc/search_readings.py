"""The ways to understand what somebody types to search for: numbers of a parcel, a house, or words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gis.errors import InvalidParameter
from gis.model.access import Decision
from gis.model.layer import Layer, Text
from gis.model.notation import HouseNotation, house_notation, parcel_notation
from gis.model.query import ItemQuery, Match, Typed
from services.auth.policy import Action, decide
from services.ogc.ask import Ask
from services.ogc.parameters import item_query
from services.ogc.search_parcels import ADDRESS, house_filter, numbered, parcel_filter
from services.ogc.selecting import every_word


@dataclass(frozen=True, slots=True)
class Arm:
    """What is found so well in one collection."""

    layer: Layer
    decision: Decision
    query: ItemQuery
    match: Match


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand the text; `street`: a house is looked for by its street, for its number is not to be found."""

    arms: list[Arm]
    street: HouseNotation | None = None


async def readings_of(asked: Ask, layers: Sequence[Layer]) -> list[Reading]:
    """The ways to understand the text, the surest first; each has all collections, but for the one of addresses."""
    named = await _named(asked, layers)
    if named:
        return [Reading(named)]
    text = asked.parameters.get("q")
    if text is None:
        raise InvalidParameter(
            "q: missing; write what to search for.", "q: thiếu; hãy ghi nội dung cần tìm.", where="q"
        )
    found = [Reading(_arms(asked, layers, text))]
    house = house_notation(text)
    if house is not None:
        housed = _housed(asked, layers, house)
        found = [*([Reading(housed)] if housed else []), *found]
        street = f"{house.alley}, {house.street}" if house.alley else house.street
        found.append(Reading(_arms(asked, layers, street), house))
    return found


def _arms(asked: Ask, layers: Sequence[Layer], text: str) -> list[Arm]:
    """What is looked for by words, in the order of the answer."""
    territory = asked.services.catalog.territory
    terms = every_word(text)
    texts = tuple(part.strip() for part in text.split(",") if part.strip())
    plain = _plain(asked)
    found: list[Arm] = []
    for match in Match:
        for layer in layers:
            decision = decide(asked.actor, Action.READ, layer)
            query = replace(item_query(plain, layer, decision, territory), terms=terms, typed=Typed(texts, match))
            found.append(Arm(layer, decision, query, match))
    return found


def _housed(asked: Ask, layers: Sequence[Layer], said: HouseNotation) -> list[Arm]:
    """What has the address of a house, in the collections whose addresses the caller sees."""
    plain = _plain(asked)
    arms: list[Arm] = []
    for layer in layers:
        decision = decide(asked.actor, Action.READ, layer)
        if ADDRESS in decision.columns:
            query = item_query(plain, layer, decision, asked.services.catalog.territory)
            arms.append(Arm(layer, decision, replace(query, filter=house_filter(said)), Match.EXACT))
    return arms


async def _named(asked: Ask, layers: Sequence[Layer]) -> list[Arm]:
    """The parcels that the text names by their numbers, where it does; they are not looked for by words as well."""
    said = parcel_notation(asked.parameters.get("q", ""))
    plain = _plain(asked)
    arms: list[Arm] = []
    for layer in filter(numbered, layers if said else ()):
        assert said is not None
        decision = decide(asked.actor, Action.READ, layer)
        query = item_query(plain, layer, decision, asked.services.catalog.territory)
        wanted = await parcel_filter(asked, layer, query, said)
        arms.append(Arm(layer, decision, replace(query, filter=wanted), Match.EXACT))
    return arms


def _plain(asked: Ask) -> dict[str, str]:
    """The parameters of the question to each collection. A page for people tells no geometries."""
    plain = {name: value for name, value in asked.parameters.items() if name not in ("q", "cursor")}
    return plain | {"skipGeometry": "true"} if asked.html else plain


def read_as(asked: Ask, house: HouseNotation) -> dict[str, str]:
    """What was looked for in place of a house."""
    note = Text(
        f"Không tìm được số nhà {house.number}; kết quả theo tên hẻm, tên đường.",
        f"House number {house.number} was not found; these are results by alley and street.",
    )
    return {"houseNumber": house.number, "street": house.street, "note": asked.say(note)}

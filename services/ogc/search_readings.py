"""The ways to understand what somebody types to search for: numbers of a parcel, a house, or words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from gis.errors import InvalidParameter
from gis.model.access import Decision
from gis.model.filter import NOT, Call, among
from gis.model.layer import Layer, Text
from gis.model.notation import HouseNotation, house_notation, parcel_notation
from gis.model.query import ItemQuery, Match, Phrase, Typed
from gis.model.streets import day_spellings, street_spellings
from gis.model.units import UnitNotation, unit_notation
from services.auth.policy import Action, decide
from services.ogc.ask import Ask
from services.ogc.parameters import item_query
from services.ogc.search_parcels import ADDRESS, house_filter, numbered, parcel_filter
from services.ogc.search_wards import Held, has_units, held, note
from services.ogc.selecting import every_word


@dataclass(frozen=True, slots=True)
class Arm:
    """What is found so well in one collection."""

    layer: Layer
    decision: Decision
    query: ItemQuery
    match: Match
    count: int | None = None
    """How many there are, where that is known before they are asked for."""


@dataclass(frozen=True, slots=True)
class Units:
    """A ward or a district that was named, and the wards that hold it."""

    said: UnitNotation
    held: Held


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand the text.

    `lead`: what is told first, and counted before it is asked for; `arms`: the others. `street`: a house is looked for by
    its street, for its number is not to be found. `units`: wards were looked for.
    """

    arms: list[Arm]
    street: HouseNotation | None = None
    lead: list[Arm] = field(default_factory=list)
    units: Units | None = None
    note: Text | None = None

    @property
    def all(self) -> list[Arm]:
        """Every arm, in the order of the answer."""
        return [*self.lead, *self.arms]


_STREET = re.compile(r"(?:đường|duong|đ\.|phố)\s*(?=[^\W\d])(?!(?:số|so)\s)", re.IGNORECASE)
_ALLEY = re.compile(r"(?:hẻm|hem|ngõ|ngo|kiệt|kiet)\s+(?:số\s+|so\s+)?\d+(?:/\d+)*[a-z]?", re.IGNORECASE)
_ALLEY_NOTE = Text(
    "Nhiều đường có hẻm số này. Hãy gõ thêm tên đường, ví dụ “{} Nguyễn Trãi”.",
    "Many streets have an alley of this number. Add the street, for example “{} Nguyễn Trãi”.",
)


async def readings_of(asked: Ask, layers: Sequence[Layer]) -> list[Reading]:
    """The ways to understand the text, the surest first; the last has all collections."""
    named = await _named(asked, layers)
    if named:
        return [Reading(named)]
    text = asked.parameters.get("q")
    if text is None:
        raise InvalidParameter(
            "q: missing; write what to search for.", "q: thiếu; hãy ghi nội dung cần tìm.", where="q"
        )
    words = Reading(_arms(asked, layers, text))
    unit = await _unit(asked, layers, text)
    if unit is not None:
        return unit
    days = [Reading(_arms(asked, layers, name)) for name in day_spellings(text)]
    return [*days, *_worded(asked, layers, text, words), *_respelt(asked, layers, text)]


def _respelt(asked: Ask, layers: Sequence[Layer], text: str) -> list[Reading]:
    """The text with the kind of its street written otherwise, where the data may have it so."""
    return [Reading(_arms(asked, layers, other)) for other in street_spellings(text)]


def _worded(asked: Ask, layers: Sequence[Layer], text: str, words: Reading) -> list[Reading]:
    """The readings of a text as words: of a street, of an alley, of a house."""
    street = _STREET.sub("", text.strip(), count=1) if _STREET.match(text.strip()) else None
    if street:  # names of streets stand without that word; where they have it they are found as well
        return [Reading(_arms(asked, layers, street, also=text.strip())), words]
    if _ALLEY.fullmatch(text.strip()):
        said = text.strip()
        return [Reading(_arms(asked, layers, said, whole=True), note=_filled(_ALLEY_NOTE, said)), words]
    house = house_notation(text)
    if house is None:
        return [words]
    housed = _housed(asked, layers, house)
    street = f"{house.alley}, {house.street}" if house.alley else house.street
    return [*([Reading(housed)] if housed else []), words, Reading(_arms(asked, layers, street), house)]


async def _unit(asked: Ask, layers: Sequence[Layer], text: str) -> list[Reading] | None:
    """The readings of a text that names a ward or a district, None where it is the name of neither."""
    layer = next((layer for layer in layers if has_units(layer)), None)
    said = unit_notation(text)
    if layer is None or said is None or (not said.told and (said.ward or "").replace(" ", "").isdigit()):
        return None
    plain = item_query(_plain(asked), layer, decide(asked.actor, Action.READ, layer), asked.services.catalog.territory)
    of = await held(asked, layer, plain, said)
    units = Units(said, of)
    lead = _wards(layer, plain, decide(asked.actor, Action.READ, layer), of, districts=said.ward is None)
    if said.told:
        name = said.ward or said.district or ""
        rest = _arms(asked, layers, text if name.isdigit() else name)
        return [*([Reading([], lead=lead, units=units)] if lead else []), Reading(rest, units=None if lead else units)]
    if not of.formers:
        return None
    codes = {*of.formers, *of.own}
    others = [_without(arm, codes) if arm.layer is layer else arm for arm in _arms(asked, layers, text)]
    return [Reading(others, lead=lead, units=units)]


def _wards(layer: Layer, plain: ItemQuery, decision: Decision, of: Held, *, districts: bool) -> list[Arm]:
    """The wards that are called so, then those that hold what was; where a district is named the other way round."""
    former = [code for code in of.formers if code not in of.own]
    parts = [(of.own, Match.EXACT), (former, Match.WORDS)]
    return [
        Arm(layer, decision, replace(plain, filter=among("code", codes)), match, len(codes))
        for codes, match in (reversed(parts) if districts else parts)
        if codes
    ]


def _without(arm: Arm, codes: Iterable[str]) -> Arm:
    return replace(arm, query=replace(arm.query, filter=Call(NOT, (among("code", sorted(codes)),))))


def _filled(text: Text, said: str) -> Text:
    return Text(text["vi"].format(said), text["en"].format(said))


def _arms(asked: Ask, layers: Sequence[Layer], text: str, *, also: str | None = None, whole: bool = False) -> list[Arm]:
    """What is looked for by words, in the order of the answer. `also`: another name that would be it as well; `whole`: the
    last word is not the beginning of another."""
    territory = asked.services.catalog.territory
    terms = every_word(text)
    if whole:
        terms = tuple(tuple(Phrase(phrase.text, whole=True) for phrase in phrases) for phrases in terms)
    named = [text, also] if also else [text]
    texts = tuple(part.strip() for name in named for part in name.split(",") if part.strip())
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


def read_as(asked: Ask, reading: Reading, *, empty: bool) -> dict[str, object] | None:
    """As what the text was understood, where that is not its words; None where there is nothing to say. `empty`: nothing
    was found."""
    if reading.units is not None:
        return _read_units(asked, reading.units)
    if reading.note is not None and not empty:
        return {"note": asked.say(reading.note)}
    house = reading.street
    if house is None or empty:
        return None
    told = Text(
        f"Không tìm được số nhà {house.number}; kết quả theo tên hẻm, tên đường.",
        f"House number {house.number} was not found; these are results by alley and street.",
    )
    return {"houseNumber": house.number, "street": house.street, "note": asked.say(told)}


def _read_units(asked: Ask, units: Units) -> dict[str, object] | None:
    told = note(units.said, units.held)
    formers = {code: list(titles) for code, titles in units.held.formers.items()}
    if told is None and not formers:
        return None
    return {
        "unit": units.said.title,
        **({"formerUnits": formers} if formers else {}),
        **({"note": asked.say(told)} if told else {}),
    }

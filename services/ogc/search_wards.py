"""A ward or a district that is searched for by its name of before 1 July 2025, and the wards of today that hold it.

What became of former wards is read from what is told of today's: of which units each was formed. Where the data have the
former wards themselves, they tell the districts that are not written there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import orjson

from gis.catalog.names import fold
from gis.model.layer import Layer, Text
from gis.model.query import ItemQuery, Phrase, Shown
from gis.model.units import Former, UnitNotation, former, formers
from gis.store.items import page_sql
from services.auth.policy import Action, decide
from services.ogc.ask import Ask
from services.ogc.feature_answers import encoded, found

FORMED_FROM = "formed_from"
_NAMES = ("code", "name", "full_name", FORMED_FROM)
_MOST = 4_000
_WORD = re.compile(r"[^\s,;()]+")
_KINDS = re.compile(
    r"^(?:phường|xã|thị trấn|đặc khu|quận|huyện|thị xã|thành phố|phuong|xa|thi tran|dac khu|quan|huyen|thi xa|thanh pho)\s+",
    re.IGNORECASE,
)

REFORM = datetime(2025, 6, 30, 17, tzinfo=UTC)
BEFORE = REFORM - timedelta(microseconds=1)
"""The last instant of the units of before 1 July 2025 (Resolution 1685/NQ-UBTVQH15), by the clock of Việt Nam."""


@dataclass(frozen=True, slots=True)
class Held:
    """Wards that hold what was named: by code, the titles of the former units of each that are meant.

    `own`: wards that are called so themselves, at the time of the question; `then`: codes of wards that were, before
    1 July 2025. `loose`: the district that was written is not the one in the data. `known`: the data have the former wards
    of the district that was asked for.
    """

    formers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    own: tuple[str, ...] = ()
    then: tuple[str, ...] = ()
    loose: bool = False
    known: bool = False

    @property
    def titles(self) -> tuple[str, ...]:
        """The former units that are meant, each once."""
        return tuple(dict.fromkeys(title for titles in self.formers.values() for title in titles))


def has_units(layer: Layer) -> bool:
    """The layer tells of which former units its features were formed."""
    return all(name in layer for name in _NAMES)


async def held(asked: Ask, layer: Layer, query: ItemQuery, said: UnitNotation) -> Held:
    """The wards of the `query`'s times and box that are the unit, or were formed from it."""
    rows = await _rows(asked, layer, query, said)
    past = await _rows(asked, layer, replace(query, at=BEFORE, bbox=None), said)
    before = [unit for row in past if (unit := former(row["full_name"])) and unit.district]
    own = tuple(row["code"] or "" for row in rows if _is(row, said))
    then = tuple(row["code"] or "" for row in past if _is(row, said))
    units = {row["code"] or "": _with_districts(formers(row[FORMED_FROM]), before) for row in rows}
    known = any(_same(unit.district or "", said.district or "") for unit in before)
    meant = _meant(units, said)
    if meant or own or said.ward is None or said.district is None or said.ward.isdigit():
        return Held(meant, own, then, known=known)
    # People know the name of a ward better than which district it lay in last.
    meant = _meant(units, replace(said, district=None, district_kind=None))
    return Held(meant, own, then, loose=bool(meant), known=known)


def _meant(units: Mapping[str, Sequence[Former]], said: UnitNotation) -> dict[str, tuple[str, ...]]:
    """Titles of the units that are meant, by ward; those whose district is not told only where no other fits."""
    graded = {code: [(_grade(unit, said), unit) for unit in formed] for code, formed in units.items()}
    best = max((grade for formed in graded.values() for grade, _ in formed), default=0)
    if best == 0:
        return {}
    meant = {code: tuple(unit.title for grade, unit in formed if grade == best) for code, formed in graded.items()}
    return {code: titles for code, titles in meant.items() if titles}


def _grade(unit: Former, said: UnitNotation) -> int:
    """2: it is the unit; 1: it is, if its district, which is not told, is the one; 0: it is not."""
    if said.ward is not None and not _same(unit.ward, said.ward):
        return 0
    if said.district is None:
        return 2
    if unit.district is None:
        return 1 if said.ward is not None else 0
    return 2 if _same(unit.district, said.district) else 0


def _is(row: Mapping[str, str | None], said: UnitNotation) -> bool:
    """The ward itself is called so; it is also shown to whom its name was that of a district (`TP Thủ Đức`)."""
    unit = former(row["full_name"]) or Former(row["name"] or "")
    called = said.ward or (said.district or "")
    name = row["name"] or unit.ward
    alike = _same(unit.ward, called) or _same(name, called)
    if said.ward is None:
        return (alike and not called.isdigit()) or (unit.district is not None and _same(unit.district, called))
    return alike and (said.district is None or (unit.district is not None and _same(unit.district, said.district)))


def _with_districts(units: Iterable[Former], before: Sequence[Former]) -> list[Former]:
    """The units, with the district of the only former ward of that name in the data where none is written."""
    told = []
    for unit in units:
        alike = [] if unit.district else [one for one in before if _same(one.ward, unit.ward)]
        told.append(replace(unit, district=alike[0].district) if len(alike) == 1 else unit)
    return told


def _same(called: str, said: str) -> bool:
    return fold(_name(called)) == fold(_name(said))


def _name(called: str) -> str:
    """Without its kind, and numbers without zeros before them."""
    bare = _KINDS.sub("", called.strip())
    return bare.lstrip("0") or bare if bare.isdigit() else bare


async def _rows(asked: Ask, layer: Layer, query: ItemQuery, said: UnitNotation) -> list[dict[str, str | None]]:
    """Wards in which the name of the ward stands anywhere; all wards where a district alone is named.

    Nothing is asked of the district: it is not always told.
    """
    words = _WORD.findall(said.ward or "")
    spelt = [words, [f"0{word}" if word.isdigit() and len(word) == 1 else word for word in words]] if words else []
    terms = tuple(dict.fromkeys(tuple(Phrase(word, whole=True) for word in way) for way in spelt))
    decision = decide(asked.actor, Action.READ, layer)
    shown = Shown(tuple(name for name in _NAMES if name in decision.columns), geometry=False)
    wanted = ItemQuery(layer.id, limit=_MOST, bbox=query.bbox, at=query.at, known=query.known, terms=terms, shown=shown)
    row = found(await asked.services.pools.row(page_sql(layer, wanted, decision), decision.pool))
    features = orjson.loads(b"[%b]" % encoded(row["features"]))
    return [{name: feature["properties"].get(name) for name in _NAMES} for feature in features]


def note(said: UnitNotation, of: Held) -> Text | None:
    """What a reader has to know of how wards were found; None where the wards themselves say it all."""
    title = said.title
    if said.ward is None:
        return _of_district(title, of)
    if not of.formers:
        return None if of.own else _not_found(title)
    if of.loose:
        return Text(
            f"Không thấy {title} trong dữ liệu; kết quả là nơi có {said.ward.title()} trước 01/07/2025. Hãy xem quận, huyện cũ.",
            f"{title} is not in the data; these held {said.ward.title()} before 01/07/2025. Mind the former district.",
        )
    return _of_formers(of)


def _of_formers(of: Held) -> Text | None:
    titles, count = of.titles, len(of.formers)
    if set(of.formers) <= set(of.own):
        return None
    if len(titles) > 1:
        return Text(
            f"Trước 01/07/2025 có {len(titles)} nơi tên này: {_listed(titles)}. Hãy chọn theo quận, huyện cũ.",
            f"Before 01/07/2025 {len(titles)} places were called so: {_listed(titles)}. Choose by the former district.",
        )
    if of.own:
        return Text(
            f"{titles[0]} trước 01/07/2025 khác với đơn vị cùng tên hiện nay. Hãy chọn.",
            f"{titles[0]} of before 01/07/2025 is not the unit of that name today. Choose one.",
        )
    if count > 1:
        return Text(
            f"{titles[0]} (trước 01/07/2025) nay nằm trong {count} phường, xã. Hãy chọn.",
            f"{titles[0]} (before 01/07/2025) lies in {count} wards of today. Choose one.",
        )
    return Text(
        f"{titles[0]} là tên trước 01/07/2025; đây là phường, xã hiện nay.",
        f"{titles[0]} is the name of before 01/07/2025; this is the ward of today.",
    )


def _of_district(title: str, of: Held) -> Text:
    if not of.formers:
        return Text(
            f"Từ 01/07/2025 không còn cấp quận, huyện; dữ liệu không ghi {title} nay là những phường, xã nào.",
            f"There are no districts since 01/07/2025; the data do not tell which wards {title} is today.",
        )
    lacking = "" if of.known else " Có thể còn thiếu nơi không ghi quận, huyện cũ."
    missing = "" if of.known else " Wards that do not tell their former district may be missing."
    return Text(
        f"{title} không còn từ 01/07/2025; đây là các phường, xã hiện nay có phần của nơi đó.{lacking}",
        f"{title} ended on 01/07/2025; these are the wards of today that hold parts of it.{missing}",
    )


def _not_found(title: str) -> Text:
    return Text(
        f"Không có {title} trong dữ liệu phường, xã, cả hiện nay và trước 01/07/2025.",
        f"The data of wards have no {title}, neither today nor before 01/07/2025.",
    )


def _listed(titles: Sequence[str]) -> str:
    few = ", ".join(titles[:4]) if all("," not in title for title in titles[:4]) else "; ".join(titles[:4])
    return few if len(titles) <= 4 else f"{few}…"

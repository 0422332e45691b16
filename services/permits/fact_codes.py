"""The codes that a case may state of its place and its land. A code that there is not would switch rules on or off by a word."""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from gis.errors import InvalidParameter
from gis.model.layer import Territory, Text
from gis.rules.districts import Districts
from gis.store.codes import CodeQuery, codes_sql
from gis.store.pools import Transaction

_LAND_USE = "land_use"
"""The fact, and the codelist of its codes."""

CODED = ("city", "district", _LAND_USE)


@dataclass(frozen=True, slots=True)
class Codes:
    """`by_fact`: none where there is no list of them. `known_at`: when the last of those was recorded that are not of the regulations."""

    by_fact: Mapping[str, Collection[str]]
    known_at: datetime | None = None


async def codes_of(
    source: Transaction,
    stated: Container[str],
    districts: Districts,
    territory: Territory,
    on: date,
    known: int | datetime | None,
) -> Codes:
    """The codes of what is `stated`: cities and former districts by the regulations, types of land that parcels may have (no groups
    of them) by the codelist as it holds `on` a day and as `known` then."""
    here = districts.territory == territory.id
    places = {"city": {districts.city} if here else (), "district": set(districts.codes.values()) if here else ()}
    if _LAND_USE not in stated:
        return Codes(places)
    rows = await source.rows(codes_sql(CodeQuery((_LAND_USE,), on, on, known)))
    land = {row["code"] for row in rows if not row["is_group"]}
    return Codes({**places, _LAND_USE: land}, max((row["recorded_at"] for row in rows), default=None))


def strange_code(facts: Mapping[str, object], codes: Codes) -> tuple[str, Text] | None:
    """The first of the stated codes that there is not: the name of its fact, and what is wrong."""
    for name in CODED:
        told = facts.get(name)
        if told is None or told in codes.by_fact[name]:
            continue
        listed = ", ".join(sorted(codes.by_fact[name]))
        if not listed:
            return name, Text(
                f"{name}: ở đây không có danh mục mã này; hãy bỏ thông tin này.",
                f"{name}: there is no list of such codes here; leave it out.",
            )
        return name, Text(
            f"{name}: không có mã '{told}' vào thời điểm được hỏi; các mã hiện có: {listed}.",
            f"{name}: there is no code '{told}' at the time that is asked about; there are {listed}.",
        )
    return None


def refuse_strange_codes(facts: Mapping[str, object], codes: Codes) -> None:
    """InvalidParameter names the code."""
    found = strange_code(facts, codes)
    if found is not None:
        name, why = found
        raise InvalidParameter(why.en, why.vi, where=f"facts.{name}")

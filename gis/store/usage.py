"""How much is asked for: hits and bytes by day, agency, caller, layer, channel and class of status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from gis.store.sql import Sql


class Counted(NamedTuple):
    """What is counted apart. `caller`: `public`, the id of a key, or `people`; `status`: its first digit. Empty: none."""

    day: date
    agency: str
    caller: str
    layer: str
    channel: str
    status: int


@dataclass(slots=True)
class Count:
    """How often and how many bytes of bodies, as they went over the wire."""

    hits: int = 0
    bytes: int = 0


def add_sql(counts: Mapping[Counted, Count]) -> Sql:
    """Adds the counts to those that are there; in one order everywhere, so that processes never wait for each other in a ring."""
    rows = sorted(counts.items(), key=lambda item: item[0])
    columns = [*zip(*(key for key, _ in rows), strict=True)]
    return Sql(
        """INSERT INTO landmap.usage AS u (day, agency, caller, layer, channel, status, hits, bytes)
           SELECT * FROM unnest($1::date[], $2::text[], $3::text[], $4::text[], $5::text[], $6::smallint[], $7::bigint[], $8::bigint[])
           ON CONFLICT (day, agency, caller, layer, channel, status)
           DO UPDATE SET hits = u.hits + excluded.hits, bytes = u.bytes + excluded.bytes""",
        (*(list(each) for each in columns), [count.hits for _, count in rows], [count.bytes for _, count in rows]),
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which counts: from `since` to `until`, both included, at most `limit` after `after` in their order. None leaves a
    condition out; `layers` are the only ones that the asker may know of, and what is of no layer goes with all of them only.
    """

    since: date
    until: date
    agency: str | None = None
    layers: frozenset[str] | None = None
    after: Counted | None = None
    limit: int | None = None


def usage_sql(wanted: Wanted) -> Sql:
    """The counts that are wanted, the last day first."""
    layers = None if wanted.layers is None else sorted(wanted.layers)
    return Sql(
        """SELECT day, agency, caller, layer, channel, status, hits, bytes FROM landmap.usage
           WHERE day BETWEEN $1::date AND $2::date AND ($3::text IS NULL OR agency = $3)
             AND ($4::text[] IS NULL OR layer = ANY ($4))
             AND ($5::date IS NULL OR day < $5 OR (day = $5 AND (agency, caller, layer, channel, status)
                  > ($6::text, $7::text, $8::text, $9::text, $10::smallint)))
           ORDER BY day DESC, agency, caller, layer, channel, status LIMIT $11::bigint""",
        (wanted.since, wanted.until, wanted.agency, layers, *(wanted.after or (None,) * 6), wanted.limit),
    )

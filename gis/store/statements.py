"""What is told of a feature, and since when: its versions as one caller sees them.

A version that differs from the one before only in what the caller does not see is no version to that caller: neither its
bounds nor its changeset may show. So versions are joined to statements. Two that meet in time are one statement where
they show the same and an older version that showed the same held across the instant at which they meet: then the cut was
made by a change that does not show. (Two periods that were recorded as two stay two.) A statement lasts as long as the
layer, changeset after changeset, shows the same content from the same begin to the same end.

A version that is the first of its feature (`version = fid`) was never cut, and no cut joins it to another: nearly every
row of a page is told as it stands, at the price of one comparison.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, Subquery, case, literal_column, select, text
from sqlalchemy.dialects.postgresql import TSTZRANGE
from sqlalchemy.types import NullType

from gis.model.access import Decision
from gis.model.layer import Layer
from gis.store import levels
from gis.store.sql import quoted
from gis.store.tables import HISTORY, REDUCED_WITH_PLACE, SHOWN, history_table

_TIMES = ("valid", "valid_from_known", "from_changeset")

NOW = None
"""The known axis of a question about all that is known."""


def axis(known: str) -> str | None:
    """The known axis of a question that is answered beside `snapshot.state`, by how it asks for it (see there)."""
    return NOW if known == "now" else "(SELECT changeset FROM state)"


def told(layer: Layer, decision: Decision, rows: Select[Any], known: str | None) -> Subquery:
    """`rows` (of `items.row_columns`) as `picked`, with the times of their statements as known at the changeset `known`.

    Rows that do not tell their times keep them. The order of the rows stays.
    """
    seen = rows.subquery("seen")
    asked = f"""SELECT CASE WHEN seen.version <> seen.fid AND seen.level >= {SHOWN} AND {_cut(layer, decision)}
        THEN ({_statement(layer, decision, known)}) END"""
    statement = text(asked).columns(statement=NullType()).scalar_subquery().label("statement")
    # OFFSET 0: the statement is looked for once, however often it is used.
    found = select(*seen.c, statement).select_from(seen).offset(literal_column("0")).subquery("found")
    kept = [column for column in found.c if column.name not in (*_TIMES, "statement")]
    names = zip(_TIMES, ("valid", "valid_from_known", "changeset"), strict=True)
    times: list[Any] = [
        literal_column(f"coalesce((found.statement).{said}, found.{name})").label(name) for name, said in names
    ]
    return select(*kept, *times).select_from(found).subquery("picked")


def told_valid(layer: Layer, decision: Decision, versions: FromClause, known: str | None) -> ColumnElement[Any]:
    """`valid` as it is told of a row of `versions`, an alias of the history: what a filter on its bounds asks about."""
    h = str(versions.name)  # type: ignore[attr-defined]
    found = f"""SELECT CASE WHEN seen.level >= {SHOWN} AND {_cut(layer, decision)}
        THEN ({_statement(layer, decision, known)}).valid ELSE seen.valid END
        FROM (SELECT {h}.version, {h}.id, {h}.valid, {level(layer, decision, h)} AS level) seen"""
    whole = text(found).columns(valid=TSTZRANGE).scalar_subquery()
    return case((versions.c.version == versions.c.fid, versions.c.valid), else_=whole)


def content(layer: Layer, decision: Decision, rows: str, names: Collection[str], *, place: bool = True) -> str:
    """SQL of a digest of what a row of `rows`, which have their `level`, shows besides its times: fields of `names`, and
    its place if wanted."""
    where = (
        f"CASE WHEN {rows}.level >= {REDUCED_WITH_PLACE} THEN md5({rows}.geom::bytea) ELSE '' END"
        if place
        else "''::text"
    )
    cases = ""
    for at, fields in levels.tiers(layer, decision):
        columns = [f", {rows}.{quoted(name)}" for name in fields if name in names]
        cases += f" WHEN {rows}.level >= {at} THEN hash_record_extended(ROW({at}{''.join(columns)}, {where}), 0)"
    return f"CASE{cases} END"


@lru_cache(maxsize=256)
def history(layer: Layer, decision: Decision, ident: str, known: str | None, least: int) -> str:
    """SQL: WITH … of which `run` has the statements of the feature `ident`, one a row, as known at `known` and before.

    `lo`, `hi`, `sure` (the lower bound is known), `since` (first changeset), `until` (the one that ended it, null while it
    lasts), `version` (one that has its fields and place), `level`. Rows that do not tell their times have only content.
    Takes versions of at least the level `least`.

    Nothing here looks at every version that every changeset knew: ranges of changesets are cut and joined instead. Nor are
    rows joined where they can be gathered: the planner takes the features of a layer for alike, and few have long histories.
    """
    columns = "".join(f", o.{quoted(name)}" for name in decision.columns)
    upto = f"AND o.from_changeset <= {known}" if known else ""
    ended = f"CASE WHEN o.to_changeset <= {known} THEN o.to_changeset END" if known else "o.to_changeset"
    return f"""WITH seen_version AS MATERIALIZED (
        SELECT v.version, v.level, v.known, lower(v.valid) AS lo, upper(v.valid) AS hi, v.valid_from_known AS sure,
               {content(layer, decision, "v", decision.columns)} AS content
        FROM (SELECT o.version, o.valid, o.valid_from_known, int4range(o.from_changeset, {ended}) AS known, o.geom,
                     {level(layer, decision, "o")} AS level{columns}
              FROM {table(layer)} o WHERE o.id = {ident} {upto}) v WHERE v.level >= {least}),
    {_JOINED},
    {_CHAINS},
    run AS (
        SELECT level, version, lo, hi, sure, lower(known) AS since, upper(known) AS until
        FROM (SELECT level, max(version) AS version, lo, hi, sure, unnest(range_agg(known)) AS known
              FROM (SELECT content, level, version, lo, hi, sure, unnest(begins * ends) AS known FROM part UNION ALL SELECT * FROM chain) told
              GROUP BY content, level, lo, hi, sure) t
        UNION ALL SELECT max(level), max(version), NULL, NULL, NULL, NULL, NULL FROM seen_version WHERE level < {SHOWN} GROUP BY content)"""


_JOINED = f"""side AS (
        SELECT version, content, known, hi AS at, true AS before FROM seen_version WHERE level >= {SHOWN}
        UNION ALL SELECT version, content, known, lo, false FROM seen_version WHERE level >= {SHOWN}),
    met AS (
        SELECT content, at, max(ARRAY[lower(known), upper(known), version]) FILTER (WHERE before) OVER upto AS b,
               max(ARRAY[lower(known), upper(known), version]) FILTER (WHERE NOT before) OVER upto AS a
        FROM side WHERE at IS NOT NULL WINDOW upto AS (PARTITION BY content, at ORDER BY lower(known))),
    beside AS MATERIALIZED (
        SELECT DISTINCT content, at, b[3] AS before, a[3] AS after, int4range(b[1]::int, b[2]::int) * int4range(a[1]::int, a[2]::int) AS known
        FROM met WHERE b IS NOT NULL AND a IS NOT NULL AND int4range(b[1]::int, b[2]::int) && int4range(a[1]::int, a[2]::int)),
    joined AS MATERIALIZED (
        SELECT before, after, known FROM beside b WHERE EXISTS (
            SELECT FROM seen_version p WHERE p.version < b.after AND p.content = b.content
            AND coalesce(p.lo, '-infinity') < b.at AND b.at < coalesce(p.hi, 'infinity')))"""
"""`joined`: versions that are one statement with the one `before` them, and the changesets at which they are.

Of the versions that show the same and end at an instant one at most is known at a time, as of those that begin there: so
whoever meets whom is the last one on either side.
"""

_CHAINS = f"""part AS MATERIALIZED (
        SELECT max(content) AS content, max(level) AS level, version, max(lo) AS lo, max(hi) AS hi, bool_or(sure) AS sure,
               range_agg(known) - coalesce(range_agg(before), '{{}}') AS begins, range_agg(known) - coalesce(range_agg(after), '{{}}') AS ends
        FROM (SELECT content, level, version, lo, hi, sure, known, NULL::int4range AS before, NULL::int4range AS after
              FROM seen_version WHERE level >= {SHOWN}
              UNION ALL SELECT NULL, NULL, after, NULL, NULL, NULL, NULL, known, NULL FROM joined
              UNION ALL SELECT NULL, NULL, before, NULL, NULL, NULL, NULL, NULL, known FROM joined) either GROUP BY version),
    opening AS MATERIALIZED (
        SELECT content, level, max(version) AS version, lo, sure, unnest(range_agg(begins - ends)) AS known
        FROM part WHERE begins <> ends GROUP BY content, level, lo, sure),
    closing AS MATERIALIZED (
        SELECT content, hi, unnest(range_agg(ends - begins)) AS known FROM part WHERE begins <> ends GROUP BY content, hi),
    turn AS (
        SELECT o.*, lower(o.known) AS n FROM opening o
        UNION SELECT o.*, c.n FROM (SELECT content, hi, lower(known) AS n FROM closing UNION SELECT content, hi, upper(known) FROM closing) c
        CROSS JOIN LATERAL (SELECT * FROM opening o WHERE o.content = c.content AND o.known @> c.n
            AND coalesce(o.lo, '-infinity') < coalesce(c.hi, 'infinity') ORDER BY o.lo DESC NULLS LAST LIMIT 1) o),
    chain AS (
        SELECT t.content, t.level, t.version, t.lo, c.hi, t.sure,
               int4range(t.n, lead(t.n, 1, upper(t.known)) OVER (PARTITION BY t.content, t.lo, t.known ORDER BY t.n)) AS known
        FROM turn t CROSS JOIN LATERAL (SELECT c.hi FROM closing c WHERE c.content = t.content AND c.known @> t.n
            AND coalesce(t.lo, '-infinity') < coalesce(c.hi, 'infinity') ORDER BY c.hi LIMIT 1) c)"""
"""`part`: of each version when nothing is joined to its begin and to its end: where both, it is a statement by itself.

`chain`: statements of several versions. Each goes from a begin that goes on (`opening`) to the next end that is not its
own (`closing`); which one that is can change (`turn`) when either is learned, or when an end on the way is given up.
"""


def level(layer: Layer, decision: Decision, rows: str) -> str:
    """SQL of what a row of the history, by its alias, shows; the named parameter is that of `levels.values`."""
    versions = history_table(layer).alias(rows)
    return str(levels.level(decision, versions))  # names its parameters as `text` reads them


def _statement(layer: Layer, decision: Decision, known: str | None) -> str:
    """The statement that the version of `seen` belongs to; it is known there, so its statement lasts."""
    found = history(layer, decision, "seen.id", known, SHOWN)
    return f"""{found}
        SELECT ROW(tstzrange(lo, hi), sure, since)::landmap.statement FROM run WHERE until IS NULL AND tstzrange(lo, hi) @> seen.valid"""


def _cut(layer: Layer, decision: Decision) -> str:
    """An older version shows the same: only then the row of `seen` can be part of something larger, or go on."""
    cases = ""
    for at, fields in levels.tiers(layer, decision):
        if at >= SHOWN:
            same = " AND ".join(f"p.{name} IS NOT DISTINCT FROM m.{name}" for name in (*map(quoted, fields), "geom"))
            cases += f" WHEN seen.level >= {at} THEN {same}"
    return f"""EXISTS (SELECT FROM {table(layer)} m JOIN {table(layer)} p ON p.id = m.id AND p.version < m.version
        WHERE m.version = seen.version AND CASE{cases} END)"""


def table(layer: Layer) -> str:
    """The history of the layer, quoted and with its schema."""
    return f"{HISTORY}.{quoted(layer.id)}"

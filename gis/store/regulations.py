"""Rule packs in the database: a change of layers/rules/*.toml is a changeset like any other, and the old text stays."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import psycopg

from gis.errors import InvalidParameter
from gis.rules.regulations import PACKS, Regulations, read_regulations
from gis.store.pools import Transaction
from gis.store.publish import open_changeset
from gis.store.sql import Sql

_KEPT = 8
"""So many states of all texts are kept read in one process; older ones are read again when asked for."""


def publish(connection: psycopg.Connection, texts: Mapping[str, str], number: int | None = None) -> int | None:
    """Bring the database's copy up to `texts`, by path, in the caller's transaction; the changeset's number, None if
    nothing changed. It goes into the changeset `number` if that is open in this transaction, else into one of its own.

    Raises DefinitionError where they have mistakes.
    """
    rows = connection.execute("SELECT path, content FROM landmap.regulation WHERE to_changeset IS NULL").fetchall()
    known: dict[str, str] = dict(rows)
    wanted = {path: text.replace("\r\n", "\n") for path, text in texts.items()}
    changed = {path: text for path, text in wanted.items() if known.get(path) != text}
    gone = [path for path in known if known[path] != wanted.get(path)]
    if not changed and not gone:
        return None
    if wanted:
        read_regulations(wanted)
    number = number or open_changeset(connection, "landmap", "Bộ quy tắc của layers/")
    connection.execute(
        "UPDATE landmap.regulation SET to_changeset = %s WHERE to_changeset IS NULL AND path = ANY(%s)", (number, gone)
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO landmap.regulation (path, content, digest, from_changeset) VALUES (%s, %s, %s, %s)",
            [(path, text, sha256(text.encode()).digest(), number) for path, text in sorted(changed.items())],
        )
    return number


_READ: dict[str, Regulations] = {}
"""By the digest of all texts, so that it holds for any database; newest last."""


@dataclass(frozen=True, slots=True)
class Known:
    """The regulations as known at one moment. `changeset` was the last to change them, committed at `committed_at`."""

    regulations: Regulations
    changeset: int
    committed_at: datetime


async def known(source: Transaction, moment: int | datetime | None) -> Known:
    """The rule packs and other texts as known at `moment`: a changeset, an instant, None for now. InvalidParameter where
    there were none yet."""
    state = await source.row(_state_sql(moment))
    if state is None or state["digest"] is None:
        raise InvalidParameter(
            "knownAt: the database knew no rule packs yet; ask for a later moment.",
            "knownAt: khi đó cơ sở dữ liệu chưa có bộ quy tắc nào; hãy chọn thời điểm sau.",
            where="knownAt",
        )
    found = _READ.get(state["digest"])
    if found is None:
        texts = {row["path"]: row["content"] for row in await source.rows(texts_sql(state["changeset"]))}
        found = _READ[state["digest"]] = await asyncio.to_thread(read_regulations, texts)
        for old in list(_READ)[:-_KEPT]:
            del _READ[old]
    return Known(found, state["changeset"], state["committed_at"])


def _state_sql(moment: int | datetime | None) -> Sql:
    """One row: `digest` of all texts known at the moment (null where no rule pack is among them), the last `changeset`
    that changed any of them, and when that was committed."""
    number = moment if isinstance(moment, int) else None
    instant = moment if isinstance(moment, datetime) else None
    return Sql(
        f"""WITH touched AS (
                SELECT c.number, c.committed_at FROM landmap.changeset c
                JOIN (SELECT from_changeset AS number FROM landmap.regulation
                      UNION SELECT to_changeset FROM landmap.regulation) r USING (number)
                WHERE ($1::integer IS NULL OR c.number <= $1) AND ($2::timestamptz IS NULL OR c.committed_at <= $2)
                ORDER BY c.number DESC LIMIT 1)
            SELECT t.number AS changeset, t.committed_at,
                   CASE WHEN bool_or(r.path LIKE '{PACKS}%') THEN
                       encode(sha256(string_agg(convert_to(r.path, 'UTF8') || r.digest, '' ORDER BY r.path)), 'hex') END AS digest
            FROM touched t JOIN landmap.regulation r ON {_at("t.number")} GROUP BY t.number, t.committed_at""",
        (number, instant),
    )


def texts_sql(changeset: int) -> Sql:
    """`path`, `content` and `changeset` (which recorded it) of all texts known at the changeset, by path."""
    return Sql(
        f"SELECT path, content, from_changeset AS changeset FROM landmap.regulation WHERE {_at('$1')} ORDER BY path",
        (changeset,),
    )


def text_sql(path: str, changeset: int) -> Sql:
    """`digest` of one text as known at the changeset, and the `changeset` that recorded it; no row where there was none."""
    return Sql(
        f"""SELECT encode(digest, 'hex') AS digest, from_changeset AS changeset FROM landmap.regulation
            WHERE {_at("$2")} AND path = $1""",
        (path, changeset),
    )


def _at(changeset: str) -> str:
    return f"from_changeset <= {changeset} AND (to_changeset IS NULL OR to_changeset > {changeset})"

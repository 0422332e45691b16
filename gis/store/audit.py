"""The record of who looked at what, and who changed whose rights: it is added to, read and proved, never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson
import psycopg
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    DateTime,
    Text,
    Uuid,
    and_,
    any_,
    column,
    literal,
    select,
    table,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from gis.errors import Unstorable
from gis.store.runner import run
from gis.store.sql import Sql, Statement, compiled

LONGEST_PAGE = 1_000
_LONGEST_TEXT = 200
_MOST_TIMES = 2**31 - 1


class Kind(StrEnum):
    """What a row is about: restricted fields read or erased, a read or an edit by somebody who signed in, rights changed, credentials
    refused."""

    RESTRICTED = "restricted"
    READ = "read"
    EDIT = "edit"
    ACCESS = "access"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row. `subject` is what an action on rights was about; `detail` holds no value of the data.

    `times`: how many like answers it stands for; `at` and `request_id` are of the first, `rows` and `bytes` of all.
    """

    at: datetime
    kind: Kind
    actor: str
    action: str
    role: str | None = None
    agency: str | None = None
    layer: str | None = None
    feature: UUID | None = None
    subject: str | None = None
    detail: Mapping[str, object] = field(default_factory=dict)
    rows: int | None = None
    bytes: int | None = None
    status: int | None = None
    times: int = 1
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows, the newest first: those below number `before`, at most `limit`. None leaves a condition out.

    `layers` are the only ones that the asker may know of; rows about no layer go with all of them only.
    """

    limit: int = 100
    before: int | None = None
    kind: Kind | None = None
    actor: str | None = None
    agency: str | None = None
    layer: str | None = None
    feature: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    layers: frozenset[str] | None = None


_COLUMNS = (
    "number", "at", "kind", "actor", "role", "agency", "action", "layer", "feature", "subject", "detail", "rows", "bytes", "status", "times", "request_id",
)  # fmt: skip
_TYPES: dict[str, TypeEngine[Any]] = {
    "number": BigInteger(),
    "at": DateTime(timezone=True),
    "feature": Uuid(),
    "detail": JSONB(),
}
_AUDIT = table(
    "audit",
    *(column(name, _TYPES.get(name, Text())) for name in _COLUMNS),
    schema="landmap",
)
_APPEND = f"""INSERT INTO landmap.audit ({", ".join(_COLUMNS[1:])})
    SELECT at, kind, actor, role, agency, action, layer, feature, subject, coalesce(detail, '{{}}'), rows, bytes, status, times, request_id
    FROM jsonb_to_recordset($1::jsonb) AS entry(at timestamptz, kind text, actor text, role text, agency text, action text,
        layer text, feature uuid, subject text, detail jsonb, rows bigint, bytes bigint, status smallint, times integer, request_id text)
    RETURNING number"""
_BROKEN = """SELECT number FROM (
        SELECT a.number, a.digest, lag(a.digest, 1, '') OVER w AS before, lag(a.number, 1, 0) OVER w AS last, a FROM landmap.audit a
        WINDOW w AS (ORDER BY a.number)) chain
    WHERE number <> last + 1 OR digest <> landmap.audit_digest(a, before) ORDER BY number LIMIT 1"""


def append_sql(entries: Sequence[Entry]) -> Sql:
    """Adds the entries in their order; a row with its `number` for each. Unstorable where one cannot be written as JSON."""
    try:
        return Sql(_APPEND, (orjson.dumps(entries).decode(),))
    except TypeError as error:
        raise Unstorable("An entry of the audit cannot be written as JSON.") from error


def stub(entry: Entry) -> Entry:
    """What can be written of an entry that the database does not take: who, when and what for, without its detail."""
    names = ("actor", "action", "role", "agency", "layer", "subject", "request_id")
    texts: dict[str, Any] = {name: _plain(getattr(entry, name)) for name in names}
    status = entry.status if entry.status in range(1000) else None
    times = min(max(entry.times, 1), _MOST_TIMES)
    detail = {"unwritable": True}
    return replace(entry, **texts, detail=detail, rows=None, bytes=None, status=status, times=times)


def _plain(text: str | None) -> str | None:
    """Every table takes this."""
    return text if text is None or (text.isprintable() and len(text) <= _LONGEST_TEXT) else ascii(text)[:_LONGEST_TEXT]


def append(connection: psycopg.Connection, entry: Entry) -> None:
    """Adds one entry in the caller's transaction."""
    run(connection, append_sql([entry]))


def list_sql(wanted: Wanted) -> Sql:
    """The rows that are wanted, by their columns."""
    return _listing(wanted).bind({})


def _listing(wanted: Wanted) -> Statement:
    columns = _AUDIT.c
    equal = {name: getattr(wanted, name) for name in ("kind", "actor", "agency", "layer", "feature")}
    conditions: list[ColumnElement[bool]] = [
        columns[name] == value for name, value in equal.items() if value is not None
    ]
    if wanted.layers is not None:
        conditions.append(columns.layer == any_(literal(sorted(wanted.layers), ARRAY(Text))))
    if wanted.before is not None:
        conditions.append(columns.number < wanted.before)
    if wanted.since is not None:
        conditions.append(columns.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(columns.at < wanted.until)
    return compiled(
        select(*columns).where(and_(true(), *conditions)).order_by(columns.number.desc()).limit(wanted.limit)
    )


def proved(connection: psycopg.Connection) -> tuple[int | None, int, str]:
    """The number of the first row that is not as it was written (None if all are), the number and the digest of the last one.

    Nobody can take the end of the record away unseen who has noted a former last number and digest elsewhere.
    """
    broken = connection.execute(_BROKEN).fetchone()
    last = connection.execute(
        "SELECT number, encode(digest, 'hex') FROM landmap.audit ORDER BY number DESC LIMIT 1"
    ).fetchone()
    number, digest = last or (0, "")
    return broken[0] if broken else None, number, digest


def as_json(row: Mapping[str, Any]) -> dict[str, object]:
    """A row of `list_sql` from either driver, for JSON; what is empty is left out."""
    found = {name: row[name] for name in _COLUMNS if row[name] is not None}
    if "feature" in found:
        found["feature"] = str(found["feature"])
    if isinstance(found["detail"], str):
        found["detail"] = orjson.loads(found["detail"])
    return found

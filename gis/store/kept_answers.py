"""Requests that carry a key are done once: who repeats one gets the first answer again.

All in the transaction of the work itself: of a process that is killed on the way nothing is left, neither work nor answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from gis.errors import StoreError
from gis.store.pools import Transaction
from gis.store.sql import Sql

_AT_ONCE = 100
"""So many answers that are past their time go with each new request."""


@dataclass(frozen=True, slots=True)
class Key:
    """What names a request: who asks, and the key it chose. `request`: SHA-256 of what is asked. `hours`: how long it counts."""

    actor: str
    key: str
    request: bytes
    hours: int


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it was sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class OtherRequestError(Exception):
    """The key was used for another request."""


def digest(*parts: object) -> bytes:
    """What is asked, whatever the order of the members of its JSON."""
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).digest()


async def earlier(work: Transaction, key: Key) -> Answer | None:
    """The answer to the first request with this key; None where this is the first: do it, then `keep` its answer.

    Waits for one that is under way. Raises OtherRequestError where the key stands for another request.
    """
    await work.row(_forget_sql(key))
    if await work.row(_claim_sql(key)) is not None:
        return None
    row = await work.row(
        Sql(
            "SELECT request, status, headers, body FROM landmap.kept_answer WHERE actor = $1 AND key = $2",
            (key.actor, key.key),
        )
    )
    if row is None:
        raise StoreError("An answer that was kept is gone.")
    if row["request"] != key.request:
        raise OtherRequestError
    return Answer(row["status"], orjson.loads(row["headers"]), row["body"])


async def keep(work: Transaction, key: Key, answer: Answer) -> None:
    """Keep the answer for who repeats the request."""
    await work.row(
        Sql(
            "UPDATE landmap.kept_answer SET status = $3, headers = $4::text::jsonb, body = $5 WHERE actor = $1 AND key = $2",
            (key.actor, key.key, answer.status, orjson.dumps(dict(answer.headers)).decode(), answer.body),
        )
    )


def _claim_sql(key: Key) -> Sql:
    return Sql(
        """INSERT INTO landmap.kept_answer (actor, key, request) VALUES ($1, $2, $3)
           ON CONFLICT (actor, key) DO NOTHING RETURNING at""",
        (key.actor, key.key, key.request),
    )


def _forget_sql(key: Key) -> Sql:
    """Takes away what is past its time, this key's first."""
    return Sql(
        f"""DELETE FROM landmap.kept_answer a USING (
                SELECT actor, key FROM landmap.kept_answer WHERE at < clock_timestamp() - make_interval(hours => $3::integer)
                ORDER BY (actor, key) = ($1::text, $2::text) DESC LIMIT {_AT_ONCE} FOR UPDATE SKIP LOCKED) old
            WHERE a.actor = old.actor AND a.key = old.key""",
        (key.actor, key.key, key.hours),
    )

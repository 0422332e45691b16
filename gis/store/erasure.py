"""Lawful erasure of personal data: the one thing that is taken out of what was published, of the restricted tables only.

The versions of the feature stay, with all that is not personal, and so does the record of the erasure: who, on which ground,
how much, and no value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import psycopg

from gis.errors import ConflictError, InvalidParameter, NotFound
from gis.model.layer import Layer
from gis.store import changesets
from gis.store.audit import Entry, Kind, append
from gis.store.publish import history_name
from gis.store.sql import Lock, quoted
from gis.store.stage import table_name
from gis.store.tables import RESTRICTED, restricted_tables

ACTION = "restricted fields erased"
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Ground:
    """On what it is erased: the document that orders it, the reason, and who does it."""

    document: str
    reason: str
    by: str


def held(connection: psycopg.Connection, layer: Layer, feature: UUID) -> dict[str, int]:
    """How many versions of the feature have restricted fields, by group of them. InvalidParameter where the layer has no such
    fields, NotFound where it never had the feature."""
    tables = _tables(layer)
    history = history_name(layer)
    if connection.execute(f"SELECT FROM {history} WHERE id = %s LIMIT 1", (feature,)).fetchone() is None:
        raise NotFound(
            f"Layer '{layer.id}' never had a feature {feature}.", f"Lớp '{layer.id}' chưa từng có đối tượng {feature}."
        )
    counts = {}
    for group, name in tables.items():
        row = connection.execute(
            f"SELECT count(*) FROM {name} JOIN {history} h USING (version) WHERE h.id = %s", (feature,)
        ).fetchone()
        counts[group] = int(row[0]) if row else 0
    return counts


def erase(connection: psycopg.Connection, layer: Layer, feature: UUID, ground: Ground) -> dict[str, int]:
    """Deletes the restricted fields of all versions of the feature; how many there were, by group.

    It is on record in the same transaction. ConflictError while a staged changeset holds them too: it would bring them back.
    """
    _check(ground)
    with connection.transaction():
        # Whoever publishes, edits or reverts may be copying them: in turn.
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (Lock.PUBLISH,))
        counts = held(connection, layer, feature)
        refuse_staged(connection, layer, feature)
        for name in _tables(layer).values():
            connection.execute(
                f"DELETE FROM {name} t USING {history_name(layer)} h WHERE h.version = t.version AND h.id = %s",
                (feature,),
            )
        append(connection, _entry(layer, feature, ground, counts))
    return counts


def _tables(layer: Layer) -> dict[str, str]:
    tables = {group: f"{RESTRICTED}.{quoted(table.name)}" for group, table in restricted_tables(layer).items()}
    if not tables:
        raise InvalidParameter(
            f"Layer '{layer.id}' has no restricted fields.", f"Lớp '{layer.id}' không có trường hạn chế."
        )
    return tables


def _check(ground: Ground) -> None:
    for name in ("document", "reason"):
        if not 0 < len(getattr(ground, name).strip()) <= _LONGEST:
            raise InvalidParameter(
                f"--{name}: say it, in at most {_LONGEST} characters; it stays on record.",
                f"--{name}: hãy ghi, không quá {_LONGEST} ký tự; nội dung này được lưu vào nhật ký.",
                where=name,
            )


def refuse_staged(connection: psycopg.Connection, layer: Layer, feature: UUID) -> None:
    """ConflictError while a staged changeset holds the feature."""
    names = [
        stage.name
        for stage in changesets.staged(connection)
        if stage.layer == layer.id
        and connection.execute(
            f"SELECT FROM {table_name(stage.id)} WHERE id = %s AND operation <> 'close' LIMIT 1", (feature,)
        ).fetchone()
        is not None
    ]
    if names:
        raise ConflictError(
            f"Staged changesets hold the feature too: {', '.join(names)}. Publish or refuse them first; nothing was erased.",
            f"Các lần cập nhật đang chờ cũng có đối tượng này: {', '.join(names)}. Hãy công bố hoặc từ chối trước; chưa xoá gì.",
        )


def _entry(layer: Layer, feature: UUID, ground: Ground, counts: Mapping[str, int]) -> Entry:
    return Entry(
        datetime.now(UTC),
        Kind.RESTRICTED,
        ground.by,
        ACTION,
        layer=layer.id,
        feature=feature,
        subject=ground.document.strip(),
        detail={"reason": ground.reason.strip(), "versions": dict(counts)},
        rows=sum(counts.values()),
    )

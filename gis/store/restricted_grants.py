"""Who may read restricted fields: one key or one person of the agency that owns the layer, on a legal ground, until a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
from psycopg.rows import class_row

from gis.errors import InvalidParameter, NotFound
from gis.model.layer import Access, Catalog
from gis.store.access import known_layers, log_change

type Person = tuple[str, str]
"""Issuer and subject."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What is opened: groups of restricted fields of a layer, on the ground of a document, until a moment."""

    layer: str
    groups: tuple[str, ...]
    basis: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RestrictedGrant:
    """A grant as it is listed. `holder` is `key:…`, or the issuer and subject of a person."""

    number: int
    holder: str
    agency: str
    layer: str
    groups: list[str]
    basis: str
    granted_at: datetime
    granted_by: str
    expires_at: datetime
    ended_at: datetime | None


def grant(connection: psycopg.Connection, catalog: Catalog, holder: str | Person, opening: Opening, by: str) -> int:
    """Open restricted fields to a key (its id) or a person; the number of the grant.

    InvalidParameter where the layer has no such group, its agency does not own the layer, or the end does not lie ahead.
    """
    _check(catalog, opening)
    with connection.transaction():
        agency = _agency_of(connection, holder)
        owned = "SELECT 1 FROM landmap.agency_layer WHERE agency = %s AND layer = %s AND owns"
        if agency is None or connection.execute(owned, (agency, opening.layer)).fetchone() is None:
            raise InvalidParameter(
                f"Restricted fields of '{opening.layer}' open to those who act for the agency that owns the layer only; "
                f"{_told(holder)} acts for {agency or 'no agency'}.",
                f"Dữ liệu hạn chế của '{opening.layer}' chỉ mở cho người của cơ quan quản lý lớp này; "
                f"{_told(holder)} thuộc {agency or 'không cơ quan nào'}.",
            )
        key, person = (holder, (None, None)) if isinstance(holder, str) else (None, holder)
        row = connection.execute(
            """INSERT INTO landmap.restricted_grant (api_key, issuer, subject, agency, layer, groups, basis, granted_by, expires_at)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING number""",
            (key, *person, agency, opening.layer, list(opening.groups), opening.basis, by, opening.expires_at),
        ).fetchone()
        detail = {
            "layer": opening.layer,
            "groups": opening.groups,
            "basis": opening.basis,
            "until": opening.expires_at.isoformat(),
        }
        log_change(connection, by, "restricted fields opened", _told(holder), detail)
    return int(row[0]) if row else 0


def end(connection: psycopg.Connection, number: int, by: str) -> None:
    """The grant opens nothing from now on. NotFound if there is none with that number that still does."""
    with connection.transaction():
        row = connection.execute(
            f"""UPDATE landmap.restricted_grant SET ended_at = clock_timestamp(), ended_by = %s
               WHERE number = %s AND ended_at IS NULL RETURNING {_HOLDER}""",
            (by, number),
        ).fetchone()
        if row is None:
            raise NotFound(
                f"There is no grant {number} that could be ended: see landmap restricted list.",
                f"Không có quyền số {number} nào còn hiệu lực: xem landmap restricted list.",
            )
        log_change(connection, by, "restricted fields closed", str(row[0]), {"grant": number})


def grants(connection: psycopg.Connection) -> list[RestrictedGrant]:
    """All grants, the newest first."""
    with connection.cursor(row_factory=class_row(RestrictedGrant)) as cursor:
        return cursor.execute(
            f"""SELECT number, {_HOLDER} AS holder, agency, layer, groups, basis, granted_at, granted_by, expires_at, ended_at
                FROM landmap.restricted_grant ORDER BY number DESC"""
        ).fetchall()


_HOLDER = "coalesce('key:' || api_key, issuer || ' ' || subject)"


def groups(catalog: Catalog, layer: str) -> tuple[str, ...]:
    """The groups of restricted fields of a layer."""
    fields = (f for f in catalog.layers[layer].fields if f.access is Access.RESTRICTED)
    return tuple(dict.fromkeys(field.group for field in fields))


def _check(catalog: Catalog, opening: Opening) -> None:
    known_layers(catalog, [opening.layer])
    there = groups(catalog, opening.layer)
    unknown = sorted(set(opening.groups) - set(there))
    if unknown or not opening.groups:
        listed = ", ".join(there) or "-"
        raise InvalidParameter(
            f"'{opening.layer}' has no restricted fields '{', '.join(unknown)}'; it has: {listed}.",
            f"'{opening.layer}' không có nhóm dữ liệu hạn chế '{', '.join(unknown)}'; có: {listed}.",
        )
    if not opening.basis.strip():
        raise InvalidParameter("Name the document that it is granted on.", "Hãy ghi văn bản làm căn cứ cấp quyền.")
    if opening.expires_at <= datetime.now(UTC):
        raise InvalidParameter("A grant needs an end that lies ahead.", "Quyền phải có ngày hết hạn trong tương lai.")


def _agency_of(connection: psycopg.Connection, holder: str | Person) -> str | None:
    """The agency of a key that still opens, or of a person. NotFound if there is no such one."""
    found: Sequence[str | None] | None
    if isinstance(holder, str):
        found = connection.execute(
            "SELECT agency FROM landmap.api_key WHERE id = %s AND revoked_at IS NULL AND expires_at > clock_timestamp() FOR SHARE",
            (holder,),
        ).fetchone()
    else:
        found = connection.execute(
            "SELECT agency FROM landmap.member WHERE (issuer, subject) = (%s, %s) FOR SHARE", holder
        ).fetchone()
    if found is None:
        raise NotFound(
            f"{_told(holder)} opens nothing: see landmap key list and landmap role list.",
            f"{_told(holder)} không tồn tại hoặc hết hiệu lực: xem landmap key list, landmap role list.",
        )
    return None if found[0] is None else str(found[0])


def _told(holder: str | Person) -> str:
    return f"key:{holder}" if isinstance(holder, str) else " ".join(holder)

"""Agencies, API keys and people: written by the operator's commands, asked by the service for each request that signs in."""

from __future__ import annotations

import hashlib
import re
import secrets
from base64 import b32encode, urlsafe_b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
import shapely
from psycopg.rows import class_row
from shapely.geometry.base import BaseGeometry

from gis.errors import ConflictError, InvalidParameter, NotFound
from gis.model.actor import Role
from gis.model.layer import Catalog, Layer
from gis.model.layer import Role as FieldRole
from gis.store.audit import Entry, Kind, append
from gis.store.sql import Sql, quoted

_KEY = re.compile(r"lmk_([a-z2-7]{10})_([A-Za-z0-9_-]{43})")
_AGENCY = re.compile(r"[a-z][a-z0-9-]{1,39}")


@dataclass(frozen=True, slots=True)
class Secret:
    """A key as its holder sends it, taken apart: the id, and the digest of the secret."""

    id: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Agency:
    """An agency with the layers it owns and those it may read; `area_source` says what bounds it (None: nothing)."""

    id: str
    title: str
    area_source: str | None
    owns: list[str]
    reads: list[str]


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is listed; its secret is not kept."""

    id: str
    role: str
    agency: str | None
    layers: list[str] | None
    note: str
    created_at: datetime
    created_by: str
    expires_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Member:
    """A person who signs in through OpenID Connect."""

    issuer: str
    subject: str
    name: str
    agency: str | None
    role: str
    granted_at: datetime
    granted_by: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Grant:
    """What a key or a person is given: a role, the agency for roles that act for one, and until when."""

    role: Role
    agency: str | None
    expires_at: datetime | None
    layers: tuple[str, ...] | None = None


def read_secret(text: str) -> Secret | None:
    """The parts of a key (`lmk_<id>_<secret>`); None if it is none."""
    found = _KEY.fullmatch(text)
    return Secret(found[1], hashlib.sha256(found[2].encode()).digest()) if found else None


def key_sql(secret: Secret) -> Sql:
    """No row for an unknown key; else `state` (valid, revoked, expired), `role`, `agency`, `layers`, `area` (digest), `owns`,
    `reads`, `restricted` (layer/group)."""
    return Sql("SELECT * FROM landmap.key_actor($1, $2)", (secret.id, secret.digest))


def holder_sql(id: str) -> Sql:
    """As `key_sql`, for the holder of the key with this id, on whose behalf a job runs; for the keeper only."""
    return Sql("SELECT * FROM landmap.key_holder($1)", (id,))


def member_sql(issuer: str, subject: str) -> Sql:
    """As `key_sql`, for the person whom the issuer knows as `subject`."""
    return Sql("SELECT * FROM landmap.member_actor($1, $2)", (issuer, subject))


def add_agency(connection: psycopg.Connection, id: str, title: str, by: str) -> None:
    """A new agency, without layers and for the whole territory."""
    if not _AGENCY.fullmatch(id):
        raise InvalidParameter(
            f"'{id}' cannot name an agency: 2 to 40 lower-case letters, digits and hyphens, a letter first, such as so-xay-dung.",
            f"'{id}' không dùng làm mã cơ quan được: 2 đến 40 chữ thường, chữ số, dấu gạch nối, bắt đầu bằng chữ, ví dụ so-xay-dung.",
        )
    with connection.transaction():
        row = connection.execute(
            "INSERT INTO landmap.agency (id, title) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING id", (id, title)
        ).fetchone()
        if row is None:
            raise ConflictError(f"There is an agency '{id}' already.", f"Đã có cơ quan '{id}'.")
        log_change(connection, by, "agency added", id, {"title": title})


def set_layers(
    connection: psycopg.Connection, catalog: Catalog, id: str, owns: Iterable[str], reads: Iterable[str], by: str
) -> None:
    """Which layers the agency owns (and so reads) and which it only reads; what is not named is taken away."""
    owned, read = set(owns), set(reads)
    known_layers(catalog, owned | read)
    with connection.transaction():
        _agency(connection, id)
        connection.execute("DELETE FROM landmap.agency_layer WHERE agency = %s", (id,))
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO landmap.agency_layer VALUES (%s, %s, %s)",
                [(id, layer, layer in owned) for layer in sorted(owned | read)],
            )
        log_change(connection, by, "agency layers set", id, {"owns": sorted(owned), "reads": sorted(read - owned)})


def set_area(
    connection: psycopg.Connection, catalog: Catalog, id: str, area: BaseGeometry | None, source: str | None, by: str
) -> None:
    """Bound the agency to `area` (storage CRS, polygons); None: the whole territory. `source` says where it comes from."""
    if area is not None and (area.is_empty or area.geom_type not in ("Polygon", "MultiPolygon") or not area.is_valid):
        raise InvalidParameter(
            f"The area of '{id}' must be valid polygons.", f"Phạm vi của '{id}' phải là vùng (polygon) hợp lệ."
        )
    wkb = None if area is None else shapely.to_wkb(area)
    with connection.transaction():
        _agency(connection, id)
        connection.execute(
            """UPDATE landmap.agency SET area = ST_SetSRID(ST_GeomFromWKB(%s), %s), area_digest = %s, area_source = %s
               WHERE id = %s""",
            (wkb, catalog.territory.storage_crs, hashlib.sha256(wkb).hexdigest()[:16] if wkb else None, source, id),
        )
        log_change(connection, by, "agency area set", id, {"source": source})


def wards_layer(catalog: Catalog) -> Layer:
    """The layer whose features are the communes of today."""
    for layer in catalog.layers.values():
        commune = layer.with_role(FieldRole.COMMUNE)
        if commune is not None and layer.identity == (commune.name,):
            return layer
    raise NotFound("No layer of layers/ holds the communes.", "Không có lớp nào chứa ranh giới cấp xã.")


def wards_area(connection: psycopg.Connection, catalog: Catalog, codes: Sequence[str]) -> BaseGeometry:
    """The wards with these codes, as they are now, as one area in the storage CRS. NotFound names the first unknown one."""
    layer = wards_layer(catalog)
    code = quoted(layer.identity[0])
    rows = connection.execute(
        f"SELECT {code}, ST_AsBinary(geom) FROM land.{quoted(layer.id)} WHERE {code} = ANY (%s)", (list(codes),)
    ).fetchall()
    missing = sorted(set(codes) - {row[0] for row in rows})
    if missing or not rows:
        shown = missing[0] if missing else ""
        raise NotFound(f"There is no ward '{shown}' today.", f"Hiện không có phường, xã '{shown}'.")
    return shapely.union_all(shapely.from_wkb([row[1] for row in rows]))


def agencies(connection: psycopg.Connection) -> list[Agency]:
    """All agencies by id."""
    with connection.cursor(row_factory=class_row(Agency)) as cursor:
        return cursor.execute(
            """SELECT a.id, a.title, a.area_source,
                      coalesce(array_agg(l.layer ORDER BY l.layer) FILTER (WHERE l.owns), '{}') AS owns,
                      coalesce(array_agg(l.layer ORDER BY l.layer) FILTER (WHERE NOT l.owns), '{}') AS reads
               FROM landmap.agency a LEFT JOIN landmap.agency_layer l ON l.agency = a.id GROUP BY a.id ORDER BY a.id"""
        ).fetchall()


def issue_key(connection: psycopg.Connection, catalog: Catalog, grant: Grant, note: str, by: str) -> str:
    """A new key; its text is told this once and cannot be found again. `grant.expires_at` must lie ahead."""
    expires_at = grant.expires_at
    if expires_at is None or expires_at <= datetime.now(UTC):
        raise InvalidParameter("A key needs an end that lies ahead.", "Khoá phải có ngày hết hạn trong tương lai.")
    known_layers(catalog, grant.layers or ())
    _within_agency(connection, grant)
    key = b32encode(secrets.token_bytes(7)).decode().lower()[:10]
    secret = urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    with connection.transaction():
        _check(connection, grant)
        connection.execute(
            """INSERT INTO landmap.api_key (id, digest, agency, role, layers, note, created_by, expires_at)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
            (
                key,
                hashlib.sha256(secret.encode()).digest(),
                grant.agency,
                grant.role,
                None if grant.layers is None else list(grant.layers),
                note,
                by,
                expires_at,
            ),
        )
        log_change(connection, by, "key issued", f"key:{key}", _told(grant))
    return f"lmk_{key}_{secret}"


def revoke_key(connection: psycopg.Connection, id: str, by: str) -> None:
    """The key opens nothing from now on. NotFound if there is no such key that still does."""
    with connection.transaction():
        row = connection.execute(
            """UPDATE landmap.api_key SET revoked_at = clock_timestamp(), revoked_by = %s
               WHERE id = %s AND revoked_at IS NULL RETURNING id""",
            (by, id),
        ).fetchone()
        if row is None:
            raise NotFound(
                f"There is no key '{id}' that could be revoked: see landmap key list.",
                f"Không có khoá '{id}' nào còn hiệu lực để thu hồi: xem landmap key list.",
            )
        log_change(connection, by, "key revoked", f"key:{id}", {})


def keys(connection: psycopg.Connection) -> list[ApiKey]:
    """All keys, the newest first."""
    with connection.cursor(row_factory=class_row(ApiKey)) as cursor:
        return cursor.execute(
            """SELECT id, role, agency, layers, note, created_at, created_by, expires_at, revoked_at
               FROM landmap.api_key ORDER BY created_at DESC, id"""
        ).fetchall()


def grant_role(connection: psycopg.Connection, person: tuple[str, str], name: str, grant: Grant, by: str) -> None:
    """Give the person (issuer, subject) this role instead of any before."""
    with connection.transaction():
        _check(connection, grant)
        connection.execute(
            """INSERT INTO landmap.member (issuer, subject, name, agency, role, granted_by, expires_at)
               VALUES (%s, %s, %s, %s, %s, %s, %s)
               ON CONFLICT (issuer, subject) DO UPDATE SET name = excluded.name, agency = excluded.agency,
               role = excluded.role, granted_by = excluded.granted_by, expires_at = excluded.expires_at,
               granted_at = clock_timestamp()""",
            (*person, name, grant.agency, grant.role, by, grant.expires_at),
        )
        log_change(connection, by, "role granted", " ".join(person), _told(grant))


def end_role(connection: psycopg.Connection, person: tuple[str, str], by: str) -> None:
    """Take the person's role away, and restricted fields with it. NotFound if there is none."""
    with connection.transaction():
        connection.execute(
            """UPDATE landmap.restricted_grant SET ended_at = clock_timestamp(), ended_by = %s
               WHERE (issuer, subject) = (%s, %s) AND ended_at IS NULL""",
            (by, *person),
        )
        row = connection.execute(
            "DELETE FROM landmap.member WHERE (issuer, subject) = (%s, %s) RETURNING subject", person
        ).fetchone()
        if row is None:
            raise NotFound(
                f"'{person[1]}' of {person[0]} has no role: see landmap role list.",
                f"'{person[1]}' của {person[0]} không có vai trò nào: xem landmap role list.",
            )
        log_change(connection, by, "role ended", " ".join(person), {})


def members(connection: psycopg.Connection) -> list[Member]:
    """All people with a role, by name."""
    with connection.cursor(row_factory=class_row(Member)) as cursor:
        return cursor.execute("SELECT * FROM landmap.member ORDER BY name, subject").fetchall()


def _check(connection: psycopg.Connection, grant: Grant) -> None:
    """Roles of an agency need one that is there; the others have none."""
    if grant.role is Role.PUBLIC:
        raise InvalidParameter("Everybody is public; that is no role to give.", "Ai cũng là công chúng; không cần cấp.")
    if grant.role.of_agency and grant.agency is None:
        raise InvalidParameter(
            f"The role {grant.role} acts for an agency: name it with --agency.",
            f"Vai trò {grant.role} thuộc về một cơ quan: hãy ghi --agency.",
        )
    if not grant.role.of_agency and grant.agency is not None:
        raise InvalidParameter(
            f"The role {grant.role} belongs to no agency: leave --agency out.",
            f"Vai trò {grant.role} không thuộc cơ quan nào: hãy bỏ --agency.",
        )
    if grant.agency is not None:
        _agency(connection, grant.agency)


def _within_agency(connection: psycopg.Connection, grant: Grant) -> None:
    """A key for layers that its agency has not would open nothing."""
    if grant.agency is None or grant.layers is None:
        return
    rows = connection.execute("SELECT layer FROM landmap.agency_layer WHERE agency = %s", (grant.agency,)).fetchall()
    beyond = sorted(set(grant.layers) - {row[0] for row in rows})
    if beyond:
        raise InvalidParameter(
            f"'{grant.agency}' neither owns nor reads '{beyond[0]}': landmap agency layers {grant.agency} … says what it has.",
            f"'{grant.agency}' không quản lý và không được xem '{beyond[0]}': xem landmap agency layers {grant.agency} ….",
        )


def _agency(connection: psycopg.Connection, id: str) -> None:
    if connection.execute("SELECT 1 FROM landmap.agency WHERE id = %s FOR UPDATE", (id,)).fetchone() is None:
        raise NotFound(
            f"There is no agency '{id}': see landmap agency list.",
            f"Không có cơ quan '{id}': xem landmap agency list.",
        )


def known_layers(catalog: Catalog, names: Iterable[str]) -> None:
    """NotFound names the first that is no layer, and those there are."""
    unknown = sorted(set(names) - set(catalog.layers))
    if unknown:
        raise NotFound(
            f"There is no layer '{unknown[0]}'. There are: {', '.join(catalog.layers)}.",
            f"Không có lớp '{unknown[0]}'. Hiện có: {', '.join(catalog.layers)}.",
        )


def _told(grant: Grant) -> dict[str, object]:
    until = None if grant.expires_at is None else grant.expires_at.isoformat()
    return {"role": grant.role, "agency": grant.agency, "layers": grant.layers, "until": until}


def log_change(
    connection: psycopg.Connection, by: str, action: str, subject: str, detail: Mapping[str, object]
) -> None:
    """Puts a change of rights on record, in the caller's transaction."""
    append(connection, Entry(datetime.now(UTC), Kind.ACCESS, by, action, subject=subject, detail=detail))

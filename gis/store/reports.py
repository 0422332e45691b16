"""Reports of citizens in the database.

What everybody may see is read as `landmap_public`, which has no right to anything else of it. All that was told is written
and read as `landmap_keeper`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from gis.model.report import Contact, Event, Report, State, Told
from gis.store.sql import Lock, Sql

_ROUND = 0.0001
"""Degrees to which a place is rounded for everybody: about 11 m."""

_PUBLIC = """r.id, r.number, r.category, r.agency, r.agency_title, r.state, public.ST_X(r.near) AS lon, public.ST_Y(r.near) AS lat,
    r.requested, r.updated, r.answer, r.version"""
_RELEASED = "EXISTS (SELECT FROM landmap.report_picture i WHERE i.number = r.number) AS photo"
_KEPT = "coalesce((SELECT i.released FROM landmap.report_photo i WHERE i.report = r.id), false) AS photo"

_CLOSED = "r.state IN ('answered', 'declined')"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which reports, the newest first (`oldest`: the oldest), at most `limit`; only those behind the one that `before` names
    by time and id. None leaves a condition out. `bbox`: degrees west, south, east, north. `closed`: whether they are."""

    limit: int
    numbers: tuple[str, ...] | None = None
    categories: tuple[str, ...] | None = None
    agency: str | None = None
    states: tuple[str, ...] | None = None
    closed: tuple[bool, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None
    bbox: tuple[float, float, float, float] | None = None
    before: tuple[datetime, UUID] | None = None
    oldest: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be reported: in an hour from one address and from all; bytes of photos that are kept in all."""

    address: int
    all: int
    photos: int


@dataclass(frozen=True, slots=True)
class Call:
    """Who is called when the state changes. `base`: the public address of the service."""

    callback: str
    base: str
    language: str


@dataclass(frozen=True, slots=True)
class DueCall:
    """A call to make: what it tells, and how often it was tried in vain."""

    report: Report
    call: Call
    attempts: int


def turn_sql() -> Sql:
    """Whoever counts what was reported counts alone, until the transaction ends."""
    return Sql("SELECT pg_advisory_xact_lock($1::bigint)", (Lock.REPORTS,))


def room_sql(address: bytes | None, limits: Limits, size: int) -> Sql:
    """`sender`, `all`, `photos`: whether another report from the address (a keyed hash; None: not counted by address) and
    a photo of `size` bytes find room."""
    return Sql(
        """WITH old AS (DELETE FROM landmap.report_sender WHERE at < clock_timestamp() - interval '1 hour')
        SELECT count(*) FILTER (WHERE address = $1::bytea) < $2::bigint AS sender, count(*) < $3::bigint AS all,
            $4::bigint = 0 OR (SELECT coalesce(sum(size), 0) FROM landmap.report_photo) + $4 <= $5::bigint AS photos
        FROM landmap.report_sender WHERE at >= clock_timestamp() - interval '1 hour'""",
        (address, limits.address, limits.all, size, limits.photos),
    )


def sent_sql(address: bytes | None) -> Sql:
    """Counts a report of the address."""
    return Sql("INSERT INTO landmap.report_sender (address) VALUES ($1::bytea) RETURNING at", (address,))


def report_sql(number: str, told: Told, actor: tuple[str, str], call: Call | None) -> Sql:
    """Writes the report down, with its first event; its row. `actor`: id and role of who sent it."""
    contact, category = told.contact, told.category
    parts = [
        f"""report AS (INSERT INTO landmap.report (number, category, agency, agency_title, state, near)
            VALUES ($1, $2, $3, $4, 'received', public.ST_SnapToGrid(public.ST_Point($5::float8, $6::float8, 4326), {_ROUND}))
            RETURNING *)""",
        """told AS (INSERT INTO landmap.report_told (report, place, description, address)
            SELECT id, public.ST_Point($5, $6, 4326), $7::text, $8::text FROM report)""",
        """contact AS (INSERT INTO landmap.report_contact (report, name, phone, email)
            SELECT id, $9::text, $10::text, $11::text FROM report WHERE num_nonnulls($9::text, $10::text, $11::text) > 0)""",
        """photo AS (INSERT INTO landmap.report_photo (report, image, size)
            SELECT id, $12::bytea, length($12::bytea) FROM report WHERE $12::bytea IS NOT NULL)""",
        """event AS (INSERT INTO landmap.report_event (report, version, kind, actor, role, agency, state)
            SELECT id, 1, 'received', $13::text, $14::text, agency, state FROM report)""",
        """called AS (INSERT INTO landmap.report_call (report, callback, base, language)
            SELECT id, $15::text, $16::text, $17::text FROM report WHERE $15::text IS NOT NULL)""",
    ]
    values = (
        number,
        category.id,
        category.agency,
        category.agency_title,
        told.lon,
        told.lat,
        told.description,
        told.address,
    )
    who = (contact.name, contact.phone, contact.email, told.photo, *actor)
    whom = (None, None, None) if call is None else (call.callback, call.base, call.language)
    return Sql(f"WITH {', '.join(parts)} SELECT {_PUBLIC}, false AS photo FROM report r", (*values, *who, *whom))


def public_sql(wanted: Wanted) -> Sql:
    """What everybody may see of the reports, for the public's pool."""
    return _reports(wanted, _RELEASED)


def queue_sql(wanted: Wanted) -> Sql:
    """The same with what their agency was told: `description`, `address`, `exact_lon`, `exact_lat`, `photo_kept`."""
    return _reports(wanted, _KEPT, told=True)


def picture_sql(number: str) -> Sql:
    """`image`: the photo that everybody may see, for the public's pool."""
    return Sql("SELECT image FROM landmap.report_picture WHERE number = $1", (number,))


def photo_sql(report: UUID) -> Sql:
    """`image`: the photo, released or not."""
    return Sql("SELECT image FROM landmap.report_photo WHERE report = $1::uuid", (report,))


def contact_sql(report: UUID) -> Sql:
    """Who reported it; no row where nobody said, or it was erased."""
    return Sql("SELECT name, phone, email FROM landmap.report_contact WHERE report = $1::uuid", (report,))


def events_sql(report: UUID) -> Sql:
    """What happened to it, in order."""
    return Sql(
        """SELECT version, kind, at, actor, role, agency, state, reason, answer FROM landmap.report_event
           WHERE report = $1::uuid ORDER BY version""",
        (report,),
    )


def agency_sql(id: str) -> Sql:
    """`title` of the agency; no row where there is none."""
    return Sql("SELECT title FROM landmap.agency WHERE id = $1", (id,))


def agencies_sql() -> Sql:
    """`id` and `title` of every agency."""
    return Sql("SELECT id, title FROM landmap.agency ORDER BY title, id", ())


def event_sql(report: UUID, event: Event) -> Sql:
    """Adds the event; the report after it, no row where it is not at the version any more that was seen."""
    return Sql(
        f"""WITH r AS (UPDATE landmap.report SET agency = $3, agency_title = $4, state = $5, version = version + 1,
                updated = greatest(clock_timestamp(), updated + interval '1 microsecond'),
                answer = CASE WHEN $6::text = 'state' THEN coalesce($7::text, CASE WHEN $5 IN ('answered', 'declined') THEN answer END)
                              ELSE answer END
            WHERE id = $1::uuid AND version = $2::integer RETURNING *),
        event AS (INSERT INTO landmap.report_event (report, version, kind, at, actor, role, agency, state, reason, answer)
            SELECT id, version, $6, updated, $8::text, $9::text, agency, state, $10::text, $7 FROM r)
        SELECT {_PUBLIC}, {_KEPT} FROM r""",
        (
            report,
            event.seen,
            *event.agency,
            event.state.value,
            event.kind,
            event.answer,
            event.actor,
            event.role,
            event.reason,
        ),
    )


def release_sql(report: UUID, *, released: bool) -> Sql:
    """Opens the photo to everybody, or closes it again; no row where there is none."""
    return Sql(
        "UPDATE landmap.report_photo SET released = $2::boolean WHERE report = $1::uuid RETURNING released",
        (report, released),
    )


def due_call_sql(lease: float) -> Sql:
    """The next call to make, for `lease` seconds of the caller's own; no row where there is none."""
    return Sql(
        f"""WITH c AS (UPDATE landmap.report_call SET due = clock_timestamp() + make_interval(secs => $1::float8)
            WHERE report = (SELECT c.report FROM landmap.report_call c JOIN landmap.report o ON o.id = c.report
                WHERE c.due <= clock_timestamp() AND c.told < o.version ORDER BY c.due LIMIT 1 FOR UPDATE OF c SKIP LOCKED)
            RETURNING *)
        SELECT {_PUBLIC}, {_KEPT}, c.callback, c.base, c.language, c.attempts FROM c JOIN landmap.report r ON r.id = c.report""",
        (lease,),
    )


def called_sql(report: UUID, version: int) -> Sql:
    """The receiver took what was told of that version."""
    return Sql(
        """UPDATE landmap.report_call SET told = $2::integer, attempts = 0, due = clock_timestamp(), problem = NULL
           WHERE report = $1::uuid AND told < $2 RETURNING told""",
        (report, version),
    )


def not_called_sql(report: UUID, pause: float, problem: str | None) -> Sql:
    """The receiver did not take it: again after `pause` seconds."""
    return Sql(
        """UPDATE landmap.report_call SET attempts = attempts + 1, due = clock_timestamp() + make_interval(secs => $2::float8),
               problem = $3::text WHERE report = $1::uuid RETURNING attempts""",
        (report, pause, problem),
    )


def call_no_more_sql(report: UUID) -> Sql:
    """The receiver is given up."""
    return Sql("DELETE FROM landmap.report_call WHERE report = $1::uuid RETURNING report", (report,))


def forget_contacts_sql(days: int) -> Sql:
    """Takes away the contacts of reports that are older than that, and whom they call; `erased`: how many contacts."""
    return Sql(
        """WITH old AS (SELECT id FROM landmap.report WHERE requested < clock_timestamp() - make_interval(days => $1::integer)),
           called AS (DELETE FROM landmap.report_call c USING old WHERE old.id = c.report),
           gone AS (DELETE FROM landmap.report_contact c USING old WHERE old.id = c.report RETURNING 1)
           SELECT count(*) AS erased FROM gone""",
        (days,),
    )


def erase(connection: psycopg.Connection, number: str, by: str, *, everything: bool) -> bool:
    """Takes away who reported it and is called for it; with `everything` also text, address, photo and the exact place. What everybody may see
    stays, and that it was erased. False where there is no such report. As the owner of the database, in one transaction."""
    with connection.transaction():
        row = connection.execute(
            "UPDATE landmap.report SET version = version + 1 WHERE number = %s RETURNING id", (number,)
        ).fetchone()
        if row is None:
            return False
        connection.execute("DELETE FROM landmap.report_contact WHERE report = %s", row)
        connection.execute("DELETE FROM landmap.report_call WHERE report = %s", row)
        if everything:
            connection.execute("DELETE FROM landmap.report_photo WHERE report = %s", row)
            connection.execute(
                """UPDATE landmap.report_told t SET description = NULL, address = NULL, place = r.near
                   FROM landmap.report r WHERE r.id = t.report AND t.report = %s""",
                row,
            )
        connection.execute(
            """INSERT INTO landmap.report_event (report, version, kind, actor, role, agency, state, reason)
               SELECT id, version, 'erased', %s, 'operator', agency, state, %s FROM landmap.report WHERE id = %s""",
            (by, "everything" if everything else "contact", row[0]),
        )
    return True


def report_of(row: Mapping[str, Any]) -> Report:
    """The report of a row."""
    return Report(
        id=row["id"],
        number=row["number"],
        category=row["category"],
        agency=row["agency"],
        agency_title=row["agency_title"],
        state=State(row["state"]),
        lon=round(row["lon"], 4),
        lat=round(row["lat"], 4),
        requested=row["requested"],
        updated=row["updated"],
        answer=row["answer"],
        version=row["version"],
        photo=row["photo"],
    )


def contact_of(row: Mapping[str, Any] | None) -> Contact | None:
    """The contact of a row of `contact_sql`."""
    return None if row is None else Contact(row["name"], row["phone"], row["email"])


def due_call_of(row: Mapping[str, Any]) -> DueCall:
    """The call of a row of `due_call_sql`."""
    return DueCall(report_of(row), Call(row["callback"], row["base"], row["language"]), row["attempts"])


def _reports(wanted: Wanted, photo: str, *, told: bool = False) -> Sql:
    before = wanted.before or (None, None)
    boxes = (None, None) if wanted.bbox is None else _boxes(wanted.bbox)
    more = (
        """, t.description, t.address, public.ST_X(t.place) AS exact_lon, public.ST_Y(t.place) AS exact_lat,
            EXISTS (SELECT FROM landmap.report_photo i WHERE i.report = r.id) AS photo_kept"""
        if told
        else ""
    )
    joined = "JOIN landmap.report_told t ON t.report = r.id" if told else ""
    behind, order = (">", "ASC") if wanted.oldest else ("<", "DESC")
    return Sql(
        f"""SELECT {_PUBLIC}, {photo}{more} FROM landmap.report r {joined}
            WHERE ($1::text[] IS NULL OR r.number = ANY ($1)) AND ($2::text[] IS NULL OR r.category = ANY ($2))
              AND ($3::text IS NULL OR r.agency = $3) AND ($4::text[] IS NULL OR r.state = ANY ($4))
              AND ($5::boolean[] IS NULL OR ({_CLOSED}) = ANY ($5))
              AND ($6::timestamptz IS NULL OR r.requested >= $6) AND ($7::timestamptz IS NULL OR r.requested <= $7)
              AND ($8::text IS NULL OR r.near OPERATOR(public.&&) public.ST_GeomFromText($8, 4326)
                   OR r.near OPERATOR(public.&&) public.ST_GeomFromText($12::text, 4326))
              AND ($9::timestamptz IS NULL OR (r.requested, r.id) {behind} ($9, $10::uuid))
            ORDER BY r.requested {order}, r.id {order} LIMIT $11::integer""",
        (
            _listed(wanted.numbers),
            _listed(wanted.categories),
            wanted.agency,
            _listed(wanted.states),
            _listed(wanted.closed),
            wanted.since,
            wanted.until,
            boxes[0],
            *before,
            wanted.limit,
            boxes[1],
        ),
    )


def _listed(values: tuple[Any, ...] | None) -> list[Any] | None:
    return None if values is None else list(values)


def _boxes(bounds: tuple[float, float, float, float]) -> tuple[str, str | None]:
    """As WKT; the second where the box goes over the date line. Apart, for boxes are compared: that of both goes round the earth."""
    west, south, east, north = bounds

    def box(w: float, e: float) -> str:
        return f"POLYGON(({w} {south}, {e} {south}, {e} {north}, {w} {north}, {w} {south}))"

    return (box(west, east), None) if west <= east else (box(west, 180.0), box(-180.0, east))

"""Cases in the database, written and read as landmap_keeper: events are added, in the order of commits, and never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
import shapely
from shapely.geometry.base import BaseGeometry

from gis.model.access import Decision as Access
from gis.model.case import Case, NewEvent
from gis.model.deadline import Event, Subject
from gis.store.sql import Sql

_COLUMNS = """c.id, c.holder, c.agency, c.number, c.permit_type, c.work_kind, c.house, c.opened_at, c.version, c.changed, c.changed_at,
    c.state, c.parcel, c.application, c.advice, c.decision,
    (SELECT jsonb_agg(jsonb_build_array(e.day, e.state) ORDER BY e.version) FROM landmap.case_event e
     WHERE e.case_id = c.id AND e.kind IN ('opened', 'state')) AS events,
    (SELECT max(e.day) FROM landmap.case_event e WHERE e.case_id = c.id AND e.kind <> 'check') AS day"""

_INSIDE = "(ST_Covers(landmap.agency_area({agency}), {place}) OR {agency} IS NULL)"
"""Whether a place lies in the area of an agency; null for one that is not bounded."""

_SEEN = f"""(c.holder = {{agency}} OR {_INSIDE.format(agency="{agency}", place="c.place")}
    OR EXISTS (SELECT FROM landmap.case_event e WHERE e.case_id = c.id AND e.kind = 'transfer' AND e.agency = {{agency}}))"""
"""Whether the agency sees the case: its own and what it handed over wherever they lie, as areas change, and those of its
area."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases, in the order of their last events: those changed after event `after`, recorded since `since`, at most
    `limit`. None leaves a condition out."""

    limit: int
    after: int = 0
    since: datetime | None = None
    number: str | None = None
    state: str | None = None


def open_sql(agency: str, number: str, subject: Subject, by: str) -> Sql:
    """Adds a case without events; its `id`, no row where the agency has one of that number already."""
    return Sql(
        """INSERT INTO landmap.permit_case (agency, number, permit_type, work_kind, house, opened_by)
           VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (agency, number) DO NOTHING RETURNING id""",
        (agency, number, subject.permit_type, subject.work_kind, subject.house, by),
    )


def event_sql(case: UUID, event: NewEvent, crs: int) -> Sql:
    """Adds the event; its `number`, no row where the case is not the version any more that was seen."""
    asked, by = event.asked, event.by
    values = (
        case,
        event.seen + 1,
        event.kind,
        event.day,
        by.id,
        by.role,
        by.agency,
        event.state,
        event.reason,
        event.document,
        None if asked is None else orjson.dumps(asked.inputs).decode(),
        None if asked is None else asked.parcel,
        None if asked is None else shapely.to_wkb(asked.place),
        crs,
        None if event.advice is None else orjson.dumps(asdict(event.advice)).decode(),
        None if event.decision is None else orjson.dumps(asdict(event.decision)).decode(),
        event.receiver,
    )
    return Sql(
        """INSERT INTO landmap.case_event (case_id, version, kind, day, actor, role, agency, state, reason, document,
               application, parcel, place, advice, decision, receiver)
           SELECT $1::uuid, $2::integer, $3::text, $4::date, $5::text, $6::text, $7::text, $8::text, $9::text, $10::text,
               $11::text::jsonb, $12::uuid, ST_GeomFromWKB($13::bytea, $14::integer), $15::text::jsonb, $16::text::jsonb, $17::text
           RETURNING number""",
        values,
    )


def inside_sql(place: BaseGeometry, access: Access, crs: int) -> Sql:
    """`inside`: whether the place, in `crs`, lies where the caller may write."""
    inside = _INSIDE.format(agency="$1::text", place="ST_GeomFromWKB($2::bytea, $3::integer)")
    return Sql(f"SELECT {inside} AS inside", (_agency(access), shapely.to_wkb(place), crs))


def receiver_sql(case: UUID, agency: str, layer: str) -> Sql:
    """Of an agency to which the case may be handed over: `decides`, whether it owns the layer of what is decided, and
    `inside`, whether the case lies in its area."""
    inside = "coalesce(ST_Covers(landmap.agency_area($2::text), c.place), true)"
    return Sql(
        f"""SELECT EXISTS (SELECT FROM landmap.agency_layer WHERE agency = $2 AND layer = $3::text AND owns) AS decides,
                {inside} AS inside FROM landmap.permit_case c WHERE c.id = $1::uuid""",
        (case, agency, layer),
    )


def case_sql(case: UUID, access: Access) -> Sql:
    """The case with that id; no row where there is none for the caller."""
    seen = _SEEN.format(agency="$2::text")
    return Sql(
        f"SELECT {_COLUMNS} FROM landmap.permit_case c WHERE c.id = $1::uuid AND {seen}", (case, _agency(access))
    )


def cases_sql(wanted: Wanted, access: Access) -> Sql:
    """The cases that are wanted and that the caller may see, by `changed`."""
    seen = _SEEN.format(agency="$1::text")
    return Sql(
        f"""SELECT {_COLUMNS} FROM landmap.permit_case c
            WHERE {seen} AND c.changed > $2::bigint AND ($3::timestamptz IS NULL OR c.changed >= (
                SELECT e.number FROM landmap.case_event e WHERE e.at >= $3 ORDER BY e.at LIMIT 1))
              AND ($4::text IS NULL OR c.number = $4) AND ($5::text IS NULL OR c.state = $5)
            ORDER BY c.changed LIMIT $6::integer""",
        (_agency(access), wanted.after, wanted.since, wanted.number, wanted.state, wanted.limit),
    )


def events_sql(case: UUID) -> Sql:
    """All events of the case, in their order."""
    return Sql(
        """SELECT version, kind, at, day, actor, role, agency, from_state, state, reason, document, application, parcel, advice,
               decision, receiver
           FROM landmap.case_event WHERE case_id = $1::uuid ORDER BY version""",
        (case,),
    )


def case_of(row: Mapping[str, Any]) -> Case:
    """The case of a row of `case_sql` or `cases_sql`."""
    return Case(
        id=row["id"],
        agency=row["holder"],
        opened=row["agency"],
        number=row["number"],
        subject=Subject(row["permit_type"], row["work_kind"], row["house"]),
        opened_at=row["opened_at"],
        version=row["version"],
        changed=row["changed"],
        changed_at=row["changed_at"],
        state=row["state"],
        day=row["day"],
        parcel=row["parcel"],
        application=orjson.loads(row["application"]),
        advice=json_of(row["advice"]),
        decision=json_of(row["decision"]),
        events=tuple(Event(date.fromisoformat(day), state) for day, state in orjson.loads(row["events"])),
    )


def json_of(value: str | None) -> Any:
    """A column of JSON, None for null."""
    return None if value is None else orjson.loads(value)


def _agency(access: Access) -> str | None:
    """The agency whose area bounds the caller, None for no bound."""
    return access.area.agency if access.area is not None else None

"""Which jobs are asked for: the parameters of the job list (OGC 18-062r2, section 9)."""

from __future__ import annotations

import re
import struct
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from gis.errors import InvalidParameter
from gis.model.query import Interval
from gis.store.jobs import Job, Status, Wanted
from services.ogc.ask import Ask
from services.ogc.datetimes import parse_datetime
from services.ogc.parameters import limit
from services.processes.listed import PROCESSES

MOST = 1_000
USUAL = 100
PROCESS_PARAMETERS = ("limit",)
JOB_PARAMETERS = ("type", "processID", "status", "datetime", "minDuration", "maxDuration", "limit", "cursor")

_PLACE = struct.Struct(">q16s")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS = re.compile(r"[0-9]{1,9}")


def count(asked: Ask) -> int:
    """How many are asked for."""
    return limit(asked.parameters, USUAL, MOST)


def jobs_wanted(asked: Ask) -> Wanted:
    """The jobs that the parameters name. InvalidParameter says which of them is wrong."""
    said = asked.parameters
    if said.get("type", "process") != "process":
        raise _wrong("type", "there are jobs of the type process only", "chỉ có công việc loại process")
    since, until = _between(asked)
    return Wanted(
        owner=None,
        limit=count(asked),
        before=_place(said.get("cursor")),
        processes=_listed("processID", said.get("processID"), tuple(PROCESSES)),
        statuses=_statuses(said.get("status")),
        since=since,
        until=until,
        shortest=_duration("minDuration", said.get("minDuration")),
        longest=_duration("maxDuration", said.get("maxDuration")),
    )


def cursor_of(job: Job) -> str:
    """The place of the job in the list, in hexadecimal digits."""
    return _PLACE.pack((job.created - _EPOCH) // timedelta(microseconds=1), job.id.bytes).hex()


def _place(cursor: str | None) -> tuple[datetime, UUID] | None:
    if cursor is None:
        return None
    packed = bytes.fromhex(cursor)
    if len(packed) != _PLACE.size:
        raise _wrong("cursor", "take it from a link of this list", "hãy lấy từ liên kết của chính danh sách này")
    ticks, name = _PLACE.unpack(packed)
    return _EPOCH + timedelta(microseconds=ticks), UUID(bytes=name)


def _statuses(text: str | None) -> tuple[Status, ...] | None:
    listed = _listed("status", text, tuple(Status))
    return None if listed is None else tuple(map(Status, listed))


def _listed(name: str, text: str | None, known: tuple[str, ...]) -> tuple[str, ...] | None:
    if text is None:
        return None
    listed = tuple(text.split(","))
    if not set(listed) <= set(known):
        there = ", ".join(known)
        raise _wrong(name, f"takes {there}", f"nhận {there}")
    return listed


def _between(asked: Ask) -> tuple[datetime | None, datetime | None]:
    """The instants between which a job was created."""
    text = asked.parameters.get("datetime")
    if text is None:
        return None, None
    at = parse_datetime(text, ZoneInfo(asked.services.catalog.territory.time_zone))
    return (at.start, at.end) if isinstance(at, Interval) else (at, at)


def _duration(name: str, text: str | None) -> float | None:
    if text is None:
        return None
    if not _SECONDS.fullmatch(text):
        raise _wrong(name, "has to be a whole number of seconds", "phải là số giây nguyên")
    return float(text)


def _wrong(name: str, en: str, vi: str) -> InvalidParameter:
    return InvalidParameter(f"{name}: {en}.", f"{name}: {vi}.", where=name)

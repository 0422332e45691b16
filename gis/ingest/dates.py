"""Dates as files hold them: dd/mm/yyyy (never month first), ISO 8601, and the epoch in seconds or milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gis.errors import Undecided

_TIME = r"(?:[T\s]+(?P<h>\d{1,2}):(?P<mi>\d{2})(?::(?P<s>\d{2})(?:[.,]\d+)?)?\s*(?P<z>Z|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?"
_DMY = r"^(?P<d>\d{1,2})[/.\-](?P<m>\d{1,2})[/.\-](?P<y>\d{4})" + _TIME + "$"
_YMD = r"^(?P<y>\d{4})[/.\-](?P<m>\d{1,2})[/.\-](?P<d>\d{1,2})" + _TIME + "$"
_COMPACT = r"^(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})(?P<h>)(?P<mi>)(?P<s>)(?P<z>)$"
_EPOCH = r"^-?\d{9,14}(\.0+)?$"
_MS_FROM, _MS_TO = -2.3e12, 4.2e12  # 1897 … 2103
_DAY = np.timedelta64(1, "D")
_NOT_A_DAY = np.datetime64("NaT", "D")


@dataclass(frozen=True, slots=True)
class Instants:
    """What a date column says, (n,): UTC instants (us, NaT where there is none), whether the time of day was given,
    the local day, and which texts are no date.

    A date without a time is its whole day in the territory's time zone, so its instant is the day's beginning.
    """

    instants: NDArray[np.datetime64]
    timed: NDArray[np.bool_]
    days: NDArray[np.datetime64]
    bad: NDArray[np.bool_]


def read_dates(values: pa.Array, column: str, zone: str, reading: str | None = None) -> Instants:
    """Any column as dates; `zone` is an IANA name, `reading` one of dmy, ymd, epoch-ms, epoch-s from the user.

    Raises Undecided where numbers may be seconds as well as milliseconds.
    """
    kind = values.type
    if pa.types.is_date(kind):
        days = values.cast(pa.date32()).to_numpy(zero_copy_only=False).astype("M8[D]")
        return _of_days(days, zone)
    if pa.types.is_timestamp(kind):
        return _of_timestamps(values, zone)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return _of_numbers(values.cast(pa.float64()), column, zone, reading)
    return _of_texts(values, column, zone, reading)


def _of_texts(values: pa.Array, column: str, zone: str, reading: str | None) -> Instants:
    texts = pc.utf8_trim_whitespace(values)
    texts = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    numeric = pc.fill_null(pc.match_substring_regex(texts, _EPOCH), False)
    if reading in ("epoch-ms", "epoch-s") or (pc.any(numeric).as_py() and not _all_compact(texts)):
        numbers = pc.if_else(numeric, texts, pa.scalar(None, pa.string())).cast(pa.float64())
        found = _of_numbers(numbers, column, zone, reading)
        unread = pc.and_(pc.is_valid(texts), pc.invert(numeric)).to_numpy(zero_copy_only=False)
        return Instants(found.instants, found.timed, found.days, found.bad | unread)
    n = len(texts)
    instants, days = np.full(n, np.datetime64("NaT", "us")), np.full(n, _NOT_A_DAY)
    timed = np.zeros(n, dtype=bool)
    forms = {"dmy": (_DMY,), "ymd": (_YMD, _COMPACT)}.get(reading or "", (_DMY, _YMD, _COMPACT))
    for form in forms:
        _read_form(texts, form, zone, (instants, timed, days))
    return Instants(instants, timed, days, pc.is_valid(texts).to_numpy(zero_copy_only=False) & np.isnat(days))


def _all_compact(texts: pa.Array) -> bool:
    """Every number in the column is eight digits that begin like a year: 20240131."""
    return bool(pc.all(pc.match_substring_regex(texts.drop_null(), _COMPACT)).as_py())


type _Out = tuple[NDArray[np.datetime64], NDArray[np.bool_], NDArray[np.datetime64]]


def _read_form(texts: pa.Array, form: str, zone: str, out: _Out) -> None:
    """Reads the texts that have this form, into `out`."""
    fits = pc.fill_null(pc.match_substring_regex(texts, form), False)
    where = np.flatnonzero(fits.to_numpy(zero_copy_only=False))
    if not len(where):
        return
    coded = texts.take(pa.array(where)).dictionary_encode()
    part = pc.extract_regex(coded.dictionary, form)
    days = _days(_whole(part, "y"), _whole(part, "m"), _whole(part, "d"))
    timed = pc.not_equal(pc.struct_field(part, "h"), "").to_numpy(zero_copy_only=False)
    seconds = _whole(part, "h") * 3600 + _whole(part, "mi") * 60 + _whole(part, "s")
    sound = ~timed | ((_whole(part, "h") < 24) & (_whole(part, "mi") < 60) & (_whole(part, "s") < 60))
    days = np.where(sound, days, _NOT_A_DAY)
    offsets = _offsets(pc.struct_field(part, "z"))
    local = days.astype("M8[us]") + seconds.astype("m8[s]")
    zoned = ~np.isnat(offsets)
    instants = np.where(zoned, local - np.where(zoned, offsets, np.timedelta64(0, "s")), _to_utc(local, zone))
    days = np.where(zoned, _local_days(instants, zone), days)
    codes = coded.indices.to_numpy(zero_copy_only=False)
    for target, found in zip(out, (instants, timed, days), strict=True):
        target[where] = found[codes]


def _whole(part: pa.StructArray, name: str) -> NDArray[np.int64]:
    digits = pc.struct_field(part, name)
    filled = pc.if_else(pc.equal(digits, ""), "0", digits)
    return np.asarray(filled.cast(pa.int64()).to_numpy(zero_copy_only=False), dtype=np.int64)


def _days(year: NDArray[np.int64], month: NDArray[np.int64], day: NDArray[np.int64]) -> NDArray[np.datetime64]:
    """Days of the calendar; NaT for what is not in it (31/02, month 13, year before 1000)."""
    sound = (year >= 1000) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    first = ((year - 1970) * 12 + np.where(sound, month, 1) - 1).astype("M8[M]")
    found = first.astype("M8[D]") + (day - 1) * _DAY
    return np.where(sound & (found.astype("M8[M]") == first), found, _NOT_A_DAY)


def _offsets(zones: pa.Array) -> NDArray[np.timedelta64]:
    """UTC offsets of `Z`, `+07:00`, `+0700`, `+07`; NaT where the text names none."""
    seen = zones.to_pylist()
    known = {text: _offset(text) for text in set(seen)}
    return np.array([known[text] for text in seen], dtype="m8[s]")


def _offset(text: str) -> np.timedelta64:
    if not text:
        return np.timedelta64("NaT", "s")
    if text == "Z":
        return np.timedelta64(0, "s")
    digits = text[1:].replace(":", "").ljust(4, "0")
    seconds = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return np.timedelta64(-seconds if text[0] == "-" else seconds, "s")


def _of_numbers(values: pa.Array, column: str, zone: str, reading: str | None) -> Instants:
    numbers = values.to_numpy(zero_copy_only=False)
    there = np.isfinite(numbers)
    if not there.any():
        n = len(numbers)
        return Instants(
            np.full(n, np.datetime64("NaT", "us")), np.zeros(n, bool), np.full(n, _NOT_A_DAY), ~np.isnan(numbers)
        )
    least, most = float(np.abs(numbers[there]).min()), float(np.abs(numbers[there]).max())
    if least >= 19000101 and most <= 21001231 and reading is None:
        whole = np.where(there, numbers, 0).astype(np.int64)
        days = _days(whole // 10000, whole // 100 % 100, whole % 100)
        found = _of_days(days, zone)
        return Instants(found.instants, found.timed, found.days, there & np.isnat(days))
    scale = {"epoch-ms": 1000.0, "epoch-s": 1e6}.get(reading or "") or _epoch_scale(column, least, most)
    us = np.where(there, numbers, 0.0) * scale
    sound = there & (us >= _MS_FROM * 1000) & (us <= _MS_TO * 1000)
    instants = np.where(sound, us.astype(np.int64).astype("M8[us]"), np.datetime64("NaT", "us"))
    return Instants(instants, sound.copy(), _local_days(instants, zone), there & ~sound)


def _epoch_scale(column: str, least: float, most: float) -> float:
    """Microseconds in one unit of the numbers. Beyond the year 2103 in seconds they are milliseconds."""
    seconds, milliseconds = most <= _MS_TO / 1000, least >= 1e10
    if milliseconds or (not seconds and most > 1e11):
        return 1000.0
    if seconds and least >= 1e8:
        return 1e6
    raise Undecided(
        f"The numbers of column '{column}' (from {least:.0f} to {most:.0f}) may be seconds or milliseconds since 1970, "
        f"or no dates. Say which: --map {column}=FIELD:epoch-s or --map {column}=FIELD:epoch-ms, "
        f"or leave the column out with --map {column}=.",
        f"Các số ở cột '{column}' (từ {least:.0f} đến {most:.0f}) có thể là giây hoặc mili giây từ 1970, hoặc không phải ngày. "
        f"Hãy chọn: --map {column}=FIELD:epoch-s hoặc --map {column}=FIELD:epoch-ms, hoặc bỏ cột bằng --map {column}=.",
    )


def _of_timestamps(values: pa.Array, zone: str) -> Instants:
    aware = values.type.tz is not None
    plain = (
        values.cast(pa.timestamp("us", tz=values.type.tz)).cast(pa.int64())
        if aware
        else values.cast(pa.timestamp("us"))
    )
    local = plain.to_numpy(zero_copy_only=False).astype("M8[us]")
    if aware:
        local = np.where(pc.is_valid(values).to_numpy(zero_copy_only=False), local, np.datetime64("NaT", "us"))
    instants = local if aware else _to_utc(local, zone)
    days = _local_days(instants, zone)
    timed = ~np.isnat(instants) & (instants != _to_utc(days.astype("M8[us]"), zone))
    return Instants(instants, timed, days, np.zeros(len(values), dtype=bool))


def _of_days(days: NDArray[np.datetime64], zone: str) -> Instants:
    nothing = np.zeros(len(days), dtype=bool)
    return Instants(_to_utc(days.astype("M8[us]"), zone), nothing, days, nothing)


def day_start(day: np.datetime64, zone: str) -> np.datetime64:
    """The UTC instant (us) at which a local day begins."""
    return np.datetime64(_to_utc(np.array([day], dtype="M8[us]"), zone)[0], "us")


def _to_utc(local: NDArray[np.datetime64], zone: str) -> NDArray[np.datetime64]:
    """Local wall-clock times as UTC; a time that the clock skips or repeats takes the offset before the change."""
    tz = ZoneInfo(zone)
    hours, codes = np.unique(local.astype("M8[h]"), return_inverse=True)
    return np.asarray(local - np.array([_local_offset(hour, tz) for hour in hours], dtype="m8[s]")[codes])


def _local_offset(hour: np.datetime64, tz: ZoneInfo) -> np.timedelta64:
    if np.isnat(hour):
        return np.timedelta64(0, "s")
    wall: datetime = hour.astype("M8[s]").item()
    offset = wall.replace(tzinfo=tz).utcoffset()
    return np.timedelta64(int(offset.total_seconds()) if offset else 0, "s")


def _local_days(instants: NDArray[np.datetime64], zone: str) -> NDArray[np.datetime64]:
    """The local day of UTC instants."""
    tz = ZoneInfo(zone)
    hours, codes = np.unique(instants.astype("M8[h]"), return_inverse=True)
    offsets = []
    for hour in hours:
        moment = None if np.isnat(hour) else hour.astype("M8[s]").item().replace(tzinfo=ZoneInfo("UTC"))
        offset = moment.astimezone(tz).utcoffset() if moment else None
        offsets.append(np.timedelta64(int(offset.total_seconds()) if offset else 0, "s"))
    return np.asarray((instants + np.array(offsets, dtype="m8[s]")[codes]).astype("M8[D]"))

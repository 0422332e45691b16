"""Numbers, areas, days and instants as people write them: 1.234,5 m² and 23/11/2026 in Vietnamese."""

from __future__ import annotations

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from services.ogc.words import WORDS

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def unit(code: str) -> str:
    """A UCUM code as people write it: m² for m2."""
    return {"m2": "m²", "m3": "m³"}.get(code, code)


def shown(value: object, language: str, zone: ZoneInfo) -> str:
    """A value for people: 23/11/2026 and 1.234,5 in Vietnamese, 2026-11-23 and 1,234.5 in English."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return WORDS["yes" if value else "no"][language]
    if isinstance(value, int | float):
        return _number(value, language)
    if isinstance(value, datetime):
        return _moment(value.astimezone(zone), language)
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y" if language == "vi" else "%Y-%m-%d")
    if isinstance(value, list | tuple):
        return ", ".join(shown(part, language, zone) for part in value)
    return str(value)


def _moment(local: datetime, language: str) -> str:
    """Date and time on the clock of the territory; midnight is only the date, as in law."""
    day = shown(local.date(), language, ZoneInfo("UTC"))
    clock = local.strftime("%H:%M:%S")
    return day if clock == "00:00:00" else f"{day} {clock}"


def _number(value: float, language: str) -> str:
    text = f"{value:,}" if isinstance(value, int) else f"{value:,.6f}".rstrip("0").rstrip(".")
    return text.translate(str.maketrans(",.", ".,")) if language == "vi" else text


def area(value: float | None, language: str) -> str:
    """1.234,5 m²."""
    return "" if value is None else f"{fixed(value, 1, language)} m²"


def percent(value: float | None, language: str) -> str:
    """12,5 %."""
    return "" if value is None else f"{fixed(value, 1, language)} %"


def fixed(value: float, digits: int, language: str) -> str:
    """1.234,50 with two digits."""
    text = f"{value:,.{digits}f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "vi" else text


def when(value: str | None, language: str, zone: ZoneInfo) -> str:
    """A day or an instant of the content, on the clock of the territory."""
    if value is None:
        return ""
    if _ISO_DAY.fullmatch(value):
        return shown(date.fromisoformat(value), language, zone)
    return shown(datetime.fromisoformat(value).replace(microsecond=0), language, zone)

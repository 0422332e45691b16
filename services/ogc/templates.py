"""The templates in html/ and what all of them are given: words, links, and values as people write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gis.model.layer import Text
from services.dependencies import SOFTWARE_VERSION
from services.ogc.words import SERVICE_TITLE, WORDS

PAGE_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'self'",
    "Referrer-Policy": "same-origin",
}
"""Of every page."""

_TEMPLATES = Path(__file__).parent / "html"


@dataclass(frozen=True, slots=True)
class Leads:
    """Where a page leads: `address` of a path with parameters, `switch` to itself in the other language.

    `chosen`: its language was chosen by `lang`, and is that of the pages to which it leads.
    """

    address: Callable[[str, Mapping[str, str]], str]
    switch: str
    chosen: bool


def render(template: str, title: Text, language: str, leads: Leads, **values: object) -> str:
    """The page."""

    def href(path: str, parameters: Mapping[str, str] | None = None) -> str:
        """The address of a page has parameters, that of a file has none."""
        if parameters is None:
            return leads.address(path, {})
        return leads.address(path, {**parameters, "lang": language} if leads.chosen else parameters)

    return (
        environment()
        .get_template(template)
        .render(
            **values,
            href=href,
            switch=leads.switch,
            map_page=href("/") + (f"#lang={language}" if leads.chosen else ""),
            say=lambda text: text[language],
            # Attributes and no dict, whose own methods templates would find first: word.clear, word.copy.
            word=SimpleNamespace(**{name: text[language] for name, text in WORDS.items()}),
            title=title[language],
            service=SERVICE_TITLE[language],
            version=SOFTWARE_VERSION,
            other="en" if language == "vi" else "vi",
            language=language,
            unit=unit,
        )
    )


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


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Where the templates are read from."""
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

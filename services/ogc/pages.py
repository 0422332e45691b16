"""HTML pages from the templates in html/: small, linked, without scripts, in the language of the request."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache, partial
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response

from gis.model.layer import Text
from services.dependencies import SOFTWARE_VERSION
from services.ogc.answers import document
from services.ogc.ask import Ask
from services.ogc.negotiation import HTML
from services.ogc.words import SERVICE_TITLE, WORDS

CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'self'"
)
_TEMPLATES = Path(__file__).parent / "html"


def page(
    asked: Ask, template: str, title: Text, headers: Mapping[str, str] | None = None, **values: object
) -> Response:
    """The page as an answer. `headers` are those of an answer from data; without them the ETag is over the page."""
    zone = ZoneInfo(asked.services.catalog.territory.time_zone)
    language = asked.language
    body = (
        _environment()
        .get_template(template)
        .render(
            **values,
            asked=asked,
            href=partial(_href, asked),
            map_page=asked.href("/") + (f"#lang={language}" if "lang" in asked.parameters else ""),
            again=asked.again,
            say=asked.say,
            # Attributes and no dict, whose own methods templates would find first: word.clear, word.copy.
            word=SimpleNamespace(**{name: text[language] for name, text in WORDS.items()}),
            title=asked.say(title),
            service=asked.say(SERVICE_TITLE),
            version=SOFTWARE_VERSION,
            other="en" if language == "vi" else "vi",
            language=language,
            shown=lambda value: shown(value, language, zone),
            unit=unit,
        )
    )
    sent = {**(headers or {}), "Content-Security-Policy": CSP, "Referrer-Policy": "same-origin"}
    if headers is not None:
        return Response(body, headers=sent, media_type=HTML.media_type)
    return document(asked, body.encode(), media_type=HTML.media_type, headers=sent)


def _href(asked: Ask, path: str, parameters: Mapping[str, str] | None = None) -> str:
    """The address of `path`; other pages stay in the language that was chosen here."""
    if parameters is not None and "lang" in asked.parameters:
        parameters = {**parameters, "lang": asked.language}
    return asked.href(path, parameters)


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
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

"""The templates in html/ and what all of them are given: words, links, and values as people write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gis.model.layer import Text
from services.dependencies import SOFTWARE_VERSION
from services.ogc.figures import unit
from services.ogc.words import SERVICE_TITLE, WORDS

SAFETY: Mapping[str, str] = {
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "accelerometer=(), camera=(), display-capture=(), geolocation=(self), gyroscope=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
}
"""Of every page, the map's too: what it may use of a browser, and whom it tells where it was."""

PAGE_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    **SAFETY,
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

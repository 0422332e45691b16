"""HTML pages of what was asked for: small, linked, without scripts, in the language of the request."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from starlette.responses import Response

from gis.model.layer import Text
from services.ogc.answers import document
from services.ogc.ask import Ask
from services.ogc.figures import shown
from services.ogc.negotiation import HTML
from services.ogc.templates import PAGE_HEADERS, Leads, render


def page(
    asked: Ask, template: str, title: Text, headers: Mapping[str, str] | None = None, **values: object
) -> Response:
    """The page as an answer. `headers` are those of an answer from data; without them the ETag is over the page."""
    zone = ZoneInfo(asked.services.catalog.territory.time_zone)
    language = asked.language
    other = "en" if language == "vi" else "vi"
    leads = Leads(asked.href, asked.again(lang=other, f="html"), "lang" in asked.parameters)
    body = render(
        template,
        title,
        language,
        leads,
        **values,
        asked=asked,
        again=asked.again,
        shown=lambda value: shown(value, language, zone),
    )
    sent = {**(headers or {}), **PAGE_HEADERS}
    if headers is not None:
        return Response(body, headers=sent, media_type=HTML.media_type)
    return document(asked, body.encode(), media_type=HTML.media_type, headers=sent)

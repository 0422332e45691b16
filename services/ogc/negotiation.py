"""Which format and which language a request gets: the parameters `f` and `lang`, else the Accept headers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from starlette.requests import Request

from gis.errors import InvalidParameter, NotAcceptable

LANGUAGES = ("vi", "en")
_MAX_HEADER = 1000
_FORMAT = re.compile(r"(?:^|&)f=(json|html)(?:&|$)")
_LANG = re.compile(rb"(?:^|&)lang=(vi|en)(?:&|$)")


@dataclass(frozen=True, slots=True)
class Offer:
    """A format that a resource has: `name` for `f=`, the media type it is sent as, further ones it answers to."""

    name: str
    media_type: str
    aliases: tuple[str, ...] = ()


JSON = Offer("json", "application/json")
HTML = Offer("html", "text/html; charset=utf-8", ("application/xhtml+xml",))
GEOJSON = Offer("json", "application/geo+json", ("application/json", "application/vnd.geo+json"))
SCHEMA = Offer("json", "application/schema+json", ("application/json",))
GEOSEQ = Offer("geojsonseq", "application/geo+json-seq")
JSONFG = Offer("jsonfg", "application/geo+json", ("application/vnd.ogc.fg+json", "application/fg+json"))
FLATGEOBUF = Offer("fgb", "application/flatgeobuf", ("application/vnd.flatgeobuf",))
GEOPARQUET = Offer("parquet", "application/vnd.apache.parquet", ("application/x-parquet", "application/parquet"))
GEOPACKAGE = Offer("gpkg", "application/geopackage+sqlite3", ("application/geopackage+vnd.sqlite3",))
CSV = Offer("csv", "text/csv; charset=utf-8")
XLSX = Offer("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
GML = Offer("gml", "application/gml+xml;version=3.2;profile=http://www.opengis.net/def/profile/ogc/2.0/gml-sf0")
PROBLEM = Offer("json", "application/problem+json", ("application/json",))
XSD = Offer("xsd", "application/xml", ("text/xml",))


def language(request: Request) -> str:
    """`vi` or `en`: the parameter `lang`, else Accept-Language, else Vietnamese."""
    if b"lang=" in request.scope["query_string"] and (found := _LANG.search(request.scope["query_string"])):
        return found[1].decode()
    return _preferred_language(request.headers.get("accept-language", "")[:_MAX_HEADER])


def page_preferred(request: Request) -> bool:
    """What went wrong is to be told as a page: a person asks with a browser, or `f` says so."""
    if named := _FORMAT.search(request.scope["query_string"].decode("latin-1")):
        return named[1] == HTML.name
    ranges = dict(_weighted(request.headers.get("accept", "")[:_MAX_HEADER]))
    page = _weight(HTML, ranges)
    return page > _weight(PROBLEM, ranges) and page == max(ranges.values())


def choose(offers: tuple[Offer, ...], f: str | None, accept: str) -> Offer:
    """The offer that `f` names, else the one that the Accept header prefers, else the first. InvalidParameter for
    an unknown `f`, NotAcceptable where the header takes nothing that there is."""
    if f is None:
        found = _preferred(offers, accept[:_MAX_HEADER])
        if found is None:
            raise _not_acceptable(offers)
        return found
    for offer in offers:
        if offer.name == f:
            return offer
    names = ", ".join(offer.name for offer in offers)
    raise InvalidParameter(
        f"f: there is no format '{f[:40]}' here; choose one of {names}.",
        f"f: không có định dạng '{f[:40]}' ở đây; hãy chọn một trong: {names}.",
        where="f",
    )


def _not_acceptable(offers: tuple[Offer, ...]) -> NotAcceptable:
    there = ", ".join(dict.fromkeys(offer.media_type.split(";")[0] for offer in offers))
    named = ", ".join(f"f={offer.name}" for offer in offers)
    return NotAcceptable(
        f"Nothing here is of a type that the Accept header takes; there are {there}. Or choose with {named}.",
        f"Ở đây không có kiểu nào mà tiêu đề Accept chấp nhận; hiện có {there}. Có thể chọn bằng {named}.",
        where="Accept",
    )


@lru_cache(maxsize=512)
def _preferred_language(header: str) -> str:
    weights = dict.fromkeys(LANGUAGES, 0.0)
    for tag, weight in _weighted(header):
        primary = tag.split("-")[0]
        if primary in weights:
            weights[primary] = max(weights[primary], weight)
        elif tag == "*":
            weights["vi"] = max(weights["vi"], weight / 1000)
    return "en" if weights["en"] > weights["vi"] else "vi"


@lru_cache(maxsize=512)
def _preferred(offers: tuple[Offer, ...], header: str) -> Offer | None:
    """The offer that is wished most, of equals the first; None where all are refused. A header that says nothing takes
    the first."""
    ranges = dict(_weighted(header))
    if not ranges:
        return offers[0]
    best = max(offers, key=lambda offer: _weight(offer, ranges))
    return best if _weight(best, ranges) > 0 else None


def _weight(offer: Offer, ranges: dict[str, float]) -> float:
    """The client's wish for an offer; the most specific range counts (RFC 9110, section 12.5.1)."""
    names = (offer.media_type.split(";")[0], *offer.aliases)
    wholes = (f"{name.split('/')[0]}/*" for name in names)
    return next((ranges[name] for name in (*names, *wholes, "*/*") if name in ranges), 0.0)


def _weighted(header: str) -> list[tuple[str, float]]:
    """`a, b;q=0.5` as pairs; a range with a broken weight is as if it were not there."""
    pairs = []
    for part in header.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        said = next((parameter[2:] for parameter in parameters if parameter.startswith("q=")), "1")
        if name and re.fullmatch(r"[01](\.[0-9]{0,3})?", said):
            pairs.append((name, float(said)))
    return pairs

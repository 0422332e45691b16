"""The built web page (services/web/dist): read once, compressed once, served from memory.

A request's path is only looked up among the files that were there at the start, so none can lead elsewhere.
"""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.middleware import accepts, gzipped
from services.ogc.answers import matches
from services.ogc.negotiation import language
from services.ogc.templates import SAFETY

DIST = Path(__file__).parent / "web" / "dist"
OGC_STATIC = Path(__file__).parent / "ogc" / "html" / "static"

MAP_CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:{outside}; font-src 'self'; "
    "connect-src 'self'{outside}{issuer}; worker-src 'self' blob:; child-src blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; manifest-src 'self'; frame-ancestors {framed}"
)
ALONE = "'none'"
EMBED = "embed"
"""The one address that may stand in a frame of another page."""

MAP_PAGE: Mapping[str, str] = MappingProxyType({"vi": "index.html", "en": "index.en.html"})
"""The map page by language; scripts speak the one of the browser, or another that was chosen."""

IN_ENGLISH = (
    ('<html lang="vi">', '<html lang="en">'),
    ("<title>Landmap – Bản đồ đất đai, đô thị</title>", "<title>Landmap – Land and urban map</title>"),
    (
        "Bản đồ đất đai – đô thị: thửa đất, quy hoạch, giấy phép xây dựng, nhà ở.",
        "Map of land and city: parcels, plans, building permits, housing.",
    ),
)
"""What the built page, which is Vietnamese, has instead in English."""

_IMMUTABLE = "public, max-age=31536000, immutable"
_REVALIDATE = "public, max-age=60"
_PAGE_HEADERS = {
    **SAFETY,
    "Vary": "Accept, Accept-Encoding, Accept-Language",
}
_TEXT = ("text/", "application/javascript", "application/json", "application/manifest+json", "image/svg+xml")


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its bytes, the same in smaller encodings (the smallest first), and its headers."""

    body: bytes
    encoded: Mapping[str, bytes]
    media_type: str
    etag: str
    cache_control: str


@dataclass(frozen=True, slots=True)
class SignIn:
    """Where the page signs people in: an OpenID Connect issuer, and the public client that the page is there."""

    issuer: str
    client: str

    @property
    def origin(self) -> str:
        """The one host beside this one that the page may ask; the endpoints of the issuer lie there."""
        parts = urlsplit(self.issuer)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def meta(self) -> bytes:
        """What the page reads it from."""
        told = {"oidc-issuer": self.issuer, "oidc-client": self.client}
        return "".join(f'<meta name="{name}" content="{escape(value)}">' for name, value in told.items()).encode()


@dataclass(frozen=True, slots=True)
class Site:
    """Files by path below `/`; empty where the page has not been built."""

    assets: Mapping[str, Asset]
    outside: str | None = None
    """The origin of the one other host that the map may load pictures from."""
    sign_in: SignIn | None = None

    @property
    def built(self) -> bool:
        """There is a map page."""
        return "index.html" in self.assets


def read_site(
    dist: Path = DIST, static: Path = OGC_STATIC, *, outside: str | None = None, sign_in: SignIn | None = None
) -> Site:
    """All files of the built page, and the style sheet of the API's own pages under `static/`."""
    assets = {name: _read(name, path) for name, path in _files(dist)}
    assets.update({f"static/{name}": _read(f"static/{name}", path) for name, path in _files(static)})
    if "index.html" in assets:
        if sign_in is not None:
            built = assets["index.html"].body
            assets["index.html"] = _asset("index.html", built.replace(b"</head>", sign_in.meta + b"</head>", 1), {})
        assets[MAP_PAGE["en"]] = _asset(MAP_PAGE["en"], _english(assets["index.html"].body), {})
    return Site(assets, outside, sign_in)


def map_csp(site: Site, framed: str) -> str:
    """The Content-Security-Policy of the map page; `framed`: whose frames it may stand in, where nobody signs in."""
    signs_in = site.sign_in if framed == ALONE else None
    return MAP_CSP.format(
        framed=framed,
        outside=f" {site.outside}" if site.outside else "",
        issuer=f" {signs_in.origin}" if signs_in else "",
    )


def _english(page: bytes) -> bytes:
    text = page.decode()
    for vietnamese, english in IN_ENGLISH:
        text = text.replace(vietnamese, english)
    return text.encode()


def _files(root: Path) -> list[tuple[str, Path]]:
    found = (path for path in sorted(root.rglob("*")) if path.is_file() and path.suffix != ".br")
    return [(path.relative_to(root).as_posix(), path) for path in found]


def _read(name: str, path: Path) -> Asset:
    brotli = path.with_name(path.name + ".br")
    return _asset(name, path.read_bytes(), {"br": brotli.read_bytes()} if brotli.is_file() else {})


def _asset(name: str, body: bytes, encoded: dict[str, bytes]) -> Asset:
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if media_type.startswith(_TEXT) and len(body) > 1_000:
        encoded["gzip"] = gzipped(body)
    return Asset(
        body=body,
        encoded=encoded,
        media_type=f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type,
        etag=hashlib.blake2b(body, digest_size=12).hexdigest(),
        cache_control=_IMMUTABLE if name.startswith("assets/") else _REVALIDATE,
    )


async def embed(request: Request) -> Response:
    """GET /embed: the map page for a frame of any other page."""
    site: Site = request.app.state.site
    if not site.built:
        raise HTTPException(404)
    answer = asset_response(request, site.assets[MAP_PAGE[language(request)]])
    answer.headers["Content-Security-Policy"] = map_csp(site, "*")
    return answer


async def asset(request: Request) -> Response:
    """GET /assets/{path}, /static/{path} and the few files beside index.html."""
    site: Site = request.app.state.site
    found = site.assets.get(request.scope["path"].lstrip("/"))
    if found is None:
        raise HTTPException(404)
    return asset_response(request, found)


def asset_response(request: Request, found: Asset) -> Response:
    """The file in the smallest encoding that the client takes; 304 where it has it."""
    accepted = request.headers.get("accept-encoding", "")
    encoding = next((name for name in found.encoded if accepts(accepted, name)), None)
    etag = f'"{found.etag}-{encoding}"' if encoding else f'"{found.etag}"'
    headers = {"ETag": etag, "Cache-Control": found.cache_control, "Vary": "Accept-Encoding"}
    if found.media_type.startswith("text/html"):
        headers |= _PAGE_HEADERS | {"Content-Security-Policy": map_csp(request.app.state.site, ALONE)}
    if matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    if encoding is None:
        return Response(found.body, headers=headers, media_type=found.media_type)
    return Response(
        found.encoded[encoding], headers={**headers, "Content-Encoding": encoding}, media_type=found.media_type
    )

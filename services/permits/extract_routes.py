"""GET /parcels/{id}/extract.{json,html,pdf}; /verify; the public keys of the seals."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gis.errors import InvalidParameter
from gis.model.layer import Text
from gis.store.signing import kept_keys
from gis.store.vicinity import Moment
from services.dependencies import SOFTWARE_VERSION
from services.ogc.answers import FIXED_SECONDS, PRIVATE, VARY, document, matches, not_modified
from services.ogc.ask import PAGES, Ask, ask
from services.ogc.bodies import read_bytes
from services.ogc.datetimes import instant_text
from services.ogc.feature_answers import identifier_of
from services.ogc.figures import when
from services.ogc.negotiation import HTML, JSON, Offer
from services.ogc.pages import page
from services.permits import extract_words as words
from services.permits.extract import VERIFY, Extract, extract
from services.permits.extract_content import PARCELS
from services.permits.press import Press
from services.permits.seal import PUBLIC, public_key, sealed_file
from services.permits.sheet import fonts, sheet, view
from services.permits.uploads import first_file
from services.permits.verify import Verified, seal_in, verified
from services.processes.calls import call_of
from services.processes.moments import moment_of
from services.throttle import refuse_too_fast

PDF = Offer("pdf", "application/pdf")
FORMS: Mapping[str, Offer] = MappingProxyType({"json": JSON, "html": HTML, "pdf": PDF})
PARAMETERS = ("datetime", "knownAt")
_KEYS_SECONDS = 300


async def parcel_extract(request: Request) -> Response:
    """GET /parcels/{id}/extract.json, .html and .pdf."""
    offer = FORMS.get(request.path_params["form"])
    if offer is None:
        raise HTTPException(404)
    asked = ask(request, (offer,), PARAMETERS)
    moment = moment_of(asked.parameters, asked.services.catalog.territory)
    request.path_params["layer"] = PARCELS  # what the record of who looked at what, and the usage, tell it by
    parcel = identifier_of(request, asked.services.catalog.layers[PARCELS])
    if offer is PDF:
        refuse_too_fast(request, request.app.state.drawing)
    found = await extract(call_of(asked), {"id": str(parcel)}, moment, drawn=offer is not JSON)
    headers = _headers(asked, found, moment)
    if matches(asked.if_none_match, headers["ETag"]):
        return not_modified(headers)
    if offer is PDF:
        return await _pdf(request, asked, found, headers)
    if offer is HTML:
        return _page(asked, found, headers)
    return Response(orjson.dumps(found.document(asked.base)), headers=headers, media_type=JSON.media_type)


async def bound_pdf(press: Press, found: Extract, asked: Ask) -> bytes:
    """The sealed PDF."""
    services = asked.services
    made = await press.pdf(sheet(found, services.catalog, asked.base), fonts())
    return sealed_file(made, found.seal, await kept_keys(services.keeper))


async def _pdf(request: Request, asked: Ask, found: Extract, headers: dict[str, str]) -> Response:
    content = await bound_pdf(request.app.state.press, found, asked)
    told = found.content["parcel"]["properties"]
    number = "-".join(str(told[name]) for name in ("commune", "sheet", "parcel") if str(told.get(name, "")).isalnum())
    name = f"phieu-tra-cuu-{number or found.statement.parcel}.pdf"
    headers["Content-Disposition"] = f'inline; filename="{name}"'
    return Response(content, headers=headers, media_type=PDF.media_type)


def _page(asked: Ask, found: Extract, headers: dict[str, str]) -> Response:
    own = asked.path.removesuffix("html")
    asked_for = {name: value for name, value in asked.parameters.items() if name != "f"}
    files = {name: asked.href(own + name, asked_for) for name in FORMS}
    values = view(found, asked.services.catalog, asked.base)
    return page(asked, "extract.html", words.TITLE, headers, files=files, **values)


def _headers(asked: Ask, found: Extract, moment: Moment) -> dict[str, str]:
    """The seal stands for the content, the key and the view; an answer about a fixed moment may be kept."""
    told = (
        f"{SOFTWARE_VERSION} {asked.services.catalog.digest} {asked.base} {asked.path} {asked.parameters} {found.seal}"
    )
    fixed = isinstance(moment.known, int) and moment.known <= found.content["dataVersion"] and moment.at is not None
    kept = f"public, max-age={FIXED_SECONDS}" if fixed else "public, no-cache"
    return {
        "ETag": f'W/"{hashlib.blake2b(told.encode(), digest_size=12).hexdigest()}"',
        "Cache-Control": kept if found.statement.view == PUBLIC else "private, no-cache",
        "Content-Language": asked.language,
        "Vary": VARY,
        "Landmap-Data-Version": str(found.content["dataVersion"]),
        "Link": f'<{found.address(asked.base)}>; rel="describedby"',
    }


async def jwks(request: Request) -> Response:
    """GET /.well-known/jwks.json: the public keys of the seals, retired ones too (RFC 7517)."""
    asked = ask(request, (JSON,))
    found = {"keys": [public_key(key) for key in await kept_keys(asked.services.keeper)]}
    return document(asked, found, headers={"Cache-Control": f"public, max-age={_KEYS_SECONDS}"})


async def verify(request: Request) -> Response:
    """GET /verify/{seal}: what can be said of it."""
    asked = ask(request, PAGES)
    refuse_too_fast(request, request.app.state.verifying)
    return _told(asked, request.path_params["seal"], await verified(call_of(asked), request.path_params["seal"]))


async def verify_sent(request: Request) -> Response:
    """GET /verify?seal=…, an address or a seal that was pasted; POST /verify with a PDF or JSON, or a form with one."""
    asked = ask(request, PAGES, ("seal",))
    call, pasted = call_of(asked), asked.parameters.get("seal", "").strip().rpartition("/")[2]
    if pasted or request.method == "POST":
        refuse_too_fast(request, request.app.state.verifying)
    if request.method == "POST":
        data = first_file(request.headers.get("content-type", ""), await read_bytes(request))
        if not data:
            raise InvalidParameter(
                "body: send the PDF or JSON to verify.", "body: hãy gửi tệp PDF hoặc JSON cần kiểm tra.", where="body"
            )
        seal = await seal_in(call, data)
        return _told(asked, seal, None if seal is None else await verified(call, seal))
    if pasted:
        return _told(asked, pasted, await verified(call, pasted))
    if not asked.html:
        raise InvalidParameter(
            "seal: give the seal or the address under the QR code.",
            "seal: hãy ghi mã niêm phong hoặc địa chỉ của mã QR.",
            where="seal",
        )
    return page(asked, "verify.html", words.WORDS["verify_title"], PRIVATE, told=_words(asked), result=None)


def _told(asked: Ask, seal: str | None, found: Verified | None) -> Response:
    result = {"genuine": False} if found is None or seal is None else _result(asked, seal, found)
    if not asked.html:
        return Response(orjson.dumps(result), headers=PRIVATE, media_type=JSON.media_type)
    zone = ZoneInfo(asked.services.catalog.territory.time_zone)
    return page(
        asked,
        "verify.html",
        words.WORDS["verify_title"],
        PRIVATE,
        told=_words(asked),
        result=result,
        when=lambda value: when(value, asked.language, zone),
    )


def _result(asked: Ask, seal: str, found: Verified) -> dict[str, Any]:
    statement = found.statement
    own = f"/parcels/{statement.parcel}/extract"
    pins = {
        "datetime": instant_text(statement.at),
        "knownAt": instant_text(statement.known),
        "lang": statement.language,
    }
    result: dict[str, Any] = {
        "genuine": True,
        "key": found.key.kid,
        "keyRetiredAt": None if found.key.retired_at is None else instant_text(found.key.retired_at),
        "parcel": str(statement.parcel),
        "audience": PUBLIC if statement.view == PUBLIC else "agency",
        "datetime": pins["datetime"],
        "knownAt": pins["knownAt"],
        "current": found.current,
        "links": [
            {"rel": "self", "type": JSON.media_type, "href": asked.href(VERIFY + seal)},
            {"rel": "original", "type": HTML.media_type.split(";")[0], "href": asked.href(f"{own}.html", pins)},
            {"rel": "latest-version", "type": HTML.media_type.split(";")[0], "href": asked.href(f"{own}.html")},
        ],
    }
    if found.why is not None:
        result["reason"] = asked.say(found.why)
    if found.superseded is not None:
        past = found.superseded
        told = {
            "changeset": past.changeset,
            "at": None if past.at is None else instant_text(past.at),
            "reason": None if past.why is None else asked.say(past.why),
        }
        result["superseded"] = {name: value for name, value in told.items() if value is not None}
    return result


def _words(asked: Ask) -> Mapping[str, str]:
    texts: Mapping[str, Text] = words.WORDS
    return {name: asked.say(text) for name, text in texts.items()}


ROUTES = [
    Route("/parcels/{id}/extract.{form}", parcel_extract),
    Route("/verify", verify_sent, methods=["GET", "POST"]),
    Route("/verify/{seal}", verify),
    Route("/.well-known/jwks.json", jwks),
]

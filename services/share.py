"""GET /qr.svg: an address of this service as a QR code, for a phone that is held to the screen."""

from __future__ import annotations

import re
from io import BytesIO

import segno
from starlette.requests import Request
from starlette.responses import Response

from gis.errors import InvalidParameter
from services.ogc.answers import document
from services.ogc.ask import ask
from services.ogc.negotiation import Offer
from services.throttle import refuse_too_fast

SVG = Offer("svg", "image/svg+xml")
MOST = 900
_OWN = re.compile(r"/(?![/\\])[\x21-\x7e]*")


async def qr_code(request: Request) -> Response:
    """GET /qr.svg?to=/#map=…: of an address of this service only, so that nobody prints another one in its name."""
    asked = ask(request, (SVG,), ("to",))
    to = asked.parameters.get("to", "")
    if len(to) > MOST or _OWN.fullmatch(to) is None:
        raise InvalidParameter(
            f"to: give an address of this service, from its slash on, of at most {MOST} characters without spaces.",
            f"to: hãy ghi địa chỉ trong hệ thống này, từ dấu gạch chéo, tối đa {MOST} ký tự, không có dấu cách.",
            where="to",
        )
    refuse_too_fast(request, request.app.state.drawing)
    made = BytesIO()
    segno.make(asked.base + to, error="m", micro=False).save(made, kind="svg", scale=4, border=2, xmldecl=False)
    return document(asked, made.getvalue(), media_type=SVG.media_type)

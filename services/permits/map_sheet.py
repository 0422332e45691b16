"""GET /map-sheet.pdf: the map of a place on paper, in the legal CRS at a true scale, so that a ruler measures on it."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType, SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import shapely
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gis.crs.registry import crs as crs_of
from gis.errors import InvalidParameter, NotFound, TooMuch
from gis.formats.sheet_map import Drawing, Frame, Window, sheet_height, sheet_map, window_at
from gis.model.access import Decision
from gis.model.layer import Layer
from gis.store.vicinity import Moment, Vicinity, vicinity
from services.auth.policy import Action, decide, pool_of
from services.dependencies import SOFTWARE_VERSION
from services.ogc.answers import VARY, matches, not_modified
from services.ogc.ask import Ask, ask
from services.ogc.figures import shown
from services.ogc.negotiation import Offer
from services.ogc.templates import environment
from services.permits import map_words
from services.permits.extract import view_of
from services.permits.lot_map import DRAWN, Scene, drawing_of
from services.permits.seal import PUBLIC
from services.permits.selector import PARCELS, read_point
from services.permits.sheet import fonts, qr, style
from services.processes.calls import call_of
from services.processes.moments import moment_of, since_today
from services.throttle import refuse_too_fast

PATH = "/map-sheet.pdf"
PDF = Offer("pdf", "application/pdf")
SCALES = (200, 500, 1_000, 2_000)
PARAMETERS = ("center", "scale", "paper", "layout", "layers", "parcel", "datetime", "knownAt")
_PLACE = re.compile(r"(-?\d{1,3}(?:\.\d{1,12})?),(-?\d{1,2}(?:\.\d{1,12})?)")
_MARGIN, _FOOT, _HEAD = 10.0, 18.0, 29.0
_MOST = 20_000
"""Features of one layer."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A sheet, mm, lying or standing."""

    name: str
    width: float
    height: float

    @property
    def room(self) -> Frame:
        """What the head and foot of the sheet leave for the map and its legend; a millimetre for its edges."""
        return Frame(self.width - 2 * _MARGIN - 1, self.height - _MARGIN - _FOOT - _HEAD)


PAPERS: Mapping[str, tuple[float, float]] = MappingProxyType({"a4": (210.0, 297.0), "a3": (297.0, 420.0)})
LAYOUTS = ("landscape", "portrait")


@dataclass(frozen=True, slots=True, eq=False)
class _Wanted:
    """What was asked for; `place` is the middle of the map, storage CRS."""

    place: shapely.Geometry
    scale: int
    paper: Paper
    layers: tuple[str, ...]
    parcel: str | None
    moment: Moment


async def map_sheet(request: Request) -> Response:
    """GET /map-sheet.pdf."""
    asked = ask(request, (PDF,), PARAMETERS)
    wanted = _wanted(asked)
    refuse_too_fast(request, request.app.state.drawing)
    seen = [
        (layer, decide(asked.actor, Action.READ, layer))
        for layer in asked.services.catalog.layers.values()
        if layer.id in wanted.layers
    ]
    around = await _around(asked, wanted, seen)
    headers = _headers(asked, around, view_of(seen))
    if matches(asked.if_none_match, headers["ETag"]):
        return not_modified(headers)
    html = await asyncio.to_thread(_html, asked, wanted, around)  # thousands of shapes are drawn
    return Response(await request.app.state.press.pdf(html, fonts()), headers=headers, media_type=PDF.media_type)


def _wanted(asked: Ask) -> _Wanted:
    told = asked.parameters
    place = _PLACE.fullmatch(told.get("center", ""))
    if place is None:
        raise InvalidParameter(
            "center: give longitude,latitude in degrees, such as 106.7,10.776.",
            "center: hãy ghi kinh độ,vĩ độ theo độ, ví dụ 106.7,10.776.",
            where="center",
        )
    scale = _one_of(told, "scale", [str(one) for one in SCALES], "500")
    paper, layout = _one_of(told, "paper", list(PAPERS), "a4"), _one_of(told, "layout", LAYOUTS, LAYOUTS[0])
    short, long = PAPERS[paper]
    width, height = (long, short) if layout == "landscape" else (short, long)
    call = call_of(asked)
    return _Wanted(
        read_point(call, {"lon": float(place[1]), "lat": float(place[2])}),
        int(scale),
        Paper(f"{paper.upper()} {layout}", width, height),
        _layers(told.get("layers")),
        told.get("parcel"),
        moment_of(told, call.catalog.territory),
    )


def _one_of(told: Mapping[str, str], name: str, values: Sequence[str], usual: str) -> str:
    value = told.get(name, usual)
    if value not in values:
        choice = ", ".join(values)
        raise InvalidParameter(f"{name}: choose one of {choice}.", f"{name}: hãy chọn một trong {choice}.", where=name)
    return value


def _layers(text: str | None) -> tuple[str, ...]:
    """Those that are drawn; with zones the plans, which say which zones are in force."""
    asked = DRAWN if text is None else tuple(dict.fromkeys(text.split(",")))
    for name in asked:
        if name not in DRAWN:
            choice = ", ".join(DRAWN)
            raise InvalidParameter(
                f"layers: '{name[:60]}' is not drawn; choose among {choice}.",
                f"layers: không vẽ được '{name[:60]}'; hãy chọn trong {choice}.",
                where="layers",
            )
    return (*asked, "plans") if "zones" in asked and "plans" not in asked else asked


async def _around(asked: Ask, wanted: _Wanted, seen: list[tuple[Layer, Decision]]) -> Vicinity:
    x, y = shapely.get_coordinates(wanted.place)[0]
    reach = window_at(float(x), float(y), wanted.scale, wanted.paper.room).reach
    async with asked.services.pools.reading(pool_of([decision for _, decision in seen])) as source:
        try:
            return await vicinity(source, seen, wanted.place, reach, wanted.moment, most=_MOST)
        except TooMuch as error:
            raise TooMuch(
                "There is too much in this area for one sheet; choose a larger scale (such as 1:500), smaller paper or fewer "
                "layers.",
                "Khu vực này có quá nhiều đối tượng cho một tờ; hãy chọn tỷ lệ lớn hơn (ví dụ 1:500), khổ giấy nhỏ hơn hoặc bớt "
                "lớp dữ liệu.",
                where="scale",
            ) from error


def _scene(wanted: _Wanted, around: Vicinity, window: Window) -> Scene:
    """The parcel that is asked for stands out; NotFound where it does not lie near."""
    nothing = shapely.Polygon()
    if wanted.parcel is None:
        return Scene(nothing, nothing, "", around, window)
    near = around.layers.get(PARCELS)
    rows = [] if near is None else [row for row, one in enumerate(near.found.column("id")) if str(one) == wanted.parcel]
    if near is None or not rows:
        raise NotFound(
            f"parcel: there is no parcel '{wanted.parcel[:60]}' on this sheet at that time.",
            f"parcel: trên tờ này, tại thời điểm đó, không có thửa đất '{wanted.parcel[:60]}'.",
            where="parcel",
        )
    return Scene(near.found.geometry[rows[0]], nothing, wanted.parcel, around, window)


def _fitted(asked: Ask, wanted: _Wanted, around: Vicinity) -> tuple[Window, Drawing]:
    """The largest window whose map and legend have room on the paper, and what it shows."""
    x, y = (float(part) for part in shapely.get_coordinates(wanted.place)[0])
    catalog, language, room = asked.services.catalog, asked.language, wanted.paper.room
    window = window_at(x, y, wanted.scale, room)
    drawing = drawing_of(_scene(wanted, around, window), catalog, language)
    beyond = sheet_height(window, drawing) - room.height
    fitted = replace(
        window, south=window.south + beyond * wanted.scale / 2_000, north=window.north - beyond * wanted.scale / 2_000
    )
    return fitted, drawing_of(_scene(wanted, around, fitted), catalog, language)


def _html(asked: Ask, wanted: _Wanted, around: Vicinity) -> str:
    catalog, language = asked.services.catalog, asked.language
    zone = ZoneInfo(catalog.territory.time_zone)
    window, drawing = _fitted(asked, wanted, around)
    (x, y), *_ = shapely.get_coordinates(wanted.place)
    lon, lat = (float(part) for part in asked.parameters["center"].split(","))
    link = asked.href("/") + f"#map=18/{lat:.6f}/{lon:.6f}" + (f"&sel=parcels/{wanted.parcel}" if wanted.parcel else "")
    at: datetime = wanted.moment.at or since_today(around, catalog.territory)
    return (
        environment()
        .get_template("map_sheet.html")
        .render(
            language=language,
            style=style(),
            told=SimpleNamespace(**{name: text[language] for name, text in map_words.WORDS.items()}),
            paper=wanted.paper,
            map=Markup(sheet_map(window, drawing)),  # noqa: S704  made here, texts in it are escaped
            size=(window.frame.width + 1, sheet_height(window, drawing)),
            qr=Markup(qr(link)),  # noqa: S704  likewise
            scale=shown(wanted.scale, language, zone),
            place={"x": shown(round(y), language, zone), "y": shown(round(x), language, zone)},
            crs=crs_of(around.crs).title,
            at=shown(at.replace(microsecond=0), language, zone),
            printed=shown(datetime.now(zone).date(), language, zone),
            sources=sorted({near.layer.owner for near in around.layers.values()}),
            version=around.changeset,
            territory=asked.say(catalog.territory.title),
        )
    )


def _headers(asked: Ask, around: Vicinity, view: str) -> dict[str, str]:
    """The sheet carries the day on which it was made: on another day it is another one."""
    territory = asked.services.catalog.territory
    day = datetime.now(ZoneInfo(territory.time_zone)).date()
    stands_on = (
        SOFTWARE_VERSION,
        asked.services.catalog.digest,
        view,
        around.changeset,
        since_today(around, territory),
        day,
    )
    told = repr((stands_on, asked.base, sorted(asked.parameters.items()), asked.language))
    return {
        "ETag": f'W/"{hashlib.blake2b(told.encode(), digest_size=12).hexdigest()}"',
        "Cache-Control": "public, no-cache" if view == PUBLIC else "private, no-cache",
        "Content-Language": asked.language,
        "Content-Disposition": 'inline; filename="landmap.pdf"',
        "Vary": VARY,
        "Landmap-Data-Version": str(around.changeset),
    }


ROUTES: list[Any] = [Route(PATH, map_sheet)]

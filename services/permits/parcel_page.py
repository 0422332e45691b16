"""GET /thua/{id}: the card of a parcel as a small page without script, its map as a picture, and the preview of its link."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType, SimpleNamespace
from typing import Any
from uuid import UUID

from PIL import Image
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from gis.errors import InvalidParameter, NotFound
from gis.formats.lettering import Lettering
from gis.formats.picture import PREVIEW_FRAME, Headline, picture, png, preview, webp
from gis.formats.sheet_map import Drawing, Frame
from gis.model.query import ItemQuery
from gis.store.items import item_sql
from services.auth.policy import Action, decide, pool_of
from services.dependencies import SOFTWARE_VERSION
from services.ogc.answers import VARY, matches, not_modified
from services.ogc.ask import Ask, ask
from services.ogc.feature_answers import found, identifier_of
from services.ogc.history import absent
from services.ogc.negotiation import HTML, Offer
from services.ogc.pages import page
from services.ogc.parameters import with_time
from services.permits import extract_words, parcel_words
from services.permits.communes import former_name
from services.permits.extract import scene_of, subject_of
from services.permits.extract_content import PARCELS, content, road_of
from services.permits.lot_map import Scene, drawing_of
from services.permits.parcel_view import Told, page_values, summary
from services.permits.seal import PUBLIC
from services.permits.selector import find_parcel
from services.permits.sheet import fonts
from services.processes.calls import call_of
from services.processes.moments import moment_of
from services.throttle import refuse_too_fast

PATH = "/thua"
PNG = Offer("png", "image/png")
WEBP = Offer("webp", "image/webp")
MAP_FRAME = Frame(72.0, 54.0)
_MAP_PER_MM = 32 / 3
_MAP_BYTES = 26_000
_TIMES = ("datetime", "knownAt")
LONGEST = MappingProxyType({"to": 20, "thua": 20, "xa": 200})
"""Letters that each number of a parcel may have."""


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What the request may see of its parcel: what is told, what its map shows, and for whom."""

    parcel: UUID
    told: Told
    scene: Scene
    view: str

    def drawing(self) -> Drawing:
        """What the map shows."""
        return drawing_of(self.scene, self.told.catalog, self.told.language)


async def parcel_page(request: Request) -> Response:
    """GET /thua/{id}."""
    asked = ask(request, (HTML,), _TIMES)
    seen = await _seen(request, asked, MAP_FRAME)
    headers = _headers(asked, seen)
    if matches(asked.if_none_match, headers["ETag"]):
        return not_modified(headers)
    own, frame = f"{PATH}/{seen.parcel}", MAP_FRAME
    times = {name: asked.parameters[name] for name in _TIMES if name in asked.parameters}
    spoken = {"lang": asked.language}
    links = {
        "self": asked.href(own, times),
        "preview": asked.href(f"{own}/preview.png", times | spoken),
        "map": asked.href(f"{own}/map.webp", times | spoken),
        "chart": asked.href("/") + f"#sel=parcels/{seen.parcel}&lang={asked.language}",
        "pdf": asked.href(f"/parcels/{seen.parcel}/extract.pdf", times | spoken),
        "extract": asked.href(f"/parcels/{seen.parcel}/extract.html", times | spoken),
    }
    image = {"width": round(frame.width * _MAP_PER_MM), "height": round(frame.height * _MAP_PER_MM)}
    values = page_values(seen.told, seen.drawing(), seen.scene)
    return page(asked, "parcel.html", seen.told.title, headers, links=links, image=image, **values)


async def parcel_map(request: Request) -> Response:
    """GET /thua/{id}/map.webp."""
    return await _picture(request, WEBP, MAP_FRAME, lambda seen: webp(_map(seen), _MAP_BYTES))


async def parcel_preview(request: Request) -> Response:
    """GET /thua/{id}/preview.png."""
    return await _picture(request, PNG, PREVIEW_FRAME, lambda seen: png(_preview(seen)))


async def find(request: Request) -> Response:
    """GET /thua?to=12&thua=345&xa=…: leads to the page of the parcel; a form to give what is missing."""
    asked = ask(request, (HTML,), tuple(LONGEST))
    given = {name: text for name in LONGEST if (text := asked.parameters.get(name, "").strip())}
    for name, text in given.items():
        if len(text) > (most := LONGEST[name]):
            raise InvalidParameter(
                f"{name}: at most {most} letters, as it is written on the papers of the parcel.",
                f"{name}: nhiều nhất {most} ký tự, đúng như trên giấy tờ của thửa đất.",
                where=name,
            )
    if len(given) < len(LONGEST):
        return _form(asked, given)
    call = call_of(asked)
    layer = call.catalog.layers[PARCELS]
    request.path_params["layer"] = PARCELS
    selector = {"commune": given["xa"], "sheet": given["to"], "number": given["thua"]}
    moment = moment_of({}, call.catalog.territory)
    async with call.pools.reading(decide(call.actor, Action.READ, layer).pool) as source:
        parcel = await find_parcel(call, source, selector, moment)
    spoken = {"lang": asked.parameters["lang"]} if "lang" in asked.parameters else None
    where = asked.href(f"{PATH}/{parcel.id}", spoken)
    return RedirectResponse(where, 303, {"Cache-Control": "no-store", "Vary": VARY})


def _form(asked: Ask, given: Mapping[str, str]) -> Response:
    """The form with what was given; of what is missing it is said once something was."""
    texts = {**extract_words.WORDS, **parcel_words.WORDS}
    told = SimpleNamespace(**{name: asked.say(text) for name, text in texts.items()})
    labels = {"to": told.sheet_of, "thua": told.number_of, "xa": told.commune}
    missing = [label for name, label in labels.items() if given and name not in given]
    values: dict[str, Any] = {"told": told, "given": given, "labels": labels, "missing": missing, "longest": LONGEST}
    return page(asked, "find_parcel.html", parcel_words.FIND, action=asked.href(PATH), **values)


async def _picture(request: Request, offer: Offer, frame: Frame, made: Callable[[_Seen], bytes]) -> Response:
    asked = ask(request, (offer,), _TIMES)
    refuse_too_fast(request, request.app.state.drawing)
    seen = await _seen(request, asked, frame)
    headers = _headers(asked, seen)
    if matches(asked.if_none_match, headers["ETag"]):
        return not_modified(headers)
    return Response(await asyncio.to_thread(made, seen), headers=headers, media_type=offer.media_type)


async def _seen(request: Request, asked: Ask, frame: Frame) -> _Seen:
    request.path_params["layer"] = PARCELS  # what the record of who looked at what, and the usage, tell it by
    catalog = asked.services.catalog
    parcel = identifier_of(request, catalog.layers[PARCELS])
    moment, call = moment_of(asked.parameters, catalog.territory), call_of(asked)
    try:
        subject, shown = await subject_of(call, {"id": str(parcel)}, moment, frame)
    except NotFound:
        await _tell_why(asked, parcel)
        raise
    assert shown is not None
    road = road_of(subject)
    told = content(subject, road, catalog, asked.language)
    former = subject.parcel.get("commune_old")
    name = None
    if former is not None:
        wards = decide(asked.actor, Action.READ, catalog.layers["wards"])
        async with call.pools.reading(pool_of([wards])) as source:
            name = await former_name(call, source, str(former), moment.known)
    return _Seen(parcel, Told(told, name, catalog), scene_of(subject, road, shown, frame), subject.view)


async def _tell_why(asked: Ask, parcel: UUID) -> None:
    """Raises why the parcel is not there at the time asked about, as the feature's own address says it."""
    layer = asked.services.catalog.layers[PARCELS]
    decision = decide(asked.actor, Action.READ, layer)
    query = with_time(ItemQuery(layer.id), asked.parameters, asked.services.catalog.territory)
    row = found(await asked.services.pools.row(item_sql(layer, parcel, query, decision), decision.pool))
    if row["feature"] is None:
        there = replace(asked, path=f"/collections/{layer.id}/items/{parcel}")
        raise await absent(there, layer, parcel, query, row, decision)


def _headers(asked: Ask, seen: _Seen) -> dict[str, str]:
    """The content tells its data version, so that whatever is around the parcel changes it."""
    stands_on = (
        SOFTWARE_VERSION,
        asked.services.catalog.digest,
        seen.view,
        seen.told.former_commune,
        seen.told.content,
    )
    told = repr((stands_on, asked.base, asked.path, sorted(asked.parameters.items()), asked.language))
    return {
        "ETag": f'W/"{hashlib.blake2b(told.encode(), digest_size=12).hexdigest()}"',
        "Cache-Control": "public, no-cache" if seen.view == PUBLIC else "private, no-cache",
        "Content-Language": asked.language,
        "Vary": VARY,
        "Landmap-Data-Version": str(seen.told.content["dataVersion"]),
    }


def _map(seen: _Seen) -> Image.Image:
    return picture(seen.scene.window, seen.drawing(), _MAP_PER_MM, lettering())


def _preview(seen: _Seen) -> Image.Image:
    told = seen.told
    said = Headline(told.title[told.language], told.address(), summary(told), "Landmap")
    return preview(seen.scene.window, seen.drawing(), said, lettering())


@lru_cache(maxsize=1)
def lettering() -> Lettering:
    """The fonts of the web page for pictures. LandmapError where it has not been built."""
    files = fonts()
    return Lettering(
        [file for name, file in files.items() if "-400." in name],
        [file for name, file in files.items() if "-600." in name],
    )


ROUTES = [
    Route(PATH, find),
    Route(f"{PATH}/{{id}}", parcel_page),
    Route(f"{PATH}/{{id}}/map.webp", parcel_map),
    Route(f"{PATH}/{{id}}/preview.png", parcel_preview),
]

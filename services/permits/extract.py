"""An extract: everything that the caller may know of one parcel, on both time axes, sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from gis.errors import NotFound
from gis.formats.sheet_map import SHEET, Frame, window_of
from gis.model.access import Decision
from gis.model.layer import Layer
from gis.rules.account import RoadPart
from gis.rules.situation import ROAD_REACH, ROADS
from gis.store.signing import kept_keys
from gis.store.vicinity import Moment, Vicinity, vicinity
from services.auth.policy import Action, decide, pool_of
from services.ogc.answers import decision_key
from services.permits.extract_content import PARCELS, Subject, content, road_of
from services.permits.lineage import relations
from services.permits.linked import linked
from services.permits.lot_map import ALONE, DRAWN, Scene, Surroundings, around
from services.permits.seal import PUBLIC, Statement, digest_of, sealed
from services.permits.selector import Parcel, find_parcel
from services.processes.moments import since_today
from services.processes.process import Call, Json

VERIFY = "/verify/"


@dataclass(frozen=True, slots=True, eq=False)
class Extract:
    """`content` is what `statement` and `seal` are about; `scene` is what its map shows, None where it is not drawn."""

    content: Mapping[str, Any]
    statement: Statement
    seal: str
    kid: str
    subject: Subject
    scene: Scene | None

    def document(self, base: str) -> dict[str, Any]:
        """The JSON: the content, and around it its seal, where it is verified, and its permanent addresses."""
        own = f"{base}/parcels/{self.statement.parcel}/extract"
        pins = {
            "datetime": self.content["datetime"],
            "knownAt": self.content["knownAt"],
            "lang": self.statement.language,
        }
        pinned = "?" + urlencode({name: value for name, value in pins.items() if value is not None}, safe=":")
        links = [
            {"rel": "canonical", "type": "application/json", "href": f"{own}.json{pinned}"},
            {"rel": "alternate", "type": "text/html", "href": f"{own}.html{pinned}"},
            {"rel": "alternate", "type": "application/pdf", "href": f"{own}.pdf{pinned}"},
        ]
        return {**self.content, "seal": self.seal, "verify": self.address(base), "links": links}

    def address(self, base: str) -> str:
        """Where the extract is verified."""
        return f"{base}{VERIFY}{self.seal}"


async def extract(call: Call, selector: Mapping[str, Json], moment: Moment, *, drawn: bool) -> Extract:
    """The extract of the parcel that the selector names; if it is `drawn`, with what its map shows. Errors as of
    `find_parcel`."""
    subject, shown = await subject_of(call, selector, moment, SHEET if drawn else None)
    road = road_of(subject)
    told = content(subject, road, call.catalog, call.language)
    keys = await kept_keys(call.keeper)
    statement = Statement(
        UUID(subject.parcel["id"]),
        subject.at,
        subject.vicinity.known_at or subject.at,
        subject.view,
        call.language,
        digest_of(told),
    )
    scene = None if shown is None else scene_of(subject, road, shown, SHEET)
    return Extract(told, statement, sealed(statement, keys), keys[0].kid, subject, scene)


def scene_of(subject: Subject, road: RoadPart, shown: Surroundings, frame: Frame) -> Scene:
    """What a map of the parcel shows that fills the frame."""
    window = window_of(subject.lot, frame=frame)
    return Scene(subject.lot, road.land, str(subject.parcel["id"]), shown.near, window, crowded=shown.crowded)


async def subject_of(
    call: Call, selector: Mapping[str, Json], moment: Moment, frame: Frame | None = None
) -> tuple[Subject, Surroundings | None]:
    """What the extract is made from, and, if its map has a frame, what that shows, from one state of the database.

    The content, its pins and so its seal rest on one reach whether it is drawn or not: verifying reads nothing to draw. The
    map is read at those pins: asked again with them, it is the same map.
    """
    drawn = [layer for layer in call.catalog.layers.values() if layer.drawn]
    wanted = [(layer, decide(call.actor, Action.READ, layer)) for layer in drawn]
    layer = call.catalog.layers[PARCELS]
    own = dict(wanted)[layer]
    async with call.pools.reading(pool_of(dict(wanted).values())) as source:
        parcel = await find_parcel(call, source, selector, moment)
        # Of a broad road the middle is far from the land that it takes.
        reach = {layer.id: ROAD_REACH if layer.id == ROADS else ALONE for layer, _ in wanted}
        near = await vicinity(source, wanted, parcel.lot, reach, moment)
        row = _row_of(near, parcel)
        at = moment.at or since_today(near, call.catalog.territory)
        named = await linked(source, wanted, layer, row, Moment(at, moment.known))
        told = await relations(source, layer, own, UUID(row["id"]), (at, near.changeset)) if _whole(row) else []
        shown = None
        if frame is not None:
            seen = [one for one in wanted if one[0].id in DRAWN]
            pins = Moment(at, near.known_at or at)
            shown = await around(source, seen, parcel.lot, window_of(parcel.lot, frame=frame).reach, pins)
    return Subject(row, parcel.lot, near, at, view_of(wanted), told, named), shown


def _row_of(around: Vicinity, parcel: Parcel) -> dict[str, Any]:
    features = around.layers[PARCELS].found
    for row, found in enumerate(features.column("id")):
        if str(found) == str(parcel.id):
            return features.record(row) | {"id": str(parcel.id)}
    raise NotFound(
        f"The parcel '{parcel.id}' is not there at that time.",
        f"Tại thời điểm đó không có thửa đất '{parcel.id}'.",
        where="id",
    )


def _whole(row: Mapping[str, Any]) -> bool:
    """The parcel tells its times: one that is reduced to its outline tells nothing of where it came from."""
    return row.get("changeset") is not None


def view_of(wanted: list[tuple[Layer, Decision]]) -> str:
    """For whom an answer is: `public`, or a short text that tells apart what agencies see."""
    if all(decision.pool == PUBLIC for _, decision in wanted):
        return PUBLIC
    return _digest(tuple(decision_key(decision) for _, decision in wanted))


@lru_cache(maxsize=256)
def _digest(keys: tuple[str, ...]) -> str:
    return blake2b("/".join(keys).encode(), digest_size=8).hexdigest()

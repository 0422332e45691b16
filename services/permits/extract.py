"""An extract: everything that the caller may know of one parcel, on both time axes, sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from functools import lru_cache
from hashlib import blake2b
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from gis.errors import NotFound
from gis.formats.sheet_map import Window, window_of
from gis.model.access import Decision
from gis.model.layer import Layer
from gis.rules.account import RoadPart
from gis.store.signing import kept_keys
from gis.store.vicinity import Moment, Vicinity
from services.auth.policy import Action, decide
from services.ogc.answers import decision_key
from services.permits.extract_content import PARCELS, Subject, content, road_of
from services.permits.lineage import relations
from services.permits.lot_map import ALONE, around
from services.permits.seal import PUBLIC, Statement, digest_of, sealed
from services.permits.selector import Parcel, find_parcel
from services.processes.process import Call, Json

VERIFY = "/verify/"


@dataclass(frozen=True, slots=True, eq=False)
class Extract:
    """`content` is what `statement` and `seal` are about; `subject`, `road` and `window` are what its map is drawn from."""

    content: Mapping[str, Any]
    statement: Statement
    seal: str
    kid: str
    subject: Subject
    road: RoadPart
    window: Window

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


async def extract(call: Call, selector: Mapping[str, Json], moment: Moment) -> Extract:
    """The extract of the parcel that the selector names. Errors as of `find_parcel`."""
    subject, window = await subject_of(call, selector, moment, drawn=True)
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
    return Extract(told, statement, sealed(statement, keys), keys[0].kid, subject, road, window)


async def subject_of(
    call: Call, selector: Mapping[str, Json], moment: Moment, *, drawn: bool = False
) -> tuple[Subject, Window]:
    """What the extract is made from, read from one state of the database; what else there is to draw only if it is `drawn`."""
    wanted = [(layer, decide(call.actor, Action.READ, layer)) for layer in call.catalog.layers.values()]
    pool = "staff" if any(decision.pool == "staff" for _, decision in wanted) else "public"
    layer = call.catalog.layers[PARCELS]
    own = dict(wanted)[layer]
    async with call.pools.reading(pool) as source:
        parcel = await find_parcel(call, source, selector, moment)
        window = window_of(parcel.lot)
        near = await around(source, wanted, parcel.lot, window.reach if drawn else ALONE, moment)
        row = _row_of(near, parcel)
        at = moment.at or _today(near, ZoneInfo(call.catalog.territory.time_zone))
        told = await relations(source, layer, own, UUID(row["id"]), (at, near.changeset)) if _whole(row) else []
    return Subject(row, parcel.lot, near, at, view_of(wanted), told), window


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


def _today(around: Vicinity, zone: ZoneInfo) -> datetime:
    """Of the instants at which the answer is the same as now, the beginning of this day, or the first one on it: so that the
    extract of a day is one and the same until something changes."""
    midnight = datetime.combine(around.instant.astimezone(zone).date(), time(), zone)
    return max(around.effective, midnight)


def view_of(wanted: list[tuple[Layer, Decision]]) -> str:
    """For whom an answer is: `public`, or a short text that tells apart what agencies see."""
    if all(decision.pool == PUBLIC for _, decision in wanted):
        return PUBLIC
    return _digest(tuple(decision_key(decision) for _, decision in wanted))


@lru_cache(maxsize=256)
def _digest(keys: tuple[str, ...]) -> str:
    return blake2b("/".join(keys).encode(), digest_size=8).hexdigest()

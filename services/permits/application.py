"""What is asked of a permit check: inputs that fit their schemas, read into one value in the storage CRS."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from shapely.geometry.base import BaseGeometry

from gis.errors import InvalidParameter
from gis.ingest.drawing import Drawing
from gis.ingest.outline import Sent, read_outline
from gis.model.layer import Territory
from gis.model.query import CRS84
from gis.model.storeys import storeys
from gis.model.verdict import Attestation
from gis.rules.standing import Fates
from gis.store.vicinity import Moment
from services.ogc.datetimes import parse_date
from services.processes.moments import moment_of
from services.processes.outlines import stated_crs
from services.processes.process import Json

type Inputs = Mapping[str, Json]

_STOREYS, _FLOORS = "storeys_", "floor_"


@dataclass(frozen=True, slots=True, eq=False)
class Application:
    """One question. Shapes are in the storage CRS; `facts` are columns of the case by name, as stated.

    `given`: the names of the inputs that were sent.
    """

    selector: Mapping[str, Json] | None
    lot: BaseGeometry | None
    footprint: BaseGeometry | None
    tower: BaseGeometry | None
    facts: Mapping[str, object]
    frontages: Sequence[Mapping[str, Json]] | None
    existing: Fates | None
    building_class: str | None
    attestations: tuple[Attestation, ...]
    moment: Moment
    given: frozenset[str]


def read_application(inputs: Inputs, territory: Territory) -> Application:
    """The question that the inputs are. InvalidParameter and InvalidCrs name the input that is wrong."""
    if ("parcel" in inputs) == ("lot" in inputs):
        raise InvalidParameter(
            "inputs: give either 'parcel' or 'lot': the place that is asked about.",
            "inputs: hãy gửi 'parcel' hoặc 'lot' (vị trí cần kiểm tra), không gửi cả hai.",
            where="parcel",
        )
    return Application(
        selector=cast("Mapping[str, Json] | None", inputs.get("parcel")),
        lot=_outline(inputs, "lot", territory),
        footprint=_outline(inputs, "footprint", territory),
        tower=_outline(inputs, "tower", territory),
        facts=_facts(inputs),
        frontages=cast("Sequence[Mapping[str, Json]] | None", inputs.get("frontages")),
        existing=cast("Fates | None", inputs.get("existing")),
        building_class=cast("str | None", inputs.get("cap_cong_trinh")),
        attestations=tuple(_attestation(one) for one in cast("list[Any]", inputs.get("attestations", []))),
        moment=moment_of(inputs, territory),
        given=frozenset(inputs) | ({"parcel"} if "lot" in inputs else frozenset()),
    )


def _outline(inputs: Inputs, name: str, territory: Territory) -> BaseGeometry | None:
    value = inputs.get(name)
    if value is None:
        return None
    stated = stated_crs(inputs, territory)
    sent = cast("dict[str, Any]", value)
    outline: Sent = sent if "data" not in sent else _drawing(name, sent, stated)
    return read_outline(outline, CRS84 if stated is None else stated, territory, name)


def _drawing(name: str, sent: Mapping[str, Any], crs: int | None) -> Drawing:
    try:
        content = base64.b64decode(sent["data"], validate=True)
    except binascii.Error as error:
        raise InvalidParameter(
            f"{name}.data: is not base64.", f"{name}.data: không phải base64.", where=f"{name}.data"
        ) from error
    return Drawing(name, sent["mediaType"], content, tuple(sent.get("layers", ())), sent.get("units"), crs)


def _facts(inputs: Inputs) -> dict[str, object]:
    """Columns of the case that the inputs state."""
    found: dict[str, object] = dict(cast("dict[str, Any]", inputs.get("facts", {})))
    for name, column in (("work", "works"), ("use", "use"), ("height_m", "height_m")):
        if name in inputs:
            found[column] = inputs[name]
    told = inputs.get("storeys")
    if told is not None:
        counts = storeys(told) if isinstance(told, str) else cast("Mapping[str, int]", told)
        found |= {f"{_STOREYS}{kind}": count for kind, count in counts.items()}
    for kind, area in cast("Mapping[str, float]", inputs.get("floor_areas", {})).items():
        found[f"{_FLOORS}{kind}_m2"] = area
    return found


def _attestation(sent: Mapping[str, Any]) -> Attestation:
    on: date = parse_date(sent["on"], "attestations.on")
    return Attestation(
        sent["pack"], sent["rule"], sent.get("subject"), sent["person"], sent["document"], on, sent["reason"]
    )

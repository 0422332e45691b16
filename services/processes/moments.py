"""The inputs `datetime` and `knownAt`, the same for every process that asks the data, and values as JSON has them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import cast
from zoneinfo import ZoneInfo

from shapely.geometry.base import BaseGeometry

from gis.model.layer import Territory, Text
from gis.store.vicinity import Moment, Near
from services.ogc.datetimes import instant_text, parse_begin, parse_known
from services.processes.process import Input, Json

_TIME: dict[str, Json] = {"type": "string", "minLength": 1, "maxLength": 60}

MOMENT: Mapping[str, Input] = MappingProxyType(
    {
        "datetime": Input(
            Text("Thời điểm", "Instant"),
            Text(
                "Dữ liệu có hiệu lực tại thời điểm hoặc ngày này; bỏ trống là bây giờ.",
                "What holds at this instant or from the beginning of this day; now if left out.",
            ),
            _TIME,
            required=False,
        ),
        "knownAt": Input(
            Text("Biết đến lúc", "Known at"),
            Text(
                "Theo những gì hệ thống biết đến lần cập nhật (số) hoặc thời điểm này; bỏ trống là bây giờ.",
                "As known at this changeset (a number) or instant; now if left out.",
            ),
            _TIME,
            required=False,
        ),
    }
)


def moment_of(inputs: Mapping[str, Json], territory: Territory) -> Moment:
    """Both axes of the question. InvalidParameter where one cannot be read."""
    zone = ZoneInfo(territory.time_zone)
    at, known = inputs.get("datetime"), inputs.get("knownAt")
    return Moment(
        None if at is None else parse_begin(str(at), zone), None if known is None else parse_known(str(known), zone)
    )


def plain(value: object) -> Json:
    """A value of a feature as JSON has it."""
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return cast("Json", value)


def declarations(near: Near, place: BaseGeometry) -> list[dict[str, Json]]:
    """What is declared of the layer at the place, oldest first."""
    here = near.declared_at(place)
    told = [here.record(row) for row in range(len(here))]
    return [{name: plain(one[name]) for name in ("level", "as_of", "agency")} for one in told]

"""The inputs `datetime` and `knownAt`, the same for whatever asks the data; where a day begins; values as JSON has them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from types import MappingProxyType
from typing import cast
from zoneinfo import ZoneInfo

from shapely.geometry.base import BaseGeometry

from gis.model.layer import Territory, Text
from gis.store.vicinity import Moment, Near, Vicinity
from services.ogc.datetimes import instant_text, parse_begin, parse_known
from services.processes.process import Input, Json

_TIME: dict[str, Json] = {"type": "string", "minLength": 1, "maxLength": 60}

MOMENT: Mapping[str, Input] = MappingProxyType(
    {
        "datetime": Input(
            Text("Thời điểm", "Instant"),
            Text(
                "Dữ liệu và quy định có hiệu lực tại thời điểm này hoặc đầu ngày này; bỏ trống là bây giờ.",
                "The data and rules that hold at this instant or at the beginning of this day; now if left out.",
            ),
            _TIME,
            required=False,
        ),
        "knownAt": Input(
            Text("Theo dữ liệu đã ghi nhận đến", "Known at"),
            Text(
                "Số của lần cập nhật hoặc thời điểm: theo dữ liệu đã ghi nhận đến khi đó; bỏ trống là bây giờ.",
                "A changeset (a number) or an instant: as known then; now if left out.",
            ),
            {"oneOf": [_TIME, {"type": "integer", "minimum": 0}]},
            required=False,
        ),
    }
)


WITHHELD = Text(
    "Một phần dữ liệu của lớp này không công khai hoặc không thuộc quyền xem của người hỏi; kết quả chỉ nói về phần được xem.",
    "A part of this layer is not public, or not for this caller; the answer tells of what may be seen.",
)
"""What is told of a layer of which the caller may not see all."""


def moment_of(inputs: Mapping[str, Json], territory: Territory) -> Moment:
    """Both axes of the question: `datetime` (an instant, or a date: its beginning) and `knownAt` (a changeset or the same).

    InvalidParameter where one cannot be read.
    """
    zone = ZoneInfo(territory.time_zone)
    at, known = inputs.get("datetime"), inputs.get("knownAt")
    return Moment(
        None if at is None else parse_begin(str(at), zone), None if known is None else parse_known(str(known), zone)
    )


def since_today(near: Vicinity, territory: Territory, *begun: datetime) -> datetime:
    """Of the instants of this day at which the answer is the same as now, the first that is known to be, in UTC: so that a
    question has one answer on a day, until something changes. `begun`: since when what was read beside `near` is as it is.
    """
    zone = ZoneInfo(territory.time_zone)
    midnight = datetime.combine(near.instant.astimezone(zone).date(), time(), zone)
    return max(midnight, near.effective, *begun).astimezone(UTC)


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
    return [{name: plain(one[field]) for name, field in _DECLARED.items()} for one in told]


_DECLARED = {"level": "level", "asOf": "as_of", "agency": "agency"}

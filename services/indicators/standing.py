"""As of which data the indicators stand, and since when something was published that is not in them."""

from __future__ import annotations

from datetime import datetime

from gis.model.indicator import INDICATORS, Indicator, Measure
from gis.model.layer import Layer, Text
from gis.store.indicator_runs import ALL, COMPARED, Standing, as_standing, told_sql
from gis.store.observations import LAYER
from gis.store.sql import Sql
from services.ogc.ask import Ask
from services.ogc.datetimes import instant_text
from services.processes.process import Json

BEHIND = Text(
    "Dữ liệu nguồn đã thay đổi từ {day}, sau lần cập nhật {version} mà số liệu này dựa vào; số liệu sẽ được tính lại.",
    "The data have changed since {day}, after changeset {version} from which these figures were made; they will be computed anew.",
)


def of_indicator(indicator: Indicator, known: datetime | None) -> Sql:
    """The question for `Standing` of one indicator, by the layers that it is made of, as known at `known`."""
    if indicator.measure is Measure.COVERED:
        return told_sql(("wards",), known, declared=(indicator.source,))
    if indicator.source == "buildings":
        return told_sql(COMPARED, known, of_buildings=True)
    return told_sql(("wards", indicator.source), known)


def told(standing: Standing, indicator: Indicator | None = None) -> dict[str, Json]:
    """The same in an answer; empty where nothing was computed yet."""
    buildings = indicator is not None and indicator.source == INDICATORS["over_density"].source
    version = standing.surveyed if buildings else standing.changeset
    if version is None or standing.finished is None:
        return {}
    return {
        "data_version": version,
        "computed": instant_text(standing.finished),
        "behind_since": None if standing.first is None else instant_text(standing.first),
    }


async def of_collection(asked: Ask, layer: Layer) -> dict[str, object]:
    """What the collection of indicators says of itself beside what every collection says."""
    if layer.id != LAYER:
        return {}
    row = await asked.services.freshness.row(("indicators", "standing"), told_sql(ALL), "public")
    figures = told(as_standing(row))
    if not figures:
        return {}
    return {
        "computed": {
            "dataVersion": figures["data_version"],
            "at": figures["computed"],
            "behindSince": figures["behind_since"],
        }
    }

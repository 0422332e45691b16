"""What to know when reading the indicators of one day, in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from gis.model.disclosure import LEAST
from gis.model.indicator import APPORTIONED, SHOWN, SUPPRESSED
from gis.model.layer import Text
from services.indicators.standing import BEHIND
from services.processes.process import Call, Json

NOTHING = Text(
    "Chỉ số này chưa được tính cho bộ phường, xã này.",
    "This indicator has not been computed for this set of wards yet.",
)
MOSTLY = Text(
    "{few} trong {all} phường, xã có quá ít trường hợp để công bố, nên gần như chưa so sánh được các nơi với nhau.",
    "{few} of {all} wards have too few cases to be published: there is hardly anything to compare yet.",
)
SUPPRESSION = Text(
    f"Không công bố nơi có dưới {LEAST} trường hợp, nơi một, hai trường hợp chiếm gần hết tổng, và nơi mà phép trừ sẽ làm lộ các nơi "
    "đó.",
    f"Nothing is published where there are fewer than {LEAST} cases, where one or two make nearly all of a sum, and where "
    "subtraction would tell of such wards.",
)
RANKING = Text(
    "Chỉ xếp hạng {ranked} nơi có số công bố lớn hơn 0. Nơi bằng 0, không công bố hoặc chưa có dữ liệu thì không có hạng.",
    "Only the {ranked} wards whose published value is above 0 are ranked. Wards of 0, withheld ones and those without data have no rank.",
)
NOISE = Text(
    "Số công bố được làm nhiễu nhẹ để không lộ từng trường hợp; lần nào hỏi cũng nhận cùng một số.",
    "What is published carries a little noise, so that no single case shows; whoever asks again gets the same number.",
)
APPORTIONING = Text(
    "Địa giới này không có hiệu lực tại ngày đang xem: số liệu được phân bổ theo vị trí từng thửa, từng giấy phép, không phải số đã "
    "công bố của phường, xã khi đó.",
    "These boundaries were not in force on this day: values are apportioned by where each parcel and permit lies, and were never "
    "published for these wards then.",
)
INCOMPLETE = Text(
    "Có nơi dữ liệu nguồn chưa được công bố là đầy đủ: con số có thể thấp hơn thực tế.",
    "In some wards the source is not declared complete: the number may be lower than it should be.",
)


def notes(call: Call, wards: Sequence[Mapping[str, Json]], figures: Mapping[str, Json], *, any_: bool) -> list[Json]:
    """`wards`: those of which there is an observation on the day; `figures`: how they stand. `any_`: on whatever day."""
    few = sum(ward["state"] == SUPPRESSED for ward in wards)
    ranked = sum(ward["rank"] is not None for ward in wards)
    numbers = {"few": few, "all": len(wards), "ranked": ranked, **_behind(call, figures)}
    shown = [ward for ward in wards if ward["state"] == SHOWN]
    said = [
        (not any_, NOTHING),
        (figures.get("behind_since") is not None, BEHIND),
        (2 * few > len(wards), MOSTLY),
        (few > 0, SUPPRESSION),
        (0 < ranked < len(wards), RANKING),
        (bool(shown), NOISE),
        (any(ward["basis"] == APPORTIONED for ward in wards), APPORTIONING),
        (any(not ward["complete"] for ward in shown), INCOMPLETE),
    ]
    return [text[call.language].format(**numbers) for holds, text in said if holds]


def _behind(call: Call, figures: Mapping[str, Json]) -> dict[str, Json]:
    """Since when and from what the figures are behind, as it is written."""
    since = figures.get("behind_since")
    if since is None:
        return {"day": None, "version": None}
    day = datetime.fromisoformat(str(since)).astimezone(ZoneInfo(call.catalog.territory.time_zone))
    return {"day": day.strftime("%H:%M, %d/%m/%Y"), "version": figures["data_version"]}

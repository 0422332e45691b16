"""The change feed in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gis.model.layer import Catalog, Text
from services.ogc.negotiation import GEOJSON, GEOSEQ, HTML
from services.ogc.openapi_parts import OF_DATA, PAGE, Object, Paths, answer, content, operation, parameter, reading
from services.ogc.parameters import SYSTEM_FIELDS

_TITLE = Text("thay đổi giữa hai phiên bản dữ liệu", "changes between two data versions")
_ABOUT = Text(
    "Những gì người hỏi thấy khác đi giữa trạng thái `since` và trạng thái `until`, mỗi đối tượng một dòng (`__change__`: "
    "INSERT, UPDATE, DELETE), theo khung bao, điều kiện lọc, thuộc tính và quyền của người hỏi: ra khỏi đó là DELETE, vào "
    "là INSERT. Cả hai trạng thái là những gì có hiệu lực tại `datetime`, mặc định là hiện nay. Có đối tượng bắt đầu hoặc hết "
    "hiệu lực chỉ do thời gian trôi qua, không có lần cập nhật nào: muốn có cả những thay đổi đó, hãy hỏi với "
    "`datetime=<lần trước>/..`; liên kết `monitor` của mỗi câu trả lời đã ghi sẵn.",
    "What the caller sees differently in the state `until` than in the state `since`, one line a feature (`__change__`: "
    "INSERT, UPDATE, DELETE), through its box, filter, properties and rights: what leaves them is a DELETE, what enters an "
    "INSERT. Both states are of what holds at `datetime`, by default now. Features begin and cease to hold by the clock "
    "alone, without a changeset: to be told of that too, ask with `datetime=<last time>/..`, as the `monitor` link of every "
    "answer does.",
)
_SINCE = Text(
    "Từ trạng thái nào: số của lần cập nhật (0: từ đầu) hoặc thời điểm",
    "From which state on: a changeset number (0: from the beginning) or an instant",
)
_UNTIL = Text(
    "Đến trạng thái nào: số của lần cập nhật hoặc thời điểm; mặc định: mới nhất",
    "Up to which state: a changeset number or an instant; the newest if left out",
)
_DATETIME = Text(
    "Thời điểm có hiệu lực của cả hai trạng thái; hoặc thời điểm của từng trạng thái, nối bằng '/' ('..': hiện nay)",
    "The instant that both states are of; or those of the first and the second, with '/' ('..' is now)",
)
_KNOWN: Object = {"type": "string", "format": "changeset-or-date-time", "minLength": 1}
_OTHERWISE = ("knownAt", "datetime", "sortby", "fItems", "profile", *(field.name for field in SYSTEM_FIELDS))
"""Parameters of items that the feed has not, or has in another sense."""


def change_paths(taken: Mapping[str, Sequence[Object]], catalog: Catalog, language: str) -> Paths:
    """For each layer the feed, with the parameters that its items have: `taken` by the id of the layer."""
    own = [
        parameter("since", _SINCE[language], _KNOWN, required=True),
        parameter("until", _UNTIL[language], _KNOWN),
        parameter("datetime", _DATETIME[language], {"type": "string", "format": "date-time-or-pair", "minLength": 1}),
        parameter("f", "f", {"type": "string", "enum": [GEOJSON.name, GEOSEQ.name, HTML.name]}),
    ]
    told = content("featureCollection", GEOJSON.media_type) | {GEOSEQ.media_type: {"schema": {"type": "string"}}} | PAGE
    found: Paths = {}
    for layer in catalog.layers.values():
        parameters = [*own, *(one for one in taken[layer.id] if _name(one) not in _OTHERWISE)]
        title = f"{layer.title[language]}: {_TITLE[language]}"
        more: Object = {"description": _ABOUT[language], "tags": [layer.id]}
        answers = reading(answer(title, told, OF_DATA))
        found[f"/collections/{layer.id}/changes"] = {
            "get": operation(f"{layer.id}.getChanges", title, parameters, answers, more)
        }
    return found


def _name(described: Object) -> str:
    return str(described.get("name") or described["$ref"]).rsplit("/", 1)[-1]

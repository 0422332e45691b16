"""The pages of parcels in the OpenAPI document."""

from __future__ import annotations

from gis.model.layer import Text
from services.ogc.openapi_parts import (
    PAGE,
    TEXT,
    Object,
    Paths,
    answer,
    in_one,
    operation,
    parameter,
    problem,
    reading,
    shared,
)
from services.permits.lot_map import DRAWN
from services.permits.map_sheet import LAYOUTS, PAPERS, SCALES
from services.permits.map_words import TITLE as SHEET_TITLE
from services.permits.parcel_page import LONGEST
from services.permits.parcel_words import FIND
from services.share import MOST as MOST_LETTERS

_PARCEL = Text("Mã đối tượng của thửa đất", "Id of the parcel")
_CARD = Text("Thông tin thửa đất, trang nhẹ không cần JavaScript", "A parcel's card as a small page without script")
_MAP = Text("Sơ đồ của trang thửa đất", "The map of the parcel's page")
_PREVIEW = Text("Ảnh xem trước khi chia sẻ liên kết, 1200 × 630", "The picture of a shared link, 1200 × 630")
_SHEET = Text("Số tờ bản đồ", "Map sheet")
_NUMBER = Text("Số thửa", "Parcel number")
_COMMUNE = Text(
    "Phường, xã: tên hoặc mã, hiện nay hoặc trước 01/07/2025",
    "Commune: name or code, of today or of before 1 July 2025",
)
_FOUND = Text("Đến trang của thửa đất", "To the page of the parcel")
_FORM = Text("Mẫu để ghi đủ số tờ, số thửa và phường, xã", "A form to give the numbers and the commune in full")

_BYTES: Object = {"schema": {"type": "string", "format": "binary"}}


def parcel_paths(language: str) -> Paths:
    """The page of a parcel, its pictures, and the way to it by numbers."""
    pages: list[tuple[str, str, Text, Object]] = [
        ("/thua/{id}", "getParcelPage", _CARD, PAGE),
        ("/thua/{id}/map.webp", "getParcelMap", _MAP, {"image/webp": _BYTES}),
        ("/thua/{id}/preview.png", "getParcelPreview", _PREVIEW, {"image/png": _BYTES}),
    ]
    own = parameter("id", _PARCEL[language], {"type": "string", "format": "uuid"}, place="path")
    paths: Paths = {
        path: {
            "get": operation(
                name,
                text[language],
                [own, *shared(("datetimeTile", "knownAt", "lang"))],
                reading(answer(text[language], found, ("ETag", "Landmap-Data-Version"))),
                {"tags": ["parcels"]},
            )
        }
        for path, name, text, found in pages
    }
    paths["/map-sheet.pdf"] = _map_sheet(language)
    paths["/qr.svg"] = _qr(language)
    asked = [
        parameter(name, text[language], {**TEXT, "maxLength": most})
        for (name, most), text in zip(LONGEST.items(), (_SHEET, _NUMBER, _COMMUNE), strict=True)
    ]
    answers: Object = {
        "200": answer(_FORM[language], PAGE),
        "303": {"description": _FOUND[language]},
        "304": {"description": "Not Modified"},
        "default": problem(),
    }
    paths["/thua"] = {
        "get": operation("findParcelPage", FIND[language], [*asked, *shared(("lang",))], answers, {"tags": ["parcels"]})
    }
    return paths


_CENTER = Text(
    "Kinh độ,vĩ độ của giữa tờ, trong phạm vi hệ tọa độ của địa bàn",
    "Longitude,latitude of the middle of the sheet, where the territory's CRS is used",
)
_SCALE = Text("Mẫu số của tỷ lệ", "Denominator of the scale")
_PAPER = Text("Khổ giấy", "Size of the paper")
_LAYOUT = Text("Hướng giấy", "How the paper lies")
_LAYERS = Text("Các lớp được vẽ", "The layers that are drawn")
_MARKED = Text("Thửa đất được tô nổi", "The parcel that stands out")


def _map_sheet(language: str) -> dict[str, Object]:
    """The map on paper."""
    places: Object = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
    asked = [
        in_one(parameter("center", _CENTER[language], places, required=True)),
        parameter("scale", _SCALE[language], {"type": "integer", "enum": list(SCALES), "default": 500}),
        parameter("paper", _PAPER[language], {"type": "string", "enum": list(PAPERS), "default": "a4"}),
        parameter("layout", _LAYOUT[language], {"type": "string", "enum": list(LAYOUTS), "default": LAYOUTS[0]}),
        in_one(
            parameter(
                "layers",
                _LAYERS[language],
                {"type": "array", "items": {"type": "string", "enum": list(DRAWN)}, "minItems": 1},
            )
        ),
        parameter("parcel", _MARKED[language], {"type": "string", "format": "uuid"}),
        *shared(("datetimeTile", "knownAt", "lang")),
    ]
    answers = reading(answer(SHEET_TITLE[language], {"application/pdf": _BYTES}, ("ETag", "Landmap-Data-Version")))
    return {"get": operation("getMapSheet", SHEET_TITLE[language], asked, answers, {"tags": ["parcels"]})}


_QR = Text("Mã QR của một địa chỉ trong hệ thống này", "QR code of an address of this service")
_TO = Text("Địa chỉ, từ dấu gạch chéo", "The address, from its slash on")


def _qr(language: str) -> dict[str, Object]:
    schema: Object = {"type": "string", "pattern": r"^/([!-.0-\[\]-~][!-~]*)?$", "maxLength": MOST_LETTERS}
    to = parameter("to", _TO[language], schema, required=True)
    answers = reading(answer(_QR[language], {"image/svg+xml": {"schema": {"type": "string"}}}, ("ETag",)))
    return {"get": operation("getQrCode", _QR[language], [to, *shared(("lang",))], answers, {"tags": ["parcels"]})}

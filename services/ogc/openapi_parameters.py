"""The parameters that resources share, as OpenAPI describes them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gis.crs.registry import crs
from gis.model.filter import FUNCTIONS
from gis.model.layer import Catalog, Text
from gis.model.query import MAX_LIMIT
from services.ogc import export_formats
from services.ogc.openapi_parts import TEXT, Object, in_one, parameter
from services.ogc.parameters import DEFAULT_LIMIT, LANGUAGES, served_codes

_IN_PATH = ("featureId", "codelistId", "tileMatrix", "tileRow", "tileCol")
_REQUIRED = ("point", "qSearch")

# A term begins with a letter or a digit, so that there is something to search for.
_LETTERS = "A-Za-z0-9À-ÖØ-öø-ʯḀ-ỹ"
_TERM: Object = {"type": "string", "pattern": f"^[{_LETTERS}][{_LETTERS} ]{{0,15}}$"}
_TERMS: Object = {"type": "array", "items": _TERM, "minItems": 1, "maxItems": 3}
_NUMBERS: Object = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
_FOUR_OR_SIX: Object = {"oneOf": [{"minItems": count, "maxItems": count} for count in (4, 6)]}
_DEGREES: Object = {"type": "number", "minimum": -180, "maximum": 180}

_SCHEMAS: Mapping[str, Object] = MappingProxyType(
    {
        "f": {"type": "string", "enum": ["json", "html"]},
        "fJson": {"type": "string", "enum": ["json"]},
        "fItems": {"type": "string", "enum": ["json", "html", *(offer.name for offer in export_formats.OFFERS)]},
        "profile": {"type": "string", "enum": list(export_formats.PROFILES)},
        "fTileset": {"type": "string", "enum": ["json", "html", "tilejson"]},
        "fTile": {"type": "string", "enum": ["mvt"]},
        "lang": {"type": "string", "enum": ["vi", "en"]},
        "names": {"type": "string", "enum": ["en", "vi"], "default": "en"},
        "skipGeometry": {"type": "boolean", "default": False},
        "q": _TERMS,
        "qSearch": _TERMS,
        "profileSchema": {"type": "array", "items": TEXT},
        "limit": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        "bbox": {**_NUMBERS, **_FOUR_OR_SIX},
        "point": {"type": "array", "items": _DEGREES, "minItems": 2, "maxItems": 2},
        "filter": {"type": "string", "format": "cql2", "minLength": 1},
        "filter-lang": {"type": "string", "enum": list(LANGUAGES), "default": next(iter(LANGUAGES))},
        "datetime": {"type": "string", "format": "date-time-or-interval", "minLength": 1},
        "datetimeTile": {"type": "string", "format": "date-time-or-date", "minLength": 1},
        "knownAt": {"type": "string", "format": "changeset-or-date-time", "minLength": 1},
        "cursor": {"type": "string", "format": "cursor", "pattern": "^[A-Za-z0-9_-]+$"},
        "featureId": {"type": "string", "format": "uuid"},
        "tileMatrix": {"type": "string", "pattern": "^[0-9]{1,2}$"},
        "tileRow": {"type": "integer", "minimum": 0},
        "tileCol": {"type": "integer", "minimum": 0},
    }
)
"""What a parameter may hold, whatever the catalogue."""


def shared_parameters(catalog: Catalog, language: str) -> Object:
    """The parameters that resources share, by the name in #/components/parameters."""
    uris = [crs(code).uri for code in served_codes(catalog.territory)]
    searched = [layer.id for layer in catalog.layers.values() if layer.searchable]
    own: dict[str, Object] = {
        "collections": {"type": "array", "items": {"type": "string", "enum": searched}, "minItems": 1},
        "codelistId": {"type": "string", "enum": list(catalog.codelists)},
    }
    for name in ("crs", "bbox-crs", "filter-crs"):
        own[name] = {"type": "string", "format": "uri", "enum": uris, "default": uris[0]}
    return {name: _described(name, schema, language) for name, schema in {**_SCHEMAS, **own}.items()}


def _described(name: str, schema: Object, language: str) -> Object:
    sent = _SENT.get(name, name)
    description = DESCRIPTIONS[name if name in DESCRIPTIONS else sent][language]
    if name in _IN_PATH:
        return parameter(sent, description, schema, place="path")
    return in_one(parameter(sent, description, schema, required=name in _REQUIRED))


_SENT = {
    **dict.fromkeys(("fItems", "fJson", "fTile", "fTileset"), "f"),
    "datetimeTile": "datetime",
    "qSearch": "q",
    "profileSchema": "profile",
}
"""The names under which parameters are sent that are described in more than one way."""

DESCRIPTIONS = {
    "f": Text("Định dạng của câu trả lời; mặc định theo tiêu đề Accept", "Format of the answer; by Accept if left out"),
    "fItems": Text(
        "Định dạng của câu trả lời; mặc định theo tiêu đề Accept. json và html là từng trang; các định dạng khác là tệp có "
        "mọi đối tượng phù hợp, nếu không ghi limit",
        "Format of the answer; by Accept if left out. json and html come in pages; the others are files with every "
        "feature that matches, unless limit is given",
    ),
    "profile": Text(
        "Biến thể của định dạng: excel-vi (csv cho Excel tiếng Việt); rfc7946, jsonfg, jsonfg-plus (json)",
        "A variant of the format: excel-vi (csv for a Vietnamese Excel); rfc7946, jsonfg, jsonfg-plus (json)",
    ),
    "names": Text(
        "vi: tên các trường bằng tiếng Việt (so_to, so_thua), trong câu trả lời lẫn trong các tham số của yêu cầu này",
        "vi: Vietnamese names of properties (so_to, so_thua), in the answer and in the parameters of this request",
    ),
    "properties": Text(
        "Chỉ trả về các trường này, theo thứ tự này; hình thể chỉ có khi ghi geometry hoặc skipGeometry=false",
        "Only these properties, in this order; the geometry only where 'geometry' is among them or with skipGeometry=false",
    ),
    "skipGeometry": Text("true: không trả về hình thể", "true: without geometries"),
    "sortby": Text(
        "Sắp xếp theo các trường này (xem sortables), - ở trước là giảm dần; giá trị trống luôn ở cuối; theo thứ tự chữ cái tiếng Việt, số trong chữ theo giá trị",
        "Sort by these properties (see sortables), descending with - before them; missing values always come last; texts as in a Vietnamese dictionary, numbers in them by value",
    ),
    "q": Text(
        "Tìm từ trong các trường văn bản chính, không kể dấu và chữ hoa; các từ cách nhau bằng dấu cách phải đứng liền nhau theo thứ tự, dấu phẩy là hoặc; từ cuối có thể chưa viết hết",
        "Words in the main texts, without case and accents; words with spaces between them follow each other in one text, a comma means or; the last word may be unfinished",
    ),
    "qSearch": Text(
        "Nội dung cần tìm: tên, số hiệu hoặc các từ bất kỳ thứ tự; không kể dấu và chữ hoa; dấu phẩy là hoặc",
        "What to search for: a name, a number, or words in any order; without case and accents; a comma means or",
    ),
    "collections": Text(
        "Chỉ tìm trong các bộ dữ liệu này, theo thứ tự này", "Search only these collections, in this order"
    ),
    "codelistId": Text("Danh mục", "Codelist"),
    "profileSchema": Text(
        "codelist-inline: mã kèm tên; codelist-ref: chỉ mã, danh mục ở x-ogc-codelistUri; profile khác không có tác dụng",
        "codelist-inline: codes with titles; codelist-ref: codes alone, their list is at x-ogc-codelistUri; others do nothing",
    ),
    "lang": Text("Ngôn ngữ; mặc định theo Accept-Language", "Language; by Accept-Language if left out"),
    "crs": Text("Hệ toạ độ của câu trả lời", "CRS of the answer's coordinates"),
    "point": Text("Kinh độ, vĩ độ theo độ", "Longitude and latitude in degrees"),
    "bbox-crs": Text("Hệ toạ độ của bbox", "CRS of bbox"),
    "filter": Text(
        f"Điều kiện theo CQL2 trên các trường lọc được (queryables). Các hàm: {', '.join(FUNCTIONS)} (mét, mét vuông)",
        f"A condition in CQL2 on the queryables. Functions: {', '.join(FUNCTIONS)} (metres, square metres)",
    ),
    "filter-lang": Text("Ngôn ngữ của filter", "The language of filter"),
    "filter-crs": Text(
        "Hệ toạ độ (và thứ tự trục) của hình ghi trong filter", "CRS, with its axis order, of the geometries in filter"
    ),
    "limit": Text(
        "Số đối tượng nhiều nhất trong một trang; tệp không ghi limit thì có tất cả",
        "Most features in one page; a file without it has them all",
    ),
    "bbox": Text(
        "Khung bao: bốn (hoặc sáu) số theo thứ tự trục của bbox-crs",
        "Bounding box: four (or six) numbers in the axis order of bbox-crs",
    ),
    "datetime": Text(
        "Thời điểm có hiệu lực pháp lý: ngày, thời điểm hoặc khoảng (RFC 3339, '..' là để ngỏ); mặc định: hiện nay",
        "When it holds in law: a date, an instant or an interval (RFC 3339, '..' is open); now if left out",
    ),
    "datetimeTile": Text(
        "Thời điểm có hiệu lực pháp lý: ngày hoặc thời điểm (RFC 3339); mặc định: hiện nay",
        "When it holds in law: a date or an instant (RFC 3339); now if left out",
    ),
    "knownAt": Text(
        "Theo dữ liệu đã ghi nhận: số của lần cập nhật hoặc thời điểm; mặc định: hiện nay",
        "As it was known: a changeset number or an instant; now if left out",
    ),
    "cursor": Text("Chỗ bắt đầu của trang, lấy từ liên kết next", "Where the page starts, taken from a next link"),
    "featureId": Text("Mã đối tượng", "Id of the feature"),
    "tileMatrix": Text("Mức phóng", "Zoom"),
    "tileRow": Text("Hàng", "Row"),
    "tileCol": Text("Cột", "Column"),
}

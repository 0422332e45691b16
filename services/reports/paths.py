"""Reports of citizens in the OpenAPI document: GeoReport v2 for everybody, the queue for who signs in."""

from __future__ import annotations

from collections.abc import Mapping

from gis.model.layer import Text
from services.ogc.openapi_parts import (
    ANY_JSON,
    SIGNED_IN,
    TEXT,
    Object,
    Paths,
    answer,
    operation,
    parameter,
    problem,
    refusals,
    shared,
)
from services.ogc.pygeoapi.oas_schema import as_openapi
from services.permits.cases import KEY
from services.reports.georeport import LONGEST_PAGE, PAGE, STATUSES
from services.reports.intake import IGNORED, LONGEST, MULTIPART, URLENCODED
from services.reports.queue import EVENTS, ORDERS
from services.reports.queue import LONGEST_PAGE as LONGEST_QUEUE
from services.reports.queue import PAGE as QUEUE
from services.reports.telling import GEOREPORT, REPORTS, STATES

_SERVICES = (
    Text("Các loại phản ánh (Open311)", "What may be reported (Open311)"),
    Text("GeoReport v2; dạng JSON hoặc XML.", "GeoReport v2, as JSON or XML."),
)
_DISCOVERY = (Text("Điểm truy cập Open311", "Open311 discovery"), _SERVICES[1])
_SERVICE = (Text("Một loại phản ánh (Open311)", "A category (Open311)"), _SERVICES[1])
_REQUESTS = (
    Text("Phản ánh và tình trạng xử lý (Open311)", "Reports and what became of them (Open311)"),
    Text(
        "90 ngày gần nhất nếu không nêu khác, mới trước. Không có nội dung, liên hệ; vị trí làm tròn khoảng 11 m; ảnh chỉ có khi cơ quan đã "
        "cho công khai.",
        "Of the last 90 days where nothing else is said, the newest first. Without text and contact; places are rounded to about 11 m; "
        "photos only where the agency has released them.",
    ),
)
_REQUEST = (Text("Một phản ánh (Open311)", "A report (Open311)"), _REQUESTS[1])
_POST = (
    Text("Gửi phản ánh (Open311)", "Send a report (Open311)"),
    Text(
        "Ảnh (media): JPEG, PNG, WebP đến 10 MB, được ghi lại không kèm dữ liệu trong ảnh. 'callback': https, máy chủ phải có trong danh "
        "sách của đơn vị vận hành; khi tình trạng thay đổi, JSON được POST, ký theo Standard Webhooks 1.0 bằng 'callback_secret'. Idempotency-Key: "
        "gửi lại cùng khoá thì nhận lại kết quả lần đầu.",
        "Photo (media): JPEG, PNG or WebP up to 10 MB, written anew without what the file says. 'callback': https, a host that the operator "
        "lists; when the state changes JSON is posted, signed with 'callback_secret' as Standard Webhooks 1.0 says. Idempotency-Key: who repeats "
        "it gets the first answer.",
    ),
)
_QUEUE = (
    Text("Hàng chờ phản ánh của cơ quan", "The queue of an agency"),
    Text(
        "Dành cho người sửa, người công bố của cơ quan được giao; kiểm toán viên, quản trị viên thấy mọi cơ quan nhưng không thấy nội dung, liên "
        "hệ, ảnh chưa công khai.",
        "For editors and publishers of the responsible agency; auditors and administrators see all agencies, without text, contact and photos "
        "that are not released.",
    ),
)
_ONE = (Text("Một phản ánh trong hàng chờ", "A report of the queue"), _QUEUE[1])
_PHOTO = (
    Text("Ảnh của phản ánh", "Photo of a report"),
    Text("Sau khi cơ quan cho công khai; trước đó chỉ cơ quan xem.", "Once released; before that for its agency."),
)
_EVENT = (
    Text("Xử lý phản ánh", "Do something about a report"),
    Text(
        "Chuyển trạng thái (state; 'answer' là câu trả lời công khai), chuyển cơ quan khác (forward, kèm lý do), hoặc mở ảnh (photo).",
        "It passes into a state ('answer' is for everybody to read), is forwarded to another agency with the reason, or its photo is opened.",
    ),
)
_SAID: Mapping[str, Text] = {
    "format": Text("json hoặc xml", "json or xml"),
    "code": Text("Mã loại phản ánh", "Code of the category"),
    "number": Text("Mã tra cứu", "Number of the report"),
    "service_request_id": Text("Mã tra cứu, cách nhau bằng dấu phẩy", "Numbers, joined by commas"),
    "service_code": Text("Mã loại, cách nhau bằng dấu phẩy", "Codes of categories, joined by commas"),
    "start_date": Text("Gửi từ ngày hoặc thời điểm này", "Sent from this day or instant on"),
    "end_date": Text("Gửi đến ngày hoặc thời điểm này", "Sent up to this day or instant"),
    "status": Text("open, closed", "open, closed"),
    "limit": Text("Số phản ánh nhiều nhất", "Most reports"),
    "jurisdiction_id": Text("Không dùng ở đây", "Not used here"),
    "api_key": Text("Không cần", "Not needed"),
    "agency": Text("Cơ quan", "Agency"),
    "category": Text("Mã loại, cách nhau bằng dấu phẩy", "Codes of categories, joined by commas"),
    "state": Text("Trạng thái, cách nhau bằng dấu phẩy", "States, joined by commas"),
    "order": Text("Mới nhất hoặc cũ nhất trước", "The newest or the oldest first"),
    "Idempotency-Key": Text("Chuỗi tự chọn", "A text of your choice"),
    "If-Match": Text("ETag của phản ánh; '*' là bất kỳ", "The ETag of the report; '*' for whichever it is"),
}
_NUMBER: Object = {"type": "string", "pattern": "^PA-[0-9A-HJKMNP-TV-Z]{8}$"}


def report_paths(language: str) -> Paths:
    """The paths; those of the queue say that they need a key or token."""
    wanted, ignored = _parameter("format", _one_of(("json", "xml")), language, "path"), _each(IGNORED[:2], language)
    common = [wanted, *ignored, *shared(("lang",))]
    code, number = _parameter("code", TEXT, language, "path"), _parameter("number", _NUMBER, language, "path")
    root, one = GEOREPORT, "/reports/{number}"
    return {
        f"{root}/discovery.{{format}}": {"get": _open("getOpen311Discovery", _DISCOVERY, common, language)},
        f"{root}/services.{{format}}": {"get": _open("getOpen311Services", _SERVICES, common, language)},
        f"{root}/services/{{code}}.{{format}}": {
            "get": _open("getOpen311Service", _SERVICE, [code, *common], language)
        },
        f"{root}/requests.{{format}}": {
            "get": _open("getOpen311Requests", _REQUESTS, [*common, *_filters(language)], language),
            "post": _open("postOpen311Request", _POST, [*common, _key(language)], language, "201") | _form(),
        },
        f"{root}/requests/{{number}}.{{format}}": {
            "get": _open("getOpen311Request", _REQUEST, [number, *common], language)
        },
        "/reports": {"get": _signed("getReports", _QUEUE, [*_queue(language), *shared(("fJson", "lang"))], language)},
        one: {"get": _signed("getReport", _ONE, [number, *shared(("fJson", "lang"))], language)},
        f"{one}/events": {
            "post": _signed("addReportEvent", _EVENT, [number, _seen(language), *shared(("fJson", "lang"))], language)
            | _body()
        },
        f"{one}/photo": {"get": _photo(number, language)},
    }


def _filters(language: str) -> list[Object]:
    moment: Object = {"type": "string", "format": "date-time-or-date"}
    several: Object = {"type": "string", "enum": [*STATUSES, ",".join(STATUSES)]}
    limit: Object = {"type": "integer", "minimum": 1, "maximum": LONGEST_PAGE, "default": PAGE}
    found = {"service_request_id": TEXT, "service_code": TEXT, "start_date": moment, "end_date": moment}
    queries = {**found, "status": several, "limit": limit}
    return [*(_parameter(name, schema, language) for name, schema in queries.items()), *shared(("bbox", "cursor"))]


def _queue(language: str) -> list[Object]:
    limit: Object = {"type": "integer", "minimum": 1, "maximum": LONGEST_QUEUE, "default": QUEUE}
    queries = {"agency": TEXT, "category": TEXT, "state": _one_of(STATES), "order": _one_of(ORDERS), "limit": limit}
    return [*(_parameter(name, schema, language) for name, schema in queries.items()), *shared(("cursor",))]


def _each(names: tuple[str, ...], language: str) -> list[Object]:
    return [_parameter(name, TEXT, language) for name in names]


def _one_of(values: tuple[str, ...] | list[str]) -> Object:
    return {"type": "string", "enum": [*values]}


def _parameter(name: str, schema: Object, language: str, place: str = "query") -> Object:
    return parameter(name, _SAID[name][language], schema, place=place)


def _key(language: str) -> Object:
    return _parameter("Idempotency-Key", {"type": "string", "pattern": f"^{KEY}$"}, language, "header")


def _seen(language: str) -> Object:
    return _parameter("If-Match", {"type": "string"}, language, "header") | {"required": True}


def _form() -> Object:
    texts: Object = {name: {"type": "string", "maxLength": most} for name, most in LONGEST.items()}
    number: Object = {"type": "number"}
    fields: Object = {"service_code": {"type": "string"}, "lat": number, "long": number, **texts}
    schema: Object = {"type": "object", "required": ["service_code", "lat", "long"], "properties": fields}
    media: Object = {**fields, "media": {"type": "string", "format": "binary"}}
    content = {URLENCODED: {"schema": schema}, MULTIPART: {"schema": {**schema, "properties": media}}}
    return {"requestBody": {"required": True, "content": content}}


def _body() -> Object:
    sent = {"anyOf": [as_openapi(schema) for schema in EVENTS.values()]}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": sent}}}}


def _photo(number: Object, language: str) -> Object:
    image: Object = {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}
    answers: Object = {"200": answer(_PHOTO[0][language], image), **refusals(language), "default": problem()}
    told: Object = {"description": _PHOTO[1][language]}
    return operation("getReportPhoto", _PHOTO[0][language], [number], answers, told)


def _open(name: str, said: tuple[Text, Text], parameters: list[Object], language: str, status: str = "200") -> Object:
    wire: Object = {"application/json": {"schema": {}}, "text/xml": {"schema": {"type": "string"}}}
    answers: Object = {status: answer(said[0][language], wire), "default": answer("Open311 errors", wire)}
    return operation(name, said[0][language], parameters, answers, {"description": said[1][language]})


def _signed(name: str, said: tuple[Text, Text], parameters: list[Object], language: str) -> Object:
    answers = {"200": answer(REPORTS[language], ANY_JSON), **refusals(language), "default": problem()}
    told: Object = {"description": said[1][language], "security": SIGNED_IN}
    return operation(name, said[0][language], parameters, answers, told)

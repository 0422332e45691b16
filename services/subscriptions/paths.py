"""Subscriptions in the OpenAPI document."""

from __future__ import annotations

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
from services.subscriptions.routes import LONGEST_PAGE, PAGE, SUBSCRIPTIONS
from services.subscriptions.watching import BODY

_SUBSCRIBE = (
    Text("Đăng ký theo dõi", "Subscribe to changes"),
    Text(
        "Theo dõi một thửa đất, một vùng (các lớp) hoặc một điều kiện CQL2 trên một lớp. Biến động được báo qua Atom, và qua 'callback' "
        "(https, máy chủ phải có trong danh sách của đơn vị vận hành): POST JSON theo thứ tự, ít nhất một lần, ký theo Standard "
        "Webhooks 1.0 bằng 'secret'. 'feed' và 'secret' chỉ hiện một lần. Mỗi lần gửi được xét lại quyền của người đăng ký. Cũng theo "
        "dõi được một bộ quy tắc (rule.pack) hoặc một quy tắc (rule.rule): báo khi văn bản của bộ quy tắc thay đổi, và, với thửa đất "
        "hoặc vùng, khi kết quả đối chiếu (permit-check với 'application') thay đổi. Xét lại sau mỗi lần công bố dữ liệu và mỗi ngày.",
        "Watches a parcel, a polygon (of layers) or a CQL2 filter on a layer. Changes are told as Atom, and to 'callback' (https, a host "
        "that the operator lists): JSON is posted in order, at least once, signed with 'secret' as Standard Webhooks 1.0 says. 'feed' "
        "and 'secret' are told once. The rights of who subscribed are looked at again for each delivery. A rule pack (rule.pack) or one of its "
        "rules (rule.rule) may be watched as well: told is when the text of the pack is another one, and, with a parcel or polygon, "
        "when its findings are (of permit-check with 'application'). Looked at after each publication, and every day.",
    ),
)
_LIST = (SUBSCRIPTIONS, Text("Của người hỏi.", "Those of the caller."))
_ONE = (Text("Một đăng ký theo dõi", "A subscription"), Text("Chỉ người đăng ký xem được.", "For its owner only."))
_DELETE = (
    Text("Thôi theo dõi", "Unsubscribe"),
    Text("Đóng nguồn tin và xoá những gì đã gửi.", "Closes the feed and deletes what was told."),
)
_DELIVERIES = (
    Text("Những lần đã gửi", "What was delivered"),
    Text(
        "Mới trước: thời điểm, hai phiên bản, trạng thái (feed, pending, delivered, withheld), số lần thử.",
        "The newest first: when, both versions, status (feed, pending, delivered, withheld), attempts.",
    ),
)
_TOKEN = (
    Text("Đổi địa chỉ nguồn tin", "Another address of the feed"),
    Text("Địa chỉ cũ không còn mở được.", "The one before opens nothing any more."),
)
_FEED = (
    Text("Nguồn tin Atom", "Atom feed"),
    Text(
        "Mở bằng 'token' trong địa chỉ, hoặc bằng khoá của người đăng ký.",
        "Opened by the 'token' in the address, or by the key of the owner.",
    ),
)


def subscription_paths(language: str) -> Paths:
    """The paths of subscriptions."""
    path = parameter("subscriptionId", _ONE[0][language], {"type": "string", "format": "uuid"}, place="path")
    plain, own = shared(("fJson", "lang")), [path, *shared(("fJson", "lang"))]
    sent: Object = {"requestBody": {"required": True, "content": {"application/json": {"schema": as_openapi(BODY)}}}}
    limit: Object = {"type": "integer", "minimum": 1, "maximum": LONGEST_PAGE, "default": PAGE}
    paging = [
        parameter("limit", _DELIVERIES[0][language], limit),
        parameter("before", _DELIVERIES[1][language], {"type": "integer", "minimum": 1, "maximum": 999_999_999}),
    ]
    one = "/subscriptions/{subscriptionId}"
    return {
        "/subscriptions": {
            "get": _operation("getSubscriptions", _LIST, plain, _found("200", language), language),
            "post": _operation("subscribe", _SUBSCRIBE, plain, _found("201", language), language) | sent,
        },
        one: {
            "get": _operation("getSubscription", _ONE, own, _found("200", language), language),
            "delete": _operation("unsubscribe", _DELETE, own, _gone(language), language),
        },
        f"{one}/deliveries": {
            "get": _operation("getDeliveries", _DELIVERIES, [*own, *paging], _found("200", language), language)
        },
        f"{one}/token": {"post": _operation("renewFeedToken", _TOKEN, own, _found("200", language), language)},
        f"{one}/feed.atom": {"get": _feed(path, language)},
    }


def _feed(path: Object, language: str) -> Object:
    token = parameter("token", _FEED[1][language], TEXT)
    atom: Object = {"application/atom+xml": {"schema": {"type": "string"}}}
    answers = {
        "200": answer(_FEED[0][language], atom, ("ETag",)),
        "304": {"description": "Not Modified"},
        "default": problem(),
    }
    said: Object = {"description": _FEED[1][language]}
    return operation("getSubscriptionFeed", _FEED[0][language], [path, token, *shared(("lang",))], answers, said)


def _found(status: str, language: str) -> Object:
    return {status: answer(_ONE[0][language], ANY_JSON), **refusals(language), "default": problem()}


def _gone(language: str) -> Object:
    return {"204": {"description": _DELETE[0][language]}, **refusals(language), "default": problem()}


def _operation(name: str, said: tuple[Text, Text], parameters: list[Object], answers: Object, language: str) -> Object:
    told: Object = {"description": said[1][language], "security": SIGNED_IN}
    return operation(name, said[0][language], parameters, answers, told)

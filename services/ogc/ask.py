"""One GET request, read once: format, language, parameters, and the addresses that its links start from."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode

from starlette.requests import Request

from gis.errors import InvalidParameter, NotFound
from gis.model.access import Decision
from gis.model.actor import Actor
from gis.model.layer import Layer, Text
from services.auth.identify import actor_of
from services.auth.policy import Action, decide
from services.dependencies import Services, services_of
from services.middleware import is_host
from services.ogc import cursors
from services.ogc.names import unknown
from services.ogc.negotiation import HTML, JSON, Offer, choose, language

PAGES = (JSON, HTML)
_EVERYWHERE = ("f", "lang")
_MAX_QUERY = 8_000
_MAX_PARAMETERS = 60
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CONTROL_BUT_SPACE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")  # filters may be written on several lines


@dataclass(frozen=True, slots=True)
class Ask:
    """What a request asks for. `base` is the public address of the service without a slash at the end."""

    services: Services
    actor: Actor
    base: str
    path: str
    parameters: Mapping[str, str]
    language: str
    offer: Offer
    if_none_match: str | None

    @property
    def html(self) -> bool:
        """A page for people is wanted."""
        return self.offer.name == "html"

    @property
    def url(self) -> str:
        """The address of this very request, parameters in the order given."""
        return self.href(self.path, self.parameters)

    def href(self, path: str, parameters: Mapping[str, str] | None = None) -> str:
        """The absolute address of `path` with these parameters; a cursor is encrypted."""
        if parameters and "cursor" in parameters:
            parameters = {**parameters, "cursor": cursors.closed(parameters["cursor"], self.services.secret)}
        address = self.base + quote(path, safe="/{}:@-._~")
        return f"{address}?{urlencode(parameters, safe=',:/')}" if parameters else address

    def again(self, **changes: str | None) -> str:
        """The address of this request with some parameters changed; None takes one away."""
        merged = {**self.parameters, **changes}
        return self.href(self.path, {name: value for name, value in merged.items() if value is not None})

    def say(self, text: Text) -> str:
        """`text` in the language of the request."""
        return text[self.language]

    def link(self, rel: str, path: str, media_type: str, title: Text | None = None) -> dict[str, object]:
        """A link object. Links to HTML and JSON of the same path are told apart by `f`."""
        parameters = {"f": "html"} if media_type.startswith("text/html") else None
        found: dict[str, object] = {"rel": rel, "type": media_type.split("; charset", maxsplit=1)[0]}
        if title is not None:
            found["title"] = self.say(title)
        found["href"] = self.href(path, parameters)
        return found


def ask(request: Request, offers: tuple[Offer, ...] = PAGES, allowed: Collection[str] = ()) -> Ask:
    """Reads the request. InvalidParameter for a parameter that is unknown, repeated or unreadable."""
    services = services_of(request)
    parameters = read_parameters(request.scope["query_string"], allowed)
    if "cursor" in parameters:
        parameters["cursor"] = cursors.opened(parameters["cursor"], services.secret)
    return Ask(
        services=services,
        actor=actor_of(request),
        base=base_url(request, services),
        path=request.scope["path"],
        parameters=parameters,
        language=language(request),
        offer=choose(offers, parameters.get("f"), request.headers.get("accept", "")),
        if_none_match=request.headers.get("if-none-match"),
    )


def base_url(request: Request, services: Services) -> str:
    """`public_url` of the settings, else scheme and host of the request."""
    if services.settings.public_url:
        return str(services.settings.public_url).rstrip("/")
    host = request.headers.get("host", "")
    if not is_host(host):
        raise InvalidParameter(
            "The Host header is not a host name.", "Tiêu đề Host không phải là tên máy chủ hợp lệ.", where="Host"
        )
    return f"{request.scope['scheme']}://{host}"


def layer_of(request: Request) -> tuple[Layer, Decision]:
    """The layer of the path and what the caller may see of it. NotFound names the layers there are."""
    layers = services_of(request).catalog.layers
    name = request.path_params["layer"]
    layer = layers.get(name)
    if layer is None:
        known = ", ".join(layers)
        raise NotFound(
            f"There is no collection '{name[:60]}'. There are: {known}.",
            f"Không có bộ dữ liệu '{name[:60]}'. Hiện có: {known}.",
            where="collectionId",
        )
    return layer, decide(actor_of(request), Action.READ, layer)


def read_parameters(query: bytes, allowed: Collection[str]) -> dict[str, str]:
    """Query string to parameters, each at most once and each known to the resource."""
    if not query:
        return {}
    found: dict[str, str] = {}
    for name, value in _pairs(query):
        if name not in allowed and name not in _EVERYWHERE:
            raise unknown(name, (*allowed, *_EVERYWHERE))
        if name in found:
            raise InvalidParameter(
                f"{name}: given more than once; give it once.",
                f"{name}: được ghi nhiều lần; chỉ ghi một lần.",
                where=name,
            )
        if (_CONTROL_BUT_SPACE if name == "filter" else _CONTROL).search(value):
            raise InvalidParameter(
                f"{name}: has control characters; remove them.",
                f"{name}: có ký tự điều khiển; hãy bỏ các ký tự này.",
                where=name,
            )
        found[name] = value
    if found.get("lang", "vi") not in ("vi", "en"):
        raise InvalidParameter("lang: choose vi or en.", "lang: hãy chọn vi hoặc en.", where="lang")
    return found


def _pairs(query: bytes) -> list[tuple[str, str]]:
    if len(query) > _MAX_QUERY:
        raise InvalidParameter(
            f"The query string is longer than {_MAX_QUERY} bytes; shorten it.",
            f"Chuỗi tham số dài hơn {_MAX_QUERY} byte; hãy rút ngắn lại.",
        )
    try:
        return parse_qsl(query.decode("ascii"), keep_blank_values=True, max_num_fields=_MAX_PARAMETERS, errors="strict")
    except ValueError as error:
        raise InvalidParameter(
            f"The query string cannot be read: it takes percent-encoded UTF-8 and {_MAX_PARAMETERS} parameters at most.",
            f"Không đọc được chuỗi tham số: chỉ nhận UTF-8 mã hoá phần trăm và tối đa {_MAX_PARAMETERS} tham số.",
        ) from error

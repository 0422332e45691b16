"""A subscription as an Atom feed (RFC 4287): an entry for each delivery, with ids that stay."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from uuid import uuid5
from xml.etree.ElementTree import Element, SubElement, tostring

from gis.model.layer import Layer, Text
from gis.store.subscriptions import Delivery, Subscription
from services.ogc.datetimes import instant_text
from services.ogc.negotiation import HTML, Offer
from services.subscriptions.content import Seen, changes_href
from services.subscriptions.ruling import Ruling, findings_html, headline, rule_href

ATOM = Offer("atom", "application/atom+xml; charset=utf-8", ("application/xml", "text/xml"))

TITLE = Text("Theo dõi biến động", "Changes that are watched")
_KINDS = {"INSERT": Text("mới", "new"), "UPDATE": Text("thay đổi", "changed"), "DELETE": Text("không còn", "gone")}
_MORE = Text("và nhiều thay đổi khác; xem liên kết.", "and more; follow the link.")
_ENDED = Text("Đã dừng theo dõi", "Nothing is watched any more")

_NAMESPACE = "http://www.w3.org/2005/Atom"
_LISTED = 20
_PAGE = HTML.media_type.split(";")[0]
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Told:
    """A delivery with what its owner sees of it now: of a `layer` what was `seen`, of a rule its `ruling`; nothing where it
    tells of the end."""

    delivery: Delivery
    layer: Layer | None = None
    seen: Seen | None = None
    ruling: Ruling | None = None

    @property
    def still_told(self) -> bool:
        """There is something of it to tell."""
        if self.ruling is not None:
            return bool(self.ruling.changed)
        return self.seen is None or self.seen.count > 0

    @property
    def rows(self) -> int:
        """How many changes or findings it tells of."""
        if self.ruling is not None:
            return len(self.ruling.after.findings or ())
        return 0 if self.seen is None else self.seen.count


def feed(one: Subscription, entries: Sequence[Told], address: str) -> bytes:
    """The feed, the newest entry first. `address`: its own."""
    root = Element("feed", {"xmlns": _NAMESPACE, "xml:lang": one.language})
    _add(root, "id", one.id.urn)
    _add(root, "title", f"Landmap: {TITLE[one.language]}")
    _add(root, "updated", _time(max((told.delivery.created for told in entries), default=one.created)))
    SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": address})
    _add(SubElement(root, "author"), "name", "Landmap")
    for told in entries:
        _entry(root, one, told)
    return str(tostring(root, encoding="unicode")).encode()


def _entry(root: Element, one: Subscription, told: Told) -> None:
    entry, delivery = SubElement(root, "entry"), told.delivery
    _add(entry, "id", uuid5(one.id, str(delivery.number)).urn)
    _add(entry, "updated", _time(delivery.created))
    if told.ruling is not None:
        _add(entry, "title", headline(one, told.ruling))
        SubElement(entry, "link", {"rel": "alternate", "type": _PAGE, "href": rule_href(one, f="html")})
        _add(entry, "content", findings_html(one, told.ruling, _LISTED), type="html")
        return
    if told.layer is None or told.seen is None or delivery.span is None:
        _add(entry, "title", _ENDED[one.language])
        _add(entry, "content", "" if one.reason is None else one.reason[one.language], type="text")
        return
    kinds = {kind: ids for kind, ids in told.seen.kinds().items() if ids}
    counts = ", ".join(f"{len(ids)} {_KINDS[kind][one.language]}" for kind, ids in kinds.items())
    _add(entry, "title", f"{told.layer.title[one.language]}: {counts}{'' if told.seen.whole else ' …'}")
    address = changes_href(one, told.layer.id, delivery.span, f="html")
    SubElement(entry, "link", {"rel": "alternate", "type": _PAGE, "href": address})
    _add(entry, "content", _content(one, told.layer, kinds, told.seen), type="html")


def _content(one: Subscription, layer: Layer, kinds: dict[str, list[str]], seen: Seen) -> str:
    rows = [
        f'<li>{escape(_KINDS[kind][one.language])}: <a href="{escape(address)}">{escape(feature)}</a></li>'
        for kind, ids in kinds.items()
        for feature in ids
        for address in (f"{one.base}/collections/{layer.id}/items/{feature}/versions?f=html",)
    ]
    more = "" if seen.whole and len(rows) <= _LISTED else f"<p>{escape(_MORE[one.language])}</p>"
    return f"<ul>{''.join(rows[:_LISTED])}</ul>{more}"


def _add(parent: Element, name: str, text: str, **attributes: str) -> None:
    SubElement(parent, name, attributes).text = _NO_XML.sub("", text)


def _time(at: datetime) -> str:
    return instant_text(at.replace(microsecond=0))

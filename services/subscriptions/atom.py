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
from gis.store.changes import Span
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
class Said:
    """What an entry says of a delivery: its `content` as HTML, or as text where it leads nowhere; `rows`, how many changes or
    findings it tells of."""

    title: str
    content: str
    href: str | None = None
    rows: int = 0


def ended(one: Subscription) -> Said:
    """That nothing is watched any more, and why."""
    return Said(_ENDED[one.language], "" if one.reason is None else one.reason[one.language])


def changes(one: Subscription, layer: Layer, span: Span, seen: Seen) -> Said | None:
    """What changed in a layer; None where the owner sees nothing of it."""
    if not seen.count:
        return None
    kinds = {kind: ids for kind, ids in seen.kinds().items() if ids}
    counts = ", ".join(f"{len(ids)} {_KINDS[kind][one.language]}" for kind, ids in kinds.items())
    title = f"{layer.title[one.language]}: {counts}{'' if seen.whole else ' …'}"
    return Said(title, _content(one, layer, kinds, seen), changes_href(one, layer.id, span, f="html"), seen.count)


def findings(one: Subscription, found: Ruling) -> Said | None:
    """What a rule says since; None where the owner sees no difference."""
    if not found.changed:
        return None
    content = findings_html(one, found, _LISTED)
    return Said(headline(one, found), content, rule_href(one, f="html"), len(found.after.findings or ()))


def feed(one: Subscription, entries: Sequence[tuple[Delivery, Said]], address: str) -> bytes:
    """The feed, the newest entry first. `address`: its own."""
    root = Element("feed", {"xmlns": _NAMESPACE, "xml:lang": one.language})
    _add(root, "id", one.id.urn)
    _add(root, "title", f"Landmap: {TITLE[one.language]}")
    _add(root, "updated", _time(max((delivery.created for delivery, _ in entries), default=one.created)))
    SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": address})
    _add(SubElement(root, "author"), "name", "Landmap")
    for delivery, said in entries:
        _entry(root, one, delivery, said)
    return str(tostring(root, encoding="unicode")).encode()


def _entry(root: Element, one: Subscription, delivery: Delivery, said: Said) -> None:
    entry = SubElement(root, "entry")
    _add(entry, "id", uuid5(one.id, str(delivery.number)).urn)
    _add(entry, "updated", _time(delivery.created))
    _add(entry, "title", said.title)
    if said.href is not None:
        SubElement(entry, "link", {"rel": "alternate", "type": _PAGE, "href": said.href})
    _add(entry, "content", said.content, type="text" if said.href is None else "html")


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

"""What of the features an answer tells, in which order, and by which words they are found: text in, checked values out.

`properties` and `skipGeometry` (Features Part 6), `sortby` (Part 8), `q` (Part 9), and `names` for Vietnamese names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from unicodedata import category, normalize
from urllib.parse import parse_qsl

from starlette.requests import Request

from gis.errors import InvalidParameter, QueryTimeout
from gis.model.access import Decision
from gis.model.filter import GEOMETRY, ID, VALID_FROM, VALID_TO
from gis.model.layer import Field, FieldType, Layer, Role
from gis.model.names import TIMES, name_of
from gis.model.query import EVERYTHING_SHOWN, ItemQuery, Phrase, Shown, SortKey
from services.ogc.names import meant

SELECTING = ("properties", "skipGeometry", "names")
"""What every answer with features takes."""

FINDING = ("q", "sortby")
"""What answers with many of them take besides."""

MAX_KEYS, MAX_TERMS, MAX_WORDS, MAX_TERM = 8, 10, 12, 200

_KEY = re.compile(r"([+\- ]?)([^+\-\s].*)")  # a plus that was sent bare has become a space
_SEPARATORS = re.compile(r"""[\s!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~\u2013\u2014\u2018\u2019\u201c\u201d\x1f]+""")


@dataclass(frozen=True, slots=True)
class Names:
    """How a request calls the properties that its caller may see: `own` by the name in the request, `told` the other way.

    Whoever wants Vietnamese names may ask by either.
    """

    own: Mapping[str, str]
    told: Mapping[str, str]
    vietnamese: bool


@lru_cache(maxsize=256)
def names(layer: Layer, decision: Decision, vietnamese: bool) -> Names:
    """The properties of the layer that the caller may see and ask about: its fields, and times."""
    own = (*decision.columns, *TIMES)
    told = {name: name_of(layer, name, vietnamese=vietnamese) for name in own}
    either = {name: name for name in own} | {said: name for name, said in told.items()}
    return Names(MappingProxyType(either), MappingProxyType(told), vietnamese)


def called(request: Request, layer: Layer, decision: Decision) -> Names:
    """By which names the request calls the properties: read before its parameters, some of which have such names."""
    query = request.scope["query_string"]
    if b"names" not in query:
        return names(layer, decision, False)
    given = [value for name, value in parse_qsl(query.decode("ascii", "replace")) if name == "names"]
    return names(layer, decision, given == ["vi"])


def check_names(parameters: Mapping[str, str]) -> None:
    """InvalidParameter where `names` is neither vi nor en."""
    if parameters.get("names") not in (None, "vi", "en"):
        raise _choose("names", parameters["names"], "vi", "en")


def shown(parameters: Mapping[str, str], by: Names) -> Shown:
    """What `properties`, `skipGeometry` and `names` ask to be told of a feature.

    A list of properties is all that is told: the geometry too only where it is in it, or where `skipGeometry=false`.
    """
    text, skip = parameters.get("properties"), parameters.get("skipGeometry")
    check_names(parameters)
    if skip not in (None, "true", "false"):
        raise _choose("skipGeometry", skip, "true", "false")
    if text is None and skip is None and not by.vietnamese:
        return EVERYTHING_SHOWN
    if text is None:
        return Shown(None, skip != "true", by.vietnamese)
    listed = text.split(",")
    known = {**by.own, GEOMETRY: GEOMETRY, ID: ID}
    wanted = [_known("properties", name, known) for name in dict.fromkeys(listed)]
    geometry = skip == "false" if skip is not None else GEOMETRY in wanted
    return Shown(tuple(name for name in wanted if name not in (GEOMETRY, ID)), geometry, by.vietnamese)


def sortables(layer: Layer, decision: Decision) -> tuple[str, ...]:
    """What the caller may sort by: single values that it may see, and from when and until when a feature holds."""
    fields = [name for name in decision.columns if layer.field(name).type is not FieldType.TEXT_LIST]
    return (*fields, VALID_FROM, VALID_TO)


def sort_keys(parameters: Mapping[str, str], layer: Layer, decision: Decision, by: Names) -> tuple[SortKey, ...]:
    """The keys of `sortby`: `+a,-b`."""
    text = parameters.get("sortby")
    if text is None:
        return ()
    listed = [_KEY.fullmatch(part) for part in text.split(",")]
    if len(listed) > MAX_KEYS:
        raise _too_many("sortby", MAX_KEYS, "properties", "trường")
    allowed = sortables(layer, decision)
    known = {said: own for said, own in by.own.items() if own in allowed}
    keys = [SortKey(_known("sortby", key[2], known), key[1] == "-") for key in listed if key is not None]
    if len(keys) < len(listed):
        raise InvalidParameter(
            f"sortby: '{text[:60]}' is not names with one + or - before them, parted by commas.",
            f"sortby: '{text[:60]}' không phải là tên các trường, mỗi tên có thể có một dấu + hoặc - ở trước, cách nhau bằng dấu phẩy.",
            where="sortby",
        )
    if len({key.name for key in keys}) < len(keys):
        raise InvalidParameter(
            "sortby: a property stands there twice; keep one.",
            "sortby: có trường ghi hai lần; hãy giữ một.",
            where="sortby",
        )
    return tuple(keys)


def terms(parameters: Mapping[str, str], layer: Layer) -> tuple[tuple[Phrase, ...], ...]:
    """The terms of `q`, one of which has to be found: the words of a term follow each other in one property (Part 9)."""
    text = parameters.get("q")
    if text is None:
        return ()
    if not layer.searchable:
        raise InvalidParameter(
            f"q: '{layer.id}' has no text to search in.",
            f"q: bộ dữ liệu '{layer.id}' không có trường văn bản để tìm.",
            where="q",
        )
    return tuple((Phrase(" ".join(words)),) for words in parts(text))


def every_word(text: str) -> tuple[tuple[Phrase, ...], ...]:
    """The alternatives of a text that people type: all words of one are found, anywhere; the last may be unfinished."""
    return tuple(
        tuple(Phrase(word, whole=place < len(words) - 1) for place, word in enumerate(words)) for words in parts(text)
    )


def parts(text: str) -> list[list[str]]:
    """The words of each term between commas. InvalidParameter where there is none, or more than can be searched for."""
    if len(text) > MAX_TERM:
        raise InvalidParameter(
            f"q: longer than {MAX_TERM} characters; search for fewer words.",
            f"q: dài hơn {MAX_TERM} ký tự; hãy tìm ít từ hơn.",
            where="q",
        )
    found = [[word for word in _SEPARATORS.split(normalize("NFC", part)) if _is_word(word)] for part in text.split(",")]
    found = [words for words in found if words]
    if not found:
        raise InvalidParameter(
            "q: there is no word in it; write what to search for.",
            "q: không có từ nào; hãy ghi nội dung cần tìm.",
            where="q",
        )
    if len(found) > MAX_TERMS:
        raise _too_many("q", MAX_TERMS, "terms", "cụm từ")
    if sum(map(len, found)) > MAX_WORDS:
        raise _too_many("q", MAX_WORDS, "words", "từ")
    return found


def _is_word(text: str) -> bool:
    """It has a letter, a digit or a sign; marks alone are nothing once they are folded away."""
    return any(not category(letter).startswith(("M", "Z", "C")) for letter in text)


def told_fields(layer: Layer, decision: Decision, query: ItemQuery) -> tuple[Field, ...]:
    """The fields that a page for people shows: those asked for, else all that the caller may see."""
    wanted = decision.columns if query.shown.properties is None else query.shown.properties
    return tuple(layer.field(name) for name in wanted if name in layer)


@contextmanager
def sorted_in_time(layer: Layer, query: ItemQuery) -> Iterator[None]:
    """A sorted question that has taken longer than it may is told what to narrow."""
    try:
        yield
    except QueryTimeout as error:
        if not query.sort:
            raise
        raise _too_much_to_sort(layer) from error


def _too_much_to_sort(layer: Layer) -> InvalidParameter:
    label = layer.with_role(Role.LABEL)
    en = f", or sort by '{label.name}', which is kept in order" if label else ""
    vi = f", hoặc sắp xếp theo '{label.name}' (luôn có sẵn thứ tự)" if label else ""
    return InvalidParameter(
        f"sortby: too many features to sort in time; narrow the question by bbox, filter or q{en}.",
        f"sortby: có quá nhiều đối tượng để sắp xếp kịp thời; hãy thu hẹp câu hỏi bằng bbox, filter hoặc q{vi}.",
        where="sortby",
    )


def _known(parameter: str, name: str, known: Mapping[str, str]) -> str:
    """The property of that name. The error says the same whether one is hidden or does not exist."""
    if name in known:
        return known[name]
    said, (en, vi) = name[:60], meant(name, sorted(known))
    raise InvalidParameter(
        f"{parameter}: there is no property '{said}' here; {en}",
        f"{parameter}: không có trường '{said}' ở đây; {vi}",
        where=parameter,
    )


def _choose(parameter: str, text: str, one: str, other: str) -> InvalidParameter:
    return InvalidParameter(
        f"{parameter}: '{text[:40]}' is not known here; choose {one} or {other}.",
        f"{parameter}: không biết '{text[:40]}'; hãy chọn {one} hoặc {other}.",
        where=parameter,
    )


def _too_many(parameter: str, most: int, en: str, vi: str) -> InvalidParameter:
    return InvalidParameter(
        f"{parameter}: more than {most} {en}; give fewer.",
        f"{parameter}: nhiều hơn {most} {vi}; hãy bớt đi.",
        where=parameter,
    )

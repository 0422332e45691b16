"""How large a filter may be, so that none costs more than a question without it, and the errors that tell where it is wrong."""

from __future__ import annotations

import re

from gis.errors import InvalidParameter
from gis.model.filter import Geometry, Items, Node, Value, children
from gis.model.layer import Text

MAX_LENGTH = 50_000
MAX_DEPTH = 64
MAX_NODES = 1_000
MAX_ITEMS = 1_000
MAX_VERTICES = 5_000
MAX_TEXT = 500
MAX_PATTERN, MAX_WILDCARDS = 200, 8

_SHOWN = 60
_QUOTED_OR_BRACKET = re.compile(r"""'(?:[^'\\]|\\.|'')*+'?|"(?:[^"\\]|\\.)*+"?|[(\[{]|[)\]}]""", re.DOTALL)


def mistake(en: str, vi: str, place: Text | None = None) -> InvalidParameter:
    """The error for a filter; the sentences begin with the parameter and the place in it."""
    if place is None:
        return InvalidParameter(f"filter: {en}", f"filter: {vi}", where="filter")
    return InvalidParameter(f"filter, {place.en}: {en}", f"filter, {place.vi}: {vi}", where="filter")


def shown(text: str) -> str:
    """As much of `text` as an error quotes."""
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def check_text(text: str) -> None:
    """Refuses a filter that is too long or too deep, by one pass over its characters, before anything reads it."""
    if len(text) > MAX_LENGTH:
        raise too_large(f"longer than {MAX_LENGTH:,} characters", f"dài hơn {MAX_LENGTH:,} ký tự")
    if "\x00" in text or not _encodes(text):
        raise mistake("it has a character that no text can have; remove it.", "có ký tự không hợp lệ; hãy bỏ ký tự đó.")
    depth = 0
    most = 3 * MAX_DEPTH  # in JSON an operation is an object with a list, and coordinates are lists of lists
    for match in _QUOTED_OR_BRACKET.finditer(text):
        mark = match[0]
        if mark in "([{":
            depth += 1
        elif mark in ")]}":
            depth -= 1
        if depth > most:
            raise too_deep()


def check_tree(tree: Node) -> None:
    """Refuses a tree that is too deep or has too many parts; without recursion."""
    count, vertices = 0, 0
    left: list[tuple[Node, int]] = [(tree, 1)]
    while left:
        node, depth = left.pop()
        count += 1
        if isinstance(node, Items):
            check_items(len(node.items))
            count -= sum(isinstance(item, Value) for item in node.items)  # bound as one list
        if depth > MAX_DEPTH:
            raise too_deep()
        if isinstance(node, Geometry):
            vertices += _vertices(node)
        if isinstance(node, Value) and isinstance(node.value, str) and len(node.value) > MAX_TEXT:
            raise too_large(f"a text of more than {MAX_TEXT} characters", f"có chuỗi dài hơn {MAX_TEXT} ký tự")
        left.extend((child, depth + 1) for child in children(node))
    if count > MAX_NODES:
        raise too_large(f"more than {MAX_NODES:,} parts", f"có hơn {MAX_NODES:,} thành phần")
    if vertices > MAX_VERTICES:
        raise too_large(f"geometries of more than {MAX_VERTICES:,} vertices", f"hình có hơn {MAX_VERTICES:,} đỉnh")


def check_items(count: int) -> None:
    """Refuses a list that is too long."""
    if count > MAX_ITEMS:
        raise too_large(f"a list of more than {MAX_ITEMS:,} values", f"danh sách có hơn {MAX_ITEMS:,} giá trị")


def too_deep() -> InvalidParameter:
    """More nested than MAX_DEPTH."""
    return mistake(
        f"nested more than {MAX_DEPTH} deep; take needless parentheses away, or use IN instead of many ORs.",
        f"lồng nhau quá {MAX_DEPTH} lớp; hãy bỏ các dấu ngoặc thừa, hoặc dùng IN thay cho nhiều OR.",
    )


def too_large(en: str, vi: str) -> InvalidParameter:
    """Something in it is larger than is allowed."""
    return mistake(f"{en}; ask in several smaller questions.", f"{vi}; hãy chia thành nhiều câu hỏi nhỏ hơn.")


def _vertices(geometry: Geometry) -> int:
    """Positions of a geometry, whose nesting is bounded by its type."""
    if geometry.type == "BBox":
        return 2
    count = 0
    left: list[object] = [geometry.coordinates]
    while left:
        part = left.pop()
        if isinstance(part, Geometry):
            left.append(part.coordinates)
        elif isinstance(part, tuple):
            if part and isinstance(part[0], int | float):
                count += 1
            else:
                left.extend(part)
    return count


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True

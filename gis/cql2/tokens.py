"""CQL2 text as tokens, by one pass of one expression that never turns back."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gis.cql2.limits import mistake, shown
from gis.errors import InvalidParameter
from gis.model.layer import Text

_SPACE = "\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_TOKEN = re.compile(
    rf"""[{_SPACE}]*+(?:
      (?P<number>(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?)
    | (?P<text>'(?:[^'\\]|''|\\'|\\(?!'))*+')
    | (?P<quoted>"[^"]++")
    | (?P<name>(?:[^\W\d]|:)[\w.:\u0300-\u036f\u203f\u2040]*+)
    | (?P<mark><>|<=|>=|[=<>+\-*/%^(),])
    | (?P<end>\Z)
    )""",
    re.VERBOSE,
)
_DIGITS = 60


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is number, text, name, quoted (a name in double quotes), mark or end; `at` its first character, from 1."""

    kind: str
    text: str
    at: int

    @property
    def word(self) -> str:
        """In small letters, if it may be a keyword."""
        return self.text.lower() if self.kind in ("name", "mark") else ""

    @property
    def place(self) -> Text:
        """Where it stands, for errors."""
        return place_of(self.at)


def place_of(at: int) -> Text:
    """The place of a character, counted from 1."""
    return Text(f"ký tự {at}", f"character {at}")


def tokens(text: str) -> list[Token]:
    """All tokens, the last of which is `end`. InvalidParameter names the character that begins none."""
    found: list[Token] = []
    position = 0
    while not found or found[-1].kind != "end":
        match = _TOKEN.match(text, position)
        if match is None:
            raise _unreadable(text, position)
        kind = str(match.lastgroup)
        token = Token(kind, _plain(kind, match[kind]), match.start(kind) + 1)
        if kind == "number" and len(token.text) > _DIGITS:
            raise mistake("the number has too many digits.", "số có quá nhiều chữ số.", token.place)
        found.append(token)
        position = match.end()
    return found


def _plain(kind: str, written: str) -> str:
    if kind == "text":
        return re.sub(r"''|\\'", "'", written[1:-1])
    return written[1:-1] if kind == "quoted" else written


def _unreadable(text: str, position: int) -> InvalidParameter:
    at = position + len(text[position:]) - len(text[position:].lstrip())
    rest = text[at:]
    if rest[:1] in ("'", '"'):
        mark = rest[:1]
        return mistake(
            f"what begins with {mark} has no closing {mark}; add it. Inside a text, '' stands for a quote.",
            f"phần bắt đầu bằng {mark} thiếu dấu {mark} đóng; hãy thêm vào. Trong chuỗi, ghi '' cho dấu nháy.",
            place_of(at + 1),
        )
    return mistake(
        f"'{shown(rest)}' cannot be read; texts stand in single quotes, names in double quotes.",
        f"không đọc được '{shown(rest)}'; chuỗi đặt trong nháy đơn, tên trường trong nháy kép.",
        place_of(at + 1),
    )

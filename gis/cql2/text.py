"""CQL2 text to the tree, by precedence climbing over its tokens."""

from __future__ import annotations

from types import MappingProxyType

from gis.cql2.limits import MAX_DEPTH, check_items, check_text, check_tree, mistake, shown, too_deep
from gis.cql2.literals import (
    DEPTHS,
    box,
    date_value,
    geometry,
    interval,
    interval_end,
    number_value,
    text_value,
    timestamp_value,
)
from gis.cql2.tokens import Token, tokens
from gis.errors import InvalidParameter
from gis.model.filter import (
    ACCENTI,
    ARRAY,
    BETWEEN,
    CASEI,
    COMPARISONS,
    FUNCTIONS,
    IN,
    IS_NULL,
    LIKE,
    NOT,
    SPATIAL,
    TEMPORAL,
    Call,
    Geometry,
    Interval,
    Items,
    Node,
    Property,
    Value,
)
from gis.model.layer import Text

_OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _POWER = range(1, 8)
_LEVELS = MappingProxyType(
    {"or": _OR, "and": _AND}
    | dict.fromkeys((*COMPARISONS, LIKE, BETWEEN, IN, "is", "not"), _COMPARE)
    | {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "%": _PRODUCT, "div": _PRODUCT, "^": _POWER}
)
_CALLS = MappingProxyType({name.lower(): name for name in (*SPATIAL, *TEMPORAL, *ARRAY, CASEI, ACCENTI, *FUNCTIONS)})
_GEOMETRIES = MappingProxyType({name.lower(): name for name in DEPTHS})
_TIMES = MappingProxyType({"date": date_value, "timestamp": timestamp_value})
_WORDS = frozenset(("and", "or", "not", "like", "between", "in", "is", "div", "true", "false", "null"))


def parse_text(text: str) -> Node:
    """The tree of a filter in CQL2 text. InvalidParameter says what is wrong, and at which character."""
    check_text(text)
    reader = _Reader(tokens(text))
    tree = reader.expression(_OR)
    if reader.token.kind != "end":
        raise reader.unexpected("AND, OR, an operator or the end", "AND, OR, một phép toán hoặc kết thúc")
    check_tree(tree)
    return tree


class _Reader:
    """Tokens and how far they are read."""

    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._next = 0
        self._depth = 0

    @property
    def token(self) -> Token:
        """The token that is read next."""
        return self._tokens[self._next]

    def expression(self, level: int) -> Node:
        """An expression of operators that bind as strongly as `level`, or more."""
        self._depth += 1
        if self._depth > 3 * MAX_DEPTH:
            raise too_deep()
        left = self._negated() if self.token.word == "not" else self._operand()
        while _LEVELS.get(self.token.word, 0) >= level:
            left = self._operation(left)
        self._depth -= 1
        return left

    def unexpected(self, en: str, vi: str) -> InvalidParameter:
        """The error where something else had to stand."""
        token = self.token
        if token.kind == "end":
            return mistake(
                f"the filter ends where {en} is missing.", f"bộ lọc kết thúc khi còn thiếu {vi}.", token.place
            )
        found = shown(token.text)
        return mistake(f"'{found}' stands where {en} is needed.", f"có '{found}' ở chỗ cần {vi}.", token.place)

    def _take(self) -> Token:
        token = self.token
        self._next += 1
        return token

    def _takes(self, word: str) -> bool:
        if self.token.word != word:
            return False
        self._next += 1
        return True

    def _need(self, word: str) -> None:
        if not self._takes(word):
            raise self.unexpected(f"'{word.upper()}'", f"'{word.upper()}'")

    def _peek(self) -> Token:
        return self._tokens[min(self._next + 1, len(self._tokens) - 1)]

    def _negated(self) -> Node:
        self._take()
        return Call(NOT, (self.expression(_COMPARE),))

    def _operation(self, left: Node) -> Node:
        token = self._take()
        word = token.word
        level = _LEVELS[word]
        if level <= _AND:
            return self._joined(word, left, level)
        if level > _COMPARE:
            right = self.expression(level + 1)
            return Call(word, (left, right))
        if word == "is":
            negated = self._takes("not")
            self._need("null")
            return _negate(Call(IS_NULL, (left,)), negated)
        negated = word == "not"
        if negated:
            word = self._take().word
        if word == LIKE:
            return _negate(Call(LIKE, (left, self.expression(_SUM))), negated)
        if word == IN:
            return _negate(Call(IN, (left, Items(self._arguments()))), negated)
        if word == BETWEEN:
            low = self.expression(_SUM)
            self._need("and")
            return _negate(Call(BETWEEN, (left, low, self.expression(_SUM))), negated)
        if negated:
            self._next -= 1
            raise self.unexpected("LIKE, BETWEEN or IN after NOT", "LIKE, BETWEEN hoặc IN sau NOT")
        return Call(word, (left, self.expression(_SUM)))

    def _joined(self, word: str, left: Node, level: int) -> Node:
        """All conditions that the same word joins."""
        parts = [left, self.expression(level + 1)]
        while self._takes(word):
            parts.append(self.expression(level + 1))
        return Call(word, tuple(parts))

    def _operand(self) -> Node:
        token = self.token
        if token.kind == "number":
            self._take()
            return number_value(token.text, token.place)
        if token.kind == "text":
            self._take()
            return text_value(token.text, token.place)
        if token.kind == "quoted":
            self._take()
            return Property(token.text)
        if token.kind == "name" and token.word not in _WORDS:
            return self._named()
        if token.word in ("true", "false"):
            self._take()
            return Value(token.word == "true")
        if token.word in ("-", "+"):
            return self._signed()
        if token.word == "(":
            return self._parenthesised()
        raise self.unexpected("a field, a value or '('", "một trường, một giá trị hoặc '('")

    def _signed(self) -> Node:
        """A minus before a number is part of it; before anything else it is a product with -1."""
        minus = self._take().word == "-"
        if self.token.kind == "number":
            value = number_value(self.token.text, self._take().place).value
            return Value(-value if minus else value)  # type: ignore[operator]
        if not minus or self.token.word in ("-", "+"):
            raise self.unexpected("a number", "một số")
        return Call("*", (Value(-1), self._operand()))

    def _parenthesised(self) -> Node:
        """An expression in parentheses, or a list."""
        if self._peek().word == ")":
            return Items(self._arguments())
        self._take()
        first = self.expression(_OR)
        if self.token.word != ",":
            self._need(")")
            return first
        items = [first]
        while self._takes(","):
            items.append(self.expression(_OR))
        self._need(")")
        return Items(tuple(items))

    def _arguments(self, *, lists: bool = False) -> tuple[Node, ...]:
        """What stands in parentheses; where `lists` are expected, one value in parentheses is a list too."""
        self._need("(")
        if self._takes(")"):
            return ()
        found = [self._argument(lists=lists)]
        while self._takes(","):
            found.append(self._argument(lists=lists))
            check_items(len(found))
        self._need(")")
        return tuple(found)

    def _argument(self, *, lists: bool) -> Node:
        return Items(self._arguments()) if lists and self.token.word == "(" else self.expression(_OR)

    def _named(self) -> Node:
        """A field, or a function or constant that a name begins."""
        token = self._take()
        word = token.word
        if word in _GEOMETRIES and self.token.word == "z" and self._peek().word == "(":
            self._take()
        if self.token.word != "(":
            return Property(token.text)
        if word in _GEOMETRIES:
            return self._geometry(_GEOMETRIES[word], token)
        if word == "geometrycollection":
            return self._collection()
        if word == "bbox":
            return box(self._numbers(), token.place)
        if word in _TIMES:
            return _TIMES[word](*self._quoted())
        if word == "interval":
            return self._interval(token)
        name = _CALLS.get(word, token.text)
        return Call(name, self._arguments(lists=name in ARRAY))

    def _quoted(self) -> tuple[str, Text]:
        self._need("(")
        token = self.token
        if token.kind != "text":
            raise self.unexpected("a time in quotes", "thời gian đặt trong nháy đơn")
        self._take()
        self._need(")")
        return token.text, token.place

    def _interval(self, token: Token) -> Interval:
        self._need("(")
        start = self._interval_end()
        self._need(",")
        end = self._interval_end()
        self._need(")")
        return interval(start, end, token.place)

    def _interval_end(self) -> Node | None:
        token = self.token
        if token.kind == "text":
            self._take()
            return interval_end(token.text, token.place)
        return self.expression(_SUM)

    def _geometry(self, kind: str, token: Token) -> Geometry:
        if kind == "Point":
            self._need("(")
            coordinates: object = self._position()
            self._need(")")
        else:
            coordinates = self._positions(DEPTHS[kind], bare_points=kind == "MultiPoint")
        return geometry(kind, coordinates, token.place)

    def _collection(self) -> Geometry:
        self._need("(")
        parts = [self._part()]
        while self._takes(","):
            parts.append(self._part())
        self._need(")")
        return Geometry("GeometryCollection", tuple(parts))

    def _part(self) -> Geometry:
        if self.token.word not in _GEOMETRIES:
            raise self.unexpected("POINT, LINESTRING, POLYGON or MULTI…", "POINT, LINESTRING, POLYGON hoặc MULTI…")
        found = self._named()
        if not isinstance(found, Geometry):
            raise self.unexpected("'('", "'('")
        return found

    def _positions(self, depth: int, *, bare_points: bool = False) -> list[object]:
        """A list of positions, or of lists of them; the points of MULTIPOINT may stand in parentheses of their own."""
        self._need("(")
        found: list[object] = []
        while not found or self._takes(","):
            if depth > 1:
                found.append(self._positions(depth - 1))
            elif bare_points and self._takes("("):
                found.append(self._position())
                self._need(")")
            else:
                found.append(self._position())
        self._need(")")
        return found

    def _position(self) -> list[float]:
        found = [self._number()]
        while self.token.kind == "number" or self.token.word in ("-", "+"):
            found.append(self._number())
        return found

    def _numbers(self) -> list[object]:
        self._need("(")
        found: list[object] = [self._number()]
        while self._takes(","):
            found.append(self._number())
        self._need(")")
        return found

    def _number(self) -> float:
        minus = self._takes("-")
        if not minus:
            self._takes("+")
        if self.token.kind != "number":
            raise self.unexpected("a number", "một số")
        number = float(self._take().text)
        return -number if minus else number


def _negate(node: Node, negated: bool) -> Node:
    return Call(NOT, (node,)) if negated else node

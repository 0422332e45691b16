from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.cql2.json import parse_json
from gis.cql2.text import parse_text
from gis.cql2.write import write_json, write_text
from gis.errors import InvalidParameter
from gis.model.filter import Call, Geometry, Interval, Items, Node, Property, Value
from tests.conftest import SHARED
from tests.gis.cql2.trees import conditions

EXAMPLES = SHARED / "data/ogc/cql2/standard/schema/examples"


@settings(max_examples=200, deadline=None)
@given(conditions())
def test_a_tree_written_as_text_or_json_is_read_as_the_same_tree(tree: Node) -> None:
    text, json = write_text(tree), orjson.dumps(write_json(tree)).decode()
    # repr, because Value(1), Value(1.0) and Value(True) are equal
    assert repr(parse_text(text)) == repr(tree)
    assert repr(parse_json(json)) == repr(tree)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_its_place(text: str) -> None:
    for parse in (parse_text, parse_json):
        refusal = _refusal(parse, text)
        assert refusal is None or (refusal.where == "filter" and refusal.vi != refusal.en)


def _refusal(parse: Callable[[str], Node], text: str) -> InvalidParameter | None:
    try:
        parse(text)
    except InvalidParameter as error:
        return error
    return None


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="()[]{},'\"\\ =<>+-*/^%.:0159aEeNOTANDORINLIKE\n", max_size=80))
def test_crowded_texts_are_read_or_refused(text: str) -> None:
    for parse in (parse_text, parse_json):
        try:
            found = parse(text)
        except InvalidParameter:
            continue
        assert repr(parse_text(write_text(found))) == repr(found)


@pytest.mark.skipif(not EXAMPLES.is_dir(), reason="needs the CQL2 examples in ../shared")
def test_every_example_of_the_standard_is_read_alike_from_text_and_from_json() -> None:
    texts = {file.stem: parse_text(file.read_text(encoding="utf-8")) for file in EXAMPLES.glob("text/*.txt")}
    jsons = {file.stem: parse_json(file.read_text(encoding="utf-8")) for file in EXAMPLES.glob("json/*.json")}
    assert len(texts) + len(jsons) == 229
    assert {name for name, tree in jsons.items() if repr(texts[name]) != repr(tree)} <= WRITTEN_DIFFERENTLY
    for tree in (*texts.values(), *jsons.values()):
        assert (
            repr(parse_text(write_text(tree)))
            == repr(parse_json(orjson.dumps(write_json(tree)).decode()))
            == repr(tree)
        )


WRITTEN_DIFFERENTLY: set[str] = set()
"""Examples whose text and JSON are not the same filter."""


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a = 1", Call("=", (Property("a"), Value(1)))),
        ("NOT a = 1", Call("not", (Call("=", (Property("a"), Value(1))),))),
        ("a NOT IN ('x')", Call("not", (Call("in", (Property("a"), Items((Value("x"),)))),))),
        ("a IS NOT NULL", Call("not", (Call("isNull", (Property("a"),)),))),
        ("a = 1 OR b = 2 AND c = 3", Call("or", (_ := Call("=", (Property("a"), Value(1))), Call("and", (Call("=", (Property("b"), Value(2))), Call("=", (Property("c"), Value(3)))))))),
        ("a = 1 + 2 * 3 ^ 2", Call("=", (Property("a"), Call("+", (Value(1), Call("*", (Value(2), Call("^", (Value(3), Value(2)))))))))),
        ("a = 5 - 2 - 1", Call("=", (Property("a"), Call("-", (Call("-", (Value(5), Value(2))), Value(1)))))),
        ("a = -b", Call("=", (Property("a"), Call("*", (Value(-1), Property("b")))))),
        ("a = 'it''s' ", Call("=", (Property("a"), Value("it's")))),
        (r"a = 'it\'s' ", Call("=", (Property("a"), Value("it's")))),
        ('"a b" = 1', Call("=", (Property("a b"), Value(1)))),
        ("casei(a) LIKE casei('X%')", Call("like", (Call("casei", (Property("a"),)), Call("casei", (Value("X%"),))))),
        ("(a > 1) IS NULL", Call("isNull", (Call(">", (Property("a"), Value(1))),))),
        ("t_finishedby(INTERVAL('..', b), DATE('2024-02-29'))", Call("t_finishedBy", (Interval(None, Property("b")), Value(date(2024, 2, 29))))),
        ("a = TIMESTAMP('2023-04-19T12:34:56.5+07:00')", Call("=", (Property("a"), Value(datetime(2023, 4, 19, 5, 34, 56, 500000, UTC))))),
        ("S_EQUALS(g, MULTIPOINT(1 2, 3 4))", Call("s_equals", (Property("g"), Geometry("MultiPoint", ((1.0, 2.0), (3.0, 4.0)))))),
    ],
)  # fmt: skip
def test_text_is_read_as_the_grammar_says(text: str, tree: Node) -> None:
    assert repr(parse_text(text)) == repr(tree)


def test_a_text_in_parts_and_one_in_whole_letters_are_one() -> None:
    assert (
        parse_text("a = 'Hòa'")
        == parse_text("a = 'Hòa'")
        == parse_json('{"op":"=","args":[{"property":"a"},"Ho\\u0300a"]}')
    )

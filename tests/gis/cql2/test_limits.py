from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest

from gis.cql2.json import parse_json
from gis.cql2.limits import MAX_ITEMS, MAX_LENGTH, MAX_VERTICES
from gis.cql2.text import parse_text
from gis.errors import InvalidParameter
from gis.model.filter import Node

HOSTILE: dict[str, tuple[Callable[[str], Node], str]] = {
    "2,000 parentheses": (parse_text, "(" * 2_000 + "a = 1" + ")" * 2_000),
    "2,000 parentheses that stay open": (parse_text, "(" * 2_000),
    "20,000 NOTs": (parse_text, "NOT " * 10_000 + "a = 1"),
    "5,000 minus signs": (parse_text, "a = " + "- " * 5_000 + "1"),
    "nested functions": (parse_text, "CASEI(" * 500 + "a" + ")" * 500 + " = 'x'"),
    "a sum of 5,000": (parse_text, "a = 1" + " + 1" * 5_000),
    "10,000 values": (parse_text, "a IN (" + ",".join(["1"] * 10_000) + ")"),
    "10,000 values in a list": (parse_text, "A_CONTAINS(a, (" + ",".join(["'x'"] * 10_000) + "))"),
    "a million vertices": (parse_text, "S_INTERSECTS(g, LINESTRING(" + ",".join(["1 2"] * 1_000_000) + "))"),
    "vertices over the limit": (
        parse_text,
        "S_INTERSECTS(g, LINESTRING(" + ",".join(["1 2"] * (MAX_VERTICES + 1)) + "))",
    ),
    "an endless text": (parse_text, "a = '" + "x" * MAX_LENGTH),
    "quotes that stay open": (parse_text, "a = " + "''" * 10_001 + "'"),
    "backslashes": (parse_text, "a = '" + "\\'" * 10_000),
    "a number of 10,000 digits": (parse_text, "a = " + "9" * 10_000),
    "1,600 nested and": (parse_json, '{"op":"and","args":[true,' * 1_600 + "true" + "]}" * 1_600),
    "lists in lists": (parse_json, "[" * 2_000 + "]" * 2_000),
    "10,000 values in JSON": (parse_json, '{"op":"in","args":[{"property":"a"},[' + ",".join(["1"] * 10_000) + "]]}"),
    "many small conditions": (
        parse_json,
        '{"op":"or","args":[' + ",".join(['{"op":"isNull","args":[1]}'] * 1_500) + "]}",
    ),
    "a million vertices in JSON": (
        parse_json,
        '{"op":"s_equals","args":[{"property":"g"},{"type":"LineString","coordinates":['
        + ",".join(["[1,2]"] * 1_000_000)
        + "]}]}",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_too_large_is_refused_with_little_memory(name: str) -> None:
    parse, text = HOSTILE[name]
    tracemalloc.start()
    with pytest.raises(InvalidParameter) as refused:
        parse(text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.value.where == "filter"
    assert peak < 16_000_000


def test_what_is_large_and_allowed_is_read() -> None:
    parse_text("a IN (" + ",".join(["1"] * MAX_ITEMS) + ")")
    parse_text("S_INTERSECTS(g, LINESTRING(" + ",".join(["1 2"] * MAX_VERTICES) + "))")
    parse_text("(" * 60 + "a = 1" + ")" * 60)
    parse_text(" OR ".join(["a = 1"] * 300))


@pytest.mark.parametrize(
    ("parse", "text", "place", "advice"),
    [
        (parse_text, "a = ", "character 5", "missing"),
        (parse_text, "a = 'x", "character 5", "closing '"),
        (parse_text, "a == 1", "character 4", "a field, a value or '('"),
        (parse_text, "a = 1 b = 2", "character 7", "AND, OR"),
        (parse_text, "(a = 1", "character 7", "')'"),
        (parse_text, "a NOT = 1", "character 7", "LIKE, BETWEEN or IN"),
        (parse_text, "a BETWEEN 1 OR 2", "character 13", "'AND'"),
        (parse_text, "a = DATE('2023-02-30')", "character 10", "no time of the calendar"),
        (parse_text, "a = TIMESTAMP('2023-02-03T00:00:00')", "character 15", "TIMESTAMP('2026-11-22T07:00:00Z')"),
        (parse_text, "T_AFTER(a, INTERVAL('2024-01-01','2023-01-01'))", "character 12", "exchange its ends"),
        (parse_text, "S_EQUALS(g, POLYGON((0 0, 1 1, 1 0)))", "character 13", "four points"),
        (parse_text, "S_EQUALS(g, LINESTRING(0 0))", "character 13", "two points"),
        (parse_text, "S_EQUALS(g, POINT(0))", "character 13", "two or three numbers"),
        (parse_text, "S_EQUALS(g, BBOX(0,0,1))", "character 13", "four or six"),
        (parse_text, "a = 1 # b", "character 7", "cannot be read"),
        (parse_json, '{"op":"=","args":[{"property":"a"}]}', "at the top", "takes 2 args, not 1"),
        (parse_json, '{"op":"and","args":[true,{"op":"=","args":[1,{}]}]}', "args[1].args[1]", "op and args"),
        (parse_json, '{"op":"=","args":[1,null]}', "args[1]", "isNull"),
        (parse_json, '{"op":"=","args":[1,{"date":"x"}]}', "args[1]", "no time of the calendar"),
        (parse_json, '{"op":"s_equals","args":[1,{"type":"Circle"}]}', "args[1]", "GeoJSON"),
        (parse_json, "a = 1", "character 1", "filter-lang=cql2-text"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_its_mend(
    parse: Callable[[str], Node], text: str, place: str, advice: str
) -> None:
    with pytest.raises(InvalidParameter) as refused:
        parse(text)
    assert refused.value.en.startswith(f"filter, {place}: ")
    assert advice in refused.value.en
    assert refused.value.vi.startswith("filter, ") and refused.value.vi != refused.value.en

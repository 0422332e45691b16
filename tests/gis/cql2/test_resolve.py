from __future__ import annotations

import pytest

from gis.cql2.resolve import resolve
from gis.cql2.text import parse_text
from gis.errors import InvalidParameter
from gis.model.filter import AND, OR, SYSTEM_KINDS, Call, Geometry, Kind, Node
from gis.model.query import CRS84

KINDS = {
    "name": Kind.TEXT,
    "size": Kind.NUMBER,
    "open": Kind.BOOLEAN,
    "day": Kind.DATE,
    "moment": Kind.TIMESTAMP,
    "uses": Kind.LIST,
    **SYSTEM_KINDS,
}


def resolved(text: str, crs: int = CRS84) -> Node:
    return resolve(parse_text(text), KINDS, crs)


@pytest.mark.parametrize(
    ("text", "part", "advice"),
    [
        ("nome = 'x'", "'nome'", "did you mean 'name'?"),
        ("secret = 'x'", "'secret'", "there are: day, geometry, id, moment"),
        ("name = 5", '"name" = 5', "compares a text with a number. Texts stand in single quotes."),
        ("size = '5'", "\"size\" = '5'", "Numbers stand without quotes."),
        ("day = '2024-01-01'", "\"day\" = '2024-01-01'", "Write DATE('2026-11-22')."),
        ("open = 1", '"open" = 1', "Write TRUE or FALSE."),
        ("size + name > 5", '"name"', "is a text, where a number is needed"),
        ("size", '"size"', "Compare it with a value."),
        ("NOT size", '"size"', "Compare it with a value."),
        ("geometry = POINT(1 2)", '"geometry"', "use S_EQUALS"),
        ("uses = ('a','b')", '"uses"', "use A_EQUALS"),
        ("INTERVAL(day,'..') = day", "INTERVAL", "use T_EQUALS"),
        ("A_CONTAINS(uses, (1, 2))", "1", "is a number, where a text is needed"),
        ("A_CONTAINS(uses, 'a')", "'a'", "is a text, where a list of texts is needed"),
        ("name LIKE name", "LIKE", "takes a text as its pattern"),
        ("name LIKE '" + "%a" * 9 + "'", "pattern", "ask in several smaller questions"),
        ("name LIKE 'a" + r"\a" + "'", "pattern", "a backslash stands alone"),
        ("Foo(name) = 1", "'Foo'", "there are area, length, distance, lower, upper"),
        ("pg_sleep(5) = 1", "'pg_sleep'", "there is no function"),
        ("area(geometry, 5) > 1", "'area'", "takes 1 arguments, not 2"),
        ("S_EQUALS(geometry, POLYGON((0 0, 1 1, 0 1, 1 0, 0 0)))", "POLYGON", "is not valid: Self-intersection"),
        ("S_EQUALS(geometry, BBOX(0,5,1,2))", "BBOX", "the lower ones come first"),
        ("S_INTERSECTS(name, POINT(0 0))", '"name"', "is a text, where a geometry is needed"),
        ("T_AFTER(name, DATE('2024-01-01'))", '"name"', "where a date or a timestamp or an interval is needed"),
        ("size IN ('a')", "\"size\" IN ('a')", "compares a number with a text"),
        ("name = ODT", "'ODT'", "if it is a text, write it in single quotes: 'ODT'."),
        ("id IN ('a', ODT)", "'ODT'", "write it in single quotes"),
        ("size = ODT", "'ODT'", "there are: day"),
        ("name BETWEEN 1 AND 2", '"name" BETWEEN', "compares a text with a number"),
    ],
)
def test_what_does_not_fit_is_quoted_with_its_mend(text: str, part: str, advice: str) -> None:
    with pytest.raises(InvalidParameter) as refused:
        resolved(text)
    assert refused.value.where == "filter"
    assert part in refused.value.en
    assert advice in refused.value.en
    assert refused.value.vi != refused.value.en


def test_conditions_that_are_nested_by_one_word_become_flat() -> None:
    tree = resolved("((size = 1 OR size = 2) OR size = 3) AND (open = TRUE AND (size = 4 AND size = 5))")
    assert isinstance(tree, Call) and tree.op == AND and len(tree.args) == 4
    first = tree.args[0]
    assert isinstance(first, Call) and first.op == OR and len(first.args) == 3


@pytest.mark.parametrize("crs", [CRS84, 4326, 3857, 9210, 4756])
def test_coordinates_stand_in_the_axis_order_of_the_crs(crs: int) -> None:
    tree = resolved("S_INTERSECTS(geometry, POINT(10.5 106.5 3)) AND S_WITHIN(geometry, BBOX(1,2,0,3,4,0))", crs)
    assert isinstance(tree, Call)
    found = [arg for call in tree.args if isinstance(call, Call) for arg in call.args if isinstance(arg, Geometry)]
    turned = crs in (4326, 4756)
    assert found[0] == Geometry("Point", (106.5, 10.5) if turned else (10.5, 106.5), crs)
    assert found[1] == Geometry("BBox", (2.0, 1.0, 4.0, 3.0) if turned else (1.0, 2.0, 3.0, 4.0), crs)

"""Inputs against the description of their process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gis.errors import InvalidInputs
from gis.model.layer import Text
from services.processes.inputs import MOST_DEPTH, MOST_PROBLEMS, checked
from services.processes.process import Input, Json, Process, Value

NAMED = Text("Tên", "Name")
LOT: Json = {
    "oneOf": [
        {
            "type": "object",
            "required": ["id"],
            "properties": {"id": {"type": "string", "maxLength": 3}},
            "additionalProperties": False,
        },
        {"type": "object", "required": ["sheet", "number"], "properties": {"sheet": {"type": "integer", "minimum": 1}}},
    ]
}


async def nothing(call: object, inputs: object) -> dict[str, Value]:
    return {}


def process(**schemas: Any) -> Process:
    inputs = {name: Input(NAMED, NAMED, schema, required=name == "needed") for name, schema in schemas.items()}
    return Process("probe", "1", NAMED, NAMED, inputs, {}, nothing)


def problems(given: object, **schemas: Any) -> list[tuple[str, str, str]]:
    with pytest.raises(InvalidInputs) as caught:
        checked(process(**schemas), given)
    return [(str(one["where"]), str(one["en"]), str(one["vi"])) for one in caught.value.problems]


def test_inputs_that_fit_are_handed_on() -> None:
    given: dict[str, Json] = {"needed": 1, "lot": {"id": "abc"}}
    assert checked(process(needed={"type": "integer"}, lot=LOT), given) == given
    assert checked(process(more={"type": "string"}), {}) == {}


def test_values_may_come_with_their_media_type() -> None:
    qualified: Json = {"value": {"id": "abc"}, "mediaType": "application/json"}
    assert checked(process(lot=LOT), {"lot": qualified}) == {"lot": {"id": "abc"}}


def test_an_input_that_has_a_value_of_its_own_keeps_it() -> None:
    schema = {"type": "object", "properties": {"value": {"type": "number"}}}
    assert checked(process(height=schema), {"height": {"value": 3}}) == {"height": {"value": 3}}


@pytest.mark.parametrize(
    ("schema", "value", "where", "said"),
    [
        ({"type": "integer"}, "x", "inputs.a", "type integer"),
        ({"type": "array", "items": {"type": "number"}}, [1, 2, "x"], "inputs.a[2]", "type number"),
        ({"type": "object", "properties": {"at": {}, "to": {}}}, "x", "inputs.a", "an object of at, to"),
        ({"enum": ["a", "b"]}, "c", "inputs.a", "one of a, b"),
        ({"type": "object", "required": ["id", "x"]}, {"x": 1}, "inputs.a", "lacks id"),
        ({"type": "object", "additionalProperties": False}, {"y": 1}, "inputs.a", "not known: y"),
        ({"type": "string", "maxLength": 2}, "abc", "inputs.a", "2 characters at most"),
        ({"type": "number", "exclusiveMinimum": 0}, 0, "inputs.a", "more than 0"),
        ({"type": "string", "pattern": "^a"}, "b", "inputs.a", "form ^a"),
        ({"not": {"type": "string"}}, "b", "inputs.a", "does not fit"),
    ],
)
def test_a_mistake_is_told_in_both_languages(schema: dict[str, Json], value: Json, where: str, said: str) -> None:
    ((place, en, vi),) = problems({"a": value}, a=schema)
    assert place == where
    assert said in en and en.startswith(f"{where}: ") and vi.startswith(f"{where}: ")
    assert en.removeprefix(where) != vi.removeprefix(where)


def test_what_is_lacking_is_told_once() -> None:
    found = problems({"a": {}}, a={"type": "object", "required": ["id", "x"]})
    assert found == [("inputs.a", "inputs.a: lacks id, x.", "inputs.a: thiếu id, x.")]


def test_of_alternatives_the_one_that_was_meant_is_told() -> None:
    ((where, en, _),) = problems({"lot": {"id": "abcd"}}, lot=LOT)
    assert where == "inputs.lot.id" and "3 characters" in en


def test_what_is_missing_and_what_is_unknown_are_told_together() -> None:
    found = problems({"ned": 1}, needed={"type": "integer"})
    assert [where for where, _, _ in found] == ["inputs.ned", "inputs.needed"]
    assert "'needed'" in found[0][1]


def test_there_is_a_most_of_mistakes_and_of_depth() -> None:
    assert len(problems({"a": ["x"] * 500}, a={"type": "array", "items": {"type": "number"}})) == MOST_PROBLEMS
    deep: Json = 1
    for _ in range(MOST_DEPTH + 1):
        deep = [deep]
    ((where, en, _),) = problems({"a": deep}, a={})
    assert where == "inputs.a" and str(MOST_DEPTH) in en


@pytest.mark.parametrize("value", [{"href": "http://x"}, [{"href": "http://x"}], {"value": {"href": "http://x"}}])
def test_a_link_in_place_of_a_value_is_refused(value: Json) -> None:
    ((where, _, _),) = problems({"a": value}, a={})
    assert where == "inputs.a.href"


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ("a\0b", "inputs.a"),
        ([{"road": "Lê Lợi"}, {"road": "\0"}], "inputs.a[1].road"),
        ({"properties": {"x\0": 1}}, "inputs.a.properties"),
    ],
)
def test_a_character_that_cannot_be_stored_is_refused_with_its_place(value: Json, where: str) -> None:
    ((place, en, vi),) = problems({"a": value}, a={})
    assert place == where
    assert "U+0000" in en and "U+0000" in vi


def test_a_text_that_only_looks_like_that_character_is_taken() -> None:
    given: dict[str, Json] = {"a": {"road": "\\u0000", "x\\u0000": [1]}}
    assert checked(process(a={}), given) == given


@pytest.mark.parametrize(
    "wrapped", [lambda value: [value], lambda value: {"a": value}, lambda value: [1, {"b": value}]]
)
def test_depth_counts_lists_and_objects_alike(wrapped: Callable[[Json], Json]) -> None:
    deep: Json = "x"
    while depth(deep) <= MOST_DEPTH:
        last, deep = deep, wrapped(deep)
    assert checked(process(a={}), {"a": [last] if depth(last) < MOST_DEPTH else last})
    assert problems({"a": deep}, a={})[0][0] == "inputs.a"


def depth(value: Json) -> int:
    """How deep lists and objects are nested in it."""
    if not isinstance(value, list | dict):
        return 0
    return 1 + max(map(depth, value.values() if isinstance(value, dict) else value))


@pytest.mark.parametrize("given", [[], "x", 1, True, None])
def test_inputs_that_are_no_object_are_refused(given: Json) -> None:
    assert problems(given)[0][0] == "inputs"

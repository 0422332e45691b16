"""Schemas of inputs in the OpenAPI document."""

from __future__ import annotations

import pytest
from openapi_schema_validator import OAS30Validator

from services.ogc.pygeoapi.oas_schema import as_openapi
from services.processes.listed import PROCESSES
from services.processes.process import Json

CASES: list[tuple[dict[str, Json], list[Json], list[Json]]] = [
    ({"type": ["string", "null"]}, ["x", None], [1]),
    ({"type": ["string", "number"]}, ["x", 1.5], [[]]),
    ({"const": "a"}, ["a"], ["b"]),
    ({"type": "number", "exclusiveMinimum": 0}, [0.1], [0]),
    ({"type": "string", "enum": ["a"], "nullable": True}, ["a"], ["b"]),
    ({"$defs": {"p": {"type": "integer"}}, "type": "array", "items": {"$ref": "#/$defs/p"}}, [[1]], [["x"]]),
    ({"oneOf": [{"type": "object", "required": ["id"]}, {"type": "string"}]}, [{"id": 1}, "x"], [{}, 1]),
    (
        {"type": "object", "additionalProperties": False, "properties": {"a": {"type": "string"}}},
        [{"a": "x"}],
        [{"b": 1}],
    ),
    ({"type": "array", "prefixItems": [{"type": "string"}], "minItems": 1}, [["x"]], [[]]),
]


@pytest.mark.parametrize(("schema", "right", "wrong"), CASES)
def test_a_schema_says_the_same_in_openapi(schema: dict[str, Json], right: list[Json], wrong: list[Json]) -> None:
    validator = OAS30Validator(as_openapi(schema))
    assert all(validator.is_valid(value) for value in right)
    assert not any(validator.is_valid(value) for value in wrong)


def test_a_schema_that_leads_back_to_itself_ends() -> None:
    tree: dict[str, Json] = {"$defs": {"t": {"type": "array", "items": {"$ref": "#/$defs/t"}}}, "$ref": "#/$defs/t"}
    assert as_openapi(tree) == {"type": "array", "items": {}}


def test_the_schemas_of_all_processes_are_sound_openapi() -> None:
    for process in PROCESSES.values():
        for described in (*process.inputs.values(), *process.outputs.values()):
            OAS30Validator.check_schema(as_openapi(described.schema))

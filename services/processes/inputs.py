"""The inputs of a run against the description of its process: what is missing, unknown or wrong, all at once and by place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import chain, islice
from typing import cast

import orjson
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from gis.errors import InvalidInputs
from gis.model.layer import Text
from services.ogc.names import meant
from services.processes.process import Json, Process

MOST_DEPTH = 32
"""How deep inputs may be nested: twice what a collection of polygons in a feature takes."""

MOST_PROBLEMS = 20
_MOST_SHOWN = 60

_NULL = b"\\u0000"
"""U+0000 as JSON writes it."""

_QUALIFIERS = frozenset({"value", "mediaType", "encoding", "schema", "format"})


def checked(process: Process, given: object) -> dict[str, Json]:
    """The inputs by name, as plain values. InvalidInputs lists the mistakes, at most twenty, the first of them in its words."""
    if not isinstance(given, dict):
        raise _refusal(
            [_problem("inputs", "has to be an object with inputs by name", "phải là đối tượng gồm các đầu vào")]
        )
    inputs = {name: _plain(process, name, value) for name, value in given.items()}
    problems = list(islice(_problems(process, inputs), MOST_PROBLEMS))
    if problems:
        raise _refusal(problems)
    return inputs


def _plain(process: Process, name: str, value: Json) -> Json:
    """The value of an input that is sent with its media type, {"value": …, "mediaType": …}; others are as they are."""
    described = process.inputs.get(name)
    if not isinstance(value, dict) or described is None or "value" not in value or not value.keys() <= _QUALIFIERS:
        return value
    properties = described.schema.get("properties")
    own = isinstance(properties, Mapping) and "value" in properties
    return value if own else value["value"]


def _problems(process: Process, inputs: Mapping[str, Json]) -> Iterator[Mapping[str, str]]:
    for name in sorted(inputs.keys() - process.inputs.keys()):
        en, vi = meant(name, tuple(process.inputs))
        yield _problem(f"inputs.{name[:_MOST_SHOWN]}", f"is no input; {en}", f"không phải đầu vào; {vi}")
    for name, described in process.inputs.items():
        if name not in inputs:
            if described.required:
                yield _problem(f"inputs.{name}", "is missing", "còn thiếu")
            continue
        yield from _of_input(process, name, inputs[name])


def _of_input(process: Process, name: str, value: Json) -> Iterator[Mapping[str, str]]:
    where = f"inputs.{name}"
    if _by_reference(process.inputs[name].schema, value):
        yield _problem(
            f"{where}.href",
            "is not fetched: this service asks no other server; send the value itself",
            "không được tải về: dịch vụ không truy cập máy chủ khác; hãy gửi chính giá trị đó",
        )
        return
    yield from _misfits(_validators(process)[name], where, value)


def mistakes(validator: Draft202012Validator, where: str, value: Json) -> list[Mapping[str, str]]:
    """What of a value does not fit a schema or cannot be stored, in our words; at most twenty."""
    return list(islice(_misfits(validator, where, value), MOST_PROBLEMS))


def _misfits(validator: Draft202012Validator, where: str, value: Json) -> Iterator[Mapping[str, str]]:
    if _deeper(value, MOST_DEPTH):
        yield _problem(where, f"is nested deeper than {MOST_DEPTH}", f"lồng nhau quá {MOST_DEPTH} cấp")
        return
    for place in _with_null(where, value) if _NULL in orjson.dumps(value) else ():
        yield _problem(
            place[:300],
            "has the character U+0000, which cannot be stored; take it out",
            "có ký tự U+0000, không lưu được; hãy bỏ ký tự đó",
        )
    told = set()
    for error in validator.iter_errors(value):
        one = _told(where, error)
        if one["en"] not in told:  # jsonschema tells each missing member apart, we all of them at once
            told.add(one["en"])
            yield one


def _with_null(where: str, value: Json) -> Iterator[str]:
    """Where texts and names of members hold U+0000, which JSON can write and no jsonb keeps."""
    if isinstance(value, str):
        if "\0" in value:
            yield where
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from _with_null(f"{where}[{place}]", one)
    elif isinstance(value, dict):
        for name, one in value.items():
            if "\0" in name:
                yield where
            else:
                yield from _with_null(f"{where}.{name}", one)


def _by_reference(schema: Mapping[str, Json], value: Json) -> bool:
    """The input is a link (OGC API - Processes, `link.yaml`) where none is asked for."""
    properties = schema.get("properties")
    if isinstance(properties, Mapping) and "href" in properties:
        return False
    return any(isinstance(one, dict) and "href" in one for one in (value if isinstance(value, list) else [value]))


def _deeper(value: Json, depth: int) -> bool:
    """Lists and objects are nested deeper in it than `depth`; level by level, for there may be millions of values."""
    level: list[Json] = [value]
    for _ in range(depth + 1):
        nested = [one for one in level if isinstance(one, list | dict)]
        if not nested:
            return False
        level = list(chain.from_iterable(one.values() if isinstance(one, dict) else one for one in nested))
    return True


@lru_cache(maxsize=64)
def _validators(process: Process) -> Mapping[str, Draft202012Validator]:
    return {name: Draft202012Validator(dict(described.schema)) for name, described in process.inputs.items()}


def _told(where: str, error: ValidationError) -> Mapping[str, str]:
    """The mistake in our words. Of alternatives, what is wrong with the one that was most likely meant."""
    deepest = best_match([error]) or error
    place = where + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in deepest.absolute_path)
    return _problem(place[:300], *_words(deepest))


def _words(error: ValidationError) -> tuple[str, str]:
    limit = error.validator_value
    if error.validator == "required":
        names = [name for name in cast("list[str]", limit) if name not in cast("dict[str, Json]", error.instance)]
        return f"lacks {', '.join(names)}", f"thiếu {', '.join(names)}"
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = cast("Mapping[str, Json]", error.schema).get("properties", {})
        names = sorted(error.instance.keys() - cast("Mapping[str, Json]", known).keys())
        shown = ", ".join(name[:_MOST_SHOWN] for name in names[:5])
        return f"has members that are not known: {shown}", f"có thành phần không rõ: {shown}"
    members = cast("Mapping[str, Json]", error.schema).get("properties")
    if error.validator == "type" and limit == "object" and members:
        told = _shown(list(cast("Mapping[str, Json]", members)))
        return f"has to be an object of {told}", f"phải là đối tượng gồm {told}"
    words = _WORDS.get(str(error.validator), _OTHER)
    values = {"limit": _shown(limit), "value": _shown(error.instance)}
    return words.en.format(**values), words.vi.format(**values)


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(one)[:_MOST_SHOWN] for one in value[:30])
    return str(value)[:_MOST_SHOWN]


_WORDS: Mapping[str, Text] = {
    "type": Text("phải có kiểu {limit}", "has to be of type {limit}"),
    "enum": Text("phải là một trong: {limit}", "has to be one of {limit}"),
    "const": Text("phải là {limit}", "has to be {limit}"),
    "minimum": Text("phải từ {limit} trở lên", "has to be {limit} or more"),
    "maximum": Text("phải từ {limit} trở xuống", "has to be {limit} or less"),
    "exclusiveMinimum": Text("phải lớn hơn {limit}", "has to be more than {limit}"),
    "exclusiveMaximum": Text("phải nhỏ hơn {limit}", "has to be less than {limit}"),
    "minItems": Text("phải có ít nhất {limit} phần tử", "has to have at least {limit} elements"),
    "maxItems": Text("chỉ được có nhiều nhất {limit} phần tử", "may have {limit} elements at most"),
    "minLength": Text("phải có ít nhất {limit} ký tự", "has to have at least {limit} characters"),
    "maxLength": Text("chỉ được có nhiều nhất {limit} ký tự", "may have {limit} characters at most"),
    "minProperties": Text("phải có ít nhất {limit} thành phần", "has to have at least {limit} members"),
    "maxProperties": Text("chỉ được có nhiều nhất {limit} thành phần", "may have {limit} members at most"),
    "pattern": Text("không đúng dạng {limit}", "is not of the form {limit}"),
    "uniqueItems": Text("có phần tử trùng nhau", "has equal elements"),
    "oneOf": Text(
        "phải đúng với chính xác một trong các dạng được mô tả", "has to fit exactly one of the described forms"
    ),
    "anyOf": Text("phải đúng với một trong các dạng được mô tả", "has to fit one of the described forms"),
}
_OTHER = Text("không đúng với mô tả của đầu vào", "does not fit the description of the input")


def _problem(where: str, en: str, vi: str) -> Mapping[str, str]:
    return {"where": where, "en": _ended(f"{where}: {en}"), "vi": _ended(f"{where}: {vi}")}


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "?")) else f"{sentence}."


def _refusal(problems: list[Mapping[str, str]]) -> InvalidInputs:
    first, more = problems[0], len(problems) - 1
    en, vi = (f" ({more} more)", f" (và {more} lỗi khác)") if more else ("", "")
    return InvalidInputs(first["en"] + en, first["vi"] + vi, where=first["where"], problems=problems)

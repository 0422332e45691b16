"""What an edit through `land.<layer>` must keep: the same rules that ingest applies, as PL/pgSQL over NEW."""

from __future__ import annotations

from collections.abc import Iterator

from gis.model.layer import Field, FieldType, Layer, Territory
from gis.store.sql import quoted


def checks(layer: Layer, territory: Territory) -> str:
    """Statements that raise with SQLSTATE 23514 and a sentence naming the field; the geometry first."""
    rules = [*_geometry(layer, territory), *(rule for f in layer.columns for rule in _field(f))]
    return "\n    ".join(
        f"IF {condition} THEN\n        {_raise(layer, text)}\n    END IF;" for condition, text in rules
    )


def _geometry(layer: Layer, territory: Territory) -> Iterator[tuple[str, str]]:
    west, south, east, north = territory.bounds
    if layer.geometry.required:
        yield "NEW.geom IS NULL OR ST_IsEmpty(NEW.geom)", "a geometry is required"
    yield "NOT ST_IsValid(NEW.geom)", "the geometry is not valid; mend it (self-crossing, open ring)"
    inside = f"ST_MakeEnvelope({west}, {south}, {east}, {north}, 4326)"
    yield (
        f"NOT ST_CoveredBy(ST_Transform(NEW.geom, 4326), {inside})",
        f"the geometry lies outside {territory.title.en}; check its CRS",
    )


def _field(field: Field) -> Iterator[tuple[str, str]]:
    new = f"NEW.{quoted(field.name)}"
    if field.required:
        yield f"{new} IS NULL", f"{field.name} is required"
    if field.minimum is not None:
        yield f"{new} < {field.minimum}", f"{field.name} is less than {field.minimum:g}"
    if field.maximum is not None:
        yield f"{new} > {field.maximum}", f"{field.name} is more than {field.maximum:g}"
    if field.pattern:
        yield f"{new} !~ {_text('^(?:' + field.pattern + ')$')}", f"{field.name} is not of its form {field.pattern}"
    if field.codelist:
        yield _unknown_code(field, new), f"{field.name} is not a code of the list {field.codelist}"


def _unknown_code(field: Field, new: str) -> str:
    values = new if field.type is FieldType.TEXT_LIST else f"ARRAY[{new}]"
    return (
        f"EXISTS (SELECT FROM unnest({values}) AS given(code) WHERE code IS NOT NULL AND NOT EXISTS (SELECT FROM landmap.code c "
        f"WHERE c.list = {_text(field.codelist or '')} AND c.code = given.code AND c.to_changeset IS NULL AND NOT c.is_group))"
    )


def _raise(layer: Layer, text: str) -> str:
    return f"RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = {_text(f'{layer.id}: {text}')};"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"

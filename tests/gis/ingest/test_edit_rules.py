"""The rules of a layer stand twice, in the checks of ingest and in the database: what one refuses the other refuses too."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import shapely

from gis.catalog.read import read_catalog
from gis.ingest.edit_check import Draft, examine
from gis.model.layer import Catalog, Field, FieldType, GeometryType, Layer
from gis.store import edits

E0, N0 = 603_700.0, 1_191_800.0
CATALOG = read_catalog(Path(__file__).resolve().parents[3] / "layers", "hcmc")
WHOLE = ("26740", "QH1")
"""Values of the forms that required fields may ask for."""

type Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Broken:
    """A feature that keeps every rule of its layer but one. `field` is None for its geometry."""

    layer: str
    rule: str
    values: Values
    geometry: shapely.Geometry | None
    field: str | None = None

    def __str__(self) -> str:
        return f"{self.layer}-{self.field or 'geometry'}-{self.rule}"


def usable(field: Field) -> str:
    """A code of the field's list that features may have."""
    listed = CATALOG.codelists[field.codelist or ""].codes
    return next(code.code for code in listed if not code.group and code.valid_to is None)


def sample(field: Field) -> object:
    if field.codelist:
        return usable(field)
    if field.type is FieldType.DATE:
        return date(2026, 1, 1)
    return next(text for text in WHOLE if field.pattern is None or re.fullmatch(field.pattern, text))


def sound(layer: Layer) -> dict[str, object]:
    """The values of a feature with nothing but what is required."""
    return {field.name: sample(field) if field.required else None for field in layer.columns}


def place(layer: Layer) -> shapely.Geometry:
    if layer.geometry.type is GeometryType.POINT:
        return shapely.Point(E0, N0)
    if layer.geometry.type is GeometryType.MULTILINESTRING:
        return shapely.MultiLineString([[(E0, N0), (E0 + 10, N0)]])
    return shapely.MultiPolygon([shapely.box(E0, N0, E0 + 10, N0 + 10)])


def twisted(layer: Layer) -> shapely.Geometry:
    """An invalid shape; of points there is none."""
    if layer.geometry.type is GeometryType.MULTILINESTRING:
        return shapely.MultiLineString([[(E0, N0), (E0, N0)]])
    corners = [(E0, N0), (E0 + 10, N0 + 10), (E0 + 10, N0), (E0, N0 + 10), (E0, N0)]
    return shapely.MultiPolygon([shapely.Polygon(corners)])


def broken() -> Iterator[Broken]:
    """Each rule of each layer, broken by itself."""
    for layer in CATALOG.layers.values():
        whole, there = sound(layer), place(layer)
        yield Broken(layer.id, "territory", whole, shapely.affinity.translate(there, 0, 2_000_000))
        if layer.geometry.type is not GeometryType.POINT:
            yield Broken(layer.id, "validity", whole, twisted(layer))
        if layer.geometry.required:
            yield Broken(layer.id, "required", whole, None)
        for field in layer.columns:
            for rule, value in _wrong(field):
                yield Broken(layer.id, rule, whole | {field.name: value}, there, field.name)


def _wrong(field: Field) -> Iterator[tuple[str, object]]:
    if field.required:
        yield "required", None
    if field.minimum is not None:
        yield "minimum", field.minimum - 1
    if field.maximum is not None:
        yield "maximum", field.maximum + 1
    if field.pattern:
        yield "pattern", "04QHC"
    if field.codelist:
        groups = [code.code for code in CATALOG.codelists[field.codelist].codes if code.group]
        for rule, code in (("code", "không có mã này"), *(("group", code) for code in groups[:1])):
            yield rule, [code] if field.type is FieldType.TEXT_LIST else code


@pytest.fixture(scope="module")
def db(make_database: Callable[..., str]) -> Iterator[psycopg.Connection]:
    with psycopg.connect(make_database()) as opened:
        yield opened


def told(catalog: Catalog, one: Broken) -> list[tuple[str | None, str]]:
    """What ingest refuses it for."""
    layer = catalog.layers[one.layer]
    draft = Draft(0, one.values, one.geometry, layer.storage_crs)
    return [(problem.field, problem.reason) for problem in examine(catalog, layer, [draft], lenient=False).errors]


def insert(db: psycopg.Connection, catalog: Catalog, one: Broken) -> None:
    layer = catalog.layers[one.layer]
    shape = None if one.geometry is None else shapely.to_wkb(one.geometry)
    statement = edits.insert_sql(layer, uuid4(), {**one.values, "survey_crs": layer.storage_crs}, shape, None)
    try:
        psycopg.RawCursor(db).execute(statement.text.encode(), statement.params)
    finally:
        db.rollback()


@pytest.mark.parametrize("layer", list(CATALOG.layers))
def test_what_keeps_every_rule_is_taken_by_both(db: psycopg.Connection, catalog: Catalog, layer: str) -> None:
    whole = Broken(layer, "none", sound(catalog.layers[layer]), place(catalog.layers[layer]))
    assert told(catalog, whole) == []
    insert(db, catalog, whole)


@pytest.mark.parametrize("one", list(broken()), ids=str)
def test_what_breaks_one_rule_is_refused_by_both(db: psycopg.Connection, catalog: Catalog, one: Broken) -> None:
    fields = {field for field, _ in told(catalog, one)}
    assert (one.field or "geometry") in fields
    with pytest.raises(psycopg.errors.CheckViolation, match=rf"^{one.layer}: .*\b{one.field or 'geometry'}\b"):
        insert(db, catalog, one)

"""What the demo city says: fields, codes and identities as the layers define them, and every case that tests need."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.demo.columns import days_of
from gis.demo.content import LAYERS, Content, draw, records
from gis.demo.covered import coverage
from gis.demo.parcels import lineage
from gis.demo.permits import STATES
from gis.demo.plans import EXPECTED
from gis.demo.wards import REFORM
from gis.model.layer import Catalog, Field, FieldType
from gis.store.stage import Records

NOW = datetime(2026, 11, 2, tzinfo=UTC)
FIXED = {"id", "valid_from", "valid_to", "survey_crs"}
ARROW = {
    FieldType.TEXT: pa.string(),
    FieldType.INTEGER: pa.int64(),
    FieldType.NUMBER: pa.float64(),
    FieldType.BOOLEAN: pa.bool_(),
    FieldType.DATE: pa.date32(),
    FieldType.TEXT_LIST: pa.list_(pa.string()),
}


def table(content: Content, layer: str) -> tuple[np.ndarray, dict[str, list[Any]]]:
    """Geometry and columns of a whole layer."""
    batches = list(records(content, layer))
    names = sorted({name for b in batches for name in b.columns})
    columns = {
        n: [v for b in batches for v in (b.columns[n].to_pylist() if n in b.columns else [None] * len(b))]
        for n in names
    }
    return np.concatenate([b.geometry for b in batches]), columns


def holds(columns: dict[str, list[Any]], at: datetime) -> np.ndarray:
    """Which rows hold at an instant."""
    start, end = columns["valid_from"], columns.get("valid_to") or [None] * len(columns["valid_from"])
    return np.array([(a is None or a <= at) and (b is None or at < b) for a, b in zip(start, end, strict=True)])


def digest(content: Content) -> str:
    """A hash of every geometry and every value."""
    found = hashlib.sha256()
    for layer in LAYERS:
        for batch in records(content, layer):
            for wkb in shapely.to_wkb(batch.geometry):
                found.update(wkb or b"-")
            for name in sorted(batch.columns):
                found.update(repr((name, batch.columns[name].to_pylist())).encode())
    return found.hexdigest()


@pytest.mark.parametrize("layer", LAYERS)
def test_columns_are_fields_of_the_layer_with_its_types(content: Content, catalog: Catalog, layer: str) -> None:
    for batch in records(content, layer):
        for name, column in batch.columns.items():
            assert len(column) == len(batch)
            if name not in FIXED:
                assert column.type == ARROW[catalog.layers[layer].field(name).type], name


@pytest.mark.parametrize("layer", LAYERS)
def test_values_are_codes_in_range_and_patterns(content: Content, catalog: Catalog, layer: str) -> None:
    for batch in records(content, layer):
        for field in catalog.layers[layer].fields:
            if field.name in batch.columns:
                check_values(field, batch.columns[field.name].to_pylist(), catalog)
            else:
                assert not field.required, field.name


def check_values(field: Field, values: list[Any], catalog: Catalog) -> None:
    """Raises AssertionError if a value breaks what the field says."""
    codes = {c.code for c in catalog.codelists[field.codelist].codes if not c.group} if field.codelist else None
    flat = {v for value in values for v in (value if isinstance(value, list) else [value])}
    if field.required:
        assert None not in flat, field.name
    for value in flat - {None}:
        assert codes is None or value in codes, (field.name, value)
        assert field.pattern is None or re.match(field.pattern, value), (field.name, value)
        assert field.minimum is None or value >= field.minimum, (field.name, value)
        assert field.maximum is None or value <= field.maximum, (field.name, value)


@pytest.mark.parametrize("layer", LAYERS)
def test_identity_is_unique_among_what_holds_at_any_instant(content: Content, catalog: Catalog, layer: str) -> None:
    _, columns = table(content, layer)
    never = datetime.max.replace(tzinfo=UTC)
    periods = defaultdict(list)
    rows = len(columns["id"])
    start = columns.get("valid_from") or [None] * rows
    end = columns.get("valid_to") or [None] * rows
    for i in range(rows):
        key = tuple(columns[name][i] for name in catalog.layers[layer].identity)
        periods[key].append((start[i] or NOW, end[i] or never))
    for key, spans in periods.items():
        spans.sort()
        for (_, before), (after, _) in pairwise(spans):
            assert before <= after, key


@pytest.mark.parametrize("layer", LAYERS)
def test_geometry_is_of_the_layers_type_valid_and_not_empty(content: Content, catalog: Catalog, layer: str) -> None:
    geometry, _ = table(content, layer)
    there = np.array([g for g in geometry if g is not None])
    wanted = catalog.layers[layer].geometry
    assert len(there) == len(geometry) or not wanted.required
    assert shapely.is_valid(there).all()
    assert not shapely.is_empty(there).any()
    if str(wanted.type) != "Geometry":
        assert {g.geom_type for g in there} == {str(wanted.type)}


def test_parcels_of_today_are_counted_and_those_before_are_apart_too(content: Content) -> None:
    geometry, columns = table(content, "parcels")
    assert holds(columns, NOW).sum() == content.city.parcels
    for year in (2017, 2020, 2023, 2026):
        then = geometry[holds(columns, datetime(year, 1, 1, tzinfo=UTC))]
        one, two = shapely.STRtree(then).query(then, predicate="intersects")
        pairs = one < two
        assert shapely.area(shapely.intersection(then[one[pairs]], then[two[pairs]])).sum() < 0.01


def test_a_parcel_has_twenty_attributes(content: Content, catalog: Catalog) -> None:
    batch = next(records(content, "parcels"))
    public = [f.name for f in catalog.layers["parcels"].columns if f.name in batch.columns]
    filled = [n for n in public if batch.columns[n].null_count < 0.9 * len(batch)]
    assert len(filled) >= 20


def test_codes_are_the_old_ones_before_august_2024_and_the_new_ones_since(content: Content) -> None:
    _, columns = table(content, "parcels")
    for raw, scheme, day in zip(
        columns["land_use_raw"], columns["land_use_scheme"], columns["registered_on"], strict=True
    ):
        assert scheme == ("2024" if days_of(day) >= 19936 else "2014")
        assert scheme == "2014" or "BHK" not in raw
    assert {"2014", "2024"} == set(columns["land_use_scheme"])
    assert {"CQP", "CAN"} <= set(columns["land_use"])


def test_ids_are_version_4_uuids_and_change_of_use_keeps_the_id(content: Content) -> None:
    _, columns = table(content, "parcels")
    assert all(len(i) == 16 and i[6] >> 4 == 4 and i[8] >> 6 == 2 for i in columns["id"])
    assert len(set(columns["id"])) < len(columns["id"])


def test_lineage_names_parcels_that_end_and_begin_at_that_instant(content: Content) -> None:
    _, columns = table(content, "parcels")
    began, ended = (
        dict(zip(columns["id"], columns["valid_from"], strict=True)),
        dict(zip(columns["id"], columns["valid_to"], strict=True)),
    )
    parent, child, kind, at = lineage(content.city, content.parcels)
    assert len(parent) > 20
    for p, c, t in zip(parent.to_pylist(), child.to_pylist(), at.to_pylist(), strict=True):
        assert ended[p] == t == began[c]
    assert set(kind.to_pylist()) <= {"split", "merge", "subdivide", "boundary change", "renumber"}


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 5_000))
def test_any_city_has_permits_in_every_state_and_plans_of_every_kind_needed(seed: int) -> None:
    content = draw(800, seed)
    _, permits = table(content, "permits")
    assert set(permits["status"]) == set(STATES)
    _, plans = table(content, "plans")
    assert {"QHC", "QPK", "DCCB", "QHSDĐ", "KHSDĐ", "QCKT"} <= set(plans["kind"])
    assert {"APPROVED", "REVISING", "APPRAISED", "REPLACED"} <= set(plans["status"])
    levels = {(c.layer, c.level) for c in coverage(content.city, content.wards, content.plans)}
    assert {("zones", "none"), ("zones", "complete"), ("parcels", "complete")} <= levels


def test_permits_name_parcels_and_lie_on_them(content: Content) -> None:
    geometry, columns = table(content, "permits")
    lots = dict(zip(content.parcels.key.to_pylist(), content.parcels.register.geometry, strict=True))
    for shape, keys in zip(geometry, columns["parcels"], strict=True):
        assert all(key in lots for key in keys)
        assert shape is None or shapely.covered_by(shape, shapely.buffer(lots[keys[0]], 0.002))


def test_permits_have_their_earlier_state_as_an_earlier_version(content: Content) -> None:
    _, columns = table(content, "permits")
    now = holds(columns, NOW)
    assert now.sum() == len(set(columns["id"]))
    present = dict(zip(np.array(columns["id"], dtype=object)[now], np.array(columns["status"])[now], strict=True))
    former = [(i, s) for i, s, n in zip(columns["id"], columns["status"], now, strict=True) if not n]
    assert len(former) > 10
    assert {s for _, s in former} == {"ISSUED"}
    assert {present[i] for i, _ in former} == {"ADJUSTED", "EXTENDED", "REISSUED", "REVOKED", "CANCELLED", "EXPIRED"}


def test_buildings_stand_on_their_lots_and_mostly_keep_the_limits(content: Content) -> None:
    stands, lots = content.buildings, content.city.today
    assert shapely.covered_by(stands.shape, shapely.buffer(lots.geometry[stands.lot], 0.002)).all()
    house = lots.area[stands.lot] < 500
    over = (stands.storeys > stands.allowed)[house]
    assert 0.01 < over.mean() < 0.15
    assert len(stands.lot) > 0.3 * len(lots)


def test_zones_cover_their_plans_and_wards_without_plan_are_declared(content: Content) -> None:
    geometry, columns = table(content, "zones")
    inforce = holds(columns, NOW)
    by_plan = defaultdict(list)
    for shape, plan, now in zip(geometry, columns["plan"], inforce, strict=True):
        if now:
            by_plan[plan].append(shape)
    wards = content.wards
    for ward, number in enumerate(content.plans.of_ward):
        if number < 0:
            continue
        covered = shapely.union_all(by_plan[content.plans.sheets[number].code])
        left = shapely.area(shapely.difference(wards.ward_outline[ward], covered))
        assert left < 5.0, content.plans.sheets[number].code
    declared = {c.commune: c.level for c in coverage(content.city, wards, content.plans) if c.layer == "zones"}
    assert declared == {
        c: "complete" if p >= 0 else "none" for c, p in zip(wards.ward_code, content.plans.of_ward, strict=True)
    }


def test_some_limits_are_missing_and_a_revision_waits(content: Content) -> None:
    _, columns = table(content, "zones")
    for name in ("storeys_max", "coverage_max", "far_max"):
        known = [v is not None for v in columns[name]]
        assert 0.2 < np.mean(known) < 0.95
    pending = content.plans.sheets[content.plans.pending]
    waiting = [s for p, s in zip(columns["plan"], columns["valid_from"], strict=True) if p == pending.code]
    assert waiting and all(s > NOW and s.date().year == EXPECTED.year for s in waiting)
    assert any(s.status == "REVISING" and s.code == pending.base for s in content.plans.sheets)


def test_wards_replace_communes_on_1_july_2025_and_reuse_a_code(content: Content) -> None:
    geometry, columns = table(content, "wards")
    reform = datetime(2025, 6, 30, 17, tzinfo=UTC)  # 00:00 in Saigon
    assert REFORM.isoformat() == "2025-07-01"
    old, new = [e == reform for e in columns["valid_to"]], [s == reform for s in columns["valid_from"]]
    assert sum(old) + sum(new) == len(geometry)
    assert set(np.array(columns["code"])[new]) <= set(np.array(columns["code"])[old])
    assert all(re.match("^9", c) for c in columns["code"])
    for side in (old, new):
        assert shapely.coverage_is_valid(shapely.get_geometry(geometry[side], 0))
    assert shapely.union_all(geometry[old]).equals(shapely.union_all(geometry[new]))


def test_road_lines_are_of_every_kind_and_say_what_is_derived(content: Content) -> None:
    _, columns = table(content, "road_lines")
    kinds = set(columns["kind"])
    assert kinds == {"CENTRELINE", "RED_LINE", "BUILDING_LINE", "CORRIDOR"}
    derived = {(k, d) for k, d in zip(columns["kind"], columns["derived"], strict=True)}
    assert ("CENTRELINE", True) not in derived
    assert ("RED_LINE", True) in derived and ("RED_LINE", False) in derived


def test_villages_in_which_nothing_ever_happened_are_written_too() -> None:
    villages = [draw(100, seed) for seed in range(8)]
    assert any(len(v.city.events) == 0 for v in villages)
    for village in villages:
        assert all(sum(len(b) for b in records(village, layer)) > 0 for layer in LAYERS)
        assert len(lineage(village.city, village.parcels)[0]) >= len(village.city.events)


def test_the_same_seed_gives_the_same_bytes_and_another_does_not() -> None:
    assert digest(draw(600, 5)) == digest(draw(600, 5)) != digest(draw(600, 6))


def test_names_say_that_they_are_invented(content: Content) -> None:
    _, columns = table(content, "wards")
    assert all("Mẫu" in name for name in columns["full_name"])
    batch: Records = next(records(content, "parcels"))
    holders = pc.drop_null(batch.columns["holder_name"]).to_pylist()
    assert holders and all(h.endswith("Mẫu") for h in holders)


def test_corridors_lie_beside_the_water_and_under_the_power_line(content: Content) -> None:
    shapes, columns = table(content, "corridors")
    kind = np.array(columns["kind"])
    assert {"RIVER", "CANAL", "RAILWAY", "POWER_LINE"} <= set(kind)
    water = content.city.water.surface
    for shape, name, width in zip(shapes, kind, columns["width"], strict=True):
        if name in ("RIVER", "CANAL"):
            assert shapely.area(shapely.intersection(shape, water)) < 1
            assert shape.within(water.buffer(width + 1))
    assert [v for v, k in zip(columns["voltage"], kind, strict=True) if k == "POWER_LINE"] == [110]


def test_the_heritage_site_has_a_core_and_a_zone_around_it_that_lots_lie_in(content: Content) -> None:
    (core, around), columns = table(content, "heritage")
    assert (columns["zone"], set(columns["code"])) == (["I", "II"], {"DT-MAU-001"})
    assert shapely.area(shapely.intersection(core, around)) < 0.01 and shapely.touches(core, around)
    lots = content.city.today.geometry
    assert shapely.contains(core, shapely.centroid(lots)).any()


def test_floods_lie_apart_and_on_dry_land(content: Content) -> None:
    shapes, columns = table(content, "flood")
    assert len(shapes) >= 3 and set(columns["evidence"]) == {"OBSERVED", "MODELLED"}
    assert shapely.area(shapely.union_all(shapes)) == pytest.approx(shapely.area(shapes).sum(), abs=0.1)
    assert shapely.area(shapely.intersection(shapes, content.city.water.surface)).sum() < 1


def test_what_is_known_of_protected_ground_has_gaps_and_the_site_lies_in_none(content: Content) -> None:
    covers = list(coverage(content.city, content.wards, content.plans))
    levels = {layer: {c.level for c in covers if c.layer == layer} for layer in ("corridors", "heritage", "flood")}
    assert levels == {
        "corridors": {"complete", "partial", "none"}, "heritage": {"complete", "partial"}, "flood": {"complete", "none"},
    }  # fmt: skip
    (core, _), _ = table(content, "heritage")
    known = shapely.union_all([c.area for c in covers if c.layer == "heritage" and c.level == "complete"])
    assert shapely.covers(known, core)

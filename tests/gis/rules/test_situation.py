"""From data around a lot to themes and columns: what is in force, what is pending, and what nobody may conclude."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import shapely

from gis.catalog.problems import Place
from gis.model.layer import Catalog, Layer
from gis.ops.table import Table, objects, table
from gis.rules.districts import PATH, Districts, read_districts
from gis.rules.situation import PENDING, case_of, complete, themes_of

CRS = 9210


@dataclass(frozen=True)
class Around:
    layer: Layer
    found: Table
    declared: Table
    withheld: bool = False


def rows(columns: Mapping[str, list[Any]], shapes: list[shapely.Geometry]) -> Table:
    return table(columns, objects(shapes), CRS)


def square(x: float, size: float = 10.0) -> shapely.Polygon:
    return shapely.box(x, 0, x + size, size)


COMPLETE = rows({"level": ["complete", "partial"]}, [square(-100, 500), square(600)])


@pytest.fixture
def zones(catalog: Catalog) -> Any:
    def make(
        plans: list[str | None], shapes: list[shapely.Geometry], states: list[str | None] | None = None, **more: Any
    ) -> Around:
        columns: dict[str, list[Any]] = {"code": [f"Z{i}" for i in range(len(plans))], "plan": list(plans)}
        return Around(
            catalog.layers["zones"],
            rows({**columns, "plan_status": states or [None] * len(plans)}, shapes),
            COMPLETE,
            **more,
        )

    return make


@pytest.fixture
def plans(catalog: Catalog) -> Any:
    def make(*sheets: dict[str, Any]) -> Around:
        usual = {"kind": "QPK", "status": "APPROVED", "base_plan": None, "decided_on": None, "effective_on": None}
        told = [usual | sheet for sheet in sheets]
        names = ("code", "kind", "status", "base_plan", "decided_on", "effective_on")
        shapes = [sheet.get("area", square(0, 100)) for sheet in told]
        return Around(catalog.layers["plans"], rows({n: [s[n] for s in told] for n in names}, shapes), COMPLETE, True)

    return make


def zone_codes(found: Mapping[str, Any]) -> list[str]:
    codes: list[str] = found["zones"].features.column("code").tolist()
    return codes


def test_zones_carry_the_day_on_which_their_plan_was_approved_else_took_effect(zones: Any, plans: Any) -> None:
    near = {
        "zones": zones(["P", "Q", "R", None], [square(0), square(20), square(40), square(60)]),
        "plans": plans(
            {"code": "P", "decided_on": date(2019, 5, 1), "effective_on": date(2019, 6, 1)},
            {"code": "Q", "effective_on": date(2020, 6, 1)},
        ),
    }
    found = themes_of(near, "7")["zones"]
    assert found.features.column("plan_on").tolist() == [date(2019, 5, 1), date(2020, 6, 1), None, None]
    assert found.version == "7"


@pytest.mark.parametrize("state", sorted(PENDING))
def test_what_is_pending_is_in_no_theme(zones: Any, plans: Any, state: str) -> None:
    near = {
        "zones": zones(["P", "Q"], [square(0), square(20)], [None, state]),
        "plans": plans({"code": "P", "status": state}),
    }
    assert zone_codes(themes_of(near, "1")) == []


@pytest.mark.parametrize("state", ["REPLACED", "REPEALED"])
def test_what_has_ended_is_in_no_theme(zones: Any, plans: Any, state: str) -> None:
    near = {"zones": zones(["P"], [square(0)]), "plans": plans({"code": "P", "status": state})}
    assert zone_codes(themes_of(near, "1")) == []


def test_the_plan_says_its_state_before_what_its_zone_was_loaded_with(zones: Any, plans: Any) -> None:
    near = {"zones": zones(["P"], [square(0)], ["DRAFT"]), "plans": plans({"code": "P", "status": "REVISING"})}
    assert zone_codes(themes_of(near, "1")) == ["Z0"]


def test_a_local_adjustment_is_cut_out_of_the_plan_that_it_adjusts_and_of_no_other(zones: Any, plans: Any) -> None:
    near = {
        "zones": zones(["P", "L", "Q"], [square(0), square(5, 5), square(0)]),
        "plans": plans(
            {"code": "P"},
            {"code": "L", "kind": "DCCB", "base_plan": "P", "area": shapely.box(5, -5, 20, 20)},
            {"code": "Q"},
        ),
    }
    found = themes_of(near, "1")
    features = found["zones"].features
    assert dict(zip(zone_codes(found), shapely.area(features.geometry), strict=True)) == {
        "Z0": 50,
        "Z1": 25,
        "Z2": 100,
    }


def test_an_adjustment_of_an_adjustment_stands_for_both(zones: Any, plans: Any) -> None:
    near = {
        "zones": zones(["P", "L"], [square(0), square(0)]),
        "plans": plans(
            {"code": "P"},
            {"code": "L", "kind": "DCCB", "base_plan": "P", "area": shapely.box(0, 0, 5, 10)},
            {"code": "M", "kind": "DCCB", "base_plan": "L", "area": shapely.box(4, 0, 8, 10)},
        ),
    }
    areas = shapely.area(themes_of(near, "1")["zones"].features.geometry).tolist()
    assert areas == [20, 60]  # P keeps 8..10; L is left where M does not reach


def test_plans_that_adjust_each_other_come_to_an_end(zones: Any, plans: Any) -> None:
    near = {
        "zones": zones(["L"], [square(0)]),
        "plans": plans(
            {"code": "L", "kind": "DCCB", "base_plan": "M", "area": square(50)},
            {"code": "M", "kind": "DCCB", "base_plan": "L", "area": shapely.box(0, 0, 4, 10)},
        ),
    }
    assert shapely.area(themes_of(near, "1")["zones"].features.geometry).tolist() == [60]


@pytest.mark.parametrize("change", [{"status": "APPRAISED"}, {"base_plan": None}, {"kind": "QPK"}])
def test_what_does_not_hold_or_names_no_plan_cuts_nothing(zones: Any, plans: Any, change: dict[str, Any]) -> None:
    adjustment = {"code": "L", "kind": "DCCB", "base_plan": "P", "area": square(5)}
    near = {"zones": zones(["P"], [square(0)]), "plans": plans({"code": "P"}, adjustment | change)}
    assert shapely.area(themes_of(near, "1")["zones"].features.geometry).tolist() == [100]


def test_a_zone_whose_whole_ground_was_adjusted_is_gone(zones: Any, plans: Any) -> None:
    adjustment = {"code": "L", "kind": "DCCB", "base_plan": "P", "area": square(-5, 50)}
    near = {"zones": zones(["P"], [square(0)]), "plans": plans({"code": "P"}, adjustment)}
    assert zone_codes(themes_of(near, "1")) == []


def test_layers_that_are_not_there_make_no_theme(zones: Any, plans: Any) -> None:
    near = {"zones": zones(["P"], [square(0)]), "plans": plans({"code": "P"})}
    assert set(themes_of(near, "1")) == {"zones"}


def test_without_the_plans_zones_stand_as_they_are(zones: Any) -> None:
    found = themes_of({"zones": zones(["P", "Q"], [square(0), square(20)], ["APPROVED", "DRAFT"])}, "1")
    assert zone_codes(found) == ["Z0"]
    assert found["zones"].features.column("plan_on").tolist() == [None]


def test_only_ground_declared_complete_is_complete(zones: Any) -> None:
    assert shapely.area(complete(zones([], []))).tolist() == [250_000]


def test_zones_stay_complete_where_only_pending_ones_are_withheld(zones: Any) -> None:
    assert len(complete(zones([], [], withheld=True))) == 1


def test_a_layer_of_which_more_is_withheld_is_complete_nowhere(catalog: Catalog) -> None:
    nothing = rows({}, [])
    for name in ("permits", "plans"):
        assert len(complete(Around(catalog.layers[name], nothing, COMPLETE, withheld=True))) == 0
        assert len(complete(Around(catalog.layers[name], nothing, COMPLETE))) == 1


@pytest.mark.parametrize(("level", "area"), [("complete", 100.0), ("partial", 0.0), ("none", 0.0), (None, 0.0)])
def test_zones_are_complete_where_the_plans_are_too(zones: Any, plans: Any, level: str | None, area: float) -> None:
    """A local adjustment that is not in the data would leave the zones that it replaces in force."""
    declared = rows({"level": [level]}, [square(5)]) if level else rows({"level": []}, [])
    near = {"zones": zones(["P"], [square(0)]), "plans": replace(plans({"code": "P"}), declared=declared)}
    found = themes_of(near, "1")["zones"]
    assert float(shapely.area(shapely.union_all(found.complete))) == area
    assert zone_codes({"zones": found}) == ["Z0"]


@pytest.fixture
def districts(catalog: Catalog) -> Districts:
    problems: list[str] = []
    found = read_districts(catalog.regulations[PATH], Place(PATH, problems))
    assert problems == []
    return found


def test_every_district_of_the_day_before_the_reform_has_its_code(districts: Districts, shared: Path) -> None:
    with (shared / "domain" / "hcmc_ward_legacy_map.csv").open(encoding="utf-8") as file:
        before = {row["old_district"].casefold(): row["old_district_code"] for row in csv.DictReader(file)}
    assert len(before) == 38
    assert before.items() <= districts.codes.items()


@pytest.mark.parametrize(
    ("former", "told"),
    [
        ("Phường Đa Kao, Quận 1", {"district": "760", "township": False}),
        ("Xã Tân Kiên, Huyện Bình Chánh", {"district": "785", "township": False}),
        ("Thị trấn Củ Chi, huyện Củ Chi", {"district": "783", "township": True}),
        ("Phường Thảo Điền, Thành phố Thủ Đức", {"district": "769", "township": False}),
        ("Phường Hiệp Thành, Thành phố Thủ Dầu Một", {"district": "718", "township": False}),
        ("Phường 1, Quận Mẫu 1", {"township": False}),
        ("Đa Kao", {}),
        (None, {}),
    ],
)
def test_district_and_township_follow_from_the_name_of_the_former_commune(
    catalog: Catalog, districts: Districts, former: str | None, told: dict[str, object]
) -> None:
    assert case_of(catalog.layers["parcels"], {}, former, districts, "hcmc") == {"city": "79", **told}


def test_the_legal_area_is_the_lot_area_where_the_caller_sees_it(catalog: Catalog, districts: Districts) -> None:
    layer = catalog.layers["parcels"]
    seen = {"legal_area": 82.5, "measured_area": 80.0, "land_use": "ODT"}
    assert case_of(layer, seen, None, districts, "hcmc") == {"city": "79", "lot_area": 82.5, "land_use": "ODT"}
    assert "lot_area" not in case_of(layer, {"measured_area": 80.0}, None, districts, "hcmc")
    assert "lot_area" not in case_of(layer, {"legal_area": None}, None, districts, "hcmc")


def test_in_another_territory_nothing_is_said_of_the_city(catalog: Catalog, districts: Districts) -> None:
    assert case_of(catalog.layers["parcels"], {}, "Phường Đa Kao, Quận 1", districts, "quang-ngai") == {}


def test_a_name_of_two_districts_is_a_mistake_told_with_its_place() -> None:
    text = 'id = "d"\nterritory = "t"\ncity = "1"\nsource = "s"\n'
    text += '[[districts]]\ncode = "1"\nnames = ["A"]\n[[districts]]\ncode = "2"\nnames = ["a"]\n'
    problems: list[str] = []
    assert read_districts(text, Place(PATH, problems)).codes == MappingProxyType({"a": "1"})
    assert len(problems) == 1 and "'a' is a district with the code 1 already" in problems[0]

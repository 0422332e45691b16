"""The codelists against the tables of law from which they were written."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from gis.catalog.codes import on_features, successor
from gis.catalog.read import read_catalog
from gis.model.layer import Catalog, RowRule, Show

REPOSITORY = Path(__file__).parents[3]
DOMAIN = REPOSITORY.parent / "shared" / "domain"
BEFORE, AFTER = date(2024, 7, 31), date(2024, 8, 1)

pytestmark = pytest.mark.skipif(not DOMAIN.is_dir(), reason="needs the tables of ../shared/domain")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return read_catalog(REPOSITORY / "layers", "hcmc")


def rows(name: str) -> Iterator[dict[str, str]]:
    with (DOMAIN / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def test_land_use_codes_colours_groups_and_schemes_agree(catalog: Catalog) -> None:
    codes = catalog.codelists["land_use"].codes
    table = {row["code"]: row for row in rows("land_use_codes.csv")}
    assert len(table) == 84
    assert {c.code for c in codes} == set(table)
    for code in codes:
        row = table[code.code]
        assert (code.color or "") == row["hex"], code
        assert (code.parent or "") == row["parent"], code
        assert code.group == (row["is_group_row"] == "yes" or (code.code == "HNK" and code.valid_to == AFTER)), code
    for column, day in (("in_tt25_2014_tt27_2018", BEFORE), ("in_tt08_2024", AFTER)):
        leaves = {c for c, row in table.items() if row[column] == "yes" and row["is_group_row"] == "no"}
        assert {c.code for c in on_features(catalog.codelists["land_use"], day)} == leaves - (
            {"HNK"} if day == BEFORE else set()
        )


def test_the_crosswalk_of_2014_to_2024_agrees(catalog: Catalog) -> None:
    for row in rows("land_use_code_crosswalk.csv"):
        old = row["code_2014_2018"]
        expected = row["code_2024"] if row["relation"] == "merge" else None
        if old:
            assert successor(catalog.codelists["land_use"], old, AFTER) == expected, old


def test_permit_states_are_public_as_the_table_says(catalog: Catalog) -> None:
    rules = {value: rule for rule in catalog.layers["permits"].rows.rules for value in rule.values}
    shown = {
        "no": (Show.NONE, (), False),
        "yes": (Show.ALL, (), False),
        "status only": (Show.REDUCED, ("status",), False),
    }
    table = {row["code"]: row for row in rows("permit_statuses.csv")}
    assert {code: what(rule) for code, rule in rules.items()} == {
        code: shown[row["public"]] for code, row in table.items()
    }
    assert [(c.code, c.title.vi) for c in catalog.codelists["permit_status"].codes] == [
        (c, r["vi"]) for c, r in table.items()
    ]


def what(rule: RowRule) -> tuple[Show, tuple[str, ...], bool]:
    return rule.show, rule.fields, rule.geometry


@pytest.mark.parametrize(
    ("codelist", "table", "column"),
    [
        ("land_function", "planning_land_functions_tt16.csv", "layer_code"),
        ("permit_type", "permit_types.csv", "code"),
        ("land_origin", "gcn_land_origin_codes.csv", "code"),
        ("land_user_type", "land_user_type_codes.csv", "code"),
    ],
)
def test_the_other_codes_agree(catalog: Catalog, codelist: str, table: str, column: str) -> None:
    assert [c.code for c in catalog.codelists[codelist].codes] == [row[column] for row in rows(table)]


def test_zone_functions_have_the_colours_of_the_table(catalog: Catalog) -> None:
    colors = {row["layer_code"]: row["hex"] for row in rows("planning_land_functions_tt16.csv")}
    assert {c.code: c.color or "" for c in catalog.codelists["land_function"].codes} == colors


def test_every_level_of_planning_is_a_kind_of_plan(catalog: Catalog) -> None:
    kinds = {c.code for c in catalog.codelists["plan_kind"].codes}
    assert kinds == {row["level"] for row in rows("planning_levels.csv")} | {"QHSDĐ", "KHSDĐ"}

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Broken = Callable[[str, str, str], list[str]]
FILE = "layers/territories/town.toml: "


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('id = "town"', 'id = "city"', "id: 'city' is not the file's name; write id = \"town\" or rename the file"),
        (
            "storage_crs = 9210",
            "storage_crs = 999999",
            "storage_crs: EPSG:999999 is not a known CRS; give an EPSG code",
        ),
        (
            "storage_crs = 9210",
            "storage_crs = 4326",
            "storage_crs: EPSG:4326 is not in metres; areas need a projected CRS",
        ),
        (
            "storage_crs = 9210",
            'storage_crs = "9210"',
            "storage_crs: is the text '9210', must be a whole number without",
        ),
        ("storage_crs = 9210\n", "", "storage_crs: missing; add it"),
        ("[9210, 4326]", "[9210, 1]", "source_crs: EPSG:1 is not a known CRS; give an EPSG code"),
        (
            "[106.0, 10.0, 107.0, 11.0]",
            "[106.0, 10.0, 107.0]",
            "bounds: has 3 numbers, must have 4: west, south, east, north",
        ),
        (
            "[106.0, 10.0, 107.0, 11.0]",
            "[10.0, 106.0, 11.0, 107.0]",
            "bounds: [10.0, 106.0, 11.0, 107.0] is not west < east, south < north in degrees; put longitude first",
        ),
        ("[106.0, 10.0, 107.0, 11.0]", '"all"', "bounds: is the text 'all', must be an array of numbers; write [1, 2]"),
        (
            "Asia/Ho_Chi_Minh",
            "Asia/Saigon_",
            "time_zone: is the text 'Asia/Saigon_', not an IANA time zone; write one like",
        ),
        ("Asia/Ho_Chi_Minh", "../zone", "time_zone: is the text '../zone', not an IANA time zone; write one like"),
        (
            "[106.5, 10.5, 12]",
            "[10.5, 106.5, 12]",
            "view: [10.5, 106.5, 12] is outside bounds or zoom 0 to 24; put longitude",
        ),
        ("[106.5, 10.5, 12]", "[106.5, 10.5]", "view: has 2 numbers, must have 3: longitude, latitude, zoom"),
        ("view =", "veiw =", "veiw: unknown key; did you mean 'view'?"),
        ("storage_crs = 9210", "storage_crs = ", "not valid TOML: "),
    ],
)
def test_each_mistake_is_named_with_key_and_mend(broken: Broken, old: str, new: str, line: str) -> None:
    (found,) = broken("territories/town.toml", old, new)
    assert found.startswith(FILE + line)


def test_a_view_and_source_systems_may_be_left_out(definitions: Any) -> None:
    definitions.change("territories/town.toml", "view = [106.5, 10.5, 12]\n", "")
    definitions.change("territories/town.toml", "source_crs = [9210, 4326]\n", "")
    territory = definitions.read().territory
    assert territory.source_crs == ()
    assert territory.view == (0.0, 0.0, 2.0)


NAME = """
[[names]]
title = { vi = "Biển", en = "Sea" }
kind = "sea"
at = [108.0, 9.7]
zooms = [3, 7]
"""


def named(definitions: Any, name: str) -> None:
    definitions.change("territories/town.toml", "[106.5, 10.5, 12]\n", f"[106.5, 10.5, 12]\n{name}")


def test_names_of_seas_and_islands_are_read(definitions: Any) -> None:
    named(definitions, NAME)
    (name,) = definitions.read().territory.names
    assert (name.title.vi, name.kind, name.at, name.zooms) == ("Biển", "sea", (108.0, 9.7), (3, 7))


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('"sea"', '"lake"', "names[1].kind: is the text 'lake', must be one of sea, islands"),
        ("[108.0, 9.7]", "[9.7, 108.0]", "names[1].at: [9.7, 108.0] is no longitude, latitude in degrees"),
        ("[3, 7]", "[7, 3]", "names[1].zooms: [7, 3] is no rising pair of zooms 0 to 24; mend them"),
        ("zooms", "zoom", "names[1].zooms: missing; add it"),
    ],
)
def test_a_mistake_in_a_name_is_told(definitions: Any, old: str, new: str, line: str) -> None:
    named(definitions, NAME.replace(old, new))
    assert any(found.startswith(FILE + line) for found in definitions.problems())

"""The whole demo city, layer by layer: a pure function of the number of parcels and the seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gis.demo import (
    buildings,
    corridors,
    covered,
    flood,
    heritage,
    parcels,
    permits,
    plans,
    projects,
    registry,
    roads,
    streets,
    wards,
    zones,
)
from gis.demo.buildings import Buildings
from gis.demo.city import City, build
from gis.demo.parcels import Parcels
from gis.demo.plans import PlanSet
from gis.demo.streets import Streets
from gis.demo.wards import Wards
from gis.demo.zones import Ground, Limits
from gis.store.stage import Records

LAYERS = (
    "wards", "plans", "zones", "road_lines", "parcels", "buildings", "permits", "housing_projects",
    "corridors", "heritage", "flood",
)  # fmt: skip
"""The layers of the demo city, in the order in which they are loaded."""


@dataclass(frozen=True, slots=True)
class Content:
    """Everything drawn; `records` writes it down."""

    city: City
    wards: Wards
    streets: Streets
    parcels: Parcels
    plans: PlanSet
    ground: Ground
    limits: Limits
    buildings: Buildings


def draw(count: int, seed: int) -> Content:
    """The demo city with `count` parcels of today; the same count and seed give the same to the byte.

    Raises InvalidParameter for counts and seeds out of range.
    """
    city = build(count, seed)
    units = wards.draw_wards(city)
    names = streets.name_streets(city)
    described = parcels.describe(city, units, names, registry.register(city, units))
    limits = zones.draw_limits(city)
    stands = buildings.draw_buildings(city, described, limits, covered.surveyed_communes(units))
    return Content(
        city, units, names, described, plans.draw_plans(city, units), zones.draw_ground(city), limits, stands
    )


def records(content: Content, layer: str) -> Iterator[Records]:
    """The records of one of `LAYERS`, in batches, geometry in EPSG:9210 (easting, northing)."""
    c = content
    writers: dict[str, Callable[[], Iterator[Records]]] = {
        "wards": lambda: wards.records(c.city, c.wards),
        "plans": lambda: plans.records(c.city, c.plans),
        "zones": lambda: zones.records(c.city, c.wards, c.plans, c.ground, c.limits),
        "road_lines": lambda: roads.records(c.city, c.wards, c.streets),
        "parcels": lambda: parcels.records(c.city, c.wards, c.parcels),
        "buildings": lambda: buildings.records(c.city, c.parcels, c.buildings),
        "permits": lambda: permits.records(c.city, c.wards, c.parcels, c.buildings),
        "housing_projects": lambda: projects.records(c.city, c.ground),
        "corridors": lambda: corridors.records(c.city, c.wards),
        "heritage": lambda: heritage.records(c.city, c.wards),
        "flood": lambda: flood.records(c.city, c.wards),
    }
    return writers[layer]()

"""What lies at a place: in one state of the database, on both time axes, and nothing that the caller may not see."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import numpy as np
import psycopg
import pyarrow as pa
import pytest
import shapely

from gis.crs.transform import transform_geometries
from gis.errors import InvalidParameter
from gis.model.access import Area, Decision, agency_decision, public_decision
from gis.model.change import Provenance
from gis.model.layer import Catalog, Layer
from gis.ops.table import table
from gis.store import coverage
from gis.store.coverage import Declaration
from gis.store.pools import Pools, Snapshot
from gis.store.publish import publish
from gis.store.stage import Records, stage
from gis.store.vicinity import Moment, Near, Vicinity, vicinity, withheld

E0, N0 = 603_700.0, 1_191_840.0
LOT = shapely.box(E0, N0, E0 + 10, N0 + 10)
BEFORE, SINCE = datetime(2020, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)
NOW = Moment()
WHEN = pa.timestamp("us", tz="UTC")


def box(x: float, y: float, size: float = 10.0) -> shapely.Polygon:
    return shapely.box(E0 + x, N0 + y, E0 + x + size, N0 + y + size)


def degrees(*shapes: shapely.Geometry) -> list[shapely.Geometry]:
    return list(transform_geometries(np.array(shapes, dtype=object), 9210, 84))


@dataclass(frozen=True)
class Land:
    """A database of its own, and how it is filled."""

    dsn: str
    db: psycopg.Connection
    catalog: Catalog

    def publish(self, layer: str, shapes: list[shapely.Geometry], **columns: Sequence[object]) -> int:
        """One changeset of new features, each with the number of its row as id."""
        count = len(shapes)
        named = {"id": pa.array([UUID(int=i + 1).bytes for i in range(count)], pa.binary())}
        named |= {name: pa.array(values) for name, values in columns.items()}
        named.setdefault("valid_from", pa.array([BEFORE] * count, WHEN))
        multi = [s if s.geom_type in ("Point", "LineString") else shapely.MultiPolygon([s]) for s in shapes]
        records = Records(np.array(multi, dtype=object), named)
        number = publish(
            self.db,
            stage(self.db, self.catalog.layers[layer], Provenance("test", "Test"), [records]),
            self.catalog.layers[layer],
        )
        assert number is not None
        return number

    def declare(self, layer: str, area: shapely.Geometry, level: str, commune: str | None = None) -> None:
        said = Declaration(degrees(area)[0], level, date(2026, 1, 1), "Sở thử", commune)
        with self.db.transaction():
            coverage.declare(self.db, self.catalog.layers[layer], [said])

    @asynccontextmanager
    async def reading(self, pool: str = "public") -> AsyncIterator[Snapshot]:
        pools = await Pools.open(self.dsn, size=1)
        try:
            async with pools.reading(pool) as source:
                yield source
        finally:
            await pools.close()

    async def near(
        self, *layers: str, reach: float = 0.0, moment: Moment = NOW, staff: bool = False, **more: int
    ) -> Vicinity:
        async with self.reading("staff" if staff else "public") as source:
            wanted = [(self.catalog.layers[name], self.decision(name, staff=staff)) for name in layers]
            return await vicinity(source, wanted, LOT, reach, moment, **more)

    def decision(self, layer: str, *, staff: bool) -> Decision:
        found: Layer = self.catalog.layers[layer]
        return agency_decision(found, None, "test") if staff else public_decision(found)


@pytest.fixture
def land(database: str, db: psycopg.Connection, catalog: Catalog) -> Land:
    return Land(database, db, catalog)


def zone_row(count: int) -> dict[str, list[object]]:
    return {"code": [f"Z{i}" for i in range(count)], "plan": ["P"] * count}


async def test_features_are_found_within_reach_of_the_shape_and_not_of_its_box(land: Land) -> None:
    land.publish("zones", [box(-40, 0), box(12, 0), box(20, 20)], **zone_row(3))
    found = await land.near("zones", reach=12.0)
    assert found.layers["zones"].found.column("code").tolist() == ["Z1"]
    farther = await land.near("zones", reach=15.0)  # Z2 lies 14.1 m away, across the corner
    assert farther.layers["zones"].found.column("code").tolist() == ["Z1", "Z2"]


async def test_each_layer_may_have_a_reach_of_its_own(land: Land) -> None:
    land.publish("zones", [box(30, 0)], **zone_row(1))
    land.publish("buildings", [box(30, 0)], code=["B"])
    async with land.reading() as source:
        wanted = [(land.catalog.layers[name], land.decision(name, staff=False)) for name in ("zones", "buildings")]
        found = await vicinity(source, wanted, LOT, {"zones": 25.0, "buildings": 5.0}, Moment())
    assert [len(one.found) for one in found.layers.values()] == [1, 0]


async def test_values_come_as_they_are_with_times_and_changeset(land: Land) -> None:
    number = land.publish(
        "zones", [box(0, 0)], code=["Z"], plan=["P"], far_max=[2.5], storeys_max=[5], effective_on=[date(2020, 1, 1)]
    )
    near = (await land.near("zones")).layers["zones"]
    told = near.found.record(0)
    assert told["id"] == str(UUID(int=1))
    assert (told["far_max"], told["storeys_max"], told["effective_on"]) == (2.5, 5, date(2020, 1, 1))
    assert told["coverage_max"] is None
    assert (told["valid_from"], told["valid_to"], told["changeset"]) == (BEFORE, None, number)
    assert near.found.geometry[0].equals(shapely.MultiPolygon([box(0, 0)]))
    assert near.found.crs == 9210


async def test_lists_and_texts_of_agencies_are_for_agencies(land: Land) -> None:
    land.publish(
        "parcels",
        [box(0, 0)],
        sheet=["1"],
        parcel=["2"],
        land_uses=[["ODT", "CLN"]],
        legal_area=[101.5],
        parcel_identifier=["bcdfghjkmnpq"],
    )
    public = (await land.near("parcels")).layers["parcels"].found
    assert public.column("land_uses").tolist() == [["ODT", "CLN"]]
    assert not {"legal_area", "parcel_identifier", "address", "holder_name"} & set(public.columns)
    staff = (await land.near("parcels", staff=True)).layers["parcels"].found
    assert staff.record(0)["legal_area"] == 101.5
    assert "holder_name" not in staff


async def test_both_time_axes_select(land: Land) -> None:
    first = land.publish("zones", [box(0, 0)], **zone_row(1))
    second = land.publish("buildings", [box(0, 0)], code=["B"], valid_from=pa.array([SINCE], WHEN))
    now = await land.near("zones", "buildings")
    assert [len(one.found) for one in now.layers.values()] == [1, 1]
    assert now.changeset == second
    earlier = await land.near("zones", "buildings", moment=Moment(at=SINCE - timedelta(days=1)))
    assert [len(one.found) for one in earlier.layers.values()] == [1, 0]
    known = await land.near("zones", "buildings", moment=Moment(known=first))
    assert [len(one.found) for one in known.layers.values()] == [1, 0]
    assert known.changeset == first
    nothing = await land.near("zones", moment=Moment(known=datetime(2000, 1, 1, tzinfo=UTC)))
    assert (len(nothing.layers["zones"].found), nothing.changeset, nothing.known_at) == (0, 0, None)


async def test_the_weakest_declaration_has_the_ground(land: Land) -> None:
    land.declare("zones", box(-50, -50, 100), "complete")
    land.declare("zones", shapely.box(E0 + 5, N0 - 50, E0 + 50, N0 + 50), "none")
    declared = (await land.near("zones", "plans")).layers
    inside = shapely.intersection(declared["zones"].declared.geometry, LOT)
    levels = dict(zip(declared["zones"].declared.column("level"), shapely.area(inside), strict=True))
    assert levels == pytest.approx({"complete": 50, "none": 50}, abs=0.01)
    assert len(declared["plans"].declared) == 0
    assert declared["zones"].declared.column("agency").tolist() == ["Sở thử", "Sở thử"]


@pytest.mark.parametrize(
    ("place", "told"),
    [
        (box(0, 0), ["complete"]),
        (box(5, 0), ["complete", "none"]),
        (box(20, 0), []),
        (shapely.Point(E0 + 5, N0 + 5), ["complete"]),
        (shapely.Point(E0 + 25, N0 + 5), []),
    ],
)
def test_a_declaration_that_only_touches_the_place_is_not_told(
    catalog: Catalog, place: shapely.Geometry, told: list[str]
) -> None:
    declared = table({"level": ["complete", "none"]}, np.array([box(0, 0), box(10, 0)], dtype=object), 9210)
    near = Near(catalog.layers["zones"], declared, declared, withheld=False)
    assert near.declared_at(place).column("level").tolist() == told


async def test_an_answer_is_given_again_by_its_instant_of_knowledge_whatever_is_declared_or_published_later(
    land: Land,
) -> None:
    land.publish("zones", [box(0, 0)], **zone_row(1))
    land.declare("zones", box(-50, -50, 100), "complete", "26740")
    before = await land.near("zones")
    land.declare("zones", box(-50, -50, 100), "none", "26740")
    land.publish("zones", [box(0, 0), box(2, 2)], id=[UUID(int=9).bytes, UUID(int=8).bytes], **zone_row(2))
    after = await land.near("zones")
    assert levels(after) == ["none"]
    assert len(after.layers["zones"].found) == 3
    again = await land.near("zones", moment=Moment(before.instant, before.known_at))
    assert levels(again) == levels(before) == ["complete"]
    assert again.layers["zones"].found.column("id").tolist() == [str(UUID(int=1))]
    assert (again.changeset, again.known_at) == (before.changeset, before.known_at)
    later = await land.near("zones", moment=Moment(after.instant, after.known_at))
    assert levels(later) == ["none"] and len(later.layers["zones"].found) == 3


async def test_a_withdrawn_declaration_still_stands_as_known_before(land: Land) -> None:
    land.publish("zones", [box(0, 0)], **zone_row(1))
    land.declare("zones", box(-50, -50, 100), "complete")
    before = await land.near("zones")
    row = land.db.execute("SELECT max(id) FROM landmap.coverage").fetchone()
    assert row is not None
    coverage.withdraw(land.db, row[0])
    after = await land.near("zones")
    assert levels(after) == []
    assert after.known_at is not None and before.known_at is not None and after.known_at > before.known_at
    assert levels(await land.near("zones", moment=Moment(after.instant, after.known_at))) == []
    assert levels(await land.near("zones", moment=Moment(before.instant, before.known_at))) == ["complete"]


def levels(found: Vicinity) -> list[str]:
    told: list[str] = found.layers["zones"].declared.column("level").tolist()
    return told


async def test_who_declares_waits_for_who_publishes_so_that_an_instant_names_one_state(land: Land) -> None:
    with psycopg.connect(land.dsn) as other:
        other.execute("SELECT landmap.open_changeset('test', 'Test')")
        land.db.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            land.declare("zones", box(0, 0), "complete")


async def test_rows_without_a_public_place_are_not_there_and_the_layer_says_so_everywhere(land: Land) -> None:
    states = ["ISSUED", "IN_REVIEW", "DRAFT"]
    land.publish("permits", [box(0, 0)] * 3, number=["1", "2", "3"], status=states)
    public = (await land.near("permits")).layers["permits"]
    assert public.found.column("status").tolist() == ["ISSUED"]
    assert public.withheld
    staff = (await land.near("permits", staff=True)).layers["permits"]
    assert sorted(staff.found.column("status")) == sorted(states)
    assert not staff.withheld


async def test_hidden_rows_alone_move_neither_version_nor_instant_of_the_public(land: Land) -> None:
    land.publish("permits", [box(0, 0)], number=["1"], status=["ISSUED"])
    before = await land.near("permits")
    land.publish("permits", [box(0, 0)], id=[UUID(int=7).bytes], number=["9"], status=["DRAFT"])
    after = await land.near("permits")
    assert (after.changeset, after.known_at, after.effective) == (before.changeset, before.known_at, before.effective)
    assert (await land.near("permits", staff=True)).changeset > after.changeset


async def test_a_reduced_row_shows_its_outline_and_nothing_else(land: Land) -> None:
    land.publish("parcels", [box(0, 0)], sheet=["1"], parcel=["2"], land_use=["CQP"])
    found = (await land.near("parcels")).layers["parcels"].found
    told = found.record(0)
    assert {name for name, value in told.items() if value is not None} == {"id"}
    assert found.geometry[0].area == pytest.approx(100)


@pytest.mark.parametrize(
    ("layer", "hides"), [("permits", True), ("plans", True), ("zones", True), ("parcels", False), ("buildings", False)]
)
def test_whether_a_layer_withholds_follows_from_its_rules(catalog: Catalog, layer: str, hides: bool) -> None:
    found = catalog.layers[layer]
    assert withheld(found, public_decision(found)) is hides
    assert withheld(found, agency_decision(found, Area("a", "b"), "")) is hides
    assert not withheld(found, agency_decision(found, None, ""))


async def test_a_large_geometry_is_cut_outside_of_the_reach_and_keeps_its_area_there(land: Land) -> None:
    angle = np.linspace(0, 2 * np.pi, 3_000, endpoint=False)
    ring = np.column_stack([E0 + 3_000 * np.cos(angle), N0 + 3_000 * np.sin(angle)])
    large = shapely.Polygon(ring, [np.array(box(3, 3, 2).exterior.coords)])
    land.publish("zones", [large], **zone_row(1))
    found = (await land.near("zones", reach=5.0)).layers["zones"].found
    assert shapely.get_num_coordinates(found.geometry[0]) < 50
    assert shapely.intersection(found.geometry[0], LOT).area == pytest.approx(96, abs=1e-6)
    assert shapely.covers(found.geometry[0], LOT.buffer(5).difference(box(3, 3, 2)))


async def test_too_much_is_refused_by_layer_and_not_cut_off(land: Land) -> None:
    land.publish("zones", [box(0, 0)] * 4, **zone_row(4))
    assert len((await land.near("zones", most=4)).layers["zones"].found) == 4
    with pytest.raises(InvalidParameter, match="more than 3 features of 'zones'") as raised:
        await land.near("zones", most=3)
    assert raised.value.where == "zones"


async def test_no_layer_is_no_question(land: Land) -> None:
    with pytest.raises(InvalidParameter, match="Name a layer"):
        await land.near()


async def test_one_state_of_the_database_answers_two_questions(land: Land) -> None:
    land.publish("zones", [box(0, 0)], **zone_row(1))
    wanted = [(land.catalog.layers["zones"], land.decision("zones", staff=False))]
    async with land.reading() as source:
        before = await vicinity(source, wanted, LOT, 0.0, Moment())
        land.publish("zones", [box(0, 0)], id=[UUID(int=5).bytes], **zone_row(1))
        after = await vicinity(source, wanted, LOT, 0.0, Moment())
    assert len(before.layers["zones"].found) == len(after.layers["zones"].found) == 1


async def test_what_is_told_since_when_is_what_the_caller_sees(land: Land) -> None:
    """A change of a hidden field is no change to the public."""
    first = land.publish("parcels", [box(0, 0)], sheet=["1"], parcel=["2"], address=["12 Lê Lợi"])
    land.db.execute("UPDATE land.parcels SET address = '14 Lê Lợi'")
    public = (await land.near("parcels")).layers["parcels"].found.record(0)
    staff = (await land.near("parcels", staff=True)).layers["parcels"].found.record(0)
    assert (public["changeset"], public["valid_from"]) == (first, BEFORE)
    assert staff["changeset"] > first and staff["valid_from"] > BEFORE

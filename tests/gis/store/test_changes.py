"""The change feed and the versions: what differs between two states, for each caller, and nothing else."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import orjson
import psycopg
import pyarrow as pa
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.errors import ConflictError, NotFound
from gis.model.access import Area, Decision, agency_decision, public_decision
from gis.model.filter import Call, Node, Property, Value
from gis.model.layer import Catalog, Layer
from gis.model.query import BBox, ItemQuery, Shown
from gis.store import access, changes, changesets, match, stage
from gis.store.changes import CHANGE, Span, changes_sql, span_sql
from gis.store.items import item_sql, page_sql
from gis.store.pools import Pools
from gis.store.publish import publish
from gis.store.versions import times_sql, versions_sql
from tests.gis.store.conftest import E0, N0, WHO

FEATURES = 6
STATES = ("ISSUED", "DRAFT", "IN_REVIEW", None)
WORDS = ("A", "B", "C")
EPOCH = datetime(2030, 1, 1, tzinfo=UTC)
"""Days of the tests lie ahead, so that edits of now lie before all of them."""

AREA = shapely.box(E0 - 50, N0 - 50, E0 + 50, N0 + 50)
BOX = BBox((E0 - 5, N0 - 5, E0 + 105, N0 + 5), 9210)


def _id(number: int) -> UUID:
    return UUID(int=(0x50 << 120) | number)


@dataclass(frozen=True)
class Edit:
    """What one changeset says of one feature: for good from now on, or from one day of the tests to another."""

    kind: str
    feature: int
    state: str | None
    word: str
    place: int
    begins: int
    days: int | None


edits = st.builds(
    Edit,
    st.sampled_from(["write", "write", "dated", "dated", "hidden", "hidden", "dated hidden", "delete", "revert"]),
    st.integers(1, FEATURES),
    st.sampled_from(STATES),
    st.sampled_from(WORDS),
    st.integers(0, 2),
    st.integers(0, 9),
    st.none() | st.integers(1, 5),
)


def _day(day: int) -> datetime:
    return EPOCH + timedelta(days=day)


class World:
    """A database that edits are made in."""

    def __init__(self, dsn: str, catalog: Catalog) -> None:
        self.db = psycopg.connect(dsn, autocommit=True)
        self.catalog = catalog
        self.layer = catalog.layers["permits"]

    def make(self, edit: Edit) -> None:
        """The edit as a changeset; none where it says nothing new, or contradicts."""
        there = self.db.execute("SELECT number, status, ST_X(geom), address FROM land.permits WHERE id = %s", (_id(edit.feature),)).fetchone()  # fmt: skip
        if edit.kind == "revert":
            self._revert(edit.begins)
        elif edit.kind == "delete":
            self.db.execute("DELETE FROM land.permits WHERE id = %s", (_id(edit.feature),))
        elif edit.kind == "hidden":
            if there is not None:
                hidden = f"{there[3] or ''}{edit.word}"[-20:]
                self.db.execute("UPDATE land.permits SET address = %s WHERE id = %s", (hidden, _id(edit.feature)))
        elif edit.kind == "dated hidden":
            if (then := self._then(edit.feature, edit.begins)) is not None:
                number, state, x, address, until = then
                self._publish(edit, number, state, x - E0, f"{address or ''}{edit.word}"[-20:], until)
        elif edit.kind == "write":
            point = shapely.Point(E0 + 60.0 * edit.place, N0).wkt
            if there is None:
                self.db.execute(
                    "INSERT INTO land.permits (id, number, status, address, geom) VALUES (%s, %s, %s, 'x', ST_GeomFromText(%s, 9210)) "
                    "ON CONFLICT DO NOTHING",
                    (_id(edit.feature), edit.word, edit.state, point),
                ) if not self._later(edit.feature) else None
            else:
                self.db.execute(
                    "UPDATE land.permits SET number = %s, status = %s, geom = ST_GeomFromText(%s, 9210) WHERE id = %s",
                    (edit.word, edit.state, point, _id(edit.feature)),
                )
        else:
            days = None if edit.days is None else _day(edit.begins + edit.days)
            self._publish(edit, edit.word, edit.state, 60.0 * edit.place, "dated", days)

    def _then(self, feature: int, day: int) -> tuple[str, str | None, float, str | None, datetime | None] | None:
        """What holds on the day, and until when."""
        row: tuple[str, str | None, float, str | None, datetime | None] | None = self.db.execute(
            "SELECT number, status, ST_X(geom), address, upper(valid) FROM land_history.permits "
            "WHERE id = %s AND to_changeset IS NULL AND valid @> %s::timestamptz",
            (_id(feature), _day(day)),
        ).fetchone()
        return row

    def _later(self, feature: int) -> bool:
        row = self.db.execute(
            "SELECT FROM land_history.permits WHERE id = %s AND to_changeset IS NULL", (_id(feature),)
        )
        return row.fetchone() is not None

    def _publish(
        self, edit: Edit, number: str, state: str | None, x: float, address: str, until: datetime | None
    ) -> None:
        when = pa.timestamp("us", tz="UTC")
        columns: dict[str, pa.Array] = {
            "id": pa.array([_id(edit.feature).bytes], pa.binary()),
            "valid_from": pa.array([_day(edit.begins)], when),
            "valid_to": pa.array([until], when),
            "number": pa.array([number], pa.string()),
            "status": pa.array([state], pa.string()),
            "address": pa.array([address], pa.string()),
        }
        records = stage.Records(np.array([shapely.Point(E0 + x, N0)], dtype=object), columns)
        staged = stage.stage(self.db, self.layer, WHO, [records])
        match.match(self.db, staged, self.layer, None)
        try:
            publish(self.db, staged, self.layer)
        except ConflictError:
            stage.refuse(self.db, staged)

    def _revert(self, back: int) -> None:
        try:
            changesets.revert(self.db, self.newest() - back, self.catalog, "tester")
        except (ConflictError, NotFound):
            return

    def newest(self) -> int:
        row = self.db.execute("SELECT coalesce(max(number), 0) FROM landmap.changeset").fetchone()
        assert row is not None
        return int(row[0])


@dataclass(frozen=True)
class Seen:
    """A way to look at the layer."""

    caller: str
    box: bool
    condition: str | None
    properties: tuple[str, ...] | None

    def query(self, **more: Any) -> ItemQuery:
        condition: Node | None = None
        if self.condition is not None:
            condition = _condition(self.condition)
        return ItemQuery(
            "permits",
            limit=1000,
            bbox=BOX if self.box else None,
            filter=condition,
            shown=Shown(self.properties),
            **more,
        )


def _condition(text: str) -> Node:
    name, op, value = re.split("(=|>|<)", text)
    return Call(op, (Property(name), Value(value if op == "=" else _day(int(value)))))


views = st.builds(
    Seen,
    st.sampled_from(["public", "agency", "ward"]),
    st.booleans(),
    st.none() | st.sampled_from(["number=A", "status=ISSUED", "valid_from>4", "valid_to>6"]),
    st.none() | st.sampled_from([("number",), ("status", "valid_from"), ("number", "valid_to")]),
)


def _decision(layer: Layer, caller: str, digest: str) -> Decision:
    if caller == "public":
        return public_decision(layer)
    return agency_decision(layer, Area("phuong", digest) if caller == "ward" else None, "test")


def _features(row: Any, member: str = "features") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = orjson.loads(b"[" + (row[member] or b"") + b"]")
    return found


def _plain(feature: dict[str, Any]) -> dict[str, Any]:
    """What is compared: the changeset follows from the rest only where all is shown."""
    return {**feature, "recordedAt": None}


async def _items(
    pools: Pools, layer: Layer, seen: Seen, decision: Decision, known: int, at: datetime
) -> dict[str, Any]:
    row = await pools.row(page_sql(layer, seen.query(known=known, at=at), decision), decision.pool)
    return {feature["id"]: _plain(feature) for feature in _features(row)}


async def _feed(
    pools: Pools, layer: Layer, seen: Seen, decision: Decision, span: Span, size: int
) -> list[dict[str, Any]]:
    """All changes, by pages of `size`."""
    found: list[dict[str, Any]] = []
    after: UUID | None = None
    while True:
        query = seen.query()
        sql = changes_sql(layer, ItemQuery(**{**_fields(query), "limit": size}), decision, span, after)
        row = await pools.row(sql, decision.pool)
        assert row is not None and row["returned"] <= size
        found += _features(row)
        after = row["last_id"] if row["more"] else row["looked_at"]
        if after is None:
            return found


def _fields(query: ItemQuery) -> dict[str, Any]:
    return {name: getattr(query, name) for name in query.__slots__}


def _applied(items: dict[str, Any], told: list[dict[str, Any]]) -> dict[str, Any]:
    result = dict(items)
    for change in told:
        what = change["properties"].pop(CHANGE)
        assert (change["id"] in items) == (what != "INSERT")
        if what == "DELETE":
            assert change["geometry"] is None
            del result[change["id"]]
        else:
            assert result.get(change["id"]) != _plain(change), "a change that changes nothing"
            result[change["id"]] = _plain(change)
    return result


@pytest.fixture(scope="module")
def worlds(make_database: Callable[..., str], catalog: Catalog) -> Iterator[Callable[[], tuple[str, World]]]:
    """Worlds, each of which ends the one before, so that failures leave no connection behind."""
    with ExitStack() as last:

        def make() -> tuple[str, World]:
            last.close()
            dsn = make_database()
            world = World(dsn, catalog)
            last.callback(world.db.close)
            access.add_agency(world.db, "phuong", "phuong", "tester")
            access.set_area(world.db, catalog, "phuong", AREA, "test", "tester")
            return dsn, world

        yield make


SLOW = settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))


@SLOW
@given(
    st.lists(edits, min_size=15, max_size=30),
    st.lists(
        st.tuples(
            views, st.integers(0, 30), st.integers(0, 30), st.integers(0, 15), st.integers(0, 15), st.integers(1, 4)
        ),
        min_size=25,
        max_size=25,
    ),
)
def test_the_items_of_one_state_and_the_changes_give_the_items_of_the_other(
    worlds: Callable[[], tuple[str, World]], made: list[Edit], asked: list[tuple[Seen, int, int, int, int, int]]
) -> None:
    dsn, world = worlds()
    for edit in made:
        world.make(edit)
    asyncio.run(_prove(dsn, world, asked))


async def _prove(dsn: str, world: World, asked: list[tuple[Seen, int, int, int, int, int]]) -> None:
    pools, layer, newest = await Pools.open(dsn, size=2), world.layer, world.newest()
    row = world.db.execute("SELECT area_digest FROM landmap.agency WHERE id = 'phuong'").fetchone()
    assert row is not None
    try:
        for seen, one, two, then, at, size in asked:
            decision = _decision(layer, seen.caller, row[0])
            since, until = sorted((one % (newest + 1), two % (newest + 1)))
            span = Span(since, until, _day(then) + timedelta(hours=1), _day(at) + timedelta(hours=1))
            before = await _items(pools, layer, seen, decision, since, span.then)
            after = await _items(pools, layer, seen, decision, until, span.at)
            told = await _feed(pools, layer, seen, decision, span, size)
            assert [change["id"] for change in told] == sorted({change["id"] for change in told})
            assert _applied(before, told) == after, (seen, span)
    finally:
        await pools.close()


@SLOW
@given(
    st.lists(edits, min_size=8, max_size=16),
    st.lists(st.tuples(st.sampled_from(["hidden", "dated hidden"]), st.integers(1, FEATURES), st.sampled_from(WORDS), st.integers(0, 9)), min_size=3, max_size=6),
)  # fmt: skip
def test_a_change_that_the_public_does_not_see_leaves_what_it_is_told(
    worlds: Callable[[], tuple[str, World]], made: list[Edit], hidden: list[tuple[str, int, str, int]]
) -> None:
    """Items, single items, versions and the feed, with their times and changesets: byte for byte."""
    dsn, world = worlds()
    for edit in made:
        world.make(edit)
    told, until = asyncio.run(_told(dsn, world, None)), world.newest()
    for kind, feature, word, day in hidden:
        world.make(Edit(kind, feature, None, word, 0, day, None))
    assert asyncio.run(_told(dsn, world, until)) == told


async def _told(dsn: str, world: World, until: int | None) -> list[object]:
    """All that the public is told at some instants; the feed up to the newest changeset, and from `until` on nothing."""
    pools, layer, decision = await Pools.open(dsn, size=2), world.layer, public_decision(world.layer)
    everything = Seen("public", False, None, None)
    found: list[object] = []
    bounds = [f"{name}>{day}" for name in ("valid_from", "valid_to") for day in range(10)]
    try:
        for bound in bounds:
            query = ItemQuery("permits", limit=1000, at=_day(12), filter=_condition(bound))
            row = await pools.row(page_sql(layer, query, decision))
            found.append(sorted(str(feature["id"]) for feature in _features(row)))
        for day in range(-1, 16):
            at = _day(day) + timedelta(hours=1)
            row = await pools.row(page_sql(layer, ItemQuery("permits", limit=1000, at=at), decision))
            assert row is not None
            page = sorted(_features(row), key=lambda feature: str(feature["id"]))
            found.append(page)
            for feature in page:
                one = await pools.row(item_sql(layer, UUID(feature["id"]), ItemQuery("permits", at=at), decision))
                assert one is not None
                alone = _features(one, "feature")[0]
                assert alone["properties"] == feature["properties"]
                found.append(alone)
            span = Span(0, world.newest(), at, at)
            found.append(await _feed(pools, layer, everything, decision, span, 1000))
            if until is not None:
                assert await _feed(pools, layer, everything, decision, Span(until, world.newest(), at, at), 1000) == []
        for number in range(1, FEATURES + 1):
            row = await pools.row(versions_sql(layer, _id(number), ItemQuery("permits"), decision))
            found.append(_features(row))
    finally:
        await pools.close()
    return found


async def test_a_filter_does_not_find_the_instant_of_a_change_that_is_not_seen(
    worlds: Callable[[], tuple[str, World]],
) -> None:
    dsn, world = worlds()
    world.make(Edit("write", 1, "ISSUED", "A", 0, 0, None))
    world.make(Edit("dated hidden", 1, None, "B", 0, 5, None))
    cut = world.db.execute("SELECT count(*) FROM land_history.permits WHERE lower(valid) = %s", (_day(5),)).fetchone()
    assert cut == (1,)
    pools, restricted = await Pools.open(dsn, size=2), public_decision(world.layer)
    every = agency_decision(world.layer, None, "test")
    found: dict[str, list[int]] = {}
    try:
        for day, bound in [(12, "valid_from>3"), (12, "valid_from<1"), (2, "valid_to<9")]:
            query = ItemQuery("permits", at=_day(day), filter=_condition(bound))
            rows = [await pools.row(page_sql(world.layer, query, d), d.pool) for d in (restricted, every)]
            found[bound] = [row["returned"] for row in rows if row is not None]
    finally:
        await pools.close()
    assert found == {"valid_from>3": [0, 1], "valid_from<1": [1, 0], "valid_to<9": [0, 1]}


async def test_a_feature_of_a_thousand_changes_is_told_like_one_of_two(
    worlds: Callable[[], tuple[str, World]],
) -> None:
    """Every second change is of a field that the public does not see: to it there were five hundred."""
    dsn, world = worlds()
    many, changeset = 1_000, world.newest()
    with world.db.transaction():
        world.db.execute("SET LOCAL session_replication_role = replica")  # changesets keep the instants given here
        world.db.execute(
            """INSERT INTO landmap.changeset (number, actor, title, begun_at, committed_at)
               SELECT %(c)s + i, 'tester', 'many', %(at)s, %(at)s + make_interval(days => i) FROM generate_series(1, %(n)s) i""",
            {"c": changeset, "n": many, "at": EPOCH},
        )
        world.db.execute(
            """INSERT INTO land_history.permits (version, fid, id, valid, valid_from_known, from_changeset, to_changeset, number, status, address, geom, geom_84, sort_key)
               SELECT 100 + row_number() OVER (ORDER BY i, whole DESC), 1, %(id)s, tstzrange(%(at)s + make_interval(days => i),
                      CASE WHEN NOT whole THEN %(at)s + make_interval(days => i + 1) END), true,
                      %(c)s + CASE WHEN whole THEN i + 1 ELSE i + 2 END, CASE WHEN whole AND i + 1 < %(n)s THEN %(c)s + i + 2 END,
                      'N' || i / 2 %% 2, 'ISSUED', i, g, ST_Transform(g, 4326), landmap.sort_key(ST_Transform(g, 4326))
               FROM generate_series(0, %(n)s - 1) i, (VALUES (true), (false)) w (whole), ST_SetSRID(ST_MakePoint(603700, 1191840), 9210) g
               WHERE whole OR i + 1 < %(n)s""",
            {"c": changeset, "n": many, "at": EPOCH, "id": _id(1)},
        )
    pools, public = await Pools.open(dsn, size=2), public_decision(world.layer)
    every = agency_decision(world.layer, None, "test")
    try:
        rows = [
            await pools.row(versions_sql(world.layer, _id(1), ItemQuery("permits"), d), d.pool) for d in (public, every)
        ]
        times = await pools.row(times_sql(world.layer, _id(1), public))
        query = ItemQuery("permits", at=_day(201))
        page, item = [
            await pools.row(sql)
            for sql in (page_sql(world.layer, query, public), item_sql(world.layer, _id(1), query, public))
        ]
    finally:
        await pools.close()
    told, all_told = (_features(row) for row in rows)
    assert len(all_told) == 2 * many - 1
    read = []
    for told_of in (feature["properties"] for feature in told):
        when = [told_of[name] and datetime.fromisoformat(told_of[name]) for name in ("valid_from", "valid_to")]
        read.append((told_of["number"], *when, told_of["changeset"], told_of["closed_by_changeset"]))
    wanted = [(f"N{k % 2}", _day(2 * k), None if 2 * k + 2 == many else _day(2 * k + 2), changeset + 2 * k + (1 if 2 * k + 2 == many else 3), None) for k in range(many // 2)]  # fmt: skip
    wanted += [
        (f"N{k % 2}", _day(2 * k), None, changeset + 2 * k + 1, changeset + 2 * k + 3) for k in range(many // 2 - 1)
    ]
    assert sorted(read, key=repr) == sorted(wanted, key=repr)
    assert times is not None and times["returned"] == len(told)
    assert list(zip(*(times[name] for name in ("begins", "ends", "since", "until")), strict=True)) == [
        one[1:] for one in read
    ]
    assert page is not None and item is not None
    for feature in (*_features(page), *_features(item, "feature")):
        assert feature["properties"]["number"] == "N0"
        assert [datetime.fromisoformat(feature["properties"][n]) for n in ("valid_from", "valid_to")] == [_day(200), _day(202)]  # fmt: skip
        assert feature["properties"]["changeset"] == changeset + 203


async def test_a_walk_of_many_changes_finds_what_gathering_them_finds(
    worlds: Callable[[], tuple[str, World]], monkeypatch: pytest.MonkeyPatch
) -> None:
    dsn, world = worlds()
    for day in range(12):
        world.make(Edit("dated", day % FEATURES + 1, "ISSUED", WORDS[day % 3], day % 3, day, None))
    world.make(Edit("hidden", 1, None, "B", 0, 0, None))
    seen, decision = Seen("public", False, None, None), public_decision(world.layer)
    pools = await Pools.open(dsn, size=2)
    found = []
    try:
        for few, at_once in ((changes.FEW, 5_000), (3, 2), (1_000, 2)):
            monkeypatch.setattr(changes, "FEW", few)
            monkeypatch.setattr(changes, "_AT_ONCE", at_once)
            changes._changes.cache_clear()
            for since in (0, 4, world.newest() - 1):
                for size in (1, 2, 100):
                    span = Span(since, world.newest(), _day(4), _day(20))
                    found.append((since, await _feed(pools, world.layer, seen, decision, span, size)))
    finally:
        changes._changes.cache_clear()
        await pools.close()
    for since, told in found:
        assert told == next(other for start, other in found if start == since)
    assert len(found[0][1]) > 2  # more than is looked at at once


async def test_changesets_are_named_by_numbers_and_instants(
    make_database: Callable[..., str], catalog: Catalog
) -> None:
    dsn = make_database()
    layer = catalog.layers["permits"]
    with psycopg.connect(dsn, autocommit=True) as db:
        for state in ("ISSUED", "DRAFT"):
            db.execute("INSERT INTO land.permits (number, status, geom) VALUES ('1', %s, ST_SetSRID(ST_MakePoint(603700, 1191840), 9210))", (state,))  # fmt: skip
        rows = db.execute("SELECT number, committed_at FROM landmap.changeset ORDER BY number").fetchall()
    pools, now = await Pools.open(dsn, size=2), datetime.now(UTC)
    public, agency = public_decision(layer), agency_decision(layer, None, "test")
    (first, first_at), (second, second_at) = rows[-2:]
    try:
        for since, until, seen_by_agency, seen_by_public in (
            (0, None, (0, second), (0, first)),
            (first, second, (first, second), (first, first)),
            (first_at, None, (first, second), (first, first)),
            (first_at - timedelta(seconds=1), second_at, (0, second), (0, first)),
        ):
            for decision, wanted in ((agency, seen_by_agency), (public, seen_by_public)):
                row = await pools.row(span_sql(layer, decision, (since, until), (now, now)), decision.pool)
                assert row is not None and (row["since"], row["until"]) == wanted
    finally:
        await pools.close()

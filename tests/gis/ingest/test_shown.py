"""What the public will see of loaded records: states that follow from a plan, and rows that nobody would see."""

from __future__ import annotations

import psycopg
import pytest
import shapely

from gis.ingest.run import DRY_RUN
from gis.ingest.shown import followed
from tests.gis.ingest.conftest import counts, lot


@pytest.fixture
def connection(open_database) -> psycopg.Connection:
    return open_database("hcmc")


def rows(connection: psycopg.Connection, query: str) -> list[tuple]:
    return connection.execute(query).fetchall()


@pytest.fixture
def plans(connection, write, load_file) -> None:
    path = write(
        [lot(0, width=500)] * 3, ma_do_an=["D1", "A1", "N1"], loai=["QPK"] * 3, trang_thai=["DRAFT", "APPROVED", None]
    )
    load_file(connection, path, "plans")


def test_zones_and_road_lines_go_by_the_state_of_their_plan(catalog) -> None:
    links = {
        layer.id: [
            (link.field.name, link.by.name, str(link.other.id), link.of.name) for link in followed(layer, catalog)
        ]
        for layer in catalog.layers.values()
    }
    wanted = [("plan_status", "plan", "plans", "status")]
    assert {name: found for name, found in links.items() if found} == {"zones": wanted, "road_lines": wanted}


def test_a_zone_of_a_draft_plan_is_hidden_though_the_file_does_not_say_so(connection, plans, write, load_file) -> None:
    zones = [lot(i) for i in range(5)]
    path = write(zones, ky_hieu=list("abcde"), ma_do_an=["D1", "A1", "N1", "X9", None])
    report = load_file(connection, path, "zones")
    found = rows(connection, "SELECT code, plan_status, shown FROM land_history.zones ORDER BY code")
    assert found == [("a", "DRAFT", 0), ("b", "APPROVED", 3), ("c", None, 3), ("d", None, 3), ("e", None, 3)]
    assert counts(report)["state-unknown"] == 3
    told = rows(
        connection, "SELECT message_en FROM landmap.quarantine WHERE reason = 'state-unknown' ORDER BY source_row"
    )
    assert [text for (text,) in told] == [
        "'plan_status' is not known (plans has no status of 'N1'): the record is public.",
        "'plan_status' is not known (plans has no status of 'X9'): the record is public.",
        "'plan_status' is not known (no plan is given): the record is public.",
    ]


def test_what_the_file_says_of_the_plan_stays(connection, plans, write, load_file) -> None:
    load_file(connection, write([lot(0)], ky_hieu=["a"], ma_do_an=["D1"], trang_thai_do_an=["APPROVED"]), "zones")
    assert rows(connection, "SELECT plan_status FROM land.zones") == [("APPROVED",)]


def test_a_plan_of_two_states_is_taken_for_the_hidden_one(connection, write, load_file) -> None:
    path = write([lot(0), lot(9)], ma_do_an=["P1", "P1"], loai=["QPK", "QPK"], trang_thai=["APPROVED", "DRAFT"])
    load_file(connection, path, "plans")
    load_file(connection, write([lot(0)], ky_hieu=["a"], ma_do_an=["P1"]), "zones")
    assert rows(connection, "SELECT plan_status FROM land.zones") == [("DRAFT",)]


def test_the_same_zones_are_written_again_only_when_their_plan_has_moved_on(
    connection, plans, write, load_file
) -> None:
    zones = write([lot(0)], name="zones.gpkg", ky_hieu=["a"], ma_do_an=["D1"])
    load_file(connection, zones, "zones")
    assert load_file(connection, zones, "zones").state == "unchanged"
    load_file(connection, write([lot(0, width=500)], ma_do_an=["D1"], loai=["QPK"], trang_thai=["APPROVED"]), "plans")
    assert load_file(connection, zones, "zones").counts.updated == 1
    assert rows(connection, "SELECT plan_status FROM land.zones") == [("APPROVED",)]


def test_lines_of_a_draft_plan_are_hidden_too(connection, plans, write, load_file) -> None:
    line = shapely.LineString([(603_700, 1_191_840), (603_800, 1_191_840)])
    load_file(connection, write([line], loai=["CENTRELINE"], ma_do_an=["D1"], ma_duong=["x"]), "road_lines")
    assert rows(connection, "SELECT plan_status, shown FROM land_history.road_lines") == [("DRAFT", 0)]


def test_permits_without_a_state_are_listed_because_nobody_will_see_them(write, check_file) -> None:
    path = write([lot(i) for i in range(3)], so_giay_phep=["1", "2", "3"], trang_thai=["ISSUED", None, "DRAFT"])
    report = check_file(path, "permits", mode=DRY_RUN)
    kind = next(kind for kind in report.kinds if kind.reason == "not-public")
    assert (kind.count, kind.examples[0].record, str(kind.severity)) == (1, 2, "warning")
    assert kind.examples[0].message.vi == "Thiếu 'Trạng thái': bản ghi không được công khai."
    assert counts(check_file(write([lot(0)]))) == {}  # parcels are public without

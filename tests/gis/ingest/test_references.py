"""What records refer to is looked up in the other layer; what cannot be looked up is never called wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import psycopg
import pytest
import shapely
from rich.console import Console

from gis.crs.transform import transform_geometries
from gis.ingest.report import Kind, Report, as_json, as_table
from gis.ingest.run import DRY_RUN
from gis.model.layer import Catalog, Text
from gis.store import coverage
from tests.gis.ingest.conftest import counts, lot

WRONG, UNKNOWN, UNTOLD = "unknown-reference", "reference-not-found", "reference-unchecked"


@pytest.fixture
def connection(open_database) -> psycopg.Connection:
    return open_database("hcmc")


@pytest.fixture
def declare(connection: psycopg.Connection, catalog: Catalog) -> Callable[..., None]:
    """`declare(layer, shape, level="complete")`: coverage of a layer over a shape in EPSG:9210."""

    def run(layer: str, shape: shapely.Geometry, level: str = "complete") -> None:
        area = transform_geometries([shape], 9210, 4326)[0]
        declared = coverage.Declaration(area, level, date(2026, 1, 1), "Sở")
        coverage.declare(connection, catalog.layers[layer], [declared])

    return run


@pytest.fixture
def city(connection: psycopg.Connection, write, load_file) -> None:
    """One ward, one plan, and the parcels 26740/1/1 to 26740/1/5."""
    ground = [lot(0, width=500)]
    load_file(connection, write(ground, code=["26734"], ten_xa=["Bến Nghé"]), "wards")
    load_file(connection, write(ground, ma_do_an=["QH1"], loai=["QPK"]), "plans")
    load_file(connection, write([lot(i) for i in range(5)], ma_xa_cu=["26740"] * 5))


WHOLE = shapely.box(603_000, 1_191_000, 605_000, 1_193_000)


def found(report: Report) -> dict[str, Kind]:
    return {kind.reason: kind for kind in report.kinds}


def test_where_the_other_layer_is_complete_what_it_lacks_is_listed_with_who_must_act(
    connection, city, declare, write, load_file
) -> None:
    declare("wards", WHOLE)
    path = write([lot(i, 1) for i in range(4)], ma_xa=["26734", "26999", None, "26999"], so_to=["2"] * 4)
    report = load_file(connection, path)
    assert report.counts.inserted == 4
    kind = found(report)[WRONG]
    assert (str(kind.severity), kind.field, kind.count, kind.responsible) == ("warning", "commune", 2, "source")
    assert (kind.examples[0].record, kind.examples[0].records) == (2, 2)
    assert kind.examples[0].message == Text(
        "'Mã xã': cơ sở dữ liệu không có Phường, xã, đặc khu '26999' đang hoặc sẽ có hiệu lực.",
        "'commune': the database has no wards '26999' that holds now or later.",
    )
    rows = connection.execute(
        "SELECT source_row, raw ->> 'ma_xa' FROM landmap.quarantine WHERE reason = %s ORDER BY 1", (WRONG,)
    ).fetchall()
    assert rows == [(2, "26999"), (4, "26999")]


@pytest.mark.parametrize("level", [None, "partial", "none", "elsewhere"])
def test_where_the_other_layer_is_not_complete_nothing_is_called_wrong(
    level, connection, city, declare, write, load_file
) -> None:
    if level == "elsewhere":
        declare("wards", shapely.box(610_000, 1_191_000, 611_000, 1_192_000))
    elif level:
        declare("wards", WHOLE)
        declare("wards", WHOLE, level)
    before = connection.execute("SELECT count(*) FROM landmap.quarantine").fetchone()
    report = load_file(connection, write([lot(0, 1), lot(1, 1)], ma_xa=["26999", "26734"], so_to=["2"] * 2))
    assert counts(report) == {UNKNOWN: 1}
    kind = found(report)[UNKNOWN]
    assert (str(kind.severity), kind.responsible) == ("note", "owner")
    assert kind.examples[0].message.en == (
        "'commune': no wards '26999' (Sở Nội vụ) that holds now or later is known; that layer is not declared complete here, "
        "so it may be missing there."
    )
    assert connection.execute("SELECT count(*) FROM landmap.quarantine").fetchone() == before


def test_an_empty_layer_is_not_held_against_a_file_even_if_it_is_declared_complete(
    connection, declare, write, load_file
) -> None:
    declare("wards", WHOLE)
    report = load_file(connection, write([lot(0)], ma_xa=["26734"]))
    assert counts(report) == {UNTOLD: 1}
    assert "has no data yet" in found(report)[UNTOLD].examples[0].message.en


def test_a_record_without_a_place_cannot_be_checked(connection, city, declare, write, load_file) -> None:
    declare("parcels", WHOLE)
    path = write([lot(0), None], so_gp=["1", "2"], tinh_trang=["ISSUED"] * 2, cac_thua=["26740/1/9"] * 2)
    assert counts(load_file(connection, path, "permits")) == {WRONG: 1, UNKNOWN: 1}


def test_each_element_of_a_list_is_looked_up_by_all_its_parts(connection, city, declare, write, load_file) -> None:
    declare("parcels", WHOLE)
    named = ["26740/1/1;26740/1/2", "26740/1/3; 26740/1/8; 26740/2/1", "26740/1", None]
    path = write([lot(i) for i in range(4)], so_gp=list("1234"), tinh_trang=["ISSUED"] * 4, cac_thua=named)
    report = load_file(connection, path, "permits")
    kind = found(report)[WRONG]
    assert kind.count == 2
    assert [example.message.en for example in kind.examples] == [
        "'parcels': the database has no parcels '26740/1/8', '26740/2/1' that holds now or later.",
        "'parcels': the database has no parcels '26740/1' that holds now or later.",
    ]


def test_a_layer_that_refers_to_itself_is_looked_up_in_the_file_too(
    connection, city, declare, write, load_file
) -> None:
    declare("plans", WHOLE)
    columns: dict[str, Any] = {
        "ma_do_an": ["QH2", "QH3", "QH4", "QH5", "QH6"],
        "loai": ["QPK", "DCCB", "DCCB", "DCCB", "SAI"],
        "do_an_goc": [None, "QH2", "QH1", "QH9", None],
    }
    report = load_file(connection, write([lot(i) for i in range(5)], **columns), "plans")
    assert found(report)[WRONG].examples[0].record == 4
    assert found(report)[WRONG].count == 1


def test_a_withheld_record_of_the_file_is_nothing_to_refer_to(connection, city, declare, write, load_file) -> None:
    declare("plans", WHOLE)
    columns = {"ma_do_an": ["QH2", "QH3"], "loai": [None, "DCCB"], "do_an_goc": [None, "QH2"]}
    report = load_file(connection, write([lot(i) for i in range(2)], **columns), "plans")
    assert (report.counts.withheld, found(report)[WRONG].count) == (1, 1)


def test_what_has_ended_is_not_measured_by_what_holds_now(connection, city, declare, write, load_file) -> None:
    declare("wards", WHOLE)
    columns = {
        "ma_xa": ["26999"] * 2,
        "tu": ["01/01/2020"] * 2,
        "den": ["30/06/2025", "31/12/2199"],
        "so_to": ["2"] * 2,
    }
    path = write([lot(i, 1) for i in range(2)], **columns)
    kind = found(load_file(connection, path, maps=["tu=valid_from", "den=valid_to"]))[WRONG]
    assert [example.record for example in kind.examples] == [2]


def test_what_is_to_hold_later_can_be_referred_to(connection, city, declare, write, load_file) -> None:
    declare("plans", WHOLE)
    later = date(2199, 1, 1)
    load_file(connection, write([lot(0)], ma_do_an=["QH7"], loai=["QPK"]), "plans", valid_from=later)
    path = write([lot(i) for i in range(2)], ma_do_an=["QH7", "QH8"], ky_hieu=["1", "2"])
    kind = found(load_file(connection, path, "zones", valid_from=later))[WRONG]
    assert [example.record for example in kind.examples] == [2]


def test_a_dry_run_says_the_same_and_shows_notes_last(connection, city, declare, write, load_file) -> None:
    declare("wards", shapely.box(603_000, 1_191_000, 603_710, 1_193_000))
    path = write([lot(0, 1), lot(1, 1), None], ma_xa=["26999"] * 3, so_to=["2"] * 3)
    dry = load_file(connection, path, mode=DRY_RUN)
    assert [str(kind.severity) for kind in dry.kinds] == ["error", "warning", "note"]
    assert as_json(dry)["findings"] == as_json(load_file(connection, path))["findings"]
    console = Console(width=200)
    with console.capture() as seen:
        console.print(as_table(dry))
    assert UNKNOWN in seen.get()

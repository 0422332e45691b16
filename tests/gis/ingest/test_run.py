"""One load from file to changeset: what is written, what is not, and that no record gets lost."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import UUID

import psycopg
import pyarrow as pa
import pyogrio
import pytest
import shapely
from rich.console import Console

from gis.errors import IngestError
from gis.ingest.legacy_text import TCVN3
from gis.ingest.report import as_json, as_table
from gis.ingest.run import DRY_RUN, STAGE
from gis.model.change import DataSource
from gis.store import changesets
from gis.store.publish import publish
from tests.gis.ingest.conftest import counts, lot


@pytest.fixture
def connection(open_database) -> psycopg.Connection:
    return open_database("hcmc")


def one(connection: psycopg.Connection, query: str) -> tuple:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row


def state(connection: psycopg.Connection) -> tuple:
    return one(
        connection,
        "SELECT (SELECT count(*) FROM land_history.parcels), (SELECT count(*) FROM landmap.changeset), "
        "(SELECT count(*) FROM landmap.stage), (SELECT count(*) FROM landmap.quarantine), "
        "(SELECT count(*) FROM information_schema.tables WHERE table_schema = 'land_staging')",
    )


def test_a_dry_run_counts_and_writes_nothing(connection, write, load_file) -> None:
    path = write([lot(0), lot(1), None])
    before = state(connection)
    report = load_file(connection, path, mode=DRY_RUN)
    assert (report.state, report.counts.inserted, report.counts.withheld) == ("dry-run", 2, 1)
    assert state(connection) == before
    load_file(connection, path)
    assert load_file(connection, path, mode=DRY_RUN).counts.unchanged == 2


def test_a_staged_load_waits_for_somebody_to_publish_it(connection, write, load_file, catalog) -> None:
    report = load_file(connection, write([lot(0), None]), mode=STAGE)
    assert report.state == "staged"
    assert one(connection, "SELECT count(*) FROM land.parcels") == (0,)
    assert one(connection, "SELECT count(*) FROM landmap.quarantine") == (1,)
    kept = f"SELECT relpersistence FROM pg_class WHERE oid = 'land_staging.s{report.stage}'::regclass"
    assert one(connection, kept) == ("p",)
    publish(connection, report.stage, catalog.layers["parcels"])
    assert one(connection, "SELECT count(*) FROM land.parcels") == (1,)


def test_a_changed_file_writes_the_changed_records_only(connection, write, load_file) -> None:
    load_file(connection, write([lot(i) for i in range(10)], dien_tich=[100.0] * 10))
    report = load_file(connection, write([lot(i) for i in range(10)], dien_tich=[100.0] * 9 + [99.5]))
    assert (report.counts.updated, report.counts.unchanged) == (1, 9)
    assert one(connection, "SELECT count(*) FROM land_history.parcels WHERE to_changeset IS NULL")[0] >= 10
    assert one(connection, "SELECT count(*) FROM land.parcels WHERE measured_area = 99.5") == (1,)


def test_vanished_records_stay_unless_the_file_is_complete(connection, write, load_file) -> None:
    load_file(connection, write([lot(i) for i in range(4)], ma_xa=["26734", "26734", "26734", "26737"]))
    less = write([lot(0), lot(1)], ma_xa=["26734", "26734"])
    assert load_file(connection, less).counts.closed == 0
    with pytest.raises(IngestError, match=r"lacks 1 of 3.*--yes"):
        load_file(connection, less, complete="commune=26734")
    assert one(connection, "SELECT count(*) FROM land.parcels") == (4,)
    report = load_file(connection, less, complete="commune=26734", yes=True)
    assert report.counts.closed == 1
    assert one(connection, "SELECT string_agg(parcel, ',' ORDER BY parcel) FROM land.parcels") == ("1,2,4",)


def test_withheld_records_keep_a_complete_file_from_closing_what_they_may_stand_for(
    connection, write, load_file
) -> None:
    crossing = shapely.Polygon([(603_700, 1_191_840), (603_710, 1_191_850), (603_710, 1_191_840), (603_700, 1_191_850)])
    old = ["26740"] * 100
    load_file(connection, write([lot(i) for i in range(100)], ma_xa_cu=old))
    faulty = write([crossing, *(lot(i) for i in range(1, 100))], ma_xa_cu=old)
    with pytest.raises(IngestError, match=r"^1 record.*withheld.*1 features in 'commune_old=26740'.*--yes"):
        load_file(connection, faulty, complete="commune_old=26740")
    assert one(connection, "SELECT count(*) FROM land.parcels") == (100,)
    report = load_file(connection, faulty, complete="commune_old=26740", yes=True)
    assert (report.counts.withheld, report.counts.closed) == (1, 1)
    console = Console(width=200)
    with console.capture() as seen:
        console.print(as_table(report))
    assert "1 record(s) were withheld; some of the 1 features that close may be these records." in seen.get()


def test_a_second_copy_of_a_record_stands_for_nothing_that_is_closed(connection, write, load_file) -> None:
    load_file(connection, write([lot(i) for i in range(100)], ma_xa_cu=["26740"] * 100))
    numbers = [*(str(i + 1) for i in range(99)), "1"]
    less = write([*(lot(i) for i in range(99)), lot(0)], so_thua=numbers, ma_xa_cu=["26740"] * 100)
    report = load_file(connection, less, complete="commune_old=26740")
    assert (report.counts.withheld, report.counts.closed) == (1, 1)


def test_a_polygon_may_be_the_scope(connection, write, load_file) -> None:
    load_file(connection, write([lot(i) for i in range(3)]))
    scope = write([lot(0).union(lot(1)).buffer(1)], name="scope.gpkg")
    report = load_file(connection, write([lot(0)]), complete=str(scope), yes=True)
    assert report.counts.closed == 1
    assert one(connection, "SELECT string_agg(parcel, ',' ORDER BY parcel) FROM land.parcels") == ("1,3",)


@pytest.mark.parametrize(
    "scope",
    [
        "26734", "nonsense=1", "commune=", "nowhere.gpkg", "holder_name=X", "land_uses=ODT", "map_scale=small",
        "sheet=1,holder_name=X", "registered_on=yesterday",
    ],
)  # fmt: skip
def test_a_scope_that_says_nothing_is_refused(scope, connection, write, load_file) -> None:
    with pytest.raises(IngestError, match=r"--complete|nowhere") as refused:
        load_file(connection, write([lot(0)]), complete=scope)
    assert "(" not in refused.value.en or "holder_name" not in refused.value.en.split("(")[1]


def test_a_number_may_be_the_scope(connection, write, load_file) -> None:
    load_file(connection, write([lot(0), lot(1), lot(2)], map_scale=[500, 500, 1000]))
    report = load_file(connection, write([lot(0)], map_scale=[500]), complete="map_scale=500", yes=True)
    assert report.counts.closed == 1


def test_what_a_complete_file_lacks_ends_on_the_day_of_the_file(connection, write, load_file) -> None:
    load_file(connection, write([lot(i) for i in range(3)]), valid_from=date(2020, 1, 1))
    load_file(
        connection, write([lot(0)]), complete=str(write([lot(0).union(lot(1)).buffer(1)], name="scope.gpkg")), yes=True,
        valid_from=date(2025, 7, 1),
    )  # fmt: skip
    assert one(
        connection,
        "SELECT count(*), min(upper(valid)) = '2025-07-01T00:00+07' FROM land_history.parcels "
        "WHERE to_changeset IS NULL AND upper(valid) IS NOT NULL",
    ) == (1, True)


def test_a_complete_file_of_several_dates_must_be_told_its_day(connection, write, load_file) -> None:
    load_file(connection, write([lot(i) for i in range(3)]), valid_from=date(2010, 1, 1))
    less = [lot(0), lot(1)]
    said = {"complete": "sheet=1", "yes": True, "maps": ["tu=valid_from"]}
    with pytest.raises(IngestError, match=r"different times.*--valid-from"):
        load_file(connection, write(less, tu=["01/07/2020", "01/07/2021"]), **said)
    with pytest.raises(IngestError, match=r"different times.*--valid-from"):
        load_file(connection, write(less, tu=["01/07/2020", None]), **said)
    assert one(connection, "SELECT count(*) FROM landmap.stage WHERE state = 'staged'") == (0,)
    assert load_file(connection, write(less, tu=["01/07/2020"] * 2), **said).counts.closed == 1
    ended = "SELECT upper(valid) = '2020-07-01T00:00+07' FROM land_history.parcels WHERE parcel = '3' AND to_changeset IS NULL"
    assert one(connection, ended) == (True,)


def ids_of(connection: psycopg.Connection) -> dict[str, UUID]:
    return dict(connection.execute("SELECT parcel, id FROM land.parcels").fetchall())


def test_a_scope_that_no_record_belongs_to_needs_the_users_word(connection, write, load_file) -> None:
    load_file(connection, write([lot(i) for i in range(3)], ma_xa=["26734", "26734", "26737"]))
    other = write([lot(2)], ma_xa=["26737"], so_thua=["3"])
    elsewhere = write([lot(40)], name="scope.gpkg")
    with pytest.raises(IngestError, match=r"None of the 1 record.*'commune=26734', and all of the 2 feature.*--yes"):
        load_file(connection, other, complete="commune=26734")
    for scope in ("commune=99999", str(elsewhere)):
        with pytest.raises(IngestError, match=r"None of the 1 record.*all of the 0 feature"):
            load_file(connection, other, complete=scope)
    assert one(connection, "SELECT count(*) FROM land.parcels") == (3,)
    assert load_file(connection, other, complete="commune=26734", yes=True).counts.closed == 2


@pytest.mark.parametrize("again", [None, date(2025, 7, 1), date(2020, 1, 1)])
def test_what_the_date_told_of_the_codes_is_no_change(again, connection, write, load_file) -> None:
    path = write([lot(0), lot(1)], loai_dat=["CLN", "CLN"])
    load_file(connection, path, valid_from=date(2020, 1, 1))
    assert one(connection, "SELECT DISTINCT land_use_scheme FROM land.parcels") == ("2014",)
    before = state(connection)[:2]
    assert load_file(connection, path, valid_from=again).state == "unchanged"
    assert state(connection)[:2] == before


def test_a_new_version_keeps_what_was_known_of_the_same_code(connection, write, load_file) -> None:
    load_file(connection, write([lot(0), lot(1)], loai_dat=["CLN", "CLN"]), valid_from=date(2020, 1, 1))
    report = load_file(connection, write([lot(0), lot(1)], loai_dat=["CLN", "DGT"], duong=["Lê Lợi", None]))
    assert report.counts.updated == 2
    uses = "SELECT land_use_raw, land_use_scheme FROM land.parcels ORDER BY parcel"
    assert connection.execute(uses).fetchall() == [("CLN", "2014"), ("DGT", None)]


def test_a_scheme_that_the_file_says_is_a_change(connection, write, load_file) -> None:
    load_file(connection, write([lot(0)], loai_dat=["CLN"]), sets=["land_use_scheme=2014"])
    assert load_file(connection, write([lot(0)], loai_dat=["CLN"]), sets=["land_use_scheme=2024"]).counts.updated == 1


def test_records_without_a_number_are_listed_where_others_have_one(write, check_file) -> None:
    report = check_file(write([lot(0), lot(1), lot(2)], ky_hieu=["a", None, "c"]), "zones")
    assert counts(report) == {"no-identity": 1}
    assert report.kinds[0].examples[0].message.vi == "Thiếu 'Ký hiệu ô': lần nạp sau có thể không nhận ra bản ghi này."
    without = check_file(write([lot(0), lot(1)]), "zones")
    assert counts(without) == {} and without.unidentified == ("plan", "code")  # of the whole file it is one remark


def test_records_without_a_part_of_their_identity_are_listed_where_others_have_it(write, check_file) -> None:
    path = write([lot(i) for i in range(3)], ma_xa_cu=["26740", None, "26740"])
    report = check_file(path)
    assert counts(report) == {"identity-incomplete": 1}
    (kind,) = report.kinds
    assert (kind.field, kind.examples[0].record) == ("commune_old", 2)
    assert "told apart by commune, document_series, sheet, parcel alone" in kind.examples[0].message.en
    without = check_file(write([lot(0)], name="without.gpkg"))
    assert counts(without) == {} and without.unidentified == ("commune_old",)  # of the whole file it is one remark


def test_the_commune_tells_numbers_apart_where_the_former_one_is_not_known(write, check_file) -> None:
    columns = {"ma_xa": ["26740", "26743", "26740", None], "so_thua": ["1"] * 4}
    report = check_file(write([lot(i) for i in range(4)], **columns))
    assert counts(report) == {"repeated-key": 1}
    assert report.kinds[0].examples[0].record == 3
    former = {"ma_xa_cu": ["26740", None, "26740"], "ma_xa": ["26743", "26740", "26740"], "so_thua": ["1"] * 3}
    report = check_file(write([lot(i) for i in range(3)], name="former.gpkg", **former))
    kinds = {kind.reason: kind.examples[0].record for kind in report.kinds}
    assert kinds == {"repeated-key": 3, "identity-incomplete": 2}


def test_codes_that_are_not_what_the_text_says_are_listed(write, check_file) -> None:
    columns = {
        "loai_dat": ["LUC", "ODT+CLN", "BHK", "RSM", "ODT+CLN", None],
        "ma_loai_dat_2024": ["ODT", "CLN", "HNK", "ODT", None, "ODT"],
    }
    report = check_file(write([lot(i) for i in range(6)], **columns))
    found = {kind.reason: kind for kind in report.kinds}
    kind = found["code-contradicted"]
    assert (str(kind.severity), kind.field, kind.count, kind.examples[0].record) == ("warning", "land_use", 1, 1)
    assert "'ODT', while 'LUC' is LUC" in kind.examples[0].message.en


def test_ids_in_a_file_say_which_feature_a_record_is(connection, write, load_file) -> None:
    load_file(connection, write([lot(0), lot(1)]))
    ids = ids_of(connection)
    file = write([lot(0), lot(1)], so_thua=["1a", "2"], id=[str(ids["1"]), str(ids["2"])])
    report = load_file(connection, file)
    assert (report.counts.updated, report.counts.unchanged) == (1, 1)
    assert ids_of(connection) == {"1a": ids["1"], "2": ids["2"]}
    assert load_file(connection, file).state == "unchanged"


def test_what_went_out_with_its_times_to_the_second_comes_back_unchanged(connection, write, load_file) -> None:
    load_file(connection, write([lot(0), lot(1)]))
    load_file(connection, write([lot(0)], dien_tich=[99.5]))
    rows = connection.execute(
        """SELECT id::text, parcel, measured_area, lower(valid), upper(valid) FROM land_history.parcels
           WHERE to_changeset IS NULL ORDER BY lower(valid) DESC"""
    ).fetchall()
    ids, numbers, areas, *times = zip(*rows, strict=True)
    begins, ends = ([t and f"{t:%Y-%m-%dT%H:%M:%S%z}" for t in side] for side in times)
    file = write(
        [lot(int(n) - 1) for n in numbers], id=ids, so_thua=numbers, dien_tich=areas, valid_from=begins, valid_to=ends
    )
    report = load_file(connection, file)
    assert (report.counts.unchanged, report.counts.read - report.counts.withheld) == (
        len(rows) - report.counts.withheld,
    ) * 2
    assert report.counts.unchanged >= 2


def test_a_record_whose_id_is_another_features_is_withheld_and_listed(connection, write, load_file) -> None:
    load_file(connection, write([lot(0), lot(5)]))
    ids = ids_of(connection)
    file = write([lot(5), lot(9)], so_thua=["2", "3"], dien_tich=[99.5, 100.0], id=[str(ids["1"]), None])
    report = load_file(connection, file)
    assert (counts(report)["other-id"], report.counts.withheld, report.counts.inserted) == (1, 1, 1)
    assert {n: i for n, i in ids_of(connection).items() if n != "3"} == ids
    row = one(connection, "SELECT source_row, message_en, message_vi FROM landmap.quarantine WHERE reason = 'other-id'")
    assert row[0] == 1
    assert str(ids["1"]) in row[1] and str(ids["2"]) in row[1] and "Mã id" in row[2]
    assert load_file(connection, file, maps=["id="]).counts.updated == 1


def test_a_withheld_id_does_not_close_what_the_record_may_stand_for(connection, write, load_file) -> None:
    load_file(connection, write([lot(i) for i in range(100)]))
    ids = ids_of(connection)
    file = write(
        [lot(i) for i in range(1, 100)], so_thua=[str(i + 1) for i in range(1, 100)], id=[str(ids["1"])] + [None] * 98
    )
    with pytest.raises(IngestError, match=r"^1 record.*withheld.*--yes"):
        load_file(connection, file, complete="sheet=1")


def test_an_id_comes_again_only_for_another_time(connection, write, load_file) -> None:
    mine, other = "0190a000-0000-7000-8000-000000000001", "0190a000-0000-7000-8000-000000000002"
    path = write(
        [lot(i) for i in range(5)],
        id=[mine, mine, mine, other, other],
        tu=["01/01/2010", "01/01/2015", "01/01/2014", "01/01/2010", "01/01/2012"],
        den=["31/12/2014", None, None, None, "31/12/2012"],
    )
    report = load_file(connection, path, maps=["tu=valid_from", "den=valid_to"], mode=DRY_RUN)
    assert counts(report)["repeated-id"] == 3
    told = next(kind for kind in report.kinds if kind.reason == "repeated-id").examples
    assert mine in told[0].detail.en and "record 1" in told[0].detail.en


def test_permits_go_out_and_come_back_with_their_ids(connection, tmp_path: Path, load_file) -> None:
    def write_permits(*rows: tuple[str | None, str]) -> Path:
        features = [
            {"type": "Feature", "id": given, "geometry": {"type": "Point", "coordinates": [106.7, 10.78]},
             "properties": {"number": number, "office": "26740", "status": "ISSUED"}}
            for given, number in rows
        ]  # fmt: skip
        path = tmp_path / "permits.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        return path

    load_file(connection, write_permits((None, "1/GP"), (None, "2/GP")), "permits")
    ids = {n: str(i) for n, i in connection.execute("SELECT number, id FROM land.permits")}
    report = load_file(connection, write_permits((ids["1/GP"], "1a/GP"), (ids["2/GP"], "2/GP")), "permits")
    assert (report.counts.updated, report.counts.unchanged) == (1, 1)
    assert {n: str(i) for n, i in connection.execute("SELECT number, id FROM land.permits")} == {
        "1a/GP": ids["1/GP"],
        "2/GP": ids["2/GP"],
    }


def test_a_last_day_that_comes_later_is_a_change(connection, write, load_file) -> None:
    load_file(connection, write([lot(0)], tu=["01/07/2020"]), maps=["tu=valid_from"])
    ended = write([lot(0)], tu=["01/07/2020"], den=["31/12/2023"])
    assert load_file(connection, ended, maps=["tu=valid_from", "den=valid_to"]).counts.updated == 1
    assert one(connection, "SELECT count(*) FROM land.parcels") == (0,)
    assert load_file(connection, ended, maps=["tu=valid_from", "den=valid_to"]).state == "unchanged"


def test_a_delivery_of_another_day_changes_nothing_that_held_then(connection, write, load_file) -> None:
    path = write([lot(0), lot(1)])
    load_file(connection, path, valid_from=date(2020, 1, 1))
    assert load_file(connection, path, valid_from=date(2025, 7, 1)).state == "unchanged"


def test_warnings_are_published_and_listed(connection, write, load_file) -> None:
    report = load_file(
        connection, write([lot(0, width=11), lot(1), lot(2)], so_thua=["7", "7", "8"], dien_tich=[110.0, 150.0, 100.0])
    )
    assert counts(report) == {"overlap": 1, "repeated-key": 1, "area-difference": 1}
    assert report.counts.inserted == 3
    rows = connection.execute(
        "SELECT reason, source_row, severity, responsible, message_en FROM landmap.quarantine ORDER BY reason"
    ).fetchall()
    assert [row[:4] for row in rows] == [
        ("area-difference", 2, "warning", "source"),
        ("overlap", 1, "warning", "source"),
        ("repeated-key", 2, "warning", "source"),
    ]
    assert "record 2: 10 m²" in rows[1][4]


def test_records_equal_in_everything_are_taken_once(connection, write, load_file) -> None:
    report = load_file(connection, write([lot(0), lot(0), lot(0)], so_thua=["1", "1", "2"]))
    assert counts(report)["duplicate"] == 1
    assert report.counts.inserted == 2


def test_the_area_is_measured_in_the_crs_of_the_survey(connection, write, load_file) -> None:
    """A square of 100 m in zone 107°45' (EPSG:5899) is 2.2 m² off in the storage CRS of the city."""
    from gis.crs.transform import transform

    x, y = transform([[107.3, 10.6]], 84, 5899)[0]
    from shapely import box

    path = write([box(x, y, x + 100, y + 100)], crs="EPSG:5899", dien_tich=[10_000.0])
    report = load_file(connection, path, sets=["document_series=BDDC"])
    assert counts(report) == {}
    survey, area = one(connection, "SELECT survey_crs, ST_Area(geom) FROM land_history.parcels")
    assert survey == 5899
    assert abs(area - 10_000) > 1


def test_commune_valid_from_and_constants_hold_for_all(connection, write, load_file) -> None:
    report = load_file(
        connection,
        write([lot(0), lot(1)], ma_xa=["26734", "26737"]),
        commune="26734",
        valid_from=date(2025, 7, 1),
        sets=["map_scale=500"],
    )
    assert counts(report) == {"other-commune": 1, "reference-unchecked": 1}  # there are no wards here
    assert one(connection, "SELECT commune, map_scale, lower(valid) AT TIME ZONE 'UTC' FROM land_history.parcels")[
        :2
    ] == (
        "26734",
        500,
    )
    assert one(connection, "SELECT lower(valid) = '2025-07-01T00:00+07' FROM land_history.parcels") == (True,)


def test_a_mapped_date_is_when_a_record_begins_and_the_last_day_counts(connection, write, load_file) -> None:
    path = write([lot(0), lot(1)], tu=["01/07/2020", "01/07/2020"], den=["30/06/2099", "01/01/2020"])
    report = load_file(connection, path, maps=["tu=valid_from", "den=valid_to"])
    assert counts(report) == {"time-reversed": 1}
    assert one(
        connection,
        "SELECT lower(valid) = '2020-07-01T00:00+07', upper(valid) = '2099-07-01T00:00+07' FROM land_history.parcels",
    ) == (True, True)


@pytest.mark.parametrize("begins", [None, "01/07/2020"])
def test_what_ended_without_a_beginning_is_withheld_and_the_rest_published(
    begins, connection, write, load_file
) -> None:
    columns = {} if begins is None else {"tu": [None, begins, begins]}
    path = write([lot(i) for i in range(3)], den=["01/01/2020", "31/12/2099", None], **columns)
    maps = ["den=valid_to"] if begins is None else ["tu=valid_from", "den=valid_to"]
    report = load_file(connection, path, maps=maps)
    assert counts(report) == {"ends-before-it-begins": 1}
    assert (report.state, report.counts.inserted, report.counts.withheld) == ("published", 2, 1)


def test_the_report_is_json_and_counts_every_record(write, check_file) -> None:
    report = as_json(check_file(write([lot(0), None, lot(1)], so_thua=["1", "2", "1"])))
    counted = report["counts"]
    assert counted["read"] == counted["published"] + counted["unchanged"] + counted["withheld"] == 3
    kinds = {kind["reason"]: kind for kind in report["findings"]}
    assert kinds["geometry-missing"]["severity"] == "error"
    assert kinds["repeated-key"]["examples"][0]["record"] == 3
    assert set(kinds["repeated-key"]["examples"][0]) == {"record", "vi", "en"}


def test_progress_is_told_phase_by_phase(connection, write, catalog) -> None:
    from gis.ingest.run import Options, load
    from gis.model.change import Provenance

    told: list[tuple[str, int, int | None]] = []
    load(
        connection,
        catalog,
        catalog.layers["parcels"],
        write([lot(0), lot(1)]),
        Options(Provenance("t", "t")),
        lambda phase, done, total: told.append((phase, done, total)),
    )
    assert list(dict.fromkeys(phase for phase, _, _ in told)) == [
        "read",
        "check",
        "send",
        "match",
        "publish",
    ]
    assert ("read", 2, 2) in told


def test_a_load_needs_a_database_unless_it_is_a_dry_run(write, check_file) -> None:
    with pytest.raises(IngestError, match="--dry-run"):
        check_file(write([lot(0)]), mode=STAGE)


def test_the_source_is_kept_with_how_it_was_read(connection, write, load_file) -> None:
    path = write([lot(0), None], dien_tich=["100,0", "50,0"])
    report = load_file(
        connection, path, maps=["dien_tich=measured_area:comma"], sets=["map_scale=500"], agency="Chi nhánh VPĐK"
    )
    source = changesets.read(connection, report.changeset).provenance.source
    assert source is not None
    assert source.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert replace(source, digest=None, received_at=None) == DataSource(
        name="a.gpkg",
        size=path.stat().st_size,
        format="GeoPackage",
        crs_declared="EPSG:9210",
        crs_used="EPSG:9210",
        records=2,
        mapping={
            "columns": {"sheet": "so_to", "parcel": "so_thua", "measured_area": "dien_tich"},
            "readings": {"measured_area": "comma"},
            "constants": {"map_scale": "500"},
        },
        agency="Chi nhánh VPĐK",
    )
    assert str(path.parent) not in str(one(connection, "SELECT to_jsonb(s)::text FROM landmap.source s"))


def test_of_a_declaration_and_a_choice_both_are_kept(connection, write, load_file) -> None:
    path = write([lot(0)], crs="EPSG:5899")
    assert load_file(connection, path, crs="EPSG:9210", mode=STAGE).state == "staged"
    assert one(connection, "SELECT crs_declared, crs_used FROM landmap.source") == ("EPSG:5899", "EPSG:9210")


def test_an_unchanged_file_keeps_its_source_and_a_dry_run_leaves_none(connection, write, load_file) -> None:
    path = write([lot(0)])
    load_file(connection, path, mode=DRY_RUN)
    assert one(connection, "SELECT count(*) FROM landmap.source") == (0,)
    load_file(connection, path)
    assert load_file(connection, path).state == "unchanged"
    assert one(connection, "SELECT count(*), count(DISTINCT source) FROM landmap.stage") == (2, 1)


def test_a_shapefile_of_the_nineties_comes_out_in_unicode(connection, tmp_path, load_file) -> None:
    """TCVN3 bytes, no .cpg, names cut to ten characters, decimal commas, days first."""
    tcvn3 = {letter: character for character, letter in TCVN3.items()}
    names = ["Nguyễn Văn Trỗi", "Lê Thị Hồng Gấm", "Phạm Thế Hiển"]
    table = pa.table(
        {
            "so_to": ["1", "1", "1"],
            "so_thua": ["45-1", "46", "47"],
            "ten_duong": ["".join(tcvn3.get(c, c) for c in name) for name in names],
            "dien_tich": ["1.200,5", "78,4", "100"],
            "ngay_chinh": ["01/02/2003", "28/02/2003", "13/12/2003"],
            "geom": shapely.to_wkb([lot(i) for i in range(3)]),
        }
    )
    pyogrio.write_arrow(
        table,
        tmp_path / "a.shp",
        driver="ESRI Shapefile",
        geometry_name="geom",
        geometry_type="Polygon",
        crs="EPSG:9210",
        encoding="ISO-8859-1",
    )
    (tmp_path / "a.cpg").unlink()
    report = load_file(connection, tmp_path / "a.shp")
    assert report.encodings == {"ten_duong": "tcvn3"}
    assert report.counts.inserted == 3
    rows = connection.execute(
        "SELECT parcel, street, measured_area, registered_on::text FROM land_history.parcels ORDER BY parcel"
    ).fetchall()
    assert rows == [
        ("45-1", names[0], 1200.5, "2003-02-01"),
        ("46", names[1], 78.4, "2003-02-28"),
        ("47", names[2], 100.0, "2003-12-13"),
    ]

"""The real files: each loads into a database of its own territory, with what is wrong in it listed."""

from __future__ import annotations

from pathlib import Path

import pytest

from gis.errors import IngestError
from gis.ingest.report import Report
from gis.ingest.run import DRY_RUN

DI_LANG = "parcels/parcels_dilang_quangngai.gpkg"
PARIS = "parcels/cadastre-75118-parcelles.geojson"
PERMITS = "permits/nashville_permits.csv"
ZONINGS = {
    "QHC_SDD_THACHTRU_2015": {"read": 966, "lines": 766, "invalid": 18, "repaired": 3, "lost": 0},
    "QHPK_SDD_NghiaChanh_2021": {"read": 1753, "lines": 1529, "invalid": 4, "repaired": 1, "lost": 1},
    "QHPK_SDD_PhoVinh_2023": {"read": 432, "lines": 310, "invalid": 2, "repaired": 2, "lost": 5},
}


@pytest.fixture
def data(shared: Path) -> Path:
    return shared / "data"


def counts(report: Report) -> dict[str, int]:
    """Findings by reason."""
    found: dict[str, int] = {}
    for kind in report.kinds:
        found[kind.reason] = found.get(kind.reason, 0) + kind.count
    return found


def rows(connection, query: str) -> list[tuple]:
    return connection.execute(query).fetchall()


def test_di_lang_parcels_load_and_their_faults_are_found(data, open_database, load_file) -> None:
    connection = open_database("quang-ngai")
    report = load_file(connection, data / DI_LANG, "parcels", "quang-ngai")
    found = counts(report)
    assert report.counts.read == 3774 == report.counts.inserted
    assert found["geometry-repaired"] == 1
    assert found["overlap"] == 129
    assert found["contained"] == 2
    assert found["repeated-key"] == 419
    assert rows(connection, "SELECT count(*), bool_and(ST_IsValid(geom)), min(ST_SRID(geom)) FROM land.parcels") == [
        (3774, True, 5898)
    ]
    kept = dict(rows(connection, "SELECT reason, count(*) FROM landmap.quarantine GROUP BY reason"))
    assert kept == found
    raw, vi = rows(connection, "SELECT raw, message_vi FROM landmap.quarantine WHERE reason = 'repeated-key' LIMIT 1")[
        0
    ]
    assert raw["So_to"] == 0
    assert "lặp lại" in vi


def test_the_report_shows_the_worst_of_di_lang_first_and_speaks_by_titles(data, open_database, load_file) -> None:
    report = load_file(open_database("quang-ngai"), data / DI_LANG, "parcels", "quang-ngai", mode=DRY_RUN)
    kinds = {kind.reason: kind for kind in report.kinds}
    assert kinds["overlap"].examples[0].message.en == "It overlaps record 879: 2,556 m²."
    assert kinds["area-difference"].examples[0].message.en.endswith("recorded 5,531,465.0 m², shape 608.4 m².")
    assert kinds["gap"].examples[0].message.vi == "Có khe hở hẹp với bản ghi 2906: 35,26 m."
    codes = [(example.detail.en, example.records) for example in kinds["unknown-code"].examples]
    assert codes[:3] == [("'RSM'", 947), ("'RST'", 625), ("'LNK'", 544)]
    assert kinds["repeated-key"].examples[0].records == 415
    assert "Số thửa 0 (bản ghi 182)" in kinds["repeated-key"].examples[0].message.vi
    assert "sheet" not in kinds["repeated-key"].examples[0].message.vi
    assert report.unidentified == ("commune_old",)


def test_the_same_file_again_writes_nothing(data, open_database, load_file) -> None:
    connection = open_database("quang-ngai")
    load_file(connection, data / DI_LANG, "parcels", "quang-ngai")
    state = "SELECT (SELECT count(*) FROM land_history.parcels), (SELECT max(number) FROM landmap.changeset)"
    before = rows(connection, state)
    report = load_file(connection, data / DI_LANG, "parcels", "quang-ngai")
    assert report.state == "unchanged"
    assert report.counts.unchanged == 3774
    assert rows(connection, state) == before


def test_di_lang_codes_are_carried_over_to_those_of_2024(data, open_database, load_file) -> None:
    connection = open_database("quang-ngai")
    load_file(connection, data / DI_LANG, "parcels", "quang-ngai")
    assert rows(
        connection,
        "SELECT DISTINCT land_use_raw, land_use, land_uses, land_use_scheme FROM land.parcels "
        "WHERE land_use_raw IN ('NHK', 'RSM', 'CLN') ORDER BY 1",
    ) == [("CLN", "CLN", ["CLN"], None), ("NHK", "HNK", ["HNK"], "2014"), ("RSM", None, None, None)]


def test_wards_of_ho_chi_minh_city_overlap_in_28_places(data, open_database, load_file) -> None:
    connection = open_database("hcmc")
    report = load_file(connection, data / "wards/hcmc_168_wards.geojson", "wards", valid_from=None)
    assert report.counts.inserted == 168
    assert counts(report) == {"overlap": 28}
    listed = rows(connection, "SELECT message_en FROM landmap.quarantine WHERE reason = 'overlap'")
    area = sum(float(text.split(": ")[1].split(" m²")[0]) for (text,) in listed)
    assert area == pytest.approx(70.4, abs=0.1)
    assert rows(connection, "SELECT name FROM land.wards WHERE code = '26737'") == [("Tân Định",)]


def test_paris_loads_into_a_database_of_paris(data, open_database, load_file) -> None:
    connection = open_database("paris")
    report = load_file(connection, data / PARIS, "parcels", "paris")
    assert report.counts.read == 6821 == report.counts.inserted
    assert counts(report)["overlap"] == 28
    assert rows(connection, "SELECT DISTINCT ST_SRID(geom) FROM land.parcels") == [(2154,)]


def test_nashville_permits_load_with_their_local_days(data, open_database, load_file) -> None:
    connection = open_database("nashville")
    report = load_file(connection, data / PERMITS, "permits", "nashville")
    assert report.counts.read == 5996
    assert report.counts.inserted + report.counts.withheld == 5996
    assert counts(report)["not-public"] == report.counts.inserted  # the file says no state
    assert counts(report)["duplicate"] == report.counts.withheld == 1
    # 1681189200000 is midnight in Nashville, not the day before.
    query = "SELECT received_on::text, type_raw FROM land_history.permits WHERE number = '2023023374'"
    assert rows(connection, query) == [("2023-04-11", "Building Residential - Addition")]


@pytest.mark.parametrize("name", ZONINGS)
def test_plans_straight_from_cad_load_and_their_faults_are_listed(name, data, open_database, load_file) -> None:
    connection = open_database("quang-ngai")
    wanted = ZONINGS[name]
    report = load_file(connection, data / f"zoning/{name}.geojson", "zones", "quang-ngai", sets=[f"plan={name}"])
    found = counts(report)
    assert report.counts.read == wanted["read"]
    assert found["geometry-type"] == wanted["lines"]
    assert found["geometry-invalid"] == wanted["invalid"]
    assert found["geometry-repaired"] == wanted["repaired"]
    assert found.get("text-lost", 0) == wanted["lost"]
    assert found["state-unknown"] == report.counts.inserted  # the plan is not in the layer of plans
    assert report.counts.inserted == report.counts.read - report.counts.withheld > 100
    assert rows(connection, "SELECT count(*) FROM land.zones WHERE function_raw LIKE '%?%'") == [(0,)]


@pytest.mark.parametrize(
    ("name", "layer"),
    [(DI_LANG, "parcels"), (PARIS, "parcels"), (PERMITS, "permits"), ("zoning/QHPK_SDD_PhoVinh_2023.geojson", "zones")],
)
def test_a_database_of_ho_chi_minh_city_refuses_the_others(name, layer, data, open_database, load_file) -> None:
    connection = open_database("hcmc")
    with pytest.raises(IngestError, match="Ho Chi Minh City"):
        load_file(connection, data / name, layer)
    assert rows(connection, "SELECT count(*) FROM landmap.stage") == [(0,)]

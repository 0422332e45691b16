"""`landmap ingest` as a user types it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import psycopg
import pytest
import typer
from typer.testing import CliRunner

from gis.errors import IngestError
from gis.store.publish import open_changeset
from services.commands.advice import beside_demo
from services.commands.ingest import ingest
from services.settings import Settings

FEATURES = [
    {
        "type": "Feature",
        "properties": {"so_to": "1", "so_thua": str(i), "ngay": "01/07/2025"},
        "geometry": {
            "type": "Polygon",
            "coordinates": [[[x, 10.7], [end, 10.7], [end, 10.701], [x, 10.701], [x, 10.7]]],
        },
    }
    for i, (x, end) in enumerate(((106.700, 106.701), (106.701, 106.702)))
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "thua.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": FEATURES}))
    return path


@pytest.fixture
def run(database, monkeypatch):
    """`run("parcels", "file", "--option")`: the output; errors are raised."""
    monkeypatch.setenv("LANDMAP_DATABASE_URL", database)
    app = typer.Typer()
    app.command()(ingest)

    def call(*arguments: object) -> str:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.output

    return call


def published(database: str) -> int:
    with psycopg.connect(database) as connection:
        row = connection.execute("SELECT count(*) FROM land.parcels").fetchone()
    assert row is not None
    return int(row[0])


def test_a_file_is_loaded_and_the_report_shown(run, file, database) -> None:
    shown = run("parcels", file)
    assert re.search(r"Published as changeset \d+ in", shown)
    assert "so_thua" in shown
    assert published(database) == 2


def test_the_report_is_json_on_request_and_a_dry_run_writes_nothing(run, file, database) -> None:
    report = json.loads(run("parcels", file, "--dry-run", "--json").splitlines()[-1])
    assert report["counts"]["read"] == report["counts"]["inserted"] == 2
    assert report["state"] == "dry-run"
    assert published(database) == 0


def test_the_document_and_the_day_are_kept(run, file, database) -> None:
    run(
        "parcels",
        file,
        "--document",
        "12/QĐ-UBND ngày 15/03/2024",
        "--valid-from",
        "01/04/2024",
        "--source-name",
        "Đo đạc",
        "--agency",
        "Sở Tài chính",
    )
    with psycopg.connect(database) as connection:
        row = connection.execute(
            "SELECT t.document, t.document_date::text, s.name, s.agency FROM landmap.stage t "
            "JOIN landmap.source s ON s.id = t.source"
        ).fetchone()
        begin = connection.execute(
            "SELECT DISTINCT lower(valid) = '2024-04-01T00:00+07' FROM land_history.parcels"
        ).fetchall()
    assert row == ("12/QĐ-UBND", "2024-03-15", "Đo đạc", "Sở Tài chính")
    assert begin == [(True,)]


def test_each_file_is_a_changeset_of_its_own(run, file, tmp_path) -> None:
    other = tmp_path / "other.geojson"
    other.write_text(file.read_text().replace('"so_to": "1"', '"so_to": "2"').replace("10.7", "10.8"))
    shown = run("parcels", file, other)
    first, second = map(int, re.findall(r"Published as changeset (\d+)", shown))
    assert second == first + 1


def test_the_report_speaks_vietnamese_where_it_is_asked_to(run, file, monkeypatch) -> None:
    monkeypatch.setenv("LANG", "vi_VN.UTF-8")
    shown = run("parcels", file, "--dry-run")
    assert "Chạy thử, chưa ghi gì." in shown
    assert "Số thửa" in shown


def test_the_title_of_a_changeset_is_in_the_language_of_the_steward(run, file, monkeypatch, database) -> None:
    monkeypatch.setenv("LANG", "vi_VN.UTF-8")
    run("parcels", file)
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT title FROM landmap.stage").fetchall() == [("Nạp thua.geojson",)]


def test_no_file_is_loaded_before_another_turns_out_to_be_missing(run, file, database) -> None:
    with pytest.raises(IngestError, match=r"no file nowhere\.gpkg"):
        run("parcels", file, "nowhere.gpkg")
    assert published(database) == 0


def test_a_steward_is_told_where_withheld_lines_belong(run, tmp_path) -> None:
    line = {"type": "LineString", "coordinates": [[106.70, 10.70], [106.71, 10.71]]}
    feature = {"type": "Feature", "properties": {"ky_hieu": "A"}, "geometry": line}
    path = tmp_path / "qh.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    shown = run("zones", path, "--dry-run")
    assert "1 of the withheld records are lines" in shown
    assert f"  landmap ingest road_lines {path} --set kind=CENTRELINE --dry-run\n" in shown
    shown = run("zones", path, "--set", "plan=P1", "--set", "population=3", "--dry-run")
    assert f"  landmap ingest road_lines {path} --set plan=P1 --set kind=CENTRELINE --dry-run\n" in shown


def test_real_data_are_not_mixed_with_the_demo_city_unless_the_user_says_so(run, file, database, monkeypatch) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        invented = open_changeset(connection, "demo", "Thành phố mẫu")
    with pytest.raises(
        IngestError, match=r"holds the demo city(?s:.*)LANDMAP_DATABASE_URL=\S+ landmap ingest parcels"
    ) as refused:
        run("parcels", file)
    assert "thành phố mẫu" in refused.value.vi
    assert published(database) == 0
    assert "Dry run" in run("parcels", file, "--dry-run")
    run("parcels", file, "--yes")
    assert published(database) == 2
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("UPDATE landmap.changeset SET reverts = %s WHERE number = %s + 1", (invented, invented))
    assert "Nothing to write" in run("parcels", file)  # the demo city is gone


def test_beside_the_embedded_demo_city_another_home_is_named(catalog) -> None:
    settings = Settings(home=Path("/srv/land map/.landmap"))
    refusal = beside_demo(settings, catalog.layers["parcels"], [Path("a b.gpkg")])
    assert "LANDMAP_HOME='/srv/land map/.landmap-real' landmap ingest parcels 'a b.gpkg'" in refusal.en


def test_data_of_another_territory_are_sent_there(run, tmp_path) -> None:
    path = tmp_path / "paris.geojson"
    away = json.loads(re.sub(r"\b10\.7", "48.8", json.dumps(FEATURES)).replace("106.7", "2.3"))
    path.write_text(json.dumps({"type": "FeatureCollection", "features": away}))
    with pytest.raises(IngestError, match=r"(?s)Ho Chi Minh City.*It lies in Paris.*LANDMAP_TERRITORY=paris"):
        run("parcels", path)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("nonsense", "{file}"), "no layer 'nonsense'"),
        (("parcels", "nowhere.gpkg"), "no file"),
        (("parcels", "{file}", "--dry-run", "--stage"), "exclude"),
        (("parcels", "{file}", "--valid-from", "13/25/2024"), "dd/mm/yyyy"),
        (("parcels", "{file}", "--valid-from", "2024-02-30"), "dd/mm/yyyy"),
        (("parcels", "{file}", "--document", "1 of tomorrow"), "--document"),
        (("parcels", "{file}", "{file}", "--complete", "commune=26734"), "one file"),
        (("parcels", "{file}", "--encoding", "klingon"), "--encoding"),
        (("parcels", "{file}", "--crs", "EPSG:5899"), "--crs says EPSG:5899"),
    ],
)
def test_mistakes_end_in_one_sentence(run, file, arguments, text) -> None:
    with pytest.raises(IngestError, match=text):
        run(*(argument.replace("{file}", str(file)) for argument in arguments))

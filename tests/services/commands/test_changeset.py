from __future__ import annotations

import getpass
import re

import psycopg
import pytest
from typer.testing import CliRunner, Result

from gis.errors import ConflictError, ForeignDatabase, InvalidParameter, NotFound
from gis.model.change import DataSource, Provenance
from gis.model.layer import Catalog
from gis.store import quarantine
from gis.store.match import Scope, match
from gis.store.publish import publish
from gis.store.stage import stage
from services.cli import app
from tests.gis.store.conftest import WHO, Parcel, records


def landmap(*words: str) -> Result:
    """Run the command; an error that it raises is raised here too."""
    result = CliRunner().invoke(app, words, env={"COLUMNS": "200"})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def staged(url: str, catalog: Catalog, parcels: list[Parcel]) -> int:
    layer = catalog.layers["parcels"]
    with psycopg.connect(url, autocommit=True) as connection:
        number = stage(connection, layer, WHO, [records(parcels)])
        match(connection, number, layer)
    return number


def now(url: str) -> list[tuple[str, str]]:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT parcel, street FROM land.parcels ORDER BY 1").fetchall()


def test_a_staged_changeset_is_listed_shown_published_and_reverted(url: str, catalog: Catalog) -> None:
    waiting = f"s{staged(url, catalog, [Parcel('1', 0)])}"
    assert re.search(rf"(?m)^ *{waiting} .*\+07 ", landmap("changeset", "list").output)
    assert "tester" in landmap("changeset", "show", waiting).output
    published = landmap("changeset", "publish", waiting).output.rsplit(" ", 1)[1].strip(". \n")
    assert now(url) == [("1", "Nguyễn Trãi")]
    assert "parcels" in landmap("changeset", "show", published).output
    assert f"Changeset {published} is reverted" in landmap("changeset", "revert", published).output
    assert now(url) == []
    assert f"reverts {published}" in landmap("changeset", "list").output


def test_the_source_is_shown_of_what_waits_and_of_what_is_published(url: str, catalog: Catalog) -> None:
    layer = catalog.layers["parcels"]
    source = DataSource(
        "[tờ] 12.gpkg", "ab" * 32, 4096, crs_declared="VN-2000", crs_used="EPSG:9210", encodings={"street": "tcvn3"},
        records=1200, mapping={"columns": {"sheet": "SoTo"}, "constants": {"map_scale": "500"}}, agency="Sở NN&MT",
    )  # fmt: skip
    with psycopg.connect(url, autocommit=True) as connection:
        who = Provenance("tester", "Test", source, "12/QĐ-UBND")
        waiting = stage(connection, layer, who, [records([Parcel("1", 0)])])
        shown = [landmap("changeset", "show", f"s{waiting}").output]
        shown.append(landmap("changeset", "show", str(publish(connection, waiting, layer))).output)
    for text in shown:
        for line in (
            "document 12/QĐ-UBND of -", "source: [tờ] 12.gpkg", "supplied by: Sở NN&MT", "records: 1,200", "size: 4,096 bytes",
            f"SHA-256: {'ab' * 32}", "CRS declared: VN-2000", "CRS used: EPSG:9210", "encodings: street = tcvn3",
            "columns: sheet = SoTo", "set: map_scale = 500",
        ):  # fmt: skip
            assert f"\n{line}\n" in text
        assert "layer:" not in text


def test_who_publishes_and_who_staged_are_both_shown(url: str, catalog: Catalog) -> None:
    waiting = f"s{staged(url, catalog, [Parcel('1', 0)])}"
    published = landmap("changeset", "publish", waiting).output.rsplit(" ", 1)[1].strip(". \n")
    shown = landmap("changeset", "show", published).output
    assert f" {getpass.getuser()} " in shown
    assert "\nstaged by: tester\n" in shown
    assert "tester" in landmap("changeset", "show", waiting).output


def test_a_refused_changeset_is_gone(url: str, catalog: Catalog) -> None:
    waiting = f"s{staged(url, catalog, [Parcel('1', 0)])}"
    landmap("changeset", "refuse", waiting)
    with pytest.raises(NotFound):
        landmap("changeset", "publish", waiting)
    assert now(url) == []


def test_a_stage_that_somebody_overtook_is_refused_by_name(url: str, catalog: Catalog) -> None:
    staged_first = staged(url, catalog, [Parcel("1", 0)])
    with psycopg.connect(url, autocommit=True) as connection:
        publish(connection, staged_first, catalog.layers["parcels"])
    first, second = (f"s{staged(url, catalog, [Parcel('1', 0, street=s)])}" for s in ("Lê Lợi", "Hai Bà Trưng"))
    landmap("changeset", "publish", first)
    with pytest.raises(ConflictError, match="stage it again"):
        landmap("changeset", "publish", second)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("publish 1", "'1' is not the name of a staged changeset.*s12"),
        ("refuse 1", "'1' is not the name of a staged changeset.*s12"),
        ("publish s999", "There is no staged changeset s999"),
        ("revert s1", "s1 is staged and was not published.*changeset refuse s1"),
        ("revert x", "'x' is not the number of a published changeset"),
        ("revert 999", "There is no changeset 999"),
        ("show x", "'x' is not the number of a published changeset"),
        ("show s999", "There is no staged changeset s999"),
    ],
)
def test_a_stage_and_a_changeset_are_not_taken_for_each_other(line, text, url: str) -> None:
    with pytest.raises((InvalidParameter, NotFound), match=text) as refused:
        landmap("changeset", *line.split())
    assert refused.value.vi != refused.value.en


def test_a_revert_says_what_came_of_it(url: str, catalog: Catalog) -> None:
    landmap("changeset", "publish", f"s{staged(url, catalog, [Parcel('1', 0), Parcel('2', 1)])}")
    layer = catalog.layers["parcels"]
    with psycopg.connect(url, autocommit=True) as connection:
        changed = stage(connection, layer, WHO, [records([Parcel("1", 0, street="Lê Lợi"), Parcel("3", 2)])])
        match(connection, changed, layer, Scope({"sheet": "12"}))
        number = publish(connection, changed, layer)
    told = landmap("--lang", "vi", "changeset", "revert", str(number)).output
    assert "1 đối tượng bị rút, 1 trở lại như trước, 1 được khôi phục." in told
    listed = landmap("changeset", "list").output
    lines = [line.split() for line in listed.splitlines()]
    heads = next(line for line in lines if "Closed" in line)
    last = next(line for line in lines if line[:1] == [str(number + 1)])
    assert heads[-4:] == ["New", "Changed", "Closed", "Back"]
    assert last[-4:] == ["0", "1", "1", "1"]


def test_a_database_of_an_earlier_version_is_not_changed_by_a_look_at_it(server, catalog: Catalog, monkeypatch) -> None:
    empty = server.create_database("unprepared")
    monkeypatch.setenv("LANDMAP_DATABASE_URL", empty)
    for line in ("changeset list", "coverage list", "agency list", "layer plan", "db check"):
        with pytest.raises(ForeignDatabase, match=r"holds nothing yet.*landmap layer apply"):
            landmap(*line.split())
    with psycopg.connect(empty) as connection:
        assert connection.execute("SELECT to_regnamespace('landmap')").fetchone() == (None,)
    assert "statement(s) run" in landmap("layer", "apply").output
    assert "as layers/ says" in landmap("layer", "plan").output
    with psycopg.connect(empty, autocommit=True) as connection:
        version = connection.execute("SELECT version_num FROM landmap.schema_version").fetchone()
        connection.execute("UPDATE landmap.schema_version SET version_num = '0007'")
        with pytest.raises(ForeignDatabase, match="the schema of an earlier version"):
            landmap("changeset", "list")
        connection.execute("UPDATE landmap.schema_version SET version_num = '9999'")
        for line in ("changeset list", "layer apply"):
            with pytest.raises(ForeignDatabase, match="a later version of Landmap"):
                landmap(*line.split())
    assert version is not None


def test_layer_plan_says_when_nothing_is_to_be_done(url: str) -> None:
    assert "as layers/ says" in landmap("layer", "plan").output
    assert "0 statement(s) run" in landmap("layer", "apply").output


def test_layer_plan_tells_the_change_in_words_or_shows_the_ddl_and_apply_runs_it(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP VIEW land.parcels")
        connection.execute("ALTER TABLE land_history.parcels DROP COLUMN map_scale")
    with pytest.raises(ForeignDatabase, match=r"holds less than layers/ says.*landmap layer apply"):
        landmap("changeset", "revert", "1")
    told = landmap("layer", "plan").output.splitlines()
    assert told[0] == "parcels: adds the field map_scale (bigint); its view and rights are made anew"
    assert "landmap layer plan --sql" in told[1] and len(told) == 2
    assert "ADD COLUMN map_scale" in landmap("layer", "plan", "--sql").output
    landmap("layer", "apply")
    assert "as layers/ says" in landmap("layer", "plan").output


def test_the_lists_fit_80_columns(url: str, catalog: Catalog) -> None:
    long = Provenance("nguyen.thi.minh.khai", "Nạp QHPK_SDD_khu_dan_cu_phia_bac_duong_Nguyen_Van_Linh_ban_ve_goc.gpkg")
    layer = catalog.layers["parcels"]
    with psycopg.connect(url, autocommit=True) as connection:
        publish(connection, stage(connection, layer, long, [records([Parcel("1", 0)])]), layer)
        stage(connection, layer, long, [records([Parcel("2", 3)])])
    for language in ("vi", "en"):
        shown = CliRunner().invoke(app, ["--lang", language, "changeset", "list"], env={"COLUMNS": "80"}).output
        assert max(map(len, shown.splitlines())) <= 80
        assert "…" not in shown


def test_what_waits_is_told_in_vietnamese_with_the_first_findings(url: str, catalog: Catalog) -> None:
    waiting = staged(url, catalog, [Parcel("1", 0)])
    row = {"layer": "parcels", "severity": "warning", "reason": "overlap", "message_vi": "Chồng lấn với bản ghi 9."}
    row |= {"message_en": "It overlaps record 9.", "responsible": "source", "raw": {}, "geom_wkb": None}
    with psycopg.connect(url, autocommit=True) as connection, connection.transaction():
        quarantine.write(connection, waiting, [row | {"source_row": i} for i in range(1, 5)])
    words = ("changeset", "show", f"s{waiting}", "--limit", "3")
    vi, en = landmap("--lang", "vi", *words).output, landmap(*words).output
    assert "cảnh báo, bản ghi 1: Chồng lấn với bản ghi 9.  overlap" in vi
    assert f"Công bố: landmap changeset publish s{waiting}" in vi
    assert "warning, record 3: It overlaps record 9.  overlap" in en
    assert "record 4" not in en and "--limit 30" in en
    landmap("changeset", "refuse", f"s{waiting}")
    assert "refused since" in landmap(*words).output

"""What a steward is told to do next, and that it can be done."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest
import shapely

from gis.errors import IngestError
from gis.ingest.crs_check import OutsideTerritory, Sample
from gis.ingest.run import DRY_RUN, Options, load
from gis.model.change import Provenance
from gis.model.layer import Text
from services.commands.advice import at_home, linework
from services.settings import read_settings
from tests.gis.ingest.conftest import lot

OPTIONS = Options(Provenance("tester", "Test"), mode=DRY_RUN)
LINE = shapely.LineString([(603_700, 1_191_840), (603_760, 1_191_890)])


@pytest.fixture
def drawing(tmp_path: Path) -> Path:
    """A file as it comes from CAD: areas and linework together."""
    import pyarrow as pa
    import pyogrio

    shapes = [lot(0), LINE, shapely.MultiLineString([LINE.reverse(), [(603_700, 1_191_900), (603_760, 1_191_900)]])]
    table = pa.table({"ky_hieu": ["A", "B", "C"], "geom": pa.array([shapely.to_wkb(s) for s in shapes], pa.binary())})
    path = tmp_path / "ban ve.gpkg"
    pyogrio.write_arrow(
        table, path, driver="GPKG", geometry_name="geom", geometry_type="Unknown", crs="EPSG:9210", layer="x"
    )
    return path


def test_withheld_lines_are_given_a_layer_and_the_command_that_loads_them(catalog, drawing) -> None:
    report = load(None, catalog, catalog.layers["zones"], drawing, OPTIONS)
    (advice,) = linework(report, catalog, drawing, replace(OPTIONS, crs="EPSG:9210"))
    assert advice.count == 2
    words = shlex.split(advice.command)
    assert words[:4] == ["landmap", "ingest", "road_lines", str(drawing)]
    assert words[4:6] == ["--crs", "EPSG:9210"]
    assert words[-1] == "--dry-run"
    ((field, code, others),) = advice.choices
    assert f"{field}={code}" == words[words.index("--set") + 1] == "kind=CENTRELINE"
    assert "RED_LINE (Chỉ giới đường đỏ)" in others.vi


def test_the_command_that_is_advised_loads_the_lines(catalog, drawing) -> None:
    from gis.ingest.mapping import parse_choice

    report = load(None, catalog, catalog.layers["zones"], drawing, OPTIONS)
    (advice,) = linework(report, catalog, drawing, OPTIONS)
    words = shlex.split(advice.command)
    choice = parse_choice((), [words[words.index("--set") + 1]])
    loaded = load(None, catalog, catalog.layers[words[2]], Path(words[3]), replace(OPTIONS, choice=choice))
    assert loaded.counts.inserted == advice.count
    assert loaded.counts.withheld == 1


def test_a_file_of_areas_alone_needs_no_advice(catalog, drawing) -> None:
    report = load(None, catalog, catalog.layers["road_lines"], drawing, replace(OPTIONS, choice=_kinds()))
    assert not list(linework(report, catalog, drawing, OPTIONS))


def _kinds():
    from gis.ingest.mapping import parse_choice

    return parse_choice((), ["kind=RED_LINE"])


@pytest.fixture
def lost() -> OutsideTerritory:
    from numpy import array

    return OutsideTerritory(Text("Tệp của nơi khác.", "A file of another place."), Sample(array([[2.35, 48.85]])), 4326)


def told(error: OutsideTerritory, catalog, **environ: str) -> IngestError:
    settings = read_settings({"LANDMAP_HOME": "/srv/land map"} | environ)
    return at_home(error, settings, catalog.layers["parcels"], Path("thửa 1.geojson"))


def test_foreign_data_are_sent_to_a_database_of_their_territory(lost, catalog) -> None:
    error = told(lost, catalog)
    assert error.en.startswith("A file of another place.\nIt lies in Paris, which needs a database of its own:\n")
    words = shlex.split(error.en.splitlines()[-1])
    assert words == [
        "LANDMAP_TERRITORY=paris",
        "LANDMAP_HOME=/srv/land map-paris",
        "landmap",
        "ingest",
        "parcels",
        "thửa 1.geojson",
    ]
    assert error.vi.splitlines()[-1] == error.en.splitlines()[-1]
    assert "Dữ liệu nằm trong Paris" in error.vi


def test_beside_a_database_of_their_own_they_are_given_another_url(lost, catalog) -> None:
    error = told(lost, catalog, LANDMAP_DATABASE_URL="postgresql://u:secret@db/land")
    assert "LANDMAP_TERRITORY=paris LANDMAP_DATABASE_URL=" in error.en
    assert "secret" not in error.en


def test_data_that_no_territory_holds_ask_for_a_new_one(catalog) -> None:
    from numpy import array

    rio = OutsideTerritory(Text("x", "x"), Sample(array([[-43.2, -22.9]])), 4326)
    assert "No territory holds it yet; write a file for it in" in told(rio, catalog).en


def test_a_mistake_in_another_territory_is_not_this_files(lost, catalog, tmp_path) -> None:
    import shutil

    layers = tmp_path / "layers"
    shutil.copytree(read_settings({}).layers, layers)
    (layers / "territories/paris.toml").write_text("id = 3", encoding="utf-8")
    assert "No territory holds it yet" in told(lost, catalog, LANDMAP_LAYERS=str(layers)).en

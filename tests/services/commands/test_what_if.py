"""A staged plan tried on a row of five parcels of 100 m2: nothing of it stays."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import psycopg
import pyarrow as pa
import pytest
import shapely

from gis.errors import InvalidParameter, NotFound
from gis.model.layer import Catalog
from gis.store.match import match
from gis.store.publish import publish
from gis.store.stage import Records, stage
from tests.gis.store.conftest import E0, N0, WHO, Parcel, records
from tests.services.commands.test_changeset import landmap, staged


def zone(first: int, last: int) -> shapely.MultiPolygon:
    """From the parcel `first` up to and with `last` of the row."""
    return shapely.MultiPolygon([shapely.box(E0 + 10 * first, N0 - 5, E0 + 10 * last + 10, N0 + 15)])


def zones(*rows: tuple[str, shapely.MultiPolygon, float | None, str]) -> Records:
    codes, shapes, far, status = zip(*rows, strict=True)
    columns = {
        "plan": pa.array(["QH1"] * len(rows)),
        "code": pa.array(codes),
        "far_max": pa.array(far, pa.float64()),
        "coverage_max": pa.array([60.0] * len(rows)),
        "storeys_max": pa.array([5] * len(rows)),
        "plan_status": pa.array(status),
    }
    return Records(np.array(shapes, dtype=object), columns)


@pytest.fixture
def waiting(url: str, catalog: Catalog) -> str:
    """Three parcels at FAR 3 and two without a zone; a plan waits that gives the first 5, the second 1, the last 2."""
    with psycopg.connect(url, autocommit=True) as db:
        rows = [Parcel(str(n), n) for n in range(5)]
        publish(db, stage(db, catalog.layers["parcels"], WHO, [records(rows)]), catalog.layers["parcels"])
        layer = catalog.layers["zones"]
        first = zones(
            ("A", zone(0, 0), 3.0, "APPROVED"), ("B", zone(1, 1), 3.0, "APPROVED"), ("C", zone(2, 2), 3.0, "APPROVED")
        )
        publish(db, stage(db, layer, WHO, [first]), layer)
        permits = catalog.layers["permits"]
        columns = {
            "number": pa.array(["P1", "P2", "P3"]),
            "office": pa.array(["X"] * 3),
            "status": pa.array(["ISSUED", "IN_REVIEW", "REJECTED"]),
            "floor_area": pa.array([250.0, 250.0, 250.0]),
        }
        places = np.array([shapely.Point(E0 + 10 * n + 5, N0 + 5) for n in (0, 1, 1)], dtype=object)
        publish(db, stage(db, permits, WHO, [Records(places, columns)]), permits)
        second = zones(
            ("A", zone(0, 0), 5.0, "CONSULTING"),
            ("B", zone(1, 1), 1.0, "CONSULTING"),
            ("D", zone(4, 4), 2.0, "CONSULTING"),
        )
        number = stage(db, layer, WHO, [second])
        match(db, number, layer)
    return f"s{number}"


def everything(url: str) -> list[object]:
    with psycopg.connect(url) as db:
        return db.execute(
            "SELECT (SELECT json_agg(z ORDER BY version) FROM land_history.zones z)::text, "
            "(SELECT json_agg(c ORDER BY number) FROM landmap.changeset c)::text, (SELECT json_agg(s)::text FROM landmap.stage s)"
        ).fetchall()


def test_it_tells_who_gains_and_who_loses_and_publishes_nothing(url: str, waiting: str, tmp_path: Path) -> None:
    before = everything(url)
    told = landmap("what-if", waiting, "--output", str(tmp_path / "lots.parquet")).output
    assert everything(url) == before
    lots = gpd.read_parquet(tmp_path / "lots.parquet").set_index("parcel")
    assert dict(lots["change"]) == {"0": "gains", "1": "loses", "4": "becomes-known"}
    assert dict(lots["floor_difference"].round(3).dropna()) == {"0": 200.0, "1": -200.0}
    assert lots.crs.to_epsg() == 9210
    assert [line.split() for line in told.splitlines() if line.startswith(("gains", "loses"))] == [
        ["gains", "1", "300", "500"],
        ["loses", "1", "300", "100"],
    ]
    assert [line.split() for line in told.splitlines() if line.startswith("P")] == [
        ["P1", "ISSUED", "gains", "no"],
        ["P2", "IN_REVIEW", "loses", "yes"],
    ]
    assert "3 lots written" in told


def test_the_stage_can_be_published_afterwards(url: str, waiting: str) -> None:
    landmap("what-if", waiting)
    assert "Published as" in landmap("changeset", "publish", waiting).output


def test_a_plan_that_was_never_in_force_takes_nothing_away(
    url: str, waiting: str, catalog: Catalog, tmp_path: Path
) -> None:
    """Zones under consultation that are published already do not bind, neither before nor after."""
    layer = catalog.layers["zones"]
    with psycopg.connect(url, autocommit=True) as db:
        publish(db, stage(db, layer, WHO, [zones(("Z", zone(0, 4), 0.1, "CONSULTING"))]), layer)
        later = stage(db, layer, WHO, [zones(("E", zone(2, 3), 4.0, "APPROVED"))])
        match(db, later, layer)
    landmap("what-if", f"s{later}", "--output", str(tmp_path / "lots.gpkg"))
    lots = gpd.read_file(tmp_path / "lots.gpkg").set_index("parcel")
    assert dict(lots["change"]) == {"2": "same", "3": "becomes-known"}  # of 3 and 4 on one lot the least counts


def test_what_cannot_be_tried_is_said(url: str, waiting: str, catalog: Catalog) -> None:
    with pytest.raises(NotFound):
        landmap("what-if", "s999")
    with pytest.raises(InvalidParameter, match="limits of zones"):
        landmap("what-if", f"s{staged(url, catalog, [Parcel('9', 9)])}")
    with pytest.raises(InvalidParameter, match="ends in"):
        landmap("what-if", waiting, "--output", "lots.txt")


def test_it_speaks_vietnamese(url: str, waiting: str) -> None:
    told = landmap("--lang", "vi", "what-if", waiting).output
    assert "chưa công bố gì" in told and "giảm" in told

"""Tiles of features. What they show is tested where they are served (tests/services/ogc/test_tiles.py), cells in test_cells.py."""

from __future__ import annotations

import psycopg

from gis.model.layer import Layer
from gis.store.tables import history_table
from gis.store.tiles import tile_sql
from tests.gis.store.conftest import Load, Parcel
from tests.gis.store.test_cells import now, public_decision, run, tile_at


def test_the_same_state_gives_the_same_bytes_however_its_rows_lie(
    db: psycopg.Connection, load: Load, parcels: Layer
) -> None:
    def drawn() -> bytes:
        return bytes(run(db, tile_sql(parcels, tile_at(16), now(parcels), public_decision(parcels)))["mvt"])

    def lying() -> list[int]:
        return [fid for (fid,) in db.execute(f"SELECT fid FROM {table} ORDER BY ctid").fetchall()]

    load([Parcel(str(number), number % 40) for number in range(200)])
    table = history_table(parcels).fullname
    before, order = drawn(), lying()
    db.execute(f"CREATE INDEX shuffled ON {table} (md5(fid::text))")
    db.execute(f"CLUSTER {table} USING shuffled")
    assert lying() != order
    assert drawn() == before

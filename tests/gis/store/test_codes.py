from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from gis.errors import ConflictError
from gis.model.layer import Catalog, Text
from gis.store import codes, publish
from gis.store.changesets import newest


def test_codelists_are_published_once(db: psycopg.Connection, catalog: Catalog) -> None:
    with db.transaction():
        assert codes.publish(db, catalog) is None


def test_a_changed_code_is_a_changeset_and_the_old_row_stays_known(db: psycopg.Connection, catalog: Catalog) -> None:
    land_use = catalog.codelists["land_use"]
    changed = tuple(
        replace(c, replaced_by="DCT", note=Text("quyết định", "decision")) if c.code == "DCK" else c
        for c in land_use.codes
    )
    other = replace(catalog, codelists={**catalog.codelists, "land_use": replace(land_use, codes=changed)})
    with db.transaction():
        number = codes.publish(db, other)
    assert number == newest(db, 1)[0].number
    rows = db.execute(
        "SELECT replaced_by, to_changeset FROM landmap.code WHERE list = 'land_use' AND code = 'DCK' ORDER BY from_changeset"
    ).fetchall()
    assert rows == [(None, number), ("DCT", None)]
    with db.transaction():
        assert codes.publish(db, other) is None


def test_somebody_who_keeps_the_publishing_lock_does_not_keep_codes_waiting_for_ever(
    database: str, db: psycopg.Connection, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "_PATIENCE", 0.2)
    other = replace(
        catalog, codelists={**catalog.codelists, "land_use": replace(catalog.codelists["land_use"], codes=())}
    )
    with psycopg.connect(database) as holder:
        publish.open_changeset(holder, "somebody", "Test")
        with pytest.raises(ConflictError, match="Somebody is editing or publishing"), db.transaction():
            codes.publish(db, other)
        holder.rollback()


def test_a_code_that_left_the_list_is_closed(db: psycopg.Connection, catalog: Catalog) -> None:
    land_use = catalog.codelists["land_use"]
    fewer = replace(land_use, codes=tuple(c for c in land_use.codes if c.code != "DCK"))
    with db.transaction():
        codes.publish(db, replace(catalog, codelists={**catalog.codelists, "land_use": fewer}))
    assert db.execute("SELECT count(*) FROM landmap.code WHERE code = 'DCK' AND to_changeset IS NULL").fetchone() == (
        0,
    )

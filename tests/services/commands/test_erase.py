"""`landmap erase`: holders of a parcel are taken out of every version, and that stays on record without them."""

from __future__ import annotations

import getpass
import json
from uuid import UUID, uuid4

import psycopg
import pytest
from typer.testing import CliRunner

from gis.errors import ConflictError, InvalidParameter, NotFound
from gis.model.layer import Catalog
from gis.store.audit import proved
from gis.store.changesets import revert
from gis.store.match import match
from gis.store.publish import publish
from gis.store.stage import refuse, stage
from services.cli import app
from tests.gis.store.conftest import WHO, Parcel, records
from tests.services.commands.test_changeset import landmap

GROUND = ("--document", "12/QĐ-SNNMT", "--reason", "Theo yêu cầu của chủ thể dữ liệu")
SECRET = "NGUYENVANMAT"


def put(url: str, catalog: Catalog, *parcels: Parcel) -> int:
    """The changeset of these parcels."""
    layer = catalog.layers["parcels"]
    with psycopg.connect(url, autocommit=True) as db:
        number = stage(db, layer, WHO, [records(list(parcels))])
        match(db, number, layer)
        published = publish(db, number, layer)
    assert published is not None
    return published


def id_of(url: str, parcel: str) -> UUID:
    with psycopg.connect(url) as db:
        row = db.execute("SELECT id FROM land.parcels WHERE parcel = %s", (parcel,)).fetchone()
    assert row is not None
    found: UUID = row[0]
    return found


def holders(url: str) -> list[tuple[str, str]]:
    """Of all versions that have any, with their parcels."""
    with psycopg.connect(url) as db:
        return db.execute(
            """SELECT h.parcel, t.holder_name FROM land_history.parcels h JOIN land_restricted.parcels_holders t USING (version)
               WHERE t.holder_name IS NOT NULL ORDER BY 1, h.version"""
        ).fetchall()


@pytest.fixture
def parcel(url: str, catalog: Catalog) -> UUID:
    """One with a holder in three versions (its time is cut where another begins), beside another one."""
    put(url, catalog, Parcel("1", 0, holder=SECRET), Parcel("2", 1, holder="B"))
    put(url, catalog, Parcel("1", 0, holder=f"{SECRET} 2"))
    return id_of(url, "1")


def test_every_version_loses_its_restricted_fields_and_nothing_else_does(url: str, parcel: UUID) -> None:
    versions = "SELECT count(*), max(version) FROM land_history.parcels"
    with psycopg.connect(url) as db:
        before = db.execute(versions).fetchone()
    done = landmap("erase", "parcels", str(parcel), *GROUND, "--yes")
    assert "holders 3" in done.output and SECRET not in done.output
    assert holders(url) == [("2", "B")]
    with psycopg.connect(url) as db:
        assert db.execute(versions).fetchone() == before
    assert "Nothing was erased" in landmap("erase", "parcels", str(parcel), *GROUND, "--yes").output


def test_it_is_on_record_with_its_ground_and_without_any_value(url: str, parcel: UUID) -> None:
    landmap("erase", "parcels", str(parcel), *GROUND, "--yes")
    (line,) = landmap("audit", "list", "--json", "--feature", str(parcel)).output.splitlines()
    told = json.loads(line)
    assert (told["kind"], told["action"], told["actor"]) == (
        "restricted",
        "restricted fields erased",
        getpass.getuser(),
    )
    assert (told["layer"], told["subject"], told["rows"]) == ("parcels", "12/QĐ-SNNMT", 3)
    assert told["detail"]["reason"] == GROUND[-1] and told["detail"]["versions"]["holders"] == 3
    assert SECRET not in line
    with psycopg.connect(url) as db:
        assert proved(db)[0] is None


def test_it_asks_first_and_a_no_erases_nothing(url: str, parcel: UUID) -> None:
    asked = CliRunner().invoke(app, ["erase", "parcels", str(parcel), *GROUND], input="n\n")
    assert asked.exit_code == 1 and "cannot be had back" in asked.output
    assert len(holders(url)) == 4
    agreed = CliRunner().invoke(app, ["erase", "parcels", str(parcel), *GROUND], input="y\n")
    assert agreed.exit_code == 0, agreed.output
    assert holders(url) == [("2", "B")]


def test_a_revert_does_not_bring_back_what_was_erased(url: str, catalog: Catalog, parcel: UUID) -> None:
    later = put(url, catalog, Parcel("1", 0, street="Lê Lợi", holder=f"{SECRET} 3"))
    landmap("erase", "parcels", str(parcel), *GROUND, "--yes")
    with psycopg.connect(url, autocommit=True) as db:
        revert(db, later, catalog, "tester")
    assert holders(url) == [("2", "B")]


def test_what_waits_with_the_same_feature_has_to_be_settled_first(url: str, catalog: Catalog, parcel: UUID) -> None:
    layer = catalog.layers["parcels"]
    with psycopg.connect(url, autocommit=True) as db:
        waiting = stage(db, layer, WHO, [records([Parcel("1", 0, holder=f"{SECRET} 3")])])
        match(db, waiting, layer)
        with pytest.raises(ConflictError, match=f"s{waiting}"):
            landmap("erase", "parcels", str(parcel), *GROUND, "--yes")
        assert len(holders(url)) == 4
        refuse(db, waiting)
    landmap("erase", "parcels", str(parcel), *GROUND, "--yes")
    assert holders(url) == [("2", "B")]


@pytest.mark.parametrize(
    ("layer", "feature", "ground", "error"),
    [
        ("nothing", None, GROUND, NotFound),
        ("wards", None, GROUND, InvalidParameter),
        ("parcels", uuid4(), GROUND, NotFound),
        ("parcels", None, ("--document", " ", "--reason", "x"), InvalidParameter),
        ("parcels", None, ("--document", "12/QĐ", "--reason", ""), InvalidParameter),
    ],
)
def test_what_cannot_be_erased_is_refused(
    url: str, parcel: UUID, layer: str, feature: UUID | None, ground: tuple[str, ...], error: type[Exception]
) -> None:
    with pytest.raises(error):
        landmap("erase", layer, str(feature or parcel), *ground, "--yes")
    assert len(holders(url)) == 4
    with psycopg.connect(url) as db:
        assert db.execute("SELECT count(*) FROM landmap.audit WHERE action LIKE '%%erased'").fetchone() == (0,)

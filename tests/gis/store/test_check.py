"""`landmap db check` finds what it says it finds, and nothing in a sound database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from gis.model.layer import Catalog
from gis.store.check import check
from tests.gis.store.conftest import Load, Parcel

PAST, FUTURE = datetime(2020, 1, 1, tzinfo=UTC), datetime.now(UTC) + timedelta(days=400)
INSERT = "INSERT INTO landmap.valid_bound (layer, at, changeset, shown, delta) "


@pytest.fixture
def filled(database: str, load: Load, editor: str) -> str:
    """Dated and undated versions, one that ends in the future, edits, land of the army."""
    load(
        [
            Parcel("1", 0, valid_from=PAST, valid_to=FUTURE),
            Parcel("2", 1, valid_from=FUTURE),
            Parcel("3", 2, uses=("CQP",)),
        ]
    )
    load([Parcel("1", 0, street="Lê Lợi"), Parcel("4", 3)])
    with psycopg.connect(editor) as person:
        person.execute("UPDATE land.parcels SET street = 'Pasteur' WHERE parcel = '4'")
        person.execute("UPDATE land.parcels SET street = 'Hàm Nghi' WHERE parcel = '4'")
        person.execute("DELETE FROM land.parcels WHERE parcel = '3'")
    return database


def test_a_sound_database_has_no_findings(filled: str, catalog: Catalog) -> None:
    assert check(filled, catalog) == []


@pytest.mark.parametrize(
    ("damage", "text"),
    [
        ("UPDATE landmap.valid_bound SET delta = delta + 1 WHERE at > now() + interval '1 year'", "do not add up"),
        (INSERT + "SELECT 'parcels', '1990-01-01', max(number), 3, 5 FROM landmap.changeset_layer", "do not add up"),
        ("DELETE FROM landmap.valid_bound WHERE at = (SELECT max(at) FROM landmap.valid_bound)", "do not add up"),
        # The sums of now stay right, those of what was known before do not.
        (
            "UPDATE landmap.valid_bound SET delta = delta + CASE changeset WHEN 2 THEN 1 WHEN 3 THEN -1 ELSE 0 END WHERE at = '2020-01-01Z'",
            "do not add up",
        ),
        ("UPDATE landmap.valid_bound SET ahead = NOT ahead WHERE at = '2020-01-01Z'", "lie ahead"),
        (
            "UPDATE land_history.parcels SET geom_84 = ST_Translate(geom_84, 1e-7, 0) WHERE parcel = '4'",
            "1 mm, of 10,000 versions",
        ),
        ("UPDATE land_history.parcels SET sort_key = sort_key + 1 WHERE parcel = '1'", "sort keys"),
        ("UPDATE land_history.parcels SET to_changeset = NULL WHERE parcel = '1'", "overlap"),
        (
            "UPDATE land_history.parcels SET to_changeset = from_changeset WHERE to_changeset IS NOT NULL",
            "closed before",
        ),
        ("UPDATE land_history.parcels SET from_changeset = 1 WHERE parcel = '2'", "does not exist"),
    ],
)
def test_damage_is_found(filled: str, catalog: Catalog, damage: str, text: str) -> None:
    with psycopg.connect(filled, autocommit=True) as owner:
        assert owner.execute(damage).rowcount > 0
    found = check(filled, catalog)
    assert [f for f in found if f.layer == "parcels" and text in f.text and f.count > 0]

"""`landmap layer plan` in words."""

from __future__ import annotations

from services.commands import speech
from services.commands.layer import changes
from services.commands.speech import Language

LAYERS = ("parcels", "plans", "permits", "zones")


def told(*statements: str) -> dict[str, str]:
    return {layer: change.told() for layer, change in changes(statements, LAYERS).items()}


def test_a_new_field_is_named_with_its_type() -> None:
    found = told(
        'ALTER TABLE land_history."parcels" ADD COLUMN map_scale BIGINT',
        'DROP VIEW IF EXISTS land."parcels"',
        'CREATE VIEW land."parcels" AS SELECT 1',
        'GRANT SELECT ON land."parcels" TO landmap_staff',
    )
    assert found == {"parcels": "adds the field map_scale (bigint); its view and rights are made anew"}


def test_a_new_layer_is_its_tables_and_indexes() -> None:
    found = told(
        "CREATE TABLE land_history.permits (\n\tversion BIGINT)",
        "CREATE INDEX permits_id ON land_history.permits (id)",
        "CREATE INDEX permits_to ON land_history.permits (to_changeset)",
        "CREATE TABLE land_restricted.permits_applicants (\n\tversion BIGINT)",
    )
    assert found == {
        "permits": "new table land_history.permits; new table land_restricted.permits_applicants; 2 new indexes"
    }


def test_changed_row_rules_are_told_as_what_they_do() -> None:
    found = told(
        'ALTER TABLE land_history."zones" DROP COLUMN shown',
        'ALTER TABLE land_history."zones" ADD COLUMN shown SMALLINT GENERATED ALWAYS AS (2) STORED',
    )
    assert found == {"zones": "what the public sees of each record is worked out anew"}


def test_the_restricted_table_of_a_layer_belongs_to_it() -> None:
    assert told('ALTER TABLE land_restricted."parcels_holders" ADD COLUMN phone TEXT') == {
        "parcels": "adds the field phone (text)"
    }


def test_it_is_told_in_vietnamese_too() -> None:
    speech.choose(Language.VI)
    assert told('ALTER TABLE land_history."plans" ADD COLUMN x TEXT') == {"plans": "thêm trường x (text)"}

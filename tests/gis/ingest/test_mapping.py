"""Columns are found by the layer's aliases, shown, and asked about where they fit twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gis.catalog.names import fold
from gis.errors import IngestError, Undecided
from gis.ingest.mapping import NO_CHOICE, missing, parse_choice, require, resolve, says_degrees
from gis.model.layer import Catalog, Layer


@pytest.fixture
def parcels(catalog: Catalog) -> Layer:
    return catalog.layers["parcels"]


@pytest.mark.parametrize(
    "name", ["Số tờ", "SO_TO", "SoTo", "so to", "So_to", "số\u0020tờ", "So\u0302\u0301 to\u031b\u0300"]
)
def test_names_are_compared_without_case_accents_and_separators(name) -> None:
    assert fold(name) == "soto"
    assert fold("Địa chỉ") == "diachi"


def test_columns_find_their_fields_and_the_rest_is_listed(parcels) -> None:
    found = resolve(parcels, ("SoTo", "Số thứ tự thửa", "KHLOAIDAT", "OBJECTID"), NO_CHOICE)
    assert found.columns == {"sheet": "SoTo", "parcel": "Số thứ tự thửa", "land_use_raw": "KHLOAIDAT"}
    assert found.unmapped == ("OBJECTID",)


def test_two_columns_for_one_field_are_asked_about(parcels) -> None:
    with pytest.raises(Undecided, match=r"--map SoTo=sheet"):
        resolve(parcels, ("SoTo", "to_ban_do"), NO_CHOICE)
    chosen = resolve(parcels, ("SoTo", "to_ban_do"), parse_choice(["to_ban_do=sheet", "SoTo="], []))
    assert chosen.columns == {"sheet": "to_ban_do"}
    assert chosen.unmapped == ()


def test_choosing_one_of_two_columns_leaves_the_other_unused(parcels) -> None:
    found = resolve(parcels, ("SoTo", "to_ban_do"), parse_choice(["to_ban_do=sheet"], []))
    assert found.columns == {"sheet": "to_ban_do"}
    assert found.unmapped == ("SoTo",)


def test_names_cut_to_ten_characters_may_stand_for_longer_ones(parcels) -> None:
    cut = resolve(parcels, ("so_hieu_th",), NO_CHOICE, truncated=True)
    assert cut.columns == {"parcel": "so_hieu_th"}
    assert resolve(parcels, ("so_hieu_th",), NO_CHOICE).columns == {}
    with pytest.raises(Undecided, match="legal_area") as caught:
        resolve(parcels, ("dien_tich_",), NO_CHOICE, truncated=True)
    assert "--map dien_tich_=measured_area" in caught.value.en


def test_a_constant_takes_the_place_of_a_column(parcels) -> None:
    found = resolve(parcels, ("SoTo", "SoThua"), parse_choice([], ["sheet=12"]))
    assert found.columns == {"parcel": "SoThua"}
    assert found.constants == {"sheet": "12"}


def test_readings_are_part_of_the_choice() -> None:
    choice = parse_choice(["a=b=legal_area:comma"], [])
    assert choice.columns == {"a=b": "legal_area"}
    assert choice.readings == {"legal_area": "comma"}


@pytest.mark.parametrize(
    ("maps", "sets"),
    [(["SoTo"], []), (["=sheet"], []), (["SoTo=sheet:loud"], []), ([], ["state"]), ([], ["=x"])],
)
def test_malformed_choices_are_refused(maps, sets) -> None:
    with pytest.raises(IngestError, match=r"--map|--set"):
        parse_choice(maps, sets)


@pytest.mark.parametrize(
    ("maps", "sets", "text"),
    [
        (["nowhere=sheet"], [], "no column 'nowhere'"),
        (["SoTo=nonsense"], [], "no field 'nonsense'"),
        ([], ["nonsense=1"], "no field 'nonsense'"),
        (["SoTo=sheet", "SoThua=sheet"], [], "given twice"),
        (["SoTo=sheet"], ["sheet=1"], "given twice"),
    ],
)
def test_choices_must_name_what_there_is(parcels, maps, sets, text) -> None:
    with pytest.raises(IngestError, match=text):
        resolve(parcels, ("SoTo", "SoThua"), parse_choice(maps, sets))


def test_required_fields_are_asked_for(parcels) -> None:
    with pytest.raises(Undecided, match=r"--map a=parcel.*--set parcel=VALUE"):
        require(parcels, resolve(parcels, ("SoTo", "a"), NO_CHOICE), has_geometry=True)
    require(parcels, resolve(parcels, ("SoTo", "a"), parse_choice(["a=parcel"], [])), has_geometry=True)


def test_geometry_is_asked_for_where_the_layer_needs_it(parcels) -> None:
    plain = resolve(parcels, ("SoTo", "SoThua"), NO_CHOICE)
    with pytest.raises(Undecided, match=r"geometry\.wkt"):
        require(parcels, plain, has_geometry=False)
    require(replace(parcels, geometry=replace(parcels.geometry, required=False)), plain, has_geometry=False)
    require(parcels, resolve(parcels, ("SoTo", "SoThua", "WKT"), NO_CHOICE), has_geometry=False)


@pytest.mark.parametrize(
    ("columns", "degrees"),
    [(("Lon", "Lat"), True), (("Kinh độ", "Vĩ độ"), True), (("easting", "northing"), False), (("lon",), False)],
)
def test_longitude_and_latitude_say_in_which_crs_they_are(parcels, columns, degrees) -> None:
    assert says_degrees(resolve(parcels, columns, NO_CHOICE)) is degrees


def test_x_and_y_are_not_taken_for_coordinates_unasked(parcels) -> None:
    """In Vietnamese survey files X is the northing."""
    assert resolve(parcels, ("X", "Y"), NO_CHOICE).columns == {}


def test_ids_are_taken_only_where_the_database_gave_them(parcels) -> None:
    assert "id" not in resolve(parcels, ("id",), NO_CHOICE).columns
    assert resolve(parcels, ("id",), NO_CHOICE, ids=frozenset({"id"})).columns == {"id": "id"}


def test_questions_are_asked_in_vietnamese_too_with_the_same_options(parcels) -> None:
    with pytest.raises(Undecided) as two:
        resolve(parcels, ("SoTo", "so_to"), NO_CHOICE)
    assert "--map SoTo=sheet hoặc --map so_to=sheet" in two.value.vi
    assert parcels.field("sheet").title.vi in two.value.vi
    with pytest.raises(Undecided) as lacking:
        require(parcels, resolve(parcels, ("a b",), NO_CHOICE), True)
    name = missing(parcels, resolve(parcels, ("a b",), NO_CHOICE))[0].name
    assert f"--map 'a b={name}'" in lacking.value.vi
    assert f"--map 'a b={name}'" in lacking.value.en


def test_what_a_constant_or_a_default_gives_is_not_missing(parcels) -> None:
    names = {field.name for field in missing(parcels, resolve(parcels, (), NO_CHOICE))}
    assert names
    given = parse_choice((), [f"{name}=1" for name in names])
    assert missing(parcels, resolve(parcels, (), given)) == []

"""A wrong CRS ends in an error that names the candidates; nothing is guessed."""

from __future__ import annotations

import re

import numpy as np
import pytest

from gis.crs.transform import transform
from gis.errors import IngestError, Undecided
from gis.ingest.crs_check import OutsideTerritory, Sample, homes, settle
from gis.model.query import CRS84

RNG = np.random.default_rng(3)
LONLAT = np.column_stack([RNG.uniform(106.5, 106.9, 200), RNG.uniform(10.6, 11.0, 200)])


def sample(code: int, swapped: bool = False) -> Sample:
    points = transform(LONLAT, CRS84, code)
    return Sample.of(points[:, ::-1] if swapped else points)


@pytest.fixture
def hcmc(catalogs):
    return catalogs("hcmc").territory


@pytest.mark.parametrize(
    ("declared", "code"), [("EPSG:9210", 9210), ("EPSG:4326", 4326), ("OGC:CRS84", CRS84), ("EPSG:3857", 3857)]
)
def test_a_right_declaration_is_taken(declared, code, hcmc) -> None:
    assert settle(declared, None, sample(code), hcmc).code == code


def refusal(declared: str | None, chosen: str | None, points: Sample, territory, kind=IngestError) -> str:
    with pytest.raises(kind) as caught:
        settle(declared, chosen, points, territory)
    return caught.value.en


def test_metres_labelled_degrees(hcmc) -> None:
    text = refusal("EPSG:4326", None, sample(9210), hcmc)
    assert "metres, not degrees" in text
    assert "--crs EPSG:9210" in text


def test_degrees_labelled_metres(hcmc) -> None:
    text = refusal("EPSG:9210", None, sample(CRS84), hcmc)
    assert "degrees, not metres" in text
    assert "--crs EPSG:4326" in text


def test_swapped_axes(hcmc) -> None:
    text = refusal("EPSG:9210", None, sample(9210, swapped=True), hcmc)
    assert "X and Y are swapped" in text
    assert "EPSG:9210" in text
    assert "swapped" in refusal("EPSG:4326", None, sample(CRS84, swapped=True), hcmc)


def test_the_wrong_zone(hcmc) -> None:
    assert "--crs EPSG:9210" in refusal("EPSG:5899", None, sample(9210), hcmc)
    assert "--crs EPSG:5899" in refusal("EPSG:9210", None, sample(5899), hcmc)


def test_a_zone_in_which_the_territory_has_no_files_wants_confirmation(hcmc) -> None:
    """EPSG:9211 moves points of 9210 by 27 km: still inside the city."""
    text = refusal("EPSG:9211", None, sample(9210), hcmc, Undecided)
    assert "--crs EPSG:9210" in text
    assert "--crs EPSG:9211" in text
    assert settle("EPSG:9211", "EPSG:9211", sample(9211), hcmc).code == 9211


def test_a_lost_shift_is_noticed(hcmc) -> None:
    text = refusal("+proj=tmerc +lon_0=105.75 +k=0.9999 +x_0=500000 +datum=WGS84", None, sample(9210), hcmc, Undecided)
    assert "226 m" in text
    assert "--crs EPSG:9210" in text


def test_nothing_declared_is_asked_about_with_what_would_fit(hcmc) -> None:
    text = refusal(None, None, sample(9210), hcmc, Undecided)
    assert ".prj" in text
    assert "--crs EPSG:9210" in text
    assert "EPSG:5899" not in text
    assert "swapped" in refusal(None, None, sample(9210, swapped=True), hcmc, Undecided)


def test_the_users_word_is_checked_too(hcmc) -> None:
    assert settle("EPSG:4326", "9210", sample(9210), hcmc).code == 9210
    assert "--crs says EPSG:5899" in refusal(None, "EPSG:5899", sample(9210), hcmc)
    assert "--crs nonsense" in refusal(None, "nonsense", sample(9210), hcmc)


def test_an_unknown_declaration_is_asked_about(hcmc) -> None:
    assert "--crs EPSG:9210" in refusal('LOCAL_CS["Thu Duc"]', None, sample(9210), hcmc, Undecided)


def test_data_of_another_place_are_refused(hcmc) -> None:
    paris = Sample.of(np.array([[2.35, 48.85]] * 5))
    assert "only data of its own territory" in refusal("EPSG:4326", None, paris, hcmc)
    assert "another place" in refusal(None, None, paris, hcmc, Undecided)


def test_a_few_stray_points_do_not_change_the_crs(hcmc) -> None:
    points = np.concatenate([transform(LONLAT, CRS84, 9210), [[0.0, 0.0], [np.nan, 1.0]]])
    assert settle("EPSG:9210", None, Sample.of(points), hcmc).code == 9210


@pytest.mark.parametrize(
    ("declared", "chosen", "points"),
    [
        ("EPSG:4326", None, sample(9210)),
        ("EPSG:9210", None, sample(9210, swapped=True)),
        ("EPSG:9211", None, sample(9210)),
        ("+proj=tmerc +lon_0=105.75 +k=0.9999 +x_0=500000 +datum=WGS84", None, sample(9210)),
        (None, None, sample(9210)),
        (None, "EPSG:5899", sample(9210)),
        (None, "nonsense", sample(9210)),
        ('LOCAL_CS["Thu Duc"]', None, sample(9210)),
    ],
)
def test_vietnamese_says_the_same_and_names_the_same_options(declared, chosen, points, hcmc) -> None:
    with pytest.raises(IngestError) as caught:
        settle(declared, chosen, points, hcmc)
    assert caught.value.vi != caught.value.en
    assert re.findall(r"EPSG:\d+", caught.value.vi) == re.findall(r"EPSG:\d+", caught.value.en)


def test_data_of_another_territory_are_traced_to_it(hcmc, catalogs) -> None:
    others = [catalogs(name).territory for name in ("nashville", "paris", "quang-ngai")]
    lambert = transform(np.array([[2.35, 48.85]] * 5), CRS84, 2154)
    for declared, points in (("EPSG:4326", [[2.35, 48.85]] * 5), ("EPSG:2154", lambert), (None, lambert)):
        with pytest.raises(OutsideTerritory) as caught:
            settle(declared, None, Sample.of(np.array(points)), hcmc)
        assert [territory.id for territory in homes(caught.value, others)] == ["paris"]


def test_data_of_no_territory_have_no_home(hcmc, catalogs) -> None:
    with pytest.raises(OutsideTerritory) as caught:
        settle("EPSG:4326", None, Sample.of(np.array([[-43.2, -22.9]] * 5)), hcmc)
    assert homes(caught.value, [catalogs("paris").territory]) == []


def test_a_file_with_nothing_in_it_is_not_taken_for_foreign(hcmc) -> None:
    with pytest.raises(Undecided) as caught:
        settle(None, None, Sample.of(np.empty((0, 2))), hcmc)
    assert not isinstance(caught.value, OutsideTerritory)

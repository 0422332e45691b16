"""Addresses as people write them."""

from __future__ import annotations

import pytest

from gis.errors import InvalidParameter
from gis.model.layer import Catalog
from services.permits.postal import Address, house_of, read_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("12 Lê Lợi", Address(("Lê", "Lợi"), "12", ())),
        ("số nhà 12/3A đường Lê Lợi, Phường Bến Thành, TP.HCM", Address(("Lê", "Lợi"), "12/3a", ("Phường Bến Thành",))),
        ("Hẻm 127 Lạc Long Quân", Address(("Hẻm", "127", "Lạc", "Long", "Quân"), None, ())),
        ("3 Tháng 2", Address(("Tháng", "2"), "3", ())),
        ("Thành phố mẫu", Address(("Thành", "phố", "mẫu"), None, ())),
    ],
)
def test_an_address_is_read_as_number_street_and_communes(catalog: Catalog, text: str, address: Address) -> None:
    assert read_address(text, catalog.territory) == address


@pytest.mark.parametrize(
    ("address", "house"),
    [
        ("99 Lê Lợi, Phường 12", "99"),
        ("Lê Lợi, 12 Phường Bến Thành", None),
        ("Số nhà 12/3A Lê Lợi, Khu phố 1, Phường Sài Gòn, Quận 1, TP.HCM, Việt Nam", "12/3a"),
        ("  12   Lê Lợi", "12"),
        ("Phường 12", None),
        ("", None),
    ],
)
def test_the_number_of_a_house_is_what_stands_before_its_street(address: str, house: str | None) -> None:
    assert house_of(address) == house


def test_the_city_behind_the_last_comma_is_no_commune(catalog: Catalog) -> None:
    title = catalog.territory.title
    for city in (title.vi, title.en, "tp.hcm"):
        assert read_address(f"Lê Lợi, Đa Kao, {city}", catalog.territory).communes == ("Đa Kao",)


@pytest.mark.parametrize("text", ["", "12", " , ", "!!!", "12/3, Đa Kao", "a, b, c, d, e, f", "một " * 13])
def test_what_has_no_street_is_told_how_to_write_one(catalog: Catalog, text: str) -> None:
    with pytest.raises(InvalidParameter, match="write the number and street"):
        read_address(text, catalog.territory)

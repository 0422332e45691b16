"""What is sent about cases, read without a database: what is told, what follows from it, and what is refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from gis.errors import Unwritable
from gis.model.case import Kind
from services.permits.case_bodies import read_event, read_opening

LOT = {"type": "Polygon", "coordinates": [[[106.0, 10.0], [106.1, 10.0], [106.1, 10.1], [106.0, 10.0]]]}


def opening(**application: Any) -> dict[str, Any]:
    return {"ma_ho_so": "H29-1", "application": {"lot": LOT, **application}}


def refusal(body: object, read: Any = read_opening) -> list[str]:
    """The fields that are named."""
    with pytest.raises(Unwritable) as caught:
        read(body)
    return [str(one["field"]) for one in caught.value.problems]


def test_the_subject_follows_from_the_application_where_it_is_not_told() -> None:
    found = read_opening(opening(work="NEW", use="HOUSE"))
    assert (found.subject.work_kind, found.subject.house, found.state, found.on) == ("NEW", True, "RECEIVED", None)
    assert read_opening(opening(use="OFFICE")).subject.house is False
    assert read_opening(opening()).subject.house is None
    told = read_opening({**opening(work="NEW", use="HOUSE"), "work_kind": "REPAIR", "house": False, "on": "2026-07-01"})
    assert (told.subject.work_kind, told.subject.house, told.on) == ("REPAIR", False, date(2026, 7, 1))


def test_splitting_a_parcel_is_no_kind_of_works() -> None:
    assert read_opening(opening(work="SPLIT")).subject.work_kind is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "body"),
        ({}, "body"),
        ({**opening(), "on": "2026-02-30"}, "on"),
        (opening(datetime="2026-07-01"), "body.application"),
        (opening(parcel={"id": "8a1c8b1e-0000-4000-8000-000000000001"}), "application"),
        (opening(frontages=[{"road": "0903 123 456", "width_m": 1, "length_m": 1}]), "application.frontages[0].road"),
        (opening(frontages=[{"road": "a\0", "width_m": 1, "length_m": 1}]), "body.application.frontages[0].road"),
    ],
)
def test_a_refusal_names_the_field(body: object, field: str) -> None:
    assert field in refusal(body)


def test_numbers_of_parcels_are_no_personal_data() -> None:
    found = read_opening({"ma_ho_so": "H29-1", "application": {"parcel": {"identifier": "079123456789"}}})
    assert found.application["parcel"] == {"identifier": "079123456789"}


def test_an_event_is_of_one_kind_and_tells_what_that_is_about() -> None:
    state = read_event({"kind": "state", "state": "IN_REVIEW", "departs_from_advice": True, "document": "12/GP"})
    assert (state.kind, state.state, state.departs, state.document) == (Kind.STATE, "IN_REVIEW", True, "12/GP")
    check = read_event({"kind": "check", "datetime": "2026-07-01"})
    assert (check.kind, check.at, check.state, check.application) == (Kind.CHECK, "2026-07-01", None, None)
    replaced = read_event({"kind": "application", "application": {"lot": LOT}})
    assert replaced.application == {"lot": LOT}
    for wrong in ({"kind": "opened"}, {}, "state"):
        assert refusal(wrong, read_event) == ["kind"]
    assert refusal({"kind": "check", "state": "ISSUED"}, read_event) == ["body"]

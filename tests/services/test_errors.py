"""One table from error class to status."""

from __future__ import annotations

import pytest

from gis import errors
from gis.errors import LandmapError
from services.errors import INTERNAL, problem_of


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.InvalidParameter("x"), 400),
        (errors.InvalidCrs("x"), 400),
        (errors.NotFound("x"), 404),
        (errors.Gone("x"), 410),
        (errors.NotAcceptable("x"), 406),
        (errors.Making("x"), 503),
        (errors.NoRoom("x"), 507),
        (errors.ConflictError("x"), 409),
        (errors.QueryTimeout("x"), 504),
        (errors.DatabaseUnavailable("x"), 503),
        (errors.ForeignDatabase("x"), 503),
        (errors.StoreError("x"), 500),
        (errors.IngestError("x"), 500),
        (errors.DefinitionError(["x"]), 500),
    ],
)
def test_each_class_has_its_status(error: LandmapError, status: int) -> None:
    assert problem_of(error).status == status


def test_what_is_for_the_operator_is_not_told_to_the_user() -> None:
    for error in (errors.StoreError("x"), errors.DatabaseUnavailable("x"), errors.QueryTimeout("x")):
        assert problem_of(error).detail is not None
    assert INTERNAL.detail is not None


def test_a_class_without_a_row_has_the_row_of_its_parent() -> None:
    class Special(errors.NotFound):
        pass

    assert problem_of(Special("x")).status == 404

"""The two times of a question, and since when an answer of today is the same."""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType

import pytest

from gis.errors import InvalidParameter
from gis.model.layer import Catalog
from gis.store.vicinity import Moment, Vicinity
from services.permits.extract_process import PARCEL_EXTRACT
from services.permits.inputs import INPUTS
from services.processes.intersect_layers import INTERSECT_LAYERS
from services.processes.moments import MOMENT, moment_of, since_today

NOON = datetime(2026, 3, 10, 5, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 9, 17, tzinfo=UTC)  # 00:00 on 10 March in Ho Chi Minh City
EARLIER, LATER = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 10, 2, tzinfo=UTC)


def test_a_date_is_its_beginning_and_a_changeset_may_be_a_number_or_its_text(catalog: Catalog) -> None:
    begin = moment_of({"datetime": "2026-03-10", "knownAt": 7}, catalog.territory)
    assert begin == Moment(MIDNIGHT, 7) == moment_of({"datetime": "2026-03-10", "knownAt": "7"}, catalog.territory)
    assert moment_of({}, catalog.territory) == Moment(None, None)
    with pytest.raises(InvalidParameter):
        moment_of({"knownAt": "hôm qua"}, catalog.territory)


def test_the_processes_take_the_same_times() -> None:
    for inputs in (INPUTS, PARCEL_EXTRACT.inputs, INTERSECT_LAYERS.inputs):
        assert {name: inputs[name] for name in MOMENT} == dict(MOMENT)


@pytest.mark.parametrize(
    ("effective", "begun", "since"),
    [
        (EARLIER, (), MIDNIGHT),
        (LATER, (), LATER),
        (EARLIER, (LATER,), LATER),
        (LATER, (EARLIER,), LATER),
        (NOON, (), NOON),
    ],
)
def test_an_answer_of_today_is_of_its_beginning_or_of_the_last_change_on_it(
    catalog: Catalog, effective: datetime, begun: tuple[datetime, ...], since: datetime
) -> None:
    near = Vicinity(9210, 1, None, NOON, MappingProxyType({}), effective)
    assert since_today(near, catalog.territory, *begun) == since

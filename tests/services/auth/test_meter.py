"""What is counted, by what, and on which day."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from gis.model.actor import PUBLIC, Actor, Role
from gis.store.usage import Count, Counted
from services.auth import meter as metering
from services.auth.meter import Meter
from services.auth.trail import ACTOR, Answer

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
KEY = Actor("key:abcdefghij", Role.VIEWER, "so-xd")
PERSON = Actor("https://id.example.vn u1", Role.AUDITOR)
OK = Answer("items", 200, 1000, "r")


@pytest.mark.parametrize(
    ("actor", "agency", "caller"), [(PUBLIC, "", "public"), (KEY, "so-xd", "abcdefghij"), (PERSON, "", "people")]
)
def test_keys_are_told_apart_and_people_are_not(actor: Actor, agency: str, caller: str) -> None:
    meter = Meter(["permits"], ZONE)
    meter.count({ACTOR: actor, "path_params": {"layer": "permits"}}, OK)
    meter.count({ACTOR: actor, "path_params": {"layer": "permits"}}, Answer("items", 304, 0, "r"))
    counts = {key[1:]: (count.hits, count.bytes) for key, count in meter.drain().items()}
    assert counts == {
        (agency, caller, "permits", "items", 2): (1, 1000),
        (agency, caller, "permits", "items", 3): (1, 0),
    }


def test_names_that_are_no_layer_make_no_rows_of_their_own() -> None:
    meter = Meter(["permits"], ZONE)
    for number in range(100):
        meter.count({"path_params": {"layer": f"guess{number}"}}, Answer("items", 404, 10, "r"))
    ((key, count),) = meter.drain().items()
    assert (key.layer, count.hits) == ("", 100)


def test_the_day_turns_with_the_clock_of_the_territory(monkeypatch: pytest.MonkeyPatch) -> None:
    meter, now = Meter([], ZONE), [1_763_830_799.0]  # 22 November 2025, 23:59:59 in Ho Chi Minh City
    monkeypatch.setattr(metering.time, "time", lambda: now[0])
    meter.count({}, OK)
    now[0] += 1
    meter.count({}, OK)
    assert sorted(key.day for key in meter.drain()) == [date(2025, 11, 22), date(2025, 11, 23)]


def test_what_could_not_be_written_is_added_to_what_came_meanwhile() -> None:
    meter = Meter([], ZONE)
    meter.count({}, OK)
    kept = meter.drain()
    meter.count({}, OK)
    meter.put_back(kept)
    meter.put_back({Counted(date(2020, 1, 1), "", "public", "", "tile", 2): Count(5, 50)})
    assert sorted((count.hits, count.bytes) for count in meter.drain().values()) == [(2, 2000), (5, 50)]

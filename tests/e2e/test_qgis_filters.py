"""Filters of a layer in QGIS, which QGIS hands to the server as far as its version can."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.e2e.conftest import Ask, Seen, Service

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

CQL2 = 33_200  # the first version of QGIS that asks by `filter`; those before it filter what they have fetched

FILTERS: dict[str, Callable[[Seen], bool]] = {
    "\"land_use\" = 'ODT'": lambda row: row.get("land_use") == "ODT",
    '"land_use" = \'ODT\' AND "measured_area" > 100': lambda row: (
        row.get("land_use") == "ODT" and (row.get("measured_area") or 0) > 100
    ),
    "\"land_use\" IN ('ODT', 'CLN')": lambda row: row.get("land_use") in ("ODT", "CLN"),
    '"street" LIKE \'Đường %\' AND "land_use" IS NOT NULL': lambda row: (
        (row.get("street") or "").startswith("Đường ") and row.get("land_use") is not None
    ),
    'NOT ("measured_area" <= 100)': lambda row: (row.get("measured_area") or 0) > 100,
}


@pytest.fixture(scope="module")
def seen(ask: Ask, service: Service) -> Seen:
    """What QGIS saw."""
    return ask("filters.py", {"address": service.address, "layer": "parcels", "filters": list(FILTERS)})


@pytest.mark.parametrize("number", range(len(FILTERS)), ids=list(FILTERS))
def test_qgis_shows_the_features_of_its_filter(seen: Seen, service: Service, number: int) -> None:
    filtered, (_, holds) = seen["filtered"][number], list(FILTERS.items())[number]
    features = service.get("/collections/parcels/items", limit=10_000)["features"]
    wanted = sorted(feature["id"] for feature in features if holds(feature["properties"]))
    assert filtered["taken"]
    assert 0 < len(wanted) < len(features)
    assert sorted(filtered["ids"]) == wanted


@pytest.mark.parametrize("number", range(len(FILTERS)), ids=list(FILTERS))
def test_qgis_lets_the_server_filter(seen: Seen, number: int) -> None:
    if seen["version"] < CQL2:
        pytest.skip(f"QGIS {seen['version'] // 10_000}.{seen['version'] // 100 % 100} filters by itself; 3.32 asks")
    addresses = [urlsplit(address) for address in seen["filtered"][number]["requests"]]
    asked = [parse_qs(address.query) for address in addresses if address.path.endswith("/items")]
    assert asked and all(parts["filter-lang"] == ["cql2-text"] and parts["filter"] for parts in asked)


def test_every_request_of_a_filtered_layer_is_answered(seen: Seen) -> None:
    assert seen["complaints"] == []
    assert {line["status"] for line in seen["answered"]} == {200}

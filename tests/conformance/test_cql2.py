"""OGC Common Query Language (CQL2, OGC 21-065r2), Annex A. Names: test_<class>__<abstract test>.

Each class is tested by predicates of which the matches are known. The examples of the standard and its own data are run
in tests/gis/cql2 and tests/gis/store/test_filter_oracle.py.
"""

from __future__ import annotations

import httpx
import pytest

from tests.conformance.asking import ITEMS, found, read, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

STANDARD = "http://www.opengis.net/spec/cql2/1.0/conf/"
SHOWN = 46
"""Of 48 parcels the public sees so many with their fields."""

RING = "(106.69 10.77, 106.71 10.77, 106.71 10.79, 106.69 10.79, 106.69 10.77)"


async def holds(client: httpx.AsyncClient, predicates: dict[str, int]) -> None:
    """Each predicate is met by so many parcels, and its negation by the others, as far as nothing is unknown."""
    for text, expected in predicates.items():
        assert len(await found(client, filter=text)) == expected, text
        if expected < SHOWN:
            assert len(await found(client, filter=f"NOT ({text})")) == SHOWN - expected, text


async def test_cql2_text__validate(client: httpx.AsyncClient) -> None:
    """Keywords in any case, names quoted or not, text over several lines; what is no CQL2 is refused."""
    for text in ("parcel = '3'", "\"parcel\"='3'", "parcel = '3' and TRUE", "(((parcel='3')))", "parcel\n=\n'3'"):
        assert len(await found(client, **{"filter": text, "filter-lang": "cql2-text"})) == 1, text
    for text in ("parcel =", "= '3'", "parcel = '3' AND", "parcel == '3'", 'parcel = "3', "(parcel = '3'"):
        await refused(client, ITEMS, **{"filter": text, "filter-lang": "cql2-text"})


async def test_cql2_text__escaping(client: httpx.AsyncClient) -> None:
    for text in ("parcel = 'it''s'", "parcel = 'Đường \"3\"'"):
        assert await found(client, filter=text) == set()


async def test_cql2_json__validate(client: httpx.AsyncClient) -> None:
    """The same predicates as in text."""
    for text, json in (
        ("parcel = '3'", '{"op":"=","args":[{"property":"parcel"},"3"]}'),
        ("parcel IN ('3', '4')", '{"op":"in","args":[{"property":"parcel"},["3","4"]]}'),
        ("street IS NULL", '{"op":"isNull","args":[{"property":"street"}]}'),
        (
            "registered_on > DATE('2019-01-01')",
            '{"op":">","args":[{"property":"registered_on"},{"date":"2019-01-01"}]}',
        ),
        (
            f"S_INTERSECTS(geometry, POLYGON({RING}))",
            '{"op":"s_intersects","args":[{"property":"geometry"},{"type":"Polygon","coordinates":[[[106.69,10.77],[106.71,10.77],[106.71,10.79],[106.69,10.79],[106.69,10.77]]]}]}',
        ),
        (
            "NOT (parcel = '3' OR map_scale * 2 = 999)",
            '{"op":"not","args":[{"op":"or","args":[{"op":"=","args":[{"property":"parcel"},"3"]},{"op":"=","args":[{"op":"*","args":[{"property":"map_scale"},2]},999]}]}]}',
        ),
    ):
        assert await found(client, filter=text) == await found(client, **{"filter": json, "filter-lang": "cql2-json"})
    for json in ("", "{", '{"op":"="}', '{"op":"=","args":[1]}', '{"op":"no-such","args":[]}', "[]", '"parcel"'):
        await refused(client, ITEMS, **{"filter": json, "filter-lang": "cql2-json"})


async def test_basic_cql2__comparison(client: httpx.AsyncClient) -> None:
    await holds(
        client,
        {
            "parcel = '3'": 1, "parcel <> '3'": 45, "map_scale < 501": 46, "map_scale > 500": 0, "map_scale <= 499": 0,
            "parcel >= '47'": 5, "registered_on >= DATE('2020-01-01')": 46,
            "valid_from > TIMESTAMP('2024-01-01T00:00:00Z')": 1,
        },
    )  # fmt: skip


async def test_basic_cql2__is_null(client: httpx.AsyncClient) -> None:
    await holds(client, {"street IS NULL": 46, "parcel IS NULL": 0, "street IS NOT NULL": 0})


async def test_basic_cql2__logical(client: httpx.AsyncClient) -> None:
    await holds(
        client,
        {
            "parcel = '3' OR parcel = '4' AND map_scale = 1": 1, "(parcel = '3' OR parcel = '4') AND map_scale = 500": 2,
            "TRUE AND parcel > '0'": 46, "parcel = '3' AND FALSE": 0, "NOT NOT parcel = '3'": 1,
        },
    )  # fmt: skip


async def test_advanced_comparison_operators__predicates(client: httpx.AsyncClient) -> None:
    await holds(
        client,
        {
            "parcel LIKE '4_'": 9, "parcel NOT LIKE '4%'": 36, "map_scale BETWEEN 499 AND 501": 46,
            "map_scale NOT BETWEEN 499 AND 501": 0, "parcel IN ('3', '4')": 2, "parcel NOT IN ('3', '4')": 44,
        },
    )  # fmt: skip


async def test_case_insensitive_comparison__casei(client: httpx.AsyncClient) -> None:
    await holds(
        client, {"CASEI(land_use) = CASEI('tMd')": 1, "CASEI(land_use) LIKE CASEI('OD%')": 45, "land_use = 'tMd'": 0}
    )


async def test_accent_insensitive_comparison__accenti(client: httpx.AsyncClient) -> None:
    await holds(
        client,
        {
            "ACCENTI(land_use) = ACCENTI('TMĐ')": 1, "ACCENTI(CASEI(land_use)) LIKE ACCENTI(CASEI('tmđ%'))": 1,
            "land_use = 'TMĐ'": 0,
        },
    )  # fmt: skip


async def test_basic_spatial_functions__s_intersects(client: httpx.AsyncClient) -> None:
    await holds(
        client,
        {
            "S_INTERSECTS(geometry, POINT(0 0)) AND parcel > '0'": 0,
            "S_INTERSECTS(geometry, BBOX(106.6,10.7,106.8,10.8)) AND parcel = '3'": 1,
        },
    )


async def test_basic_spatial_functions_plus__spatial_data_types(client: httpx.AsyncClient) -> None:
    await holds(
        client,
        {
            f"S_INTERSECTS(geometry, POLYGON({RING})) AND parcel > '0'": 46,
            "S_INTERSECTS(geometry, LINESTRING(0 0, 1 1)) AND parcel > '0'": 0,
            f"S_INTERSECTS(geometry, MULTIPOLYGON(({RING}))) AND parcel > '0'": 46,
            "S_INTERSECTS(geometry, MULTIPOINT((0 0), (1 1))) AND parcel > '0'": 0,
            "S_INTERSECTS(geometry, MULTILINESTRING((0 0, 1 1))) AND parcel > '0'": 0,
            "S_INTERSECTS(geometry, GEOMETRYCOLLECTION(POINT(0 0), LINESTRING(0 0, 1 1))) AND parcel > '0'": 0,
        },
    )


async def test_spatial_functions__predicates(client: httpx.AsyncClient) -> None:
    await holds(
        client,
        {
            f"S_WITHIN(geometry, POLYGON({RING})) AND parcel > '0'": 46,
            f"S_DISJOINT(geometry, POLYGON({RING})) AND parcel > '0'": 0,
            "S_EQUALS(geometry, geometry) AND parcel > '0'": 46,
            f"S_CONTAINS(geometry, POLYGON({RING})) AND parcel > '0'": 0,
            f"S_CONTAINS(POLYGON({RING}), geometry) AND parcel > '0'": 46,
            "S_TOUCHES(geometry, POINT(0 0)) AND parcel > '0'": 0,
            "S_CROSSES(geometry, LINESTRING(0 0, 1 1)) AND parcel > '0'": 0,
            f"S_OVERLAPS(geometry, POLYGON({RING})) AND parcel > '0'": 0,
        },
    )


async def test_temporal_functions__predicates(client: httpx.AsyncClient) -> None:
    begun, first_half = "INTERVAL(registered_on, '2021-01-01')", "INTERVAL('2019-01-01', '2020-06-01')"
    await holds(
        client,
        {
            "T_AFTER(valid_from, DATE('2024-01-01'))": 1,
            "T_BEFORE(valid_from, DATE('2020-01-01'))": 0,
            "T_EQUALS(registered_on, DATE('2020-01-01'))": 46,
            "T_DISJOINT(valid_from, INTERVAL('2020-01-01', '2020-12-31'))": 1,
            "T_INTERSECTS(valid_from, DATE('2020-01-01'))": 45,
            "T_INTERSECTS(INTERVAL(valid_from, valid_to), INTERVAL('..', '2021-01-01'))": 45,
            "T_DURING(registered_on, INTERVAL('2019-12-31', '2020-01-02'))": 46,
            "T_CONTAINS(INTERVAL('..', '..'), registered_on)": 46,
            "T_MEETS(INTERVAL('2019-01-01', '2020-01-01'), INTERVAL(registered_on, '..'))": 46,
            "T_METBY(INTERVAL(registered_on, '..'), INTERVAL('2019-01-01', '2020-01-01'))": 46,
            f"T_STARTS({begun}, INTERVAL('2020-01-01', '..'))": 46,
            "T_STARTEDBY(INTERVAL(registered_on, '..'), INTERVAL('2020-01-01', '2021-01-01'))": 46,
            "T_FINISHES(INTERVAL(registered_on, '..'), INTERVAL('2019-01-01', '..'))": 46,
            "T_FINISHEDBY(INTERVAL('2019-01-01', '..'), INTERVAL(registered_on, '..'))": 46,
            f"T_OVERLAPS({first_half}, {begun})": 46,
            f"T_OVERLAPPEDBY({begun}, {first_half})": 46,
        },
    )


async def test_array_functions__predicates(client: httpx.AsyncClient) -> None:
    await holds(
        client,
        {
            "A_CONTAINS(land_uses, ('TMD'))": 1, "A_CONTAINEDBY(land_uses, ('TMD', 'ODT'))": 46,
            "A_EQUALS(land_uses, ('ODT'))": 45, "A_OVERLAPS(('TMD', 'CLN'), land_uses)": 1,
        },
    )  # fmt: skip


async def test_property_property__comparison(client: httpx.AsyncClient) -> None:
    await holds(
        client, {"parcel = parcel": 46, "sheet = parcel": 1, "'3' = parcel": 1, "measured_area < map_scale": 46}
    )


async def test_functions__call(client: httpx.AsyncClient) -> None:
    await holds(
        client, {"area(geometry) > 99 AND area(geometry) < 101 AND parcel > '0'": 46, "lower(land_use) = 'tmd'": 1}
    )
    await refused(client, ITEMS, filter="no_such_function(parcel) = '3'")


async def test_arithmetic__operators(client: httpx.AsyncClient) -> None:
    await holds(
        client,
        {
            "measured_area + 1 = 101": 46, "map_scale / 2 = 250": 46, "map_scale div 3 = 166": 46, "map_scale % 3 = 2": 46,
            "map_scale ^ 2 = 250000": 46, "measured_area * -1 - 1 = -101": 46, "map_scale / 0 IS NULL": 46,
        },
    )  # fmt: skip


async def test_basic_cql2__conformance(client: httpx.AsyncClient) -> None:
    declared = set((await read(client, "/conformance"))["conformsTo"])
    assert {f"{STANDARD}basic-cql2", f"{STANDARD}cql2-text", f"{STANDARD}cql2-json"} <= declared

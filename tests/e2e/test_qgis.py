"""Headless QGIS, as a planner has it: OGC API Features, vector tiles, PostGIS with editing, and a drawn map."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
import psycopg
import pytest
import shapely

from gis.store import embedded
from tests.e2e.conftest import PARCELS, Ask, Seen, Service

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

LAYERS = (
    "wards", "parcels", "plans", "zones", "road_lines", "buildings", "housing_projects", "permits",
    "corridors", "heritage", "flood",
)  # fmt: skip
PAGE_SIZE = 300
EQUATOR = 40_075_016.69  # metres
TYPES = {
    "string": "String", "uuid": "String", "integer": "Integer", "number": "Real", "boolean": "Boolean",
    "date": "Date", "date-time": "DateTime", "array": "StringList",
}  # fmt: skip


@pytest.fixture(scope="module")
def api(service: Service) -> dict[str, list[Seen]]:
    """All features of each layer, as the API has them before anything is edited."""
    found = {layer: service.get(f"/collections/{layer}/items", limit=10_000) for layer in LAYERS}
    assert all(len(page["features"]) == page["numberMatched"] for page in found.values())
    return {layer: page["features"] for layer, page in found.items()}


@pytest.fixture(scope="module")
def schemas(service: Service) -> dict[str, Seen]:
    """The schema of each layer without its geometry, by field."""
    found = {layer: service.get(f"/collections/{layer}/schema")["properties"] for layer in LAYERS}
    return {layer: {name: f for name, f in fields.items() if name != "geometry"} for layer, fields in found.items()}


@pytest.fixture(scope="module")
def boxes(api: dict[str, list[Seen]]) -> dict[str, list[float]]:
    """Around a feature in the middle of each layer, a tenth of the layer's extent each way."""
    return {layer: _box(features) for layer, features in api.items()}


def _box(features: list[Seen]) -> list[float]:
    shapes = [_shape(feature) for feature in features if feature["geometry"]]
    west, south, east, north = shapely.total_bounds(shapes)
    middle = shapely.point_on_surface(shapes[len(shapes) // 2])
    dx, dy = (east - west) / 10, (north - south) / 10
    return [round(float(n), 6) for n in (middle.x - dx, middle.y - dy, middle.x + dx, middle.y + dy)]


def _shape(feature: Seen) -> Any:
    return shapely.from_geojson(json.dumps(feature["geometry"]))


def _ids_in(service: Service, layer: str, box: list[float]) -> set[str]:
    answer = service.get(f"/collections/{layer}/items", limit=10_000, bbox=",".join(map(str, box)))
    assert answer["numberMatched"] == len(answer["features"])
    return {feature["id"] for feature in answer["features"]}


@pytest.fixture(scope="module")
def features(ask: Ask, service: Service, boxes: dict[str, list[float]]) -> Seen:
    """What QGIS saw through OGC API Features."""
    return ask("features.py", {"address": service.address, "boxes": boxes, "page_size": PAGE_SIZE})


@pytest.mark.parametrize("layer", LAYERS)
def test_qgis_opens_the_layer(features: Seen, service: Service, layer: str) -> None:
    seen = features["layers"][layer]
    assert seen["valid"], seen["error"]
    assert seen["crs"] == "EPSG:4326"
    declared = service.get(f"/collections/{layer}/schema")["properties"]["geometry"]["format"]
    assert declared in ("geometry-any", f"geometry-{seen['geometry'].lower()}")


@pytest.mark.parametrize("layer", LAYERS)
def test_qgis_counts_what_the_api_counts(features: Seen, api: dict[str, list[Seen]], layer: str) -> None:
    seen = features["layers"][layer]
    assert seen["count"] == len(api[layer]) > 0
    ids = [feature["attributes"]["id"] for feature in seen["features"]]
    assert sorted(ids) == sorted(feature["id"] for feature in api[layer])


@pytest.mark.parametrize("layer", LAYERS)
def test_qgis_finds_in_a_box_what_the_api_finds(
    features: Seen, service: Service, boxes: dict[str, list[float]], api: dict[str, list[Seen]], layer: str
) -> None:
    seen = features["layers"][layer]
    wanted = _ids_in(service, layer, boxes[layer])
    assert 0 < len(wanted) < len(api[layer])
    assert sorted(seen["inside"]) == sorted(wanted)
    assert any("bbox=" in address for address in seen["inside_requests"])


@pytest.mark.parametrize("layer", LAYERS)
def test_qgis_has_the_fields_of_the_schema(features: Seen, schemas: dict[str, Seen], layer: str) -> None:
    assert list(features["layers"][layer]["fields"]) == list(schemas[layer])


@pytest.mark.parametrize("layer", LAYERS)
def test_qgis_takes_each_field_for_what_it_is(
    features: Seen, schemas: dict[str, Seen], api: dict[str, list[Seen]], layer: str
) -> None:
    """QGIS guesses from the first ten features: a number without decimals there makes it drop 5.75 later on."""
    first = [feature["properties"] for feature in api[layer][:10]]
    for name, schema in schemas[layer].items():
        unknown = name != "id" and all(properties.get(name) is None for properties in first)
        expected = "String" if unknown else TYPES[schema.get("format", schema["type"])]
        assert features["layers"][layer]["fields"][name] == expected, name


@pytest.mark.parametrize("layer", LAYERS)
def test_every_feature_in_qgis_is_the_apis(features: Seen, api: dict[str, list[Seen]], layer: str) -> None:
    by_id = {feature["id"]: feature for feature in api[layer]}
    for seen in features["layers"][layer]["features"]:
        feature = by_id[seen["attributes"]["id"]]
        _assert_equal_attributes(seen["attributes"], feature)
        _assert_equal_geometry(seen["geometry"], feature, tolerance=0.0)


def _assert_equal_attributes(seen: Seen, feature: Seen) -> None:
    """A field that a reduced feature does not have is empty in QGIS."""
    for name, value in seen.items():
        wanted = feature["id"] if name == "id" else feature["properties"].get(name)
        assert _as_seen(wanted, value) == value, (feature["id"], name)


def _as_seen(wanted: object, seen: object) -> object:
    """A value of the API as QGIS has it: times without their zone, and text where the first features had nothing."""
    if isinstance(wanted, str) and re.match(r"\d{4}-\d\d-\d\dT", wanted):
        return datetime.fromisoformat(wanted).replace(tzinfo=None, microsecond=0).isoformat()
    if isinstance(wanted, int | float) and isinstance(seen, str):
        return seen if float(seen) == wanted else str(wanted)
    return wanted


def _assert_equal_geometry(seen: str | None, feature: Seen, tolerance: float) -> None:
    if feature["geometry"] is None:
        assert seen is None
        return
    wanted, found = _shape(feature), shapely.from_wkb(seen)
    assert found.geom_type in (wanted.geom_type, f"Multi{wanted.geom_type}")  # one kind a layer, so QGIS makes it multi
    difference = shapely.get_coordinates(found) - shapely.get_coordinates(wanted)
    assert np.abs(difference).max() <= tolerance, feature["id"]


def test_vietnamese_text_is_whole(features: Seen) -> None:
    values = [
        value
        for layer in features["layers"].values()
        for feature in layer["features"]
        for value in feature["attributes"].values()
        if isinstance(value, str)
    ]
    assert all(unicodedata.is_normalized("NFC", value) and "�" not in value for value in values)
    assert set("đĐươộễạ") <= set("".join(values))


def test_qgis_fetches_page_after_page(features: Seen, api: dict[str, list[Seen]]) -> None:
    paged = features["paged"]
    pages = [address for address in paged["requests"] if f"limit={PAGE_SIZE}" in address]
    assert len(pages) == math.ceil(PARCELS / PAGE_SIZE)
    assert len(set(pages)) == len(pages) and all("cursor=" in address for address in pages[1:])
    assert paged["ids"] == [feature["id"] for feature in api["parcels"]]


@pytest.mark.parametrize("version", ["OGC_API_FEATURES", "auto"])
def test_the_browser_of_qgis_lists_the_layers(features: Seen, service: Service, version: str) -> None:
    collections = service.get("/collections")["collections"]
    listed = features["browsed"][version]
    assert set(listed) == {collection["title"] for collection in collections}
    assert all(f"typename='{c['id']}'" in listed[c["title"]] for c in collections)


def test_every_request_for_features_is_answered(features: Seen) -> None:
    assert features["complaints"] == []
    answered = features["answered"]
    paths = {line["path"] for line in answered}
    assert {"/", "/api", *(f"/collections/{layer}/items" for layer in LAYERS)} <= paths
    wrong = [line for line in answered if line["status"] >= 400]
    # In "auto" QGIS asks for a WFS first and takes the refusal as an answer.
    assert [(line["path"], line["status"], line["parameters"]) for line in wrong] == [
        ("/", 400, ["ACCEPTVERSIONS", "REQUEST", "SERVICE"])
    ]


@pytest.fixture(scope="module")
def tilejsons(service: Service) -> dict[str, Seen]:
    return {layer: service.get(f"/collections/{layer}/tiles/WebMercatorQuad", f="tilejson") for layer in LAYERS}


@pytest.fixture(scope="module")
def tiles(ask: Ask, boxes: dict[str, list[float]], tilejsons: dict[str, Seen]) -> Seen:
    """What QGIS decoded from vector tiles at the last zoom of each layer and two before it."""
    layers = {
        layer: {
            "address": tilejson["tiles"][0],
            "zooms": [tilejson["maxzoom"] - 2, tilejson["maxzoom"]],
            "box": boxes[layer],
        }
        for layer, tilejson in tilejsons.items()
    }
    return ask("tiles.py", {"layers": layers})


@pytest.mark.parametrize("layer", LAYERS)
def test_qgis_decodes_the_features_of_a_box_from_tiles(
    tiles: Seen, service: Service, boxes: dict[str, list[float]], layer: str
) -> None:
    """Coordinates of tiles are rounded, so features within two units of the edge may be in or out."""
    for zoom, seen in tiles["layers"][layer].items():
        assert seen["valid"]
        edge = 2 * EQUATOR / 2 ** int(zoom) / 4096 / 111_000
        west, south, east, north = boxes[layer]
        surely = _ids_in(service, layer, [west + edge, south + edge, east - edge, north - edge])
        perhaps = _ids_in(service, layer, [west - edge, south - edge, east + edge, north + edge])
        ids = {feature["id"] for feature in seen["features"]}
        assert surely and surely <= ids <= perhaps, zoom
        assert len(perhaps - surely) <= max(2, len(surely) // 10), "the box says too little"


@pytest.mark.parametrize("layer", LAYERS)
def test_attributes_in_tiles_are_the_apis(
    tiles: Seen, tilejsons: dict[str, Seen], api: dict[str, list[Seen]], layer: str
) -> None:
    by_id = {feature["id"]: feature for feature in api[layer]}
    names = set(tilejsons[layer]["vector_layers"][0]["fields"])
    for seen in tiles["layers"][layer].values():
        for feature in seen["features"]:
            assert set(feature) <= names
            _assert_equal_attributes(feature, by_id[feature["id"]])


def test_every_request_for_tiles_is_answered(tiles: Seen) -> None:
    assert set(tiles["complaints"]) <= {"Network: empty response: Unknown error"}  # what it says to a 204
    wanted = [address for layer in tiles["layers"].values() for seen in layer.values() for address in seen["requests"]]
    assert {line["status"] for line in tiles["answered"]} <= {200, 204}
    assert len(tiles["answered"]) == len(wanted) > 2 * len(LAYERS) - 1


@pytest.fixture(scope="module")
def picture(ask: Ask, service: Service, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """The city drawn by QGIS; the picture stays in pytest's directory as qgis_map/city.png."""
    west, south, east, north = service.get("/collections/parcels")["extent"]["spatial"]["bbox"][0]
    middle_x, middle_y, dx, dy = (west + east) / 2, (south + north) / 2, (east - west) / 3, (north - south) / 4
    box = [middle_x - dx, middle_y - dy, middle_x + dx, middle_y + dy]
    style = service.get("/map/style.json")
    file = tmp_path_factory.mktemp("qgis_map") / "city.png"
    seen = ask("picture.py", {"style": style, "box": box, "file": str(file)})
    return {**seen, "style": {part["id"]: part for part in style["layers"]}, "file": file}


def test_qgis_draws_a_city(picture: Seen) -> None:
    """A map full of colours: dwellings in their pink, the blue river, road lines in their very red."""
    assert picture["file"].stat().st_size > 50_000
    assert picture["errors"] == []
    assert len(picture["valid"]) == len(LAYERS) and all(picture["valid"])
    colours = picture["colours"]
    style = picture["style"]
    assert colours.get(style["background"]["paint"]["background-color"], 0.0) < 0.2
    assert colours[style["road_lines-red"]["paint"]["line-color"]] > 0.01
    reds = [tuple(bytes.fromhex(colour[1:])) for colour in colours]
    shares = dict(zip(reds, colours.values(), strict=True))
    assert sum(share for (r, g, b), share in shares.items() if r > g + 30 and b > g + 20) > 0.1
    assert sum(share for (r, g, b), share in shares.items() if b > r + 50 and b > g + 20) > 0.02


def test_qgis_understands_every_layer_of_the_style(picture: Seen) -> None:
    """No expression that its converter skips, each layer drawn or written by a rule, in the colours that it states."""
    assert list(picture["converted"]) == list(picture["style"])
    for name, made in picture["converted"].items():
        part = picture["style"][name]
        # Which fonts there are is the machine's affair; QGIS then takes another.
        skipped = [one for one in made["warnings"] if "Referenced font" not in one]
        assert made["done"] and skipped == [], name
        assert all(made["sound"]), name
        assert made["texts"] if part["type"] == "symbol" else made["symbols"], name
        for colour in _colours(part):
            assert colour in made["symbols"][0], (name, colour)


def _colours(part: Seen) -> list[str]:
    """The colours that a fill or circle takes by its codes."""
    match = part.get("paint", {}).get(f"{part['type']}-color")
    return match[3:-1:2] if isinstance(match, list) and part["type"] in ("fill", "circle", "line") else []


def test_every_request_for_the_picture_is_answered(picture: Seen) -> None:
    assert {line["status"] for line in picture["answered"]} <= {200, 204, 304}


@pytest.fixture(scope="module")
def owner(service: Service) -> Iterator[psycopg.Connection]:
    """A connection as the owner of the database."""
    server = embedded.status(service.home)
    assert server is not None
    with psycopg.connect(server.dsn(), autocommit=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def parcel(api: dict[str, list[Seen]]) -> Seen:
    """A parcel whose street is known."""
    return next(feature for feature in api["parcels"] if feature["properties"].get("street"))


STREET = "Đường Nguyễn Thị Minh Khai (nối dài)"


@pytest.fixture(scope="module")
def edited(ask: Ask, service: Service, owner: psycopg.Connection, parcel: Seen, features: Seen, tiles: Seen) -> Seen:
    """What QGIS saw in PostGIS as a person of the group of editors, and what it changed. After all that looks at the first state."""
    server = embedded.status(service.home)
    assert server is not None
    before = owner.execute("SELECT max(number) FROM landmap.changeset").fetchone()
    owner.execute("CREATE ROLE lan LOGIN IN ROLE landmap_editor")
    question = {
        "connection": f"host={server.socket} port={server.port} dbname='landmap' user='lan'",
        "layers": {layer: _place(owner, layer) for layer in LAYERS},
        "edit": {"id": parcel["id"], "street": STREET, "east": 0.5, "north": 0.25},
    }
    seen = ask("editing.py", question)
    rows = owner.execute(
        "SELECT number, actor, title FROM landmap.changeset WHERE number > %s ORDER BY number", before
    ).fetchall()
    return {**seen, "changesets": rows}


def _place(owner: psycopg.Connection, layer: str) -> str:
    """Type and CRS for QGIS's connection; of a layer of any geometry QGIS shows one kind at a time."""
    found = owner.execute(
        "SELECT type, srid FROM geometry_columns WHERE f_table_schema = 'land' AND f_table_name = %s", (layer,)
    ).fetchone()
    assert found is not None
    return f"srid={found[1]} type={'MULTIPOLYGON' if found[0] == 'GEOMETRY' else found[0]}"


@pytest.mark.parametrize("layer", LAYERS)
def test_qgis_opens_the_layer_in_postgis(
    edited: Seen, owner: psycopg.Connection, schemas: dict[str, Seen], layer: str
) -> None:
    seen = edited["layers"][layer]
    assert seen["valid"], seen["error"]
    kind = seen["geometry"].upper()
    counted = owner.execute(f"SELECT count(*) FROM land.{layer} WHERE GeometryType(geom) = %s", (kind,)).fetchone()
    assert counted is not None
    assert seen["count"] == counted[0] > 0
    assert set(schemas[layer]) - {"valid_to", "valid_from_known"} <= set(seen["fields"])


@pytest.mark.parametrize("layer", LAYERS)
def test_postgis_and_the_api_lie_in_the_same_place(edited: Seen, api: dict[str, list[Seen]], layer: str) -> None:
    """QGIS reads the legal CRS and its datum shift from the database: within 2 mm of the API's degrees."""
    seen = edited["layers"][layer]
    assert seen["crs"].startswith("VN-2000 / TM-3 105-45")
    feature = next(f for f in api[layer] if f["id"] == seen["first"]["attributes"]["id"])
    _assert_equal_geometry(seen["first"]["geometry"], feature, tolerance=2e-8)


def test_an_edit_in_qgis_is_one_changeset_of_the_session_role(edited: Seen) -> None:
    assert edited["edit"]["steps"] == [True] * 4, edited["edit"]["errors"]
    assert edited["complaints"] == []
    assert [row[1:] for row in edited["changesets"]] == [("lan", "Edit through QGIS")]


def test_qgis_reads_back_what_it_saved(edited: Seen) -> None:
    after = edited["edit"]["after"]["attributes"]
    assert after["street"] == STREET
    assert after["changeset"] == edited["changesets"][0][0]


def test_the_api_shows_the_edit(edited: Seen, service: Service, parcel: Seen) -> None:
    number = edited["changesets"][0][0]
    now = service.get(f"/collections/parcels/items/{parcel['id']}")
    assert now["dataVersion"] == now["properties"]["changeset"] == number
    changed = {name for name, value in now["properties"].items() if value != parcel["properties"][name]}
    # An edit has no date of law: it holds from its recording, and says so.
    assert changed == {"street", "valid_from", "valid_from_known", "changeset"}
    assert now["properties"]["street"] == STREET
    _assert_equal_geometry(edited["edit"]["after"]["geometry"], now, tolerance=2e-8)
    assert not shapely.equals(_shape(now), _shape(parcel))


def test_the_api_still_knows_what_was_there_before_the_edit(edited: Seen, service: Service, parcel: Seen) -> None:
    path = f"/collections/parcels/items/{parcel['id']}"
    before = service.get(path, knownAt=str(edited["changesets"][0][0] - 1))
    assert (before["properties"], before["geometry"]) == (parcel["properties"], parcel["geometry"])
    assert len(service.get(f"{path}/versions")["features"]) == 3


def test_nothing_else_was_changed_by_the_edit(edited: Seen, service: Service, api: dict[str, list[Seen]]) -> None:
    now = service.get("/collections/parcels/items", limit=10_000)["features"]
    before = {feature["id"]: feature for feature in api["parcels"]}
    different = [feature["id"] for feature in now if feature != before[feature["id"]]]
    assert len(now) == len(before) and len(different) == 1

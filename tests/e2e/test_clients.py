"""Map clients of others in a real Chromium: their pages lie on another origin than Landmap and read its items and tiles."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import shapely

from tests.e2e.conftest import Browser, Seen, Service

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

CLIENTS = Path(__file__).parent / "clients"
PACKAGES = {"maplibre": "maplibre-gl", "openlayers": "ol", "leaflet": "leaflet", "arcgis": "@arcgis/core"}
HALF = 0.0008  # degrees from the middle of the box to its sides
ROOMY = 2e-5  # degrees, about two metres: so far from all its sides a point is surely inside its parcel on the screen
POINTS = 12
OUTLINE, FILL = (179, 38, 30), (201, 189, 172)  # of items; of items over tiles
VN2000 = "<http://www.opengis.net/def/crs/EPSG/0/9210>"


class _Quiet(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # ArcGIS comes in more than a thousand files: not each over a connection of its own

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def pages() -> Iterator[str]:
    """The address that the clients' pages are served at, which is another origin than the service's."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(CLIENTS)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def parcel(service: Service) -> Seen:
    """The parcel nearest to the middle of the city that is wide enough to be hit, as the API has it."""
    features: list[Seen] = service.get("/collections/parcels/items", limit=10_000)["features"]
    middle = shapely.box(*shapely.total_bounds([_shape(feature) for feature in features])).centroid
    wide = [f for f in features if f["properties"].get("sheet") and _inside(_shape(f)).length > 2 * ROOMY]
    return min(wide, key=lambda feature: middle.distance(_shape(feature)))


@pytest.fixture(scope="module")
def box(parcel: Seen) -> list[float]:
    """Around the parcel: west, south, east, north."""
    lon, lat = _inside(_shape(parcel)).coords[0]
    return [round(side, 7) for side in (lon - HALF, lat - HALF, lon + HALF, lat + HALF)]


@pytest.fixture(scope="module")
def there(service: Service, box: list[float]) -> list[Seen]:
    """The parcels in the box, as the API has them."""
    return _in_box(service, box)


@pytest.fixture(scope="module")
def points(there: list[Seen], box: list[float]) -> list[tuple[str, float, float]]:
    """Places inside parcels of the box, with the parcels' ids."""
    insides = [(feature["id"], _inside(_shape(feature).intersection(shapely.box(*box)))) for feature in there]
    roomy = [(parcel_id, *inside.coords[0]) for parcel_id, inside in insides if inside.length > ROOMY]
    assert len(roomy) >= POINTS
    return roomy[:: len(roomy) // POINTS][:POINTS]


@pytest.fixture(scope="module", params=PACKAGES)
def client(request: pytest.FixtureRequest) -> str:
    """Each client by turns. Skips where its packages are not installed."""
    name = str(request.param)
    if not (CLIENTS / "node_modules" / PACKAGES[name]).is_dir():
        pytest.skip(f"no {PACKAGES[name]}: run `npm ci` in tests/e2e/clients")
    return name


@pytest.fixture(scope="module")
def seen(
    client: str,
    browser: Browser,
    service: Service,
    pages: str,
    box: list[float],
    points: list[tuple[str, float, float]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Seen:
    """What the client's page showed. Screenshots lie in `client_shots…/`, or where WEB_SHOTS says."""
    shots = Path(os.environ.get("WEB_SHOTS") or tmp_path_factory.mktemp("client_shots"))
    asked = {
        "page": f"{pages}/{client}.html",
        "api": service.address,
        "chromium": browser.chromium,
        "box": box,
        "points": points,
        "shot": str(shots / f"{client}.png"),
    }
    command = [browser.node, str(CLIENTS / "visit.mjs"), json.dumps(asked)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    answer: Seen = json.loads(done.stdout)
    return answer


def _shape(feature: Seen) -> Any:
    return shapely.from_geojson(json.dumps(feature["geometry"]))


def _inside(shape: Any) -> Any:
    """A line from the point that is farthest from all sides to the nearest of them."""
    return shapely.maximum_inscribed_circle(shape, tolerance=ROOMY / 10)


def _in_box(service: Service, box: list[float], **parameters: str) -> list[Seen]:
    answer = service.get("/collections/parcels/items", limit=10_000, bbox=",".join(map(str, box)), **parameters)
    assert answer["numberMatched"] == len(answer["features"]) > 0
    found: list[Seen] = answer["features"]
    return found


def _ids(features: list[Seen]) -> set[str]:
    return {feature["id"] for feature in features}


def _share(colors: list[tuple[str, float]], wanted: tuple[int, int, int]) -> float:
    """Share of pixels within 3 of a colour in each channel."""
    return sum(
        share
        for color, share in colors
        if all(abs(int(channel) - value) <= 3 for channel, value in zip(color.split(","), wanted, strict=True))
    )


def _questions(seen: Seen) -> list[dict[str, str]]:
    """The parameters of each request for items of a box."""
    asked = [urlsplit(address) for address in seen["requests"]]
    found = [parse_qs(parts.query) for parts in asked if parts.path == "/collections/parcels/items"]
    return [{name: values[0] for name, values in question.items()} for question in found if "bbox" in question]


def test_the_client_has_exactly_the_features_of_the_boxes_it_asked_for(seen: Seen, service: Service) -> None:
    boxes = {(question["bbox"], question.get("bbox-crs", "")) for question in _questions(seen)}
    expected = set[str]()
    for box, crs in boxes:
        expected |= _ids(
            _in_box(service, [float(side) for side in box.split(",")], **({"bbox-crs": crs} if crs else {}))
        )
    assert len(seen["items"]) == len(set(seen["items"]))
    assert set(seen["items"]) == expected


def test_the_client_draws_all_features_of_the_box(seen: Seen, there: list[Seen]) -> None:
    assert _ids(there) <= set(seen["drawn"]) <= set(seen["items"])
    assert _share(seen["colors"], OUTLINE) > 0.02


def test_pages_are_followed_to_the_last(client: str, seen: Seen) -> None:
    questions = _questions(seen)
    if client == "arcgis":
        assert all("cursor" not in question for question in questions)  # one page for each of its tiles
    else:
        assert seen["pages"] == -(-len(seen["items"]) // 20) > 1
        assert len({question["cursor"] for question in questions if "cursor" in question}) >= seen["pages"] - 1


def test_items_and_tiles_show_the_same_parcel_at_the_same_place(
    seen: Seen, points: list[tuple[str, float, float]]
) -> None:
    for parcel_id, _, _ in points:
        assert seen["at"][parcel_id] == {"items": [parcel_id], "tiles": [parcel_id]}


def test_tiles_are_drawn_below_the_items(seen: Seen) -> None:
    assert _share(seen["colors"], FILL) > 0.2


def test_a_click_tells_sheet_and_number(seen: Seen, parcel: Seen) -> None:
    properties = parcel["properties"]
    assert seen["told"] == {"sheet": properties["sheet"], "parcel": properties["parcel"]}


def test_another_origin_may_read_what_the_headers_say(seen: Seen, service: Service) -> None:
    headers = seen["headers"]
    assert f"<{service.address}/collections/parcels/items?" in headers["Link"] and 'rel="next"' in headers["Link"]
    assert headers["ETag"].startswith(('"', 'W/"'))
    assert headers["Content-Crs"] == VN2000
    assert int(headers["Landmap-Data-Version"]) == service.get("/collections/parcels")["dataVersion"]


def test_asking_again_for_the_same_is_answered_with_304(seen: Seen) -> None:
    assert seen["headers"]["again"] == 304


def test_no_address_of_another_host_is_asked_for(seen: Seen, service: Service, pages: str) -> None:
    known = (f"{service.address}/", f"{pages}/", "data:", "blob:")
    assert [address for address in seen["requests"] if not address.startswith(known)] == []
    assert any(address.startswith(f"{service.address}/collections/parcels/tiles/") for address in seen["requests"])


def test_nothing_breaks(seen: Seen) -> None:
    assert seen["errors"] == []
    assert [answer for answer in seen["answers"] if answer[1] >= 400] == []


@pytest.mark.parametrize("client", ["maplibre", "leaflet"], indirect=True)
def test_the_map_names_who_the_data_are_from(seen: Seen, service: Service) -> None:
    assert service.get("/collections/parcels")["attribution"] in seen["attribution"]


@pytest.mark.parametrize("client", ["openlayers"], indirect=True)
def test_openlayers_reads_vn2000_to_the_same_place(seen: Seen) -> None:
    assert seen["vn2000"]["corners"] > 100
    assert seen["vn2000"]["most"] < 1.0  # metres


@pytest.mark.parametrize("client", ["arcgis"], indirect=True)
def test_arcgis_makes_its_layer_of_what_the_service_says(seen: Seen, service: Service) -> None:
    collection = service.get("/collections/parcels")
    limit = service.get("/api")["components"]["parameters"]["limit"]["schema"]
    extent = seen["extent"]
    assert [extent[side] for side in ("xmin", "ymin", "xmax", "ymax")] == collection["extent"]["spatial"]["bbox"][0]
    assert seen["maxRecordCount"] == limit["maximum"]
    assert seen["geometry"] == "polygon"
    kinds = {"sheet": "string", "parcel": "string", "measured_area": "double", "valid_from": "date"}
    assert {name: seen["fields"][name] for name in kinds} == kinds

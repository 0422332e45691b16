"""Views wider than the city name the seas and islands of Vietnam."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from gis.catalog.read import read_catalog
from services.ogc.place_names import names_layers, names_source

pytestmark = pytest.mark.asyncio(loop_scope="session")
LAYERS = Path(__file__).resolve().parents[3] / "layers"
WANTED = {"vi": ("BIỂN ĐÔNG", "Quần đảo Hoàng Sa", "Quần đảo Trường Sa"), "en": ("EAST SEA", "Hoàng Sa", "Trường Sa")}


async def named(client: httpx.AsyncClient, language: str) -> dict[str, Any]:
    """By text where it stands and from which zoom to which."""
    style = (await client.get("/map/style.json", params={"lang": language})).json()
    points = {
        one["properties"]["place"]: one["geometry"]["coordinates"]
        for one in style["sources"]["place-names"]["data"]["features"]
    }
    layers = [one for one in style["layers"] if one["source" if "source" in one else "id"] == "place-names"]
    return {
        one["id"]: (one["layout"]["text-field"], points[one["filter"][2]], one["minzoom"], one["maxzoom"])
        for one in layers
    }


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_wide_views_name_the_sea_and_the_archipelagos_as_vietnams(
    client: httpx.AsyncClient, language: str
) -> None:
    told = (await named(client, language)).values()
    for wanted in WANTED[language]:
        assert any(text.startswith(wanted) for text, *_ in told)
    for text, *_ in told:
        assert "BIỂN ĐÔNG" in text or "(Việt Nam)" in text or "(Viet Nam)" in text


async def test_the_names_stand_where_the_places_are_and_at_every_wide_zoom(client: httpx.AsyncClient) -> None:
    told = list((await named(client, "vi")).values())
    (paracels,) = [one for one in told if "Hoàng Sa" in one[0]]
    (spratlys,) = [one for one in told if "Trường Sa" in one[0]]
    assert 111 <= paracels[1][0] <= 113 and 15.75 <= paracels[1][1] <= 17.25
    assert 111.5 <= spratlys[1][0] <= 117.4 and 6.5 <= spratlys[1][1] <= 12
    sea = sorted((least, most) for text, _, least, most in told if "BIỂN ĐÔNG" in text)
    assert [sea[0][0], sea[-1][1]] == [0, 10] and all(a[1] == b[0] for a, b in pairwise(sea))


async def test_the_other_vietnamese_territory_has_them_and_other_countries_have_none() -> None:
    assert len(names_layers(read_catalog(LAYERS, "quang-ngai"), "vi")) == 4
    assert not names_source(read_catalog(LAYERS, "paris")) and not names_layers(read_catalog(LAYERS, "paris"), "vi")

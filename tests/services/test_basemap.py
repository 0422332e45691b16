"""A basemap of another host: none unless the operator allows one, and then said wherever it matters."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
import structlog
from starlette.applications import Starlette
from starlette.routing import Route

from gis.errors import LandmapError
from services import basemap
from services.basemap import outside_layers, outside_origin, outside_source, warn_of_outside
from services.settings import read_settings
from services.site import asset, read_site

TILES = "https://tiles.example.vn:8443/{z}/{x}/{y}.png"


def test_without_the_setting_there_is_no_other_host() -> None:
    settings = read_settings({})
    assert outside_origin(settings) is None
    assert outside_source(settings) == {} and outside_layers(settings) == []
    with structlog.testing.capture_logs() as logs:
        warn_of_outside(settings)
    assert logs == []


def test_with_it_the_style_has_pictures_that_are_hidden_at_first() -> None:
    settings = read_settings({"LANDMAP_BASEMAP": TILES, "LANDMAP_BASEMAP_CREDIT": "© Bản đồ"})
    assert outside_source(settings)["outside"] == {
        "type": "raster",
        "tiles": [TILES],
        "tileSize": 256,
        "attribution": "© Bản đồ",
    }
    [layer] = outside_layers(settings)
    assert layer["source"] == "outside" and layer["layout"] == {"visibility": "none"}


def test_the_administrator_is_warned_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    log = structlog.testing.CapturingLogger()
    monkeypatch.setattr(basemap, "log", log)
    warn_of_outside(read_settings({"LANDMAP_BASEMAP": TILES}))
    assert [(call.method_name, call.kwargs["host"]) for call in log.calls] == [("warning", "tiles.example.vn:8443")]


@pytest.mark.parametrize(
    "wrong",
    [
        "http://tiles.example.vn/{z}/{x}/{y}.png",
        "https://tiles.example.vn/{z}/{x}.png",
        "https://tiles.example.vn; script-src */{z}/{x}/{y}.png",
        "https://user@tiles.example.vn/{z}/{x}/{y}.png",
    ],
)
def test_an_address_that_could_bend_the_policy_of_the_page_is_refused(wrong: str) -> None:
    with pytest.raises(LandmapError, match="LANDMAP_BASEMAP"):
        read_settings({"LANDMAP_BASEMAP": wrong})


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("outside", [None, "https://tiles.example.vn:8443"])
async def test_the_policy_of_the_page_names_that_host_and_no_other(tmp_path: Path, outside: str | None) -> None:
    (tmp_path / "index.html").write_text("<!doctype html><title>Bản đồ</title>", encoding="utf-8")
    app = Starlette(routes=[Route("/{path:path}", asset)])
    app.state.site = read_site(tmp_path, tmp_path / "none", outside=outside)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://land.test") as client:
        policy = (await client.get("/index.html")).headers["content-security-policy"]
    named = {part.split()[0]: part.split()[1:] for part in policy.split(";") if "https://" in part}
    assert set(named) == ({"img-src", "connect-src"} if outside else set())
    assert all(hosts[-1] == outside for hosts in named.values())

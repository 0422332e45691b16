"""A basemap of another host, which only the operator can allow: every reader's browser would tell that host what it looks at."""

from __future__ import annotations

from urllib.parse import urlsplit

import structlog

from services.settings import Settings

log = structlog.get_logger("landmap.basemap")

OUTSIDE = "outside"
"""Id of its source and of its style layer."""


def warn_of_outside(settings: Settings) -> None:
    """Tells the administrator once, at the start, what the setting means."""
    if settings.basemap is not None:
        log.warning(
            "outside basemap allowed: browsers of those who switch it on tell that host where they look",
            host=urlsplit(settings.basemap).netloc,
            setting="LANDMAP_BASEMAP",
        )


def outside_origin(settings: Settings) -> str | None:
    """`https://tiles.example.vn`, which the page's Content-Security-Policy has to name (connect-src and img-src); None: no
    other host at all."""
    if settings.basemap is None:
        return None
    parts = urlsplit(settings.basemap)
    return f"{parts.scheme}://{parts.netloc}"


def outside_source(settings: Settings) -> dict[str, object]:
    """The raster source of the map style, by its id; empty where the operator has allowed none."""
    if settings.basemap is None:
        return {}
    source = {"type": "raster", "tiles": [settings.basemap], "tileSize": 256, "attribution": settings.basemap_credit}
    return {OUTSIDE: source}


def outside_layers(settings: Settings) -> list[dict[str, object]]:
    """Its style layer: hidden until a reader switches it on."""
    if settings.basemap is None:
        return []
    return [{"id": OUTSIDE, "type": "raster", "source": OUTSIDE, "layout": {"visibility": "none"}}]

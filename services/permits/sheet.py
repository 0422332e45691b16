"""An extract as people read it: a page, and a sheet of paper that becomes a PDF. Both show the sealed content and its map."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import segno
from markupsafe import Markup

from gis.crs.registry import crs as crs_of
from gis.errors import LandmapError
from gis.model.layer import Catalog
from services.ogc.figures import area, fixed, percent, shown, unit, when
from services.ogc.templates import environment
from services.permits import extract_words as words
from services.permits.extract import Extract
from services.permits.extract_content import REVISED
from services.permits.lot_map import lot_map
from services.site import DIST

_FONT = "be-vietnam-pro"
_SUBSETS = {"Sheet Latin": "latin", "Sheet Vietnamese": "vietnamese", "Sheet Extended": "latin-ext"}
"""The parts that the font comes in, by the names that sheet.css and the map call them: one name for all would mix up their glyphs."""

_WEIGHTS = (400, 600)
_FACE = "@font-face {{ font-family: '{family}'; font-weight: {weight}; src: url({name}); }}"
_TEMPLATES = Path(__file__).resolve().parent.parent / "ogc" / "html"


def view(found: Extract, catalog: Catalog, base: str) -> dict[str, Any]:
    """What the templates of an extract need, in its language."""
    language, zone = found.statement.language, ZoneInfo(catalog.territory.time_zone)
    address = found.address(base)
    return {
        "extract": found.content,
        "told": SimpleNamespace(**{name: text[language] for name, text in words.WORDS.items()}),
        "standing": {standing.value: text[language] for standing, text in words.STANDINGS.items()},
        "level": {level: text[language] for level, text in words.LEVELS.items()},
        "kind": {kind: text[language] for kind, text in words.KINDS.items()},
        "area": partial(area, language=language),
        "percent": partial(percent, language=language),
        "number": partial(fixed, language=language),
        "when": partial(when, language=language, zone=zone),
        "titles": {layer.id: {f.name: f.title[language] for f in layer.fields} for layer in catalog.layers.values()},
        "units": {layer.id: {f.name: unit(f.unit or "") for f in layer.fields} for layer in catalog.layers.values()},
        "crs_name": crs_of(found.subject.vicinity.crs).title,
        "revised": REVISED,
        "crowded": found.scene is not None and found.scene.crowded,
        "map": Markup(map_of(found, catalog)),  # noqa: S704  made here, texts in it are escaped
        "qr": Markup(qr(address)),  # noqa: S704  likewise
        "address": address,
        "seal_key": found.kid,
    }


def sheet(found: Extract, catalog: Catalog, base: str) -> str:
    """The sheet of paper as HTML that stands by itself."""
    language, zone = found.statement.language, ZoneInfo(catalog.territory.time_zone)
    return (
        environment()
        .get_template("extract_sheet.html")
        .render(
            **view(found, catalog, base),
            language=language,
            style=style(),
            shown=lambda value: shown(value, language, zone),
        )
    )


def style() -> Markup:
    """The style sheet of all that is printed, with its fonts."""
    text = (_TEMPLATES / "sheet.css").read_text(encoding="utf-8")
    return Markup("\n".join([*_faces(), text]))  # noqa: S704  our own style sheet


def map_of(found: Extract, catalog: Catalog) -> str:
    """The map of the parcel as SVG; nothing where it was not asked for."""
    return "" if found.scene is None else lot_map(found.scene, catalog, found.statement.language)


def qr(address: str) -> str:
    """The address as a QR code in SVG."""
    code = segno.make(address, error="l", micro=False, boost_error=False, mask=4)  # the best mask takes long to find
    return code.svg_inline(omitsize=True, border=2, svgclass="qr", lineclass=None)


@lru_cache(maxsize=1)
def fonts() -> Mapping[str, bytes]:
    """The fonts of the web page, which have every Vietnamese letter. LandmapError where the web page has not been built."""
    found = {}
    for subset in _SUBSETS.values():
        for weight in _WEIGHTS:
            files = sorted((DIST / "assets").glob(f"{_FONT}-{subset}-{weight}-normal-*.woff2"))
            if not files:
                raise LandmapError(
                    "The fonts of PDF files are missing: build the web assets (docker/setup.sh does).",
                    "Thiếu phông chữ để tạo PDF: hãy tạo trang web (docker/setup.sh).",
                )
            found[_font_name(subset, weight)] = files[0].read_bytes()
    return found


def _faces() -> list[str]:
    return [
        _FACE.format(family=family, weight=weight, name=_font_name(subset, weight))
        for family, subset in _SUBSETS.items()
        for weight in _WEIGHTS
    ]


def _font_name(subset: str, weight: int) -> str:
    return f"{_FONT}-{subset}-{weight}.woff2"

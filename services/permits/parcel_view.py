"""What a parcel's own page says: the content of the extract, put for a small screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from gis.formats.sheet_map import Drawing, Look, Window, seen_of
from gis.model.layer import Catalog, Text
from gis.ops.overlay import Standing
from services.ogc.figures import area, fixed, percent, unit, when
from services.permits import extract_words, parcel_words
from services.permits.extract_content import REVISED
from services.permits.lot_map import Scene
from services.permits.parcel_words import title_of

type Object = Mapping[str, Any]

MOST_LISTED = 12
"""Zones, permits and buildings that a small page tells one by one."""


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """`content` of the extract in its language, and the name of the commune that the parcel was in before 1 July 2025."""

    content: Object
    former_commune: str | None
    catalog: Catalog

    @property
    def language(self) -> str:
        """`vi` or `en`."""
        return str(self.content["language"])

    @property
    def properties(self) -> Object:
        """The fields of the parcel that the caller may see."""
        found: Object = self.content["parcel"]["properties"]
        return found

    @property
    def title(self) -> Text:
        """Its numbers."""
        return title_of(self.properties.get("parcel"), self.properties.get("sheet"))

    def address(self) -> str:
        """Where it lies today: house or street as far as the caller may see them, commune, city."""
        known = self.properties
        commune = self.content["parcel"]["communeName"] or self._unnamed(known.get("commune"))
        return self._joined(
            known.get("address") or known.get("street"), commune, self.catalog.territory.title[self.language]
        )

    def address_then(self) -> str:
        """The same as it was before 1 July 2025; empty where nothing of it is known or may be seen."""
        known = self.properties
        commune = self.former_commune or self._unnamed(known.get("commune_old"))
        return self._joined(known.get("address_old") or known.get("street"), commune) if commune else ""

    def _unnamed(self, code: object) -> str | None:
        if code is None:
            return None
        words = parcel_words.WORDS
        return f"{words['unnamed_commune'][self.language]} ({words['code'][self.language]} {code})"

    def _joined(self, *parts: object) -> str:
        return ", ".join(str(part) for part in parts if part)


def page_values(told: Told, drawing: Drawing, scene: Scene) -> dict[str, Any]:
    """What the template needs besides its links."""
    language, catalog, window = told.language, told.catalog, scene.window
    zone = ZoneInfo(catalog.territory.time_zone)
    texts = {**extract_words.WORDS, **parcel_words.WORDS}
    themes: Sequence[Object] = told.content["themes"]
    return {
        "c": told.content,
        "p": told.properties,
        "told": SimpleNamespace(**{name: text[language] for name, text in texts.items()}),
        "address": told.address(),
        "address_then": told.address_then(),
        "summary": summary(told),
        "standings": [
            (standing.value, text[language], _of(themes, standing))
            for standing, text in extract_words.STANDINGS.items()
        ],
        "permits": next((theme for theme in themes if theme["layer"] == "permits"), None),
        "legend": legend(drawing, window),
        "crowded": scene.crowded,
        "revised": REVISED,
        "ground": {
            "wide": fixed(window.east - window.west, 0, language),
            "high": fixed(window.north - window.south, 0, language),
        },
        "area": partial(area, language=language),
        "percent": partial(percent, language=language),
        "number": partial(fixed, language=language),
        "when": partial(when, language=language, zone=zone),
        "zone_titles": {f.name: f.title[language] for f in catalog.layers["zones"].fields},
        "zone_units": {f.name: unit(f.unit or "") for f in catalog.layers["zones"].fields},
        "most": MOST_LISTED,
    }


def summary(told: Told) -> list[str]:
    """The findings in a line each, as a preview tells them."""
    content, language = told.content, told.language
    word = {name: text[language] for name, text in extract_words.WORDS.items()}
    areas, road = content["area"], content["roadLand"]
    lines = [f"{word['area']}: {area(areas['measured_m2'] or areas['drawn_m2'], language)}"]
    if road["standing"] == Standing.NO_DATA:
        lines.append(f"{word['road_land']}: {word['missing'].lower()}")
    elif road["standing"] == Standing.CONCERNED:
        least = f"{word['at_least']} " if road["missing"] else ""
        lines.append(f"{word['road_land']}: {least}{_of_lot(road, language)}")
    else:
        lines.append(f"{word['road_land']}: {word['none_found'].lower()}")
    if areas["conformingKnown"]:
        lines.append(f"{word['conforming']}: {area(areas['conforming_m2'], language)}")
    largest = max(content["planning"], key=lambda part: part["area_m2"], default=None)
    if largest is not None and largest["standing"] == Standing.CONCERNED:
        function = largest["function"]["title"] if largest["function"] else largest["functionAsRecorded"]
        lines.append(
            f"{word['planning']}: {function or word['missing'].lower()} ({percent(largest['percent'], language)})"
        )
    elif largest is not None:
        lines.append(word["no_zone" if largest["standing"] == Standing.NO_DATA else "outside_zones"])
    return lines


def legend(drawing: Drawing, window: Window) -> list[tuple[str, Look]]:
    """What can be seen on the map, each title once."""
    return list(
        {each.title: (each.title, each.look) for each in drawing.drawn if len(seen_of(window, each.shapes))}.values()
    )


def _of(themes: Sequence[Object], standing: Standing) -> list[Object]:
    return [theme for theme in themes if theme["standing"] == standing]


def _of_lot(part: Object, language: str) -> str:
    return f"{area(part['area_m2'], language)} ({percent(part['percent'], language)})"

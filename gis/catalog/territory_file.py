"""layers/territories/<id>.toml: what a database covers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gis.catalog.problems import Place, nearest
from gis.catalog.table import BadValueError, Table, bilingual, integer, integers, kind, numbers, one_of, read_toml, text
from gis.crs.registry import crs
from gis.errors import InvalidCrs
from gis.model.layer import PlaceName, Territory, Text, Water

WORLD = (-180.0, -90.0, 180.0, 90.0)
FIRST_VIEW = (0.0, 0.0, 2.0)
MAX_ZOOM = 24


def territory_path(folder: Path, territory: str, place: Place) -> Path | None:
    """The file of that territory; None (and a noted mistake that lists the others) where there is none."""
    known = {p.stem: p for p in sorted(folder.glob("*.toml"))}
    if territory not in known:
        place.add(f"no territory '{territory}'; {nearest(territory, known)}")
    return known.get(territory)


def read_territory(path: Path, place: Place) -> Territory | None:
    """The territory that the file describes, with fallbacks in the place of what is wrong."""
    table = read_toml(path, place)
    if table is None:
        return None
    storage = table.required("storage_crs", _projected, 0)
    bounds = table.required("bounds", _bounds, WORLD)
    territory = Territory(
        id=table.required("id", _named(path.stem), path.stem),
        title=table.required("title", bilingual, Text("", "")),
        storage_crs=storage,
        bounds=bounds,
        time_zone=table.required("time_zone", _time_zone, "UTC"),
        source_crs=table.optional("source_crs", _source_crs, ()),
        view=_view(table, bounds),
        names=tuple(_name(part) for part in table.tables("names")),
    )
    table.close()
    return territory


def _name(part: Table) -> PlaceName:
    name = PlaceName(
        title=part.required("title", bilingual, Text("", "")),
        kind=part.required("kind", one_of(Water), Water.SEA),
        at=part.required("at", _position, (0.0, 0.0)),
        zooms=part.required("zooms", _zooms, (0.0, 1.0)),
    )
    part.close()
    return name


def _position(value: object) -> tuple[float, float]:
    values = numbers(value)
    if len(values) != 2 or not (-180 <= values[0] <= 180 and -90 <= values[1] <= 90):
        raise BadValueError(f"{list(values)} is no longitude, latitude in degrees; put longitude first")
    return values[0], values[1]


def _zooms(value: object) -> tuple[float, float]:
    values = numbers(value)
    if len(values) != 2 or not 0 <= values[0] < values[1] <= MAX_ZOOM:
        raise BadValueError(f"{list(values)} is no rising pair of zooms 0 to {MAX_ZOOM}; mend them")
    return values[0], values[1]


def _named(stem: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if text(value) != stem:
            raise BadValueError(f"'{value}' is not the file's name; write id = \"{stem}\" or rename the file")
        return stem

    return read


def _projected(value: object) -> int:
    code = _known_crs(integer(value))
    if crs(code).unit != "m":
        raise BadValueError(f"EPSG:{code} is not in metres; areas need a projected CRS in metres")
    return code


def _source_crs(value: object) -> tuple[int, ...]:
    return tuple(_known_crs(code) for code in integers(value))


def _known_crs(code: int) -> int:
    try:
        crs(code)
    except InvalidCrs as error:
        raise BadValueError(f"EPSG:{code} is not a known CRS; give an EPSG code") from error
    return code


def _bounds(value: object) -> tuple[float, float, float, float]:
    values = numbers(value)
    if len(values) != 4:
        raise BadValueError(f"has {len(values)} numbers, must have 4: west, south, east, north in degrees")
    west, south, east, north = values
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise BadValueError(f"{list(values)} is not west < east, south < north in degrees; put longitude first")
    return west, south, east, north


def _view(table: Table, bounds: tuple[float, float, float, float]) -> tuple[float, float, float]:
    def read(value: object) -> tuple[float, float, float]:
        values = numbers(value)
        if len(values) != 3:
            raise BadValueError(f"has {len(values)} numbers, must have 3: longitude, latitude, zoom")
        lon, lat, zoom = values
        if not (bounds[0] <= lon <= bounds[2] and bounds[1] <= lat <= bounds[3] and 0 <= zoom <= MAX_ZOOM):
            raise BadValueError(f"{list(values)} is outside bounds or zoom 0 to {MAX_ZOOM}; put longitude first")
        return lon, lat, zoom

    return table.optional("view", read, FIRST_VIEW)


def _time_zone(value: object) -> str:
    name = text(value)
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadValueError(f"is {kind(value)}, not an IANA time zone; write one like 'Asia/Ho_Chi_Minh'") from error
    return name

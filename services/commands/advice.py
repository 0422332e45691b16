"""What a steward can do next about a file: where withheld lines belong, and which database takes foreign data."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gis.catalog.codes import on_features
from gis.catalog.problems import Place
from gis.catalog.territory_file import read_territory
from gis.errors import IngestError, Undecided
from gis.ingest.crs_check import OutsideTerritory, homes
from gis.ingest.mapping import NO_CHOICE, missing, resolve
from gis.ingest.report import Report
from gis.ingest.run import Options
from gis.model.layer import Catalog, Field, GeometryType, Layer, Territory, Text
from services.commands import words
from services.settings import Settings

_LINES = ("LineString", "MultiLineString")


@dataclass(frozen=True, slots=True)
class Linework:
    """Lines that a layer of areas withheld: how many, the layer of lines `title` that takes them, and by which command.

    `choices`: fields for which the command names the first code, and what else there is.
    """

    count: int
    title: Text
    command: str
    choices: tuple[tuple[str, str, Text], ...]


def linework(report: Report, catalog: Catalog, path: Path, options: Options) -> Iterator[Linework]:
    """Advice for each layer that takes lines, where lines were withheld for being no areas."""
    found = [e for kind in report.kinds if kind.reason == "geometry-type" for e in kind.examples]
    count = sum(example.records for example in found if example.detail.en in _LINES)
    if not count or report.layer.geometry.type is not GeometryType.MULTIPOLYGON:
        return
    for layer in catalog.layers.values():
        if layer.geometry.type is GeometryType.MULTILINESTRING:
            yield _linework(count, layer, report, catalog, [str(path), *_said(options, layer)])


def _linework(count: int, layer: Layer, report: Report, catalog: Catalog, said: list[str]) -> Linework:
    columns = (*report.columns.values(), *report.unmapped)
    try:
        lacking = missing(layer, resolve(layer, columns, NO_CHOICE))
    except Undecided:
        lacking = []  # the load itself will ask
    given = {word.partition("=")[0] for word in said}
    choices = [(field, *_codes(field, catalog)) for field in lacking if field.name not in given]
    sets = [word for field, code, _ in choices for word in ("--set", f"{field.name}={code}")]
    command = shlex.join(["landmap", "ingest", layer.id, *said, *sets, "--dry-run"])
    return Linework(
        count, layer.title, command, tuple((field.name, code, others) for field, code, others in choices if others.en)
    )


def _codes(field: Field, catalog: Catalog) -> tuple[str, Text]:
    """The first code of a field, and the others in words; VALUE where any text will do."""
    if field.codelist is None:
        return "VALUE", Text("", "")
    first, *others = on_features(catalog.codelists[field.codelist], datetime.now(UTC).date())
    return first.code, Text(
        ", ".join(f"{row.code} ({row.title.vi})" for row in others),
        ", ".join(f"{row.code} ({row.title.en})" for row in others),
    )


def _said(options: Options, layer: Layer) -> list[str]:
    """What the user said about the file itself, and of its records as far as the layer has such a field."""
    told = {"--crs": options.crs, "--encoding": options.encoding, "--source-layer": options.source_layer}
    said = [(option, value) for option, value in told.items() if value]
    said += [("--set", f"{name}={value}") for name, value in options.choice.constants.items() if name in layer]
    return [word for pair in said for word in pair]


def at_home(error: OutsideTerritory, settings: Settings, layer: Layer, path: Path) -> IngestError:
    """The refusal of foreign data, with the territory that holds them and how to make its database."""
    folder = settings.layers / "territories"
    found = homes(error, _territories(folder, settings.territory))
    if not found:
        return IngestError(
            f"{error.en} {words.NO_HOME.en.format(folder=folder)}",
            f"{error.vi} {words.NO_HOME.vi.format(folder=folder)}",
        )
    en, vi = [error.en], [error.vi]
    for territory in found:
        command = f"{_database(territory, settings)} {shlex.join(['landmap', 'ingest', layer.id, str(path)])}"
        en.append(words.HOME.en.format(title=territory.title.en, command=command))
        vi.append(words.HOME.vi.format(title=territory.title.vi, command=command))
    return IngestError("\n".join(en), "\n".join(vi))


def beside_demo(settings: Settings, layer: Layer, files: list[Path]) -> IngestError:
    """The refusal of real data for the database of the demo city, with how to make one for them."""
    if settings.database_url is not None:
        place = "LANDMAP_DATABASE_URL=postgresql://…/landmap_real"
    else:
        place = f"LANDMAP_HOME={shlex.quote(str(settings.home.with_name(f'{settings.home.name}-real')))}"
    command = f"{place} {shlex.join(['landmap', 'ingest', layer.id, *map(str, files)])}"
    text = words.DEMO_CITY
    return IngestError(text.en.format(command=command), text.vi.format(command=command))


def _territories(folder: Path, but: str) -> Iterator[Territory]:
    """The other territories, as far as their files are right: a mistake in one of them is not this file's."""
    for path in sorted(folder.glob("*.toml")):
        problems: list[str] = []
        territory = read_territory(path, Place(path.name, problems))
        if territory is not None and not problems and territory.id != but:
            yield territory


def _database(territory: Territory, settings: Settings) -> str:
    """The variables with which the command works on a database of the territory."""
    if settings.database_url is not None:
        return f"LANDMAP_TERRITORY={territory.id} LANDMAP_DATABASE_URL=postgresql://…/landmap_{territory.id}"
    home = settings.home.with_name(f"{settings.home.name}-{territory.id}")
    return f"LANDMAP_TERRITORY={territory.id} LANDMAP_HOME={shlex.quote(str(home))}"

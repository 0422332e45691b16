"""`landmap coverage`: where the data of a layer are complete, so that nothing found can mean that nothing is there."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gis.errors import InvalidParameter
from services.commands import access_words as words
from services.commands.session import Session, session
from services.commands.speech import parts, read_day, say, show, word, written

if TYPE_CHECKING:
    from gis.store.coverage import Declaration

app = typer.Typer(
    no_args_is_help=True, help="Declare where the data of a layer are complete, and see what is declared."
)


class Level(StrEnum):
    """What is declared."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    NONE = "none"


@app.command()
def declare(
    layer: Annotated[str, typer.Argument(help="the layer")],
    level: Annotated[Level, typer.Argument(help="complete, partial or none")],
    agency: Annotated[str, typer.Option(help="who says so")],
    as_of: Annotated[str | None, typer.Option(help="the day that it holds for, dd/mm/yyyy; today if left out")] = None,
    wards: Annotated[str | None, typer.Option(help="ward codes of today, joined by commas")] = None,
    polygons: Annotated[Path | None, typer.Option("--file", help="a file with the area as polygons")] = None,
) -> None:
    """Declare the data of a layer complete, partial or absent in wards or in an area.

    A new declaration for a ward takes the place of the one before.

    Example: landmap coverage declare zones complete --wards 26743 --agency x
    """
    from gis.store import access, coverage

    if (wards is None) == (polygons is None):
        raise InvalidParameter(words.WARDS_OR_FILE.en, words.WARDS_OR_FILE.vi)
    day = read_day(as_of, "--as-of") if as_of else date.today()  # noqa: DTZ011 - the day where the agency is
    with session() as work:
        access.known_layers(work.catalog, [layer])
        found = _areas(work, wards, polygons, (level, day, agency))
        with work.connection.transaction():
            coverage.declare(work.connection, work.catalog.layers[layer], found)
    say(words.DECLARED, count=len(found), layer=layer, level=word(words.LEVELS[level]))


def _areas(work: Session, wards: str | None, polygons: Path | None, said: tuple[str, date, str]) -> list[Declaration]:
    import numpy as np

    from gis.crs.transform import transform_geometries
    from gis.ingest.scope import read_area
    from gis.store import access, coverage

    codes = parts(wards or "")
    places: dict[str | None, object] = {
        code: access.wards_area(work.connection, work.catalog, [code]) for code in codes
    }
    if polygons is not None:
        places[None] = read_area(polygons, access.wards_layer(work.catalog), work.catalog)
    shapes = np.array(list(places.values()), dtype=object)
    areas = transform_geometries(shapes, work.catalog.territory.storage_crs, 4326)
    return [coverage.Declaration(area, *said, commune=code) for code, area in zip(places, areas, strict=True)]


@app.command("list")
def list_(layer: Annotated[str | None, typer.Argument(help="one layer only")] = None) -> None:
    """List what is declared now.

    Example: landmap coverage list parcels
    """
    from gis.store import coverage

    with session() as work:
        found = [each for each in coverage.standing(work.connection) if layer in (None, each.layer)]
    rows = [
        (
            str(each.number),
            each.layer,
            each.commune or f"{each.hectares:.0f} ha",
            word(words.LEVELS[each.level]),
            written(each.as_of),
            each.agency,
        )
        for each in found
    ]
    show(words.COVERAGE_HEADS, rows, words.NOTHING_DECLARED)


@app.command()
def withdraw(number: Annotated[int, typer.Argument(help="its number, from `landmap coverage list`")]) -> None:
    """Withdraw a declaration: there it is as if nothing had been declared.

    Example: landmap coverage withdraw 12
    """
    from gis.store import coverage

    with session() as work:
        coverage.withdraw(work.connection, number)
    say(words.WITHDRAWN)

"""`landmap demo-data`: an invented city to try everything with."""

from __future__ import annotations

from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich import box
from rich.table import Table

from services.commands import words
from services.commands.indicators_words import COUNTING
from services.commands.session import external
from services.commands.speech import aside, grouped, language, out, say, word

if TYPE_CHECKING:
    from rich.progress import Progress

    from gis.demo.load import Summary
    from gis.model.layer import Catalog

_FEW = 20_000
"""Parcels up to which the buildings of a demo city are compared with its plans at once."""


def demo_data(
    parcels: Annotated[
        int | None, typer.Option(help="Parcels of today; LANDMAP_DEMO_PARCELS or 20,000 if not said.")
    ] = None,
    seed: Annotated[
        int, typer.Option(help="Another number is another city; the same one is the same to the byte.")
    ] = 1,
) -> None:
    """Load an invented city shaped like Saigon.

    Wards, parcels, plans, zones, roads, buildings, permits and housing. Loads nothing where data are already.

    Example: landmap demo-data

    Example: landmap demo-data --parcels 1000000 --seed 7
    """
    from gis.catalog.read import read_catalog
    from gis.store import embedded
    from gis.store.database import prepare
    from services.settings import read_settings

    settings = read_settings()
    catalog = read_catalog(settings.layers, settings.territory)
    with embedded.at_hand(settings.home, external(settings)) as dsn:
        prepare(dsn, catalog)
        summary = draw(dsn, catalog, parcels or settings.demo_parcels, seed)
        _report(summary)


def draw(dsn: str, catalog: Catalog, parcels: int, seed: int) -> Summary:
    """Load a demo city, say so, and make what the map shows of it from afar. ConflictError where there are data."""
    from gis.demo.load import load
    from gis.store.cell_base import bring_up
    from gis.store.database import connect

    began = perf_counter()
    with _drawing() as bar:
        task = bar.add_task(word(words.DRAWING), total=None)

        def show(what: str, done: int) -> None:
            title = word(words.DRAWING) if what == "draw" else catalog.layers[what].title[language()]
            bar.update(task, description=title, completed=done)

        with connect(dsn, autocommit=True) as connection:
            summary = load(connection, catalog, parcels, seed, show)
        seconds = f"{perf_counter() - began:.1f}"
        say(words.DEMO_LOADED, parcels=grouped(summary.parcels), seed=summary.seed, seconds=seconds)
        bar.update(task, description=word(words.CELLS))
        for layer in catalog.layers.values():
            if layer.tiles.cells_from is not None:
                bring_up(dsn, layer, datetime.now(UTC))
        bar.update(task, description=word(COUNTING))
        _count(dsn, catalog, summary)
    return summary


def _count(dsn: str, catalog: Catalog, summary: Summary) -> None:
    """The indicators of its wards; buildings of a large city are left to who wants to wait for them."""
    from gis.store.observations import LAYER
    from services.indicators.compute import Order, compute, usual_days
    from services.settings import read_settings

    today = datetime.now(UTC).astimezone(ZoneInfo(catalog.territory.time_zone)).date()
    order = Order(usual_days(today), 1 if summary.parcels <= _FEW else 0)
    done = compute(read_settings(), dsn, catalog, order)
    if done.changeset is not None:
        summary.changesets[LAYER], summary.versions[LAYER] = done.changeset, sum(done.states.values())


def _drawing() -> Progress:
    """The progress, where somebody watches."""
    from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=aside, transient=True, disable=not aside.is_terminal)


def _report(summary: Summary) -> None:
    table = Table(*map(word, words.DEMO_HEADS), box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for layer, number in summary.changesets.items():
        table.add_row(layer, str(number), grouped(summary.versions[layer]))
    out.print(table)

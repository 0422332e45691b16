"""`landmap demo-data`: an invented city to try everything with."""

from __future__ import annotations

from time import perf_counter
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from gis.catalog.read import read_catalog
from gis.demo.load import Summary, load
from gis.store import embedded
from gis.store.database import connect, prepare
from services.settings import read_settings

out = Console()


def demo_data(
    parcels: Annotated[
        int | None, typer.Option(help="Parcels of today; LANDMAP_DEMO_PARCELS or 20,000 if not said.")
    ] = None,
    seed: Annotated[
        int, typer.Option(help="Another number is another city; the same one is the same to the byte.")
    ] = 1,
) -> None:
    """Load an invented city shaped like Saigon: wards, parcels, plans, zones, roads, buildings, permits, housing.

    Loads nothing where data are already. Examples: landmap demo-data; landmap demo-data --parcels 1000000 --seed 7
    """
    settings = read_settings()
    catalog = read_catalog(settings.layers, settings.territory)
    external = settings.database_url.get_secret_value() if settings.database_url else None
    began = perf_counter()
    with embedded.at_hand(settings.home, external) as dsn:
        prepare(dsn, catalog)
        with connect(dsn, autocommit=True) as connection, _bar() as bar:
            task = bar.add_task("Drawing the city", total=None)

            def show(what: str, done: int) -> None:
                title = "Drawing the city" if what == "draw" else catalog.layers[what].title.en
                bar.update(task, description=title, completed=done)

            summary = load(connection, catalog, parcels or settings.demo_parcels, seed, show)
    _report(summary, perf_counter() - began)


def _bar() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=out,
        transient=True,
    )


def _report(summary: Summary, seconds: float) -> None:
    table = Table("Layer", "Changeset", "Versions")
    for layer, number in summary.changesets.items():
        table.add_row(layer, str(number), f"{summary.versions[layer]:,}")
    out.print(table)
    out.print(
        f"Demo city of {summary.parcels:,} parcels (seed {summary.seed}) loaded in {seconds:.1f} s: "
        f"{summary.lineage:,} lineage and {summary.coverage:,} coverage rows."
    )

"""`landmap what-if`: who would gain and who would lose by a staged plan. Nothing is published."""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gis.errors import InvalidParameter
from services.commands import what_if_words as words
from services.commands.changeset import stage_of
from services.commands.session import session
from services.commands.speech import grouped, instant, read_day, say, show, word

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


def what_if(
    stage: Annotated[str, typer.Argument(help="name of a staged changeset of zones, such as s12")],
    day: Annotated[
        str | None, typer.Option(help="the day to look at, dd/mm/yyyy; by default when all of it is in force")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="write every lot to this file: .parquet or .gpkg")] = None,
    top: Annotated[int, typer.Option(min=0, help="how many of those who lose and gain most to show")] = 10,
) -> None:
    """Try a staged plan on all parcels and open permits: who gains, who loses, how much floor area.

    It compares the limits of the zones alone: road lines and regulations take away from them. Nothing is published.

    Example: landmap what-if s12 --output what-if.parquet
    """
    from gis.store.changesets import read_stage
    from services.processes.trial import trial

    _check(output)
    with session(publishing=True) as work:
        found = read_stage(work.connection, stage_of(stage))
        at = datetime.combine(read_day(day, "--day"), time(), work.zone) if day else None
        tried = trial(work.connection, work.catalog, found, at)
    lots = tried.lots
    say(words.AS_OF, day=instant(tried.at, work.zone), layer=found.layer)
    _tell(lots, top)
    if tried.permits is not None:
        _tell_permits(tried.permits)
    if output is not None:
        _write(lots, output)
        say(words.WRITTEN, count=grouped(len(lots)), file=output)


_ENDINGS = (".parquet", ".gpkg")


def _check(output: Path | None) -> None:
    if output is not None and output.suffix not in _ENDINGS:
        text = words.ENDING
        raise InvalidParameter(text.en.format(file=output.name), text.vi.format(file=output.name), where="--output")


def _tell(lots: gpd.GeoDataFrame, top: int) -> None:
    from gis.rules.what_if import foremost, tally
    from services.processes.trial import KINDS, NO_LOTS

    rows = tally(lots)
    show(
        words.TALLY_HEADS,
        [
            (word(text), grouped(rows[kind].lots), _area(rows[kind].before), _area(rows[kind].after))
            for kind, text in KINDS.items()
            if kind in rows
        ],
        NO_LOTS,
    )
    if top:
        most = foremost(lots, top)
        show(words.LOT_HEADS, [_lot(row) for row in most.to_dict("records")], words.NOBODY)


def _lot(row: dict[str, object]) -> tuple[str, ...]:
    name = "/".join(str(row[key] or "-") for key in ("commune", "sheet", "parcel"))
    numbers = (row["floor_before"], row["floor_after"], row["floor_difference"])
    return (name, str(row["land_use"] or "-"), *(_area(float(str(number))) for number in numbers))


def _tell_permits(permits: pd.DataFrame) -> None:
    from services.processes.trial import KINDS

    rows = [
        (
            str(row["number"]),
            str(row["status"]),
            word(KINDS[str(row["change"])]),
            word(words.EXCEEDS[row["exceeds"]]),
        )
        for row in permits.drop_duplicates(["number", "office"]).sort_values("number").to_dict("records")
    ]
    show(words.PERMIT_HEADS, rows, words.NO_PERMITS)


def _area(value: float) -> str:
    return grouped(round(value))


def _write(lots: gpd.GeoDataFrame, output: Path) -> None:
    if output.suffix == ".parquet":
        lots.to_parquet(output)
    else:
        lots.to_file(output, layer="what_if", engine="pyogrio")

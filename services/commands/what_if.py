"""`landmap what-if`: who would gain and who would lose by a staged plan. Nothing is published."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gis.errors import InvalidParameter
from services.commands import what_if_words as words
from services.commands.changeset import stage_of
from services.commands.session import Session, session
from services.commands.speech import grouped, instant, read_day, say, show, word

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from gis.model.layer import Layer
    from gis.store.rehearsal import Rehearsed

_LOT = ("commune", "sheet", "parcel", "land_use")
_PERMIT = ("number", "office", "status", "floor_area")


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
    from gis.rules.what_if import ZONE_FIELDS, binding
    from gis.store.changesets import read_stage
    from gis.store.rehearsal import rehearse

    _check(output)
    with session(publishing=True) as work:
        found = read_stage(work.connection, stage_of(stage))
        layer = _zones(work, found.layer)
        at = datetime.combine(read_day(day, "--day"), time(), work.zone) if day else None
        tried = rehearse(work.connection, found.id, layer, ZONE_FIELDS, at)
        lots = _compared(work, tried, (binding(tried.before), binding(tried.after)))
        permits = _permits(work, tried, lots)
    say(words.AS_OF, day=instant(tried.at, work.zone), layer=layer.id)
    _tell(lots, top)
    _tell_permits(permits)
    if output is not None:
        _write(lots, output)
        say(words.WRITTEN, count=grouped(len(lots)), file=output)


_ENDINGS = (".parquet", ".gpkg")


def _check(output: Path | None) -> None:
    if output is not None and output.suffix not in _ENDINGS:
        text = words.ENDING
        raise InvalidParameter(text.en.format(file=output.name), text.vi.format(file=output.name), where="--output")


def _zones(work: Session, name: str) -> Layer:
    from gis.rules.what_if import ZONE_FIELDS

    layer = work.catalog.layers[name]
    if not all(field in layer for field in ZONE_FIELDS):
        raise InvalidParameter(words.NO_ZONES.en.format(layer=name), words.NO_ZONES.vi.format(layer=name))
    return layer


def _compared(work: Session, tried: Rehearsed, zones: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """All lots that the changed zones meet."""
    import pandas as pd

    from gis.rules.what_if import compared
    from gis.store.rehearsal import met

    parcels = work.catalog.layers["parcels"]
    chunks: Iterator[gpd.GeoDataFrame] = met(work.connection, parcels, _LOT, tried.changed, tried.at)
    found = [compared(chunk, *zones) for chunk in chunks]
    if not found:
        raise InvalidParameter(words.NO_LOTS.en, words.NO_LOTS.vi)
    whole: gpd.GeoDataFrame = pd.concat(found, ignore_index=True)
    return whole


def _permits(work: Session, tried: Rehearsed, lots: gpd.GeoDataFrame) -> pd.DataFrame:
    """The open permits that stand on those lots."""
    import pandas as pd

    from gis.catalog.deadline_file import read_procedure
    from gis.rules.what_if import touched
    from gis.store.rehearsal import met

    permits = met(work.connection, work.catalog.layers["permits"], _PERMIT, tried.changed, tried.at)
    procedure = read_procedure(work.catalog.regulations)
    found = [touched(chunk, lots, procedure) for chunk in permits]
    return (
        pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=[*_PERMIT, "lot", "change", "exceeds"])
    )


def _tell(lots: gpd.GeoDataFrame, top: int) -> None:
    from gis.rules.what_if import foremost, tally

    rows = tally(lots)
    show(
        words.TALLY_HEADS,
        [
            (word(text), grouped(rows[kind].lots), _area(rows[kind].before), _area(rows[kind].after))
            for kind, text in words.KINDS.items()
            if kind in rows
        ],
        words.NO_LOTS,
    )
    if top:
        most = foremost(lots, top)
        show(words.LOT_HEADS, [_lot(row) for row in most.to_dict("records")], words.NOBODY)


def _lot(row: dict[str, object]) -> tuple[str, ...]:
    name = "/".join(str(row[key] or "-") for key in ("commune", "sheet", "parcel"))
    numbers = (row["floor_before"], row["floor_after"], row["floor_difference"])
    return (name, str(row["land_use"] or "-"), *(_area(float(str(number))) for number in numbers))


def _tell_permits(permits: pd.DataFrame) -> None:
    rows = [
        (
            str(row["number"]),
            str(row["status"]),
            word(words.KINDS[str(row["change"])]),
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

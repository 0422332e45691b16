"""`landmap indicators`: what is counted by ward and day, for the map of wards and the layer `indicators`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from services.commands import indicators_words as words
from services.commands.session import session
from services.commands.speech import grouped, read_day, say, show, word

app = typer.Typer(no_args_is_help=True, help="Count permits, land uses, buildings and quality of data by ward and day.")


@app.command()
def compute(
    days: Annotated[
        list[str] | None, typer.Option("--date", help="a day to count, dd/mm/yyyy; again for more of them")
    ] = None,
    quarters: Annotated[
        int, typer.Option(min=1, max=80, help="without --date: the first days of so many quarters and of this month")
    ] = 12,
    surveys: Annotated[
        int, typer.Option(min=0, max=80, help="on how many of the last days buildings are compared with the plans")
    ] = 1,
) -> None:
    """Count and publish in the layer `indicators`; only what differs from what is there is written.

    Example: landmap indicators compute --date 01/07/2026
    """
    from services.indicators.compute import Order, usual_days
    from services.indicators.compute import compute as count

    with session(publishing=True) as work:
        today = datetime.now(UTC).astimezone(work.zone).date()
        named = tuple(read_day(day, "--date") for day in days or ())
        order = Order(named or usual_days(today, quarters), surveys, work.actor)
        done = count(work.settings, work.dsn, work.catalog, order)
    if not done.sets:
        say(words.NO_WARDS)
        return
    said = {"count": grouped(sum(done.states.values())), "days": len(done.days), "sets": ", ".join(done.sets)}
    if done.changeset is None:
        say(words.SAME, **said)
    else:
        say(words.COMPUTED, changeset=done.changeset, **said)
    show(words.STATE_HEADS, [(word(words.STATES[s]), grouped(n)) for s, n in done.states.items()], words.NO_WARDS)

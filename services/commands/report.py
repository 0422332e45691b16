"""`landmap report`: reports of citizens, as far as the law asks an operator to act on them."""

from __future__ import annotations

from typing import Annotated

import typer

from gis.errors import NotFound
from services.commands import report_words as words
from services.commands.session import session
from services.commands.speech import say

app = typer.Typer(no_args_is_help=True, help="Reports that citizens sent from the map.")


@app.command("erase")
def erase(
    number: Annotated[str, typer.Argument(help="the number of the report, PA-…")],
    everything: Annotated[
        bool, typer.Option("--everything", help="text, photo and exact place too, not only how to reach who sent it")
    ] = False,
) -> None:
    """Erase the personal data of a report; its category, state and public answer stay, and that it was erased.

    Example: landmap report erase PA-7K3M9QXZ --everything
    """
    from gis.store import reports
    from services.reports.telling import number_of

    known = number_of(number)
    with session() as work:
        if known is None or not reports.erase(work.connection, known, work.actor, everything=everything):
            raise NotFound(words.NO_REPORT.en.format(number=number[:40]), words.NO_REPORT.vi.format(number=number[:40]))
    say(words.ALL_ERASED if everything else words.CONTACT_ERASED, number=known)
